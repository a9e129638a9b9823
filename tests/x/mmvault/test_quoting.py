"""The vault on the order book, block after block: the worked examples X9 to X14 of the design, the refresh, and what
the book does with the vault's orders (mm-vault §§5.1, 6, 10, 10.1; designs-on-chain)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.conformance.world import subaccount, vault_owner
from tests.x.mmvault.scene import (
    ALICE,
    BOB,
    BUY,
    CARL,
    DAVE,
    GOV,
    SELL,
    VAULT,
    Market,
    Scene,
    add,
    computed,
    dollars,
    equity,
    genesis,
    govern,
    margin_of,
    micro,
    order_of,
    pair_params,
    params_of,
    quote,
    quotes,
    remove,
    rest,
    set_price,
    shares_of,
    started,
    trade,
    vault,
)
from vaultsim.pb.dydxprotocol.clob import ClobPair_Status, MsgPlaceOrder, MsgUpdateClobPair
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.mmvault.v1 import MsgRefreshQuotes, MsgUpdateParams
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.mmvault.types import order_id


def quoting(*markets: Market, margin: str | int = 5_000, basis: str = "MARGIN_BASIS_AVAILABLE") -> LocalChain:
    """A chain whose vault Alice gave its margin; it has just quoted."""
    chain = started(markets=markets, basis=basis)
    result = add(chain, ALICE, margin)
    assert result.code == 0, result.log
    return chain


def hook_events(chain: LocalChain, kind: str, seconds: int = 1) -> list[dict[str, str]]:
    """Events of a kind that the hooks of the next block emit, executed by hand and dropped."""
    chain.app.finalize_block(chain.height + 1, chain.app.time_ns + seconds * 10**9, ())
    assert chain.app.deliver is not None
    found = [dict(one.attributes()) for one in chain.app.deliver.events if one.type == kind]
    chain.app.height -= 1
    chain.app.deliver = None
    return found


# --- worked examples ---------------------------------------------------------------------------------------------


def test_x9_one_pair() -> None:
    chain = quoting(Market(oracle="2000", cap="100"))
    assert quotes(chain) == [quote("bid", "12.5", "1980"), quote("ask", "12.5", "2020")]


def test_x10_prices_snap_to_ticks_and_sizes_to_the_cap() -> None:
    chain = quoting(Market(oracle="2038.056", half_spread="0.05", cap="2"))
    assert quotes(chain) == [quote("bid", "2", "1936"), quote("ask", "2", "2140")]
    found = computed(chain)
    assert (found.bid.raw_price, found.ask.raw_price) == ("1936153200", "2139958800")
    assert found.margin_quantums == "12266591"


def test_x11_two_pairs_share_the_margin_by_weight() -> None:
    chain = quoting(
        Market(oracle="60000.5", half_spread="0.0025", imr="0.05", tick="10", cap="1", weight=2),
        Market(oracle="2999.99", half_spread="0.005", imr="0.1", tick="0.1", cap="20", weight=1),
        margin=9_000,
    )
    assert quotes(chain, 0) == [quote("bid", "0.999991", "59850"), quote("ask", "0.999991", "60160")]
    assert quotes(chain, 1) == [quote("bid", "5.000016", "2984.9"), quote("ask", "5.000016", "3015.0")]
    assert [computed(chain, pair).pair_margin for pair in (0, 1)] == [str(micro(6_000)), str(micro(3_000))]


@pytest.mark.parametrize(
    ("side", "price", "bid", "ask", "clamped"),
    [
        (SELL, "995", "990", "1010", (False, False)),
        (SELL, "990", "989", "1010", (True, False)),
        (BUY, "1015", "990", "1016", (False, True)),
    ],
)
def test_x12_the_book_clamps(side: int, price: str, bid: str, ask: str, clamped: tuple[bool, bool]) -> None:
    chain = started(markets=[Market(oracle="1000")])
    rest(chain, BOB, side, "1", price)
    add(chain, ALICE, 10_000)
    assert quotes(chain) == [quote("bid", "50", bid), quote("ask", "50", ask)]
    chain.block()
    assert quotes(chain) == [quote("bid", "50", bid), quote("ask", "50", ask)]
    found = computed(chain)
    assert (found.bid.clamped, found.ask.clamped) == clamped
    assert chain.app.modules.memclob.book(0).orders.keys() >= {order.order_id for order in resting(chain)}


def test_x13_small_orders_and_a_bid_at_zero_are_skipped() -> None:
    chain = quoting(Market(oracle="100", tick="0.01", min_order="50"), margin=9)
    assert quotes(chain) == []
    found = computed(chain)
    assert (found.quantums, found.bid.skip_reason, found.ask.skip_reason) == (
        450_000, "below_min_order_size", "below_min_order_size",
    )  # fmt: skip
    chain = quoting(Market(oracle="0.9", half_spread="0.1"), margin=100)
    assert quotes(chain) == [quote("ask", "555.555555", "1")]
    assert computed(chain).bid.skip_reason == "price_not_positive"


def over_committed(basis: str) -> LocalChain:
    """X14: 12.5 coins bought at 1,980, then the oracle falls to 1,700."""
    chain = quoting(Market(oracle="2000", cap="100"), basis=basis)
    trade(chain, DAVE, SELL, "12.5", "1980")
    assert chain.app.modules.subaccounts.get(chain.ctx, order_id(0, BUY, 0).subaccount_id).perpetual_positions
    set_price(chain, "1700")
    now = vault(chain)
    assert (dollars(now.equity), dollars(now.margin)) == (1_500, 5_000)
    assert (dollars(now.used_margin), dollars(now.available_margin)) == (2_125, 0)
    return chain


def test_x14_available_margin_does_not_over_commit() -> None:
    assert quotes(over_committed("MARGIN_BASIS_AVAILABLE")) == []


def test_x14_the_whole_margin_does_and_the_book_refuses_the_fill() -> None:
    chain = over_committed("MARGIN_BASIS_TOTAL")
    assert quotes(chain)[0] == quote("bid", "14.705882", "1683")
    # Hit, the vault would be unhealthy: equity 1,749.999994 under a maintenance margin of 2,312.49997.
    before = vault(chain)
    trade(chain, DAVE, SELL, "14.705882", "1683", client_id=2)
    assert vault(chain) == before


# --- upstream facts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("margin", "cap", "coins"), [(10_000, "100", "50"), (1_000, "100", "5"), (1_000_000, "5", "5")]
)
def test_a_quote_is_half_of_the_margin_or_the_cap(margin: int, cap: str, coins: str) -> None:
    chain = quoting(Market(oracle="1000", cap=cap), margin=margin)
    assert quotes(chain) == [quote("bid", coins, "990"), quote("ask", coins, "1010")]


def holding(size: int, entry: int, oracle: int, funding_index: int = 0, usdc: int = 10_000) -> LocalChain:
    """A vault with a margin of `usdc` that holds `size` coins bought at `entry`."""
    own = subaccount(VAULT, micro(usdc - size * entry), (0, micro(size)))
    daves = subaccount(DAVE, micro(10**8), (0, -micro(size)))
    scene = Scene(markets=[Market(oracle=str(oracle), is_quoted=False)], margins={ALICE: 100}, subaccounts=[own, daves])
    made = genesis(scene)
    made["app_state"]["perpetuals"]["perpetuals"][0]["funding_index"] = str(funding_index)
    made["app_state"]["perpetuals"]["perpetuals"][0]["open_interest"] = str(abs(micro(size)))
    return LocalChain(made)


@pytest.mark.parametrize(
    ("size", "entry", "oracle", "pnl"),
    [(10, 2000, 2500, 5000), (10, 2000, 1500, -5000), (-10, 2000, 1500, 5000), (-10, 2000, 2500, -5000)],
)
def test_equity_moves_with_the_oracle_price(size: int, entry: int, oracle: int, pnl: int) -> None:
    assert equity(holding(size, entry, oracle)) == 10_000 + pnl


@pytest.mark.parametrize(("size", "index", "cost"), [(10, "2.5", 25), (10, "-2.0", -20), (-10, "2.5", -25)])
def test_funding_that_is_due_counts_against_equity(size: int, index: str, cost: int) -> None:
    assert equity(holding(size, 2000, 2000, micro(index))) == 10_000 - cost


def test_equity_is_margin_with_profit_less_funding() -> None:
    assert equity(holding(10, 2000, 2500, micro(2))) == 14_980


def test_a_maker_round_trip_earns_the_spread_and_all_fees() -> None:
    """Margin 100,000: sells 10 at 50,000, buys back at 49,000; takers pay 0.1 %, all of it to the vault."""
    market = Market(oracle="49019.6", half_spread="0.02", cap="10", imr="0.05")
    chain = started(markets=[market], taker_fee_ppm=1_000, fee_share_ppm=1_000_000)
    add(chain, ALICE, 100_000)
    assert quotes(chain)[1] == quote("ask", "10", "50000")
    trade(chain, DAVE, BUY, "10", "50000", client_id=1)
    set_price(chain, "50000")
    assert equity(chain) == 100_500
    assert quotes(chain)[0] == quote("bid", "10", "49000")
    trade(chain, DAVE, SELL, "10", "49000", client_id=2)
    assert position(chain) == 0
    assert equity(chain) == 110_990


def position(chain: LocalChain, pair: int = 0) -> Decimal:
    """Coins that the vault holds."""
    found = chain.app.modules.subaccounts.get(chain.ctx, order_id(0, BUY, 0).subaccount_id).perpetual_positions
    return next((dollars(one.quantums) for one in found if one.perpetual_id == pair), Decimal(0))


# --- the refresh -------------------------------------------------------------------------------------------------


def resting(chain: LocalChain) -> list[object]:
    """The vault's orders in state."""
    orders = chain.app.modules.clob.all_placed_orders(chain.ctx)
    return [order for order in orders if order.order_id.subaccount_id.owner == VAULT]


