"""Vaults: parameters and their setter, equity, allocation, retrieval, decommission, sweep, authorities."""

from __future__ import annotations

import pytest

from tests.x.vault.scene import ALICE, BOB, CARL, F_QP, POOL, STATUSES, Scene, qp, raises, vault
from vaultsim.address import from_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.ints import wrap_u64
from vaultsim.pb.dydxprotocol.vault import (
    MsgAllocateToVault,
    MsgRetrieveFromVault,
    MsgSetVaultParams,
    MsgUnlockShares,
    MsgUpdateDefaultQuotingParams,
    MsgUpdateOperatorParams,
    NumShares,
    OperatorMetadata,
    OperatorParams,
    QuotingParams,
    ShareUnlock,
    VaultId,
    VaultParams,
)
from vaultsim.pb.runtime import Message, replace
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.authority import DELAYMSG_BECH32, GOV_BECH32
from vaultsim.x.vault.events import SweepToMegavault, magnitude
from vaultsim.x.vault.params import DEFAULT_OPERATOR_PARAMS, DEFAULT_QUOTING_PARAMS
from vaultsim.x.vault.types import MEGAVAULT_ADDRESS, account_of

MEGAVAULT = "dydx18tkxrnrkqc2t0lr3zxr5g6a4hdvqksylxqje4r"


def handle(scene: Scene, message: Message) -> Message:
    """Runs a message through the router's handler, without ValidateBasic."""
    return scene.app.modules.all["vault"].handlers[type(message)](scene.ctx, message)


def operated_by(operator: str) -> Scene:
    scene = Scene()
    scene.genesis_markets()
    scene.vault.set_operator_params(scene.ctx, OperatorParams(operator=operator))
    return scene


def test_own_parameters_go_before_the_default() -> None:
    scene, keeper = (one := Scene()), one.vault
    scene.set_vault(0, "CLOSE")
    scene.set_vault(1, "Q", F_QP)
    effective = {}
    for number in (0, 1):
        params = keeper.find_params(scene.ctx, vault(number))
        assert params is not None
        effective[number] = keeper.effective_quoting_params(scene.ctx, params)
    assert effective == {0: DEFAULT_QUOTING_PARAMS, 1: F_QP}
    assert keeper.find_params(scene.ctx, vault(2)) is None


def test_default_quoting_and_operator_params() -> None:
    scene, keeper = (one := Scene()), one.vault
    other = qp(3, 4000, 2000, 999_999, 200_000, 10)
    keeper.set_default_quoting_params(scene.ctx, other)
    with raises(9):
        keeper.set_default_quoting_params(scene.ctx, replace(other, order_expiration_seconds=0))
    assert keeper.default_quoting_params(scene.ctx) == other
    assert keeper.operator_params(scene.ctx) == DEFAULT_OPERATOR_PARAMS
    alice = OperatorParams(operator=ALICE, metadata=OperatorMetadata(name="a", description="b"))
    keeper.set_operator_params(scene.ctx, alice)
    with raises(24):
        keeper.set_operator_params(scene.ctx, OperatorParams())
    assert keeper.operator_params(scene.ctx) == alice


SETTER = [
    (0, None, 0, None, VaultParams(status=3, quoting_params=F_QP), None),
    (1, None, 0, None, VaultParams(status=3, quoting_params=F_QP), None),
    (1, None, 0, None, VaultParams(status=2), None),
    (1, None, 0, None, VaultParams(status=1), None),
    (1, F_QP, 0, 0, VaultParams(status=1), None),
    (1, F_QP, 0, -1, VaultParams(status=1), None),
    (1, F_QP, 0, 1, VaultParams(status=1), 29),
    (0, None, 0, None, VaultParams(status=0, quoting_params=F_QP), 19),
    (0, None, 0, None, VaultParams(status=2, quoting_params=replace(F_QP, order_expiration_seconds=0)), 9),
]


@pytest.mark.parametrize(("number", "old", "usdc", "base", "new", "code"), SETTER)
def test_setting_parameters(
    number: int, old: QuotingParams | None, usdc: int, base: int | None, new: VaultParams, code: int | None
) -> None:
    scene = Scene()
    scene.genesis_markets()
    scene.fund_vault(number, usdc, base)
    if old is not None:
        scene.set_vault(number, "Q", old)
    before = scene.vault.find_params(scene.ctx, vault(number))
    if code is None:
        scene.vault.set_vault_params(scene.ctx, vault(number), new)
        assert scene.vault.find_params(scene.ctx, vault(number)) == new
    else:
        with raises(code):
            scene.vault.set_vault_params(scene.ctx, vault(number), new)
        assert scene.vault.find_params(scene.ctx, vault(number)) == before


