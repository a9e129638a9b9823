"""Transactions that name authenticators, on both ways through the ante, and the messages that add and remove them."""

from __future__ import annotations

from typing import Any as Json

import pytest

from tests.app.small_chain import ALICE, BOB, START, Signer, SmallChain, send, signed
from vaultsim.app.ante.authenticators import Authenticators
from vaultsim.app.results import TxResult
from vaultsim.pb import registry
from vaultsim.pb.cosmos.crypto.secp256k1 import PubKey
from vaultsim.pb.dydxprotocol.accountplus import (
    AccountAuthenticator,
    AccountStateRequest,
    GetAuthenticatorRequest,
    GetAuthenticatorsRequest,
    MsgAddAuthenticator,
    MsgRemoveAuthenticator,
    MsgSetActiveState,
    QueryParamsRequest,
    TxExtension,
)
from vaultsim.pb.dydxprotocol.accountplus import Params as AccountplusParams
from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder, Order, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import Message
from vaultsim.x.accountplus.module import accountplus_module
from vaultsim.x.authority import GOV_BECH32

BOBS_KEY = PubKey.decode(BOB.key.value).key


def add(kind: str = "SignatureVerification", config: bytes = BOBS_KEY) -> MsgAddAuthenticator:
    return MsgAddAuthenticator(sender=ALICE.text, authenticator_type=kind, data=config)


def place(flags: int = 0) -> MsgPlaceOrder:
    owner = SubaccountId(owner=ALICE.text)
    return MsgPlaceOrder(order=Order(order_id=OrderId(subaccount_id=owner, order_flags=flags)))


def named(*messages: Message, ids: tuple[int, ...] = (0,), by: Signer = BOB, **how: Json) -> bytes:
    """A transaction for alice's account, by bob's key unless said otherwise."""
    extension = (registry.pack(TxExtension(selected_authenticators=ids)),)
    return signed(*messages, by=by, non_critical=extension, **how)


def outcome(result: TxResult) -> tuple[str, int]:
    return result.codespace, result.code


@pytest.fixture
def chain() -> SmallChain:
    """Alice's account with bob's key as authenticator 0, added by her first transaction."""
    made = SmallChain()
    assert made.deliver(signed(add())).code == 0
    return made


def test_adding_stores_the_authenticator_and_counts_ids_of_all_accounts(chain: SmallChain) -> None:
    state = chain.accountplus.state
    assert state.next_authenticator_id.get(chain.ctx) == 1
    stored = AccountAuthenticator(id=0, type="SignatureVerification", config=BOBS_KEY)
    assert state.authenticators.get(chain.ctx, (ALICE.text, 0)) == stored
    other = MsgAddAuthenticator(sender=BOB.text, authenticator_type="SignatureVerification", data=BOBS_KEY)
    assert chain.deliver(signed(other, by=BOB, number=6)).code == 0
    assert chain.accountplus.authenticators(chain.ctx, BOB.text)[0].id == 1


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (add("Unknown"), ("undefined", 1)),
        (add("MessageFilter", b"/cosmos.bank.v1beta1.MsgSend"), ("undefined", 1)),
        (add(config=bytes(32)), ("undefined", 1)),
        (add("AllOf", b"[]"), ("sdk", 18)),
        (add(config=bytes(1_025)), ("dydxaccountplus", 3)),
        (MsgAddAuthenticator(sender="alice"), ("dydxaccountplus", 2)),
        (MsgRemoveAuthenticator(sender=ALICE.text, id=1), ("dydxaccountplus", 1)),
        (MsgSetActiveState(authority=GOV_BECH32), ("sdk", 18)),
    ],
)
def test_messages_that_are_refused(chain: SmallChain, message: Message, expected: tuple[str, int]) -> None:
    assert outcome(chain.deliver(signed(message, sequence=1))) == expected


