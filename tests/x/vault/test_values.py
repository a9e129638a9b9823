"""Ids, addresses, key and value bytes, validity of parameters and messages."""

from __future__ import annotations

import pytest

from tests.x.vault.scene import ALICE, F_QP, Scene, qp, raises, vault
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.ints import NIL_INT
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import (
    MsgAllocateToVault,
    MsgDepositToMegavault,
    MsgDepositToMegavaultResponse,
    MsgRetrieveFromVault,
    MsgWithdrawFromMegavault,
    MsgWithdrawFromMegavaultResponse,
    NumShares,
    OperatorParams,
    OwnerShareUnlocks,
    QuotingParams,
    ShareUnlock,
    VaultId,
    VaultParams,
)
from vaultsim.pb.runtime import replace
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.vault.keeper_shares import total_locked, validate_owner_share_unlocks
from vaultsim.x.vault.msg_server import check_deposit, check_move, check_withdraw
from vaultsim.x.vault.params import (
    DEFAULT_OPERATOR_PARAMS,
    DEFAULT_QUOTING_PARAMS,
    validate_operator_params,
    validate_quoting_params,
    validate_vault_params,
)
from vaultsim.x.vault.types import (
    BUY,
    MAIN_VAULT,
    MEGAVAULT_ADDRESS,
    SELL,
    account_named,
    account_of,
    canonical_client_id,
    parse_vault_id,
    vault_text,
)

ALICE_0 = SubaccountId(owner=ALICE, number=0)
NOBODY = SubaccountId(owner="invalid-owner", number=0)
TOO_MUCH = 2**64


@pytest.mark.parametrize(
    ("number", "address"),
    [
        (0, "dydx1c0m5x87llaunl5sgv3q5vd7j5uha26d2q2r2q0"),
        (1, "dydx14rplxdyycc6wxmgl8fggppgq4774l70zt6phkw"),
        (2, "dydx190te44zcctdgk0qmqtenve2m00g3r2dn7ntd72"),
        (5, "dydx1sgwqvg85g06l233hvyjae8ag3ka4x8gdgdrsau"),
        (7, "dydx1c53uruvqn4ss9xg67pn0ealvz3jry8jmq56daz"),
    ],
)
def test_vault_addresses(number: int, address: str) -> None:
    assert account_of(vault(number)).address == address
    assert account_of(vault(number)).subaccount_id == SubaccountId(owner=address, number=0)


def test_the_main_vault() -> None:
    assert MEGAVAULT_ADDRESS.hex() == "3aec61cc760614b7fc711187446bb5bb580b409f"
    assert SubaccountId(owner="dydx18tkxrnrkqc2t0lr3zxr5g6a4hdvqksylxqje4r", number=0) == MAIN_VAULT


@pytest.mark.parametrize(
    ("vault_id", "text"),
    [
        (vault(0), "VAULT_TYPE_CLOB-0"),
        (vault(1), "VAULT_TYPE_CLOB-1"),
        (VaultId(), "VAULT_TYPE_UNSPECIFIED-0"),
        (VaultId(number=1), "VAULT_TYPE_UNSPECIFIED-1"),
        (VaultId(type=1), "VAULT_TYPE_CLOB-0"),
        (VaultId(type=7), "7-0"),
    ],
)
def test_texts_of_vault_ids(vault_id: VaultId, text: str) -> None:
    assert vault_text(vault_id) == text
    if vault_id.type != 7:
        assert parse_vault_id(text) == vault_id


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must follow format"),
        ("VAULT_TYPE_CLOB", "must follow format"),
        ("VAULT_TYPE_CLOB-1-2", "must follow format"),
        ("VAULT_TYPE_SPOT-1", "unknown vault type"),
        ("7-0", "unknown vault type"),
        ("VAULT_TYPE_CLOB-abc", "failed to parse number"),
        ("VAULT_TYPE_CLOB-", "failed to parse number"),
        ("VAULT_TYPE_CLOB-+1", "failed to parse number"),
        ("VAULT_TYPE_CLOB-1_0", "failed to parse number"),
        ("VAULT_TYPE_CLOB-4294967296", "failed to parse number"),
    ],
)
def test_texts_that_are_no_vault_ids(text: str, sentence: str) -> None:
    with pytest.raises(ChainError, match=sentence) as caught:
        parse_vault_id(text)
    assert (caught.value.codespace, caught.value.code) == ("undefined", 1)
    assert account_named(text) is None


def test_leading_zeros_are_read() -> None:
    assert parse_vault_id("VAULT_TYPE_CLOB-0004294967295") == vault(2**32 - 1)


