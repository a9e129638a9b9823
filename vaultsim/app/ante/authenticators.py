"""Transactions that name authenticators instead of being signed by the account's own key.

Source: dydx-modules §§1.5, 20.7.2.
"""

from __future__ import annotations

import hashlib
from functools import partial

from vaultsim.app.ante.keys import is_signed
from vaultsim.app.signers import signer_addresses
from vaultsim.app.tx import RawTx, Tx, decode_tx
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.cosmos.tx.v1beta1 import SignDoc
from vaultsim.pb.dydxprotocol.accountplus import TxExtension
from vaultsim.pb.runtime import Message
from vaultsim.x import sdk_errors
from vaultsim.x.accountplus.authenticators import AuthenticationRequest, Authenticator
from vaultsim.x.accountplus.keeper import AccountplusKeeper
from vaultsim.x.auth.keeper import AccountKeeper
from vaultsim.x.auth.types import base_of

_MARK = TxExtension.FULL_NAME.encode()


class Authenticators:
    """Asks the authenticators that a transaction names, one per message."""

    def __init__(self, accounts: AccountKeeper, accountplus: AccountplusKeeper) -> None:
        self.accounts = accounts
        self.accountplus = accountplus

    def authenticate(self, ctx: Context, tx: Tx, is_simulated: bool = False) -> None:
        """Every message's authenticator must say yes. A simulation takes every signature for valid.

        Raises [dydxaccountplus 4] while switched off, [sdk 4] for another fee payer or several signers of a message,
        [sdk 18] for another number of authenticators than messages, [dydxaccountplus 1] without the authenticator,
        and [dydxaccountplus 100] to [105] when it says no.
        """
        self.accountplus.require_active(ctx)
        if tx.fee_payer != tx.signers[0]:
            raise sdk_errors.Unauthorized("fee payer must be the first signer")
        selected = tx.selected_authenticators
        if len(selected) != len(tx.messages):
            raise sdk_errors.InvalidRequest(
                "Mismatch between the number of selected authenticators and messages, "
                f"msg count {len(tx.messages)}, got {len(selected)} selected authenticators"
            )
        for message, authenticator_id in zip(tx.messages, selected, strict=True):
            self._authenticate_one(ctx, tx, message, authenticator_id, is_simulated)

    def still_accepts(self, ctx: Context, tx_bytes: bytes) -> bool:
        """Whether the authenticators that a resting order's transaction names are still there; True for none."""
        if _MARK not in tx_bytes or RawTx.recorded(tx_bytes).is_trusted:
            return True
        try:
            tx = decode_tx(tx_bytes)
            if tx.selected_authenticators:
                self.accountplus.require_selected(ctx, tx.signers, tx.selected_authenticators)
        except ChainError:
            return False
        return True

    def _authenticate_one(
        self, ctx: Context, tx: Tx, message: Message, authenticator_id: int, is_simulated: bool
    ) -> None:
        signers = signer_addresses(message)
        if len(signers) != 1:
            raise sdk_errors.Unauthorized("messages must have exactly one signer")
        authenticator: Authenticator = self.accountplus.authenticator(ctx, signers[0], authenticator_id)
        account = self.accounts.find(ctx, signers[0])
        if account is None:
            raise ChainPanic("runtime error: invalid memory address or nil pointer dereference")
        document = SignDoc(
            body_bytes=tx.body_bytes,
            auth_info_bytes=tx.auth_info_bytes,
            chain_id=ctx.chain_id,
            account_number=base_of(account).account_number,
        )
        digest = hashlib.sha256(document.encode()).digest()
        signature = tx.signatures[tx.signers.index(signers[0])]
        verify = partial(self._is_signed_by, ctx, digest, None if is_simulated else signature)
        authenticator.authenticate(AuthenticationRequest(message, verify))

    def _is_signed_by(self, ctx: Context, digest: bytes, signature: bytes | None, key: bytes) -> bool:
        params = self.accounts.params(ctx)
        if ctx.gas is not None:
            ctx.gas.consume(params.sig_verify_cost_secp256k1, "secp256k1 signature verification")
        return signature is None or is_signed(key, digest, signature)
