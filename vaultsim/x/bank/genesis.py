"""Genesis section "bank". Source: dydx-modules §4."""

from __future__ import annotations

from vaultsim.address import InvalidAddress, from_bech32, is_bech32, to_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.module import Problem
from vaultsim.pb.cosmos.bank.v1beta1 import Balance, GenesisState, SendEnabled
from vaultsim.pb.runtime import replace
from vaultsim.x.bank.keeper import BankKeeper
from vaultsim.x.bank.types import Coin, are_valid, coins_of, coins_text, is_amount, to_wire


def init_genesis(keeper: BankKeeper, ctx: Context, genesis: GenesisState) -> None:
    """Writes balances and, per denomination, their sum as supply. Panics when a given supply differs from it."""
    state = keeper.state
    for entry in genesis.params.send_enabled + genesis.send_enabled:
        state.send_enabled.set(ctx, entry.denom, entry.enabled)
    state.params.set(ctx, replace(genesis.params, send_enabled=()))
    total: dict[str, int] = {}
    for balance in genesis.balances:
        address = _address(balance.address)
        for coin in coins_of(balance.coins):
            state.holders.add(ctx, (address, coin.denom))
            state.balances.set(ctx, (address, coin.denom), coin.amount)
            total[coin.denom] = total.get(coin.denom, 0) + coin.amount
    supply = tuple(Coin(denom, total[denom]) for denom in sorted(total) if total[denom])
    given = coins_of(genesis.supply)
    if given and given != supply:
        raise ChainPanic(f"genesis supply is incorrect, expected {coins_text(given)}, got {coins_text(supply)}")
    for denom, amount in supply:
        state.supply.set(ctx, denom, amount)
    for metadata in genesis.denom_metadata:
        state.denom_metadata.set(ctx, metadata.base, metadata)


def export_genesis(keeper: BankKeeper, ctx: Context) -> GenesisState:
    """Everything, in the order of the keys."""
    state = keeper.state
    held: dict[bytes, list[Coin]] = {}
    for (address, denom), amount in state.balances.items(ctx):
        held.setdefault(address, []).append(Coin(denom, amount))
    return GenesisState(
        params=keeper.params(ctx),
        balances=tuple(Balance(address=to_bech32(address), coins=to_wire(coins)) for address, coins in held.items()),
        supply=to_wire(Coin(denom, amount) for denom, amount in state.supply.items(ctx)),
        denom_metadata=tuple(state.denom_metadata.values(ctx)),
        send_enabled=tuple(SendEnabled(denom=denom, enabled=on) for denom, on in state.send_enabled.items(ctx)),
    )


def check_genesis(genesis: GenesisState) -> list[Problem]:
    """Amounts that are no integers, balances that are invalid or double, a supply that is not their sum."""
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    total: dict[str, int] = {}
    for index, balance in enumerate(genesis.balances):
        path = f"balances[{index}]"
        if not is_bech32(balance.address):
            problems.append(Problem(f"{path}.address", f"{balance.address!r} is not an address with prefix dydx"))
        if balance.address in seen:
            problems.append(Problem(f"{path}.address", f"{balance.address} is also balances[{seen[balance.address]}]"))
        seen.setdefault(balance.address, index)
        if not all(coin.amount and is_amount(coin.amount) for coin in balance.coins):
            problems.append(Problem(f"{path}.coins", "an amount is not a decimal integer"))
            continue
        coins = coins_of(balance.coins)
        if not are_valid(coins):
            problems.append(
                Problem(f"{path}.coins", "must be positive, in the order of their denominations, none twice")
            )
        for denom, amount in coins:
            total[denom] = total.get(denom, 0) + amount
    supply = {coin.denom: coin.amount for coin in genesis.supply}
    if supply and supply != {denom: str(amount) for denom, amount in total.items() if amount}:
        problems.append(Problem("supply", "is not the sum of the balances"))
    return problems


def _address(text: str) -> bytes:
    try:
        return from_bech32(text)
    except InvalidAddress as problem:
        raise ChainPanic(f"invalid balance address: {problem}") from None
