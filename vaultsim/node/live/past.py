"""The committed states of older heights, to answer queries from."""

from __future__ import annotations

from vaultsim.app.app import App
from vaultsim.context import Context
from vaultsim.errors import UserError


class HeightUnavailable(UserError):
    """A height that is not there yet, or not any more."""


class PastStates:
    """Finds states by height.

    most: how many older states can be read; most_rows: in how many rows, all together, they may differ from the
    states after them (the oldest go first).
    """

    def __init__(self, app: App, most: int, most_rows: int) -> None:
        self._app = app
        self._heights: dict[int, tuple[int, int]] = {}
        app.store.keep_history(most, most_rows)
        self.note()

    @property
    def earliest_height(self) -> int:
        """The oldest height that can be read."""
        return next(iter(self._heights))

    def note(self) -> None:
        """Tells that a block was committed; forgets heights whose state is not kept any more."""
        app, history = self._app, self._app.store.history
        assert history is not None
        self._heights[app.height] = (app.store.root.number, app.time_ns)
        while self._heights[self.earliest_height][0] not in history and len(self._heights) > 1:
            del self._heights[self.earliest_height]

    def context_at(self, height: int) -> Context:
        """A context to read the state of a height with. Raises HeightUnavailable."""
        app, history = self._app, self._app.store.history
        if height == app.height:
            return app.query_context()
        if height > app.height:
            raise HeightUnavailable(f"height {height} is in the future; the last block is {app.height}")
        found = self._heights.get(height)
        if found is None or history is None:
            raise HeightUnavailable(f"height {height} is not kept; states from {self.earliest_height} on can be read")
        number, time_ns = found
        return app.past_context(history.root_of(number), height, time_ns)

    def capture(self) -> dict[int, tuple[int, int]]:
        """The heights as they are; their states are captured with the app."""
        return dict(self._heights)

    def restore(self, kept: dict[int, tuple[int, int]]) -> None:
        """Goes back to captured heights, after the app."""
        self._heights = dict(kept)
