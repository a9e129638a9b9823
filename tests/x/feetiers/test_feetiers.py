"""x/feetiers: tiers, discounts, staking levels, messages. Figures of dydx-modules appendix B."""

from __future__ import annotations

import pytest

from tests.x.blocks import ALICE, BOB, CARL, GENESIS_SECONDS, Blocks
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.maths import mul_ppm_ceil
from vaultsim.pb.dydxprotocol.affiliates import AffiliateParameters
from vaultsim.pb.dydxprotocol.feetiers import (
    GenesisState,
    MsgSetMarketFeeDiscountParams,
    MsgSetStakingTiers,
    MsgUpdatePerpetualFeeParams,
    PerMarketFeeDiscountParams,
    PerpetualFeeParams,
    PerpetualFeeTier,
    QueryPerMarketFeeDiscountParamsRequest,
    QueryUserFeeTierRequest,
    QueryUserStakingTierRequest,
    StakingLevel,
    StakingTier,
)
from vaultsim.pb.dydxprotocol.revshare import MarketMapperRevenueShareParams, UnconditionalRevShareConfig
from vaultsim.pb.dydxprotocol.stats import GlobalStats, UserStats
from vaultsim.pb.google.protobuf import Timestamp
from vaultsim.pb.runtime import replace
from vaultsim.x.authority import DELAYMSG_BECH32, GOV_BECH32
from vaultsim.x.feetiers.formulas import discounted_fee_ppm, lowest_maker_fee_ppm, referee_lowest_taker_fee_ppm
from vaultsim.x.feetiers.genesis import check
from vaultsim.x.feetiers.keeper import FeetiersKeeper
from vaultsim.x.feetiers.module import feetiers_module
from vaultsim.x.feetiers.state import FeetiersState

# Appendix A: absolute volume, total share ppm, maker share ppm, standard maker fee, standard taker fee.
STANDARD_ROWS = (
    (0, 0, 0, 100, 500),
    (10**12, 0, 0, 100, 450),
    (5 * 10**12, 0, 0, 50, 400),
    (25 * 10**12, 0, 0, 0, 350),
    (125 * 10**12, 0, 0, 0, 300),
    (125 * 10**12, 5_000, 0, -50, 250),
    (125 * 10**12, 5_000, 10_000, -90, 250),
    (125 * 10**12, 5_000, 20_000, -110, 250),
    (125 * 10**12, 5_000, 40_000, -110, 250),
)


def params(*rows: tuple[int, int, int, int, int]) -> PerpetualFeeParams:
    return PerpetualFeeParams(
        tiers=tuple(
            PerpetualFeeTier(
                name=str(number),
                absolute_volume_requirement=volume,
                total_volume_share_requirement_ppm=total_ppm,
                maker_volume_share_requirement_ppm=maker_share_ppm,
                maker_fee_ppm=maker_ppm,
                taker_fee_ppm=taker_ppm,
            )
            for number, (volume, total_ppm, maker_share_ppm, maker_ppm, taker_ppm) in enumerate(rows, start=1)
        )
    )


STANDARD = params(*STANDARD_ROWS)
PROMOTIONAL = PerpetualFeeParams(tiers=tuple(replace(tier, maker_fee_ppm=-110) for tier in STANDARD.tiers))


def staking(name: str, *levels: tuple[int, int]) -> StakingTier:
    return StakingTier(
        fee_tier_name=name,
        levels=tuple(StakingLevel(min_staked_base_tokens=minimum, fee_discount_ppm=ppm) for minimum, ppm in levels),
    )


def discount(start: int, end: int, charge_ppm: int, clob_pair_id: int = 4) -> PerMarketFeeDiscountParams:
    return PerMarketFeeDiscountParams(
        clob_pair_id=clob_pair_id,
        start_time=Timestamp(seconds=GENESIS_SECONDS + start),
        end_time=Timestamp(seconds=GENESIS_SECONDS + end),
        charge_ppm=charge_ppm,
    )


class FakeStats:
    def __init__(self) -> None:
        self.users: dict[str, UserStats] = {}
        self.traded = 0
        self.staked = 0
        self.looked_up: list[str] = []

    def user_stats(self, ctx: Context, user: str) -> UserStats:
        return self.users.get(user, UserStats())

    def global_stats(self, ctx: Context) -> GlobalStats:
        return GlobalStats(notional_traded=self.traded)

    def staked_base_tokens(self, ctx: Context, user: str) -> int:
        self.looked_up.append(user)
        return self.staked


