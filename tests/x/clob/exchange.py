"""A small exchange for clob tests: real keepers over a real store, with one ETH market and two traders."""

from __future__ import annotations

from tests.x.markets import FakeMarketMap
from vaultsim.address import module_address
from vaultsim.context import NANOSECONDS, Context
from vaultsim.pb.dydxprotocol.affiliates import AffiliateParameters
from vaultsim.pb.dydxprotocol.blocktime import BlockInfo
from vaultsim.pb.dydxprotocol.clob import (
    BlockRateLimitConfiguration,
    ClobPair,
    EquityTierLimitConfiguration,
    FillablePriceConfig,
    LiquidationsConfig,
    Order,
    OrderId,
    PerpetualClobMetadata,
    PositionBlockLimits,
    ProcessProposerMatchesEvents,
    SubaccountBlockLimits,
)
from vaultsim.pb.dydxprotocol.feetiers import PerpetualFeeParams, PerpetualFeeTier
from vaultsim.pb.dydxprotocol.perpetuals import LiquidityTier, Params, PerpetualParams
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.pb.dydxprotocol.revshare import (
    UnconditionalRevShareConfig,
    UnconditionalRevShareConfig_RecipientConfig,
)
from vaultsim.pb.dydxprotocol.subaccounts import AssetPosition, PerpetualPosition, Subaccount, SubaccountId
from vaultsim.pb.google.protobuf import Timestamp
from vaultsim.pb.runtime import replace
from vaultsim.store.multistore import MultiStore
from vaultsim.x.affiliates.keeper import AffiliatesKeeper
from vaultsim.x.affiliates.state import AffiliatesState
from vaultsim.x.assets.keeper import AssetsKeeper
from vaultsim.x.assets.state import AssetsState
from vaultsim.x.assets.types import USDC, USDC_DENOM
from vaultsim.x.auth.keeper import AccountKeeper
from vaultsim.x.auth.state import AuthState
from vaultsim.x.bank.keeper import BankKeeper
from vaultsim.x.bank.state import BankState
from vaultsim.x.bank.types import Coin
from vaultsim.x.blocktime.keeper import BlocktimeKeeper
from vaultsim.x.blocktime.state import BlocktimeState
from vaultsim.x.clob.keeper import ClobKeeper
from vaultsim.x.clob.keeper_base import ClobPorts
from vaultsim.x.clob.state import ClobState
from vaultsim.x.clob.types import AffiliateTerms
from vaultsim.x.epochs.keeper import EpochsKeeper
from vaultsim.x.epochs.state import EpochsState
from vaultsim.x.feetiers.keeper import FeetiersKeeper
from vaultsim.x.feetiers.state import FeetiersState
from vaultsim.x.perpetuals.keeper import PerpetualsKeeper
from vaultsim.x.perpetuals.state import PerpetualsState
from vaultsim.x.prices.keeper import PricesKeeper
from vaultsim.x.prices.state import PricesState
from vaultsim.x.revshare.keeper import RevshareKeeper
from vaultsim.x.revshare.state import RevshareState
from vaultsim.x.rewards.keeper import RewardsKeeper
from vaultsim.x.rewards.state import RewardsState
from vaultsim.x.staking.keeper import StakingKeeper
from vaultsim.x.stats.keeper import StatsKeeper
from vaultsim.x.stats.state import StatsState
from vaultsim.x.subaccounts.keeper import SubaccountsKeeper
from vaultsim.x.subaccounts.state import SubaccountsState

GENESIS_TIME = 1_700_000_000 - 100
VAULT = SubaccountId(owner="dydx14rplxdyycc6wxmgl8fggppgq4774l70zt6phkw", number=0)
ALICE = SubaccountId(owner="dydx199tqg4wdlnu4qjlxchpd7seg454937hjrknju4", number=0)
MEGAVAULT = module_address("megavault")
POOL = module_address("subaccounts")
FUND = module_address("insurance_fund")
FEE_COLLECTOR = module_address("fee_collector")
REAL_TERMS = AffiliateTerms(frozenset(), AffiliateParameters(referee_minimum_fee_tier_idx=2))
PAIR = ClobPair(
    id=1,
    perpetual_clob_metadata=PerpetualClobMetadata(perpetual_id=1),
    step_base_quantums=1_000_000,
    subticks_per_tick=100_000,
    quantum_conversion_exponent=-9,
    status=1,
)
LIQUIDATIONS = LiquidationsConfig(
    max_liquidation_fee_ppm=5_000,
    position_block_limits=PositionBlockLimits(
        min_position_notional_liquidated=1_000, max_position_portion_liquidated_ppm=1_000_000
    ),
    subaccount_block_limits=SubaccountBlockLimits(max_notional_liquidated=10**14, max_quantums_insurance_lost=10**14),
    fillable_price_config=FillablePriceConfig(
        bankruptcy_adjustment_ppm=1_000_000, spread_to_maintenance_margin_ratio_ppm=100_000
    ),
)
PROMOTIONAL_TAKER_PPM = (500, 450, 400, 350, 300, 250, 250, 250, 250)


