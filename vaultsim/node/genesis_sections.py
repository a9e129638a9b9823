"""From the JSON sections of a genesis document to the modules' messages, and what is kept aside on the way.

Documents of older or newer chains name modules, fields and enum values that are not run here. They are reported once,
kept verbatim and written back on export. Where an old document lacks what every chain of today needs, it is filled
in and reported too.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import msgspec

from vaultsim.errors import UserError
from vaultsim.node.genesis_document import GenesisDocument
from vaultsim.pb.index import MESSAGES
from vaultsim.pb.runtime import JsonError, Message

Step = str | int
OWN_SECTION: Final = "vaultsim"
"""The section that an export adds for what the modules' own sections cannot hold."""


class Leftover(msgspec.Struct, frozen=True):
    """A field that is kept aside: its place below the section and its JSON value."""

    steps: tuple[Step, ...]
    value: Any


class Sections(msgspec.Struct, frozen=True):
    """messages: the modules' sections; aside: whole sections that are not run; leftovers: fields by section."""

    messages: Mapping[str, Message]
    aside: Mapping[str, Any]
    leftovers: Mapping[str, tuple[Leftover, ...]]
    notes: tuple[str, ...]


def load_sections(document: GenesisDocument, classes: Mapping[str, type[Message]]) -> Sections:
    """The modules' messages of a document; `classes` gives the message class of each section that is run.

    Raises UserError naming the JSON path of what does not fit.
    """
    messages: dict[str, Message] = {}
    aside: dict[str, Any] = {}
    leftovers: dict[str, tuple[Leftover, ...]] = {}
    notes: list[str] = []
    for name, section in _completed(document.sections, notes).items():
        if name == OWN_SECTION:
            continue
        if name not in classes:
            aside[name] = section
            continue
        known, rest = split_unknown(classes[name], section)
        if rest:
            leftovers[name] = tuple(rest)
            fields = sorted({_named(one.steps) for one in rest})
            notes.append(f"app_state.{name}: kept aside, not run: {', '.join(fields)}")
        messages[name] = _message(classes[name], known, f"app_state.{name}", document.place)
    if aside:
        notes.append(f"sections kept aside, not run: {', '.join(sorted(aside))}")
    return Sections(messages, aside, leftovers, tuple(notes))


def _message(cls: type[Message], section: Any, path: str, place: str) -> Message:
    try:
        return cls.from_json(section, path)
    except JsonError as problem:
        raise UserError(f"{place}, {problem.path}: {problem.reason}") from None


def split_unknown(cls: type[Message], section: Any) -> tuple[Any, list[Leftover]]:
    """A section without the fields that its message does not have, and those fields."""
    found: list[Leftover] = []
    return _split(cls, section, (), found), found


def _split(cls: type[Message], value: Any, steps: tuple[Step, ...], found: list[Leftover]) -> Any:
    if not isinstance(value, dict) or not _has_fields(cls):
        return value
    fields = {name: row for row in cls.FIELDS for name in (row[0], row[1])}
    kept: dict[str, Any] = {}
    for name, inner in value.items():
        row = fields.get(name)
        if row is None:
            found.append(Leftover((*steps, name), inner))
        elif row[2] == "message" and isinstance(inner, list):
            below = message_class(row[4])
            kept[name] = [_split(below, one, (*steps, name, index), found) for index, one in enumerate(inner)]
        elif row[2] == "message":
            kept[name] = _split(message_class(row[4]), inner, (*steps, name), found)
        else:
            kept[name] = inner
    return kept


def _has_fields(cls: type[Message]) -> bool:
    """Whether a message's JSON is an object of its fields: not so for well-known types and sections kept as text."""
    return cls.FULL_NAME in MESSAGES and not cls.FULL_NAME.startswith("google.protobuf.")


def message_class(full_name: str) -> type[Message]:
    """The value class of a message by its full proto name."""
    module, name = MESSAGES[full_name]
    found: type[Message] = getattr(import_module(module), name)
    return found


def put_back(section: Any, leftovers: tuple[Leftover, ...]) -> None:
    """Writes fields kept aside into a section's JSON again, where their surroundings still exist."""
    for leftover in leftovers:
        place = section
        for step in leftover.steps[:-1]:
            place = _step_into(place, step)
        if isinstance(place, dict):
            place.setdefault(str(leftover.steps[-1]), leftover.value)


def _step_into(place: Any, step: Step) -> Any:
    if isinstance(place, list) and isinstance(step, int) and step < len(place):
        return place[step]
    return place.get(step) if isinstance(place, dict) else None


def _named(steps: tuple[Step, ...]) -> str:
    return ".".join(str(step) if isinstance(step, str) else "[]" for step in steps).replace(".[]", "[]")


def _completed(sections: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    complete = dict(sections)
    _complete_market_types(complete, notes)
    if (
        "marketmap" not in complete
        and isinstance(complete.get("prices"), dict)
        and complete["prices"].get("market_params")
    ):
        complete["marketmap"] = _market_map_of(complete["prices"])
        notes.append("app_state.marketmap: missing; made from the markets of app_state.prices")
    return complete


def _complete_market_types(sections: dict[str, Any], notes: list[str]) -> None:
    perpetuals = sections.get("perpetuals")
    if not isinstance(perpetuals, dict) or not isinstance(perpetuals.get("perpetuals"), list):
        return
    listed = perpetuals["perpetuals"]
    filled = [_with_market_type(one) for one in listed]
    missing = sum(new is not old for new, old in zip(filled, listed, strict=True))
    if missing:
        sections["perpetuals"] = {**perpetuals, "perpetuals": filled}
        notes.append(f"app_state.perpetuals: {missing} perpetuals without market_type are taken as cross-margined")


def _with_market_type(perpetual: Any) -> Any:
    params = perpetual.get("params") if isinstance(perpetual, dict) else None
    if not isinstance(params, dict) or "market_type" in params or "marketType" in params:
        return perpetual
    return {**perpetual, "params": {**params, "market_type": "PERPETUAL_MARKET_TYPE_CROSS"}}


def _market_map_of(prices: dict[str, Any]) -> dict[str, Any]:
    exponents = {str(one.get("id", 0)): one.get("exponent", 0) for one in prices.get("market_prices", [])}
    markets: dict[str, Any] = {}
    for param in prices["market_params"]:
        base, _, quote = str(param.get("pair", "")).upper().partition("-")
        markets[f"{base}/{quote}"] = {
            "ticker": {
                "currency_pair": {"Base": base, "Quote": quote},
                "decimals": str(-int(exponents.get(str(param.get("id", 0)), 0))),
                "min_provider_count": "1",
                "enabled": True,
                "metadata_JSON": "",
            },
            "provider_configs": [],
        }
    return {"market_map": {"markets": markets}, "last_updated": "0", "params": {"market_authorities": [], "admin": ""}}
