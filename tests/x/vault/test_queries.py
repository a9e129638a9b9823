"""Queries and genesis of x/vault."""

from __future__ import annotations

import pytest

from tests.x.vault.scene import ALICE, BOB, F_QP, STATUSES, Scene, qp, vault
from tests.x.vault.test_shares import unlocks
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest, PageResponse
from vaultsim.pb.dydxprotocol.vault import (
    GenesisState,
    NumShares,
    OperatorParams,
    OwnerShare,
    OwnerShareUnlocks,
    QueryAllVaultsRequest,
    QueryMegavaultAllOwnerSharesRequest,
    QueryMegavaultOwnerSharesRequest,
    QueryMegavaultTotalSharesRequest,
    QueryMegavaultWithdrawalInfoRequest,
    QueryParamsRequest,
    QueryVaultParamsRequest,
    QueryVaultRequest,
    Vault,
    VaultId,
    VaultParams,
)
from vaultsim.pb.runtime import Message, replace
from vaultsim.x.sdk_errors import NotFound, UnknownRequest
from vaultsim.x.vault.genesis import DEFAULT_GENESIS, check, vault_genesis
from vaultsim.x.vault.params import DEFAULT_OPERATOR_PARAMS, DEFAULT_QUOTING_PARAMS
from vaultsim.x.vault.types import account_of

SERVICE = "/dydxprotocol.vault.Query/"


def ask(scene: Scene, method: str, request: Message) -> object:
    cls, answer = scene.app.modules.all["vault"].queries[SERVICE + method]
    assert isinstance(request, cls)
    return answer(scene.ctx, request)


def test_params() -> None:
    response = ask(Scene(), "Params", QueryParamsRequest())
    assert response.default_quoting_params == DEFAULT_QUOTING_PARAMS  # type: ignore[attr-defined]
    assert response.operator_params == DEFAULT_OPERATOR_PARAMS  # type: ignore[attr-defined]


def test_vault_params() -> None:
    scene = Scene()
    scene.set_vault(0, "CLOSE", F_QP)
    response = ask(scene, "VaultParams", QueryVaultParamsRequest(type=1, number=0))
    assert response.vault_params == VaultParams(status=4, quoting_params=F_QP)  # type: ignore[attr-defined]
    with pytest.raises(NotFound) as caught:
        ask(scene, "VaultParams", QueryVaultParamsRequest(type=1, number=1))
    assert caught.value.log == "rpc error: code = NotFound desc = vault not found: key not found"


@pytest.mark.parametrize(
    ("number", "usdc", "base", "equity", "inventory"),
    [(0, 100, 200, 500, 200), (0, 100, -200, -300, -200), (7777, 100, None, 100, 0)],
)
def test_vault(number: int, usdc: int, base: int | None, equity: int, inventory: int) -> None:
    scene = Scene()
    scene.genesis_markets()
    scene.set_vault(number, "Q", F_QP)
    scene.fund_vault(number, usdc, base)
    scene.vault.set_most_recent_client_ids(scene.ctx, vault(number), (4, 5))
    response = ask(scene, "Vault", QueryVaultRequest(type=1, number=number))
    assert (response.equity, response.inventory) == (equity, inventory)  # type: ignore[attr-defined]
    assert response.subaccount_id == account_of(vault(number)).subaccount_id  # type: ignore[attr-defined]
    assert response.most_recent_client_ids == (4, 5)  # type: ignore[attr-defined]
    with pytest.raises(NotFound):
        ask(scene, "Vault", QueryVaultRequest(type=1, number=3))


def test_a_vault_whose_equity_cannot_be_told() -> None:
    scene = Scene()
    scene.set_vault(0, "Q")
    scene.fund_vault(0, 1, 1)
    with pytest.raises(UnknownRequest, match="code = Internal desc = failed to get vault equity"):
        ask(scene, "Vault", QueryVaultRequest(type=1, number=0))
    with pytest.raises(UnknownRequest, match="code = Internal"):
        ask(scene, "AllVaults", QueryAllVaultsRequest())


