"""The ante: what every transaction passes before its messages run, in three paths.

Source: dydx-modules §§1.5, 1.7, 1.10.
"""

from __future__ import annotations

from typing import Final, Protocol

from vaultsim.address import is_bech32
from vaultsim.app.ante.fees import DEFAULT_MINIMUM, Fees, InvalidGasLimit, parse_gas_prices
from vaultsim.app.ante.signatures import Signatures, signatures_of
from vaultsim.app.message_classes import (
    has_clob_message,
    is_short_term,
    is_single_app_injected,
    require_allowed,
    require_valid_clob_mix,
)
from vaultsim.app.tx import Tx
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.store.gas import GasMeter
from vaultsim.x import sdk_errors
from vaultsim.x.accountplus.keeper import AccountplusKeeper
from vaultsim.x.auth.keeper import AccountKeeper
from vaultsim.x.bank.keeper import BankKeeper
from vaultsim.x.bank.types import coins_of

MOST_GAS: Final = (1 << 63) - 1
UNLIMITED_GAS: Final = (1 << 64) - 1
"""The limit of a simulation's meter, as it shows."""
_MISSING_SIGNATURE_BYTES: Final = 112
"""By how many bytes a transaction will grow with a signature: amino bytes of a key with a signature, and six."""


class ClobAnte(Protocol):
    """What x/clob does with a transaction of its messages in CheckTx, after its signatures are verified."""

    def check_messages(self, ctx: Context, tx: Tx) -> None:
        """Rate limits, then each message on the check state and the book; raises ChainError or ChainPanic."""
        ...


class Ante:
    """Checks a transaction and leaves fee, public key and sequence behind.

    clob is bound once x/clob is there; without it clob messages pass CheckTx with no effect. block_max_gas: the
    consensus parameter, -1 for none.
    """

    def __init__(
        self,
        accounts: AccountKeeper,
        bank: BankKeeper,
        accountplus: AccountplusKeeper,
        minimum_gas_prices: str = DEFAULT_MINIMUM,
    ) -> None:
        self.accounts = accounts
        self.fees = Fees(accounts, bank, parse_gas_prices(minimum_gas_prices))
        self.signatures = Signatures(accounts, accountplus)
        self.clob: ClobAnte | None = None
        self.block_max_gas = -1

    def run(self, ctx: Context, tx: Tx, *, is_simulated: bool = False) -> None:
        """Runs the path of the transaction's messages in `ctx` and sets its gas meter.

        is_simulated: signatures are not verified, gas has no limit, no least fee is asked for, and clob messages do
        not act on the books; sequences still count. Raises ChainError or ChainPanic; what it wrote then is for the
        caller to drop.
        """
        if has_clob_message(tx.messages):
            self._run_clob(ctx, tx, is_simulated)
        elif is_single_app_injected(tx.messages):
            self._run_app_injected(ctx, tx)
        else:
            self._run_other(ctx, tx, is_simulated)

    def _run_clob(self, ctx: Context, tx: Tx, is_simulated: bool) -> None:
        ctx.gas = None
        _refuse_extensions(tx)
        require_allowed(tx.messages, is_check=ctx.is_check)
        _validate(tx)
        _require_in_time(ctx, tx)
        self._require_short_memo(ctx, tx)
        self.signatures.require_few(ctx, tx)
        self.signatures.require_fresh(ctx, tx)
        self.signatures.verify(ctx, tx, is_simulated)
        if not _is_short_term_tx(tx):
            self.signatures.bump_sequences(ctx, tx)
        if ctx.is_check and not is_simulated:
            require_valid_clob_mix(tx.messages)
            if self.clob is not None:
                self.clob.check_messages(ctx, tx)

    def _run_app_injected(self, ctx: Context, tx: Tx) -> None:
        ctx.gas = None
        _refuse_extensions(tx)
        require_allowed(tx.messages, is_check=ctx.is_check)
        _require_in_time(ctx, tx)
        self._require_short_memo(ctx, tx)
        self.signatures.require_few(ctx, tx)

    def _run_other(self, ctx: Context, tx: Tx, is_simulated: bool) -> None:
        self._set_up_gas(ctx, tx, is_simulated)
        _refuse_extensions(tx)
        require_allowed(tx.messages, is_check=ctx.is_check)
        _validate(tx)
        _require_in_time(ctx, tx)
        self._require_short_memo(ctx, tx)
        self._charge_for_size(ctx, tx, is_simulated)
        self.fees.charge(ctx, tx, is_simulated)
        self.signatures.require_few(ctx, tx)
        self.signatures.require_fresh(ctx, tx)
        self.signatures.verify(ctx, tx, is_simulated)
        self.signatures.bump_sequences(ctx, tx)

    def _set_up_gas(self, ctx: Context, tx: Tx, is_simulated: bool) -> None:
        limit = tx.fee.gas_limit
        ctx.gas = GasMeter(UNLIMITED_GAS if is_simulated else limit)
        if 0 < self.block_max_gas < limit:
            raise InvalidGasLimit(f"tx gas limit {limit} exceeds block max gas {self.block_max_gas}")

    def _require_short_memo(self, ctx: Context, tx: Tx) -> None:
        length = len(tx.body.memo.encode("utf-8", "surrogateescape"))
        if length:
            most = self.accounts.params(ctx).max_memo_characters
            if length > most:
                raise sdk_errors.MemoTooLarge(
                    f"maximum number of characters is {most} but received {length} characters"
                )

    def _charge_for_size(self, ctx: Context, tx: Tx, is_simulated: bool) -> None:
        if ctx.gas is None:
            return
        cost_per_byte = self.accounts.params(ctx).tx_size_cost_per_byte
        ctx.gas.consume(cost_per_byte * len(tx.raw), "txSize")
        given = signatures_of(tx) if is_simulated else ()
        for index, signer in enumerate(tx.signers if is_simulated else ()):
            if index >= len(given) or not given[index].content:
                self.accounts.find(ctx, signer)  # read on the chain for its key, and paid for
                ctx.gas.consume(cost_per_byte * _MISSING_SIGNATURE_BYTES, "txSize")


