"""Every query of the further vault designs through every door, on a chain where all of them are at work: gRPC, ABCI
query and REST give what the module itself answers."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

import grpc
import httpx
import pytest

from tests.genesis.runs import ROOT
from tests.rpc.grpc_client import Client, connected
from vaultsim.address import from_bech32
from vaultsim.node.block_lines import read_block_lines
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.node.run_line import run_line
from vaultsim.pb.registry import services
from vaultsim.pb.runtime import Message, Method
from vaultsim.rpc.server import RunningNode, run_in_thread
from vaultsim.testing.accounts import account
from vaultsim.testing.chain import Chain
from vaultsim.testing.failures import responses_of
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.fundvault.types import vault_id_of

FOLDER = ROOT / "genesis" / "four-designs"
MODULES = ("mmvault", "perpvault", "fundvault")
METHODS = {method.path: method for module in MODULES for method in services()[f"vaultsim.{module}.v1.Query"]}
ALICE, CARL, FIONA, FRANK, GINA, OPERATOR = map(account, ("alice", "carl", "fiona", "frank", "gina", "operator"))
FUND = vault_id_of(from_bech32(FIONA.address), 0)
BOTH_POSITIONS = 105
"""Height at which Frank is long and Gina short, and everybody's money is in."""
USD = 10**30
_FRANK = {"account": FRANK.address, "collateral_token": "btc", "index_token": "btc", "is_long": True}
_GINA = {"account": GINA.address, "collateral_token": USDC_DENOM, "index_token": "btc", "is_long": False}

REQUESTS: dict[str, list[dict[str, Any]]] = {
    "mmvault/PairQuoteParams": [{}, {"clob_pair_id": 0}],
    "mmvault/Shares": [{"owner": ALICE.address}],
    "mmvault/Unlocks": [{"owner": ALICE.address}],
    "mmvault/PreviewAdd": [{"amount": "1000000"}],
    "mmvault/PreviewRemove": [{"shares": "1000000"}],
    "mmvault/Quotes": [{}, {"clob_pair_id": 0}],
    "mmvault/ComputeQuotes": [{"clob_pair_id": 0}],
    "mmvault/Snapshots": [{}, {"from": 1, "to": 2}],
    "perpvault/PositionFee": [{"size_delta": str(1_000 * USD)}],
    "perpvault/RedemptionAmount": [{"token": "btc", "usdg_amount": str(10**18)}],
    "perpvault/FeeBasisPoints": [
        {"token": "btc", "usdg_delta": str(10**18), "increment": True, "fee_bps": 30, "tax_bps": 50}
    ],
    "perpvault/Positions": [{}, {"pagination": {"limit": "1"}}],
    "perpvault/Aum": [{}, {"maximise": True}],
    "perpvault/ApprovedRouters": [{"account": FRANK.address}],
    "perpvault/IncreaseOrder": [{"account": FRANK.address, "index": "0"}],
    "perpvault/DecreaseOrder": [{"account": GINA.address, "index": "0"}],
    "perpvault/Orders": [{"account": GINA.address}],
    "fundvault/Vaults": [{}, {"vault_id": FUND}],
    "fundvault/Redemptions": [
        {},
        {"vault_id": FUND, "party": CARL.address, "status": "REQUEST_STATUS_PENDING"},
        {"from": "2024-11-21T00:00:00Z", "to": "2024-11-21T00:00:01Z"},
    ],
    "fundvault/Share": [{"vault_id": FUND, "party": ALICE.address}],
}
"""Requests by module and method; of the others each field is filled by its name, see `requests`."""


class World(NamedTuple):
    """A served chain, its clients, and the keys of a queued increase and a queued decrease."""

    running: RunningNode
    chain: Chain
    client: Client
    http: httpx.Client
    increase_key: str
    decrease_key: str

    def requests(self, method: Method) -> list[dict[str, Any]]:
        module, name = _names(method)
        if (given := REQUESTS.get(f"{module}/{name}")) is not None:
            return given
        fields = [row[0] for row in class_of(self.running, method)[0].FIELDS]
        if fields == ["key"]:
            return [{"key": self.increase_key if name.startswith("Increase") else self.decrease_key}]
        if "is_long" in fields:
            return [_FRANK, _GINA]
        return [{name: {"token": "btc", "vault_id": FUND}[name] for name in fields}]

    def own_answer(self, method: Method, fields: dict[str, Any]) -> tuple[Message, Message]:
        """The request, and what the module answers when nothing is in between."""
        cls, answer = class_of(self.running, method)
        request = cls.from_json(fields)
        return request, self.running.call(lambda: answer(self.running.node.state_at(None), request))


