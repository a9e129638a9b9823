"""The remembered equity of the vaults against adding it up again: sum, gas, and where gas runs out."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.x.vault.scene import Scene, vault
from vaultsim.context import Context
from vaultsim.errors import OutOfGas
from vaultsim.store.gas import GasMeter
from vaultsim.x.vault.types import account_of

PLENTY = 10**9


def scenes() -> tuple[Scene, Scene]:
    """Two like chains of two vaults with positions; the second one remembers nothing."""
    both = Scene(incremental=True), Scene(incremental=False)
    for scene in both:
        scene.btc()
        scene.eth()
        scene.fund_main(5_000_000)
        for number, usdc in ((0, 1_000_000_000), (1, -2_000_000)):
            scene.set_vault(number, "Q")
            scene.fund_vault(number, usdc, base=1_000)
        scene.start()
    return both


def asked(ctx: Context, scene: Scene, limit: int | None) -> tuple[int | str, int]:
    """The answer, or where gas ran out, and the gas used, on a branch like a transaction's."""
    inner = ctx.branched()
    inner.gas = meter = GasMeter(0 if limit is None else limit)
    if limit is None:
        inner.gas = None
    try:
        return scene.vault.megavault_equity(inner), meter.used
    except OutOfGas as panic:
        return panic.log, meter.used


def test_it_is_what_adding_up_gives_whatever_is_written_between() -> None:
    remembering, thorough = scenes()
    blocks = [scene.ctx for scene in (remembering, thorough)]
    draw = random.Random(7)
    seen = set()
    for _ in range(300):
        change = _change(draw)
        is_kept = draw.random() < 0.7
        answers = []
        for scene, block in zip((remembering, thorough), blocks, strict=True):
            scene.ctx = block.branched()
            change(scene)
            limit = PLENTY if draw.random() < 2 else None
            answers.append([asked(scene.ctx, scene, limit), asked(scene.ctx, scene, None)])
            if is_kept:
                block.merge(scene.ctx)
        assert answers[0] == answers[1]
        seen.add(answers[0][0])
    assert len(seen) > 50


def _change(draw: random.Random) -> Callable[[Scene], object]:
    number, amount = draw.randrange(3), draw.randrange(-5_000_000, 9_000_000)
    return draw.choice(
        [
            lambda scene: None,
            lambda scene: scene.fund_main(amount),
            lambda scene: scene.fund_vault(number % 2, amount, base=amount % 1_000),
            lambda scene: scene.set_vault(number, ["Q", "DEACT", "CLOSE"][amount % 3]),
            lambda scene: scene.set_price(number % 2, 3_000_000_000 + amount),
            lambda scene: scene.subaccounts.state.subaccounts.delete(
                scene.ctx, account_of(vault(number % 2)).subaccount_id
            ),
        ]
    )


def test_gas_runs_out_at_the_same_read() -> None:
    remembering, thorough = scenes()
    _, whole = asked(thorough.ctx, thorough, PLENTY)
    assert whole > 10_000
    assert asked(remembering.ctx, remembering, PLENTY)[1] == whole
    for limit in [*range(0, whole, 97), whole - 1, whole, whole + 1]:
        assert asked(remembering.ctx, remembering, limit) == asked(thorough.ctx, thorough, limit)


def test_it_does_not_add_up_again_when_nothing_that_counts_was_written() -> None:
    scene, _ = scenes()
    block = scene.ctx
    asked(block, scene, PLENTY)
    added_up = []
    memo = scene.vault.equity_memo
    sum_up = memo._sum_up
    memo._sum_up = lambda ctx: added_up.append(ctx) or sum_up(ctx)  # type: ignore[func-returns-value]
    for usdc in (1, 2, 3):
        scene.ctx = block.branched()
        scene.fund_main(usdc)
        scene.fund_owner("dydx10fx7sy6ywd5senxae9dwytf8jxek3t2gcen2vs", usdc)
        assert asked(scene.ctx, scene, PLENTY)
        block.merge(scene.ctx)
    assert added_up == []
    scene.ctx = block
    scene.fund_vault(0, 77)
    asked(block, scene, PLENTY)
    assert len(added_up) == 1