def test_every_block_replaces_every_order_under_an_id_that_flips_its_last_bit() -> None:
    chain = quoting(Market(oracle="1000"), Market(oracle="10", tick="0.01"))
    seen = []
    for _ in range(3):
        orders = chain.app.modules.clob.all_placed_orders(chain.ctx)
        seen.append(sorted(order.order_id.client_id for order in orders))
        assert {order.good_til_block_time for order in orders} == {chain.app.time_ns // 10**9 + 30}
        assert {order.time_in_force for order in orders} == {2}
        chain.block()
    # Pair times four, two for asks, and the bit.
    assert [[one & ~1 for one in ids] for ids in seen] == [[0, 2, 4, 6]] * 3
    assert seen[0] == seen[2] != seen[1]


def test_orders_rest_on_the_book_from_the_next_block_on() -> None:
    chain = quoting(Market(oracle="1000"))
    book = chain.app.modules.memclob.book(0)
    assert (book.bids.best(), book.asks.best()) == (micro(990), micro(1_010))


def test_quotes_follow_the_oracle_price_within_the_block_that_moves_it() -> None:
    chain = quoting(Market(oracle="1000"))
    set_price(chain, "1100")
    assert [price for _, _, price in quotes(chain)] == [1_089, 1_111]


def test_a_zero_weight_spread_or_size_takes_the_pair_off_the_book_and_leaves_the_others() -> None:
    markets = [Market(oracle="1000"), Market(oracle="1000")]
    for field, zero in (("half_spread", "0"), ("cap", "0"), ("weight", 0)):
        chain = quoting(*markets)
        fields = {"oracle": "1000", field: zero}
        changed = [pair_params(0, Market(**fields)), pair_params(1, markets[1])]  # type: ignore[arg-type]
        govern(chain, MsgUpdateParams(authority=GOV, params=params_of(Scene()), pairs=tuple(changed)))
        assert quotes(chain, 0) == []
        assert len(quotes(chain, 1)) == 2


def test_a_pair_that_loses_its_parameters_loses_its_quotes_at_once() -> None:
    chain = quoting(Market(oracle="1000"), Market(oracle="1000"))
    only = (pair_params(1, Market(oracle="1000")),)
    govern(chain, MsgUpdateParams(authority=GOV, params=params_of(Scene()), pairs=only))
    assert {one.order_id.clob_pair_id for one in chain.app.modules.clob.all_placed_orders(chain.ctx)} == {1}


def test_halted_trading_cancels_all_quotes() -> None:
    chain = quoting(Market(oracle="1000"))
    halted = params_of(Scene(enabled=False))
    govern(chain, MsgUpdateParams(authority=GOV, params=halted, pairs=(pair_params(0, Market()),)))
    assert resting(chain) == []
    assert vault(chain).status == 3


def test_halted_trading_cancels_also_what_was_placed_in_the_same_block() -> None:
    chain = quoting(Market(oracle="1000"))
    pairs = (pair_params(0, Market(oracle="1000")),)
    halt = MsgUpdateParams(authority=GOV, params=params_of(Scene(enabled=False)), pairs=pairs)
    govern(chain, MsgRefreshQuotes(authority=GOV), halt)
    assert resting(chain) == []
    govern(chain, MsgUpdateParams(authority=GOV, params=params_of(Scene()), pairs=pairs))
    assert len(resting(chain)) == 2
    chain.blocks(2)
    book = chain.app.modules.memclob.book(0)
    assert (book.bids.best(), book.asks.best()) == (micro(990), micro(1_010))


def test_without_equity_there_are_no_quotes() -> None:
    chain = started(markets=[Market()], subaccounts=[subaccount(VAULT, -micro(1))], checked=False)
    chain.block()
    assert quotes(chain) == []
    assert computed(chain).skip_reason == "no_allocation"


def test_a_pair_without_a_price_is_skipped_after_its_quotes_are_gone_and_others_go_on() -> None:
    chain = quoting(Market(oracle="1000"), Market(oracle="1000"))
    price = chain.app.modules.prices.state.prices
    zero = price.get(chain.ctx, 0)
    assert zero is not None
    ctx = chain.ctx
    price.set(ctx, 0, type(zero)(id=0, exponent=-6, price=0))
    chain.app.store.commit(ctx.branch)
    assert hook_events(chain, "vault_quote_skipped") == [{"pair": "0", "reason": "price_unavailable"}]
    chain.block()
    assert quotes(chain, 0) == []
    assert len(quotes(chain, 1)) == 2


def test_a_position_without_a_price_stops_deposits_withdrawals_and_all_quotes() -> None:
    chain = quoting(Market(oracle="1000"), Market(oracle="1000"))
    trade(chain, DAVE, SELL, "1", "990")
    price = chain.app.modules.prices.state.prices
    ctx = chain.ctx
    known = price.get(ctx, 0)
    price.set(ctx, 0, type(known)(id=0, exponent=-6, price=0))  # type: ignore[misc]
    chain.app.store.commit(ctx.branch)
    result = add(chain, BOB, 1)
    assert (result.codespace, result.code) == ("mmvault", 19)
    assert quotes(chain, None) == []


def test_a_pair_that_is_not_active_is_skipped() -> None:
    chain = started(markets=[Market(status="STATUS_INITIALIZING"), Market()])
    add(chain, ALICE, 1_000)
    assert quotes(chain, 0) == []
    assert len(quotes(chain, 1)) == 2
    assert hook_events(chain, "vault_quote_skipped") == [{"pair": "0", "reason": "pair_not_active"}]


def test_a_manual_refresh_takes_the_place_of_the_blocks_own() -> None:
    chain = quoting(Market(oracle="1000"))
    before = {order.order_id.client_id for order in chain.app.modules.clob.all_placed_orders(chain.ctx)}
    govern(chain, MsgRefreshQuotes(authority=GOV))
    after = {order.order_id.client_id for order in chain.app.modules.clob.all_placed_orders(chain.ctx)}
    assert len(after) == 2
    assert before.isdisjoint(after)
    assert chain.app.modules.keepers.mmvault.was_refreshed(chain.ctx.replaced(height=chain.height))


def test_after_a_long_gap_expired_orders_are_placed_anew() -> None:
    chain = quoting(Market(oracle="1000"))
    chain.block(3_600)
    assert len(quotes(chain)) == 2
    chain.block()
    assert quotes(chain) == [quote("bid", "25", "990"), quote("ask", "25", "1010")]


# --- on the book -------------------------------------------------------------------------------------------------


def test_the_vault_pays_no_fee_and_gets_no_rebate() -> None:
    for maker_ppm in (200, -100):
        chain = started(markets=[Market(oracle="1000")], taker_fee_ppm=1_000, maker_fee_ppm=maker_ppm)
        add(chain, ALICE, 5_000)
        trade(chain, DAVE, SELL, "1", "990")
        assert margin_of(chain, VAULT) == micro(5_000 - 990)
        assert margin_of(chain, DAVE) == micro(100_000_000) + micro(990) - micro("0.99")


def test_half_of_the_fees_of_every_trade_go_to_the_vault_when_it_is_told_so() -> None:
    """Bob takes 1 coin of Carl's at 1,000: the taker pays 0.1 %, the maker 0.02 %: 1.20 dollars, 0.60 for the vault."""
    chain = started(markets=[Market(oracle="1000")], taker_fee_ppm=1_000, maker_fee_ppm=200, fee_share_ppm=500_000)
    rest(chain, CARL, SELL, "1", "1000")
    trade(chain, BOB, BUY, "1", "1000", client_id=2)
    assert margin_of(chain, VAULT) == micro("0.6")
    assert vault(chain).margin == str(micro("0.6"))


@pytest.mark.parametrize("maker_fee_ppm", [0, -110])
def test_a_quote_that_would_cross_a_short_term_order_leaves_the_book_instead_of_taking(maker_fee_ppm: int) -> None:
    """Whatever a match on trial would pay the maker, who has a rebate on the real chain."""
    chain = started(markets=[Market(oracle="1000")], taker_fee_ppm=500, maker_fee_ppm=maker_fee_ppm)
    order = order_of(chain, BOB, SELL, "1", "985")
    plain = type(order)(
        order_id=order.order_id,
        side=order.side,
        quantums=order.quantums,
        subticks=order.subticks,
        good_til_block=chain.height + 10,
    )
    assert chain.submit(MsgPlaceOrder(order=plain), by="bob").code == 0
    add(chain, ALICE, 5_000)
    for _ in range(3):
        chain.block()
        assert position(chain) == 0
    assert margin_of(chain, VAULT) == micro(5_000)


def test_the_vault_is_never_liquidated() -> None:
    """Long 10 coins at 1,000 with 1,000 dollars: at 900 nothing is left, at 800 the vault owes 1,000."""
    own, other = (
        subaccount(VAULT, micro(1_000 - 10_000), (0, micro(10))),
        subaccount(CARL, micro(50_000), (0, -micro(10))),
    )
    market = Market(oracle="1000", cap="1")
    chain = started(markets=[market], margins={BOB: 10_000_000}, subaccounts=[own, other])
    rest(chain, BOB, BUY, "100", "700")
    for price in ("940", "900", "800"):
        set_price(chain, price)
        chain.blocks(3)
        assert position(chain) == 10
    assert equity(chain) == -1_000
    # A deficit does not block what others withdraw either.
    assert chain.app.modules.subaccounts.negative_tnc_seen(chain.ctx, 0) is None


def test_nobody_is_deleveraged_against_the_vault() -> None:
    """Carl is long with too little, the vault and Dave are short; the book is empty, so Dave alone is offset."""
    chain = started(
        markets=[Market(oracle="1000", is_quoted=False)],
        margins={BOB: 1_000},
        subaccounts=[
            subaccount(VAULT, micro(100_000), (0, -micro(10))),
            subaccount(DAVE, micro(100_000), (0, -micro(10))),
            subaccount(CARL, micro(-9_000 - 5_000), (0, micro(20))),
        ],
    )
    set_price(chain, "650")
    chain.blocks(3)
    assert position(chain) == -10
    daves = chain.app.modules.subaccounts.get(
        chain.ctx, order_id(0, BUY, 0).subaccount_id.__class__(owner=DAVE, number=0)
    )
    assert daves.perpetual_positions == ()


def test_a_market_that_is_closed_settles_the_vaults_position_at_the_oracle_price() -> None:
    """Bought 12.5 at 1,980, settled at 2,010: a profit of 375, all of it realised."""
    chain = quoting(Market(oracle="2000", cap="100"))
    trade(chain, DAVE, SELL, "12.5", "1980")
    set_price(chain, "2010")
    pair = chain.app.modules.clob.find_clob_pair(chain.ctx, 0)
    assert pair is not None
    closed = replace(pair, status=ClobPair_Status.STATUS_FINAL_SETTLEMENT)
    govern(chain, MsgUpdateClobPair(authority=GOV, clob_pair=closed))
    chain.blocks(3)
    assert position(chain) == 0
    now = vault(chain)
    assert (dollars(now.margin), dollars(now.equity)) == (5_375, 5_375)
    assert resting(chain) == []


def test_an_isolated_market_is_quoted_from_its_own_pool() -> None:
    made = genesis(Scene(markets=[Market(oracle="1000")]))
    made["app_state"]["perpetuals"]["perpetuals"][0]["params"]["market_type"] = "PERPETUAL_MARKET_TYPE_ISOLATED"
    chain = LocalChain(made, checked=True)
    add(chain, ALICE, 5_000)
    trade(chain, DAVE, SELL, "1", "990")
    assert position(chain) == 1
    add(chain, BOB, 1_000)
    assert remove(chain, ALICE, 1_000_000_000).code == 0
    trade(chain, DAVE, BUY, "1", "1010", client_id=2)
    assert position(chain) == 0
    # 6,000 and a spread of 20, less what Alice's shares were worth at an equity of 6,010.
    released = 6_011_000_000 * 1_000_000_000 // (5_000_000_000 + bobs_shares(chain) + 1_000_000)
    assert margin_of(chain, VAULT) == micro(6_020) - released


def bobs_shares(chain: LocalChain) -> int:
    """1,000 dollars at an equity of 5,010."""
    shares = 1_000_000_000 * 5_001_000_000 // 5_011_000_000
    assert shares_of(chain, BOB) == shares
    return shares


def test_it_trades_beside_the_megavault_without_crossing_it() -> None:
    made = genesis(Scene(markets=[Market(oracle="1000", half_spread="0.003", tick="0.1")]))
    state = made["app_state"]
    state["subaccounts"]["subaccounts"].append(subaccount(vault_owner(0), micro(20_000)))
    state["vault"]["vaults"] = [
        {
            "vault_id": {"type": "VAULT_TYPE_CLOB", "number": 0},
            "vault_params": {"status": "VAULT_STATUS_QUOTING"},
            "most_recent_client_ids": [],
        }
    ]
    chain = LocalChain(made)
    add(chain, ALICE, 50_000)
    for step in range(20):
        set_price(chain, str(1_000 + 7 * (step % 5)))
        book = chain.app.modules.memclob.book(0)
        bid, ask = book.bids.best(), book.asks.best()
        assert bid is not None
        assert ask is not None
        assert bid < ask
        owners = [order.order_id.subaccount_id.owner for order in chain.app.modules.clob.all_placed_orders(chain.ctx)]
        assert (owners.count(vault_owner(0)), owners.count(VAULT)) == (4, 2)
