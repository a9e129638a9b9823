"""Who must sign a message. Source: dydx-modules §1.7, each message's own section."""

from __future__ import annotations

from typing import Final

from vaultsim.address import InvalidAddress, from_bech32
from vaultsim.errors import ChainError
from vaultsim.pb.runtime import Message

SIGNER_PATHS: Final[dict[str, tuple[str, ...]]] = {
    "/dydxprotocol.clob.MsgBatchCancel": ("subaccount_id", "owner"),
    "/dydxprotocol.clob.MsgCancelOrder": ("order_id", "subaccount_id", "owner"),
    "/dydxprotocol.clob.MsgPlaceOrder": ("order", "order_id", "subaccount_id", "owner"),
    "/dydxprotocol.clob.MsgUpdateLeverage": ("subaccount_id", "owner"),
    "/dydxprotocol.sending.MsgCreateTransfer": ("transfer", "sender", "owner"),
    "/dydxprotocol.sending.MsgWithdrawFromSubaccount": ("sender", "owner"),
    "/dydxprotocol.vault.MsgDepositToMegavault": ("subaccount_id", "owner"),
    "/dydxprotocol.vault.MsgWithdrawFromMegavault": ("subaccount_id", "owner"),
    "/dydxprotocol.listing.MsgCreateMarketPermissionless": ("subaccount_id", "owner"),
    "/vaultsim.mmvault.v1.MsgAddLiquidity": ("subaccount_id", "owner"),
    "/vaultsim.mmvault.v1.MsgRemoveLiquidity": ("subaccount_id", "owner"),
}
"""Where the signer of a message is, when that is no plain field named by the message's signer option."""


def signer_texts(message: Message) -> tuple[str, ...]:
    """The bech32 texts of a message's required signers, in order; none for app-injected messages.

    Raises ChainError when a message on the way to the signer is missing.
    """
    path = SIGNER_PATHS.get(message.TYPE_URL)
    if path is not None:
        return (_follow(message, path),)
    found: list[str] = []
    for name in message.SIGNERS:
        value = getattr(message, name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Message):
                found += signer_texts(one)
            elif one is not None:
                found.append(one)
    return tuple(found)


def signer_addresses(message: Message) -> tuple[bytes, ...]:
    """The addresses of a message's required signers. Raises ChainError for one that is not valid bech32."""
    try:
        return tuple(from_bech32(text) for text in signer_texts(message))
    except InvalidAddress as problem:
        raise ChainError(f"decoding bech32 failed: {problem}") from None


def distinct_signers(messages: tuple[Message, ...], fee_payer: str = "") -> tuple[bytes, ...]:
    """The addresses that must sign a transaction: each once, in the order of the messages, the fee payer last."""
    found: dict[bytes, None] = {}
    for message in messages:
        found.update(dict.fromkeys(signer_addresses(message)))
    if fee_payer:
        try:
            found[from_bech32(fee_payer)] = None
        except InvalidAddress as problem:
            raise ChainError(f"decoding bech32 failed: {problem}") from None
    return tuple(found)


def _follow(message: Message, path: tuple[str, ...]) -> str:
    value: object = message
    for name in path:
        value = getattr(value, name)
        if value is None:
            raise ChainError(f"Expected for field {name} to be populated in path {list(path)} for {message.TYPE_URL}")
    return str(value)
