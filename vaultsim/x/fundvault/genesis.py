"""Genesis section "fundvault". Source: designs-on-chain (fundvault), fund-vault §3."""

from __future__ import annotations

from vaultsim.address import from_bech32
from vaultsim.context import NANOSECONDS, Context
from vaultsim.errors import ChainPanic
from vaultsim.lib.fixed import ONE_FIXED, fixed_from_text, text_of_fixed
from vaultsim.module import Genesis
from vaultsim.pb.dydxprotocol.epochs import EpochInfo
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.fundvault.v1 import (
    GenesisState,
    Params,
    PartyUnits,
    PendingUpdate,
    RedemptionRequest,
    Vault,
)
from vaultsim.x.clock import ZERO_TIME, timestamp_of
from vaultsim.x.fundvault.genesis_check import check, status_of
from vaultsim.x.fundvault.keeper import FundVaultKeeper
from vaultsim.x.fundvault.keeper_base import NOTHING_INVESTED
from vaultsim.x.fundvault.schedule import canonical
from vaultsim.x.fundvault.types import ACTIVE, ALL, EPOCH_NAME, EPOCH_SECONDS, STOPPED, normal_address


def fundvault_genesis(keeper: FundVaultKeeper) -> Genesis:
    """How the section is read, written and checked. The epoch of the counts is made if x/epochs does not have it."""

    def init(ctx: Context, section: GenesisState) -> None:
        for problem in check(section):
            raise ChainPanic(f"{problem.path}: {problem.text}")
        keeper.set_params(ctx, section.params)
        keeper.state.next_vault_sequence.set(ctx, section.next_vault_sequence)
        for vault in section.vaults:
            _write_vault(keeper, ctx, vault)
        for request in section.requests:
            keeper.set_request(ctx, _filled_in(request))
        if section.requests:
            keeper.state.next_request_id.set(ctx, max(request.id for request in section.requests) + 1)
        for count in section.epoch_counts:
            party = normal_address(count.party)
            keeper.state.epoch_counts.set(ctx, party, replace(count, party=party))
        if keeper.epochs.find(ctx, EPOCH_NAME) is None:
            keeper.epochs.create(ctx, EpochInfo(name=EPOCH_NAME, duration=EPOCH_SECONDS, fast_forward_next_tick=True))

    def export(ctx: Context) -> GenesisState:
        state = keeper.state
        vaults = [*state.vaults.values(ctx), *state.archive.values(ctx)]
        requests = [*state.open_requests.values(ctx), *state.done_requests.values(ctx)]
        return GenesisState(
            params=state.params.get(ctx) or Params(),
            vaults=tuple(_with_holders(keeper, ctx, vault) for vault in sorted(vaults, key=lambda vault: vault.id)),
            requests=tuple(sorted(requests, key=lambda request: request.id)),
            next_vault_sequence=state.next_vault_sequence.get(ctx) or 0,
            epoch_counts=tuple(state.epoch_counts.values(ctx)),
        )

    return Genesis(GenesisState, init, export, check)


def _write_vault(keeper: FundVaultKeeper, ctx: Context, given: Vault) -> None:
    pending = given.pending_update
    next_fee_time = given.next_fee_time
    if next_fee_time == ZERO_TIME:
        next_fee_time = timestamp_of(ctx.time_ns + given.fee_period * NANOSECONDS)
    vault = replace(
        given,
        owner=normal_address(given.owner),
        next_fee_time=next_fee_time,
        management_fee_factor=_decimal(given.management_fee_factor or "0"),
        performance_fee_factor=_decimal(given.performance_fee_factor or "0"),
        redemption_dates=tuple(map(canonical, given.redemption_dates)),
        whitelist=tuple(sorted({normal_address(party): None for party in given.whitelist})),
        status=given.status or ACTIVE,
        total_units=str(sum(int(holder.units) for holder in given.units)),
        units=(),
        invested_amount=_decimal(given.invested_amount or NOTHING_INVESTED),
        high_water_mark=_decimal(given.high_water_mark or text_of_fixed(ONE_FIXED)),
        pending_update=None if pending is None else _canonical_update(pending),
    )
    if vault.status == STOPPED:
        keeper.archive(ctx, vault)
    else:
        keeper.set_vault(ctx, vault)
    keeper.accounts.ensure_account(ctx, from_bech32(vault.id))
    for holder in given.units:
        keeper.set_units(ctx, vault.id, normal_address(holder.party), int(holder.units))


def _with_holders(keeper: FundVaultKeeper, ctx: Context, vault: Vault) -> Vault:
    holders = keeper.holders(ctx, vault.id)
    return replace(vault, units=tuple(PartyUnits(party=party, units=str(held)) for party, held in holders.items()))


def _filled_in(request: RedemptionRequest) -> RedemptionRequest:
    """A request with everything said: no amount is all of it, nothing else is nothing."""
    requested = request.amount_requested or ALL
    return replace(
        request,
        party=normal_address(request.party),
        status=status_of(request),
        amount_requested=requested,
        remaining=request.remaining or requested,
        due=request.due or "0",
        amount_received=request.amount_received or "0",
        cancelled_amount=request.cancelled_amount or "0",
        written_off=request.written_off or "0",
    )


def _canonical_update(pending: PendingUpdate) -> PendingUpdate:
    management, performance = pending.management_fee_factor, pending.performance_fee_factor
    return replace(
        pending,
        management_fee_factor=None if management is None else _decimal(management),
        performance_fee_factor=None if performance is None else _decimal(performance),
    )


def _decimal(text: str) -> str:
    return text_of_fixed(fixed_from_text(text))
