"""Markets that anybody may list. Source: dydx-modules §18."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.ints import wrap_u32
from vaultsim.pb.dydxprotocol.clob import ClobPair, ClobPair_Status, PerpetualClobMetadata
from vaultsim.pb.dydxprotocol.listing import ListingVaultDepositParams
from vaultsim.pb.dydxprotocol.perpetuals import PerpetualMarketType, PerpetualParams
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import VaultId, VaultStatus, VaultType
from vaultsim.x.listing import formulas
from vaultsim.x.listing.errors import HardCapReached, MarketNotFound, ZeroReferencePrice
from vaultsim.x.listing.ports import Clob, MarketMap, Perpetuals, Prices, Subaccounts, Vaults
from vaultsim.x.listing.state import ListingState
from vaultsim.x.marketmap.types import MarketMapEntry
from vaultsim.x.prices.formulas import currency_pair

ISOLATED = PerpetualMarketType.PERPETUAL_MARKET_TYPE_ISOLATED
CROSS = PerpetualMarketType.PERPETUAL_MARKET_TYPE_CROSS
_NO_DEPOSIT = ListingVaultDepositParams()


class ListingKeeper:
    """Reads and writes of x/listing."""

    def __init__(
        self,
        state: ListingState,
        prices: Prices,
        market_map: MarketMap,
        perpetuals: Perpetuals,
        clob: Clob,
        subaccounts: Subaccounts,
        vaults: Vaults,
    ) -> None:
        self.state = state
        self._prices = prices
        self._market_map = market_map
        self._perpetuals = perpetuals
        self._clob = clob
        self._subaccounts = subaccounts
        self._vaults = vaults

    def hard_cap(self, ctx: Context) -> int:
        """Listing is refused once there are more perpetuals than this."""
        return self.state.hard_cap.get(ctx) or 0

    def set_hard_cap(self, ctx: Context, hard_cap: int) -> None:
        """Stores the hard cap."""
        self.state.hard_cap.set(ctx, hard_cap)

    def deposit_params(self, ctx: Context) -> ListingVaultDepositParams:
        """What a listing costs (quote quantums) and for how long its shares are locked (blocks)."""
        return self.state.deposit_params.get(ctx) or _NO_DEPOSIT

    def set_deposit_params(self, ctx: Context, params: ListingVaultDepositParams) -> None:
        """Stores what a listing costs. Raises [4], [5]."""
        formulas.require_valid_deposit_params(params)
        self.state.deposit_params.set(ctx, params)

    def list_market(self, ctx: Context, ticker: str, payer: SubaccountId) -> int:
        """Lists "BASE-QUOTE" with a vault paid by `payer`; returns the clob pair's id.

        Raises [3], [1], [6], [2] and whatever the modules involved raise.
        """
        if len(self._perpetuals.all(ctx)) > self.hard_cap(ctx):
            raise HardCapReached
        market_id = self._create_market(ctx, ticker)
        perpetual_id = self._create_perpetual(ctx, ticker, market_id)
        clob_pair_id = self._create_clob_pair(ctx, perpetual_id)
        self._fund_vault(ctx, payer, clob_pair_id)
        return clob_pair_id

    def upgrade_to_cross(self, ctx: Context, perpetual_id: int) -> None:
        """Makes an isolated perpetual cross, its insurance fund and collateral first.

        Raises [perpetuals 1], and ChainError for one that is not isolated.
        """
        if self._perpetuals.get(ctx, perpetual_id).params.market_type != ISOLATED:
            raise ChainError(f"perpetual {perpetual_id} is not an isolated perpetual and cannot be upgraded to cross")
        self._subaccounts.transfer_isolated_to_cross(ctx, perpetual_id)
        self._perpetuals.set_market_type(ctx, perpetual_id, CROSS)

    def _create_market(self, ctx: Context, ticker: str) -> int:
        # The id is taken before anything is looked at, as on the chain: gas shows it.
        market_id = self._prices.acquire_next_market_id(ctx)
        entry = self._entry(ctx, ticker)
        param = MarketParam(id=market_id, pair=ticker, min_price_change_ppm=formulas.MIN_PRICE_CHANGE_PPM)
        self._prices.create_market(ctx, param, MarketPrice(id=market_id, exponent=-entry.decimals, price=0))
        return market_id

    def _create_perpetual(self, ctx: Context, ticker: str, market_id: int) -> int:
        perpetual_id = self._perpetuals.acquire_next_id(ctx)
        entry = self._entry(ctx, ticker)
        metadata = formulas.parse_ticker_metadata(entry.metadata_json)
        if metadata.reference_price == 0:
            raise ZeroReferencePrice
        self._perpetuals.create(
            ctx,
            PerpetualParams(
                id=perpetual_id,
                ticker=ticker,
                market_id=market_id,
                atomic_resolution=formulas.atomic_resolution(metadata.reference_price, entry.decimals),
                default_funding_ppm=formulas.DEFAULT_FUNDING_PPM,
                liquidity_tier=formulas.LIQUIDITY_TIER,
                market_type=CROSS if metadata.cross_launch else ISOLATED,
            ),
        )
        return perpetual_id

    def _create_clob_pair(self, ctx: Context, perpetual_id: int) -> int:
        clob_pair_id = self._clob.acquire_next_clob_pair_id(ctx)
        pair = ClobPair(
            id=clob_pair_id,
            perpetual_clob_metadata=PerpetualClobMetadata(perpetual_id=perpetual_id),
            step_base_quantums=formulas.STEP_BASE_QUANTUMS,
            subticks_per_tick=formulas.SUBTICKS_PER_TICK,
            quantum_conversion_exponent=formulas.QUANTUM_CONVERSION_EXPONENT,
            status=ClobPair_Status.STATUS_ACTIVE,
        )
        self._clob.create_clob_pair(ctx, pair)
        return clob_pair_id

    def _fund_vault(self, ctx: Context, payer: SubaccountId, clob_pair_id: int) -> None:
        params = self.deposit_params(ctx)
        vault_id = VaultId(type=VaultType.VAULT_TYPE_CLOB, number=clob_pair_id)
        new_amount = int(params.new_vault_deposit_amount)
        total = new_amount + params.main_vault_deposit_amount
        minted_shares = self._vaults.deposit_to_megavault(ctx, payer, total)
        self._vaults.allocate_to_vault(ctx, vault_id, new_amount)
        til_height = wrap_u32(ctx.height + params.num_blocks_to_lock_shares)
        self._vaults.lock_shares(ctx, payer.owner, minted_shares, til_height)
        self._vaults.set_vault_status(ctx, vault_id, VaultStatus.VAULT_STATUS_QUOTING)

    def _entry(self, ctx: Context, ticker: str) -> MarketMapEntry:
        entry = self._market_map.read(ctx, currency_pair(ticker))
        if entry is None:
            raise MarketNotFound
        return entry
