"""A fund account from its first deposit to its last payment, traded against MegaVault's quotes."""

from __future__ import annotations

from typing import Any

from chains.document import DOLLAR, GOV, MEGAVAULT, NATIVE, Genesis, quoting, vault_owner
from chains.markets import markets
from chains.messages import send, tx
from chains.story import Json, Story
from vaultsim.address import from_bech32, module_bech32
from vaultsim.testing.accounts import address_of
from vaultsim.x.fundvault.types import vault_id_of

SOL = 0
AT_250 = 25_000_000_000
FUND = vault_id_of(from_bech32(address_of("fiona")), 0)
"""The first fund of the chain is Fiona's."""
DAY = 86_400
PEOPLE = ("alice", "bob", "carl", "dave", "fiona", "operator")
SIX_HOURS = "+21600s"


def story() -> Story:
    """Weeks of a fund, in blocks of a second where something happens and of six hours where nothing does."""
    tale = Story("A fund account", _genesis(), _OPENING, _CLOSING)
    _money_comes_in(tale)
    _the_fund_trades(tale)
    _fees_and_requests(tale)
    _a_normal_date(tale)
    _a_free_cash_date(tale)
    _the_end(tale)
    return tale


def _genesis() -> Genesis:
    genesis = Genesis([markets("SOL-USD")[0]._replace(price=AT_250, default_funding_ppm=0)])
    for name in PEOPLE:
        genesis.account(name, 100_000)
    genesis.operator("operator")
    genesis.subaccount(MEGAVAULT, 500_000 * DOLLAR)
    genesis.subaccount(vault_owner(SOL), 500_000 * DOLLAR)
    genesis.shares("operator", 1_000_000 * DOLLAR)
    genesis.vault(SOL, "QUOTING", quoting(layers=2, skew_factor_ppm=0, order_expiration_seconds=3_600))
    genesis.bank(module_bech32("community_treasury"), NATIVE, 10**21)
    genesis.app_state["fundvault"] = {
        "params": {
            "min_notice_period": str(DAY),
            "min_deposit_quantum_multiple": str(DOLLAR),
            "min_redemption_quantum_multiple": str(DOLLAR),
            "max_deposits_per_epoch": 10,
            "max_redemptions_per_epoch": 5,
        },
        "vaults": [],
        "requests": [],
        "next_vault_sequence": "0",
        "epoch_counts": [],
    }
    return genesis


# --- messages ---------------------------------------------------------------------------------------------------------


def _fund(kind: str, **fields: Any) -> Json:
    return tx(f"/vaultsim.fundvault.v1.Msg{kind}", **fields)


def _date(day: str, fraction: str, kind: str = "NORMAL") -> Json:
    return {"date": f"2024-{day}T00:00:00Z", "type": f"REDEMPTION_TYPE_{kind}", "max_fraction": fraction}


def _create() -> Json:
    return _fund(
        "CreateVault",
        owner=address_of("fiona"),
        asset_id=0,
        metadata={
            "name": "Fiona's SOL fund",
            "description": "long SOL, as long as it lasts",
            "url": "",
            "image_url": "",
        },
        fee_period_seconds=str(7 * DAY),
        management_fee_factor="0.005",
        performance_fee_factor="0.2",
        cut_off_period_seconds=str(3 * DAY),
        redemption_dates=[
            _date("12-05", "0.25"),
            _date("12-12", "0.5", "FREE_CASH_ONLY"),
            _date("12-26", "1"),
        ],
        redemption_rules=[],
        whitelist_enabled=False,
        whitelist=[],
    )


def _deposit(name: str, dollars: int) -> Json:
    return _fund("DepositToVault", party=address_of(name), vault_id=FUND, amount=str(dollars * DOLLAR))


def _redeem(name: str, dollars: int | None) -> Json:
    amount = "" if dollars is None else str(dollars * DOLLAR)
    return _fund("RequestRedemption", party=address_of(name), vault_id=FUND, amount=amount)


def _update(name: str = "fiona", **fields: Any) -> Json:
    return _fund("UpdateVault", owner=address_of(name), vault_id=FUND, **fields)


def _trade(tale: Story, side: str, dollars: int, by: str = "fiona") -> Json:
    """A short-term order of the fund that takes what rests within 2 % of the oracle price."""
    order = tale.taker(FUND, SOL, side, dollars)["messages"][0]["order"]
    return _fund("VaultPlaceOrder", owner=address_of(by), vault_id=FUND, order=order)