class FakeAffiliates:
    def referred_by(self, ctx: Context, referee: str) -> str | None:
        return CARL if referee == BOB else None

    def parameters(self, ctx: Context) -> AffiliateParameters:
        return AffiliateParameters(referee_minimum_fee_tier_idx=2)


class FakeRevshare:
    mapper_ppm = 0

    def unconditional_config(self, ctx: Context) -> UnconditionalRevShareConfig:
        return UnconditionalRevShareConfig()

    def mapper_params(self, ctx: Context) -> MarketMapperRevenueShareParams:
        return MarketMapperRevenueShareParams(revenue_share_ppm=self.mapper_ppm)


class FakeVaults:
    def is_vault(self, ctx: Context, address: str) -> bool:
        return address == CARL


class Stage:
    def __init__(self, fees: PerpetualFeeParams = STANDARD) -> None:
        self.stats, self.revshare = FakeStats(), FakeRevshare()
        self.keeper = FeetiersKeeper(FeetiersState(), self.stats, FakeAffiliates(), self.revshare)
        self.keeper.vaults = FakeVaults()
        self.module = feetiers_module(self.keeper)
        self.blocks = Blocks(self.keeper.state.schema)
        self.ctx = self.blocks.at(1)
        assert self.module.genesis is not None
        self.genesis = self.module.genesis
        self.genesis.init(self.ctx, GenesisState(params=fees))

    def trade(self, user: str, taker: int, maker: int, traded: int) -> None:
        self.stats.users[user] = UserStats(taker_notional=taker, maker_notional=maker)
        self.stats.traded = traded

    def fees(self, owner: str, override: int = 0, pair: int = 0) -> tuple[int, int]:
        return (
            self.keeper.fee_ppm(self.ctx, owner, False, override, pair),
            self.keeper.fee_ppm(self.ctx, owner, True, override, pair),
        )


@pytest.mark.parametrize(
    ("ppm", "quote", "fee"),
    [
        (500, 1, 1),
        (500, 9_090, 5),
        (500, 123_456_789, 61_729),
        (-110, 1, 0),
        (-110, 9_090, 0),
        (-110, 9_091, -1),
        (-110, 123_456_789, -13_580),
    ],
)
def test_fees_and_rebates_are_rounded_up(ppm: int, quote: int, fee: int) -> None:
    assert mul_ppm_ceil(quote, ppm) == fee


@pytest.mark.parametrize(
    ("taker", "maker", "traded", "tier"),
    [
        (0, 0, 0, 1),
        (10**12 - 1, 0, 10**18, 1),
        (10**12 - 1, 1, 10**18, 2),
        (25 * 10**12, 0, 10**18, 4),
        (125 * 10**12, 0, 10**18, 5),
        (125 * 10**12, 0, 25 * 10**15, 6),
        (125 * 10**12, 10**13, 10**15, 7),
        (125 * 10**12, 10**13 - 1, 10**15, 6),
        (125 * 10**12, 4 * 10**13, 10**15, 9),
    ],
)
def test_the_tier_follows_volume_and_shares_of_the_total(taker: int, maker: int, traded: int, tier: int) -> None:
    stage = Stage()
    stage.trade(ALICE, taker, maker, traded)
    index, found = stage.keeper.user_tier(stage.ctx, ALICE, 0)
    assert (index, found.name) == (tier - 1, str(tier))


def test_registered_vaults_are_in_the_last_tier() -> None:
    stage = Stage()
    assert stage.fees(ALICE) == (100, 500)
    assert stage.fees(CARL) == (-110, 250)


@pytest.mark.parametrize(("override", "fees"), [(0, (100, 500)), (2, (50, 400)), (99, (-110, 250))])
def test_referred_owners_start_in_a_better_tier(override: int, fees: tuple[int, int]) -> None:
    stage = Stage()
    assert stage.fees(BOB, override) == fees
    assert stage.fees(ALICE, override) == (100, 500)


@pytest.mark.parametrize(("fee", "part", "left"), [(500, 333_333, 166), (-111, 500_000, -55), (166, 900_000, 149)])
def test_discounts_are_truncated_toward_zero(fee: int, part: int, left: int) -> None:
    assert discounted_fee_ppm(fee, part) == left


