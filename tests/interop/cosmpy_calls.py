"""cosmpy 0.12.2 against a node, over gRPC or over the REST gateway: the same calls, the same figures.

usage: python -I cosmpy_calls.py CONFIG    CONFIG: JSON with `url` (grpc+http://… or rest+http://…) and named accounts
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from calls import DOLLAR, NATIVE, USDC, Calls, Unexpected, holds, is_hash, same
from cosmpy.aerial.client import LedgerClient, NetworkConfig
from cosmpy.aerial.client.utils import prepare_basic_transaction
from cosmpy.aerial.exceptions import BroadcastError, InsufficientFeesError, NotFoundError, OutOfGasError
from cosmpy.aerial.tx import Transaction, TxFee
from cosmpy.aerial.wallet import LocalWallet
from cosmpy.crypto.address import Address
from cosmpy.crypto.keypairs import PrivateKey
from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin

GAS_PRICE = 0.025


class Scenario:
    """The calls in the order in which they build on each other."""

    ledger: LedgerClient

    def __init__(self, config: dict[str, Any], calls: Calls) -> None:
        self.config = config
        self.call = calls.call
        self.alice = self._wallet("alice")
        self.bob = self._wallet("bob")

    def _wallet(self, name: str) -> LocalWallet:
        return LocalWallet.from_mnemonic(self.config["accounts"][name]["mnemonic"], prefix="dydx")

    def run(self) -> None:
        """All of them."""
        self.looks_around()
        self.looks_at_accounts()
        self.sends()
        self.is_refused()

    def connect(self, **changed: Any) -> LedgerClient:
        """A client as a user makes it, asking for transactions often."""
        named = {"chain_id": self.config["chain_id"], "url": self.config["url"], **changed}
        network = NetworkConfig(
            fee_minimum_gas_price=GAS_PRICE, fee_denomination=USDC, staking_denomination=NATIVE, **named
        )
        ledger = LedgerClient(network, query_interval_secs=1)
        ledger._query_interval_secs = 0.05
        return ledger

    # --- reading -------------------------------------------------------------------------------------------------

    def looks_around(self) -> None:
        """Connection, blocks, node."""
        with self.call("LedgerClient") as notes:
            self.ledger = self.connect()
            notes.append(self.config["url"])
        ledger = self.ledger
        with self.call("query_height, query_chain_id"):
            holds("height", ledger.query_height() >= 1)
            same("chain id", ledger.query_chain_id(), self.config["chain_id"])
        with self.call("query_latest_block"):
            block = ledger.query_latest_block()
            holds("time zone", block.time.tzinfo is not None)
            holds("time", abs(block.time.timestamp() - time.time()) < 60)
        with self.call("query_node_info") as notes:
            info = ledger.query_node_info()
            notes.append(f"{info.app_name} {info.app_version}, SDK {info.cosmos_sdk_version}")
        with self.call("query_consensus_params") as notes:
            params = ledger.query_consensus_params().params
            holds("max_gas", params.block.max_gas == -1 or params.block.max_gas > 0)
            notes.append(f"max_gas {params.block.max_gas}, max_bytes {params.block.max_bytes}")
        with self.call("query_validators, query_staking_summary"):
            ledger.query_validators()
            summary = ledger.query_staking_summary(self.alice.address())
            same("staked", (summary.current_positions, summary.unbonding_positions), ([], []))

    def looks_at_accounts(self) -> None:
        """Accounts and balances."""
        ledger = self.ledger
        with self.call("query_account") as notes:
            account = ledger.query_account(self.alice.address())
            same("alice", (str(account.address), account.number), (self.config["accounts"]["alice"]["address"], 0))
            notes.append(f"sequence {account.sequence}")
        with self.call("query_bank_balance"):
            same("native", ledger.query_bank_balance(self.alice.address(), NATIVE), 10**21)
            same("of nobody", ledger.query_bank_balance(Address(self.config["stranger"]), USDC), 0)
            holds("USDC", ledger.query_bank_balance(self.alice.address()) > 0)
        with self.call("query_bank_all_balances"):
            coins = {coin.denom: int(coin.amount) for coin in ledger.query_bank_all_balances(self.alice.address())}
            same("denominations", sorted(coins), sorted([NATIVE, USDC]))
        with self.call('query_tx("AB" * 32): NotFoundError'):
            _raises(NotFoundError, ledger.query_tx, "AB" * 32)
        with self.call("query_account of nobody: an error"):
            _raises(Exception, ledger.query_account, Address(self.config["stranger"]))

    # --- money ---------------------------------------------------------------------------------------------------

    def sends(self) -> None:
        """Bank sends, with an estimated fee and with a given one; blocks and transactions looked up."""
        ledger, alice, bob = self.ledger, self.alice.address(), self.bob.address()
        with self.call("send_tokens(…).wait_to_complete(): $10") as notes:
            before = self._before()
            sent = ledger.send_tokens(bob, 10 * DOLLAR, USDC, self.alice).wait_to_complete()
            response = sent.response
            holds(f"hash {sent.tx_hash}", is_hash(sent.tx_hash) and response.hash == sent.tx_hash)
            same("code", response.code, 0)
            holds("height and time", response.height > 1 and response.timestamp.tzinfo is not None)
            fee = math.ceil(response.gas_wanted * GAS_PRICE)
            same(
                "alice, bob, sequence",
                self._before(),
                (before[0] - 10 * DOLLAR - fee, before[1] + 10 * DOLLAR, before[2] + 1),
            )
            same("fee event", response.events["tx"]["fee"], f"{fee}{USDC}")
            same("event", response.events["transfer"]["recipient"], str(bob))
            holds("gas", response.gas_used < response.gas_wanted <= response.gas_used * 2)
            notes.append(f"gas {response.gas_used} of {response.gas_wanted}, fee {fee}")
        with self.call("query_block of that height: the transaction is in it"):
            block = ledger.query_block(response.height)
            same("height", block.height, response.height)
            holds(f"{sent.tx_hash} in {block.tx_hashes}", sent.tx_hash in block.tx_hashes)
        with self.call("send_tokens with TxFee, memo, timeout_height: no Simulate"):
            before = self._before()
            fee = TxFee(amount=f"12345{USDC}", gas_limit=400_000)
            until = ledger.query_height() + 50
            sent = ledger.send_tokens(bob, 77, USDC, self.alice, memo="a memo", fee=fee, timeout_height=until)
            same("code", sent.wait_to_complete().response.code, 0)
            same("alice, bob, sequence", self._before(), (before[0] - 77 - 12_345, before[1] + 77, before[2] + 1))
            same("gas wanted", sent.response.gas_wanted, 400_000)
        with self.call("the fee in the native denomination"):
            before = ledger.query_bank_balance(alice, NATIVE)
            fee = TxFee(amount=f"{200_000 * 25 * 10**9}{NATIVE}", gas_limit=200_000)
            ledger.send_tokens(bob, 3, NATIVE, self.alice, fee=fee).wait_to_complete()
            same("alice", ledger.query_bank_balance(alice, NATIVE), before - 3 - 200_000 * 25 * 10**9)
        with self.call("three messages in one transaction") as notes:
            before = self._before()
            tx = Transaction()
            for amount in (1, 20, 300):
                coins = [Coin(denom=USDC, amount=str(amount))]
                tx.add_message(MsgSend(from_address=str(alice), to_address=str(bob), amount=coins))
            tx = prepare_basic_transaction(ledger, tx, self.alice)
            response = ledger.broadcast_tx(tx).wait_to_complete().response
            fee = math.ceil(response.gas_wanted * GAS_PRICE)
            same("alice, bob, sequence", self._before(), (before[0] - 321 - fee, before[1] + 321, before[2] + 1))
            notes.append(f"fee {fee}")

    def is_refused(self) -> None:
        """What the chain does not take, and how cosmpy tells it."""
        ledger, bob = self.ledger, self.bob.address()
        before = self._before()
        with self.call("more than there is: refused at Simulate") as notes:
            problem = _raises(Exception, ledger.send_tokens, bob, 10**18, USDC, self.alice)
            holds("insufficient funds", "insufficient funds" in str(problem))
            notes.append(type(problem).__name__)
        with self.call("too low a fee: InsufficientFeesError") as notes:
            poor = TxFee(amount=f"1{USDC}", gas_limit=200_000)
            notes.append(
                str(_raises(InsufficientFeesError, ledger.send_tokens, bob, 1, USDC, self.alice, fee=poor))[:70]
            )
        with self.call("too little gas: OutOfGasError"):
            short = TxFee(amount=f"5000{USDC}", gas_limit=2_000)
            _raises(OutOfGasError, ledger.send_tokens, bob, 1, USDC, self.alice, fee=short)
        with self.call("another chain id: BroadcastError with the chain id") as notes:
            stranger = self.connect(chain_id="dydx-testnet-4")
            enough = TxFee(amount=f"5000{USDC}", gas_limit=200_000)
            problem = _raises(BroadcastError, stranger.send_tokens, bob, 1, USDC, self.alice, fee=enough)
            holds("chain id", self.config["chain_id"] in str(problem))
            notes.append(str(problem)[:70])
        with self.call("the key of another account: refused"):
            thief = Transaction()
            coins = [Coin(denom=USDC, amount="1")]
            thief.add_message(MsgSend(from_address=str(self.alice.address()), to_address=str(bob), amount=coins))
            key = LocalWallet(PrivateKey(bytes(31) + b"\x07"), prefix="dydx")
            enough = TxFee(amount=f"5000{USDC}", gas_limit=200_000)
            account = ledger.query_account(self.alice.address())
            tx = prepare_basic_transaction(ledger, thief, key, account=account, fee=enough)
            _raises(BroadcastError, ledger.broadcast_tx, tx)
        with self.call("a timeout height that has passed: refused"):
            enough = TxFee(amount=f"5000{USDC}", gas_limit=200_000)
            _raises(BroadcastError, ledger.send_tokens, bob, 1, USDC, self.alice, fee=enough, timeout_height=1)
        with self.call("nothing of this moved anything"):
            same("alice, bob, sequence", self._before(), before)

    def _before(self) -> tuple[int, int, int]:
        """USDC of alice and of bob, and alice's sequence."""
        ledger, alice = self.ledger, self.alice.address()
        bank = [ledger.query_bank_balance(one, USDC) for one in (alice, self.bob.address())]
        return bank[0], bank[1], ledger.query_account(alice).sequence


def _raises(kind: type[Exception], act: Any, *given: Any, **named: Any) -> Exception:
    """The error of this kind that the call must raise."""
    try:
        act(*given, **named)
    except kind as problem:
        return problem
    raise Unexpected(f"the call went well; {kind.__name__} was expected")


def main() -> None:
    """Runs everything and leaves with 1 when a call failed."""
    calls = Calls()
    Scenario(json.loads(sys.argv[1]), calls).run()
    calls.leave()


if __name__ == "__main__":
    main()
