"""Genesis section "subaccounts". Source: dydx-modules §10.2."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.subaccounts import GenesisState, Subaccount, SubaccountId
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.subaccounts.keeper import SubaccountsKeeper
from vaultsim.x.subaccounts.types import validate_subaccount_id


def subaccounts_genesis(keeper: SubaccountsKeeper) -> Genesis:
    """How the section is read, written and checked. Bank balances are not looked at."""

    def init(ctx: Context, section: GenesisState) -> None:
        for subaccount in section.subaccounts:
            if subaccount.id is None:
                raise ChainPanic("subaccounts: a subaccount has no id")
            keeper.set(ctx, subaccount)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(subaccounts=tuple(subaccount for _, subaccount in keeper.all_ids_and_subaccounts(ctx)))

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """Every problem of a section that can be told without state."""
    problems: list[Problem] = []
    seen: dict[SubaccountId, int] = {}
    for index, subaccount in enumerate(section.subaccounts):
        path = f"$.subaccounts[{index}]"
        subaccount_id = subaccount.id or SubaccountId()
        try:
            validate_subaccount_id(subaccount_id)
        except ChainError as problem:
            problems.append(Problem(f"{path}.id", problem.log))
        if subaccount_id in seen:
            problems.append(Problem(f"{path}.id", f"is also the id of subaccounts[{seen[subaccount_id]}]"))
        seen.setdefault(subaccount_id, index)
        problems += _check_assets(path, subaccount) + _check_perpetuals(path, subaccount)
    return problems


def _check_assets(path: str, subaccount: Subaccount) -> list[Problem]:
    problems: list[Problem] = []
    if len(subaccount.asset_positions) > 1:
        problems.append(Problem(f"{path}.asset_positions", "may have one entry only, USDC"))
    for index, position in enumerate(subaccount.asset_positions):
        place = f"{path}.asset_positions[{index}]"
        if position.asset_id != USDC_ASSET_ID:
            problems.append(Problem(f"{place}.asset_id", f"is {position.asset_id}, but only 0 (USDC) is supported"))
        if position.quantums == 0:
            problems.append(Problem(f"{place}.quantums", "must not be 0"))
    return problems


def _check_perpetuals(path: str, subaccount: Subaccount) -> list[Problem]:
    problems: list[Problem] = []
    previous = -1
    for index, position in enumerate(subaccount.perpetual_positions):
        place = f"{path}.perpetual_positions[{index}]"
        if position.perpetual_id <= previous:
            problems.append(
                Problem(f"{place}.perpetual_id", f"is {position.perpetual_id} after {previous}: must ascend")
            )
        previous = position.perpetual_id
        if position.quantums == 0:
            problems.append(Problem(f"{place}.quantums", "must not be 0"))
    return problems
