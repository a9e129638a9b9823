"""The gRPC door, through plain grpcio clients on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from tests.genesis.runs import ROOT
from tests.rpc.grpc_client import Client, DeafClient, connected
from vaultsim.errors import ChainHalted
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.pb.cosmos.bank.v1beta1 import QueryBalanceRequest, QueryBalanceResponse
from vaultsim.pb.cosmos.tx.v1beta1 import TxEncodeResponse
from vaultsim.pb.dydxprotocol.prices import QueryAllMarketPricesResponse, QueryMarketPriceRequest
from vaultsim.pb.runtime import Message
from vaultsim.rpc.addresses import LOOPBACK, Address
from vaultsim.rpc.background import LOOP
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.rpc.grpc_door import GrpcDoor
from vaultsim.rpc.limits import ServerLimits
from vaultsim.rpc.server import RunningNode, run_in_thread
from vaultsim.rpc.table import Answer, MethodTable, Scope, served

GENESIS = ROOT / "genesis" / "localnet" / "genesis.json"
PRICES = "/dydxprotocol.prices.Query/AllMarketPrices"
PRICE = "/dydxprotocol.prices.Query/MarketPrice"
SHARES = "/dydxprotocol.vault.Query/MegavaultTotalShares"
REFLECTION = "/grpc.reflection.{}.ServerReflection/ServerReflectionInfo"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningNode]:
    with run_in_thread(Node(read_genesis(GENESIS), block_mode=BlockMode.MANUAL)) as found:
        yield found


@pytest.fixture(scope="module")
def client(running: RunningNode) -> Iterator[Client]:
    with connected(running) as found:
        yield found


@pytest.fixture
def door() -> Iterator[Any]:
    """Opens a door over other answers than the node's own: `door(answer, limits)` is a client that asks SHARES."""
    with LOOP.in_use():
        node = Node(read_genesis(GENESIS), block_mode=BlockMode.MANUAL)
        opened: list[tuple[GrpcDoor, grpc.Channel]] = []

        def open_door(answer: Answer, limits: ServerLimits | None = None) -> Client:
            door = LOOP.call(GrpcDoor, MethodTable(node, [served(SHARES, answer)]), limits or ServerLimits())
            target = LOOP.run(door.open(Address(LOOPBACK, 0))).target
            channel = grpc.insecure_channel(target, options=[("grpc.max_receive_message_length", -1)])
            opened.append((door, channel))
            return Client(channel, target)

        yield open_door
        for door, channel in opened:
            channel.close()
            LOOP.run(door.close())


# --- answers ---------------------------------------------------------------------------------------------------------


def test_a_query_is_answered_from_the_state_of_the_genesis_document(client: Client) -> None:
    prices = json.loads(GENESIS.read_text())["app_state"]["prices"]["market_prices"]
    answer = QueryAllMarketPricesResponse.decode(client.ask(PRICES).raw)
    assert [(row.id, str(row.price)) for row in answer.market_prices] == [(p["id"], p["price"]) for p in prices]


def test_a_request_with_fields_is_understood(client: Client) -> None:
    rows = json.loads(GENESIS.read_text())["app_state"]["bank"]["balances"]
    held = rows[0]["coins"][0]
    request = QueryBalanceRequest(address=rows[0]["address"], denom=held["denom"]).encode()
    balance = QueryBalanceResponse.decode(client.ask("/cosmos.bank.v1beta1.Query/Balance", request).raw).balance
    assert balance is not None
    assert (balance.denom, balance.amount) == (held["denom"], held["amount"])


def test_what_does_not_exist_is_not_found(client: Client) -> None:
    status, text = client.refusal(PRICE, QueryMarketPriceRequest(id=4_000_000).encode())
    assert status is grpc.StatusCode.NOT_FOUND
    assert text


def test_a_request_that_is_no_message_is_an_invalid_argument(client: Client) -> None:
    status, text = client.refusal(PRICE, b"\xff\xff")
    assert status is grpc.StatusCode.INVALID_ARGUMENT
    assert "QueryMarketPriceRequest" in text


