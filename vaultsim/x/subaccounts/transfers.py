"""Money movements between subaccounts, bank accounts, pools and funds. Source: dydx-modules §10.8."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from vaultsim import address as addresses
from vaultsim.address import from_bech32, module_address
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.bank.types import Coin
from vaultsim.x.perpetuals.types import INSURANCE_FUND
from vaultsim.x.sdk_errors import Unauthorized
from vaultsim.x.subaccounts.errors import (
    AssetTransferQuantumsNotPositive,
    AssetTransferThroughBankNotImplemented,
)
from vaultsim.x.subaccounts.pools import CROSS_POOL, pool_of_subaccount
from vaultsim.x.subaccounts.ports import RevenueShareLike
from vaultsim.x.subaccounts.types import AssetUpdate, Update, UpdateType
from vaultsim.x.subaccounts.updates import raise_on_failure

if TYPE_CHECKING:
    from vaultsim.x.subaccounts.keeper import SubaccountsKeeper

FEE_COLLECTOR: Final = module_address("fee_collector")


def deposit(
    keeper: SubaccountsKeeper,
    ctx: Context,
    from_address: bytes,
    to: SubaccountId,
    asset_id: int,
    quantums: int,
    *,
    is_gated: bool = True,
) -> None:
    """Moves coins of a bank account to a subaccount; gated like a transfer. Raises [501], [500], [102], [sdk 5]."""
    kind = UpdateType.TRANSFER if is_gated else UpdateType.DEPOSIT
    coin, updates = _checked(keeper, ctx, to, asset_id, quantums, is_deposit=True, kind=kind)
    pool = pool_of_subaccount(keeper, ctx, keeper.get(ctx, to))
    keeper.bank.send_coins(ctx, from_address, pool, (coin,))
    _apply(keeper, ctx, updates, UpdateType.DEPOSIT)


def withdraw(
    keeper: SubaccountsKeeper, ctx: Context, sender: SubaccountId, to_address: bytes, asset_id: int, quantums: int
) -> None:
    """Moves quantums of a subaccount to a bank account. Raises [501], [500], [102], [sdk 4], [sdk 5]."""
    coin, updates = _checked(keeper, ctx, sender, asset_id, quantums, is_deposit=False)
    pool = pool_of_subaccount(keeper, ctx, keeper.get(ctx, sender))
    _require_not_blocked(keeper, to_address)
    keeper.bank.send_coins(ctx, pool, to_address, (coin,))
    _apply(keeper, ctx, updates, UpdateType.WITHDRAWAL)


def transfer(
    keeper: SubaccountsKeeper,
    ctx: Context,
    sender: SubaccountId,
    recipient: SubaccountId,
    asset_id: int,
    quantums: int,
    *,
    is_gated: bool = True,
) -> None:
    """Moves quantums between subaccounts. Raises [501], [102], [101] when both are one, and what bank raises.

    is_gated: whether it is blocked with the users' transfers; a module's own accounting is not.
    """
    kind = UpdateType.TRANSFER if is_gated else UpdateType.DEPOSIT
    _require_usdc(asset_id)
    updates = (
        Update(sender, (AssetUpdate(USDC_ASSET_ID, -quantums),)),
        Update(recipient, (AssetUpdate(USDC_ASSET_ID, quantums),)),
    )
    raise_on_failure(*keeper.can_update(ctx, updates, kind), updates)
    _, coin = keeper.assets.to_coin(ctx, asset_id, quantums)
    sender_pool = pool_of_subaccount(keeper, ctx, keeper.get(ctx, sender))
    recipient_pool = pool_of_subaccount(keeper, ctx, keeper.get(ctx, recipient))
    if sender_pool != recipient_pool:
        keeper.bank.send_coins(ctx, sender_pool, recipient_pool, (coin,))
    _apply(keeper, ctx, updates, kind)


def distribute_fees(
    keeper: SubaccountsKeeper,
    ctx: Context,
    asset_id: int,
    perpetual_id: int,
    revenue_shares: Iterable[RevenueShareLike],
    total_fee: int,
) -> None:
    """Pays a fill's revenue shares and the rest of its fees out of the perpetual's pool (quote quantums).

    A negative rest is a chain panic. Raises [perpetuals 1], [501], ChainError for a recipient that is no address.
    """
    pool = keeper.collateral_pool_for_perpetual(ctx, perpetual_id)
    rest = total_fee
    for share in revenue_shares:
        _transfer_fees(keeper, ctx, asset_id, pool, _account(share.recipient), share.quote_quantums)
        rest -= share.quote_quantums
    if rest < 0:
        raise ChainPanic("fee collector share is < 0")
    _transfer_fees(keeper, ctx, asset_id, pool, FEE_COLLECTOR, rest)


def transfer_insurance_payment(keeper: SubaccountsKeeper, ctx: Context, delta: int, perpetual_id: int) -> None:
    """Pays quote quantums into the perpetual's insurance fund (delta > 0) or out of it (delta < 0).

    An unknown perpetual is a chain panic; raises what bank raises.
    """
    if delta == 0:
        return
    try:
        _, coin = keeper.assets.to_coin(ctx, USDC_ASSET_ID, abs(delta))
        pool = keeper.collateral_pool_for_perpetual(ctx, perpetual_id)
        fund = keeper.perpetuals.insurance_fund_address(ctx, perpetual_id)
    except ChainError as problem:
        raise ChainPanic(problem.log) from problem
    sender, recipient = (pool, fund) if delta > 0 else (fund, pool)
    keeper.bank.send_coins(ctx, sender, recipient, (coin,))


def transfer_builder_fee(
    keeper: SubaccountsKeeper, ctx: Context, perpetual_id: int, quote_quantums: int, builder_bech32: str
) -> None:
    """Pays a builder out of the perpetual's pool; a negative amount is a chain panic.

    Raises [perpetuals 1], ChainError for a builder that is no address, [sdk 4], and what bank raises.
    """
    pool = keeper.collateral_pool_for_perpetual(ctx, perpetual_id)
    if quote_quantums < 0:
        raise ChainPanic(f"builder fee of {builder_bech32} is negative: {quote_quantums}")
    try:
        _, coin = keeper.assets.to_coin(ctx, USDC_ASSET_ID, quote_quantums)
    except ChainError as problem:
        raise ChainPanic(problem.log) from problem
    builder = _account(builder_bech32)
    _require_not_blocked(keeper, builder)
    keeper.bank.send_coins(ctx, pool, builder, (coin,))


def transfer_isolated_to_cross(keeper: SubaccountsKeeper, ctx: Context, perpetual_id: int) -> None:
    """Moves an isolated market's whole insurance fund and collateral pool to the cross ones; raises [perpetuals 1]."""
    fund = keeper.perpetuals.insurance_fund_address(ctx, perpetual_id)
    _move_all(keeper, ctx, fund, module_address(INSURANCE_FUND))
    _move_all(keeper, ctx, keeper.collateral_pool_for_perpetual(ctx, perpetual_id), CROSS_POOL)


