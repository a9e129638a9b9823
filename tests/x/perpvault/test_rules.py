"""Every refusal of the vault, in the order that the design fixes; what fails changes nothing.

Source: perp-vault §§7, 17.
"""

from __future__ import annotations

import pytest

from tests.x.perpvault.world import (
    ALICE,
    BOB,
    BTC,
    CARL,
    DAI,
    DAVE,
    E6,
    E18,
    ETH,
    INTERVAL,
    OPERATOR,
    USD,
    USDC,
    World,
    base_tokens,
    based,
    buy,
    decrease,
    increase,
    liquidate,
    sell,
    set_token,
    token_config,
    where,
)
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.x.authority import GOV_BECH32, InvalidSigner
from vaultsim.x.perpvault import errors, formulas
from vaultsim.x.perpvault.errors import (
    AlreadyInitialized,
    CollateralExceeded,
    CollateralIsStable,
    CollateralNotStable,
    EmptyPosition,
    FeesExceedCollateral,
    Forbidden,
    IndexIsStable,
    IndexNotShortable,
    InsufficientCollateral,
    InsufficientCollateralForFees,
    InvalidAmountOut,
    InvalidArgument,
    InvalidAveragePrice,
    InvalidFee,
    InvalidFundingFactor,
    InvalidFundingInterval,
    InvalidLiquidationFee,
    InvalidLiquidator,
    InvalidMaxLeverage,
    InvalidPosition,
    InvalidPositionSize,
    InvalidRedemptionAmount,
    InvalidSender,
    InvalidTokenAmount,
    InvalidTokens,
    InvalidUsdgAmount,
    LeverageDisabled,
    LiquidationFeesExceedCollateral,
    LossesExceedCollateral,
    MaxLeverageExceeded,
    MaxLongOpenInterest,
    MaxShortOpenInterest,
    MismatchedTokens,
    NotLiquidatable,
    PerpvaultError,
    PoolAmountExceeded,
    ReserveExceedsPool,
    SizeBelowCollateral,
    SizeExceeded,
    SwapsDisabled,
    TokenInUse,
    TokenNotWhitelisted,
)
from vaultsim.x.perpvault.params import DEFAULT_PARAMS
from vaultsim.x.sdk_errors import InsufficientFunds

NAMES_IN_ORDER = [
    "AlreadyInitialized",
    "InvalidMaxLeverage",
    "InvalidFee",
    "InvalidLiquidationFee",
    "InvalidFundingInterval",
    "InvalidFundingFactor",
    "TokenNotWhitelisted",
    "InvalidTokenAmount",
    "InvalidUsdgAmount",
    "InvalidRedemptionAmount",
    "InvalidAmountOut",
    "SwapsDisabled",
    "InvalidTokens",
    "LeverageDisabled",
    "InsufficientCollateralForFees",
    "InvalidPositionSize",
    "EmptyPosition",
    "SizeExceeded",
    "CollateralExceeded",
    "InvalidLiquidator",
    "NotLiquidatable",
    "InvalidPosition",
    "InvalidAveragePrice",
    "SizeBelowCollateral",
    "InvalidSender",
    "MismatchedTokens",
    "CollateralIsStable",
    "CollateralNotStable",
    "IndexIsStable",
    "IndexNotShortable",
    "ReserveExceedsPool",
    "MaxUsdgExceeded",
    "Forbidden",
    "PoolAmountExceeded",
    "LossesExceedCollateral",
    "FeesExceedCollateral",
    "LiquidationFeesExceedCollateral",
    "MaxLeverageExceeded",
    "InsufficientCollateral",
    "MaxLongOpenInterest",
    "MaxShortOpenInterest",
    "TokenInUse",
    "ReentrantCall",
    "InvalidPath",
    "Slippage",
    "Delay",
    "Expired",
    "InsufficientExecutionFee",
    "OrderNotFound",
    "TriggerNotMet",
    "InvalidPrice",
    "StalePrice",
    "NoPriceFeed",
    "InvalidArgument",
    "UnknownCallback",
]


def test_codes_are_numbered_from_2_in_the_order_of_the_list() -> None:
    assert [getattr(errors, name).code for name in NAMES_IN_ORDER] == list(range(2, 2 + len(NAMES_IN_ORDER)))
    assert {one.__name__ for one in PerpvaultError.__subclasses__()} == {*NAMES_IN_ORDER}
    assert PerpvaultError.codespace == "perpvault"


