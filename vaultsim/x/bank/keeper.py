"""Balances: read, moved between accounts, supply. Source: dydx-modules §§1.9, 1.10, 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from vaultsim.address import module_address, to_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.pb.cosmos.bank.v1beta1 import Params
from vaultsim.x.auth.types import MODULE_PERMISSIONS
from vaultsim.x.bank.errors import SendDisabled
from vaultsim.x.bank.events import Burn, Coinbase, CoinReceived, CoinSpent, Sender, Transfer, TransferOut
from vaultsim.x.bank.keys import BalanceKey
from vaultsim.x.bank.ports import Accounts
from vaultsim.x.bank.state import BankState
from vaultsim.x.bank.types import Coin, Coins, are_valid, coins_text, is_amount, is_denom
from vaultsim.x.sdk_errors import InsufficientFunds, InvalidCoins, Unauthorized

BLOCKED_MODULES: Final = (
    "fee_collector",
    "distribution",
    "bonded_tokens_pool",
    "not_bonded_tokens_pool",
    "transfer",
    "interchainaccounts",
)
_BLOCKED: Final = frozenset(module_address(name) for name in BLOCKED_MODULES)


class BankKeeper:
    """Moves coins with the chain's accesses and events."""

    def __init__(self, state: BankState, accounts: Accounts) -> None:
        self.state = state
        self.accounts = accounts

    def balance(self, ctx: Context, address: bytes, denom: str) -> int:
        """What an address holds of a denomination."""
        return self.state.balances.get(ctx, (address, denom)) or 0

    def balances(self, ctx: Context, address: bytes) -> Coins:
        """All that an address holds, by denomination."""
        under = bytes([len(address)]) + address
        return tuple(Coin(key[1], amount) for key, amount in self.state.balances.items(ctx, under))

    def supply(self, ctx: Context, denom: str) -> int:
        """How much of a denomination there is."""
        return self.state.supply.get(ctx, denom) or 0

    def params(self, ctx: Context) -> Params:
        """The parameters; empty ones when genesis gave none."""
        return self.state.params.get(ctx) or Params()

    def is_blocked(self, address: bytes) -> bool:
        """Whether an address may not receive coins from users. Source: dydx-modules §1.9."""
        return address in _BLOCKED

    def send_coins(self, ctx: Context, sender: bytes, recipient: bytes, coins: Coins) -> None:
        """Moves coins and creates the recipient's account if missing; no coins are legal, they still emit events.

        Raises InvalidCoins [sdk 10], InsufficientFunds [sdk 5]. Does not look at blocked recipients.
        """
        self.take(ctx, sender, coins)
        self.give(ctx, recipient, coins)
        self.accounts.ensure_account(ctx, recipient)
        sender_text = to_bech32(sender)
        ctx.emit(Transfer(to_bech32(recipient), sender_text, coins_text(coins)))
        ctx.emit(Sender(sender_text))

    def give_to_many(self, ctx: Context, outputs: Sequence[tuple[bytes, Coins]]) -> None:
        """Adds coins to several accounts, with their events, and creates those that are missing.

        Does not look at blocked recipients. Raises InvalidCoins [sdk 10].
        """
        for recipient, given in outputs:
            self._add(ctx, recipient, given)
            address, text = to_bech32(recipient), coins_text(given)
            ctx.events += (CoinReceived(address, text), TransferOut(address, text))
            self.accounts.ensure_account(ctx, recipient)

    def give_to_each(self, ctx: Context, denom: str, amounts: Mapping[bytes, int]) -> None:
        """As `give_to_many` for one denomination and different accounts: read and written together. Raises
        InvalidCoins [sdk 10]."""
        keys = [(recipient, denom) for recipient in amounts]
        texts = [coins_text((Coin(denom, amount),)) for amount in amounts.values()]
        if not is_denom(denom) or min(amounts.values(), default=1) <= 0:
            raise InvalidCoins(",".join(texts))
        before = self.state.balances.get_all(ctx, keys)
        after = [(held or 0) + amount for held, amount in zip(before, amounts.values(), strict=True)]
        new = keys if ctx.gas is not None else [key for key, held in zip(keys, before, strict=True) if not held]
        self.state.holders.set_all(ctx, dict.fromkeys(new))
        self.state.balances.set_all(ctx, dict(zip(keys, after, strict=True)))
        for recipient, text in zip(map(to_bech32, amounts), texts, strict=True):
            ctx.events += (CoinReceived(recipient, text), TransferOut(recipient, text))
        self.accounts.ensure_accounts(ctx, list(amounts))

    def send_from_module(self, ctx: Context, module_name: str, recipient: bytes, coins: Coins) -> None:
        """Sends from a module's account. Panics for an unknown name; raises Unauthorized [sdk 4] when blocked."""
        if module_name not in MODULE_PERMISSIONS:
            raise ChainPanic(f"module account {module_name} does not exist: unknown address")
        if self.is_blocked(recipient):
            raise Unauthorized(f"{to_bech32(recipient)} is not allowed to receive funds")
        self.send_coins(ctx, module_address(module_name), recipient, coins)

    def send_to_module(self, ctx: Context, sender: bytes, module_name: str, coins: Coins) -> None:
        """Sends to a module's account, which is created as such if missing. Panics for an unknown name."""
        self.accounts.module_account(ctx, module_name)
        self.send_coins(ctx, sender, module_address(module_name), coins)

    def send_between_modules(self, ctx: Context, sender: str, recipient: str, coins: Coins) -> None:
        """Sends from a module's account to another's, which is created as such if missing. Panics for unknown names."""
        if sender not in MODULE_PERMISSIONS:
            raise ChainPanic(f"module account {sender} does not exist: unknown address")
        self.accounts.module_account(ctx, recipient)
        self.send_coins(ctx, module_address(sender), module_address(recipient), coins)

    def mint_to_module(self, ctx: Context, module_name: str, coins: Coins) -> None:
        """Makes coins in a module's account, which is created if missing. Panics for a module that may not; raises what
        `mint` does."""
        self._require_permission(module_name, "minter")
        self.accounts.module_account(ctx, module_name)
        address = module_address(module_name)
        self.mint(ctx, address, coins)
        ctx.emit(Coinbase(to_bech32(address), coins_text(coins)))

    def burn_from_module(self, ctx: Context, module_name: str, coins: Coins) -> None:
        """Destroys coins of a module's account. Panics for a module that may not; raises InsufficientFunds [sdk 5]."""
        self._require_permission(module_name, "burner")
        address = module_address(module_name)
        self.take(ctx, address, coins)
        for denom, amount in coins:
            self._set_supply(ctx, denom, self.supply(ctx, denom) - amount)
        ctx.emit(Burn(to_bech32(address), coins_text(coins)))

    def require_sendable(self, ctx: Context, coins: Coins) -> None:
        """Raises SendDisabled [bank 5] for a denomination whose transfers are switched off."""
        if not coins:
            return
        default = self.params(ctx).default_send_enabled
        for coin in coins:
            named = self.state.send_enabled.has(ctx, coin.denom)
            enabled = self.state.send_enabled.get(ctx, coin.denom) if named else default
            if not enabled:
                raise SendDisabled(f"{coin.denom} transfers are currently disabled")

    def mint(self, ctx: Context, recipient: bytes, coins: Coins) -> None:
        """Makes coins for an account, which is created if missing. Raises InvalidCoins [sdk 10], also for a supply of
        more than 256 bits."""
        self.give(ctx, recipient, coins)
        for denom, amount in coins:
            supply = self.supply(ctx, denom) + amount
            if not is_amount(str(supply)):
                raise InvalidCoins(f"the supply of {denom} would be {supply}")
            self._set_supply(ctx, denom, supply)
        self.accounts.ensure_account(ctx, recipient)

    def give(self, ctx: Context, address: bytes, coins: Coins) -> None:
        """Adds coins to an account, with its event; the account itself is not created."""
        self._add(ctx, address, coins)
        ctx.emit(CoinReceived(to_bech32(address), coins_text(coins)))

    def take(self, ctx: Context, address: bytes, coins: Coins) -> None:
        """Subtracts coins from an account, with its event. Raises InvalidCoins [sdk 10], InsufficientFunds [sdk 5]."""
        if not are_valid(coins):
            raise InvalidCoins(coins_text(coins))
        # The chain looks for a vesting schedule here; the read costs gas.
        self.accounts.find(ctx, address)
        for denom, amount in coins:
            balance = self.balance(ctx, address, denom)
            if balance < amount:
                raise InsufficientFunds(f"spendable balance {balance}{denom} is smaller than {amount}{denom}")
            self._set_balance(ctx, (address, denom), balance - amount, balance)
        ctx.emit(CoinSpent(to_bech32(address), coins_text(coins)))

    def _require_permission(self, module_name: str, permission: str) -> None:
        if permission not in MODULE_PERMISSIONS.get(module_name, ()):
            raise ChainPanic(f"module account {module_name} does not have permissions to be a {permission}")

    def _set_supply(self, ctx: Context, denom: str, amount: int) -> None:
        if amount:
            self.state.supply.set(ctx, denom, amount)
        else:
            self.state.supply.delete(ctx, denom)

    def _add(self, ctx: Context, address: bytes, coins: Coins) -> None:
        if not are_valid(coins):
            raise InvalidCoins(coins_text(coins))
        balances = self.state.balances
        for denom, amount in coins:
            key = (address, denom)
            before = balances.get(ctx, key) or 0
            self._set_balance(ctx, key, before + amount, before)

    def _set_balance(self, ctx: Context, key: BalanceKey, amount: int, before: int) -> None:
        if amount:
            # The chain writes the index each time; the row is the same, so it matters only where a write is paid for.
            if ctx.gas is not None or not before:
                self.state.holders.add(ctx, key)
            self.state.balances.set(ctx, key, amount)
        else:
            self.state.holders.delete(ctx, key)
            self.state.balances.delete(ctx, key)
