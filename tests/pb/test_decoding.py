"""What the decoder accepts and refuses, as the chain's own."""

from __future__ import annotations

import pytest

from vaultsim.pb.cosmos.tx.v1beta1 import ModeInfo, TxBody, TxRaw
from vaultsim.pb.dydxprotocol.blocktime import BlockInfo
from vaultsim.pb.dydxprotocol.clob import ClobPair, MsgCancelOrder, OperationRaw, Order, OrderBatch, OrderId
from vaultsim.pb.dydxprotocol.stats import Params as StatsParams
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount, SubaccountId
from vaultsim.pb.google.protobuf import Any, Timestamp
from vaultsim.pb.registry import pack, reject_unknown_fields
from vaultsim.pb.runtime import DecodeError, Message, replace, varint
from vaultsim.pb.strict import UnknownFieldError, reject_non_adr027

OWNER = SubaccountId(owner="dydx199tqg4wdlnu4qjlxchpd7seg454937hjrknju4", number=3)


def test_an_unset_oneof_member_is_none_and_a_set_zero_is_written() -> None:
    assert MsgCancelOrder().good_til_block is None
    cancel = MsgCancelOrder(good_til_block=0)
    assert cancel.encode().hex() == "0a020a001000"
    assert MsgCancelOrder.decode(cancel.encode()) == cancel


def test_the_last_oneof_member_wins() -> None:
    raw = bytes.fromhex("1005") + bytes.fromhex("1d01000000")
    read = MsgCancelOrder.decode(raw)
    assert (read.good_til_block, read.good_til_block_time) == (None, 1)


def test_empty_bytes_in_a_oneof_are_written() -> None:
    assert OperationRaw(short_term_order_placement=b"").encode().hex() == "1200"


def test_the_last_scalar_wins_and_parts_of_a_message_merge() -> None:
    raw = bytes.fromhex("10011002")
    assert SubaccountId.decode(raw).number == 2
    first, second = SubaccountId(owner="a").encode(), SubaccountId(number=9).encode()
    parts = b"".join(b"\x0a" + bytes((len(part),)) + part for part in (first, second))
    assert OrderId.decode(parts).subaccount_id == SubaccountId(owner="a", number=9)


def test_unknown_fields_are_dropped() -> None:
    unknown = bytes.fromhex("78017d000000007900000000000000007a01617b08017c")
    assert SubaccountId.decode(unknown + OWNER.encode() + unknown) == OWNER


@pytest.mark.parametrize(
    "raw",
    ["0d00000000", "0801", "00", "0c", "0a", "0a05", "0a056161", "10", "10ff", "7c", "7a05", "0f", "10" + "ff" * 11],
)
def test_bad_bytes_are_refused(raw: str) -> None:
    with pytest.raises(DecodeError):
        SubaccountId.decode(bytes.fromhex(raw))


def test_a_nested_value_may_not_run_past_its_own_end() -> None:
    inner = OrderId(subaccount_id=OWNER).encode()
    with pytest.raises(DecodeError):
        OrderId.decode(inner[:1] + bytes((inner[1] - 1,)) + inner[2:-1] + b"\x80\x01")


def test_numbers_are_cut_to_their_width() -> None:
    raw = b"\x10" + varint(2**32 + 7)
    assert SubaccountId.decode(raw).number == 7


def test_negative_small_numbers_survive() -> None:
    assert ClobPair(quantum_conversion_exponent=-9).encode().hex() == "3011"
    assert ClobPair.decode(bytes.fromhex("3011")).quantum_conversion_exponent == -9


def test_a_numeric_list_is_read_packed_and_unpacked() -> None:
    assert OrderBatch.decode(bytes.fromhex("120201021003")).client_ids == (1, 2, 3)


def test_text_that_is_not_utf_8_survives() -> None:
    raw = b"\x0a\x02\xff\xfe"
    assert SubaccountId.decode(raw).encode() == raw


def test_an_unset_standard_time_is_the_year_1_and_a_duration_is_always_written() -> None:
    assert BlockInfo().timestamp == Timestamp(seconds=-62_135_596_800)
    assert BlockInfo.decode(b"").encode() == BlockInfo().encode()
    assert StatsParams().encode().hex() == "0a00"


def test_a_standard_time_out_of_range_is_refused() -> None:
    bad = BlockInfo(timestamp=Timestamp(seconds=1, nanos=1_000_000_000))
    with pytest.raises(DecodeError):
        BlockInfo.decode(bad.encode())


def test_values_are_immutable_and_hashable() -> None:
    with pytest.raises(AttributeError):
        OWNER.number = 5  # type: ignore[misc]
    assert replace(OWNER, number=5).number == 5
    assert len({OWNER, replace(OWNER, number=3)}) == 1


@pytest.mark.parametrize(
    "value", [SubaccountId(number=-1), Order(quantums=2**64), ClobPair(quantum_conversion_exponent=2**31)]
)
def test_a_number_that_does_not_fit_is_not_encoded(value: Message) -> None:
    with pytest.raises(OverflowError):
        value.encode()


def test_deep_nesting_is_refused() -> None:
    raw = b""
    for _ in range(3000):
        raw = b"\x12" + varint(len(raw)) + raw
        raw = b"\x12" + varint(len(raw)) + raw
    with pytest.raises(DecodeError):
        ModeInfo.decode(raw)


def test_an_unknown_field_is_refused_unless_it_is_non_critical_and_that_is_allowed() -> None:
    critical = TxBody(memo="a").encode() + b"\x7a\x00"
    non_critical = TxBody(memo="a").encode() + varint((1 << 10 | 5) << 3 | 2) + b"\x00"
    with pytest.raises(UnknownFieldError):
        reject_unknown_fields(critical, TxBody, True)
    with pytest.raises(UnknownFieldError):
        reject_unknown_fields(non_critical, TxBody, False)
    assert reject_unknown_fields(non_critical, TxBody, True)


@pytest.mark.parametrize(
    "packed",
    [
        Any(type_url="/dydxprotocol.subaccounts.SubaccountId", value=OWNER.encode() + b"\x7a\x00"),
        Any(type_url="/no.such.Type"),
        Any(type_url="host/dydxprotocol.subaccounts.SubaccountId"),
    ],
)
def test_an_any_is_looked_into(packed: Any) -> None:
    with pytest.raises(UnknownFieldError):
        reject_unknown_fields(TxBody(messages=(packed,)).encode(), TxBody, True)


def test_a_wrong_wire_type_is_refused_inside_an_any_too() -> None:
    body = TxBody(
        messages=(pack(Subaccount()), Any(type_url="/dydxprotocol.clob.Order", value=b"\x15\x00\x00\x00\x00"))
    )
    with pytest.raises(DecodeError):
        reject_unknown_fields(body.encode(), TxBody, True)


def test_a_raw_transaction_has_one_form() -> None:
    raw = TxRaw(body_bytes=b"b", auth_info_bytes=b"a", signatures=(b"1", b"2"))
    reject_non_adr027(raw.encode())
    for bad in (b"\x12\x01a\x0a\x01b", b"\x0a\x81\x00b", b"\x08\x01"):
        with pytest.raises(DecodeError):
            reject_non_adr027(bad)