class FakeVaults:
    """Who counts as a vault for fees."""

    def __init__(self) -> None:
        self.owners = {VAULT.owner}

    def is_vault(self, ctx: Context, bech32: str) -> bool:
        return bech32 in self.owners


class Exchange:
    """ETH-USD as pair, perpetual and market 1; block `height` begins at 1 700 000 000 + height - 100 seconds."""

    def __init__(self, height: int = 101) -> None:
        self.accounts = AccountKeeper(AuthState())
        self.bank = BankKeeper(BankState(), self.accounts)
        self.blocktime = BlocktimeKeeper(BlocktimeState())
        epochs = EpochsKeeper(EpochsState())
        self.stats = StatsKeeper(StatsState(), epochs, StakingKeeper())
        self.affiliates = AffiliatesKeeper(AffiliatesState(), self.stats)
        self.revshare = RevshareKeeper(RevshareState(), self.stats, self.affiliates)
        self.prices = PricesKeeper(PricesState(), FakeMarketMap({"ETH/USD": 6}), self.revshare)
        self.assets = AssetsKeeper(AssetsState(), self.prices)
        self.feetiers = FeetiersKeeper(FeetiersState(), self.stats, self.affiliates, self.revshare)
        self.perpetuals = PerpetualsKeeper(PerpetualsState(), self.prices, epochs)
        self.subaccounts = SubaccountsKeeper(
            SubaccountsState(), self.assets, self.bank, self.blocktime, self.perpetuals
        )
        self.rewards = RewardsKeeper(RewardsState(), self.bank, self.feetiers, self.prices)
        ports = ClobPorts(
            self.blocktime,
            self.perpetuals,
            self.prices,
            self.subaccounts,
            self.feetiers,
            self.stats,
            self.affiliates,
            self.revshare,
            self.rewards,
        )
        self.state = ClobState()
        self.clob = ClobKeeper(self.state, ports)
        self.revshare.feetiers = self.feetiers
        self.vaults = FakeVaults()
        self.feetiers.vaults = self.vaults
        self.perpetuals.clob = self.clob
        keepers = (
            self.accounts, self.bank, self.blocktime, epochs, self.stats, self.affiliates, self.revshare, self.prices,
            self.assets, self.feetiers, self.perpetuals, self.subaccounts, self.rewards, self.clob,
        )  # fmt: skip
        schemas = {}
        for keeper in keepers:
            for name in ("schema", "memory_schema", "transient_schema", "transient"):
                schema = getattr(keeper.state, name, None)
                if schema is not None:
                    schemas[schema.name] = schema
        self.store = MultiStore(list(schemas.values()))
        self.branch = self.store.branch()
        self._fill(self.context(0))
        self.ctx = self.begin_block(height)

    def context(self, height: int, *, is_check: bool = False) -> Context:
        return Context(
            self.branch, height=height, time_ns=(GENESIS_TIME + height) * NANOSECONDS, chain_id="x", is_check=is_check
        )

    def begin_block(self, height: int) -> Context:
        """Starts a block, as if the one before had been a second earlier."""
        ctx = self.ctx = self.context(height)
        previous = BlockInfo(height=height - 1, timestamp=Timestamp(seconds=GENESIS_TIME + height - 1))
        self.blocktime.state.previous_block_info.set(ctx, previous)
        self.state.next_transaction_index.delete(ctx)
        self.clob.reset_block_records(ctx)
        return ctx

    def set_price(self, price: int) -> None:
        self.prices.state.prices.set(self.ctx, 1, MarketPrice(id=1, exponent=-6, price=price))

    def fund(self, subaccount_id: SubaccountId, usdc: int, position: int = 0) -> None:
        """Gives a subaccount USDC (backed by coins) and a position (a long counts as open interest)."""
        positions = (PerpetualPosition(perpetual_id=1, quantums=position, funding_index=0),) if position else ()
        assets = (AssetPosition(asset_id=0, quantums=usdc),) if usdc else ()
        self.subaccounts.set(
            self.ctx, Subaccount(id=subaccount_id, asset_positions=assets, perpetual_positions=positions)
        )
        if position > 0:
            self.perpetuals.set_open_interest(self.ctx, 1, position)
        if usdc > 0:
            self.bank.give(self.ctx, POOL, (Coin(USDC_DENOM, usdc),))

    def balance(self, address: bytes) -> int:
        return self.bank.balance(self.ctx, address, USDC_DENOM)

    def set_pair(self, **changes: object) -> None:
        pair = self.clob.clob_pair(self.ctx, 1)
        self.state.clob_pairs.set(self.ctx, 1, replace(pair, **changes))

    def _fill(self, ctx: Context) -> None:
        self.blocktime.state.previous_block_info.set(ctx, BlockInfo(timestamp=Timestamp(seconds=GENESIS_TIME)))
        self.assets.create(ctx, USDC)
        self.prices.create_market(
            ctx,
            MarketParam(id=1, pair="ETH-USD", min_price_change_ppm=1_000),
            MarketPrice(id=1, exponent=-6, price=3_000_000_000),
        )
        self.perpetuals.set_params(
            ctx,
            Params(
                funding_rate_clamp_factor_ppm=6_000_000,
                premium_vote_clamp_factor_ppm=60_000_000,
                min_num_votes_per_sample=15,
            ),
        )
        self.perpetuals.set_liquidity_tier(
            ctx,
            LiquidityTier(
                id=0, name="Large-Cap", initial_margin_ppm=20_000, maintenance_fraction_ppm=600_000,
                impact_notional=10_000_000_000,
            ),
        )  # fmt: skip
        self.perpetuals.create(
            ctx, PerpetualParams(id=1, ticker="ETH-USD", market_id=1, atomic_resolution=-9, market_type=1)
        )
        tiers = tuple(
            PerpetualFeeTier(
                name=str(index), maker_fee_ppm=-110, taker_fee_ppm=taker_ppm, absolute_volume_requirement=volume
            )
            for index, (taker_ppm, volume) in enumerate(
                zip(PROMOTIONAL_TAKER_PPM, (0, 10**12, 5 * 10**12, 25 * 10**12, *[125 * 10**12] * 5), strict=True)
            )
        )
        self.feetiers.state.params.set(ctx, PerpetualFeeParams(tiers=tiers))
        recipient = UnconditionalRevShareConfig_RecipientConfig(
            address="dydx18tkxrnrkqc2t0lr3zxr5g6a4hdvqksylxqje4r", share_ppm=200_000
        )
        self.revshare.set_unconditional_config(ctx, UnconditionalRevShareConfig(configs=(recipient,)))
        self.clob.create_genesis_clob_pair(ctx, PAIR)
        self.clob.set_liquidations_config(ctx, LIQUIDATIONS)
        self.clob.set_rate_limits(ctx, BlockRateLimitConfiguration())
        self.clob.set_equity_tiers(ctx, EquityTierLimitConfiguration())
        self.state.proposer_events.set(ctx, ProcessProposerMatchesEvents(block_height=1))


def order_id(owner: SubaccountId = ALICE, client_id: int = 0, flags: int = 64, clob_pair_id: int = 1) -> OrderId:
    return OrderId(subaccount_id=owner, client_id=client_id, order_flags=flags, clob_pair_id=clob_pair_id)


def long_term(
    owner: SubaccountId = ALICE,
    client_id: int = 0,
    *,
    side: int = 1,
    quantums: int = 1_000_000,
    subticks: int = 3_000_000_000,
    good_til: int = 1_700_000_060,
    flags: int = 64,
    **more: object,
) -> Order:
    return Order(
        order_id=order_id(owner, client_id, flags),
        side=side,
        quantums=quantums,
        subticks=subticks,
        good_til_block_time=good_til,
        **more,  # type: ignore[arg-type]
    )


def short_term(
    owner: SubaccountId = ALICE,
    client_id: int = 7,
    *,
    side: int = 1,
    quantums: int = 1_000_000,
    subticks: int = 3_000_000_000,
    good_til: int = 110,
    **more: object,
) -> Order:
    return Order(
        order_id=order_id(owner, client_id, 0),
        side=side,
        quantums=quantums,
        subticks=subticks,
        good_til_block=good_til,
        **more,  # type: ignore[arg-type]
    )
