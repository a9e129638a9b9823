"""Four designs of a vault on one chain and one market path: the same three depositors, the same money in each."""

from __future__ import annotations

from typing import Any

from chains.document import DOLLAR, GOV, USDC, Genesis, quoting
from chains.markets import markets
from chains.messages import add_liquidity, allocate, deposit, remove_liquidity, tx, withdraw
from chains.story import Story
from vaultsim.address import from_bech32
from vaultsim.node.flow_paths import GeometricWalk, Walk
from vaultsim.node.flow_random import Random
from vaultsim.testing.accounts import address_of
from vaultsim.x.fundvault.types import vault_id_of

Json = dict[str, Any]
BTC, USDC_MARKET = 0, 1
COIN = 10**8
"""Units of the bank's bitcoin, the perp vault's other token."""
TOKEN = "btc"
USD, USDG = 10**30, 10**18
AT_50000 = 5_000_000_000
SEED = 2109
WALK = Walk(volatility_ppm=780, jumps_per_10000=40, jump_ppm=4_000)
"""Minutes of BTC-USD in January 2022: moves of 0.078 % beside jumps beyond half a percent, some 40 in 10,000."""

DEPOSITORS = {"alice": 60_000, "bob": 30_000, "carl": 10_000}
"""Dollars in each of the four."""
TAKERS = ("dave", "erin")
TRADERS = ("frank", "gina")
MEGAVAULT_ACCOUNT, MMVAULT_ACCOUNT = 0, 1
"""The depositors' subaccounts for these two; the other two take money from the bank."""
POCKET = 1_000
"""Dollars that everybody has in the bank besides, for who tries more than the story tells."""
FUND = vault_id_of(from_bech32(address_of("fiona")), 0)
PIECE = 8_000
"""Dollars of an order of the fund."""
POOL_BTC, POOL_USDC = 9_153_035, 4_909_919_707
"""What is in the perp vault's pools when Carl wants his money."""
RESERVE_BTC, RESERVE_USDC = 779_676, 403_324_760
"""The perp vault's fee reserves after everybody has redeemed."""
MMVAULT_SHORT = 28_386_000_000
"""Base quantums that the passive vault is short when trading ends."""
MMVAULT_BID = 2_000_000_000
"""Base quantums that it quotes a side at most, 0.2 BTC."""
_PERP = "/vaultsim.perpvault.v1."
_FUND = "/vaultsim.fundvault.v1."


def story() -> Story:
    """Three hours of minutes, then everybody leaves."""
    tale = _Tale("Four designs of a vault, one market", _genesis(), _OPENING, _CLOSING)
    _money_comes_in(tale)
    _the_market_moves(tale)
    _everybody_leaves(tale)
    return tale


# --- the beginning ----------------------------------------------------------------------------------------------------


