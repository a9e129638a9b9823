"""Decoding, injected transactions, JSON forms, message classes. Expected values: dydx-modules §§1.4, 1.5, 1.7."""

from __future__ import annotations

import base64
import hashlib
from typing import Any as Json

import pytest

from tests.app.small_chain import ALICE, BOB, START, USDC, SmallChain, send, signed
from vaultsim.app.message_classes import is_proposable, require_allowed
from vaultsim.app.signers import signer_addresses, signer_texts
from vaultsim.app.tx import RawTx, decode_tx, injected_tx
from vaultsim.app.tx_json import tx_from_json
from vaultsim.pb import registry
from vaultsim.pb.cosmos.authz.v1beta1 import MsgExec
from vaultsim.pb.cosmos.bank.v1beta1 import Input, MsgMultiSend
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.cosmos.gov.v1 import MsgSubmitProposal
from vaultsim.pb.dydxprotocol.bridge import MsgAcknowledgeBridges
from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder, MsgProposedOperations, Order, OrderId
from vaultsim.pb.dydxprotocol.perpetuals import MsgAddPremiumVotes
from vaultsim.pb.dydxprotocol.prices import MsgUpdateMarketPrices
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import MsgDepositToMegavault, MsgSetVaultParams, MsgUnlockShares
from vaultsim.pb.runtime import JsonError, Message
from vaultsim.x.sdk_errors import InvalidRequest, TxDecode

INJECTED = {
    MsgProposedOperations: "0a2c0a2a0a282f6479647870726f746f636f6c2e636c6f622e4d736750726f706f7365644f70657261"
    "74696f6e7312021200",
    MsgAcknowledgeBridges: "0a2e0a2c0a2a2f6479647870726f746f636f6c2e6272696467652e4d736741636b6e6f776c65646765"
    "4272696467657312021200",
    MsgAddPremiumVotes: "0a2f0a2d0a2b2f6479647870726f746f636f6c2e70657270657475616c732e4d736741646450"
    "72656d69756d566f74657312021200",
    MsgUpdateMarketPrices: "0a2e0a2c0a2a2f6479647870726f746f636f6c2e7072696365732e4d73675570646174"
    "654d61726b657450726963657312021200",
}
SEND_JSON: dict[str, Json] = {
    "@type": "/cosmos.bank.v1beta1.MsgSend",
    "from_address": ALICE.text,
    "to_address": BOB.text,
    "amount": [{"denom": USDC, "amount": "7"}],
}


@pytest.mark.parametrize(("message_class", "expected"), INJECTED.items())
def test_injected_transactions_have_the_chains_bytes(message_class: type[Message], expected: str) -> None:
    raw = injected_tx(message_class())
    assert raw.hex() == expected
    assert decode_tx(raw).messages == (message_class(),)


def test_a_transaction_keeps_the_bytes_it_came_in() -> None:
    raw = signed(send())
    tx = decode_tx(raw)
    assert tx.raw == raw
    assert tx.hash == hashlib.sha256(raw).digest()
    assert tx.messages == (send(),)
    assert tx.signers == (ALICE.address,)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00",
        bytes.fromhex("0a0500"),
        signed(send())[:-1],
        signed(send()) + bytes.fromhex("2a00"),
        bytes.fromhex("12021200") + bytes.fromhex("0a00"),
        bytes.fromhex("0a820000"),
        b"\x0a\x06\x0a\x04\x0a\x02/x",
    ],
)
def test_broken_bytes_are_a_parse_error(raw: bytes) -> None:
    with pytest.raises(TxDecode):
        decode_tx(raw)
    chain = SmallChain()
    assert (chain.deliver(raw).codespace, chain.deliver(raw).code) == ("sdk", 2)
    assert chain.deliver(raw).log == "tx parse error"
    assert chain.check(raw).code == 2


def test_no_message_is_an_invalid_request_with_the_outer_gas_in_a_block() -> None:
    chain = SmallChain()
    raw = bytes.fromhex("1200")
    assert (chain.check(raw).code, chain.check(raw).gas_used) == (18, 0)
    assert (chain.deliver(raw).code, chain.deliver(raw).gas_used) == (18, 1_174)


