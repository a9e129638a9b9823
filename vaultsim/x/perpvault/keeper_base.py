"""The vault's books: tokens and coins in and out, the pool, reserves, open interest, and the lock around every entry.

Source: perp-vault §§3, 7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, TypeVar

from vaultsim.address import from_bech32, module_address
from vaultsim.context import Context, run_cached
from vaultsim.errors import ChainPanic
from vaultsim.pb.runtime import replace
from vaultsim.x.bank.types import Coin
from vaultsim.x.perpvault import formulas
from vaultsim.x.perpvault.errors import (
    AlreadyInitialized,
    Forbidden,
    InsufficientCollateral,
    MaxLongOpenInterest,
    MaxShortOpenInterest,
    MaxUsdgExceeded,
    PoolAmountExceeded,
    ReentrantCall,
    ReserveExceedsPool,
    TokenNotWhitelisted,
)
from vaultsim.x.perpvault.params import DEFAULT_PARAMS, Params
from vaultsim.x.perpvault.ports import Accounts, Bank, Prices
from vaultsim.x.perpvault.price_feed import VaultPriceFeed
from vaultsim.x.perpvault.state import PerpvaultState
from vaultsim.x.perpvault.types import ESCROW, MODULE_NAME, MOST_BITS, Position, PositionId, Token
from vaultsim.x.perpvault.vault_utils import VaultUtils

T = TypeVar("T")
VAULT_ADDRESS = module_address(MODULE_NAME)


class Lock:
    """Held while an entry runs; a second entry from inside it fails."""

    def __init__(self) -> None:
        self.is_held = False

    def __enter__(self) -> None:
        """Takes the lock. Raises ReentrantCall [44] when it is held."""
        if self.is_held:
            raise ReentrantCall
        self.is_held = True

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives the lock back."""
        self.is_held = False