@pytest.mark.parametrize("status", [1, 2])
def test_standing_by_cancels_at_once_and_deactivating_needs_an_empty_vault(status: int) -> None:
    scene = Scene()
    scene.genesis_markets()
    scene.set_vault(1, "Q")
    scene.fund_vault(1, 10**9)
    scene.start()
    assert [(order.quantums, order.subticks) for order in scene.orders(1)] == [
        (66_666_000, subticks) for subticks in (1_515_000_000, 1_485_000_000, 1_518_000_000, 1_478_400_000)
    ]
    assert {order.good_til_block_time for order in scene.orders(1)} == {60}
    if status == 1:
        with raises(29):
            scene.vault.set_vault_status(scene.ctx, vault(1), status)
        assert len(scene.orders(1)) == len(scene.client_ids(1)) == 4
        scene.fund_vault(1, 0)
    scene.vault.set_vault_status(scene.ctx, vault(1), status)
    assert scene.orders(1) == []
    assert scene.client_ids(1) == ()


def test_the_setter_makes_vaults_of_any_id_outside_the_address_set() -> None:
    scene = Scene()
    odd = VaultId(type=7, number=0)
    scene.vault.set_vault_params(scene.ctx, odd, VaultParams(status=3))
    assert scene.vault.find_params(scene.ctx, odd) == VaultParams(status=3)
    assert list(scene.vault.living_vaults(scene.ctx)) == []
    scene.vault.set_vault_params(scene.ctx, vault(9), VaultParams(status=3))
    assert not scene.vault.is_vault(scene.ctx, account_of(vault(9)).address)
    with raises(20):
        scene.vault.set_vault_status(scene.ctx, vault(8), 3)


def test_vaults_go_in_order_of_their_texts() -> None:
    scene = Scene()
    for number in (2, 10, 1, 0, 100, 12):
        scene.set_vault(number, "SB")
    order = [account.vault_id.number for account, _ in scene.vault.living_vaults(scene.ctx)]
    assert order == [0, 1, 10, 100, 12, 2]


@pytest.mark.parametrize(
    ("main", "vaults", "total"),
    [
        (1, [("Q", 1)], 2),
        (94, [("Q", 7), ("Q", 0)], 101),
        (0, [("Q", 123), ("SB", 6789)], 6912),
        (1000, [("Q", 345), ("CLOSE", -1)], 1345),
        (1000, [("Q", 345), ("DEACT", 5)], 1345),
        (-5, [("Q", 345)], 340),
    ],
)
def test_megavault_equity(main: int, vaults: list[tuple[str, int]], total: int) -> None:
    scene = Scene()
    scene.fund_main(main)
    for number, (status, equity) in enumerate(vaults):
        scene.set_vault(number, status)
        scene.fund_vault(number, equity)
    assert scene.vault.megavault_equity(scene.ctx) == total


@pytest.mark.parametrize(
    ("vaults", "gone"),
    [
        ({0: ("Q", 1), 1: ("SB", 1)}, []),
        ({0: ("SB", 1), 1: ("DEACT", 0)}, [1]),
        ({0: ("DEACT", 0), 1: ("DEACT", -1), 7: ("CLOSE", -1)}, [0, 1]),
        ({0: ("DEACT", 1)}, []),
    ],
)
def test_decommission(vaults: dict[int, tuple[str, int]], gone: list[int]) -> None:
    scene = Scene()
    for number, (status, equity) in vaults.items():
        scene.set_vault(number, status)
        scene.vault.set_most_recent_client_ids(scene.ctx, vault(number), (1, 2))
        scene.fund_vault(number, equity)
    scene.vault.decommission_non_positive_equity_vaults(scene.ctx)
    for number in vaults:
        left = number not in gone
        assert (scene.vault.find_params(scene.ctx, vault(number)) is not None) is left
        assert scene.vault.is_vault(scene.ctx, account_of(vault(number)).address) is left
        assert bool(scene.client_ids(number)) is left


def test_a_deactivated_vault_goes_in_the_next_begin_block_and_can_be_made_again() -> None:
    scene = Scene()
    scene.genesis_markets()
    scene.set_vault(0, "DEACT")
    scene.fund_main(10)
    scene.start()
    assert scene.vault.find_params(scene.ctx, vault(0)) is None
    scene.vault.allocate_to_vault(scene.ctx, vault(0), 10)
    assert scene.vault.find_params(scene.ctx, vault(0)) == VaultParams(status=2)


