"""x/vest: what is due, who pays, messages, genesis."""

from __future__ import annotations

import pytest

from tests.x.blocks import GENESIS_SECONDS, Blocks
from vaultsim.address import module_address
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.cosmos.auth.v1beta1 import BaseAccount, ModuleAccount
from vaultsim.pb.dydxprotocol.blocktime import BlockInfo
from vaultsim.pb.dydxprotocol.vest import (
    GenesisState,
    MsgDeleteVestEntry,
    MsgSetVestEntry,
    QueryVestEntryRequest,
    VestEntry,
)
from vaultsim.pb.google.protobuf import Timestamp
from vaultsim.pb.runtime import replace
from vaultsim.x.auth.keeper import AccountKeeper
from vaultsim.x.auth.state import AuthState
from vaultsim.x.authority import DELAYMSG_BECH32, GOV_BECH32
from vaultsim.x.bank.keeper import BankKeeper
from vaultsim.x.bank.state import BankState
from vaultsim.x.bank.types import Coin
from vaultsim.x.clock import ZERO_TIME
from vaultsim.x.vest.formulas import vested
from vaultsim.x.vest.genesis import check
from vaultsim.x.vest.keeper import VestKeeper
from vaultsim.x.vest.module import vest_module
from vaultsim.x.vest.state import VestState

SECOND = 1_000_000_000
VESTER, TREASURY = "rewards_vester", "rewards_treasury"


def at(seconds: int, nanos: int = 0) -> Timestamp:
    return Timestamp(seconds=GENESIS_SECONDS + seconds, nanos=nanos)


ENTRY = VestEntry(
    vester_account=VESTER, treasury_account=TREASURY, denom="adv4tnt", start_time=at(10), end_time=at(110)
)


class FakeClock:
    timestamp = ZERO_TIME

    def previous_block(self, ctx: Context) -> BlockInfo:
        return BlockInfo(timestamp=self.timestamp)


class Stage:
    def __init__(self, *entries: VestEntry) -> None:
        self.accounts = AccountKeeper(AuthState())
        self.bank = BankKeeper(BankState(), self.accounts)
        self.clock = FakeClock()
        self.keeper = VestKeeper(VestState(), self.bank, self.clock)
        self.module = vest_module(self.keeper)
        self.blocks = Blocks(self.keeper.state.schema, self.accounts.state.schema, self.bank.state.schema)
        ctx = self.blocks.at(0)
        assert self.module.genesis is not None
        self.genesis = self.module.genesis
        self.genesis.init(ctx, GenesisState(vest_entries=entries))
        self.bank.give(ctx, module_address(VESTER), (Coin("adv4tnt", 1_000),))
        self.blocks.commit(ctx)

    def block(self, seconds: float, previous: float | None = None) -> Context:
        ctx = self.blocks.at(2, seconds)
        if previous is not None:
            self.clock.timestamp = at(int(previous), int(previous * 1000) % 1000 * 1_000_000)
        assert self.module.begin_block is not None
        self.module.begin_block(ctx)
        return ctx

    def balances(self, ctx: Context) -> tuple[int, int]:
        return tuple(self.bank.balance(ctx, module_address(name), "adv4tnt") for name in (VESTER, TREASURY))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("previous", "now", "due"),
    [
        (0, 10, 0),
        (0, 11, 10),
        (9, 60, 500),
        (60, 61, 20),
        (60, 63, 60),
        (59, 110, 1_000),
        (60, 500, 1_000),
        (110, 111, 0),
    ],
)
def test_the_share_of_the_time_left_that_has_passed_is_due(previous: int, now: int, due: int) -> None:
    base = GENESIS_SECONDS * SECOND
    assert vested(ENTRY, 1_000, base + previous * SECOND, base + now * SECOND) == due


def test_times_count_in_whole_milliseconds_and_the_share_is_floored() -> None:
    base = GENESIS_SECONDS * SECOND
    assert vested(ENTRY, 1_000_000, base, base + 10 * SECOND + 999_999) == 0
    assert vested(ENTRY, 99_999, base, base + 10 * SECOND + 1_999_999) == 0
    assert vested(ENTRY, 100_000, base, base + 10 * SECOND + 1_999_999) == 1


def test_the_first_payment_creates_the_treasury_as_a_module_account() -> None:
    stage = Stage(ENTRY)
    ctx = stage.block(60, previous=10)
    assert stage.balances(ctx) == (500, 500)
    created = stage.accounts.get(ctx, module_address(TREASURY))
    assert isinstance(created, ModuleAccount)
    assert created.name == TREASURY


