"""dydx-v4-client 1.1.5 against a node: every call that its users make, and what must come of it to the unit.

usage: python -I dydx_calls.py CONFIG    CONFIG: JSON with addresses of the doors and the named accounts
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import grpc
from calls import DOLLAR, NATIVE, USDC, Calls, fee_of, get_json, holds, number, same
from dydx_v4_client import OrderFlags
from dydx_v4_client.indexer.rest.constants import OrderType
from dydx_v4_client.network import NodeConfig
from dydx_v4_client.node.authenticators import Authenticator, AuthenticatorType
from dydx_v4_client.node.builder import TxOptions
from dydx_v4_client.node.client import NodeClient
from dydx_v4_client.node.market import Market, since_now
from dydx_v4_client.node.message import deposit_to_megavault, send_token
from dydx_v4_client.utility import to_serializable_vec
from dydx_world import World
from v4_proto.dydxprotocol.clob.order_pb2 import Order
from v4_proto.dydxprotocol.clob.tx_pb2 import OrderBatch
from v4_proto.dydxprotocol.perpetuals import query_pb2 as perpetuals_query
from v4_proto.dydxprotocol.perpetuals.query_pb2_grpc import QueryStub as PerpetualQueries
from v4_proto.dydxprotocol.vault import query_pb2 as vault_query
from v4_proto.dydxprotocol.vault.tx_pb2 import MsgAllocateToVault
from v4_proto.dydxprotocol.vault.vault_pb2 import VaultId, VaultType

MEGAVAULT = "dydx18tkxrnrkqc2t0lr3zxr5g6a4hdvqksylxqje4r"
TAKER_PPM, MAKER_PPM, VAULT_PPM = 500, 100, -110
"""Fees of the first tier, and the best maker fee of all tiers, which a vault pays."""
SELL, BUY = Order.Side.SIDE_SELL, Order.Side.SIDE_BUY
GTT, IOC = Order.TimeInForce.TIME_IN_FORCE_UNSPECIFIED, Order.TimeInForce.TIME_IN_FORCE_IOC
POST_ONLY = Order.TimeInForce.TIME_IN_FORCE_POST_ONLY
EMPTY: dict[str, list[tuple[str, str]]] = {"bids": [], "asks": []}


class Scenario:
    """The calls in the order in which they build on each other."""

    def __init__(self, world: World, calls: Calls) -> None:
        self.world = world
        self.call = calls.call
        self.chain_id: str = world.config["chain_id"]

    async def run(self) -> None:
        """All of them."""
        await self.looks_around()
        await self.looks_at_markets()
        await self.looks_at_the_rest()
        await self.moves_money()
        await self.owns_shares()
        await self.trades()
        await self.places_short_term_orders()
        await self.lets_vaults_quote()
        await self.permits_another_key()
        await self.is_refused()

    # --- reading -------------------------------------------------------------------------------------------------

    async def looks_around(self) -> None:
        """Connection, blocks, accounts."""
        world, alice = self.world, self.world.address("alice")
        with self.call("NodeClient.connect") as notes:
            await world.connect()
            notes.append(world.config["grpc"])
        node = world.node
        with self.call("latest_block_height") as notes:
            first = await node.latest_block_height()
            world.blocks_pass(1)
            second = await node.latest_block_height()
            holds(f"{second} > {first}", second > first)
            notes.append(f"{first}, then {second}")
        with self.call("latest_block"):
            block = await node.latest_block()
            same("chain id", block.block.header.chain_id, self.chain_id)
            same("sdk_block", block.sdk_block.header.height, block.block.header.height)
            holds("time", abs(block.block.header.time.ToSeconds() - time.time()) < 30)
        with self.call("get_account"):
            account = await node.get_account(alice)
            same("numbers", (account.address, account.account_number, account.sequence), (alice, 0, 0))
        with self.call("get_account of nobody: NOT_FOUND") as notes:
            notes.append(await _status(node.get_account(world.config["stranger"]), grpc.StatusCode.NOT_FOUND))
        with self.call("get_node_info") as notes:
            info = await node.get_node_info()
            same("network", info.default_node_info.network, self.chain_id)
            notes.append(info.application_version.version)
        with self.call("get_account_balance") as notes:
            same("USDC", await world.bank(alice), 1_000_000 * DOLLAR)
            same("of nobody", await world.bank(world.config["stranger"]), 0)
            notes.append("1,000,000 USDC")
        with self.call("get_account_balances"):
            coins = (await node.get_account_balances(alice)).balances
            same("coins", {coin.denom: coin.amount for coin in coins}, {NATIVE: str(10**21), USDC: str(10**12)})
        with self.call("get_subaccount"):
            found = await node.get_subaccount(alice, 0)
            same("quantums", bytes(found.asset_positions[0].quantums), b"\x02" + (10**11).to_bytes(5, "big"))
        with self.call("get_subaccounts"):
            owners = [one.id.owner for one in (await node.get_subaccounts()).subaccount]
            holds(f"alice in {owners}", alice in owners)
            same("order", owners, sorted(owners))
        with self.call("Wallet.from_mnemonic"):
            await world.open_wallets()

    async def looks_at_markets(self) -> None:
        """Pairs, perpetuals, prices, tiers, the vault module, the indexer's markets."""
        world, node = self.world, self.world.node
        with self.call("get_clob_pairs, get_clob_pair"):
            pairs = (await node.get_clob_pairs()).clob_pair
            same("ids", [pair.id for pair in pairs], [0, 1, 2, 3])
            pair = await node.get_clob_pair(0)
            same("pair 0", pair, pairs[0])
            same("perpetual", pair.perpetual_clob_metadata.perpetual_id, 0)
        with self.call("get_perpetuals, get_perpetual"):
            tickers = [one.params.ticker for one in (await node.get_perpetuals()).perpetual]
            same("tickers", tickers, ["BTC-USD", "ETH-USD", "SOL-USD", "EIGEN-USD"])
            same("ticker", (await node.get_perpetual(3)).perpetual.params.ticker, "EIGEN-USD")
        with self.call("get_prices, get_price"):
            prices = {one.id: (one.price, one.exponent) for one in (await node.get_prices()).market_prices}
            same("BTC", prices[0], (9_850_000_000, -5))
            same("ETH", (await node.get_price(1)).price, 3_350_000_000)
        with self.call("AllLiquidityTiers"):
            tiers = PerpetualQueries(node.channel).AllLiquidityTiers(perpetuals_query.QueryAllLiquidityTiersRequest())
            same("margins", [one.initial_margin_ppm for one in tiers.liquidity_tiers][:2], [20_000, 100_000])
        with self.call("vault Params, VaultParams, AllVaults"):
            params = world.vault.Params(vault_query.QueryParamsRequest())
            same("default layers", params.default_quoting_params.layers, 2)
            same("operator", params.operator_params.operator, world.address("operator"))
            clob = VaultType.VAULT_TYPE_CLOB
            one = world.vault.VaultParams(vault_query.QueryVaultParamsRequest(type=clob, number=0))
            same("layers", one.vault_params.quoting_params.layers, 3)
            every = world.vault.AllVaults(vault_query.QueryAllVaultsRequest())
            same("vaults", [vault.vault_id.number for vault in every.vaults], [0, 1])
            same("equity", [number(vault.equity) for vault in every.vaults], [0, 0])
        with self.call("MegavaultTotalShares, none yet"):
            same("shares", world.total_shares(), 0)
        with self.call("indexer: perpetual markets, height, time"):
            market = (await world.indexer.markets.get_perpetual_markets("BTC-USD"))["markets"]["BTC-USD"]
            wanted = {"clobPairId": "0", "atomicResolution": -10, "stepBaseQuantums": 1_000_000}
            wanted |= {"quantumConversionExponent": -9, "subticksPerTick": 100_000}
            same("BTC-USD", {name: market[name] for name in wanted}, wanted)
            same("oracle price", Decimal(market["oraclePrice"]), Decimal(98_500))
            holds("height", int((await world.indexer.utility.get_height())["height"]) > 1)
            holds("time", abs((await world.indexer.utility.get_time())["epoch"] - time.time()) < 30)
            self.market = Market(market)
        with self.call("indexer: subaccount, order book"):
            held = await world.indexer.account.get_subaccount(world.address("alice"), 0)
            same("equity", Decimal(held["subaccount"]["equity"]), Decimal(100_000))
            await world.book_becomes(EMPTY)

    async def looks_at_the_rest(self) -> None:
        """What clients read besides: most of it is empty here, but well formed."""
        node, alice = self.world.node, self.world.address("alice")
        with self.call("get_fee_tiers, get_user_fee_tier"):
            tiers = (await node.get_fee_tiers()).params.tiers
            same("fees of tier 1", (tiers[0].maker_fee_ppm, tiers[0].taker_fee_ppm), (MAKER_PPM, TAKER_PPM))
            same("lowest maker fee", min(tier.maker_fee_ppm for tier in tiers), VAULT_PPM)
            same("alice's tier", (await node.get_user_fee_tier(alice)).tier.taker_fee_ppm, TAKER_PPM)
        with self.call("get_user_stats, get_rewards_params"):
            stats = (await node.get_user_stats(alice)).stats
            same("notional", (stats.taker_notional, stats.maker_notional), (0, 0))
            same("denom", (await node.get_rewards_params()).params.denom, NATIVE)
        with self.call("get_equity_tier_limit_config"):
            limits = (await node.get_equity_tier_limit_config()).stateful_order_equity_tiers
            same("limits", [one.limit for one in limits], [0, 1, 5, 10, 100, 200])
        with self.call("get_withdrawal_and_transfer_gating_status"):
            gate = await node.get_withdrawal_and_transfer_gating_status(0)
            same("negative subaccount", gate.negative_tnc_subaccount_seen_at_block, 0)
        with self.call("staking, rewards, gov, bridge: empty"):
            same("delegations", len((await node.get_delegator_delegations(alice)).delegation_responses), 0)
            same("unbonding", len((await node.get_delegator_unbonding_delegations(alice)).unbonding_responses), 0)
            same("validators", (await node.get_all_validators()).pagination.next_key, b"")
            same("rewards", len((await node.get_delegation_total_rewards(alice)).rewards), 0)
            same("proposals", len((await node.get_all_gov_proposals()).proposals), 0)
            same("bridge", len((await node.get_delayed_complete_bridge_messages(alice)).messages), 0)
        with self.call("affiliates, withdrawal capacity"):
            same("referees", (await node.get_affiliate_info(alice)).is_whitelisted, False)
            same("referred by", (await node.get_referred_by(alice)).affiliate_address, "")
            await node.get_all_affiliate_tiers()
            await node.get_affiliate_whitelist()
            await node.get_withdrawal_capacity_by_denom(USDC)

    # --- money ---------------------------------------------------------------------------------------------------

    async def moves_money(self) -> None:
        """Bank, deposits, withdrawals and transfers: balances to the unit, fees included, sequences."""
        world, node = self.world, self.world.node
        alice, bob = world.address("alice"), world.address("bob")
        wallet = world.wallets["alice"]
        with self.call("send_token: $10 from alice to bob") as notes:
            before = await world.bank(alice), await world.bank(bob), await world.sequence("alice")
            sent = world.committed(await node.send_token(wallet, alice, bob, 10 * DOLLAR, USDC))
            holds("a fee was paid", sent.fee > 0)
            same("alice", await world.bank(alice), before[0] - 10 * DOLLAR - sent.fee)
            same("bob", await world.bank(bob), before[1] + 10 * DOLLAR)
            same("sequence", await world.sequence("alice"), before[2] + 1)
            moved = {"recipient": bob, "sender": alice, "amount": f"{10 * DOLLAR}{USDC}"}
            holds(f"transfer event {moved}", any(moved.items() <= one.items() for one in sent.events["transfer"]))
            notes.append(f"fee {sent.fee}")
        with self.call("deposit: $50 from the bank into subaccount 0") as notes:
            before = await world.bank(alice), (await world.holding("alice")).usdc, await world.sequence("alice")
            sent = world.committed(await node.deposit(wallet, alice, world.subaccount("alice"), 0, 50 * DOLLAR))
            same("bank", await world.bank(alice), before[0] - 50 * DOLLAR - sent.fee)
            same("subaccount", (await world.holding("alice")).usdc, before[1] + 50 * DOLLAR)
            same("sequence", await world.sequence("alice"), before[2] + 1)
            notes.append(f"fee {sent.fee}")
        with self.call("withdraw: $20 from subaccount 0 to the bank") as notes:
            before = await world.bank(alice), (await world.holding("alice")).usdc, await world.sequence("alice")
            sent = world.committed(await node.withdraw(wallet, world.subaccount("alice"), alice, 0, 20 * DOLLAR))
            same("bank", await world.bank(alice), before[0] + 20 * DOLLAR - sent.fee)
            same("subaccount", (await world.holding("alice")).usdc, before[1] - 20 * DOLLAR)
            same("sequence", await world.sequence("alice"), before[2] + 1)
            notes.append(f"fee {sent.fee}")
        with self.call("transfer: $7 from alice to bob's subaccount") as notes:
            before = (await world.holding("alice")).usdc, (await world.holding("bob")).usdc
            sent = world.committed(
                await node.transfer(wallet, world.subaccount("alice"), world.subaccount("bob"), 0, 7 * DOLLAR)
            )
            same("alice", (await world.holding("alice")).usdc, before[0] - 7 * DOLLAR)
            same("bob", (await world.holding("bob")).usdc, before[1] + 7 * DOLLAR)
            notes.append(f"fee {sent.fee}")
        with self.call("create_transaction, simulate: state unchanged") as notes:
            before = await world.bank(alice), await world.sequence("alice")
            tx = await node.create_transaction(wallet, send_token(alice, bob, DOLLAR, USDC))
            gas = (await node.simulate(tx)).gas_info.gas_used
            holds("gas", 20_000 < gas < tx.auth_info.fee.gas_limit)
            same("state", (await world.bank(alice), await world.sequence("alice")), before)
            notes.append(f"gas {gas}, limit {tx.auth_info.fee.gas_limit}")
        with self.call("query_transaction: the same body comes back"):
            tx = await node.create_transaction(wallet, send_token(alice, bob, DOLLAR, USDC))
            answer = await node.broadcast(tx)
            same("body", (await node.query_transaction(world.accepted(answer))).body, tx.body)

    async def owns_shares(self) -> None:
        """MegaVault: shares minted and burnt, by hand: floor(quantums * shares / equity) and its inverse."""
        world, vault, alice = self.world, self.world.megavault, self.world.address("alice")
        wallet = world.wallets["alice"]
        with self.call("MegaVault.deposit: the first $1,000, a share per quantum"):
            before = (await world.holding("alice")).usdc
            world.committed(await vault.deposit(wallet, alice, 0, Decimal(1_000)))
            same("total shares", world.total_shares(), 1_000 * DOLLAR)
            same("alice's shares", await world.shares("alice"), 1_000 * DOLLAR)
            same("subaccount", (await world.holding("alice")).usdc, before - 1_000 * DOLLAR)
            same("equity", await world.megavault_equity(), 1_000 * DOLLAR)
        with self.call("a gift of $250: every share is worth more"):
            bob = world.wallets["bob"]
            world.committed(await world.node.send_token(bob, bob.address, MEGAVAULT, 250 * DOLLAR, USDC))
            same("equity", await world.megavault_equity(), 1_250 * DOLLAR)
            same("total shares", world.total_shares(), 1_000 * DOLLAR)
        with self.call("MegaVault.deposit: $1 gives 800,000 shares"):
            # floor(1,000,000 * 1,000,000,000 / 1,250,000,000) = 800,000
            sent = world.committed(await vault.deposit(wallet, alice, 0, Decimal(1)))
            same("total shares", world.total_shares(), 1_000 * DOLLAR + 800_000)
            want = {"depositor": alice, "quote_quantums": "1000000", "minted_shares": "800000"}
            holds(f"event {want}", want.items() <= sent.events["deposit_to_megavault"][0].items())
        with self.call("MegaVault.get_owner_shares"):
            found = await vault.get_owner_shares(alice)
            same("address", found.address, alice)
            same("shares", number(found.shares.num_shares), 1_000_800_000)
            same("equity", (number(found.equity), number(found.withdrawable_equity)), (1_251 * DOLLAR, 1_251 * DOLLAR))
        with self.call("MegaVault.get_withdrawal_info"):
            # floor(400,000,003 * 1,251,000,000 / 1,000,800,000) = 500,000,003
            info = await vault.get_withdrawal_info(400_000_003)
            same("echo", number(info.shares_to_withdraw.num_shares), 400_000_003)
            same("worth", number(info.expected_quote_quantums), 500_000_003)
            same("total", number(info.total_shares.num_shares), 1_000_800_000)
        with self.call("MegaVault.withdraw: 400,000,003 shares for $500.000003"):
            before = (await world.holding("alice")).usdc
            sent = world.committed(await vault.withdraw(wallet, alice, 0, Decimal(0), 400_000_003))
            want = {"shares_to_withdraw": "400000003", "redeemed_quote_quantums": "500000003"}
            holds(f"event {want}", want.items() <= sent.events["withdraw_from_megavault"][0].items())
            same("total shares", world.total_shares(), 600_799_997)
            same("subaccount", (await world.holding("alice")).usdc, before + 500_000_003)
            same("equity", await world.megavault_equity(), 1_251 * DOLLAR - 500_000_003)
        with self.call("MegaVault.withdraw with a huge minimum: None"):
            same("answer", await vault.withdraw(wallet, alice, 0, Decimal(10**9), 1_000), None)
            same("total shares", world.total_shares(), 600_799_997)
        with self.call("MegaVault.deposit of more than there is: None"):
            same("answer", await vault.deposit(wallet, alice, 0, Decimal(10**9)), None)

    # --- orders --------------------------------------------------------------------------------------------------

    async def trades(self) -> None:
        """A long-term order rests, is hit, is cancelled."""
        world, node = self.world, self.world.node
        alice = world.wallets["alice"]
        order_id = self.market.order_id(alice.address, 0, 101, OrderFlags.LONG_TERM)
        until = since_now(seconds=60)
        with self.call("place_order, long-term: alice sells 0.01 BTC at $98,500"):
            before = await world.sequence("alice")
            order = self._order(order_id, SELL, 0.01, 98_500, GTT, good_til_block_time=until)
            world.committed(await node.place_order(alice, order))
            same("sequence", await world.sequence("alice"), before + 1)
            await world.book_becomes({"bids": [], "asks": [("98500", "0.01")]})
            placed = world.stateful_order(order_id)
            same("on the book", placed.order_placement.order.quantums, 100_000_000)
            same("filled", placed.fill_amount, 0)
        with self.call("place_order, short-term: bob buys 0.004 of it") as notes:
            # 40,000,000 base quantums at 98,500: $394; fees rounded up
            worth = 394 * DOLLAR
            before = await world.holding("alice"), await world.holding("bob"), await world.sequence("bob")
            world.accepted(await self._short_term("bob", 201, BUY, 0.004, 98_600, IOC))
            world.blocks_pass(2)
            maker, taker = await world.holding("alice"), await world.holding("bob")
            same("positions", (maker.positions, taker.positions), ({0: -40_000_000}, {0: 40_000_000}))
            same("alice", maker.usdc, before[0].usdc + worth - fee_of(worth, MAKER_PPM))
            same("bob", taker.usdc, before[1].usdc - worth - fee_of(worth, TAKER_PPM))
            same("bob's sequence", await world.sequence("bob"), before[2])
            notes.append(f"fees {fee_of(worth, MAKER_PPM)} and {fee_of(worth, TAKER_PPM)}")
        with self.call("the fill: in the block's events, in the indexer's lists"):
            [(height, match)] = world.events_of("match", last=20)
            want = {
                "taker_order_fee_quote_quantums": "197000",
                "maker_order_fee_quote_quantums": "39400",
                "taker_quote_balance_delta_quote_quantums": "-394197000",
                "maker_quote_balance_delta_quote_quantums": "393960600",
                "taker_perpetual_quantums_delta_base_quantums": "40000000",
            }
            same("match event", {name: match[name] for name in want}, want)
            for name, liquidity, fee in (("alice", "MAKER", "0.0394"), ("bob", "TAKER", "0.197")):
                fills = (await world.indexer.account.get_subaccount_fills(world.address(name), 0))["fills"]
                same(f"fills of {name}", len(fills), 1)
                told = {key: fills[0][key] for key in ("liquidity", "price", "size", "fee", "createdAtHeight")}
                want = {"liquidity": liquidity, "price": "98500", "size": "0.004", "fee": fee}
                same(f"fill of {name}", told, want | {"createdAtHeight": str(height)})
            trades = (await world.indexer.markets.get_perpetual_market_trades("BTC-USD"))["trades"]
            same("trades", [(one["side"], one["price"], one["size"]) for one in trades], [("BUY", "98500", "0.004")])
        with self.call("the rest of it is still on the book"):
            await world.book_becomes({"bids": [], "asks": [("98500", "0.006")]})
            same("filled", world.stateful_order(order_id).fill_amount, 40_000_000)
            stats = (await node.get_user_stats(alice.address)).stats
            same("maker notional", stats.maker_notional, 394 * DOLLAR)
        with self.call("cancel_order, long-term"):
            before = await world.sequence("alice")
            world.committed(await node.cancel_order(alice, order_id, good_til_block_time=until + 10))
            same("sequence", await world.sequence("alice"), before + 1)
            await world.book_becomes(EMPTY)
            status = await _status(_later(world.stateful_order, order_id), grpc.StatusCode.NOT_FOUND)
            holds("gone", status)

    async def places_short_term_orders(self) -> None:
        """Short-term orders: on the book at once, no sequence, never found as a transaction."""
        world, node, bob = self.world, self.world.node, self.world.wallets["bob"]
        first = self.market.order_id(bob.address, 0, 301, OrderFlags.SHORT_TERM)
        before = await world.sequence("bob")
        with self.call("place_order, short-term, post-only") as notes:
            tx_hash = world.accepted(await self._short_term("bob", 301, BUY, 0.01, 98_000, POST_ONLY))
            await world.book_becomes({"bids": [("98000", "0.01")], "asks": []})
            world.blocks_pass(1)
            same("found", world.find(tx_hash), None)
            notes.append("GetTx: NOT_FOUND")
        with self.call("cancel_order, short-term"):
            height = await node.latest_block_height()
            world.accepted(await node.cancel_order(bob, first, good_til_block=height + 15))
            await world.book_becomes(EMPTY)
        with self.call("batch_cancel_orders"):
            for client_id, price in ((302, 98_001), (303, 98_002)):
                world.accepted(await self._short_term("bob", client_id, BUY, 0.01, price, GTT))
            await world.book_becomes({"bids": [("98002", "0.01"), ("98001", "0.01")], "asks": []})
            height = await node.latest_block_height()
            batch = [OrderBatch(clob_pair_id=0, client_ids=[302, 303])]
            world.accepted(await node.batch_cancel_orders(bob, world.subaccount("bob"), batch, height + 15))
            await world.book_becomes(EMPTY)
            same("sequence", await world.sequence("bob"), before)

    async def lets_vaults_quote(self) -> None:
        """The operator moves money into the BTC vault; its quotes are known by hand, and bob hits one."""
        world, node, operator = self.world, self.world.node, self.world.wallets["operator"]
        clob = VaultType.VAULT_TYPE_CLOB
        with self.call("MsgAllocateToVault: $40,000 into the BTC vault"):
            world.committed(
                await world.megavault.deposit(world.wallets["alice"], world.address("alice"), 0, Decimal(50_000))
            )
            message = MsgAllocateToVault(
                authority=operator.address,
                vault_id=VaultId(type=clob, number=0),
                quote_quantums=to_serializable_vec(40_000 * DOLLAR),
            )
            world.committed(await node.send_message(operator, message))
            vault = world.vault.Vault(vault_query.QueryVaultRequest(type=clob, number=0))
            same("equity", (number(vault.equity), number(vault.inventory)), (40_000 * DOLLAR, 0))
            shown = get_json(world.config["lcd"] + "/dydxprotocol/vault/vault/VAULT_TYPE_CLOB/0")
            same("equity by REST", shown["equity"], str(40_000 * DOLLAR))
        with self.call("the vault's six quotes are on the book"):
            # Spread 0.3 %, no position. A layer i stands for i * 15 % of leverage and skews by as much: asks at
            # 98,500 * (1 + 0.003 * (1 + 0.15 i)), bids at 98,500 * (1 - 0.003 * (1 + 0.15 i)^2), to the dollar away
            # from it. 15 % of $40,000 each: 0.0609 BTC.
            asks = [(str(price), "0.0609") for price in (98_796, 98_840, 98_885)]
            bids = [(str(price), "0.0609") for price in (98_204, 98_109, 98_000)]
            await world.book_becomes({"bids": bids, "asks": asks})
        with self.call("bob buys 0.02 BTC from the vault") as notes:
            worth = 98_796 * DOLLAR // 50
            before = await world.holding("bob")
            world.accepted(await self._short_term("bob", 401, BUY, 0.02, 98_796, IOC))
            world.blocks_pass(2)
            after = await world.holding("bob")
            same("bob", after.usdc, before.usdc - worth - fee_of(worth, TAKER_PPM))
            same("position", after.positions[0], before.positions[0] + 200_000_000)
            vault = world.vault.Vault(vault_query.QueryVaultRequest(type=clob, number=0))
            same("inventory", number(vault.inventory), -200_000_000)
            gain = worth - 98_500 * DOLLAR // 50 - fee_of(worth, VAULT_PPM)
            same("equity", number(vault.equity), 40_000 * DOLLAR + gain)
            notes.append(f"the vault gains {gain}")
        with self.call("MegaVault.withdraw pays what get_withdrawal_info said"):
            before = (await world.holding("alice")).usdc
            world.control("pause")
            expected = number((await world.megavault.get_withdrawal_info(10_000 * DOLLAR)).expected_quote_quantums)
            answer = await world.megavault.withdraw(
                world.wallets["alice"], world.address("alice"), 0, Decimal(0), 10_000 * DOLLAR
            )
            world.control("resume")
            world.committed(answer)
            same("subaccount", (await world.holding("alice")).usdc, before + expected)

    # --- who may, and who may not --------------------------------------------------------------------------------

    async def permits_another_key(self) -> None:
        """Authenticators: bob's key may place alice's orders, until it may not."""
        world, node = self.world, self.world.node
        alice, bob = world.wallets["alice"], world.wallets["bob"]
        with self.call("add_authenticator, get_authenticators") as notes:
            rule = Authenticator.compose(
                AuthenticatorType.AllOf,
                [
                    Authenticator.signature_verification(bob.public_key.key),
                    Authenticator.message_filter("/dydxprotocol.clob.MsgPlaceOrder"),
                ],
            )
            world.committed(await node.add_authenticator(alice, rule))
            known = (await node.get_authenticators(alice.address)).account_authenticators
            same("types", [one.type for one in known], ["AllOf"])
            rule_id = known[-1].id
            notes.append(f"id {rule_id}")
        options = TxOptions([rule_id], await world.sequence("alice"), alice.account_number)
        with self.call("place_order(tx_options): bob's key places alice's order"):
            order = await self._short_term_order("alice", 501, BUY, 0.01, 98_300, GTT)
            world.accepted(await node.place_order(bob, order, options))
            best = (await world.book())["bids"][0]
            same("best bid", best, ("98300", "0.01"))
        with self.call("the same without the authenticator: refused") as notes:
            order = await self._short_term_order("alice", 502, BUY, 0.01, 98_301, GTT)
            none = TxOptions([], options.sequence, options.account_number)
            answer = await node.place_order(bob, order, none)
            holds("refused", answer.tx_response.code)
            notes.append(f"code {answer.tx_response.code}: {answer.tx_response.raw_log[:60]}")
        with self.call("remove_authenticator: refused from now on") as notes:
            world.committed(await node.remove_authenticator(alice, rule_id))
            order = await self._short_term_order("alice", 503, BUY, 0.01, 98_302, GTT)
            answer = await node.place_order(bob, order, options)
            holds("refused", answer.tx_response.code)
            notes.append(f"code {answer.tx_response.code}: {answer.tx_response.raw_log[:60]}")

    async def is_refused(self) -> None:
        """Sequence, chain id, fee, signature: the chain's codes."""
        world, node = self.world, self.world.node
        alice, bob = world.wallets["alice"], world.address("bob")
        message = send_token(alice.address, bob, DOLLAR, USDC)
        with self.call("two sends in one block: the second has code 32") as notes:
            world.control("pause")
            first = await node.send_message(alice, message)
            second = await node.broadcast(await self._with_fee(alice, message))
            world.control("resume")
            world.committed(first)
            notes.append(world.refused(second, 32, "sdk", "account sequence mismatch"))
        with self.call("a wallet of another chain: code 4 with the chain id") as notes:
            config = self.world.network.node
            other = NodeConfig("dydx-testnet-4", config.chaintoken_denom, config.usdc_denom, config.channel)
            stranger = await NodeClient.connect(other)
            alice.sequence = await world.sequence("alice")
            answer = await stranger.broadcast(
                stranger.builder.build_transaction(alice, [_any(message)], stranger.builder.calculate_fee(200_000))
            )
            notes.append(world.refused(answer, 4, "sdk", self.chain_id))
        with self.call("no fee: code 13") as notes:
            alice.sequence = await world.sequence("alice")
            notes.append(world.refused(await node.broadcast_message(alice, message), 13, "sdk", "insufficient fees"))
        with self.call("a transaction twice: the second is refused") as notes:
            tx = await node.create_transaction(alice, message)
            world.committed(await node.broadcast(tx))
            answer = await node.broadcast(tx)
            holds("refused", answer.tx_response.code in (19, 32))
            notes.append(f"code {answer.tx_response.code}")
        with self.call("too little gas: code 11"):
            alice.sequence = await world.sequence("alice")
            poor = node.builder.build_transaction(alice, [_any(message)], node.builder.calculate_fee(1_000))
            world.refused(await node.broadcast(poor), 11, "sdk", "out of gas")
        with self.call("an unserved method: UNIMPLEMENTED"):
            ask = node.channel.unary_unary("/dydxprotocol.revshare.Msg/SetOrderRouterRevShare")
            await _status(_later(ask, b""), grpc.StatusCode.UNIMPLEMENTED)
        with self.call("deposit of zero into MegaVault: refused at Simulate"):
            zero = deposit_to_megavault(alice.address, 0, to_serializable_vec(0))
            await _status(node.send_message(alice, zero), None)

    # --- orders of our making ------------------------------------------------------------------------------------

    def _order(self, order_id, side, size, price, time_in_force, **until):  # type: ignore[no-untyped-def]
        post_only = time_in_force == POST_ONLY
        return self.market.order(
            order_id, OrderType.LIMIT, side, size, price, time_in_force, False, post_only=post_only, **until
        )

    async def _short_term_order(self, name: str, client_id: int, side: int, size: float, price: int, tif: int) -> Order:
        order_id = self.market.order_id(self.world.address(name), 0, client_id, OrderFlags.SHORT_TERM)
        height = await self.world.node.latest_block_height()
        return self._order(order_id, side, size, price, tif, good_til_block=height + 15)

    async def _short_term(self, name: str, client_id: int, side: int, size: float, price: int, tif: int):  # type: ignore[no-untyped-def]
        order = await self._short_term_order(name, client_id, side, size, price, tif)
        return await self.world.node.place_order(self.world.wallets[name], order)

    async def _with_fee(self, wallet, message):  # type: ignore[no-untyped-def]
        node = self.world.node
        wallet.sequence = await self.world.sequence("alice")
        return node.builder.build_transaction(wallet, [_any(message)], node.builder.calculate_fee(200_000))


def _any(message):  # type: ignore[no-untyped-def]
    from dydx_v4_client.node.builder import as_any

    return as_any(message)


async def _later(ask, *given):  # type: ignore[no-untyped-def]
    return ask(*given)


async def _status(asked, status: grpc.StatusCode | None) -> str:  # type: ignore[no-untyped-def]
    """The text of the RPC error that awaiting this must raise; status None: any but OK."""
    try:
        await asked
    except grpc.RpcError as error:
        if status is not None:
            same("status", error.code(), status)
        return f"{error.code().name}: {error.details()}"
    raise AssertionError("the call went well; an RPC error was expected")


def main() -> None:
    """Runs everything and leaves with 1 when a call failed."""
    calls = Calls()
    asyncio.run(Scenario(World(json.loads(sys.argv[1])), calls).run())
    calls.leave()


if __name__ == "__main__":
    main()
