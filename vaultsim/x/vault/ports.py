"""What x/vault needs from other modules. Source: dydx-modules §21."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.assets import Asset
from vaultsim.pb.dydxprotocol.clob import ClobPair, LongTermOrderPlacement, Order, OrderId
from vaultsim.pb.dydxprotocol.perpetuals import LiquidityTier, Perpetual
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount, SubaccountId
from vaultsim.pb.runtime import Message


class Subaccounts(Protocol):
    """Subaccounts."""

    def get(self, ctx: Context, subaccount_id: SubaccountId) -> Subaccount:
        """The subaccount as stored; an empty one when it is missing."""
        ...

    def net_collateral(self, ctx: Context, subaccount_id: SubaccountId) -> int:
        """Net collateral with funding settled, in quote quantums."""
        ...

    def deposit(self, ctx: Context, from_address: bytes, to: SubaccountId, asset_id: int, quantums: int) -> None:
        """Moves coins of an account to a subaccount."""
        ...


class Sending(Protocol):
    """Transfers."""

    def process_transfer(
        self, ctx: Context, sender: SubaccountId, recipient: SubaccountId, asset_id: int, amount: int
    ) -> None:
        """Moves quantums between subaccounts; raises what x/subaccounts raises."""
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

    def find_long_term_placement(self, ctx: Context, order_id: OrderId) -> LongTermOrderPlacement | None:
        """The placement of a long-term order, or None."""
        ...

    def long_term_orders(self, ctx: Context, subaccount_id: SubaccountId, clob_pair_id: int) -> LongTermOrders:
        """For placing and cancelling; until `finish` nothing else may do so."""
        ...

    def cancel_stateful_order(self, ctx: Context, order_id: OrderId, good_til_block_time: int) -> None:
        """Removes a stateful order; raises ChainError and writes nothing when that is refused."""
        ...

    def stateful_count(self, ctx: Context, subaccount_id: SubaccountId) -> int:
        """Open stateful orders of a subaccount."""
        ...


class Perpetuals(Protocol):
    """Perpetuals."""

    def get(self, ctx: Context, perpetual_id: int) -> Perpetual:
        """The perpetual; raises [perpetuals 1]."""
        ...

    def liquidity_tier(self, ctx: Context, tier_id: int) -> LiquidityTier:
        """The tier; raises [perpetuals 12]."""
        ...


class Prices(Protocol):
    """Markets."""

    def find_market_param(self, ctx: Context, market_id: int) -> MarketParam | None:
        """The parameters of a market, or None."""
        ...

    def market_price(self, ctx: Context, market_id: int) -> MarketPrice:
        """The oracle price of a market; raises [prices 201]."""
        ...


class Assets(Protocol):
    """Assets."""

    def find(self, ctx: Context, asset_id: int) -> Asset | None:
        """The asset, or None."""
        ...


class Bank(Protocol):
    """Balances of accounts."""

    def balance(self, ctx: Context, address: bytes, denom: str) -> int:
        """Balance of one denomination."""
        ...


class Delaymsg(Protocol):
    """Messages that wait for a height."""

    def delay_by_blocks(self, ctx: Context, message: Message, blocks: int) -> int:
        """Schedules a message for `blocks` heights from now; returns its id."""
        ...
