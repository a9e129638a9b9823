"""Quotes of a vault: the chain's own table, worked edges, sign vectors, and the gaps between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.x.vault.scene import F_QP, FINAL_SETTLEMENT, INITIALIZING, Scene, qp, raises, vault
from vaultsim.errors import ChainPanic
from vaultsim.lib.ints import U64_MAX
from vaultsim.pb.dydxprotocol.clob import ClobPair, Order
from vaultsim.pb.dydxprotocol.perpetuals import Perpetual, PerpetualParams
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.pb.dydxprotocol.vault import QuotingParams
from vaultsim.pb.runtime import replace
from vaultsim.x.vault.formulas import open_notional, spread_ppm
from vaultsim.x.vault.params import DEFAULT_QUOTING_PARAMS as DQP
from vaultsim.x.vault.quotes import PLAIN, POST_ONLY, ladder, leverage_ppm, order_size, reducing_only, skews
from vaultsim.x.vault.types import BUY, SELL, Market, account_of, canonical_client_id

SIDES = {"S": SELL, "B": BUY}
FORCES = {"P": POST_ONLY, "U": PLAIN}
CHEAP = 5_000_000


def assert_orders(
    scene: Scene, number: int, sides: str, forces: str, subticks: list[int], sizes: list[int], expiration: int
) -> None:
    """Sides, prices, sizes and time in force in order; ids are canonical, layers run up per side."""
    orders = scene.vault.vault_clob_orders(scene.ctx, vault(number))
    assert [order.side for order in orders] == [SIDES[side] for side in sides]
    assert [order.subticks for order in orders] == subticks
    assert [order.quantums for order in orders] == sizes
    assert [order.time_in_force for order in orders] == [FORCES[force] for force in forces]
    layers = {SELL: 0, BUY: 0}
    for order in orders:
        assert order.order_id.client_id == canonical_client_id(order.side, layers[order.side])
        assert (order.order_id.order_flags, order.order_id.clob_pair_id) == (64, number)
        assert order.good_til_block_time == expiration
        assert not order.reduce_only
        layers[order.side] += 1


def test_flat_btc_vault() -> None:
    scene = Scene()
    scene.btc(price=CHEAP)
    scene.set_vault(0, "Q", qp(2, 3123, 1500, 554321, 100000, 2))
    scene.fund_vault(0, 10**9)
    assert_orders(scene, 0, "SBSB", "PPPP", [501565, 498435, 501650, 498260], [20_000_000_000] * 4, 2)


ETH_CASES = [
    pytest.param(
        "Q", qp(3, 7654, 2900, 1234000, 100000, 4), 2 * 10**9, -250_000_000, "SBSBSB", "PUPUPU",
        [3069552000, 2994039000, 3079765000, 2991205000, 3090677000, 2988372000], [41_666_000] * 6, id="short",
    ),
    pytest.param(
        "Q", qp(3, 3000, 8500, 900000, 200000, 4), 2 * 10**9, -500_000_000, "SBSBSB", "PUPUPU",
        [3351149000, 3043605000, 3386146000, 3038988000, 3422805000, 3034371000], [33_333_000] * 6, id="shorter",
    ),
    pytest.param(
        "Q", qp(2, 3000, 1500, 500000, 1000000, 4), -2 * 10**9, 10**9, "SBSB", "UPUP",
        [2995500000, 2943750000, 3000000000, 2919000000], [333_333_000] * 4, id="long on credit",
    ),
    pytest.param(
        "CLOSE", qp(3, 7654, 2900, 1234000, 100000, 4), 2 * 10**9, -250_000_000, "BBB", "UUU",
        [2994039000, 2991205000, 2988372000], [41_666_000] * 3, id="closing a short",
    ),
    pytest.param(
        "CLOSE", qp(3, 7654, 2900, 1234000, 100, 4), 760_000_000, -250_000_000, "", "", [], [], id="size rounds to 0",
    ),
    pytest.param(
        "CLOSE", qp(2, 7654, 2900, 1234000, 500000, 4), 10**9, 500_000_000, "SS", "UU",
        [3005961000, 3020129000], [416_666_000, 83_334_000], id="closing a long: the rest last",
    ),
    pytest.param("Q", qp(2, 3000, 1500, 500000, 1000, 2), 10**6, None, "", "", [], [], id="too little equity"),
    pytest.param("SB", DQP, 2 * 10**9, -500_000_000, "", "", [], [], id="stand-by"),
    pytest.param("DEACT", DQP, 2 * 10**9, -500_000_000, "", "", [], [], id="deactivated"),
    pytest.param("Q", replace(DQP, layers=0), 2 * 10**9, None, "", "", [], [], id="no layers"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "params", "usdc", "base", "sides", "forces", "subticks", "sizes"), ETH_CASES)
def test_eth_vault(
    status: str,
    params: QuotingParams,
    usdc: int,
    base: int | None,
    sides: str,
    forces: str,
    subticks: list[int],
    sizes: list[int],
) -> None:
    scene = Scene()
    scene.eth()
    scene.set_vault(1, status, params)
    scene.fund_vault(1, usdc, base)
    assert_orders(scene, 1, sides, forces, subticks, sizes, params.order_expiration_seconds)


def test_a_flat_close_only_vault_wants_nothing() -> None:
    scene = Scene()
    scene.btc(price=CHEAP)
    scene.set_vault(0, "CLOSE", qp(2, 3123, 1500, 554321, 100000, 2))
    scene.fund_vault(0, 10**9)
    assert scene.vault.vault_clob_orders(scene.ctx, vault(0)) == []


def test_without_pair_or_in_final_settlement_nothing_is_wanted() -> None:
    scene = Scene()
    scene.btc(has_pair=False)
    scene.eth(status=FINAL_SETTLEMENT)
    scene.set_vault(0, "Q")
    scene.set_vault(1, "Q")
    assert scene.vault.vault_clob_orders(scene.ctx, vault(0)) == []
    assert scene.vault.vault_clob_orders(scene.ctx, vault(1)) == []
    scene.prices.state.params.delete(scene.ctx, 1)
    assert scene.vault.vault_clob_orders(scene.ctx, vault(1)) == []


@pytest.mark.parametrize(
    ("usdc", "base", "price", "code"),
    [(0, None, CHEAP, 5), (5_000_000, -10_000_000_000, CHEAP, 5), (10**9, None, 0, 17), (0, None, 0, 17)],
)
def test_no_quotes_without_equity_or_price(usdc: int, base: int | None, price: int, code: int) -> None:
    scene = Scene()
    scene.btc(price=price)
    scene.set_vault(0, "SB")
    scene.fund_vault(0, usdc, base)
    with raises(code):
        scene.vault.vault_clob_orders(scene.ctx, vault(0))


def test_other_errors_of_the_look_up() -> None:
    scene = Scene()
    scene.btc()
    scene.fund_vault(0, 10**9)
    with raises(20):
        scene.vault.vault_clob_orders(scene.ctx, vault(0))
    scene.set_vault(0, "Q")
    scene.prices.state.params.delete(scene.ctx, 0)
    with raises(3):
        scene.vault.vault_clob_orders(scene.ctx, vault(0))
    scene.perpetuals.state.perpetuals.delete(scene.ctx, 0)
    with raises(1, "perpetuals"):
        scene.vault.vault_clob_orders(scene.ctx, vault(0))


def test_a_pair_without_a_perpetual_panics() -> None:
    scene = Scene()
    scene.btc()
    scene.set_vault(0, "Q")
    pair = scene.clob.clob_pair(scene.ctx, 0)
    scene.clob.state.clob_pairs.set(scene.ctx, 0, replace(pair, perpetual_clob_metadata=None))
    with pytest.raises(ChainPanic):
        scene.vault.vault_clob_orders(scene.ctx, vault(0))


def test_an_initializing_pair_is_quoted() -> None:
    scene = Scene()
    scene.eth(status=INITIALIZING)
    scene.set_vault(1, "Q")
    scene.fund_vault(1, 10**9)
    assert len(scene.vault.vault_clob_orders(scene.ctx, vault(1))) == 4


def test_a_tiny_short_counts_as_flat_but_is_closed_by_buying() -> None:
    scene = Scene()
    scene.eth()
    scene.set_vault(1, "CLOSE", replace(DQP, layers=1))
    scene.fund_vault(1, 10**13 + 1, -1000)
    assert_orders(scene, 1, "B", "P", [2_970_000_000], [1000], 60)


def test_funding_counts_in_the_equity() -> None:
    scene = Scene()
    scene.eth()
    scene.set_vault(1, "Q")
    scene.fund_vault(1, 10**9, 100_000_000)
    perpetual = scene.perpetuals.get(scene.ctx, 1)
    scene.perpetuals.state.perpetuals.set(scene.ctx, 1, replace(perpetual, funding_index=500_001))
    # 10^9 + 300 000 000 - ceil(500 001 * 10^8 / 10^6) = 1 249 999 900
    account = account_of(vault(1))
    subaccount = scene.subaccounts.get(scene.ctx, account.subaccount_id)
    market = scene.vault.market_of(scene.ctx, vault(1))
    equity, notional = scene.vault.equity_and_notional(scene.ctx, account, subaccount, market)
    assert (equity, notional) == (1_249_999_900, 300_000_000)
    assert equity == scene.vault_equity(1)


SIGNS = Market(
    ClobPair(id=1, step_base_quantums=1_000_000, subticks_per_tick=1_000, quantum_conversion_exponent=-9),
    Perpetual(params=PerpetualParams(id=1, atomic_resolution=-9)),
    MarketParam(id=1, min_price_change_ppm=1_000),
    MarketPrice(id=1, exponent=-6, price=3_001_234_567),
)
SIGN_PARAMS = replace(DQP, skew_factor_ppm=1_234_567, order_size_pct_ppm=77_777)


@pytest.mark.parametrize(
    ("usdc", "base", "equity", "ppm", "size", "skew", "subticks"),
    [
        (
            11_213_055_420, -400_000_000, 10_012_561_594, -119_898, 259_000_000,
            [(317_955, 148_022), (547_643, 52_001)],
            [3_040_790_000, 2_975_664_000, 3_047_683_000, 2_972_782_000],
        ),
        (
            8_786_471_538, 400_000_000, 9_986_965_364, 120_207, 258_000_000,
            [(-148_404, -318_832), (-52_383, -548_594)],
            [3_026_793_000, 2_961_653_000, 3_029_675_000, 2_954_757_000],
        ),
    ],
)  # fmt: skip
def test_sign_vectors(
    usdc: int, base: int, equity: int, ppm: int, size: int, skew: list[tuple[int, int]], subticks: list[int]
) -> None:
    notional = open_notional(SIGNS, base)
    assert usdc + notional == equity
    assert leverage_ppm(notional, equity) == ppm
    assert order_size(equity, SIGN_PARAMS, SIGNS) == size
    assert [skews(ppm, layer * 77_777, 1_234_567) for layer in (0, 1)] == skew
    assert [quote.subticks for quote in ladder(SIGN_PARAMS, SIGNS, ppm, size)] == subticks


def test_the_worked_cycle() -> None:
    market = Market(replace(SIGNS.pair, subticks_per_tick=100_000), SIGNS.perpetual, SIGNS.param, replace(SIGNS.price))
    assert order_size(10**10, DQP, market) == 333_000_000
    first = [3_031_300_000, 2_971_200_000, 3_037_300_000, 2_958_000_000]
    assert [quote.subticks for quote in ladder(DQP, market, 0, 1)] == first
    market = market._replace(price=MarketPrice(id=1, exponent=-6, price=3_004_567_890))
    second = [3_050_800_000, 2_981_700_000, 3_066_900_000, 2_975_700_000]
    quotes = ladder(DQP, market, -120_047, 1)
    assert [quote.subticks for quote in quotes] == second
    assert [quote.time_in_force for quote in quotes] == [POST_ONLY, PLAIN, POST_ONLY, PLAIN]


@pytest.mark.parametrize(
    ("buffer", "change", "spread"), [(200, 500, 1000), (600, 500, 1100), (400, 600, 1000), (2**32 - 1, 2_001, 2_000)]
)
def test_spread_is_the_larger_and_the_sum_wraps(buffer: int, change: int, spread: int) -> None:
    assert spread_ppm(QuotingParams(spread_min_ppm=1000, spread_buffer_ppm=buffer), change) == spread


def test_prices_stay_between_one_tick_and_the_largest_multiple() -> None:
    wide = replace(DQP, spread_min_ppm=4_000_000_000)
    quotes = ladder(wide, SIGNS, 0, 1)
    assert quotes[1].subticks == 1_000
    dear = SIGNS._replace(price=MarketPrice(id=1, exponent=-6, price=U64_MAX))
    highest = U64_MAX - U64_MAX % 1_000
    assert [quote.subticks for quote in ladder(wide, dear, 0, 1)] == [highest, 1_000, highest, 1_000]


def test_a_size_beyond_u64_is_refused() -> None:
    cheap = SIGNS._replace(price=MarketPrice(id=1, exponent=-6, price=1))
    most = 184_467_440_737  # a tenth of it, at 10^-9 quote quantums each, is 18 446 744 073 700 000 000 < 2^64
    assert order_size(most, DQP, cheap) == most * 10**8
    with raises(14):
        order_size(most + 1, DQP, cheap)


def test_255_layers() -> None:
    quotes = ladder(replace(DQP, layers=255), SIGNS, 0, 1)
    assert len(quotes) == 510
    assert (quotes[-2].client_id, quotes[-1].client_id) == (2139095040 + 2**31 - 2**23, 2139095040 - 2**23)


def test_oracle_prices_may_be_fractions_of_a_subtick() -> None:
    market = SIGNS._replace(
        pair=replace(SIGNS.pair, quantum_conversion_exponent=-8, subticks_per_tick=1),
        price=MarketPrice(id=1, exponent=-6, price=15),
    )
    # 1.5 subticks, spread 1 %: ask 1.515 rounded up, bid 1.485 rounded down
    assert [quote.subticks for quote in ladder(replace(DQP, layers=1), market, 0, 1)] == [2, 1]


@pytest.mark.parametrize(
    ("base", "step", "expected"),
    [
        (999, 1000, []),
        (-1999, 1000, [1000]),
        (1999, 1000, [1000]),
        (5000, 1000, [3000, 2000]),
        (2**64 + 1000, 8, [1000]),
    ],
)
def test_closing_takes_whole_steps_of_the_low_64_bits(base: int, step: int, expected: list[int]) -> None:
    quotes = ladder(DQP, SIGNS, 0, 3000)
    kept = reducing_only(quotes, base, step, is_long=True)
    assert [quote.quantums for quote in kept] == expected
    assert all(quote.side == SELL for quote in kept)


@given(
    st.integers(1, 10**15),
    st.integers(-(10**15), 10**15),
    st.integers(1, 2**40),
    st.integers(1, 1_999_999),
    st.integers(0, 10**6),
    st.integers(-9, 3),
    st.integers(1, 10**6),
)
def test_one_division_gives_what_the_chain_s_nested_roundings_give(
    equity: int, notional: int, price: int, size_pct: int, skew: int, exponent: int, tick: int
) -> None:
    params = replace(DQP, order_size_pct_ppm=size_pct, skew_factor_ppm=skew)
    market = Market(
        replace(SIGNS.pair, subticks_per_tick=tick, step_base_quantums=7),
        SIGNS.perpetual,
        SIGNS.param,
        MarketPrice(id=1, exponent=exponent, price=price),
    )
    million = 10**6
    power = exponent - 9 + 6
    scaled = equity * size_pct * 10**-power if power < 0 else equity * size_pct // 10**power
    size = scaled // price // million // 7 * 7
    if size < 2**64:
        assert order_size(equity, params, market) == size
    numerator, denominator = (price * 10 ** (exponent + 6), 1) if exponent + 6 >= 0 else (price, 10 ** -(exponent + 6))
    leverage = leverage_ppm(notional, equity)
    for layer, (ask, bid) in enumerate(zip(*[iter(ladder(params, market, leverage, 1))] * 2, strict=True)):
        ask_skew, bid_skew = skews(leverage, layer * size_pct, skew)
        f_ask = 10**12 + 10_000 * (million + ask_skew)
        f_bid = 10**12 + 10_000 * (bid_skew - million)
        t_ask = ceiling(ceiling(numerator * f_ask, million), million * denominator)
        t_bid = numerator * f_bid // million
        t_bid = t_bid // (million * denominator) if t_bid >= 0 else -(-t_bid // (million * denominator))
        top = U64_MAX - U64_MAX % tick
        assert ask.subticks == min(max(ceiling(t_ask, tick) * tick, tick), top)
        assert bid.subticks == min(max(t_bid // tick * tick, tick), top)


def ceiling(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def test_order_ids_alternate_and_need_no_pair() -> None:
    scene = Scene()
    for number, layers in ((0, 2), (1, 7), (797, 2)):
        scene.set_vault(number, "Q", replace(F_QP, layers=layers))
        ids = scene.vault.vault_clob_order_ids(scene.ctx, vault(number))
        expected = [canonical_client_id(side, layer) for layer in range(layers) for side in (SELL, BUY)]
        assert [order_id.client_id for order_id in ids] == expected
    scene.set_vault(0, "Q", replace(F_QP, layers=0))
    assert scene.vault.vault_clob_order_ids(scene.ctx, vault(0)) == []
    assert scene.vault.vault_clob_order_ids(scene.ctx, vault(2)) == []


def test_default_time_wraps_in_u32() -> None:
    scene = Scene()
    scene.eth()
    scene.set_vault(1, "Q")
    scene.fund_vault(1, 10**9)
    scene.ctx.unix_seconds = 2**32 - 10
    orders: list[Order] = scene.vault.vault_clob_orders(scene.ctx, vault(1))
    assert {order.good_til_block_time for order in orders} == {50}
