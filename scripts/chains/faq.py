"""The stories of the MegaVault FAQ: who owns what after gains and losses, and what leaving costs at three leverages."""

from __future__ import annotations

from chains.document import DOLLAR, MEGAVAULT, Genesis, quoting, vault_owner
from chains.markets import Market, markets
from chains.messages import allocate, deposit, send, set_params, withdraw
from chains.story import Story
from vaultsim.testing.accounts import address_of

PEOPLE = ("alice", "bob", "carl", "dave", "operator")
SOL_AT_250 = 25_000_000_000
SOL_AT_197_50 = 19_750_000_000
XLM = Market("XLM-USD", -11, 25_000_000_000, -4, 1_000_000, 1_000_000, -9, 8, True, 100, 0)
"""At 0.25 dollars, isolated: a vault in it holds nothing else."""


def ownership() -> Story:
    """Total 0; Alice adds 90, Bob 10; revenue of 10; a loss of 20; Carl adds 10."""
    genesis = Genesis([markets("SOL-USD")[0]._replace(price=SOL_AT_250, default_funding_ppm=0)])
    for name in PEOPLE:
        genesis.account(name, 1_000)
        if name != "operator":
            genesis.subaccount(address_of(name), 1_000 * DOLLAR)
    genesis.operator("operator")
    free = {"absolute_volume_requirement": "0", "total_volume_share_requirement_ppm": 0}
    free |= {"maker_volume_share_requirement_ppm": 0, "maker_fee_ppm": 0, "taker_fee_ppm": 0}
    genesis.app_state["feetiers"]["params"]["tiers"] = [{"name": "1", **free}]
    genesis.vault(
        0,
        "STAND_BY",
        quoting(
            layers=1,
            spread_min_ppm=10_000,
            skew_factor_ppm=0,
            order_size_pct_ppm=2_000_000,
            activation_threshold=DOLLAR,
        ),
    )
    story = Story("The MegaVault FAQ's ledger", genesis, _OWNERSHIP_OPENING, _OWNERSHIP_CLOSING)
    own = genesis.app_state["vault"]["vaults"][0]["vault_params"]["quoting_params"]
    story.block(
        "Alice deposits $90 into an empty MegaVault: 90,000,000 shares, one for each quantum.",
        deposit("alice", 90 * DOLLAR),
    )
    story.block("Bob deposits $10: 10,000,000 shares. Ownership 90 % and 10 %.", deposit("bob", 10 * DOLLAR))
    story.block(
        "$10 of revenue arrives: Dave's bank account pays the megavault account, and the end of the block sweeps it into "
        "the main vault. MegaVault is worth $110, Alice's part $99, Bob's $11; no shares are minted.",
        send("dave", MEGAVAULT, 10 * DOLLAR),
    )
    story.block(
        "The operator allocates $50 to the SOL vault. Moving money between vaults changes nobody's part.",
        allocate(0, 50 * DOLLAR),
    )
    story.block(
        "The vault starts to quote: one layer of $100 on each side of $250, 1 % away: bid $247.50, ask $252.50.",
        set_params(0, "QUOTING", own),
    )
    story.block(
        "Dave sells 0.4 SOL into the vault's bid: the vault pays $99 for what the oracle values at $100.",
        story.taker("dave", 0, "SELL", 100, within_ppm=30_000),
    )
    story.block(
        "The operator takes the vault off the market; its quotes are cancelled.", set_params(0, "STAND_BY", own)
    )
    story.block(
        "SOL falls to $197.50. What the vault bought for $99 is worth $79: **the sub-vault has lost $20** and is worth $30. "
        "MegaVault is worth $60 + $30 = $90, Alice's part $81, Bob's $9.",
        prices={0: SOL_AT_197_50},
    )
    story.block(
        "Carl deposits $10: 10,000,000 · 100,000,000 / 90,000,000 = 11,111,111 shares (rounded down).",
        deposit("carl", 10 * DOLLAR),
    )
    story.block("Nothing more. Alice owns 81 %, Bob 9 %, Carl 10 %.")
    return story


_OWNERSHIP_OPENING = """
The [MegaVault FAQ](https://help.dydx.trade) explains ownership with a ledger: deposits mint shares at the price of the
moment; gains and losses move the price of a share and nobody's percentage. This chain runs that ledger.

Trading fees are zero here, so that every figure is round; all else is as on a localnet.
"""

_OWNERSHIP_CLOSING = """
| after block | MegaVault | Alice | Bob | Carl |
|---|---|---|---|---|
| 3 | $100 | $90, 90 % | $10, 10 % | |
| 4 | $110 | $99, 90 % | $11, 10 % | |
| 9 | $90 | $81, 90 % | $9, 10 % | |
| 10 | $100 | $81, 81 % | $9, 9 % | $10, 10 % |

The chain counts in millionths of a dollar and rounds down: Carl's 11,111,111 of 111,111,111 shares are worth 9.999999 dollars.
"""


class _Level:
    """One of the three levels of leverage: dollars of position and equity in the vault, dollars in the main vault."""

    def __init__(
        self, initial_margin_ppm: int, maintenance_fraction_ppm: int, position: int, equity: int, main: int
    ) -> None:
        self.initial_margin_ppm = initial_margin_ppm
        self.maintenance_fraction_ppm = maintenance_fraction_ppm
        self.position = position
        self.equity = equity
        self.main = main


