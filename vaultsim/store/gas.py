"""Gas of store accesses: the Cosmos SDK's table for key-value stores.

Source: dydx-modules §1.10.
"""

from __future__ import annotations

from typing import Final

from vaultsim.errors import OutOfGas

HAS_COST: Final = 1_000
DELETE_COST: Final = 1_000
READ_FLAT_COST: Final = 1_000
READ_BYTE_COST: Final = 3
WRITE_FLAT_COST: Final = 2_000
WRITE_BYTE_COST: Final = 30
ITERATE_FLAT_COST: Final = 30


class GasMeter:
    """Counts gas up to `limit`; going above it raises OutOfGas after counting."""

    __slots__ = ("limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def consume(self, amount: int, what: str) -> None:
        """Adds `amount`; raises OutOfGas naming `what` when the limit is passed."""
        self.used += amount
        if self.used > self.limit:
            raise OutOfGas(f"out of gas in location: {what}; gasWanted: {self.limit}, gasUsed: {self.used}: out of gas")

    def read(self, key_bytes: int, value_bytes: int) -> None:
        """A get: flat cost, then per byte of key and value (0 for a missing row)."""
        self.consume(READ_FLAT_COST, "ReadFlat")
        self.consume(READ_BYTE_COST * key_bytes, "ReadPerByte")
        self.consume(READ_BYTE_COST * value_bytes, "ReadPerByte")

    def write(self, key_bytes: int, value_bytes: int) -> None:
        """A set: flat cost, then per byte of key and value."""
        self.consume(WRITE_FLAT_COST, "WriteFlat")
        self.consume(WRITE_BYTE_COST * key_bytes, "WritePerByte")
        self.consume(WRITE_BYTE_COST * value_bytes, "WritePerByte")

    def has(self) -> None:
        """A test of presence."""
        self.consume(HAS_COST, "Has")

    def delete(self) -> None:
        """A delete."""
        self.consume(DELETE_COST, "Delete")

    def step(self, key_bytes: int, value_bytes: int) -> None:
        """A step of an iterator past a row; 0 and 0 where there is none."""
        self.consume(READ_BYTE_COST * key_bytes, "ValuePerByte")
        self.consume(READ_BYTE_COST * value_bytes, "ValuePerByte")
        self.consume(ITERATE_FLAT_COST, "IterNextCostFlat")
