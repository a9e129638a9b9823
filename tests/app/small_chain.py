"""A chain of auth, bank and accountplus alone, with keys to sign by: enough for everything in front of a handler."""

from __future__ import annotations

import hashlib
from typing import Any as Json

import coincurve

from vaultsim.address import to_bech32
from vaultsim.app.ante.handler import Ante
from vaultsim.app.ante.keys import address_of_key
from vaultsim.app.results import TxResult
from vaultsim.app.router import Router
from vaultsim.app.runtx import TxRunner
from vaultsim.app.tx import RawTx
from vaultsim.context import Context
from vaultsim.module import AppModule
from vaultsim.pb import registry
from vaultsim.pb.cosmos.auth.v1beta1 import BaseAccount, Params
from vaultsim.pb.cosmos.auth.v1beta1 import GenesisState as AuthGenesis
from vaultsim.pb.cosmos.bank.v1beta1 import Balance, MsgSend
from vaultsim.pb.cosmos.bank.v1beta1 import GenesisState as BankGenesis
from vaultsim.pb.cosmos.bank.v1beta1 import Params as BankParams
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.cosmos.crypto.secp256k1 import PubKey
from vaultsim.pb.cosmos.tx.signing.v1beta1 import SignMode
from vaultsim.pb.cosmos.tx.v1beta1 import AuthInfo, Fee, ModeInfo, ModeInfo_Single, SignDoc, SignerInfo, TxBody, TxRaw
from vaultsim.pb.dydxprotocol.accountplus import GenesisState as AccountplusGenesis
from vaultsim.pb.dydxprotocol.accountplus import Params as AccountplusParams
from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder, MsgPlaceOrderResponse
from vaultsim.pb.google.protobuf import Any
from vaultsim.pb.runtime import Message
from vaultsim.store.multistore import MultiStore
from vaultsim.x.accountplus.keeper import AccountplusKeeper
from vaultsim.x.accountplus.module import accountplus_module
from vaultsim.x.accountplus.state import AccountplusState
from vaultsim.x.auth.keeper import AccountKeeper
from vaultsim.x.auth.module import auth_module
from vaultsim.x.auth.state import AuthState
from vaultsim.x.auth.types import base_of
from vaultsim.x.bank.keeper import BankKeeper
from vaultsim.x.bank.module import bank_module
from vaultsim.x.bank.state import BankState
from vaultsim.x.bridge.module import bridge_module

CHAIN_ID = "localdydxprotocol"
USDC = "ibc/8E27BA2D5493AF5636760E354E46004562C46AB7EC0CC4C1CA14E9E20E2545B5"
START = 9_999_999_999_999
TIME_NS = 1_732_147_200_000_000_000
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class Signer:
    """A key pair and its address."""

    def __init__(self, name: str) -> None:
        self.private = coincurve.PrivateKey(hashlib.sha256(f"vaultsim:{name}".encode()).digest())
        self.key = Any(type_url=PubKey.TYPE_URL, value=PubKey(key=self.private.public_key.format()).encode())
        self.address = address_of_key(self.key)
        self.text = to_bech32(self.address)

    def sign(self, document: bytes) -> bytes:
        """r and s of the signature, s in the lower half."""
        return self.private.sign_recoverable(document)[:64]


ALICE, BOB, CARL = Signer("user0"), Signer("user1"), Signer("user2")


