"""Transactions that a chain refuses: its codes, and a state that only a passed ante changes.

Source: dydx-modules §§1.2, 1.10, 14.5, 20.2-20.9 and their error tables.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.world import ALICE, BOB, MEGAVAULT, VaultCase, orders, started, subaccount
from vaultsim.app.results import TxResult
from vaultsim.app.tx import RawTx, injected_tx
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.cosmos.tx.v1beta1 import TxRaw
from vaultsim.pb.dydxprotocol.clob import (
    ClobMatch,
    MakerFill,
    MatchOrders,
    MsgPlaceOrder,
    MsgProposedOperations,
    OperationRaw,
    Order,
    OrderId,
)
from vaultsim.pb.dydxprotocol.prices import MsgUpdateMarketPrices, MsgUpdateMarketPrices_MarketPrice
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import MsgDepositToMegavault
from vaultsim.pb.runtime import replace
from vaultsim.testing.keys import ORDER, signed_tx, signing_key
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.assets.types import USDC_DENOM

STATE = ("vault", "subaccounts", "bank", "acc", "clob", "prices", "sendingmodule")
SEND = MsgSend(from_address=ALICE, to_address=BOB, amount=(Coin(denom=USDC_DENOM, amount="5"),))
RICH = 10**12


@pytest.fixture
def chain() -> LocalChain:
    made = started(
        vaults=[VaultCase(0, "Q", 10**10)],
        main=10**9,
        operator=ALICE,
        subaccounts=[subaccount(ALICE, RICH), subaccount(BOB, RICH)],
    )
    made.block()
    return made


def code(result: TxResult) -> tuple[str, int]:
    return (result.codespace, result.code)


def assert_refused(chain: LocalChain, raw: bytes, expected: tuple[str, int]) -> None:
    """In CheckTx and in a block, with nothing left of it."""
    assert code(chain.chain.submit(RawTx(raw))) == expected
    before = chain.rows()
    outcome = chain.execute([RawTx(raw)])
    assert code(outcome.results[0]) == expected
    after = chain.rows()
    for store in STATE:
        assert after.get(store) == before.get(store), store


# --- around the messages -------------------------------------------------------------------------------------------


def good(chain: LocalChain, **how: Any) -> bytes:
    return chain.signed(SEND, by="alice", **how).raw


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"chain_id": "another"}, ("sdk", 4)),
        ({"account_number": 9}, ("sdk", 4)),
        ({"sequence": 5}, ("sdk", 32)),
        ({"fee": 0}, ("sdk", 13)),
        ({"gas_limit": 1_000}, ("sdk", 11)),
        ({"memo": "m" * 300}, ("sdk", 12)),
        ({"timeout_height": 1}, ("sdk", 30)),
    ],
    ids=lambda one: str(one) if isinstance(one, dict) else "",
)
def test_what_the_ante_refuses(chain: LocalChain, how: dict[str, Any], expected: tuple[str, int]) -> None:
    raw = good(chain, **how)
    assert code(chain.chain.submit(RawTx(raw))) == expected
    if how.get("fee") != 0:  # what a fee must be is a node's own rule, asked in CheckTx only
        assert_refused(chain, raw, expected)


def test_a_signature_with_the_wrong_key(chain: LocalChain) -> None:
    raw = signed_tx(SEND, by="bob", chain_id=chain.app.chain_id, account_number=0, sequence=0)
    assert_refused(chain, raw, ("sdk", 8))


def test_a_signature_of_another_key_under_the_right_one(chain: LocalChain) -> None:
    tx = TxRaw.decode(good(chain))
    forged = replace(tx, signatures=(signing_key("bob").sign_recoverable(b"anything")[:64],))
    assert_refused(chain, forged.encode(), ("sdk", 4))


def test_a_signature_with_a_high_s(chain: LocalChain) -> None:
    tx = TxRaw.decode(good(chain))
    s = ORDER - int.from_bytes(tx.signatures[0][32:], "big")
    assert_refused(chain, replace(tx, signatures=(tx.signatures[0][:32] + s.to_bytes(32, "big"),)).encode(), ("sdk", 4))


@pytest.mark.parametrize(
    "broken",
    [
        lambda raw: b"",
        lambda raw: raw[:-1],
        lambda raw: raw + b"\x00",
        lambda raw: b"\xff" * 40,
        lambda raw: raw + b"\x7a\x01x",
        lambda raw: raw[: len(raw) // 2],
    ],
    ids=["empty", "truncated", "trailing zero", "noise", "unknown field", "half"],
)
def test_broken_bytes(chain: LocalChain, broken: Any) -> None:
    raw = broken(good(chain))
    # Empty bytes decode to a transaction without anything in it; what comes next has no signer information.
    expected = code(chain.chain.submit(RawTx(raw)))
    assert expected[0] == "sdk"
    assert expected[1] in (2, 18)
    assert_refused(chain, raw, expected)


def test_the_same_transaction_twice(chain: LocalChain) -> None:
    raw = good(chain)
    outcome = chain.execute([RawTx(raw), RawTx(raw)])
    assert [code(result) for result in outcome.results] == [("", 0), ("sdk", 32)]


@pytest.mark.parametrize("amount", ["0", "-5"])
def test_coins_that_are_none(chain: LocalChain, amount: str) -> None:
    coin = Coin(denom=USDC_DENOM, amount=amount)
    message = MsgSend(from_address=ALICE, to_address=BOB, amount=(coin,))
    assert_failed(chain, message, ("sdk", 10))


def test_a_blocked_recipient_and_too_many_coins(chain: LocalChain) -> None:
    much = MsgSend(from_address=ALICE, to_address=MEGAVAULT, amount=(Coin(denom=USDC_DENOM, amount=str(10**30)),))
    assert_failed(chain, much, ("sdk", 5))


def assert_failed(chain: LocalChain, message: Any, expected: tuple[str, int]) -> None:
    """The block's code; fee and sequence are all that is left of a message that failed after the ante."""
    before = chain.rows()
    result = chain.deliver(message, by="alice")
    assert code(result) == expected
    after = chain.rows()
    for store in ("vault", "subaccounts", "clob", "prices"):
        assert after[store] == before[store]