def _refuse_extensions(tx: Tx) -> None:
    if tx.body.extension_options:
        raise sdk_errors.UnknownExtensionOptions


def _validate(tx: Tx) -> None:
    fee = tx.auth_info.fee
    if fee is None:
        raise ChainError("missing fee")
    if fee.gas_limit > MOST_GAS:
        raise sdk_errors.InvalidRequest(f"invalid gas supplied; {fee.gas_limit} > {MOST_GAS}")
    if any(not coin.amount for coin in fee.amount):
        raise sdk_errors.InsufficientFee("invalid fee provided: null")
    if any(coin.amount < 0 for coin in coins_of(fee.amount)):
        raise sdk_errors.InsufficientFee("invalid fee provided")
    if fee.payer and not is_bech32(fee.payer):
        raise sdk_errors.InvalidAddress(f"Invalid fee payer address ({fee.payer})")
    if not tx.signatures:
        raise sdk_errors.NoSignatures
    if not tx.is_trusted and len(tx.signatures) != len(tx.signers):
        raise sdk_errors.Unauthorized(f"wrong number of signers; expected {len(tx.signers)}, got {len(tx.signatures)}")


def _require_in_time(ctx: Context, tx: Tx) -> None:
    if 0 < tx.timeout_height < ctx.height:
        raise sdk_errors.TxTimeoutHeight(f"block height: {ctx.height}, timeout height: {tx.timeout_height}")


def _is_short_term_tx(tx: Tx) -> bool:
    if not any(is_short_term(message) for message in tx.messages):
        return False
    if len(tx.messages) > 1:
        raise sdk_errors.InvalidRequest(
            "a transaction containing short term MsgCancelOrder or MsgPlaceOrder may not contain more than one message"
        )
    return True