@pytest.mark.parametrize("amount", ["x", "1.5", " 7", "0x7", "9" * 80])
def test_an_amount_that_is_no_number_does_not_decode(amount: str) -> None:
    coins = (Coin(denom=USDC, amount=amount),)
    with pytest.raises(TxDecode):
        decode_tx(signed(MsgMultiSend(inputs=(Input(address=ALICE.text, coins=coins),))))


def test_the_short_form_runs_as_if_signed_with_the_sequence_raised() -> None:
    chain = SmallChain()
    tx = tx_from_json({"messages": [SEND_JSON]})
    assert tx.is_trusted
    assert chain.check(tx).code == 0
    result = chain.deliver(RawTx.recorded(tx.raw))
    assert result.code == 0
    assert chain.account(ALICE).sequence == 2
    assert chain.balance(ALICE.address) == START - 7
    assert chain.deliver(tx.raw).code == 4


@pytest.mark.parametrize(
    "fee", [f"50000{USDC}", [{"denom": USDC, "amount": "50000"}], {"amount": [{"denom": USDC, "amount": "50000"}]}]
)
def test_the_short_form_takes_a_fee_in_three_ways(fee: Json) -> None:
    chain = SmallChain()
    assert chain.deliver(tx_from_json({"messages": [SEND_JSON], "fee": fee})).code == 0
    assert chain.balance(ALICE.address) == START - 7 - 50_000


def test_the_sdks_json_is_the_signed_transaction() -> None:
    raw = signed(send())
    tx = decode_tx(raw)
    obj = {
        "body": tx.body.to_json(),
        "auth_info": tx.auth_info.to_json(),
        "signatures": [base64.b64encode(one).decode() for one in tx.signatures],
    }
    assert tx_from_json(obj) == RawTx(raw)


@pytest.mark.parametrize(
    ("obj", "path"),
    [
        ({}, "$"),
        ({"messages": []}, "$.messages"),
        ({"messages": [SEND_JSON], "colour": 1}, "$.colour"),
        ({"messages": [{"@type": "/no.such.Msg"}]}, "$.messages[0].@type"),
        ({"messages": [SEND_JSON], "fee": "x"}, "$.fee"),
        ({"messages": [SEND_JSON], "gas_limit": -1}, "$.gas_limit"),
        ({"body": {}, "signatures": ["?"]}, "$.signatures[0]"),
    ],
)
def test_json_that_is_no_transaction_names_the_place(obj: dict[str, Json], path: str) -> None:
    with pytest.raises(JsonError) as caught:
        tx_from_json(obj)
    assert caught.value.path == path


def nested(*messages: Message) -> tuple[Message, Message]:
    packed = tuple(registry.pack(message) for message in messages)
    return MsgExec(grantee=ALICE.text, msgs=packed), MsgSubmitProposal(messages=packed, proposer=ALICE.text)


@pytest.mark.parametrize(
    ("message", "in_exec", "in_proposal"),
    [
        (send(), True, True),
        (MsgUnlockShares(), False, True),
        (MsgDepositToMegavault(), False, True),
        (MsgProposedOperations(), False, False),
        (MsgExec(), False, False),
        (MsgSubmitProposal(), False, False),
    ],
)
def test_what_may_be_nested(message: Message, in_exec: bool, in_proposal: bool) -> None:
    for outer, allowed in zip(nested(message), (in_exec, in_proposal), strict=True):
        assert is_proposable([outer]) == allowed
        if allowed:
            require_allowed([outer], is_check=True)
        else:
            with pytest.raises(InvalidRequest):
                require_allowed([outer], is_check=True)


def test_signers_are_found_where_each_message_has_them() -> None:
    owner = SubaccountId(owner=ALICE.text)
    assert signer_texts(MsgPlaceOrder(order=Order(order_id=OrderId(subaccount_id=owner)))) == (ALICE.text,)
    assert signer_texts(MsgDepositToMegavault(subaccount_id=owner)) == (ALICE.text,)
    assert signer_texts(MsgSetVaultParams(authority=BOB.text)) == (BOB.text,)
    assert signer_texts(MsgMultiSend(inputs=(Input(address=BOB.text),))) == (BOB.text,)
    assert signer_texts(MsgUpdateMarketPrices()) == ()
    assert signer_addresses(send()) == (ALICE.address,)
