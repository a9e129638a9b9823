"""Reading the committed state of a chain by module, as typed values or as raw rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from vaultsim.address import InvalidAddress, from_bech32
from vaultsim.app.app import App
from vaultsim.context import Context
from vaultsim.errors import UserError
from vaultsim.pb.cosmos.auth.v1beta1 import BaseAccount
from vaultsim.pb.dydxprotocol.clob import Order
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount, SubaccountId
from vaultsim.store.collections import Collection, Item, Map
from vaultsim.testing.accounts import NamedAccount
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.auth.types import base_of
from vaultsim.x.subaccounts.types import usdc_balance

T = TypeVar("T")
Read = Callable[[Callable[[Context], Any]], Any]
"""Runs a function with a context of the state that is read."""
Owner = NamedAccount | str


class ChainState:
    """The committed state: `state.vault.total_shares`, `state.prices.prices[0]`, and what is asked for often.

    A module's collections have the names of its `state.py`.
    """

    def __init__(self, app: App, read: Read) -> None:
        self._app = app
        self._read = read
        self._modules = {_module_of(keeper.state): keeper.state for keeper in _keepers_with_state(app)}

    def __getattr__(self, name: str) -> ModuleState:
        try:
            return ModuleState(name, self._modules[name], self._read)
        except KeyError:
            raise AttributeError(f"no module {name!r}; there are {', '.join(sorted(self._modules))}") from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._modules]

    def balance(self, owner: Owner, denom: str = USDC_DENOM) -> int:
        """What an account holds in the bank, in the smallest unit; quantums of USDC unless another is asked for."""
        raw = address_bytes(owner)
        found: int = self._read(lambda ctx: self._app.modules.keepers.bank.balance(ctx, raw, denom))
        return found

    def balances(self, owner: Owner) -> dict[str, int]:
        """All that an account holds in the bank, by denomination."""
        raw = address_bytes(owner)
        return {coin.denom: coin.amount for coin in self._read(lambda ctx: self._bank().balances(ctx, raw))}

    def account(self, owner: Owner) -> BaseAccount | None:
        """Number, sequence and public key of an account; None when it is not there."""
        raw = address_bytes(owner)
        found = self._read(lambda ctx: self._app.modules.keepers.accounts.find(ctx, raw))
        return None if found is None else base_of(found)

    def subaccount(self, owner: Owner | SubaccountId, number: int = 0) -> Subaccount:
        """A subaccount; an empty one when it was never used."""
        found: Subaccount = self._read(
            lambda ctx: self._app.modules.subaccounts.get(ctx, subaccount_id_of(owner, number))
        )
        return found

    def usdc(self, owner: Owner | SubaccountId, number: int = 0) -> int:
        """USDC of a subaccount in quote quantums; below zero when it owes."""
        return int(usdc_balance(self.subaccount(owner, number)))

    def shares(self, owner: Owner) -> int:
        """MegaVault shares of an owner, locked ones included."""
        row = self._read(lambda ctx: self._app.modules.vault.state.owner_shares.get(ctx, address_text(owner)))
        return 0 if row is None else int(row.num_shares)

    def orders(self, owner: Owner | SubaccountId | None = None, number: int = 0) -> list[Order]:
        """The stateful orders (long-term and conditional) in order of placement, of one subaccount or of all."""
        found: list[Order] = self._read(self._app.modules.clob.all_placed_orders)
        if owner is None:
            return found
        wanted = subaccount_id_of(owner, number)
        return [order for order in found if order.order_id.subaccount_id == wanted]

    def _bank(self) -> Any:
        return self._app.modules.keepers.bank


class ModuleState:
    """One module's collections: an item is its value (None when never written), a map is a mapping."""

    def __init__(self, module: str, state: Any, read: Read) -> None:
        self._module = module
        self._collections: dict[str, Collection] = {
            name: value for name, value in vars(state).items() if isinstance(value, Collection)
        }
        self._read = read

    def __getattr__(self, name: str) -> Any:
        collection = self._collections.get(name)
        if isinstance(collection, Item):
            return self._read(collection.get)
        if isinstance(collection, Map):
            return RowsOf(collection, self._read)
        known = ", ".join(sorted(self._collections))
        raise AttributeError(f"no {name!r} in the state of {self._module}; there are {known}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._collections]


class RowsOf(Mapping[Any, Any]):
    """The rows of a collection in byte order of their keys.

    An account may stand where its address is the key, or a part of it: `state.fundvault.units[fund, ALICE]`.
    """

    def __init__(self, rows: Map[Any, Any], read: Read) -> None:
        self._rows = rows
        self._read = read

    def __getitem__(self, key: Any) -> Any:
        plain = _plain_key(key)
        if not self._read(lambda ctx: self._rows.has(ctx, plain)):
            raise KeyError(key)
        return self._read(lambda ctx: self._rows.get(ctx, plain))

    def __iter__(self) -> Iterator[Any]:
        keys: list[Any] = self._read(lambda ctx: list(self._rows.keys(ctx)))
        return iter(keys)

    def __len__(self) -> int:
        count: int = self._read(lambda ctx: sum(1 for _ in self._rows.keys(ctx)))
        return count

    def __repr__(self) -> str:
        return repr(dict(self))


def _plain_key(key: Any) -> Any:
    if isinstance(key, NamedAccount):
        return key.address
    if type(key) is tuple and any(isinstance(part, NamedAccount) for part in key):
        return tuple(map(_plain_key, key))
    return key


def address_text(owner: Owner) -> str:
    """The bech32 address of an account. Raises UserError."""
    address_bytes(owner)
    return str(owner)


def address_bytes(owner: Owner) -> bytes:
    """The address bytes of an account. Raises UserError."""
    try:
        return from_bech32(str(owner))
    except InvalidAddress as problem:
        raise UserError(f"{problem}; give an account such as vaultsim.account('alice'), or its address") from None


def subaccount_id_of(owner: Owner | SubaccountId, number: int = 0) -> SubaccountId:
    """A subaccount's id from its owner and number. Raises UserError."""
    return owner if isinstance(owner, SubaccountId) else SubaccountId(owner=address_text(owner), number=number)


def _keepers_with_state(app: App) -> list[Any]:
    return [keeper for keeper in vars(app.modules.keepers).values() if hasattr(keeper, "state")]


def _module_of(state: object) -> str:
    """`vaultsim.x.vault.state` is the state of `vault`."""
    return type(state).__module__.split(".")[2]
