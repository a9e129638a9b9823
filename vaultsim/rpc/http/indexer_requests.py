"""Parameters of the indexer's routes, checked as it checks them. Source: v4-chain indexer, comlink schemas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any as Json
from typing import Final, NamedTuple

from starlette.requests import Request

from vaultsim.address import InvalidAddress, from_bech32
from vaultsim.context import NANOSECONDS
from vaultsim.node.times import parse_time

MOST_RESULTS: Final = 1_000
MOST_PARENTS: Final = 128
MOST_CHILDREN: Final = 1_000
_MOST_DIGITS: Final = 18


class IndexerFailed(Exception):
    """A request without an answer. status: 400 or 404; errors: what the body lists."""

    def __init__(self, status: int, *errors: dict[str, Json]) -> None:
        self.status = status
        self.errors = list(errors)
        super().__init__(str(self.errors))


class Page(NamedTuple):
    """Which part of a list is wanted: the newest `limit`, or page `number` of them."""

    limit: int
    number: int | None


class Owner(NamedTuple):
    """Whose data is wanted: an address, and which of its subaccounts. shown: as the request named them."""

    address: str
    has: Callable[[int], bool]
    shown: int


def not_found(text: str) -> IndexerFailed:
    """Nothing is there."""
    return IndexerFailed(404, {"msg": text})


def bad_parameter(name: str, text: str, location: str = "query") -> IndexerFailed:
    """A parameter that does not fit."""
    return IndexerFailed(400, {"msg": text, "param": name, "location": location})


def optional_text(request: Request, name: str) -> str | None:
    """A query parameter, None when it is missing or empty."""
    return request.query_params.get(name) or None


def optional_number(request: Request, name: str, least: int, text: str) -> int | None:
    """A whole number of at least `least` in the query, None when it is missing."""
    given = optional_text(request, name)
    if given is None:
        return None
    number = _whole(given)
    if number is None or number < least:
        raise bad_parameter(name, text)
    return number


def optional_time_ns(request: Request, name: str) -> int | None:
    """An ISO 8601 time in the query as nanoseconds since 1970, None when it is missing."""
    given = optional_text(request, name)
    if given is None:
        return None
    # A plus that was not escaped has become a blank.
    candidate = given.replace(" ", "+") if "T" in given else f"{given}T00:00:00Z"
    try:
        return parse_time(candidate)
    except ValueError:
        raise bad_parameter(name, "Invalid value") from None


def optional_seconds(request: Request, name: str) -> int | None:
    """An ISO 8601 time in the query as the first whole second at or after it, None when it is missing."""
    time_ns = optional_time_ns(request, name)
    return None if time_ns is None else -(-time_ns // NANOSECONDS)


def page_asked(request: Request) -> Page:
    """How much of a list is wanted."""
    text = f"limit must be a positive integer that is not greater than max: {MOST_RESULTS}"
    limit = optional_number(request, "limit", 1, text)
    if limit is not None and limit > MOST_RESULTS:
        raise bad_parameter("limit", text)
    number = optional_number(request, "page", 1, "page must be a non-negative integer")
    return Page(MOST_RESULTS if limit is None else limit, number)


def address_in_path(request: Request) -> str:
    """The address of a path."""
    return _address(request.path_params["address"], "params", "address must be a valid address")


def number_in_path(request: Request, name: str, end: int) -> int:
    """The subaccount number of a path, below `end`."""
    return _subaccount_number(request.path_params["number"], name, end, "params")


def owner_asked(request: Request) -> Owner:
    """The subaccount in a query: address and subaccountNumber."""
    address = _address(request.query_params.get("address", ""), "query", "address must be a valid dydx address")
    end = MOST_PARENTS * MOST_CHILDREN + 1
    number = _subaccount_number(request.query_params.get("subaccountNumber", ""), "subaccountNumber", end, "query")
    return Owner(address, lambda one: one == number, number)


def parent_asked(request: Request) -> Owner:
    """The parent subaccount in a query: address and parentSubaccountNumber."""
    address = _address(request.query_params.get("address", ""), "query", "address must be a valid dydx address")
    name = "parentSubaccountNumber"
    parent = _subaccount_number(request.query_params.get(name, ""), name, MOST_PARENTS, "query")
    return Owner(address, is_child_of(parent), parent)


def is_child_of(parent: int) -> Callable[[int], bool]:
    """Whether a subaccount number belongs to a parent: itself, and every 128th after it."""
    return lambda one: one % MOST_PARENTS == parent and one < MOST_PARENTS * MOST_CHILDREN


def _address(given: str, location: str, text: str) -> str:
    try:
        from_bech32(given)
    except InvalidAddress:
        raise bad_parameter("address", text, location) from None
    return given


def _subaccount_number(given: str, name: str, end: int, location: str) -> int:
    number = _whole(given)
    if number is None or not 0 <= number < end:
        raise bad_parameter(name, f"{name} must be a non-negative integer less than {end}", location)
    return number


def _whole(text: str) -> int | None:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _MOST_DIGITS:
        return None
    return int(text)
