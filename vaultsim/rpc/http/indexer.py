"""The indexer door: the routes of the chain's indexer that a node alone can answer. docs/RPC.md lists them.

Source: client-surfaces §§1.1-1.3; v4-chain indexer, comlink.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any as Json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vaultsim.node.live.node import Node
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount, SubaccountId
from vaultsim.rpc.http import indexer_lists as lists
from vaultsim.rpc.http.answers import door_middleware, json_answer
from vaultsim.rpc.http.indexer_history import DayOfTrade, History
from vaultsim.rpc.http.indexer_lists import Sources
from vaultsim.rpc.http.indexer_markets import Market, Markets
from vaultsim.rpc.http.indexer_numbers import epoch_seconds, iso_time, plus, text
from vaultsim.rpc.http.indexer_orders import Orders
from vaultsim.rpc.http.indexer_positions import Positions
from vaultsim.rpc.http.indexer_requests import (
    MOST_CHILDREN,
    MOST_PARENTS,
    IndexerFailed,
    Owner,
    address_in_path,
    bad_parameter,
    is_child_of,
    not_found,
    number_in_path,
    optional_text,
    owner_asked,
    page_asked,
    parent_asked,
)
from vaultsim.rpc.http.indexer_shapes import market_json
from vaultsim.rpc.limits import ServerLimits
from vaultsim.rpc.table import MethodTable

Endpoint = Callable[[Request], Json]
OwnerList = Callable[[Sources, Request, Owner], Json]
_SPARKLINES = {"ONE_DAY": ("1HOUR", 24), "SEVEN_DAYS": ("4HOURS", 42)}


def indexer_app(node: Node, _: MethodTable, __: ServerLimits) -> Starlette:
    """The indexer's REST routes over a node: state as of the last block, books as they are now."""
    markets = Markets(node)
    history = History(node, markets)
    sources = Sources(node, markets, history, Orders(node, markets), Positions(node, markets, history))
    door = _IndexerDoor(sources)
    routes = [Route(path, _answering(endpoint), methods=["GET"]) for path, endpoint in door.endpoints().items()]
    index = Route("/", _answering(lambda _: {"routes": sorted(route.path for route in routes)}), methods=["GET"])
    rest = Route("/{path:path}", _nowhere, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
    return Starlette(routes=[index, *routes, rest], middleware=door_middleware(_failure_body))


class _IndexerDoor:
    """The endpoints that are no lists."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._node = sources.node

    def endpoints(self) -> dict[str, Endpoint]:
        """Every route."""
        return {
            "/v4/height": self.height,
            "/v4/time": self.time,
            "/v4/perpetualMarkets": self.perpetual_markets,
            "/v4/orderbooks/perpetualMarket/{ticker}": self.orderbook,
            "/v4/trades/perpetualMarket/{ticker}": self._plain(lists.list_trades),
            "/v4/candles/perpetualMarkets/{ticker}": self._plain(lists.list_candles),
            "/v4/sparklines": self.sparklines,
            "/v4/addresses/{address}": self.address,
            "/v4/addresses/{address}/subaccountNumber/{number}": self.subaccount,
            "/v4/addresses/{address}/parentSubaccountNumber/{number}": self.parent_subaccount,
            **self._of_owner("/v4/orders", lists.list_orders),
            **self._of_owner("/v4/fills", lists.list_fills),
            **self._of_owner("/v4/transfers", lists.list_transfers),
            **self._of_owner("/v4/perpetualPositions", lists.list_perpetual_positions),
            **self._of_owner("/v4/assetPositions", lists.list_asset_positions),
            "/v4/vault/v1/megavault/positions": self.megavault_positions,
            "/v4/screen": lambda _: {"restricted": False},
            "/v4/compliance/screen/{address}": self.compliance,
        }

    def _plain(self, endpoint: Callable[[Sources, Request], Json]) -> Endpoint:
        return lambda request: endpoint(self._sources, request)

    def _of_owner(self, path: str, endpoint: OwnerList) -> dict[str, Endpoint]:
        """A list of one subaccount's, and of a parent's with all its children."""
        return {
            path: lambda request: endpoint(self._sources, request, owner_asked(request)),
            f"{path}/parentSubaccountNumber": lambda request: endpoint(self._sources, request, parent_asked(request)),
        }

    # --- chain and markets ---------------------------------------------------------------------------------------

    def height(self, _: Request) -> Json:
        """The last block."""
        return {"height": str(self._node.height), "time": iso_time(self._node.time_ns)}

    def time(self, _: Request) -> Json:
        """The time of the last block: a chain's time is what counts here, not that of this machine."""
        return {"iso": iso_time(self._node.time_ns), "epoch": epoch_seconds(self._node.time_ns)}

    def perpetual_markets(self, request: Request) -> Json:
        """All markets, or the one that is asked for, by ticker."""
        ticker, market = optional_text(request, "ticker"), optional_text(request, "market")
        if ticker is not None and market is not None:
            raise IndexerFailed(400, {"msg": "Only one of ticker or market may be provided"})
        limit = page_asked(request).limit
        asked = ticker or market
        if asked is None:
            found = self._sources.markets.all()[:limit]
        else:
            found = [lists.market_asked(self._sources, asked, "query", "market" if ticker is None else "ticker")]
        days = self._sources.history.last_day()
        return {"markets": {one.ticker: self._market_json(one, days) for one in found}}

    def _market_json(self, market: Market, days: dict[int, DayOfTrade]) -> Json:
        day = days.get(market.pair.id, DayOfTrade())
        return market_json(market, day, self._sources.history.price_of_yesterday(market))

    def orderbook(self, request: Request) -> Json:
        """A market's book as it is now."""
        ticker = request.path_params["ticker"]
        market = self._sources.markets.named(ticker)
        if market is None:
            raise not_found(f"{ticker} not found in markets of type PERPETUAL")
        return self._sources.orders.orderbook(market)

    def sparklines(self, request: Request) -> Json:
        """Closing prices of each market, the last one first."""
        period = request.query_params.get("timePeriod", "")
        if period not in _SPARKLINES:
            names = ",".join(_SPARKLINES)
            raise bad_parameter("timePeriod", f"timePeriod must be a valid Time Period, one of {names}")
        resolution, most = _SPARKLINES[period]
        candles = self._sources.history.candles
        return {
            market.ticker: [text(one.close) for one in candles.between(market.pair.id, resolution, None, None)[:most]]
            for market in self._sources.markets.all()
        }

    # --- subaccounts ---------------------------------------------------------------------------------------------

    def address(self, request: Request) -> Json:
        """The subaccounts of an address."""
        owner = address_in_path(request)
        found = list(self._sources.positions.subaccounts_of(owner))
        if not found:
            raise not_found(f"No subaccounts found for address {owner}")
        shown = [self._sources.positions.subaccount_json(subaccount) for subaccount in found]
        return {"subaccounts": shown, "totalTradingRewards": "0"}

    def subaccount(self, request: Request) -> Json:
        """One subaccount."""
        owner = address_in_path(request)
        number = number_in_path(request, "subaccountNumber", MOST_PARENTS * MOST_CHILDREN + 1)
        found = self._stored(SubaccountId(owner=owner, number=number))
        if found is None:
            raise not_found(f"No subaccount found with address {owner} and subaccountNumber {number}")
        return {"subaccount": self._sources.positions.subaccount_json(found)}

    def parent_subaccount(self, request: Request) -> Json:
        """A parent subaccount with its children, and their sums."""
        owner = address_in_path(request)
        parent = number_in_path(request, "parentSubaccountNumber", MOST_PARENTS)
        belongs = is_child_of(parent)
        found = [
            self._sources.positions.subaccount_json(subaccount)
            for subaccount in self._sources.positions.subaccounts_of(owner)
            if subaccount.id is not None and belongs(subaccount.id.number)
        ]
        if not found:
            raise not_found(f"No subaccounts found for address {owner} and parentSubaccountNumber {parent}")
        sums = {
            "address": owner,
            "parentSubaccountNumber": parent,
            "equity": text(plus(*(Decimal(one["equity"]) for one in found))),
            "freeCollateral": text(plus(*(Decimal(one["freeCollateral"]) for one in found))),
            "childSubaccounts": found,
        }
        return {"subaccount": sums}

    def megavault_positions(self, _: Request) -> Json:
        """What each vault holds."""
        ctx, vaults = self._node.app.query_context(), self._node.app.modules.vault
        shown = []
        for account, _params in vaults.living_vaults(ctx):
            market = self._sources.markets.of_pair(account.vault_id.number)
            if market is not None:
                shown.append(self._vault_json(account.subaccount_id, market))
        return {"positions": sorted(shown, key=lambda one: str(one["ticker"]))}

    def _vault_json(self, subaccount_id: SubaccountId, market: Market) -> dict[str, Json]:
        positions = self._sources.positions
        subaccount = self._stored(subaccount_id) or Subaccount(id=subaccount_id)
        nothing = {"symbol": "USDC", "side": "LONG", "size": "0", "assetId": "0", "subaccountNumber": 0}
        assets = [one for one in positions.asset_json(subaccount) if one["symbol"] == "USDC"]
        perpetuals = [one for one in positions.perpetual_json(subaccount) if one["market"] == market.ticker]
        shown = {"ticker": market.ticker, "assetPosition": assets[0] if assets else nothing}
        if perpetuals:
            shown["perpetualPosition"] = perpetuals[0]
        return {**shown, "equity": text(positions.equity(subaccount))}

    def compliance(self, request: Request) -> Json:
        """Nobody is kept out."""
        address_in_path(request)
        return {"status": "COMPLIANT", "updatedAt": iso_time(self._node.time_ns)}

    def _stored(self, subaccount_id: SubaccountId) -> Subaccount | None:
        state = self._node.app.modules.subaccounts.state
        return state.subaccounts.get(self._node.app.query_context(), subaccount_id)


def _answering(endpoint: Endpoint) -> Callable[[Request], Response]:
    async def answer(request: Request) -> Response:
        try:
            return json_answer(endpoint(request))
        except IndexerFailed as failure:
            return json_answer({"errors": failure.errors}, failure.status)

    return answer  # type: ignore[return-value]


async def _nowhere(_: Request) -> Response:
    return json_answer(_failure_body("Not Found"), 404)


def _failure_body(problem: str) -> Json:
    return {"errors": [{"msg": problem}]}