@pytest.mark.parametrize(
    "path",
    [
        "/dydxprotocol.vault.Query/Nothing",
        "/dydxprotocol.nowhere.Query/Params",
        "/dydxprotocol.vault.Msg/DepositToMegavault",
        "/",
        "//",
        "/grpc.health.v1.Health/Nothing",
    ],
)
def test_what_is_not_served_is_unimplemented(client: Client, path: str) -> None:
    assert client.refusal(path)[0] is grpc.StatusCode.UNIMPLEMENTED


# --- heights ---------------------------------------------------------------------------------------------------------


def test_an_answer_names_the_height_it_is_about(running: RunningNode, client: Client) -> None:
    before = client.ask(SHARES).height
    running.call(running.node.produce_block)
    assert client.ask(SHARES).height == before + 1


def test_a_header_selects_an_older_height(running: RunningNode, client: Client) -> None:
    old = client.ask(PRICES)
    present = QueryAllMarketPricesResponse.decode(old.raw).market_prices[0]
    running.call(running.node.set_prices, {present.id: present.price * 2})
    running.call(running.node.produce_block)
    assert client.ask(PRICES).raw != old.raw
    assert client.ask(PRICES, b"", str(old.height)) == old


@pytest.mark.parametrize("height", ["0", "+0", "-0"])
def test_height_zero_is_the_last_one(running: RunningNode, client: Client, height: str) -> None:
    assert client.ask(SHARES, b"", height).height == running.call(lambda: running.node.height)


@pytest.mark.parametrize("height", ["", "one", "1.0", "0x1", "1_0", "1e3", "--1", str(2**63), "9" * 400])
def test_a_header_that_is_no_height_is_an_invalid_argument(client: Client, height: str) -> None:
    status, text = client.refusal(SHARES, b"", height)
    assert status is grpc.StatusCode.INVALID_ARGUMENT
    assert "x-cosmos-block-height" in text
    assert len(text) < 200


@pytest.mark.parametrize("height", ["-1", "999999", str(2**63 - 1)])
def test_a_height_that_is_not_there_is_an_invalid_argument(client: Client, height: str) -> None:
    status, text = client.refusal(SHARES, b"", height)
    assert status is grpc.StatusCode.INVALID_ARGUMENT
    assert height in text


def test_two_headers_select_nothing_as_on_the_chain(running: RunningNode, client: Client) -> None:
    assert client.ask(SHARES, b"", "1", "bad").height == running.call(lambda: running.node.height)


# --- failures --------------------------------------------------------------------------------------------------------


