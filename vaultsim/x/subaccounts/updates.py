"""Settling and updating subaccounts, as pure functions. Source: dydx-modules §§10.4 to 10.6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from vaultsim.errors import ChainPanic
from vaultsim.lib.maths import ONE_MILLION, floor_div
from vaultsim.pb.dydxprotocol.subaccounts import AssetPosition, PerpetualPosition, Subaccount
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.perpetuals.formulas import settle_funding
from vaultsim.x.subaccounts.errors import FailedToUpdateSubaccounts
from vaultsim.x.subaccounts.types import (
    AssetUpdate,
    PerpetualUpdate,
    PerpInfos,
    SettledUpdate,
    Update,
    UpdateResult,
    UpdateType,
    position_quantums,
    usdc_balance,
)


class FundingPayment(NamedTuple):
    """Funding of one position at settlement; positive when the subaccount pays."""

    perpetual_id: int
    quote_quantums: int


class OpenInterestDelta(NamedTuple):
    """How much a match changes a perpetual's open interest, in base quantums."""

    perpetual_id: int
    base_quantums: int


NO_PAYMENTS: tuple[FundingPayment, ...] = ()


def settle(subaccount: Subaccount, infos: PerpInfos) -> tuple[Subaccount, tuple[FundingPayment, ...]]:
    """The subaccount with funding paid up to now, and what each position with funding paid.

    The balance changes by one floor over the sum; each payment is minus a floor of its own. A USDC position of zero
    is dropped. Source: dydx-modules §10.4.
    """
    total = 0
    payments: list[FundingPayment] = []
    positions: list[PerpetualPosition] | None = None
    for place, position in enumerate(subaccount.perpetual_positions):
        index = infos[position.perpetual_id].perpetual.funding_index
        if index == position.funding_index:
            continue
        settlement = settle_funding(index, position.funding_index, position.quantums)
        if settlement:
            total += settlement
            payments.append(FundingPayment(position.perpetual_id, -floor_div(settlement, ONE_MILLION)))
        if positions is None:
            positions = list(subaccount.perpetual_positions)
        positions[place] = PerpetualPosition(
            perpetual_id=position.perpetual_id,
            quantums=position.quantums,
            funding_index=index,
            quote_balance=position.quote_balance,
        )
    assets = subaccount.asset_positions
    change = floor_div(total, ONE_MILLION) if total else 0
    if positions is None and not (assets and assets[0].quantums == 0):
        return subaccount, NO_PAYMENTS
    settled = Subaccount(
        id=subaccount.id,
        asset_positions=_with_usdc(assets, usdc_balance(subaccount) + change),
        perpetual_positions=subaccount.perpetual_positions if positions is None else tuple(positions),
        margin_enabled=subaccount.margin_enabled,
    )
    return settled, tuple(sorted(payments))


def apply_update(update: SettledUpdate, infos: PerpInfos) -> Subaccount:
    """The settled subaccount with the update's changes; positions end up in order of id. Source: dydx-modules §10.5."""
    subaccount = update.subaccount
    assets = updated_assets(subaccount.asset_positions, update.asset_updates)
    perpetuals = updated_perpetuals(subaccount.perpetual_positions, update.perpetual_updates, infos)
    if assets is subaccount.asset_positions and perpetuals is subaccount.perpetual_positions:
        return subaccount
    return Subaccount(
        id=subaccount.id,
        asset_positions=assets,
        perpetual_positions=perpetuals,
        margin_enabled=subaccount.margin_enabled,
    )


def updated_assets(positions: tuple[AssetPosition, ...], updates: tuple[AssetUpdate, ...]) -> tuple[AssetPosition, ...]:
    """Asset positions after the updates: an old one that reaches zero goes, a new one stays even at zero."""
    if not updates and len(positions) < 2:
        return positions
    by_id = {position.asset_id: position for position in positions}
    for asset_id, delta in updates:
        old = by_id.get(asset_id)
        if old is None:
            by_id[asset_id] = AssetPosition(asset_id=asset_id, quantums=delta)
        elif old.quantums + delta == 0:
            del by_id[asset_id]
        else:
            by_id[asset_id] = AssetPosition(asset_id=asset_id, quantums=old.quantums + delta, index=old.index)
    if len(by_id) == 1:
        return tuple(by_id.values())
    return tuple(by_id[asset_id] for asset_id in sorted(by_id))


