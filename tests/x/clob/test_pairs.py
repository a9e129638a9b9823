"""Administration of pairs, leverage, genesis."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.x.clob.exchange import ALICE, PAIR, VAULT, Exchange, long_term, order_id
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import (
    ClobPair,
    GenesisState,
    LeverageEntry,
    MsgCreateClobPair,
    MsgUpdateClobPair,
    PerpetualClobMetadata,
)
from vaultsim.pb.dydxprotocol.perpetuals import PerpetualParams
from vaultsim.pb.runtime import replace
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.clob import blocks
from vaultsim.x.clob.genesis import check, clob_genesis
from vaultsim.x.clob.msg_server import MsgServer


def codes(action: Callable[[], object]) -> tuple[str, int]:
    try:
        action()
    except ChainError as error:
        return error.codespace, error.code
    return "", 0


class Books:
    def __init__(self) -> None:
        self.made: list[int] = []
        self.synced: list[int] = []

    def create_orderbook(self, pair: ClobPair) -> bool:
        self.made.append(pair.id)
        return True

    def update_orderbook(self, pair: ClobPair) -> None:
        self.synced.append(pair.id)

    def price_premium(self, ctx: object, pair: object, params: object) -> int:
        return 7


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange(101)
    exchange.clob.memclob = Books()
    exchange.perpetuals.create(
        exchange.ctx, PerpetualParams(id=2, ticker="X-USD", market_id=1, atomic_resolution=-9, market_type=1)
    )
    return exchange


NEW = replace(PAIR, id=2, perpetual_clob_metadata=PerpetualClobMetadata(perpetual_id=2))


def test_a_new_pair_gets_its_book_at_the_commit(exchange: Exchange) -> None:
    clob, ctx = exchange.clob, exchange.ctx
    MsgServer(clob).create_clob_pair(ctx, MsgCreateClobPair(authority=GOV_BECH32, clob_pair=NEW))
    assert clob.clob_pair(ctx, 2) == NEW
    assert codes(lambda: clob.clob_pair_id_for_perpetual(2)) == ("clob", 19)
    assert blocks.precommit(clob, ctx) == [NEW]
    assert clob.clob_pair_id_for_perpetual(2) == 2
    assert clob.memclob.made == [2]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("pair", "code"),
    [
        (replace(NEW, id=1), ("clob", 33)),
        (replace(NEW, perpetual_clob_metadata=None), ("clob", 27)),
        (replace(NEW, perpetual_clob_metadata=PerpetualClobMetadata(perpetual_id=1)), ("clob", 41)),
        (replace(NEW, status=3), ("clob", 27)),
        (replace(NEW, perpetual_clob_metadata=PerpetualClobMetadata(perpetual_id=9)), ("perpetuals", 1)),
    ],
)
def test_codes_of_creation(exchange: Exchange, pair: ClobPair, code: tuple[str, int]) -> None:
    assert codes(lambda: exchange.clob.create_clob_pair(exchange.ctx, pair)) == code


def test_creation_tells_authority_and_missing_perpetual_first(exchange: Exchange) -> None:
    server = MsgServer(exchange.clob)
    spot = replace(NEW, perpetual_clob_metadata=None)
    wrong = MsgCreateClobPair(authority=ALICE.owner, clob_pair=spot)
    assert codes(lambda: server.create_clob_pair(exchange.ctx, wrong)) == ("gov", 13)
    right = MsgCreateClobPair(authority=GOV_BECH32, clob_pair=spot)
    assert codes(lambda: server.create_clob_pair(exchange.ctx, right)) == ("clob", 9000)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": 9}, 39),
        ({"perpetual_clob_metadata": None}, 39),
        ({"perpetual_clob_metadata": PerpetualClobMetadata(perpetual_id=2)}, 39),
        ({"step_base_quantums": 2_000_000}, 39),
        ({"step_base_quantums": 300_000}, 39),
        ({"subticks_per_tick": 0}, 39),
        ({"quantum_conversion_exponent": -8}, 39),
        ({"status": 5}, 35),
        ({"step_base_quantums": 500_000}, 0),
        ({"subticks_per_tick": 10_000}, 0),
        ({}, 0),
    ],
)
def test_codes_of_updates(exchange: Exchange, changes: dict[str, object], code: int) -> None:
    msg = MsgUpdateClobPair(authority=GOV_BECH32, clob_pair=replace(PAIR, **changes))
    assert codes(lambda: MsgServer(exchange.clob).update_clob_pair(exchange.ctx, msg))[1] == code
    finer = code == 0 and bool(changes)
    assert exchange.clob.memclob.synced == ([1] if finer else [])  # type: ignore[attr-defined]


def test_final_settlement_removes_all_stateful_orders_of_the_pair(exchange: Exchange) -> None:
    clob, ctx = exchange.clob, exchange.ctx
    for order in (
        long_term(VAULT, 1),
        long_term(ALICE, 2, flags=32, condition_type=1, conditional_order_trigger_subticks=3_000_000_000),
    ):
        clob.place_stateful_order(ctx, order, internal=True)
    clob.update_clob_pair(ctx, replace(PAIR, status=6))
    assert clob.all_stateful_orders(ctx) == []
    removed = clob.proposer_events(ctx).removed_stateful_order_ids
    assert removed == (order_id(VAULT, 1), order_id(ALICE, 2, 32))
    assert clob.price_premium(ctx, 1, None) == 0  # type: ignore[arg-type]


def test_pair_ids_are_taken_from_a_counter_that_skips_used_ones(exchange: Exchange) -> None:
    clob, ctx = exchange.clob, exchange.ctx
    assert [clob.acquire_next_clob_pair_id(ctx) for _ in range(3)] == [0, 2, 3]
    assert clob.next_clob_pair_id(ctx) == 4


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ((), ("clob", 11002)),
        ((LeverageEntry(clob_pair_id=1),), ("clob", 11002)),
        ((LeverageEntry(clob_pair_id=1, custom_imf_ppm=1_000_001),), ("clob", 11002)),
        ((LeverageEntry(clob_pair_id=1, custom_imf_ppm=50_000),) * 2, ("clob", 11002)),
        ((LeverageEntry(clob_pair_id=7, custom_imf_ppm=50_000),), ("clob", 8)),
        ((LeverageEntry(clob_pair_id=1, custom_imf_ppm=19_999),), ("subaccounts", 701)),
        ((LeverageEntry(clob_pair_id=1, custom_imf_ppm=50_000),), ("", 0)),
    ],
)
def test_codes_of_leverage(exchange: Exchange, entries: tuple[LeverageEntry, ...], code: tuple[str, int]) -> None:
    assert codes(lambda: exchange.clob.update_leverage(exchange.ctx, ALICE, entries)) == code
    if not code[1]:
        [entry] = exchange.clob.leverage_by_pair(exchange.ctx, ALICE)
        assert (entry.clob_pair_id, entry.custom_imf_ppm) == (1, 50_000)
    assert codes(lambda: exchange.clob.update_leverage(exchange.ctx, None, entries)) == ("clob", 11001)


def test_genesis_round_trip(exchange: Exchange) -> None:
    genesis = clob_genesis(exchange.clob)
    section = genesis.export(exchange.ctx)
    assert isinstance(section, GenesisState)
    assert check(section) == []
    other = Exchange(101)
    other.state.clob_pairs.delete(other.ctx, 1)
    other.clob.clob_pairs_of_perpetual.clear()
    clob_genesis(other.clob).init(other.ctx, section)
    assert clob_genesis(other.clob).export(other.ctx) == section
    assert other.clob.proposer_events(other.ctx).block_height == 1


def test_genesis_problems_are_told_with_their_place(exchange: Exchange) -> None:
    section = clob_genesis(exchange.clob).export(exchange.ctx)
    broken = replace(section, clob_pairs=(PAIR, replace(PAIR, status=2)))
    assert [problem.path for problem in check(broken)] == [
        "$.clob_pairs[1].id", "$.clob_pairs[1]", "$.clob_pairs[1]",
    ]  # fmt: skip
    with pytest.raises(ChainPanic):
        clob_genesis(exchange.clob).init(
            exchange.ctx, replace(section, clob_pairs=(replace(PAIR, perpetual_clob_metadata=None),))
        )
