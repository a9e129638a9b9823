"""The invariants of the passive market maker's vault (mm-vault §9) over the real chain: random deposits, withdrawals,
trades, prices, governance, donations, pauses, and exports taken up again.

Each step compares the chain with a naive model: what a deposit mints and a withdrawal releases, what the vault's margin
must be after its fills, and which quotes may stand. In CI 3,000 steps; more with
`VAULTSIM_STEPS=50000 pytest tests/scenarios/test_mmvault_machine.py`.
"""

from __future__ import annotations

import os
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.conformance.world import subaccount, vault_owner
from tests.x.mmvault.scene import (
    ALICE,
    BOB,
    BUY,
    CARL,
    DAVE,
    GOV,
    IOC,
    NAME_OF,
    SELL,
    VAULT,
    Market,
    Scene,
    genesis,
    micro,
    pair_params,
    params_of,
    vault,
)
from vaultsim.errors import ChainError
from vaultsim.node.chain import BlockOutcome
from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder, Order, OrderId
from vaultsim.pb.dydxprotocol.sending import MsgCreateTransfer, Transfer
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.mmvault.v1 import (
    MsgAddLiquidity,
    MsgRefreshQuotes,
    MsgRemoveLiquidity,
    MsgUpdateParams,
)
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.mmvault.params import DEFAULT_PARAMS, params_to_wire, updated
from vaultsim.x.subaccounts.types import usdc_balance

STEPS = int(os.environ.get("VAULTSIM_STEPS", "3000"))
STEPS_A_CHAIN = 50
VIRTUAL = 1_000_000
OWNERS = (ALICE, BOB, CARL)
WHO = st.sampled_from(OWNERS)
MARKETS = (
    Market(oracle="1000", half_spread="0.01", cap="400", weight=2, min_order="5"),
    Market(oracle="20", half_spread="0.004", tick="0.01", cap="3000", weight=1, imr="0.05", tick_multiple=2),
    Market(oracle="3", half_spread="0.02", tick="0.001", cap="100000", weight=1, is_quoted=False),
)
AMOUNTS = st.one_of(
    st.integers(1, 10**12), st.integers(1, 3), st.sampled_from([2**63, 2**64, 10**30]), st.integers(10**6, 10**10)
)
PAIRS = st.sampled_from([0, 1])
SIDES = st.sampled_from([BUY, SELL])