def params(**fields: object) -> pb.MsgUpdateParams:
    return pb.MsgUpdateParams(authority=GOV_BECH32, params=pb.Params(**fields))


class TestSettings:
    def test_they_are_made_once(self) -> None:
        world = World()
        with pytest.raises(AlreadyInitialized):
            world.keeper.initialize(world.chain.ctx, DEFAULT_PARAMS)

    @pytest.mark.parametrize(
        ("fields", "error"),
        [
            ({"max_leverage": 10_000}, InvalidMaxLeverage),
            ({"tax_bps": 501}, InvalidFee),
            ({"stable_tax_bps": 501}, InvalidFee),
            ({"mint_burn_fee_bps": 501}, InvalidFee),
            ({"swap_fee_bps": 501}, InvalidFee),
            ({"stable_swap_fee_bps": 501}, InvalidFee),
            ({"margin_fee_bps": 501}, InvalidFee),
            ({"liquidation_fee_usd": str(100 * USD + 1)}, InvalidLiquidationFee),
            ({"funding_interval": 3_599}, InvalidFundingInterval),
            ({"funding_rate_factor": 10_001}, InvalidFundingFactor),
            ({"stable_funding_rate_factor": 10_001}, InvalidFundingFactor),
            ({"deposit_fee_bps": 10_001}, InvalidArgument),
            ({"price_sample_space": 0}, InvalidArgument),
            ({"price_sample_space": 101}, InvalidArgument),
            ({"liquidation_fee_usd": "-1"}, InvalidArgument),
            ({"execution_fee_denom": "x"}, InvalidArgument),
        ],
        ids=str,
    )
    def test_bounds(self, fields: dict[str, object], error: type[PerpvaultError]) -> None:
        World().gov_fails(params(**fields), error)

    @pytest.mark.parametrize(
        "fields",
        [
            {"max_leverage": 10_001},
            {"mint_burn_fee_bps": 500},
            {"liquidation_fee_usd": str(100 * USD)},
            {"funding_interval": 3_600, "funding_rate_factor": 10_000},
        ],
        ids=str,
    )
    def test_the_bounds_themselves_are_allowed(self, fields: dict[str, object]) -> None:
        world = World()
        before = world.keeper.params(world.chain.ctx)
        world.gov(params(**fields))
        after = world.keeper.params(world.chain.ctx)
        changed = {name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)}
        assert changed == {*fields} - {"funding_interval"} | ({"funding_interval"} & {*fields})

    def test_roles_that_do_not_exist(self) -> None:
        world = World()
        for role in (0, 6):
            world.gov_fails(pb.MsgSetRole(authority=GOV_BECH32, role=role, address=ALICE), InvalidArgument)

    def test_only_governance_sends_them(self) -> None:
        world = World()
        for message in (
            pb.MsgUpdateParams(authority=ALICE),
            pb.MsgSetTokenConfig(authority=ALICE, token=ETH),
            pb.MsgClearTokenConfig(authority=ALICE, token=ETH),
            pb.MsgWithdrawFees(authority=ALICE, token=ETH, receiver=ALICE),
            pb.MsgUpgradeVault(authority=ALICE, token=ETH, new_vault=ALICE, amount="1"),
            pb.MsgSetFundingRate(authority=ALICE),
            pb.MsgSetRole(authority=ALICE, role=1, address=ALICE),
            pb.MsgSetBufferAmount(authority=ALICE, token=ETH),
            pb.MsgSetUsdgAmount(authority=ALICE, token=ETH),
            pb.MsgSetPriceFeed(authority=ALICE, token=ETH),
            pb.MsgSetPriceAdjustment(authority=ALICE, token=ETH),
        ):
            world.gov_fails(message, InvalidSigner)
            result = world.chain.submit(message, by="alice")
            assert (result.codespace, result.code) == ("sdk", 18), message