LOW = _Level(100_000, 500_000, position=0, equity=0, main=100_000)
MEDIUM = _Level(100_000, 500_000, position=100_000, equity=100_000, main=0)
HIGH = _Level(200_000, 100_000, position=800_000, equity=100_000, main=0)
SHARES = {"alice": 50_000 * DOLLAR, "bob": 30_000 * DOLLAR, "carl": 20_000 * DOLLAR}


def _slippage(name: str, level: _Level, opening: str, tellings: tuple[str, str, str], closing: str) -> Story:
    """A, B and C own 50, 30 and 20 thousand of 100 thousand dollars and leave one after the other."""
    genesis = Genesis([XLM])
    for person in PEOPLE:
        genesis.account(person, 1_000_000)
    genesis.operator("operator")
    genesis.liquidity_tier(8, "FAQ", level.initial_margin_ppm, level.maintenance_fraction_ppm)
    genesis.vault(0, "STAND_BY", quoting(order_expiration_seconds=30))
    if level.position:
        base_quantums = level.position * DOLLAR * 40 // 1_000
        genesis.subaccount(vault_owner(0), (level.equity - level.position) * DOLLAR, position=(0, base_quantums))
        genesis.subaccount(address_of("dave"), 5 * level.position * DOLLAR, position=(0, -base_quantums))
    if level.main:
        genesis.subaccount(MEGAVAULT, level.main * DOLLAR)
    for person, shares in SHARES.items():
        genesis.subaccount(address_of(person), 200_000 * DOLLAR)
        genesis.shares(person, shares)
    story = Story(name, genesis, opening, closing)
    story.block("Nothing yet.")
    for person, says in zip(SHARES, tellings, strict=True):
        story.block(says, withdraw(person, SHARES[person]))
        story.block("A quiet block.")
    return story


_CAST = """
A, B and C are Alice, Bob and Carl; they own 50,000, 30,000 and 20,000 million shares of a MegaVault worth $100,000, a dollar
each, and leave one after the other. """


def slippage_low() -> Story:
    return _slippage(
        "Leaving an idle MegaVault",
        LOW,
        _CAST + "All the money is in the main vault, which has no position: nobody pays slippage.",
        (
            "A withdraws 50,000 million shares and receives $50,000: no slippage.",
            "B withdraws 30,000 million and receives $30,000.",
            "C withdraws 20,000 million and receives $20,000; no shares are left.",
        ),
        "The FAQ says the same: $50,000, $30,000, $20,000.",
    )


def slippage_medium() -> Story:
    return _slippage(
        "Leaving a MegaVault at 1x leverage",
        MEDIUM,
        _CAST
        + "All the money is in one vault that is long 400,000 XLM at $0.25: $100,000, leverage 1. Its market has an "
        "initial margin of 10 %; the half-spread is 30 basis points, the skew factor 2.",
        (
            "A withdraws 50,000 million shares, worth $50,000, and receives **$47,550**: slippage 4.9 %. The $2,450 stay in the vault.",
            "B's 30,000 million shares are worth $31,470 by now. The vault's leverage is 100,000 / 52,450 = 1.9066, and B receives "
            "**$25,470**: slippage 19.07 %.",
            "C's 20,000 million shares are worth all that is left, $26,980, at leverage 3.7064; C receives **$16,980**: slippage 37.06 %.",
        ),
        _MEDIUM_CLOSING,
    )


_MEDIUM_CLOSING = """
## Beside the FAQ

| | slippage on the chain | the chain pays | the FAQ says |
|---|---|---|---|
| A | 4.90 % | $47,550.00 | $47,550.00 |
| B | 19.07 % | $25,470.00 | $24,280.26 |
| C | 37.06 % | $16,980.00 | $12,900.18 |

A's slippage is the estimate 0.049: `(l + I·(N-m)/m)·S` with `l = 1`, `S = 30` basis points, and `I` what the skew charges
from leverage 1 to 2 (`A(x) = 2x² + 4x³/3`: `I = 46/3`); the bound `l·imf = 10 %` is higher. B and C hit that bound.

The FAQ takes B's 19.0658 % off $30,000: 30,000 · (1 - 0.190658) = 24,280.26. It values a share at a dollar still, as if A's
$2,450 had left the vault with A. On the chain slippage stays with those who stay: B's shares are worth 31,470 dollars, and
31,470 · (1 - 0.190658) = 25,470. The FAQ then has 52,450 - 24,280.26 = 28,169.74 dollars left for C, a leverage of 3.5499, and
20,000 · (1 - 0.354991) = 12,900.18. The chain has 26,980 left, all of it C's, a leverage of 3.7064, and 26,980 · (1 - 0.370645) = 16,980.
What C leaves behind, $10,000, belongs to nobody's shares: it is the margin that the position needs, and the next depositor gets it.
"""


def slippage_high() -> Story:
    return _slippage(
        "Leaving a MegaVault at 8x leverage",
        HIGH,
        _CAST
        + "All the money is in one vault that is long 3,200,000 XLM at $0.25: $800,000, leverage 8. Its market has an "
        "initial margin of 20 %, so that the position needs $160,000 of margin and the vault has $100,000.",
        (
            "A tries to withdraw 50,000 million shares. Refused, code 28 of `vault`: nothing would be redeemed.",
            "B tries to withdraw 30,000 million: refused alike.",
            "C tries to withdraw 20,000 million: refused alike.",
        ),
        "The bound on slippage is leverage times initial margin, 8 · 20 % = 160 %. The estimate is far higher still, so each of them "
        "would pay more than all: `1 - slippage` is negative, the vault gives nothing, and the chain refuses a withdrawal that redeems nothing.",
    )
