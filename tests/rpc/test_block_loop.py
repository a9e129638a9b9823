"""The block loop, on a clock that jumps to whatever the loop waits for."""

from __future__ import annotations

import asyncio
import logging
import selectors
from collections.abc import Callable

import pytest

from vaultsim.errors import ChainHalted, UserError
from vaultsim.node.live.node import BlockMode
from vaultsim.rpc.block_loop import BlockLoop

SECOND = 1_000_000_000


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is what it would have waited for."""

    def __init__(self) -> None:
        super().__init__(_JumpingSelector(self))
        self.now = 0.0

    def time(self) -> float:
        return self.now


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, loop: JumpingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.now += timeout or 0.0
        return super().select(0)


class FakeNode:
    """Counts blocks; `during` is called in the making of each."""

    def __init__(self, during: Callable[[FakeNode], None] = lambda node: None) -> None:
        self.block_mode = BlockMode.INTERVAL
        self.is_paused = False
        self.halted: str | None = None
        self.height = 0
        self.made_at: list[float] = []
        self._during = during

    def produce_block(self) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        self.made_at.append(round(loop.now, 3))
        self._during(self)
        self.height += 1


def run(node: FakeNode, seconds: float, interval_ns: int = SECOND) -> list[float]:
    """When the loop made blocks within so many seconds."""

    async def limited() -> None:
        blocks = asyncio.create_task(BlockLoop(node, interval_ns).run())  # type: ignore[arg-type]
        await asyncio.wait([blocks], timeout=seconds)
        if not blocks.cancel():
            await blocks

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(limited())
    return node.made_at


def advance(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    loop.now += seconds


def test_blocks_come_at_the_pace_that_was_asked_for() -> None:
    assert run(FakeNode(), 4.5) == [1.0, 2.0, 3.0, 4.0]
    assert run(FakeNode(), 1.1, interval_ns=SECOND // 4) == [0.25, 0.5, 0.75, 1.0]


def test_the_time_that_a_block_takes_does_not_slow_the_pace() -> None:
    assert run(FakeNode(lambda node: advance(0.75)), 5.5) == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_after_a_late_block_the_missed_ones_are_left_out() -> None:
    def slow_once(node: FakeNode) -> None:
        if node.height == 1:
            advance(3.4)  # made at 2.0 and done at 5.4: those of 3, 4 and 5 are missed

    assert run(FakeNode(slow_once), 8.5) == [1.0, 2.0, 6.0, 7.0, 8.0]


@pytest.mark.parametrize("mode", [BlockMode.INSTANT, BlockMode.MANUAL])
def test_in_other_modes_time_makes_no_blocks(mode: BlockMode) -> None:
    node = FakeNode()
    node.block_mode = mode
    assert run(node, 10) == []


def test_a_paused_node_makes_no_blocks_until_it_goes_on() -> None:
    async def pause_and_resume(node: FakeNode) -> None:
        blocks = asyncio.create_task(BlockLoop(node, SECOND).run())  # type: ignore[arg-type]
        await asyncio.sleep(2.5)
        node.is_paused = True
        await asyncio.sleep(3)
        node.is_paused = False
        await asyncio.sleep(2)
        blocks.cancel()

    node = FakeNode()
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(pause_and_resume(node))
    assert node.made_at == [1.0, 2.0, 6.0, 7.0]


def test_a_halt_is_told_once_and_no_more_blocks_come(caplog: pytest.LogCaptureFixture) -> None:
    def halt(node: FakeNode) -> None:
        if node.height == 2:
            node.halted = "epochs: out of range"
            raise ChainHalted(node.halted)

    with caplog.at_level(logging.ERROR):
        assert run(FakeNode(halt), 30) == [1.0, 2.0, 3.0]
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert "halted after block 2: epochs: out of range" in told[0]


def test_blocks_go_on_when_a_halted_chain_went_back() -> None:
    async def halt_and_go_back(node: FakeNode) -> None:
        blocks = asyncio.create_task(BlockLoop(node, SECOND).run())  # type: ignore[arg-type]
        await asyncio.sleep(2.5)
        node.halted = "a panic"
        await asyncio.sleep(2)
        node.halted = None
        await asyncio.sleep(2)
        blocks.cancel()

    node = FakeNode()
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(halt_and_go_back(node))
    assert node.made_at == [1.0, 2.0, 5.0, 6.0]


def test_a_halt_by_other_hands_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    node = FakeNode()
    node.block_mode, node.halted = BlockMode.MANUAL, "panic in a hook"
    with caplog.at_level(logging.ERROR):
        run(node, 30)
    assert [record.getMessage().count("panic in a hook") for record in caplog.records] == [1]


def test_prices_that_cannot_be_read_are_told_once_and_the_chain_goes_on_when_they_can(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def unreadable(node: FakeNode) -> None:
        if 2 <= len(node.made_at) <= 4:
            raise UserError("prices.csv: line 3 has no price")

    node = FakeNode(unreadable)
    with caplog.at_level(logging.ERROR):
        run(node, 6.5)
    assert node.height == 3  # of six tries, the second to the fourth made none
    assert [record.getMessage() for record in caplog.records] == ["no block for now: prices.csv: line 3 has no price"]


def test_a_bug_ends_the_loop_and_surfaces() -> None:
    def broken(node: FakeNode) -> None:
        raise KeyError("bug")

    with pytest.raises(KeyError, match="bug"):
        run(FakeNode(broken), 30)