def class_of(running: RunningNode, method: Method) -> Any:
    return running.node.app.modules.queries[method.path]


def _names(method: Method) -> tuple[str, str]:
    return method.path.split(".")[1], method.path.rpartition("/")[2]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    node = Node(read_genesis(FOLDER / "genesis.json"), block_mode=BlockMode.MANUAL)
    for line in itertools.islice(read_block_lines(FOLDER / "blocks.jsonl"), BOTH_POSITIONS - 1):
        run_line(node.chain, line)
        node.past.note()
    assert node.height == BOTH_POSITIONS
    keys = _leave_something_open(Chain(node))
    with run_in_thread(node) as running, connected(running) as client, httpx.Client(trust_env=False) as http:
        yield World(running, Chain(node, run=running.call), client, http, *keys)


def _leave_something_open(chain: Chain) -> tuple[str, str]:
    """An unlock, a request and an order of each kind, a router and a role."""
    perp = "/vaultsim.perpvault.v1."
    queued = {"sender": FRANK, "path": ["btc"], "index_token": "btc", "size_delta": str(1_000 * USD), "is_long": True}
    queued |= {"acceptable_price": str(60_000 * USD), "execution_fee": "0", "min_out": "0"}
    order = {"size_delta": str(500 * USD), "trigger_price": str(40_000 * USD), "execution_fee": "0"}
    chain.as_authority(
        {
            "@type": perp + "MsgSetRole",
            "authority": chain.authority,
            "role": "ROLE_LIQUIDATOR",
            "address": OPERATOR,
            "enabled": True,
        }
    )
    messages: tuple[dict[str, Any], ...] = (
        {"@type": perp + "MsgCreateIncreasePosition", **queued, "amount_in": "1000000"},
        {"@type": perp + "MsgCreateDecreasePosition", **queued, "collateral_delta": "0", "receiver": FRANK},
        {
            "@type": perp + "MsgCreateIncreaseOrder",
            "sender": FRANK,
            **order,
            "path": ["btc"],
            "amount_in": "1000000",
            "index_token": "btc",
            "min_out": "0",
            "collateral_token": "btc",
            "is_long": True,
        },
        {
            "@type": perp + "MsgCreateDecreaseOrder",
            "sender": GINA,
            **order,
            "index_token": "btc",
            "collateral_token": USDC_DENOM,
            "collateral_delta": "0",
        },
        {"@type": perp + "MsgApproveRouter", "sender": FRANK, "router": OPERATOR, "enabled": True},
        {
            "@type": "/vaultsim.mmvault.v1.MsgRemoveLiquidity",
            "subaccount_id": ALICE.subaccount(1).to_json(),
            "shares_to_burn": "1000000000",
        },
        {
            "@type": "/vaultsim.fundvault.v1.MsgRequestRedemption",
            "party": CARL,
            "vault_id": FUND,
            "amount": "1000000000",
        },
    )
    done = [chain.execute(one, signer=one.get("sender") or one.get("party") or ALICE) for one in messages]
    increase, decrease = (responses_of(result)[0].key for result in done[:2])  # type: ignore[attr-defined]
    return increase, decrease


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> Method:
    return METHODS[request.param]


def abci_query(world: World, path: str, request: bytes) -> dict[str, Any]:
    assert world.running.rpc is not None
    body = {"jsonrpc": "2.0", "id": 1, "method": "abci_query", "params": {"path": path, "data": request.hex()}}
    response: dict[str, Any] = world.http.post(world.running.rpc.url, json=body).json()["result"]["response"]
    return response