def updated_perpetuals(
    positions: tuple[PerpetualPosition, ...], updates: tuple[PerpetualUpdate, ...], infos: PerpInfos
) -> tuple[PerpetualPosition, ...]:
    """Perpetual positions after the updates: gone when size and quote balance reach zero, new ones stay even so."""
    if not updates and len(positions) < 2:
        return positions
    by_id = {position.perpetual_id: position for position in positions}
    for perpetual_id, delta, quote_delta in updates:
        old = by_id.get(perpetual_id)
        if old is None:
            by_id[perpetual_id] = PerpetualPosition(
                perpetual_id=perpetual_id,
                quantums=delta,
                funding_index=infos[perpetual_id].perpetual.funding_index,
                quote_balance=quote_delta,
            )
            continue
        quantums, quote_balance = old.quantums + delta, old.quote_balance + quote_delta
        if quantums == 0 and quote_balance == 0:
            del by_id[perpetual_id]
        else:
            by_id[perpetual_id] = PerpetualPosition(
                perpetual_id=perpetual_id,
                quantums=quantums,
                funding_index=old.funding_index,
                quote_balance=quote_balance,
            )
    if len(by_id) == 1:
        return tuple(by_id.values())
    return tuple(by_id[perpetual_id] for perpetual_id in sorted(by_id))


def open_interest_delta(updates: Sequence[SettledUpdate], kind: UpdateType) -> OpenInterestDelta | None:
    """Change of the open interest that a match brings, None for no change and for other kinds.

    A chain panic unless a match has two updates of one perpetual each, the same, equal in size, not of one sign.
    Source: dydx-modules §10.6.
    """
    if kind is not UpdateType.MATCH:
        return None
    if len(updates) != 2 or any(len(update.perpetual_updates) != 1 for update in updates):
        raise ChainPanic("a match has two updates with one perpetual update each")
    first, second = updates[0].perpetual_updates[0], updates[1].perpetual_updates[0]
    if first.perpetual_id != second.perpetual_id:
        raise ChainPanic("the updates of a match name different perpetuals")
    if first.quantums_delta * second.quantums_delta > 0 or abs(first.quantums_delta) != abs(second.quantums_delta):
        raise ChainPanic("the updates of a match have wrong sizes")
    delta = 0
    for update in updates:
        before = position_quantums(update.subaccount, first.perpetual_id)
        after = before + update.perpetual_updates[0].quantums_delta
        delta += max(after, 0) - max(before, 0)
    return OpenInterestDelta(first.perpetual_id, delta) if delta else None


def raise_on_failure(success: bool, results: Sequence[UpdateResult], updates: Sequence[Update]) -> None:
    """Raises FailedToUpdateSubaccounts [102] naming the first failing subaccount."""
    if success:
        return
    for result, update in zip(results, updates, strict=True):
        if result is not UpdateResult.SUCCESS:
            owner, number = update.subaccount_id.owner, update.subaccount_id.number
            raise FailedToUpdateSubaccounts(f"subaccount {owner}/{number}: {result.text}")
    raise ChainPanic("an update failed without a failing result")


def _with_usdc(positions: tuple[AssetPosition, ...], balance: int) -> tuple[AssetPosition, ...]:
    has_usdc = bool(positions) and positions[0].asset_id == USDC_ASSET_ID
    if balance == 0:
        return positions[1:] if has_usdc else positions
    if not has_usdc:
        return (AssetPosition(asset_id=USDC_ASSET_ID, quantums=balance), *positions)
    return (AssetPosition(asset_id=USDC_ASSET_ID, quantums=balance, index=positions[0].index), *positions[1:])
