"""Unsigned transactions of impersonated accounts run as if signed, and are found by what was sent."""

from __future__ import annotations

import pytest

from tests.node.live.played import bank_balance, localnet, send, signed, unsigned
from vaultsim.app.tx import TRUSTED_MARK, RawTx
from vaultsim.node.live.blocks import hash_of_tx
from vaultsim.node.live.control import Control
from vaultsim.node.live.node import Node
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder, Order, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.testing.accounts import address_of


@pytest.fixture
def node() -> Node:
    found = localnet()
    Control(found).impersonate(address_of("alice"))
    return found


@pytest.mark.parametrize("signatures", [(), (b"",)])
def test_an_unsigned_transaction_runs_once_and_is_found_by_its_hash(node: Node, signatures: tuple[bytes, ...]) -> None:
    before = bank_balance(node, address_of("bob"))
    raw = unsigned(signed(node, send(5), by="alice"), signatures)
    assert node.submit(raw).code == 0
    node.produce_block()
    node.produce_block()
    assert bank_balance(node, address_of("bob")) == before + 5
    place = node.blocks.find_tx(hash_of_tx(raw))
    assert place is not None
    assert (place.block.height, place.position, place.result.code) == (2, 1, 0)
    assert node.blocks.find_tx(hash_of_tx(node.as_received(raw).raw)) == place
    assert place.block.tx_hashes[1] == hash_of_tx(place.raw)


def test_the_sequence_grows_as_if_it_had_been_signed(node: Node) -> None:
    node.submit(unsigned(signed(node, send(5), by="alice")))
    assert node.submit(signed(node, send(6), by="alice", sequence=0)).code == 32
    assert node.submit(signed(node, send(6), by="alice", sequence=1)).code == 0


def test_real_signatures_still_count_and_wrong_ones_are_wrong(node: Node) -> None:
    raw = signed(node, send(5), by="alice")
    assert node.as_received(raw) == RawTx(raw)
    assert node.submit(unsigned(raw, (bytes(64),))).code == 4
    assert node.submit(raw).code == 0


def test_every_signer_must_be_impersonated(node: Node) -> None:
    both = (send(5), send(5, "bob", "alice"))
    raw = unsigned(signed(node, *both, by="alice"))
    assert node.submit(raw).code != 0
    Control(node).impersonate(address_of("bob"))
    assert node.submit(raw).code == 0
    Control(node).impersonate(address_of("bob"), on=False)
    assert node.submit(raw).code != 0


def test_without_impersonation_nothing_unsigned_is_taken() -> None:
    node = localnet()
    raw = unsigned(signed(node, send(5), by="alice"))
    assert node.submit(raw).code == 15
    assert node.submit(unsigned(raw, (b"",))).code == 4


def test_the_mark_from_outside_is_no_signature(node: Node) -> None:
    bob = signed(node, send(5, "bob", "alice"), by="bob")
    assert node.submit(unsigned(bob, (TRUSTED_MARK,))).code == 4
    marked_memo = signed(node, send(5, "bob", "alice"), by="bob", memo=TRUSTED_MARK.decode())
    assert not RawTx.recorded(marked_memo).is_trusted
    assert node.submit(marked_memo).code == 0


@pytest.mark.parametrize("raw", [b"", b"\xff", b"\x0a\x02\x08\x01", bytes(300)])
def test_what_is_no_transaction_is_refused_as_ever(node: Node, raw: bytes) -> None:
    result = node.submit(raw)
    assert result == node.chain.submit(RawTx(raw))
    assert result.code != 0


def test_a_message_without_fee_or_with_a_bad_signer_is_refused_as_ever(node: Node) -> None:
    bad = MsgSend(from_address="dydx1nobody", to_address=address_of("bob"))
    assert node.submit(unsigned(signed(node, bad, by="alice"))).code != 0


def test_a_short_term_order_rests_fills_and_replays_as_if_signed(node: Node) -> None:
    def order(client_id: int, side: int, owner: str) -> MsgPlaceOrder:
        subaccount = SubaccountId(owner=address_of(owner), number=0)
        order_id = OrderId(subaccount_id=subaccount, client_id=client_id, order_flags=0, clob_pair_id=0)
        return MsgPlaceOrder(
            order=Order(
                order_id=order_id,
                side=side,
                quantums=10_000_000,
                subticks=9_850_000_000,
                good_til_block=node.height + 5,
            )
        )

    node.produce_block()
    Control(node).impersonate(address_of("bob"))
    for message, owner in ((order(1, 1, "alice"), "alice"), (order(2, 2, "bob"), "bob")):
        assert node.submit(unsigned(signed(node, message, by=owner, fee=0, gas_limit=0))).code == 0
    record = node.produce_block()
    assert record.results[0].code == 0
    held = node.app.modules.subaccounts.get(node.state_at(), SubaccountId(owner=address_of("alice"), number=0))
    assert [position.quantums for position in held.perpetual_positions] == [10_000_000]
