"""Kinds of authenticators: configurations, what may be added and removed, who says no with which code."""

from __future__ import annotations

import base64
import json

import pytest

from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.dydxprotocol.clob import MsgBatchCancel, MsgCancelOrder, MsgPlaceOrder, Order, OrderBatch, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import Message
from vaultsim.x.accountplus.authenticators import (
    AuthenticationRequest,
    initialize,
    require_removable,
    requires_signature,
)
from vaultsim.x.accountplus.configs import Part, parts_of

KEY = bytes(33)
ORDER_ID = OrderId(subaccount_id=SubaccountId(owner="alice", number=3), clob_pair_id=7)
PLACE = MsgPlaceOrder(order=Order(order_id=ORDER_ID))
CANCEL = MsgCancelOrder(order_id=ORDER_ID)
BATCH = MsgBatchCancel(
    subaccount_id=ORDER_ID.subaccount_id,
    short_term_cancels=(OrderBatch(clob_pair_id=7), OrderBatch(clob_pair_id=8)),
)


def composite(*parts: tuple[str, bytes]) -> bytes:
    return json.dumps([{"type": kind, "config": base64.b64encode(config).decode()} for kind, config in parts]).encode()


SIGNATURE = ("SignatureVerification", KEY)
PLACES = ("MessageFilter", b"/dydxprotocol.clob.MsgPlaceOrder")


def code_of(kind: str, config: bytes, message: Message, *, is_signed: bool = True) -> int:
    try:
        initialize(kind, config).authenticate(AuthenticationRequest(message, lambda key: is_signed and key == KEY))
    except ChainError as problem:
        return problem.code
    return 0


@pytest.mark.parametrize(
    ("kind", "config", "message", "code"),
    [
        ("SignatureVerification", KEY, PLACE, 0),
        ("SignatureVerification", b"other", PLACE, 100),
        ("MessageFilter", b"/cosmos.bank.v1beta1.MsgSend,/dydxprotocol.clob.MsgPlaceOrder", PLACE, 0),
        ("MessageFilter", b"", PLACE, 101),
        ("ClobPairIdFilter", b"0,07", PLACE, 0),
        ("ClobPairIdFilter", b"7", CANCEL, 0),
        ("ClobPairIdFilter", b"7", BATCH, 102),
        ("ClobPairIdFilter", b"8", PLACE, 102),
        ("ClobPairIdFilter", b"8", MsgSend(), 0),
        ("ClobPairIdFilter", b"7, 8", PLACE, 1),
        ("ClobPairIdFilter", b"4294967296", PLACE, 1),
        ("ClobPairIdFilter", b"", PLACE, 1),
        ("SubaccountFilter", b"3", PLACE, 0),
        ("SubaccountFilter", b"3", BATCH, 0),
        ("SubaccountFilter", b"0", CANCEL, 103),
        ("SubaccountFilter", b"0", BATCH, 103),
        ("SubaccountFilter", b"0", MsgSend(), 0),
        ("AllOf", composite(SIGNATURE, PLACES), PLACE, 0),
        ("AllOf", composite(SIGNATURE, PLACES), CANCEL, 104),
        ("AnyOf", composite(("SignatureVerification", b""), SIGNATURE), PLACE, 0),
        ("AnyOf", composite(("SignatureVerification", b""), PLACES), CANCEL, 105),
        ("AllOf", composite(SIGNATURE, ("AnyOf", composite(PLACES, ("SubaccountFilter", b"0")))), CANCEL, 104),
        ("AllOf", composite(SIGNATURE), PLACE, 18),
        ("AnyOf", b"null", PLACE, 18),
        ("AnyOf", b"{}", PLACE, 1),
        ("AllOf", composite(SIGNATURE, ("ClobPairIdFilter", b"x")), PLACE, 1),
    ],
)
def test_what_authenticators_say(kind: str, config: bytes, message: Message, code: int) -> None:
    assert code_of(kind, config, message) == code


def test_an_unknown_part_panics_when_it_is_asked() -> None:
    with pytest.raises(ChainPanic):
        initialize("AllOf", composite(SIGNATURE, ("Unknown", b"")))


@pytest.mark.parametrize(
    ("kind", "config", "demands"),
    [
        ("SignatureVerification", KEY, True),
        ("MessageFilter", b"", False),
        ("ClobPairIdFilter", b"no number", False),
        ("AllOf", composite(SIGNATURE, PLACES), True),
        ("AnyOf", composite(SIGNATURE, PLACES), False),
        ("AnyOf", composite(SIGNATURE, ("AllOf", composite(PLACES, SIGNATURE))), True),
        ("AllOf", composite(PLACES, PLACES), False),
    ],
)
def test_a_signature_must_be_demanded_on_every_way(kind: str, config: bytes, demands: bool) -> None:
    assert requires_signature(kind, config) is demands


@pytest.mark.parametrize(
    ("kind", "config", "code"),
    [
        ("SignatureVerification", bytes(32), 1),
        ("AllOf", b"[", 1),
        ("AllOf", b"[" * 1024, 1),
        ("AllOf", b"[]", 18),
        ("AnyOf", composite(SIGNATURE), 18),
        ("AnyOf", composite(SIGNATURE, ("Unknown", b"")), 18),
        ("AnyOf", composite(SIGNATURE, ("SignatureVerification", b"")), 1),
    ],
)
def test_what_cannot_be_added(kind: str, config: bytes, code: int) -> None:
    with pytest.raises(ChainError) as caught:
        requires_signature(kind, config)
    assert caught.value.code == code


def test_only_broken_composites_cannot_be_removed() -> None:
    require_removable("SignatureVerification", b"")
    require_removable("AllOf", b"[]")
    require_removable("AnyOf", composite(SIGNATURE, PLACES))
    for config in (b"x", composite(("Unknown", b"")), composite(("AllOf", b"x"))):
        with pytest.raises(ChainError):
            require_removable("AnyOf", config)


@pytest.mark.parametrize(
    ("config", "parts"),
    [
        (b" null ", ()),
        (b"[null, {}]", (Part("", b""), Part("", b""))),
        (b'[{"TYPE": "a", "Config": "YQ==", "more": [1.5]}]', (Part("a", b"a"),)),
        (b'[{"type": "a", "type": null, "config": [97, null]}]', (Part("a", b"a\x00"),)),
        (b'[{"config": "Y\\nQ\\r=="}, {"config": null}]', (Part("", b"a"), Part("", b""))),
    ],
)
def test_json_is_read_as_leniently_as_the_chain_does(config: bytes, parts: tuple[Part, ...]) -> None:
    assert parts_of(config) == parts


@pytest.mark.parametrize(
    "config",
    [
        b"",
        b"{}",
        b"[1]",
        b"[[]]",
        b"[NaN]",
        b'[{"type": 1}]',
        b'[{"config": 1}]',
        b'[{"config": {}}]',
        b'[{"config": [256]}]',
        b'[{"config": [true]}]',
        b'[{"config": "YQ"}]',
        b'[{"config": "Y Q=="}]',
        b"[] []",
    ],
)
def test_json_is_read_as_strictly_as_the_chain_does(config: bytes) -> None:
    with pytest.raises(ChainError) as caught:
        parts_of(config)
    assert (caught.value.codespace, caught.value.code) == ("undefined", 1)
