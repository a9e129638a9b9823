"""Events of x/mmvault. Source: mm-vault §§4, 5."""

from __future__ import annotations

from typing import ClassVar

from vaultsim.events import Event


class LiquidityAdded(Event, frozen=True):
    """Shares were minted for a deposit (quote quantums) of an owner (bech32)."""

    TYPE: ClassVar[str] = "liquidity_added"

    owner: str
    amount: int
    shares_minted: int


class LiquidityUnlocking(Event, frozen=True):
    """Shares were burnt; the amount (quote quantums) is paid from `end_time` (unix seconds) on."""

    TYPE: ClassVar[str] = "liquidity_unlocking"

    owner: str
    amount: int
    shares_burned: int
    end_time: int


class LiquidityReleased(Event, frozen=True):
    """All of an owner's unlocks that were due were paid (quote quantums)."""

    TYPE: ClassVar[str] = "liquidity_released"

    owner: str
    amount: int


class VaultQuoteSkipped(Event, frozen=True):
    """A pair was not quoted because of what is amiss with its market."""

    TYPE: ClassVar[str] = "vault_quote_skipped"

    pair: int
    reason: str


class ParamsUpdated(Event, frozen=True):
    """All parameters were replaced; so many pairs have some now."""

    TYPE: ClassVar[str] = "params_updated"

    pairs: int


class QuotesRefreshed(Event, frozen=True):
    """A message refreshed the quotes."""

    TYPE: ClassVar[str] = "quotes_refreshed"

    height: int
