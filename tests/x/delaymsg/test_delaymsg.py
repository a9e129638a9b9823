"""x/delaymsg: scheduling, dispatch, rows, genesis. Bytes of dydx-modules appendix B."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.x.blocks import ALICE, Blocks
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.events import PlainEvent
from vaultsim.pb.dydxprotocol.delaymsg import (
    BlockMessageIds,
    DelayedMessage,
    GenesisState,
    MsgDelayMessage,
    QueryBlockMessageIdsRequest,
    QueryMessageRequest,
)
from vaultsim.pb.dydxprotocol.stats import MsgUpdateParams, MsgUpdateParamsResponse
from vaultsim.pb.google.protobuf import Any
from vaultsim.pb.registry import pack
from vaultsim.pb.runtime import Message
from vaultsim.x.authority import DELAYMSG_BECH32, GOV_BECH32
from vaultsim.x.delaymsg.genesis import check
from vaultsim.x.delaymsg.keeper import DelaymsgKeeper
from vaultsim.x.delaymsg.module import delaymsg_module
from vaultsim.x.delaymsg.state import DelaymsgState

GOOD = MsgUpdateParams(authority=DELAYMSG_BECH32)


class FakeRouter:
    """Knows MsgUpdateParams only; `run` is what handling does."""

    def __init__(self) -> None:
        self.executed: list[Message] = []
        self.refusal: ChainError | None = None
        self.run: Callable[[Context], None] = lambda ctx: None
        self.signing: tuple[str, ...] | None = None

    def handler_exists(self, message_class: type[Message]) -> bool:
        return message_class is MsgUpdateParams

    def check(self, message: Message) -> None:
        if self.refusal is not None:
            raise self.refusal

    def signers(self, message: Message) -> tuple[str, ...]:
        return (message.authority,) if self.signing is None else self.signing

    def execute(self, ctx: Context, message: Message) -> Message:
        self.executed.append(message)
        self.run(ctx)
        return MsgUpdateParamsResponse()


class Stage:
    def __init__(self) -> None:
        self.router = FakeRouter()
        self.keeper = DelaymsgKeeper(DelaymsgState())
        self.keeper.router = self.router
        self.module = delaymsg_module(self.keeper)
        self.blocks = Blocks(self.keeper.state.schema)
        assert self.module.genesis is not None
        self.genesis = self.module.genesis
        self.ctx = self.blocks.at(5)

    def later(self, height: int) -> Context:
        self.blocks.commit(self.ctx)
        self.ctx = self.blocks.at(height)
        return self.ctx

    def waiting(self) -> list[int]:
        return [one.id for one in self.keeper.all(self.ctx)]


def test_rows_are_the_chains() -> None:
    stage = Stage()
    assert BlockMessageIds(ids=(1, 2, 300)).encode() == bytes.fromhex("0a040102ac02")
    assert stage.keeper.state.block_ids.key(7) == bytes.fromhex("426c6f636b4d73674964733a00000007")
    assert stage.keeper.state.messages.key(5) == bytes.fromhex("4d73673a00000005")
    assert stage.keeper.delay_by_blocks(stage.ctx, GOOD, 2) == 0
    assert stage.keeper.delay_by_blocks(stage.ctx, GOOD, 2) == 1
    stage.later(6)
    rows = stage.blocks.rows("delaymsg")
    assert rows[b"NextDelayedMessageId"] == bytes.fromhex("0802")
    assert rows[b"BlockMsgIds:" + bytes.fromhex("00000007")] == bytes.fromhex("0a020001")
    inner = pack(GOOD).encode()
    first = b"\x12" + bytes([len(inner)]) + inner + bytes.fromhex("1807")
    assert rows[b"Msg:" + bytes(4)] == first
    assert rows[b"Msg:" + bytes.fromhex("00000001")] == bytes.fromhex("0801") + first


def test_messages_run_at_their_height_in_order_and_are_forgotten() -> None:
    stage = Stage()
    stage.router.run = lambda ctx: ctx.emit(PlainEvent("ran", ()))
    stage.keeper.delay_by_blocks(stage.ctx, GOOD, 1)
    stage.keeper.delay_by_blocks(stage.ctx, GOOD, 2)
    stage.keeper.delay_by_blocks(stage.ctx, GOOD, 1)
    stage.keeper.dispatch(stage.ctx)
    assert stage.router.executed == []
    ctx = stage.later(6)
    stage.keeper.dispatch(ctx)
    assert stage.router.executed == [GOOD, GOOD]
    assert len(ctx.events) == 2
    assert stage.waiting() == [1]
    stage.keeper.dispatch(stage.later(7))
    stage.later(8)
    assert stage.blocks.rows("delaymsg") == {b"NextDelayedMessageId": bytes.fromhex("0803")}


@pytest.mark.parametrize("problem", [ChainError("no"), ChainPanic("no")])
def test_a_failing_message_leaves_no_trace_and_is_forgotten(problem: ChainError | ChainPanic) -> None:
    stage = Stage()

    def fail(ctx: Context) -> None:
        stage.keeper.set_next_id(ctx, 99)
        ctx.emit(PlainEvent("ran", ()))
        raise problem

    stage.router.run = fail
    stage.keeper.delay_by_blocks(stage.ctx, GOOD, 0)
    stage.keeper.dispatch(stage.ctx)
    assert (stage.waiting(), stage.ctx.events, stage.keeper.next_id(stage.ctx)) == ([], [], 1)


def test_what_a_message_schedules_for_its_own_height_neither_runs_nor_goes() -> None:
    stage = Stage()

    def again(ctx: Context) -> None:
        stage.keeper.delay_by_blocks(ctx, GOOD, 0)

    stage.router.run = again
    stage.keeper.delay_by_blocks(stage.ctx, GOOD, 0)
    stage.keeper.dispatch(stage.ctx)
    assert len(stage.router.executed) == 1
    assert stage.waiting() == [1]
    assert stage.keeper.find_block_ids(stage.ctx, 5) == (1,)


@pytest.mark.parametrize("signing", [(), (ALICE,), ("x",), (DELAYMSG_BECH32, ALICE)])
def test_only_this_module_may_be_the_signer(signing: tuple[str, ...]) -> None:
    stage = Stage()
    stage.router.signing = signing
    with pytest.raises(ChainError) as caught:
        stage.keeper.delay_by_blocks(stage.ctx, GOOD, 1)
    assert (caught.value.codespace, caught.value.code) == ("delaymsg", 1)


def test_whatever_is_wrong_with_a_message_is_error_1() -> None:
    stage = Stage()
    stage.router.refusal = ChainError("bad")
    for message in (GOOD, MsgDelayMessage(authority=DELAYMSG_BECH32)):
        with pytest.raises(ChainError) as caught:
            stage.keeper.delay_by_blocks(stage.ctx, message, 1)
        assert (caught.value.codespace, caught.value.code) == ("delaymsg", 1)
    assert stage.waiting() == []


def test_a_height_beyond_u32_panics() -> None:
    stage = Stage()
    with pytest.raises(ChainPanic):
        stage.keeper.delay_by_blocks(stage.ctx, GOOD, 2**32 - 5)


def test_the_message_is_for_governance() -> None:
    stage = Stage()
    checked, handle = stage.module.checks[MsgDelayMessage], stage.module.handlers[MsgDelayMessage]
    for message, code in ((MsgDelayMessage(), 5), (MsgDelayMessage(authority=ALICE), 2)):
        with pytest.raises(ChainError) as caught:
            checked(message)
        assert (caught.value.codespace, caught.value.code) == ("delaymsg", code)
    for message in (
        MsgDelayMessage(authority=GOV_BECH32),
        MsgDelayMessage(authority=DELAYMSG_BECH32, msg=pack(GOOD)),
        MsgDelayMessage(authority=GOV_BECH32, msg=Any()),
    ):
        with pytest.raises(ChainError) as caught:
            handle(stage.ctx, message)
        assert (caught.value.codespace, caught.value.code) == ("delaymsg", 1)
    with pytest.raises(ChainError) as caught:
        handle(stage.ctx, MsgDelayMessage(authority=GOV_BECH32, msg=pack(MsgDelayMessage(authority=GOV_BECH32))))
    assert (caught.value.codespace, caught.value.code) == ("undefined", 1)
    stage.keeper.set_next_id(stage.ctx, 4)
    assert handle(stage.ctx, MsgDelayMessage(authority=GOV_BECH32, msg=pack(GOOD), delay_blocks=3)).id == 4
    assert stage.keeper.find_block_ids(stage.ctx, 8) == (4,)


def test_genesis_comes_back() -> None:
    stage = Stage()
    section = GenesisState(
        delayed_messages=(
            DelayedMessage(id=3, msg=pack(GOOD), block_height=5),
            DelayedMessage(id=8, msg=pack(GOOD), block_height=9),
        ),
        next_delayed_message_id=9,
    )
    stage.genesis.init(stage.ctx, section)
    assert stage.genesis.export(stage.ctx) == section
    assert check(section) == []
    for again in (section.delayed_messages[0], DelayedMessage(id=4, msg=pack(GOOD), block_height=4)):
        with pytest.raises(ChainError) as caught:
            stage.genesis.init(stage.ctx, GenesisState(delayed_messages=(again,)))
        assert (caught.value.codespace, caught.value.code) == ("delaymsg", 1)


def test_genesis_problems_are_named() -> None:
    rows = (DelayedMessage(id=3), DelayedMessage(id=1, msg=pack(GOOD)), DelayedMessage(id=1, msg=pack(GOOD)))
    paths = [one.path for one in check(GenesisState(delayed_messages=rows, next_delayed_message_id=2))]
    assert paths == ["delayed_messages[0].msg", "delayed_messages[0].id", "delayed_messages[2].id"]


def test_queries_find_messages_and_ids_or_nothing() -> None:
    stage = Stage()
    message = stage.module.queries["/dydxprotocol.delaymsg.Query/Message"][1]
    ids = stage.module.queries["/dydxprotocol.delaymsg.Query/BlockMessageIds"][1]
    stage.keeper.delay_by_blocks(stage.ctx, GOOD, 1)
    assert message(stage.ctx, QueryMessageRequest(id=0)).message.block_height == 6
    assert ids(stage.ctx, QueryBlockMessageIdsRequest(block_height=6)).message_ids == (0,)
    for query, request in ((message, QueryMessageRequest(id=1)), (ids, QueryBlockMessageIdsRequest(block_height=5))):
        with pytest.raises(ChainError, match="NotFound") as caught:
            query(stage.ctx, request)
        assert (caught.value.codespace, caught.value.code) == ("sdk", 22)