@pytest.mark.parametrize(
    ("number", "main", "usdc", "status", "amount", "after"),
    [(0, 100, 0, "Q", 50, (50, 50)), (1, 100, 15, None, 77, (23, 92)), (1, 100, 15, "DEACT", 1, (99, 16))],
)
def test_allocation(number: int, main: int, usdc: int, status: str | None, amount: int, after: tuple[int, int]) -> None:
    scene = operated_by(BOB)
    scene.fund_main(main)
    scene.fund_vault(number, usdc)
    if status is not None:
        scene.set_vault(number, status)
    handle(scene, MsgAllocateToVault(authority=BOB, vault_id=vault(number), quote_quantums=amount))
    assert (scene.main_usdc(), scene.vault_equity(number)) == after
    expected = VaultParams(status=2 if status is None else STATUSES[status])
    assert scene.vault.find_params(scene.ctx, vault(number)) == expected
    assert scene.vault.is_vault(scene.ctx, account_of(vault(number)).address)


@pytest.mark.parametrize(
    ("authority", "number", "amount", "codespace", "code"),
    [(BOB, 0, 101, "subaccounts", 102), (BOB, 727, 1, "vault", 2), (ALICE, 1, 77, "vault", 26)],
)
def test_allocation_that_is_refused(authority: str, number: int, amount: int, codespace: str, code: int) -> None:
    scene = operated_by(BOB)
    scene.fund_main(100)
    message = MsgAllocateToVault(authority=authority, vault_id=vault(number), quote_quantums=amount)
    with raises(code, codespace):
        handle(scene, message)


def test_retrieval() -> None:
    scene = operated_by(BOB)
    scene.fund_main(100)
    scene.set_vault(0, "Q")
    scene.fund_vault(0, 200)
    scene.set_vault(1, "CLOSE")
    scene.fund_vault(1, 3_500_000)
    handle(scene, MsgRetrieveFromVault(authority=BOB, vault_id=vault(0), quote_quantums=50))
    assert (scene.main_usdc(), scene.vault_equity(0)) == (150, 150)
    handle(scene, MsgRetrieveFromVault(authority=GOV_BECH32, vault_id=vault(1), quote_quantums=3_500_000))
    assert scene.subaccounts.get(scene.ctx, account_of(vault(1)).subaccount_id).asset_positions == ()
    with raises(102, "subaccounts"):
        handle(scene, MsgRetrieveFromVault(authority=BOB, vault_id=vault(0), quote_quantums=151))
    with raises(20):
        handle(scene, MsgRetrieveFromVault(authority=BOB, vault_id=vault(2), quote_quantums=1))
    with raises(26):
        handle(scene, MsgRetrieveFromVault(authority=ALICE, vault_id=vault(2), quote_quantums=1))


@pytest.mark.parametrize(("amount", "is_fine"), [(1_925_000, True), (1_925_001, False)])
def test_retrieval_leaves_the_initial_margin(amount: int, is_fine: bool) -> None:
    scene = operated_by(BOB)
    scene.set_vault(1, "Q")
    scene.fund_vault(1, 3_500_000, -1_000_000)
    message = MsgRetrieveFromVault(authority=BOB, vault_id=vault(1), quote_quantums=amount)
    if is_fine:
        handle(scene, message)
        assert scene.vault_equity(1) == 75_000
    else:
        with raises(102, "subaccounts"):
            handle(scene, message)


@pytest.mark.parametrize(("coins", "usdc", "after"), [(0, 0, 0), (10**8, 0, 10**8), (10**8, 5 * 10**7, 15 * 10**7)])
@pytest.mark.parametrize("in_block", [False, True])
def test_sweep(coins: int, usdc: int, after: int, in_block: bool) -> None:
    scene = Scene()
    scene.fund_main(usdc)
    if coins:
        scene.give_coins(MEGAVAULT, coins)
    pool = scene.bank.balance(scene.ctx, from_bech32(POOL), USDC_DENOM)
    if in_block:
        scene.start()
    else:
        scene.vault.sweep_main_vault_bank_balance(scene.ctx)
        swept = [event for event in scene.ctx.events if isinstance(event, SweepToMegavault)]
        assert swept == ([SweepToMegavault(coins)] if coins else [])
    assert scene.main_usdc() == after
    assert scene.bank.balance(scene.ctx, MEGAVAULT_ADDRESS, USDC_DENOM) == 0
    assert scene.bank.balance(scene.ctx, from_bech32(POOL), USDC_DENOM) == pool + coins


