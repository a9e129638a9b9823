"""Deposits, withdrawals, transfers, fees, funds, and the queries and genesis around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.x.markets import BTC, DOGE
from tests.x.subaccounts.ledger import ALICE, BOB, POOL, RICH, Ledger, holding
from vaultsim.address import module_address, module_bech32
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.subaccounts import (
    AssetPosition,
    GenesisState,
    QueryCollateralPoolAddressRequest,
    QueryGetSubaccountRequest,
    QueryGetWithdrawalAndTransfersBlockedInfoRequest,
    Subaccount,
    SubaccountId,
)
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.sdk_errors import NotFound
from vaultsim.x.subaccounts.genesis import check, subaccounts_genesis
from vaultsim.x.subaccounts.query_server import subaccounts_queries

DOGE_POOL, FUND, DOGE_FUND = (
    module_address("subaccounts:2"),
    module_address("insurance_fund"),
    module_address("insurance_fund:2"),
)
COLLECTOR = module_address("fee_collector")


class Share(NamedTuple):
    recipient: str
    quote_quantums: int


def error_of(action: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ChainError) as caught:
        action()
    return caught.value.codespace, caught.value.code


def test_deposits_and_withdrawals_move_coins_through_the_pool() -> None:
    ledger = Ledger()
    keeper, ctx = ledger.subaccounts, ledger.ctx
    keeper.deposit(ctx, RICH, ALICE, 0, 70)
    keeper.withdraw(ctx, ALICE, RICH, 0, 30)
    assert ledger.usdc(ALICE) == 40
    assert ledger.bank.sent == [(RICH, POOL, 70), (POOL, RICH, 30)]


def test_deposits_of_an_isolated_account_go_to_its_pool() -> None:
    ledger = Ledger()
    ledger.hold(ALICE, 10**9, holding(DOGE, 1))
    ledger.subaccounts.deposit(ledger.ctx, RICH, ALICE, 0, 70)
    assert ledger.bank.sent == [(RICH, DOGE_POOL, 70)]


def test_what_deposits_and_withdrawals_refuse() -> None:
    ledger = Ledger()
    keeper, ctx = ledger.subaccounts, ledger.ctx
    ledger.hold(ALICE, 10)
    assert error_of(lambda: keeper.deposit(ctx, RICH, ALICE, 1, 0)) == ("subaccounts", 501)
    assert error_of(lambda: keeper.deposit(ctx, RICH, ALICE, 0, 0)) == ("subaccounts", 500)
    assert error_of(lambda: keeper.deposit(ctx, module_address("poor"), ALICE, 0, 1)) == ("sdk", 5)
    assert error_of(lambda: keeper.withdraw(ctx, ALICE, RICH, 0, 11)) == ("subaccounts", 102)
    ledger.bank.blocked.add(COLLECTOR)
    assert error_of(lambda: keeper.withdraw(ctx, ALICE, COLLECTOR, 0, 1)) == ("sdk", 4)
    ledger.blocktime.stamp_outage(1)
    assert error_of(lambda: keeper.deposit(ctx, RICH, ALICE, 0, 1)) == ("subaccounts", 102)


def test_transfers_touch_the_bank_only_between_pools() -> None:
    ledger = Ledger()
    keeper, ctx = ledger.subaccounts, ledger.ctx
    ledger.hold(ALICE, 100)
    keeper.transfer(ctx, ALICE, BOB, 0, 40)
    assert (ledger.usdc(ALICE), ledger.usdc(BOB), ledger.bank.sent) == (60, 40, [])
    ledger.hold(BOB, 10**9, holding(DOGE, 1))
    keeper.transfer(ctx, ALICE, BOB, 0, 60)
    assert ledger.bank.sent == [(POOL, DOGE_POOL, 60)]
    assert not keeper.state.subaccounts.has(ctx, ALICE)


def test_what_transfers_refuse() -> None:
    ledger = Ledger()
    keeper, ctx = ledger.subaccounts, ledger.ctx
    ledger.hold(ALICE, 100)
    assert error_of(lambda: keeper.transfer(ctx, ALICE, BOB, 1, 40)) == ("subaccounts", 501)
    assert error_of(lambda: keeper.transfer(ctx, ALICE, BOB, 0, 101)) == ("subaccounts", 102)
    assert error_of(lambda: keeper.transfer(ctx, ALICE, ALICE, 0, 40)) == ("subaccounts", 101)
    with pytest.raises(ChainPanic):
        keeper.transfer(ctx, BOB, ALICE, 0, -1)


def test_a_transfer_of_nothing_leaves_a_balance_of_zero() -> None:
    ledger = Ledger()
    ledger.hold(ALICE, 100)
    ledger.subaccounts.transfer(ledger.ctx, ALICE, BOB, 0, 0)
    assert ledger.subaccounts.get(ledger.ctx, BOB).asset_positions == (AssetPosition(quantums=0),)


def test_fees_are_shared_and_the_rest_is_collected() -> None:
    ledger = Ledger()
    megavault, mapper = module_address("megavault"), module_address("mapper")
    shares = (Share(module_bech32("megavault"), 24_074), Share(module_bech32("mapper"), 4_814))
    ledger.subaccounts.distribute_fees(ledger.ctx, 0, BTC, shares, 61_729, -13_580)
    assert ledger.bank.sent == [(POOL, megavault, 24_074), (POOL, mapper, 4_814), (POOL, COLLECTOR, 19_261)]


def test_what_fee_distribution_refuses() -> None:
    ledger = Ledger()
    keeper, ctx = ledger.subaccounts, ledger.ctx
    with pytest.raises(ChainPanic):
        keeper.distribute_fees(ctx, 0, BTC, (), 1, -2)
    assert error_of(lambda: keeper.distribute_fees(ctx, 0, 77, (), 1, 0)) == ("perpetuals", 1)
    assert error_of(lambda: keeper.distribute_fees(ctx, 1, BTC, (), 1, 0)) == ("subaccounts", 501)
    assert error_of(lambda: keeper.distribute_fees(ctx, 0, BTC, (Share("x", 0),), 1, 0)) == ("undefined", 1)
    keeper.distribute_fees(ctx, 0, BTC, (), 5, -5)
    assert ledger.bank.sent == []


def test_insurance_payments_go_both_ways() -> None:
    ledger = Ledger()
    keeper, ctx = ledger.subaccounts, ledger.ctx
    keeper.transfer_insurance_payment(ctx, 0, 77)
    keeper.transfer_insurance_payment(ctx, 9, BTC)
    keeper.transfer_insurance_payment(ctx, -4, BTC)
    assert ledger.bank.sent == [(POOL, FUND, 9), (FUND, POOL, 4)]
    assert keeper.insurance_fund_balance(ctx, BTC) == 5
    assert keeper.insurance_fund_balance(ctx, DOGE) == 0
    with pytest.raises(ChainPanic):
        keeper.transfer_insurance_payment(ctx, 1, 77)


def test_builder_fees() -> None:
    ledger = Ledger()
    keeper, ctx = ledger.subaccounts, ledger.ctx
    keeper.transfer_builder_fee(ctx, BTC, 3, module_bech32("builder"))
    assert ledger.bank.sent == [(POOL, module_address("builder"), 3)]
    assert error_of(lambda: keeper.transfer_builder_fee(ctx, 77, 3, "x")) == ("perpetuals", 1)
    assert error_of(lambda: keeper.transfer_builder_fee(ctx, BTC, 3, "x")) == ("undefined", 1)
    assert error_of(lambda: keeper.transfer_builder_fee(ctx, BTC, 0, module_bech32("builder"))) == ("sdk", 10)
    ledger.bank.blocked.add(COLLECTOR)
    assert error_of(lambda: keeper.transfer_builder_fee(ctx, BTC, 3, module_bech32("fee_collector"))) == ("sdk", 4)
    with pytest.raises(ChainPanic):
        keeper.transfer_builder_fee(ctx, BTC, -1, module_bech32("builder"))


def test_an_isolated_market_joins_the_cross_pools() -> None:
    ledger = Ledger()
    keeper, ctx = ledger.subaccounts, ledger.ctx
    keeper.transfer_isolated_to_cross(ctx, DOGE)
    assert ledger.bank.sent == []
    ledger.bank.balances[DOGE_POOL, USDC_DENOM] = 7
    ledger.bank.balances[DOGE_FUND, USDC_DENOM] = 5
    keeper.transfer_isolated_to_cross(ctx, DOGE)
    assert ledger.bank.sent == [(DOGE_FUND, FUND, 5), (DOGE_POOL, POOL, 7)]
    assert error_of(lambda: keeper.transfer_isolated_to_cross(ctx, 77)) == ("perpetuals", 1)


def test_queries() -> None:
    ledger = Ledger()
    service = "/dydxprotocol.subaccounts.Query/"
    queries = subaccounts_queries(ledger.subaccounts)
    missing = queries[f"{service}Subaccount"][1](ledger.ctx, QueryGetSubaccountRequest(owner="x", number=3))
    assert missing.subaccount == Subaccount(id=SubaccountId(owner="x", number=3))
    pool = queries[f"{service}CollateralPoolAddress"][1]
    assert pool(ledger.ctx, QueryCollateralPoolAddressRequest(perpetual_id=DOGE)).collateral_pool_address == (
        module_bech32("subaccounts:2")
    )
    with pytest.raises(NotFound):
        pool(ledger.ctx, QueryCollateralPoolAddressRequest(perpetual_id=77))


def test_the_query_of_blocked_withdrawals() -> None:
    ledger = Ledger()
    query = subaccounts_queries(ledger.subaccounts)[
        "/dydxprotocol.subaccounts.Query/GetWithdrawalAndTransfersBlockedInfo"
    ][1]
    request = QueryGetWithdrawalAndTransfersBlockedInfoRequest(perpetual_id=BTC)
    assert query(ledger.ctx, request) == type(query(ledger.ctx, request))()
    ledger.blocktime.stamp_outage(2)
    ledger.subaccounts.set_negative_tnc_seen(ledger.at_height(7), BTC)
    answer = query(ledger.at_height(9), request)
    assert answer.negative_tnc_subaccount_seen_at_block == 7
    assert answer.chain_outage_seen_at_block == 2
    assert answer.withdrawals_and_transfers_unblocked_at_block == 57


def test_export_is_the_inverse_of_init_and_the_check_lists_every_problem() -> None:
    ledger = Ledger()
    ledger.hold(ALICE, 5, holding(BTC, 1, 3))
    genesis = subaccounts_genesis(ledger.subaccounts)
    section = genesis.export(ledger.ctx)
    other = Ledger()
    subaccounts_genesis(other.subaccounts).init(other.ctx, section)
    assert subaccounts_genesis(other.subaccounts).export(other.ctx) == section
    assert check(section) == []
    broken = Subaccount(
        id=SubaccountId(owner="x"),
        asset_positions=(AssetPosition(asset_id=1, quantums=0), AssetPosition(quantums=1)),
        perpetual_positions=(holding(1, 1), holding(1, 0)),
    )
    assert [one.path for one in check(GenesisState(subaccounts=(broken, broken)))][:7] == [
        "$.subaccounts[0].id",
        "$.subaccounts[0].asset_positions",
        "$.subaccounts[0].asset_positions[0].asset_id",
        "$.subaccounts[0].asset_positions[0].quantums",
        "$.subaccounts[0].perpetual_positions[1].perpetual_id",
        "$.subaccounts[0].perpetual_positions[1].quantums",
        "$.subaccounts[1].id",
    ]
