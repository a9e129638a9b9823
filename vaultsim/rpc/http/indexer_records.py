"""Fills and transfers of a block, out of the events of its transactions and the operations its proposer put in it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from vaultsim.app.tx import RawTx, decode_tx
from vaultsim.errors import ChainError
from vaultsim.events import AnyEvent
from vaultsim.lib.quantums import fill_amount_to_quote_quantums
from vaultsim.node.live.blocks import BlockRecord
from vaultsim.pb.dydxprotocol.clob import ClobMatch, MsgProposedOperations, OrderId
from vaultsim.pb.dydxprotocol.vault import MsgDepositToMegavault, MsgWithdrawFromMegavault
from vaultsim.rpc.http.indexer_markets import Market, Markets
from vaultsim.rpc.http.indexer_names import event_id
from vaultsim.rpc.http.indexer_numbers import over, tick_multiple, usdc
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.clob.types import TWAP_SUBORDER
from vaultsim.x.vault.types import MAIN_VAULT

HOOKS: Final = -1
"""Number of the transaction for what hooks of a block did."""
_PLAIN_TRANSFERS: Final = ("create_transfer", "deposit_to_subaccount", "withdraw_from_subaccount")
_MEGAVAULT_TRANSFERS: Final = ("deposit_to_megavault", "withdraw_from_megavault")


class Side(NamedTuple):
    """One side of a fill.

    order_id: None for a liquidation or deleveraging; fee in quote quantums, negative for a rebate.
    """

    owner: str
    number: int
    is_buy: bool
    kind: str
    order_id: OrderId | None
    fee: int
    builder: str
    builder_fee: int
    router: str
    router_fee: int


class Fill(NamedTuple):
    """A trade of two subaccounts; price in USDC."""

    height: int
    time_ns: int
    event: str
    clob_pair_id: int
    base_quantums: int
    quote_quantums: int
    price: Decimal
    taker: Side
    maker: Side


class End(NamedTuple):
    """Where a transfer starts or ends; number: None for an account's own balance."""

    address: str
    number: int | None


class Transfer(NamedTuple):
    """Quantums of an asset that went from one end to another; tx_hash empty for what a hook did."""

    height: int
    time_ns: int
    event: str
    sender: End
    recipient: End
    asset_id: int
    quantums: int
    tx_hash: bytes


class _Move(NamedTuple):
    sender: End
    recipient: End
    asset_id: int
    quantums: int


class _Orders(NamedTuple):
    taker: OrderId | None
    maker: OrderId | None


def fills_of(record: BlockRecord, markets: Markets) -> list[Fill]:
    """The fills of a block, in the chain's order."""
    found = []
    for position, result in enumerate(record.results):
        events = [(number, event) for number, event in enumerate(result.events) if event.type == "match"]
        if not events:
            continue
        orders = _matched_orders(record.txs[position].raw)
        if len(orders) != len(events):
            orders = [_Orders(None, None)] * len(events)
        for (number, event), pair_of_orders in zip(events, orders, strict=True):
            values = dict(event.attributes())
            market = markets.of_perpetual(int(values["perpetual_id"]))
            if market is not None:
                name = event_id(record.height, position, number)
                found.append(_fill(record, name, values, pair_of_orders, market))
    return found


def transfers_of(record: BlockRecord) -> list[Transfer]:
    """The transfers of a block from and to subaccounts, in the chain's order."""
    found = []
    for position, number, event in _all_events(record):
        if event.type in _PLAIN_TRANSFERS:
            moved: _Move | None = _plain_move(dict(event.attributes()))
        elif event.type in _MEGAVAULT_TRANSFERS and position != HOOKS:
            moved = _megavault_move(record.txs[position], event.type, dict(event.attributes()))
        else:
            continue
        if moved is not None:
            found.append(
                Transfer(
                    height=record.height,
                    time_ns=record.time_ns,
                    event=event_id(record.height, position, number),
                    sender=moved.sender,
                    recipient=moved.recipient,
                    asset_id=moved.asset_id,
                    quantums=moved.quantums,
                    tx_hash=b"" if position == HOOKS else record.tx_hashes[position],
                )
            )
    return found


def _all_events(record: BlockRecord) -> Iterator[tuple[int, int, AnyEvent]]:
    for position, result in enumerate(record.results):
        if result.code == 0:
            for number, event in enumerate(result.events):
                yield position, number, event
    for number, event in enumerate(record.events):
        yield HOOKS, number, event


