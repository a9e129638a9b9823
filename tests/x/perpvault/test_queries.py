"""What the vault tells: every method has a door, figures by hand on the design's BASE. Source: perp-vault §13."""

from __future__ import annotations

import re

import pytest

from tests.genesis.runs import ROOT
from tests.x.perpvault.test_manager_and_orders import order, order_out
from tests.x.perpvault.test_requests import ask, ask_out
from tests.x.perpvault.world import (
    ALICE,
    BOB,
    CARL,
    E6,
    E18,
    ETH,
    INTERVAL,
    START,
    USD,
    USDC,
    World,
    based,
    decrease,
)
from vaultsim.app.app import App
from vaultsim.app.message_classes import INTERNAL
from vaultsim.app.wiring import wire
from vaultsim.node.block_lines import read_block_lines
from vaultsim.node.chain import Chain
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.perpvault_summary import summarize_perpvault
from vaultsim.node.run_line import run_line
from vaultsim.node.start import start_app
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest
from vaultsim.pb.registry import class_named, services
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.testing.invariants import InvariantBroken, Invariants
from vaultsim.x.perpvault.errors import InvalidAveragePrice, InvalidPosition
from vaultsim.x.sdk_errors import NotFound

METHODS = services()["vaultsim.perpvault.v1.Query"]
MESSAGES = services()["vaultsim.perpvault.v1.Msg"]


def snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def test_every_method_is_answered_and_has_a_path() -> None:
    queries = wire().queries
    for method in METHODS:
        assert method.request == queries[method.path][0].FULL_NAME
        assert method.routes == (("GET", f"/vaultsim/perpvault/v1/{snake(method.name)}", ""),)


def test_every_message_is_handled_and_authority_messages_are_internal() -> None:
    modules = wire()
    for method in MESSAGES:
        cls = class_named(method.request)
        assert cls is not None
        assert modules.router.handler_exists(cls)
        assert (cls.TYPE_URL in INTERNAL) == (cls.SIGNERS == ("authority",))