def _sale(tale: Story, quantums: int) -> Json:
    """A sale of exactly so many base quantums."""
    placed = _trade(tale, "SELL", 1_000)
    placed["messages"][0]["order"]["quantums"] = str(quantums)
    return placed


# --- acts -------------------------------------------------------------------------------------------------------------


def _money_comes_in(tale: Story) -> None:
    tale.block(
        "Fiona opens her fund: it settles in USDC, takes 0.5 % a week and 20 % of new gains, and pays out on three dates: 5 December "
        "(up to a quarter of its worth), 12 December (free cash only, up to half of it) and 26 December, when it closes. Whoever "
        "wants money on a date asks three days before.",
        _create(),
    )
    tale.block(
        "Alice pays in $60,000 from her bank account, Bob $30,000, Carl $10,000. The first base unit mints 10^18 units, and so does "
        "every other at that price: shares 60 %, 30 %, 10 %.",
        _deposit("alice", 60_000),
        _deposit("bob", 30_000),
        _deposit("carl", 10_000),
    )
    tale.block(
        "What is refused: a deposit of nothing (7) and of more than Dave has (8), a request above what Carl's units are worth (9), "
        "an order for the fund by somebody who does not own it (4), a change by Bob (4).",
        _deposit("dave", 0),
        _deposit("dave", 1_000_000),
        _redeem("carl", 10_001),
        _trade(tale, "BUY", 1_000, by="bob"),
        _update("bob", metadata={"name": "Bob's fund"}),
    )
    tale.block(
        "Money reaches a fund by deposits alone: Dave's transfer to its key is refused (29).",
        send("dave", FUND, 1_000 * DOLLAR),
    )


def _the_fund_trades(tale: Story) -> None:
    for number in ("first", "second"):
        tale.block(
            f"Fiona buys SOL for $40,000 as the fund, {number} time: a short-term order that she signs and that takes MegaVault's ask.",
            _trade(tale, "BUY", 40_000),
        )
    tale.block("SOL rises to $275; MegaVault's quotes follow.", prices={SOL: 27_500_000_000})
    tale.block("A quiet week, a block every six hours.", step=SIX_HOURS, repeat=27)


def _fees_and_requests(tale: Story) -> None:
    tale.block(
        "28 November, the first fee. The fund is worth $107,639.84, of which $100,000 were paid in: new gains of $7,639.84. Fiona is due "
        "$538.20 for managing (0.5 %) and $1,527.97 for the gains (20 %): she gets units worth that, 1.92 % of the fund, and the water mark "
        "is 1.0763984 from now on. Alice holds 58.85 %, Bob 29.42 %, Carl 9.81 %.",
        step="2024-11-28T00:00:01Z",
    )
    tale.block(
        "Fiona wants 1 % a week. She may, but not before a day has passed; the dates within that day, and the next one in any case, are "
        "out of her reach: dropping 5 December is refused (23).",
        _update(management_fee_factor="0.01"),
        _update(remove_dates=["2024-12-05T00:00:00Z"]),
    )
    tale.block("Three and a half days. The new fee holds from the second one on.", step=SIX_HOURS, repeat=14)
    tale.block(
        "Requests for 5 December, in time by six hours: Alice asks for $30,000, Bob for all he has.",
        _redeem("alice", 30_000),
        _redeem("bob", None),
        step="2024-12-01T18:00:00Z",
    )
    tale.block(
        "Carl asks for $2,000, too late for that date. Governance sends the fund's key 1,000 native tokens: other assets do not stay, "
        "the holders get them at once: Alice 588.48, Bob 294.24, Carl 98.08, Fiona 19.20.",
        _redeem("carl", 2_000),
        step="2024-12-02T06:00:00Z",
        gov=[
            {
                "@type": "/dydxprotocol.sending.MsgSendFromModuleToAccount",
                "authority": GOV,
                "sender_module_name": "community_treasury",
                "recipient": FUND,
                "coin": {"denom": NATIVE, "amount": str(1_000 * 10**18)},
            }
        ],
    )
    tale.block("Two and a half days.", step=SIX_HOURS, repeat=10)


