"""A deterministic simulator of a dYdX-like chain, centred on MegaVault.

`Chain` runs one in this process; `account`, `usdc` and `genesis` help to write what it is given. They are imported
when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from vaultsim.errors import UserError
    from vaultsim.testing.accounts import account
    from vaultsim.testing.amounts import usdc
    from vaultsim.testing.chain import Chain
    from vaultsim.testing.documents import genesis
    from vaultsim.testing.failures import TxFailed, responses_of
    from vaultsim.testing.keys import account_from_mnemonic

__all__ = ["Chain", "TxFailed", "UserError", "account", "account_from_mnemonic", "genesis", "responses_of", "usdc"]

_PLACES: Final = {
    "Chain": "testing.chain",
    "TxFailed": "testing.failures",
    "UserError": "errors",
    "account": "testing.accounts",
    "account_from_mnemonic": "testing.keys",
    "genesis": "testing.documents",
    "responses_of": "testing.failures",
    "usdc": "testing.amounts",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'vaultsim' has no attribute {name!r}")
    found = getattr(import_module(f"vaultsim.{_PLACES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