def test_events_show_the_low_64_bits_of_the_magnitude() -> None:
    assert magnitude(-5) == 5
    assert magnitude(2**64 + 3) == wrap_u64(3) == 3


def test_operator_params_are_for_module_authorities_only() -> None:
    scene = operated_by(ALICE)
    for operator in (GOV_BECH32, BOB):
        params = OperatorParams(operator=operator)
        handle(scene, MsgUpdateOperatorParams(authority=GOV_BECH32, params=params))
        assert scene.vault.operator_params(scene.ctx) == params
    with raises(13, "gov"):
        handle(scene, MsgUpdateOperatorParams(authority=BOB, params=OperatorParams(operator=BOB)))
    with raises(24):
        handle(scene, MsgUpdateOperatorParams(authority=GOV_BECH32))


def test_default_quoting_params_are_for_the_operator_too() -> None:
    scene = operated_by(CARL)
    other = qp(3, 234567, 6789, 321123, 255678, 120, 2_121_343_787)
    for authority, params in ((GOV_BECH32, other), (CARL, DEFAULT_QUOTING_PARAMS), (DELAYMSG_BECH32, other)):
        handle(scene, MsgUpdateDefaultQuotingParams(authority=authority, default_quoting_params=params))
        assert scene.vault.default_quoting_params(scene.ctx) == params
    with raises(26):
        handle(scene, MsgUpdateDefaultQuotingParams(authority=ALICE, default_quoting_params=other))
    with raises(8):
        bad = replace(other, order_size_pct_ppm=0)
        handle(scene, MsgUpdateDefaultQuotingParams(authority=CARL, default_quoting_params=bad))


@pytest.mark.parametrize(
    ("authority", "params", "code"),
    [
        (GOV_BECH32, VaultParams(status=3, quoting_params=F_QP), None),
        (ALICE, VaultParams(status=3, quoting_params=F_QP), None),
        (BOB, VaultParams(status=3), 26),
        ("", VaultParams(status=3), 26),
        (ALICE, VaultParams(status=3, quoting_params=replace(F_QP, activation_threshold_quote_quantums=-1)), 13),
        (ALICE, VaultParams(), 19),
    ],
)
def test_set_vault_params_message(authority: str, params: VaultParams, code: int | None) -> None:
    scene = operated_by(ALICE)
    message = MsgSetVaultParams(authority=authority, vault_id=vault(1), vault_params=params)
    if code is None:
        handle(scene, message)
        assert scene.vault.find_params(scene.ctx, vault(1)) == params
    else:
        with raises(code):
            handle(scene, message)
        assert scene.vault.find_params(scene.ctx, vault(1)) is None


def test_unlock_shares_message() -> None:
    scene = Scene()
    locks = [
        ShareUnlock(shares=NumShares(num_shares=shares), unlock_block_height=height)
        for shares, height in ((55, 6), (66, 7))
    ]
    scene.vault.set_share_unlocks(scene.ctx, BOB, tuple(locks))
    handler = scene.app.modules.all["vault"].handlers[MsgUnlockShares]
    late: Context = scene.ctx.replaced(height=6)
    response = handler(late, MsgUnlockShares(authority=DELAYMSG_BECH32, owner_address=BOB))
    assert response.encode().hex() == "0a0412020237"
    assert scene.vault.find_share_unlocks(scene.ctx, BOB) == (locks[1],)
    with raises(13, "gov"):
        handler(late, MsgUnlockShares(authority=ALICE, owner_address=BOB))
    with pytest.raises(ChainError, match="owner address cannot be empty"):
        handler(late, MsgUnlockShares(authority=GOV_BECH32))


def test_a_vault_in_the_set_has_the_best_fee_tier() -> None:
    scene = operated_by(ALICE)
    scene.fund_main(1)
    account = account_of(vault(1)).address
    maker = scene.feetiers.fee_ppm(scene.ctx, account, False, 0, 1)
    handle(scene, MsgAllocateToVault(authority=ALICE, vault_id=vault(1), quote_quantums=1))
    tiers = scene.feetiers.params(scene.ctx).tiers
    assert scene.feetiers.fee_ppm(scene.ctx, account, False, 0, 1) == tiers[-1].maker_fee_ppm
    assert maker != tiers[-1].maker_fee_ppm
