"""Which vaults a refresh has to look at. Source: dydx-vault §17.

A vault at rest is one whose refresh would do nothing; that follows from a few rows. As long as none of them is
written, it stays so and is not looked at. Rows count as written when they are among the writes of the block, or of the
block before (the rest of which ran after its refresh).
"""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.x.vault.state import VaultState


class RefreshWatch:
    """Remembers from one refresh to the next which vaults were at rest, and the rows that this followed from."""

    def __init__(self, state: VaultState) -> None:
        self._params = state.vault_params
        self._defaults = state.default_quoting_params
        self._texts_by_row: dict[int, dict[bytes, dict[str, None]]] = {}
        self._restless: dict[str, None] = {}
        self._number: int | None = None
        """Number of the state that the last refresh started from; None when that refresh is not to be built on."""
        self._running = 0

    def begin(self, ctx: Context) -> list[str] | None:
        """Starts a refresh: texts of the vaults to look at, in their order, or None for all of them."""
        root = ctx.branch.root()
        known, self._number, self._running = self._number, None, root.number
        if known is None or root.number_before != known:
            self._texts_by_row.clear()
            self._restless.clear()
            return None
        due, self._restless = self._restless, {}
        layers = ctx.branch.recent_writes()
        for slot, texts_by_key in self._texts_by_row.items():
            for writes in layers:
                for key in writes.get(slot, ()):
                    due.update(texts_by_key.get(key, {}))
        for writes in layers:
            if self._defaults.slot in writes:
                return None
            for key in writes.get(self._params.slot, ()):
                due[key[len(self._params.prefix) :].decode("utf-8", "surrogateescape")] = None
        return sorted(due)

    def note_rest(self, text: str, rows: list[tuple[int, bytes]]) -> None:
        """The vault is at rest as long as these rows stay."""
        for slot, key in rows:
            self._texts_by_row.setdefault(slot, {}).setdefault(key, {})[text] = None

    def note_restless(self, text: str) -> None:
        """The vault is looked at again next time."""
        self._restless[text] = None

    def forget(self) -> None:
        """All vaults are looked at again."""
        self._number = None

    def confirm(self) -> None:
        """What the refresh wrote is part of the block, so that the next one may build on it."""
        self._number = self._running
