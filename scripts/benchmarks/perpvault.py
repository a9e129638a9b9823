"""Figures of the perp vault: open positions under funding, judged one by one in every block."""

from __future__ import annotations

from typing import Any

from chains.document import Genesis
from chains.markets import markets

from benchmarks.figures import Figure, at_least, now, say, title
from vaultsim.address import module_bech32
from vaultsim.app.tx import RawTx
from vaultsim.app.tx_json import tx_from_json
from vaultsim.node.chain import Chain
from vaultsim.node.genesis_document import GenesisDocument, parse_genesis
from vaultsim.node.start import start_app
from vaultsim.node.times import NANOSECONDS
from vaultsim.pb.vaultsim.perpvault.v1 import QueryLiquidatablePositionsRequest, QueryLiquidatablePositionsResponse
from vaultsim.testing.accounts import address_of

POSITIONS = 1_000
INDEXES = 10
BLOCKS = 300
WARM_UP = 20
EIGHT_HOURS = 28_800
USD, UNIT = 10**30, 10**18
SIZE_USD, COLLATERAL_USD = 1_000, 150
_QUERY = "/vaultsim.perpvault.v1.Query/LiquidatablePositions"
Json = dict[str, Any]


def report() -> None:
    """Prints the figures of the perp vault."""
    title(f"Perp vault, {POSITIONS:,} open positions on {INDEXES} tokens, funding due in every block")
    for figure in figures():
        say(figure)


def figures() -> list[Figure]:
    """Blocks with a price move and funding, a scan of all positions, and the liquidations that it asks for."""
    chain = _started()
    spent = scanning = 0.0
    liquidated = 0
    for number in range(WARM_UP + BLOCKS):
        before = now()
        found = _scan(chain)
        scanned = now()
        chain.execute_block(chain.app.time_ns + EIGHT_HOURS * NANOSECONDS, found)
        after = now()
        _move_price(chain, number)
        if number >= WARM_UP:
            spent += after - before
            scanning += scanned - before
            liquidated += len(found)
    left = sum(1 for _ in chain.app.modules.keepers.perpvault.state.positions.keys(chain.app.query_context()))
    return [
        at_least("funding, a scan, and what it liquidates", BLOCKS / spent, 100, "blocks/s"),
        Figure("    the scan's part", f"{100 * scanning / spent:.0f} %"),
        Figure("    liquidated, still open", f"{liquidated:,}, {left:,}"),
    ]


def _started() -> Chain:
    start = start_app(_document())
    chain = Chain(start.app, index_prices=start.index_prices)
    chain.run_first_block()
    return chain


def _scan(chain: Chain) -> list[RawTx]:
    """A liquidator's messages for every position that is not safe."""
    answer = chain.app.query(_QUERY, QueryLiquidatablePositionsRequest())
    assert isinstance(answer, QueryLiquidatablePositionsResponse)
    return [_liquidation(one.position.to_json()) for one in answer.positions]


def _liquidation(position: Json) -> RawTx:
    sender = address_of("liquidator")
    fields = {name: position[name] for name in ("account", "collateral_token", "index_token", "is_long")}
    kind = "/vaultsim.perpvault.v1.MsgLiquidatePosition"
    return tx_from_json({"messages": [{"@type": kind, "sender": sender, "fee_receiver": sender, **fields}]})


def _move_price(chain: Chain, number: int) -> None:
    """Half a percent up or down for one token: not counted, as it is the market's work."""
    market = number % INDEXES
    price = chain.index_prices[market] * (1_005 if number // INDEXES % 2 else 995) // 1_000
    chain.propose_block(chain.app.time_ns, prices={market: price})


def _document() -> GenesisDocument:
    eth = markets("ETH-USD")[0]._replace(price=2_000_000_000, exponent=-6, min_price_change_ppm=10)
    made = Genesis([eth._replace(ticker=f"T{number}-USD") for number in range(INDEXES)])
    made.account("liquidator", 1_000_000)
    made.operator("liquidator")
    vault = module_bech32("perpvault")
    tokens = [_token(number) for number in range(INDEXES)]
    for token in tokens:
        made.bank(vault, token["token"], 2 * int(token["pool_amount"]))
    made.app_state["perpvault"] = {
        "params": {"price_sample_space": 1, "funding_rate_factor": "400"},
        "tokens": tokens,
        "positions": [_position(number) for number in range(POSITIONS)],
    }
    return parse_genesis(made.document(), "generated")


def _token(number: int) -> Json:
    each = POSITIONS // INDEXES
    longs = each * SIZE_USD * USD
    return {
        "token": f"token{number}",
        "whitelisted": True,
        "decimals": 18,
        "weight": "1",
        "market_id": number,
        "is_shortable": True,
        "pool_amount": str(each * SIZE_USD * UNIT // 1_000),
        "reserved_amount": str(each * SIZE_USD * UNIT // 2_000),
        "guaranteed_usd": str(longs - each * COLLATERAL_USD * USD),
        "long_open_interest": str(longs),
    }


def _position(number: int) -> Json:
    token = f"token{number % INDEXES}"
    return {
        "account": address_of(f"trader{number}"),
        "collateral_token": token,
        "index_token": token,
        "is_long": True,
        "size": str(SIZE_USD * USD),
        "collateral": str(COLLATERAL_USD * USD),
        "average_price": str((1_900 + number % 200) * USD),
        "reserve_amount": str(SIZE_USD * UNIT // 2_000),
    }
