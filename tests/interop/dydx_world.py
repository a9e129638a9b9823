"""A node as dydx-v4-client 1.1.5 sees it: balances, positions, shares, sent transactions."""

from __future__ import annotations

from typing import Any, NamedTuple

import grpc
from calls import USDC, Unexpected, get_json, hash_of, holds, is_hash, number, post_json, same, soon
from dydx_v4_client.indexer.rest.indexer_client import IndexerClient
from dydx_v4_client.key_pair import KeyPair
from dydx_v4_client.network import make_local
from dydx_v4_client.node.client import NodeClient
from dydx_v4_client.node.mega_vault import MegaVault
from dydx_v4_client.wallet import Wallet
from v4_proto.cosmos.tx.v1beta1.service_pb2 import GetTxRequest
from v4_proto.cosmos.tx.v1beta1.service_pb2_grpc import ServiceStub
from v4_proto.dydxprotocol.clob import query_pb2 as clob_query
from v4_proto.dydxprotocol.clob.query_pb2_grpc import QueryStub as ClobQueries
from v4_proto.dydxprotocol.subaccounts.subaccount_pb2 import SubaccountId
from v4_proto.dydxprotocol.vault import query_pb2 as vault_query
from v4_proto.dydxprotocol.vault.query_pb2_grpc import QueryStub as VaultQueries


class Sent(NamedTuple):
    """A committed transaction: its hash, height, what its fee took from the payer's USDC, its events by type."""

    hash: str
    height: int
    fee: int
    events: dict[str, list[dict[str, str]]]


class Holding(NamedTuple):
    """A subaccount: USDC in quantums, and positions in base quantums by perpetual."""

    usdc: int
    positions: dict[int, int]