def _plain_move(values: dict[str, str]) -> _Move:
    sender_number, recipient_number = values.get("sender_number"), values.get("recipient_number")
    return _Move(
        End(values["sender"], None if sender_number is None else int(sender_number)),
        End(values["recipient"], None if recipient_number is None else int(recipient_number)),
        int(values["asset_id"]),
        int(values["quantums"]),
    )


def _megavault_move(tx: RawTx, kind: str, values: dict[str, str]) -> _Move | None:
    """A deposit to or a withdrawal from the megavault; the event names the owner, the message the subaccount."""
    try:
        message = decode_tx(tx.raw, is_trusted=tx.is_trusted).messages[int(values["msg_index"])]
    except (ChainError, KeyError, IndexError):
        return None
    if not isinstance(message, MsgDepositToMegavault | MsgWithdrawFromMegavault) or message.subaccount_id is None:
        return None
    main = End(MAIN_VAULT.owner, MAIN_VAULT.number)
    owner = End(message.subaccount_id.owner, message.subaccount_id.number)
    if kind == "deposit_to_megavault":
        return _Move(owner, main, USDC_ASSET_ID, int(values["quote_quantums"]))
    return _Move(main, owner, USDC_ASSET_ID, int(values["redeemed_quote_quantums"]))


def _matched_orders(raw: bytes) -> list[_Orders]:
    """The orders of each fill that a block's operations make, in order."""
    try:
        messages = decode_tx(raw, is_trusted=True).messages
    except ChainError:
        return []
    found: list[_Orders] = []
    for message in messages:
        if isinstance(message, MsgProposedOperations):
            for operation in message.operations_queue:
                if operation.match is not None:
                    found += _orders_of_match(operation.match)
    return found


def _orders_of_match(match: ClobMatch) -> list[_Orders]:
    if match.match_orders is not None:
        taker = match.match_orders.taker_order_id
        return [_Orders(taker, fill.maker_order_id) for fill in match.match_orders.fills]
    if match.match_perpetual_liquidation is not None:
        return [_Orders(None, fill.maker_order_id) for fill in match.match_perpetual_liquidation.fills]
    if match.match_perpetual_deleveraging is not None:
        return [_Orders(None, None) for _ in match.match_perpetual_deleveraging.fills]
    return []


def _fill(record: BlockRecord, name: str, values: dict[str, str], orders: _Orders, market: Market) -> Fill:
    base = abs(int(values["maker_perpetual_quantums_delta_base_quantums"]))
    maker_costs = int(values["maker_order_fee_quote_quantums"]) + int(values["maker_builder_fee_quantums"])
    quote = abs(int(values["maker_quote_balance_delta_quote_quantums"]) + maker_costs)
    return Fill(
        height=record.height,
        time_ns=record.time_ns,
        event=name,
        clob_pair_id=market.pair.id,
        base_quantums=base,
        quote_quantums=quote,
        price=_price(base, quote, market, is_on_book=values["is_deleverage"] != "true"),
        taker=_side("taker", values, orders.taker),
        maker=_side("maker", values, orders.maker),
    )


def _price(base: int, quote: int, market: Market, *, is_on_book: bool) -> Decimal:
    if not is_on_book:
        return over(usdc(quote), market.size(base))
    pair = market.pair
    exponent = pair.quantum_conversion_exponent
    subticks = tick_multiple(quote, base, exponent, pair.subticks_per_tick)
    if fill_amount_to_quote_quantums(subticks, base, exponent) != quote:
        # The order was placed when the tick was finer than now.
        return over(usdc(quote), market.size(base))
    return market.price(subticks)


def _side(name: str, values: dict[str, str], order_id: OrderId | None) -> Side:
    return Side(
        owner=values[f"{name}_subaccount"],
        number=int(values[f"{name}_subaccount_number"]),
        is_buy=int(values[f"{name}_perpetual_quantums_delta_base_quantums"]) > 0,
        kind=_kind(name, values, order_id),
        order_id=order_id,
        fee=int(values[f"{name}_order_fee_quote_quantums"]),
        builder=values[f"{name}_builder_address"],
        builder_fee=int(values[f"{name}_builder_fee_quantums"]),
        router=values[f"{name}_order_router_address"],
        router_fee=int(values[f"{name}_order_router_fee_quote_quantums"]),
    )


def _kind(name: str, values: dict[str, str], order_id: OrderId | None) -> str:
    if values["is_deleverage"] == "true":
        return "DELEVERAGED" if name == "taker" else "OFFSETTING"
    if values["is_liquidation"] == "true":
        return "LIQUIDATED" if name == "taker" else "LIQUIDATION"
    return "TWAP_SUBORDER" if order_id is not None and order_id.order_flags == TWAP_SUBORDER else "LIMIT"
