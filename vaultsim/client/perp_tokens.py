"""Amounts of the perp vault on a command line: tokens by the decimals that the vault has for them, USDG, dollars."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from vaultsim.client.node import Node
from vaultsim.client.perpvault_messages import PositionName
from vaultsim.errors import UserError
from vaultsim.lib.decimals import short_text_of, units_of
from vaultsim.pb.cosmos.bank.v1beta1 import QueryBalanceRequest, QueryBalanceResponse
from vaultsim.pb.vaultsim.perpvault.v1 import (
    Position,
    QueryPositionsRequest,
    QueryPositionsResponse,
    QueryTokensRequest,
    QueryTokensResponse,
    Token,
)
from vaultsim.x.assets.types import USDC_DENOM

USDG: Final = "usdg"
USD_DECIMALS: Final = 30
USDG_DECIMALS: Final = 18
_AMOUNT: Final = re.compile(r"([0-9][0-9.,_]*)\s*([A-Za-z][A-Za-z0-9/:._-]*)$", re.ASCII)


class TokenAmount(NamedTuple):
    """So much of a token, in its smallest unit."""

    token: str
    units: int
    decimals: int

    def __str__(self) -> str:
        return f"{short_text_of(self.units, self.decimals)} {short_name(self.token)} ({self.units} units)"


def all_tokens(node: Node, height: int = 0) -> list[Token]:
    """Every token of the vault, in the order of listing."""
    return list(node.ask(QueryTokensRequest(), QueryTokensResponse, height).tokens)


def token_named(node: Node, name: str) -> Token:
    """A token by its denomination; `usdc` is USDC's. Raises UserError."""
    tokens = all_tokens(node)
    for token in tokens:
        if token.whitelisted and name.lower() in (token.token.lower(), short_name(token.token)):
            return token
    known = ", ".join(short_name(token.token) for token in tokens if token.whitelisted) or "none"
    raise UserError(f"the perp vault has no token {name!r}; it has {known}")


def amount_of(node: Node, text: str) -> TokenAmount:
    """An amount such as `0.2btc`, in whole tokens. Raises UserError; nothing is rounded."""
    match = _AMOUNT.match(text.strip())
    if match is None:
        raise UserError(f"{text!r} is no amount of a token; write 1000usdc or 0.2btc")
    number, name = match.groups()
    token = token_named(node, name)
    return TokenAmount(token.token, _units(number, token.decimals, text), token.decimals)


def usdg_of(text: str) -> int:
    """USDG in its smallest unit, 10^-18. Raises UserError."""
    return _units(text.lower().removesuffix("usdg"), USDG_DECIMALS, text)


def dollars_of(text: str) -> int:
    """Dollars scaled by 10^30. Raises UserError."""
    return _units(text.lower().removesuffix("usd"), USD_DECIMALS, text)


def usdg_held(node: Node, owner: str) -> int:
    """All USDG of an account. Raises UserError for one that has none."""
    balance = node.ask(QueryBalanceRequest(address=owner, denom=USDG), QueryBalanceResponse).balance
    held = 0 if balance is None else int(balance.amount)
    if not held:
        raise UserError(f"{owner} has no USDG")
    return held


def all_positions(node: Node, height: int = 0) -> list[Position]:
    """Every open position."""
    pages = node.pages(QueryPositionsRequest(), QueryPositionsResponse, height)
    return [position for page in pages for position in page.positions]


def position_of(node: Node, name: PositionName, token: str | None) -> Position:
    """The open position of an account; token: of its collateral, when there are several. Raises UserError."""
    found = [one for one in all_positions(node) if PositionName(one.account, one.index_token, one.is_long) == name]
    if token is not None:
        found = [one for one in found if one.collateral_token == token]
    what = f"{name.direction} position in {short_name(name.index_token)}"
    if not found:
        raise UserError(f"{name.account} has no {what}")
    if len(found) > 1:
        held = ", ".join(short_name(one.collateral_token) for one in found)
        raise UserError(f"{name.account} has more than one {what}; say which with --token: {held}")
    return found[0]


def short_name(token: str) -> str:
    """A denomination as people write it."""
    return "usdc" if token == USDC_DENOM else token


def _units(number: str, decimals: int, place: str) -> int:
    try:
        units = units_of(number, decimals)
    except ValueError as problem:
        raise UserError(f"{place}: {problem}") from None
    if units < 0:
        raise UserError(f"{place}: expected 0 or more")
    return units