class LedgerKeeper:
    """Reads and small writes that all of the vault's verbs are made of."""

    def __init__(self, state: PerpvaultState, accounts: Accounts, bank: Bank, prices: Prices) -> None:
        self.state = state
        self.bank = bank
        self.lock = Lock()
        self.feed = VaultPriceFeed(state, prices)
        self.utils = VaultUtils(state, self.feed, bank)
        self._accounts = accounts

    def entry(self, ctx: Context, action: Callable[[Context], T]) -> T:
        """Runs an entry: under the lock, and all or nothing. Raises [44], and [34] on a chain without the module."""
        with self.lock:
            if not self.state.params.has(ctx):
                raise Forbidden("this chain runs no perp vault")
            return run_cached(ctx, action)

    def initialize(self, ctx: Context, params: Params) -> None:
        """The first settings, and the module's accounts. Raises AlreadyInitialized [2]."""
        if self.state.params.has(ctx):
            raise AlreadyInitialized
        self._accounts.module_account(ctx, MODULE_NAME)
        self._accounts.module_account(ctx, ESCROW)
        self.state.params.set(ctx, params)

    # --- reads -----------------------------------------------------------------------------------------------------

    def params(self, ctx: Context) -> Params:
        """The settings."""
        return self.state.params.get(ctx) or DEFAULT_PARAMS

    def token(self, ctx: Context, denom: str) -> Token:
        """A token as it is; an empty one that is not whitelisted when it never was."""
        return self.state.tokens.get(ctx, denom) or Token(denom)

    def listed_token(self, ctx: Context, denom: str) -> Token:
        """A whitelisted token. Raises TokenNotWhitelisted [8]."""
        token = self.token(ctx, denom)
        if not token.whitelisted:
            raise TokenNotWhitelisted(denom)
        return token

    def position(self, ctx: Context, position: PositionId) -> Position:
        """An open position; an empty one when there is none."""
        return self.state.positions.get(ctx, position) or Position(*position)

    def has_role(self, ctx: Context, role: int, address: str) -> bool:
        """Whether an address has a role."""
        return self.state.roles.has(ctx, (role, address))

    def max_price(self, ctx: Context, denom: str) -> int:
        """The max side of a token's price. Raises what the feed raises."""
        return self.feed.price(ctx, self.token(ctx, denom), maximise=True)

    def min_price(self, ctx: Context, denom: str) -> int:
        """The min side of a token's price. Raises what the feed raises."""
        return self.feed.price(ctx, self.token(ctx, denom), maximise=False)

    def entry_price(self, ctx: Context, index: str, is_long: bool) -> int:
        """The price at which a side enters: the worse one for the trader."""
        return self.feed.price(ctx, self.token(ctx, index), maximise=is_long)

    def mark_price(self, ctx: Context, index: str, is_long: bool) -> int:
        """The price at which a side exits: the worse one for the trader."""
        return self.feed.price(ctx, self.token(ctx, index), maximise=not is_long)

    def token_to_usd_min(self, ctx: Context, denom: str, amount: int) -> int:
        """What tokens are worth at the min price."""
        if amount == 0:
            return 0
        return formulas.token_to_usd(amount, self.min_price(ctx, denom), self.token(ctx, denom).decimals)

    def usd_to_token_max(self, ctx: Context, denom: str, usd: int) -> int:
        """Tokens for USD at the min price: more of them, for reserves."""
        if usd == 0:
            return 0
        return formulas.usd_to_token(usd, self.min_price(ctx, denom), self.token(ctx, denom).decimals)

    def usd_to_token_min(self, ctx: Context, denom: str, usd: int) -> int:
        """Tokens for USD at the max price: fewer of them, for fees and payouts."""
        if usd == 0:
            return 0
        return formulas.usd_to_token(usd, self.max_price(ctx, denom), self.token(ctx, denom).decimals)

    # --- coins -----------------------------------------------------------------------------------------------------

    def move_in(self, ctx: Context, source: str, denom: str, amount: int) -> None:
        """Coins of an account, or of the escrow, into the vault. Raises what the bank raises."""
        if not amount:
            return
        if source == ESCROW:
            self.bank.send_between_modules(ctx, ESCROW, MODULE_NAME, (Coin(denom, amount),))
        else:
            self.bank.send_to_module(ctx, from_bech32(source), MODULE_NAME, (Coin(denom, amount),))
        self.sync_balance(ctx, denom)

    def move_out(self, ctx: Context, denom: str, amount: int, receiver: str) -> None:
        """Coins of the vault to an account. Raises what the bank raises."""
        if not amount:
            return
        self.bank.send_from_module(ctx, MODULE_NAME, from_bech32(receiver), (Coin(denom, amount),))
        self.sync_balance(ctx, denom)

    def sync_balance(self, ctx: Context, denom: str) -> None:
        """Remembers what the vault holds of a token."""
        if self.state.tokens.has(ctx, denom):
            self.change(ctx, denom, token_balance=self.bank.balance(ctx, VAULT_ADDRESS, denom))

    def escrow(self, ctx: Context, source: str, denom: str, amount: int) -> None:
        """Coins of an account into the escrow. Raises what the bank raises."""
        if amount:
            self.bank.send_to_module(ctx, from_bech32(source), ESCROW, (Coin(denom, amount),))

    def release(self, ctx: Context, denom: str, amount: int, receiver: str) -> None:
        """Coins of the escrow to an account. Raises what the bank raises."""
        if amount:
            self.bank.send_from_module(ctx, ESCROW, from_bech32(receiver), (Coin(denom, amount),))

    # --- books -----------------------------------------------------------------------------------------------------

    def change(self, ctx: Context, denom: str, **fields: Any) -> Token:
        """Writes a token with some fields changed. Panics beyond 256 bits."""
        _require_storable(fields.values())
        changed = replace(self.token(ctx, denom), **fields)
        self.state.tokens.set(ctx, denom, changed)
        return changed

    def put_position(self, ctx: Context, position: Position) -> None:
        """Writes an open position. Panics beyond 256 bits."""
        _require_storable((position.size, position.collateral, position.average_price, position.realised_pnl))
        self.state.positions.set(ctx, position.id, position)

    def increase_pool(self, ctx: Context, denom: str, amount: int) -> None:
        """Adds tokens to the pool."""
        self.change(ctx, denom, pool_amount=self.token(ctx, denom).pool_amount + amount)

    def decrease_pool(self, ctx: Context, denom: str, amount: int) -> None:
        """Takes tokens out of the pool. Raises [35] beyond it, [32] when what is reserved would not be there."""
        token = self.token(ctx, denom)
        left = token.pool_amount - amount
        if left < 0:
            raise PoolAmountExceeded(denom)
        if token.reserved_amount > left:
            raise ReserveExceedsPool(denom)
        self.change(ctx, denom, pool_amount=left)

    def increase_reserved(self, ctx: Context, denom: str, amount: int) -> None:
        """Reserves tokens of the pool. Raises ReserveExceedsPool [32]."""
        token = self.token(ctx, denom)
        reserved = token.reserved_amount + amount
        if reserved > token.pool_amount:
            raise ReserveExceedsPool(denom)
        self.change(ctx, denom, reserved_amount=reserved)

    def decrease_reserved(self, ctx: Context, denom: str, amount: int) -> None:
        """Releases reserved tokens."""
        self.change(ctx, denom, reserved_amount=_not_negative(self.token(ctx, denom).reserved_amount - amount))

    def change_guaranteed(self, ctx: Context, denom: str, usd: int) -> None:
        """Adds to what longs owe the pool beyond their collateral (negative: takes away)."""
        self.change(ctx, denom, guaranteed_usd=_not_negative(self.token(ctx, denom).guaranteed_usd + usd))

    def add_fees(self, ctx: Context, denom: str, amount: int) -> None:
        """Books tokens as fees."""
        self.change(ctx, denom, fee_reserve=self.token(ctx, denom).fee_reserve + amount)

    def increase_usdg(self, ctx: Context, denom: str, usdg: int) -> None:
        """Books USDG debt on a token. Raises MaxUsdgExceeded [33]."""
        token = self.token(ctx, denom)
        following = token.usdg_amount + usdg
        if token.max_usdg_amount and following > token.max_usdg_amount:
            raise MaxUsdgExceeded(denom)
        self.change(ctx, denom, usdg_amount=following)

    def decrease_usdg(self, ctx: Context, denom: str, usdg: int) -> None:
        """Takes USDG debt off a token, down to 0."""
        self.change(ctx, denom, usdg_amount=max(self.token(ctx, denom).usdg_amount - usdg, 0))

    def increase_open_interest(self, ctx: Context, index: str, usd: int, is_long: bool) -> None:
        """Adds to a side. Raises MaxLongOpenInterest [41] or MaxShortOpenInterest [42] above a cap that is not 0."""
        token = self.token(ctx, index)
        following = token.open_interest(is_long) + usd
        if is_long:
            if token.max_long_open_interest and following > token.max_long_open_interest:
                raise MaxLongOpenInterest(index)
            self.change(ctx, index, long_open_interest=following)
        else:
            if token.max_short_open_interest and following > token.max_short_open_interest:
                raise MaxShortOpenInterest(index)
            self.change(ctx, index, short_open_interest=following)

    def decrease_open_interest(self, ctx: Context, index: str, usd: int, is_long: bool) -> None:
        """Takes from a side; for shorts also from their aggregate size. Their average price stays."""
        token = self.token(ctx, index)
        left = _not_negative(token.open_interest(is_long) - usd)
        if is_long:
            self.change(ctx, index, long_open_interest=left)
        else:
            size = max(token.global_short_size - usd, 0)
            self.change(ctx, index, short_open_interest=left, global_short_size=size)

    def collect_margin_fees(self, ctx: Context, position: Position, size_delta: int) -> int:
        """Books the position fee on a change of size and the funding fee on the whole size; returns both in USD."""
        fee = self.utils.position_fee(ctx, size_delta) + self.utils.funding_fee(ctx, position)
        self.add_fees(ctx, position.collateral_token, self.usd_to_token_min(ctx, position.collateral_token, fee))
        return fee


def collateral_left(collateral: int, usd: int) -> int:
    """Collateral less an amount. Raises InsufficientCollateral [40]."""
    if usd > collateral:
        raise InsufficientCollateral
    return collateral - usd


def _require_storable(values: Iterable[object]) -> None:
    """Sums of numbers that a message may hold can be more than the chain's integers hold."""
    for value in values:
        if isinstance(value, int) and value.bit_length() > MOST_BITS:
            raise ChainPanic("perpvault: integer overflow")


def _not_negative(number: int) -> int:
    if number < 0:
        raise ChainPanic("perpvault: an account of the vault would be negative")
    return number
