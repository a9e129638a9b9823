"""A genesis document of a chain's state: the exact inverse of loading one.

Each module's section is written as the chain writes it. What those sections cannot hold (open orders, statistics,
funding samples and more) goes, row by row, into a section of our own, `vaultsim`, together with the height that the
state belongs to: loading the document continues the chain at the next block.
"""

from __future__ import annotations

from typing import Any

import msgspec

from vaultsim.app.app import App
from vaultsim.errors import ChainPanic, UserError
from vaultsim.lib.ints import I64_MAX, U32_MAX, U64_MAX
from vaultsim.node.genesis_document import GenesisDocument
from vaultsim.node.genesis_sections import OWN_SECTION, Leftover, Sections, put_back
from vaultsim.pb.runtime import Message
from vaultsim.store.multistore import MultiStore

FORMAT = 1
HASH_BYTES = 32


class Aside(msgspec.Struct, frozen=True):
    """What a genesis document held beyond the modules that run: kept for the export."""

    sections: dict[str, Any]
    leftovers: dict[str, list[tuple[list[str | int], Any]]]
    others: dict[str, Any]


def aside_of(document: GenesisDocument, sections: Sections) -> Aside:
    """The parts of a document that no module holds."""
    leftovers = {name: [(list(one.steps), one.value) for one in rest] for name, rest in sections.leftovers.items()}
    return Aside(dict(sections.aside), leftovers, dict(document.others))


def export_document(app: App, aside: Aside, index_prices: dict[int, int]) -> GenesisDocument:
    """The document of the app's committed state. Raises UserError for a state that the chain itself cannot export."""
    try:
        messages = app.export_sections()
    except ChainPanic as panic:
        raise UserError(f"height {app.height}: the chain cannot export this state: {panic.log}") from panic
    sections: dict[str, Any] = {name: message.to_json() for name, message in messages.items()}
    for name, rest in aside.leftovers.items():
        if name in sections:
            put_back(sections[name], tuple(Leftover(tuple(steps), value) for steps, value in rest))
    sections.update(aside.sections)
    sections[OWN_SECTION] = {
        "format": FORMAT,
        "height": str(app.height),
        "app_hash": app.store.app_hash.hex(),
        "index_prices": {str(market): str(price) for market, price in sorted(index_prices.items())},
        "rows": _missing_rows(app, messages),
    }
    return GenesisDocument(
        place="export",
        chain_id=app.chain_id,
        time_ns=app.time_ns,
        initial_height=app.height + 1,
        sections=sections,
        others=aside.others,
    )


def _missing_rows(app: App, messages: dict[str, Message]) -> dict[str, dict[str, str | None]]:
    """The rows in which a chain made from the sections alone differs: value in hex, null where there is none."""
    other = App()
    other.init_chain(messages, app.chain_id, app.time_ns, app.height + 1)
    assert other.deliver is not None
    other.store.commit(other.deliver.branch)
    missing: dict[str, dict[str, str | None]] = {}
    for store in app.store.persistent_stores():
        rows = _difference(app.store, other.store, store)
        if rows:
            missing[store] = rows
    return missing


def _difference(mine: MultiStore, made: MultiStore, store: str) -> dict[str, str | None]:
    want, have = dict(mine.rows(store)), dict(made.rows(store))
    found: dict[str, str | None] = {}
    for key in sorted(want.keys() | have.keys()):
        if want.get(key) != have.get(key):
            found[key.hex()] = want[key].hex() if key in want else None
    return found


class Continuation(msgspec.Struct, frozen=True):
    """Our own section of an exported document: the height its state belongs to and the rows beyond the sections."""

    height: int
    app_hash: bytes
    index_prices: dict[int, int]
    rows: dict[str, dict[bytes, bytes | None]]


def continuation_of(document: GenesisDocument) -> Continuation | None:
    """Our own section of `document`, or None when it has none. Raises UserError when it is damaged."""
    section = document.sections.get(OWN_SECTION)
    if section is None:
        return None
    try:
        if section["format"] != FORMAT:
            raise ValueError(f"format {section['format']}, this version reads {FORMAT}")
        height = _bounded(section["height"], "height", I64_MAX - 1)
        if height + 1 != document.initial_height:
            raise ValueError(f"height {height}, but initial_height is {document.initial_height}")
        app_hash = bytes.fromhex(section["app_hash"])
        if len(app_hash) != HASH_BYTES:
            raise ValueError(f"app_hash has {len(app_hash)} bytes, not {HASH_BYTES}")
        return Continuation(
            height=height,
            app_hash=app_hash,
            index_prices={
                _bounded(market, "index_prices", U32_MAX): _bounded(price, f"index_prices.{market}", U64_MAX)
                for market, price in section["index_prices"].items()
            },
            rows={store: _rows(rows) for store, rows in section["rows"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise UserError(f"{document.place}, app_state.{OWN_SECTION}: damaged ({problem}); export it again") from None


def _rows(rows: dict[str, str | None]) -> dict[bytes, bytes | None]:
    return {bytes.fromhex(key): None if value is None else bytes.fromhex(value) for key, value in rows.items()}


def _bounded(value: str | int, name: str, most: int) -> int:
    number = int(value)
    if not 0 <= number <= most:
        raise ValueError(f"{name} {number} is outside 0 to {most}")
    return number
