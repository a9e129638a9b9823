"""Refreshing vault orders block by block: the multi-step stories with complete orders, client ids and good-til times.

Source: dydx-vault-cases §6 (TestRefreshAllVaultOrders, TestRefreshVaultClobOrders; prices and sizes as derived there).
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.conformance.world import (
    ALICE,
    F_GEN,
    VaultCase,
    client_ids,
    equity,
    orders,
    params,
    shown,
    started,
    vault,
    vault_owner,
)
from vaultsim.pb.dydxprotocol.vault import (
    MsgAllocateToVault,
    MsgRetrieveFromVault,
    MsgSetVaultParams,
    QuotingParams,
)
from vaultsim.pb.runtime import Message, replace
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.vault.params import DEFAULT_QUOTING_PARAMS

SELL_0, BUY_0, SELL_1, BUY_1 = 2147483648, 0, 2155872256, 8388608
CANONICAL = [SELL_0, BUY_0, SELL_1, BUY_1]
FLIPPED = [client_id ^ 1 for client_id in CANONICAL]
TWO = 2 * 10**9

Shown = tuple[str, int, int, int, int, str]


def story(number: int, base: int | None) -> LocalChain:
    return started(vaults=[VaultCase(number, "Q", TWO, base)], main=10**9, operator=ALICE)


def ladder(sides: str, ids: list[int], sizes: list[int], prices: list[int], til: int, forces: str) -> list[Shown]:
    return list(zip(sides, ids, sizes, prices, [til] * len(sides), forces, strict=True))


def assert_orders(chain: LocalChain, number: int, expected: list[Shown]) -> None:
    found = orders(chain)
    assert [shown(order) for order in found] == expected
    assert {order.order_id.subaccount_id.owner for order in found} <= {vault_owner(number)}
    assert {(order.order_id.order_flags, order.order_id.clob_pair_id) for order in found} <= {(64, number)}
    assert client_ids(chain, number) == [line[1] for line in expected]


def btc(size: int, prices: list[int], ids: list[int], til: int) -> list[Shown]:
    """A flat vault 0: all four orders post-only, of one size."""
    return ladder("SBSB", ids, [size] * 4, prices, til, "PPPP")


AT_20_000 = [202_000_000, 198_000_000, 202_400_000, 197_120_000]
AT_40_000 = [404_000_000, 396_000_000, 404_800_000, 394_240_000]


def send(chain: LocalChain, *messages: Message, status: str | None = None, number: int = 0) -> None:
    """The operator's messages, each in a transaction of its own, in one block a second later."""
    all_messages: list[Message] = list(messages)
    if status is not None:
        set_params = MsgSetVaultParams(authority=ALICE, vault_id=vault(number), vault_params=params(status))
        all_messages.append(set_params)
    for message in all_messages:
        assert chain.submit(message, by="alice").code == 0
    outcome = chain.block(1)
    assert [result.code for result in outcome.results] == [0] * len(outcome.results)
    assert len(outcome.results) == 4 + len(all_messages)


def test_nothing_changed_nothing_refreshed() -> None:
    chain = story(0, 0)
    assert_orders(chain, 0, btc(100_000_000, AT_20_000, CANONICAL, 60))
    chain.block(1)
    assert_orders(chain, 0, btc(100_000_000, AT_20_000, CANONICAL, 60))


def test_expiration() -> None:
    chain = story(0, 0)
    chain.block(60)
    chain.blocks(4, seconds=0)
    assert_orders(chain, 0, btc(100_000_000, AT_20_000, FLIPPED, 120))


def test_a_second_before_expiration_nothing_is_refreshed() -> None:
    chain = story(0, 0)
    chain.block(59)
    assert_orders(chain, 0, btc(100_000_000, AT_20_000, CANONICAL, 60))


def test_the_price_doubles_and_halves_again() -> None:
    chain = story(0, 0)
    chain.block(1, prices={0: 4 * 10**9})
    assert_orders(chain, 0, btc(50_000_000, AT_40_000, FLIPPED, 61))
    chain.block(1, prices={0: 2 * 10**9})
    assert_orders(chain, 0, btc(100_000_000, AT_20_000, CANONICAL, 62))


def test_allocation_makes_orders_larger() -> None:
    chain = story(0, 0)
    send(chain, MsgAllocateToVault(authority=ALICE, vault_id=vault(0), quote_quantums=500_000_000))
    assert_orders(chain, 0, btc(125_000_000, AT_20_000, FLIPPED, 61))


def test_retrieval_makes_orders_smaller() -> None:
    chain = story(0, 0)
    send(chain, MsgRetrieveFromVault(authority=ALICE, vault_id=vault(0), quote_quantums=500_000_000))
    assert_orders(chain, 0, btc(75_000_000, AT_20_000, FLIPPED, 61))


@pytest.mark.parametrize("status", ["CLOSE", "SB"])
def test_close_only_without_position_and_stand_by_have_no_orders(status: str) -> None:
    chain = story(0, 0)
    send(chain, status=status)
    assert_orders(chain, 0, [])