def test_before_block_1_there_is_no_previous_time() -> None:
    stage = Stage(ENTRY)
    assert stage.balances(stage.block(60)) == (500, 500)


def test_nothing_due_changes_nothing() -> None:
    for stage, seconds in ((Stage(), 60), (Stage(ENTRY), 5)):
        assert not any(stage.blocks.commit(stage.block(seconds)).values())


def test_names_of_no_module_and_a_plain_account_as_treasury_halt_the_chain() -> None:
    with pytest.raises(ChainPanic, match="module account elsewhere does not exist"):
        Stage(replace(ENTRY, treasury_account="elsewhere")).block(60)
    stage = Stage(ENTRY)
    ctx = stage.blocks.at(1)
    stage.accounts.ensure_account(ctx, module_address(TREASURY))
    assert isinstance(stage.accounts.get(ctx, module_address(TREASURY)), BaseAccount)
    stage.blocks.commit(ctx)
    with pytest.raises(ChainPanic, match="is not a module account"):
        stage.block(60)


def test_a_vester_of_no_module_has_no_balance_and_does_no_harm() -> None:
    stage = Stage(replace(ENTRY, vester_account="random_vester"))
    assert stage.balances(stage.block(60)) == (1_000, 0)


def test_messages_set_and_delete_entries() -> None:
    stage = Stage()
    ctx = stage.blocks.at(2)
    handlers = stage.module.handlers
    handlers[MsgSetVestEntry](ctx, MsgSetVestEntry(authority=GOV_BECH32, entry=ENTRY))
    query = stage.module.queries["/dydxprotocol.vest.Query/VestEntry"][1]
    assert query(ctx, QueryVestEntryRequest(vester_account=VESTER)).entry == ENTRY  # type: ignore[attr-defined]
    assert stage.genesis.export(ctx) == GenesisState(vest_entries=(ENTRY,))
    delete = MsgDeleteVestEntry(authority=DELAYMSG_BECH32, vester_account=VESTER)
    handlers[MsgDeleteVestEntry](ctx, delete)
    for fails in (
        lambda: handlers[MsgDeleteVestEntry](ctx, delete),
        lambda: query(ctx, QueryVestEntryRequest(vester_account=VESTER)),
    ):
        with pytest.raises(ChainError) as caught:
            fails()
        assert (caught.value.codespace, caught.value.code) == ("vest", 1004)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (MsgSetVestEntry(authority="gov", entry=ENTRY), 1000),
        (MsgDeleteVestEntry(authority="gov", vester_account=VESTER), 1000),
        (MsgDeleteVestEntry(authority=GOV_BECH32), 1001),
        (MsgSetVestEntry(authority=GOV_BECH32, entry=replace(ENTRY, vester_account="")), 1001),
        (MsgSetVestEntry(authority=GOV_BECH32, entry=replace(ENTRY, treasury_account="")), 1002),
        (MsgSetVestEntry(authority=GOV_BECH32, entry=replace(ENTRY, denom="1")), 1003),
        (MsgSetVestEntry(authority=GOV_BECH32, entry=replace(ENTRY, end_time=ENTRY.start_time)), 1005),
    ],
)
def test_stateless_checks(message: MsgSetVestEntry | MsgDeleteVestEntry, code: int) -> None:
    stage = Stage()
    with pytest.raises(ChainError) as caught:
        stage.module.checks[type(message)](message)
    assert (caught.value.codespace, caught.value.code) == ("vest", code)


@pytest.mark.parametrize(
    "message",
    [
        MsgSetVestEntry(authority=ENTRY.denom, entry=ENTRY),
        MsgDeleteVestEntry(authority="", vester_account=VESTER),
    ],
)
def test_only_gov_and_delaymsg_may_send_them(message: MsgSetVestEntry | MsgDeleteVestEntry) -> None:
    stage = Stage()
    with pytest.raises(ChainError) as caught:
        stage.module.handlers[type(message)](stage.blocks.at(2), message)
    assert (caught.value.codespace, caught.value.code) == ("gov", 13)


def test_problems_of_a_section_name_the_entry() -> None:
    section = GenesisState(vest_entries=(ENTRY, replace(ENTRY, denom="")))
    assert [problem.path for problem in check(section)] == ["vest_entries[1]"]
