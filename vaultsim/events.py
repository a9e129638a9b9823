"""Events: what a transaction or a block hook tells the outside.

A module declares one frozen class per event: the class names the type, its fields the attributes, in order.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True):
    """An event with one attribute per field, in field order, written as text (booleans as true and false)."""

    TYPE: ClassVar[str] = ""

    def attributes(self) -> tuple[tuple[str, str], ...]:
        """Key and value of each attribute."""
        return tuple((name, _text(getattr(self, name))) for name in self.__struct_fields__)

    @property
    def type(self) -> str:
        """The event's type."""
        return self.TYPE


class PlainEvent(msgspec.Struct, frozen=True):
    """An event whose attributes are not fixed, such as `message` and `tx`."""

    type: str
    pairs: tuple[tuple[str, str], ...]

    def attributes(self) -> tuple[tuple[str, str], ...]:
        """Key and value of each attribute."""
        return self.pairs


AnyEvent = Event | PlainEvent


def _text(value: object) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)
