"""Price paths of a flow: geometric Brownian motion with jumps, or the moves of a CSV file. Integers only."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, Protocol

import msgspec

from vaultsim.errors import UserError
from vaultsim.lib.ints import U64_MAX
from vaultsim.node.flow_random import FRACTION_BITS, ONE, Random, growth
from vaultsim.node.json_files import open_text

_PPM: Final = 1_000_000
_CLOSE_COLUMNS: Final = ("close", "price")


class PricePath(Protocol):
    """A price that moves from block to block, in the market's own units."""

    def step(self) -> int:
        """The price of the next block."""
        ...


class Walk(msgspec.Struct, frozen=True):
    """How prices move: sigma per block in ppm; jumps per 10,000 blocks of a market, and their usual size in ppm."""

    volatility_ppm: int = 300
    jumps_per_10000: int = 3
    jump_ppm: int = 20_000


class GeometricWalk:
    """price · exp(sigma·z - sigma²/2), and now and then exp(±jump·|z|) on top; kept with 32 fraction bits."""

    def __init__(self, price: int, walk: Walk, random: Random) -> None:
        self._price = price << FRACTION_BITS
        self._walk = walk
        self._random = random
        self._drift = -(walk.volatility_ppm * walk.volatility_ppm * ONE // (2 * _PPM * _PPM))

    def step(self) -> int:
        walk, random = self._walk, self._random
        log_return = self._drift + random.normal() * walk.volatility_ppm // _PPM
        if random.happens(walk.jumps_per_10000, 10_000):
            log_return += random.normal() * walk.jump_ppm // _PPM
        moved = self._price * growth(log_return) >> FRACTION_BITS
        self._price = min(max(moved, ONE), U64_MAX << FRACTION_BITS)
        return self._price >> FRACTION_BITS

    def capture(self) -> tuple[int, int]:
        """Where the walk is."""
        return self._price, self._random.capture()

    def restore(self, kept: tuple[int, int]) -> None:
        """Goes on from a captured place."""
        self._price, state = kept
        self._random.restore(state)


class RecordedPath:
    """The moves of recorded closing prices, from the market's own price on; starts again when the record ends."""

    def __init__(self, price: int, closes: Sequence[int]) -> None:
        self._price = price
        self._closes = closes
        self._index = 0

    def step(self) -> int:
        self._index += 1
        laps, index = divmod(self._index, len(self._closes))
        first, last = self._closes[0], self._closes[-1]
        price = self._price
        for _ in range(min(laps, 64)):
            price = max(1, price * last // first)
        return min(max(1, price * self._closes[index] // first), U64_MAX)

    def capture(self) -> int:
        """Where in the record it is."""
        return self._index

    def restore(self, kept: int) -> None:
        """Goes on from a captured place."""
        self._index = kept


def read_closes(path: Path) -> list[int]:
    """The column `close` (or `price`) of a CSV file with a header line, in units of 10^-8.

    Raises UserError naming the line of a price that is none.
    """
    with open_text(path) as stream:
        return _all_closes(stream, str(path))


def closes_of(text: str, place: str) -> list[int]:
    """As `read_closes`, of the text of such a file; `place` names it in messages."""
    return _all_closes(io.StringIO(text), place)


def _all_closes(lines: Iterable[str], place: str) -> list[int]:
    try:
        return list(_closes(csv.DictReader(lines), place))
    except csv.Error as problem:
        raise UserError(f"{place}: no CSV text: {problem}") from None


def _closes(rows: csv.DictReader[str], path: str) -> Iterator[int]:
    column = next((name for name in _CLOSE_COLUMNS if name in (rows.fieldnames or ())), None)
    if column is None:
        raise UserError(f"{path}: no column named close or price in its first line; give a CSV file with a header")
    empty = True
    for row in rows:
        empty = False
        try:
            close = int(Decimal(row[column] or "").scaleb(8))
        except (InvalidOperation, ValueError, OverflowError):
            raise UserError(f"{path}, line {rows.line_num}: {row[column]!r} is no price") from None
        if close <= 0:
            raise UserError(f"{path}, line {rows.line_num}: a price is above zero, not {row[column]}")
        yield close
    if empty:
        raise UserError(f"{path}: no prices below the header line")
