"""Native tokens that drip from one module account into another at the begin of each block."""

from __future__ import annotations

from vaultsim.address import module_address
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.vest import VestEntry
from vaultsim.x.bank.types import Coin
from vaultsim.x.clock import timestamp_ns
from vaultsim.x.vest.errors import EntryNotFound
from vaultsim.x.vest.formulas import require_valid_entry, vested
from vaultsim.x.vest.ports import Bank, Clock
from vaultsim.x.vest.state import VestState


class VestKeeper:
    """Reads and writes of x/vest. Without entries it does nothing."""

    def __init__(self, state: VestState, bank: Bank, clock: Clock) -> None:
        self.state = state
        self._bank = bank
        self._clock = clock

    def entry(self, ctx: Context, vester: str) -> VestEntry:
        """A vester's entry. Raises EntryNotFound [1004]."""
        found = self.state.entries.get(ctx, vester)
        if found is None:
            raise EntryNotFound(f"vesterAccount: {vester}")
        return found

    def set_entry(self, ctx: Context, entry: VestEntry) -> None:
        """Stores an entry under its vester. Raises [1001], [1002], [1003], [1005]."""
        require_valid_entry(entry)
        self.state.entries.set(ctx, entry.vester_account, entry)

    def delete_entry(self, ctx: Context, vester: str) -> None:
        """Deletes a vester's entry. Raises EntryNotFound [1004]."""
        if self.state.entries.get(ctx, vester) is None:
            raise EntryNotFound(f"failed to delete vest entry: vesterAccount: {vester}")
        self.state.entries.delete(ctx, vester)

    def pay_vested(self, ctx: Context) -> None:
        """BeginBlock: pays what became due since the previous block, by vester; a name that is no module's panics."""
        entries = tuple(self.state.entries.values(ctx))
        if not entries:
            return
        previous_ns = timestamp_ns(self._clock.previous_block(ctx).timestamp)
        for entry in entries:
            balance = self._bank.balance(ctx, module_address(entry.vester_account), entry.denom)
            amount = vested(entry, balance, previous_ns, ctx.time_ns)
            if amount:
                self._pay(ctx, entry, amount)

    def _pay(self, ctx: Context, entry: VestEntry, amount: int) -> None:
        # The chain pays on the block's own state: what a failing payment did before it failed would stay.
        try:
            coins = (Coin(entry.denom, amount),)
            self._bank.send_between_modules(ctx, entry.vester_account, entry.treasury_account, coins)
        except ChainError:
            return
