"""The passive market maker's vault, told to its depositors: profit, a clamp, fees, a loss, withdrawals, a halt."""

from __future__ import annotations

from typing import Any

from chains import messages
from chains.document import DOLLAR, GOV, Genesis, quoting, vault_owner
from chains.markets import Market
from chains.messages import add_liquidity, remove_liquidity
from chains.story import Story
from vaultsim.testing.accounts import address_of

Json = dict[str, Any]
BTC, ETH = 0, 1
MILLION = 1_000_000
COOLDOWN_SECONDS = 60
PEOPLE = ("alice", "bob", "carl", "dave", "operator")
# Prices in millionths of a dollar, sizes in millionths of a coin, ticks of ten dollars and of ten cents.
MARKETS = [
    Market("BTC-USD", -6, 60_000_500_000, -6, 1, 10_000_000, -6, 8, False, 100, 0),
    Market("ETH-USD", -6, 2_999_990_000, -6, 1, 100_000, -6, 9, False, 100, 0),
]
PAIRS = [
    {
        "clob_pair_id": BTC,
        "vault_half_spread_ppm": 2_500,
        "vault_max_quote_size": str(1 * MILLION),
        "vault_liquidity_weight": 2,
        "tick_multiple": 1,
        "min_order_size": str(50 * DOLLAR),
    },
    {
        "clob_pair_id": ETH,
        "vault_half_spread_ppm": 5_000,
        "vault_max_quote_size": str(20 * MILLION),
        "vault_liquidity_weight": 1,
        "tick_multiple": 1,
        "min_order_size": str(50 * DOLLAR),
    },
]


def _params(*, fee_share_ppm: int = 0, trading_enabled: bool = True) -> Json:
    return {
        "vault_cooldown_period_seconds": COOLDOWN_SECONDS,
        "max_unlocks": 2,
        "vault_deposit_cap": "0",
        "vault_fee_share_ppm": fee_share_ppm,
        "margin_basis": "MARGIN_BASIS_AVAILABLE",
        "trading_enabled": trading_enabled,
    }


def _update(**changed: Any) -> list[Json]:
    """A proposal that replaces the vault's parameters."""
    update = {"@type": "/vaultsim.mmvault.v1.MsgUpdateParams", "authority": GOV, "params": _params(**changed)}
    return [{**update, "pairs": PAIRS}]


def _genesis() -> Genesis:
    genesis = Genesis(MARKETS)
    for person in PEOPLE:
        genesis.account(person, 1_000_000)
        genesis.subaccount(address_of(person), 100_000 * DOLLAR)
    genesis.operator("operator")
    genesis.liquidity_tier(8, "Twenty times", 50_000, 600_000)
    genesis.liquidity_tier(9, "Ten times", 100_000, 500_000)
    none = {"absolute_volume_requirement": "0", "total_volume_share_requirement_ppm": 0}
    none |= {"maker_volume_share_requirement_ppm": 0, "maker_fee_ppm": 0, "taker_fee_ppm": 1_000}
    genesis.app_state["feetiers"]["params"]["tiers"] = [{"name": "1", **none}]
    genesis.vault(ETH, "QUOTING", quoting(layers=1, spread_min_ppm=10_000))
    genesis.subaccount(vault_owner(ETH), 20_000 * DOLLAR)
    genesis.shares("operator", 20_000 * DOLLAR)
    genesis.app_state["mmvault"] = {
        "params": _params(),
        "pairs": PAIRS,
        "share_supply": "0",
        "shares": [],
        "unlocks": [],
        "last_quote_refresh_height": 0,
        "snapshots": [],
    }
    return genesis


class _Tale(Story):
    """A story whose orders are in coins and dollars."""

    def order(self, name: str, pair: int, side: str, coins: str, price: str, *, rests: bool = False) -> Json:
        """An order that takes what it can and is gone, or one that rests for an hour."""
        self._client_id += 1
        return messages.order(
            name,
            pair,
            side,
            _millionths(coins),
            _millionths(price),
            client_id=self._client_id,
            good_til_block=None if rests else self.height + 5,
            good_til_block_time=1_732_147_200 + 3_600 if rests else None,
            time_in_force="UNSPECIFIED" if rests else "IOC",
        )


