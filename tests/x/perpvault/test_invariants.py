"""Random life of a vault on a whole chain: the design's invariants V1 to V11 after every step, every coin counted.

2,000 steps; `VAULTSIM_STEPS=50000 pytest tests/x/perpvault/test_invariants.py --timeout 0` runs as many as one likes.
Source: perp-vault §14.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.x.perpvault.test_manager_and_orders import order, order_out, run_order, run_order_out
from tests.x.perpvault.test_requests import ask, ask_out, cancel, execute, execute_out
from tests.x.perpvault.world import (
    ALICE,
    BOB,
    BTC,
    CARL,
    DAVE,
    DECIMALS_OF,
    ESCROW_ADDRESS,
    ETH,
    INTERVAL,
    OPERATOR,
    USD,
    USDC,
    VAULT,
    World,
    base_tokens,
    buy,
    decrease,
    increase,
    liquidate,
    sell,
    set_token,
    token_config,
)
from vaultsim.pb.runtime import Message, replace
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.perpvault.types import USDG, Position, Token

STEPS = int(os.environ.get("VAULTSIM_STEPS", "2000"))
STEPS_OF_EXAMPLE = 50
TRADERS = st.sampled_from([ALICE, BOB, CARL])
POOLED = st.sampled_from([ETH, BTC, USDC])
INDEXES = st.sampled_from([ETH, BTC])
SIDES = st.sampled_from(["", USDC])
SIZES = st.one_of(st.just(0), st.integers(1, 20_000), st.integers(1, 10_000).map(lambda cents: cents / 100))
PRICE_OF = {ETH: 2_000, BTC: 40_000, USDC: 1}
HUNDREDTHS = st.integers(0, 100)


COUNTED: Counter[str] = Counter()
"""Steps, and events by kind: a machine that only fails would prove nothing."""


def tokens_for(dollars: int, token: str, dust: int = 0) -> int:
    """About so many dollars' worth of a token at its first price, plus a few units."""
    return dollars * 10 ** DECIMALS_OF[token] // PRICE_OF[token] + dust


