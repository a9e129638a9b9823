"""Our codecs against the protobuf runtime, which reads the same descriptors."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pb.strategies import class_for, classes, twin, values
from vaultsim.pb.dydxprotocol.clob import LongTermOrderPlacement, MsgProposedOperations, Order
from vaultsim.pb.registry import message_class, pack, reject_unknown_fields, unpack
from vaultsim.pb.runtime import Message

HOT = [
    "dydxprotocol.clob.Order",
    "dydxprotocol.clob.LongTermOrderPlacement",
    "dydxprotocol.clob.MsgProposedOperations",
    "dydxprotocol.subaccounts.Subaccount",
    "dydxprotocol.vault.GenesisState",
    "dydxprotocol.perpetuals.GenesisState",
    "dydxprotocol.blocktime.AllDowntimeInfo",
    "cosmos.tx.v1beta1.Tx",
    "cosmos.bank.v1beta1.MsgMultiSend",
    "tendermint.types.Block",
]
RELAXED = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)


def check_twin(value: Message) -> None:
    raw = twin(value).SerializeToString(deterministic=True)
    assert value.encode() == raw
    assert type(value).decode(raw) == normal(value)


def normal(value: Message) -> Message:
    """`value` after a round trip: an unset decimal or coin amount is written as 0."""
    return type(value).decode(value.encode())


@pytest.mark.parametrize("name", HOT)
@settings(parent=RELAXED, max_examples=20)
@given(data=st.data())
def test_bytes_equal_those_of_the_protobuf_runtime(name: str, data: st.DataObject) -> None:
    check_twin(data.draw(values(class_for(name))))


@settings(parent=RELAXED, max_examples=150)
@given(data=st.data())
def test_bytes_of_any_message_equal_those_of_the_protobuf_runtime(data: st.DataObject) -> None:
    check_twin(data.draw(values(data.draw(classes()), depth=1)))


@settings(parent=RELAXED, max_examples=60)
@given(
    value=values(class_for("dydxprotocol.clob.MsgProposedOperations")) | values(Order) | values(LongTermOrderPlacement)
)
def test_a_round_trip_gives_an_equal_value(value: Message) -> None:
    assert type(value).decode(value.encode()) == value
    assert hash(type(value).decode(value.encode())) == hash(value)


@settings(parent=RELAXED, max_examples=60)
@given(value=values(MsgProposedOperations))
def test_a_packed_message_comes_out_equal(value: Message) -> None:
    packed = pack(value)
    assert message_class(packed.type_url) is MsgProposedOperations
    assert unpack(packed) == value


@settings(parent=RELAXED, max_examples=80)
@given(data=st.data())
def test_json_of_any_message_reads_back_equal(data: st.DataObject) -> None:
    cls = data.draw(classes().filter(lambda found: "google.protobuf.Any" not in {row[4] for row in found.FIELDS}))
    value = normal(data.draw(values(cls, depth=0)))
    if cls.FULL_NAME.startswith("google.protobuf."):
        return
    assert cls.from_json(value.to_json()) == value


@settings(parent=RELAXED, max_examples=60)
@given(value=values(Order))
def test_what_we_encode_has_no_unknown_fields(value: Message) -> None:
    assert not reject_unknown_fields(value.encode(), type(value), False)
