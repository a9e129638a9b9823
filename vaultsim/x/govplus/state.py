"""Store "dydxgovplus": it exists and is empty. Source: dydx-modules §19."""

from __future__ import annotations

from vaultsim.store.schema import Schema


class GovplusState:
    """No rows."""

    def __init__(self) -> None:
        self.schema = Schema("dydxgovplus")
