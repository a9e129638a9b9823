"""Chains with a passive market maker's vault, in the design's units: a price of 1.000000 is a dollar, a size of
1.000000 one coin, and both are counted in millionths on the chain, as amounts of USDC are.

Source: designs-on-chain (mmvault): atomic resolution, conversion exponent and price exponent -6, step 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tests.conformance.world import Case, Json, TestMarket, document, subaccount
from vaultsim.address import module_bech32
from vaultsim.app.results import TxResult
from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder, Order, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.mmvault.v1 import (
    MsgAddLiquidity,
    MsgRemoveLiquidity,
    PairQuoteParams,
    Params,
    QueryComputeQuotesRequest,
    QueryComputeQuotesResponse,
    QueryQuotesRequest,
    QueryQuotesResponse,
    QueryVaultRequest,
    QueryVaultResponse,
)
from vaultsim.testing.accounts import NAMED
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.subaccounts.types import usdc_balance

VAULT = module_bech32("mmvault")
GOV = module_bech32("gov")
BUY, SELL = 1, 2
IOC = 1
ALICE, BOB, CARL, DAVE = (account.address for account in NAMED)
NAME_OF = {account.address: account.name for account in NAMED}
QUERY = "/vaultsim.mmvault.v1.Query/"
MARGINS = {ALICE: 10_000_000, BOB: 10_000_000, CARL: 10_000_000, DAVE: 100_000_000}


def micro(value: str | int | Decimal) -> int:
    """Millionths of a decimal number, which must be whole."""
    scaled = Decimal(value) * 1_000_000
    assert scaled == int(scaled), value
    return int(scaled)


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """A market in dollars and coins, with how the vault quotes it."""

    oracle: str = "1000"
    imr: str = "0.1"
    tick: str = "1"
    half_spread: str = "0.01"
    cap: str = "1000000"
    weight: int = 1
    min_order: str = "0"
    tick_multiple: int = 1
    is_quoted: bool = True
    maintenance: str = "0.5"
    status: str = "STATUS_ACTIVE"


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """A chain before its first block. margins: dollars of each person's subaccount 0; taker_fee in ppm.

    fee_share: of 1; positions: by address, perpetual and coins; costs are the holders' own.
    """

    markets: Sequence[Market] = (Market(),)
    margins: Mapping[str, str | int] = msgspec.field(default_factory=lambda: dict(MARGINS))
    subaccounts: Sequence[Json] = ()
    cooldown: int = 86_400
    max_unlocks: int = 10
    cap: int = 0
    fee_share_ppm: int = 0
    basis: str = "MARGIN_BASIS_AVAILABLE"
    enabled: bool = True
    share_supply: int = 0
    shares: Mapping[str, int] = {}
    unlocks: Sequence[Json] = ()
    snapshots: Sequence[Json] = ()
    taker_fee_ppm: int = 0
    maker_fee_ppm: int = 0
    time: str = "2024-11-21T00:00:00Z"


def genesis(scene: Scene) -> Json:
    """The genesis document of a scene."""
    markets = [_test_market(number, market) for number, market in enumerate(scene.markets)]
    held = [subaccount(address, micro(dollars)) for address, dollars in scene.margins.items()]
    made = document(Case(markets=markets, subaccounts=[*held, *scene.subaccounts]))
    made["genesis_time"] = scene.time
    state = made["app_state"]
    state["perpetuals"]["liquidity_tiers"] = [_tier(number, market) for number, market in enumerate(scene.markets)]
    state["feetiers"]["params"]["tiers"] = [_fee_tier(scene)]
    state["mmvault"] = section(scene)
    _set_pool(state)
    return made


def section(scene: Scene) -> Json:
    """The genesis section of the vault."""
    return {
        "params": {
            "vault_cooldown_period_seconds": scene.cooldown,
            "max_unlocks": scene.max_unlocks,
            "vault_deposit_cap": str(scene.cap),
            "vault_fee_share_ppm": scene.fee_share_ppm,
            "margin_basis": scene.basis,
            "trading_enabled": scene.enabled,
        },
        "pairs": [pair_json(number, market) for number, market in enumerate(scene.markets) if market.is_quoted],
        "share_supply": str(scene.share_supply),
        "shares": [{"owner": owner, "shares": str(shares)} for owner, shares in sorted(scene.shares.items())],
        "unlocks": list(scene.unlocks),
        "last_quote_refresh_height": 0,
        "snapshots": list(scene.snapshots),
    }


def pair_json(number: int, market: Market) -> Json:
    """How the vault quotes a market."""
    return {
        "clob_pair_id": number,
        "vault_half_spread_ppm": micro(market.half_spread),
        "vault_max_quote_size": str(micro(market.cap)),
        "vault_liquidity_weight": market.weight,
        "tick_multiple": market.tick_multiple,
        "min_order_size": str(micro(market.min_order)),
    }


def pair_params(number: int, market: Market) -> PairQuoteParams:
    return PairQuoteParams.from_json(pair_json(number, market))


def params_of(scene: Scene) -> Params:
    return Params.from_json(section(scene)["params"])


def _test_market(number: int, market: Market) -> TestMarket:
    return TestMarket(
        id=number,
        pair=f"COIN{number}-USD",
        price=micro(market.oracle),
        exponent=-6,
        resolution=-6,
        tier=number,
        step=1,
        tick=micro(market.tick),
        qce=-6,
        status=market.status,
    )


def _tier(number: int, market: Market) -> Json:
    return {
        "id": number,
        "name": str(number),
        "initial_margin_ppm": micro(market.imr),
        "maintenance_fraction_ppm": micro(market.maintenance),
        "impact_notional": "10000000000",
        "open_interest_lower_cap": "0",
        "open_interest_upper_cap": "0",
    }


def _fee_tier(scene: Scene) -> Json:
    none = dict.fromkeys(("total_volume_share_requirement_ppm", "maker_volume_share_requirement_ppm"), 0)
    fees = {"maker_fee_ppm": scene.maker_fee_ppm, "taker_fee_ppm": scene.taker_fee_ppm}
    return {"name": "1", "absolute_volume_requirement": "0", **none, **fees}


def _set_pool(state: Json) -> None:
    """Backs the subaccounts, and what genesis puts aside for unlocks, with coins; opens interest for positions."""
    owned = sum(
        int(asset["quantums"]) for one in state["subaccounts"]["subaccounts"] for asset in one["asset_positions"]
    )
    owned += sum(int(one["amount"]) for one in state["mmvault"]["unlocks"])
    bank = state["bank"]
    pool = next(row for row in bank["balances"] if row["address"] == module_bech32("subaccounts"))
    before = int(pool["coins"][0]["amount"])
    pool["coins"][0]["amount"] = str(owned)
    bank["supply"][0]["amount"] = str(int(bank["supply"][0]["amount"]) - before + owned)
    for perpetual in state["perpetuals"]["perpetuals"]:
        longs = sum(
            int(position["quantums"])
            for one in state["subaccounts"]["subaccounts"]
            for position in one["perpetual_positions"]
            if position["perpetual_id"] == perpetual["params"]["id"] and int(position["quantums"]) > 0
        )
        perpetual["open_interest"] = str(longs)


def started(scene: Scene | None = None, *, checked: bool = True, **fields: Any) -> LocalChain:
    """The chain of a scene after block 1, its invariants checked after every block."""
    return LocalChain(genesis(scene or Scene(**fields)), checked=checked)


# --- doing --------------------------------------------------------------------------------------------------------


def add_message(owner: str, dollars: str | int, least: int | str = "", number: int = 0) -> MsgAddLiquidity:
    return MsgAddLiquidity(
        subaccount_id=SubaccountId(owner=owner, number=number),
        amount=str(micro(dollars)),
        min_shares_to_mint=str(least),
    )


def add(chain: LocalChain, owner: str, dollars: str | int, least: int | str = "", number: int = 0) -> TxResult:
    """A deposit, alone in a block."""
    return chain.deliver(add_message(owner, dollars, least, number), by=NAME_OF[owner])


def remove(chain: LocalChain, owner: str, shares: int, number: int = 0, seconds: int = 1) -> TxResult:
    """A withdrawal, alone in a block."""
    message = MsgRemoveLiquidity(subaccount_id=SubaccountId(owner=owner, number=number), shares_to_burn=str(shares))
    return chain.deliver(message, by=NAME_OF[owner], seconds=seconds)


def order_of(
    chain: LocalChain,
    owner: str,
    side: int,
    coins: str,
    price: str,
    *,
    pair: int = 0,
    client_id: int = 1,
    seconds: int = 0,
) -> Order:
    """An order: short-term and immediate, or (with seconds) long-term and resting."""
    flags = 64 if seconds else 0
    order_id = OrderId(
        subaccount_id=SubaccountId(owner=owner, number=0), client_id=client_id, order_flags=flags, clob_pair_id=pair
    )
    if seconds:
        return Order(
            order_id=order_id,
            side=side,
            quantums=micro(coins),
            subticks=micro(price),
            good_til_block_time=chain.app.time_ns // 10**9 + seconds,
        )
    return Order(
        order_id=order_id,
        side=side,
        quantums=micro(coins),
        subticks=micro(price),
        good_til_block=chain.height + 5,
        time_in_force=IOC,
    )


def trade(
    chain: LocalChain, owner: str, side: int, coins: str, price: str, *, pair: int = 0, client_id: int = 1
) -> None:
    """An immediate order, matched in the next block."""
    order = order_of(chain, owner, side, coins, price, pair=pair, client_id=client_id)
    result = chain.submit(MsgPlaceOrder(order=order), by=NAME_OF[owner])
    assert result.code == 0, result.log
    chain.block()


def rest(
    chain: LocalChain,
    owner: str,
    side: int,
    coins: str,
    price: str,
    *,
    pair: int = 0,
    client_id: int = 1,
    seconds: int = 3_600,
) -> None:
    """A long-term order, placed by a block."""
    order = order_of(chain, owner, side, coins, price, pair=pair, client_id=client_id, seconds=seconds)
    result = chain.deliver(MsgPlaceOrder(order=order), by=NAME_OF[owner])
    assert result.code == 0, result.log


def set_price(chain: LocalChain, price: str, pair: int = 0) -> None:
    """A block with a new oracle price."""
    chain.block(prices={pair: micro(price)})


def govern(chain: LocalChain, *messages: Message) -> None:
    """A block in which a proposal passes."""
    chain.block(gov=messages)


# --- looking ------------------------------------------------------------------------------------------------------


def vault(chain: LocalChain) -> QueryVaultResponse:
    answer = chain.query(QUERY + "Vault", QueryVaultRequest())
    assert isinstance(answer, QueryVaultResponse)
    return answer


def computed(chain: LocalChain, pair: int = 0) -> QueryComputeQuotesResponse:
    answer = chain.query(QUERY + "ComputeQuotes", QueryComputeQuotesRequest(pair=pair))
    assert isinstance(answer, QueryComputeQuotesResponse)
    return answer


def quotes(chain: LocalChain, pair: int | None = 0) -> list[tuple[str, Decimal, Decimal]]:
    """Side, coins and dollars of the vault's resting orders."""
    answer = chain.query(QUERY + "Quotes", QueryQuotesRequest(pair=pair))
    assert isinstance(answer, QueryQuotesResponse)
    side = {BUY: "bid", SELL: "ask"}
    return [
        (side[one.order.side], dollars(one.remaining_quantums), dollars(one.order.subticks)) for one in answer.quotes
    ]


def quote(side: str, coins: str, price: str) -> tuple[str, Decimal, Decimal]:
    """What `quotes` shows of an order."""
    return side, Decimal(coins), Decimal(price)


def dollars(millionths: int | str) -> Decimal:
    return Decimal(int(millionths)) / 1_000_000


def equity(chain: LocalChain) -> Decimal:
    return dollars(vault(chain).equity)


def shares_of(chain: LocalChain, owner: str) -> int:
    return chain.app.modules.keepers.mmvault.shares_of(chain.ctx, owner)


def margin_of(chain: LocalChain, owner: str, number: int = 0) -> int:
    """Quote quantums of a subaccount's USDC."""
    found = chain.app.modules.subaccounts.get(chain.ctx, SubaccountId(owner=owner, number=number))
    return usdc_balance(found)


def event(result: TxResult, kind: str) -> dict[str, str]:
    """The attributes of the only event of a kind."""
    (found,) = [one for one in result.to_json()["events"] if one["type"] == kind]
    return {one["key"]: one["value"] for one in found["attributes"] if one["key"] != "msg_index"}
