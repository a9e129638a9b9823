"""Where the oracle prices of coming blocks come from, block after block."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from vaultsim.context import Context
from vaultsim.errors import UserError
from vaultsim.lib.ints import U32_MAX, U64_MAX
from vaultsim.node.flow_paths import GeometricWalk, RecordedPath, Walk, closes_of
from vaultsim.node.flow_random import Random
from vaultsim.node.json_files import read_json
from vaultsim.x.prices.formulas import is_large_enough_change, min_price_change
from vaultsim.x.prices.keeper import PricesKeeper

log: Final = logging.getLogger("vaultsim.prices")


class PriceSource(Protocol):
    """A script of prices. What it returns and the chain would not take (unknown markets, too small moves) is left out
    of the block; the price daemon knows it all the same."""

    def prices(self, height: int, time_ns: int, known: Mapping[int, int]) -> Mapping[int, int]:
        """Oracle prices to set in the block `height`, by market; `known` are the present ones."""
        ...

    def capture(self) -> object:
        """Where the script is, for a snapshot; None for one that remembers nothing."""
        ...

    def restore(self, kept: Any) -> None:
        """Goes back to where the script was, any number of times."""
        ...


class StaticPrices:
    """The same prices in every block."""

    def __init__(self, prices: Mapping[int, int]) -> None:
        self._prices = dict(prices)

    def prices(self, height: int, time_ns: int, known: Mapping[int, int]) -> Mapping[int, int]:
        """The prices."""
        return self._prices

    def capture(self) -> None:
        """Nothing changes here."""

    def restore(self, kept: None) -> None:
        """Nothing to go back to."""


class WalkingPrices:
    """A geometric walk of each market from the price that it has when it is first seen.

    seed: the same one gives the same moves; market_ids: who walks, all markets without any.
    """

    def __init__(self, seed: int, walk: Walk, market_ids: Sequence[int] = ()) -> None:
        self._seed = seed
        self._walk = walk
        self._market_ids = frozenset(market_ids)
        self._paths: dict[int, GeometricWalk] = {}

    def prices(self, height: int, time_ns: int, known: Mapping[int, int]) -> Mapping[int, int]:
        """One step of every market."""
        for market_id in sorted(known):
            if market_id not in self._paths and known[market_id] and self._walks(market_id):
                # A stream of its own for each market: one that is listed later does not move the others.
                random = Random(market_id << 64 | self._seed)
                self._paths[market_id] = GeometricWalk(known[market_id], self._walk, random)
        return {market_id: path.step() for market_id, path in self._paths.items()}

    def capture(self) -> dict[int, tuple[GeometricWalk, tuple[int, int]]]:
        """Where every walk is."""
        return {market_id: (path, path.capture()) for market_id, path in self._paths.items()}

    def restore(self, kept: dict[int, tuple[GeometricWalk, tuple[int, int]]]) -> None:
        """Goes on from captured places."""
        self._paths = {market_id: path for market_id, (path, _) in kept.items()}
        for path, place in kept.values():
            path.restore(place)

    def _walks(self, market_id: int) -> bool:
        return not self._market_ids or market_id in self._market_ids


class RecordedPrices:
    """A market follows the moves of recorded closing prices, one a block, from its own price on.

    text: CSV with a header line that names a column close or price; place: what it is called in messages. Raises
    UserError.
    """

    def __init__(self, market_id: int, text: str, place: str = "csv") -> None:
        self._market_id = market_id
        self._closes = closes_of(text, place)
        self._path: RecordedPath | None = None

    def prices(self, height: int, time_ns: int, known: Mapping[int, int]) -> Mapping[int, int]:
        """The next price of the record."""
        if self._path is None and known.get(self._market_id):
            self._path = RecordedPath(known[self._market_id], self._closes)
        return {} if self._path is None else {self._market_id: self._path.step()}

    def capture(self) -> tuple[RecordedPath, int] | None:
        """Where in the record it is."""
        return None if self._path is None else (self._path, self._path.capture())

    def restore(self, kept: tuple[RecordedPath, int] | None) -> None:
        """Goes on from a captured place."""
        self._path = None if kept is None else kept[0]
        if kept is not None:
            kept[0].restore(kept[1])


class FollowedFile:
    """The prices of a JSON file, market id to price, which is read again when it changed.

    A file that cannot be read is told in the log and in `problem`; the last good prices stay. What a file says is no
    part of a snapshot. Raises UserError when the file cannot be read at the start.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self.problem = ""
        self._prices = self._read()

    def prices(self, height: int, time_ns: int, known: Mapping[int, int]) -> Mapping[int, int]:
        """What the file says now."""
        if self._stamp() != self._seen:
            try:
                self._prices = self._read()
                self.problem = ""
            except UserError as problem:
                self.problem = str(problem)
                log.warning("%s; the prices before it stay", problem)
        return self._prices

    def capture(self) -> None:
        """Nothing: the file is no part of the chain."""

    def restore(self, kept: None) -> None:
        """Nothing to go back to."""

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> dict[int, int]:
        self._seen = self._stamp()
        return _prices_of(read_json(self._path), str(self._path))


def is_new_price(ctx: Context, keeper: PricesKeeper, market_id: int, price: int) -> bool:
    """Whether a price differs from the market's present one and the chain would take it."""
    present = keeper.find_market_price(ctx, market_id)
    return present is not None and price != present.price and price_refusal(ctx, keeper, market_id, price) is None


def price_refusal(ctx: Context, keeper: PricesKeeper, market_id: int, price: int) -> str | None:
    """Why the chain would not take a price, in one sentence; None when it would, or when it is the present one."""
    param, present = keeper.find_market_param(ctx, market_id), keeper.find_market_price(ctx, market_id)
    if param is None or present is None:
        return f"there is no oracle market {market_id}"
    if not 0 < price <= U64_MAX:
        return f"market {market_id}: {price} is no price; give a whole number from 1 to {U64_MAX}"
    least = min_price_change(present.price, param.min_price_change_ppm)
    if price != present.price and not is_large_enough_change(present.price, price, param.min_price_change_ppm):
        return f"market {market_id}: from {present.price} to {price} is less than the chain's least move, {least}"
    return None


def _prices_of(value: Any, place: str) -> dict[int, int]:
    if not isinstance(value, dict):
        raise UserError(f"{place}: expected an object of market id to price")
    return {_whole(market, place, U32_MAX): _whole(price, place, U64_MAX) for market, price in value.items()}


def _whole(value: Any, place: str, most: int) -> int:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(most)) or int(text) > most:
        raise UserError(f"{place}: {value!r} is no whole number up to {most}")
    return int(text)
