"""A keeper that settles by size alone, and orders in few words."""

from __future__ import annotations

from collections.abc import Callable

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.clob import ClobPair, Order, OrderId, PerpetualClobMetadata
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.store import codecs
from vaultsim.store.multistore import MultiStore
from vaultsim.store.schema import Schema
from vaultsim.x.clob.memclob.memclob import MemClob
from vaultsim.x.clob.types import LONG_TERM, SHORT_TERM, AffiliateTerms, MatchOutcome, MatchWithOrders
from vaultsim.x.subaccounts.types import UpdateResult

BUY, SELL = 1, 2
GTT, IOC, POST_ONLY = 0, 1, 2
PAIR = ClobPair(
    id=0,
    perpetual_clob_metadata=PerpetualClobMetadata(perpetual_id=0),
    step_base_quantums=1,
    subticks_per_tick=1,
    quantum_conversion_exponent=-1,
    status=1,
)


def subaccount(name: str) -> SubaccountId:
    return SubaccountId(owner=name)


def order(
    who: str,
    client_id: int,
    side: int,
    quantums: int,
    subticks: int,
    *,
    til: int = 20,
    time_in_force: int = GTT,
    flags: int = SHORT_TERM,
    reduce_only: bool = False,
) -> Order:
    return Order(
        order_id=OrderId(subaccount_id=subaccount(who), client_id=client_id, order_flags=flags),
        side=side,
        quantums=quantums,
        subticks=subticks,
        good_til_block=til if flags == SHORT_TERM else None,
        good_til_block_time=til if flags == LONG_TERM else None,
        time_in_force=time_in_force,
        reduce_only=reduce_only,
    )


class FakeKeeper:
    """Fills and positions on real branches; whoever is named in `broke` fails every update."""

    def __init__(self) -> None:
        schema = Schema("fake")
        self.fills = schema.map(b"F", codecs.message(OrderId), codecs.DECIMAL)
        self.positions = schema.map(b"P", codecs.message(SubaccountId), codecs.DECIMAL)
        self.store = MultiStore([schema])
        self.broke: dict[str, UpdateResult] = {}
        self.error: ChainError | None = None
        self.before_settling: Callable[[Context], None] = lambda _: None

    def context(self, tx_bytes: bytes = b"tx") -> Context:
        return Context(self.store.branch(), height=10, time_ns=0, is_check=True, tx_bytes=tx_bytes)

    def fill_amount(self, ctx: Context, order_id: OrderId) -> int:
        return self.fills.get(ctx, order_id) or 0

    def position(self, ctx: Context, subaccount_id: SubaccountId, clob_pair_id: int) -> int:
        return self.positions.get(ctx, subaccount_id) or 0

    def process_single_match(self, ctx: Context, match: MatchWithOrders, terms: AffiliateTerms) -> MatchOutcome:
        if self.error is not None:
            raise self.error
        taker, maker = match.taker, match.maker
        results = [self.broke.get(one.subaccount_id.owner, UpdateResult.SUCCESS) for one in (taker, maker)]
        if any(results):
            return MatchOutcome(False, results[0], results[1])
        for one in (taker, maker):
            held = self.position(ctx, one.subaccount_id, 0)
            self.positions.set(ctx, one.subaccount_id, held + (match.fill_amount if one.is_buy else -match.fill_amount))
            if one.order_id is not None:
                self.fills.set(ctx, one.order_id, self.fill_amount(ctx, one.order_id) + match.fill_amount)
        return MatchOutcome(True, UpdateResult.SUCCESS, UpdateResult.SUCCESS)

    def is_collateralized_to_rest(self, ctx: Context, order: Order, quantums: int, pair: ClobPair) -> bool:
        return order.order_id.subaccount_id.owner not in self.broke


def memclob(keeper: FakeKeeper) -> MemClob:
    books = MemClob()
    books.keeper = keeper
    books.create_orderbook(PAIR)
    return books


def resting(books: MemClob) -> tuple[list[Order], list[Order]]:
    """Bids and asks of pair 0 in priority."""
    book = books.book(0)
    return list(book.bids.orders()), list(book.asks.orders())
