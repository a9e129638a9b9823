"""Errors of the Cosmos SDK's own codespace "sdk"."""

from __future__ import annotations

from vaultsim.errors import ChainError


class SdkError(ChainError):
    """An error of codespace sdk."""

    codespace = "sdk"


class TxDecode(SdkError):
    """The transaction's bytes do not decode."""

    code = 2
    meaning = "tx parse error"


class Unauthorized(SdkError):
    """A signature does not verify, or a recipient is blocked."""

    code = 4
    meaning = "unauthorized"


class InsufficientFunds(SdkError):
    """The sender's spendable balance is too small."""

    code = 5
    meaning = "insufficient funds"


class UnknownRequest(SdkError):
    """No handler for the message or the query."""

    code = 6
    meaning = "unknown request"


class InvalidAddress(SdkError):
    """An address that is not valid bech32."""

    code = 7
    meaning = "invalid address"


class InvalidPubKey(SdkError):
    """A public key that is missing or belongs to another account."""

    code = 8
    meaning = "invalid pubkey"


class UnknownAddress(SdkError):
    """An account that does not exist."""

    code = 9
    meaning = "unknown address"


class InvalidCoins(SdkError):
    """Coins that are not valid or not positive."""

    code = 10
    meaning = "invalid coins"


class MemoTooLarge(SdkError):
    """The memo is longer than the auth parameters allow."""

    code = 12
    meaning = "memo too large"


class InsufficientFee(SdkError):
    """The fee is below the node's minimum."""

    code = 13
    meaning = "insufficient fee"


class TooManySignatures(SdkError):
    """More signatures than the auth parameters allow."""

    code = 14
    meaning = "maximum number of signatures exceeded"


class NoSignatures(SdkError):
    """No signature at all."""

    code = 15
    meaning = "no signatures supplied"


class InvalidRequest(SdkError):
    """A request that is not allowed in this form."""

    code = 18
    meaning = "invalid request"


class NotFound(SdkError):
    """A query for something that is not there (gRPC NotFound)."""

    code = 22
    meaning = "key not found"


class InvalidArgument(SdkError):
    """A query without a usable request (gRPC InvalidArgument)."""

    code = 18
    meaning = "invalid request"


class TxTimeoutHeight(SdkError):
    """The transaction's timeout height has passed."""

    code = 30
    meaning = "tx timeout height"


class UnknownExtensionOptions(SdkError):
    """The transaction carries extension options that nobody understands."""

    code = 31
    meaning = "unknown extension options"


class WrongSequence(SdkError):
    """The sequence is not the one expected."""

    code = 32
    meaning = "incorrect account sequence"


class LogicError(SdkError):
    """A state that the chain's code does not expect."""

    code = 35
    meaning = "internal logic error"
