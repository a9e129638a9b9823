"""Accounts: plain ones, module accounts, and those of kinds that this chain only keeps.

Source: dydx-modules §§1.9, 1.11.
"""

from __future__ import annotations

from typing import Final

from vaultsim.lib.framing import length_delimited, split_first_field
from vaultsim.pb.cosmos.auth.v1beta1 import BaseAccount, ModuleAccount
from vaultsim.pb.google.protobuf import Any
from vaultsim.pb.runtime import replace
from vaultsim.store.codecs import Codec

FEE_COLLECTOR: Final = "fee_collector"
DISTRIBUTION: Final = "distribution"
MODULE_PERMISSIONS: Final[dict[str, tuple[str, ...]]] = {
    "fee_collector": (),
    "distribution": (),
    "bonded_tokens_pool": ("burner", "staking"),
    "not_bonded_tokens_pool": ("burner", "staking"),
    "gov": ("burner",),
    "transfer": ("minter", "burner"),
    "interchainaccounts": (),
    "bridge": ("minter",),
    "subaccounts": (),
    "insurance_fund": (),
    "rewards_treasury": (),
    "rewards_vester": (),
    "community_treasury": (),
    "community_vester": (),
    "marketmap": (),
    "megavault": (),
    "mmvault": (),
    "perpvault": ("minter", "burner"),
    "perpvault_escrow": (),
}
"""Every module account name of the chain with what it may do."""
GENESIS_MODULES: Final = ("fee_collector", "distribution", "bonded_tokens_pool", "not_bonded_tokens_pool", "gov")
"""The module accounts that InitGenesis of auth, distribution, staking and gov create when a document lacks them."""

Account = BaseAccount | ModuleAccount | Any
"""An Any is an account of another kind (such as a vesting account), kept with its bytes."""

_VESTING: Final = "/cosmos.vesting.v1beta1."
_BASE_VESTING: Final = "/cosmos.vesting.v1beta1.BaseVestingAccount"


def base_of(account: Account) -> BaseAccount:
    """The plain account inside: address, public key, number and sequence; an empty one for an unknown kind."""
    if isinstance(account, BaseAccount):
        return account
    if isinstance(account, ModuleAccount):
        return account.base_account or BaseAccount()
    if not account.type_url.startswith(_VESTING):
        return BaseAccount()
    inner, _ = split_first_field(account.value)
    if account.type_url != _BASE_VESTING:
        inner, _ = split_first_field(inner)
    return BaseAccount.decode(inner)


def with_base(account: Account, base: BaseAccount) -> Account:
    """The account with its plain part exchanged."""
    if isinstance(account, BaseAccount):
        return base
    if isinstance(account, ModuleAccount):
        return replace(account, base_account=base)
    inner, rest = split_first_field(account.value)
    if account.type_url == _BASE_VESTING:
        return replace(account, value=length_delimited(1, base.encode()) + rest)
    _, inner_rest = split_first_field(inner)
    changed = length_delimited(1, base.encode()) + inner_rest
    return replace(account, value=length_delimited(1, changed) + rest)


def to_any(account: Account) -> Any:
    """The account as genesis documents, queries and rows hold it."""
    return account if isinstance(account, Any) else Any(type_url=account.TYPE_URL, value=account.encode())


def from_any(packed: Any) -> Account:
    """The account inside an Any."""
    if packed.type_url == BaseAccount.TYPE_URL:
        return BaseAccount.decode(packed.value)
    if packed.type_url == ModuleAccount.TYPE_URL:
        return ModuleAccount.decode(packed.value)
    return packed


ACCOUNT: Final[Codec[Account]] = Codec(lambda account: to_any(account).encode(), lambda raw: from_any(Any.decode(raw)))
"""A row's value: the account inside an Any."""
