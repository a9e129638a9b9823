"""What x/subaccounts needs from other modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.assets import Asset
from vaultsim.pb.dydxprotocol.blocktime import AllDowntimeInfo_DowntimeInfo
from vaultsim.pb.dydxprotocol.perpetuals import Perpetual
from vaultsim.x.bank.types import Coin
from vaultsim.x.perpetuals.types import PerpInfo


class AssetsPort(Protocol):
    """Assets."""

    def get(self, ctx: Context, asset_id: int) -> Asset:
        """The asset; raises [assets 1]."""
        ...

    def to_coin(self, ctx: Context, asset_id: int, quantums: int) -> tuple[int, Coin]:
        """(quantums that whole coins make up, the coin)."""
        ...


class BankPort(Protocol):
    """Bank balances."""

    def balance(self, ctx: Context, address: bytes, denom: str) -> int:
        """Balance of one denomination."""
        ...

    def send_coins(self, ctx: Context, sender: bytes, recipient: bytes, coins: tuple[Coin, ...]) -> None:
        """Moves coins; raises [sdk 10] or [sdk 5]."""
        ...

    def is_blocked(self, address: bytes) -> bool:
        """Whether an address may not receive coins."""
        ...


class BlocktimePort(Protocol):
    """Gaps between blocks."""

    def downtime(self, ctx: Context, seconds: int) -> AllDowntimeInfo_DowntimeInfo:
        """The last block that came after a gap of at least `seconds`."""
        ...


class PerpetualsPort(Protocol):
    """Perpetuals."""

    def get(self, ctx: Context, perpetual_id: int) -> Perpetual:
        """The perpetual; raises [perpetuals 1]."""
        ...

    def infos_for_update(self, ctx: Context, perpetual_ids: Sequence[int]) -> dict[int, PerpInfo]:
        """Perpetual, price and tier of each; raises [perpetuals 1], [perpetuals 2] or [perpetuals 12]."""
        ...

    def info(self, ctx: Context, perpetual_id: int) -> PerpInfo:
        """Perpetual, price and tier; raises [perpetuals 1], [prices 201] or [perpetuals 12]."""
        ...

    def is_isolated(self, ctx: Context, perpetual_id: int) -> bool:
        """Whether the market is isolated; raises [perpetuals 1]."""
        ...

    def insurance_fund_address(self, ctx: Context, perpetual_id: int) -> bytes:
        """Address of the insurance fund; raises [perpetuals 1]."""
        ...

    def modify_open_interest(self, ctx: Context, perpetual_id: int, delta: int) -> None:
        """Adds base quantums to the open interest; raises [perpetuals 25]."""
        ...


class RevenueShareLike(Protocol):
    """One share of a fill's fees."""

    @property
    def recipient(self) -> str:
        """Bech32 address of who receives it."""
        ...

    @property
    def quote_quantums(self) -> int:
        """Amount in quote quantums."""
        ...