def test_all_vaults_in_pages() -> None:
    scene = Scene()
    scene.genesis_markets()
    for number, usdc, base in ((0, 1000, -555), (1, 2000, 666)):
        scene.set_vault(number, "Q")
        scene.fund_vault(number, usdc, base)
    response = ask(scene, "AllVaults", QueryAllVaultsRequest())
    assert [one.equity for one in response.vaults] == [-110, 2_999]  # type: ignore[attr-defined]
    assert response.pagination == PageResponse(total=2)  # type: ignore[attr-defined]
    page = ask(scene, "AllVaults", QueryAllVaultsRequest(pagination=PageRequest(limit=1)))
    assert page.pagination == PageResponse(next_key=b"VAULT_TYPE_CLOB-1")  # type: ignore[attr-defined]


def test_shares_of_all() -> None:
    scene = Scene()
    scene.vault.set_total_shares(scene.ctx, 300)
    scene.vault.set_owner_shares(scene.ctx, ALICE, 100)
    scene.vault.set_owner_shares(scene.ctx, BOB, 200)
    total = ask(scene, "MegavaultTotalShares", QueryMegavaultTotalSharesRequest())
    assert total.total_shares == NumShares(num_shares=300)  # type: ignore[attr-defined]
    owners = ask(scene, "MegavaultAllOwnerShares", QueryMegavaultAllOwnerSharesRequest())
    assert [(one.owner, one.shares.num_shares) for one in owners.owner_shares] == [  # type: ignore[attr-defined]
        (BOB, 200),
        (ALICE, 100),
    ]
    assert owners.pagination == PageResponse(total=2)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("equity", "total", "shares", "locks", "worth", "withdrawable"),
    [
        (2_000_000, 5_000, 100, [], 40_000, 40_000),
        (2_000_000, 5_000, 100, [(17, 123)], 40_000, 33_200),
        (753_582_314_912, 358_791_341, 47_123, [(1_234, 905), (4_444, 1023)], 98_974_126, 87_048_419),
        (2_000_000, 5_000, 0, [], 0, 0),
    ],
)
def test_shares_of_one(
    equity: int, total: int, shares: int, locks: list[tuple[int, int]], worth: int, withdrawable: int
) -> None:
    scene = Scene()
    scene.fund_main(equity)
    scene.vault.set_total_shares(scene.ctx, total)
    scene.vault.set_owner_shares(scene.ctx, BOB, shares)
    if locks:
        scene.vault.set_share_unlocks(scene.ctx, BOB, unlocks(locks))
    response = ask(scene, "MegavaultOwnerShares", QueryMegavaultOwnerSharesRequest(address=BOB))
    assert (response.equity, response.withdrawable_equity) == (worth, withdrawable)  # type: ignore[attr-defined]
    assert response.share_unlocks == unlocks(locks)  # type: ignore[attr-defined]
    with pytest.raises(NotFound, match="owner not found: key not found"):
        ask(scene, "MegavaultOwnerShares", QueryMegavaultOwnerSharesRequest(address=ALICE))


def test_shares_without_a_total_divide_by_zero() -> None:
    scene = Scene()
    scene.vault.set_owner_shares(scene.ctx, BOB, 1)
    with pytest.raises(ChainPanic):
        ask(scene, "MegavaultOwnerShares", QueryMegavaultOwnerSharesRequest(address=BOB))


def info(shares: int) -> QueryMegavaultWithdrawalInfoRequest:
    return QueryMegavaultWithdrawalInfoRequest(shares_to_withdraw=NumShares(num_shares=shares))


def test_withdrawal_info() -> None:
    scene = Scene()
    scene.btc()
    scene.fund_main(100)
    scene.vault.set_total_shares(scene.ctx, 50)
    scene.set_vault(0, "Q")
    scene.fund_vault(0, 50)
    response = ask(scene, "MegavaultWithdrawalInfo", info(5))
    assert (response.expected_quote_quantums, response.megavault_equity) == (15, 150)  # type: ignore[attr-defined]
    assert response.total_shares == NumShares(num_shares=50)  # type: ignore[attr-defined]
    assert scene.vault_equity(0) == 50
    with pytest.raises(UnknownRequest, match="exceeds total shares"):
        ask(scene, "MegavaultWithdrawalInfo", info(51))
    nothing = ask(scene, "MegavaultWithdrawalInfo", info(0))
    assert (nothing.expected_quote_quantums, nothing.megavault_equity) == (0, 100)  # type: ignore[attr-defined]
    with pytest.raises(ChainPanic):
        ask(scene, "MegavaultWithdrawalInfo", QueryMegavaultWithdrawalInfoRequest())


