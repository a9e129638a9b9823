"""Opening a vault and changing it. Source: fund-vault §§4.1, 4.4, 4.5, 7."""

from __future__ import annotations

from vaultsim.address import from_bech32
from vaultsim.context import NANOSECONDS, Context
from vaultsim.lib.fixed import ONE_FIXED, fixed_from_text, text_of_fixed
from vaultsim.pb.json_text import time_to_text
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.fundvault.v1 import Metadata, MsgCreateVault, MsgUpdateVault, Params, PendingUpdate, Vault
from vaultsim.x.clock import timestamp_of
from vaultsim.x.fundvault import schedule
from vaultsim.x.fundvault.errors import InvalidAsset, InvalidMetadata, VaultExists
from vaultsim.x.fundvault.events import VaultCreated, VaultOwnerChanged, VaultUpdated, VaultUpdateScheduled
from vaultsim.x.fundvault.keeper_base import NOTHING_INVESTED
from vaultsim.x.fundvault.keeper_fees import FeesKeeper, has_earlier_fee, is_change_due
from vaultsim.x.fundvault.types import ACTIVE, normal_address, notice_ns, vault_id_of
from vaultsim.x.sdk_errors import InvalidAddress


class ManageKeeper(FeesKeeper):
    """What an owner does to a vault itself."""

    def create_vault(self, ctx: Context, msg: MsgCreateVault) -> str:
        """Opens an empty vault, whose key gets an account of the chain, and returns its id.

        Raises InvalidAsset [13], InvalidMetadata [15], InvalidSchedule [19], DateInPast [22], VaultExists [3].
        """
        params = self.params(ctx)
        if self.assets.find(ctx, msg.asset_id) is None:
            raise InvalidAsset(f"asset {msg.asset_id} does not exist")
        _require_short(params, msg.metadata)
        dates = schedule.expanded(
            msg.redemption_dates, msg.redemption_rules, params.max_redemption_dates or 0, ctx.time_ns
        )
        owner = normal_address(msg.owner)
        vault_id = self._new_id(ctx, owner)
        vault = Vault(
            id=vault_id,
            owner=owner,
            asset=msg.asset_id,
            metadata=msg.metadata,
            fee_period=msg.fee_period_seconds,
            next_fee_time=timestamp_of(ctx.time_ns + msg.fee_period_seconds * NANOSECONDS),
            management_fee_factor=_canonical(msg.management_fee_factor),
            performance_fee_factor=_canonical(msg.performance_fee_factor),
            cut_off_period=msg.cut_off_period_seconds,
            redemption_dates=dates,
            whitelist_enabled=msg.whitelist_enabled,
            whitelist=_keys(msg.whitelist),
            status=ACTIVE,
            total_units="0",
            invested_amount=NOTHING_INVESTED,
            high_water_mark=text_of_fixed(ONE_FIXED),
        )
        self.set_vault(ctx, vault)
        self.accounts.ensure_account(ctx, from_bech32(vault_id))
        ctx.emit(VaultCreated(vault_id, owner, msg.asset_id))
        return vault_id

    def update_vault(self, ctx: Context, msg: MsgUpdateVault) -> None:
        """Changes what is named: fees and cut-off after the notice period, the rest at once.

        Raises VaultNotFound [2], NotVaultOwner [4], VaultNotActive [5], InvalidMetadata [15], InvalidSchedule [19],
        DateInPast [22], NextDateImmutable [23], WithinNotice [24], ClosingDateImmutable [25].
        """
        vault = self.owned_active(ctx, msg.vault_id, normal_address(msg.owner))
        params = self.params(ctx)
        if is_change_due(ctx, vault):
            vault = self.settle_terms(ctx, vault)
        if msg.metadata is not None:
            _require_short(params, msg.metadata)
            vault = replace(vault, metadata=msg.metadata)
        if msg.add_dates or msg.remove_dates:
            dates = schedule.changed(
                vault.redemption_dates,
                msg.add_dates,
                msg.remove_dates,
                most=params.max_redemption_dates or 0,
                now_ns=ctx.time_ns,
                notice_ns=notice_ns(params),
            )
            vault = replace(vault, redemption_dates=dates)
        pending = _pending(msg, ctx.time_ns + notice_ns(params))
        if pending is not None:
            vault = replace(vault, pending_update=pending)
            at = pending.effective_at
            ctx.emit(VaultUpdateScheduled(vault.id, time_to_text(at.seconds, at.nanos)))
        self.set_vault(ctx, _with_whitelist(vault, msg))
        ctx.emit(VaultUpdated(vault.id))

    def change_owner(self, ctx: Context, vault_id: str, owner: str, new_owner: str) -> None:
        """Hands a vault over; units stay where they are. Raises [2], [4], [5], InvalidAddress [sdk 7] for the key of a
        vault, behind which nobody stands."""
        old, new = normal_address(owner), normal_address(new_owner)
        vault = self.owned_active(ctx, vault_id, old)
        if self.is_vault(ctx, new):
            raise InvalidAddress(f"{new} is the key of a vault")
        self.set_vault(ctx, replace(vault, owner=new))
        ctx.emit(VaultOwnerChanged(vault_id, old, new))

    def apply_pending(self, ctx: Context, vault: Vault) -> None:
        """Lets a scheduled change take effect once its time has come. While a fee that fell due before is still to be
        assessed, that is the cut-off only, and the end of the block does the rest."""
        pending = vault.pending_update
        if pending is None or not is_change_due(ctx, vault):
            return
        if not has_earlier_fee(vault):
            self.take_over(ctx, vault)
        elif pending.cut_off_period is not None:
            rest = replace(pending, cut_off_period=None)
            self.set_vault(ctx, replace(vault, cut_off_period=pending.cut_off_period, pending_update=rest))

    def _new_id(self, ctx: Context, owner: str) -> str:
        sequence = self.state.next_vault_sequence.get(ctx) or 0
        vault_id = vault_id_of(from_bech32(owner), sequence)
        if self.is_vault(ctx, vault_id):
            raise VaultExists(vault_id)
        self.state.next_vault_sequence.set(ctx, sequence + 1)
        return vault_id