# --- orders --------------------------------------------------------------------------------------------------------


def order(**changes: Any) -> Order:
    """A good long-term bid of alice for one BTC-step-aligned amount at $10,000."""
    id_changes = {name: changes.pop(name) for name in ("clob_pair_id", "order_flags", "client_id") if name in changes}
    order_id = OrderId(
        subaccount_id=SubaccountId(owner=ALICE, number=0),
        **{"client_id": 7, "order_flags": 64, "clob_pair_id": 0, **id_changes},
    )
    values = {"side": 1, "quantums": 1_000_000, "subticks": 100_000_000, "good_til_block_time": 60, **changes}
    return Order(order_id=order_id, **values)


def test_a_good_order_is_placed(chain: LocalChain) -> None:
    assert chain.submit(MsgPlaceOrder(order=order()), by="alice").code == 0
    assert chain.block().results[1].code == 0
    assert len(orders(chain)) == 5


BAD_ORDERS = {
    "off the tick": (order(subticks=100_000_001), ("clob", 12)),
    "off the step": (order(quantums=1_000_001), ("clob", 12)),
    "no size": (order(quantums=0), ("clob", 4)),
    "no price": (order(subticks=0), ("clob", 6)),
    "no side": (order(side=0), ("clob", 3)),
    "too large for its owner": (order(quantums=10**17, subticks=400_000_000), ("clob", 3007)),
    "an unknown pair": (order(clob_pair_id=99), ("clob", 8)),
    "expired": (order(good_til_block_time=1), ("clob", 3003)),
    "too far ahead": (order(good_til_block_time=10**8), ("clob", 3004)),
}


@pytest.mark.parametrize(("bad", "expected"), BAD_ORDERS.values(), ids=BAD_ORDERS.keys())
def test_orders_that_may_not_be(chain: LocalChain, bad: Order, expected: tuple[str, int]) -> None:
    raw = chain.signed(MsgPlaceOrder(order=bad), by="alice").raw
    assert code(chain.chain.submit(RawTx(raw))) == expected
    before = chain.rows()
    result = chain.execute([RawTx(raw)]).results[0]
    assert code(result) == expected
    after = chain.rows()
    for store in ("clob", "subaccounts", "vault", "prices"):
        assert after[store] == before[store]


