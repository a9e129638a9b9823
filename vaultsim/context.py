"""The context of one piece of execution: which branch it writes to, at which height and time, in which mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from vaultsim.errors import ChainError, ChainPanic
from vaultsim.events import AnyEvent
from vaultsim.store.branch import Branch
from vaultsim.store.gas import GasMeter

T = TypeVar("T")
NANOSECONDS: Final = 1_000_000_000


class Context:
    """What every keeper call receives.

    branch: the overlay that reads and writes go through; height: block height; time_ns: block time in nanoseconds
    since 1970 (UTC); is_check: check mode (CheckTx, PrepareCheckState) instead of deliver mode; events: the list
    that events are appended to; gas: the meter of a transaction, None where nothing is metered; tx_bytes: raw bytes
    of the transaction being executed, empty outside of one.

    Source: dydx-modules §§1.2, 1.3, 1.6.
    """

    __slots__ = ("branch", "chain_id", "events", "gas", "height", "is_check", "time_ns", "tx_bytes", "unix_seconds")

    def __init__(
        self,
        branch: Branch,
        *,
        height: int,
        time_ns: int,
        chain_id: str = "",
        is_check: bool = False,
        gas: GasMeter | None = None,
        tx_bytes: bytes = b"",
        events: list[AnyEvent] | None = None,
    ) -> None:
        self.branch = branch
        self.height = height
        self.time_ns = time_ns
        self.unix_seconds = time_ns // NANOSECONDS
        self.chain_id = chain_id
        self.is_check = is_check
        self.gas = gas
        self.tx_bytes = tx_bytes
        self.events: list[AnyEvent] = [] if events is None else events

    def emit(self, event: AnyEvent) -> None:
        """Appends an event."""
        self.events.append(event)

    def branched(self) -> Context:
        """A context on a new branch over this one, with an event list of its own; see `merge`."""
        return self.replaced(branch=Branch(self.branch), events=[])

    def replaced(
        self,
        *,
        branch: Branch | None = None,
        events: list[AnyEvent] | None = None,
        height: int | None = None,
        is_check: bool | None = None,
        tx_bytes: bytes | None = None,
    ) -> Context:
        """A copy with the named parts changed; unnamed parts, the event list included, are shared."""
        other = Context.__new__(Context)
        other.branch = self.branch if branch is None else branch
        other.height = self.height if height is None else height
        other.time_ns = self.time_ns
        other.unix_seconds = self.unix_seconds
        other.chain_id = self.chain_id
        other.is_check = self.is_check if is_check is None else is_check
        other.gas = self.gas
        other.tx_bytes = self.tx_bytes if tx_bytes is None else tx_bytes
        other.events = self.events if events is None else events
        return other

    def unmetered(self) -> Context:
        """A copy without a gas meter."""
        other = self.replaced()
        other.gas = None
        return other

    def merge(self, child: Context) -> None:
        """Keeps what a `branched` child wrote and emitted."""
        child.branch.merge_into_parent()
        self.events.extend(child.events)


def run_cached(ctx: Context, action: Callable[[Context], T]) -> T:
    """Runs `action` on a branch of its own: kept with its events on return, dropped when it raises.

    The chain's errors and panics are raised again for the caller to log or return.

    Source: dydx-modules §1.6.
    """
    child = ctx.branched()
    result = action(child)
    ctx.merge(child)
    return result


def run_cached_logged(ctx: Context, action: Callable[[Context], object]) -> ChainError | ChainPanic | None:
    """Like `run_cached`, for hooks that only log: returns the error or panic instead of raising it."""
    try:
        run_cached(ctx, action)
    except (ChainError, ChainPanic) as problem:
        return problem
    return None