@pytest.mark.parametrize(
    ("layer", "client_id"), [(0, 0), (1, 8388608), (2, 16777216), (123, 1031798784), (255, 2139095040)]
)
def test_canonical_client_ids(layer: int, client_id: int) -> None:
    assert canonical_client_id(BUY, layer) == client_id
    assert canonical_client_id(SELL, layer) == client_id + 2147483648


def test_order_ids_are_made_once() -> None:
    account = account_of(vault(3))
    assert account.order_id(5) is account.order_id(5)
    assert account.order_id(5).clob_pair_id == 3


def test_the_bytes_of_an_order_id() -> None:
    expected = (
        "0a2d0a2b64796478313472706c7864797963633677786d676c3866676770706771343737346c37307a743670686b77"
        "150000008018402001"
    )
    assert account_of(vault(1)).order_id(2147483648).encode().hex() == expected


def test_key_bytes() -> None:
    state = Scene().vault.state
    texts = {
        state.owner_shares.key("dydx1a"): b"OwnerShares:dydx1a",
        state.owner_share_unlocks.key("dydx1a"): b"OwnerShareUnlocks:dydx1a",
        state.vault_params.key("VAULT_TYPE_CLOB-0"): bytes.fromhex(
            "5661756c74506172616d733a5641554c545f545950455f434c4f422d30"
        ),
        state.addresses.key("dydx1a"): b"VaultAddress:dydx1a",
        state.client_ids.key("VAULT_TYPE_CLOB-1"): b"MostRecentClientIds:VAULT_TYPE_CLOB-1",
    }
    assert all(key == text for key, text in texts.items())
    assert [state.total_shares.prefix, state.default_quoting_params.prefix, state.operator_params.prefix] == [
        b"TotalShares",
        b"DefaultQuotingParams",
        b"OperatorParams",
    ]
    assert state.schema.name == "vault"


def test_value_bytes() -> None:
    scene = Scene()
    assert DEFAULT_QUOTING_PARAMS.encode().hex() == "080210904e18dc0b2080897a28a08d06303c3a05023b9aca00"
    assert VaultParams(status=2).encode().hex() == "0802"
    assert NumShares(num_shares=0).encode().hex() == "120102"
    assert NumShares(num_shares=777).encode().hex() == "1203020309"
    client_ids = (0x80000000, 0, 0x80800000, 0x00800000)
    scene.vault.set_most_recent_client_ids(scene.ctx, vault(0), client_ids)
    key = scene.vault.state.client_ids.key("VAULT_TYPE_CLOB-0")
    cell = scene.ctx.branch.find(scene.vault.state.client_ids.slot, key)
    assert cell is not None
    assert cell.raw.hex() == "80000000000000008080000000800000"


def test_response_bytes() -> None:
    minted = MsgDepositToMegavaultResponse(minted_shares=NumShares(num_shares=90_000_000))
    assert minted.encode().hex() == "0a07120502055d4a80"
    assert MsgWithdrawFromMegavaultResponse(quote_quantums=10_999_998).encode().hex() == "0a0402a7d8be"


def test_defaults() -> None:
    assert qp(2, 10_000, 1_500, 2_000_000, 100_000, 60) == DEFAULT_QUOTING_PARAMS
    assert DEFAULT_OPERATOR_PARAMS.operator == GOV_BECH32
    assert DEFAULT_OPERATOR_PARAMS.metadata.name == "Governance"
    assert DEFAULT_OPERATOR_PARAMS.metadata.description == "Governance Module Account"


