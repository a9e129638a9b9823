"""`vaultsim control` against a running node: what it says is done."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from tests.client.conftest import Program
from vaultsim.address import from_bech32
from vaultsim.node.live.node import Node
from vaultsim.rpc.server import ServerOptions, run_in_thread
from vaultsim.testing.accounts import ALICE, account
from vaultsim.testing.chain import Chain
from vaultsim.testing.documents import genesis_of
from vaultsim.testing.served import ServedChain
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.authority import GOV_BECH32

NAME_ALICE = {
    "@type": "/dydxprotocol.vault.MsgUpdateOperatorParams",
    "authority": GOV_BECH32,
    "params": {"operator": ALICE.address, "metadata": {"name": "", "description": ""}},
}


def lines(text: str) -> dict[str, str]:
    """Printed lines by their names."""
    return {name.strip(): value.strip() for name, _, value in (line.partition("  ") for line in text.splitlines())}


def price(chain: ServedChain, market: int) -> int:
    def read() -> int:
        keeper = chain.node.app.modules.prices
        return keeper.market_price(chain.node.state_at(), market).price

    return chain.call(read)


def test_the_status_tells_where_a_node_stands(vaultsim: Program, chain: ServedChain) -> None:
    told = lines(vaultsim.done("control", "status"))
    assert (told["chain"], told["height"], told["blocks"]) == ("localdydxprotocol", "1", "instant")
    assert told["time"] == "2024-11-21T00:00:00Z"
    assert told["next block at"] == "2024-11-21T00:00:01Z"
    assert told["app hash"] == chain.app_hash
    found = json.loads(vaultsim.done("control", "status", "--json"))
    assert (found["height"], found["chain_id"]) == ("1", "localdydxprotocol")


def test_blocks_and_time(vaultsim: Program, chain: ServedChain) -> None:
    assert lines(vaultsim.done("control", "advance-blocks"))["height"] == "2"
    told = lines(vaultsim.done("control", "advance-blocks", "450", "--step", "500ms"))
    assert (told["height"], told["time"]) == ("452", "2024-11-21T00:03:46Z")
    assert told["app hash"] == chain.app_hash
    assert "2024-11-21T01:03:47Z" in vaultsim.done("control", "advance-time", "1h")
    assert "2024-12-01T00:00:00Z" in vaultsim.done("control", "set-next-block-time", "2024-12-01T00:00:00Z")
    assert lines(vaultsim.done("control", "advance-blocks"))["time"] == "2024-12-01T00:00:00Z"


def test_pausing_and_resuming(vaultsim: Program, chain: ServedChain) -> None:
    vaultsim.done("control", "pause")
    assert "instant, paused" in vaultsim.done("control", "status")
    vaultsim.done("control", "resume")
    assert "paused" not in vaultsim.done("control", "status")


def test_prices_by_hand_and_by_script(vaultsim: Program, chain: ServedChain, tmp_path: Path) -> None:
    vaultsim.done("control", "set-prices", "0=10000000000", "1=3400000000")
    vaultsim.done("control", "advance-blocks")
    assert (price(chain, 0), price(chain, 1)) == (10_000_000_000, 3_400_000_000)
    (tmp_path / "closes.csv").write_text("close\n1\n2\n")
    (tmp_path / "prices.json").write_text('{"2": 26000000000}')
    for script, market, expected in (
        ("static:0=11000000000,1=3500000000", 1, 3_500_000_000),
        (f"csv:0:{tmp_path}/closes.csv", 0, 22_000_000_000),
        (f"csv:{tmp_path}/closes.csv", 0, 44_000_000_000),
        (f"follow:{tmp_path}/prices.json", 2, 26_000_000_000),
    ):
        vaultsim.done("control", "script-prices", script)
        vaultsim.done("control", "advance-blocks")
        assert price(chain, market) == expected
    before = [price(chain, market) for market in range(4)]
    vaultsim.done("control", "script-prices", "walk:7", "--volatility-ppm", "20000", "--market", "1", "--market", "3")
    vaultsim.done("control", "advance-blocks")
    after = [price(chain, market) for market in range(4)]
    assert [new != old for old, new in zip(before, after, strict=True)] == [False, True, False, True]
    vaultsim.done("control", "script-prices", "none")
    vaultsim.done("control", "advance-blocks")
    assert [price(chain, market) for market in range(4)] == after


def test_messages_of_an_authority(vaultsim: Program, chain: ServedChain, tmp_path: Path) -> None:
    file = tmp_path / "messages.json"
    file.write_text(json.dumps([NAME_ALICE]))
    assert lines(vaultsim.done("control", "execute", str(file))) == {"height": "2", "log": "executed"}
    file.write_text(json.dumps({**NAME_ALICE, "authority": ALICE.address}))
    ended = vaultsim("control", "execute", str(file), "--json")
    assert (ended.code, json.loads(ended.out)["code"]) == (2, 13)
    assert "nothing was executed" in ended.err
    assert chain.height == 3


def test_money_and_impersonation(vaultsim: Program, chain: ServedChain) -> None:
    assert lines(vaultsim.done("control", "fund", "newcomer", "12.5usdc", "7adv4tnt"))["height"] == "2"
    stranger = account("newcomer")
    bank = chain.node.app.modules.keepers.bank
    held = chain.call(lambda: bank.balances(chain.node.state_at(), from_bech32(stranger.address)))
    assert held == (("adv4tnt", 7), (USDC_DENOM, 12_500_000))
    vaultsim.done("control", "impersonate", "newcomer")
    assert lines(vaultsim.done("control", "status"))["impersonated"] == stranger.address
    vaultsim.done("control", "impersonate", stranger.address, "--stop")
    assert "impersonated" not in vaultsim.done("control", "status")


def test_snapshots(vaultsim: Program, chain: ServedChain) -> None:
    made = json.loads(vaultsim.done("control", "snapshot", "--json"))
    digest = chain.app_hash
    for _ in range(2):
        vaultsim.done("control", "advance-blocks", "3")
        younger = json.loads(vaultsim.done("control", "snapshot", "--json"))["id"]
        assert f"{younger}  height 4" in vaultsim.done("control", "snapshots").replace("   ", "  ")
        told = lines(vaultsim.done("control", "revert", made["id"]))
        assert (told["height"], told["app hash"]) == ("1", digest)
        assert f"there is no snapshot {younger}" in vaultsim.refused("control", "revert", younger)
    vaultsim.done("control", "drop-snapshot", made["id"])
    assert "no snapshot" in vaultsim.refused("control", "revert", made["id"])


def test_an_exported_document_goes_on_where_the_node_stands(
    vaultsim: Program, chain: ServedChain, tmp_path: Path
) -> None:
    vaultsim.done("control", "advance-blocks", "3")
    vaultsim.done("control", "export", "--out", str(tmp_path / "genesis.json"))
    again = Chain.from_genesis(tmp_path / "genesis.json")
    assert (again.height, again.app_hash) == (4, chain.app_hash)


def test_a_dump_is_that_of_the_store_at_any_kept_height(vaultsim: Program, chain: ServedChain) -> None:
    def printed(*arguments: str) -> dict[bytes, bytes]:
        told = vaultsim.done("control", "dump", *arguments).splitlines()
        return {bytes.fromhex(key): bytes.fromhex(value) for key, _, value in (line.partition(" ") for line in told)}

    before = chain.rows("prices")
    vaultsim.done("control", "set-prices", "0=10000000000")
    vaultsim.done("control", "advance-blocks")
    assert printed("prices", "--height", "1") == before
    assert printed("prices") == chain.rows("prices") != before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("advance-blocks", "2", "--step", "soon"), "--step: 'soon' is no length of time"),
        (("advance-time", "later"), "TIME: 'later' is no length of time"),
        (("set-next-block-time", "2020-01-01T00:00:00Z"), "time never goes back"),
        (("set-next-block-time", "today"), "'today' is no RFC 3339 time"),
        (("set-prices", "0:5"), "'0:5': write MARKET=PRICE"),
        (("set-prices", "0=5", "0=6"), "market 0 is there twice"),
        (("set-prices", "17=5"), "no oracle market 17"),
        (("script-prices", "sideways"), "'sideways' is none of static"),
        (("script-prices", "walk:-1"), "is none of static"),
        (("script-prices", "csv:/nowhere/closes.csv"), "/nowhere/closes.csv: No such file"),
        (("script-prices", "follow:/nowhere/prices.json"), "no such file"),
        (("execute", "/nowhere/messages.json"), "/nowhere/messages.json: No such file"),
        (("fund", "alice", "12"), "'12' is no amount"),
        (("fund", "dydx1nobody", "1usdc"), "check the address"),
        (("revert", "999"), "there is no snapshot 999"),
        (("dump", "nothing"), "there is no store 'nothing'"),
        (("status", "--grpc", "127.0.0.1:1"), "no node answers there"),
    ],
)
def test_mistakes_are_told_in_one_sentence(vaultsim: Program, arguments: tuple[str, ...], told: str) -> None:
    assert told in vaultsim.refused("control", *arguments)


def test_a_file_without_messages_is_refused_with_the_place(vaultsim: Program, tmp_path: Path) -> None:
    file = tmp_path / "messages.json"
    for content, told in (
        ("{", "line 1, column 2"),
        ('[{"@type": "/no.Such"}]', "field 'messages[0].@type': unknown type '/no.Such'"),
        ("[3]", "field 'messages[0]'"),
        ("[]", "no messages"),
    ):
        file.write_text(content)
        assert told in vaultsim.refused("control", "execute", str(file))


def test_a_node_without_control_says_so(vaultsim: Program) -> None:
    options = msgspec.structs.replace(ServerOptions.on_free_ports(), with_control=False)
    with run_in_thread(Node(genesis_of("localnet")), options) as running:
        assert running.grpc is not None
        told = vaultsim.refused("control", "status", "--grpc", running.grpc.target)
    assert "does not serve /vaultsim.control.v1.Control/Status" in told
