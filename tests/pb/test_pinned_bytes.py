"""Bytes given by the specification: dydx-vault §2, §3, §6; dydx-modules Appendix B, §21.1."""

from __future__ import annotations

import pytest

from vaultsim.lib.ints import NIL_INT
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.dydxprotocol.clob import (
    BlockRateLimitConfiguration,
    LongTermOrderPlacement,
    MsgUpdateBlockRateLimitConfiguration,
    Order,
    Order_Side,
    Order_TimeInForce,
    OrderBatch,
    OrderFillState,
    OrderId,
    TransactionOrdering,
)
from vaultsim.pb.dydxprotocol.delaymsg import BlockMessageIds
from vaultsim.pb.dydxprotocol.perpetuals import MarketPremiums, PremiumStore
from vaultsim.pb.dydxprotocol.subaccounts import AssetPosition, PerpetualPosition, Subaccount, SubaccountId
from vaultsim.pb.dydxprotocol.vault import (
    MsgDepositToMegavaultResponse,
    MsgWithdrawFromMegavaultResponse,
    NumShares,
    OwnerShare,
    QuotingParams,
    VaultParams,
    VaultStatus,
)
from vaultsim.pb.google.protobuf import Duration, Int32Value, Timestamp, UInt32Value, UInt64Value
from vaultsim.pb.runtime import DecodeError, Message

VAULT_1 = SubaccountId(owner="dydx14rplxdyycc6wxmgl8fggppgq4774l70zt6phkw")
VAULT_0 = SubaccountId(owner="dydx1c0m5x87llaunl5sgv3q5vd7j5uha26d2q2r2q0")
ASK_ID = (
    "0a2d0a2b64796478313472706c7864797963633677786d676c3866676770706771343737346c37307a743670686b77150000008018402001"
)
ASK = Order(
    order_id=OrderId(subaccount_id=VAULT_1, client_id=2147483648, order_flags=64, clob_pair_id=1),
    side=Order_Side.SIDE_SELL,
    quantums=333_000_000,
    subticks=3_031_300_000,
    good_til_block_time=1_700_000_060,
    time_in_force=Order_TimeInForce.TIME_IN_FORCE_POST_ONLY,
)
DEFAULT_QUOTING = QuotingParams(
    layers=2,
    spread_min_ppm=10_000,
    spread_buffer_ppm=1_500,
    skew_factor_ppm=2_000_000,
    order_size_pct_ppm=100_000,
    order_expiration_seconds=60,
    activation_threshold_quote_quantums=1_000_000_000,
)
VAULT_1_HEX = VAULT_1.encode().hex()
VAULT_0_HEX = "0a2b647964783163306d357838376c6c61756e6c357367763371357664376a3575686132366432713272327130"

