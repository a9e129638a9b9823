"""How a proposer builds a block: operations, waiting transactions, bridges, premium votes, prices.

Source: dydx-modules §1.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from vaultsim.app.tx import RawTx, injected_tx
from vaultsim.pb.dydxprotocol.bridge import MsgAcknowledgeBridges
from vaultsim.pb.dydxprotocol.clob import MsgProposedOperations, OperationRaw
from vaultsim.pb.dydxprotocol.perpetuals import MsgAddPremiumVotes
from vaultsim.pb.dydxprotocol.prices import MsgUpdateMarketPrices, MsgUpdateMarketPrices_MarketPrice

MOST_BLOCK_BYTES: Final = 4_194_304
"""Room for transactions in one block."""


def price_update(prices: Mapping[int, int]) -> MsgUpdateMarketPrices:
    """The oracle prices of a block, by ascending market id."""
    return MsgUpdateMarketPrices(
        market_price_updates=tuple(
            MsgUpdateMarketPrices_MarketPrice(market_id=market_id, price=prices[market_id])
            for market_id in sorted(prices)
        )
    )


def propose(
    operations: tuple[OperationRaw, ...],
    waiting: Sequence[RawTx],
    votes: MsgAddPremiumVotes,
    prices: MsgUpdateMarketPrices,
    most_bytes: int = MOST_BLOCK_BYTES,
) -> list[RawTx]:
    """The transactions of a block in order.

    Waiting ones get a quarter of the room that prices, votes and bridges leave, then what the operations leave; the
    order within each share is that of acceptance. Without room for the injected ones the block is empty.
    """
    prices_tx, votes_tx = injected_tx(prices), injected_tx(votes)
    bridges_tx = injected_tx(MsgAcknowledgeBridges())
    room = most_bytes - len(prices_tx) - len(votes_tx) - len(bridges_tx)
    if room < 0:
        return []
    first, later = _fitting(waiting, room // 4)
    room -= sum(len(tx.raw) for tx in first)
    operations_tx = injected_tx(MsgProposedOperations(operations_queue=operations))
    if len(operations_tx) > room:
        return []
    second, _ = _fitting(later, room - len(operations_tx))
    tail = [RawTx(raw) for raw in (bridges_tx, votes_tx, prices_tx)]
    return [RawTx(operations_tx), *first, *second, *tail]


def _fitting(txs: Sequence[RawTx], room: int) -> tuple[list[RawTx], list[RawTx]]:
    """Splits transactions into those within the room, counted over all so far, and the others."""
    fitting: list[RawTx] = []
    others: list[RawTx] = []
    used = 0
    for tx in txs:
        used += len(tx.raw)
        (fitting if used <= room else others).append(tx)
    return fitting, others