class TestLiquidity:
    def test_buying(self) -> None:
        world = World(tokens=[*base_tokens(), token_config(DAI, decimals=30)])
        world.set_params(in_manager_mode=True)
        world.fails(buy(0, "bnb"), Forbidden)
        world.role(pb.Role.ROLE_MANAGER, DAVE)
        world.fails(buy(0, "bnb"), TokenNotWhitelisted)
        world.fails(buy(0), InvalidTokenAmount)
        world.fails(buy(10**30 + 1), InsufficientFunds)
        # 1 unit of a token with 30 decimals is less than a unit of USDG.
        world.fails(buy(1, DAI), InvalidUsdgAmount)
        world.run(buy(E18))

    def test_selling(self) -> None:
        world = based()
        world.set_params(in_manager_mode=True)
        world.fails(sell(0, "bnb"), Forbidden)
        world.role(pb.Role.ROLE_MANAGER, DAVE)
        world.fails(sell(0, "bnb"), TokenNotWhitelisted)
        world.fails(sell(0), InvalidUsdgAmount)
        world.fails(sell(10**30), InsufficientFunds)
        # A unit of USDG is 10^-18 dollars and a unit of USDC 10^-6.
        world.fails(sell(10**12 - 1, USDC), InvalidRedemptionAmount)
        world.fails(sell(10**12, USDC), InvalidAmountOut)
        world.fails(sell(200_000 * E18), PoolAmountExceeded)
        world.long(60_000, 4 * E18)
        world.fails(sell(150_000 * E18), ReserveExceedsPool)
        world.run(sell(100_000 * E18))

    def test_direct_deposits(self) -> None:
        world = World()
        deposit = {"sender": DAVE, "token": ETH}
        world.fails(pb.MsgDirectPoolDeposit(sender=DAVE, token="bnb", amount="0"), TokenNotWhitelisted)
        world.fails(pb.MsgDirectPoolDeposit(**deposit, amount="0"), InvalidTokenAmount)
        world.fails(pb.MsgDirectPoolDeposit(**deposit, amount=str(10**31)), InsufficientFunds)
        world.run(pb.MsgDirectPoolDeposit(**deposit, amount="1"))

    def test_swaps_are_switched_off(self) -> None:
        world = based()
        swap = pb.MsgSwap(sender=DAVE, token_in=ETH, token_out=USDC, amount=str(E18), receiver=DAVE)
        world.fails(swap, SwapsDisabled)

    def test_the_indirect_route_of_a_swap(self) -> None:
        world = based()
        usdg = world.buy(E18, by=ALICE)
        assert usdg == 1_994 * E18
        # 1,994 USDC less 30 bps.
        assert world.sell(usdg, USDC, ALICE) == 1_994 * E6 * 9_970 // 10_000

    def test_swaps_when_governance_switches_them_on(self) -> None:
        world = based(is_swap_enabled=True, tokens=[*base_tokens(), token_config(DAI, max_usdg_amount=E18)])
        swap = {"sender": ALICE, "receiver": BOB}
        world.fails(pb.MsgSwap(**swap, token_in="bnb", token_out=ETH, amount="0"), TokenNotWhitelisted)
        world.fails(pb.MsgSwap(**swap, token_in=ETH, token_out="bnb", amount="0"), TokenNotWhitelisted)
        world.fails(pb.MsgSwap(**swap, token_in=ETH, token_out=ETH, amount="0"), InvalidTokens)
        world.fails(pb.MsgSwap(**swap, token_in=ETH, token_out=USDC, amount="0"), InvalidTokenAmount)
        world.fails(pb.MsgSwap(**swap, token_in=ETH, token_out=USDC, amount="1"), InvalidAmountOut)
        world.fails(pb.MsgSwap(**swap, token_in=DAI, token_out=USDC, amount=str(2 * E18)), errors.MaxUsdgExceeded)
        world.fails(pb.MsgSwap(**swap, token_in=ETH, token_out=USDC, amount=str(50 * E18)), PoolAmountExceeded)
        world.gov(pb.MsgSetBufferAmount(authority=GOV_BECH32, token=USDC, amount=str(99_000 * E6)))
        world.fails(pb.MsgSwap(**swap, token_in=ETH, token_out=USDC, amount=str(E18)), PoolAmountExceeded)
        world.gov(pb.MsgSetBufferAmount(authority=GOV_BECH32, token=USDC, amount=str(97_700 * E6)))
        before, held = (world.token(), world.token(USDC)), world.balance(BOB, USDC)
        paid = int(world.run(pb.MsgSwap(**swap, token_in=ETH, token_out=USDC, amount=str(E18))).amount_out)
        assert paid == world.balance(BOB, USDC) - held == 2_000 * E6 * 9_970 // 10_000
        after = world.token(), world.token(USDC)
        assert [new.pool_amount - old.pool_amount for new, old in zip(after, before, strict=True)] == [
            E18,
            -2_000 * E6,
        ]
        assert [new.usdg_amount - old.usdg_amount for new, old in zip(after, before, strict=True)] == [
            2_000 * E18,
            -2_000 * E18,
        ]
        assert after[1].fee_reserve - before[1].fee_reserve == 6 * E6