BASE = qp(2, 3000, 1500, 500_000, 100_000, 5, 1)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        (DEFAULT_QUOTING_PARAMS, None),
        (replace(BASE, layers=255), None),
        (replace(BASE, layers=0, spread_buffer_ppm=0, skew_factor_ppm=0), None),
        (replace(BASE, activation_threshold_quote_quantums=NIL_INT), None),
        (replace(BASE, layers=256), 11),
        (replace(BASE, spread_min_ppm=0), 10),
        (replace(BASE, order_size_pct_ppm=0), 8),
        (replace(BASE, order_expiration_seconds=0), 9),
        (replace(BASE, activation_threshold_quote_quantums=-1), 13),
        (replace(BASE, skew_factor_ppm=20_000_000), 31),
        (replace(BASE, skew_factor_ppm=2_000_000, order_size_pct_ppm=1_000_000), 31),
        (replace(BASE, skew_factor_ppm=2**32 - 1, order_size_pct_ppm=2**32 - 1), 31),
        (replace(BASE, skew_factor_ppm=1_999_999, order_size_pct_ppm=1_000_000), None),
        (QuotingParams(layers=256), 11),
        (QuotingParams(), 10),
        (QuotingParams(spread_min_ppm=1), 8),
        (QuotingParams(spread_min_ppm=1, order_size_pct_ppm=1), 9),
    ],
)
def test_quoting_params(params: QuotingParams, code: int | None) -> None:
    if code is None:
        validate_quoting_params(params)
    else:
        with raises(code):
            validate_quoting_params(params)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        (VaultParams(status=3, quoting_params=F_QP), None),
        (VaultParams(status=3), None),
        (VaultParams(status=9), None),
        (VaultParams(status=0, quoting_params=F_QP), 19),
        (VaultParams(status=3, quoting_params=replace(F_QP, order_expiration_seconds=0)), 9),
    ],
)
def test_vault_params(params: VaultParams, code: int | None) -> None:
    if code is None:
        validate_vault_params(params)
    else:
        with raises(code):
            validate_vault_params(params)


def test_operator_params() -> None:
    validate_operator_params(OperatorParams(operator=ALICE))
    validate_operator_params(OperatorParams(operator="not an address"))
    with raises(24):
        validate_operator_params(OperatorParams())


@pytest.mark.parametrize(("shares", "total"), [((), 0), ((123_456,), 123_456), ((40, 35, 25, 122), 222)])
def test_locked_shares_add_up(shares: tuple[int, ...], total: int) -> None:
    unlocks = tuple(ShareUnlock(shares=NumShares(num_shares=one)) for one in shares)
    assert total_locked(unlocks) == total
    validate_owner_share_unlocks(OwnerShareUnlocks(owner_address=ALICE, share_unlocks=unlocks))
    with raises(21):
        validate_owner_share_unlocks(OwnerShareUnlocks(share_unlocks=unlocks))


@pytest.mark.parametrize("amount", [1, 2**64 - 1])
def test_amounts_that_may_be_moved(amount: int) -> None:
    check_deposit(MsgDepositToMegavault(subaccount_id=ALICE_0, quote_quantums=amount))
    check_move(MsgAllocateToVault(authority=ALICE, quote_quantums=amount))
    check_move(MsgRetrieveFromVault(authority=GOV_BECH32, quote_quantums=amount))


@pytest.mark.parametrize("amount", [TOO_MUCH, 0, -1])
def test_amounts_that_may_not(amount: int) -> None:
    with raises(4):
        check_deposit(MsgDepositToMegavault(subaccount_id=ALICE_0, quote_quantums=amount))
    with raises(201, "subaccounts"):
        check_deposit(MsgDepositToMegavault(subaccount_id=NOBODY, quote_quantums=amount))
    for message in (MsgAllocateToVault, MsgRetrieveFromVault):
        with raises(4):
            check_move(message(authority=GOV_BECH32, quote_quantums=amount))
        with raises(26):
            check_move(message(quote_quantums=amount))


@pytest.mark.parametrize(
    ("shares", "minimum", "code"),
    [
        (1, 1, None),
        (1, 0, None),
        (1, 2**64 - 1, None),
        (1, TOO_MUCH, 4),
        (1, -1, 4),
        (0, 0, 30),
        (-1, 0, 30),
        (NIL_INT, 0, 30),
    ],
)
def test_withdrawals(shares: int, minimum: int, code: int | None) -> None:
    message = MsgWithdrawFromMegavault(
        subaccount_id=ALICE_0, shares=NumShares(num_shares=shares), min_quote_quantums=minimum
    )
    with raises(201, "subaccounts"):
        check_withdraw(replace(message, subaccount_id=NOBODY))
    with raises(200, "subaccounts"):
        check_withdraw(replace(message, subaccount_id=SubaccountId(owner=ALICE, number=128_001)))
    if code is None:
        check_withdraw(message)
    else:
        with raises(code):
            check_withdraw(message)


def test_amounts_absent_on_the_wire_panic() -> None:
    with pytest.raises(ChainPanic):
        check_deposit(MsgDepositToMegavault(subaccount_id=ALICE_0))
    with pytest.raises(ChainPanic):
        check_withdraw(MsgWithdrawFromMegavault(subaccount_id=ALICE_0, shares=NumShares(num_shares=1)))
    with pytest.raises(ChainPanic):
        check_move(MsgAllocateToVault(authority=ALICE))
    with pytest.raises(ChainPanic):
        check_move(MsgRetrieveFromVault(authority=ALICE))
