"""Accounts, markets, transactions and blocks, as a node tells."""

from __future__ import annotations

from typing import Any

from vaultsim.client.amounts import CoinAmount, stated
from vaultsim.client.markets import all_markets
from vaultsim.client.node import Node, NodeRefused
from vaultsim.client.view import Line, Table, View, plain_json
from vaultsim.errors import UserError
from vaultsim.lib.decimals import text_of
from vaultsim.pb.cosmos.bank.v1beta1 import QueryAllBalancesRequest, QueryAllBalancesResponse
from vaultsim.pb.cosmos.base.tendermint.v1beta1 import (
    GetBlockByHeightRequest,
    GetBlockByHeightResponse,
    GetLatestBlockRequest,
    GetLatestBlockResponse,
)
from vaultsim.pb.cosmos.tx.v1beta1 import GetTxRequest, GetTxResponse, TxBody, TxRaw
from vaultsim.pb.dydxprotocol.clob import ClobPair_Status
from vaultsim.pb.dydxprotocol.perpetuals import PerpetualMarketType
from vaultsim.pb.dydxprotocol.prices import (
    QueryAllMarketParamsRequest,
    QueryAllMarketParamsResponse,
    QueryAllMarketPricesRequest,
    QueryAllMarketPricesResponse,
)
from vaultsim.pb.dydxprotocol.subaccounts import QueryGetSubaccountRequest, QuerySubaccountResponse
from vaultsim.pb.json_text import time_to_text
from vaultsim.pb.runtime import JsonError, replace
from vaultsim.x.assets.types import USDC_ASSET_ID


def balances_view(node: Node, owner: str, height: int) -> View:
    """What an account holds in the bank."""
    request = QueryAllBalancesRequest(address=owner)
    coins = [one for page in node.pages(request, QueryAllBalancesResponse, height) for one in page.balances]
    rows = [
        (coin.denom, str(CoinAmount(coin.denom, int(coin.amount))).removesuffix(f" {coin.denom}")) for coin in coins
    ]
    json = {"balances": [plain_json(coin) for coin in coins]}
    return View(json=json, lines=[("account", owner)], table=Table(("denomination", "amount>"), rows))


def subaccount_view(node: Node, owner: str, number: int, height: int) -> View:
    """USDC and positions of a subaccount."""
    request = QueryGetSubaccountRequest(owner=owner, number=number)
    answer = node.ask(request, QuerySubaccountResponse, height).subaccount
    usdc = sum(int(one.quantums) for one in answer.asset_positions if one.asset_id == USDC_ASSET_ID)
    tickers = {one.params.id: one for one in all_markets(node, height)} if answer.perpetual_positions else {}
    rows = []
    for position in answer.perpetual_positions:
        market, base = tickers.get(position.perpetual_id), int(position.quantums)
        size = market.size_text(base) if market else "-"
        rows.append((market.ticker if market else str(position.perpetual_id), size, str(base)))
    lines = [("subaccount", f"{owner}/{number}"), ("USDC", stated(usdc))]
    table = Table(("perpetual", "size>", "quantums>"), rows) if rows else None
    return View(json={"subaccount": plain_json(answer)}, lines=lines, table=table)


def prices_view(node: Node, height: int) -> View:
    """Oracle prices of all markets."""
    params = {
        one.id: one
        for page in node.pages(QueryAllMarketParamsRequest(), QueryAllMarketParamsResponse, height)
        for one in page.market_params
    }
    prices = [
        one
        for page in node.pages(QueryAllMarketPricesRequest(), QueryAllMarketPricesResponse, height)
        for one in page.market_prices
    ]
    rows = [
        (
            str(one.id),
            params[one.id].pair if one.id in params else "-",
            text_of(one.price, -one.exponent),
            str(one.price),
        )
        for one in prices
    ]
    columns = ("market", "pair", "price (USD)>", "units>")
    return View(json={"market_prices": [plain_json(one) for one in prices]}, table=Table(columns, rows))


