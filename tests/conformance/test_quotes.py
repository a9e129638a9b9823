"""Quotes of one vault as its first block places them, from a genesis document: the table of GetVaultClobOrders.

Source: dydx-vault-cases §6. In a chain a vault places only from its activation threshold on and the stored orders keep
their canonical ids, so the table's vaults quote with a threshold of zero. Cases that the chain answers with an error
leave the vault without orders and the chain alive.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.conformance.world import BTC, DQP, ETH, TestMarket, VaultCase, client_ids, orders, qp, shown, started
from vaultsim.pb.dydxprotocol.vault import QuotingParams
from vaultsim.pb.runtime import replace

CHEAP_BTC = TestMarket(
    id=0, pair="BTC-USD", price=5_000_000, exponent=-5, resolution=-10, tier=1, step=5, tick=5, qce=-8, change_ppm=50
)
SETTLED_ETH = TestMarket(
    id=1, pair="ETH-USD", price=3 * 10**9, exponent=-6, resolution=-9, tier=3, step=1000, tick=1000, qce=-9,
    change_ppm=50, status="STATUS_FINAL_SETTLEMENT",
)  # fmt: skip
SHORT = qp(3, 7654, 2900, 1234000, 100000, 4)
FLAT_BTC = qp(2, 3123, 1500, 554321, 100000, 2)


class Quotes(NamedTuple):
    """A vault on its market, and its orders: sides, times in force, prices, sizes."""

    market: TestMarket
    vault: VaultCase
    sides: str = ""
    forces: str = ""
    prices: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()
    til: int = 0


def btc(status: str, quoting: QuotingParams, usdc: int, base: int | None = None) -> VaultCase:
    return VaultCase(0, status, usdc, base, replace(quoting, activation_threshold_quote_quantums=0))


def eth(status: str, quoting: QuotingParams, usdc: int, base: int | None = None) -> VaultCase:
    return VaultCase(1, status, usdc, base, replace(quoting, activation_threshold_quote_quantums=0))


TABLE = {
    "1 flat": Quotes(
        CHEAP_BTC, btc("Q", FLAT_BTC, 10**9), "SBSB", "PPPP",
        (501565, 498435, 501650, 498260), (20_000_000_000,) * 4, 2,
    ),
    "2 short": Quotes(
        ETH, eth("Q", SHORT, 2 * 10**9, -250_000_000), "SBSBSB", "PUPUPU",
        (3069552000, 2994039000, 3079765000, 2991205000, 3090677000, 2988372000), (41_666_000,) * 6, 4,
    ),
    "3 shorter": Quotes(
        ETH, eth("Q", qp(3, 3000, 8500, 900000, 200000, 4), 2 * 10**9, -500_000_000), "SBSBSB", "PUPUPU",
        (3351149000, 3043605000, 3386146000, 3038988000, 3422805000, 3034371000), (33_333_000,) * 6, 4,
    ),
    "4 long": Quotes(
        ETH, eth("Q", qp(2, 3000, 1500, 500000, 1000000, 4), -2 * 10**9, 10**9), "SBSB", "UPUP",
        (2995500000, 2943750000, 3000000000, 2919000000), (333_333_000,) * 4, 4,
    ),
    "5 close-only, short": Quotes(
        ETH, eth("CLOSE", SHORT, 2 * 10**9, -250_000_000), "BBB", "UUU",
        (2994039000, 2991205000, 2988372000), (41_666_000,) * 3, 4,
    ),
    "6 close-only, size 0": Quotes(
        ETH, eth("CLOSE", qp(3, 7654, 2900, 1234000, 100, 4), 760_000_000, -250_000_000)
    ),
    "7 close-only, long": Quotes(
        ETH, eth("CLOSE", qp(2, 7654, 2900, 1234000, 500000, 4), 10**9, 500_000_000), "SS", "UU",
        (3005961000, 3020129000), (416_666_000, 83_334_000), 4,
    ),
    "8 too small": Quotes(ETH, eth("Q", qp(2, 3000, 1500, 500000, 1000, 2), 10**6)),
    "9 no such pair": Quotes(ETH, btc("Q", DQP, 10**9)),
    "10 final settlement": Quotes(SETTLED_ETH, eth("Q", DQP, 10**9)),
    "11 stand-by": Quotes(ETH, eth("SB", DQP, 2 * 10**9, -500_000_000)),
    "12 close-only, flat": Quotes(CHEAP_BTC, btc("CLOSE", FLAT_BTC, 10**9)),
    "13 no equity": Quotes(BTC, btc("Q", DQP, 0)),
    "14 negative equity": Quotes(BTC, btc("Q", DQP, 5_000_000, -10_000_000)),
}  # fmt: skip
SELL_BIT, LAYER = 1 << 31, 1 << 23


@pytest.mark.parametrize("case", TABLE.values(), ids=TABLE.keys())
def test_first_block_places_the_tables_orders(case: Quotes) -> None:
    chain = started(vaults=[case.vault], markets=[case.market])
    seen = {"S": 0, "B": 0}
    expected = []
    for side, force, price, size in zip(case.sides, case.forces, case.prices, case.sizes, strict=True):
        client_id = (SELL_BIT if side == "S" else 0) + seen[side] * LAYER
        seen[side] += 1
        expected.append((side, client_id, size, price, case.til, force))
    placed = [shown(order) for order in orders(chain)]
    assert placed == expected
    assert client_ids(chain, case.vault.number) == [line[1] for line in expected]
    chain.block(1)
    assert [shown(order) for order in orders(chain)] == expected
