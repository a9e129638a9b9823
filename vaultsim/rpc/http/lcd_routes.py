"""Paths of the REST gateway: which method a path means, and the values in it.

Literal segments win over parameters; of two methods with the same path the first one is served, as on the chain. A
parameter at the end of a route may hold slashes (denominations do). Source: grpc-gateway 1.16.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vaultsim.rpc.table import Served


class Target(NamedTuple):
    """A method behind a route. body: "*" when the request is in the body, else empty; names: of its parameters."""

    served: Served
    verb: str
    path: str
    body: str
    names: tuple[str, ...]


class Matched(NamedTuple):
    """A target with the values of its parameters."""

    target: Target
    values: tuple[str, ...]


class _Branch:
    """A place in the tree of all paths: what follows by its text, what follows as a parameter, what ends here."""

    def __init__(self) -> None:
        self.literals: dict[str, _Branch] = {}
        self.parameter: _Branch | None = None
        self.target: Target | None = None


class Routes:
    """The routes of all served methods, by HTTP verb."""

    def __init__(self, table: Iterable[Served]) -> None:
        self.targets: list[Target] = []
        self._roots: dict[str, _Branch] = {}
        for served in table:
            for verb, path, body in served.method.routes:
                self._add(served, verb, path, body)

    def find(self, verb: str, path: str) -> Matched | None:
        """What a path means, None when nothing is there."""
        root = self._roots.get(verb)
        if root is None or not path.startswith("/"):
            return None
        segments = path[1:].split("/")
        return _exact(root, segments, ()) or _with_tail(root, segments, ())

    def other_verbs(self, verb: str, path: str) -> list[str]:
        """The other verbs under which something is at a path."""
        return [other for other in self._roots if other != verb and self.find(other, path) is not None]

    def _add(self, served: Served, verb: str, path: str, body: str) -> None:
        at = self._roots.setdefault(verb, _Branch())
        names = []
        for segment in path[1:].split("/"):
            if segment.startswith("{"):
                names.append(segment.strip("{}").partition("=")[0])
                at.parameter = at.parameter or _Branch()
                at = at.parameter
            else:
                at = at.literals.setdefault(segment, _Branch())
        if at.target is None:
            at.target = Target(served, verb, path, body, tuple(names))
            self.targets.append(at.target)


def _exact(at: _Branch, segments: Sequence[str], values: tuple[str, ...]) -> Matched | None:
    if not segments:
        return None if at.target is None else Matched(at.target, values)
    head, rest = segments[0], segments[1:]
    found = None
    if head in at.literals:
        found = _exact(at.literals[head], rest, values)
    if found is None and at.parameter is not None:
        found = _exact(at.parameter, rest, (*values, head))
    return found


def _with_tail(at: _Branch, segments: Sequence[str], values: tuple[str, ...]) -> Matched | None:
    """Like `_exact`, the last parameter taking all segments that are left."""
    if len(segments) < 2:
        return None
    head, rest = segments[0], segments[1:]
    if head in at.literals:
        return _with_tail(at.literals[head], rest, values)
    if at.parameter is None:
        return None
    found = _with_tail(at.parameter, rest, (*values, head))
    if found is None and at.parameter.target is not None:
        found = Matched(at.parameter.target, (*values, "/".join(segments)))
    return found
