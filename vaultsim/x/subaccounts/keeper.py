"""Subaccounts: reading, risk, and the updates that everything else is made of. Source: dydx-modules §10."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.margin import Risk
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount, SubaccountId
from vaultsim.pb.runtime import replace
from vaultsim.x.perpetuals.types import PerpInfo
from vaultsim.x.subaccounts import gating, leverage, pools, transfers, updates
from vaultsim.x.subaccounts.errors import (
    CannotModifyPerpOpenInterest,
    NonUniqueUpdatesSubaccount,
    ProductPositionNotUpdatable,
)
from vaultsim.x.subaccounts.events import SettledFunding
from vaultsim.x.subaccounts.ports import AssetsPort, BankPort, BlocktimePort, PerpetualsPort, RevenueShareLike
from vaultsim.x.subaccounts.risk import result_below_initial_margin, subaccount_risk
from vaultsim.x.subaccounts.state import SubaccountsState
from vaultsim.x.subaccounts.types import PerpInfos, SettledUpdate, Update, UpdateResult, UpdateType
from vaultsim.x.subaccounts.updates import FundingPayment

Results = tuple[bool, tuple[UpdateResult, ...]]
_SUCCESS: Final = UpdateResult.SUCCESS
_GATED: Final = (UpdateType.WITHDRAWAL, UpdateType.TRANSFER)


class _Verdict:
    """Results of a check; when it got so far, the updated subaccounts and the change of the open interest."""

    __slots__ = ("open_interest", "results", "subaccounts", "success")

    def __init__(
        self,
        results: tuple[UpdateResult, ...],
        subaccounts: Sequence[Subaccount] = (),
        open_interest: updates.OpenInterestDelta | None = None,
    ) -> None:
        self.results = results
        self.success = all(result is _SUCCESS for result in results)
        self.subaccounts = subaccounts
        self.open_interest = open_interest


class SubaccountsKeeper:
    """Reads and writes subaccounts."""

    def __init__(
        self,
        state: SubaccountsState,
        assets: AssetsPort,
        bank: BankPort,
        blocktime: BlocktimePort,
        perpetuals: PerpetualsPort,
    ) -> None:
        self.state = state
        self.assets = assets
        self.bank = bank
        self.blocktime = blocktime
        self.perpetuals = perpetuals

    def get(self, ctx: Context, subaccount_id: SubaccountId) -> Subaccount:
        """The subaccount as stored; an empty one when it is missing."""
        subaccount = self.state.subaccounts.get(ctx, subaccount_id)
        return Subaccount(id=subaccount_id) if subaccount is None else subaccount

    def set(self, ctx: Context, subaccount: Subaccount) -> None:
        """Stores a subaccount, or deletes it when it has no position."""
        assert subaccount.id is not None
        if subaccount.asset_positions or subaccount.perpetual_positions:
            if ctx.gas is not None:
                ctx.gas.has()
            self.state.subaccounts.set(ctx, subaccount.id, subaccount)
        elif self.state.subaccounts.has(ctx, subaccount.id):
            self.state.subaccounts.delete(ctx, subaccount.id)

    def all_ids_and_subaccounts(self, ctx: Context) -> Iterator[tuple[SubaccountId, Subaccount]]:
        """Every subaccount in key order."""
        return self.state.subaccounts.items(ctx)

    def settled(self, ctx: Context, subaccount_id: SubaccountId) -> Subaccount:
        """A copy with funding settled; nothing is written. Raises [perpetuals 1], [2] or [12]."""
        subaccount = self.get(ctx, subaccount_id)
        return updates.settle(subaccount, self._infos(ctx, (subaccount,), ()))[0]

    def risk(self, ctx: Context, update: Update) -> Risk:
        """Risk as if the (possibly empty) update were applied, with stored leverage; nothing is written.

        Raises [perpetuals 1], [perpetuals 2] or [perpetuals 12]. Source: dydx-modules §10.6.
        """
        return self.risk_with_leverage(ctx, update, leverage.stored(self, ctx, update.subaccount_id))

    def risk_with_leverage(self, ctx: Context, update: Update, imf_ppm: Mapping[int, int] | None) -> Risk:
        """Like `risk`, with the given margin fractions (ppm by perpetual) instead of the stored ones."""
        subaccount = self.get(ctx, update.subaccount_id)
        self.state.subaccounts.touch(ctx, update.subaccount_id)
        infos = self._infos(ctx, (subaccount,), (update,))
        settled = updates.settle(subaccount, infos)[0]
        if update.asset_updates or update.perpetual_updates:
            change = SettledUpdate(settled, update.asset_updates, update.perpetual_updates, imf_ppm)
            settled = updates.apply_update(change, infos)
        return subaccount_risk(settled, infos, imf_ppm)

    def net_collateral(self, ctx: Context, subaccount_id: SubaccountId) -> int:
        """Net collateral of the settled subaccount in quote quantums."""
        return self.risk(ctx, Update(subaccount_id)).nc

    def can_update(self, ctx: Context, changes: Sequence[Update], kind: UpdateType) -> Results:
        """Whether the updates are allowed, each judged against the stored state; nothing is written.

        Raises [perpetuals 1], [2], [12], [103] or [assets 1]. Source: dydx-modules §10.6.
        """
        stored = self._stored(ctx, changes)
        infos = self._infos(ctx, stored.values(), changes)
        settled, _ = self._settle(ctx, changes, stored, infos)
        verdict = self._judge(ctx, settled, kind, infos)
        return verdict.success, verdict.results

    def update(self, ctx: Context, changes: Sequence[Update], kind: UpdateType) -> Results:
        """Applies the updates if all are allowed, moving collateral between pools and emitting settled funding.

        Raises what `can_update` raises, [101] for a subaccount named twice, [402], [102], and what bank raises; writes
        made before an error stay, so callers run this on a branch. Source: dydx-modules §10.6.
        """
        stored = self._stored(ctx, changes)
        infos = self._infos(ctx, stored.values(), changes)
        if len(stored) != len(changes):
            raise NonUniqueUpdatesSubaccount()
        settled, payments = self._settle(ctx, changes, stored, infos)
        verdict = self._judge(ctx, settled, kind, infos)
        if not verdict.success:
            return False, verdict.results
        self._persist_open_interest(ctx, verdict.open_interest)
        for change, new in zip(settled, verdict.subaccounts, strict=True):
            move = pools.pool_move(change, new, infos)
            if move is not None:
                pools.execute_pool_move(self, ctx, move)
        for new, paid in zip(verdict.subaccounts, payments, strict=True):
            self.set(ctx, new)
            _emit_settled_funding(ctx, new, paid)
        return True, verdict.results

    def raise_on_failure(self, success: bool, results: Sequence[UpdateResult], changes: Sequence[Update]) -> None:
        """Raises FailedToUpdateSubaccounts [102] naming the first failing subaccount."""
        updates.raise_on_failure(success, results, changes)

    def collateral_pool_for_perpetual(self, ctx: Context, perpetual_id: int) -> bytes:
        """Address of the pool behind a perpetual; raises [perpetuals 1]."""
        return pools.pool_of_perpetual(self.perpetuals.get(ctx, perpetual_id))

    def collateral_pool_for_subaccount(self, ctx: Context, subaccount_id: SubaccountId) -> bytes:
        """Address of the pool behind a subaccount; raises [perpetuals 1]."""
        return pools.pool_of_subaccount(self, ctx, self.get(ctx, subaccount_id))

    def deposit(
        self,
        ctx: Context,
        from_address: bytes,
        to: SubaccountId,
        asset_id: int,
        quantums: int,
        *,
        is_gated: bool = True,
    ) -> None:
        """Moves coins of a bank account to a subaccount; see `transfers.deposit`."""
        transfers.deposit(self, ctx, from_address, to, asset_id, quantums, is_gated=is_gated)

    def withdraw(self, ctx: Context, sender: SubaccountId, to_address: bytes, asset_id: int, quantums: int) -> None:
        """Moves quantums of a subaccount to a bank account; see `transfers.withdraw`."""
        transfers.withdraw(self, ctx, sender, to_address, asset_id, quantums)

    def transfer(
        self,
        ctx: Context,
        sender: SubaccountId,
        recipient: SubaccountId,
        asset_id: int,
        quantums: int,
        *,
        is_gated: bool = True,
    ) -> None:
        """Moves quantums between subaccounts; see `transfers.transfer`."""
        transfers.transfer(self, ctx, sender, recipient, asset_id, quantums, is_gated=is_gated)

    def distribute_fees(
        self,
        ctx: Context,
        asset_id: int,
        perpetual_id: int,
        revenue_shares: Iterable[RevenueShareLike],
        taker_fee: int,
        maker_fee: int,
    ) -> None:
        """Pays out both fees of a fill (quote quantums); see `transfers.distribute_fees`."""
        transfers.distribute_fees(self, ctx, asset_id, perpetual_id, revenue_shares, taker_fee + maker_fee)

    def transfer_insurance_payment(self, ctx: Context, delta: int, perpetual_id: int) -> None:
        """Pays into or out of the insurance fund; see `transfers.transfer_insurance_payment`."""
        transfers.transfer_insurance_payment(self, ctx, delta, perpetual_id)

    def transfer_builder_fee(self, ctx: Context, perpetual_id: int, amount: int, builder_bech32: str) -> None:
        """Pays a builder; see `transfers.transfer_builder_fee`."""
        transfers.transfer_builder_fee(self, ctx, perpetual_id, amount, builder_bech32)

    def transfer_isolated_to_cross(self, ctx: Context, perpetual_id: int) -> None:
        """Merges an isolated market's fund and pool into the cross ones."""
        transfers.transfer_isolated_to_cross(self, ctx, perpetual_id)

    def insurance_fund_balance(self, ctx: Context, perpetual_id: int) -> int:
        """Quote quantums in the perpetual's insurance fund."""
        return transfers.insurance_fund_balance(self, ctx, perpetual_id)

    def leverage(self, ctx: Context, subaccount_id: SubaccountId) -> dict[int, int]:
        """Stored margin fractions (ppm) by perpetual; empty when there are none."""
        return leverage.stored(self, ctx, subaccount_id) or {}

    def update_leverage(self, ctx: Context, subaccount_id: SubaccountId, imf_ppm: Mapping[int, int]) -> None:
        """Merges new margin fractions (ppm by perpetual); raises [700], [701] or [703]."""
        leverage.update(self, ctx, subaccount_id, imf_ppm)

    def set_negative_tnc_seen(self, ctx: Context, perpetual_id: int) -> None:
        """Records this height for the perpetual's pool, which blocks withdrawals for 50 blocks."""
        gating.record_negative_tnc(self, ctx, perpetual_id)

    def negative_tnc_seen(self, ctx: Context, perpetual_id: int) -> int | None:
        """The recorded height of the perpetual's pool, or None; raises [perpetuals 1]."""
        return self.state.negative_tnc_heights.get(ctx, gating.suffix_of_perpetual(self, ctx, perpetual_id))

    def _stored(self, ctx: Context, changes: Sequence[Update]) -> dict[SubaccountId, Subaccount]:
        stored: dict[SubaccountId, Subaccount] = {}
        for change in changes:
            if change.subaccount_id not in stored:
                stored[change.subaccount_id] = self.get(ctx, change.subaccount_id)
        return stored

    def _infos(self, ctx: Context, subaccounts: Iterable[Subaccount], changes: Sequence[Update]) -> dict[int, PerpInfo]:
        ids = {position.perpetual_id for subaccount in subaccounts for position in subaccount.perpetual_positions}
        for change in changes:
            for perpetual_update in change.perpetual_updates:
                ids.add(perpetual_update.perpetual_id)
        return self.perpetuals.infos_for_update(ctx, sorted(ids))

    def _settle(
        self,
        ctx: Context,
        changes: Sequence[Update],
        stored: Mapping[SubaccountId, Subaccount],
        infos: PerpInfos,
    ) -> tuple[list[SettledUpdate], list[tuple[FundingPayment, ...]]]:
        settled: list[SettledUpdate] = []
        payments: list[tuple[FundingPayment, ...]] = []
        known: dict[SubaccountId, tuple[Subaccount, tuple[FundingPayment, ...], dict[int, int] | None]] = {}
        for subaccount_id, asset_updates, perpetual_updates in changes:
            entry = known.get(subaccount_id)
            if entry is None:
                self.state.subaccounts.touch(ctx, subaccount_id)
                subaccount, paid = updates.settle(stored[subaccount_id], infos)
                needs_leverage = perpetual_updates or subaccount.perpetual_positions
                imf_ppm = leverage.stored(self, ctx, subaccount_id) if needs_leverage else None
                entry = known[subaccount_id] = (subaccount, paid, imf_ppm)
            subaccount, paid, imf_ppm = entry
            settled.append(SettledUpdate(subaccount, asset_updates, perpetual_updates, imf_ppm))
            payments.append(paid)
        return settled, payments

    def _judge(self, ctx: Context, settled: Sequence[SettledUpdate], kind: UpdateType, infos: PerpInfos) -> _Verdict:
        verdict = _Verdict(tuple(pools.isolated_result(change, infos) for change in settled))
        if not verdict.success:
            return verdict
        if kind in _GATED and gating.is_blocked(self, ctx, settled, infos):
            return _Verdict((UpdateResult.WITHDRAWALS_AND_TRANSFERS_BLOCKED,) * len(settled))
        open_interest = updates.open_interest_delta(settled, kind)
        infos = _with_open_interest(infos, open_interest)
        current_risks: dict[SubaccountId | None, Risk] = {}
        results: list[UpdateResult] = []
        new_subaccounts: list[Subaccount] = []
        for change in settled:
            self._require_updatable(ctx, change, infos)
            new = updates.apply_update(change, infos)
            new_subaccounts.append(new)
            risk = subaccount_risk(new, infos, change.leverage)
            if risk.nc >= risk.imr:
                results.append(_SUCCESS)
                continue
            current = current_risks.get(change.subaccount.id)
            if current is None:
                current = subaccount_risk(change.subaccount, infos, change.leverage)
                current_risks[change.subaccount.id] = current
            results.append(result_below_initial_margin(current, risk))
        return _Verdict(tuple(results), new_subaccounts, open_interest)

    def _require_updatable(self, ctx: Context, change: SettledUpdate, infos: PerpInfos) -> None:
        for perpetual_update in change.perpetual_updates:
            if infos[perpetual_update.perpetual_id].price.price == 0:
                raise ProductPositionNotUpdatable(f"perpetual {perpetual_update.perpetual_id}")
        for asset_update in change.asset_updates:
            self.assets.get(ctx, asset_update.asset_id)

    def _persist_open_interest(self, ctx: Context, delta: updates.OpenInterestDelta | None) -> None:
        if delta is None:
            return
        try:
            self.perpetuals.modify_open_interest(ctx, delta.perpetual_id, delta.base_quantums)
        except ChainError as problem:
            raise CannotModifyPerpOpenInterest(problem.log) from problem


def _with_open_interest(infos: PerpInfos, delta: updates.OpenInterestDelta | None) -> PerpInfos:
    if delta is None:
        return infos
    info = infos[delta.perpetual_id]
    raised = replace(info.perpetual, open_interest=info.perpetual.open_interest + delta.base_quantums)
    return {**infos, delta.perpetual_id: PerpInfo(raised, info.price, info.liquidity_tier)}


def _emit_settled_funding(ctx: Context, subaccount: Subaccount, payments: Sequence[FundingPayment]) -> None:
    assert subaccount.id is not None
    for payment in payments:
        ctx.emit(
            SettledFunding(subaccount.id.owner, subaccount.id.number, payment.perpetual_id, payment.quote_quantums)
        )
