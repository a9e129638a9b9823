"""Which block and which page of a list a request means. Source: CometBFT 0.38, RPC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from vaultsim.node.live.blocks import BlockRecord
from vaultsim.node.live.node import Node
from vaultsim.rpc.http.comet_failures import RpcFailed

T = TypeVar("T")
DEFAULT_PER_PAGE: Final = 30
MOST_PER_PAGE: Final = 100


def last_height(node: Node) -> int:
    """Height of the last block that can be looked up, else that of the state."""
    latest = node.blocks.latest
    return node.height if latest is None else latest.height


def chosen_height(node: Node, asked: int | None, latest: int) -> int:
    """The height that was asked for, else `latest`. Raises RpcFailed for one that is not there."""
    if asked is None:
        return latest
    if asked <= 0:
        raise RpcFailed(f"height must be greater than 0, but got {asked}")
    if asked > latest:
        raise RpcFailed(f"height {asked} must be less than or equal to the current blockchain height {latest}")
    earliest = node.blocks.earliest_height
    if asked < earliest:
        raise RpcFailed(f"height {asked} is not available, lowest height is {earliest}")
    return asked


def chosen_block(node: Node, asked: int | None) -> BlockRecord | None:
    """The block that was asked for, else the last one; None on a chain that has made none yet. Raises RpcFailed."""
    return node.blocks.get(chosen_height(node, asked, last_height(node)))


def per_page_of(asked: int | None) -> int:
    """Size of a page: 30 unless a number from 1 to 100 was asked for."""
    if asked is None or asked < 1:
        return DEFAULT_PER_PAGE
    return min(asked, MOST_PER_PAGE)


def page_of(items: Sequence[T], page: int | None, per_page: int | None) -> Sequence[T]:
    """A page of a list, the first is 1. Raises RpcFailed for a page that is not there."""
    size = per_page_of(per_page)
    pages = max((len(items) + size - 1) // size, 1)
    number = 1 if page is None else page
    if not 1 <= number <= pages:
        raise RpcFailed(f"page should be within [1, {pages}] range, given {number}")
    return items[(number - 1) * size : number * size]
