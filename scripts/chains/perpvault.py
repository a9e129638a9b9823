"""The story of a perp vault: liquidity comes in, traders win and lose against it, and a depositor leaves."""

from __future__ import annotations

from typing import Any

from chains.document import DOLLAR, GOV, USDC, Genesis
from chains.markets import markets
from chains.messages import tx
from chains.story import Story
from vaultsim.testing.accounts import address_of

Json = dict[str, Any]
ETH = "eth"
WEI = 10**18
USD = 10**30
ETH_MARKET, USDC_MARKET = 0, 1
CENT = 10_000
"""Units of the ETH market in a cent."""
PEOPLE = ("alice", "bob", "carl", "dave", "keeper")
_MODULE = "/vaultsim.perpvault.v1."


def story() -> Story:
    """The whole story, act by act."""
    tale = Story("A perp vault", _genesis(), _OPENING, _CLOSING)
    _liquidity_comes_in(tale)
    _bob_wins(tale)
    _messages_are_refused(tale)
    _funding_is_paid(tale)
    _requests_and_orders(tale)
    _liquidations(tale)
    _alice_leaves(tale)
    return tale


def _genesis() -> Genesis:
    eth = markets("ETH-USD")[0]._replace(price=200_000 * CENT, exponent=-6)
    genesis = Genesis([eth])
    genesis.operator("keeper")
    genesis.price_market(USDC_MARKET, "USDC-USD", -6, 1_000_000)
    for person in PEOPLE:
        genesis.account(person, 1_000_000)
        genesis.bank(address_of(person), ETH, 1_000 * WEI)
    listed = {"whitelisted": True, "weight": "10000", "min_profit_bps": 75}
    caps = {"max_long_open_interest": str(60_000 * USD), "max_short_open_interest": str(40_000 * USD)}
    genesis.app_state["perpvault"] = {
        "params": {
            "price_sample_space": 1,
            "min_execution_fee": "100000",
        },
        "roles": [
            {"role": "ROLE_POSITION_KEEPER", "address": address_of("keeper")},
            {"role": "ROLE_ORDER_KEEPER", "address": address_of("keeper")},
        ],
        "tokens": [
            {"token": ETH, **listed, "decimals": 18, "is_shortable": True, "market_id": ETH_MARKET, **caps},
            {"token": USDC, **listed, "decimals": 6, "is_stable": True, "market_id": USDC_MARKET},
        ],
    }
    return genesis


# --- messages ------------------------------------------------------------------------------------------------------


def buy(name: str, token: str, amount: int) -> Json:
    who = address_of(name)
    return tx(_MODULE + "MsgBuyUsdg", sender=who, token=token, amount=str(amount), receiver=who)


def sell(name: str, token: str, usdg: int) -> Json:
    who = address_of(name)
    return tx(_MODULE + "MsgSellUsdg", sender=who, token=token, amount=str(usdg), receiver=who)


def _position(name: str, is_long: bool) -> Json:
    token = ETH if is_long else USDC
    return {"account": address_of(name), "collateral_token": token, "index_token": ETH, "is_long": is_long}


def increase(name: str, size_usd: int, amount: int, *, is_long: bool = True) -> Json:
    return tx(
        _MODULE + "MsgIncreasePosition",
        sender=address_of(name),
        **_position(name, is_long),
        size_delta=str(size_usd * USD),
        amount=str(amount),
    )


def decrease(name: str, size_usd: int, collateral_usd: int = 0, *, is_long: bool = True) -> Json:
    return tx(
        _MODULE + "MsgDecreasePosition",
        sender=address_of(name),
        **_position(name, is_long),
        size_delta=str(size_usd * USD),
        collateral_delta=str(collateral_usd * USD),
        receiver=address_of(name),
    )


def liquidate(by: str, name: str, *, is_long: bool = True) -> Json:
    return tx(
        _MODULE + "MsgLiquidatePosition",
        sender=address_of(by),
        **_position(name, is_long),
        fee_receiver=address_of(by),
    )


def ask(name: str, size_usd: int, amount: int, limit_usd: int) -> Json:
    """A request of the queue to increase a long."""
    return tx(
        _MODULE + "MsgCreateIncreasePosition",
        sender=address_of(name),
        path=[ETH],
        index_token=ETH,
        amount_in=str(amount),
        min_out="0",
        size_delta=str(size_usd * USD),
        is_long=True,
        acceptable_price=str(limit_usd * USD),
        execution_fee="100000",
    )


def run_queue(end: int) -> Json:
    keeper = address_of("keeper")
    return tx(_MODULE + "MsgExecuteIncreasePositions", sender=keeper, end_index=str(end), fee_receiver=keeper)


