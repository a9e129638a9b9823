"""Fees, shares of revenue, statistics, epochs, times, delayed messages: what blocks go by."""

from __future__ import annotations

from vaultsim.app.wiring import Keepers
from vaultsim.context import Context
from vaultsim.fork.api import ANY_REFUSAL
from vaultsim.fork.reading import Reading
from vaultsim.pb.dydxprotocol import (
    accountplus,
    affiliates,
    blocktime,
    delaymsg,
    epochs,
    feetiers,
    prices,
    revshare,
    rewards,
    stats,
)
from vaultsim.x.epochs.types import STATS_EPOCH

NO_DISCOUNTS = "no discounts"


def read_rules(reading: Reading) -> None:
    """All of it; the markets must have been read. Raises UserError, and Unserved for what no chain can do without."""
    _read_time(reading)
    _read_fees(reading)
    _read_affiliates(reading)
    _read_revenue_shares(reading)
    _read_statistics(reading)
    _read_delayed_messages(reading)
    _read_parameters(reading)


def _read_time(reading: Reading) -> None:
    api = reading.api
    pages = api.pages("epochs", epochs.QueryAllEpochInfoRequest(), epochs.QueryEpochInfoAllResponse)
    listed = tuple(one for page in pages for one in page.epoch_info)
    reading.sections["epochs"] = epochs.GenesisState(epoch_info_list=listed)
    params = api.ask(blocktime.QueryDowntimeParamsRequest(), blocktime.QueryDowntimeParamsResponse)
    reading.sections["blocktime"] = blocktime.GenesisState(params=params.params)
    last = api.ask(blocktime.QueryPreviousBlockInfoRequest(), blocktime.QueryPreviousBlockInfoResponse)
    downtimes = reading.ask(
        blocktime.QueryAllDowntimeInfoRequest(), blocktime.QueryAllDowntimeInfoResponse, instead="no outages so far"
    )
    synchrony = reading.ask(blocktime.QuerySynchronyParamsRequest(), blocktime.QuerySynchronyParamsResponse)

    def write(keepers: Keepers, ctx: Context) -> None:
        state = keepers.blocktime.state
        if last.info is not None:
            state.previous_block_info.set(ctx, last.info)
        if downtimes is not None and downtimes.info is not None:
            state.all_downtime_info.set(ctx, downtimes.info)
        if synchrony is not None and synchrony.params != keepers.blocktime.synchrony_params(ctx):
            state.synchrony_params.set(ctx, synchrony.params)

    reading.writes.append(write)


def _read_fees(reading: Reading) -> None:
    params = reading.api.ask(feetiers.QueryPerpetualFeeParamsRequest(), feetiers.QueryPerpetualFeeParamsResponse)
    staking = reading.ask(feetiers.QueryStakingTiersRequest(), feetiers.QueryStakingTiersResponse, instead=NO_DISCOUNTS)
    reading.sections["feetiers"] = feetiers.GenesisState(
        params=params.params, staking_tiers=() if staking is None else staking.staking_tiers
    )
    discounts = reading.ask(
        feetiers.QueryAllMarketFeeDiscountParamsRequest(),
        feetiers.QueryAllMarketFeeDiscountParamsResponse,
        instead=NO_DISCOUNTS,
    )
    if discounts is None:
        return

    def write(keepers: Keepers, ctx: Context) -> None:
        for one in discounts.params:
            keepers.feetiers.state.discounts.set(ctx, one.clob_pair_id, one)

    reading.writes.append(write)


def _read_affiliates(reading: Reading) -> None:
    tiers = reading.ask(affiliates.AllAffiliateTiersRequest(), affiliates.AllAffiliateTiersResponse)
    parameters = reading.ask(affiliates.AffiliateParametersRequest(), affiliates.AffiliateParametersResponse)
    whitelist = reading.ask(affiliates.AffiliateWhitelistRequest(), affiliates.AffiliateWhitelistResponse)
    overrides = reading.ask(affiliates.AffiliateOverridesRequest(), affiliates.AffiliateOverridesResponse)
    reading.sections["affiliates"] = affiliates.GenesisState(
        affiliate_tiers=affiliates.AffiliateTiers() if tiers is None else tiers.tiers,
        affiliate_parameters=affiliates.AffiliateParameters() if parameters is None else parameters.parameters,
    )

    def write(keepers: Keepers, ctx: Context) -> None:
        state = keepers.affiliates.state
        if whitelist is not None and whitelist.whitelist.tiers:
            state.whitelist.set(ctx, whitelist.whitelist)
        if overrides is not None and overrides.overrides.addresses:
            state.overrides.set(ctx, overrides.overrides)

    reading.writes.append(write)


