"""Redemption dates: who is accepted, who is paid, who is late, and the closing date. Source: fund-vault §§6.3, 6.5."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vaultsim.context import Context
from vaultsim.lib.fixed import fixed_from_text, mul_fixed_floor
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.fundvault.v1 import RedemptionDate, RedemptionRequest, Vault
from vaultsim.x.clock import block_timestamp, timestamp_ns
from vaultsim.x.fundvault.events import RedemptionLate, VaultClosing
from vaultsim.x.fundvault.formulas import allocate
from vaultsim.x.fundvault.keeper_base import FundVaultBase
from vaultsim.x.fundvault.keeper_settlement import Settlement
from vaultsim.x.fundvault.types import ALL, FREE_CASH_ONLY, LATE, STOPPING, is_pending

Requests = list[RedemptionRequest]


def is_date_due(ctx: Context, vault: Vault) -> bool:
    """Whether the next redemption date is reached."""
    dates = vault.redemption_dates
    return bool(dates) and timestamp_ns(dates[0].date) <= ctx.time_ns


class DatesKeeper(FundVaultBase):
    """What happens when redemption dates are reached."""

    def serve_late(self, ctx: Context, vault: Vault) -> Vault:
        """Pays late redemptions from what is free now. Source: fund-vault §6.4."""
        if not vault.buckets:
            return vault
        settlement = Settlement(self, ctx, vault)
        settlement.serve_late()
        return settlement.keep()

    def reach_dates(self, ctx: Context, vault: Vault, requests: Iterable[RedemptionRequest] | None = None) -> Vault:
        """Processes every date that is due, in order, then late redemptions; the last date closes the vault.

        requests: the vault's open ones, the oldest first, where they are at hand.
        """
        if not is_date_due(ctx, vault):
            return self.serve_late(ctx, vault)
        settlement = Settlement(self, ctx, vault, requests)
        while is_date_due(ctx, settlement.vault):
            date, *rest = settlement.vault.redemption_dates
            settlement.vault = replace(settlement.vault, redemption_dates=tuple(rest))
            if not rest:
                self._close(ctx, settlement, date)
            elif date.type == FREE_CASH_ONLY:
                _redeem_free_cash(settlement, date)
            else:
                _redeem_normal(settlement, date)
        settlement.serve_late()
        return settlement.keep()

    def _close(self, ctx: Context, settlement: Settlement, date: RedemptionDate) -> None:
        """Drops what is pending and gives every holder a claim to all that it holds."""
        for request in list(settlement.requests.values()):
            if is_pending(request):
                _cancel_rest(settlement, request, _rest_of(request))
        settlement.vault = replace(settlement.vault, status=STOPPING, pending_update=None)
        ctx.emit(VaultClosing(settlement.vault.id))
        now, date_ns = block_timestamp(ctx), timestamp_ns(date.date)
        for party in self.holders(ctx, settlement.vault.id):
            request = RedemptionRequest(
                id=self.take_request_id(ctx),
                vault_id=settlement.vault.id,
                party=party,
                amount_requested=ALL,
                remaining="0",
                due=ALL,
                amount_received="0",
                status=LATE,
                eligible_from=date.date,
                redemption_date=date.date,
                requested_at=now,
                updated_at=now,
                cancelled_amount="0",
                written_off="0",
            )
            settlement.add(request)
            settlement.claim(date_ns, request.id, ALL)
            ctx.emit(RedemptionLate(settlement.vault.id, request.id, party, ALL))


def _redeem_normal(settlement: Settlement, date: RedemptionDate) -> None:
    asking = _eligible(settlement, date)
    if settlement.total <= 0:
        for request in _flat(asking):
            _lose_rest(settlement, request)
        return
    weights = settlement.units_of(asking)
    needs = _needs(settlement, asking)
    accepted = allocate(_cap(date, settlement.total), needs, weights)
    cash = min(max(0, settlement.general - settlement.late_total()), sum(accepted.values()))
    paid = allocate(cash, accepted, weights)
    settlement.pay(paid, late=False)
    for party, requests in asking.items():
        _accept(settlement, date, requests, needs[party], accepted[party], paid[party])
    settlement.finish_those_without_units(sorted(asking))


def _accept(
    settlement: Settlement, date: RedemptionDate, requests: Requests, need: int, accepted: int, paid: int
) -> None:
    """Fills a party's requests with what was accepted and paid, the oldest first."""
    takes_all = accepted == need
    for request in requests:
        part = accepted if request.remaining == ALL else min(accepted, int(request.remaining))
        if part == 0:
            continue
        now_paid = min(part, paid)
        accepted, paid = accepted - part, paid - now_paid
        if part > now_paid:
            settlement.claim(timestamp_ns(date.date), request.id, str(part - now_paid))
        remaining = ("0" if takes_all else ALL) if request.remaining == ALL else str(int(request.remaining) - part)
        settlement.put(
            request,
            remaining=remaining,
            due=str(int(request.due) + part - now_paid),
            amount_received=str(int(request.amount_received) + now_paid),
            redemption_date=date.date,
        )


def _redeem_free_cash(settlement: Settlement, date: RedemptionDate) -> None:
    asking = _eligible(settlement, date)
    weights = settlement.units_of(asking)
    needs = _needs(settlement, asking)
    cap = _cap(date, max(0, settlement.general - settlement.late_total()))
    paid = allocate(cap, needs, weights)
    settlement.pay(paid, late=False)
    for party, requests in asking.items():
        left, need = paid[party], needs[party]
        for request in requests:
            wanted = need if request.remaining == ALL else int(request.remaining)
            part = min(left, wanted)
            left, need = left - part, max(0, need - wanted)
            received = str(int(request.amount_received) + part)
            filled = {"amount_received": received, "redemption_date": date.date}
            _cancel_rest(settlement, request, wanted - part, **filled)
    settlement.finish_those_without_units(sorted(asking))


def _eligible(settlement: Settlement, date: RedemptionDate) -> dict[str, Requests]:
    """Requests that were made a cut-off before the date, by party in order of the addresses, the oldest first."""
    limit = timestamp_ns(date.date)
    found: dict[str, Requests] = {}
    for request in settlement.requests.values():
        if is_pending(request) and timestamp_ns(request.eligible_from) <= limit:
            found.setdefault(request.party, []).append(request)
    return {party: found[party] for party in sorted(found)}


def _needs(settlement: Settlement, asking: dict[str, Requests]) -> dict[str, int]:
    """What each party can have: its requests, but not more than its value less its late claims."""
    needs = {}
    for party, requests in asking.items():
        most = max(0, settlement.value(party) - settlement.claimed(party))
        amounts = [request.remaining for request in requests]
        needs[party] = most if ALL in amounts else min(most, sum(map(int, amounts)))
    return needs


def _cap(date: RedemptionDate, amount: int) -> int:
    return mul_fixed_floor(amount, fixed_from_text(date.max_fraction))


def _flat(asking: dict[str, Requests]) -> Requests:
    return [request for requests in asking.values() for request in requests]


def _rest_of(request: RedemptionRequest) -> int:
    return 0 if request.remaining == ALL else int(request.remaining)


def _cancel_rest(settlement: Settlement, request: RedemptionRequest, amount: int, **changes: Any) -> None:
    cancelled = str(int(request.cancelled_amount) + amount)
    settlement.put(request, remaining="0", cancelled_amount=cancelled, **changes)


def _lose_rest(settlement: Settlement, request: RedemptionRequest) -> None:
    lost = str(int(request.written_off) + _rest_of(request))
    settlement.put(request, remaining="0", written_off=lost)