def test_a_market_discount_holds_from_start_to_just_before_its_end() -> None:
    stage = Stage()
    stage.keeper.set_discount(stage.ctx, discount(10, 20, 333_333))
    for seconds, fee in ((9, 500), (10, 166), (19.5, 166), (20, 500)):
        ctx = Context(stage.ctx.branch, height=2, time_ns=GENESIS_SECONDS * 10**9 + round(seconds * 10**9))
        assert stage.keeper.fee_ppm(ctx, ALICE, True, 0, 4) == fee
    assert stage.fees(ALICE, pair=5) == (100, 500)


def test_staking_lowers_positive_fees_only_and_only_these_look_the_stake_up() -> None:
    stage = Stage(PROMOTIONAL)
    stage.keeper.set_staking_tiers(stage.ctx, (staking("1", (10, 100_000), (20, 200_000)),))
    stage.stats.staked = 19
    assert stage.fees(ALICE) == (-110, 450)
    assert stage.stats.looked_up == [ALICE]
    stage.stats.staked = 9
    assert stage.fees(ALICE) == (-110, 500)
    assert stage.fees("not bech32") == (-110, 500)
    assert stage.stats.looked_up == [ALICE, ALICE]
    # A vault that takes pays a positive fee, too.
    stage.fees(CARL)
    assert stage.stats.looked_up[-1] == CARL


def test_lowest_fees_of_the_default_tiers() -> None:
    assert (lowest_maker_fee_ppm(PROMOTIONAL), referee_lowest_taker_fee_ppm(PROMOTIONAL)) == (-110, 350)
    assert referee_lowest_taker_fee_ppm(params((0, 0, 0, 0, 7), (60 * 10**12, 0, 0, 0, 3))) == 7
    rows = ((0, 0, 0, 0, 7), (60 * 10**12, 0, 0, 0, 3), (70 * 10**12, 0, 0, 0, 2))
    assert referee_lowest_taker_fee_ppm(params(*rows)) == 2


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ((), 400),
        (((1, 0, 0, 0, 0),), 401),
        (((0, 0, 1, 0, 0),), 401),
        (((0, 0, 0, 0, 0), (5, 0, 0, 0, 0), (4, 0, 0, 0, 0)), 402),
        (((0, 0, 0, 0, 0), (5, 2, 0, 0, 0), (5, 1, 0, 0, 0)), 402),
        (((0, 0, 0, -6, 9), (0, 0, 0, 0, 5)), 403),
        (((0, 0, 0, -6, 10),), 405),
    ],
)
def test_fee_tiers_are_checked(rows: tuple[tuple[int, int, int, int, int], ...], code: int) -> None:
    stage = Stage()
    with pytest.raises(ChainError) as caught:
        stage.keeper.set_params(stage.ctx, params(*rows))
    assert (caught.value.codespace, caught.value.code) == ("feetiers", code)


def test_fee_tiers_must_leave_room_for_revenue_shares() -> None:
    stage = Stage()
    stage.revshare.mapper_ppm = 1_000_000
    with pytest.raises(ChainError) as caught:
        stage.keeper.set_params(stage.ctx, STANDARD)
    assert caught.value.code == 405


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (discount(10, 10, 1), 406),
        (discount(1, 1 + 90 * 86_400 + 1, 1), 406),
        (discount(-10, 10, 1_000_001), 408),
        (discount(-10, 0, 1), 406),
        (discount(0, 90 * 86_400, 1_000_000), None),
    ],
)
def test_discounts_are_checked(one: PerMarketFeeDiscountParams, code: int | None) -> None:
    stage = Stage()
    handler = stage.module.handlers[MsgSetMarketFeeDiscountParams]
    message = MsgSetMarketFeeDiscountParams(authority=DELAYMSG_BECH32, params=(one,))
    if code is None:
        handler(stage.ctx, message)
        assert stage.keeper.discount(stage.ctx, 4) == one
        return
    with pytest.raises(ChainError) as caught:
        handler(stage.ctx, message)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "tiers",
    [
        (staking(""),),
        (staking("1"), staking("1")),
        (staking("1", (-1, 0)),),
        (staking("1", (5, 0), (5, 0)),),
        (staking("1", (5, 1_000_001)),),
        (staking("10"),),
    ],
)
def test_staking_tiers_are_checked(tiers: tuple[StakingTier, ...]) -> None:
    stage = Stage()
    with pytest.raises(ChainError) as caught:
        stage.module.handlers[MsgSetStakingTiers](
            stage.ctx, MsgSetStakingTiers(authority=GOV_BECH32, staking_tiers=tiers)
        )
    assert (caught.value.codespace, caught.value.code) == ("undefined", 1)
    assert check(GenesisState(params=STANDARD, staking_tiers=tiers))


