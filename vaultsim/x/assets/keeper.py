"""Assets: creation at genesis, look-up, conversion to coins. Source: dydx-modules §7."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.assets import Asset
from vaultsim.x.assets.errors import (
    AssetDenomAlreadyExists,
    AssetDoesNotExist,
    AssetIdAlreadyExists,
    InvalidMarketId,
    UnexpectedUsdcDenomExponent,
    UsdcMustBeAssetZero,
)
from vaultsim.x.assets.formulas import coin_amount
from vaultsim.x.assets.ports import PricesPort
from vaultsim.x.assets.state import AssetsState
from vaultsim.x.assets.types import USDC_ASSET_ID, USDC_DENOM, USDC_DENOM_EXPONENT
from vaultsim.x.bank.types import Coin


class AssetsKeeper:
    """Reads and creates assets."""

    def __init__(self, state: AssetsState, prices: PricesPort) -> None:
        self.state = state
        self._prices = prices

    def find(self, ctx: Context, asset_id: int) -> Asset | None:
        """The asset, or None."""
        return self.state.assets.get(ctx, asset_id)

    def get(self, ctx: Context, asset_id: int) -> Asset:
        """The asset; raises AssetDoesNotExist [1]."""
        asset = self.state.assets.get(ctx, asset_id)
        if asset is None:
            raise AssetDoesNotExist(str(asset_id))
        return asset

    def all(self, ctx: Context) -> list[Asset]:
        """Every asset by ascending id."""
        return list(self.state.assets.values(ctx))

    def to_coin(self, ctx: Context, asset_id: int, quantums: int) -> tuple[int, Coin]:
        """(quantums that whole coins make up, the coin), floored.

        Raises AssetDoesNotExist [1], InvalidAssetAtomicResolution [10], InvalidDenomExponent [11]; a negative amount
        is a chain panic.
        """
        asset = self.get(ctx, asset_id)
        rounded, amount = coin_amount(asset, quantums)
        return rounded, Coin(asset.denom, amount)

    def create(self, ctx: Context, asset: Asset) -> None:
        """Stores a new asset after the chain's checks, in its order: [5] [7] [13] [7] [4] [prices 201] [9]."""
        if self.state.assets.get(ctx, asset.id) is not None:
            raise AssetIdAlreadyExists(str(asset.id))
        if asset.id == USDC_ASSET_ID:
            if asset.denom != USDC_DENOM:
                raise UsdcMustBeAssetZero()
            if asset.denom_exponent != USDC_DENOM_EXPONENT:
                raise UnexpectedUsdcDenomExponent(str(asset.denom_exponent))
        elif asset.denom == USDC_DENOM:
            raise UsdcMustBeAssetZero()
        if any(other.denom == asset.denom for other in self.state.assets.values(ctx)):
            raise AssetDenomAlreadyExists(asset.denom)
        if asset.has_market:
            self._prices.market_price(ctx, asset.market_id)
        elif asset.market_id > 0:
            raise InvalidMarketId(str(asset.market_id))
        self.state.assets.set(ctx, asset.id, asset)