def insurance_fund_balance(keeper: SubaccountsKeeper, ctx: Context, perpetual_id: int) -> int:
    """Quote quantums in the perpetual's insurance fund; a chain panic without the USDC asset or the perpetual."""
    try:
        denom = keeper.assets.get(ctx, USDC_ASSET_ID).denom
        return keeper.bank.balance(ctx, keeper.perpetuals.insurance_fund_address(ctx, perpetual_id), denom)
    except ChainError as problem:
        raise ChainPanic(problem.log) from problem


def _checked(
    keeper: SubaccountsKeeper,
    ctx: Context,
    subaccount_id: SubaccountId,
    asset_id: int,
    quantums: int,
    *,
    is_deposit: bool,
    kind: UpdateType = UpdateType.TRANSFER,
) -> tuple[Coin, tuple[Update, ...]]:
    _require_usdc(asset_id)
    if quantums <= 0:
        raise AssetTransferQuantumsNotPositive(str(quantums))
    rounded, coin = keeper.assets.to_coin(ctx, asset_id, quantums)
    updates = (Update(subaccount_id, (AssetUpdate(USDC_ASSET_ID, rounded if is_deposit else -rounded),)),)
    # Deposits are judged as transfers too, so they are gated.
    raise_on_failure(*keeper.can_update(ctx, updates, kind), updates)
    return coin, updates


def _apply(keeper: SubaccountsKeeper, ctx: Context, updates: tuple[Update, ...], kind: UpdateType) -> None:
    raise_on_failure(*keeper.update(ctx, updates, kind), updates)


def _transfer_fees(
    keeper: SubaccountsKeeper, ctx: Context, asset_id: int, sender: bytes, recipient: bytes, quantums: int
) -> None:
    _require_usdc(asset_id)
    if quantums == 0:
        return
    _, coin = keeper.assets.to_coin(ctx, asset_id, abs(quantums))
    if quantums < 0:
        sender, recipient = recipient, sender
    keeper.bank.send_coins(ctx, sender, recipient, (coin,))


def _move_all(keeper: SubaccountsKeeper, ctx: Context, sender: bytes, recipient: bytes) -> None:
    denom = keeper.assets.get(ctx, USDC_ASSET_ID).denom
    amount = keeper.bank.balance(ctx, sender, denom)
    if amount:
        keeper.bank.send_coins(ctx, sender, recipient, (Coin(denom, amount),))


def _account(bech32: str) -> bytes:
    try:
        return from_bech32(bech32)
    except addresses.InvalidAddress as problem:
        raise ChainError(str(problem)) from problem


def _require_not_blocked(keeper: SubaccountsKeeper, account: bytes) -> None:
    if keeper.bank.is_blocked(account):
        raise Unauthorized(f"{addresses.to_bech32(account)} is not allowed to receive funds")


def _require_usdc(asset_id: int) -> None:
    if asset_id != USDC_ASSET_ID:
        raise AssetTransferThroughBankNotImplemented(f"asset {asset_id}")
