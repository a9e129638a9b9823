"""The proposer's blocks: exact bytes of the injected transactions, order and room (dydx-modules §1.4)."""

from __future__ import annotations

from vaultsim.app.app import App
from vaultsim.app.tx import RawTx
from vaultsim.node.chain import Chain
from vaultsim.node.proposer import price_update, propose
from vaultsim.pb.dydxprotocol.perpetuals import FundingPremium, MsgAddPremiumVotes

OPERATIONS = "0a2c0a2a0a282f6479647870726f746f636f6c2e636c6f622e4d736750726f706f7365644f7065726174696f6e7312021200"
BRIDGES = "0a2e0a2c0a2a2f6479647870726f746f636f6c2e6272696467652e4d736741636b6e6f776c656467654272696467657312021200"
VOTES = "0a2f0a2d0a2b2f6479647870726f746f636f6c2e70657270657475616c732e4d73674164645072656d69756d566f74657312021200"
PRICES = "0a2e0a2c0a2a2f6479647870726f746f636f6c2e7072696365732e4d73675570646174654d61726b657450726963657312021200"
NO_VOTES = MsgAddPremiumVotes()
INJECTED_BYTES = sum(len(text) // 2 for text in (OPERATIONS, BRIDGES, VOTES, PRICES))


def test_an_empty_block_has_the_four_injected_transactions() -> None:
    block = propose((), [], NO_VOTES, price_update({}))
    assert [tx.raw.hex() for tx in block] == [OPERATIONS, BRIDGES, VOTES, PRICES]


def test_waiting_transactions_follow_the_operations_in_order() -> None:
    waiting = [RawTx(b"one"), RawTx(b"two", is_trusted=True)]
    block = propose((), waiting, NO_VOTES, price_update({}))
    assert block[1:3] == waiting
    assert len(block) == 6


def test_prices_are_in_order_of_their_markets() -> None:
    assert [row.market_id for row in price_update({7: 1, 2: 3}).market_price_updates] == [2, 7]


def test_waiting_transactions_get_a_quarter_first_then_what_operations_leave() -> None:
    small, large = RawTx(b"s" * 10), RawTx(b"l" * 60)
    room = INJECTED_BYTES + 100
    assert propose((), [large, small], NO_VOTES, price_update({}), room)[1:-3] == [large, small]
    assert propose((), [small, large], NO_VOTES, price_update({}), room)[1:-3] == [small, large]
    assert propose((), [small, large], NO_VOTES, price_update({}), INJECTED_BYTES + 65)[1:-3] == [small]


def test_a_block_without_room_for_the_injected_transactions_is_empty() -> None:
    assert propose((), [], NO_VOTES, price_update({}), 10) == []
    assert propose((), [], NO_VOTES, price_update({}), INJECTED_BYTES - 1) == []
    votes = MsgAddPremiumVotes(votes=(FundingPremium(perpetual_id=0, premium_ppm=1),))
    assert propose((), [], votes, price_update({}), INJECTED_BYTES) == []


# The real chain's daemon drops a price of zero and votes with the price before it: -999 773 ppm against a best ask
# of 1 000 000 subticks at an index price of 4 400 000 000 subticks.
def test_a_price_of_zero_is_no_index_price() -> None:
    app = App()
    chain = Chain(app, index_prices={0: 4_400_000_000, 1: 5})
    app.deliver = app.query_context()
    chain.proposal(prices={0: 0, 1: 7}, index={2: 0})
    assert dict(chain.index_prices) == {0: 4_400_000_000, 1: 7}
