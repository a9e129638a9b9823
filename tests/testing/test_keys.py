"""Keys of the named accounts belong to their addresses."""

from __future__ import annotations

import hashlib

import pytest

from vaultsim.address import to_bech32
from vaultsim.testing.accounts import address_of
from vaultsim.testing.keys import signing_key


@pytest.mark.parametrize("name", ["alice", "bob", "carl", "dave", "operator"])
def test_a_key_belongs_to_its_address(name: str) -> None:
    public = signing_key(name).public_key.format()
    assert to_bech32(hashlib.new("ripemd160", hashlib.sha256(public).digest()).digest()) == address_of(name)
