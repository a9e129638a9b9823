"""A cell: one stored value, as bytes and, once asked, decoded.

Cells are never changed after they are made (the two forms are filled in lazily), so branches share them freely.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec


class _Unset:
    __slots__ = ()


UNSET: Final = _Unset()


class Cell(msgspec.Struct, eq=False, gc=False):
    """Bytes and decoded value of one row; at least one is there from the start.

    Cells point at frozen values only, never at each other, so the garbage collector need not look at them.
    """

    value: Any
    _encode: Callable[[Any], bytes] | None
    _raw: bytes | None = None

    @property
    def raw(self) -> bytes:
        """The row's bytes, encoded when first asked for."""
        raw = self._raw
        if raw is None:
            assert self._encode is not None
            raw = self._raw = self._encode(self.value)
        return raw

    @classmethod
    def of_bytes(cls, raw: bytes) -> Cell:
        """A cell read from outside; decoded by its collection when first asked for."""
        return cls(UNSET, None, raw)


DELETED: Final = Cell(None, None, b"")
"""Marks a row as deleted in a branch."""