@pytest.fixture(scope="module")
def world() -> World:
    """BASE, a long of 10,000 USD on 2 ETH and a short of 30,000 on 5,000 USDC, three intervals later at 2,100."""
    made = based()
    made.long(10_000, 2 * E18)
    made.short(30_000, 5_000 * E6)
    made.wait_until(START // INTERVAL * INTERVAL + 3 * INTERVAL)
    made.price(eth=2_100)
    return made


LONG = {"account": ALICE, "collateral_token": ETH, "index_token": ETH, "is_long": True}
SHORT = {"account": CARL, "collateral_token": USDC, "index_token": ETH}
NONE = {"account": BOB, "collateral_token": ETH, "index_token": ETH, "is_long": True}


def test_a_position_is_eight_values(world: World) -> None:
    assert world.query("Position", pb.QueryPositionRequest(**LONG)) == pb.QueryPositionResponse(
        size=str(10_000 * USD),
        collateral=str(3_990 * USD),
        average_price=str(2_000 * USD),
        entry_funding_rate="0",
        reserve_amount=str(5 * E18),
        realised_pnl="0",
        has_realised_profit=True,
        last_increased_time=START,
    )


def test_a_position_that_is_not_there_is_all_zero(world: World) -> None:
    empty = dict.fromkeys(
        ("size", "collateral", "average_price", "entry_funding_rate", "reserve_amount", "realised_pnl"), "0"
    )
    assert world.query("Position", pb.QueryPositionRequest(**NONE)) == pb.QueryPositionResponse(
        **empty, has_realised_profit=True
    )
    with pytest.raises(InvalidPosition):
        world.query("PositionLeverage", pb.QueryPositionLeverageRequest(**NONE))
    with pytest.raises(InvalidAveragePrice):
        world.query("PositionDelta", pb.QueryPositionDeltaRequest(**NONE))


def test_pages_of_positions(world: World) -> None:
    first = world.query("Positions", pb.QueryPositionsRequest(pagination=PageRequest(limit=1, count_total=True)))
    assert first.pagination.total == 2
    rest = world.query("Positions", pb.QueryPositionsRequest(pagination=PageRequest(key=first.pagination.next_key)))
    assert {one.account for one in (*first.positions, *rest.positions)} == {ALICE, CARL}


def test_figures_of_positions(world: World) -> None:
    leverage = world.query("PositionLeverage", pb.QueryPositionLeverageRequest(**LONG)).leverage
    assert leverage == str(10_000 * 10_000 // 3_990)
    delta = world.query("PositionDelta", pb.QueryPositionDeltaRequest(**LONG))
    assert (delta.has_profit, delta.delta) == (True, str(500 * USD))
    delta = world.query("PositionDelta", pb.QueryPositionDeltaRequest(**SHORT))
    assert (delta.has_profit, delta.delta) == (False, str(1_500 * USD))
    assert world.query("PositionFee", pb.QueryPositionFeeRequest(size_delta=str(5_000 * USD))).fee == str(5 * USD)
    # 600 * 20,000 / 40,000 = 300 millionths an interval for the heavier shorts.
    assert world.query("FundingFee", pb.QueryFundingFeeRequest(**SHORT)).fee == str(30_000 * 900 * USD // 10**6)
    assert world.query("FundingFee", pb.QueryFundingFeeRequest(**LONG)).fee == "0"
    judged = world.query("ValidateLiquidation", pb.QueryValidateLiquidationRequest(**SHORT))
    assert (judged.state, judged.margin_fees) == (0, str(57 * USD))


def test_figures_of_tokens(world: World) -> None:
    state = world.query("TokenState", pb.QueryTokenStateRequest(token=ETH))
    assert (state.reserved_amount, state.guaranteed_usd) == (str(5 * E18), str(6_010 * USD))
    interest = world.query("OpenInterest", pb.QueryOpenInterestRequest(token=ETH))
    dollars = [int(one) // USD for one in (interest.long, interest.max_long, interest.short, interest.max_short)]
    assert dollars == [10_000, 60_000, 30_000, 40_000]
    rates = world.query("CumulativeFundingRates", pb.QueryCumulativeFundingRatesRequest(token=ETH))
    assert (rates.long, rates.short, rates.last_funding_time) == (
        "0",
        "900",
        START // INTERVAL * INTERVAL + 3 * INTERVAL,
    )
    config = world.query("TokenConfig", pb.QueryTokenConfigRequest(token=ETH))
    assert (config.decimals, config.weight, config.min_profit_bps, config.market_id) == (18, 10_000, 75, 0)
    assert world.query("MaxPrice", pb.QueryMaxPriceRequest(token=ETH)).price == str(2_100 * USD)
    assert world.query("MinPrice", pb.QueryMinPriceRequest(token=ETH)).price == str(2_100 * USD)
    shorts = world.query("GlobalShortDelta", pb.QueryGlobalShortDeltaRequest(token=ETH))
    assert (shorts.has_profit, shorts.delta) == (False, str(1_500 * USD))


def test_figures_of_the_pool(world: World) -> None:
    # 99.7 ETH, 2 of collateral, less 0.005 of fee.
    pool = 101_695 * E18 // 1_000
    assert world.token().pool_amount == pool
    used = world.query("Utilisation", pb.QueryUtilisationRequest(token=ETH)).utilisation
    assert used == str(5 * E18 * 10**6 // pool)
    amount = world.query("RedemptionAmount", pb.QueryRedemptionAmountRequest(token=ETH, usdg_amount=str(2_100 * E18)))
    assert amount.amount == str(E18)
    backing = 6_010 * E18 // 2_100 + pool - 5 * E18
    found = world.query("RedemptionCollateral", pb.QueryRedemptionCollateralRequest(token=ETH)).amount
    assert found == str(backing)
    worth = world.query("RedemptionCollateralUsd", pb.QueryRedemptionCollateralUsdRequest(token=ETH)).usd
    assert worth == str(backing * 2_100 * USD // E18)
    stable = world.query("RedemptionCollateral", pb.QueryRedemptionCollateralRequest(token=USDC)).amount
    assert stable == str(99_700 * E6)
    # Stable pool, what longs owe, what is free of ETH, and what shorts have lost.
    aum = 99_700 * USD + 6_010 * USD + (pool - 5 * E18) * 2_100 * USD // E18 + 1_500 * USD
    assert world.query("Aum", pb.QueryAumRequest(maximise=True)).aum == str(aum)


def test_requests_orders_and_roles() -> None:
    world = based()
    world.role(pb.Role.ROLE_POSITION_KEEPER, BOB)
    assert world.query("Roles", pb.QueryRolesRequest()).roles == (pb.RoleGrant(role=3, address=BOB),)
    key, key_out = world.run(ask(fee=0)).key, world.run(replace(ask_out(), execution_fee="0")).key
    found = world.query("IncreasePositionRequest", pb.QueryIncreasePositionRequestRequest(key=key)).request
    assert (found.key, found.account, found.path) == (key, ALICE, (ETH,))
    found = world.query("DecreasePositionRequest", pb.QueryDecreasePositionRequestRequest(key=key_out)).request
    assert (found.key, found.receiver) == (key_out, ALICE)
    world.run(order(fee=0))
    world.run(order_out(fee=0))
    assert world.query("IncreaseOrder", pb.QueryIncreaseOrderRequest(account=ALICE)).order.purchase_token == ETH
    assert world.query("DecreaseOrder", pb.QueryDecreaseOrderRequest(account=ALICE)).order.size_delta != ""
    for name, request in (
        ("IncreasePositionRequest", pb.QueryIncreasePositionRequestRequest(key="x")),
        ("DecreasePositionRequest", pb.QueryDecreasePositionRequestRequest(key="x")),
        ("IncreaseOrder", pb.QueryIncreaseOrderRequest(account=ALICE, index=1)),
        ("DecreaseOrder", pb.QueryDecreaseOrderRequest(account=ALICE, index=1)),
    ):
        with pytest.raises(NotFound):
            world.query(name, request)


class TestEvents:
    """Attributes as the design names them."""

    def test_of_an_increase(self) -> None:
        world = based()
        world.long(10_000, E18)
        [event] = world.events("increase_position")
        key = event.pop("key")
        assert event == {
            "account": ALICE,
            "collateral": ETH,
            "index": ETH,
            "collateral_delta_usd": str(2_000 * USD),
            "size_delta": str(10_000 * USD),
            "is_long": "true",
            "price": str(2_000 * USD),
            "fee": str(10 * USD),
        }
        [event] = world.events("update_position")
        assert (event["key"], event["collateral"], event["mark_price"]) == (key, str(1_990 * USD), str(2_000 * USD))

    def test_of_a_decrease_and_a_close_in_order(self) -> None:
        world = based()
        world.long(10_000, E18)
        world.price(eth=2_200)
        world.run(decrease(4_000, 100))
        kinds = ["decrease_position", "update_pnl", "update_position", "close_position", "liquidate_position"]

        def told() -> list[str]:
            return [event.type for event in world.chain.outcomes[-1].results[0].events if event.type in kinds]

        assert told() == ["decrease_position", "update_pnl", "update_position"]
        [pnl] = world.events("update_pnl")
        assert (pnl["has_profit"], pnl["delta"]) == ("true", str(400 * USD))
        world.run(decrease(6_000))
        assert told() == ["decrease_position", "update_pnl", "close_position"]
        assert world.events("close_position")[0]["realised_pnl"] == str(1_000 * USD)


class TestSummary:
    def test_a_chain_without_the_vault_has_none(self) -> None:
        assert summarize_perpvault(World(section=False).chain.app) is None

    def test_it_tells_pool_and_positions(self, world: World) -> None:
        found = summarize_perpvault(world.chain.app)
        assert found is not None
        assert (found.positions, found.liquidatable, found.requests, found.orders) == (2, 0, 0, 0)
        assert found.usdg_supply == str(299_100 * E18)
        assert [one.token for one in found.tokens] == [ETH, USDC]
        assert found.tokens[0].long_open_interest == str(10_000 * USD)

    def test_it_goes_on_without_a_price(self) -> None:
        world = based(max_price_age=10)
        world.wait(11)
        found = summarize_perpvault(world.chain.app)
        assert found is not None
        assert (found.aum_min, found.tokens[0].min_price, found.liquidatable) == (None, None, 0)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("long_open_interest", "longs and open interest"),
        ("short_open_interest", "shorts and open interest"),
        ("reserved_amount", "positions' reserves and reserve"),
        ("guaranteed_usd", "longs' debts and guaranteed USD"),
    ],
)
def test_the_invariants_of_a_running_chain_notice_books_that_do_not_add_up(field: str, said: str) -> None:
    app = story_until(10)
    Invariants(app).check()
    ctx = app.query_context()
    app.modules.keepers.perpvault.change(ctx, ETH, **{field: 1})
    app.store.commit(ctx.branch)
    with pytest.raises(InvariantBroken, match=said):
        Invariants(app).check()


def story_until(height: int) -> App:
    """genesis/perpvault after so many blocks."""
    folder = ROOT / "genesis" / "perpvault"
    app = start_app(read_genesis(folder / "genesis.json")).app
    chain = Chain(app)
    chain.run_first_block()
    for line in read_block_lines(folder / "blocks.jsonl"):
        if app.height < height:
            run_line(chain, line)
    return app
