"""Genesis section "prices". Source: dydx-modules §8.2."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.prices import GenesisState
from vaultsim.x.prices.formulas import validate_param, validate_price_of_param
from vaultsim.x.prices.keeper import PricesKeeper


def prices_genesis(keeper: PricesKeeper) -> Genesis:
    """How the section is read, written and checked."""

    def init(ctx: Context, section: GenesisState) -> None:
        if len(section.market_params) != len(section.market_prices):
            raise ChainPanic("prices: expected the same number of market prices and market params")
        for param, price in zip(section.market_params, section.market_prices, strict=True):
            keeper.create_market(ctx, param, price)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(
            market_params=tuple(keeper.all_market_params(ctx)), market_prices=tuple(keeper.all_market_prices(ctx))
        )

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """Every problem of a section that can be told without state."""
    problems: list[Problem] = []
    seen: set[int] = set()
    for index, param in enumerate(section.market_params):
        if param.id in seen:
            problems.append(Problem(f"$.market_params[{index}].id", f"{param.id} is used twice"))
        seen.add(param.id)
        try:
            validate_param(param)
        except ChainError as problem:
            problems.append(Problem(f"$.market_params[{index}]", problem.log))
    if len(section.market_params) != len(section.market_prices):
        text = f"has {len(section.market_prices)} entries, but there are {len(section.market_params)} market_params"
        problems.append(Problem("$.market_prices", text))
    for index, (param, price) in enumerate(zip(section.market_params, section.market_prices, strict=False)):
        try:
            validate_price_of_param(param, price)
        except ChainError as problem:
            problems.append(Problem(f"$.market_prices[{index}].id", problem.log))
    return problems
