"""x/stats: roll-up of a block's fills, the window, the cached stakes."""

from __future__ import annotations

import pytest

from tests.x.blocks import ALICE, BOB, CARL, GENESIS_SECONDS, Blocks
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.ints import U64_MAX
from vaultsim.pb.dydxprotocol.epochs import EpochInfo
from vaultsim.pb.dydxprotocol.stats import (
    AffiliateAttribution,
    AffiliateAttribution_Role,
    CachedStakedBaseTokens,
    EpochStats,
    EpochStats_UserWithStats,
    GenesisState,
    GlobalStats,
    MsgUpdateParams,
    Params,
    QueryEpochStatsRequest,
    QueryUserStatsRequest,
    UserStats,
)
from vaultsim.pb.google.protobuf import Duration, Timestamp
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.stats.genesis import check
from vaultsim.x.stats.keeper import StatsKeeper
from vaultsim.x.stats.module import stats_module
from vaultsim.x.stats.state import StatsState

TAKER, MAKER = AffiliateAttribution_Role.ROLE_TAKER, AffiliateAttribution_Role.ROLE_MAKER


class FakeEpochs:
    def __init__(self) -> None:
        self.current = 7
        self.next_tick = GENESIS_SECONDS + 30

    def must_get(self, ctx: object, name: str) -> EpochInfo:
        assert name == "stats-epoch"
        return EpochInfo(name=name, current_epoch=self.current, next_tick=self.next_tick)


class FakeDelegations:
    def __init__(self, tokens: dict[str, int]) -> None:
        self.tokens = tokens

    def base_tokens(self, delegator: str) -> int:
        return self.tokens.get(delegator, 0)


class Stage:
    def __init__(self, stakes: dict[str, int] | None = None) -> None:
        self.epochs = FakeEpochs()
        self.keeper = StatsKeeper(StatsState(), self.epochs, FakeDelegations(stakes or {}))
        self.module = stats_module(self.keeper)
        self.blocks = Blocks(self.keeper.state.schema, self.keeper.state.transient)
        assert self.module.genesis is not None
        self.genesis = self.module.genesis
        ctx = self.blocks.at(0)
        self.genesis.init(ctx, GenesisState(params=Params(window_duration=Duration(seconds=120))))
        self.blocks.commit(ctx)

    def run(self, seconds: float, *fills: tuple[str, str, int]) -> None:
        ctx = self.blocks.at(1, seconds)
        for taker, maker, notional in fills:
            self.keeper.record_fill(ctx, taker, maker, notional, 0)
        self.keeper.roll_up(ctx)
        self.blocks.commit(ctx)

    def user(self, user: str) -> UserStats:
        return self.keeper.user_stats(self.blocks.at(1), user)

    def traded(self) -> int:
        return self.keeper.global_stats(self.blocks.at(1)).notional_traded


def test_fills_count_for_taker_maker_and_total_only_at_the_end_of_the_block() -> None:
    stage = Stage()
    ctx = stage.blocks.at(1)
    stage.keeper.record_fill(ctx, ALICE, BOB, 10, 3)
    stage.keeper.record_fill(ctx, BOB, ALICE, 5, 0)
    stage.keeper.record_fill(ctx, BOB, BOB, 1, 0)
    assert stage.keeper.user_stats(ctx, ALICE) == UserStats()
    stage.keeper.roll_up(ctx)
    stage.blocks.commit(ctx)
    alice = UserStats(taker_notional=10, maker_notional=5, affiliate_30d_revenue_generated_quantums=3)
    assert stage.user(ALICE) == alice
    assert stage.user(BOB) == UserStats(taker_notional=6, maker_notional=11)
    assert stage.traded() == 16
    epoch = stage.keeper.epoch_stats(stage.blocks.at(2), 7)
    assert epoch is not None
    assert epoch.epoch_end_time == Timestamp(seconds=GENESIS_SECONDS + 30)
    assert {one.user: one.stats for one in epoch.stats} == {ALICE: stage.user(ALICE), BOB: stage.user(BOB)}
    assert [one.user for one in epoch.stats] == sorted([ALICE, BOB])
    rows = stage.blocks.rows("stats")
    assert rows[b"User:" + ALICE.encode()] == bytes.fromhex("080a10051803")
    assert rows[b"Global"] == bytes.fromhex("0810")
    assert b"Epoch:" + bytes.fromhex("00000007") in rows
    # Epoch 0 has no stats, so the trailing epoch moves on.
    assert rows[b"Metadata"] == bytes.fromhex("0801")


def test_the_blocks_fills_are_gone_after_the_commit() -> None:
    stage = Stage()
    stage.run(1, (ALICE, BOB, 10))
    stage.run(2)
    assert stage.user(ALICE).taker_notional == 10


def test_attributions_go_to_referrer_and_referee_and_unknown_roles_nowhere() -> None:
    stage = Stage()
    ctx = stage.blocks.at(1)
    attributions = tuple(
        AffiliateAttribution(role=role, referrer_address=CARL, referred_volume_quote_quantums=volume)
        for role, volume in ((TAKER, 100), (MAKER, 40), (9, 1_000))
    )
    stage.keeper.record_fill(ctx, ALICE, BOB, 100, 0, attributions)
    stage.keeper.roll_up(ctx)
    assert stage.keeper.user_stats(ctx, CARL) == UserStats(affiliate_30d_referred_volume_quote_quantums=140)
    assert stage.keeper.user_stats(ctx, ALICE).affiliate_30d_attributed_volume_quote_quantums == 100
    assert stage.keeper.user_stats(ctx, BOB).affiliate_30d_attributed_volume_quote_quantums == 40
    epoch = stage.keeper.epoch_stats(ctx, 7)
    assert epoch is not None
    assert [one.user for one in epoch.stats] == sorted([ALICE, BOB, CARL])


