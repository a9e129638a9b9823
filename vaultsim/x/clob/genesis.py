"""Genesis section "clob". Source: dydx-modules §20.2."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.clob import ClobPair, GenesisState, ProcessProposerMatchesEvents
from vaultsim.pb.dydxprotocol.clob import PerpetualClobMetadata as Metadata
from vaultsim.x.clob.config import (
    require_valid_equity_tiers,
    require_valid_liquidations_config,
    require_valid_rate_limits,
)
from vaultsim.x.clob.keeper import ClobKeeper
from vaultsim.x.clob.validate_basic import validate_clob_pair


def clob_genesis(keeper: ClobKeeper) -> Genesis:
    """How the section is read, written and checked."""

    def init(ctx: Context, section: GenesisState) -> None:
        for pair in section.clob_pairs:
            if pair.perpetual_clob_metadata is None:
                raise ChainPanic(f"clob pair {pair.id} is not perpetual")
            keeper.create_genesis_clob_pair(ctx, _own_fields(pair, pair.perpetual_clob_metadata))
        keeper.set_liquidations_config(ctx, section.liquidations_config)
        keeper.set_rate_limits(ctx, section.block_rate_limit_config)
        keeper.set_equity_tiers(ctx, section.equity_tier_limit_config)
        keeper.state.proposer_events.set(ctx, ProcessProposerMatchesEvents(block_height=1))
        keeper.clear_delivered(ctx)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(
            clob_pairs=tuple(keeper.all_clob_pairs(ctx)),
            liquidations_config=keeper.liquidations_config(ctx),
            block_rate_limit_config=keeper.rate_limits(ctx),
            equity_tier_limit_config=keeper.equity_tiers(ctx),
        )

    return Genesis(GenesisState, init, export, check)


def _own_fields(pair: ClobPair, metadata: Metadata) -> ClobPair:
    return ClobPair(
        id=pair.id,
        perpetual_clob_metadata=metadata,
        step_base_quantums=pair.step_base_quantums,
        subticks_per_tick=pair.subticks_per_tick,
        quantum_conversion_exponent=pair.quantum_conversion_exponent,
        status=pair.status,
    )


def check(section: GenesisState) -> list[Problem]:
    """Every problem of a section that can be told without state."""
    problems: list[Problem] = []
    ids: list[int] = []
    perpetuals: list[int] = []
    for index, pair in enumerate(section.clob_pairs):
        path = f"$.clob_pairs[{index}]"
        if pair.id in ids:
            problems.append(Problem(f"{path}.id", f"{pair.id} is used twice"))
        ids.append(pair.id)
        if pair.perpetual_clob_metadata is None:
            problems.append(Problem(path, "perpetual_clob_metadata is missing: only perpetual pairs are supported"))
            continue
        perpetual_id = pair.perpetual_clob_metadata.perpetual_id
        if perpetual_id in perpetuals:
            problems.append(Problem(path, f"perpetual {perpetual_id} has a clob pair already"))
        perpetuals.append(perpetual_id)
        _note(problems, path, partial(validate_clob_pair, pair))
    configs: list[tuple[str, Callable[[], None]]] = [
        ("liquidations_config", lambda: require_valid_liquidations_config(section.liquidations_config)),
        ("block_rate_limit_config", lambda: require_valid_rate_limits(section.block_rate_limit_config)),
        ("equity_tier_limit_config", lambda: require_valid_equity_tiers(section.equity_tier_limit_config)),
    ]
    for name, action in configs:
        _note(problems, f"$.{name}", action)
    return problems


def _note(problems: list[Problem], path: str, action: Callable[[], None]) -> None:
    try:
        action()
    except ChainError as error:
        problems.append(Problem(path, error.log))
