"""One vault while it pays: who gets what of the free cash, what that burns, and which requests it fills.

A settlement works on values of its own; units and money are written as it goes, requests by `store_requests`, and the
vault with them by `keep`.
Source: fund-vault §§5 (F2, F3), 6.1, 6.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vaultsim.context import Context
from vaultsim.lib.fixed import fixed_from_text, text_of_fixed
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.fundvault.v1 import LateBucket, LateClaim, RedemptionRequest, Vault
from vaultsim.x.clock import block_timestamp, timestamp_of
from vaultsim.x.clock import timestamp_ns as ns_of
from vaultsim.x.fundvault.events import RedemptionCompleted, RedemptionLate, RedemptionPaid
from vaultsim.x.fundvault.formulas import allocate, invested_after_payment, units_for_payment, value_of
from vaultsim.x.fundvault.keeper_base import FundVaultBase
from vaultsim.x.fundvault.types import ALL, COMPLETED, LATE, PENDING

Claims = dict[int, str]
"""Unpaid amounts (base units or ALL) by request."""


class Settlement:
    """Worth, units, requests and late claims of one vault at one moment.

    total: worth in base units; general: free cash; both follow the payments made here. requests: the open ones, the
    oldest first, where they are at hand.
    """

    def __init__(
        self, keeper: FundVaultBase, ctx: Context, vault: Vault, requests: Iterable[RedemptionRequest] | None = None
    ) -> None:
        self._keeper = keeper
        self._ctx = ctx
        self._now = block_timestamp(ctx)
        self.vault = vault
        self.total, self.general = keeper.standing(ctx, vault.id)
        self.total_units = int(vault.total_units)
        self.invested = fixed_from_text(vault.invested_amount)
        found = keeper.open_requests(ctx, vault.id) if requests is None else requests
        self.requests = {request.id: request for request in found}
        self.buckets: dict[int, Claims] = {
            ns_of(bucket.date): {claim.request_id: claim.amount for claim in bucket.claims} for bucket in vault.buckets
        }
        self._changed: dict[int, RedemptionRequest] = {}
        self._units: dict[str, int] = {}
        self._ids: dict[str, list[int]] = {}
        for number, request in self.requests.items():
            self._ids.setdefault(request.party, []).append(number)

    # --- what is there -------------------------------------------------------------------------------------------

    def units(self, party: str) -> int:
        """Units that a party holds now."""
        held = self._units.get(party)
        if held is None:
            held = self._units[party] = self._keeper.units(self._ctx, self.vault.id, party)
        return held

    def units_of(self, parties: Iterable[str]) -> dict[str, int]:
        """Units that each of some parties holds now."""
        parties = list(parties)
        unknown = [party for party in parties if party not in self._units]
        self._units.update(self._keeper.units_of(self._ctx, self.vault.id, unknown))
        return {party: self._units[party] for party in parties}

    def value(self, party: str) -> int:
        """What a party's units are worth now."""
        return value_of(self.units(party), self.total, self.total_units)

    def claimed(self, party: str) -> int:
        """A party's unpaid accepted amounts of fixed size."""
        return _sum_of([self.requests[number].due for number in self._ids_of(party)])

    def late_total(self) -> int:
        """All unpaid accepted amounts of fixed size."""
        return sum(int(amount) for claims in self.buckets.values() for amount in claims.values() if amount != ALL)

    def _ids_of(self, party: str) -> list[int]:
        return [number for number in self._ids.get(party, ()) if number in self.requests]

    # --- requests ------------------------------------------------------------------------------------------------

    def put(self, before: RedemptionRequest, **changes: Any) -> None:
        """Takes in a changed request with the status that its amounts say, and tells when it is late or done."""
        due, remaining = changes.get("due", before.due), changes.get("remaining", before.remaining)
        status = LATE if due != "0" else PENDING if remaining != "0" else COMPLETED
        request = self._changed[before.id] = replace(before, status=status, updated_at=self._now, **changes)
        if status == COMPLETED:
            self.requests.pop(request.id, None)
            self._ctx.emit(completed_event(request))
            return
        self.requests[request.id] = request
        if status == LATE and before.due == "0":
            self._ctx.emit(RedemptionLate(self.vault.id, request.id, request.party, request.due))

    def add(self, request: RedemptionRequest) -> None:
        """Takes in a new request."""
        self._changed[request.id] = self.requests[request.id] = request
        self._ids.setdefault(request.party, []).append(request.id)

    def claim(self, date_ns: int, request_id: int, amount: str) -> None:
        """Notes an accepted amount that a date could not pay."""
        self.buckets.setdefault(date_ns, {})[request_id] = amount

    # --- paying --------------------------------------------------------------------------------------------------

    def pay(self, payments: Mapping[str, int], *, late: bool) -> None:
        """Pays parties, burns their units, lowers worth, cash and the invested amount by what was paid.

        Everybody's units are counted at the worth before the first payment, so that the order does not matter.
        """
        amounts = {party: amount for party, amount in sorted(payments.items()) if amount > 0}
        paid = sum(amounts.values())
        if paid == 0:
            return
        keeper, ctx, vault_id = self._keeper, self._ctx, self.vault.id
        left, total, total_units = self.units_of(amounts), self.total, self.total_units
        for party, amount in amounts.items():
            burnt = units_for_payment(amount, total, total_units, left[party])
            left[party] -= burnt
            self.total_units -= burnt
        self._units.update(left)
        keeper.set_units_of(ctx, vault_id, left)
        keeper.pay_out(ctx, vault_id, amounts)
        ctx.events += [RedemptionPaid(vault_id, party, amount, late) for party, amount in amounts.items()]
        self.invested = invested_after_payment(self.invested, paid, total)
        self.total -= paid
        self.general -= paid

    def fill_all(self, payments: Mapping[str, int]) -> None:
        """Counts what parties were paid on their requests, the oldest first; what is left open is dropped.

        What was due and is left is written off, what was not accepted yet is cancelled.
        """
        left = dict(payments)
        for request in list(self.requests.values()):
            due, remaining = _sum_of((request.due,)), _sum_of((request.remaining,))
            follows = ALL in (request.due, request.remaining)
            part = left[request.party] if follows else min(left[request.party], due + remaining)
            left[request.party] -= part
            unpaid_due = max(0, due - part)
            unpaid = 0 if follows else due + remaining - part - unpaid_due
            self._drop_claims(request.id)
            self.put(
                request,
                due="0",
                remaining="0",
                amount_received=str(int(request.amount_received) + part),
                written_off=str(int(request.written_off) + unpaid_due),
                cancelled_amount=str(int(request.cancelled_amount) + unpaid),
            )

    def finish_those_without_units(self, parties: Iterable[str]) -> None:
        """Completes every request of a party whose units are gone; what it was still owed is written off."""
        gone = [party for party, units in self.units_of(parties).items() if units == 0]
        for party in gone:
            for number in self._ids_of(party):
                self.write_off(self.requests[number])

    def write_off(self, request: RedemptionRequest) -> None:
        """Completes a request; its unpaid and its unaccepted parts are written off."""
        self._drop_claims(request.id)
        lost = int(request.written_off) + _sum_of((request.due, request.remaining))
        self.put(request, due="0", remaining="0", written_off=str(lost))

    def _drop_claims(self, request_id: int) -> None:
        for claims in self.buckets.values():
            claims.pop(request_id, None)

    def serve_late(self) -> None:
        """Pays late redemptions, the oldest date first, from the free cash. Source: fund-vault §6.4."""
        for date_ns in sorted(self.buckets):
            if self.general <= 0 or self.total <= 0:
                return
            self._serve_bucket(self.buckets[date_ns])

    def _serve_bucket(self, claims: Claims) -> None:
        owed: dict[str, int] = {}
        self.units_of(self.requests[number].party for number in claims)
        for number, amount in claims.items():
            party = self.requests[number].party
            owed[party] = self.value(party) if amount == ALL else owed.get(party, 0) + int(amount)
        needs = {party: min(amount, self.value(party)) for party, amount in owed.items()}
        payments = allocate(self.general, needs, self.units_of(needs))
        self.pay(payments, late=True)
        for number in sorted(claims):
            request = self.requests[number]
            part = payments[request.party]
            if claims[number] != ALL:
                part = min(part, int(claims[number]))
            payments[request.party] -= part
            if part:
                self._fill_claim(claims, request, part)
        self.finish_those_without_units(sorted(needs))

    def _fill_claim(self, claims: Claims, request: RedemptionRequest, part: int) -> None:
        received = str(int(request.amount_received) + part)
        if claims[request.id] == ALL:
            self.put(request, amount_received=received)
            return
        left = int(claims[request.id]) - part
        if left:
            claims[request.id] = str(left)
        else:
            del claims[request.id]
        self.put(request, amount_received=received, due=str(int(request.due) - part))

    # --- the end -------------------------------------------------------------------------------------------------

    def store_requests(self) -> None:
        """Stores the requests that were changed."""
        self._keeper.set_requests(self._ctx, self._changed.values())
        self._changed = {}

    def keep(self) -> Vault:
        """Stores the vault and its requests as they are now and returns the vault."""
        self.store_requests()
        buckets = tuple(
            LateBucket(
                date=timestamp_of(date_ns),
                claims=tuple(LateClaim(request_id=number, amount=claims[number]) for number in sorted(claims)),
            )
            for date_ns, claims in sorted(self.buckets.items())
            if claims
        )
        self.vault = replace(
            self.vault,
            total_units=str(self.total_units),
            invested_amount=text_of_fixed(self.invested if self.total_units else 0),
            buckets=buckets,
        )
        self._keeper.set_vault(self._ctx, self.vault)
        return self.vault


def completed_event(request: RedemptionRequest) -> RedemptionCompleted:
    """What is told of a request that is done."""
    return RedemptionCompleted(
        request.vault_id,
        request.id,
        request.party,
        int(request.amount_received),
        int(request.cancelled_amount),
        int(request.written_off),
    )


def _sum_of(amounts: Iterable[str]) -> int:
    return sum([int(amount) for amount in amounts if amount != ALL])
