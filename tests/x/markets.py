"""Prices, perpetuals and their neighbours for keeper tests: real stores, small fakes behind the ports."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.epochs import EpochInfo
from vaultsim.pb.dydxprotocol.perpetuals import LiquidityTier, Params, PerpetualParams
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.pb.runtime import replace
from vaultsim.store.multistore import MultiStore
from vaultsim.store.schema import Schema
from vaultsim.x.assets.keeper import AssetsKeeper
from vaultsim.x.assets.state import AssetsState
from vaultsim.x.assets.types import USDC
from vaultsim.x.marketmap.types import MarketMapEntry
from vaultsim.x.perpetuals.keeper import PerpetualsKeeper
from vaultsim.x.perpetuals.state import PerpetualsState
from vaultsim.x.prices.errors import PricesError
from vaultsim.x.prices.keeper import PricesKeeper
from vaultsim.x.prices.state import PricesState

CROSS, ISOLATED = 1, 2
BTC, ETH, DOGE, PEPE = 0, 1, 2, 3
ACTIVE, INITIALIZING = 1, 5


class FakeMarketMap:
    def __init__(self, decimals: dict[str, int]) -> None:
        self.decimals = decimals
        self.enabled: list[str] = []
        self.disabled: list[str] = []

    def find(self, pair_text: str) -> MarketMapEntry | None:
        decimals = self.decimals.get(pair_text)
        return None if decimals is None else MarketMapEntry(decimals, 1, "")

    def read(self, ctx: Context, pair_text: str) -> MarketMapEntry | None:
        return self.find(pair_text)

    def enable(self, ctx: Context, pair_text: str) -> None:
        self.enabled.append(pair_text)

    def disable(self, ctx: Context, pair_text: str) -> None:
        self.disabled.append(pair_text)


class FakeRevshare:
    def __init__(self) -> None:
        self.created: list[int] = []

    def create_mapper_details(self, ctx: Context, market_id: int) -> None:
        self.created.append(market_id)


class FakeEpochs:
    def __init__(self) -> None:
        self.durations = {"funding-sample": 60, "funding-tick": 3600}
        self.started: set[str] = set()

    def get(self, ctx: Context, name: str) -> EpochInfo:
        return EpochInfo(name=name, duration=self.durations[name])

    def started_this_block(self, ctx: Context, name: str) -> bool:
        return name in self.started


class NoClobPair(PricesError):
    """Stands for [clob 19]."""


class FakeClob:
    def __init__(self) -> None:
        self.statuses = {BTC: ACTIVE, ETH: ACTIVE, DOGE: INITIALIZING}

    def find_clob_pair_id_for_perpetual(self, ctx: Context, perpetual_id: int) -> int:
        if perpetual_id not in self.statuses:
            raise NoClobPair()
        return perpetual_id

    def clob_pair_status(self, ctx: Context, clob_pair_id: int) -> int:
        return self.statuses[clob_pair_id]


class Markets:
    """BTC and ETH (cross), DOGE and PEPE (isolated), each with market and perpetual of the same id."""

    def __init__(self, *more: Schema) -> None:
        self.market_map = FakeMarketMap({"BTC/USD": 5, "ETH/USD": 6, "DOGE/USD": 5, "PEPE/USD": 5, "SOL/USD": 8})
        self.revshare, self.epochs, self.clob = FakeRevshare(), FakeEpochs(), FakeClob()
        self.prices = PricesKeeper(PricesState(), self.market_map, self.revshare)
        self.assets = AssetsKeeper(AssetsState(), self.prices)
        self.perpetuals = PerpetualsKeeper(PerpetualsState(), self.prices, self.epochs)
        self.perpetuals.clob = self.clob
        schemas = [self.prices.state.schema, self.assets.state.schema, self.perpetuals.state.schema, *more]
        self.store = MultiStore(schemas)
        self.ctx = self.at_height(1)
        self._fill()

    def at_height(self, height: int) -> Context:
        branch = self.ctx.branch if hasattr(self, "ctx") else self.store.branch()
        return Context(branch, height=height, time_ns=height * 10**9)

    def set_price(self, market_id: int, price: int) -> None:
        old = self.prices.market_price(self.ctx, market_id)
        self.prices.state.prices.set(self.ctx, market_id, MarketPrice(id=old.id, exponent=old.exponent, price=price))

    def move_funding_index(self, perpetual_id: int, delta: int) -> None:
        perpetual = self.perpetuals.get(self.ctx, perpetual_id)
        moved = replace(perpetual, funding_index=perpetual.funding_index + delta)
        self.perpetuals.state.perpetuals.set(self.ctx, perpetual_id, moved)

    def _fill(self) -> None:
        ctx = self.ctx
        self.assets.create(ctx, USDC)
        for market_id, pair, exponent, price in (
            (BTC, "BTC-USD", -5, 5_000_000_000),
            (ETH, "ETH-USD", -6, 3_000_000_000),
            (DOGE, "DOGE-USD", -5, 10_000),
            (PEPE, "PEPE-USD", -5, 10_000),
        ):
            param = MarketParam(id=market_id, pair=pair, min_price_change_ppm=1_000)
            self.prices.create_market(ctx, param, MarketPrice(id=market_id, exponent=exponent, price=price))
        self.perpetuals.set_params(
            ctx,
            Params(
                funding_rate_clamp_factor_ppm=6_000_000,
                premium_vote_clamp_factor_ppm=60_000_000,
                min_num_votes_per_sample=15,
            ),
        )
        self.perpetuals.set_liquidity_tier(ctx, LARGE_CAP)
        for perpetual_id, ticker, resolution, kind in (
            (BTC, "BTC-USD", -10, CROSS),
            (ETH, "ETH-USD", -9, CROSS),
            (DOGE, "DOGE-USD", -6, ISOLATED),
            (PEPE, "PEPE-USD", -6, ISOLATED),
        ):
            self.perpetuals.create(ctx, perpetual_params(perpetual_id, ticker, resolution, kind))


LARGE_CAP = LiquidityTier(
    id=0,
    name="Large-Cap",
    initial_margin_ppm=20_000,
    maintenance_fraction_ppm=600_000,
    impact_notional=10_000_000_000,
)


def perpetual_params(perpetual_id: int, ticker: str, atomic_resolution: int, market_type: int) -> PerpetualParams:
    return PerpetualParams(
        id=perpetual_id,
        ticker=ticker,
        market_id=perpetual_id,
        atomic_resolution=atomic_resolution,
        liquidity_tier=0,
        market_type=market_type,
    )
