"""The ante: codes, gas, what it leaves behind. Expected values: dydx-modules §§1.5, 1.10, 1.11."""

from __future__ import annotations

from typing import Any as Json

import pytest

from tests.app.small_chain import ALICE, BOB, CARL, START, TIME_NS, USDC, SmallChain, send, signed
from vaultsim.address import module_address
from vaultsim.pb import registry
from vaultsim.pb.cosmos.gov.v1 import MsgCancelProposal
from vaultsim.pb.cosmos.tx.v1beta1 import TxRaw
from vaultsim.pb.dydxprotocol.accountplus import TxExtension
from vaultsim.pb.dydxprotocol.bridge import MsgAcknowledgeBridges
from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder, Order, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import MsgUpdateOperatorParams
from vaultsim.pb.google.protobuf import Any
from vaultsim.x.authority import GOV_BECH32

NOW_MS = TIME_NS // 1_000_000
FEE_COLLECTOR = module_address("fee_collector")


@pytest.fixture
def chain() -> SmallChain:
    return SmallChain()


def place(order_flags: int = 64, owner: str = ALICE.text) -> MsgPlaceOrder:
    return MsgPlaceOrder(
        order=Order(order_id=OrderId(subaccount_id=SubaccountId(owner=owner), order_flags=order_flags))
    )


def test_a_signed_send_pays_its_fee_stores_its_key_and_raises_its_sequence(chain: SmallChain) -> None:
    result = chain.deliver(signed(send()))
    assert result.code == 0
    assert chain.balance(ALICE.address) == START - 50_000 - 7
    assert chain.balance(BOB.address) == START + 7
    assert chain.balance(FEE_COLLECTOR) == 50_000
    account = chain.account(ALICE)
    assert account.sequence == 1
    assert account.pub_key == ALICE.key


def test_events_of_fee_sequence_and_signature_come_first_then_the_message(chain: SmallChain) -> None:
    events = chain.deliver(signed(send())).to_json()["events"]
    kinds = [event["type"] for event in events]
    paid = ["coin_spent", "coin_received", "transfer", "message"]
    assert kinds == [*paid, "tx", "tx", "tx", "message", *paid]
    assert events[4]["attributes"] == [
        {"key": "fee", "value": f"50000{USDC}", "index": True},
        {"key": "fee_payer", "value": ALICE.text, "index": True},
    ]
    assert events[5]["attributes"][0]["value"] == f"{ALICE.text}/0"
    assert events[7]["attributes"] == [
        {"key": "action", "value": "/cosmos.bank.v1beta1.MsgSend", "index": True},
        {"key": "sender", "value": ALICE.text, "index": True},
        {"key": "module", "value": "bank", "index": True},
        {"key": "msg_index", "value": "0", "index": True},
    ]


def test_gas_of_the_ante_with_a_long_account_row_is_the_recorded_figure(chain: SmallChain) -> None:
    # §1.10: account row 157 bytes, 13-digit balance, empty fee collector, a memo.
    chain.deliver(signed(send(amount=1)))
    chain.bank.send_coins(chain.ctx, FEE_COLLECTOR, BOB.address, chain.bank.balances(chain.ctx, FEE_COLLECTOR))
    row = chain.accounts.state.accounts
    assert len(chain.ctx.branch.find(row.slot, row.key(ALICE.address)).raw) == 157  # type: ignore[union-attr]
    raw = signed(send(), sequence=1, memo="TEUCB")
    assert chain.check(raw).gas_used == 54_358 + 10 * len(raw)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"sequence": 9}, 32),
        ({"chain_id": "another"}, 4),
        ({"number": 77}, 4),
        ({"high_s": True}, 4),
        ({"signatures": (bytes(64),)}, 4),
        ({"signatures": (bytes(63),)}, 4),
        ({"mode": 127}, 4),
        ({"key": BOB.key}, 8),
        ({"key": None}, 8),
        ({"signatures": ()}, 15),
        ({"signatures": (b"", b"")}, 4),
        ({"memo": "m" * 257}, 12),
        ({"timeout_height": 1}, 30),
        ({"granter": BOB.text}, 38),
        ({"payer": "nobody"}, 7),
        ({"gas": 1 << 63}, 18),
        ({"fee": START + 1}, 5),
        ({"fee": -1}, 13),
        ({"extension_options": (registry.pack(TxExtension()),)}, 31),
        ({"non_critical": (registry.pack(MsgAcknowledgeBridges()),)}, 2),
    ],
)
def test_a_bad_transaction_gets_the_chains_code_and_leaves_nothing(
    chain: SmallChain, how: dict[str, Json], code: int
) -> None:
    result = chain.deliver(signed(send(), **how))
    assert result.code == code
    assert result.events == ()
    assert result.data == b""
    assert chain.account(ALICE).sequence == 0
    assert chain.balance(ALICE.address) == START


