"""vaultsim.control.v1.Control through the table: every verb, and what it refuses."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from pathlib import Path
from typing import TypeVar

import pytest

from tests.node.live.played import GENESIS_TIME_NS, SECOND, bank_balance, localnet, prices, send, signed, unsigned
from vaultsim.app.app import App
from vaultsim.errors import ChainHalted
from vaultsim.node.genesis_document import parse_genesis
from vaultsim.node.live.control import Control
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.dydxprotocol.vault import MsgUpdateOperatorParams, OperatorParams
from vaultsim.pb.google.protobuf import Any as Packed
from vaultsim.pb.google.protobuf import Duration
from vaultsim.pb.registry import class_named, pack, services
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.control import v1
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.rpc.services import control
from vaultsim.rpc.table import MethodTable
from vaultsim.testing.accounts import address_of
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.clock import timestamp_ns, timestamp_of

M = TypeVar("M", bound=Message)
SERVICE = "vaultsim.control.v1.Control"
RESPONSES = {method.name: method.response for method in services()[SERVICE]}


class Asked:
    """A node on the localnet, whose control is asked bytes in, bytes out."""

    def __init__(self) -> None:
        self.node: Node = localnet(BlockMode.INTERVAL)
        self.table = MethodTable(self.node, control.rows(Control(self.node)))

    def ask(self, request: Message, answer: type[M] | None = None) -> M:
        verb = type(request).__name__.removesuffix("Request")
        found = answer or class_named(RESPONSES[verb])
        assert found is not None
        raw = asyncio.run(self.table.ask(f"/{SERVICE}/{verb}", request.encode())).raw
        return found.decode(raw)  # type: ignore[return-value]

    def refusal(self, request: Message) -> tuple[GrpcCode, str]:
        with pytest.raises(RequestFailed) as told:
            self.ask(request)
        return told.value.status, told.value.text

    @property
    def status(self) -> v1.StatusResponse:
        return self.ask(v1.StatusRequest(), v1.StatusResponse)


@pytest.fixture
def asked() -> Asked:
    return Asked()


def test_every_method_of_the_service_is_answered(asked: Asked) -> None:
    assert {one.method.path for one in control.rows(Control(asked.node))} == {
        f"/{SERVICE}/{name}" for name in RESPONSES
    }


def test_the_page_on_control_has_every_verb() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "CONTROL.md").read_text(encoding="utf-8")
    verbs = [re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in RESPONSES]
    assert [verb for verb in verbs if f"`{verb}`" not in page] == []


def test_the_status_of_a_node(asked: Asked) -> None:
    asked.node.submit(signed(asked.node, send(1), by="alice"))
    found = asked.status
    assert (found.chain_id, found.height, found.block_mode) == ("localdydxprotocol", 1, "interval")
    assert (timestamp_ns(found.time), timestamp_ns(found.next_block_time)) == (
        GENESIS_TIME_NS,
        GENESIS_TIME_NS + SECOND,
    )
    assert (found.waiting_txs, found.earliest_state_height, found.earliest_block_height) == (1, 1, 1)
    assert found.app_hash == asked.node.app.store.app_hash
    assert (found.is_paused, found.snapshots, found.price_script, found.halted) == (False, 0, "", "")


def test_blocks_are_made_as_many_as_asked_for_at_the_given_step(asked: Asked) -> None:
    found = asked.ask(v1.AdvanceBlocksRequest(), v1.BlockResponse)
    assert (found.height, timestamp_ns(found.time)) == (2, GENESIS_TIME_NS + SECOND)
    found = asked.ask(v1.AdvanceBlocksRequest(blocks=3, step=Duration(seconds=60)), v1.BlockResponse)
    assert (found.height, timestamp_ns(found.time)) == (5, GENESIS_TIME_NS + 181 * SECOND)
    assert found.app_hash == asked.node.app.store.app_hash
    assert asked.refusal(v1.AdvanceBlocksRequest(blocks=1_000_001))[0] is GrpcCode.INVALID_ARGUMENT


def test_others_are_heard_while_blocks_are_made(asked: Asked) -> None:
    async def both() -> list[int]:
        request = v1.AdvanceBlocksRequest(blocks=20).encode()
        blocks = asyncio.create_task(asked.table.ask(f"/{SERVICE}/AdvanceBlocks", request))
        seen = []
        while not blocks.done():
            raw = (await asked.table.ask(f"/{SERVICE}/Status", b"")).raw
            seen.append(v1.StatusResponse.decode(raw).height)
            await asyncio.sleep(0)
        return seen

    assert len(set(asyncio.run(both()))) > 15


def test_time_is_advanced_and_set(asked: Asked) -> None:
    found = asked.ask(v1.AdvanceTimeRequest(by=Duration(seconds=59)), v1.TimeResponse)
    assert timestamp_ns(found.next_block_time) == GENESIS_TIME_NS + 60 * SECOND
    wanted = timestamp_of(GENESIS_TIME_NS + 500 * SECOND + 7)
    assert asked.ask(v1.SetNextBlockTimeRequest(time=wanted), v1.TimeResponse).next_block_time == wanted
    asked.node.produce_block()
    assert asked.node.time_ns == GENESIS_TIME_NS + 500 * SECOND + 7
    assert "before the last block" in asked.refusal(v1.SetNextBlockTimeRequest(time=timestamp_of(0)))[1]
    assert "goes forward" in asked.refusal(v1.AdvanceTimeRequest(by=Duration(seconds=-1)))[1]
    assert asked.refusal(v1.SetNextBlockTimeRequest())[0] is GrpcCode.INVALID_ARGUMENT


def test_a_node_is_paused_and_resumed(asked: Asked) -> None:
    asked.ask(v1.PauseRequest(), v1.PauseResponse)
    assert asked.status.is_paused
    asked.ask(v1.ResumeRequest(), v1.ResumeResponse)
    assert not asked.status.is_paused


def test_prices_are_set_and_scripted(asked: Asked, tmp_path: Path) -> None:
    price = v1.MarketPrice(market_id=0, price=10_000_000_000)
    asked.ask(v1.SetPricesRequest(prices=(price,)), v1.SetPricesResponse)
    asked.node.produce_block()
    assert prices(asked.node)[0] == 10_000_000_000
    file = tmp_path / "prices.json"
    file.write_text('{"1": 3500000000}')
    scripts = {
        "static": v1.ScriptPricesRequest(static=v1.StaticPrices(prices=(v1.MarketPrice(market_id=0, price=9),))),
        "walk": v1.ScriptPricesRequest(walk=v1.PriceWalk(seed=1, market_ids=(2,), volatility_ppm=50_000)),
        "csv": v1.ScriptPricesRequest(csv=v1.PriceRows(market_id=3, text="close\n1\n2\n")),
        "file": v1.ScriptPricesRequest(file=v1.PriceFile(path=str(file))),
    }
    for name, request in scripts.items():
        before = prices(asked.node)
        asked.ask(request, v1.ScriptPricesResponse)
        assert asked.status.price_script == name
        asked.node.produce_block()
        assert prices(asked.node) != before
    file.write_text("nonsense")
    asked.node.produce_block()
    assert "not JSON" in asked.status.price_problem
    asked.ask(v1.ScriptPricesRequest(), v1.ScriptPricesResponse)
    assert (asked.status.price_script, asked.status.price_problem) == ("", "")


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (v1.SetPricesRequest(prices=(v1.MarketPrice(market_id=9, price=1),)), "no oracle market 9"),
        (v1.ScriptPricesRequest(walk=v1.PriceWalk(volatility_ppm=100_001)), "volatility_ppm: 100001 is more than"),
        (v1.ScriptPricesRequest(walk=v1.PriceWalk(jumps_per_10000=10_001)), "jumps_per_10000"),
        (v1.ScriptPricesRequest(walk=v1.PriceWalk(jump_ppm=300_001)), "jump_ppm"),
        (v1.ScriptPricesRequest(csv=v1.PriceRows(text="x")), "no column named close"),
        (v1.ScriptPricesRequest(file=v1.PriceFile(path="/nowhere/prices.json")), "no such file"),
        (v1.ExecuteAsAuthorityRequest(), "no messages"),
        (v1.ExecuteAsAuthorityRequest(messages=(Packed(type_url="/no.Such"),)), r"messages\[0\]: unknown type"),
        (v1.FundRequest(address=GOV_BECH32, coins=(Coin(denom="uusdc", amount="x"),)), "'x' is no amount of uusdc"),
        (v1.FundRequest(address=GOV_BECH32), "give each denomination an amount"),
        (v1.FundRequest(address="me", coins=(Coin(denom="uusdc", amount="1"),)), "'me' is no address"),
        (v1.ImpersonateRequest(address="me"), "'me' is no address"),
        (v1.RevertRequest(id=3), "there is no snapshot 3"),
        (v1.DropSnapshotRequest(id=0), "there is no snapshot 0; the snapshots are: none"),
        (v1.DumpStoreRequest(store="nothing"), "there is no store 'nothing'; choose one of .*vault"),
        (v1.DumpStoreRequest(store="vault", height=-4), "height -4 is not kept"),
        (v1.DumpStoreRequest(store="vault", height=2), "height 2 is in the future"),
    ],
)
def test_mistakes_are_told_in_one_sentence_and_nothing_happens(asked: Asked, request_: Message, told: str) -> None:
    with pytest.raises(RequestFailed, match=told) as problem:
        asked.ask(request_)
    assert problem.value.status is GrpcCode.INVALID_ARGUMENT
    assert asked.node.height == 1


def test_messages_of_an_authority_and_what_became_of_them(asked: Asked) -> None:
    def request(authority: str) -> v1.ExecuteAsAuthorityRequest:
        params = OperatorParams(operator=address_of("alice"))
        return v1.ExecuteAsAuthorityRequest(
            messages=(pack(MsgUpdateOperatorParams(authority=authority, params=params)),)
        )

    found = asked.ask(request(GOV_BECH32), v1.ExecuteAsAuthorityResponse)
    assert (found.height, found.code, found.codespace, found.log) == (2, 0, "", "")
    found = asked.ask(request(address_of("bob")), v1.ExecuteAsAuthorityResponse)
    assert (found.height, found.codespace, found.code) == (3, "gov", 13)
    assert address_of("bob") in found.log


def test_accounts_are_funded_and_impersonated(asked: Asked) -> None:
    stranger = address_of("a stranger")
    coins = (Coin(denom=USDC_DENOM, amount="30"), Coin(denom=USDC_DENOM, amount="40"))
    assert asked.ask(v1.FundRequest(address=stranger, coins=coins), v1.BlockResponse).height == 2
    assert bank_balance(asked.node, stranger) == 70
    asked.ask(v1.ImpersonateRequest(address=stranger), v1.ImpersonateResponse)
    assert asked.status.impersonated == (stranger,)
    raw = unsigned(signed(asked.node, send(3, "a stranger", "bob"), by="a stranger", fee=0))
    assert asked.node.submit(raw).code == 0
    asked.ask(v1.ImpersonateRequest(address=stranger, stop=True), v1.ImpersonateResponse)
    assert asked.status.impersonated == ()


def test_snapshots_are_made_listed_gone_back_to_and_dropped(asked: Asked) -> None:
    digest = asked.node.app.store.app_hash
    made = asked.ask(v1.SnapshotRequest(), v1.SnapshotResponse)
    assert (made.id, made.height) == (1, 1)
    asked.ask(v1.AdvanceBlocksRequest(blocks=2), v1.BlockResponse)
    asked.ask(v1.SnapshotRequest(), v1.SnapshotResponse)
    listed = asked.ask(v1.ListSnapshotsRequest(), v1.ListSnapshotsResponse).snapshots
    assert [(one.id, one.height, timestamp_ns(one.time) - GENESIS_TIME_NS) for one in listed] == [
        (1, 1, 0),
        (2, 3, 2 * SECOND),
    ]
    found = asked.ask(v1.RevertRequest(id=1), v1.BlockResponse)
    assert (found.height, timestamp_ns(found.time), found.app_hash) == (1, GENESIS_TIME_NS, digest)
    asked.ask(v1.DropSnapshotRequest(id=1), v1.DropSnapshotResponse)
    assert asked.status.snapshots == 0


def test_a_document_is_exported_in_pieces_while_blocks_go_on(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "PIECE_BYTES", 9_000)
    asked.node.produce_block()
    digest = asked.node.app.store.app_hash
    first = asked.ask(v1.ExportGenesisRequest(), v1.ExportGenesisResponse)
    pieces = [first.piece]
    while pieces[-1]:
        asked.node.produce_block()
        request = v1.ExportGenesisRequest(document=first.document, offset=sum(map(len, pieces)))
        pieces.append(asked.ask(request, v1.ExportGenesisResponse).piece)
    content = b"".join(pieces)
    assert len(pieces) > 3
    assert (len(content), hashlib.sha256(content).hexdigest()) == (first.total_bytes, first.document)
    again = Node(parse_genesis(json.loads(content), "export"))
    assert (again.height, again.app.store.app_hash) == (2, digest)
    again.produce_block()
    assert again.app.store.app_hash == asked.node.blocks.get(3).app_hash  # type: ignore[union-attr]
    status, text = asked.refusal(v1.ExportGenesisRequest(document="an old one"))
    assert (status, text) == (GrpcCode.NOT_FOUND, "document 'an old one' is not kept; export again")


def test_a_store_is_dumped_page_by_page_at_any_kept_height(asked: Asked) -> None:
    expected = list(asked.node.app.store.rows("prices"))
    asked.node.set_prices({0: 10_000_000_000})
    asked.node.produce_block()
    rows: list[tuple[bytes, bytes]] = []
    start = b""
    while True:
        found = asked.ask(v1.DumpStoreRequest(store="prices", height=1, start=start, limit=3), v1.DumpStoreResponse)
        assert found.height == 1
        assert len(found.rows) <= 3
        rows += [(row.key, row.value) for row in found.rows]
        start = found.next
        if not start:
            break
    assert rows == expected
    last = asked.ask(v1.DumpStoreRequest(store="prices"), v1.DumpStoreResponse)
    assert (last.height, last.next) == (2, b"")
    assert [(row.key, row.value) for row in last.rows] == list(asked.node.app.store.rows("prices")) != expected


def test_a_page_of_a_dump_has_a_most_of_bytes(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "PIECE_BYTES", 300)
    found = asked.ask(v1.DumpStoreRequest(store="subaccounts"), v1.DumpStoreResponse)
    assert 1 <= len(found.rows) < 300
    assert sum(len(row.key) + len(row.value) for row in found.rows) <= 300
    assert found.next > found.rows[-1].key


def test_a_halted_chain_is_told(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    def halting(*_: object) -> None:
        raise ChainHalted("a panic")

    snapshot = asked.ask(v1.SnapshotRequest(), v1.SnapshotResponse).id
    with monkeypatch.context() as patched:
        patched.setattr(App, "_begin_block", halting)
        assert asked.refusal(v1.AdvanceBlocksRequest()) == (GrpcCode.ABORTED, "the chain halted: a panic")
    assert asked.status.halted == "a panic"
    assert asked.refusal(v1.SnapshotRequest())[0] is GrpcCode.ABORTED
    asked.ask(v1.RevertRequest(id=snapshot), v1.BlockResponse)
    assert asked.ask(v1.AdvanceBlocksRequest(), v1.BlockResponse).height == 2
