"""Events of x/vault; amounts are the low 64 bits of the magnitude. Source: dydx-vault §20."""

from __future__ import annotations

from typing import ClassVar

from vaultsim.events import Event
from vaultsim.lib.ints import wrap_u64


class DepositToMegavault(Event, frozen=True):
    """Shares were minted for a deposit (quote quantums) of an owner (bech32)."""

    TYPE: ClassVar[str] = "deposit_to_megavault"

    depositor: str
    quote_quantums: int
    minted_shares: int


class WithdrawFromMegavault(Event, frozen=True):
    """Shares were redeemed; the total is the one before, equity and redemption are in quote quantums."""

    TYPE: ClassVar[str] = "withdraw_from_megavault"

    withdrawer: str
    shares_to_withdraw: int
    total_shares: int
    megavault_equity: int
    redeemed_quote_quantums: int


class SweepToMegavault(Event, frozen=True):
    """Coins of the megavault's account became quote quantums of the main vault."""

    TYPE: ClassVar[str] = "sweep_to_megavault"

    swept_quote_quantums: int


def magnitude(number: int) -> int:
    """What an event shows of a number: the low 64 bits of its magnitude."""
    return wrap_u64(abs(number))
