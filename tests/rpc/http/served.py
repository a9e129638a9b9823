"""What the tests of the HTTP doors share: a served node, a client that asks it, and a chain to act on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx

from tests.genesis.runs import ROOT
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder, Order, OrderId
from vaultsim.rpc.limits import ServerLimits
from vaultsim.rpc.server import RunningNode, ServerOptions, run_in_thread
from vaultsim.testing.accounts import ALICE, BOB, NamedAccount
from vaultsim.testing.chain import Chain
from vaultsim.x.assets.types import USDC_DENOM

LOCALNET = ROOT / "genesis" / "localnet" / "genesis.json"
_ids = count(1)


class Served:
    """A node in manual mode behind its doors, alice, bob, carl and dave with 100,000 USDC in subaccount 0."""

    def __init__(self, running: RunningNode, client: httpx.Client) -> None:
        self.running = running
        self.client = client
        self.chain = Chain(running.node, run=running.call)
        assert running.rpc is not None
        assert running.lcd is not None
        assert running.indexer is not None
        self.rpc_url, self.lcd_url, self.indexer_url = running.rpc.url, running.lcd.url, running.indexer.url
        self.websocket_url = f"ws://{running.rpc.target}/websocket"

    # --- asking --------------------------------------------------------------------------------------------------

    def post(self, body: Any) -> httpx.Response:
        """A JSON-RPC body as it is."""
        return self.client.post(self.rpc_url, json=body)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """A JSON-RPC request; its whole answer."""
        reply = self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        assert reply.status_code == 200
        body: dict[str, Any] = reply.json()
        return body

    def rpc(self, method: str, **params: Any) -> Any:
        """The result of a JSON-RPC request."""
        answer = self.ask(method, **params)
        assert "error" not in answer, answer
        return answer["result"]

    def problem(self, method: str, **params: Any) -> tuple[int, str]:
        """Code and data of the error that a JSON-RPC request ends in."""
        error = self.ask(method, **params)["error"]
        return error["code"], error.get("data", "")

    def uri(self, path: str) -> httpx.Response:
        """A URI of the CometBFT door."""
        return self.client.get(self.rpc_url + path)

    def lcd(self, path: str, **headers: str) -> httpx.Response:
        """A path of the REST door."""
        return self.client.get(self.lcd_url + path, headers=headers)

    def indexer(self, path: str, **query: str | int) -> Any:
        """What the indexer door answers with status 200."""
        reply = self.client.get(self.indexer_url + path, params=query)
        assert reply.status_code == 200, reply.text
        return reply.json()

    # --- acting --------------------------------------------------------------------------------------------------

    def block(self) -> Any:
        """Makes a block."""
        return self.chain.next_block()

    def order(
        self, by: NamedAccount, side: int, quantums: int, subticks: int, pair: int = 0, **more: Any
    ) -> MsgPlaceOrder:
        """A short-term order for the next ten blocks."""
        more.setdefault("good_til_block", self.chain.height + 10)
        order_id = OrderId(subaccount_id=by.subaccount(), client_id=next(_ids), clob_pair_id=pair)
        return MsgPlaceOrder(order=Order(order_id=order_id, side=side, quantums=quantums, subticks=subticks, **more))


def send(amount: int, sender: NamedAccount = ALICE, recipient: NamedAccount = BOB) -> MsgSend:
    """Quantums of USDC from one account to another."""
    coin = Coin(denom=USDC_DENOM, amount=str(amount))
    return MsgSend(from_address=sender.address, to_address=recipient.address, amount=(coin,))


@contextmanager
def served(mode: BlockMode = BlockMode.MANUAL, **how: Any) -> Iterator[Served]:
    """A served node. how: of ServerOptions; `limits` are given by name."""
    limits = how.pop("limits", {})
    options = ServerOptions.on_free_ports(limits=ServerLimits(**limits), **how)
    node = Node(read_genesis(LOCALNET), block_mode=mode)
    # Proxies of the environment are not for this machine.
    with run_in_thread(node, options) as running, httpx.Client(trust_env=False, timeout=30) as client:
        yield Served(running, client)
