"""The liquidation daemon: who may be liquidated, who is under water, who holds what, after each commit.

The lists are no consensus data; computed on the state just committed they give the chain's own operations.
Only subaccounts with positions are kept, and only those are looked at again whose row changed or one of whose
perpetuals has another price, funding index or margin fraction. Source: dydx-modules §20.14.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from vaultsim.context import Context
from vaultsim.lib.maths import ONE_MILLION
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount, SubaccountId
from vaultsim.store.collections import Map
from vaultsim.store.multistore import ChangeSet
from vaultsim.x.clob.daemon_lists import NO_HOLDERS, DaemonLists, Holders
from vaultsim.x.perpetuals.keeper import PerpetualsKeeper

_MARKET_STORES: Final = ("prices", "perpetuals")


class _Figures(NamedTuple):
    """What a position's risk depends on, besides itself."""

    multiplier: int
    divisor: int
    funding_index: int
    initial_margin_ppm: int
    maintenance_fraction_ppm: int


class DaemonContent(NamedTuple):
    """A captured daemon."""

    held: dict[bytes, Subaccount]
    keys_by_perpetual: dict[int, dict[bytes, None]]
    figures: dict[int, _Figures]
    liquidatable: dict[bytes, None]
    negative: dict[bytes, None]


class LiquidationDaemon:
    """Keeps the lists up to date from one committed block to the next.

    exempt_ids: subaccounts that are held by nobody's margin rules: on the lists of holders only.
    """

    def __init__(
        self,
        subaccounts: Map[SubaccountId, Subaccount],
        perpetuals: PerpetualsKeeper,
        exempt_ids: frozenset[SubaccountId] = frozenset(),
    ) -> None:
        self._rows = subaccounts
        self._perpetuals = perpetuals
        self._exempt_keys = frozenset(subaccounts.key(one) for one in exempt_ids)
        self._forget()

    def _forget(self) -> None:
        self._held: dict[bytes, Subaccount] = {}
        self._keys_by_perpetual: dict[int, dict[bytes, None]] = {}
        self._figures: dict[int, _Figures] = {}
        self._liquidatable: dict[bytes, None] = {}
        self._negative: dict[bytes, None] = {}

    def rebuild(self, ctx: Context) -> None:
        """Starts from the whole committed state."""
        self._forget()
        for subaccount_id in self._rows.keys(ctx):
            self._take(self._rows.key(subaccount_id), self._rows.get(ctx, subaccount_id))
        self._judge(ctx, dict.fromkeys(self._held))

    def update(self, ctx: Context, changes: ChangeSet) -> None:
        """Follows one block's changes; `ctx` reads the committed state."""
        stale: dict[bytes, None] = {}
        start = len(self._rows.prefix)
        for change in changes.get(self._rows.store, ()):
            if self._rows.owns(change.key):
                self._take(change.key, self._rows.get(ctx, SubaccountId.decode(change.key[start:])))
                stale[change.key] = None
        if any(store in changes for store in _MARKET_STORES):
            for perpetual_id, figures in list(self._figures.items()):
                fresh = self._figures_of(ctx, perpetual_id)
                if fresh != figures:
                    self._figures[perpetual_id] = fresh
                    stale.update(self._keys_by_perpetual.get(perpetual_id, {}))
        self._judge(ctx, stale)

    def capture(self) -> DaemonContent:
        """What is known of the committed state."""
        return _copied(
            DaemonContent(self._held, self._keys_by_perpetual, self._figures, self._liquidatable, self._negative)
        )

    def restore(self, kept: DaemonContent) -> None:
        """Goes back to what was known, any number of times."""
        self._held, self._keys_by_perpetual, self._figures, self._liquidatable, self._negative = _copied(kept)

    def lists(self) -> DaemonLists:
        """The lists as of the last update; the holders are read before the next one."""
        return DaemonLists(self._ids(self._liquidatable), self._ids(self._negative), _LazyHolders(self))

    def holders_of(self, perpetual_id: int) -> Holders:
        """Holders of the perpetual, in key order."""
        longs: list[SubaccountId] = []
        shorts: list[SubaccountId] = []
        for key in sorted(self._keys_by_perpetual.get(perpetual_id, ())):
            subaccount = self._held[key]
            for position in subaccount.perpetual_positions:
                if position.perpetual_id == perpetual_id:
                    (longs if position.quantums > 0 else shorts).append(_id_of(subaccount))
        return Holders(tuple(longs), tuple(shorts))

    def perpetual_ids(self) -> list[int]:
        """Perpetuals that somebody holds."""
        return sorted(perpetual_id for perpetual_id, keys in self._keys_by_perpetual.items() if keys)

    def _ids(self, keys: dict[bytes, None]) -> tuple[SubaccountId, ...]:
        return tuple(_id_of(self._held[key]) for key in sorted(keys))

    def _take(self, key: bytes, subaccount: Subaccount | None) -> None:
        """Replaces what is known of one subaccount."""
        before = self._held.pop(key, None)
        if before is not None:
            for position in before.perpetual_positions:
                del self._keys_by_perpetual[position.perpetual_id][key]
        if subaccount is not None and subaccount.perpetual_positions:
            self._held[key] = subaccount
            for position in subaccount.perpetual_positions:
                self._keys_by_perpetual.setdefault(position.perpetual_id, {})[key] = None

    def _judge(self, ctx: Context, keys: dict[bytes, None]) -> None:
        for key in keys:
            subaccount = None if key in self._exempt_keys else self._held.get(key)
            is_liquidatable, is_negative = (False, False) if subaccount is None else self._risk(ctx, subaccount)
            _note(self._liquidatable, key, is_liquidatable)
            _note(self._negative, key, is_negative)

    def _risk(self, ctx: Context, subaccount: Subaccount) -> tuple[bool, bool]:
        """(liquidatable, negative) of the settled subaccount; the formulas of dydx-modules §§9.3, 10.4 in one loop."""
        assets = subaccount.asset_positions
        collateral = assets[0].quantums if assets else 0
        settlement = requirement = 0
        for position in subaccount.perpetual_positions:
            figures = self._figures.get(position.perpetual_id)
            if figures is None:
                figures = self._figures[position.perpetual_id] = self._figures_of(ctx, position.perpetual_id)
            quantums = position.quantums
            settlement += (position.funding_index - figures.funding_index) * quantums
            notional = abs(quantums) * figures.multiplier // figures.divisor
            collateral += (notional if quantums > 0 else -notional) + position.quote_balance
            initial = -(-notional * figures.initial_margin_ppm // ONE_MILLION)
            requirement -= -initial * figures.maintenance_fraction_ppm // ONE_MILLION
        collateral += settlement // ONE_MILLION
        return 0 < requirement > collateral, collateral < 0

    def _figures_of(self, ctx: Context, perpetual_id: int) -> _Figures:
        info = self._perpetuals.info(ctx, perpetual_id)
        tier = info.liquidity_tier
        return _Figures(
            *info.notional_ratio,
            info.perpetual.funding_index,
            tier.initial_margin_ppm,
            tier.maintenance_fraction_ppm,
        )


class _LazyHolders(Mapping[int, Holders]):
    """Holders by perpetual, looked up when asked for: few blocks deleverage."""

    def __init__(self, daemon: LiquidationDaemon) -> None:
        self._daemon = daemon

    def __getitem__(self, perpetual_id: int) -> Holders:
        holders = self._daemon.holders_of(perpetual_id)
        if holders == NO_HOLDERS:
            raise KeyError(perpetual_id)
        return holders

    def __iter__(self) -> Iterator[int]:
        return iter(self._daemon.perpetual_ids())

    def __len__(self) -> int:
        return len(self._daemon.perpetual_ids())


def _note(flagged: dict[bytes, None], key: bytes, flag: bool) -> None:
    if flag:
        flagged[key] = None
    else:
        flagged.pop(key, None)


def _id_of(subaccount: Subaccount) -> SubaccountId:
    assert subaccount.id is not None
    return subaccount.id


def _copied(content: DaemonContent) -> DaemonContent:
    return DaemonContent(
        dict(content.held),
        {perpetual_id: dict(keys) for perpetual_id, keys in content.keys_by_perpetual.items()},
        dict(content.figures),
        dict(content.liquidatable),
        dict(content.negative),
    )
