"""Requests to a node's control service, from the texts of a command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from vaultsim.client.amounts import coin_of
from vaultsim.client.node import Node
from vaultsim.errors import UserError
from vaultsim.lib.ints import U32_MAX, U64_MAX
from vaultsim.node.times import NANOSECONDS, format_time, parse_duration, parse_time
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.google.protobuf import Duration, Timestamp
from vaultsim.pb.proto_json import any_from_json
from vaultsim.pb.runtime import JsonError
from vaultsim.pb.vaultsim.control import v1

BLOCKS_PER_CALL: Final = 200
"""Blocks that one call makes, so that it ends in time on any chain."""
_SCRIPTS: Final = "static:MARKET=PRICE,…, walk:SEED, csv:FILE, csv:MARKET:FILE, follow:FILE, none"


def advance(node: Node, blocks: int, step: str | None) -> v1.BlockResponse:
    """Makes so many blocks; the last one. Raises UserError."""
    distance = None if step is None else duration_of(step, "--step")
    answer = v1.BlockResponse()
    while blocks > 0:
        some = min(blocks, BLOCKS_PER_CALL)
        answer = node.ask(v1.AdvanceBlocksRequest(blocks=some, step=distance), v1.BlockResponse)
        blocks -= some
    return answer


def duration_of(text: str, place: str) -> Duration:
    """A length of time such as 1.5s or 2h. Raises UserError."""
    try:
        length_ns = parse_duration(text)
    except ValueError as problem:
        raise UserError(f"{place}: {problem}") from None
    seconds, nanos = divmod(length_ns, NANOSECONDS)
    return Duration(seconds=seconds, nanos=nanos)


def timestamp_of(text: str) -> Timestamp:
    """A moment in RFC 3339. Raises UserError."""
    try:
        seconds, nanos = divmod(parse_time(text), NANOSECONDS)
    except ValueError as problem:
        raise UserError(str(problem)) from None
    return Timestamp(seconds=seconds, nanos=nanos)


def time_text(moment: Timestamp) -> str:
    """A moment as RFC 3339 text."""
    return format_time(moment.seconds * NANOSECONDS + moment.nanos)


def prices_of(pairs: Sequence[str]) -> tuple[v1.MarketPrice, ...]:
    """Prices written as MARKET=PRICE. Raises UserError."""
    found: dict[int, int] = {}
    for pair in pairs:
        market, equals, price = pair.partition("=")
        if not equals or not _is_whole(market, U32_MAX) or not _is_whole(price, U64_MAX):
            raise UserError(f"{pair!r}: write MARKET=PRICE, two whole numbers, in the market's own units")
        if int(market) in found:
            raise UserError(f"market {market} is there twice")
        found[int(market)] = int(price)
    return tuple(v1.MarketPrice(market_id=market, price=price) for market, price in found.items())


def script_of(text: str, walk: v1.PriceWalk) -> v1.ScriptPricesRequest:
    """A script of prices written as its kind, a colon and what it is made from. Raises UserError.

    walk: how a walk goes, but for its seed.
    """
    kind, _, rest = text.partition(":")
    if kind == "static" and rest:
        return v1.ScriptPricesRequest(static=v1.StaticPrices(prices=prices_of(rest.split(","))))
    if kind == "walk" and _is_whole(rest, U64_MAX):
        return v1.ScriptPricesRequest(walk=v1.PriceWalk(**{**_fields(walk), "seed": int(rest)}))
    if kind == "csv" and rest:
        market, colon, file = rest.partition(":")
        is_named = bool(colon) and _is_whole(market, U32_MAX)
        rows = _text_of(Path(file if is_named else rest))
        return v1.ScriptPricesRequest(csv=v1.PriceRows(market_id=int(market) if is_named else 0, text=rows))
    if kind == "follow" and rest:
        return v1.ScriptPricesRequest(file=v1.PriceFile(path=str(Path(rest).absolute())))
    if text == "none":
        return v1.ScriptPricesRequest()
    raise UserError(f"{text!r} is none of {_SCRIPTS}")


def messages_of(text: str, place: str) -> v1.ExecuteAsAuthorityRequest:
    """The messages of JSON: one, or a list of them. Raises UserError naming the field that does not fit."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as problem:
        raise UserError(f"{place}, line {problem.lineno}, column {problem.colno}: {problem.msg}") from None
    listed = value if isinstance(value, list) else [value]
    try:
        packed = [any_from_json(one, f"messages[{index}]") for index, one in enumerate(listed)]
    except JsonError as problem:
        raise UserError(f"{place}, field '{problem.path}': {problem.reason}") from None
    return v1.ExecuteAsAuthorityRequest(messages=tuple(packed))


def coins_of(amounts: Sequence[str]) -> tuple[Coin, ...]:
    """Coins written as 12.5usdc or 3000adv4tnt. Raises UserError."""
    coins = [coin_of(text) for text in amounts]
    return tuple(Coin(denom=coin.denom, amount=str(coin.amount)) for coin in coins)


def exported(node: Node) -> bytes:
    """The genesis document of the node's state."""
    answer = node.ask(v1.ExportGenesisRequest(), v1.ExportGenesisResponse)
    content = answer.piece
    while len(content) < answer.total_bytes:
        request = v1.ExportGenesisRequest(document=answer.document, offset=len(content))
        content += node.ask(request, v1.ExportGenesisResponse).piece
    return content


def _fields(walk: v1.PriceWalk) -> dict[str, Any]:
    return {name: getattr(walk, name) for name in walk.__struct_fields__}


def _is_whole(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{path}: not UTF-8 text; give a CSV file") from None
