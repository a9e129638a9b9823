"""Genesis section "perpetuals". Source: dydx-modules §9.2."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.perpetuals import GenesisState, LiquidityTier, Params, Perpetual
from vaultsim.x.perpetuals.formulas import validate_liquidity_tier
from vaultsim.x.perpetuals.keeper import PerpetualsKeeper


def perpetuals_genesis(keeper: PerpetualsKeeper) -> Genesis:
    """How the section is read, written and checked."""

    def init(ctx: Context, section: GenesisState) -> None:
        keeper.set_params(ctx, section.params)
        for tier in section.liquidity_tiers:
            keeper.set_liquidity_tier(ctx, tier)
        for perpetual in section.perpetuals:
            keeper.validate_and_set(ctx, perpetual)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(
            perpetuals=tuple(keeper.all(ctx)),
            liquidity_tiers=tuple(keeper.all_liquidity_tiers(ctx)),
            params=keeper.params(ctx),
        )

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """Every problem of a section that can be told without state."""
    return (
        _check_params(section.params)
        + _check_perpetuals(section.perpetuals)
        + _check_liquidity_tiers(section.liquidity_tiers)
    )


def _check_params(params: Params) -> list[Problem]:
    problems: list[Problem] = []
    for name in ("funding_rate_clamp_factor_ppm", "premium_vote_clamp_factor_ppm", "min_num_votes_per_sample"):
        if getattr(params, name) == 0:
            problems.append(Problem(f"$.params.{name}", "must not be 0"))
    return problems


def _check_perpetuals(perpetuals: tuple[Perpetual, ...]) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[int] = set()
    for index, perpetual in enumerate(perpetuals):
        path = f"$.perpetuals[{index}].params"
        if perpetual.params.id in seen:
            problems.append(Problem(f"{path}.id", f"{perpetual.params.id} is used twice"))
        seen.add(perpetual.params.id)
        if not perpetual.params.ticker:
            problems.append(Problem(f"{path}.ticker", "must not be empty"))
    return problems


def _check_liquidity_tiers(tiers: tuple[LiquidityTier, ...]) -> list[Problem]:
    problems: list[Problem] = []
    for index, tier in enumerate(tiers):
        path = f"$.liquidity_tiers[{index}]"
        if tier.id != index:
            problems.append(Problem(f"{path}.id", f"is {tier.id}, but ids run 0, 1, 2 …: expected {index}"))
        try:
            validate_liquidity_tier(tier)
        except ChainError as problem:
            problems.append(Problem(path, problem.log))
    return problems
