"""The indexer's lists of one owner or one market: fills, trades, transfers, orders, positions, candles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any as Json
from typing import Final, NamedTuple, TypeVar

from starlette.requests import Request

from vaultsim.node.live.node import Node
from vaultsim.rpc.http.indexer_candles import RESOLUTIONS
from vaultsim.rpc.http.indexer_history import History
from vaultsim.rpc.http.indexer_markets import Market, Markets
from vaultsim.rpc.http.indexer_orders import Orders
from vaultsim.rpc.http.indexer_positions import Positions
from vaultsim.rpc.http.indexer_records import Fill, Transfer
from vaultsim.rpc.http.indexer_requests import (
    Owner,
    Page,
    bad_parameter,
    optional_number,
    optional_seconds,
    optional_text,
    optional_time_ns,
    page_asked,
)
from vaultsim.rpc.http.indexer_shapes import candle_json, fill_json, is_end_of, trade_json, transfer_json

R = TypeVar("R", Fill, Transfer)
_BAD_TICKER: Final = "ticker must be a valid ticker (BTC-USD, etc)"


class Sources(NamedTuple):
    """Where answers come from."""

    node: Node
    markets: Markets
    history: History
    orders: Orders
    positions: Positions


def market_asked(sources: Sources, ticker: str, location: str, name: str = "ticker") -> Market:
    """The market with a ticker. Raises IndexerFailed."""
    market = sources.markets.named(ticker)
    if market is None:
        raise bad_parameter(name, _BAD_TICKER, location)
    return market


def list_trades(sources: Sources, request: Request) -> Json:
    """The trades of a market, the last one first."""
    market = market_asked(sources, request.path_params["ticker"], "params")
    trades = (fill for fill in sources.history.fills() if fill.clob_pair_id == market.pair.id)
    shown = (trade_json(fill, market) for fill in _up_to_asked(request, trades))
    return _page(shown, page_asked(request), "trades")


def list_candles(sources: Sources, request: Request) -> Json:
    """The candles of a market, the last one first."""
    market = market_asked(sources, request.path_params["ticker"], "params")
    resolution = request.query_params.get("resolution", "")
    if resolution not in RESOLUTIONS:
        names = ",".join(RESOLUTIONS)
        raise bad_parameter("resolution", f"resolution must be a valid Candle Resolution, one of {names}")
    first, end = optional_seconds(request, "fromISO"), optional_seconds(request, "toISO")
    limit = page_asked(request).limit
    found = sources.history.candles.between(market.pair.id, resolution, first, end)[:limit]
    return {"candles": [candle_json(candle, market.ticker, resolution) for candle in found]}


def list_fills(sources: Sources, request: Request, owner: Owner) -> Json:
    """The fills of an owner, the last one first."""
    asked = optional_text(request, "market")
    only = None if asked is None else market_asked(sources, asked, "query", "market").pair.id
    if only is not None and optional_text(request, "marketType") is None:
        raise bad_parameter("marketType", "marketType must be provided if market is provided")
    shown = (
        fill_json(fill, side, market)
        for fill in _up_to_asked(request, sources.history.fills())
        if only is None or fill.clob_pair_id == only
        for side in (fill.taker, fill.maker)
        if side.owner == owner.address and owner.has(side.number)
        if (market := sources.markets.of_pair(fill.clob_pair_id)) is not None
    )
    return _page(shown, page_asked(request), "fills")


def list_transfers(sources: Sources, request: Request, owner: Owner) -> Json:
    """The transfers from and to an owner's subaccounts, the last one first."""
    return _page(_transfers(sources, request, owner), page_asked(request), "transfers")


def _transfers(sources: Sources, request: Request, owner: Owner) -> Iterator[Json]:
    ctx, assets = sources.node.app.query_context(), sources.node.app.modules.keepers.assets
    for transfer in _up_to_asked(request, sources.history.transfers()):
        ends = (transfer.sender, transfer.recipient)
        asset = assets.find(ctx, transfer.asset_id)
        if asset is not None and any(is_end_of(end, owner.address, owner.has) for end in ends):
            yield transfer_json(transfer, owner.address, owner.has, asset.symbol, asset.atomic_resolution)


def list_orders(sources: Sources, request: Request, owner: Owner) -> Json:
    """The open orders of an owner, those that live longest first unless returnLatestOrders is false."""
    ticker = optional_text(request, "ticker")
    wanted: dict[str, tuple[str, ...]] = {}
    if ticker is not None:
        wanted["ticker"] = (market_asked(sources, ticker, "query").ticker,)
    for name in ("side", "type", "status"):
        given = optional_text(request, name)
        if given is not None:
            wanted[name] = tuple(given.split(","))
    found = [
        order
        for order in sources.orders.open(owner.address, owner.has)
        if all(order[name] in values for name, values in wanted.items())
    ]
    is_latest_first = optional_text(request, "returnLatestOrders") != "false"
    found.sort(key=_good_til, reverse=is_latest_first)
    return found[: page_asked(request).limit]


def list_perpetual_positions(sources: Sources, request: Request, owner: Owner) -> Json:
    """The open perpetual positions of an owner."""
    statuses = (optional_text(request, "status") or "OPEN").split(",")
    shown = _positions(sources, owner, sources.positions.perpetual_json) if "OPEN" in statuses else []
    return {"positions": shown[: page_asked(request).limit]}


def list_asset_positions(sources: Sources, _: Request, owner: Owner) -> Json:
    """The asset positions of an owner."""
    return {"positions": _positions(sources, owner, sources.positions.asset_json)}


def _positions(sources: Sources, owner: Owner, shape: Callable[[Json], list[Json]]) -> list[Json]:
    return [
        position
        for subaccount in sources.positions.subaccounts_of(owner.address)
        if owner.has(0 if subaccount.id is None else subaccount.id.number)
        for position in shape(subaccount)
    ]


def _up_to_asked(request: Request, records: Iterable[R]) -> Iterator[R]:
    """The records that are not younger than the request says."""
    text = "createdBeforeOrAtHeight must be a non-negative integer"
    height = optional_number(request, "createdBeforeOrAtHeight", 0, text)
    time_ns = optional_time_ns(request, "createdBeforeOrAt")
    for record in records:
        if (height is None or record.height <= height) and (time_ns is None or record.time_ns <= time_ns):
            yield record


def _page(shown: Iterable[Json], page: Page, name: str) -> Json:
    if page.number is None:
        return {name: list(islice(shown, page.limit))}
    everything = list(shown)
    offset = (page.number - 1) * page.limit
    part = everything[offset : offset + page.limit]
    return {name: part, "pageSize": page.limit, "totalResults": len(everything), "offset": offset}


def _good_til(order: Json) -> tuple[int, str]:
    return int(order.get("goodTilBlock") or 0), order.get("goodTilBlockTime") or ""
