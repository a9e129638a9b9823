"""Markets: assets, prices, perpetuals, pairs, and their limits."""

from __future__ import annotations

from vaultsim.app.wiring import Keepers
from vaultsim.context import Context
from vaultsim.fork.reading import Reading
from vaultsim.pb.dydxprotocol import assets, clob, listing, perpetuals, prices
from vaultsim.pb.dydxprotocol.subaccounts import (
    QueryGetWithdrawalAndTransfersBlockedInfoRequest,
    QueryGetWithdrawalAndTransfersBlockedInfoResponse,
)
from vaultsim.x.subaccounts.gating import suffix_of_perpetual


def read_markets(reading: Reading) -> None:
    """All of it. Raises UserError, and Unserved for what no chain can do without."""
    _read_assets(reading)
    _read_prices(reading)
    _read_perpetuals(reading)
    _read_pairs(reading)
    _read_listing(reading)


def _read_assets(reading: Reading) -> None:
    pages = reading.api.pages("assets", assets.QueryAllAssetsRequest(), assets.QueryAllAssetsResponse)
    reading.sections["assets"] = assets.GenesisState(assets=tuple(one for page in pages for one in page.asset))


def _read_prices(reading: Reading) -> None:
    api = reading.api
    param_pages = api.pages("markets", prices.QueryAllMarketParamsRequest(), prices.QueryAllMarketParamsResponse)
    params = tuple(one for page in param_pages for one in page.market_params)
    price_pages = api.pages("prices", prices.QueryAllMarketPricesRequest(), prices.QueryAllMarketPricesResponse)
    known = tuple(one for page in price_pages for one in page.market_prices)
    reading.sections["prices"] = prices.GenesisState(market_params=params, market_prices=known)
    reading.taken["markets"] = len(params)
    counter = reading.ask(
        prices.QueryNextMarketIdRequest(), prices.QueryNextMarketIdResponse, instead="one after the largest id"
    )
    if counter is not None and counter.next_market_id:
        next_id = counter.next_market_id
        reading.writes.append(lambda keepers, ctx: keepers.prices.state.next_market_id.set(ctx, next_id))


def _read_perpetuals(reading: Reading) -> None:
    api = reading.api
    pages = api.pages("perpetuals", perpetuals.QueryAllPerpetualsRequest(), perpetuals.QueryAllPerpetualsResponse)
    listed = tuple(one for page in pages for one in page.perpetual)
    tiers = api.pages(
        "liquidity tiers", perpetuals.QueryAllLiquidityTiersRequest(), perpetuals.QueryAllLiquidityTiersResponse
    )
    params = api.ask(perpetuals.QueryParamsRequest(), perpetuals.QueryParamsResponse)
    reading.sections["perpetuals"] = perpetuals.GenesisState(
        perpetuals=listed,
        liquidity_tiers=tuple(one for page in tiers for one in page.liquidity_tiers),
        params=params.params,
    )
    reading.taken["perpetuals"] = len(listed)
    _read_premiums(reading)
    _read_blocked_pools(reading, listed)
    counter = reading.ask(
        perpetuals.QueryNextPerpetualIdRequest(),
        perpetuals.QueryNextPerpetualIdResponse,
        instead="one after the largest id",
    )
    if counter is not None and counter.next_perpetual_id:
        next_id = counter.next_perpetual_id
        reading.writes.append(lambda keepers, ctx: keepers.perpetuals.state.next_perpetual_id.set(ctx, next_id))


def _read_premiums(reading: Reading) -> None:
    nothing = "none: the next funding is of the samples from now on"
    votes = reading.ask(perpetuals.QueryPremiumVotesRequest(), perpetuals.QueryPremiumVotesResponse, instead=nothing)
    samples = reading.ask(
        perpetuals.QueryPremiumSamplesRequest(), perpetuals.QueryPremiumSamplesResponse, instead=nothing
    )
    if votes is None or samples is None:
        return

    def write(keepers: Keepers, ctx: Context) -> None:
        state = keepers.perpetuals.state
        state.premium_votes.set(ctx, votes.premium_votes)
        state.premium_samples.set(ctx, samples.premium_samples)

    reading.writes.append(write)


def _read_blocked_pools(reading: Reading, listed: tuple[perpetuals.Perpetual, ...]) -> None:
    """Heights at which a pool was seen with negative collateral, which closes its withdrawals for a while."""
    ids = [one.params.id for one in listed]
    answers = reading.api.ask_each(
        "blocked withdrawals",
        [QueryGetWithdrawalAndTransfersBlockedInfoRequest(perpetual_id=one) for one in ids],
        QueryGetWithdrawalAndTransfersBlockedInfoResponse,
    )
    heights = {
        one: answer.negative_tnc_subaccount_seen_at_block
        for one, answer in zip(ids, answers, strict=True)
        if answer is not None and answer.negative_tnc_subaccount_seen_at_block
    }

    def write(keepers: Keepers, ctx: Context) -> None:
        for perpetual_id, height in heights.items():
            suffix = suffix_of_perpetual(keepers.subaccounts, ctx, perpetual_id)
            keepers.subaccounts.state.negative_tnc_heights.set(ctx, suffix, height)

    reading.writes.append(write)


def _read_pairs(reading: Reading) -> None:
    api = reading.api
    pages = api.pages("clob pairs", clob.QueryAllClobPairRequest(), clob.QueryClobPairAllResponse)
    pairs = tuple(one for page in pages for one in page.clob_pair)
    limits = api.ask(clob.QueryBlockRateLimitConfigurationRequest(), clob.QueryBlockRateLimitConfigurationResponse)
    tiers = api.ask(clob.QueryEquityTierLimitConfigurationRequest(), clob.QueryEquityTierLimitConfigurationResponse)
    liquidations = api.ask(clob.QueryLiquidationsConfigurationRequest(), clob.QueryLiquidationsConfigurationResponse)
    reading.sections["clob"] = clob.GenesisState(
        clob_pairs=pairs,
        liquidations_config=liquidations.liquidations_config,
        block_rate_limit_config=limits.block_rate_limit_config,
        equity_tier_limit_config=tiers.equity_tier_limit_config,
    )
    reading.taken["clob pairs"] = len(pairs)
    counter = reading.ask(
        clob.QueryNextClobPairIdRequest(), clob.QueryNextClobPairIdResponse, instead="one after the largest id"
    )
    if counter is not None and counter.next_clob_pair_id:
        next_id = counter.next_clob_pair_id
        reading.writes.append(lambda keepers, ctx: keepers.clob.state.next_clob_pair_id.set(ctx, next_id))


def _read_listing(reading: Reading) -> None:
    cap = reading.ask(listing.QueryMarketsHardCap(), listing.QueryMarketsHardCapResponse)
    deposit = reading.ask(listing.QueryListingVaultDepositParams(), listing.QueryListingVaultDepositParamsResponse)
    if cap is not None and deposit is not None:
        reading.sections["listing"] = listing.GenesisState(
            hard_cap_for_markets=cap.hard_cap, listing_vault_deposit_params=deposit.params
        )
