"""A served node: doors that open and close together."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.genesis.runs import ROOT
from tests.rpc.grpc_client import connected
from vaultsim.errors import UserError
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.rpc.addresses import LOOPBACK, Address, parse_address
from vaultsim.rpc.server import ServerOptions, run_in_thread

SHARES = "/dydxprotocol.vault.Query/MegavaultTotalShares"
DOORS = ("grpc", "rpc", "lcd", "indexer")


def new_node(mode: BlockMode = BlockMode.MANUAL) -> Node:
    return Node(read_genesis(ROOT / "genesis" / "localnet" / "genesis.json"), block_mode=mode)


@pytest.fixture
def taken() -> Iterator[Address]:
    """An address that somebody listens on."""
    with closing(socket.create_server((LOOPBACK, 0))) as other:
        yield Address(LOOPBACK, other.getsockname()[1])


def listens(address: Address | None) -> bool:
    assert address is not None
    with closing(socket.socket()) as probe:
        probe.settimeout(5)
        return probe.connect_ex(address) == 0


def test_every_door_listens_on_a_port_of_its_own_and_on_none_after_the_end() -> None:
    with run_in_thread(new_node()) as running:
        addresses = [running.grpc, running.rpc, running.lcd, running.indexer]
        assert all(listens(address) for address in addresses)
        assert len({address.port for address in addresses if address}) == 4
    assert not any(listens(address) for address in addresses)


@pytest.mark.parametrize("door", DOORS)
def test_a_door_can_be_left_closed(door: str) -> None:
    with run_in_thread(new_node(), ServerOptions.on_free_ports(**{door: None})) as running:
        assert [name for name in DOORS if getattr(running, name) is None] == [door]


@pytest.mark.parametrize("door", DOORS)
def test_a_port_in_use_is_one_sentence_and_leaves_no_door_open(door: str, taken: Address) -> None:
    with pytest.raises(UserError) as told, run_in_thread(new_node(), ServerOptions.on_free_ports(**{door: taken})):
        pytest.fail("it started")
    assert str(told.value).startswith(f"--{door}: port {taken.port} of 127.0.0.1 is in use")
    assert not [thread for thread in threading.enumerate() if thread.name == "vaultsim server"]


@pytest.mark.parametrize("door", DOORS)
def test_a_host_that_is_not_ours_is_one_sentence(door: str) -> None:
    options = ServerOptions.on_free_ports(**{door: Address("203.0.113.7", 0)})
    refused = rf"--{door}: 203\.0\.113\.7 is no address of this machine"
    with pytest.raises(UserError, match=refused), run_in_thread(new_node(), options):
        pytest.fail("it started")


def test_several_nodes_are_served_at_a_time() -> None:
    with run_in_thread(new_node()) as first, run_in_thread(new_node()) as second:
        second.call(second.node.produce_block)
        with connected(first) as one, connected(second) as other:
            assert (one.ask(SHARES).height, other.ask(SHARES).height) == (1, 2)


def test_a_node_can_be_served_again() -> None:
    node = new_node()
    for height in (1, 2, 3):
        with run_in_thread(node) as running, connected(running) as client:
            assert client.ask(SHARES).height == height
            running.call(node.produce_block)


def test_blocks_come_by_themselves_in_interval_mode() -> None:
    options = ServerOptions.on_free_ports(block_time_ns=5_000_000)
    came = threading.Event()
    node = new_node(BlockMode.INTERVAL)
    node.listeners.append(lambda record: came.set() if record.height >= 4 else None)
    with run_in_thread(node, options):
        assert came.wait(timeout=30)


def test_a_server_ends_although_streams_are_open() -> None:
    silence = threading.Event()
    with ExitStack() as client_side, ExitStack() as server_side:
        running = server_side.enter_context(run_in_thread(new_node()))
        client = client_side.enter_context(connected(running))
        client_side.callback(silence.set)
        watched = health_pb2_grpc.HealthStub(client.channel).Watch(health_pb2.HealthCheckRequest(service=""))
        assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
        reflection = client.channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
        unanswered = reflection(iter(silence.wait, None))
        server_side.close()
        for stream in (watched, unanswered):
            with pytest.raises(grpc.RpcError):
                next(stream)
        assert not listens(running.grpc)


def test_what_an_action_in_the_loop_raises_is_raised_for_its_caller() -> None:
    with run_in_thread(new_node()) as running:
        with pytest.raises(UserError, match="no oracle market 77"):
            running.call(running.node.set_prices, {77: 5})
        assert running.call(lambda: running.node.height) == 1


def test_an_action_in_the_loop_may_call_another_one() -> None:
    with run_in_thread(new_node()) as running:
        assert running.call(lambda: running.call(lambda: running.node.height) + 1) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9090", Address("10.0.0.1", 9090)),
        (":9090", Address("10.0.0.1", 9090)),
        ("0.0.0.0:0", Address("0.0.0.0", 0)),
        ("localhost:65535", Address("localhost", 65_535)),
        ("[::1]:26657", Address("::1", 26_657)),
    ],
)
def test_addresses_are_read_as_they_are_written(text: str, expected: Address) -> None:
    assert parse_address(text, "10.0.0.1") == expected


@pytest.mark.parametrize("text", ["", ":", "host", "host:", "host:x", "1:65536", "::1:80", "1:-1", "[::1]", "1:٣"])
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no HOST:PORT"):
        parse_address(text)


def test_an_address_is_written_as_clients_take_it() -> None:
    assert Address("::1", 1317).url == "http://[::1]:1317"
    assert Address("127.0.0.1", 9090).target == "127.0.0.1:9090"
