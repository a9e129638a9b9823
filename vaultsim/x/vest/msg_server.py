"""Messages of x/vest."""

from __future__ import annotations

from vaultsim.address import is_bech32
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.vest import (
    MsgDeleteVestEntry,
    MsgDeleteVestEntryResponse,
    MsgSetVestEntry,
    MsgSetVestEntryResponse,
)
from vaultsim.x.authority import GOV_OR_DELAYMSG, require_authority
from vaultsim.x.vest.errors import InvalidAuthority, InvalidVester
from vaultsim.x.vest.formulas import require_valid_entry
from vaultsim.x.vest.keeper import VestKeeper


def check_set_entry(msg: MsgSetVestEntry) -> None:
    """Authority is bech32 [1000], the entry is valid [1001], [1002], [1003], [1005]."""
    _require_bech32(msg.authority)
    require_valid_entry(msg.entry)


def check_delete_entry(msg: MsgDeleteVestEntry) -> None:
    """Authority is bech32 [1000], the vester is named [1001]."""
    _require_bech32(msg.authority)
    if not msg.vester_account:
        raise InvalidVester("vester account cannot be empty")


class VestMsgServer:
    """Handlers of x/vest; only gov and delaymsg may send these messages [gov 13]."""

    def __init__(self, keeper: VestKeeper) -> None:
        self._keeper = keeper

    def set_entry(self, ctx: Context, msg: MsgSetVestEntry) -> MsgSetVestEntryResponse:
        """Adds or replaces an entry."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.set_entry(ctx, msg.entry)
        return MsgSetVestEntryResponse()

    def delete_entry(self, ctx: Context, msg: MsgDeleteVestEntry) -> MsgDeleteVestEntryResponse:
        """Deletes an entry. Raises EntryNotFound [1004]."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.delete_entry(ctx, msg.vester_account)
        return MsgDeleteVestEntryResponse()


def _require_bech32(authority: str) -> None:
    if not is_bech32(authority):
        raise InvalidAuthority(f"authority address is invalid: {authority}")
