"""Two fund accounts under random deposits, requests, trades, prices, rewards, updates and dates: the invariants of the
design hold after every block. Source: fund-vault §12.

`FUNDVAULT_STEPS=50000 pytest -n0 tests/x/fundvault/test_machine.py` runs so many steps instead of the usual 2,000.
"""

from __future__ import annotations

import os
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.x.fundvault.world import (
    BUY,
    DAVE,
    DAY,
    IOC,
    PEOPLE,
    SELL,
    Funds,
    days,
    deposit,
    document,
    redemption,
)
from vaultsim.lib.fixed import fixed_from_text
from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.fundvault.v1 import (
    MsgChangeVaultOwner,
    MsgCloseVault,
    MsgUpdateVault,
    MsgVaultPlaceOrder,
    RedemptionDate,
    RedemptionRequest,
    RedemptionRule,
    Vault,
)
from vaultsim.x.clock import timestamp_ns
from vaultsim.x.fundvault.types import ALL, COMPLETED, FREE_CASH_ONLY, LATE, NORMAL, STOPPED, STOPPING

STEPS = int(os.environ.get("FUNDVAULT_STEPS", "2000"))
STEPS_A_RUN = 50
STEP = 1_000
"""Base quantums: a dust position would have no maintenance margin, and the order book cannot end such a one."""
SUBSCRIBERS = ("alice", "bob", "carl")
NAMES = st.sampled_from(SUBSCRIBERS)
VAULTS = st.integers(0, 1)
AMOUNTS = st.one_of(st.integers(1, 10**7), st.integers(10**6, 10**9), st.sampled_from([1, 10**6, 2**64, 10**30]))
FACTORS = st.sampled_from(["0", "0.000000001", "0.005", "0.1", "0.9"])


class Snapshot(NamedTuple):
    """What a vault is like between two blocks."""

    vault: Vault
    total: int
    general: int
    cash: int
    units: dict[str, int]
    requests: dict[int, RedemptionRequest]
    position: int

    def value(self, party: str) -> Fraction:
        """What a party's units are worth, exactly."""
        whole = sum(self.units.values())
        return Fraction(self.total * self.units.get(party, 0), whole) if whole and self.total > 0 else Fraction(0)

    @property
    def received(self) -> int:
        return sum(int(one.amount_received) for one in self.requests.values())


