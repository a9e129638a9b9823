"""The language that events are searched and subscribed with: `tm.event='Tx' AND tx.height>5 AND a.b CONTAINS 'x'`.

A condition is a tag (type.attribute), one of = < <= > >= CONTAINS EXISTS, and a number, 'text', TIME or DATE.
Source: CometBFT 0.38, event query syntax.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from vaultsim.node.times import parse_time
from vaultsim.rpc.http.comet_failures import RpcFailed

MOST_QUERY_LETTERS: Final = 512

EventValues = Mapping[str, list[str]]
"""What happened: values by type and attribute, as in {"transfer.recipient": [...]}."""

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]*)?)|(?P<word>[^\W][\w.\-]*)|'(?P<text>[^']*)'|(?P<operator><=|>=|[<>=]))"
)
_MOMENT: Final = re.compile(r" (?P<moment>[-T:+Z0-9]+)")
_LEADING_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_ORDERS: Final = ("<", "<=", ">", ">=")
_KEYWORDS: Final = ("AND", "CONTAINS", "EXISTS")
_OPERATORS: Final = (*_ORDERS, "=", "CONTAINS", "EXISTS")
_TESTS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda found, given: bool(found == given),
    "<": lambda found, given: bool(found < given),
    "<=": lambda found, given: bool(found <= given),
    ">": lambda found, given: bool(found > given),
    ">=": lambda found, given: bool(found >= given),
}


class _Token(NamedTuple):
    kind: str
    text: str
    offset: int


class Condition(NamedTuple):
    """One condition. kind: of `value`: number, text, time or date; empty for EXISTS."""

    tag: str
    operator: str
    kind: str
    text: str
    value: Any

    def accepts(self, found: str) -> bool:
        """Whether a value that was found fulfils the condition."""
        if self.operator == "EXISTS":
            return True
        if self.operator == "CONTAINS":
            return self.text in found
        if self.kind == "text":
            return found == self.text
        value = _READERS[self.kind](found)
        return value is not None and _TESTS[self.operator](value, self.value)

    def __str__(self) -> str:
        shown = {"text": f"'{self.text}'", "time": f"TIME {self.text}", "date": f"DATE {self.text}", "": ""}
        return f"{self.tag} {self.operator} {shown.get(self.kind, self.text)}".rstrip()


class EventQuery(NamedTuple):
    """Conditions that must all be fulfilled."""

    conditions: tuple[Condition, ...]

    def __str__(self) -> str:
        return " AND ".join(str(condition) for condition in self.conditions)

    def matches(self, values: EventValues) -> bool:
        """Whether each condition is fulfilled by some value of its tag."""
        return all(_is_fulfilled(condition, values) for condition in self.conditions)

    def can_match(self, types: Collection[str]) -> bool:
        """Whether events of these types alone can fulfil it: a quick look before values are gathered."""
        return all(_has_type(condition.tag, types) for condition in self.conditions)

    def heights(self, tag: str, last: int) -> range:
        """The heights from 1 to `last` that the conditions on `tag` leave, perhaps more than match."""
        low, high = 1, last
        for condition in self.conditions:
            if condition.tag != tag or condition.kind != "number":
                continue
            floor = int(condition.value)
            if condition.operator in ("=", ">", ">="):
                low = max(low, floor)
            if condition.operator in ("=", "<", "<="):
                high = min(high, floor)
        return range(low, high + 1)

    def text_of(self, tag: str) -> str | None:
        """The text that `tag` must equal, None when it may be any."""
        for condition in self.conditions:
            if (condition.tag, condition.operator, condition.kind) == (tag, "=", "text"):
                return condition.text
        return None


def parse_query(text: str) -> EventQuery:
    """The query of a text. Raises RpcFailed that names the place."""
    if len(text) > MOST_QUERY_LETTERS:
        raise RpcFailed("maximum query length exceeded")
    tokens = _Tokens(text)
    conditions = [_condition(tokens)]
    while not tokens.is_at_end():
        tokens.take("word", only=("AND",), wanted="AND operator")
        conditions.append(_condition(tokens))
    return EventQuery(tuple(conditions))


class _Tokens:
    """Reads a query from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def is_at_end(self) -> bool:
        return not self._text[self._at :].strip()

    def take(self, *kinds: str, only: tuple[str, ...] = (), but: tuple[str, ...] = (), wanted: str) -> _Token:
        """The next token, which must be of one of `kinds`, if given one of the texts `only`, and none of `but`."""
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise self.refusal(f"{self._shown()} where {wanted} is expected")
        kind = str(found.lastgroup)
        token = _Token(kind, found[kind], found.start(kind))
        if kind not in kinds or (only and token.text not in only) or token.text in but:
            raise self.refusal(f"{token.text!r} where {wanted} is expected")
        self._at = found.end()
        return token

    def take_moment(self, keyword: str) -> str:
        found = _MOMENT.match(self._text, self._at)
        if found is None:
            raise self.refusal(f"{self._shown()} where a {keyword} is expected")
        self._at = found.end()
        return found["moment"]

    def refusal(self, problem: str) -> RpcFailed:
        return RpcFailed(f"failed to parse query: offset {self._at}: {problem}")

    def _shown(self) -> str:
        rest = self._text[self._at :].strip()
        return repr(rest[:20]) if rest else "the end"