def perpetuals_view(node: Node, height: int) -> View:
    """All perpetuals that have an order book."""
    markets = sorted(all_markets(node, height), key=lambda market: market.params.id)
    rows = [
        (
            str(one.params.id),
            one.ticker,
            PerpetualMarketType.NAMES.get(one.params.market_type, "-").rpartition("_")[2].lower(),
            str(one.params.market_id),
            str(one.params.liquidity_tier),
            str(one.params.atomic_resolution),
        )
        for one in markets
    ]
    columns = ("perpetual>", "ticker", "margin", "oracle market>", "tier>", "resolution>")
    json = {"perpetual_params": [plain_json(one.params) for one in markets]}
    return View(json=json, table=Table(columns, rows))


def clob_pairs_view(node: Node, height: int) -> View:
    """All order books: their steps and ticks as people write them."""
    markets = all_markets(node, height)
    rows = [
        (
            str(one.pair.id),
            one.ticker,
            ClobPair_Status.NAMES.get(one.pair.status, "-").removeprefix("STATUS_").lower(),
            one.size_text(one.pair.step_base_quantums),
            one.price_text(one.pair.subticks_per_tick),
        )
        for one in markets
    ]
    columns = ("pair>", "ticker", "status", "size step>", "price tick (USD)>")
    return View(json={"clob_pair": [plain_json(one.pair) for one in markets]}, table=Table(columns, rows))


def tx_view(node: Node, tx_hash: str) -> View:
    """A transaction in a block. Raises UserError for a hash of which no block knows."""
    plain = tx_hash.upper().removeprefix("0X")
    if len(plain) != 64 or any(letter not in "0123456789ABCDEF" for letter in plain):
        raise UserError(f"{tx_hash!r} is no hash of a transaction: 64 hexadecimal digits")
    try:
        found = node.ask(GetTxRequest(hash=plain), GetTxResponse)
    except NodeRefused as refusal:
        if "not found" in refusal.text:
            raise UserError(f"{plain} is in no block that {node.url.text} knows; short-term orders never are") from None
        raise
    answer = found.tx_response
    if answer is None:
        raise UserError(f"{node.url.text} tells nothing about {plain}")
    lines: list[Line] = [
        ("hash", answer.txhash),
        ("block", f"{answer.height} ({answer.timestamp})"),
        ("result", f"{answer.codespace} {answer.code}" if answer.code else "0 (done)"),
        ("gas", f"{answer.gas_used} of {answer.gas_wanted}"),
    ]
    if answer.code:
        lines.append(("log", answer.raw_log))
    body = found.tx.body if found.tx is not None else None
    for packed in body.messages if body is not None else ():
        lines.append(("message", packed.type_url))
    return View(json=_tx_json(found), lines=lines)


def block_view(node: Node, height: int | None) -> View:
    """A block, the last one when no height is given."""
    answer: Any
    if height is None:
        answer = node.ask(GetLatestBlockRequest(), GetLatestBlockResponse)
    else:
        answer = node.ask(GetBlockByHeightRequest(height=height), GetBlockByHeightResponse)
    block = answer.block
    if block is None:
        raise UserError(f"{node.url.text} has no such block")
    header = block.header
    txs = block.data.txs
    lines: list[Line] = [
        ("chain", header.chain_id),
        ("block", str(header.height)),
        ("time", time_to_text(header.time.seconds, header.time.nanos)),
        ("hash", answer.block_id.hash.hex().upper() if answer.block_id else "-"),
        ("app hash", header.app_hash.hex().upper()),
        ("transactions", str(len(txs))),
    ]
    lines += [("message", url) for raw in txs for url in _urls(raw)]
    return View(json=plain_json(answer), lines=lines)


def _tx_json(found: GetTxResponse) -> dict[str, Any]:
    """The answer as JSON; without the transaction itself when it holds messages that the protos do not have."""
    try:
        return found.to_json()
    except JsonError:
        assert found.tx_response is not None
        return plain_json(replace(found, tx=None, tx_response=replace(found.tx_response, tx=None)))


def _urls(raw: bytes) -> list[str]:
    return [packed.type_url for packed in TxBody.decode(TxRaw.decode(raw).body_bytes).messages]
