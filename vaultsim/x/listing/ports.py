"""What x/listing asks of others. Source: dydx-modules §18."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.clob import ClobPair
from vaultsim.pb.dydxprotocol.perpetuals import Perpetual, PerpetualParams
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import VaultId
from vaultsim.x.marketmap.types import MarketMapEntry


class Prices(Protocol):
    """Markets of the oracle."""

    def acquire_next_market_id(self, ctx: Context) -> int:
        """An id that no market has yet."""
        ...

    def create_market(self, ctx: Context, param: MarketParam, price: MarketPrice) -> object:
        """Stores a new market."""
        ...


class MarketMap(Protocol):
    """What the oracle can price."""

    def read(self, ctx: Context, pair_text: str) -> MarketMapEntry | None:
        """The market of "BASE/QUOTE", or None."""
        ...


class Perpetuals(Protocol):
    """Perpetuals."""

    def all(self, ctx: Context) -> Sequence[Perpetual]:
        """Every perpetual."""
        ...

    def get(self, ctx: Context, perpetual_id: int) -> Perpetual:
        """The perpetual; raises [perpetuals 1]."""
        ...

    def acquire_next_id(self, ctx: Context) -> int:
        """An id that no perpetual has yet."""
        ...

    def create(self, ctx: Context, params: PerpetualParams) -> Perpetual:
        """Stores a new perpetual."""
        ...

    def set_market_type(self, ctx: Context, perpetual_id: int, market_type: int) -> Perpetual:
        """Changes an isolated perpetual's market type."""
        ...


class Clob(Protocol):
    """Clob pairs."""

    def acquire_next_clob_pair_id(self, ctx: Context) -> int:
        """An id that no clob pair has yet."""
        ...

    def create_clob_pair(self, ctx: Context, pair: ClobPair) -> object:
        """Stores a new clob pair."""
        ...


class Subaccounts(Protocol):
    """Collateral of isolated markets."""

    def transfer_isolated_to_cross(self, ctx: Context, perpetual_id: int) -> None:
        """Moves insurance fund and collateral of an isolated perpetual to the cross ones."""
        ...


class Vaults(Protocol):
    """The megavault and its vaults."""

    def deposit_to_megavault(self, ctx: Context, subaccount_id: SubaccountId, quote_quantums: int) -> int:
        """Deposits and returns the minted shares."""
        ...

    def allocate_to_vault(self, ctx: Context, vault_id: VaultId, quantums: int) -> None:
        """Moves quote quantums from the main vault to a vault."""
        ...

    def lock_shares(self, ctx: Context, owner: str, shares: int, til_height: int) -> None:
        """Locks shares of an owner until a height."""
        ...

    def set_vault_status(self, ctx: Context, vault_id: VaultId, status: int) -> None:
        """Sets the status of a vault that has parameters."""
        ...