def test_one_epoch_a_block_leaves_the_window_once_its_end_is_strictly_older() -> None:
    stage = Stage()
    stage.epochs.current, stage.epochs.next_tick = 0, GENESIS_SECONDS + 30
    stage.run(1, (ALICE, BOB, 10))
    stage.epochs.current, stage.epochs.next_tick = 1, GENESIS_SECONDS + 60
    stage.run(31, (ALICE, BOB, 5))
    stage.run(150)
    assert stage.user(ALICE).taker_notional == 15
    stage.run(150.000_001)
    assert stage.user(ALICE).taker_notional == 5
    assert stage.user(BOB).maker_notional == 5
    assert stage.traded() == 5
    assert stage.keeper.epoch_stats(stage.blocks.at(1), 0) is None
    # The current epoch never leaves.
    stage.run(10_000)
    assert stage.user(ALICE).taker_notional == 5


def test_leaving_stats_wrap_but_affiliate_figures_stop_at_0() -> None:
    stage = Stage()
    ctx = stage.blocks.at(1, 1_000)
    old = UserStats(taker_notional=3, maker_notional=1, affiliate_30d_revenue_generated_quantums=9)
    stage.keeper.state.epochs.set(
        ctx,
        0,
        EpochStats(
            epoch_end_time=Timestamp(seconds=GENESIS_SECONDS), stats=(EpochStats_UserWithStats(user=ALICE, stats=old),)
        ),
    )
    stage.keeper.state.users.set(ctx, ALICE, UserStats(taker_notional=1, maker_notional=2))
    stage.keeper.roll_up(ctx)
    assert stage.keeper.user_stats(ctx, ALICE) == UserStats(taker_notional=U64_MAX - 1, maker_notional=1)
    assert stage.keeper.global_stats(ctx) == GlobalStats(notional_traded=U64_MAX - 2)


def test_a_stake_is_looked_up_once_in_900_seconds_and_written_even_when_0() -> None:
    stage = Stage({ALICE: 77})
    ctx = stage.blocks.at(1)
    assert (stage.keeper.staked_base_tokens(ctx, ALICE), stage.keeper.staked_base_tokens(ctx, BOB)) == (77, 0)
    stage.blocks.commit(ctx)
    seconds = "0880e2cfaa06"[2:]
    rows = stage.blocks.rows("stats")
    assert rows[b"CachedStakeAmount:" + ALICE.encode()] == bytes.fromhex("0a02024d10" + seconds)
    assert rows[b"CachedStakeAmount:" + BOB.encode()] == bytes.fromhex("0a010210" + seconds)
    stage.keeper.delegations = FakeDelegations({ALICE: 5})
    assert stage.keeper.staked_base_tokens(stage.blocks.at(2, 900), ALICE) == 77
    assert stage.keeper.staked_base_tokens(stage.blocks.at(2, 901), ALICE) == 5


def test_a_cached_stake_from_the_future_panics() -> None:
    stage = Stage()
    ctx = stage.blocks.at(1)
    cached = CachedStakedBaseTokens(staked_base_tokens=1, cached_at=GENESIS_SECONDS + 1)
    stage.keeper.state.cached_stakes.set(ctx, ALICE, cached)
    with pytest.raises(ChainPanic):
        stage.keeper.staked_base_tokens(ctx, ALICE)


def test_the_window_is_positive() -> None:
    stage = Stage()
    message = MsgUpdateParams(authority=GOV_BECH32)
    for call in (
        lambda: stage.module.checks[MsgUpdateParams](message),
        lambda: stage.module.handlers[MsgUpdateParams](stage.blocks.at(1), message),
    ):
        with pytest.raises(ChainError) as caught:
            call()
        assert (caught.value.codespace, caught.value.code) == ("stats", 400)
    with pytest.raises(ChainError) as caught:
        stage.module.checks[MsgUpdateParams](MsgUpdateParams(authority="x"))
    assert caught.value.code == 401
    assert [one.path for one in check(GenesisState())] == ["params.window_duration"]


def test_genesis_exports_the_parameters_alone() -> None:
    stage = Stage()
    stage.run(1, (ALICE, BOB, 10))
    section = stage.genesis.export(stage.blocks.at(2))
    assert section == GenesisState(params=Params(window_duration=Duration(seconds=120)))


def test_queries_of_unknown_users_and_epochs_are_empty() -> None:
    stage = Stage()
    ctx = stage.blocks.at(1)
    user = stage.module.queries["/dydxprotocol.stats.Query/UserStats"][1](ctx, QueryUserStatsRequest(user=ALICE))
    epoch = stage.module.queries["/dydxprotocol.stats.Query/EpochStats"][1](ctx, QueryEpochStatsRequest(epoch=1))
    assert user.encode() == bytes.fromhex("0a00")
    # Go's unset time is year 1.
    assert epoch.encode() == bytes.fromhex("0a0d" + "0a0b" + "088092b8c398feffffff01")
