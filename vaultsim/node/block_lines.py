"""The lines of a block file: what happens before, in and at the end of each block.

Source: DESIGN of the block file; the fields are those of docs/FORMATS.md.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from vaultsim.errors import UserError
from vaultsim.lib.ints import U32_MAX, U64_MAX
from vaultsim.node.json_files import numbered_lines, parse_json
from vaultsim.node.times import parse_step, parse_time

TxSource = bytes | dict[str, Any]
"""A transaction as given: raw bytes, or a JSON object (SDK tx JSON or short form)."""

_FIELDS: Final = frozenset({"height", "time", "submit", "prices", "include", "txs", "gov", "repeat", "index"})
_PROPOSER_FIELDS: Final = ("submit", "prices", "include", "index")
MOST_REPEATS: Final = 100_000_000


class BlockLine(msgspec.Struct, frozen=True):
    """One line of a block file.

    place: file and line, for messages; time_ns or step_ns: absolute time or distance from the block before (both
    None: one second); txs: a recorded block (None: the proposer builds it); prices and index: market id to price;
    gov: the messages of each proposal that passes.
    """

    place: str
    height: int | None
    time_ns: int | None
    step_ns: int | None
    repeat: int
    submit: tuple[TxSource, ...]
    include: tuple[TxSource, ...]
    txs: tuple[TxSource, ...] | None
    prices: dict[int, int]
    index: dict[int, int]
    gov: tuple[tuple[dict[str, Any], ...], ...]


def read_block_lines(path: Path) -> Iterator[BlockLine]:
    """The lines of a block file in order. Raises UserError naming file, line and field."""
    for number, text in numbered_lines(path):
        place = f"{path}, line {number}"
        yield parse_block_line(parse_json(text, str(path), number), place)


def parse_block_line(obj: Any, place: str) -> BlockLine:
    """One line's value. Raises UserError naming the field and what was expected."""
    if not isinstance(obj, dict):
        raise UserError(f"{place}: a block is a JSON object with fields such as time and submit, not {_kind(obj)}")
    unknown = sorted(obj.keys() - _FIELDS)
    if unknown:
        raise UserError(f"{place}, field {unknown[0]!r}: unknown; the fields are {', '.join(sorted(_FIELDS))}")
    if "txs" in obj:
        mixed = [name for name in _PROPOSER_FIELDS if name in obj]
        if mixed:
            raise UserError(
                f"{place}, field {mixed[0]!r}: a block with txs is executed as given; leave one of them out"
            )
    time_ns, step_ns = _time(obj, place)
    return BlockLine(
        place=place,
        height=_whole(obj, "height", place, 1, 2**63 - 1) if "height" in obj else None,
        time_ns=time_ns,
        step_ns=step_ns,
        repeat=_repeat(obj, time_ns, place),
        submit=_txs(obj, "submit", place),
        include=_txs(obj, "include", place),
        txs=_txs(obj, "txs", place) if "txs" in obj else None,
        prices=_prices(obj, "prices", place),
        index=_prices(obj, "index", place),
        gov=_proposals(obj, place),
    )


def _repeat(obj: dict[str, Any], time_ns: int | None, place: str) -> int:
    repeat = _whole(obj, "repeat", place, 1, MOST_REPEATS) if "repeat" in obj else 1
    if repeat > 1 and time_ns is not None:
        raise UserError(f"{place}, field 'time': a repeated line needs a relative time such as \"+1s\"")
    if repeat > 1 and "height" in obj:
        raise UserError(f"{place}, field 'height': a repeated line has no single height; leave it out")
    return repeat


def _time(obj: dict[str, Any], place: str) -> tuple[int | None, int | None]:
    text = obj.get("time")
    if text is None:
        return None, None
    if not isinstance(text, str):
        raise UserError(
            f'{place}, field \'time\': expected text such as "2024-11-21T00:00:01Z" or "+1s", not {_kind(text)}'
        )
    step_ns = parse_step(text)
    if step_ns is not None:
        return None, step_ns
    try:
        return parse_time(text), None
    except ValueError as problem:
        raise UserError(f"{place}, field 'time': {problem}") from None


def _txs(obj: dict[str, Any], name: str, place: str) -> tuple[TxSource, ...]:
    listed = _list(obj, name, place)
    return tuple(_tx(one, f"{place}, field '{name}[{index}]'") for index, one in enumerate(listed))


def _tx(one: Any, place: str) -> TxSource:
    if isinstance(one, str):
        try:
            return base64.b64decode(one, validate=True)
        except (binascii.Error, ValueError):
            raise UserError(f"{place}: not base64; give raw transaction bytes in base64 or an object") from None
    if isinstance(one, dict):
        return one
    raise UserError(f"{place}: a transaction is base64 text or an object, not {_kind(one)}")


def _prices(obj: dict[str, Any], name: str, place: str) -> dict[int, int]:
    listed = obj.get(name, {})
    if not isinstance(listed, dict):
        raise UserError(f"{place}, field '{name}': expected an object of market id to price, not {_kind(listed)}")
    found: dict[int, int] = {}
    for market, price in listed.items():
        where = f"{place}, field '{name}.{market}'"
        if not (market.isascii() and market.isdigit() and int(market) <= U32_MAX):
            raise UserError(f"{where}: a market id is a whole number up to {U32_MAX}")
        found[int(market)] = _number(price, where, 0, U64_MAX)
    return found


def _proposals(obj: dict[str, Any], place: str) -> tuple[tuple[dict[str, Any], ...], ...]:
    listed = _list(obj, "gov", place)
    if any(isinstance(one, list) for one in listed):
        return tuple(_messages(one, f"gov[{index}]", place) for index, one in enumerate(listed))
    return (_messages(listed, "gov", place),) if listed else ()


def _messages(listed: Any, name: str, place: str) -> tuple[dict[str, Any], ...]:
    if not isinstance(listed, list):
        raise UserError(f"{place}, field '{name}': expected a list of messages, as the other proposals are")
    for index, one in enumerate(listed):
        if not isinstance(one, dict) or not isinstance(one.get("@type"), str):
            raise UserError(f"{place}, field '{name}[{index}]': expected a message object with \"@type\"")
    return tuple(listed)


def _list(obj: dict[str, Any], name: str, place: str) -> list[Any]:
    listed = obj.get(name)
    if listed is None:
        return []
    if not isinstance(listed, list):
        raise UserError(f"{place}, field '{name}': expected a list, not {_kind(listed)}")
    return listed


def _whole(obj: dict[str, Any], name: str, place: str, low: int, high: int) -> int:
    return _number(obj[name], f"{place}, field '{name}'", low, high)


def _number(value: Any, place: str, low: int, high: int) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserError(f"{place}: expected a whole number, not {_kind(value)}")
    if not low <= value <= high:
        raise UserError(f"{place}: {value} is outside {low} to {high}")
    return value


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {
        bool: "true or false",
        str: "text",
        list: "a list",
        dict: "an object",
        float: "a fraction",
        int: "a number",
    }
    return kinds.get(type(value), type(value).__name__)
