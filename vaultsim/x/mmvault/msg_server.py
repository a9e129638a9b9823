"""Messages of x/mmvault. Source: mm-vault §4, designs-on-chain (mmvault)."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.lib.ints import whole_number
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.vaultsim.mmvault.v1 import (
    MsgAddLiquidity,
    MsgAddLiquidityResponse,
    MsgRefreshQuotes,
    MsgRefreshQuotesResponse,
    MsgRemoveLiquidity,
    MsgRemoveLiquidityResponse,
    MsgUpdateParams,
    MsgUpdateParamsResponse,
)
from vaultsim.x.authority import GOV
from vaultsim.x.mmvault.errors import InvalidAmount, InvalidShares, MmvaultError, Unauthorized
from vaultsim.x.mmvault.events import QuotesRefreshed
from vaultsim.x.mmvault.keeper import MmvaultKeeper
from vaultsim.x.subaccounts.types import validate_subaccount_id


def check_add_liquidity(msg: MsgAddLiquidity) -> None:
    """Raises [subaccounts 201], [subaccounts 200], InvalidAmount [2], or InvalidShares [3] for a minimum that is no
    whole number; an absent subaccount is a chain panic."""
    validate_subaccount_id(_present(msg.subaccount_id))
    positive_number(msg.amount, InvalidAmount)
    _least_shares(msg)


def check_remove_liquidity(msg: MsgRemoveLiquidity) -> None:
    """Raises [subaccounts 201], [subaccounts 200] or InvalidShares [3]; an absent subaccount is a chain panic."""
    validate_subaccount_id(_present(msg.subaccount_id))
    positive_number(msg.shares_to_burn, InvalidShares)


class MmvaultMsgServer:
    """Handlers of x/mmvault."""

    def __init__(self, keeper: MmvaultKeeper) -> None:
        self._keeper = keeper

    def add_liquidity(self, ctx: Context, msg: MsgAddLiquidity) -> MsgAddLiquidityResponse:
        """Deposits into the vault."""
        amount = positive_number(msg.amount, InvalidAmount)
        minted = self._keeper.add_liquidity(ctx, _present(msg.subaccount_id), amount, _least_shares(msg))
        return MsgAddLiquidityResponse(shares_minted=str(minted))

    def remove_liquidity(self, ctx: Context, msg: MsgRemoveLiquidity) -> MsgRemoveLiquidityResponse:
        """Starts a withdrawal."""
        shares = positive_number(msg.shares_to_burn, InvalidShares)
        release = self._keeper.remove_liquidity(ctx, _present(msg.subaccount_id), shares)
        return MsgRemoveLiquidityResponse(amount=str(release.amount), end_time=release.end_time)

    def update_params(self, ctx: Context, msg: MsgUpdateParams) -> MsgUpdateParamsResponse:
        """Replaces all parameters."""
        _require_gov(msg.authority)
        self._keeper.update_params(ctx, msg.params, msg.pairs, msg.vault_total_weight)
        return MsgUpdateParamsResponse()

    def refresh_quotes(self, ctx: Context, msg: MsgRefreshQuotes) -> MsgRefreshQuotesResponse:
        """Refreshes the quotes now instead of at the end of the block."""
        _require_gov(msg.authority)
        self._keeper.refresh_quotes(ctx)
        ctx.emit(QuotesRefreshed(ctx.height))
        return MsgRefreshQuotesResponse()


def positive_number(text: str, error: type[MmvaultError]) -> int:
    """The whole number above zero that `text` is; raises `error`."""
    number = whole_number(text)
    if not number:
        raise error(repr(text[:80]))
    return number


def _least_shares(msg: MsgAddLiquidity) -> int:
    text = msg.min_shares_to_mint
    shares = whole_number(text or "0")
    if shares is None:
        raise InvalidShares(f"min_shares_to_mint {text[:80]!r}")
    return shares


def _present(subaccount_id: SubaccountId | None) -> SubaccountId:
    if subaccount_id is None:
        raise ChainPanic("runtime error: invalid memory address or nil pointer dereference")
    return subaccount_id


def _require_gov(authority: str) -> None:
    if authority not in GOV:
        raise Unauthorized(f"invalid authority {authority}")
