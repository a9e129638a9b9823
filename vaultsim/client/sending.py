"""Transactions through cosmpy: account, simulation, fee, signature and broadcast are its own.

cosmpy does not know the dYdX messages; it is handed their bytes under their names. Source: client-surfaces §1.4.
"""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import grpc
import msgspec

from vaultsim.client.amounts import CoinAmount
from vaultsim.client.messages import Plan
from vaultsim.client.node import Node
from vaultsim.errors import UserError
from vaultsim.pb.cosmos.base.abci.v1beta1 import TxMsgData
from vaultsim.pb.cosmos.tx.v1beta1 import Tx
from vaultsim.pb.registry import message_class
from vaultsim.pb.runtime import DecodeError, JsonError, Message
from vaultsim.testing.accounts import NamedAccount
from vaultsim.testing.keys import signing_key
from vaultsim.x.assets.types import USDC_DENOM

if TYPE_CHECKING:
    from cosmpy.aerial.client import LedgerClient
    from cosmpy.aerial.tx import Transaction

GAS_PRICE: Final = 0.025
"""Least USDC quantums for a unit of gas on dYdX chains."""
FREE_GAS_LIMIT: Final = 1_000_000
"""What official clients write into transactions that cost nothing."""
FEE_GAS: Final = 40_000
"""Gas that is set aside for moving the fee, which takes some 26,000."""
POLL_SECONDS: Final = 0.25
_NATIVE_DENOM: Final = "adv4tnt"


class TxRejected(Exception):
    """A transaction that would fail, was refused, failed in its block, or is in no block yet: one sentence."""


class SendingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """gas_limit and fee: None lets the node simulate; timeout_seconds: how long to wait for the block."""

    gas_limit: int | None = None
    fee: CoinAmount | None = None
    memo: str = ""
    timeout_seconds: float = 15.0


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A signed transaction. fee: coins by denomination, in their smallest units."""

    raw: bytes
    gas_limit: int
    fee: dict[str, int]


class TxOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a transaction. height 0: it is in no block (yet); responses: what its messages answered."""

    hash: str
    height: int
    code: int
    codespace: str
    log: str
    gas_wanted: int
    gas_used: int
    responses: list[dict[str, Any]]
    events: list[dict[str, Any]]

    @property
    def problem(self) -> str:
        """Why it failed, in one sentence; empty when it did not."""
        if not self.code:
            return ""
        place = f"failed in block {self.height}" if self.height else "was refused"
        return f"transaction {self.hash} {place}: {self.log} [{self.codespace} {self.code}]"


class Sender:
    """Signs for one account and talks to one node. Raises UserError when cosmpy is not installed."""

    def __init__(self, node: Node, signer: NamedAccount, chain_id: str) -> None:
        self._node = node
        self._signer = signer
        self._chain_id = chain_id
        self._client = _ledger_client(node, chain_id)
        self._wallet = _wallet(signer)

    def prepare(self, plan: Plan, options: SendingOptions) -> Prepared:
        """Looks up the account, lets the node simulate (not what is free anyway), and signs.

        Raises UserError for an account that is not there, TxRejected when the simulation fails.
        """
        from cosmpy.aerial.client.utils import prepare_basic_transaction
        from cosmpy.aerial.tx import Transaction

        tx = Transaction()
        for message in plan.messages:
            tx.add_message(_as_cosmpy_sees(message))
        fee = _fee(plan, options)
        account = self._account()
        try:
            prepare_basic_transaction(self._client, tx, self._wallet, account=account, fee=fee, memo=options.memo)
        except grpc.RpcError as error:
            raise self._refusal(error) from error
        return _prepared(tx)

    def broadcast(self, prepared: Prepared) -> TxOutcome:
        """Hands a transaction to the node, which answers with the result of CheckTx."""
        from cosmpy.protos.cosmos.tx.v1beta1.service_pb2 import BroadcastMode, BroadcastTxRequest

        request = BroadcastTxRequest(tx_bytes=prepared.raw, mode=BroadcastMode.BROADCAST_MODE_SYNC)
        try:
            return _outcome(self._client.txs.BroadcastTx(request).tx_response)
        except grpc.RpcError as error:
            raise self._refusal(error) from error

    def wait(self, sent: TxOutcome, timeout_seconds: float) -> TxOutcome:
        """Asks until the transaction is in a block. Raises TxRejected when it takes too long."""
        from cosmpy.protos.cosmos.tx.v1beta1.service_pb2 import GetTxRequest

        latest = time.monotonic() + timeout_seconds
        while True:
            try:
                return _outcome(self._client.txs.GetTx(GetTxRequest(hash=sent.hash)).tx_response)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND and "not found" not in (error.details() or ""):
                    raise self._refusal(error) from error
            if time.monotonic() > latest:
                raise TxRejected(
                    f"transaction {sent.hash} was accepted but is in no block after {timeout_seconds:g} s; "
                    "does the node make blocks? (`vaultsim query tx` finds it later)"
                )
            time.sleep(POLL_SECONDS)

    def _account(self) -> Any:
        try:
            return self._client.query_account(self._wallet.address())
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                raise UserError(
                    f"{self._signer.address} has no account on {self._chain_id}; it begins with the first coins it gets"
                ) from error
            raise self._refusal(error) from error

    def _refusal(self, error: grpc.RpcError) -> Exception:
        if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
            return UserError(f"{self._node.url.text}: the node does not answer any more")
        return TxRejected(f"the transaction would fail: {error.details()}")


