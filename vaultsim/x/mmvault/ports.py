"""What x/mmvault needs from other modules. Source: designs-on-chain (mmvault)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from vaultsim.context import Context
from vaultsim.lib.margin import Risk
from vaultsim.pb.cosmos.auth.v1beta1 import ModuleAccount
from vaultsim.pb.dydxprotocol.clob import ClobPair, Order, OrderId
from vaultsim.pb.dydxprotocol.perpetuals import Perpetual
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount, SubaccountId
from vaultsim.x.clob.types import BestPrices
from vaultsim.x.perpetuals.types import PerpInfo
from vaultsim.x.subaccounts.types import Update


class Accounts(Protocol):
    """Accounts."""

    def module_account(self, ctx: Context, name: str) -> ModuleAccount:
        """A module's account, made if it is missing."""
        ...


class Subaccounts(Protocol):
    """Subaccounts."""

    def get(self, ctx: Context, subaccount_id: SubaccountId) -> Subaccount:
        """The subaccount as stored; an empty one when it is missing."""
        ...

    def set(self, ctx: Context, subaccount: Subaccount) -> None:
        """Stores a subaccount."""
        ...

    def risk(self, ctx: Context, update: Update) -> Risk:
        """Risk as if the (possibly empty) update were applied, with funding settled."""
        ...

    def transfer(
        self,
        ctx: Context,
        sender: SubaccountId,
        recipient: SubaccountId,
        asset_id: int,
        quantums: int,
        *,
        is_gated: bool,
    ) -> None:
        """Moves quantums between subaccounts; raises what x/subaccounts and bank raise."""
        ...

    def deposit(
        self, ctx: Context, from_address: bytes, to: SubaccountId, asset_id: int, quantums: int, *, is_gated: bool
    ) -> None:
        """Moves coins of an account to a subaccount."""
        ...


class LongTermOrders(Protocol):
    """Long-term orders of one subaccount in one pair, placed and cancelled in a row."""

    def find(self, order_id: OrderId) -> Order | None:
        """The order in state."""
        ...

    def place(self, order: Order) -> None:
        """Writes an order; raises ChainError and writes nothing when it is refused."""
        ...

    def cancel(self, order: Order, good_til: int) -> None:
        """Removes an order in state; raises ChainError and writes nothing when that is refused."""
        ...

    def finish(self) -> None:
        """To be called after the last of them."""
        ...


class Clob(Protocol):
    """Clob pairs and stateful orders."""

    def find_clob_pair(self, ctx: Context, clob_pair_id: int) -> ClobPair | None:
        """The pair, or None."""
        ...

    def find_stateful_order(self, ctx: Context, order_id: OrderId) -> Order | None:
        """The order of a stateful id, or None."""
        ...

    def fill_amount(self, ctx: Context, order_id: OrderId) -> int:
        """Base quantums filled so far."""
        ...

    def long_term_orders(self, ctx: Context, subaccount_id: SubaccountId, clob_pair_id: int) -> LongTermOrders:
        """For placing and cancelling; until `finish` nothing else may do so."""
        ...

    def best_stateful_prices(self, ctx: Context, besides: str) -> Mapping[int, BestPrices]:
        """Best prices of all stateful orders but those of one owner, by pair."""
        ...


class Perpetuals(Protocol):
    """Perpetuals."""

    def info(self, ctx: Context, perpetual_id: int) -> PerpInfo:
        """Perpetual, price and tier; raises [perpetuals 1], [prices 201] or [perpetuals 12]."""
        ...

    def perpetual_and_price(self, ctx: Context, perpetual_id: int) -> tuple[Perpetual, MarketPrice]:
        """Perpetual and price; raises [perpetuals 1] or [perpetuals 2]."""
        ...
