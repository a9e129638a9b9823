"""Direct calls by role and trigger orders, through messages and blocks. Source: perp-vault §§10, 11."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest

from tests.x.perpvault.world import (
    ALICE,
    BOB,
    CARL,
    E6,
    E18,
    ESCROW_ADDRESS,
    ETH,
    OPERATOR,
    USD,
    USDC,
    World,
    based,
    usd,
)
from vaultsim.address import to_bech32
from vaultsim.pb.runtime import Message, replace
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.perpvault.errors import (
    EmptyPosition,
    Forbidden,
    InsufficientCollateral,
    InsufficientExecutionFee,
    InvalidArgument,
    InvalidLiquidator,
    InvalidPath,
    InvalidPositionSize,
    LeverageDisabled,
    MaxLongOpenInterest,
    MaxShortOpenInterest,
    NotLiquidatable,
    OrderNotFound,
    Slippage,
    SwapsDisabled,
    TokenNotWhitelisted,
    TriggerNotMet,
)

M = TypeVar("M", bound=Message)
FEE = 1_000
KEEPER = OPERATOR
ESCROW = to_bech32(ESCROW_ADDRESS)


@pytest.fixture
def world() -> World:
    made = based(min_execution_fee=FEE, min_purchase_token_amount_usd=5 * USD)
    made.role(pb.Role.ROLE_PARTNER, ALICE)
    made.role(pb.Role.ROLE_ORDER_KEEPER, KEEPER)
    return made


def direct(size_usd: int = 10_000, amount: int = E18, price: int = 2_000, **how: Any) -> pb.MsgManagerIncreasePosition:
    stable = how.get("stable", "")
    return pb.MsgManagerIncreasePosition(
        sender=how.get("by", ALICE),
        path=how.get("path", (stable or ETH,)),
        index_token=ETH,
        amount_in=str(amount),
        size_delta=str(usd(size_usd)),
        is_long=not stable,
        price=str(price * USD),
    )


def direct_out(size_usd: int = 10_000, price: int = 2_000, by: str = ALICE) -> pb.MsgManagerDecreasePosition:
    return pb.MsgManagerDecreasePosition(
        sender=by,
        collateral_token=ETH,
        index_token=ETH,
        size_delta=str(usd(size_usd)),
        is_long=True,
        receiver=BOB,
        price=str(price * USD),
    )


class TestManager:
    def test_a_partner_changes_a_position_at_once(self, world: World) -> None:
        world.run(direct())
        assert world.position()[:2] == (10_000 * USD, 1_990 * USD)
        held = world.balance(BOB, ETH)
        paid = int(world.run(direct_out()).amount_out)
        assert paid == world.balance(BOB, ETH) - held == 990 * E18 // 1_000

    def test_others_may_not_unless_in_legacy_mode(self, world: World) -> None:
        world.fails(direct(by=CARL), Forbidden)
        world.fails(direct_out(by=CARL), Forbidden)
        world.set_params(in_legacy_mode=True)
        world.run(direct(by=CARL))
        world.run(direct_out(by=CARL))

    def test_a_partner_loses_the_role(self, world: World) -> None:
        world.role(pb.Role.ROLE_PARTNER, ALICE, enabled=False)
        world.fails(direct(), Forbidden)

    def test_paths_and_prices_are_checked_as_in_the_queue(self, world: World) -> None:
        world.fails(direct(path=(ETH, USDC)), SwapsDisabled)
        world.fails(direct(path=()), InvalidPath)
        world.fails(direct(price=1_999), Slippage)
        world.run(direct())
        world.fails(direct_out(price=2_001), Slippage)

    @pytest.mark.parametrize(("stable", "error"), [("", MaxLongOpenInterest), (USDC, MaxShortOpenInterest)])
    def test_it_has_caps_of_its_own(self, world: World, stable: str, error: type[MaxLongOpenInterest]) -> None:
        cap = pb.GlobalSizeCap(
            token=ETH, max_global_long_size=str(10_000 * USD), max_global_short_size=str(10_000 * USD)
        )
        world.set_params(max_global_sizes=pb.GlobalSizeCaps(caps=(cap,)))
        amount = 2_000 * E6 if stable else E18
        world.run(direct(10_000, amount, stable=stable))
        world.fails(direct(1, amount, stable=stable), error)

    def test_the_vaults_switch_holds(self, world: World) -> None:
        world.set_params(is_leverage_enabled=False)
        world.fails(direct(), LeverageDisabled)

    def test_liquidation_needs_the_role_whatever_the_mode(self, world: World) -> None:
        world.long(20_000, E18)
        message = pb.MsgManagerLiquidatePosition(
            sender=BOB, account=ALICE, collateral_token=ETH, index_token=ETH, is_long=True, fee_receiver=BOB
        )
        world.fails(message, InvalidLiquidator)
        world.role(pb.Role.ROLE_LIQUIDATOR, BOB)
        world.fails(message, NotLiquidatable)
        world.price(eth=1_803)
        assert world.run(message).state == 1

    def test_swap_orders_cannot_be_executed(self, world: World) -> None:
        swap = pb.MsgExecuteSwapOrder(sender=KEEPER, account=ALICE, index=0, fee_receiver=BOB)
        world.fails(swap, SwapsDisabled)
        world.fails(pb.MsgExecuteSwapOrder(sender=BOB, account=ALICE, index=0, fee_receiver=BOB), Forbidden)


def order(size_usd: int = 10_000, amount: int = E18, trigger: int = 1_900, **how: Any) -> pb.MsgCreateIncreaseOrder:
    stable = how.get("stable", "")
    return pb.MsgCreateIncreaseOrder(
        sender=how.get("by", ALICE),
        path=how.get("path", (stable or ETH,)),
        amount_in=str(amount),
        index_token=ETH,
        size_delta=str(usd(size_usd)),
        collateral_token=stable or ETH,
        is_long=not stable,
        trigger_price=str(trigger * USD),
        trigger_above_threshold=how.get("above", False),
        execution_fee=str(how.get("fee", FEE)),
    )


def order_out(size_usd: int = 10_000, trigger: int = 2_100, **how: Any) -> pb.MsgCreateDecreaseOrder:
    stable = how.get("stable", "")
    return pb.MsgCreateDecreaseOrder(
        sender=how.get("by", ALICE),
        index_token=ETH,
        size_delta=str(usd(size_usd)),
        collateral_token=stable or ETH,
        collateral_delta=str(usd(how.get("collateral", 0))),
        is_long=not stable,
        trigger_price=str(trigger * USD),
        trigger_above_threshold=how.get("above", True),
        execution_fee=str(how.get("fee", FEE)),
    )


def run_order(index: int = 0, account: str = ALICE, by: str = KEEPER) -> pb.MsgExecuteIncreaseOrder:
    return pb.MsgExecuteIncreaseOrder(sender=by, account=account, index=index, fee_receiver=BOB)


def run_order_out(index: int = 0, account: str = ALICE, by: str = KEEPER) -> pb.MsgExecuteDecreaseOrder:
    return pb.MsgExecuteDecreaseOrder(sender=by, account=account, index=index, fee_receiver=BOB)


SHORT_NAMES = {"index_token": "index", "collateral_token": "collateral", "trigger_above_threshold": "trigger_above"}


def renamed(message: M) -> M:
    """A message with the design's shorter names where it has them."""
    names = {row[0] for row in message.FIELDS}
    changed: dict[str, Any] = {}
    for name, short in SHORT_NAMES.items():
        if {name, short} <= names:
            found = getattr(message, name)
            changed |= {short: found, name: type(found)()}
    return replace(message, **changed)


