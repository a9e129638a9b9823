"""x/blocktime: gaps between blocks, parameters, genesis."""

from __future__ import annotations

import pytest

from tests.x.blocks import ALICE, GENESIS_SECONDS, Blocks
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.blocktime import (
    DowntimeParams,
    GenesisState,
    MsgUpdateDowntimeParams,
    MsgUpdateSynchronyParams,
    QueryAllDowntimeInfoRequest,
    SynchronyParams,
)
from vaultsim.pb.google.protobuf import Duration
from vaultsim.x.authority import DELAYMSG_BECH32, GOV_BECH32
from vaultsim.x.blocktime.genesis import check
from vaultsim.x.blocktime.keeper import BlocktimeKeeper
from vaultsim.x.blocktime.module import blocktime_module
from vaultsim.x.blocktime.state import BlocktimeState


def durations(*seconds: int) -> DowntimeParams:
    return DowntimeParams(durations=tuple(Duration(seconds=one) for one in seconds))


class Stage:
    def __init__(self) -> None:
        self.keeper = BlocktimeKeeper(BlocktimeState())
        self.module = blocktime_module(self.keeper)
        self.blocks = Blocks(self.keeper.state.schema)
        assert self.module.genesis is not None
        self.genesis = self.module.genesis
        ctx = self.blocks.at(0)
        self.genesis.init(ctx, GenesisState(params=durations(300, 1800)))
        self.blocks.commit(ctx)

    def run(self, height: int, seconds: float) -> Context:
        ctx = self.blocks.at(height, seconds)
        self.keeper.record_downtime(ctx)
        self.keeper.record_block(ctx)
        self.blocks.commit(ctx)
        return ctx

    def heights(self) -> list[int]:
        return [one.block_info.height for one in self.keeper.all_downtime_info(self.blocks.at(0)).infos]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_genesis_stamps_every_duration_with_height_0_and_genesis_time(stage: Stage) -> None:
    rows = stage.blocks.rows("blocktime")
    # Timestamp{seconds 1_700_000_000}: field 1, varint 80e2cfaa06; BlockInfo{timestamp}; DowntimeInfo{300 s, info}.
    block = bytes.fromhex("1206" + "0880e2cfaa06")
    assert rows[b"PreviousBlockInfo"] == block
    assert rows[b"DowntimeParams"] == bytes.fromhex("0a0308ac02" + "0a0308880e")
    infos = [bytes.fromhex("0a03" + length) + b"\x12\x08" + block for length in ("08ac02", "08880e")]
    assert rows[b"AllDowntimeInfo"] == b"".join(b"\x0a" + bytes([len(one)]) + one for one in infos)
    assert set(rows) == {b"PreviousBlockInfo", b"DowntimeParams", b"AllDowntimeInfo"}


def test_a_gap_stamps_the_durations_it_reaches(stage: Stage) -> None:
    stage.run(1, 0)
    stage.run(2, 300)
    assert stage.heights() == [2, 0]
    stage.run(3, 300 + 1800)
    assert stage.heights() == [3, 3]
    stage.run(4, 300 + 1800 + 299.999_999_999)
    assert stage.heights() == [3, 3]


def test_the_previous_block_lags_until_the_end_of_the_block(stage: Stage) -> None:
    ctx = stage.run(1, 1.5)
    previous = stage.keeper.previous_block(ctx)
    assert (previous.height, previous.timestamp.seconds, previous.timestamp.nanos) == (
        1,
        GENESIS_SECONDS + 1,
        500_000_000,
    )


@pytest.mark.parametrize(
    ("seconds", "duration", "height"), [(299, 0, 9), (300, 300, 0), (1799, 300, 0), (5000, 1800, 0)]
)
def test_downtime_is_that_of_the_longest_duration_within(
    stage: Stage, seconds: int, duration: int, height: int
) -> None:
    found = stage.keeper.downtime(stage.blocks.at(9, 9), seconds)
    assert (found.duration.seconds, found.block_info.height) == (duration, height)


def test_new_durations_take_the_worst_known_case(stage: Stage) -> None:
    stage.run(1, 0)
    stage.run(2, 400)
    ctx = stage.blocks.at(3, 401)
    stage.keeper.set_downtime_params(ctx, durations(100, 600, 3600))
    stage.blocks.commit(ctx)
    assert stage.heights() == [3, 2, 0]


@pytest.mark.parametrize(
    ("params", "code"), [(durations(0), 400), (durations(5, -1), 400), (durations(5, 5), 401), (durations(6, 5), 401)]
)
def test_durations_are_positive_and_ascending(stage: Stage, params: DowntimeParams, code: int) -> None:
    with pytest.raises(ChainError) as caught:
        stage.module.checks[MsgUpdateDowntimeParams](MsgUpdateDowntimeParams(authority=GOV_BECH32, params=params))
    assert (caught.value.codespace, caught.value.code) == ("blocktime", code)


def test_messages_check_address_then_authority(stage: Stage) -> None:
    for message, code in (
        (MsgUpdateSynchronyParams(authority="dydx1"), 402),
        (
            MsgUpdateSynchronyParams(
                authority=ALICE, params=SynchronyParams(next_block_delay=Duration(seconds=0, nanos=-1))
            ),
            403,
        ),
    ):
        with pytest.raises(ChainError) as caught:
            stage.module.checks[MsgUpdateSynchronyParams](message)
        assert caught.value.code == code
    handler = stage.module.handlers[MsgUpdateSynchronyParams]
    with pytest.raises(ChainError) as caught:
        handler(stage.blocks.at(1), MsgUpdateSynchronyParams(authority=ALICE))
    assert (caught.value.codespace, caught.value.code) == ("gov", 13)
    ctx = stage.blocks.at(1)
    params = SynchronyParams(next_block_delay=Duration(seconds=2))
    handler(ctx, MsgUpdateSynchronyParams(authority=DELAYMSG_BECH32, params=params))
    assert stage.keeper.synchrony_params(ctx) == params


def test_genesis_comes_back_and_its_problems_are_named(stage: Stage) -> None:
    section = GenesisState(params=durations(300, 1800))
    assert stage.genesis.export(stage.blocks.at(5)) == section
    assert [one.path for one in check(GenesisState(params=durations(0, 10, 10)))] == [
        "params.durations[0]",
        "params.durations[2]",
    ]
    assert check(section) == []


def test_queries_answer_from_state(stage: Stage) -> None:
    _, answer = stage.module.queries["/dydxprotocol.blocktime.Query/AllDowntimeInfo"]
    ctx = stage.blocks.at(1)
    response = answer(ctx, QueryAllDowntimeInfoRequest())
    assert response.encode() == b"\x0a\x22" + stage.blocks.rows("blocktime")[b"AllDowntimeInfo"]
