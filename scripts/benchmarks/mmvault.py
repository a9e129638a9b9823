"""Figures of the passive market maker's vault: 200 pairs, all of them requoted in every block."""

from __future__ import annotations

from functools import lru_cache
from statistics import median

from chains.document import DOLLAR, Genesis
from chains.markets import market_rows

from benchmarks.figures import Figure, at_least, at_most, now, say, title
from benchmarks.worlds import Block, generated, moved, run_block, started
from vaultsim.address import module_bech32
from vaultsim.node.chain import BlockOutcome, Chain
from vaultsim.node.genesis_document import GenesisDocument, parse_genesis
from vaultsim.testing.accounts import address_of

PAIRS = 200
BLOCKS = 40
RUNS = 3
VAULT = module_bech32("mmvault")


def report() -> None:
    """Prints the figures of the passive market maker's vault."""
    title(f"mmvault, {PAIRS} pairs")
    moving, quiet, both = (_block_seconds(kind) for kind in ("moving", "quiet", "both"))
    beside = _block_seconds("megavault")
    say(at_least("every price moves, every order is replaced", 1 / moving.seconds, 50, "blocks/s"))
    say(at_least("nothing changes, and every order is replaced all the same", 1 / quiet.seconds, 50, "blocks/s"))
    own, theirs = moving.seconds / moving.orders, beside.seconds / beside.orders
    say(Figure("    a replaced order", f"{own * 1e6:.1f} µs"))
    say(Figure("    MegaVault's, 200 vaults of two layers", f"{theirs * 1e6:.1f} µs"))
    say(at_most("    against MegaVault's", own / theirs, 1.5, "x"))
    say(Figure("both in one chain: every price moves", f"{1 / both.seconds:,.0f} blocks/s"))


class _Measured:
    """CPU seconds of a block, and the orders that it writes."""

    def __init__(self, seconds: float, orders: int) -> None:
        self.seconds = seconds
        self.orders = orders


def _block_seconds(kind: str) -> _Measured:
    """Of each block the fastest of some runs, then the middle of the blocks."""
    runs = [_run(kind) for _ in range(RUNS)]
    fastest = [min(times) for times in zip(*(times for times, _ in runs), strict=True)]
    return _Measured(median(fastest), runs[0][1])


def _run(kind: str) -> tuple[list[float], int]:
    chain = started(generated(PAIRS) if kind == "megavault" else quoted(PAIRS, kind == "both"))
    run_block(chain, Block("", [], {}))
    spent, orders = [], 0
    for _ in range(BLOCKS):
        prices = {} if kind == "quiet" else moved(chain, PAIRS)
        before = now()
        outcome = run_block(chain, Block("", [], prices))
        spent.append(now() - before)
        orders = _placed(outcome)
    _require_quotes(chain, orders)
    return spent, orders


def _placed(outcome: BlockOutcome) -> int:
    """Long-term orders written in a block."""
    return sum(row.key.startswith(b"SO/P/L:") and row.after is not None for row in outcome.changes.get("clob", ()))


def _require_quotes(chain: Chain, orders: int) -> None:
    if orders < 2 * PAIRS:
        raise SystemExit(f"only {orders} orders were placed at height {chain.app.height}")


@lru_cache(maxsize=2)
def quoted(pairs: int, beside_megavault: bool = False) -> GenesisDocument:
    """That many markets and the vault with ten million dollars, 1 % around each oracle price."""
    document = generated(pairs).to_json() if beside_megavault else _markets_only(pairs)
    state = document["app_state"]
    asset = {"asset_id": 0, "index": "0", "quantums": str(10_000_000 * DOLLAR)}
    state["subaccounts"]["subaccounts"].append(
        {"id": {"owner": VAULT, "number": 0}, "asset_positions": [asset], "perpetual_positions": []}
    )
    shares = str(10_000_000 * DOLLAR)
    state["mmvault"] = {
        "params": {
            "vault_cooldown_period_seconds": 86_400,
            "max_unlocks": 10,
            "margin_basis": "MARGIN_BASIS_AVAILABLE",
            "trading_enabled": True,
        },
        "pairs": [
            {
                "clob_pair_id": number,
                "vault_half_spread_ppm": 10_000,
                "vault_max_quote_size": str(2**63),
                "vault_liquidity_weight": 1,
                "tick_multiple": 1,
                "min_order_size": "0",
            }
            for number in range(pairs)
        ],
        "share_supply": shares,
        "shares": [{"owner": address_of("user0"), "shares": shares}],
    }
    return parse_genesis(document, "quoted")


def _markets_only(pairs: int) -> dict[str, object]:
    kinds = [market for market in market_rows() if not market.isolated]
    made = Genesis([kinds[number % len(kinds)]._replace(ticker=f"M{number}-USD") for number in range(pairs)])
    for number in range(24):
        made.account(f"user{number}", 1_000_000)
        made.subaccount(address_of(f"user{number}"), 100_000 * DOLLAR)
    made.operator("user0")
    return made.document()