class TestNames:
    """The design's `index`, `collateral`, `trigger_above` are the chain's `index_token` and so on."""

    def test_messages_with_either_name_do_the_same(self, world: World) -> None:
        other = based(min_execution_fee=FEE, min_purchase_token_amount_usd=5 * USD)
        other.role(pb.Role.ROLE_PARTNER, ALICE)
        other.role(pb.Role.ROLE_ORDER_KEEPER, KEEPER)
        for message in (direct(), direct_out(5_000), order(trigger=2_500), order_out(5_000)):
            assert renamed(message) != message
            world.run(message)
            other.run(renamed(message))
        assert other.chain.rows() == world.chain.rows()
        world.price(eth=2_150)
        other.price(eth=2_150)
        out = pb.MsgExecuteDecreaseOrder(sender=KEEPER, account=ALICE, index=0, fee_receiver=BOB)
        assert world.run(out) == other.run(out)

    def test_both_names_must_agree(self, world: World) -> None:
        world.run(replace(direct(), index=ETH))
        world.fails(replace(direct(), index=USDC), InvalidArgument)
        world.fails(replace(order_out(), collateral="?"), InvalidArgument)
        world.fails(replace(direct(), index_token=""), InvalidArgument)


class TestOrders:
    def test_an_increase_waits_for_its_trigger(self, world: World) -> None:
        assert world.run(order()).index == 0
        assert (world.balance(ESCROW, ETH), world.balance(ESCROW, USDC_DENOM)) == (E18, FEE)
        world.fails(run_order(), TriggerNotMet)
        world.price(eth=1_900)
        world.fails(run_order(), TriggerNotMet)
        world.price(eth="1899.99")
        held = world.balance(BOB, USDC_DENOM)
        world.run(run_order())
        assert world.position()[0] == 10_000 * USD
        assert world.balance(BOB, USDC_DENOM) - held == FEE
        assert (world.balance(ESCROW, ETH), world.balance(ESCROW, USDC_DENOM)) == (0, 0)
        world.fails(run_order(), OrderNotFound)

    def test_a_decrease_pays_the_orders_account(self, world: World) -> None:
        world.long(10_000, E18)
        assert world.run(order_out()).index == 0
        world.price(eth=2_100)
        world.fails(run_order_out(), TriggerNotMet)
        world.price(eth=2_200)
        held = world.balance(ALICE, ETH)
        paid = int(world.run(run_order_out()).amount_out)
        # 1,990 + 1,000 - 10 USD at 2,200.
        assert paid == world.balance(ALICE, ETH) - held == 2_980 * E18 // 2_200

    @pytest.mark.parametrize(
        ("stable", "is_met"), [("", True), (USDC, False)], ids=["a long enters at the max", "a short at the min"]
    )
    def test_an_increase_looks_at_the_side_it_enters(self, world: World, stable: str, is_met: bool) -> None:
        world.set_params(price_sample_space=2)
        world.price(eth=2_010)
        world.run(order(5_000, 10**9 if stable else E18, 2_005, stable=stable, above=True))
        if is_met:
            world.run(run_order())
        else:
            world.fails(run_order(), TriggerNotMet)

    @pytest.mark.parametrize(
        ("stable", "is_met"), [("", False), (USDC, True)], ids=["a long exits at the min", "a short at the max"]
    )
    def test_a_decrease_looks_at_the_side_it_exits(self, world: World, stable: str, is_met: bool) -> None:
        (world.short(5_000, 10**9, ALICE) if stable else world.long(5_000, E18))
        world.set_params(price_sample_space=2)
        world.price(eth=2_010)
        world.run(order_out(5_000, 2_005, stable=stable))
        if is_met:
            world.run(run_order_out())
        else:
            world.fails(run_order_out(), TriggerNotMet)

    def test_numbers_are_by_account_and_kind(self, world: World) -> None:
        assert [world.run(order()).index for _ in range(2)] == [0, 1]
        assert world.run(order(by=CARL)).index == 0
        assert [world.run(order_out()).index for _ in range(2)] == [0, 1]
        found = world.query("Orders", pb.QueryOrdersRequest(account=ALICE))
        assert [one.index for one in found.increase_orders] == [one.index for one in found.decrease_orders] == [0, 1]
        assert len(world.query("Orders", pb.QueryOrdersRequest()).increase_orders) == 3

    def test_creation_is_refused_in_order(self, world: World) -> None:
        world.fails(order(fee=FEE - 1, path=(), amount=0), InsufficientExecutionFee)
        world.fails(order(path=(), amount=0), InvalidPath)
        world.fails(order(path=(ETH, USDC), amount=0), SwapsDisabled)
        world.fails(order(path=(USDC,), amount=0), SwapsDisabled)
        world.fails(order(stable="btc", amount=0), TokenNotWhitelisted)
        world.fails(order(amount=E18 // 401), InsufficientCollateral)
        world.run(order(amount=E18 // 400))
        world.fails(order_out(fee=FEE - 1), InsufficientExecutionFee)
        world.fails(pb.MsgCreateSwapOrder(sender=ALICE, path=(ETH, USDC)), SwapsDisabled)

    def test_the_exact_minimum_fee_is_enough_for_decreases_too(self, world: World) -> None:
        assert world.run(order_out(fee=FEE)).index == 0

    def test_an_update_changes_size_and_trigger(self, world: World) -> None:
        world.run(order())
        change = {"sender": ALICE, "size_delta": str(5_000 * USD), "trigger_price": str(2_001 * USD)}
        world.run(pb.MsgUpdateIncreaseOrder(**change, index=0))
        world.fails(pb.MsgUpdateIncreaseOrder(**change, index=1), OrderNotFound)
        world.run(run_order())
        assert world.position()[0] == 5_000 * USD
        world.run(order_out())
        change = {"sender": ALICE, "size_delta": str(2_000 * USD), "trigger_price": str(1_999 * USD)}
        world.run(
            pb.MsgUpdateDecreaseOrder(**change, index=0, collateral_delta=str(100 * USD), trigger_above_threshold=True)
        )
        world.fails(pb.MsgUpdateDecreaseOrder(**change, index=1), OrderNotFound)
        world.run(run_order_out())
        assert world.position()[:2] == (3_000 * USD, 1_895 * USD)

    def test_cancelling_gives_everything_back_to_the_owner(self, world: World) -> None:
        held = world.balance(ALICE, ETH), world.balance(ALICE, USDC_DENOM)
        for message in (order(), order(), order_out(), order_out()):
            world.run(message)
        world.fails(pb.MsgCancelIncreaseOrder(sender=CARL, index=0), OrderNotFound)
        world.run(pb.MsgCancelIncreaseOrder(sender=ALICE, index=0))
        world.run(pb.MsgCancelDecreaseOrder(sender=ALICE, index=0))
        twice = pb.MsgCancelMultiple(sender=ALICE, increase_order_indexes=(1, 1), decrease_order_indexes=(1,))
        world.fails(twice, OrderNotFound)
        world.run(pb.MsgCancelMultiple(sender=ALICE, increase_order_indexes=(1,), decrease_order_indexes=(1,)))
        assert (world.balance(ALICE, ETH), world.balance(ALICE, USDC_DENOM)) == held
        assert (world.balance(ESCROW, ETH), world.balance(ESCROW, USDC_DENOM)) == (0, 0)

    def test_only_order_keepers_execute(self, world: World) -> None:
        world.run(order())
        world.run(order_out())
        world.fails(run_order(by=BOB), Forbidden)
        world.fails(run_order_out(by=BOB), Forbidden)

    def test_a_failing_execution_leaves_the_order(self, world: World) -> None:
        world.run(order_out(trigger=1_900))
        world.fails(run_order_out(), EmptyPosition)
        world.long(10_000, E18)
        world.run(run_order_out())

    def test_an_order_must_not_lower_the_leverage_of_a_long(self, world: World) -> None:
        world.long(10_000, E18)
        world.run(order(0, E18, 2_001))
        world.run(order(1_000, E18, 2_001))
        world.run(order(10_000, E18, 2_001))
        world.fails(run_order(0), InvalidPositionSize)
        world.fails(run_order(1), InvalidPositionSize)
        world.run(run_order(2))
        world.set_params(should_validate_increase_order=False)
        world.run(run_order(0))
        world.run(run_order(1))

    def test_orders_of_shorts_may_be_deposits(self, world: World) -> None:
        world.short(5_000, 10**9, ALICE)
        world.run(order(0, 10**9, 2_001, stable=USDC))
        world.run(run_order())
        assert world.position(ALICE, ETH, USDC)[1] == 1_995 * USD

    def test_the_managers_caps_hold_for_orders(self, world: World) -> None:
        world.run(order(10_000, E18, 2_001))
        cap = pb.GlobalSizeCap(token=ETH, max_global_long_size=str(9_999 * USD))
        world.set_params(max_global_sizes=pb.GlobalSizeCaps(caps=(cap,)))
        world.fails(run_order(), MaxLongOpenInterest)
