"""Events of x/sending. Source: dydx-modules §11."""

from __future__ import annotations

from typing import ClassVar

from vaultsim.events import Event


class CreateTransfer(Event, frozen=True):
    """Quantums went from one subaccount to another."""

    TYPE: ClassVar[str] = "create_transfer"

    sender: str
    sender_number: int
    recipient: str
    recipient_number: int
    asset_id: int
    quantums: int


class DepositToSubaccount(Event, frozen=True):
    """Quantums went from an account to a subaccount."""

    TYPE: ClassVar[str] = "deposit_to_subaccount"

    sender: str
    recipient: str
    recipient_number: int
    asset_id: int
    quantums: int


class WithdrawFromSubaccount(Event, frozen=True):
    """Quantums went from a subaccount to an account."""

    TYPE: ClassVar[str] = "withdraw_from_subaccount"

    sender: str
    sender_number: int
    recipient: str
    asset_id: int
    quantums: int
