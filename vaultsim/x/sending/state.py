"""Store "sending": it exists and is empty. Source: dydx-modules §11."""

from __future__ import annotations

from vaultsim.store.schema import Schema


class SendingState:
    """No rows."""

    def __init__(self) -> None:
        self.schema = Schema("sending")
