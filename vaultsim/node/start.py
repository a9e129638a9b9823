"""From a genesis document to a running app."""

from __future__ import annotations

from typing import NamedTuple

from vaultsim.app.app import App
from vaultsim.errors import ChainHalted, UserError
from vaultsim.node.export import Aside, Continuation, aside_of, continuation_of
from vaultsim.node.genesis_document import GenesisDocument
from vaultsim.node.genesis_sections import load_sections
from vaultsim.store.multistore import MultiStore


class Started(NamedTuple):
    """An app that holds a genesis document's state.

    is_fresh: the first block has not run yet (its writes will include the genesis state); index_prices: what the price
    daemon knows, by market.
    """

    app: App
    aside: Aside
    notes: tuple[str, ...]
    is_fresh: bool
    index_prices: dict[int, int]


def start_app(document: GenesisDocument, *, strict: bool = False, incremental: bool = True) -> Started:
    """An app with the document's state. Raises UserError for a document that does not fit, or for anything kept
    aside when `strict`. incremental: whether vaults at rest are skipped."""
    app = App(incremental=incremental)
    sections = load_sections(document, app.section_classes())
    if strict and sections.notes:
        raise UserError(f"{document.place}: refused by --strict: {sections.notes[0]}")
    continuation = continuation_of(document)
    height = document.initial_height if continuation is None else continuation.height + 1
    try:
        app.init_chain(sections.messages, document.chain_id, document.time_ns, height)
    except ChainHalted as halt:
        raise UserError(f"{document.place}: the chain does not start from it: {halt}") from halt
    aside = aside_of(document, sections)
    if continuation is None:
        return Started(app, aside, sections.notes, True, {})
    _go_on(app, continuation, document.place)
    return Started(app, aside, sections.notes, False, continuation.index_prices)


def _go_on(app: App, continuation: Continuation, place: str) -> None:
    """Makes the sections' state, corrected by the continuation's rows, the committed state."""
    assert app.deliver is not None
    app.store.commit(app.deliver.branch)
    app.deliver = None
    for store, rows in continuation.rows.items():
        for key, value in rows.items():
            _set_row(app.store, store, key, value, place)
    app.store.app_hash = continuation.app_hash


def _set_row(store: MultiStore, name: str, key: bytes, value: bytes | None, place: str) -> None:
    if value is None:
        store.remove(name, key)
        return
    try:
        store.load(name, key, value)
    except UserError as problem:
        raise UserError(f"{place}, app_state.vaultsim.rows: {problem}") from None
