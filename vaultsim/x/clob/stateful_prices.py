"""Best prices of the stateful orders in state, kept up from one look to the next.

Short-term orders are known to the books of each node alone, so nothing in state may depend on the book; what stateful
orders stand in state is the same for everybody. Committed orders are remembered with their prices; a look takes up the
rows of the last commit, and lays the rows of its own branches over them. It costs what changed, not what stands.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.clob import LongTermOrderPlacement, OrderId
from vaultsim.store.branch import Root, Rows
from vaultsim.store.cell import DELETED, Cell
from vaultsim.store.collections import Map
from vaultsim.x.clob.types import SIDE_BUY, BestPrices

Entry = tuple[int, int, int]
"""Pair, sign (1 for a bid, -1 for an ask), and subticks times sign: of two ranks the higher is the better price."""
_NOTHING: dict[int, int] = {}


class _Ranks:
    """The prices of one side of a pair with the number of orders at each."""

    __slots__ = ("_counts", "_order")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._order: list[int] = []

    def add(self, rank: int) -> None:
        count = self._counts.get(rank, 0)
        if not count:
            insort(self._order, rank)
        self._counts[rank] = count + 1

    def remove(self, rank: int) -> None:
        if self._counts[rank] > 1:
            self._counts[rank] -= 1
            return
        del self._counts[rank]
        del self._order[bisect_left(self._order, rank)]

    def best(self, changes: dict[int, int]) -> int | None:
        """The highest rank after changes of the counts."""
        standing = (rank for rank in reversed(self._order) if self._counts[rank] + changes.get(rank, 0) > 0)
        old = next(standing, None)
        new = max((rank for rank, change in changes.items() if change > 0), default=None)
        if old is None or new is None:
            return new if old is None else old
        return max(old, new)


class StatefulPrices:
    """Best prices by pair among the orders of `rows`, those of the owner `besides` left out."""

    def __init__(self, rows: Sequence[Map[OrderId, LongTermOrderPlacement]], besides: str) -> None:
        self._rows = rows
        self._besides = besides
        self._number: int | None = None
        self._entries: dict[bytes, Entry] = {}
        self._ranks: dict[tuple[int, int], _Ranks] = {}
        self._best: dict[tuple[int, int], int | None] = {}

    def best(self, ctx: Context) -> dict[int, BestPrices]:
        """Best bid and ask of each pair that has one."""
        root = ctx.branch.root()
        if root.number != self._number:
            self._follow(root)
        best = self._best
        changes = self._changes(ctx)
        if changes:
            nobody = _Ranks()
            best = {**best, **{side: self._ranks.get(side, nobody).best(moved) for side, moved in changes.items()}}
        prices: dict[int, BestPrices] = {}
        for (pair_id, sign), rank in best.items():
            if rank is not None:
                bid, ask = prices.get(pair_id, (None, None))
                prices[pair_id] = BestPrices(rank, ask) if sign > 0 else BestPrices(bid, -rank)
        return prices

    def _follow(self, root: Root) -> None:
        """Takes up what the last commit wrote, or everything when more happened since the last look."""
        if self._number is None or root.number_before != self._number:
            self._entries.clear()
            self._ranks.clear()
            self._best.clear()
            layer = root.writes
        else:
            layer = root.last_writes
        touched: dict[tuple[int, int], None] = {}
        for rows in self._rows:
            for key, entry in self._read(rows, layer.get(rows.slot, {})):
                old = self._entries.pop(key, None)
                if old is not None:
                    self._ranks[old[:2]].remove(old[2])
                    touched[old[:2]] = None
                if entry is not None:
                    self._entries[key] = entry
                    self._ranks.setdefault(entry[:2], _Ranks()).add(entry[2])
                    touched[entry[:2]] = None
        for side in touched:
            self._best[side] = self._ranks[side].best(_NOTHING)
        self._number = root.number

    def _changes(self, ctx: Context) -> dict[tuple[int, int], dict[int, int]]:
        """By side, how many orders more or fewer stand at a rank on the context's branches than are committed."""
        changes: dict[tuple[int, int], dict[int, int]] = {}
        layers = ctx.branch.recent_writes()[:-1]
        for rows in self._rows:
            overlay: Rows = {}
            for layer in reversed(layers):
                overlay.update(layer.get(rows.slot, {}))
            for key, entry in self._read(rows, overlay):
                old = self._entries.get(key)
                if old == entry:
                    continue
                for one, step in ((old, -1), (entry, 1)):
                    if one is not None:
                        ranks = changes.setdefault(one[:2], {})
                        ranks[one[2]] = ranks.get(one[2], 0) + step
        return changes

    def _read(
        self, rows: Map[OrderId, LongTermOrderPlacement], cells: dict[bytes, Cell]
    ) -> Iterator[tuple[bytes, Entry | None]]:
        """Keys with what stands there: None for a deleted row and for orders that are left out."""
        for key, cell in cells.items():
            if cell is DELETED:
                yield key, None
                continue
            order = rows.value_of(cell).order
            if order.order_id.subaccount_id.owner == self._besides:
                continue
            sign = 1 if order.side == SIDE_BUY else -1
            yield key, (order.order_id.clob_pair_id, sign, order.subticks * sign)