def _read_revenue_shares(reading: Reading) -> None:
    api = reading.api
    params = reading.ask(
        revshare.QueryMarketMapperRevenueShareParams(), revshare.QueryMarketMapperRevenueShareParamsResponse
    )
    if params is not None:
        reading.sections["revshare"] = revshare.GenesisState(params=params.params)
    config = reading.ask(
        revshare.QueryUnconditionalRevShareConfig(),
        revshare.QueryUnconditionalRevShareConfigResponse,
        instead="nobody has a share of the protocol's revenue",
    )
    listed = reading.sections["prices"]
    assert isinstance(listed, prices.GenesisState)
    markets = [one.id for one in listed.market_params]
    answers = (
        []
        if params is None
        else api.ask_each(
            "market mappers",
            [revshare.QueryMarketMapperRevShareDetails(market_id=one) for one in markets],
            revshare.QueryMarketMapperRevShareDetailsResponse,
            ANY_REFUSAL,
        )
    )
    details = {market: one.details for market, one in zip(markets, answers, strict=False) if one is not None}

    def write(keepers: Keepers, ctx: Context) -> None:
        state = keepers.revshare.state
        if config is not None and config.config.configs:
            state.unconditional_config.set(ctx, config.config)
        for market, one in details.items():
            state.mapper_details.set(ctx, market, one)

    reading.writes.append(write)


def _read_statistics(reading: Reading) -> None:
    api = reading.api
    params = api.ask(stats.QueryParamsRequest(), stats.QueryParamsResponse)
    reading.sections["stats"] = stats.GenesisState(params=params.params)
    totals = api.ask(stats.QueryGlobalStatsRequest(), stats.QueryGlobalStatsResponse)
    metadata = api.ask(stats.QueryStatsMetadataRequest(), stats.QueryStatsMetadataResponse)
    by_epoch, by_user = _statistics_in_detail(reading, metadata.metadata) if reading.all_subaccounts else ({}, {})

    def write(keepers: Keepers, ctx: Context) -> None:
        state = keepers.stats.state
        if totals.stats is not None and totals.stats != stats.GlobalStats():
            state.totals.set(ctx, totals.stats)
        if metadata.metadata is not None and metadata.metadata.trailing_epoch:
            state.metadata.set(ctx, metadata.metadata)
        for epoch, one in by_epoch.items():
            state.epochs.set(ctx, epoch, one)
        for user, gained in by_user.items():
            state.users.set(ctx, user, gained)

    reading.writes.append(write)


def _statistics_in_detail(
    reading: Reading, metadata: stats.StatsMetadata | None
) -> tuple[dict[int, stats.EpochStats], dict[str, stats.UserStats]]:
    """What was traded in each epoch that still counts, and by whom."""
    known = reading.sections["epochs"]
    assert isinstance(known, epochs.GenesisState)
    current = next((one.current_epoch for one in known.epoch_info_list if one.name == STATS_EPOCH), 0)
    numbers = range(0 if metadata is None else metadata.trailing_epoch, current + 1)
    answers = reading.api.ask_each(
        "statistics by epoch",
        [stats.QueryEpochStatsRequest(epoch=one) for one in numbers],
        stats.QueryEpochStatsResponse,
    )
    by_epoch = {
        epoch: one.stats
        for epoch, one in zip(numbers, answers, strict=True)
        if one is not None and one.stats is not None and one.stats.stats
    }
    users = list(dict.fromkeys(one.user for epoch in by_epoch.values() for one in epoch.stats))
    found = reading.api.ask_each(
        "statistics by user", [stats.QueryUserStatsRequest(user=one) for one in users], stats.QueryUserStatsResponse
    )
    by_user = {
        user: one.stats for user, one in zip(users, found, strict=True) if one is not None and one.stats is not None
    }
    reading.taken["users with statistics"] = len(by_user)
    return by_epoch, by_user


def _read_delayed_messages(reading: Reading) -> None:
    nothing = "none: shares that are locked stay so, and no parameter changes by itself"
    counter = reading.ask(
        delaymsg.QueryNextDelayedMessageIdRequest(), delaymsg.QueryNextDelayedMessageIdResponse, instead=nothing
    )
    if counter is None:
        return
    answers = reading.api.ask_each(
        "delayed messages",
        [delaymsg.QueryMessageRequest(id=one) for one in range(counter.next_delayed_message_id)],
        delaymsg.QueryMessageResponse,
    )
    waiting = tuple(one.message for one in answers if one is not None and one.message is not None)
    reading.sections["delaymsg"] = delaymsg.GenesisState(
        delayed_messages=waiting, next_delayed_message_id=counter.next_delayed_message_id
    )
    reading.taken["delayed messages"] = len(waiting)


def _read_parameters(reading: Reading) -> None:
    paid = reading.ask(rewards.QueryParamsRequest(), rewards.QueryParamsResponse)
    if paid is not None:
        reading.sections["rewards"] = rewards.GenesisState(params=paid.params)
    smart = reading.ask(accountplus.QueryParamsRequest(), accountplus.QueryParamsResponse)
    if smart is not None:
        reading.sections["dydxaccountplus"] = accountplus.GenesisState(params=smart.params)