def test_a_signer_without_account_is_unknown(chain: SmallChain) -> None:
    result = chain.deliver(signed(send(sender=CARL), by=CARL))
    assert (result.codespace, result.code) == ("sdk", 9)


@pytest.mark.parametrize(("fee", "code"), [(49_999, 13), (0, 13), (50_000, 0)])
def test_the_nodes_minimum_fee_counts_in_check_tx_alone(chain: SmallChain, fee: int, code: int) -> None:
    raw = signed(send(), fee=fee)
    assert chain.check(raw).code == code
    other = SmallChain()
    assert other.deliver(raw).code == 0


# The real chain's CheckTx: "recovered: invalid denom: !", from comparing a fee with the node's minimum.
def test_a_malformed_denomination_in_a_fee_panics_in_check_tx(chain: SmallChain) -> None:
    raw = signed(send(), denom="!")
    checked = chain.check(raw)
    assert (checked.codespace, checked.code) == ("undefined", 111222)
    assert chain.deliver(raw).code == 13
    assert chain.check(signed(send(), denom="nope")).code == 13


# The real chain: "recovered: runtime error: invalid memory address or nil pointer dereference" once a key is stored.
def test_a_signer_info_without_key_panics_when_the_account_has_one(chain: SmallChain) -> None:
    assert chain.deliver(signed(send())).code == 0
    result = chain.deliver(signed(send(), sequence=1, key=None))
    assert (result.codespace, result.code) == ("undefined", 111222)


# The real chain: "recovered: pubkey is incorrect size".
def test_an_ed25519_key_of_another_size_panics(chain: SmallChain) -> None:
    short = Any(type_url="/cosmos.crypto.ed25519.PubKey", value=bytes.fromhex("0a21") + bytes(33))
    result = chain.deliver(signed(send(), key=short))
    assert (result.codespace, result.code) == ("undefined", 111222)


# The real chain has a handler for it and so comes to the class of the message: "unsupported msg: invalid request".
def test_a_proposal_is_not_cancelled_by_anybody(chain: SmallChain) -> None:
    result = chain.check(signed(MsgCancelProposal(proposal_id=1, proposer=ALICE.text)))
    assert (result.codespace, result.code) == ("sdk", 18)


def test_running_out_of_gas_in_the_ante_shows_the_gas_outside_the_meter(chain: SmallChain) -> None:
    result = chain.deliver(signed(send(), gas=1_000))
    assert (result.codespace, result.code, result.gas_wanted, result.gas_used) == ("sdk", 11, 0, 1_174)


def test_running_out_of_gas_in_a_message_keeps_the_fee_and_its_events(chain: SmallChain) -> None:
    raw = signed(send(), gas=75_000)
    result = chain.deliver(raw)
    assert (result.codespace, result.code, result.gas_wanted) == ("sdk", 11, 75_000)
    assert result.gas_used > 75_000
    assert len(result.events) == 7
    assert chain.account(ALICE).sequence == 1
    assert chain.balance(ALICE.address) == START - 50_000