def _a_normal_date(tale: Story) -> None:
    tale.block(
        "5 December, a normal date: a quarter of the fund, $26,909.96, is accepted. Alice's $30,000 and the $31,672.10 that Bob's units are "
        "worth are more than that, so each has the part that the units say: Alice $17,939.97, Bob $8,969.99. Free are $19,639.84: Alice is "
        "paid $13,093.23, Bob $6,546.61; $4,846.75 and $2,423.37 are **late**. What was not accepted waits for the next date.",
        step="2024-12-05T00:00:00Z",
    )
    tale.block(
        "A second later fees are due. While somebody waits for money the owner earns nothing.",
        step="2024-12-05T00:00:01Z",
    )
    tale.block(
        "Fiona sells SOL for $4,000. What comes in goes to those who wait: Alice $2,646.38, Bob $1,323.19.",
        _trade(tale, "SELL", 4_000),
    )
    tale.block(
        "She sells for another $4,000: the late $2,200.37 and $1,100.19 are paid, and $669.01 are left in the fund.",
        _trade(tale, "SELL", 4_000),
    )
    tale.block(
        "Dave joins with $8,000: 9.02 % of the $88,694.01 that the fund is worth with them.", _deposit("dave", 8_000)
    )
    tale.block(
        "The end may move as long as it is more than a day away and not the next date: Fiona puts it from 26 to 20 December.",
        _update(remove_dates=["2024-12-26T00:00:00Z"], add_dates=[_date("12-20", "1")]),
        step="2024-12-05T06:00:00Z",
    )
    tale.block("Six and a half days.", step=SIX_HOURS, repeat=26)


def _a_free_cash_date(tale: Story) -> None:
    tale.block(
        "12 December, free cash only: half of the $8,669.01 that are free. Alice, Bob and Carl share them by units, $2,501.84, $1,250.92 "
        "and $581.75, and what they asked for beyond that is cancelled.",
        step="2024-12-12T00:00:00Z",
    )
    tale.block(
        "A second later Fiona's fee is due: 1 % of $84,359.50 by now. The fund is below its water mark: no new gains.",
        step="2024-12-12T00:00:01Z",
    )
    tale.block("SOL falls to $240.", prices={SOL: 24_000_000_000})
    tale.block("Seven days and three quarters.", step=SIX_HOURS, repeat=31)


def _the_end(tale: Story) -> None:
    tale.block(
        "20 December, the closing date: nobody needs to ask any more. The $4,334.50 that are free are paid to all by units: Alice $2,159.49, "
        "Bob $1,079.74, Carl $502.14, Dave $402.87, Fiona $190.26. Everybody has a claim on the rest that follows the fund's worth.",
        step="2024-12-20T00:00:00Z",
    )
    tale.block(
        "Deposits are refused now (5), and so are orders that do not reduce a position (30).",
        _deposit("alice", 100),
        _trade(tale, "BUY", 100),
    )
    tale.block(
        "Fiona sells SOL for $30,000. It is paid out in the same block: Alice $14,879.03, Bob $7,439.52, Carl $3,459.78, Dave $2,775.81, Fiona $1,310.93.",
        _trade(tale, "SELL", 30_000),
    )
    tale.block(
        "She sells the rest: Alice $19,759.35, Bob $9,879.68, Carl $4,594.58, Dave $3,686.28, Fiona $1,740.91. Two base units of dust are hers as well, and the fund is stopped.",
        _sale(tale, 1_660_000_000),
    )
    tale.block("The fund is archived; whoever asks is still told about it.")


_OPENING = """
Fund accounts (`x/fundvault`) are another design of vault: somebody manages a fund, others hold units of it. Deposits and payments go
to and from bank accounts, redemptions happen on dates, and the manager is paid in units. The fund trades with subaccount 0 of a key
that nobody has: its owner signs for its orders.

This fund buys SOL from MegaVault's quotes.
"""

_CLOSING = """
| | paid in | for 5 December | 12 December | from 20 December on | in all |
|---|---|---|---|---|---|
| Alice | $60,000.00 | $17,939.97 | $2,501.84 | $36,797.87 | $57,239.69 |
| Bob | $30,000.00 | $8,969.99 | $1,250.92 | $18,398.94 | $28,619.84 |
| Carl | $10,000.00 | | $581.75 | $8,556.50 | $9,138.24 |
| Dave | $8,000.00 | | | $6,864.96 | $6,864.96 |
| Fiona | | | | $3,242.10 | $3,242.10 |

SOL went from $250 to $240, and every trade paid MegaVault its spread and the protocol its fee. The six-hour gaps between blocks are
outages to the chain, which closes ordinary withdrawals and transfers for fifty blocks after each; dates and deposits of a fund go on.

Numbers in brackets are codes of codespace `fundvault`.
"""