class Vault(RuleBasedStateMachine):
    """Whoever may do something does it, in any order, with amounts that fit and amounts that do not."""

    @initialize()
    def begin(self) -> None:
        eth = {"max_usdg_amount": 3_000_000 * 10**18}
        self.world = World(
            tokens=[*base_tokens(**eth), token_config(BTC)],
            stable_funding_rate_factor=3_000,
            funding_rate_factor=2_000,
            deposit_fee_bps=30,
            min_execution_fee=10,
            in_legacy_mode=True,
            is_swap_enabled=True,
        )
        for role in (pb.Role.ROLE_POSITION_KEEPER, pb.Role.ROLE_ORDER_KEEPER):
            self.world.role(role, OPERATOR)
        self.minted = 0
        self.dust: dict[str, int] = defaultdict(int)
        self.rates: dict[str, tuple[int, int]] = {}
        self.price_of: dict[str, int] = {token: PRICE_OF[token] * 100 for token in (ETH, BTC)}
        self.supplies = self.supply()
        self.deal(buy(tokens_for(200_000, ETH)))
        self.deal(buy(tokens_for(200_000, BTC), BTC))
        self.deal(buy(tokens_for(200_000, USDC), USDC))
        for by, size, token, stable in (
            (ALICE, 20_000, ETH, ""),
            (BOB, 15_000, ETH, USDC),
            (CARL, 30_000, BTC, ""),
            (ALICE, 25_000, BTC, USDC),
        ):
            self.change(increase(size, tokens_for(1_000, stable or token), by, token, stable))
        assert len(self.positions()) == 4

    # --- helpers ---------------------------------------------------------------------------------------------------

    def supply(self) -> dict[str, int]:
        state = self.world.chain.app.modules.keepers.bank.state
        return dict(state.supply.items(self.world.chain.ctx))

    def send(self, message: Message, seconds: int = 0) -> Any:
        """Sends a message; of one that fails nothing is left (V10). Returns its response, or None."""
        before = self.world.state()
        result = self.world.send(message, seconds)
        assert result.codespace in ("", "perpvault", "sdk"), result
        if result.code:
            if not seconds:
                assert self.world.state() == before, message
            return None
        COUNTED.update({event.type for event in result.events})
        return result

    def deal(self, message: pb.MsgBuyUsdg | pb.MsgSellUsdg) -> None:
        """Buys or sells USDG and keeps the count of what was minted (V6) and of its cap (V9)."""
        if self.send(message) is None:
            return
        if isinstance(message, pb.MsgBuyUsdg):
            self.minted += int(self.world.events("buy_usdg")[0]["usdg_amount"])
            token = self.world.token(message.token)
            assert not token.max_usdg_amount or token.usdg_amount <= token.max_usdg_amount
        else:
            self.minted -= int(message.amount)

    def change(self, message: Message, seconds: int = 0) -> None:
        """Sends a message that may change positions; caps hold after an increase (V2)."""
        if self.send(message, seconds) is None:
            return
        for event in self.world.events("increase_position"):
            token = self.world.token(event["index"])
            is_long = event["is_long"] == "true"
            cap = token.max_long_open_interest if is_long else token.max_short_open_interest
            assert event["size_delta"] == "0" or not cap or token.open_interest(is_long) <= cap
        for event in self.world.events("decrease_position"):
            # The profit of a short is booked rounded down and paid together with its collateral: up to a unit more.
            self.dust[event["collateral"]] += event["is_long"] == "false"

    def positions(self) -> list[Position]:
        return list(self.world.keeper.state.positions.values(self.world.chain.ctx))

    def tokens(self) -> list[Token]:
        return list(self.world.keeper.state.tokens.values(self.world.chain.ctx))

    def chosen(self, number: int) -> Position | None:
        found = self.positions()
        return found[number % len(found)] if found else None

    # --- what may happen -------------------------------------------------------------------------------------------

    @rule(moves=st.lists(st.tuples(st.integers(0, 5), POOLED, POOLED, HUNDREDTHS, st.integers(0, 9)), max_size=2))
    def liquidity_moves(self, moves: list[tuple[int, str, str, int, int]]) -> None:
        for what, token, other, part, dust in moves:
            amount = tokens_for(part * 1_000, token, dust)
            if what < 2:
                self.deal(buy(amount, token))
            elif what < 4:
                self.deal(sell(self.world.balance(DAVE, USDG) * part // 400 + dust, token))
            elif what == 4:
                self.send(pb.MsgDirectPoolDeposit(sender=BOB, token=token, amount=str(amount // 10)))
            else:
                swap = pb.MsgSwap(sender=BOB, token_in=token, token_out=other, amount=str(amount // 10), receiver=ALICE)
                self.send(swap)

    @rule(trades=st.lists(st.tuples(TRADERS, INDEXES, SIDES, SIZES, st.integers(0, 800)), min_size=1, max_size=3))
    def positions_grow(self, trades: list[tuple[str, str, str, float, int]]) -> None:
        for by, index, stable, size, dollars in trades:
            self.change(increase(size, tokens_for(dollars, stable or index, dollars % 7), by, index, stable))

    @rule(
        trades=st.lists(
            st.tuples(st.integers(0, 20), HUNDREDTHS, HUNDREDTHS, st.integers(0, 10**24)), min_size=1, max_size=3
        )
    )
    def positions_shrink(self, trades: list[tuple[int, int, int, int]]) -> None:
        """Parts of positions, odd parts of dollars, now and then a whole position."""
        for number, size, collateral, odd in trades:
            position = self.chosen(number)
            if position is None:
                return
            message = decrease(0, 0, position.account, position.index_token, "" if position.is_long else USDC)
            taken = position.collateral * collateral // 200 + odd if collateral % 2 else 0
            size_delta = position.size * min(size, 80) // 80
            self.change(replace(message, size_delta=str(size_delta), collateral_delta=str(taken)))

    @rule(by=TRADERS, index=INDEXES, stable=SIDES, all_of_them=st.booleans())
    def positions_are_liquidated(self, by: str, index: str, stable: str, all_of_them: bool) -> None:
        if not all_of_them:
            self.change(liquidate(by, index, stable, sender=DAVE, fee_receiver=DAVE))
            return
        found = self.world.query("LiquidatablePositions", pb.QueryLiquidatablePositionsRequest()).positions
        for one in found:
            at = one.position
            self.change(liquidate(at.account, at.index_token, "" if at.is_long else USDC))

    @rule(steps=st.lists(st.tuples(TRADERS, SIDES, st.integers(0, 9_999), st.integers(0, 9)), min_size=1, max_size=3))
    def the_queue_moves(self, steps: list[tuple[str, str, int, int]]) -> None:
        """Requests are made, and executed or cancelled one by one or in order, by keepers and by their owners."""
        for by, stable, size, what in steps:
            if what < 2:
                limit = self.price_of[ETH] // 100 + (-3 if stable else 3) * (size % 4 - 1)
                self.send(ask(size, tokens_for(size // 8, stable or ETH), by=by, stable=stable, price=limit, fee=10))
            elif what < 4:
                self.send(ask_out(size, by=by, stable=stable, price=self.price_of[ETH] // 100 + size % 5 - 2))
            elif what < 8:
                self.a_request_is_answered(size, by if size % 3 == 0 else OPERATOR, what)
            else:
                cls = pb.MsgExecuteIncreasePositions if what % 2 else pb.MsgExecuteDecreasePositions
                self.change(cls(sender=OPERATOR, end_index=size % 40, fee_receiver=DAVE))

    def a_request_is_answered(self, number: int, by: str, what: int) -> None:
        state, ctx = self.world.keeper.state, self.world.chain.ctx
        rows = state.increase_requests if what % 2 else state.decrease_requests
        keys = list(rows.keys(ctx))
        key = keys[number % len(keys)] if keys else "nothing"
        if number % 4:
            self.change(execute(key, by) if what % 2 else execute_out(key, by))
        elif what % 2:
            self.change(cancel(key, by))
        else:
            self.change(pb.MsgCancelDecreasePosition(sender=by, key=key, fee_receiver=DAVE))

    @rule(steps=st.lists(st.tuples(TRADERS, SIDES, st.integers(0, 9_999), st.integers(0, 9)), min_size=1, max_size=3))
    def the_order_book_moves(self, steps: list[tuple[str, str, int, int]]) -> None:
        for by, stable, size, what in steps:
            above = size % 2 == 1
            trigger = self.price_of[ETH] // 100 + (-10 if above else 10)
            if what < 2:
                amount = tokens_for(size // 8, stable or ETH)
                self.send(order(size, amount, trigger, by=by, stable=stable, above=above, fee=10))
            elif what < 4:
                self.send(order_out(size, trigger, by=by, stable=stable, above=above, fee=10))
            elif what < 6:
                self.change(run_order(size % 3, by))
            elif what < 8:
                self.change(run_order_out(size % 3, by))
            elif what == 8:
                self.send(pb.MsgCancelIncreaseOrder(sender=by, index=size % 3))
            else:
                self.send(pb.MsgCancelMultiple(sender=by, decrease_order_indexes=(size % 3,)))

    @rule(token=INDEXES, percent=st.integers(-15, 15), seconds=st.integers(0, 400))
    def the_price_moves(self, token: str, percent: int, seconds: int) -> None:
        self.price_of[token] = max(self.price_of[token] * (100 + percent) // 100, 100)
        cents = self.price_of[token]
        if percent:
            self.world.price(seconds, **{token: f"{cents // 100}.{cents % 100:02d}"})

    @rule(intervals=st.integers(1, 300))
    def funding_is_due(self, intervals: int) -> None:
        self.world.wait(intervals * INTERVAL // 10)

    @rule(what=st.integers(0, 4), token=POOLED, number=st.integers(0, 80_000))
    def governance_acts(self, what: int, token: str, number: int) -> None:
        gov = {"authority": GOV_BECH32}
        if what == 0:
            self.list(ETH, max_long_open_interest=number * USD, max_short_open_interest=number * USD)
        elif what == 1:
            self.world.gov(pb.MsgWithdrawFees(**gov, token=token, receiver=DAVE))
        elif what == 2:
            message = pb.MsgUpgradeVault(**gov, new_vault=DAVE, token=token, amount=str(number + 1))
            self.world.chain.block(0, gov=[message])
        elif what == 3:
            self.world.set_params(
                has_dynamic_fees=number % 2 == 0, margin_fee_bps=number % 51, min_profit_time=number % 3 * 300
            )
        elif self.world.gov_problem(pb.MsgClearTokenConfig(**gov, token=token)) is None:
            self.world.gov(pb.MsgClearTokenConfig(**gov, token=token))
            self.list(token)

    def list(self, token: str, **fields: Any) -> None:
        self.world.gov(set_token(token, **fields))

    @precondition(lambda self: self.world.chain.height % 10 == 0)
    @rule()
    def the_chain_is_exported_and_imported(self) -> None:
        document, rows = self.world.export(), self.world.chain.rows()
        self.world = World(document)
        assert self.world.chain.rows() == rows

    # --- what must hold --------------------------------------------------------------------------------------------

    @invariant()
    def the_positions_add_up_to_the_books(self) -> None:
        """V1, V3, V4, V8."""
        if not hasattr(self, "world"):
            return
        sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for one in self.positions():
            assert one.size > 0
            assert one.size >= one.collateral
            sums[one.index_token]["long" if one.is_long else "short"] += one.size
            sums[one.collateral_token]["reserved"] += one.reserve_amount
            if one.is_long:
                sums[one.collateral_token]["guaranteed"] += one.size - one.collateral
        for token in self.tokens():
            found = sums[token.token]
            assert token.long_open_interest == found["long"]
            assert token.short_open_interest == token.global_short_size == found["short"]
            assert token.reserved_amount == found["reserved"] <= token.pool_amount
            assert token.guaranteed_usd == found["guaranteed"]

    @invariant()
    def the_vault_holds_what_its_books_say(self) -> None:
        """V5: to the unit for what backs longs, within the rounding of each short's close for stable tokens."""
        if not hasattr(self, "world"):
            return
        bank, ctx = self.world.chain.app.modules.keepers.bank, self.world.chain.ctx
        shorts: dict[str, int] = defaultdict(int)
        for one in self.positions():
            shorts[one.collateral_token] += 0 if one.is_long else one.collateral
        for token in self.tokens():
            held = bank.balance(ctx, VAULT, token.token)
            assert token.token_balance == held
            collateral = shorts[token.token] * 10**token.decimals // USD
            owed = token.pool_amount + token.fee_reserve + collateral
            assert held + token.upgraded_out + self.dust[token.token] >= owed, (token, self.dust)

    @invariant()
    def every_coin_is_somewhere(self) -> None:
        """V6, and conservation: balances add up to supplies, and only USDG is made and destroyed."""
        if not hasattr(self, "world"):
            return
        held: dict[str, int] = defaultdict(int)
        for (_, denom), amount in self.world.chain.app.modules.keepers.bank.state.balances.items(self.world.chain.ctx):
            held[denom] += amount
        expected = {**self.supplies, USDG: self.minted} if self.minted else self.supplies
        assert self.supply() == dict(held) == expected

    @invariant()
    def the_escrow_holds_what_waits(self) -> None:
        if not hasattr(self, "world"):
            return
        state, ctx = self.world.keeper.state, self.world.chain.ctx
        waiting: dict[str, int] = defaultdict(int)
        for request in state.increase_requests.values(ctx):
            waiting[request.path[0]] += request.amount_in
            waiting[request.execution_fee_denom] += request.execution_fee
        for placed in state.increase_orders.values(ctx):
            waiting[placed.purchase_token] += placed.purchase_token_amount
            waiting[placed.execution_fee_denom] += placed.execution_fee
        for other in (*state.decrease_requests.values(ctx), *state.decrease_orders.values(ctx)):
            waiting[other.execution_fee_denom] += other.execution_fee
        for token in self.tokens():
            waiting[token.token] += token.router_fee_reserve
        bank = self.world.chain.app.modules.keepers.bank
        assert dict(bank.balances(ctx, ESCROW_ADDRESS)) == {
            denom: amount for denom, amount in waiting.items() if amount
        }

    @invariant()
    def accumulators_never_fall_and_the_lock_is_clear(self) -> None:
        """V7, V11."""
        if not hasattr(self, "world"):
            return
        COUNTED["steps"] += 1
        for token in self.tokens():
            now = (token.cumulative_funding_rate_long, token.cumulative_funding_rate_short)
            before = self.rates.get(token.token, (0, 0))
            assert now[0] >= before[0]
            assert now[1] >= before[1]
            self.rates[token.token] = now
        assert not self.world.keeper.lock.is_held

    @invariant()
    def the_pool_can_be_valued(self) -> None:
        if hasattr(self, "world"):
            keeper, ctx = self.world.keeper, self.world.chain.ctx
            assert min(keeper.aum(ctx, False), keeper.aum(ctx, True)) >= 0


SETTINGS = settings(
    max_examples=max(STEPS * 3 // STEPS_OF_EXAMPLE // 2, 1),
    stateful_step_count=STEPS_OF_EXAMPLE,
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
WELL_TROD = (
    "buy_usdg",
    "increase_position",
    "decrease_position",
    "close_position",
    "create_increase_position",
    "create_decrease_order",
)
LONG = 20_000
TROD = ("sell_usdg", "swap", "liquidate_position", "execute_increase_position", "execute_increase_order")


def test_the_invariants_hold_through_thousands_of_steps() -> None:
    COUNTED.clear()
    run_state_machine_as_test(Vault, settings=SETTINGS)
    assert COUNTED["steps"] >= STEPS
    assert [kind for kind in WELL_TROD if not COUNTED[kind]] == []
    if STEPS >= LONG:
        # What takes several steps to come about may be missing from a short run.
        assert [kind for kind in TROD if not COUNTED[kind]] == []