class SmallChain:
    """Alice has account number 5, bob 6; both hold START of USDC; carl has no account."""

    def __init__(self) -> None:
        self.accounts = AccountKeeper(AuthState())
        self.bank = BankKeeper(BankState(), self.accounts)
        self.accountplus = AccountplusKeeper(AccountplusState())
        clob = AppModule("clob", handlers={MsgPlaceOrder: lambda ctx, msg: MsgPlaceOrderResponse()})
        self.modules = [
            auth_module(self.accounts),
            bank_module(self.bank),
            accountplus_module(self.accountplus),
            bridge_module(),
            clob,
        ]
        self.store = MultiStore([schema for module in self.modules for schema in module.schemas])
        self.router = Router(self.modules)
        self.ante = Ante(self.accounts, self.bank, self.accountplus)
        self.runner = TxRunner(self.router, self.ante)
        self.ctx = Context(self.store.branch(), height=2, time_ns=TIME_NS, chain_id=CHAIN_ID)
        self._genesis()

    def _genesis(self) -> None:
        sections = (
            AuthGenesis(
                params=Params(
                    max_memo_characters=256,
                    tx_sig_limit=7,
                    tx_size_cost_per_byte=10,
                    sig_verify_cost_ed25519=590,
                    sig_verify_cost_secp256k1=1000,
                ),
                accounts=tuple(
                    registry.pack(BaseAccount(address=one.text, account_number=number))
                    for one, number in ((ALICE, 5), (BOB, 6))
                ),
            ),
            BankGenesis(
                params=BankParams(default_send_enabled=True),
                balances=tuple(
                    Balance(address=one.text, coins=(Coin(denom=USDC, amount=str(START)),)) for one in (ALICE, BOB)
                ),
            ),
            AccountplusGenesis(params=AccountplusParams(is_smart_account_active=True)),
        )
        for module, section in zip(self.modules, sections, strict=False):
            assert module.genesis is not None
            module.genesis.init(self.ctx, section)

    def check(self, raw: bytes | RawTx) -> TxResult:
        """CheckTx on the state as it is now."""
        return self.runner.check_tx(self.ctx.replaced(is_check=True), raw)

    def deliver(self, raw: bytes | RawTx) -> TxResult:
        """The transaction in a block."""
        return self.runner.deliver_tx(self.ctx, raw)

    def account(self, signer: Signer) -> BaseAccount:
        """The signer's account."""
        return base_of(self.accounts.get(self.ctx, signer.address))

    def balance(self, address: bytes) -> int:
        """USDC of an address."""
        return self.bank.balance(self.ctx, address, USDC)


def send(sender: Signer = ALICE, recipient: Signer = BOB, amount: int = 7) -> MsgSend:
    """A bank send of USDC."""
    return MsgSend(from_address=sender.text, to_address=recipient.text, amount=(Coin(denom=USDC, amount=str(amount)),))


def signed(*messages: Message, by: Signer = ALICE, **how: Json) -> bytes:
    """Raw bytes of a transaction signed by one key; `how` names what differs from a good transaction of alice."""
    body = TxBody(
        messages=tuple(registry.pack(message) for message in messages),
        memo=how.get("memo", ""),
        timeout_height=how.get("timeout_height", 0),
        extension_options=how.get("extension_options", ()),
        non_critical_extension_options=how.get("non_critical", ()),
    ).encode()
    fee = Fee(
        amount=(Coin(denom=how.get("denom", USDC), amount=str(how.get("fee", 50_000))),)
        if how.get("fee", 50_000)
        else (),
        gas_limit=how.get("gas", 2_000_000),
        payer=how.get("payer", ""),
        granter=how.get("granter", ""),
    )
    mode = ModeInfo(single=ModeInfo_Single(mode=how.get("mode", SignMode.SIGN_MODE_DIRECT)))
    info = SignerInfo(public_key=how.get("key", by.key), mode_info=mode, sequence=how.get("sequence", 0))
    auth_info = AuthInfo(signer_infos=(info,), fee=fee).encode()
    document = SignDoc(
        body_bytes=body,
        auth_info_bytes=auth_info,
        chain_id=how.get("chain_id", CHAIN_ID),
        account_number=how.get("number", 5),
    )
    signature = by.sign(document.encode())
    if how.get("high_s"):
        s = ORDER - int.from_bytes(signature[32:], "big")
        signature = signature[:32] + s.to_bytes(32, "big")
    signatures = how.get("signatures", (signature,))
    return TxRaw(body_bytes=body, auth_info_bytes=auth_info, signatures=signatures).encode()