class TestIncreasing:
    def test_refusals_in_order(self) -> None:
        world = based(tokens=[*base_tokens(), token_config(DAI), token_config(BTC, is_shortable=False)])
        world.set_params(is_leverage_enabled=False)
        world.fails(increase(0, 0, sender=BOB), LeverageDisabled)
        world.set_params(is_leverage_enabled=True)
        world.fails(increase(0, 0, sender=BOB), InvalidSender)
        long = {"sender": ALICE, "account": ALICE, "is_long": True}
        world.fails(pb.MsgIncreasePosition(**long, collateral_token="bnb", index_token=ETH), MismatchedTokens)
        world.fails(pb.MsgIncreasePosition(**long, collateral_token="bnb", index_token="bnb"), TokenNotWhitelisted)
        world.fails(pb.MsgIncreasePosition(**long, collateral_token=USDC, index_token=USDC), CollateralIsStable)
        short = {"sender": ALICE, "account": ALICE, "is_long": False}
        world.fails(pb.MsgIncreasePosition(**short, collateral_token="bnb", index_token=USDC), TokenNotWhitelisted)
        world.fails(pb.MsgIncreasePosition(**short, collateral_token=ETH, index_token=USDC), CollateralNotStable)
        world.fails(pb.MsgIncreasePosition(**short, collateral_token=USDC, index_token=DAI), IndexIsStable)
        world.fails(pb.MsgIncreasePosition(**short, collateral_token=USDC, index_token=BTC), IndexNotShortable)
        world.fails(increase(60_001, 10**31), MaxLongOpenInterest)
        world.fails(increase(40_001, 10**31, stable=USDC), MaxShortOpenInterest)
        world.fails(increase(10_000, 10**31), InsufficientFunds)
        world.fails(increase(10_000, 0), InsufficientCollateralForFees)
        world.fails(increase(0, 0), InvalidPositionSize)
        world.fails(increase(0, 1), InvalidPositionSize)
        world.fails(increase(1_000, E18), SizeBelowCollateral)
        world.fails(increase(10_000, E18 // 200), FeesExceedCollateral)
        world.fails(increase(10_000, E18 // 140), FeesExceedCollateral)
        world.fails(increase(10_000, E18 * 12 // 1_000), LiquidationFeesExceedCollateral)
        world.fails(increase(10_000, E18 * 20 // 1_000), MaxLeverageExceeded)

    def test_reserves_must_be_in_the_pool_before_the_collateral_is(self) -> None:
        world = World()
        world.buy(10 * E18)
        pool = world.token().pool_amount
        assert pool == 997 * E18 // 100
        world.fails(increase(20_000, 5 * E18), ReserveExceedsPool)
        world.long(19_940, 5 * E18)
        assert world.token().reserved_amount == pool

    def test_a_position_under_water_takes_no_more_size(self) -> None:
        world = based()
        world.long(20_000, E18)
        world.price(eth=1_790)
        world.fails(increase(1, 0), LossesExceedCollateral)
        world.fails(increase(0, E18 // 20), LossesExceedCollateral)

    def test_a_cap_of_zero_is_none(self) -> None:
        world = based(tokens=[token_config(ETH), token_config(USDC)])
        world.long(150_000, 20 * E18)
        assert world.token().long_open_interest == 150_000 * USD

    def test_lowering_a_cap_below_what_is_open_stops_increases_only(self) -> None:
        world = based()
        world.long(50_000, 20 * E18)
        world.gov(set_token(ETH, max_long_open_interest=10_000 * USD, max_short_open_interest=0))
        world.fails(increase(1, 0), MaxLongOpenInterest)
        world.long(0, E18)
        world.run(decrease(50_000))

    def test_approved_routers_act_for_an_account_with_tokens_of_their_own(self) -> None:
        world = based()
        world.run(pb.MsgApproveRouter(sender=ALICE, router=BOB, enabled=True))
        assert world.query("ApprovedRouters", pb.QueryApprovedRoutersRequest(account=ALICE)).routers == (BOB,)
        held = world.balance(BOB, ETH)
        world.run(increase(10_000, E18, sender=BOB))
        assert (world.position()[0], held - world.balance(BOB, ETH)) == (10_000 * USD, E18)
        world.run(decrease(10_000, sender=BOB, receiver=CARL))
        world.run(pb.MsgApproveRouter(sender=ALICE, router=BOB, enabled=False))
        world.fails(increase(10_000, E18, sender=BOB), InvalidSender)
        world.fails(decrease(10_000, sender=BOB), InvalidSender)


class TestDecreasing:
    def test_refusals_in_order(self) -> None:
        world = based()
        world.fails(decrease(1, sender=BOB), InvalidSender)
        world.fails(decrease(1), EmptyPosition)
        world.long(10_000, E18)
        world.fails(decrease(10_001, 99_999), SizeExceeded)
        world.fails(decrease(10_000, 1_991), CollateralExceeded)
        world.fails(decrease(9_999, 1_990), FeesExceedCollateral)
        world.fails(decrease(9_000), SizeBelowCollateral)
        world.fails(decrease(0, 1_880), MaxLeverageExceeded)
        world.fails(decrease(0, 1_980), LiquidationFeesExceedCollateral)
        world.run(decrease(0, 1_700))

    def test_losses_beyond_the_collateral_cannot_be_taken(self) -> None:
        world = based()
        world.long(20_000, E18)
        world.price(eth=1_790)
        world.fails(decrease(20_000), InsufficientCollateral)
        world.fails(decrease(1_000), LossesExceedCollateral)

    def test_a_close_that_does_not_pay_its_fee_fails(self) -> None:
        world = based()
        world.long(20_000, E18)
        # Losses of 1,970 of 1,980 leave 10, the fee is 20.
        world.price(eth=1_803)
        world.fails(decrease(20_000), InsufficientCollateral)

    def test_a_pool_that_others_reserve_cannot_pay_a_short(self) -> None:
        world = World(tokens=[token_config(ETH), token_config(USDC)])
        world.buy(10_000 * E6, USDC)
        world.short(9_000, 1_000 * E6)
        world.price(eth=1)
        pool = world.token(USDC)
        assert pool.reserved_amount == 9_000 * E6
        assert int(world.run(decrease(9_000, by=CARL, stable=USDC)).amount_out) == 9_977_500_000

    def test_leverage_may_be_off(self) -> None:
        world = based()
        world.long(10_000, E18)
        world.set_params(is_leverage_enabled=False)
        world.run(decrease(10_000))


class TestLiquidating:
    def test_refusals_in_order(self) -> None:
        world = based()
        world.set_params(in_private_liquidation_mode=True)
        world.fails(liquidate(), InvalidLiquidator)
        world.role(pb.Role.ROLE_LIQUIDATOR, BOB)
        world.fails(liquidate(), EmptyPosition)
        world.long(20_000, E18)
        world.fails(liquidate(), NotLiquidatable)
        world.price(eth=1_803)
        assert world.run(liquidate()).state == 1

    def test_the_public_may_otherwise(self) -> None:
        world = based()
        world.long(20_000, E18)
        world.price(eth=1_803)
        assert world.run(liquidate(sender=CARL, fee_receiver=CARL)).state == 1

    def test_fees_beyond_a_shorts_collateral_come_out_of_the_pool(self) -> None:
        """Funding has eaten a short whose losses exceed its collateral: the vault's books must not count tokens that
        nobody brought. Fee 9 + 9,000 * 10 * 1 % = 909 USD, collateral 991."""
        world = based(stable_funding_rate_factor=10_000)
        world.short(9_000, 1_000 * E6)
        world.wait(11 * INTERVAL)
        world.price(eth=2_221)
        rate = world.token().cumulative_funding_rate_short
        fee = 9 * E6 + 9_000 * rate
        assert fee > 991 * E6
        before = world.token(USDC)
        assert world.run(liquidate(CARL, stable=USDC)).state == 1
        after = world.token(USDC)
        assert after.fee_reserve - before.fee_reserve == fee
        assert after.pool_amount == before.pool_amount - (fee - 991 * E6) - 5 * E6
        assert after.token_balance == after.pool_amount + after.fee_reserve


class TestTokens:
    def test_a_token_in_use_keeps_decimals_and_kind(self) -> None:
        world = based()
        world.gov_fails(set_token(ETH, decimals=17), TokenInUse)
        world.gov_fails(set_token(ETH, is_stable=True), TokenInUse)
        world.gov(set_token(ETH, weight=5_000))
        assert world.query("Tokens", pb.QueryTokensRequest()).total_token_weights == "15000"

    def test_an_unused_token_may_change(self) -> None:
        world = World()
        world.gov(set_token(ETH, decimals=17, is_stable=True))
        assert world.token().decimals == 17

    def test_what_cannot_be_a_token(self) -> None:
        world = World()
        world.gov_fails(pb.MsgSetTokenConfig(authority=GOV_BECH32, token="usdg", decimals=18), InvalidArgument)
        world.gov_fails(set_token(ETH, decimals=31), InvalidArgument)
        world.gov_fails(set_token(ETH, min_profit_bps=10_001), InvalidArgument)

    def test_clearing_is_refused_while_positions_are_open(self) -> None:
        world = based()
        world.short(9_000, 1_000 * E6)
        for token in (ETH, USDC):
            world.gov_fails(pb.MsgClearTokenConfig(authority=GOV_BECH32, token=token), TokenInUse)

    def test_a_cleared_token_is_frozen_until_it_is_listed_again(self) -> None:
        world = based()
        world.gov(pb.MsgClearTokenConfig(authority=GOV_BECH32, token=ETH))
        pool = world.token().pool_amount
        for message in (buy(E18), sell(E18), increase(10_000, E18)):
            world.fails(message, TokenNotWhitelisted)
        config = world.query("TokenConfig", pb.QueryTokenConfigRequest(token=ETH))
        assert config == pb.QueryTokenConfigResponse(
            max_usdg_amount="0", max_long_open_interest="0", max_short_open_interest="0"
        )
        fees = pb.MsgWithdrawFees(authority=GOV_BECH32, token=ETH, receiver=BOB)
        world.gov_fails(fees, TokenNotWhitelisted)
        world.gov_fails(set_token(ETH, decimals=8), TokenInUse)
        world.gov(set_token(ETH))
        assert world.token().pool_amount == pool
        assert [one.token for one in world.query("Tokens", pb.QueryTokensRequest()).tokens] == [ETH, USDC]
        world.buy(E18)

    def test_withdrawing_fees_empties_the_reserve(self) -> None:
        world = based()
        message = pb.MsgWithdrawFees(authority=GOV_BECH32, token=ETH, receiver=BOB)
        held = world.balance(BOB, ETH)
        world.gov(message)
        assert (world.balance(BOB, ETH) - held, world.token().fee_reserve) == (3 * E18 // 10, 0)
        world.gov(message)
        assert world.balance(BOB, ETH) - held == 3 * E18 // 10

    @pytest.mark.parametrize("amount", [0, 100 * E18 + 1])
    def test_an_upgrade_moves_what_there_is(self, amount: int) -> None:
        world = based()
        upgrade = pb.MsgUpgradeVault(authority=GOV_BECH32, new_vault=BOB, token=ETH, amount=str(amount))
        world.gov_fails(upgrade, InvalidTokenAmount)

    def test_an_upgrade_of_everything_leaves_the_books_standing(self) -> None:
        world = based()
        world.gov(pb.MsgUpgradeVault(authority=GOV_BECH32, new_vault=BOB, token=ETH, amount=str(100 * E18)))
        token = world.token()
        assert (token.pool_amount, token.token_balance, token.upgraded_out) == (997 * E18 // 10, 0, 100 * E18)
        world.fails(sell(10_000 * E18), InsufficientFunds)

    def test_booked_usdg_can_be_set_within_its_cap(self) -> None:
        world = based(tokens=base_tokens(max_usdg_amount=300_000 * E18))
        world.gov(pb.MsgSetUsdgAmount(authority=GOV_BECH32, token=ETH, amount="5"))
        assert world.token().usdg_amount == 5
        over = pb.MsgSetUsdgAmount(authority=GOV_BECH32, token=ETH, amount=str(300_000 * E18 + 1))
        world.gov_fails(over, errors.MaxUsdgExceeded)
        world.gov_fails(pb.MsgSetBufferAmount(authority=GOV_BECH32, token="bnb"), TokenNotWhitelisted)


class TestFormulas:
    def test_a_position_without_collateral_has_no_leverage(self) -> None:
        world = World()
        with pytest.raises(InvalidPosition):
            world.keeper.position_leverage(world.chain.ctx, where(ALICE))

    def test_an_average_price_of_zero_has_no_profit(self) -> None:
        with pytest.raises(InvalidAveragePrice):
            formulas.delta(1, 0, 1, is_long=True)


def test_a_chain_without_the_section_runs_no_vault() -> None:
    world = World(section=False)
    for message in (buy(1), increase(1, 1), pb.MsgApproveRouter(sender=ALICE, router=BOB, enabled=True)):
        world.fails(message, Forbidden)
    world.gov_fails(params(max_leverage=20_000), Forbidden)
    world.price(eth=2_100)
    assert "perpvault" not in {store for store, rows in world.chain.rows().items() if rows}
    assert world.balance(OPERATOR, "usdg") == 0