def _pending(msg: MsgUpdateVault, effective_ns: int) -> PendingUpdate | None:
    management, performance = msg.management_fee_factor, msg.performance_fee_factor
    named = (msg.fee_period_seconds, management, performance, msg.cut_off_period_seconds)
    if all(value is None for value in named):
        return None
    return PendingUpdate(
        fee_period=msg.fee_period_seconds,
        management_fee_factor=None if management is None else _canonical(management),
        performance_fee_factor=None if performance is None else _canonical(performance),
        cut_off_period=msg.cut_off_period_seconds,
        effective_at=timestamp_of(effective_ns),
    )


def _with_whitelist(vault: Vault, msg: MsgUpdateVault) -> Vault:
    removed = _keys(msg.whitelist_remove)
    kept = tuple(party for party in vault.whitelist if party not in removed)
    enabled = vault.whitelist_enabled if msg.whitelist_enabled is None else msg.whitelist_enabled
    return replace(vault, whitelist=_keys((*kept, *msg.whitelist_add)), whitelist_enabled=enabled)


def _keys(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses as rows hold them, each once, in order."""
    return tuple(sorted({normal_address(text): None for text in addresses}))


def _canonical(factor: str) -> str:
    return text_of_fixed(fixed_from_text(factor))


def _require_short(params: Params, metadata: Metadata) -> None:
    texts = (metadata.name, metadata.description, metadata.url, metadata.image_url)
    size = sum(len(text.encode("utf-8", "surrogateescape")) for text in texts)
    most = params.max_metadata_bytes
    if most and size > most:
        raise InvalidMetadata(f"{size} bytes, at most {most}")
