"""Genesis section "auth". Source: dydx-modules §§1.11, 1.12."""

from __future__ import annotations

from vaultsim.address import InvalidAddress, from_bech32, is_bech32, module_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.module import Problem
from vaultsim.pb.cosmos.auth.v1beta1 import BaseAccount, GenesisState, ModuleAccount
from vaultsim.pb.runtime import replace
from vaultsim.x.auth.keeper import AccountKeeper
from vaultsim.x.auth.types import GENESIS_MODULES, Account, base_of, from_any, to_any, with_base

_LIMITS = (
    "max_memo_characters",
    "tx_sig_limit",
    "tx_size_cost_per_byte",
    "sig_verify_cost_ed25519",
    "sig_verify_cost_secp256k1",
)


def init_genesis(keeper: AccountKeeper, ctx: Context, genesis: GenesisState) -> None:
    """Writes parameters and accounts with their numbers, then the module accounts a chain always has.

    Accounts whose number is taken get the lowest free one; the next number is the largest plus 1.
    """
    keeper.state.params.set(ctx, genesis.params)
    accounts = _with_distinct_numbers([from_any(packed) for packed in genesis.accounts])
    for account in accounts:
        keeper.set_account(ctx, _address_of(account), account)
    if accounts:
        largest = base_of(accounts[-1]).account_number
        keeper.state.next_account_number.set(ctx, largest + 1)
    for name in GENESIS_MODULES:
        keeper.module_account(ctx, name)


def export_genesis(keeper: AccountKeeper, ctx: Context) -> GenesisState:
    """Parameters and accounts in the order of their addresses."""
    accounts = tuple(to_any(account) for account in keeper.state.accounts.values(ctx))
    return GenesisState(params=keeper.params(ctx), accounts=accounts)


def check_genesis(genesis: GenesisState) -> list[Problem]:
    """Limits that are not positive; addresses that are invalid, double or not those of the module."""
    problems = [Problem(f"params.{name}", "must be positive") for name in _LIMITS if getattr(genesis.params, name) == 0]
    seen: dict[str, int] = {}
    for index, packed in enumerate(genesis.accounts):
        account = from_any(packed)
        address = base_of(account).address
        path = f"accounts[{index}]"
        if not is_bech32(address):
            problems.append(Problem(f"{path}.address", f"{address!r} is not an address with prefix dydx"))
        if address in seen:
            problems.append(Problem(f"{path}.address", f"{address} is also accounts[{seen[address]}]"))
        seen.setdefault(address, index)
        if isinstance(account, ModuleAccount) and address != module_bech32(account.name):
            problems.append(Problem(f"{path}.name", f"{address} is not the address of module {account.name!r}"))
    return problems


def _address_of(account: Account) -> bytes:
    try:
        return from_bech32(base_of(account).address)
    except InvalidAddress as problem:
        raise ChainPanic(f"invalid account address: {problem}") from None


def _with_distinct_numbers(accounts: list[Account]) -> list[Account]:
    taken: set[int] = set()
    doubles: list[tuple[int, int]] = []
    for index, account in enumerate(accounts):
        number = base_of(account).account_number
        if number in taken:
            doubles.append((number, index))
        taken.add(number)
    free = 0
    for _, index in sorted(doubles):
        while free in taken:
            free += 1
        taken.add(free)
        base: BaseAccount = replace(base_of(accounts[index]), account_number=free)
        accounts[index] = with_base(accounts[index], base)
    return sorted(accounts, key=lambda account: base_of(account).account_number)
