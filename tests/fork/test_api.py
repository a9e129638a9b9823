"""Asking a node that is busy, gone, or no dYdX node."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.fork.chains import Quiet, node_in_story, served
from vaultsim.errors import UserError
from vaultsim.fork.api import ATTEMPTS, Endpoint, PublicApi, Unserved
from vaultsim.pb.cosmos.base.query.v1beta1 import PageResponse
from vaultsim.pb.dydxprotocol.prices import (
    MarketPrice,
    QueryAllMarketPricesRequest,
    QueryAllMarketPricesResponse,
    QueryMarketPriceRequest,
    QueryMarketPriceResponse,
)


def run(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "vaultsim", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=60)


class Script(grpc.GenericRpcHandler):
    """Answers each request of the one method that is served by `act(context)`."""

    def __init__(self, act: Callable[[Any], bytes]) -> None:
        self.act = act
        self.heights: list[str] = []

    def service(self, details: Any) -> Any:
        if "prices.Query" not in details.method:
            return None
        return grpc.unary_unary_rpc_method_handler(self._answer)

    def _answer(self, request: bytes, context: Any) -> bytes:
        self.heights.append(dict(context.invocation_metadata()).get("x-cosmos-block-height", ""))
        return self.act(context)


@pytest.fixture
def serve() -> Iterator[Callable[[Script], str]]:
    servers = []

    def start(script: Script) -> str:
        server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[script])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        return f"127.0.0.1:{port}"

    yield start
    for server in servers:
        server.stop(None).wait()


def failing(code: grpc.StatusCode, times: int, answer: bytes = b"") -> Callable[[Any], bytes]:
    """Fails so many times with `code`, then answers."""
    left = [times]

    def act(context: Any) -> bytes:
        if left[0]:
            left[0] -= 1
            context.abort(code, "not now")
        return answer

    return act


PRICE = QueryMarketPriceResponse(market_price=MarketPrice(id=1, exponent=-5, price=7))


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED]
)
def test_a_busy_node_is_asked_again_after_longer_and_longer_waits(
    code: grpc.StatusCode, serve: Callable[[Script], str]
) -> None:
    waits: list[float] = []
    with PublicApi(Endpoint(serve(Script(failing(code, 2, PRICE.encode())))), Quiet(), wait=waits.append) as api:
        assert api.ask(QueryMarketPriceRequest(id=1), QueryMarketPriceResponse) == PRICE
    assert waits == [0.25, 0.5]


def test_a_node_that_stays_busy_is_given_up_in_one_sentence(serve: Callable[[Script], str]) -> None:
    waits: list[float] = []
    script = Script(failing(grpc.StatusCode.RESOURCE_EXHAUSTED, 100))
    with PublicApi(Endpoint(serve(script)), Quiet(), wait=waits.append) as api:
        api.calls = 1
        with pytest.raises(UserError, match=rf"RESOURCE_EXHAUSTED after {ATTEMPTS} attempts \(not now\); try again"):
            api.ask(QueryMarketPriceRequest(id=1), QueryMarketPriceResponse)
    assert waits == [0.25, 0.5, 1, 2, 4, 8]


def test_another_error_is_not_asked_again(serve: Callable[[Script], str]) -> None:
    waits: list[float] = []
    script = Script(failing(grpc.StatusCode.PERMISSION_DENIED, 100))
    with (
        PublicApi(Endpoint(serve(script)), Quiet(), wait=waits.append) as api,
        pytest.raises(UserError, match="PERMISSION_DENIED: not now"),
    ):
        api.ask(QueryMarketPriceRequest(id=1), QueryMarketPriceResponse)
    assert waits == []


def test_every_request_names_the_height(serve: Callable[[Script], str]) -> None:
    script = Script(failing(grpc.StatusCode.OK, 0, PRICE.encode()))
    with PublicApi(Endpoint(serve(script)), Quiet()) as api:
        api.ask(QueryMarketPriceRequest(id=1), QueryMarketPriceResponse)
        api.height = 77
        api.ask_each("prices", [QueryMarketPriceRequest(id=one) for one in (1, 2, 3)], QueryMarketPriceResponse)
    assert script.heights == ["", "77", "77", "77"]


def test_what_is_not_there_is_none_and_keeps_its_place(serve: Callable[[Script], str]) -> None:
    script = Script(failing(grpc.StatusCode.NOT_FOUND, 1, PRICE.encode()))
    with PublicApi(Endpoint(serve(script)), Quiet()) as api:
        assert api.ask_each("prices", [QueryMarketPriceRequest(id=9)], QueryMarketPriceResponse) == [None]
        assert api.ask_each("prices", [QueryMarketPriceRequest(id=1)], QueryMarketPriceResponse) == [PRICE]


def test_pages_are_followed_to_the_end_and_a_circle_is_noticed(serve: Callable[[Script], str]) -> None:
    first = QueryAllMarketPricesResponse(market_prices=(PRICE.market_price,), pagination=PageResponse(next_key=b"k"))
    last = QueryAllMarketPricesResponse(market_prices=(MarketPrice(id=2),), pagination=PageResponse())
    pages = iter([first, last])
    with PublicApi(Endpoint(serve(Script(lambda _: next(pages).encode()))), Quiet()) as api:
        found = api.pages("prices", QueryAllMarketPricesRequest(), QueryAllMarketPricesResponse)
        assert [one.id for page in found for one in page.market_prices] == [1, 2]
    with PublicApi(Endpoint(serve(Script(lambda _: first.encode()))), Quiet()) as api:
        circle = api.pages("prices", QueryAllMarketPricesRequest(), QueryAllMarketPricesResponse)
        with pytest.raises(UserError, match="the same page again and again"):
            list(circle)


def test_an_unserved_method_is_told_apart(serve: Callable[[Script], str]) -> None:
    from vaultsim.pb.dydxprotocol.stats import QueryParamsRequest, QueryParamsResponse

    script = Script(failing(grpc.StatusCode.OK, 0))
    with PublicApi(Endpoint(serve(script)), Quiet()) as api, pytest.raises(Unserved, match=r"stats\.Query/Params"):
        api.ask(QueryParamsRequest(), QueryParamsResponse)


def test_an_answer_of_another_kind_is_refused(serve: Callable[[Script], str]) -> None:
    script = Script(lambda _: b"\xff\xff\xff")
    with (
        PublicApi(Endpoint(serve(script)), Quiet()) as api,
        pytest.raises(UserError, match=r"the answer is no dydxprotocol\.prices\.QueryMarketPriceResponse"),
    ):
        api.ask(QueryMarketPriceRequest(id=1), QueryMarketPriceResponse)


def test_the_command_writes_a_genesis_that_the_program_takes(tmp_path: Path) -> None:
    out = tmp_path / "fork.json"
    with served(node_in_story("localnet", 12)) as running:
        assert running.grpc is not None
        done = run("fork", "--grpc", running.grpc.target, "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "localdydxprotocol at height 12; loading it goes on with block 13" in done.stdout
    assert "vaults: " in done.stderr
    assert run("genesis", "check", str(out)).returncode == 0


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--grpc", "localhost", "--out", "x.json"], "--grpc: 'localhost' is no HOST:PORT, such as 127.0.0.1:9090"),
        (["--grpc", "localhost:99999", "--out", "x.json"], "is no HOST:PORT"),
        (["--grpc", "127.0.0.1:1", "--out", "no/folder/x.json"], "there is no folder no/folder; make it first"),
        (["--grpc", "127.0.0.1:1", "--out", "x.json"], "not reachable after 3 attempts"),
    ],
)
def test_mistakes_end_in_one_sentence(flags: list[str], sentence: str, tmp_path: Path) -> None:
    done = run("fork", *flags, cwd=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