def test_close_only_of_a_long_vault_sells_only() -> None:
    chain = story(1, 250_000_000)
    prices = [1_510_300_000, 1_474_000_000, 1_513_300_000, 1_465_500_000]
    assert_orders(chain, 1, ladder("SBSB", CANONICAL, [158_333_000] * 4, prices, 60, "UPUP"))
    send(chain, status="CLOSE", number=1)
    assert_orders(
        chain,
        1,
        [("S", SELL_0, 158_333_000, 1_510_300_000, 60, "U"), ("S", 1, 91_667_000, 1_513_300_000, 61, "U")],
    )


def test_close_only_of_a_short_vault_buys_only_and_quotes_again() -> None:
    chain = story(1, -250_000_000)
    prices = [1_532_100_000, 1_491_900_000, 1_541_500_000, 1_488_900_000]
    assert_orders(chain, 1, ladder("SBSB", CANONICAL, [108_333_000] * 4, prices, 60, "PUPU"))
    send(chain, status="CLOSE", number=1)
    assert_orders(chain, 1, ladder("BB", FLIPPED[:2], [108_333_000] * 2, [1_491_900_000, 1_488_900_000], 61, "UU"))
    send(chain, status="Q", number=1)
    assert_orders(chain, 1, ladder("SBSB", CANONICAL, [108_333_000] * 4, prices, 62, "PUPU"))


def test_everything_retrieved_and_deactivated_in_one_block() -> None:
    chain = story(0, 0)
    send(chain, MsgRetrieveFromVault(authority=ALICE, vault_id=vault(0), quote_quantums=TWO), status="DEACT")
    assert_orders(chain, 0, [])
    kept = chain.app.modules.vault.state.vault_params
    assert [key for key, _ in kept.items(chain.ctx)] == ["VAULT_TYPE_CLOB-0"]
    chain.block(1)
    assert not list(kept.items(chain.ctx))


def test_a_vault_without_a_market_has_no_orders() -> None:
    chain = story(4321, None)
    assert orders(chain) == []
    assert client_ids(chain, 4321) == []
    chain.block(1)
    assert orders(chain) == []


# --- all vaults, in block 1 ---------------------------------------------------------------------------------------

V0 = [
    ("S", SELL_0, 50_000_000, 202_000_000),
    ("B", BUY_0, 50_000_000, 198_000_000),
    ("S", SELL_1, 50_000_000, 202_400_000),
    ("B", BUY_1, 50_000_000, 197_120_000),
]
V1 = [
    ("S", SELL_0, 66_666_000, 1_515_000_000),
    ("B", BUY_0, 66_666_000, 1_485_000_000),
    ("S", SELL_1, 66_666_000, 1_518_000_000),
    ("B", BUY_1, 66_666_000, 1_478_400_000),
]


class Whole(NamedTuple):
    """Vaults with default parameters of one activation threshold, and the orders of each."""

    threshold: int
    vaults: list[VaultCase]
    orders: dict[int, list[tuple[str, int, int, int]]]
    forces: str = "P"


WHOLE = {
    "both quote": Whole(10**9, [VaultCase(0, "Q", 10**9), VaultCase(1, "Q", 10**9 + 1)], {0: V0, 1: V1}),
    "one stands by": Whole(10**9, [VaultCase(0, "Q", 10**9), VaultCase(1, "SB", 10**9 + 1)], {0: V0}),
    "one stands by, one is deactivated": Whole(10**9, [VaultCase(0, "SB", 10**9), VaultCase(1, "DEACT")], {}),
    "one is a quantum below its threshold": Whole(
        10**9, [VaultCase(0, "Q", 10**9), VaultCase(1, "Q", 999_999_999)], {0: V0}
    ),
    "both are below": Whole(
        123_456_789, [VaultCase(0, "Q", 123_456_788), VaultCase(1, "Q", 123_456_787)], {}
    ),
    "close-only closes": Whole(
        123_456_789,
        [VaultCase(0, "CLOSE", 123_456_789, -100_000), VaultCase(1, "CLOSE", 123_456_790)],
        {0: [("B", BUY_0, 100_000, 198_000_000)]},
        "U",
    ),
}  # fmt: skip


def with_threshold(threshold: int) -> QuotingParams:
    return replace(DEFAULT_QUOTING_PARAMS, activation_threshold_quote_quantums=threshold)


@pytest.mark.parametrize("case", WHOLE.values(), ids=WHOLE.keys())
def test_all_vaults_in_one_block(case: Whole) -> None:
    chain = started(vaults=case.vaults, defaults=with_threshold(case.threshold), markets=F_GEN)
    found: dict[int, list[tuple[str, int, int, int]]] = {}
    for order in orders(chain):
        side, client_id, quantums, subticks, til, force = shown(order)
        assert (til, force) == (60, case.forces)
        found.setdefault(order.order_id.clob_pair_id, []).append((side, client_id, quantums, subticks))
    assert found == case.orders
    for number, expected in case.orders.items():
        assert client_ids(chain, number) == [line[1] for line in expected]


def test_a_close_only_vault_without_a_market_leaves_the_others_alone() -> None:
    vaults = [VaultCase(0, "Q", 10**9), VaultCase(5, "CLOSE", 123_456_792)]
    chain = started(vaults=vaults)
    assert [shown(order)[:4] for order in orders(chain)] == V0
    assert equity(chain, 0) == 10**9
