"""From the flags of `vaultsim start` to a node."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from vaultsim.errors import UserError
from vaultsim.lib.ints import U64_MAX
from vaultsim.node.export import continuation_of
from vaultsim.node.flow_paths import Walk
from vaultsim.node.genesis_document import CHAIN_ID_LETTERS, GenesisDocument, read_genesis
from vaultsim.node.live.clock import BlockClock, ClockMode
from vaultsim.node.live.node import BlockMode, Node, NodeOptions
from vaultsim.node.live.prices import FollowedFile, PriceSource, RecordedPrices, WalkingPrices
from vaultsim.node.presets import genesis_path
from vaultsim.node.times import parse_time


class NodeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A node as the command line describes it; every name is a flag's."""

    genesis: str
    chain_id: str | None
    mode: str
    block_time_ns: int
    clock: str
    genesis_time: str | None
    prices: str
    keep_blocks: int
    keep_heights: int


def started_node(settings: NodeSettings) -> Node:
    """A node after its first block. Raises UserError."""
    mode = ClockMode(settings.clock)
    source = price_source(settings.prices)
    node = Node(
        _document(settings),
        clock=BlockClock(mode, step_ns=settings.block_time_ns),
        options=NodeOptions(keep_blocks=settings.keep_blocks, keep_heights=settings.keep_heights),
        block_mode=BlockMode(settings.mode),
    )
    node.price_source = source
    return node


def price_source(text: str) -> PriceSource | None:
    """The script of prices that `--prices` names, None for prices that stay. Raises UserError."""
    kind, _, rest = text.partition(":")
    if kind == "walk" and rest.isascii() and rest.isdigit() and int(rest) <= U64_MAX:
        return WalkingPrices(int(rest), Walk())
    if kind == "csv" and rest:
        market, colon, file = rest.partition(":")
        is_named = bool(colon) and market.isascii() and market.isdigit()
        path = file if is_named else rest
        return RecordedPrices(int(market) if is_named else 0, _text_of(path), path)
    if kind == "follow" and rest:
        return FollowedFile(Path(rest))
    if text != "static":
        raise UserError(f"--prices: {text!r} is none of static, walk:SEED, csv:FILE, csv:MARKET:FILE, follow:FILE")
    return None


def _text_of(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"--prices: {file} is no UTF-8 text") from None


def _document(settings: NodeSettings) -> GenesisDocument:
    document = read_genesis(genesis_path(settings.genesis))
    chain_id = document.chain_id if settings.chain_id is None else settings.chain_id
    if not 0 < len(chain_id) <= CHAIN_ID_LETTERS:
        raise UserError(f"--chain-id: expected 1 to {CHAIN_ID_LETTERS} letters, not {len(chain_id)}")
    return msgspec.structs.replace(document, chain_id=chain_id, time_ns=_genesis_time_ns(settings, document))


def _genesis_time_ns(settings: NodeSettings, document: GenesisDocument) -> int:
    is_fresh = continuation_of(document) is None
    by_wall_clock = settings.clock == ClockMode.WALL.value
    text = settings.genesis_time or ("now" if is_fresh and by_wall_clock else "document")
    if text == "document":
        return document.time_ns
    if not is_fresh:
        raise UserError(f"--genesis-time: {document.place} goes on where a chain stood, and so does its time")
    if text == "now":
        return time.time_ns()
    try:
        return parse_time(text)
    except ValueError as problem:
        raise UserError(f"--genesis-time: neither document nor now, and {problem}") from None