def _condition(tokens: _Tokens) -> Condition:
    tag = tokens.take("word", but=_KEYWORDS, wanted="a tag such as transfer.recipient").text
    operator = tokens.take("operator", "word", only=_OPERATORS, wanted="= < <= > >= CONTAINS or EXISTS").text
    if operator == "EXISTS":
        return Condition(tag, operator, "", "", None)
    if operator == "CONTAINS":
        text = tokens.take("text", wanted="text in single quotes").text
        return Condition(tag, operator, "text", text, text)
    return _comparison(tokens, tag, operator)


def _comparison(tokens: _Tokens, tag: str, operator: str) -> Condition:
    kinds = ("number", "word", "text") if operator == "=" else ("number", "word")
    wanted = "a number, a TIME or a DATE" + (" or text in single quotes" if operator == "=" else "")
    token = tokens.take(*kinds, wanted=wanted)
    if token.kind == "text":
        return Condition(tag, operator, "text", token.text, token.text)
    if token.kind == "number":
        return Condition(tag, operator, "number", token.text, Decimal(token.text))
    if token.text not in ("TIME", "DATE"):
        raise tokens.refusal(f"{token.text!r} where {wanted} is expected")
    kind, text = token.text.lower(), tokens.take_moment(token.text)
    value = _READERS[kind](text)
    if value is None or not "1900" <= text[:4] <= "2999":
        raise tokens.refusal(f"{text!r} is no {token.text}")
    return Condition(tag, operator, kind, text, value)


def _number(text: str) -> Decimal | None:
    found = _LEADING_NUMBER.match(text)
    return None if found is None else Decimal(found[0])


def _time(text: str) -> int | None:
    try:
        return parse_time(text)
    except ValueError:
        return None


def _date(text: str) -> int | None:
    return _time(f"{text}T00:00:00Z") if len(text) == 10 else None


_READERS: Final[Mapping[str, Callable[[str], Decimal | int | None]]] = {
    "number": _number,
    "time": _time,
    "date": _date,
}


def _is_fulfilled(condition: Condition, values: EventValues) -> bool:
    found = values.get(condition.tag)
    if found is not None:
        return any(condition.accepts(value) for value in found)
    # A tag that is a type stands for the event itself, with an empty value.
    prefix = condition.tag + "."
    return condition.accepts("") and any(name.rpartition(".")[0] + "." == prefix for name in values)


def _has_type(tag: str, types: Collection[str]) -> bool:
    return any(tag == one or tag.startswith(one + ".") for one in types)
