"""Genesis section "mmvault". Source: designs-on-chain (mmvault)."""

from __future__ import annotations

from vaultsim.address import is_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.ints import I64_MAX
from vaultsim.lib.maths import floor_mod
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.subaccounts import AssetPosition
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.mmvault.v1 import GenesisState, OwnerShares, Unlock
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.mmvault.errors import InvalidShares
from vaultsim.x.mmvault.formulas import Position
from vaultsim.x.mmvault.keeper import MmvaultKeeper
from vaultsim.x.mmvault.params import DEFAULT_PARAMS, params_to_wire, updated, validate_pair, validate_params
from vaultsim.x.mmvault.types import DAY_SECONDS, MODULE_NAME, UNLOCKING, VAULT
from vaultsim.x.perpetuals.formulas import net_notional
from vaultsim.x.subaccounts.types import MAX_SUBACCOUNT_NUMBER, usdc_balance


def mmvault_genesis(keeper: MmvaultKeeper) -> Genesis:
    """How the section is read, written and checked.

    The section does not tell what open positions cost: they count as bought at the oracle price of genesis. The money
    of unlocks lies in the vault's subaccount 1, which is filled up where the document gives it less.
    """

    def init(ctx: Context, section: GenesisState) -> None:
        problems = check(section)
        if problems:
            raise ChainPanic(f"{problems[0].path}: {problems[0].text}")
        params = updated(DEFAULT_PARAMS, section.params)
        keeper.require_valid(ctx, params, section.pairs)
        keeper.accounts.module_account(ctx, MODULE_NAME)
        keeper.write_params(ctx, params, section.pairs)
        keeper.state.share_supply.set(ctx, int(section.share_supply or 0))
        for record in section.shares:
            keeper.state.shares.set(ctx, record.owner, int(record.shares))
        for unlock in section.unlocks:
            keeper.set_unlocks(ctx, unlock.owner, (*keeper.unlocks_of(ctx, unlock.owner), unlock))
        if section.last_quote_refresh_height:
            keeper.state.last_quote_refresh_height.set(ctx, section.last_quote_refresh_height)
        for snapshot in section.snapshots:
            keeper.state.snapshots.set(ctx, snapshot.day_start, snapshot)
        _fill_up_unlocking(keeper, ctx, section)
        _value_positions(keeper, ctx)

    def export(ctx: Context) -> GenesisState:
        state = keeper.state
        return GenesisState(
            params=params_to_wire(keeper.params(ctx)),
            pairs=tuple(state.pairs.values(ctx)),
            share_supply=str(keeper.share_supply(ctx)),
            shares=tuple(OwnerShares(owner=owner, shares=str(shares)) for owner, shares in state.shares.items(ctx)),
            unlocks=tuple(unlock for queue in state.unlocks.values(ctx) for unlock in queue.unlocks),
            last_quote_refresh_height=state.last_quote_refresh_height.get(ctx) or 0,
            snapshots=tuple(state.snapshots.values(ctx)),
        )

    return Genesis(GenesisState, init, export, check)


def _fill_up_unlocking(keeper: MmvaultKeeper, ctx: Context, section: GenesisState) -> None:
    owed = sum(int(unlock.amount) for unlock in section.unlocks)
    subaccount = keeper.subaccounts.get(ctx, UNLOCKING)
    if usdc_balance(subaccount) < owed:
        usdc = AssetPosition(asset_id=USDC_ASSET_ID, quantums=owed)
        keeper.subaccounts.set(ctx, replace(subaccount, asset_positions=(usdc,)))


def _value_positions(keeper: MmvaultKeeper, ctx: Context) -> None:
    for held in keeper.subaccounts.get(ctx, VAULT).perpetual_positions:
        perpetual, price = keeper.perpetuals.perpetual_and_price(ctx, held.perpetual_id)
        cost = net_notional(perpetual, price, held.quantums)
        keeper.set_position_cost(ctx, held.perpetual_id, Position(held.quantums, cost))


def check(section: GenesisState) -> list[Problem]:
    """Every problem of a section that can be told without state."""
    problems: list[Problem] = []
    try:
        validate_params(updated(DEFAULT_PARAMS, section.params))
    except ChainError as problem:
        problems.append(Problem("$.params", problem.log))
    pairs: dict[int, int] = {}
    for index, pair in enumerate(section.pairs):
        path = f"$.pairs[{index}]"
        try:
            validate_pair(pair)
        except ChainError as problem:
            problems.append(Problem(path, problem.log))
        if pair.clob_pair_id in pairs:
            problems.append(Problem(f"{path}.clob_pair_id", f"is also that of pairs[{pairs[pair.clob_pair_id]}]"))
        pairs.setdefault(pair.clob_pair_id, index)
    return problems + _check_shares(section) + _check_unlocks(section) + _check_snapshots(section)


def _check_shares(section: GenesisState) -> list[Problem]:
    problems: list[Problem] = []
    owners: dict[str, int] = {}
    for index, record in enumerate(section.shares):
        path = f"$.shares[{index}]"
        problems += _check_owner(f"{path}.owner", record.owner)
        if record.owner in owners:
            problems.append(Problem(f"{path}.owner", f"is also that of shares[{owners[record.owner]}]"))
        owners.setdefault(record.owner, index)
        if int(record.shares or 0) <= 0:
            problems.append(Problem(f"{path}.shares", InvalidShares.meaning))
    total = sum(int(record.shares or 0) for record in section.shares)
    if total != int(section.share_supply or 0):
        problems.append(
            Problem("$.share_supply", f"is {section.share_supply or 0}, but the owners have {total} shares")
        )
    return problems


def _check_unlocks(section: GenesisState) -> list[Problem]:
    problems: list[Problem] = []
    for index, unlock in enumerate(section.unlocks):
        path = f"$.unlocks[{index}]"
        problems += _check_owner(f"{path}.owner", unlock.owner) + _check_unlock(path, unlock)
    return problems


def _check_unlock(path: str, unlock: Unlock) -> list[Problem]:
    problems: list[Problem] = []
    if unlock.subaccount_number > MAX_SUBACCOUNT_NUMBER:
        problems.append(Problem(f"{path}.subaccount_number", f"is above {MAX_SUBACCOUNT_NUMBER}"))
    if int(unlock.amount or 0) <= 0:
        problems.append(Problem(f"{path}.amount", "must be a positive whole number of quote quantums"))
    if unlock.end_time < 0:
        problems.append(Problem(f"{path}.end_time", "must not be before 1970"))
    return problems


def _check_snapshots(section: GenesisState) -> list[Problem]:
    problems: list[Problem] = []
    before = -1
    for index, snapshot in enumerate(section.snapshots):
        path = f"$.snapshots[{index}].day_start"
        day = snapshot.day_start
        if not 0 <= day <= I64_MAX or floor_mod(day, DAY_SECONDS):
            problems.append(Problem(path, f"is {day}, which is not the first second of a UTC day"))
        if day <= before:
            problems.append(Problem(path, f"is {day} after {before}: must ascend"))
        before = max(before, day)
    return problems


def _check_owner(path: str, owner: str) -> list[Problem]:
    return [] if is_bech32(owner) else [Problem(path, f"{owner!r} is not an address with prefix dydx")]
