"""Sweeping, fee tiers, decommissioning, megavault equity, queries, and a listing: over a whole chain.

Source: dydx-vault-cases §§8, 9, 11, 13.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.test_messages import BTC_20_10, in_block
from tests.conformance.world import (
    ALICE,
    BOB,
    DQP,
    ETH,
    F_QP,
    MEGAVAULT,
    Case,
    VaultCase,
    client_ids,
    document,
    equity,
    main_usdc,
    megavault_equity,
    orders,
    params,
    shares,
    shown,
    started,
    subaccount,
    total_shares,
    unlocks,
    usdc,
    vault,
    vault_owner,
)
from vaultsim.address import module_address, module_bech32
from vaultsim.errors import ChainError
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.dydxprotocol.feetiers import QueryUserFeeTierRequest
from vaultsim.pb.dydxprotocol.listing import MsgCreateMarketPermissionless
from vaultsim.pb.dydxprotocol.sending import MsgDepositToSubaccount
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import (
    MsgAllocateToVault,
    NumShares,
    QueryAllVaultsRequest,
    QueryMegavaultAllOwnerSharesRequest,
    QueryMegavaultOwnerSharesRequest,
    QueryMegavaultTotalSharesRequest,
    QueryMegavaultWithdrawalInfoRequest,
    QueryParamsRequest,
    QueryVaultParamsRequest,
    QueryVaultRequest,
)
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.assets.types import USDC_DENOM

QUERY = "/dydxprotocol.vault.Query/"


def coins(chain: LocalChain, name: str) -> int:
    return chain.app.modules.keepers.bank.balance(chain.ctx, module_address(name), USDC_DENOM)


# --- sweeping --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sent", "held"), [(0, 0), (10**8, 0), (10**8, 5 * 10**7)])
def test_coins_of_the_megavault_are_swept_in_the_block_they_arrive(sent: int, held: int) -> None:
    chain = started()
    chain.block()
    if held:
        to_main = MsgDepositToSubaccount(
            sender=ALICE, recipient=SubaccountId(owner=MEGAVAULT, number=0), asset_id=0, quantums=held
        )
        assert chain.submit(to_main, by="alice").code == 0
    if sent:
        coin = Coin(denom=USDC_DENOM, amount=str(sent))
        message = MsgSend(from_address=ALICE, to_address=MEGAVAULT, amount=(coin,))
        assert chain.submit(message, by="alice").code == 0
    outcome = chain.block()
    assert outcome.height == 3
    assert {result.code for result in outcome.results} == {0}
    assert (coins(chain, "megavault"), main_usdc(chain)) == (0, sent + held)


def test_coins_of_genesis_are_swept_in_block_1() -> None:
    chain = started(main=5 * 10**7, balances={MEGAVAULT: 10**8})
    assert (coins(chain, "megavault"), main_usdc(chain)) == (0, 15 * 10**7)


# --- fee tiers -------------------------------------------------------------------------------------------------------


def test_vaults_have_the_best_fee_tier() -> None:
    chain = started(vaults=[VaultCase(0, "Q", 0)], main=10**6, operator=ALICE)

    def fees(owner: str) -> tuple[int, int]:
        answer: Any = chain.query("/dydxprotocol.feetiers.Query/UserFeeTier", QueryUserFeeTierRequest(user=owner))
        return answer.tier.taker_fee_ppm, answer.tier.maker_fee_ppm

    assert (fees(vault_owner(0)), fees(ALICE), fees(vault_owner(1))) == ((11, 1), (33, 3), (33, 3))
    message = MsgAllocateToVault(authority=ALICE, vault_id=vault(1), quote_quantums=1)
    assert in_block(chain, message, "alice").code == 0
    assert (fees(vault_owner(1)), fees(ALICE)) == ((11, 1), (33, 3))


# --- decommissioning and equity --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vaults", "left"),
    [
        ([VaultCase(0, "Q", 1), VaultCase(1, "SB", 1)], [0, 1]),
        ([VaultCase(0, "SB", 1), VaultCase(1, "DEACT", 0)], [0]),
        ([VaultCase(0, "DEACT", 0), VaultCase(1, "DEACT", -1), VaultCase(7, "CLOSE", -1)], [7]),
    ],
)
def test_deactivated_vaults_without_equity_are_gone_after_a_block(vaults: list[VaultCase], left: list[int]) -> None:
    chain = started(vaults=vaults)
    keeper = chain.app.modules.vault
    found = [one.number for one in vaults if keeper.find_params(chain.ctx, vault(one.number)) is not None]
    assert found == left
    assert [one.number for one in vaults if keeper.is_vault(chain.ctx, vault_owner(one.number))] == left
    assert all(client_ids(chain, one.number) == [] for one in vaults)


@pytest.mark.parametrize(
    ("main", "vaults", "total"),
    [
        (1, [("Q", 1)], 2),
        (94, [("Q", 7), ("Q", 0)], 101),
        (0, [("Q", 123), ("SB", 6789)], 6912),
        (1000, [("Q", 345), ("CLOSE", -1)], 1345),
        (1000, [("Q", 345), ("DEACT", -5)], 1345),
    ],
)
def test_megavault_equity(main: int, vaults: list[tuple[str, int]], total: int) -> None:
    cases = [VaultCase(number, status, usd) for number, (status, usd) in enumerate(vaults)]
    assert megavault_equity(started(main=main, vaults=cases)) == total


# --- queries ---------------------------------------------------------------------------------------------------------


def ask(chain: LocalChain, method: str, request: Any) -> Any:
    return chain.query(QUERY + method, request)


def test_parameters() -> None:
    answer = ask(started(operator=BOB), "Params", QueryParamsRequest())
    assert (answer.default_quoting_params, answer.operator_params.operator) == (DQP, BOB)


def test_vault_parameters() -> None:
    chain = started(vaults=[VaultCase(0, "Q", 0, None, F_QP), VaultCase(1, "CLOSE")])
    for number, expected in ((0, params("Q", F_QP)), (1, params("CLOSE"))):
        answer = ask(chain, "VaultParams", QueryVaultParamsRequest(type=1, number=number))
        assert (answer.vault_id, answer.vault_params) == (vault(number), expected)
    with pytest.raises(ChainError, match="vault not found"):
        ask(chain, "VaultParams", QueryVaultParamsRequest(type=1, number=2))


@pytest.mark.parametrize(("status", "base", "worth"), [("Q", 200, 500), ("CLOSE", 200, 500), ("Q", -200, -300)])
def test_one_vault(status: str, base: int, worth: int) -> None:
    chain = started(vaults=[VaultCase(0, status, 100, base, F_QP)])
    answer = ask(chain, "Vault", QueryVaultRequest(type=1, number=0))
    assert (answer.equity, answer.inventory, answer.vault_params) == (worth, base, params(status, F_QP))
    assert answer.subaccount_id == SubaccountId(owner=vault_owner(0), number=0)


def test_a_vault_without_a_market_and_one_that_is_not() -> None:
    chain = started(vaults=[VaultCase(7777, "Q", 100)])
    answer = ask(chain, "Vault", QueryVaultRequest(type=1, number=7777))
    assert (answer.equity, answer.inventory) == (100, 0)
    with pytest.raises(ChainError, match="vault not found"):
        ask(chain, "Vault", QueryVaultRequest(type=1, number=1))


def test_all_vaults() -> None:
    chain = started(vaults=[VaultCase(0, "SB", 1000, -555), VaultCase(1, "SB", 2000, 666)])
    answer = ask(chain, "AllVaults", QueryAllVaultsRequest())
    assert {(one.vault_id.number, one.equity, one.inventory) for one in answer.vaults} == {
        (0, -110, -555),
        (1, 2_999, 666),
    }


@pytest.mark.parametrize("owners", [{ALICE: 100, BOB: 200}, {}])
def test_all_owners(owners: dict[str, int]) -> None:
    chain = started(owners=owners, total=sum(owners.values()))
    answer = ask(chain, "MegavaultAllOwnerShares", QueryMegavaultAllOwnerSharesRequest())
    assert {one.owner: one.shares.num_shares for one in answer.owner_shares} == owners
    assert (answer.pagination.next_key, answer.pagination.total) == (b"", len(owners))
    total = ask(chain, "MegavaultTotalShares", QueryMegavaultTotalSharesRequest())
    assert total.total_shares.num_shares == sum(owners.values())


@pytest.mark.parametrize(
    ("main", "total", "owned", "locked", "worth", "withdrawable"),
    [
        (2_000_000, 5_000, 100, [], 40_000, 40_000),
        (2_000_000, 5_000, 100, [(17, 123)], 40_000, 33_200),
        (753_582_314_912, 358_791_341, 47_123, [(1_234, 905), (4_444, 1_023)], 98_974_126, 87_048_419),
    ],
)
def test_one_owner(
    main: int, total: int, owned: int, locked: list[tuple[int, int]], worth: int, withdrawable: int
) -> None:
    chain = started(main=main, total=total, owners={BOB: owned}, locked={BOB: locked} if locked else {})
    answer = ask(chain, "MegavaultOwnerShares", QueryMegavaultOwnerSharesRequest(address=BOB))
    assert (answer.shares.num_shares, answer.equity, answer.withdrawable_equity) == (owned, worth, withdrawable)
    assert [(one.shares.num_shares, one.unlock_block_height) for one in answer.share_unlocks] == locked
    with pytest.raises(ChainError, match="owner not found"):
        ask(chain, "MegavaultOwnerShares", QueryMegavaultOwnerSharesRequest(address=ALICE))


@pytest.mark.parametrize(
    ("main", "total", "vaults", "withdrawn", "expected", "whole"),
    [
        (100, 50, [VaultCase(0, "Q", 50, 0)], 5, 15, 150),
        (
            5_471_283_193_197, 128_412_843_128, [VaultCase(1, "Q", -1_500_000_000, 10**9)],
            831_571_304, 35_436_568_514, 5_472_783_193_197,
        ),
    ],
)  # fmt: skip
def test_what_a_withdrawal_would_pay(
    main: int, total: int, vaults: list[VaultCase], withdrawn: int, expected: int, whole: int
) -> None:
    chain = started(main=main, total=total, vaults=vaults, markets=[BTC_20_10, ETH])
    request = QueryMegavaultWithdrawalInfoRequest(shares_to_withdraw=NumShares(num_shares=withdrawn))
    before = chain.rows()
    answer = ask(chain, "MegavaultWithdrawalInfo", request)
    assert (answer.expected_quote_quantums, answer.megavault_equity) == (expected, whole)
    assert answer.total_shares.num_shares == total
    assert chain.rows() == before


def test_more_shares_than_there_are_are_no_withdrawal() -> None:
    chain = started(main=100, total=50)
    request = QueryMegavaultWithdrawalInfoRequest(shares_to_withdraw=NumShares(num_shares=51))
    with pytest.raises(ChainError) as caught:
        ask(chain, "MegavaultWithdrawalInfo", request)
    # An error without a gRPC status is [sdk 6] to a client; the keeper's own is [vault 25].
    assert (caught.value.codespace, caught.value.code) == ("sdk", 6)
    cause = caught.value.__cause__
    assert isinstance(cause, ChainError)
    assert (cause.codespace, cause.code) == ("vault", 25)


# --- listing ---------------------------------------------------------------------------------------------------------

NEW_MARKET = {
    "ticker": {
        "currency_pair": {"Base": "DOGE", "Quote": "USD"},
        "decimals": "10",
        "min_provider_count": "1",
        "enabled": False,
        "metadata_JSON": '{"reference_price":1000000000,"liquidity":1,"aggregate_ids":[],"cross_launch":false}',
    },
    "provider_configs": [{"name": "one_ws", "off_chain_ticker": "DOGE-USD"}],
}
TEN_THOUSAND = 10_000 * 10**6


def listing_chain(balance: int) -> LocalChain:
    made = document(Case(main=10**6, total=10**6, owners={BOB: 10**6}, subaccounts=[subaccount(ALICE, balance)]))
    made["app_state"]["marketmap"]["market_map"]["markets"]["DOGE/USD"] = NEW_MARKET
    return LocalChain(made)


def test_a_listing_end_to_end() -> None:
    chain = listing_chain(TEN_THOUSAND)
    message = MsgCreateMarketPermissionless(ticker="DOGE-USD", subaccount_id=SubaccountId(owner=ALICE, number=0))
    assert in_block(chain, message, "alice").code == 0
    # E = N before the deposit: a share a quantum; all of it goes to the new vault.
    assert (usdc(chain, ALICE), main_usdc(chain), equity(chain, 2)) == (0, 10**6, TEN_THOUSAND)
    assert (total_shares(chain), shares(chain, ALICE)) == (10**6 + TEN_THOUSAND, TEN_THOUSAND)
    assert unlocks(chain, ALICE) == [(TEN_THOUSAND, 2 + 2_592_000)]
    assert chain.app.modules.vault.find_params(chain.ctx, vault(2)) == params("Q")
    assert (
        coins(chain, "subaccounts:2")
        == 0
        == chain.app.modules.keepers.bank.balance(chain.ctx, module_address("insurance_fund:2"), USDC_DENOM)
    )
    # No price yet: the vault does not quote until the market has one.
    assert orders(chain) == []
    chain.block(prices={2: 10**9})
    found = [shown(order) for order in orders(chain)]
    assert [line[0] for line in found] == ["S", "B", "S", "B"]
    assert client_ids(chain, 2) == [line[1] for line in found] == [2147483648, 0, 2155872256, 8388608]


@pytest.mark.parametrize("balance", [0, TEN_THOUSAND - 1])
def test_a_listing_that_cannot_be_paid_leaves_nothing(balance: int) -> None:
    chain = listing_chain(balance)
    before = chain.rows()
    message = MsgCreateMarketPermissionless(ticker="DOGE-USD", subaccount_id=SubaccountId(owner=ALICE, number=0))
    result = in_block(chain, message, "alice")
    assert (result.codespace, result.code) == ("subaccounts", 102)
    after = chain.rows()
    assert len(chain.app.modules.perpetuals.all(chain.ctx)) == 2
    for store in ("vault", "subaccounts", "clob", "prices", "delaymsg", "listing"):
        assert after[store] == before[store]


def test_a_listed_ticker_is_refused_and_an_unknown_one_too() -> None:
    chain = listing_chain(TEN_THOUSAND)
    for ticker, expected in (("BTC-USD", ("prices", 205)), ("CAT-USD", ("listing", 1))):
        message = MsgCreateMarketPermissionless(ticker=ticker, subaccount_id=SubaccountId(owner=ALICE, number=0))
        result = in_block(chain, message, "alice")
        assert (result.codespace, result.code) == expected


def test_the_pool_of_an_isolated_market_is_no_vault() -> None:
    assert not started().app.modules.vault.is_vault(started().ctx, module_bech32("subaccounts:2"))