def parameters(fields: dict[str, Any], place: str = "") -> dict[str, str]:
    """Fields as parameters of a URL, nested ones with dots."""
    found: dict[str, str] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            found |= parameters(value, f"{place}{name}.")
        else:
            found[place + name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def test_all_doors_give_what_the_module_answers(world: World, method: Method) -> None:
    assert world.running.lcd is not None
    verb, route, _ = method.routes[0]
    assert (verb, route) == ("GET", "/vaultsim/{}/v1/{}".format(*_snake(method)))
    for fields in world.requests(method):
        request, expected = world.own_answer(method, fields)
        assert world.client.ask(method.path, request.encode()).raw == expected.encode()
        abci = abci_query(world, method.path, request.encode())
        assert abci["code"] == 0
        assert base64.b64decode(abci["value"] or "") == expected.encode()
        query = urlencode(parameters(fields))
        rest = world.http.get(f"{world.running.lcd.url}{route}?{query}")
        assert (rest.status_code, rest.json()) == (200, expected.to_json())


def _snake(method: Method) -> tuple[str, str]:
    module, name = _names(method)
    return module, re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_the_answers_are_about_something(world: World, method: Method) -> None:
    """Nothing here is asked about an empty book: the first request of each method has an answer with content."""
    quiet = {"/vaultsim.perpvault.v1.Query/LiquidatablePositions"}
    _, answer = world.own_answer(method, world.requests(method)[0])
    assert (len(answer.encode()) > 0) == (method.path not in quiet)


@pytest.mark.parametrize("name", ["shares", "unlocks"])
def test_an_owner_may_stand_in_the_path(world: World, name: str) -> None:
    assert world.running.lcd is not None
    place = f"{world.running.lcd.url}/vaultsim/mmvault/v1/{name}"
    in_path = world.http.get(f"{place}/{ALICE.address}").json()
    assert in_path == world.http.get(f"{place}?owner={ALICE.address}").json()
    assert in_path["shares" if name == "shares" else "unlocks"]


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("/vaultsim.mmvault.v1.Query/PreviewAdd", {"amount": "none"}),
    ("/vaultsim.mmvault.v1.Query/ComputeQuotes", {"clob_pair_id": 77}),
    ("/vaultsim.perpvault.v1.Query/MaxPrice", {"token": "moon"}),
    ("/vaultsim.perpvault.v1.Query/Position", {**_FRANK, "account": "nobody"}),
    ("/vaultsim.fundvault.v1.Query/Share", {"vault_id": ALICE.address, "party": ALICE.address}),
    ("/vaultsim.fundvault.v1.Query/VaultBalances", {"vault_id": ""}),
]


@pytest.mark.parametrize(("path", "fields"), REFUSED, ids=[path.rpartition("/")[2] for path, _ in REFUSED])
def test_what_a_module_refuses_every_door_refuses_with_one_sentence(
    world: World, path: str, fields: dict[str, Any]
) -> None:
    assert world.running.lcd is not None
    found = METHODS[path]
    request = class_of(world.running, found)[0].from_json(fields)
    status, text = world.client.refusal(path, request.encode())
    assert status in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNKNOWN)
    abci = abci_query(world, path, request.encode())
    assert abci["code"] > 0
    assert text in abci["log"]
    rest = world.http.get(f"{world.running.lcd.url}{found.routes[0][1]}?{urlencode(parameters(fields))}")
    assert rest.status_code >= 400
    assert text in rest.json()["message"]


def test_queries_by_short_name_and_state_by_collection_reach_the_modules(world: World) -> None:
    query, state = world.chain.query, world.chain.state
    assert {*MODULES} <= {*dir(query)} & {*dir(state)}
    shares = query.mmvault.Shares(owner=ALICE)
    assert int(shares.shares) == 59_000_000_000
    assert state.mmvault.shares[ALICE.address] == 59_000_000_000
    assert len(state.mmvault.unlocks[ALICE.address].unlocks) == 1
    assert [one.account for one in query.perpvault.Positions().positions] == [
        one.account for one in state.perpvault.positions.values()
    ]
    assert len(state.perpvault.positions) == 2
    [fund] = query.fundvault.Vaults(vault_id=FUND).vaults
    assert state.fundvault.vaults[FUND].owner == fund.owner == FIONA.address
