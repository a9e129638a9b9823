"""x/epochs: initialisation, ticks, catching up, genesis."""

from __future__ import annotations

import pytest

from tests.x.blocks import Blocks
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest
from vaultsim.pb.dydxprotocol.epochs import (
    EpochInfo,
    GenesisState,
    QueryAllEpochInfoRequest,
    QueryGetEpochInfoRequest,
)
from vaultsim.pb.runtime import replace
from vaultsim.x.epochs.events import NewEpoch
from vaultsim.x.epochs.genesis import check
from vaultsim.x.epochs.keeper import EpochsKeeper
from vaultsim.x.epochs.module import epochs_module
from vaultsim.x.epochs.state import EpochsState
from vaultsim.x.epochs.types import FUNDING_SAMPLE, FUNDING_TICK, STATS_EPOCH
from vaultsim.x.sdk_errors import NotFound

DEFAULTS = GenesisState(
    epoch_info_list=(
        EpochInfo(name=FUNDING_SAMPLE, duration=60, next_tick=30, fast_forward_next_tick=True),
        EpochInfo(name=FUNDING_TICK, duration=3600, next_tick=0, fast_forward_next_tick=True),
        EpochInfo(name=STATS_EPOCH, duration=3600, next_tick=0, fast_forward_next_tick=True),
    )
)
SPEC_TIME = 1_672_531_205


class Stage:
    def __init__(self, genesis: GenesisState = DEFAULTS) -> None:
        self.keeper = EpochsKeeper(EpochsState())
        self.module = epochs_module(self.keeper)
        self.blocks = Blocks(self.keeper.state.schema)
        assert self.module.genesis is not None
        self.genesis = self.module.genesis
        ctx = self.blocks.at(0)
        self.genesis.init(ctx, genesis)
        self.blocks.commit(ctx)

    def tick(self, height: int, seconds: float) -> Context:
        ctx = self.blocks.at(height, seconds, since_genesis=False)
        self.keeper.tick(ctx)
        self.blocks.commit(ctx)
        return ctx

    def epoch(self, name: str) -> EpochInfo:
        return self.keeper.get(self.blocks.at(0), name)


def test_nothing_happens_before_height_2() -> None:
    stage = Stage()
    assert stage.tick(1, SPEC_TIME).events == []
    assert stage.epoch(FUNDING_TICK) == DEFAULTS.epoch_info_list[1]


def test_initialisation_jumps_to_the_next_tick_and_starts_nothing() -> None:
    stage = Stage()
    assert stage.tick(2, SPEC_TIME).events == []
    assert stage.epoch(FUNDING_TICK).next_tick == 1_672_534_800
    assert stage.epoch(FUNDING_SAMPLE).next_tick == 1_672_531_230
    assert stage.epoch(FUNDING_SAMPLE).current_epoch == 0
    assert stage.epoch(FUNDING_SAMPLE).is_initialized


def test_a_due_epoch_starts_once_a_block_until_it_has_caught_up() -> None:
    stage = Stage()
    stage.tick(2, SPEC_TIME)
    due = 1_672_531_230
    assert stage.tick(3, due - 0.5).events == []
    assert stage.tick(4, due + 61).events == [NewEpoch(FUNDING_SAMPLE, 1, due, due + 61, 4)]
    assert stage.tick(5, due + 62).events == [NewEpoch(FUNDING_SAMPLE, 2, due + 60, due + 62, 5)]
    assert stage.tick(6, due + 63).events == []
    assert stage.epoch(FUNDING_SAMPLE) == EpochInfo(
        name=FUNDING_SAMPLE,
        next_tick=due + 120,
        duration=60,
        current_epoch=2,
        current_epoch_start_block=5,
        is_initialized=True,
        fast_forward_next_tick=True,
    )


def test_the_event_names_epoch_tick_time_and_height() -> None:
    assert NewEpoch("stats-epoch", 2, 3, 4, 5).attributes() == (
        ("epoch_info_name", "stats-epoch"),
        ("epoch_number", "2"),
        ("epoch_start_tick_time", "3"),
        ("epoch_start_block_time", "4"),
        ("epoch_start_block", "5"),
    )


def test_without_fast_forward_an_epoch_may_start_as_it_is_initialised() -> None:
    stage = Stage(GenesisState(epoch_info_list=(EpochInfo(name="slow", duration=10, next_tick=100),)))
    assert stage.tick(2, 99).events == []
    assert stage.tick(3, 105).events == [NewEpoch("slow", 1, 100, 105, 3)]


def test_started_this_block_compares_heights() -> None:
    stage = Stage()
    stage.tick(2, SPEC_TIME)
    ctx = stage.tick(3, 1_672_531_230)
    assert stage.keeper.started_this_block(ctx, FUNDING_SAMPLE)
    assert not stage.keeper.started_this_block(stage.blocks.at(4), FUNDING_SAMPLE)
    assert not stage.keeper.started_this_block(ctx, FUNDING_TICK)


def test_an_unknown_epoch_is_error_5_or_a_panic() -> None:
    stage = Stage()
    ctx = stage.blocks.at(1)
    with pytest.raises(ChainError) as caught:
        stage.keeper.get(ctx, "no")
    assert (caught.value.codespace, caught.value.code) == ("epochs", 5)
    with pytest.raises(ChainPanic):
        stage.keeper.must_get(ctx, "no")


@pytest.mark.parametrize(
    ("epoch", "code"),
    [
        (EpochInfo(duration=1), 2),
        (EpochInfo(name="x"), 3),
        (EpochInfo(name="x", duration=1, current_epoch=1), 6),
        (EpochInfo(name="x", duration=1, current_epoch_start_block=1), 6),
        (replace(DEFAULTS.epoch_info_list[0]), 4),
    ],
)
def test_epochs_are_checked_as_they_are_made(epoch: EpochInfo, code: int) -> None:
    stage = Stage()
    with pytest.raises(ChainError) as caught:
        stage.keeper.create(stage.blocks.at(0), epoch)
    assert caught.value.code == code


def test_genesis_comes_back_and_its_problems_are_named() -> None:
    stage = Stage()
    assert stage.genesis.export(stage.blocks.at(0)) == DEFAULTS
    assert list(stage.blocks.rows("epochs")) == [b"Info:funding-sample", b"Info:funding-tick", b"Info:stats-epoch"]
    assert check(DEFAULTS) == []
    twice = GenesisState(epoch_info_list=(EpochInfo(name="a", duration=1), EpochInfo(name="a")))
    assert [one.path for one in check(twice)] == ["epoch_info_list[1]", "epoch_info_list[1].name"]


def test_queries_find_one_and_page_through_all() -> None:
    stage = Stage()
    ctx = stage.blocks.at(1)
    one = stage.module.queries["/dydxprotocol.epochs.Query/EpochInfo"][1]
    everything = stage.module.queries["/dydxprotocol.epochs.Query/EpochInfoAll"][1]
    assert one(ctx, QueryGetEpochInfoRequest(name=STATS_EPOCH)).epoch_info == DEFAULTS.epoch_info_list[2]
    with pytest.raises(NotFound, match="rpc error: code = NotFound desc = not found: key not found"):
        one(ctx, QueryGetEpochInfoRequest(name="no"))
    page = everything(ctx, QueryAllEpochInfoRequest(pagination=PageRequest(limit=2)))
    assert page.epoch_info == DEFAULTS.epoch_info_list[:2]
    assert (page.pagination.next_key, page.pagination.total) == (b"stats-epoch", 0)