def transaction_json(prepared: Prepared) -> dict[str, Any]:
    """A signed transaction as the SDK writes it. Raises UserError when a message is unknown."""
    try:
        return Tx.decode(prepared.raw).to_json()
    except (DecodeError, JsonError) as problem:
        raise UserError(f"the transaction cannot be shown: {problem}") from None


def _ledger_client(node: Node, chain_id: str) -> LedgerClient:
    try:
        from cosmpy.aerial.client import LedgerClient, NetworkConfig
    except ImportError:
        raise UserError("transactions are sent with cosmpy; install it with `pip install 'vaultsim[client]'`") from None
    client = LedgerClient(NetworkConfig(chain_id, GAS_PRICE, USDC_DENOM, _NATIVE_DENOM, node.url.text))
    client.gas_strategy = _gas_strategy(client)
    return client


def _gas_strategy(client: LedgerClient) -> Any:
    """cosmpy's own, with room for paying the fee: a simulated transaction has none, and small ones would run out."""
    from cosmpy.aerial.gas import SimulationGasStrategy

    class WithFee(SimulationGasStrategy):  # type: ignore[misc]
        def estimate_gas(self, tx: Transaction) -> int:
            simulated = super().estimate_gas(tx)
            return int(self._clip_gas(simulated + FEE_GAS))

    return WithFee(client)


def _wallet(signer: NamedAccount) -> Any:
    from cosmpy.aerial.wallet import LocalWallet
    from cosmpy.crypto.keypairs import PrivateKey

    return LocalWallet(PrivateKey(signing_key(signer).secret), prefix="dydx")


def _as_cosmpy_sees(message: Message) -> Any:
    """The two things that packing a message takes: its name and its bytes."""
    raw = message.encode()
    return SimpleNamespace(
        DESCRIPTOR=SimpleNamespace(full_name=message.FULL_NAME), SerializeToString=lambda deterministic=None: raw
    )


def _fee(plan: Plan, options: SendingOptions) -> Any:
    from cosmpy.aerial.tx import TxFee

    if plan.is_free:
        return TxFee([], options.gas_limit or FREE_GAS_LIMIT)
    amount = None if options.fee is None else f"{options.fee.amount}{options.fee.denom}"
    return TxFee(amount, options.gas_limit)


def _prepared(tx: Transaction) -> Prepared:
    fee = tx.tx.auth_info.fee
    return Prepared(
        raw=tx.tx.SerializeToString(),
        gas_limit=fee.gas_limit,
        fee={coin.denom: int(coin.amount) for coin in fee.amount},
    )


def _outcome(answer: Any) -> TxOutcome:
    return TxOutcome(
        hash=answer.txhash,
        height=int(answer.height),
        code=answer.code,
        codespace=answer.codespace,
        log=answer.raw_log,
        gas_wanted=int(answer.gas_wanted),
        gas_used=int(answer.gas_used),
        responses=_responses(answer.data),
        events=[_event(event) for event in answer.events],
    )


def _responses(data: str) -> list[dict[str, Any]]:
    found = []
    for packed in TxMsgData.decode(bytes.fromhex(data)).msg_responses:
        known = message_class(packed.type_url)
        found.append({"@type": packed.type_url, **(known.decode(packed.value).to_json() if known else {})})
    return found


def _event(event: Any) -> dict[str, Any]:
    attributes = [{"key": _text(one.key), "value": _text(one.value)} for one in event.attributes]
    return {"type": event.type, "attributes": attributes}


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
