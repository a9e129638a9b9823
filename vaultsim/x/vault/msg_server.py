"""Messages of x/vault. Source: dydx-vault §6."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.ints import NIL_INT, is_u64
from vaultsim.pb.dydxprotocol.vault import (
    MsgAllocateToVault,
    MsgAllocateToVaultResponse,
    MsgDepositToMegavault,
    MsgDepositToMegavaultResponse,
    MsgRetrieveFromVault,
    MsgRetrieveFromVaultResponse,
    MsgSetVaultParams,
    MsgSetVaultParamsResponse,
    MsgUnlockShares,
    MsgUnlockSharesResponse,
    MsgUpdateDefaultQuotingParams,
    MsgUpdateDefaultQuotingParamsResponse,
    MsgUpdateOperatorParams,
    MsgUpdateOperatorParamsResponse,
    MsgWithdrawFromMegavault,
    MsgWithdrawFromMegavaultResponse,
    NumShares,
)
from vaultsim.x.authority import GOV_OR_DELAYMSG, require_authority
from vaultsim.x.subaccounts.types import validate_subaccount_id
from vaultsim.x.vault.errors import InvalidAuthority, InvalidQuoteQuantums, NonPositiveShares
from vaultsim.x.vault.keeper import VaultKeeper


def check_deposit(msg: MsgDepositToMegavault) -> None:
    """Raises [subaccounts 201], [subaccounts 200] or [4]; an absent subaccount or amount is a chain panic."""
    if msg.subaccount_id is None:
        raise nil_pointer()
    validate_subaccount_id(msg.subaccount_id)
    _require_positive_u64(msg.quote_quantums, "quote quantums must be strictly positive and less than 2^64")


def check_withdraw(msg: MsgWithdrawFromMegavault) -> None:
    """Raises [subaccounts 201], [subaccounts 200], [30] or [4]; an absent minimum is a chain panic."""
    validate_subaccount_id(msg.subaccount_id)
    if msg.shares.num_shares <= 0:
        raise NonPositiveShares()
    if msg.min_quote_quantums is NIL_INT:
        raise nil_pointer()
    if not is_u64(msg.min_quote_quantums):
        raise InvalidQuoteQuantums("min quote quantums must be non-negative and less than 2^64")


def check_move(msg: MsgAllocateToVault | MsgRetrieveFromVault) -> None:
    """Raises [26] without an authority, or [4]; an absent amount is a chain panic."""
    if not msg.authority:
        raise InvalidAuthority()
    _require_positive_u64(msg.quote_quantums, "")


def deposit_signers(msg: MsgDepositToMegavault) -> tuple[str, ...]:
    """The subaccount's owner."""
    if msg.subaccount_id is None:
        raise ChainError("deposit to the megavault without a subaccount id")
    return (msg.subaccount_id.owner,)


def withdraw_signers(msg: MsgWithdrawFromMegavault) -> tuple[str, ...]:
    """The subaccount's owner."""
    return (msg.subaccount_id.owner,)


class VaultMsgServer:
    """Handlers of x/vault."""

    def __init__(self, keeper: VaultKeeper) -> None:
        self._keeper = keeper

    def deposit(self, ctx: Context, msg: MsgDepositToMegavault) -> MsgDepositToMegavaultResponse:
        """Deposits to the megavault."""
        if msg.subaccount_id is None:
            raise nil_pointer()
        minted = self._keeper.deposit_to_megavault(ctx, msg.subaccount_id, msg.quote_quantums)
        return MsgDepositToMegavaultResponse(minted_shares=NumShares(num_shares=minted))

    def withdraw(self, ctx: Context, msg: MsgWithdrawFromMegavault) -> MsgWithdrawFromMegavaultResponse:
        """Withdraws from the megavault."""
        redeemed = self._keeper.withdraw_from_megavault(
            ctx, msg.subaccount_id, msg.shares.num_shares, msg.min_quote_quantums
        )
        return MsgWithdrawFromMegavaultResponse(quote_quantums=redeemed)

    def update_default_quoting_params(
        self, ctx: Context, msg: MsgUpdateDefaultQuotingParams
    ) -> MsgUpdateDefaultQuotingParamsResponse:
        """Replaces the default quoting parameters."""
        self._require_authority_or_operator(ctx, msg.authority)
        self._keeper.set_default_quoting_params(ctx, msg.default_quoting_params)
        return MsgUpdateDefaultQuotingParamsResponse()

    def update_operator_params(self, ctx: Context, msg: MsgUpdateOperatorParams) -> MsgUpdateOperatorParamsResponse:
        """Replaces operator and description."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.set_operator_params(ctx, msg.params)
        return MsgUpdateOperatorParamsResponse()

    def set_vault_params(self, ctx: Context, msg: MsgSetVaultParams) -> MsgSetVaultParamsResponse:
        """Creates or changes a vault."""
        self._require_authority_or_operator(ctx, msg.authority)
        self._keeper.set_vault_params(ctx, msg.vault_id, msg.vault_params)
        return MsgSetVaultParamsResponse()

    def unlock_shares(self, ctx: Context, msg: MsgUnlockShares) -> MsgUnlockSharesResponse:
        """Forgets locks that are due."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        if not msg.owner_address:
            raise ChainError("owner address cannot be empty")
        unlocked = self._keeper.unlock_shares(ctx, msg.owner_address)
        return MsgUnlockSharesResponse(unlocked_shares=NumShares(num_shares=unlocked))

    def allocate_to_vault(self, ctx: Context, msg: MsgAllocateToVault) -> MsgAllocateToVaultResponse:
        """Moves money from the main vault to a vault."""
        self._require_authority_or_operator(ctx, msg.authority)
        self._keeper.allocate_to_vault(ctx, msg.vault_id, msg.quote_quantums)
        return MsgAllocateToVaultResponse()

    def retrieve_from_vault(self, ctx: Context, msg: MsgRetrieveFromVault) -> MsgRetrieveFromVaultResponse:
        """Moves money from a vault to the main vault."""
        self._require_authority_or_operator(ctx, msg.authority)
        self._keeper.retrieve_from_vault(ctx, msg.vault_id, msg.quote_quantums)
        return MsgRetrieveFromVaultResponse()

    def _require_authority_or_operator(self, ctx: Context, authority: str) -> None:
        operator = self._keeper.operator_params(ctx).operator
        if authority not in GOV_OR_DELAYMSG and authority != operator:
            raise InvalidAuthority(f"invalid authority {authority}")


def nil_pointer() -> ChainPanic:
    """The panic of touching something that was absent on the wire."""
    return ChainPanic("runtime error: invalid memory address or nil pointer dereference")


def _require_positive_u64(quote_quantums: int, sentence: str) -> None:
    if quote_quantums is NIL_INT:
        raise nil_pointer()
    if quote_quantums == 0 or not is_u64(quote_quantums):
        raise InvalidQuoteQuantums(sentence)