def _millionths(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * MILLION + int(part.ljust(6, "0"))


def story() -> Story:
    """The whole story, act by act."""
    tale = _Tale("A passive market maker's vault", _genesis(), _OPENING, _CLOSING)
    _money_comes_in(tale)
    _it_earns_the_spread(tale)
    _the_book_and_the_fees(tale)
    _people_want_out(tale)
    _trading_is_halted(tale)
    _the_last_one_out(tale)
    return tale


def _money_comes_in(tale: _Tale) -> None:
    tale.block(
        "Alice deposits $6,000 into an empty vault: 6,000,000,000 shares at the initial price, a millionth of a dollar each. "
        "At the end of the block the vault quotes for the first time.",
        add_liquidity("alice", 6_000 * DOLLAR),
    )
    tale.block(
        "Bob deposits $3,000 and asks for 3,000,000,000 shares at least, which he gets. $9,000 are split 2 : 1. "
        "BTC: $6,000, half of it a side, at 5 % margin: 0.999991 coins, bid $59,850, ask $60,160. "
        "ETH: $3,000 at 10 %: 5.000016 coins, bid $2,984.90, ask $3,015.00.",
        add_liquidity("bob", 3_000 * DOLLAR, 3_000 * MILLION),
    )
    tale.block("Nothing happens, and still every order is replaced: the vault queues up anew in each block.")
    tale.block(
        "Carl would deposit $1,000 but wants a share more than that is worth: refused, code 10 (slippage).",
        add_liquidity("carl", 1_000 * DOLLAR, 1_000 * MILLION + 1),
    )


def _it_earns_the_spread(tale: _Tale) -> None:
    tale.block(
        "Dave sells 2 ETH into the vault's bid at $2,984.90. The position needs $599.998 of margin; the quotes shrink, "
        "as only what is available is quoted with: $8,430.182 of $9,030.18.",
        tale.order("dave", ETH, "SELL", "2", "2984.9"),
    )
    tale.block(
        "ETH rises to $3,100 and the quotes move along, to $3,084.50 and $3,115.50.", prices={ETH: 3_100 * MILLION}
    )
    tale.block(
        "Dave buys his 2 ETH back at $3,115.50. **The vault has earned $261.20** and holds $9,261.20.",
        tale.order("dave", ETH, "BUY", "2", "3115.5"),
    )
    tale.block(
        "Carl's $1,000 buy 971,799,356 shares by now: 9,001,000,000 · 1,000,000,000 / 9,262,200,000, rounded down.",
        add_liquidity("carl", 1_000 * DOLLAR),
    )


def _the_book_and_the_fees(tale: _Tale) -> None:
    tale.block(
        "Carl leaves an order in the book: 0.1 BTC for sale at $60,050, inside the vault's spread.",
        tale.order("carl", BTC, "SELL", "0.1", "60050", rests=True),
    )
    tale.block(
        "BTC rises to $60,300. The vault would bid $60,140 and so take Carl's order; it never takes, and bids one tick under "
        "it: $60,040. Its ask is $60,460.",
        prices={BTC: 60_300 * MILLION},
    )
    tale.block(
        "Dave takes Carl's order. With nothing in its way the vault bids $60,140.",
        tale.order("dave", BTC, "BUY", "0.1", "60050"),
    )
    tale.block("A proposal passes: all trading fees go to the vault from now on.", gov=_update(fee_share_ppm=MILLION))
    tale.block(
        "Dave sells 5 ETH into the bid at $3,084.50 and pays a fee of 0.1 %: $15.4225 for the vault, which pays none itself.",
        tale.order("dave", ETH, "SELL", "5", "3084.5"),
    )


def _people_want_out(tale: _Tale) -> None:
    tale.block(
        "ETH falls to $2,900: **the vault loses $1,000** on its 5 ETH. Equity $9,354.1225, of which $1,450 are needed as margin.",
        prices={ETH: 2_900 * MILLION},
    )
    tale.block(
        "Alice withdraws all of her 6,000,000,000 shares. They are worth $5,628.383064, which leaves the vault at once and is paid "
        "to her after the cooldown of a minute. Gains and losses until then are not hers any more.",
        remove_liquidity("alice", 6_000 * MILLION),
    )
    tale.block(
        "Bob wants all of his out as well, $2,814.191532, but the open position leaves $2,275.739436: refused, code 12.",
        remove_liquidity("bob", 3_000 * MILLION),
    )
    tale.block(
        "He asks for less, twice: $938.063844 and $469.031922.",
        remove_liquidity("bob", 1_000 * MILLION),
        remove_liquidity("bob", 500 * MILLION),
    )
    tale.block(
        "A third time: refused, code 11. Two withdrawals may be under way.", remove_liquidity("bob", 100 * MILLION)
    )
    tale.block("Quiet blocks, a second each.", repeat=COOLDOWN_SECONDS - 4)
    tale.block("Alice's minute is over: $5,628.383064 are in her margin account.")
    tale.block("Not yet Bob's.")
    tale.block("Bob's: $1,407.095766 in one payment.")


def _trading_is_halted(tale: _Tale) -> None:
    tale.block(
        "A proposal halts trading. The vault's orders are cancelled.",
        gov=_update(fee_share_ppm=MILLION, trading_enabled=False),
    )
    tale.block(
        "Alice's deposit is refused, code 13. Bob's withdrawal of 100,000,000 shares is not: $93.806384.",
        add_liquidity("alice", 100 * DOLLAR),
        remove_liquidity("bob", 100 * MILLION),
    )
    tale.block("Another proposal resumes it; the quotes are back.", gov=_update(fee_share_ppm=MILLION))


def _the_last_one_out(tale: _Tale) -> None:
    tale.block(
        "Dave wants 5 ETH. The vault's ask holds 0.445308, all that half of its ETH margin carries.",
        tale.order("dave", ETH, "BUY", "5", "2914.5"),
    )
    for _ in range(5):
        tale.block(
            "Each sale frees margin, and the next ask is larger; Dave takes it, at $2,914.50.",
            tale.order("dave", ETH, "BUY", "5", "2914.5"),
        )
    tale.block(
        "By the seventh the vault has sold more than it had: it is short 0.351438 ETH, and long or short is all the same to it.",
        tale.order("dave", ETH, "BUY", "5", "2914.5"),
    )
    tale.block(
        "Bob withdraws his last 1,400,000,000 shares: $1,368.274928.",
        remove_liquidity("bob", 1_400 * MILLION),
    )
    tale.block(
        "Carl owns all shares that are left. While a position is open he cannot have everything: refused, code 12.",
        remove_liquidity("carl", 971_799_356),
    )
    tale.block(
        "Dave sells 0.351438 ETH into the bid: the vault is flat.",
        tale.order("dave", ETH, "SELL", "0.351438", "2885.5"),
    )
    tale.block(
        "Carl withdraws all. His shares with a part of the virtual dollar would be worth $955.881283; the last one out gets "
        "what there is, $955.864904.",
        remove_liquidity("carl", 971_799_356),
    )
    tale.block("The last minute passes, and Bob is paid on the way.", repeat=COOLDOWN_SECONDS - 1)
    tale.block("Carl is paid.")
    tale.block("The vault is empty, as it was before the first block.")


_OPENING = """
One vault for the whole exchange makes a market in BTC and ETH: whoever gives it money owns a part of it, and takes part in what
it earns and loses. It quotes both sides around the oracle price, at a fixed distance, with half of a pair's capital each, and
never takes an order of others. A MegaVault of $20,000 quotes ETH beside it, 1 % away from the oracle price.

The two markets count prices, coins and dollars in millionths. Takers pay a fee of 0.1 %, makers none. The cooldown is a minute
here; nobody has more than two withdrawals under way.
"""

_CLOSING = """
## What it came to

| | paid in | paid out | |
|---|---|---|---|
| Alice | $6,000 | $5,628.383064 | left after the loss of block 15 |
| Bob | $3,000 | $938.063844 + $469.031922 + $93.806384 + $1,368.274928 = $2,869.177078 | his last shares took part in what the vault earned afterwards |
| Carl | $1,000 | $955.864904 | came in after the profit of block 8 |

The first depositors own a profit that later ones pay for in the price of a share; a loss is everybody's at once. What a depositor
can have at any time is bounded by what the vault's open positions leave free, so that nobody's withdrawal can make it unhealthy.
"""
