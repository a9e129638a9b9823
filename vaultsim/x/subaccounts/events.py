"""Events of x/subaccounts. Source: dydx-modules §10.6."""

from __future__ import annotations

from typing import ClassVar

from vaultsim.events import Event


class SettledFunding(Event, frozen=True):
    """Funding that an update settled on one position; positive when the subaccount paid."""

    TYPE: ClassVar[str] = "settled_funding"

    subaccount: str
    subaccount_number: int
    perpetual_id: int
    funding_paid_quote_quantums: int
