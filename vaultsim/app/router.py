"""The message router: from a message to the handler of its module, its stateless check first.

Source: dydx-modules §1.7.
"""

from __future__ import annotations

from collections.abc import Iterable

from vaultsim.app.message_classes import NOT_EXECUTED
from vaultsim.app.signers import signer_texts
from vaultsim.context import Context
from vaultsim.module import AppModule, Check, Guard, Handler
from vaultsim.pb.runtime import Message
from vaultsim.x.sdk_errors import UnknownRequest


class Router:
    """Every module's handlers and checks by message class."""

    def __init__(self, modules: Iterable[AppModule] = ()) -> None:
        self._handlers: dict[type[Message], Handler] = {}
        self._checks: dict[type[Message], Check] = {}
        self._guards: list[Guard] = []
        for module in modules:
            self.add(module)

    def add(self, module: AppModule) -> None:
        """Takes in a module's messages; a message class has one handler."""
        for cls, handler in module.handlers.items():
            if cls in self._handlers:
                raise ValueError(f"{cls.FULL_NAME} has two handlers")
            self._handlers[cls] = handler
        self._checks.update(module.checks)
        if module.guard is not None:
            self._guards.append(module.guard)

    def drop_guard(self, module: AppModule) -> None:
        """The module's guard, if it has one, is not asked any more."""
        self._guards = [guard for guard in self._guards if guard != module.guard]

    def handler_exists(self, message_class: type[Message]) -> bool:
        """Whether a message of this class has a route; some have one on the chain only and fail when executed."""
        return message_class in self._handlers or message_class.TYPE_URL in NOT_EXECUTED

    def check(self, message: Message) -> None:
        """The message's stateless check (ValidateBasic); raises ChainError or ChainPanic."""
        check = self._checks.get(type(message))
        if check is not None:
            check(message)

    def execute(self, ctx: Context, message: Message) -> Message:
        """Checks and executes a message in `ctx` and returns its response. Raises UnknownRequest [sdk 6] without route.

        Events go to `ctx`; making it all or nothing is up to the caller.
        """
        handler = self._handlers.get(type(message))
        if handler is None:
            raise UnknownRequest(f"no message handler found for {message.TYPE_URL}")
        self.check(message)
        for guard in self._guards:
            guard(ctx, message)
        return handler(ctx, message)

    def signers(self, message: Message) -> tuple[str, ...]:
        """The bech32 texts of the message's required signers."""
        return signer_texts(message)
