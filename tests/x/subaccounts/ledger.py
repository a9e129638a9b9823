"""A ledger of subaccounts over real stores, with fakes for bank and blocktime."""

from __future__ import annotations

from tests.x.markets import Markets
from vaultsim.address import module_address, to_bech32
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.blocktime import AllDowntimeInfo_DowntimeInfo, BlockInfo
from vaultsim.pb.dydxprotocol.subaccounts import AssetPosition, PerpetualPosition, Subaccount, SubaccountId
from vaultsim.pb.google.protobuf import Duration
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.bank.types import Coin
from vaultsim.x.sdk_errors import InsufficientFunds, InvalidCoins
from vaultsim.x.subaccounts.keeper import SubaccountsKeeper
from vaultsim.x.subaccounts.state import SubaccountsState
from vaultsim.x.subaccounts.types import AssetUpdate, PerpetualUpdate, Update

POOL = module_address("subaccounts")
RICH = module_address("rich")


def person(name: str, number: int = 0) -> SubaccountId:
    return SubaccountId(owner=to_bech32(module_address(name)), number=number)


ALICE, BOB = person("alice"), person("bob")


class FakeBank:
    def __init__(self) -> None:
        self.balances: dict[tuple[bytes, str], int] = {}
        self.sent: list[tuple[bytes, bytes, int]] = []
        self.blocked: set[bytes] = set()

    def balance(self, ctx: Context, address: bytes, denom: str) -> int:
        return self.balances.get((address, denom), 0)

    def send_coins(self, ctx: Context, sender: bytes, recipient: bytes, coins: tuple[Coin, ...]) -> None:
        for denom, amount in coins:
            if amount <= 0:
                raise InvalidCoins()
            if self.balance(ctx, sender, denom) < amount:
                raise InsufficientFunds()
            self.balances[sender, denom] = self.balance(ctx, sender, denom) - amount
            self.balances[recipient, denom] = self.balance(ctx, recipient, denom) + amount
            self.sent.append((sender, recipient, amount))

    def is_blocked(self, address: bytes) -> bool:
        return address in self.blocked


class FakeBlocktime:
    def __init__(self) -> None:
        self.outage = AllDowntimeInfo_DowntimeInfo(duration=Duration(seconds=300))

    def stamp_outage(self, height: int) -> None:
        self.outage = AllDowntimeInfo_DowntimeInfo(duration=Duration(seconds=300), block_info=BlockInfo(height=height))

    def downtime(self, ctx: Context, seconds: int) -> AllDowntimeInfo_DowntimeInfo:
        assert seconds == 300
        return self.outage


class Ledger(Markets):
    """Markets with subaccounts: a bank that covers all of them, no outage."""

    def __init__(self) -> None:
        self.bank, self.blocktime = FakeBank(), FakeBlocktime()
        state = SubaccountsState()
        super().__init__(state.schema)
        self.subaccounts = SubaccountsKeeper(state, self.assets, self.bank, self.blocktime, self.perpetuals)
        self.bank.balances[POOL, USDC_DENOM] = 10**15
        self.bank.balances[RICH, USDC_DENOM] = 10**12

    def hold(self, subaccount_id: SubaccountId, usdc: int, *positions: PerpetualPosition) -> None:
        assets = (AssetPosition(quantums=usdc),) if usdc else ()
        self.subaccounts.set(
            self.ctx, Subaccount(id=subaccount_id, asset_positions=assets, perpetual_positions=positions)
        )

    def usdc(self, subaccount_id: SubaccountId) -> int:
        positions = self.subaccounts.get(self.ctx, subaccount_id).asset_positions
        return positions[0].quantums if positions else 0

    def bank_usdc(self, address: bytes) -> int:
        return self.bank.balance(self.ctx, address, USDC_DENOM)


def holding(perpetual_id: int, quantums: int, funding_index: int = 0) -> PerpetualPosition:
    return PerpetualPosition(perpetual_id=perpetual_id, quantums=quantums, funding_index=funding_index, quote_balance=0)


def change(subaccount_id: SubaccountId, usdc: int | None = None, **perpetuals: int) -> Update:
    """An update; perpetual changes are given as p0=…, p1=…."""
    assets = () if usdc is None else (AssetUpdate(0, usdc),)
    return Update(
        subaccount_id, assets, tuple(PerpetualUpdate(int(name[1:]), delta) for name, delta in perpetuals.items())
    )