class FundMachine(RuleBasedStateMachine):
    """Each rule makes one block; what it may not do is checked against the snapshots around it."""

    @initialize(
        management=FACTORS,
        performance=st.sampled_from(["0", "0.2", "1"]),
        fraction=st.integers(1, 100),
        first=st.tuples(*[st.integers(1, 10**9)] * 3),
    )
    def begin(self, management: str, performance: str, fraction: int, first: tuple[int, int, int]) -> None:
        made = document(params={"min_notice_period": str(DAY), "max_deposits_per_epoch": 40})
        made["app_state"]["clob"]["clob_pairs"][0]["step_base_quantums"] = str(STEP)
        self.funds = Funds(made)
        cut = f"{fraction / 100:.2f}"
        normal = RedemptionRule(start=days(1), end=days(17), period_seconds=2 * DAY, type=NORMAL, max_fraction=cut)
        free = RedemptionRule(
            start=days(2), end=days(16), period_seconds=2 * DAY, type=FREE_CASH_ONLY, max_fraction=cut
        )
        self.ids = [
            self.funds.create(
                "operator",
                management_fee_factor=management,
                performance_fee_factor=performance,
                fee_period_seconds=DAY,
                redemption_dates=(),
                redemption_rules=(normal, free),
            ),
            self.funds.create(
                "alice",
                management_fee_factor="0.01",
                performance_fee_factor="0.2",
                fee_period_seconds=3 * DAY // 2,
                cut_off_period_seconds=DAY,
                redemption_dates=(RedemptionDate(date=days(16), type=NORMAL, max_fraction="1"),),
                redemption_rules=(normal,),
            ),
        ]
        self.marks = dict.fromkeys(self.ids, 10**18)
        for name, amount in zip(SUBSCRIBERS, first, strict=True):
            self.deposit(name, 0, amount)
            self.deposit(name, 1, amount)

    # --- looking -------------------------------------------------------------------------------------------------

    def look(self, vault_id: str) -> Snapshot:
        funds = self.funds
        requests = {one.id: one for one in funds.requests(vault_id)}
        units = dict(funds.keeper.holders(funds.chain.ctx, vault_id))
        total, general = funds.keeper.standing(funds.chain.ctx, vault_id)
        return Snapshot(
            funds.vault(vault_id), total, general, funds.cash(vault_id), units, requests, funds.position(vault_id)
        )

    def is_quiet(self, seconds: int = 1) -> bool:
        """Whether the next block has nothing to do for any vault by itself."""
        then_ns = self.funds.chain.app.time_ns + seconds * 10**9
        for vault in map(self.funds.vault, self.ids):
            if vault.buckets or vault.status == STOPPING or vault.pending_update is not None:
                return False
            if vault.status != STOPPED and timestamp_ns(vault.next_fee_time) <= then_ns:
                return False
            if vault.redemption_dates and timestamp_ns(vault.redemption_dates[0].date) <= then_ns:
                return False
        return True

    def attempt(self, message: Message, by: str) -> bool:
        """Executes a message; one that fails changes nothing (I10)."""
        before, quiet = self.rows(), self.is_quiet()
        result = self.funds.send(message, by)
        assert result.code == 0 or result.codespace != "undefined", result
        if result.code and quiet:
            assert self.rows() == before, result
        return result.code == 0

    def rows(self) -> dict[str, dict[bytes, bytes]]:
        """Everything of funds and money, but for the counts of the epoch, which end by themselves."""
        every = self.funds.chain.rows()
        funds = {key: raw for key, raw in every["fundvault"].items() if not key.startswith(b"EpochCount:")}
        return {"fundvault": funds, "subaccounts": every["subaccounts"], "bank": every["bank"]}

    def check_cash(self, vault_id: str, before: Snapshot, after: Snapshot, added: int) -> None:
        """I2: without positions, a vault's cash changes by what was paid in and what requests received."""
        if before.total == before.cash and after.vault.status != STOPPED:
            assert after.cash - before.cash == added - (after.received - before.received)

    # --- rules ---------------------------------------------------------------------------------------------------

    @rule(name=NAMES, index=VAULTS, amount=AMOUNTS)
    def deposit(self, name: str, index: int, amount: int) -> None:
        vault_id = self.ids[index]
        before, quiet, bank = self.look(vault_id), self.is_quiet(), self.funds.bank(name)
        passed = self.attempt(deposit(name, amount, vault_id), name)
        after = self.look(vault_id)
        if not passed:
            return
        self.check_cash(vault_id, before, after, amount)
        if not quiet:
            return
        assert self.funds.bank(name) == bank - amount
        party = PEOPLE[name]
        # I3: nobody loses by another's deposit, and nobody gains by one's own.
        for holder in before.units:
            if holder != party:
                assert after.value(holder) >= before.value(holder)
        if before.units and before.total > 0:
            assert after.value(party) - before.value(party) <= amount

    @rule(name=NAMES, index=VAULTS, amount=st.one_of(st.none(), AMOUNTS))
    def request(self, name: str, index: int, amount: int | None) -> None:
        self.attempt(redemption(name, amount, self.ids[index]), name)

    @rule(name=NAMES, index=VAULTS, percent=st.integers(1, 100))
    def request_part(self, name: str, index: int, percent: int) -> None:
        """A request that most often is granted."""
        value = int(self.look(self.ids[index]).value(PEOPLE[name])) * percent // 100
        if value:
            self.attempt(redemption(name, value, self.ids[index]), name)

    @rule(index=VAULTS, amount=st.integers(1, 10**7), denom=st.sampled_from(["shiny", None]))
    def reward(self, index: int, amount: int, denom: str | None) -> None:
        vault_id = self.ids[index]
        before = self.look(vault_id)
        if denom:
            self.funds.reward(amount, denom, vault_id)
        else:
            self.funds.reward(amount, vault_id=vault_id)
        self.check_cash(vault_id, before, self.look(vault_id), 0 if denom else amount)

    @rule(price=st.integers(300_000, 3_000_000))
    def price(self, price: int) -> None:
        now = self.funds.chain.chain.index_prices[0]
        self.funds.price(min(max(price, now * 3 // 4), now * 4 // 3))

    @rule(index=VAULTS, side=st.sampled_from([BUY, SELL]), percent=st.integers(1, 300), by_owner=st.booleans())
    def trade(self, index: int, side: int, percent: int, by_owner: bool) -> None:
        """The owner, or somebody who is not, trades a part of the vault's worth with dave at the oracle price."""
        vault_id = self.ids[index]
        vault, price = self.funds.vault(vault_id), self.funds.chain.chain.index_prices[0]
        quantums = abs(self.funds.total(vault_id)) * percent * 10_000 // price // STEP * STEP
        if vault.status == STOPPING:
            quantums = abs(self.funds.position(vault_id))
        if not quantums:
            return
        names = {address: name for name, address in PEOPLE.items()}
        by = names[vault.owner] if by_owner else "bob"
        resting = self.funds.order(DAVE, SELL if side == BUY else BUY, quantums, price)
        self.funds.chain.submit(MsgPlaceOrder(order=resting), by="dave", fee=0)
        taking = self.funds.order(vault_id, side, quantums, price, time_in_force=IOC)
        message = MsgVaultPlaceOrder(owner=PEOPLE[by], vault_id=vault_id, order=taking)
        result = self.funds.chain.submit(message, by=by, fee=0)
        assert by == names[vault.owner] or result.code
        outcome = self.funds.chain.block()
        assert [one.code for one in outcome.results] == [0] * len(outcome.results)

    @rule(seconds=st.sampled_from([60, DAY // 3, DAY, 2 * DAY]))
    def wait(self, seconds: int) -> None:
        """Fees fall due: nobody but an owner gets units, and no owner while a redemption is late (I8)."""
        before = [self.look(vault_id) for vault_id in self.ids]
        self.funds.chain.block(seconds)
        for old, new in zip(before, map(self.look, self.ids), strict=True):
            is_late = bool(old.vault.buckets) and old.vault.buckets[:1] == new.vault.buckets[:1]
            for party, units in new.units.items():
                if party != new.vault.owner or is_late:
                    assert units <= old.units.get(party, 0)

    @rule()
    def next_date(self) -> None:
        """A block on the next date of any vault: what is paid is within the cap, and nobody pays for others."""
        upcoming = [timestamp_ns(one.redemption_dates[0].date) for one in self.vaults() if one.redemption_dates]
        now_ns = self.funds.chain.app.time_ns
        if not upcoming or min(upcoming) <= now_ns:
            return
        before = {vault_id: self.look(vault_id) for vault_id in self.ids}
        self.funds.chain.block((min(upcoming) - now_ns) // 10**9)
        for vault_id, old in before.items():
            dates = old.vault.redemption_dates
            if dates and timestamp_ns(dates[0].date) == min(upcoming):
                self.check_date(old, self.look(vault_id), dates)

    def check_date(self, old: Snapshot, new: Snapshot, dates: tuple[RedemptionDate, ...]) -> None:
        if old.vault.buckets or len(dates) == 1:
            return
        paid = new.received - old.received
        fraction = fixed_from_text(dates[0].max_fraction)
        if dates[0].type == FREE_CASH_ONLY:
            # A liquidation in the block frees what was bound as margin before it.
            if old.position == new.position:
                assert paid <= old.general * fraction // 10**18
            assert not any(one.status == LATE for one in new.requests.values())
        else:
            accepted = paid + sum(int(one.due) for one in new.requests.values())
            assert accepted <= max(0, old.total) * fraction // 10**18
        # A position may be liquidated in any block, which costs its owner.
        if old.total == old.cash and old.vault.next_fee_time == new.vault.next_fee_time:
            for party in old.units:
                got = self.received_by(new, party) - self.received_by(old, party)
                assert new.value(party) >= old.value(party) - got - 1
                if not got:
                    assert new.value(party) >= old.value(party) or new.total == 0

    @staticmethod
    def received_by(snapshot: Snapshot, party: str) -> int:
        return sum(int(one.amount_received) for one in snapshot.requests.values() if one.party == party)

    @rule(index=VAULTS, management=st.one_of(st.none(), FACTORS), day=st.integers(1, 50), fraction=FACTORS)
    def update(self, index: int, management: str | None, day: int, fraction: str) -> None:
        vault = self.funds.vault(self.ids[index])
        fields: dict[str, Any] = {"owner": vault.owner, "vault_id": vault.id, "management_fee_factor": management}
        if day % 2:
            fields["add_dates"] = (RedemptionDate(date=days(day + 0.25), type=NORMAL, max_fraction=fraction),)
        elif vault.redemption_dates:
            fields["remove_dates"] = (vault.redemption_dates[day % len(vault.redemption_dates)].date,)
        self.attempt(MsgUpdateVault(**fields), self.name_of(vault.owner))

    @rule(index=VAULTS, new_owner=NAMES)
    def change_owner(self, index: int, new_owner: str) -> None:
        vault = self.funds.vault(self.ids[index])
        message = MsgChangeVaultOwner(owner=vault.owner, vault_id=vault.id, new_owner=PEOPLE[new_owner])
        self.attempt(message, self.name_of(vault.owner))

    @rule(index=VAULTS, really=st.integers(0, 40))
    def close(self, index: int, really: int) -> None:
        """Rarely: most runs shall go on."""
        vault = self.funds.vault(self.ids[index])
        if really < 2 or (really < 10 and self.funds.position(vault.id)):
            self.attempt(MsgCloseVault(owner=vault.owner, vault_id=vault.id), self.name_of(vault.owner))

    @staticmethod
    def name_of(address: str) -> str:
        return next(name for name, known in PEOPLE.items() if known == address)

    def vaults(self) -> list[Vault]:
        return [self.funds.vault(vault_id) for vault_id in self.ids]

    # --- invariants ----------------------------------------------------------------------------------------------

    @invariant()
    def every_vault_is_sound(self) -> None:
        if not hasattr(self, "ids"):
            return
        for vault_id in self.ids:
            now = self.look(vault_id)
            assert sum(now.units.values()) == int(now.vault.total_units)
            assert all(units > 0 for units in now.units.values())
            mark = fixed_from_text(now.vault.high_water_mark)
            assert mark >= self.marks[vault_id]
            self.marks[vault_id] = mark
            invested = fixed_from_text(now.vault.invested_amount)
            assert invested >= 0
            assert now.units or invested == 0
            assert self.funds.bank(vault_id) == 0
            assert self.funds.bank(vault_id, "shiny") == 0
            if now.vault.status == STOPPED and not self.funds.position(vault_id):
                assert (now.units, now.total, now.cash, now.vault.buckets) == ({}, 0, 0, ())
            self.requests_add_up(now)

    def requests_add_up(self, now: Snapshot) -> None:
        """I7, for every request at any time: its parts are what was asked for, and the buckets hold what is due."""
        claimed: dict[int, int] = {}
        for bucket in now.vault.buckets:
            for claim in bucket.claims:
                claimed[claim.request_id] = claimed.get(claim.request_id, 0) + (
                    0 if claim.amount == ALL else int(claim.amount)
                )
        for one in now.requests.values():
            due = 0 if one.due == ALL else int(one.due)
            assert claimed.pop(one.id, 0) == due
            assert (one.status == COMPLETED) == (one.due == one.remaining == "0")
            if one.amount_requested != ALL:
                parts = (one.amount_received, one.due, one.remaining, one.cancelled_amount, one.written_off)
                assert sum(map(int, parts)) == int(one.amount_requested)
        assert not claimed

    @invariant()
    def the_state_could_be_a_genesis(self) -> None:
        if not hasattr(self, "ids"):
            return
        genesis = self.funds.chain.app.modules.all["fundvault"].genesis
        assert genesis is not None
        assert genesis.check(genesis.export(self.funds.chain.ctx)) == []


TestFundMachine = FundMachine.TestCase
TestFundMachine.settings = settings(
    max_examples=max(1, STEPS // STEPS_A_RUN),
    stateful_step_count=STEPS_A_RUN,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