def take_profit(name: str, size_usd: int, trigger_usd: int) -> Json:
    """An order to decrease a long above a price."""
    return tx(
        _MODULE + "MsgCreateDecreaseOrder",
        sender=address_of(name),
        index_token=ETH,
        size_delta=str(size_usd * USD),
        collateral_token=ETH,
        collateral_delta="0",
        is_long=True,
        trigger_price=str(trigger_usd * USD),
        trigger_above_threshold=True,
        execution_fee="100000",
    )


def run_order(name: str) -> Json:
    keeper = address_of("keeper")
    return tx(
        _MODULE + "MsgExecuteDecreaseOrder",
        sender=keeper,
        account=address_of(name),
        index="0",
        fee_receiver=keeper,
    )


def _gov(name: str, **fields: Any) -> Json:
    return {"@type": f"{_MODULE}{name}", "authority": GOV, **fields}


def _price(dollars: int) -> dict[int, int]:
    return {ETH_MARKET: dollars * 100 * CENT}


# --- acts ----------------------------------------------------------------------------------------------------------


def _liquidity_comes_in(tale: Story) -> None:
    tale.block(
        "Alice brings 100 ETH at $2,000. The vault keeps 0.3 % (0.3 ETH) as a fee and mints **199,400 USDG** for the rest: her claim on the pool.",
        buy("alice", ETH, 100 * WEI),
    )
    tale.block(
        "Alice brings 100,000 USDC: 99,700 USDG. The pool holds 99.7 ETH and 99,700 USDC, worth $299,100, and every USDG is backed by a dollar.",
        buy("alice", USDC, 100_000 * DOLLAR),
    )


