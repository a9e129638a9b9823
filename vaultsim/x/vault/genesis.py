"""Genesis section "vault". Source: dydx-vault §9."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.ints import NIL_INT
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.vault import GenesisState, NumShares, OwnerShare, Vault
from vaultsim.x.vault.errors import InvalidOwner, MismatchedTotalAndOwnerShares, NegativeShares
from vaultsim.x.vault.keeper import VaultKeeper
from vaultsim.x.vault.keeper_shares import validate_owner_share_unlocks
from vaultsim.x.vault.params import (
    DEFAULT_OPERATOR_PARAMS,
    DEFAULT_QUOTING_PARAMS,
    validate_quoting_params,
    validate_vault_params,
)
from vaultsim.x.vault.types import parse_vault_id

DEFAULT_GENESIS = GenesisState(default_quoting_params=DEFAULT_QUOTING_PARAMS, operator_params=DEFAULT_OPERATOR_PARAMS)


def vault_genesis(keeper: VaultKeeper) -> Genesis:
    """How the section is read, written and checked. The set of addresses is not exported."""

    def init(ctx: Context, section: GenesisState) -> None:
        keeper.set_default_quoting_params(ctx, section.default_quoting_params)
        keeper.set_total_shares(ctx, section.total_shares.num_shares)
        for record in section.owner_shares:
            keeper.set_owner_shares(ctx, record.owner, record.shares.num_shares)
        for unlocks in section.all_owner_share_unlocks:
            validate_owner_share_unlocks(unlocks)
            keeper.set_share_unlocks(ctx, unlocks.owner_address, unlocks.share_unlocks)
        for vault in section.vaults:
            keeper.set_vault_params(ctx, vault.vault_id, vault.vault_params)
            keeper.set_most_recent_client_ids(ctx, vault.vault_id, vault.most_recent_client_ids)
            keeper.add_vault_address(ctx, vault.vault_id)
        keeper.set_operator_params(ctx, section.operator_params)

    def export(ctx: Context) -> GenesisState:
        state = keeper.state
        return GenesisState(
            total_shares=NumShares(num_shares=keeper.total_shares(ctx)),
            owner_shares=tuple(
                OwnerShare(owner=owner, shares=shares) for owner, shares in state.owner_shares.items(ctx)
            ),
            vaults=all_vaults(keeper, ctx),
            default_quoting_params=keeper.default_quoting_params(ctx),
            all_owner_share_unlocks=tuple(state.owner_share_unlocks.values(ctx)),
            operator_params=keeper.operator_params(ctx),
        )

    return Genesis(GenesisState, init, export, check)


def all_vaults(keeper: VaultKeeper, ctx: Context) -> tuple[Vault, ...]:
    """Every vault in byte order of its text; a text that cannot be parsed is a chain panic."""
    vaults: list[Vault] = []
    for text, params in keeper.state.vault_params.items(ctx):
        try:
            vault_id = parse_vault_id(text)
        except ChainError as problem:
            raise ChainPanic(problem.log) from problem
        client_ids = keeper.most_recent_client_ids(ctx, vault_id)
        vaults.append(Vault(vault_id=vault_id, vault_params=params, most_recent_client_ids=client_ids))
    return tuple(vaults)


def check(section: GenesisState) -> list[Problem]:
    """Default quoting parameters, shares and every vault's parameters; the rest is not looked at, as on the chain."""
    problems: list[Problem] = []
    try:
        validate_quoting_params(section.default_quoting_params)
    except ChainError as problem:
        problems.append(Problem("$.default_quoting_params", problem.log))
    problems += _check_shares(section)
    for index, vault in enumerate(section.vaults):
        try:
            validate_vault_params(vault.vault_params)
        except ChainError as problem:
            problems.append(Problem(f"$.vaults[{index}].vault_params", problem.log))
    return problems


def _check_shares(section: GenesisState) -> list[Problem]:
    total = section.total_shares.num_shares
    if total is NIL_INT:
        return [Problem("$.total_shares.num_shares", "is missing")]
    problems: list[Problem] = []
    if total < 0:
        problems.append(Problem("$.total_shares.num_shares", NegativeShares.meaning))
    for index, record in enumerate(section.owner_shares):
        if not record.owner:
            problems.append(Problem(f"$.owner_shares[{index}].owner", InvalidOwner.meaning))
        if record.shares.num_shares < 0:
            problems.append(Problem(f"$.owner_shares[{index}].shares", NegativeShares.meaning))
    if sum(record.shares.num_shares for record in section.owner_shares) != total:
        problems.append(Problem("$.total_shares", MismatchedTotalAndOwnerShares.meaning))
    return problems
