"""The invariants notice what they are there for: each test bends one sum of a healthy chain."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from tests.genesis.runs import ROOT
from vaultsim.address import module_address
from vaultsim.app.app import App
from vaultsim.context import Context
from vaultsim.node.chain import Chain
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.start import start_app
from vaultsim.pb.dydxprotocol.vault import NumShares
from vaultsim.testing.invariants import InvariantBroken, Invariants
from vaultsim.x.assets.types import USDC_DENOM

POOL = module_address("subaccounts:0")


@pytest.fixture
def app() -> App:
    """faq-slippage-medium after its first block: two opposite positions, three owners, an isolated pool."""
    started = start_app(read_genesis(ROOT / "genesis" / "faq-slippage-medium" / "genesis.json"))
    Chain(started.app, index_prices=started.index_prices).run_first_block()
    return started.app


def bend(app: App, action: Callable[[Context], None]) -> None:
    ctx = app.query_context()
    action(ctx)
    app.store.commit(ctx.branch)


def test_a_healthy_chain_passes(app: App) -> None:
    invariants = Invariants(app)
    invariants.check()
    invariants.check()


def test_money_out_of_nowhere_is_noticed(app: App) -> None:
    bank = app.modules.keepers.bank
    bend(app, lambda ctx: bank.state.balances.set(ctx, (module_address("megavault"), USDC_DENOM), 1))
    with pytest.raises(InvariantBroken, match="USDC of all bank balances and supply differ"):
        Invariants(app).check()


def test_a_quantum_missing_in_a_pool_is_noticed(app: App) -> None:
    bank = app.modules.keepers.bank

    def move(ctx: Context) -> None:
        held = bank.balance(ctx, POOL, USDC_DENOM)
        bank.state.balances.set(ctx, (POOL, USDC_DENOM), held - 1)
        bank.state.balances.set(ctx, (module_address("megavault"), USDC_DENOM), 1)

    bend(app, move)
    with pytest.raises(InvariantBroken, match="millionths more than it owes"):
        Invariants(app).check()


def test_open_interest_that_nobody_holds_is_noticed(app: App) -> None:
    perpetuals = app.modules.perpetuals
    bend(app, lambda ctx: perpetuals.set_open_interest(ctx, 0, 5))
    with pytest.raises(InvariantBroken, match="open interest of perpetual 0 differ"):
        Invariants(app).check()


def test_a_share_too_many_is_noticed(app: App) -> None:
    total = app.modules.vault.state.total_shares
    bend(app, lambda ctx: total.set(ctx, NumShares(num_shares=100_000_000_001)))
    with pytest.raises(InvariantBroken, match="owners' shares and their total differ"):
        Invariants(app).check()


def test_a_position_without_its_opposite_is_noticed(app: App) -> None:
    subaccounts = app.modules.subaccounts

    def close(ctx: Context) -> None:
        _, long = next(row for row in subaccounts.all_ids_and_subaccounts(ctx) if row[1].perpetual_positions[:1])
        position = msgspec.structs.replace(
            long.perpetual_positions[0], quantums=long.perpetual_positions[0].quantums + 1
        )
        subaccounts.set(ctx, msgspec.structs.replace(long, perpetual_positions=(position,)))

    bend(app, close)
    with pytest.raises(InvariantBroken, match="perpetual 0 differ"):
        Invariants(app).check()
