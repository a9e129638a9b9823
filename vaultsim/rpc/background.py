"""An event loop in a thread of its own, for servers in the background of a program or a test."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class SharedLoop:
    """One event loop in one thread, for all servers of the process: grpc.aio does not bear two loops at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keeps the loop running; the last user ends it."""
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._begin()
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    self._end()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs `work` in the loop and waits for it; not from within the loop, which would wait for itself."""
        assert self._loop is not None
        assert threading.current_thread() is not self._thread, "the loop cannot wait for itself"
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def call(self, action: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """What `action` returns when it is called in the loop, awaited if need be; what it raises is raised here.

        An action that is in the loop already may call another one, as long as that need not be awaited.
        """
        if threading.current_thread() is self._thread:
            found = action(*args, **named)
            assert not inspect.isawaitable(found), "the loop cannot wait for itself"
            return found
        return self.run(_called(action, *args, **named))

    def _begin(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="vaultsim server", daemon=True)
        self._thread.start()

    def _end(self) -> None:
        assert self._loop is not None
        assert self._thread is not None
        self.run(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = None


async def _called(action: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    found = action(*args, **named)
    if inspect.isawaitable(found):
        return await found  # type: ignore[no-any-return]
    return found


LOOP: Final = SharedLoop()
