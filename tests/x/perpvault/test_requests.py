"""The request queue through messages and blocks. Source: perp-vault §9, P18."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.x.perpvault.world import (
    ALICE,
    BOB,
    CARL,
    DAVE,
    E6,
    E18,
    ESCROW_ADDRESS,
    ETH,
    OPERATOR,
    USD,
    USDC,
    World,
    based,
    decrease,
    increase,
    rich_world,
    usd,
)
from vaultsim.address import module_bech32, to_bech32
from vaultsim.app.tx_json import tx_from_json
from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.pb.cosmos.base.abci.v1beta1 import TxMsgData
from vaultsim.pb.registry import unpack
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.perpvault.errors import (
    Delay,
    EmptyPosition,
    Expired,
    Forbidden,
    InsufficientExecutionFee,
    InvalidArgument,
    InvalidPath,
    LeverageDisabled,
    ReentrantCall,
    Slippage,
    SwapsDisabled,
    UnknownCallback,
)
from vaultsim.x.perpvault.types import request_key
from vaultsim.x.sdk_errors import InsufficientFunds, Unauthorized

FEE = 1_000
KEEPER = OPERATOR
ESCROW = to_bech32(ESCROW_ADDRESS)


def ask(
    size_usd: int = 10_000,
    amount: int = E18,
    *,
    by: str = ALICE,
    stable: str = "",
    price: int | None = None,
    fee: int = FEE,
    path: tuple[str, ...] | None = None,
    target: str = "",
) -> pb.MsgCreateIncreasePosition:
    return pb.MsgCreateIncreasePosition(
        sender=by,
        path=(stable or ETH,) if path is None else path,
        index_token=ETH,
        amount_in=str(amount),
        size_delta=str(usd(size_usd)),
        is_long=not stable,
        acceptable_price=str((2_000 if price is None else price) * USD),
        execution_fee=str(fee),
        referral_code="ref",
        callback_target=target,
    )


def ask_out(
    size_usd: int = 10_000,
    *,
    by: str = ALICE,
    stable: str = "",
    price: int = 2_000,
    target: str = "",
    receiver: str = "",
    min_out: int = 0,
) -> pb.MsgCreateDecreasePosition:
    return pb.MsgCreateDecreasePosition(
        sender=by,
        path=(stable or ETH,),
        index_token=ETH,
        size_delta=str(usd(size_usd)),
        is_long=not stable,
        receiver=receiver or by,
        acceptable_price=str(price * USD),
        min_out=str(min_out),
        execution_fee=str(FEE),
        callback_target=target,
    )


def execute(key: str, by: str = KEEPER, receiver: str = BOB) -> pb.MsgExecuteIncreasePosition:
    return pb.MsgExecuteIncreasePosition(sender=by, key=key, fee_receiver=receiver)


def execute_out(key: str, by: str = KEEPER, receiver: str = BOB) -> pb.MsgExecuteDecreasePosition:
    return pb.MsgExecuteDecreasePosition(sender=by, key=key, fee_receiver=receiver)


def cancel(key: str, by: str = KEEPER, receiver: str = BOB) -> pb.MsgCancelIncreasePosition:
    return pb.MsgCancelIncreasePosition(sender=by, key=key, fee_receiver=receiver)


@pytest.fixture
def world() -> World:
    made = based(min_execution_fee=FEE)
    made.role(pb.Role.ROLE_POSITION_KEEPER, KEEPER)
    return made


def lengths(world: World) -> tuple[int, int, int, int]:
    found = world.query("RequestQueueLengths", pb.QueryRequestQueueLengthsRequest())
    return found.increase_start, found.increase_length, found.decrease_start, found.decrease_length


def is_open(world: World, key: str) -> bool:
    return world.keeper.state.increase_requests.has(world.chain.ctx, key)


class TestP18:
    """Keeper delay 1 block, public 180 s, at most 1,800 s."""

    def test_a_keeper_is_too_early_in_the_same_block(self, world: World) -> None:
        key = request_key(ALICE, 1)
        txs = [tx_from_json({"messages": [{"@type": one.TYPE_URL, **one.to_json()}]}) for one in (ask(), execute(key))]
        results = world.chain.execute(txs, 0).results
        assert [result.code for result in results] == [0, 0]
        response: Any = unpack(TxMsgData.decode(results[1].data).msg_responses[0])
        assert response.executed is False
        assert is_open(world, key)

    def test_a_keeper_is_in_time_in_the_next_block(self, world: World) -> None:
        key = world.run(ask()).key
        assert world.run(execute(key)).executed
        assert not is_open(world, key)
        assert world.position()[0] == 10_000 * USD

    def test_the_owner_waits_three_minutes(self, world: World) -> None:
        key = world.run(ask()).key
        world.fails(execute(key, ALICE), Delay, 179)
        assert world.run(execute(key, ALICE), 1).executed

    def test_a_stranger_may_not(self, world: World) -> None:
        key = world.run(ask()).key
        world.fails(execute(key, CARL), Forbidden, 300)
        world.fails(cancel(key, CARL), Forbidden)

    @pytest.mark.parametrize("sender", [KEEPER, ALICE, CARL])
    def test_after_half_an_hour_nobody_executes(self, world: World, sender: str) -> None:
        key = world.run(ask()).key
        world.wait(1_799)
        world.fails(execute(key, sender), Expired, 1)

    def test_an_expired_request_can_be_cancelled_and_is_paid_back(self, world: World) -> None:
        held = world.balance(ALICE, ETH), world.balance(ALICE, USDC_DENOM), world.balance(BOB, USDC_DENOM)
        key = world.run(ask()).key
        assert world.balance(ESCROW, ETH) == E18
        world.fails(execute(key, ALICE), Expired, 1_800)
        assert world.run(cancel(key, ALICE)).cancelled
        assert world.balance(ALICE, ETH) == held[0]
        assert world.balance(ALICE, USDC_DENOM) == held[1] - FEE
        assert world.balance(BOB, USDC_DENOM) == held[2] + FEE
        assert world.balance(ESCROW, ETH) == world.balance(ESCROW, USDC_DENOM) == 0


class TestCreating:
    def test_it_escrows_collateral_and_fee(self, world: World) -> None:
        held = world.balance(ALICE, ETH), world.balance(ALICE, USDC_DENOM)
        key = world.run(ask()).key
        assert (held[0] - world.balance(ALICE, ETH), held[1] - world.balance(ALICE, USDC_DENOM)) == (E18, FEE)
        request = world.query("IncreasePositionRequest", pb.QueryIncreasePositionRequestRequest(key=key)).request
        assert (request.account, request.amount_in, request.block_height) == (ALICE, str(E18), world.chain.height)
        assert request.block_time == world.now
        assert world.events("create_increase_position")[0]["referral_code"] == "ref"

    def test_keys_are_of_account_and_number(self, world: World) -> None:
        keys = [world.run(ask()).key, world.run(ask()).key, world.run(ask(by=CARL)).key]
        assert len({*keys}) == 3
        assert lengths(world) == (0, 3, 0, 0)

    def test_errors_come_in_order(self, world: World) -> None:
        world.fails(ask(fee=FEE - 1, path=(), target="nobody"), InsufficientExecutionFee)
        world.fails(ask(path=(ETH, USDC), target="nobody"), SwapsDisabled)
        world.fails(ask(path=(), target="nobody"), InvalidPath)
        world.fails(ask(path=(ETH, ETH, ETH), target="nobody"), InvalidPath)
        world.fails(ask(target="nobody"), UnknownCallback)
        world.fails(ask(amount=10**40), InsufficientFunds)
        world.fails(
            pb.MsgCreateDecreasePosition(sender=ALICE, receiver=ALICE, index_token=ETH), InsufficientExecutionFee
        )


class TestExecuting:
    def test_an_unknown_key_is_done_already(self, world: World) -> None:
        assert world.run(execute("nothing")).executed
        assert world.run(execute_out("nothing")).executed
        assert world.run(cancel("nothing")).cancelled

    @pytest.mark.parametrize(
        ("stable", "acceptable", "is_accepted"),
        [("", 2_000, True), ("", 1_999, False), (USDC, 2_000, True), (USDC, 2_001, False)],
    )
    def test_an_increase_has_a_worst_price(self, world: World, stable: str, acceptable: int, is_accepted: bool) -> None:
        key = world.run(ask(5_000, 10**9 if stable else E18, stable=stable, price=acceptable)).key
        if is_accepted:
            assert world.run(execute(key)).executed
        else:
            world.fails(execute(key), Slippage)

    @pytest.mark.parametrize(
        ("stable", "acceptable", "is_accepted"),
        [("", 2_000, True), ("", 2_001, False), (USDC, 2_000, True), (USDC, 1_999, False)],
    )
    def test_a_decrease_has_a_worst_price(self, world: World, stable: str, acceptable: int, is_accepted: bool) -> None:
        world.run(increase(5_000, 10**9 if stable else E18, stable=stable))
        key = world.run(ask_out(5_000, stable=stable, price=acceptable)).key
        if is_accepted:
            assert world.run(execute_out(key)).executed
            assert world.position(ALICE, ETH, stable)[0] == 0
        else:
            world.fails(execute_out(key), Slippage)

    def test_a_decrease_pays_its_receiver_and_the_keeper(self, world: World) -> None:
        world.long(10_000, E18)
        key = world.run(ask_out(10_000, receiver=CARL)).key
        held = world.balance(CARL, ETH), world.balance(BOB, USDC_DENOM)
        world.run(execute_out(key))
        # 1,990 USD of collateral less the fee of 10 USD, at 2,000.
        assert world.balance(CARL, ETH) - held[0] == 990 * E18 // 1_000
        assert world.balance(BOB, USDC_DENOM) - held[1] == FEE

    def test_a_decrease_pays_no_less_than_its_min_out(self, world: World) -> None:
        """1,990 of collateral less the fee of 10: 1,980 USD at 2,000 are 0.99 ETH."""
        world.long(10_000, E18)
        at_least = 99 * E18 // 100
        key = world.run(ask_out(min_out=at_least + 1)).key
        world.fails(execute_out(key), Slippage)
        exact = world.run(ask_out(min_out=at_least)).key
        held = world.balance(ALICE, ETH)
        assert world.run(execute_out(exact)).executed
        assert world.balance(ALICE, ETH) == held + at_least

    def test_what_the_vault_refuses_stays_queued(self, world: World) -> None:
        key = world.run(ask_out(10_000)).key
        world.fails(execute_out(key), EmptyPosition)
        assert world.keeper.state.decrease_requests.has(world.chain.ctx, key)

    def test_the_owner_needs_leverage_switched_on(self, world: World) -> None:
        key = world.run(ask()).key
        world.set_params(router_is_leverage_enabled=False)
        world.fails(execute(key, ALICE), Delay, 179)
        world.fails(execute(key, ALICE), LeverageDisabled, 1)
        assert world.run(execute(key)).executed

    def test_the_vaults_own_switch_holds_for_keepers_too(self, world: World) -> None:
        key = world.run(ask()).key
        world.set_params(is_leverage_enabled=False)
        world.fails(execute(key), LeverageDisabled)


class TestBatches:
    def many(self, end: int, by: str = KEEPER, receiver: str = BOB) -> pb.MsgExecuteIncreasePositions:
        return pb.MsgExecuteIncreasePositions(sender=by, end_index=end, fee_receiver=receiver)

    def test_only_keepers_run_them(self, world: World) -> None:
        world.fails(self.many(9, ALICE), Forbidden)

    def test_good_ones_are_executed_and_bad_ones_paid_back(self, world: World) -> None:
        held = world.balance(CARL, ETH)
        good = world.run(ask()).key
        bad = world.run(ask(by=CARL, price=1)).key
        later = world.run(ask(by=DAVE)).key
        assert world.run(self.many(2)).start == 2
        assert [is_open(world, key) for key in (good, bad, later)] == [False, False, True]
        assert world.position()[0] == 10_000 * USD
        assert world.balance(CARL, ETH) == held
        assert lengths(world)[:2] == (2, 3)
        assert world.run(self.many(99)).start == 3
        assert world.position(DAVE)[0] == 10_000 * USD
        assert world.run(self.many(99)).start == 3

    def test_the_first_that_is_too_early_stops_it(self, world: World) -> None:
        world.set_params(min_block_delay_keeper=5)
        key = world.run(ask()).key
        assert world.run(self.many(9)).start == 0
        for _ in range(3):
            world.wait(0)
        assert world.run(self.many(9)).start == 1
        assert not is_open(world, key)

    def test_a_request_that_panics_is_paid_back_too(self) -> None:
        """Open interest of nearly 2^256 units and anything more is beyond the books; the queue moves on."""
        world = rich_world(10**70)
        world.role(pb.Role.ROLE_POSITION_KEEPER, KEEPER)
        world.buy(10**66)
        most = str(2**256 - 1)
        world.run(replace(increase(0, 3 * 10**61), size_delta=most))
        held = world.balance(CARL, ETH)
        world.run(replace(ask(0, 3 * 10**61, by=CARL), size_delta=most))
        world.run(ask(by=DAVE))
        assert world.run(self.many(9)).start == 2
        assert world.balance(CARL, ETH) == held
        assert world.position(CARL)[0] == 0

    def test_what_was_executed_or_cancelled_alone_is_passed(self, world: World) -> None:
        first, second = world.run(ask()).key, world.run(ask(by=CARL)).key
        world.run(execute(first))
        world.run(cancel(second))
        assert world.run(self.many(9)).start == 2

    def test_a_request_that_cannot_be_cancelled_stays_for_its_owner(self, world: World) -> None:
        key = world.run(ask(price=1)).key
        blocked = module_bech32("fee_collector")
        assert world.run(self.many(9, receiver=blocked)).start == 1
        assert is_open(world, key)
        world.fails(cancel(key, receiver=blocked), Unauthorized)
        assert world.run(cancel(key, ALICE), 180).cancelled

    def test_decreases_have_a_queue_of_their_own(self, world: World) -> None:
        world.long(10_000, E18)
        world.run(ask_out(4_000))
        world.run(ask_out(999_999))
        response = world.run(pb.MsgExecuteDecreasePositions(sender=KEEPER, end_index=9, fee_receiver=BOB))
        assert response.start == 2
        assert world.position()[0] == 6_000 * USD
        assert lengths(world) == (0, 0, 2, 2)

    def test_a_cancelled_decrease_pays_the_fee_out(self, world: World) -> None:
        world.long(10_000, E18)
        key = world.run(ask_out(4_000)).key
        held = world.balance(CARL, USDC_DENOM)
        world.run(pb.MsgCancelDecreasePosition(sender=KEEPER, key=key, fee_receiver=CARL))
        assert world.balance(CARL, USDC_DENOM) - held == FEE
        assert world.balance(ESCROW, USDC_DENOM) == 0


class Target:
    """A callback target that does what it is told."""

    def __init__(self, action: Callable[[Context], None] = lambda ctx: None) -> None:
        self.heard: list[tuple[str, bool, bool]] = []
        self.action = action

    def position_executed(self, ctx: Context, key: str, was_executed: bool, is_increase: bool) -> None:
        self.heard.append((key, was_executed, is_increase))
        self.action(ctx)


class TestCallbacks:
    def register(self, world: World, target: Target) -> None:
        world.chain.app.modules.keepers.perpvault_router.callbacks["watcher"] = target

    def test_a_target_hears_of_execution_and_cancellation(self, world: World) -> None:
        target = Target()
        self.register(world, target)
        first, second = world.run(ask(target="watcher")).key, world.run(ask(target="watcher")).key
        world.run(execute(first))
        assert world.events("callback") == [{"target": "watcher", "success": "true"}]
        world.run(cancel(second))
        third = world.run(ask_out(1_000, target="watcher")).key
        world.run(execute_out(third))
        assert target.heard == [(first, True, True), (second, False, True), (third, True, False)]

    def test_a_nested_call_fails_and_the_execution_stands(self, world: World) -> None:
        problems: list[type] = []

        def deposit(ctx: Context) -> None:
            try:
                world.keeper.direct_pool_deposit(ctx, ALICE, ETH, 1)
            except ReentrantCall as problem:
                problems.append(type(problem))
                raise

        self.register(world, Target(deposit))
        key = world.run(ask(target="watcher")).key
        world.run(execute(key))
        assert problems == [ReentrantCall]
        assert world.events("callback") == [{"target": "watcher", "success": "false"}]
        assert world.position()[0] == 10_000 * USD
        assert not world.keeper.lock.is_held

    @pytest.mark.parametrize("name", ["approve_router", "buy_usdg", "withdraw_fees"])
    def test_every_entry_is_locked(self, world: World, name: str) -> None:
        problems: list[type] = []
        calls: dict[str, Callable[[Context], object]] = {
            "approve_router": lambda ctx: world.keeper.approve_router(ctx, ALICE, BOB, True),
            "buy_usdg": lambda ctx: world.keeper.buy_usdg(ctx, ALICE, ETH, 1, ALICE),
            "withdraw_fees": lambda ctx: world.keeper.withdraw_fees(ctx, ETH, ALICE),
        }

        def call(ctx: Context) -> None:
            try:
                calls[name](ctx)
            except ReentrantCall as problem:
                problems.append(type(problem))

        self.register(world, Target(call))
        world.run(execute(world.run(ask(target="watcher")).key))
        assert problems == [ReentrantCall]
        assert world.events("callback") == [{"target": "watcher", "success": "true"}]

    def test_what_a_failing_target_wrote_is_dropped(self, world: World) -> None:
        def write_and_panic(ctx: Context) -> None:
            world.keeper.change(ctx, ETH, pool_amount=0)
            raise ChainPanic("no")

        self.register(world, Target(write_and_panic))
        world.run(execute(world.run(ask(target="watcher")).key))
        assert world.events("callback") == [{"target": "watcher", "success": "false"}]
        assert world.token().pool_amount > 0

    def test_a_target_that_is_gone_counts_as_failing(self, world: World) -> None:
        self.register(world, Target())
        key = world.run(ask(target="watcher")).key
        del world.chain.app.modules.keepers.perpvault_router.callbacks["watcher"]
        world.run(execute(key))
        assert world.events("callback") == [{"target": "watcher", "success": "false"}]


class TestDepositFee:
    @pytest.fixture
    def world(self) -> World:
        made = based(deposit_fee_bps=30)
        made.role(pb.Role.ROLE_POSITION_KEEPER, KEEPER)
        return made

    def added(self, world: World, size_usd: int, amount: int, stable: str = "") -> int:
        """What the queue keeps of a request's collateral."""
        token = stable or ETH
        before = world.token(token).router_fee_reserve
        world.run(execute(world.run(ask(size_usd, amount, stable=stable, fee=0)).key))
        return world.token(token).router_fee_reserve - before

    def test_a_new_position_is_free(self, world: World) -> None:
        assert self.added(world, 10_000, E18) == 0

    def test_a_deposit_to_a_long_pays(self, world: World) -> None:
        world.long(10_000, E18)
        assert self.added(world, 0, E18) == E18 * 30 // 10_000

    def test_a_size_that_keeps_the_leverage_is_free(self, world: World) -> None:
        world.long(10_000, E18)
        assert self.added(world, 10_000, E18) == 0

    def test_a_size_that_lowers_it_by_more_than_one_percent_pays(self, world: World) -> None:
        world.long(10_000, E18)
        assert self.added(world, 1_000, E18) == E18 * 30 // 10_000

    def test_shorts_are_free(self, world: World) -> None:
        world.short(9_000, 1_000 * E6, ALICE)
        assert self.added(world, 0, 1_000 * E6, USDC) == 0

    def test_governance_withdraws_it_with_the_fees(self, world: World) -> None:
        world.long(10_000, E18)
        kept = self.added(world, 0, E18)
        reserve, held = world.token().fee_reserve, world.balance(CARL, ETH)
        world.gov(pb.MsgWithdrawFees(authority=GOV_BECH32, token=ETH, receiver=CARL))
        assert world.balance(CARL, ETH) - held == reserve + kept
        assert (world.token().fee_reserve, world.token().router_fee_reserve) == (0, 0)
        assert world.balance(ESCROW, ETH) == 0


def test_requests_need_addresses(world: World) -> None:
    world.fails(execute("nothing", receiver=""), InvalidArgument)
    world.fails(decrease(1, receiver="dydx1nonsense"), InvalidArgument)
