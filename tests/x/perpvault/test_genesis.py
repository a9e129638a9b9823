"""The genesis section: read, checked, written, and a chain that goes on from it. Source: designs-on-chain."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
    USD,
    USDC,
    World,
    based,
    buy,
    decrease,
    token_config,
    world_document,
)
from vaultsim.address import module_bech32
from vaultsim.app.order import INIT_GENESIS
from vaultsim.errors import UserError
from vaultsim.node.genesis_check import check_genesis
from vaultsim.pb.cosmos.auth.v1beta1 import ModuleAccount
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.perpvault.errors import TokenNotWhitelisted
from vaultsim.x.perpvault.params import DEFAULT_PARAMS

Json = dict[str, Any]


def full() -> World:
    """A vault with something in every list."""
    world = based(is_secondary_price_enabled=True, min_block_delay_keeper=0)
    for role, address in ((pb.Role.ROLE_POSITION_KEEPER, BOB), (pb.Role.ROLE_PARTNER, ALICE)):
        world.role(role, address)
    world.run(pb.MsgSetPrices(sender=BOB, prices=(pb.TokenPrice(token=ETH, price=str(2_000 * USD)),)))
    world.run(pb.MsgApproveRouter(sender=ALICE, router=CARL, enabled=True))
    world.long(10_000, 2 * E18)
    world.short(5_000, 1_000 * E6)
    keys = [world.run(ask(fee=5)).key for _ in range(2)]
    world.run(pb.MsgExecuteIncreasePositions(sender=BOB, end_index=1, fee_receiver=BOB))
    world.run(pb.MsgCancelIncreasePosition(sender=BOB, key=keys[1], fee_receiver=BOB))
    for message in (ask(fee=5), ask_out(1_000), order(), order(), order_out()):
        world.run(message)
    world.run(pb.MsgCancelIncreaseOrder(sender=ALICE, index=0))
    world.price(INTERVAL, eth=2_010)
    return world


def test_the_section_comes_back_as_it_was_written() -> None:
    world = full()
    document = world.export()
    assert "perpvault" not in document["app_state"]["vaultsim"]["rows"]
    again = World(document)
    assert again.chain.rows() == world.chain.rows()
    assert again.export() == document


def test_every_list_of_the_section_is_filled_and_named_as_the_contract_names_it() -> None:
    section = full().export()["app_state"]["perpvault"]
    assert list(section) == [
        "params", "roles", "tokens", "positions", "requests", "orders", "approved_routers", "keeper_prices",
        "price_rounds",
    ]  # fmt: skip
    assert all(section.values())
    assert all(section["requests"].values())
    assert all(section["orders"].values())
    assert section["requests"]["increase_queue"]["start"] == "1"
    assert [token["token"] for token in section["tokens"]] == [ETH, USDC]
    assert section["params"]["margin_fee_bps"] == 10


def test_an_imported_chain_goes_on_to_the_same_state() -> None:
    one = full()
    other = World(one.export())
    for world in (one, other):
        world.wait(INTERVAL)
        world.run(decrease(10_000))
        world.run(decrease(5_000, by=CARL, stable=USDC))
        world.run(pb.MsgExecuteIncreasePositions(sender=BOB, end_index=9, fee_receiver=BOB))
        world.price(eth=1_800)
    assert one.chain.rows() == other.chain.rows()
    assert one.chain.app.store.app_hash == other.chain.app.store.app_hash


def test_settings_left_out_are_the_defaults() -> None:
    made = world_document()
    made["app_state"]["perpvault"] = {}
    world = World(made)
    assert world.keeper.params(world.chain.ctx) == DEFAULT_PARAMS
    shown = world.query("Params", pb.QueryParamsRequest()).params
    told = (shown.max_leverage, shown.tax_bps, shown.stable_tax_bps, shown.mint_burn_fee_bps, shown.swap_fee_bps)
    assert told == (500_000, 50, 20, 30, 30)
    assert (shown.stable_swap_fee_bps, shown.margin_fee_bps, shown.funding_interval) == (4, 10, 28_800)
    assert (shown.is_swap_enabled, shown.is_leverage_enabled, shown.has_dynamic_fees) == (False, True, False)


def test_a_token_is_whitelisted_unless_it_says_otherwise() -> None:
    made = world_document([{"token": ETH, "decimals": 18, "weight": "10000"}, token_config(USDC, whitelisted=False)])
    world = World(made)
    world.run(buy(E18))
    world.fails(buy(E6, USDC), TokenNotWhitelisted)
    shown = world.query("Tokens", pb.QueryTokensRequest())
    assert [token.whitelisted for token in shown.tokens] == [True, False]
    assert (shown.total_token_weights, shown.whitelisted_token_count) == ("10000", 1)
    assert World(world.export()).chain.rows() == world.chain.rows()


def test_an_order_without_account_indexes_is_not_overwritten_by_the_next() -> None:
    document = copy.deepcopy(_exported())
    document["app_state"]["perpvault"]["orders"]["account_indexes"] = []
    world = World(document)
    assert world.run(order()).index == 2
    assert world.run(order_out()).index == 1
    twice = copy.deepcopy(_exported())
    orders = twice["app_state"]["perpvault"]["orders"]
    orders["increase_orders"] = orders["increase_orders"] * 2
    with pytest.raises(UserError, match=r"orders.increase_orders\[1\]: is also orders.increase_orders\[0\]"):
        World(twice)


def test_usdg_is_no_token_of_the_pool() -> None:
    with pytest.raises(UserError, match="usdg is no token of the pool"):
        World(tokens=[{**token_config(ETH), "token": "usdg"}])


def test_a_chain_goes_on_after_a_short_was_paid_in_a_token_that_had_lost_its_dollar() -> None:
    """10,000 USDC brought, 9,970 USD of collateral left; at 0.90 they and the fee of 30 are 11,044.44 USDC.

    The books count the deposits alone: a pool of 99,700, fees of 300 + 30 + 33.33.
    """
    world = based()
    world.short(30_000, 10_000 * E6)
    world.price(usdc="0.9")
    paid = int(world.run(decrease(30_000, by=CARL, stable=USDC)).amount_out)
    assert paid == 9_940 * E6 * 10 // 9
    token = world.token(USDC)
    assert token.token_balance == 110_000 * E6 - paid < token.pool_amount + token.fee_reserve
    document = world.export()
    again = World(document)
    assert again.chain.rows() == world.chain.rows()
    assert again.export() == document


def test_module_accounts_come_with_the_section_only() -> None:
    def names(world: World) -> set[str]:
        accounts = world.chain.app.modules.keepers.accounts.state.accounts.values(world.chain.ctx)
        return {one.name for one in accounts if isinstance(one, ModuleAccount)}

    assert names(World()) - names(World(section=False)) == {"perpvault", "perpvault_escrow"}


def test_a_chain_without_the_section_has_not_one_different_row() -> None:
    with_it, without = World(tokens=[]), World(section=False)
    for world in (with_it, without):
        world.price(eth=2_100)
        world.wait(60)
    rows = with_it.chain.rows()
    assert rows.pop("perpvault") != {}
    other = without.chain.rows()
    assert other.pop("perpvault") == {}
    changed = {store for store in rows if rows[store] != other[store]}
    assert changed == {"acc"}


def test_it_is_read_after_what_it_needs() -> None:
    order_of = {name: place for place, name in enumerate(INIT_GENESIS)}
    assert all(order_of[name] < order_of["perpvault"] for name in ("auth", "bank", "prices"))


def problems(tmp_path: Path, change: Callable[[Json], None]) -> list[str]:
    """What `genesis check`, or else the start, says about the section of `full` with something changed."""
    document = copy.deepcopy(_exported())
    change(document["app_state"]["perpvault"])
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps(document))
    found = [problem for problem in check_genesis(path).problems if "perpvault" in problem]
    if not found:
        try:
            LocalChain(document)
        except UserError as problem:
            return [str(problem)]
    return found


_EXPORTED: list[Json] = []


def _exported() -> Json:
    if not _EXPORTED:
        _EXPORTED.append(full().export())
    return _EXPORTED[0]


def test_a_good_section_has_no_problems(tmp_path: Path) -> None:
    assert problems(tmp_path, lambda section: None) == []


def put(place: str, value: Any) -> Callable[[Json], None]:
    """Changes one place of the section, written as `tokens.0.pool_amount`."""

    def change(section: Json) -> None:
        *way, last = place.split(".")
        inner: Any = section
        for step in way:
            inner = inner[int(step)] if step.isdecimal() else inner[step]
        inner[last] = value

    return change


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("params.max_leverage", "10000", "app_state.perpvault.params: 10000: invalid maxLeverage"),
        ("params.liquidation_fee_usd", "-5", "app_state.perpvault.params.liquidation_fee_usd: '-5' is no integer"),
        ("params.margin_fee_bps", 501, "app_state.perpvault.params: margin_fee_bps 501: invalid fee"),
        ("roles.0.role", 9, "app_state.perpvault.roles[0].role: 9 is no role"),
        ("roles.0.address", "x", "app_state.perpvault.roles[0].address: 'x' is no address"),
        ("tokens.1.token", ETH, "app_state.perpvault.tokens[1]: is also tokens[0]"),
        ("tokens.0.token", "?", "app_state.perpvault.tokens[0].token: '?' is no denomination"),
        ("tokens.0.long_open_interest", "1", "tokens[0].long_open_interest: is 1, the positions add up to"),
        ("tokens.0.short_open_interest", "1", "tokens[0].short_open_interest: is 1, the positions add up to"),
        ("tokens.0.global_short_size", "1", "tokens[0].global_short_size: is 1, the positions add up to"),
        ("tokens.0.reserved_amount", "1", "tokens[0].reserved_amount: is 1, the positions add up to"),
        ("tokens.0.guaranteed_usd", "1", "tokens[0].guaranteed_usd: is 1, the positions add up to"),
        ("tokens.0.pool_amount", "1", "tokens[0].reserved_amount: is above pool_amount 1"),
        ("positions.0.size", "1", "positions[0].size: must be positive and at least the collateral"),
        ("positions.0.account", "", "positions[0].account: '' is no address"),
        ("positions.1.collateral_token", "bnb", "positions[1]: its tokens are not in tokens"),
        ("positions.0.average_price", "0", "positions[0]: collateral and average_price must be positive"),
        ("positions.0.index_token", "usdc", "positions[0].collateral_token: of a long is its index_token"),
        ("requests.increase_positions.0.path", [], "requests.increase_positions[0].path: must have one token"),
        ("requests.decrease_positions.0.path", [ETH, ETH], "requests.decrease_positions[0].path: must have one token"),
        ("requests.increase_queue.start", str(2**63 - 1), "requests.increase_queue.start: 9223372036854775807 is too"),
        ("orders.account_indexes.0.increase_index", str(2**63), "orders.account_indexes[0]: is too far"),
        ("orders.increase_orders.0.index", str(2**63), "increase_orders[0].index: 9223372036854775808 is too far"),
        ("price_rounds.0.exponent", 2**31 - 1, "price_rounds[0].exponent: 2147483647 is too far"),
        ("price_rounds.0.market_id", 1, "price_rounds[1]: is also price_rounds[0]"),
        ("price_rounds.0.prices", [-1], "price_rounds[0].prices[0]: expected an integer from 0 to"),
        ("tokens.0.market_id", 77, "market 77"),
        ("tokens.0.decimals", 31, "app_state.perpvault.tokens[0]: decimals 31 is above 30"),
        ("tokens.0.decimals", 2**32 - 1, "app_state.perpvault.tokens[0]: decimals 4294967295 is above 30"),
        ("tokens.0.min_profit_bps", 10_001, "tokens[0]: min_profit_bps 10001 is above 10000"),
        ("tokens.0.spread_bps", 51, "tokens[0]: spread_bps 51 is above 50"),
        ("tokens.0.adjustment_bps", 21, "tokens[0]: adjustment_bps 21 is above 20"),
        ("tokens.1.token_balance", str(10**24), "perpvault holds 101000000000usdc and its books say 10000000000"),
        ("tokens.0.pool_amount", str(10**24), "perpvault holds 103000000000000000000eth and its books say"),
        ("orders.increase_orders.0.execution_fee", "999999", "perpvault's escrow holds"),
        ("orders.decrease_orders.0.size_delta", "x", "orders.decrease_orders[0].size_delta: 'x' is no integer"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_place(tmp_path: Path, place: str, value: Any, said: str) -> None:
    found = problems(tmp_path, put(place, value))
    assert any(said in one for one in found), found


def test_a_document_with_a_mistake_does_not_start() -> None:
    document = copy.deepcopy(_exported())
    put("positions.0.size", "1")(document["app_state"]["perpvault"])
    with pytest.raises(UserError, match="does not start from it"):
        LocalChain(document)


def test_the_vault_holds_its_tokens_at_its_modules_address() -> None:
    world = World()
    world.buy(E18)
    assert world.balance(module_bech32("perpvault"), ETH) == E18