def test_an_empty_list_of_authenticators_is_the_classic_flow(chain: SmallChain) -> None:
    assert chain.deliver(signed(send(), non_critical=(registry.pack(TxExtension()),))).code == 0


def test_a_named_authenticator_is_not_found(chain: SmallChain) -> None:
    named = (registry.pack(TxExtension(selected_authenticators=(3,))),)
    result = chain.deliver(signed(send(), non_critical=named))
    assert (result.codespace, result.code) == ("dydxaccountplus", 1)


def test_timestamp_nonces_are_used_once_and_leave_the_sequence_alone(chain: SmallChain) -> None:
    nonces = [NOW_MS, NOW_MS - 1, NOW_MS, NOW_MS - 30_000, NOW_MS - 30_001, NOW_MS + 30_000, NOW_MS + 30_001]
    codes = [chain.deliver(signed(send(), sequence=nonce)).code for nonce in nonces]
    assert codes == [0, 0, 32, 0, 32, 0, 32]
    assert chain.account(ALICE).sequence == 0


def test_the_row_of_timestamp_nonces_has_the_chains_bytes(chain: SmallChain) -> None:
    chain.ctx.time_ns = 1_732_147_210_000_000_000
    for nonce in (1_732_147_210_005, 1_732_147_210_004):
        assert chain.deliver(signed(send(), sequence=nonce)).code == 0
    state = chain.accountplus.state.account_states.get(chain.ctx, ALICE.address)
    assert state is not None
    expected = "0a0c95ce93e0b43294ce93e0b43210808080808020"
    assert state.timestamp_nonce_details.encode().hex() == expected


def test_a_clob_transaction_takes_no_fee_and_has_no_gas(chain: SmallChain) -> None:
    result = chain.deliver(signed(place()))
    assert (result.code, result.gas_wanted, result.gas_used) == (0, -1, 0)
    assert [event.type for event in result.events] == ["tx", "tx", "message"]
    assert chain.balance(ALICE.address) == START
    assert chain.account(ALICE).sequence == 1


def test_a_short_term_order_ignores_sequences_but_not_signatures(chain: SmallChain) -> None:
    assert chain.deliver(signed(place(0), sequence=1_234)).code == 0
    assert chain.account(ALICE).sequence == 0
    assert chain.account(ALICE).pub_key == ALICE.key
    assert chain.deliver(signed(place(0), chain_id="another")).code == 4


@pytest.mark.parametrize("messages", [(place(0), place(0)), (place(0), send()), (place(0), place(64))])
def test_a_short_term_order_must_be_alone(chain: SmallChain, messages: tuple[MsgPlaceOrder, ...]) -> None:
    result = chain.deliver(signed(*messages))
    assert (result.codespace, result.code) == ("sdk", 18)


def test_other_messages_beside_stateful_orders_are_refused_in_check_tx_only(chain: SmallChain) -> None:
    raw = signed(place(), send())
    assert chain.check(raw).code == 18
    assert chain.deliver(raw).code == 0


def test_an_app_injected_message_is_for_blocks_only_and_alone(chain: SmallChain) -> None:
    raw = signed(MsgAcknowledgeBridges())
    assert chain.check(raw).code == 18
    assert chain.deliver(raw).code == 0
    assert chain.deliver(signed(MsgAcknowledgeBridges(), send())).code == 18


def test_an_internal_message_without_route_is_unknown_with_route_refused(chain: SmallChain) -> None:
    result = chain.deliver(signed(MsgUpdateOperatorParams(authority=GOV_BECH32)))
    assert (result.codespace, result.code) == ("sdk", 6)


def test_one_signature_too_many_is_refused(chain: SmallChain) -> None:
    raw = TxRaw.decode(signed(send()))
    doubled = TxRaw(
        body_bytes=raw.body_bytes, auth_info_bytes=raw.auth_info_bytes, signatures=raw.signatures + raw.signatures
    )
    result = chain.deliver(doubled.encode())
    assert (result.codespace, result.code) == ("sdk", 4)
