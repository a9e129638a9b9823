"""Refresh: which orders appear, stay, flip and go; the incremental refresh against the full one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.x.vault.scene import ALICE, FINAL_SETTLEMENT, INITIALIZING, STATUSES, Scene, vault
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import Order, OrderId
from vaultsim.pb.dydxprotocol.vault import MsgAllocateToVault, MsgRetrieveFromVault, MsgSetVaultParams, VaultParams
from vaultsim.pb.runtime import replace
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.clob.long_term_orders import LongTermOrders
from vaultsim.x.vault.blocks import VaultBlocks
from vaultsim.x.vault.params import DEFAULT_QUOTING_PARAMS
from vaultsim.x.vault.quotes import PLAIN, POST_ONLY
from vaultsim.x.vault.types import BUY, SELL, VaultAccount, account_of, canonical_client_id

MILLION = 10**6
CANONICAL = (2147483648, 0, 2155872256, 8388608)
FLIPPED = tuple(client_id ^ 1 for client_id in CANONICAL)
BASE_0 = [202 * MILLION, 198 * MILLION, 202_400_000, 197_120_000]
DOUBLE_0 = [404 * MILLION, 396 * MILLION, 404_800_000, 394_240_000]
BASE_1 = [1_515_000_000, 1_485_000_000, 1_518_000_000, 1_478_400_000]


def shapes(orders: list[Order]) -> list[tuple[int, int]]:
    return [(order.quantums, order.subticks) for order in orders]


def with_threshold(threshold: int) -> Scene:
    scene = Scene()
    scene.genesis_markets()
    params = replace(DEFAULT_QUOTING_PARAMS, activation_threshold_quote_quantums=threshold)
    scene.vault.set_default_quoting_params(scene.ctx, params)
    return scene


ALL_0 = [(50 * MILLION, subticks) for subticks in BASE_0]
ALL_1 = [(66_666_000, subticks) for subticks in BASE_1]


@pytest.mark.parametrize(
    ("vaults", "threshold", "expected"),
    [
        ({0: ("Q", 10**9, None), 1: ("Q", 10**9 + 1, None)}, 10**9, ALL_0 + ALL_1),
        ({0: ("Q", 10**9, None), 1: ("SB", 10**9 + 1, None)}, 10**9, ALL_0),
        ({0: ("SB", 10**9, None), 1: ("DEACT", 0, None)}, 10**9, []),
        ({0: ("Q", 10**9, None), 1: ("Q", 999_999_999, None)}, 10**9, ALL_0),
        ({0: ("Q", 123_456_788, None), 1: ("Q", 123_456_787, None)}, 123_456_789, []),
        (
            {
                0: ("CLOSE", 123_456_789, -100_000),
                1: ("CLOSE", 123_456_790, None),
                2: ("SB", 123_456_791, -100_000),
                5: ("CLOSE", 123_456_792, 100_000),
            },
            123_456_789,
            [(100_000, 198 * MILLION)],
        ),
    ],
)
def test_refreshing_all(
    vaults: dict[int, tuple[str, int, int | None]], threshold: int, expected: list[tuple[int, int]]
) -> None:
    scene = with_threshold(threshold)
    for number, (status, usdc, base) in vaults.items():
        scene.fund_vault(number, usdc, base)
        scene.vault.set_vault_params(scene.ctx, vault(number), VaultParams(status=STATUSES[status]))
    assert scene.orders() == []
    scene.vault.refresh_all(scene.ctx)
    assert shapes(scene.orders()) == expected
    forces = {order.time_in_force for order in scene.orders()}
    assert forces == ({PLAIN} if 5 in vaults else {POST_ONLY} if expected else set())


def one_vault(number: int, base: int | None = 0) -> Scene:
    """One quoting vault with USDC 2·10^9 and a position entry, after block 1; alice is operator, gov too."""
    scene = Scene()
    scene.genesis_markets()
    scene.set_vault(number, "Q")
    scene.fund_main(10**9)
    scene.fund_vault(number, 2 * 10**9, base)
    operator = scene.vault.operator_params(scene.ctx)
    scene.vault.set_operator_params(scene.ctx, replace(operator, operator=ALICE))
    scene.start()
    return scene


def set_status(scene: Scene, number: int, status: str, seconds: int = 1) -> None:
    params = VaultParams(status=STATUSES[status])
    scene.block(seconds, [MsgSetVaultParams(authority=GOV_BECH32, vault_id=vault(number), vault_params=params)])


def assert_live(scene: Scene, number: int, ids: tuple[int, ...], quotes: list[tuple[int, int]], good_til: int) -> None:
    """The remembered ids, and their orders in the same order."""
    assert scene.client_ids(number) == ids
    by_id = {order.order_id.client_id: order for order in scene.orders(number)}
    assert len(by_id) == len(ids)
    assert shapes([by_id[client_id] for client_id in ids]) == quotes
    assert {order.good_til_block_time for order in by_id.values()} == {good_til}


def sized(quantums: int, prices: list[int]) -> list[tuple[int, int]]:
    return [(quantums, subticks) for subticks in prices]


def test_unchanged_quotes_stay_as_they_are() -> None:
    scene = one_vault(0)
    assert_live(scene, 0, CANONICAL, sized(100 * MILLION, BASE_0), 60)
    scene.block()
    assert_live(scene, 0, CANONICAL, sized(100 * MILLION, BASE_0), 60)


def test_expired_quotes_come_again_flipped() -> None:
    scene = one_vault(0)
    for _ in range(4):
        scene.block(12)
    assert_live(scene, 0, CANONICAL, sized(100 * MILLION, BASE_0), 60)
    scene.block(12)
    assert_live(scene, 0, FLIPPED, sized(100 * MILLION, BASE_0), 120)


def test_a_new_price_flips_and_back() -> None:
    scene = one_vault(0)
    scene.set_price(0, 4_000_000_000)
    scene.block()
    assert_live(scene, 0, FLIPPED, sized(50 * MILLION, DOUBLE_0), 61)
    scene.set_price(0, 2_000_000_000)
    scene.block()
    assert_live(scene, 0, CANONICAL, sized(100 * MILLION, BASE_0), 62)


@pytest.mark.parametrize(("message", "size"), [(MsgAllocateToVault, 125 * MILLION), (MsgRetrieveFromVault, 75_000_000)])
def test_more_or_less_money_changes_the_size(message: type, size: int) -> None:
    scene = one_vault(0)
    scene.block(2, [message(authority=ALICE, vault_id=vault(0), quote_quantums=500 * MILLION)])
    assert_live(scene, 0, FLIPPED, sized(size, BASE_0), 62)


@pytest.mark.parametrize("status", ["CLOSE", "SB"])
def test_a_flat_vault_stops_quoting(status: str) -> None:
    scene = one_vault(0)
    set_status(scene, 0, status)
    assert_live_nothing(scene, 0)


def assert_live_nothing(scene: Scene, number: int) -> None:
    assert scene.orders(number) == []
    assert scene.client_ids(number) == ()


def test_an_emptied_vault_can_be_deactivated_in_one_block() -> None:
    scene = one_vault(0)
    scene.block(
        1,
        [
            MsgRetrieveFromVault(authority=GOV_BECH32, vault_id=vault(0), quote_quantums=2 * 10**9),
            MsgSetVaultParams(authority=GOV_BECH32, vault_id=vault(0), vault_params=VaultParams(status=1)),
        ],
    )
    assert_live_nothing(scene, 0)
    scene.block()
    assert scene.vault.find_params(scene.ctx, vault(0)) is None


LONG = [1_510_300_000, 1_474_000_000, 1_513_300_000, 1_465_500_000]
SHORT = [1_532_100_000, 1_491_900_000, 1_541_500_000, 1_488_900_000]


def test_closing_a_long_keeps_the_first_ask_and_turns_the_bid_s_id_into_an_ask() -> None:
    scene = one_vault(1, 250 * MILLION)
    assert_live(scene, 1, CANONICAL, sized(158_333_000, LONG), 60)
    assert [order.time_in_force for order in scene.orders(1)] == [PLAIN, POST_ONLY, PLAIN, POST_ONLY]
    set_status(scene, 1, "CLOSE")
    assert scene.client_ids(1) == (CANONICAL[0], 1)
    assert [(order.side, order.quantums, order.good_til_block_time) for order in scene.orders(1)] == [
        (SELL, 158_333_000, 60),
        (SELL, 91_667_000, 61),
    ]


def test_closing_a_short_and_quoting_again() -> None:
    scene = one_vault(1, -250 * MILLION)
    assert_live(scene, 1, CANONICAL, sized(108_333_000, SHORT), 60)
    set_status(scene, 1, "CLOSE")
    assert scene.client_ids(1) == FLIPPED[:2]
    assert [(order.side, order.quantums) for order in scene.orders(1)] == [(BUY, 108_333_000)] * 2
    set_status(scene, 1, "Q")
    assert scene.client_ids(1) == CANONICAL
    assert [order.side for order in scene.orders(1)] == [SELL, BUY, SELL, BUY]


def test_a_vault_without_a_market_does_nothing() -> None:
    scene = one_vault(4321)
    assert_live_nothing(scene, 4321)


def test_standing_by_and_quoting_again_in_one_block_takes_a_block_longer() -> None:
    scene = one_vault(0)
    status = [
        MsgSetVaultParams(authority=GOV_BECH32, vault_id=vault(0), vault_params=VaultParams(status=number))
        for number in (2, 3)
    ]
    scene.block(1, status)
    assert scene.orders(0) == []
    assert scene.client_ids(0) == CANONICAL
    scene.block()
    assert_live(scene, 0, FLIPPED, sized(100 * MILLION, BASE_0), 62)


def test_a_shorter_expiration_makes_cancels_fail_every_second_block() -> None:
    scene = one_vault(0)
    shorter = replace(DEFAULT_QUOTING_PARAMS, order_expiration_seconds=10)
    scene.vault.set_default_quoting_params(scene.ctx, shorter)
    scene.set_price(0, 4_000_000_000)
    seen = []
    for _ in range(4):
        scene.block()
        seen.append(scene.client_ids(0))
        assert shapes(scene.orders(0)) == sized(100 * MILLION, BASE_0)
    assert seen == [FLIPPED, CANONICAL, FLIPPED, CANONICAL]
    scene.block(45)
    assert shapes(scene.orders(0)) == sized(100 * MILLION, BASE_0)
    scene.block(11)
    assert shapes(scene.orders(0)) == sized(50 * MILLION, DOUBLE_0)


def test_fewer_layers_cancel_what_is_left_over() -> None:
    scene = one_vault(0)
    scene.vault.set_default_quoting_params(scene.ctx, replace(DEFAULT_QUOTING_PARAMS, layers=1))
    scene.block()
    assert_live(scene, 0, CANONICAL[:2], sized(100 * MILLION, BASE_0[:2]), 60)
    scene.vault.set_default_quoting_params(scene.ctx, replace(DEFAULT_QUOTING_PARAMS, layers=3))
    scene.block()
    # The ids of layer 1 were cancelled one block ago only, so they can be used again.
    ids = (*CANONICAL, canonical_client_id(SELL, 2), canonical_client_id(BUY, 2))
    assert scene.client_ids(0) == ids
    assert len(scene.orders(0)) == 6


def test_a_list_begun_while_closing_makes_two_quotes_fight_for_one_id() -> None:
    scene = Scene()
    scene.genesis_markets()
    scene.set_vault(1, "CLOSE")
    scene.fund_vault(1, 2 * 10**9, 250 * MILLION)
    scene.start()
    assert scene.client_ids(1) == (CANONICAL[0], CANONICAL[2])
    set_status(scene, 1, "Q")
    family = {CANONICAL[2], FLIPPED[2]}
    for _ in range(6):
        live = [order.order_id.client_id for order in scene.orders(1)]
        assert len([client_id for client_id in live if client_id in family]) <= 1
        assert len(live) <= 3
        scene.block()


def test_below_the_threshold_live_orders_stay_until_they_expire() -> None:
    scene = Scene()
    scene.genesis_markets()
    scene.set_vault(0, "Q")
    scene.fund_vault(0, 2 * 10**9)
    scene.start()
    scene.fund_vault(0, 10**9 - 1)
    scene.block(59)
    assert len(scene.orders(0)) == 4
    scene.block(1)
    assert scene.orders(0) == []
    assert scene.client_ids(0) == CANONICAL


def test_an_empty_position_entry_defeats_the_threshold() -> None:
    scene = Scene()
    scene.genesis_markets()
    scene.set_vault(0, "Q")
    scene.fund_vault(0, 10**9 - 1, 0)
    scene.start()
    assert len(scene.orders(0)) == 4


def test_an_error_touches_nothing() -> None:
    scene = one_vault(0)
    scene.set_price(0, 0)
    scene.block()
    assert_live(scene, 0, CANONICAL, sized(100 * MILLION, BASE_0), 60)
    scene.set_price(0, 2_000_000_000)
    scene.fund_vault(0, -1, 0)
    scene.block()
    assert_live(scene, 0, CANONICAL, sized(100 * MILLION, BASE_0), 60)


def test_final_settlement_cancels_and_an_initializing_pair_refuses() -> None:
    scene = one_vault(0)
    pair = scene.clob.clob_pair(scene.ctx, 0)
    scene.clob.state.clob_pairs.set(scene.ctx, 0, replace(pair, status=FINAL_SETTLEMENT))
    scene.block()
    assert_live_nothing(scene, 0)
    scene.clob.state.clob_pairs.set(scene.ctx, 0, replace(pair, status=INITIALIZING))
    scene.block()
    assert scene.orders(0) == []
    assert scene.client_ids(0) == CANONICAL
    scene.clob.state.clob_pairs.set(scene.ctx, 0, pair)
    scene.block()
    assert len(scene.orders(0)) == 4


def test_a_panic_drops_refresh_and_sweep() -> None:
    scene = one_vault(0)
    scene.set_price(0, 4_000_000_000)
    scene.give_coins("dydx18tkxrnrkqc2t0lr3zxr5g6a4hdvqksylxqje4r", 5)
    scene.set_vault(1, "Q")
    scene.fund_vault(1, 2 * 10**9)
    pair = scene.clob.clob_pair(scene.ctx, 1)
    scene.clob.state.clob_pairs.set(scene.ctx, 1, replace(pair, step_base_quantums=0))
    with pytest.raises(ChainPanic):
        scene.vault.refresh_all(scene.ctx.branched())
    scene.ctx.events.clear()
    VaultBlocks(scene.vault).end_block(scene.ctx)
    assert_live(scene, 0, CANONICAL, sized(100 * MILLION, BASE_0), 60)
    assert scene.main_usdc() == 10**9
    assert scene.ctx.events == []


def test_one_vault_s_error_does_not_stop_the_others() -> None:
    scene = Scene()
    scene.genesis_markets()
    for number in (0, 1):
        scene.set_vault(number, "Q")
        scene.fund_vault(number, 10**9)
    scene.set_price(0, 0)
    scene.start()
    assert [len(scene.orders(number)) for number in (0, 1)] == [0, 4]


# --- incremental --------------------------------------------------------------------------------------------------


def count_full_refreshes(scene: Scene) -> list[str]:
    """Texts of the vaults whose orders are gone through, in a list that grows."""
    seen: list[str] = []
    replace_orders = scene.vault._replace_orders

    def counting(ctx: object, account: VaultAccount, *rest: object) -> object:
        seen.append(account.text)
        return replace_orders(ctx, account, *rest)  # type: ignore[arg-type]

    scene.vault._replace_orders = counting  # type: ignore[method-assign, assignment]
    return seen


def test_a_vault_without_changes_is_skipped() -> None:
    scene = one_vault(0)
    seen = count_full_refreshes(scene)
    scene.block()
    scene.block()
    assert seen == []
    perpetual = scene.perpetuals.get(scene.ctx, 0)
    scene.perpetuals.state.perpetuals.set(scene.ctx, 0, replace(perpetual, open_interest=5))
    price = scene.prices.market_price(scene.ctx, 0)
    scene.prices.state.prices.set(scene.ctx, 0, replace(price))
    scene.block()
    assert seen == []


def test_every_input_that_changes_is_noticed() -> None:
    scene = one_vault(0, 250)
    seen = count_full_refreshes(scene)
    ctx_changes = [
        lambda: scene.set_price(0, 2_000_010_000),
        lambda: scene.fund_vault(0, 2 * 10**9 + 1, 250),
        lambda: scene.perpetuals.state.perpetuals.set(
            scene.ctx, 0, replace(scene.perpetuals.get(scene.ctx, 0), funding_index=7)
        ),
        lambda: scene.clob.state.clob_pairs.set(
            scene.ctx, 0, replace(scene.clob.clob_pair(scene.ctx, 0), subticks_per_tick=20_000)
        ),
        lambda: scene.prices.state.params.set(
            scene.ctx, 0, replace(scene.prices.market_param(scene.ctx, 0), min_price_change_ppm=9_000)
        ),
        lambda: scene.vault.set_default_quoting_params(scene.ctx, replace(DEFAULT_QUOTING_PARAMS, layers=1)),
        lambda: scene.vault.set_vault_params(scene.ctx, vault(0), VaultParams(status=4)),
        lambda: scene.clob.remove_stateful_order(scene.ctx, scene.orders(0)[0].order_id),
    ]
    for index, change in enumerate(ctx_changes):
        change()
        scene.block()
        assert seen == ["VAULT_TYPE_CLOB-0"], index
        seen.clear()
        scene.block()
        assert seen == [], index


def test_a_refresh_on_a_dropped_branch_does_not_count() -> None:
    scene = one_vault(0)
    dropped = scene.ctx.branched()
    scene.prices.state.prices.set(dropped, 0, replace(scene.prices.market_price(dropped, 0), price=4_000_000_000))
    scene.vault.refresh_all(dropped)
    scene.set_price(0, 4_000_000_000)
    scene.block()
    assert_live(scene, 0, FLIPPED, sized(50 * MILLION, DOUBLE_0), 61)


def test_failed_placements_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = one_vault(0)
    scene.set_price(0, 4_000_000_000)

    def refuse(orders: LongTermOrders, order: Order) -> None:
        raise ChainError(f"{order.order_id.client_id}")

    with monkeypatch.context() as patched:
        patched.setattr(LongTermOrders, "place", refuse)
        scene.block()
    assert scene.orders(0) == []
    assert scene.client_ids(0) == FLIPPED
    scene.block()
    assert_live(scene, 0, CANONICAL, sized(50 * MILLION, DOUBLE_0), 62)


Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["price", "usdc", "status", "layers", "expire", "remove", "pair", "funding", "wait", "own"]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=12,
)


def twin() -> tuple[Scene, Scene]:
    scenes = Scene(incremental=True), Scene(incremental=False)
    for scene in scenes:
        scene.genesis_markets()
        for number, base in ((0, 0), (1, 250 * MILLION)):
            scene.set_vault(number, "Q")
            scene.fund_vault(number, 2 * 10**9, base)
        scene.start()
    return scenes


def act(scene: Scene, step: Step) -> int:
    """Does a step and returns the seconds until the next block."""
    kind, number = step
    which = number % 2
    if kind == "price":
        scene.set_price(which, (2_000_000_000 if which == 0 else 1_500_000_000) + number * 40_000_000)
    elif kind == "usdc":
        scene.fund_vault(which, (number - 1) * 10**9, number * 1_000)
    elif kind == "status":
        params = VaultParams(status=(3, 4, 2, 3)[number])
        scene.vault.set_vault_params(scene.ctx, vault(1), params)
    elif kind == "layers":
        scene.vault.set_default_quoting_params(scene.ctx, replace(DEFAULT_QUOTING_PARAMS, layers=number))
    elif kind == "own":
        own = replace(DEFAULT_QUOTING_PARAMS, order_expiration_seconds=(5, 60, 20, 90)[number])
        scene.vault.set_vault_params(scene.ctx, vault(0), VaultParams(status=3, quoting_params=own))
    elif kind == "expire":
        return 30 * number
    elif kind == "remove":
        orders = scene.orders()
        if orders:
            scene.clob.remove_stateful_order(scene.ctx, orders[number % len(orders)].order_id)
    elif kind == "pair":
        status = (1, 1, INITIALIZING, FINAL_SETTLEMENT)[number]
        pair = scene.clob.clob_pair(scene.ctx, 0)
        scene.clob.state.clob_pairs.set(scene.ctx, 0, replace(pair, status=status))
    elif kind == "funding":
        perpetual = scene.perpetuals.get(scene.ctx, 1)
        scene.perpetuals.state.perpetuals.set(scene.ctx, 1, replace(perpetual, funding_index=number))
    return 1


@settings(max_examples=40)
@given(STEPS)
def test_skipping_gives_the_same_state_as_going_through_everything(steps: list[Step]) -> None:
    quick, full = twin()
    for step in steps:
        for scene in (quick, full):
            scene.block(act(scene, step))
        assert quick.app.store.fingerprint() == full.app.store.fingerprint()


def test_order_ids_of_a_vault_are_reused() -> None:
    scene = one_vault(0)
    ids: list[OrderId] = [order.order_id for order in scene.orders(0)]
    assert all(one is account_of(vault(0)).order_id(one.client_id) for one in ids)