def test_new_staking_tiers_replace_all_old_ones_and_rows_are_by_name() -> None:
    stage = Stage()
    stage.keeper.set_staking_tiers(stage.ctx, (staking("1", (1, 2)), staking("2")))
    stage.keeper.set_staking_tiers(stage.ctx, (staking("9"), staking("3", (1, 2))))
    stage.blocks.commit(stage.ctx)
    rows = stage.blocks.rows("feetiers")
    assert rows[b"StakingTier:3"] == bytes.fromhex("0a0133" + "1206" + "0a020201" + "1002")
    assert sorted(rows) == [b"PerpParams", b"StakingTier:3", b"StakingTier:9"]


def test_a_staking_tier_outlives_its_fee_tier_but_is_no_part_of_a_section_that_could_not_be_loaded() -> None:
    stage = Stage()
    stage.keeper.set_staking_tiers(stage.ctx, (staking("1", (1, 2)), staking("2")))
    stage.keeper.set_params(stage.ctx, params((0, 0, 0, 100, 500)))
    assert stage.module.genesis is not None
    section = stage.module.genesis.export(stage.ctx)
    assert isinstance(section, GenesisState)
    assert [tier.fee_tier_name for tier in section.staking_tiers] == ["1"]
    assert check(section) == []
    # The chain keeps the row of the tier that is gone (UpdatePerpetualFeeParams does not look at staking tiers).
    stage.blocks.commit(stage.ctx)
    assert b"StakingTier:2" in stage.blocks.rows("feetiers")


def test_messages_check_address_then_tiers_then_authority() -> None:
    stage = Stage()
    checked = stage.module.checks[MsgUpdatePerpetualFeeParams]
    for message, code in (
        (MsgUpdatePerpetualFeeParams(authority="x"), 404),
        (MsgUpdatePerpetualFeeParams(authority=ALICE), 400),
    ):
        with pytest.raises(ChainError) as caught:
            checked(message)
        assert caught.value.code == code
    with pytest.raises(ChainError) as caught:
        stage.module.handlers[MsgUpdatePerpetualFeeParams](
            stage.ctx, MsgUpdatePerpetualFeeParams(authority=ALICE, params=STANDARD)
        )
    assert (caught.value.codespace, caught.value.code) == ("gov", 13)


def test_genesis_comes_back_and_its_problems_are_named() -> None:
    stage = Stage()
    section = GenesisState(params=PROMOTIONAL, staking_tiers=(staking("1", (1, 2)), staking("2")))
    stage.genesis.init(stage.ctx, section)
    assert stage.genesis.export(stage.ctx) == section
    assert check(section) == []
    bad = GenesisState(params=params((0, 0, 0, 0, 0), (5, 0, 0, 0, 0), (4, 0, 0, 0, 0), (3, 0, 0, 0, 0)))
    assert [one.path for one in check(bad)] == ["params.tiers[2]", "params.tiers[3]"]
    assert [one.path for one in check(GenesisState())] == ["params.tiers"]


def test_queries_show_tier_and_discounts() -> None:
    stage = Stage()
    queries = stage.module.queries
    prefix = "/dydxprotocol.feetiers.Query/"
    tier = queries[prefix + "UserFeeTier"][1](stage.ctx, QueryUserFeeTierRequest(user=BOB))
    assert (tier.index, tier.tier.name) == (2, "3")
    stage.stats.staked = 8
    staked = queries[prefix + "UserStakingTier"][1](stage.ctx, QueryUserStakingTierRequest(address=ALICE))
    assert (staked.fee_tier_name, staked.staked_base_tokens, staked.discount_ppm) == ("1", 8, 0)
    with pytest.raises(ChainError, match="NotFound") as caught:
        queries[prefix + "PerMarketFeeDiscountParams"][1](stage.ctx, QueryPerMarketFeeDiscountParamsRequest())
    assert (caught.value.codespace, caught.value.code) == ("sdk", 22)
    with pytest.raises(ChainError, match="invalid bech32 address"):
        queries[prefix + "UserFeeTier"][1](stage.ctx, QueryUserFeeTierRequest(user="x"))
