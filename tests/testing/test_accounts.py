"""The named accounts are those of their public mnemonics."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vaultsim.testing.accounts import NAMED, NamedAccount, address_of

_DERIVE = """
import sys
from cosmpy.aerial.wallet import LocalWallet
print(LocalWallet.from_mnemonic(sys.argv[1], prefix="dydx").address())
"""


@pytest.mark.parametrize("account", NAMED, ids=[account.name for account in NAMED])
def test_a_mnemonic_gives_its_address(account: NamedAccount) -> None:
    derived = subprocess.run(
        [sys.executable, "-c", _DERIVE, account.mnemonic], check=True, capture_output=True, text=True
    )
    assert derived.stdout.strip() == account.address == address_of(account.name)


def test_other_names_have_keys_of_their_own() -> None:
    # The operator of the recorded runs: key SHA-256 of "vaultsim:operator".
    assert address_of("operator") == "dydx1gpt7exl9rprcrj0p7ej7l563l83t3swuwueszr"