def test_a_bug_is_an_internal_error_in_one_sentence_and_the_door_goes_on(
    door: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(scope: Scope, request: Message) -> Message:
        raise KeyError("the inside of the program")

    client = door(broken)
    with caplog.at_level(logging.ERROR):
        status, text = client.refusal(SHARES)
    assert status is grpc.StatusCode.INTERNAL
    assert SHARES in text
    assert "the inside" not in text
    assert "the inside of the program" in caplog.text
    assert client.ask(PRICES).raw


def test_a_halted_chain_says_so_to_who_makes_it_halt(door: Any, caplog: pytest.LogCaptureFixture) -> None:
    def halting(scope: Scope, request: Message) -> Message:
        raise ChainHalted("block 7: epochs: out of range")

    refused = (grpc.StatusCode.INTERNAL, "the chain halted: block 7: epochs: out of range")
    assert door(halting).refusal(SHARES) == refused
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("status", [code for code in GrpcCode if code is not GrpcCode.OK])
def test_a_failed_request_has_the_status_it_names(door: Any, status: GrpcCode) -> None:
    def failing(scope: Scope, request: Message) -> Message:
        raise RequestFailed(status, "told as it is")

    found, text = door(failing).refusal(SHARES)
    assert (found.value[0], text) == (status.value, "told as it is")


@pytest.mark.parametrize("text", ["x" * 100_000, "€" * 50_000, "half a character \ud800, a line\nand \0"])
def test_any_text_of_a_failure_reaches_the_client(door: Any, text: str) -> None:
    def failing(scope: Scope, request: Message) -> Message:
        raise RequestFailed(GrpcCode.NOT_FOUND, text)

    status, told = door(failing).refusal(SHARES)
    assert status is grpc.StatusCode.NOT_FOUND
    assert 20 < len(told.encode()) <= 2_000
    assert told[:15] == text[:15]


def test_an_answer_may_take_its_time(door: Any) -> None:
    async def slow(scope: Scope, request: Message) -> Message:
        await asyncio.sleep(0.01)
        return TxEncodeResponse(tx_bytes=b"at last")

    assert door(slow).ask(SHARES).raw == TxEncodeResponse(tx_bytes=b"at last").encode()


# --- sizes -----------------------------------------------------------------------------------------------------------


def test_a_request_above_the_limit_is_refused_and_one_of_that_size_is_read(door: Any) -> None:
    client = door(lambda scope, request: TxEncodeResponse(tx_bytes=b"read"), ServerLimits(request_bytes=10_000))
    unknown_field = b"\x7a\x8d\x4e" + bytes(9_997)  # field 15 with its length, 0x8d 0x4e: 9,997
    assert client.ask(SHARES, unknown_field).raw == TxEncodeResponse(tx_bytes=b"read").encode()
    assert client.refusal(SHARES, unknown_field + b"\0")[0] is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_an_answer_may_be_larger_than_a_request_may(door: Any) -> None:
    client = door(lambda scope, request: TxEncodeResponse(tx_bytes=bytes(9_000_000)))
    assert len(client.ask(SHARES).raw) > 9_000_000


def test_large_answers_that_nobody_reads_are_bounded(door: Any) -> None:
    megabyte = TxEncodeResponse(tx_bytes=bytes(1_000_000))
    client = door(lambda scope, request: megabyte, ServerLimits(unread_bytes=3_500_000))
    deaf = DeafClient(client.target)
    deaf.ask(SHARES, times=5)
    # Three of them wait to be read, two were refused: there is no room for a fourth.
    assert client.refusal(SHARES) == (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "too many large answers wait to be read; ask again",
    )
    deaf.close()
    while True:
        with contextlib.suppress(grpc.RpcError):
            assert len(client.ask(SHARES).raw) > 1_000_000
            break


# --- tools -----------------------------------------------------------------------------------------------------------


def test_the_server_and_each_service_are_healthy(client: Client) -> None:
    health = health_pb2_grpc.HealthStub(client.channel)
    for service in ("", "dydxprotocol.vault.Query"):
        answer = health.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as refused:
        health.Check(health_pb2.HealthCheckRequest(service="dydxprotocol.nowhere.Query"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_lists_the_served_services_and_no_other(running: RunningNode, client: Client, version: str) -> None:
    request = reflection_pb2.ServerReflectionRequest(list_services="*")
    (answer,) = _reflected(client, version, request)
    names = {service.name for service in answer.list_services_response.service}
    assert {
        "dydxprotocol.vault.Query",
        "cosmos.tx.v1beta1.Service",
        f"grpc.reflection.{version}.ServerReflection",
    } <= names
    assert not [name for name in names if name.endswith(".Msg")]


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_describes_every_listed_service_with_all_files_it_needs(client: Client, version: str) -> None:
    (listed,) = _reflected(client, version, reflection_pb2.ServerReflectionRequest(list_services="*"))
    names = [service.name for service in listed.list_services_response.service]
    asked = [reflection_pb2.ServerReflectionRequest(file_containing_symbol=name) for name in names]
    for name, answer in zip(names, _reflected(client, version, *asked), strict=True):
        raw = answer.file_descriptor_response.file_descriptor_proto
        files = {file.name: file for file in map(FileDescriptorProto.FromString, raw)}
        package, _, short = name.rpartition(".")
        assert [f for f in files.values() if f.package == package and short in [s.name for s in f.service]]
        assert {needed for file in files.values() for needed in file.dependency} <= set(files)


def test_reflection_does_not_know_what_is_not_there(client: Client) -> None:
    request = reflection_pb2.ServerReflectionRequest(file_containing_symbol="dydxprotocol.nowhere.Query")
    (answer,) = _reflected(client, "v1", request)
    assert answer.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


def _reflected(client: Client, version: str, *requests: Any) -> list[Any]:
    method = client.channel.stream_stream(
        REFLECTION.format(version),
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    return list(method(iter(requests), timeout=30))
