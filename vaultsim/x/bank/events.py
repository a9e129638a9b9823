"""Events of x/bank. Source: dydx-modules §4."""

from __future__ import annotations

from vaultsim.events import Event


class CoinSpent(Event, frozen=True):
    """Coins left an account."""

    TYPE = "coin_spent"
    spender: str
    amount: str


class CoinReceived(Event, frozen=True):
    """Coins reached an account."""

    TYPE = "coin_received"
    receiver: str
    amount: str


class Coinbase(Event, frozen=True):
    """Coins were made in a module's account."""

    TYPE = "coinbase"
    minter: str
    amount: str


class Burn(Event, frozen=True):
    """Coins of a module's account were destroyed."""

    TYPE = "burn"
    burner: str
    amount: str


class Transfer(Event, frozen=True):
    """Coins went from one account to another."""

    TYPE = "transfer"
    recipient: str
    sender: str
    amount: str


class TransferOut(Event, frozen=True):
    """One output of a multi-send."""

    TYPE = "transfer"
    recipient: str
    amount: str


class Sender(Event, frozen=True):
    """Who sent."""

    TYPE = "message"
    sender: str
