"""The daemon's lists, followed change by change, are those of a look at every subaccount (dydx-modules §20.14)."""

from __future__ import annotations

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from vaultsim.context import Context
from vaultsim.node.liquidation_daemon import LiquidationDaemon
from vaultsim.pb.dydxprotocol.perpetuals import LiquidityTier, Perpetual, PerpetualParams
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.pb.dydxprotocol.subaccounts import AssetPosition, PerpetualPosition, Subaccount, SubaccountId
from vaultsim.store import codecs
from vaultsim.store.multistore import MultiStore
from vaultsim.store.schema import Schema
from vaultsim.x.clob.daemon_lists import DaemonLists
from vaultsim.x.perpetuals.formulas import position_risk, settle_funding
from vaultsim.x.perpetuals.keeper import PerpetualsKeeper
from vaultsim.x.perpetuals.types import PerpInfo

ONE_MILLION = 1_000_000


class World:
    """Subaccounts in one store, prices and funding in another; perpetuals as the daemon asks for them."""

    def __init__(self) -> None:
        subaccounts, prices = Schema("subaccounts"), Schema("prices")
        self.rows = subaccounts.map(b"SA:", codecs.message(SubaccountId), codecs.message(Subaccount))
        self.markets = prices.map(b"M", codecs.U32_BE, codecs.DECIMAL)
        self.store = MultiStore([subaccounts, prices])
        self.funding = {0: 0, 1: 0}
        self.branch = self.context()
        for perpetual_id in self.funding:
            self.markets.set(self.branch, perpetual_id, 100)

    def context(self) -> Context:
        return Context(self.store.branch(), height=1, time_ns=0)

    def info(self, ctx: Context, perpetual_id: int) -> PerpInfo:
        params = PerpetualParams(id=perpetual_id, market_id=perpetual_id, atomic_resolution=-6)
        return PerpInfo(
            Perpetual(params=params, funding_index=self.funding[perpetual_id]),
            MarketPrice(id=perpetual_id, exponent=-1, price=self.markets.get(ctx, perpetual_id) or 0),
            LiquidityTier(initial_margin_ppm=200_000, maintenance_fraction_ppm=500_000),
        )

    def put(self, number: int, usdc: int, first: int, second: int) -> None:
        subaccount_id = SubaccountId(owner="o", number=number)
        positions = tuple(
            PerpetualPosition(perpetual_id=one, quantums=size, funding_index=self.funding[one], quote_balance=0)
            for one, size in ((0, first), (1, second))
            if size
        )
        assets = (AssetPosition(asset_id=0, quantums=usdc),) if usdc else ()
        if positions or assets:
            value = Subaccount(id=subaccount_id, asset_positions=assets, perpetual_positions=positions)
            self.rows.set(self.branch, subaccount_id, value)
        else:
            self.rows.delete(self.branch, subaccount_id)

    def slow_lists(self) -> DaemonLists:
        """Every subaccount looked at, with the modules' own formulas."""
        ctx, liquidatable, negative = self.context(), [], []
        for subaccount in self.rows.values(ctx):
            if not subaccount.perpetual_positions:
                continue
            assert subaccount.id is not None
            nc = mmr = settlement = 0
            for position in subaccount.perpetual_positions:
                info = self.info(ctx, position.perpetual_id)
                risk = position_risk(info, position.quantums)
                nc, mmr = nc + risk.nc, mmr + risk.mmr
                settlement += settle_funding(info.perpetual.funding_index, position.funding_index, position.quantums)
            nc += sum(asset.quantums for asset in subaccount.asset_positions) + settlement // ONE_MILLION
            if mmr > 0 and mmr > nc:
                liquidatable.append(subaccount.id)
            if nc < 0:
                negative.append(subaccount.id)
        return DaemonLists(tuple(liquidatable), tuple(negative))


steps = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 5), st.integers(-300, 300), st.integers(-30, 30), st.integers(-30, 30)),
        st.tuples(st.integers(0, 1), st.integers(0, 200)),
        st.tuples(st.integers(-5_000_000, 5_000_000)),
        st.just("commit"),
    ),
    max_size=40,
)


@given(steps)
def test_following_changes_gives_the_lists_of_a_full_look(arriving: list[tuple[int, ...] | str]) -> None:
    world = World()
    daemon = LiquidationDaemon(world.rows, cast(PerpetualsKeeper, world))
    for step in [*arriving, "commit"]:
        if isinstance(step, str):
            changes = world.store.commit(world.branch.branch)
            world.branch = world.context()
            daemon.update(world.context(), changes)
            fresh = LiquidationDaemon(world.rows, cast(PerpetualsKeeper, world))
            fresh.rebuild(world.context())
            slow = world.slow_lists()
            for lists in (daemon.lists(), fresh.lists()):
                assert (lists.liquidatable, lists.negative) == (slow.liquidatable, slow.negative)
                assert dict(lists.holders) == dict(fresh.lists().holders)
        elif len(step) == 4:
            world.put(*step)
        elif len(step) == 2:
            world.markets.set(world.branch, *step)
        else:
            world.funding[0] += step[0]
            world.markets.set(world.branch, 7, world.funding[0])


def test_holders_are_in_key_order_and_by_side() -> None:
    world = World()
    for number, size in ((3, 5), (1, -5), (2, 7), (0, 9)):
        world.put(number, 1_000, size, 0)
    daemon = LiquidationDaemon(world.rows, cast(PerpetualsKeeper, world))
    daemon.update(world.context(), world.store.commit(world.branch.branch))
    longs, shorts = daemon.lists().holders_of(0)
    assert ([one.number for one in longs], [one.number for one in shorts]) == ([0, 2, 3], [1])
    assert daemon.lists().holders_of(1) == ((), ())
