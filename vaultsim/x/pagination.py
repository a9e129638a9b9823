"""Pages of a query over the rows of a collection. Source: dydx-modules §1.12 (pagination)."""

from __future__ import annotations

from typing import Final, TypeVar

from vaultsim.context import Context
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest, PageResponse
from vaultsim.store.collections import Map
from vaultsim.x.sdk_errors import InvalidArgument

K = TypeVar("K")
V = TypeVar("V")
DEFAULT_LIMIT: Final = 100


def paginate(
    ctx: Context, rows: Map[K, V], page: PageRequest | None, *, under: bytes = b""
) -> tuple[list[tuple[K, V]], PageResponse]:
    """One page of `rows` in key order, and what the response says about it.

    under: only rows whose key bytes start so; the keys of pages are then those after it.

    Without a limit the page has 100 rows and the total is counted; a page that starts at a key never has a total.
    Raises InvalidArgument when both a key and an offset are given.
    """
    if page is None:
        page = PageRequest()
    if page.key and page.offset:
        raise InvalidArgument("either offset or key is expected, got both")
    limit = page.limit or DEFAULT_LIMIT
    found, following, total = rows.page(ctx, page.key or None, page.offset, limit, page.reverse, under)
    counted = not page.key and (page.count_total or not page.limit)
    return found, PageResponse(next_key=following or b"", total=total if counted else 0)
