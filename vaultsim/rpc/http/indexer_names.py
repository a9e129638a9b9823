"""Ids as the indexer makes them: version-5 UUIDs of what they stand for. Source: v4-chain indexer, postgres stores."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid5

from vaultsim.pb.dydxprotocol.clob import OrderId

_NAMESPACE: Final = UUID("0f9da948-a6fb-4c45-9edc-4685c3f3317d")


def subaccount_uuid(owner: str, number: int) -> str:
    """A subaccount's id."""
    return str(uuid5(_NAMESPACE, f"{owner}-{number}"))


def order_uuid(order_id: OrderId) -> str:
    """An order's id."""
    owner = order_id.subaccount_id
    own = subaccount_uuid(owner.owner, owner.number)
    return str(uuid5(_NAMESPACE, f"{own}-{order_id.client_id}-{order_id.clob_pair_id}-{order_id.order_flags}"))


def event_id(height: int, transaction: int, event: int) -> str:
    """An event's id: height, number of the transaction (hooks: -1) and of the event in it."""
    return b"".join(part.to_bytes(4, "big") for part in (height, transaction + 2, event)).hex()


def fill_uuid(event: str, liquidity: str) -> str:
    """One side of a fill: TAKER or MAKER of an event."""
    return str(uuid5(_NAMESPACE, f"{event}-{liquidity}"))


def transfer_uuid(event: str) -> str:
    """A transfer's id."""
    return str(uuid5(_NAMESPACE, f"{event}-transfer"))
