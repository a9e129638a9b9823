"""A mainnet-sized chain: 200 markets, each with a vault, depositors and traders; its blocks are drawn from a seed."""

from __future__ import annotations

from pathlib import Path

from chains.document import DOLLAR, MEGAVAULT, USDC, Genesis, quoting, vault_owner
from chains.markets import market_rows
from chains.story import write_genesis
from vaultsim.address import module_bech32
from vaultsim.node.flow import FlowOptions, flow_lines
from vaultsim.node.flow_random import Random
from vaultsim.testing.accounts import NAMED, address_of

SEED = 20_241_121
COMMITTED_BLOCKS = 150
STEP = "+2s"
"""Two seconds a block, so that funding is due within 2,000 blocks."""
TRADERS = 40
DEPOSITORS = 24
_STATUSES = ("QUOTING",) * 17 + ("CLOSE_ONLY", "STAND_BY", "STAND_BY")


def genesis() -> Genesis:
    """The same document every time: what is mixed is drawn from a seed."""
    made = Genesis(market_rows())
    random = Random(SEED)
    people = [person.name for person in NAMED]
    people += [f"trader{number}" for number in range(TRADERS)] + [f"depositor{number}" for number in range(DEPOSITORS)]
    for name in people:
        made.account(name, 1_000_000)
        dollars = random.choose((5_000, 20_000, 100_000, 400_000)) + random.below(5_000)
        made.subaccount(address_of(name), dollars * DOLLAR)
    made.account("operator", 1_000_000)
    made.operator("operator")
    made.bank(module_bech32("insurance_fund"), USDC, 500_000 * DOLLAR)
    equity = 12_000_000
    made.subaccount(MEGAVAULT, equity * DOLLAR)
    for number, market in enumerate(made.markets):
        equity += _add_vault(made, number, market.isolated, random)
    _share_out(made, equity * DOLLAR, random)
    return made


def _add_vault(made: Genesis, number: int, isolated: bool, random: Random) -> int:
    """A vault of mixed size and parameters; its dollars."""
    dollars = random.choose((900, 3_000, 10_000, 25_000, 60_000)) + random.below(2_000)
    if number < 2:
        dollars = 1_500_000
    made.subaccount(vault_owner(number), dollars * DOLLAR)
    own = quoting(
        layers=random.between(1, 3),
        spread_min_ppm=random.choose((1_000, 2_000, 3_000, 5_000, 8_000)),
        spread_buffer_ppm=random.choose((500, 1_500, 3_000)),
        skew_factor_ppm=random.choose((500_000, 1_000_000, 2_000_000, 3_000_000)),
        order_size_pct_ppm=random.choose((50_000, 100_000, 150_000)),
        order_expiration_seconds=random.choose((30, 60, 120)),
    )
    made.vault(number, random.choose(_STATUSES), None if random.happens(1, 3) and not isolated else own)
    return dollars


def _share_out(made: Genesis, equity: int, random: Random) -> None:
    """Shares of the depositors: a share has grown to 1.05 quantums since the first deposit."""
    total = equity * 100 // 105
    names = [f"depositor{number}" for number in range(DEPOSITORS)]
    weights = [random.between(1, 100) ** 2 for _ in names]
    for name, weight in zip(names, weights, strict=True):
        made.shares(name, total * weight // sum(weights))


def write(folder: Path) -> None:
    """genesis.json, the first blocks of the flow, README.md."""
    folder.mkdir(parents=True, exist_ok=True)
    write_genesis(folder / "genesis.json", genesis().document())
    lines = flow_lines(folder / "genesis.json", seed=SEED, blocks=COMMITTED_BLOCKS, options=FlowOptions(step=STEP))
    (folder / "blocks.jsonl").write_text("".join(f"{line}\n" for line in lines), newline="\n")
    (folder / "README.md").write_text(_README, newline="\n")


_README = f"""# A mainnet-sized chain

200 markets, each with an order book and a vault. The first 35 markets are those of the dYdX chain's own genesis (exponents, prices, resolutions, steps, ticks,
tiers are its facts); the others are of the same kinds, with the resolution that the chain's listing rule gives them. 27 are isolated. Vaults differ in
equity ($900 to $1.5 million), layers, spreads, skew, order size and status; two thirds have parameters of their own. MegaVault has $12 million in the main
vault, {DEPOSITORS} depositors, and a share is worth about 1.05 quantums. {TRADERS} traders and the four named accounts trade.

`blocks.jsonl` holds the first {COMMITTED_BLOCKS} blocks of a flow with seed {SEED}: prices that wander and jump, takers that act on noise or follow a trend, deposits, withdrawals, allocations.
Any length of it is made again by

    .venv/bin/vaultsim flow genesis/mainnet/genesis.json --seed {SEED} --blocks 2000 --step {STEP} > blocks.jsonl

and `make mainnet` runs 2,000 blocks of it three ways, with checks after every block.

genesis.json, blocks.jsonl and this page are written by `scripts/make_genesis.py`.
"""