def test_withdrawal_info_with_a_leveraged_vault() -> None:
    scene = Scene()
    scene.eth()
    scene.fund_main(5_471_283_193_197)
    scene.vault.set_total_shares(scene.ctx, 128_412_843_128)
    scene.set_vault(1, "Q")
    scene.fund_vault(1, -1_500_000_000, 10**9)
    response = ask(scene, "MegavaultWithdrawalInfo", info(831_571_304))
    assert response.expected_quote_quantums == 35_436_568_514  # type: ignore[attr-defined]
    assert response.megavault_equity == 5_472_783_193_197  # type: ignore[attr-defined]


SECTION = GenesisState(
    total_shares=NumShares(num_shares=300),
    owner_shares=(
        OwnerShare(owner=BOB, shares=NumShares(num_shares=200)),
        OwnerShare(owner=ALICE, shares=NumShares(num_shares=100)),
    ),
    vaults=(
        Vault(vault_id=vault(0), vault_params=VaultParams(status=STATUSES["Q"]), most_recent_client_ids=(1, 2)),
        Vault(vault_id=vault(10), vault_params=VaultParams(status=STATUSES["DEACT"])),
        Vault(vault_id=vault(2), vault_params=VaultParams(status=STATUSES["SB"], quoting_params=F_QP)),
    ),
    default_quoting_params=qp(3, 4000, 2000, 999_999, 200_000, 10),
    all_owner_share_unlocks=(OwnerShareUnlocks(owner_address=BOB, share_unlocks=unlocks([(5, 9), (6, 8)])),),
    operator_params=OperatorParams(operator=ALICE),
)


def test_export_is_the_inverse_of_import() -> None:
    scene = Scene()
    genesis = vault_genesis(scene.vault)
    genesis.init(scene.ctx, SECTION)
    assert genesis.export(scene.ctx) == SECTION
    assert scene.vault.is_vault(scene.ctx, account_of(vault(10)).address)
    slot = scene.vault.state.client_ids
    cell = scene.ctx.branch.find(slot.slot, slot.key("VAULT_TYPE_CLOB-2"))
    assert cell is not None
    assert cell.raw == b""
    assert check(SECTION) == []
    assert check(replace(DEFAULT_GENESIS, total_shares=NumShares(num_shares=0))) == []


@pytest.mark.parametrize(
    ("section", "codespace", "code"),
    [
        (replace(SECTION, total_shares=NumShares(num_shares=-1)), "vault", 1),
        (replace(SECTION, default_quoting_params=replace(F_QP, layers=256)), "vault", 11),
        (replace(SECTION, operator_params=OperatorParams()), "vault", 24),
        (replace(SECTION, all_owner_share_unlocks=(OwnerShareUnlocks(),)), "vault", 21),
        (replace(SECTION, vaults=(Vault(vault_id=vault(0)),)), "vault", 19),
    ],
)
def test_import_refuses(section: GenesisState, codespace: str, code: int) -> None:
    scene = Scene()
    with pytest.raises(ChainError) as caught:
        vault_genesis(scene.vault).init(scene.ctx, section)
    assert (caught.value.codespace, caught.value.code) == (codespace, code)


def test_a_funded_vault_cannot_be_imported_as_deactivated() -> None:
    scene = Scene()
    scene.fund_vault(10, 1)
    with pytest.raises(ChainError) as caught:
        vault_genesis(scene.vault).init(scene.ctx, SECTION)
    assert caught.value.code == 29


def test_the_check_finds_every_problem() -> None:
    section = replace(
        SECTION,
        total_shares=NumShares(num_shares=-1),
        owner_shares=(OwnerShare(shares=NumShares(num_shares=-2)),),
        vaults=(Vault(vault_id=vault(0)),),
        default_quoting_params=replace(F_QP, layers=256),
    )
    assert [problem.path for problem in check(section)] == [
        "$.default_quoting_params",
        "$.total_shares.num_shares",
        "$.owner_shares[0].owner",
        "$.owner_shares[0].shares",
        "$.total_shares",
        "$.vaults[0].vault_params",
    ]
    assert [problem.path for problem in check(replace(SECTION, total_shares=NumShares()))] == [
        "$.total_shares.num_shares"
    ]


def test_a_key_that_is_no_vault_id_stops_the_export() -> None:
    scene = Scene()
    scene.vault.set_vault_params(scene.ctx, VaultId(type=7), VaultParams(status=2))
    with pytest.raises(ChainPanic):
        vault_genesis(scene.vault).export(scene.ctx)