def _bob_wins(tale: Story) -> None:
    tale.block(
        "Bob goes long $10,000 with 1 ETH of collateral. The fee is 0.1 % of the size, $10: $1,990 of collateral are left, a leverage of 5.03. "
        "5 ETH of the pool are reserved, so that whatever he wins can be paid.",
        increase("bob", 10_000, WEI),
    )
    tale.block("Bob adds half an ETH of collateral and no size: leverage 3.34.", increase("bob", 0, WEI // 2))
    tale.block("ETH rises to $2,200: a tenth of $10,000, Bob has won $1,000.", step="+600s", prices=_price(2_200))
    tale.block(
        "Bob closes: $2,990 of collateral and $1,000 of profit less the fee of $10 are 1.809090909090909090 ETH at $2,200. What he won, the pool has lost.",
        decrease("bob", 10_000),
    )
    tale.block("ETH falls back to $2,000.", prices=_price(2_000))


def _messages_are_refused(tale: Story) -> None:
    swap = tx(
        _MODULE + "MsgSwap",
        sender=address_of("dave"),
        token_in=ETH,
        token_out=USDC,
        amount=str(WEI),
        receiver=address_of("dave"),
    )
    tale.block(
        "Refused: Dave swaps (13, swaps are switched off), goes long 55 times his collateral (39), long more than the cap of $60,000 (41), short ETH with ETH (29), "
        "and sells USDG that he does not have (5 of `sdk`).",
        swap,
        increase("dave", 55_000, WEI // 2),
        increase("dave", 60_001, 20 * WEI),
        {"messages": [{**increase("dave", 1_000, WEI)["messages"][0], "is_long": False}]},
        sell("dave", ETH, 1_000 * WEI),
    )


def _funding_is_paid(tale: Story) -> None:
    tale.block(
        "Bob goes long $50,000 with 20 ETH, Dave long $10,000 with 4 ETH, Carl short $30,000 with 5,000 USDC. Longs are twice the shorts.",
        increase("bob", 50_000, 20 * WEI),
        increase("dave", 10_000, 4 * WEI),
        increase("carl", 30_000, 5_000 * DOLLAR, is_long=False),
    )
    tale.block(
        "A day passes, an hour a block. Each eight hours the heavier side owes 600 millionths of its size times (60,000 - 30,000) / (60,000 + 30,000): 200 each time, "
        "600 millionths in all. Carl owes nothing.",
        step="+3600s",
        repeat=24,
    )
    tale.block(
        "Bob closes at the price he came in at: $39,950 of collateral less the fee of $50 and **$30 of funding**, 19.935 ETH. Fees and funding go to the fee reserve.",
        decrease("bob", 50_000),
    )
    tale.block(
        "Another sixteen hours. Now the shorts are heavier, 30,000 against 10,000: 300 millionths each time.",
        step="+3600s",
        repeat=16,
    )
    tale.block(
        "Carl closes: $4,970 less the fee of $30 and **$18 of funding**, 4,922 USDC.",
        decrease("carl", 30_000, is_long=False),
    )


def _requests_and_orders(tale: Story) -> None:
    tale.block(
        "Bob asks the queue for a long of $10,000 at $2,000 or less, Carl for one at $1,900 or less. Collateral and a fee of 0.10 USDC for the keeper are escrowed.",
        ask("bob", 10_000, WEI, 2_000),
        ask("carl", 10_000, WEI, 1_900),
    )
    tale.block(
        "The keeper runs the queue: Bob's request is executed, Carl's fails at $2,000 and is paid back. The keeper gets both fees.",
        run_queue(2),
    )
    tale.block("Bob places an order: close above $2,150.", take_profit("bob", 10_000, 2_150))
    tale.block(
        "ETH rises to $2,150. That is not above: the keeper's attempt is refused in the next block (51).",
        prices=_price(2_150),
    )
    tale.block("Refused as told.", run_order("bob"))
    tale.block("ETH rises to $2,160.", prices=_price(2_160))
    tale.block(
        "The keeper executes the order: Bob's $1,990, a profit of $800, less $10: 1.287037037037037037 ETH.",
        run_order("bob"),
    )
    tale.block(
        "Dave closes as well: his $7,990 and a profit of $800, less the fee of $10 and the $6 of funding that he owed since block 34: 4.062037037037037037 ETH.",
        decrease("dave", 10_000),
    )
    tale.block("ETH falls back to $2,000.", prices=_price(2_000))


def _liquidations(tale: Story) -> None:
    tale.block(
        "Bob goes long $20,000 with 1 ETH, ten times his collateral. Carl goes short $9,000 with 1,000 USDC.",
        increase("bob", 20_000, WEI),
        increase("carl", 9_000, 1_000 * DOLLAR, is_long=False),
    )
    tale.block("Dave tries to liquidate Bob: the position is safe (22).", liquidate("dave", "bob"))
    tale.block(
        "ETH falls to $1,830. Bob has lost $1,700 of $1,980: more than 50 times the $280 that are left.",
        prices=_price(1_830),
    )
    tale.block(
        "Dave liquidates Bob. Over-leveraged, but with something left: the position is closed and Bob gets $260, "
        "0.142076502732240437 ETH. There is no reward.",
        liquidate("dave", "bob"),
    )
    tale.block("Bob tries again, at $1,830: long $20,000 with 1.1 ETH.", increase("bob", 20_000, 11 * WEI // 10))
    tale.block("ETH falls to $1,640. Bob has lost $2,076, more than his collateral of $1,993.", prices=_price(1_640))
    tale.block(
        "Dave liquidates Bob again. This time nothing is left for him: his collateral stays in the pool, and Dave gets $5 of it as a reward, 0.003048780487804878 ETH.",
        liquidate("dave", "bob"),
    )
    tale.block(
        "Carl's short has won 18 % of $9,000: with his $991 and less the fee of $9 he takes 2,602 USDC.",
        decrease("carl", 9_000, is_long=False),
    )
    tale.block("ETH recovers to $2,000.", prices=_price(2_000))


def _alice_leaves(tale: Story) -> None:
    reserves = [_gov("MsgWithdrawFees", token=token, receiver=address_of("alice")) for token in (ETH, USDC)]
    tale.block(
        "A proposal passes: the fee reserves go to Alice, the only depositor.",
        gov=reserves,
    )
    tale.block(
        "Alice sells half of her USDG for ETH and 90,000 for USDC: 149,550 USDG are 74.775 ETH, 90,000 USDG are 90,000 USDC, each less 0.3 %. She gets 74.550675 ETH and 89,730 USDC.",
        sell("alice", ETH, 149_550 * WEI),
        sell("alice", USDC, 90_000 * WEI),
    )
    tale.block("Nothing more.", repeat=3)


_OPENING = """
A perp vault is the other side of every trade: depositors bring ETH and USDC and get USDG, traders go long or short with leverage, and what they win the pool
pays, what they lose the pool keeps. Nobody trades with each other here, and no order book is asked: prices are those of the chain's oracle.

Alice is the depositor of this story; Bob, Carl and Dave trade; a keeper executes queued requests and orders. ETH has 18 decimals, USDC 6, USDG 18. The caps of open interest
are $60,000 long and $40,000 short.

    .venv/bin/vaultsim replay genesis/perpvault/genesis.json genesis/perpvault/blocks.jsonl --out out
"""

_CLOSING = """
## What the depositor has

| | ETH | USDC | USDG |
|---|---|---|---|
| brought | 100 | 100,000 | |
| minted | | | 299,100 |
| fee reserves (block 71) | 0.440635537030978851 | 396 | |
| sold (block 72) | 74.550675 | 89,730 | -239,550 |
| at the end | 74.991310537030978851 | 90,126 | 59,550 |

USDG is a claim of one dollar on the pool, no share of it: what traders lose makes the pool safer and what they win makes it weaker, and neither changes what a USDG is
redeemed for. In block 70 the pool is worth $299,922.15 and owes 299,100 USDG: traders have lost $822.15 on balance, fees aside. At the end $60,372.15 stand behind the last
59,550 USDG. Fees and funding never enter the pool: they wait in the fee reserves until governance pays them out.
"""
