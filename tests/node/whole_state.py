"""Everything that a chain and its node hold, as plain values: to compare two chains that should be the same."""

from __future__ import annotations

from typing import Any

from vaultsim.node.chain import Chain
from vaultsim.x.clob.memclob.book import Book


def whole_state(chain: Chain) -> dict[str, Any]:
    """State, digest, height, time, check state, books, queue, rate limits, mempool, index prices, daemon.

    Dictionaries become lists of pairs, as their order counts: it is the order of arrival.
    """
    app, kept = chain.app, chain.capture()
    memory = kept.app.memory
    stores = {name: list(app.store.rows(name)) for name in app.store.schemas}
    return {
        "at": (app.height, app.time_ns, app.store.app_hash),
        "stores": stores,
        "check": checked_rows(chain),
        "books": [(number, book_content(book)) for number, book in app.modules.memclob.books.items()],
        "queue": queue_content(memory.memclob.queue),
        "limits": (memory.rate_limits.config, [counted for _, counted in memory.rate_limits.limiters]),
        "pairs": memory.pairs,
        "is_hydrated": memory.is_hydrated,
        "waiting": kept.waiting,
        "index": kept.index_prices,
        "daemon": kept.daemon,
        "hears_daemon": kept.hears_daemon,
    }


def book_content(book: Book) -> tuple[Any, ...]:
    """Orders by side in the order in which they would be taken, and what else is known of them."""
    kept = book.capture()
    groups = (kept.expiring, kept.reduce_only, kept.cancel_ids_by_block)
    return (
        (kept.step, kept.tick),
        list(book.bids.orders()),
        list(book.asks.orders()),
        dict(kept.orders),
        [{key: list(group) for key, group in grouped.items()} for grouped in groups],
        kept.cancels,
    )


def queue_content(kept: Any) -> tuple[Any, ...]:
    return (list(kept.tx_bytes.items()), kept.operations, kept.matched, kept.queued_orders, kept.removed_ids)


def checked_rows(chain: Chain) -> dict[str, dict[bytes, bytes]]:
    """What the check state holds on top of the committed one, by store."""
    found: dict[str, dict[bytes, bytes]] = {}
    schemas = chain.app.store.schemas.values()
    names = {one.slot: schema.name for schema in schemas for one in schema.collections}
    for slot, rows in chain.check_ctx.branch.writes.items():
        found.setdefault(names[slot], {}).update({key: cell.raw for key, cell in rows.items()})
    return found