class World:
    """The node under test, reached through the unmodified client."""

    node: NodeClient
    wallets: dict[str, Wallet]

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        network = make_local(
            node_url=config["grpc"], rest_indexer=config["indexer"], websocket_indexer=config["indexer"]
        )
        self.network = network
        self.indexer = IndexerClient(network.rest_indexer)

    async def connect(self) -> None:
        """Opens the client; nothing travels yet."""
        self.node = await NodeClient.connect(self.network.node)
        self.megavault = MegaVault(self.node)
        self.vault = VaultQueries(self.node.channel)
        self.clob = ClobQueries(self.node.channel)

    async def open_wallets(self) -> None:
        """A wallet per account: from its mnemonic, the operator's from its key."""
        self.wallets = {}
        for name, account in self.config["accounts"].items():
            if "mnemonic" in account:
                wallet = await Wallet.from_mnemonic(self.node, account["mnemonic"], account["address"])
            else:
                held = await self.node.get_account(account["address"])
                wallet = Wallet(KeyPair.from_hex(account["key"]), held.account_number, held.sequence)
            same(f"address of {name}", wallet.address, account["address"])
            self.wallets[name] = wallet

    def address(self, name: str) -> str:
        """The address of a named account."""
        found: str = self.config["accounts"][name]["address"]
        return found

    # --- what is there -------------------------------------------------------------------------------------------

    async def bank(self, address: str, denom: str = USDC) -> int:
        """A bank balance."""
        balance = (await self.node.get_account_balance(address, denom)).balance
        same("denomination", balance.denom, denom)
        return int(balance.amount)

    async def sequence(self, name: str) -> int:
        """The committed sequence of an account."""
        return (await self.node.get_account(self.address(name))).sequence

    async def holding(self, name: str, subaccount: int = 0) -> Holding:
        """What a subaccount holds."""
        found = await self.node.get_subaccount(self.address(name), subaccount)
        usdc = sum(number(one.quantums) for one in found.asset_positions if one.asset_id == 0)
        return Holding(usdc, {one.perpetual_id: number(one.quantums) for one in found.perpetual_positions})

    def total_shares(self) -> int:
        """All MegaVault shares."""
        answer = self.vault.MegavaultTotalShares(vault_query.QueryMegavaultTotalSharesRequest())
        return number(answer.total_shares.num_shares)

    async def shares(self, name: str) -> int:
        """An owner's MegaVault shares, 0 when there is no such owner."""
        try:
            return number((await self.megavault.get_owner_shares(self.address(name))).shares.num_shares)
        except grpc.RpcError as error:
            same("status", error.code(), grpc.StatusCode.NOT_FOUND)
            return 0

    async def megavault_equity(self) -> int:
        """MegaVault's equity in quote quantums."""
        return number((await self.megavault.get_withdrawal_info(1)).megavault_equity)

    async def book(self, market: str = "BTC-USD") -> dict[str, list[tuple[str, str]]]:
        """The order book: price and size per level, best first."""
        found = await self.indexer.markets.get_perpetual_market_orderbook(market)
        return {side: [(one["price"], one["size"]) for one in found[side]] for side in ("bids", "asks")}

    async def book_becomes(self, want: dict[str, list[tuple[str, str]]], *, seconds: float = 5.0) -> None:
        """Waits until the book looks so. Raises Unexpected with what it looks like instead."""
        base = self.config["indexer"] + "/v4/orderbooks/perpetualMarket/BTC-USD"
        seen: dict[str, list[tuple[str, str]]] = {}

        def look() -> bool | None:
            found = get_json(base)
            seen.update({side: [(one["price"], one["size"]) for one in found[side]] for side in ("bids", "asks")})
            return True if seen == want else None

        try:
            soon("order book", look, seconds=seconds)
        except Unexpected:
            same("order book", seen, want)
        same("order book, asked by the client", await self.book(), want)

    def stateful_order(self, order_id: Any) -> Any:
        """A long-term order as the clob module has it: placement and filled amount."""
        return self.clob.StatefulOrder(clob_query.QueryStatefulOrderRequest(order_id=order_id))

    def events_of(self, kind: str, *, last: int) -> list[tuple[int, dict[str, str]]]:
        """Events of one type in the transactions of the last blocks, with their height, as CometBFT tells them."""
        rpc = self.config["rpc"]
        height = int(get_json(f"{rpc}/status")["result"]["sync_info"]["latest_block_height"])
        found = []
        for one in range(max(height - last, 2), height + 1):
            for result in get_json(f"{rpc}/block_results?height={one}")["result"]["txs_results"] or ():
                for event in result["events"]:
                    if event["type"] == kind:
                        found.append((one, {row["key"]: row["value"] for row in event["attributes"]}))
        return found

    # --- what is done --------------------------------------------------------------------------------------------

    def subaccount(self, name: str, number: int = 0) -> SubaccountId:
        """The id of a subaccount."""
        return SubaccountId(owner=self.address(name), number=number)

    def accepted(self, response: Any) -> str:
        """The hash of a transaction that CheckTx took."""
        holds("the client got an answer", response is not None)
        answer = response.tx_response
        same("code", (answer.code, answer.raw_log if answer.code else ""), (0, ""))
        holds(f"hash {answer.txhash}", is_hash(answer.txhash))
        return answer.txhash

    def refused(self, response: Any, code: int, codespace: str, text: str = "") -> str:
        """The log of a transaction that CheckTx refused with this code."""
        answer = response.tx_response
        same("code", (answer.codespace, answer.code), (codespace, code))
        holds(f"{text!r} in {answer.raw_log!r}", text in answer.raw_log)
        return answer.raw_log

    def find(self, tx_hash: str) -> Any | None:
        """A committed transaction, None while there is none."""
        try:
            return ServiceStub(self.node.channel).GetTx(GetTxRequest(hash=tx_hash))
        except grpc.RpcError as error:
            same("status", error.code(), grpc.StatusCode.NOT_FOUND)
            return None

    def committed(self, response: Any) -> Sent:
        """Waits for the block of an accepted transaction, which must have gone well there too."""
        tx_hash = self.accepted(response)
        found = soon(f"transaction {tx_hash}", lambda: self.find(tx_hash))
        same("code in the block", (found.tx_response.code, found.tx_response.raw_log), (0, ""))
        same("hash of the bytes", hash_of(found.tx_response.tx.value), tx_hash)
        holds("height", found.tx_response.height > 1)
        events: dict[str, list[dict[str, str]]] = {}
        for event in found.tx_response.events:
            events.setdefault(event.type, []).append({one.key: one.value for one in event.attributes})
        fee = sum(int(coin.amount) for coin in found.tx.auth_info.fee.amount if coin.denom == USDC)
        return Sent(tx_hash, found.tx_response.height, fee, events)

    def blocks_pass(self, count: int) -> int:
        """Waits until this many blocks were made; returns the height."""
        url = self.config["indexer"] + "/v4/height"
        start = int(get_json(url)["height"])
        return soon(
            f"{count} blocks",
            lambda: height if (height := int(get_json(url)["height"])) >= start + count else None,
            seconds=20,
        )

    def control(self, verb: str, **body: Any) -> Any:
        """Asks the node's control door."""
        return post_json(f"{self.config['rpc']}/control/{verb}", body)