def test_a_short_term_order_far_ahead_or_past(chain: LocalChain) -> None:
    for good_til, expected in ((1, ("clob", 10)), (1_000, ("clob", 11))):
        late = order(order_flags=0, good_til_block=good_til, good_til_block_time=0)
        late = replace(late, good_til_block_time=None)
        assert code(chain.submit(MsgPlaceOrder(order=late), by="alice")) == expected


def test_an_order_crossing_its_owners_own_does_not_fill(chain: LocalChain) -> None:
    assert chain.submit(MsgPlaceOrder(order=order(client_id=1, side=2, subticks=190_000_000)), by="alice").code == 0
    chain.block()
    assert chain.submit(MsgPlaceOrder(order=order(client_id=2, side=1, subticks=195_000_000)), by="alice").code == 0
    chain.blocks(3)
    alice = SubaccountId(owner=ALICE, number=0)
    assert chain.app.modules.subaccounts.get(chain.ctx, alice).perpetual_positions != ()
    # The vault's better bid was hit by the ask; alice's own orders never met.
    matches = [event for one in chain.outcomes for result in one.results for event in result.events]
    assert not any(
        event.type == "match" and sum(value == ALICE for _, value in event.attributes()) > 1 for event in matches
    )


# --- what a proposer may not claim -----------------------------------------------------------------------------------


def operations(fill: int, maker: OrderId, taker: Order) -> bytes:
    match = MatchOrders(taker_order_id=taker.order_id, fills=(MakerFill(fill_amount=fill, maker_order_id=maker),))
    queue = (OperationRaw(match=ClobMatch(match_orders=match)),)
    return injected_tx(MsgProposedOperations(operations_queue=queue))


@pytest.mark.parametrize("fill", [0, 7, 1_000_000, 2**63])
def test_operations_that_lie_about_fills(chain: LocalChain, fill: int) -> None:
    vault_bid = next(one for one in orders(chain) if one.side == 1)
    taker = order(side=2, subticks=100_000_000, quantums=1_000_000)
    assert chain.submit(MsgPlaceOrder(order=taker), by="alice").code == 0
    before = chain.rows()
    result = chain.execute([RawTx(operations(fill, vault_bid.order_id, taker))]).results[0]
    assert result.codespace in ("clob", "undefined")
    assert result.code != 0
    after = chain.rows()
    for store in ("clob", "subaccounts", "vault"):
        assert after[store] == before[store]


def prices_tx(*updates: tuple[int, int]) -> bytes:
    listed = tuple(MsgUpdateMarketPrices_MarketPrice(market_id=market, price=price) for market, price in updates)
    return injected_tx(MsgUpdateMarketPrices(market_price_updates=listed))


@pytest.mark.parametrize(
    "updates", [((0, 0),), ((9, 5),), ((1, 5), (0, 5)), ((0, 5), (0, 6))], ids=["zero", "missing", "order", "twice"]
)
def test_price_updates_that_may_not_be(chain: LocalChain, updates: tuple[tuple[int, int], ...]) -> None:
    before = chain.rows()["prices"]
    result = chain.execute([RawTx(prices_tx(*updates))]).results[0]
    assert result.code != 0
    assert chain.rows()["prices"] == before


def test_a_price_may_jump(chain: LocalChain) -> None:
    assert chain.execute([RawTx(prices_tx((0, 2 * 10**13)))]).results[0].code == 0
    chain.block()
    assert chain.execute([RawTx(prices_tx((0, 1)))]).results[0].code == 0
    chain.blocks(2)
    deposit = MsgDepositToMegavault(subaccount_id=SubaccountId(owner=ALICE, number=0), quote_quantums=10**6)
    assert chain.deliver(deposit, by="alice").code == 0


def test_a_proposers_messages_are_not_taken_from_others(chain: LocalChain) -> None:
    for raw in (prices_tx((0, 5)), injected_tx(MsgProposedOperations())):
        assert chain.chain.submit(RawTx(raw)).code != 0
    signed = chain.signed(MsgUpdateMarketPrices(), by="alice")
    assert chain.chain.submit(signed).code != 0
