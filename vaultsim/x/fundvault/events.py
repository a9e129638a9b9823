"""Events of x/fundvault, named as in the design; amounts in base units of the asset. Source: fund-vault §10."""

from __future__ import annotations

from typing import ClassVar

from vaultsim.events import Event


class VaultCreated(Event, frozen=True):
    """A vault was opened."""

    TYPE: ClassVar[str] = "vault_created"

    vault_id: str
    owner: str
    asset: int


class VaultUpdated(Event, frozen=True):
    """Something of a vault changed at once, or a scheduled change took effect."""

    TYPE: ClassVar[str] = "vault_updated"

    vault_id: str


class VaultUpdateScheduled(Event, frozen=True):
    """Fees or cut-off change at this time (RFC 3339)."""

    TYPE: ClassVar[str] = "vault_update_scheduled"

    vault_id: str
    effective_at: str


class VaultOwnerChanged(Event, frozen=True):
    """A vault has another owner."""

    TYPE: ClassVar[str] = "vault_owner_changed"

    vault_id: str
    old_owner: str
    new_owner: str


class VaultDeposited(Event, frozen=True):
    """A deposit (base units) minted units; share is the party's part of the vault afterwards."""

    TYPE: ClassVar[str] = "vault_deposited"

    vault_id: str
    party: str
    amount: int
    units: int
    share: str


class RedemptionRequested(Event, frozen=True):
    """A request was accepted; amount in base units or ALL."""

    TYPE: ClassVar[str] = "redemption_requested"

    vault_id: str
    request_id: int
    party: str
    amount: str


class RedemptionPaid(Event, frozen=True):
    """Base units were paid to a holder."""

    TYPE: ClassVar[str] = "redemption_paid"

    vault_id: str
    party: str
    amount: int
    late: bool


class RedemptionLate(Event, frozen=True):
    """An accepted part of a request could not be paid on its date; amount in base units or ALL."""

    TYPE: ClassVar[str] = "redemption_late"

    vault_id: str
    request_id: int
    party: str
    amount: str


class RedemptionCompleted(Event, frozen=True):
    """A request is done."""

    TYPE: ClassVar[str] = "redemption_completed"

    vault_id: str
    request_id: int
    party: str
    received: int
    cancelled: int
    written_off: int


class VaultFeesAssessed(Event, frozen=True):
    """Fees of one period: value in base units, amounts and mark as decimals, units minted to the owner."""

    TYPE: ClassVar[str] = "vault_fees_assessed"

    vault_id: str
    V: int
    hwm: str
    new_gains: str
    management: str
    performance: str
    units: int


class VaultAssetDistributed(Event, frozen=True):
    """Coins of another asset that reached a vault were passed on."""

    TYPE: ClassVar[str] = "vault_asset_distributed"

    vault_id: str
    asset: str
    party: str
    amount: int


class VaultClosing(Event, frozen=True):
    """The closing date is reached: everything is paid out as it becomes free."""

    TYPE: ClassVar[str] = "vault_closing"

    vault_id: str


class VaultStopped(Event, frozen=True):
    """The vault paid out everything; dust (base units) went to the owner."""

    TYPE: ClassVar[str] = "vault_stopped"

    vault_id: str
    dust: int
