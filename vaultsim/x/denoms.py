"""Names of coin denominations. Source: sdk types, as dydx-modules §§4, 11, 17 use them."""

from __future__ import annotations

import re
from typing import Final

from vaultsim.errors import ChainError

_DENOM: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9/:._-]{2,127}", re.ASCII)


def require_denom(denom: str) -> None:
    """Raises ChainError unless `denom` is well-formed: a letter, then 2 to 127 letters, digits or `/:._-`."""
    if _DENOM.fullmatch(denom) is None:
        raise ChainError(f"invalid denom: {denom}")
