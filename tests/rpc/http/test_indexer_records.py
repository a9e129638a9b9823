"""Fills of recorded blocks of the real chain: liquidations, deleveraging, ordinary matches."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.genesis.runs import ROOT
from vaultsim.node.block_lines import read_block_lines
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.node.run_line import run_line
from vaultsim.rpc.http.indexer_markets import Markets
from vaultsim.rpc.http.indexer_numbers import text
from vaultsim.rpc.http.indexer_records import Fill, fills_of

RUNS = ROOT / "tests" / "vectors"


def recorded_fills(name: str) -> tuple[Node, list[Fill]]:
    """A node at the end of a recorded run, and the fills of all its blocks."""
    node = Node.from_file(RUNS / name / "genesis.json.gz", block_mode=BlockMode.MANUAL)
    markets = Markets(node)
    fills: list[Fill] = []
    for line in read_block_lines(RUNS / name / "blocks.jsonl.gz"):
        before = node.app.store.app_hash
        _, outcome = run_line(node.chain, line)
        fills += fills_of(node.blocks.append(outcome, before), markets)
    return node, fills


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("takers", {"LIMIT"}),
        ("liquidation", {"LIMIT", "LIQUIDATED", "LIQUIDATION"}),
        ("admin", {"LIMIT", "DELEVERAGED", "OFFSETTING"}),
    ],
)
def test_recorded_matches_become_fills_with_orders_and_exact_prices(name: str, kinds: set[str]) -> None:
    node, fills = recorded_fills(name)
    markets = Markets(node)
    assert {side.kind for fill in fills for side in (fill.taker, fill.maker)} == kinds
    for fill in fills:
        market = markets.of_pair(fill.clob_pair_id)
        assert market is not None
        assert fill.taker.is_buy is not fill.maker.is_buy
        if fill.taker.kind == "DELEVERAGED":
            assert (fill.taker.order_id, fill.maker.order_id) == (None, None)
            continue
        assert (fill.taker.order_id is None) is (fill.taker.kind == "LIQUIDATED")
        assert fill.maker.order_id is not None
        assert fill.maker.order_id.subaccount_id.owner == fill.maker.owner
        # The cost is the price times the size in millionths of a USDC, rounded down; the price is a whole tick.
        cost = Fraction(text(fill.price)) * Fraction(text(market.size(fill.base_quantums))) * 10**6
        assert cost // 1 == fill.quote_quantums
        assert Fraction(text(fill.price)) % Fraction(text(market.price(market.pair.subticks_per_tick))) == 0
