"""Named accounts of the shipped chains: the well-known test accounts of a dYdX localnet, and keys made from names.

Nobody should send real money to them: their keys are public.
"""

from __future__ import annotations

import hashlib
from typing import Final

import coincurve
import msgspec

from vaultsim.address import to_bech32
from vaultsim.lib.ripemd160 import ripemd160
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId


class NamedAccount(msgspec.Struct, frozen=True):
    """An account whose key is known: from a mnemonic (BIP 39, path m/44'/118'/0'/0/0), else from its name.

    As text it is its address, so it can stand wherever an address is written.
    """

    name: str
    address: str
    mnemonic: str = ""

    def subaccount(self, number: int = 0) -> SubaccountId:
        """One of the account's subaccounts."""
        return SubaccountId(owner=self.address, number=number)

    def __str__(self) -> str:
        return self.address

    def __repr__(self) -> str:
        return f"NamedAccount({self.name!r}, {self.address!r})"


ALICE: Final = NamedAccount(
    "alice",
    "dydx199tqg4wdlnu4qjlxchpd7seg454937hjrknju4",
    "merge panther lobster crazy road hollow amused security before critic about cliff "
    "exhibit cause coyote talent happy where lion river tobacco option coconut small",
)
BOB: Final = NamedAccount(
    "bob",
    "dydx10fx7sy6ywd5senxae9dwytf8jxek3t2gcen2vs",
    "color habit donor nurse dinosaur stable wonder process post perfect raven gold "
    "census inside worth inquiry mammal panic olive toss shadow strong name drum",
)
CARL: Final = NamedAccount(
    "carl",
    "dydx1fjg6zp6vv8t9wvy4lps03r5l4g7tkjw9wvmh70",
    "school artefact ghost shop exchange slender letter debris dose window alarm hurt "
    "whale tiger find found island what engine ketchup globe obtain glory manage",
)
DAVE: Final = NamedAccount(
    "dave",
    "dydx1wau5mja7j7zdavtfq9lu7ejef05hm6ffenlcsn",
    "switch boring kiss cash lizard coconut romance hurry sniff bus accident zone "
    "chest height merit elevator furnace eagle fetch quit toward steak mystery nest",
)
NAMED: Final = (ALICE, BOB, CARL, DAVE)


def private_key_of(name: str) -> bytes:
    """The 32-byte secp256k1 key of any other name: SHA-256 of `vaultsim:` and the name."""
    return hashlib.sha256(f"vaultsim:{name}".encode()).digest()


def account(name: str) -> NamedAccount:
    """The account of a name: the well-known one of alice, bob, carl and dave, else that of `private_key_of`."""
    for one in NAMED:
        if one.name == name:
            return one
    public_key = coincurve.PrivateKey(private_key_of(name)).public_key.format(compressed=True)
    return NamedAccount(name, address_of_key(public_key))


def address_of(name: str) -> str:
    """The address of a name, see `account`."""
    return account(name).address


def address_of_key(public_key: bytes) -> str:
    """The address of a compressed secp256k1 public key."""
    return to_bech32(ripemd160(hashlib.sha256(public_key).digest()))
