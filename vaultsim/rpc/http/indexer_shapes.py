"""Markets, fills, trades, transfers and candles in the indexer's shapes. Source: client-surfaces §§1.1-1.3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Json

from vaultsim.context import NANOSECONDS
from vaultsim.rpc.http.comet_shapes import hex_text
from vaultsim.rpc.http.indexer_candles import Candle
from vaultsim.rpc.http.indexer_history import DayOfTrade
from vaultsim.rpc.http.indexer_markets import Market
from vaultsim.rpc.http.indexer_names import fill_uuid, order_uuid, transfer_uuid
from vaultsim.rpc.http.indexer_numbers import exact, fraction, iso_time, over, text, usdc
from vaultsim.rpc.http.indexer_records import End, Fill, Side, Transfer


def market_json(market: Market, day: DayOfTrade, price_before: int | None) -> dict[str, Json]:
    """A market. price_before: its oracle price a day ago, None when it is not known."""
    params, pair = market.perpetual.params, market.pair
    oracle = market.oracle
    change = 0 if oracle is None or price_before is None else oracle.price - price_before
    open_interest = text(market.size(market.perpetual.open_interest))
    return {
        "clobPairId": str(pair.id),
        "ticker": market.ticker,
        "status": market.status,
        "oraclePrice": None if oracle is None else text(market.oracle_price),
        "priceChange24H": text(exact(change, 0 if oracle is None else oracle.exponent)),
        "volume24H": text(usdc(day.quote_quantums)),
        "trades24H": day.trades,
        # The samples of the running hour are not averaged here.
        "nextFundingRate": "0",
        "initialMarginFraction": text(market.initial_margin_fraction),
        "maintenanceMarginFraction": text(market.maintenance_margin_fraction),
        "openInterest": open_interest,
        "atomicResolution": params.atomic_resolution,
        "quantumConversionExponent": pair.quantum_conversion_exponent,
        "tickSize": text(market.price(pair.subticks_per_tick)),
        "stepSize": text(market.size(pair.step_base_quantums)),
        "stepBaseQuantums": pair.step_base_quantums,
        "subticksPerTick": pair.subticks_per_tick,
        "marketType": market.kind,
        "openInterestLowerCap": text(usdc(market.tier.open_interest_lower_cap)),
        "openInterestUpperCap": text(usdc(market.tier.open_interest_upper_cap)),
        "baseOpenInterest": open_interest,
        # The parameter is for eight hours.
        "defaultFundingRate1H": text(over(fraction(params.default_funding_ppm), exact(8))),
    }


def trade_json(fill: Fill, market: Market) -> dict[str, Json]:
    """A fill as the market sees it, from the taker's side."""
    return {
        "id": fill.event,
        "side": _side_text(fill.taker),
        "size": text(market.size(fill.base_quantums)),
        "price": text(fill.price),
        "type": fill.taker.kind,
        "createdAt": iso_time(fill.time_ns),
        "createdAtHeight": str(fill.height),
    }


def fill_json(fill: Fill, side: Side, market: Market) -> dict[str, Json]:
    """A fill as one side sees it."""
    liquidity = "TAKER" if side is fill.taker else "MAKER"
    shown: dict[str, Json] = {
        "id": fill_uuid(fill.event, liquidity),
        "side": _side_text(side),
        "liquidity": liquidity,
        "type": side.kind,
        "market": market.ticker,
        "marketType": "PERPETUAL",
        "price": text(fill.price),
        "size": text(market.size(fill.base_quantums)),
        "fee": text(usdc(side.fee)),
        "affiliateRevShare": "0",
        "createdAt": iso_time(fill.time_ns),
        "createdAtHeight": str(fill.height),
        "subaccountNumber": side.number,
    }
    if side.order_id is not None:
        shown["orderId"] = order_uuid(side.order_id)
    if side.builder:
        shown["builderFee"] = text(usdc(side.builder_fee))
        shown["builderAddress"] = side.builder
    if side.router:
        shown["orderRouterFee"] = text(usdc(side.router_fee))
        shown["orderRouterAddress"] = side.router
    return shown


def transfer_json(
    transfer: Transfer, address: str, has: Callable[[int], bool], symbol: str, exponent: int
) -> dict[str, Json]:
    """A transfer as the subaccounts of an address see it. symbol, exponent: of its asset."""
    return {
        "id": transfer_uuid(transfer.event),
        "sender": _end_json(transfer.sender),
        "recipient": _end_json(transfer.recipient),
        "size": text(exact(transfer.quantums, exponent)),
        "createdAt": iso_time(transfer.time_ns),
        "createdAtHeight": str(transfer.height),
        "symbol": symbol,
        "type": _transfer_kind(transfer, address, has),
        "transactionHash": hex_text(transfer.tx_hash),
    }


def candle_json(candle: Candle, ticker: str, resolution: str) -> dict[str, Json]:
    """A candle."""
    return {
        "startedAt": iso_time(candle.start_seconds * NANOSECONDS),
        "ticker": ticker,
        "resolution": resolution,
        "low": text(candle.low),
        "high": text(candle.high),
        "open": text(candle.open),
        "close": text(candle.close),
        "baseTokenVolume": text(candle.base_volume),
        "usdVolume": text(candle.usd_volume),
        "trades": candle.trades,
        "startingOpenInterest": text(candle.starting_open_interest),
        "orderbookMidPriceOpen": None,
        "orderbookMidPriceClose": None,
    }


def is_end_of(end: End, address: str, has: Callable[[int], bool]) -> bool:
    """Whether a transfer's end is one of an address' subaccounts."""
    return end.address == address and end.number is not None and has(end.number)


def _transfer_kind(transfer: Transfer, address: str, has: Callable[[int], bool]) -> str:
    if is_end_of(transfer.sender, address, has):
        return "WITHDRAWAL" if transfer.recipient.number is None else "TRANSFER_OUT"
    return "DEPOSIT" if transfer.sender.number is None else "TRANSFER_IN"


def _end_json(end: End) -> dict[str, Json]:
    return {"address": end.address} if end.number is None else {"address": end.address, "subaccountNumber": end.number}


def _side_text(side: Side) -> str:
    return "BUY" if side.is_buy else "SELL"
