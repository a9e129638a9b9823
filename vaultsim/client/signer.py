"""Who signs and who is meant: named accounts, mnemonics, addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vaultsim.address import InvalidAddress, from_bech32
from vaultsim.errors import UserError
from vaultsim.testing.accounts import NamedAccount, account
from vaultsim.testing.keys import account_from_mnemonic

MNEMONIC_VARIABLE: Final = "VAULTSIM_MNEMONIC"
_WORD_COUNTS: Final = (12, 15, 18, 21, 24)


def signer_of(name: str | None, mnemonic_file: Path | None, variable: str | None) -> NamedAccount:
    """The account that signs: a named one, else of the mnemonic in a file, else of the one in the environment.

    Raises UserError when none is given, or a name and a file are.
    """
    if name is not None and mnemonic_file is not None:
        raise UserError("--from and --mnemonic-file both say who signs; give one of them")
    if name is not None:
        return account(_plain_name(name))
    if mnemonic_file is not None:
        return _from_words(_read(mnemonic_file), str(mnemonic_file))
    if variable:
        return _from_words(variable, MNEMONIC_VARIABLE)
    raise UserError(f"nobody signs; give --from NAME, --mnemonic-file FILE, or set {MNEMONIC_VARIABLE}")


def address_named(text: str) -> str:
    """An address: as it is, or that of a named account. Raises UserError for an address that is none."""
    if not text.startswith("dydx1"):
        return account(_plain_name(text)).address
    try:
        from_bech32(text)
    except InvalidAddress as problem:
        raise UserError(f"{problem}; check the address") from None
    return text


def _plain_name(text: str) -> str:
    if text.startswith("dydx1"):
        raise UserError(f"--from {text}: a name is needed whose key is known; for a key of your own, --mnemonic-file")
    if not text.isascii() or not text.replace("-", "").replace("_", "").isalnum():
        raise UserError(f"{text!r} is no name of an account; letters, digits, - and _ make one")
    return text


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{path}: a mnemonic is words in plain text") from None


def _from_words(text: str, place: str) -> NamedAccount:
    words = text.split()
    if len(words) not in _WORD_COUNTS:
        raise UserError(f"{place}: a mnemonic has 12 to 24 words, found {len(words)}")
    return account_from_mnemonic(" ".join(words))
