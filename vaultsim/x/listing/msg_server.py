"""Messages of x/listing; none has a stateless check. Source: dydx-modules §18."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.pb.dydxprotocol.listing import (
    MsgCreateMarketPermissionless,
    MsgCreateMarketPermissionlessResponse,
    MsgSetListingVaultDepositParams,
    MsgSetListingVaultDepositParamsResponse,
    MsgSetMarketsHardCap,
    MsgSetMarketsHardCapResponse,
    MsgUpgradeIsolatedPerpetualToCross,
    MsgUpgradeIsolatedPerpetualToCrossResponse,
)
from vaultsim.x.authority import GOV, require_authority
from vaultsim.x.listing.keeper import ListingKeeper


def create_market_signers(msg: MsgCreateMarketPermissionless) -> tuple[str, ...]:
    """The owner of the paying subaccount."""
    return ("" if msg.subaccount_id is None else msg.subaccount_id.owner,)


class ListingMsgServer:
    """Handlers of x/listing."""

    def __init__(self, keeper: ListingKeeper) -> None:
        self._keeper = keeper

    def create_market(self, ctx: Context, msg: MsgCreateMarketPermissionless) -> MsgCreateMarketPermissionlessResponse:
        """Lists a market with a vault."""
        if msg.subaccount_id is None:
            raise ChainPanic("runtime error: invalid memory address or nil pointer dereference")
        self._keeper.list_market(ctx, msg.ticker, msg.subaccount_id)
        return MsgCreateMarketPermissionlessResponse()

    def set_hard_cap(self, ctx: Context, msg: MsgSetMarketsHardCap) -> MsgSetMarketsHardCapResponse:
        """Replaces the hard cap."""
        require_authority(msg.authority, GOV)
        self._keeper.set_hard_cap(ctx, msg.hard_cap_for_markets)
        return MsgSetMarketsHardCapResponse()

    def set_deposit_params(
        self, ctx: Context, msg: MsgSetListingVaultDepositParams
    ) -> MsgSetListingVaultDepositParamsResponse:
        """Replaces what a listing costs."""
        require_authority(msg.authority, GOV)
        self._keeper.set_deposit_params(ctx, msg.params)
        return MsgSetListingVaultDepositParamsResponse()

    def upgrade_to_cross(
        self, ctx: Context, msg: MsgUpgradeIsolatedPerpetualToCross
    ) -> MsgUpgradeIsolatedPerpetualToCrossResponse:
        """Makes an isolated perpetual cross."""
        require_authority(msg.authority, GOV)
        self._keeper.upgrade_to_cross(ctx, msg.perpetual_id)
        return MsgUpgradeIsolatedPerpetualToCrossResponse()