def test_bobs_key_acts_for_alice_with_a_fee_and_a_sequence_but_without_a_key_of_its_own(chain: SmallChain) -> None:
    before = chain.account(ALICE).pub_key
    result = chain.deliver(named(send(amount=7), sequence=1))
    assert outcome(result) == ("", 0)
    account = chain.account(ALICE)
    assert (account.sequence, account.pub_key) == (2, before)
    assert chain.balance(ALICE.address) == START - 100_007
    assert (("acc_seq", "/1"),) in [event.attributes() for event in result.events if event.type == "tx"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (named(send(), by=ALICE, sequence=1), ("dydxaccountplus", 100)),
        (named(send(), sequence=1, number=6), ("dydxaccountplus", 100)),
        (named(send(), sequence=1, ids=(1,)), ("dydxaccountplus", 1)),
        (named(send(), sequence=1, ids=(0, 0)), ("sdk", 18)),
        (named(send(), send(), sequence=1, ids=(0, 1)), ("dydxaccountplus", 1)),
        (named(send(), sequence=0), ("sdk", 32)),
        (named(place(), by=ALICE), ("dydxaccountplus", 100)),
        (named(place(64), sequence=1, ids=(9,)), ("dydxaccountplus", 1)),
    ],
)
def test_transactions_that_are_refused_leave_nothing(chain: SmallChain, raw: bytes, expected: tuple[str, int]) -> None:
    before = chain.balance(ALICE.address)
    assert outcome(chain.deliver(raw)) == expected
    assert chain.balance(ALICE.address) == before
    assert chain.account(ALICE).sequence == 1


def test_orders_may_be_placed_with_authenticators(chain: SmallChain) -> None:
    result = chain.deliver(named(place()))
    assert outcome(result) == ("", 0)
    assert [event.type for event in result.events] == ["tx", "tx", "message"]
    assert outcome(chain.deliver(named(place(64), sequence=1))) == ("", 0)
    assert chain.account(ALICE).sequence == 2


def test_switched_off_authenticators_can_neither_act_nor_be_changed(chain: SmallChain) -> None:
    handler = chain.router.execute
    handler(chain.ctx, MsgSetActiveState(authority=GOV_BECH32, active=False))
    assert outcome(chain.deliver(named(send(), sequence=1))) == ("dydxaccountplus", 4)
    assert outcome(chain.deliver(signed(add(), sequence=1))) == ("sdk", 4)
    assert outcome(chain.deliver(signed(MsgRemoveAuthenticator(sender=ALICE.text), sequence=2))) == ("sdk", 4)


def test_a_resting_orders_transaction_is_accepted_while_its_authenticators_are_there(chain: SmallChain) -> None:
    authenticators = Authenticators(chain.accounts, chain.accountplus)
    with_key, with_none = named(place()), signed(place())
    assert authenticators.still_accepts(chain.ctx, with_key)
    assert chain.deliver(signed(MsgRemoveAuthenticator(sender=ALICE.text), sequence=1)).code == 0
    assert not authenticators.still_accepts(chain.ctx, with_key)
    assert authenticators.still_accepts(chain.ctx, with_none)
    assert outcome(chain.deliver(with_key)) == ("dydxaccountplus", 1)


def test_queries_and_genesis_tell_what_is_stored(chain: SmallChain) -> None:
    module, ctx = accountplus_module(chain.accountplus), chain.ctx
    stored = AccountAuthenticator(id=0, type="SignatureVerification", config=BOBS_KEY)

    def ask(name: str, request: Message) -> Json:
        return module.queries[f"/dydxprotocol.accountplus.Query/{name}"][1](ctx, request)

    assert ask("Params", QueryParamsRequest()).params == AccountplusParams(is_smart_account_active=True)
    assert ask("GetAuthenticator", GetAuthenticatorRequest(account=ALICE.text)).account_authenticator == stored
    assert ask("GetAuthenticators", GetAuthenticatorsRequest(account=ALICE.text)).account_authenticators == (stored,)
    assert ask("AccountState", AccountStateRequest(address=ALICE.text)).account_state.address == ""
    assert module.genesis is not None
    section = module.genesis.export(ctx)
    again = SmallChain()
    module.genesis.init(again.ctx, section)
    other = accountplus_module(again.accountplus)
    assert other.genesis is not None
    other.genesis.init(again.ctx, section)
    assert other.genesis.export(again.ctx) == section
