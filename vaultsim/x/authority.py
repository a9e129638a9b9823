"""Who may send authority messages. Source: dydx-modules §1.8."""

from __future__ import annotations

from typing import Final

from vaultsim.address import module_bech32
from vaultsim.errors import ChainError

GOV_BECH32: Final = module_bech32("gov")
DELAYMSG_BECH32: Final = module_bech32("delaymsg")
GOV: Final = frozenset({GOV_BECH32})
GOV_OR_DELAYMSG: Final = frozenset({GOV_BECH32, DELAYMSG_BECH32})


class InvalidSigner(ChainError):
    """The authority of a message is none that its module accepts."""

    codespace = "gov"
    code = 13
    meaning = "expected gov account as only signer for proposal message"


def require_authority(authority: str, allowed: frozenset[str]) -> None:
    """Raises InvalidSigner [gov 13] unless `authority` is one of `allowed`."""
    if authority not in allowed:
        raise InvalidSigner(f"invalid authority {authority}")