class Vault(RuleBasedStateMachine):
    """A chain with a MegaVault vault in pair 0 and traders; `margin` and `positions` are the model's."""

    @initialize(fee_ppm=st.sampled_from([0, 1_000]), basis=st.sampled_from(["AVAILABLE", "TOTAL"]))
    def begin(self, fee_ppm: int, basis: str) -> None:
        scene = Scene(
            markets=MARKETS,
            margins={ALICE: 500_000, BOB: 500_000, CARL: 500_000, DAVE: 100_000_000},
            subaccounts=[subaccount(vault_owner(0), micro(20_000))],
            cooldown=20,
            max_unlocks=3,
            basis=f"MARGIN_BASIS_{basis}",
            taker_fee_ppm=fee_ppm,
            maker_fee_ppm=-110 if fee_ppm else 0,
        )
        made = genesis(scene)
        made["app_state"]["vault"]["vaults"] = [
            {
                "vault_id": {"type": "VAULT_TYPE_CLOB", "number": 0},
                "vault_params": {"status": "VAULT_STATUS_QUOTING"},
                "most_recent_client_ids": [],
            }
        ]
        self.chain = LocalChain(made, checked=True)
        self.params = updated(DEFAULT_PARAMS, params_of(scene))
        self.markets = {0: MARKETS[0], 1: MARKETS[1]}
        self.margin = Fraction(0)
        self.costs: dict[int, tuple[int, Fraction]] = {}
        self.rounding = 0
        self.client_id = 0
        self.cooldown_was_changed = False
        self.coins = self.all_coins()
        self.chain.block()
        self.look(self.chain.outcomes[-1])
        self.add(ALICE, 10**11, "")

    # --- the chain's own view ------------------------------------------------------------------------------------

    @property
    def keeper(self) -> Any:
        return self.chain.app.modules.keepers.mmvault

    def all_coins(self) -> dict[str, int]:
        """Coins of all accounts by denomination."""
        totals: dict[str, int] = {}
        for (_, denom), amount in self.chain.app.modules.keepers.bank.state.balances.items(self.chain.ctx):
            totals[denom] = totals.get(denom, 0) + amount
        return totals

    def usdc(self, owner: str, number: int = 0) -> int:
        found = self.chain.app.modules.subaccounts.get(self.chain.ctx, SubaccountId(owner=owner, number=number))
        return usdc_balance(found)

    def margins(self) -> int:
        """USDC of the people, the vault and what unlocks."""
        return sum(self.usdc(owner) for owner in (*OWNERS, DAVE)) + self.usdc(VAULT) + self.usdc(VAULT, 1)

    def all_shares(self) -> dict[str, int]:
        return dict(self.keeper.state.shares.items(self.chain.ctx))

    def queues(self) -> dict[str, list[tuple[int, int]]]:
        rows = self.keeper.state.unlocks.items(self.chain.ctx)
        return {owner: [(int(one.amount), one.end_time) for one in queue.unlocks] for owner, queue in rows}

    def price(self, pair: int) -> int:
        return int(self.chain.app.modules.prices.market_price(self.chain.ctx, pair).price)

    # --- doing ---------------------------------------------------------------------------------------------------

    def deliver(self, message: Message, owner: str) -> Any:
        """Executes it alone in a block; returns the result after all checks."""
        result = self.chain.deliver(message, by=NAME_OF[owner])
        self.look(self.chain.outcomes[-1])
        return result

    def next_id(self) -> int:
        self.client_id += 1
        return self.client_id

    @rule(owner=WHO, amount=AMOUNTS, least=st.sampled_from(["", "exact", "more"]))
    def add(self, owner: str, amount: int, least: str) -> None:
        now, supply = vault(self.chain), self.keeper.share_supply(self.chain.ctx)
        effective = int(now.equity) + VIRTUAL
        minted = (supply + VIRTUAL) * amount // effective if effective > 0 else 0
        minimum = minted + (least == "more") if least else ""
        free = self.keeper.free_collateral(self.chain.ctx, SubaccountId(owner=owner, number=0))
        code = self.expected_add_code(amount, free, effective, minted, minimum)
        message = MsgAddLiquidity(
            subaccount_id=SubaccountId(owner=owner, number=0), amount=str(amount), min_shares_to_mint=str(minimum)
        )
        self.check_price_never_falls(message)
        before, money, paid = self.all_shares(), self.margins(), self.usdc(owner)
        released = self.due(owner, 1)
        if code == 0:
            self.margin += amount
        assert self.deliver(message, owner).code == code
        assert self.margins() == money
        if code == 0:
            before[owner] = before.get(owner, 0) + minted
            paid -= amount
        assert self.all_shares() == before
        assert self.usdc(owner) == paid + released

    def expected_add_code(self, amount: int, free: int, effective: int, minted: int, minimum: int | str) -> int:
        if not self.params.trading_enabled:
            return 13
        if free < amount:
            return 4
        cap = self.params.vault_deposit_cap
        if cap and self.keeper.vault_margin(self.chain.ctx) + amount > cap:
            return 6
        if effective <= 0:
            return 7
        if minted < 1:
            return 8
        return 10 if minimum != "" and minted < int(minimum) else 0

    @rule(owner=WHO, part=st.integers(0, 110), exact=st.booleans())
    def remove(self, owner: str, part: int, exact: bool) -> None:
        owned = self.all_shares().get(owner, 0)
        shares = owned if exact else owned * part // 100 + 1
        if shares == 0:
            return
        now, supply = vault(self.chain), self.keeper.share_supply(self.chain.ctx)
        effective = int(now.equity) + VIRTUAL
        amount = effective * shares // (supply + VIRTUAL)
        if shares == supply and not self.costs:
            amount = min(amount, int(now.equity))
        queue = self.queues().get(owner, [])
        code = 0
        if owned < shares:
            code = 5
        elif len(queue) >= self.params.max_unlocks:
            code = 11
        elif effective <= 0:
            code = 7
        elif amount < 1:
            code = 9
        elif amount > int(now.available_margin):
            code = 12
        message = MsgRemoveLiquidity(subaccount_id=SubaccountId(owner=owner, number=0), shares_to_burn=str(shares))
        self.check_price_never_falls(message)
        before, money, held = self.all_shares(), self.margins(), self.usdc(owner)
        released = self.due(owner, 1)
        if code == 0:
            self.margin -= amount
        assert self.deliver(message, owner).code == code
        assert self.margins() == money
        if code == 0:
            before[owner] -= shares
            end = self.chain.app.time_ns // 10**9 + self.params.vault_cooldown_period_seconds
            assert (amount, end) in self.queues()[owner]
        assert self.all_shares() == {one: count for one, count in before.items() if count}
        assert self.usdc(owner) == held + released

    def due(self, owner: str, seconds: int) -> int:
        """What an owner's unlocks pay in a block so much later; a withdrawal in it is not due yet."""
        time, total = self.chain.app.time_ns // 10**9 + seconds, 0
        for amount, end in self.queues().get(owner, []):
            if end > time:
                break
            total += amount
        return total

    def check_price_never_falls(self, message: Message) -> None:
        """I3 and I4 on a branch: the price of a share, and what comes back of a deposit at once."""
        ctx = self.chain.ctx

        def price() -> Fraction | None:
            equity, supply = self.keeper.vault_risk(ctx).nc, self.keeper.share_supply(ctx)
            return Fraction(equity + VIRTUAL, supply + VIRTUAL) if equity + VIRTUAL > 0 else None

        before = price()
        branch = ctx.branched()
        try:
            answer = self.chain.app.modules.router.execute(branch, message)
        except ChainError:
            return
        ctx.merge(branch)
        after = price()
        assert before is not None
        assert after is not None
        assert after >= before
        if isinstance(message, MsgAddLiquidity):
            burn = MsgRemoveLiquidity(
                subaccount_id=message.subaccount_id,
                shares_to_burn=answer.shares_minted,  # type: ignore[attr-defined]
            )
            try:
                back = self.chain.app.modules.router.execute(ctx, burn)
            except ChainError:
                return
            assert int(back.amount) <= int(message.amount)  # type: ignore[attr-defined]

    @rule(pair=PAIRS, side=SIDES)
    def take_all(self, pair: int, side: int) -> None:
        """Dave takes all that the vault offers on a side."""
        self.take(pair, side, 100)

    @rule(pair=PAIRS, side=SIDES, part=st.integers(1, 200))
    def take(self, pair: int, side: int, part: int) -> None:
        """Dave takes a part of what the vault offers, and whatever is better."""
        quotes = self.quotes(pair)
        opposite = SELL if side == BUY else BUY
        if opposite not in quotes:
            return
        order = quotes[opposite]
        taker = Order(
            order_id=OrderId(
                subaccount_id=SubaccountId(owner=DAVE, number=0), client_id=self.next_id(), clob_pair_id=pair
            ),
            side=side,
            quantums=max(order.quantums * part // 100, 1),
            subticks=order.subticks,
            good_til_block=self.chain.height + 5,
            time_in_force=IOC,
        )
        self.chain.submit(MsgPlaceOrder(order=taker), by="dave")
        self.look(self.chain.block())

    @rule(owner=WHO, pair=PAIRS, side=SIDES, away_ppm=st.integers(-15_000, 15_000), coins=st.integers(1, 5))
    def rest(self, owner: str, pair: int, side: int, away_ppm: int, coins: int) -> None:
        """A user's long-term order near the oracle price: it clamps the vault's quotes or takes them."""
        tick = micro(self.markets[pair].tick)
        order = Order(
            order_id=OrderId(
                subaccount_id=SubaccountId(owner=owner, number=0),
                client_id=self.next_id(),
                order_flags=64,
                clob_pair_id=pair,
            ),
            side=side,
            quantums=micro(coins),
            subticks=max(self.price(pair) * (10**6 + away_ppm) // 10**6 // tick, 1) * tick,
            good_til_block_time=self.chain.app.time_ns // 10**9 + 40,
        )
        self.deliver(MsgPlaceOrder(order=order), owner)

    @rule(
        pair=PAIRS,
        change_ppm=st.one_of(
            st.integers(-60_000, 60_000), st.sampled_from([-400_000, -150_000, 150_000, 500_000, 2_000_000])
        ),
    )
    def move_price(self, pair: int, change_ppm: int) -> None:
        price = max(self.price(pair) * (10**6 + change_ppm) // 10**6, 10**5)
        self.look(self.chain.block(prices={pair: price}))

    @rule(seconds=st.sampled_from([1, 1, 5, 20, 40, 400]))
    def wait(self, seconds: int) -> None:
        due = {owner: self.usdc(owner) + self.due(owner, seconds) for owner in OWNERS}
        outcome = self.chain.block(seconds)
        self.look(outcome)
        if not fills(outcome):
            assert {owner: self.usdc(owner) for owner in OWNERS} == due

    @rule(amount=st.integers(1, 10**10))
    def donate(self, amount: int) -> None:
        owner = SubaccountId(owner=DAVE, number=0)
        made = Transfer(sender=owner, recipient=SubaccountId(owner=VAULT, number=0), asset_id=0, amount=amount)
        before = self.usdc(VAULT)
        result = self.chain.deliver(MsgCreateTransfer(transfer=made), by="dave")
        # Right after a long pause between blocks the chain holds users' transfers up.
        assert (self.usdc(VAULT) == before + amount) == (result.code == 0)
        self.margin += amount if result.code == 0 else 0
        self.look(self.chain.outcomes[-1])

    @rule(
        enabled=st.sampled_from([True] * 7 + [False]),
        basis=st.sampled_from([1, 2]),
        share=st.sampled_from([0, 500_000, 1_000_000]),
        cooldown=st.sampled_from([20, 20, 5]),
        cap=st.sampled_from([0, 0, 10**11]),
        multiple=st.integers(1, 3),
        weight=st.integers(0, 2),
        dropped=st.sampled_from([None, None, 0, 1]),
    )
    def govern(
        self, enabled: bool, basis: int, share: int, cooldown: int, cap: int, multiple: int, weight: int, dropped: Any
    ) -> None:
        self.cooldown_was_changed |= cooldown != self.params.vault_cooldown_period_seconds
        self.params = self.params._replace(
            trading_enabled=enabled,
            margin_basis=basis,
            vault_fee_share_ppm=share,
            vault_cooldown_period_seconds=cooldown,
            vault_deposit_cap=cap,
        )
        changed = {0: replace_market(MARKETS[0], weight=weight), 1: replace_market(MARKETS[1], tick_multiple=multiple)}
        self.markets = {pair: market for pair, market in changed.items() if pair != dropped} or changed
        pairs = tuple(pair_params(pair, market) for pair, market in self.markets.items())
        self.look(
            self.chain.block(gov=[MsgUpdateParams(authority=GOV, params=params_to_wire(self.params), pairs=pairs)])
        )
        assert self.keeper.params(self.chain.ctx) == self.params
        self.markets = {**changed, **self.markets}

    @rule()
    def refresh_by_hand(self) -> None:
        self.look(self.chain.block(gov=[MsgRefreshQuotes(authority=GOV)]))

    @precondition(lambda self: self.chain.height % 7 == 0)
    @rule()
    def export_and_go_on(self) -> None:
        """The exported chain is the same chain, and exports the same again."""
        exported = self.chain.export()
        again = LocalChain(exported, checked=True)
        assert again.rows() == self.chain.rows()
        assert again.export() == exported
        self.chain = again

    # --- what must hold ------------------------------------------------------------------------------------------

    def quotes(self, pair: int) -> dict[int, Order]:
        """The vault's orders in a pair by side, at most one each."""
        found: dict[int, Order] = {}
        for order in self.chain.app.modules.clob.all_placed_orders(self.chain.ctx):
            if order.order_id.subaccount_id.owner == VAULT and order.order_id.clob_pair_id == pair:
                assert order.side not in found
                found[order.side] = order
        return found

    def look(self, outcome: BlockOutcome) -> None:
        """Every invariant, after each block."""
        self.follow_fills(outcome)
        shares = self.all_shares()
        assert sum(shares.values()) == self.keeper.share_supply(self.chain.ctx)
        assert min(shares.values(), default=1) > 0
        queues = self.queues()
        assert sum(amount for queue in queues.values() for amount, _ in queue) == self.usdc(VAULT, 1)
        for queue in queues.values():
            ends = [end for _, end in queue]
            assert self.cooldown_was_changed or ends == sorted(ends)
            assert queue[0][1] > self.chain.app.time_ns // 10**9
        assert self.all_coins() == self.coins
        assert abs(self.keeper.vault_margin(self.chain.ctx) - self.margin) <= self.rounding
        self.check_equity()
        for pair in (0, 1, 2):
            self.check_quotes(pair)

    def follow_fills(self, outcome: BlockOutcome) -> None:
        """The model's margin and average costs, exact: gains are realised on what closes."""
        for event in fills(outcome):
            fee = int(event["taker_order_fee_quote_quantums"]) + int(event["maker_order_fee_quote_quantums"])
            if fee > 0:
                self.margin += fee * self.fee_share(outcome) // 10**6
            assert event["taker_subaccount"] != VAULT
            if event["maker_subaccount"] != VAULT:
                continue
            assert event["maker_order_fee_quote_quantums"] == "0"
            assert (event["is_liquidation"], event["is_deleverage"]) != ("true", "true")
            pair = int(event["perpetual_id"])
            base = int(event["maker_perpetual_quantums_delta_base_quantums"])
            quote = int(event["maker_quote_balance_delta_quote_quantums"])
            size, cost = self.costs.pop(pair, (0, Fraction(0)))
            closed = min(abs(base), abs(size)) if size * base < 0 else 0
            left = size + base
            if closed:
                self.rounding += 1
                sign = 1 if size > 0 else -1
                self.margin += Fraction(abs(quote) * closed, abs(base)) * sign - cost * closed / abs(size)
                cost = cost * (abs(size) - closed) / abs(size)
            opened = abs(base) - closed
            cost += Fraction(abs(quote) * opened, abs(base)) * (1 if base > 0 else -1)
            if left:
                self.costs[pair] = (left, cost)

    def fee_share(self, outcome: BlockOutcome) -> int:
        """The share that was in force for a block's fills: proposals pass after them."""
        share = self.params.vault_fee_share_ppm if not outcome.proposals else self.share_before
        return share

    def check_equity(self) -> None:
        """F6 with prices of the chain and costs of the model; no funding is due in these chains."""
        now = vault(self.chain)
        gains = sum((size * self.price(pair) / Fraction(10**6)) - cost for pair, (size, cost) in self.costs.items())
        assert abs(int(now.equity) - (self.margin + gains)) <= self.rounding + len(self.costs)
        self.share_before = self.params.vault_fee_share_ppm

    def check_quotes(self, pair: int) -> None:
        """I5."""
        quotes = self.quotes(pair)
        configured = {one.clob_pair_id: one for one in self.keeper.state.pairs.values(self.chain.ctx)}.get(pair)
        if configured is None or not self.params.trading_enabled or configured.vault_liquidity_weight == 0:
            assert quotes == {}
            return
        others = [
            order
            for order in self.chain.app.modules.clob.all_placed_orders(self.chain.ctx)
            if order.order_id.clob_pair_id == pair and order.order_id.subaccount_id.owner != VAULT
        ]
        best_bid = max((one.subticks for one in others if one.side == BUY), default=0)
        best_ask = min((one.subticks for one in others if one.side == SELL), default=2**64)
        best = self.chain.app.modules.clob.best_stateful_prices(self.chain.ctx, VAULT).get(pair, (None, None))
        assert (best[0] or 0, best[1] or 2**64) == (best_bid, best_ask)
        grid = micro(self.markets[pair].tick)
        for side, order in quotes.items():
            assert order.quantums <= configured.vault_max_quote_size
            assert order.subticks * order.quantums // 10**6 >= configured.min_order_size
            assert order.subticks % grid == 0
            on_grid = (best_ask if side == BUY else best_bid) % (grid * configured.tick_multiple) == 0
            assert order.subticks % (grid * configured.tick_multiple) == 0 or not on_grid
            assert order.subticks < best_ask if side == BUY else order.subticks > best_bid
        if len(quotes) == 2:
            assert quotes[BUY].subticks < quotes[SELL].subticks


def replace_market(market: Market, **fields: Any) -> Market:
    return Market(**{**{name: getattr(market, name) for name in Market.__struct_fields__}, **fields})


def fills(outcome: BlockOutcome) -> list[dict[str, str]]:
    """Attributes of a block's match events."""
    found = []
    for result in outcome.results:
        found += [dict(event.attributes()) for event in result.events if event.type == "match"]
    return found


Vault.TestCase.settings = settings(
    max_examples=max(STEPS // STEPS_A_CHAIN, 1),
    stateful_step_count=STEPS_A_CHAIN,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestVault = pytest.mark.timeout(0)(Vault.TestCase) if STEPS > 3_000 else Vault.TestCase
