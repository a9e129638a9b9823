"""Asking a chain its own queries: `query.vault.MegavaultTotalShares()`, every method of every module."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from vaultsim.app.app import App
from vaultsim.errors import UserError
from vaultsim.pb.runtime import Message
from vaultsim.testing.messages import from_fields
from vaultsim.testing.state import Read

Query = Any


class Queries:
    """The queries of the modules by short name: `vault`, `bank`, `auth`, `clob`, …"""

    def __init__(self, app: App, read: Read) -> None:
        self._app = app
        self._read = read

    def __getattr__(self, module: str) -> ModuleQueries:
        methods = _methods_by_module(tuple(self._app.modules.queries)).get(module)
        if methods is None:
            raise AttributeError(f"no module {module!r} has queries; {', '.join(sorted(self._names()))} have")
        return ModuleQueries(module, methods, self)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._names()]

    def ask(self, path: str, request: Message | Mapping[str, Any]) -> Any:
        """Answers a query by its full name, `/dydxprotocol.vault.Query/Vault`, from a request or its fields.

        Raises UserError for a method or field that does not exist, ChainError for what the chain refuses.
        """
        found = self._app.modules.queries.get(path)
        if found is None:
            close = get_close_matches(path, self._app.modules.queries, 1)
            raise UserError(f"no module answers {path}" + (f"; did you mean {close[0]}?" if close else ""))
        cls, answer = found
        message = request if isinstance(request, Message) else from_fields(cls, request, path.rpartition("/")[2])
        if not isinstance(message, cls):
            raise UserError(f"{path} is asked with a {cls.FULL_NAME}, not with a {message.FULL_NAME}")
        return self._read(lambda ctx: answer(ctx, message))

    def _names(self) -> list[str]:
        return list(_methods_by_module(tuple(self._app.modules.queries)))


class ModuleQueries:
    """The queries of one module as functions: fields of the request in, the response out."""

    def __init__(self, module: str, methods: Mapping[str, str], queries: Queries) -> None:
        self._module = module
        self._methods = methods
        self._queries = queries

    def __getattr__(self, name: str) -> Query:
        path = self._methods.get(name)
        if path is None:
            raise AttributeError(f"{self._module} has no query {name!r}; it has {', '.join(sorted(self._methods))}")

        def ask(**fields: Any) -> Any:
            return self._queries.ask(path, fields)

        ask.__name__ = name
        return ask

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._methods]


@lru_cache(maxsize=4)
def _methods_by_module(paths: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Paths by short module name and method: `dydxprotocol.vault.Query` is vault, `cosmos.bank.v1beta1.Query` bank."""
    found: dict[str, dict[str, str]] = {}
    for path in paths:
        service, _, method = path.lstrip("/").partition("/")
        found.setdefault(service.split(".")[1], {})[method] = path
    return found