PINNED: list[tuple[str, Message, str]] = [
    ("default quoting params", DEFAULT_QUOTING, "080210904e18dc0b2080897a28a08d06303c3a05023b9aca00"),
    ("stand-by vault", VaultParams(status=VaultStatus.VAULT_STATUS_STAND_BY), "0802"),
    ("no shares", NumShares(num_shares=0), "120102"),
    ("nil shares", NumShares(), "120102"),
    ("777 shares", NumShares(num_shares=777), "1203020309"),
    ("minted", MsgDepositToMegavaultResponse(minted_shares=NumShares(num_shares=90_000_000)), "0a07120502055d4a80"),
    ("redeemed", MsgWithdrawFromMegavaultResponse(quote_quantums=10_999_998), "0a0402a7d8be"),
    ("order id", ASK.order_id, ASK_ID),
    (
        "client id 0 is left out",
        OrderId(subaccount_id=VAULT_1, order_flags=64, clob_pair_id=1),
        f"0a2d{VAULT_1_HEX}18402001",
    ),
    (
        "placement",
        LongTermOrderPlacement(order=ASK, placement_index=TransactionOrdering(block_height=100)),
        f"0a4f0a38{ASK_ID}100218c0dae49e0120a0efb7a50b353cf15365380212020864",
    ),
    (
        "fill of a long-term order",
        OrderFillState(fill_amount=67_000_000, prunable_block_height=4_294_967_295),
        "08c0adf91f10ffffffff0f",
    ),
    ("subaccount id", VAULT_0, VAULT_0_HEX),
    (
        "subaccount",
        Subaccount(id=VAULT_0, asset_positions=(AssetPosition(quantums=1_000_000),)),
        f"0a2d{VAULT_0_HEX}12061204020f4240",
    ),
    (
        "perpetual position",
        PerpetualPosition(perpetual_id=1, quantums=-5, funding_index=-13, quote_balance=0),
        "0801120203051a02030d220102",
    ),
    (
        "premiums are packed zig-zag",
        PremiumStore(all_market_premiums=(MarketPremiums(premiums=(100, -100)),), num_premiums=1),
        "0a061204c801c7011001",
    ),
    ("message ids are packed", BlockMessageIds(ids=(1, 2, 300)), "0a040102ac02"),
    ("packed zeros are written", OrderBatch(client_ids=(0, 1)), "12020001"),
    ("wrapper of 0", UInt32Value(), ""),
    ("wrapper of 4", UInt64Value(value=4), "0804"),
    ("wrapper of -1", Int32Value(value=-1), "08ffffffffffffffffff01"),
    ("field 3 of the rate limits", MsgUpdateBlockRateLimitConfiguration(), "1a00"),
    ("unset coin amount", Coin(denom="a"), "0a0161120130"),
    ("duration", Duration(seconds=300), "08ac02"),
    ("timestamp", Timestamp(seconds=1, nanos=5), "08011005"),
]


@pytest.mark.parametrize(("value", "raw"), [row[1:] for row in PINNED], ids=[row[0] for row in PINNED])
def test_bytes_are_the_chains(value: Message, raw: str) -> None:
    assert value.encode().hex() == raw
    assert type(value).decode(bytes.fromhex(raw)).encode().hex() == raw


@pytest.mark.parametrize(
    ("number", "raw"),
    [
        (0, "02"),
        (1, "0201"),
        (-1, "0301"),
        (255, "02ff"),
        (256, "020100"),
        (-256, "030100"),
        (123_456_789, "02075bcd15"),
        (-1_000_000, "030f4240"),
    ],
)
def test_serializable_int_is_a_sign_byte_and_the_magnitude(number: int, raw: str) -> None:
    field = f"12{len(raw) // 2:02x}{raw}"
    assert NumShares(num_shares=number).encode().hex() == field
    assert NumShares.decode(bytes.fromhex(field)).num_shares == number


@pytest.mark.parametrize(("raw", "number"), [("1200", 0), ("12020200", 0), ("1203020001", 1), ("120103", 0)])
def test_serializable_int_tolerates_other_forms_of_a_number(raw: str, number: int) -> None:
    read = NumShares.decode(bytes.fromhex(raw)).num_shares
    assert read == number
    assert read is not NIL_INT


@pytest.mark.parametrize("raw", ["12020001", "12020401", "120105", "1201ff"])
def test_serializable_int_refuses_another_encoding_version(raw: str) -> None:
    with pytest.raises(DecodeError):
        NumShares.decode(bytes.fromhex(raw))


def test_an_absent_serializable_int_is_nil() -> None:
    assert NumShares.decode(b"").num_shares is NIL_INT
    assert OwnerShare.decode(b"").shares.num_shares is NIL_INT


def test_long_numbers_keep_every_byte() -> None:
    number = 2**2000 + 1
    assert NumShares.decode(NumShares(num_shares=number).encode()).num_shares == number


def test_an_empty_rate_limit_message_keeps_its_embedded_value() -> None:
    assert MsgUpdateBlockRateLimitConfiguration().block_rate_limit_config == BlockRateLimitConfiguration()