def _genesis() -> Genesis:
    genesis = Genesis([markets("BTC-USD")[0]._replace(price=AT_50000, min_price_change_ppm=1, default_funding_ppm=0)])
    for name, dollars in DEPOSITORS.items():
        genesis.account(name, dollars + dollars // 2 + POCKET)
        genesis.bank(address_of(name), TOKEN, dollars // 2 * COIN // 50_000)
        for number in (MEGAVAULT_ACCOUNT, MMVAULT_ACCOUNT):
            genesis.subaccount(address_of(name), dollars * DOLLAR, number)
    for name in TAKERS:
        genesis.account(name, POCKET)
        genesis.subaccount(address_of(name), 200_000 * DOLLAR)
    for name in TRADERS:
        genesis.account(name, 50_000)
        genesis.bank(address_of(name), TOKEN, COIN)
    for name in ("fiona", "operator"):
        genesis.account(name, POCKET)
    genesis.operator("operator")
    genesis.vault(BTC, "QUOTING", quoting(spread_min_ppm=1_000, spread_buffer_ppm=500, order_size_pct_ppm=50_000))
    genesis.app_state["mmvault"] = _mmvault()
    genesis.app_state["perpvault"] = _perpvault(genesis)
    genesis.app_state["fundvault"] = _fundvault()
    return genesis


def _mmvault() -> Json:
    pair = {
        "clob_pair_id": BTC,
        "vault_half_spread_ppm": 1_000,
        "vault_max_quote_size": str(MMVAULT_BID),
        "vault_liquidity_weight": 1,
        "tick_multiple": 1,
        "min_order_size": str(50 * DOLLAR),
    }
    params = {
        "vault_cooldown_period_seconds": 600,
        "max_unlocks": 3,
        "vault_deposit_cap": "0",
        "vault_fee_share_ppm": 0,
        "margin_basis": "MARGIN_BASIS_AVAILABLE",
        "trading_enabled": True,
    }
    return {"params": params, "pairs": [pair], "share_supply": "0", "last_quote_refresh_height": 0}


def _perpvault(genesis: Genesis) -> Json:
    genesis.price_market(USDC_MARKET, "USDC-USD", -6, 1_000_000)
    listed = {"whitelisted": True, "weight": "10000", "min_profit_bps": 0}
    return {
        "params": {"price_sample_space": 1, "funding_interval": "3600"},
        "tokens": [
            {"token": TOKEN, **listed, "decimals": 8, "is_shortable": True, "market_id": BTC},
            {"token": USDC, **listed, "decimals": 6, "is_stable": True, "market_id": USDC_MARKET},
        ],
    }


def _fundvault() -> Json:
    params = {
        "min_notice_period": "86400",
        "min_deposit_quantum_multiple": str(DOLLAR),
        "min_redemption_quantum_multiple": str(DOLLAR),
        "max_deposits_per_epoch": 10,
        "max_redemptions_per_epoch": 5,
    }
    return {"params": params, "vaults": [], "requests": [], "next_vault_sequence": "0", "epoch_counts": []}


# --- messages ---------------------------------------------------------------------------------------------------------


def _create_fund() -> Json:
    return tx(
        f"{_FUND}MsgCreateVault",
        owner=address_of("fiona"),
        asset_id=0,
        metadata={"name": "Fiona's trend fund", "description": "long BTC when it rises", "url": "", "image_url": ""},
        fee_period_seconds="3600",
        management_fee_factor="0.0001",
        performance_fee_factor="0.2",
        cut_off_period_seconds="1800",
        redemption_dates=[{"date": "2024-11-21T02:45:00Z", "type": "REDEMPTION_TYPE_NORMAL", "max_fraction": "1"}],
    )


def _into_fund(name: str, dollars: int) -> Json:
    return tx(f"{_FUND}MsgDepositToVault", party=address_of(name), vault_id=FUND, amount=str(dollars * DOLLAR))


def _buy_usdg(name: str, token: str, amount: int) -> Json:
    who = address_of(name)
    return tx(f"{_PERP}MsgBuyUsdg", sender=who, token=token, amount=str(amount), receiver=who)


def _sell_usdg(name: str, token: str, usdg: int) -> Json:
    who = address_of(name)
    return tx(f"{_PERP}MsgSellUsdg", sender=who, token=token, amount=str(usdg), receiver=who)


def _position(name: str) -> Json:
    """Frank is long with bitcoin, Gina short with USDC."""
    is_long = name == "frank"
    who, token = address_of(name), TOKEN if is_long else USDC
    return {"sender": who, "account": who, "collateral_token": token, "index_token": TOKEN, "is_long": is_long}


def _open(name: str, dollars: int, amount: int) -> Json:
    return tx(f"{_PERP}MsgIncreasePosition", **_position(name), size_delta=str(dollars * USD), amount=str(amount))


def _close(name: str, dollars: int) -> Json:
    return tx(
        f"{_PERP}MsgDecreasePosition",
        **_position(name),
        size_delta=str(dollars * USD),
        collateral_delta="0",
        receiver=address_of(name),
    )


# --- the tale ---------------------------------------------------------------------------------------------------------


class _Tale(Story):
    """A story a minute a block, on a drawn path with drawn takers."""

    def __init__(self, name: str, genesis: Genesis, opening: str, closing: str) -> None:
        super().__init__(name, genesis, opening, closing)
        self._path = GeometricWalk(AT_50000, WALK, Random(SEED))
        self._flow = Random(SEED + 1)
        self.history = [AT_50000]
        self.held: list[int] = []
        """Base quantums of the fund's purchases that it has not sold yet."""

    def now(self, says: str, *submit: Json, gov: list[Json] | None = None, moves: bool = True) -> None:
        """A block with a row of its own in the table; `moves`: to the next price of the path."""
        self.block(says, *submit, step="+60s", prices=self._next_price() if moves else None, gov=gov)

    def minutes(self, last_height: int, says: str, orders: dict[int, Json] | None = None) -> None:
        """Blocks up to a height, all in one row of the table: prices, takers, and what Fiona does."""
        first = self.height
        while self.height <= last_height:
            submit = [*self._fund_orders(), *self._takers()]
            self.block("", *submit, step="+60s", prices=self._next_price())
            self.table.pop()
        self.table.append((f"{first}-{last_height}", says))

    def _next_price(self) -> dict[int, int]:
        self.history.append(self._path.step())
        return {BTC: self.history[-1]}

    def _takers(self) -> list[Json]:
        """In seven of ten minutes somebody buys or sells for $2,000 to $20,000."""
        if not self._flow.happens(7, 10):
            return []
        side = self._flow.choose(("BUY", "SELL"))
        return [self.taker(self._flow.choose(TAKERS), BTC, side, self._flow.between(2, 20) * 1_000)]

    def _fund_orders(self) -> list[Json]:
        """Fiona's rule: a piece more when BTC is above where it was half an hour ago, a piece less when below."""
        minute = len(self.history)
        if minute < 31 or minute % 5:
            return []
        rises = self.history[-1] > self.history[-31]
        if rises and len(self.held) < 8:
            return [self.purchase()]
        return [self.sale()] if not rises and self.held else []

    def purchase(self) -> Json:
        placed = self._as_fund(self.taker(FUND, BTC, "BUY", PIECE))
        self.held.append(int(placed["messages"][0]["order"]["quantums"]))
        return placed

    def sale(self) -> Json:
        placed = self._as_fund(self.taker(FUND, BTC, "SELL", PIECE))
        placed["messages"][0]["order"]["quantums"] = str(self.held.pop())
        return placed

    @staticmethod
    def _as_fund(placed: Json) -> Json:
        order = placed["messages"][0]["order"]
        return tx(f"{_FUND}MsgVaultPlaceOrder", owner=address_of("fiona"), vault_id=FUND, order=order)


def _money_comes_in(tale: _Tale) -> None:
    tale.now(
        "Fiona opens her fund: 0.01 % an hour and a fifth of new gains are hers; it closes at 02:45, block 166, and pays then.",
        _create_fund(),
        moves=False,
    )
    deposits = []
    for name, dollars in DEPOSITORS.items():
        deposits += [
            deposit(name, dollars * DOLLAR, MEGAVAULT_ACCOUNT),
            add_liquidity(name, dollars * DOLLAR, number=MMVAULT_ACCOUNT),
            _buy_usdg(name, TOKEN, dollars // 2 * COIN // 50_000),
            _buy_usdg(name, USDC, dollars // 2 * DOLLAR),
            _into_fund(name, dollars),
        ]
    tale.now(
        "Alice, Bob and Carl bring $60,000, $30,000 and $10,000 to each of the four: USDC to MegaVault, the passive vault and the fund; half "
        "of it in bitcoin at $50,000 to the perp vault, which keeps 0.3 % and gives 59,820, 29,910 and 9,970 USDG for the rest.",
        *deposits,
        moves=False,
    )
    tale.now(
        "MegaVault's operator gives $90,000 of its $100,000 to the vault that quotes BTC. The passive vault quotes already.",
        allocate(BTC, 90_000 * DOLLAR),
        moves=False,
    )


def _the_market_moves(tale: _Tale) -> None:
    tale.minutes(19, "Minutes go by. Dave and Erin buy and sell $2,000 to $20,000 at a time from whoever quotes best.")
    tale.now("Frank goes long $45,000 against the perp vault, with 0.2 BTC.", _open("frank", 45_000, COIN // 5))
    tale.minutes(49, "BTC rises. From block 34 on Fiona looks every five minutes at where it was half an hour before.")
    tale.now("Gina goes short $40,000 against the perp vault, with 8,000 USDC.", _open("gina", 40_000, 8_000 * DOLLAR))
    tale.minutes(109, "Fiona buys bitcoin for $8,000 when it is above, and sells as much when it is below.")
    tale.now(
        "Frank closes at $50,460.36 and has won $341.81, of which he pays $91.57 in fees.", _close("frank", 45_000)
    )
    tale.minutes(139, "BTC has seen its best price in block 119, $50,637.19, and turns.")
    tale.now("Gina closes at $50,302.79 and has won $75.08; her fees are $104.", _close("gina", 40_000))
    tale.minutes(150, "BTC goes on falling. The passive vault has sold more than it bought and is short by now.")
    while tale.held:
        tale.now("Fiona sells what the fund still has: at its end it shall be in cash.", tale.sale())
    tale.minutes(165, "The last minutes of trading. BTC ends at $49,839.10, 0.32 % below where it began.")


def _everybody_leaves(tale: _Tale) -> None:
    tale.now("The fund's only date: it pays everybody, without being asked, and is stopped.", moves=False)
    _redeem_all(tale)
    tale.now(
        "Carl redeems 4,561.79 USDG for all bitcoin and 4,909.91 for all USDC that the perp vault has left, less 0.3 %. "
        "498.28 USDG remain, and nothing behind them.",
        _sell_usdg("carl", TOKEN, POOL_BTC * tale.history[-1] * USDG // (COIN * 100_000)),
        _sell_usdg("carl", USDC, POOL_USDC * USDG // DOLLAR),
        moves=False,
    )
    tale.now(
        "A proposal passes: the perp vault's fee reserves, 0.00779676 BTC and 403.32476 USDC, go to the operator.",
        gov=_pay_reserves(),
        moves=False,
    )
    tale.now(
        "Who shares them out by what each brought.",
        *(_share(name, dollars) for name, dollars in DEPOSITORS.items()),
        moves=False,
    )
    _unwind(tale)
    tale.now(
        "Carl withdraws all his shares of the passive vault: $10,354.51.",
        remove_liquidity("carl", 10_000 * DOLLAR, number=MMVAULT_ACCOUNT),
        moves=False,
    )
    tale.block("Ten minutes of cooldown, and he is paid.", step="+60s", repeat=10)


def _redeem_all(tale: _Tale) -> None:
    """Everybody asks for everything, the largest first."""
    says = {
        "alice": "Alice leaves the other three: all her shares of MegaVault and of the passive vault (paid ten minutes later), and her USDG, half of "
        "them for bitcoin, half for USDC.",
        "bob": "So does Bob.",
        "carl": "So would Carl. MegaVault pays. The passive vault, short 2.8386 BTC, needs $2,829.46 of his $10,212.31 as margin: refused (12). "
        "The perp vault's pools are below what his USDG stand for: refused twice (35).",
    }
    for name, dollars in DEPOSITORS.items():
        usdg = dollars // 2 * USDG * 997 // 1_000
        tale.now(
            says[name],
            withdraw(name, dollars * DOLLAR, number=MEGAVAULT_ACCOUNT),
            remove_liquidity(name, dollars * DOLLAR, number=MMVAULT_ACCOUNT),
            _sell_usdg(name, TOKEN, usdg),
            _sell_usdg(name, USDC, usdg),
            moves=False,
        )


def _unwind(tale: _Tale) -> None:
    """Dave sells to the passive vault what it is short of, as much a block as it bids for."""
    first, left = tale.height, MMVAULT_SHORT
    while left:
        piece = min(left, MMVAULT_BID)
        placed = tale.taker("dave", BTC, "SELL", 1_000)
        placed["messages"][0]["order"]["quantums"] = str(piece)
        tale.block("", placed, step="+60s")
        tale.table.pop()
        left -= piece
    says = (
        "Dave sells into the passive vault's bid, 0.2 BTC a block, until it is flat. The others are paid meanwhile, and the spread "
        "is Carl's alone."
    )
    tale.table.append((f"{first}-{tale.height - 1}", says))


def _pay_reserves() -> list[Json]:
    pay = {"@type": f"{_PERP}MsgWithdrawFees", "authority": GOV, "receiver": address_of("operator")}
    return [{**pay, "token": token} for token in (TOKEN, USDC)]


def _share(name: str, dollars: int) -> Json:
    """A depositor's part of the fee reserves, by what each brought, rounded down."""
    coins = [
        {"denom": denom, "amount": str(amount * dollars // 100_000)}
        for denom, amount in ((TOKEN, RESERVE_BTC), (USDC, RESERVE_USDC))
    ]
    return tx(
        "/cosmos.bank.v1beta1.MsgSend", from_address=address_of("operator"), to_address=address_of(name), amount=coins
    )


_OPENING = """
MegaVault, a passive market maker's vault (`mmvault`), a pool that is the other side of every trader (`perpvault`) and a managed fund
(`fundvault`) on one chain, one market and one path of prices: three depositors bring the same money to each, and leave in the same minutes.
A block is a minute. The path is drawn from a seed, with the volatility of BTC-USD in January 2022: up from $50,000 to $50,637, and down
to $49,839. Dave and Erin take what is quoted, with no opinion; MegaVault (0.1 % around the price, leaning against what it holds) and the
passive vault (0.1 %, never leaning) compete for them; Fiona trades as her fund in the same book, following the trend; Frank and Gina
trade with the perp vault.

    .venv/bin/vaultsim replay genesis/four-designs/genesis.json genesis/four-designs/blocks.jsonl --out out
"""

_CLOSING = """
## What became of the same money

In dollars at the last price of BTC, $49,839.10, cut to cents.

| | Alice, $60,000.00 | Bob, $30,000.00 | Carl, $10,000.00 | together |
|---|---|---|---|---|
| MegaVault | $60,371.83 | $30,185.37 | $10,029.24 | $100,586.45 |
| passive vault | $61,273.86 | $30,636.93 | $10,354.51 | $102,265.31 |
| perp vault, redeemed | $59,640.53 | $29,820.26 | $9,443.29 | $98,904.10 |
| perp vault, with its fees | $60,115.68 | $30,057.84 | $9,522.48 | $99,696.01 |
| fund | $59,642.93 | $29,821.46 | $9,940.48 | $99,404.88 |
| half bitcoin, half USDC, kept | $59,903.46 | $29,951.73 | $9,983.91 | $99,839.10 |

**MegaVault** earned the spread of 156 fills, $587,913.67 in all, and next to nothing from the market: it leans its quotes against what
it holds, and ended 0.0354 BTC short. What a depositor leaves behind as slippage is for those who stay, and the last one's stays
behind: $35.28 belong to nobody.

**The passive vault** had 124 fills, $971,553.85 in all, the better price being its own wherever MegaVault leans away. It never leans itself,
and so was short 2.8386 BTC, 1.4 times its worth, when BTC had fallen. The spread of 0.1 % on its fills is some $970; the rest of its $2,265.31 is a
bet that nobody decided on, and on a path the other way it would have been a loss. The position also decides who can leave: Carl, last
in the row, waits for it to be closed.

**The perp vault** pays out what traders win: Frank and Gina won $416.88 and paid $195.57 in fees, which the pool does not get. USDG is a
claim of a dollar and no share, so that Alice and Bob redeemed in full, less 0.3 % on the way in and 0.3 % on the way out, while
what the pool had lost, to traders and with the bitcoin that it holds, met Carl alone: 498.28 of his USDG have nothing behind them. Fees
come back only because governance decides so.

**The fund** does what its manager does. Fiona bought for $96,115.35 and sold for $95,540.12, always after the move, with $95.82 of fees
in it for the chain and the spread for the two that quote: $575.23 lost. There were no new gains to share; her 0.01 % an hour came to
$19.88. It paid everybody on one date and in one proportion, first or last.

Nobody can have all of it: money that leaves at once (MegaVault) pays slippage, money that leaves after a cooldown (passive vault) bears
no risk while it waits but may have to wait for room, a fixed claim (perp vault) is good for whoever comes first, and a date (fund) treats all alike.
"""
