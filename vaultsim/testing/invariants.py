"""What must hold after every block: money conserved to the quantum, books uncrossed, sums equal."""

from __future__ import annotations

from collections import defaultdict

from vaultsim.address import from_bech32, module_address, to_bech32
from vaultsim.app.app import App
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.perpetuals import Perpetual, PerpetualMarketType
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.mmvault.types import UNLOCKING
from vaultsim.x.subaccounts.types import usdc_balance

_FUNDING_UNIT = 1_000_000
"""Funding index units a quantum: payments are counted in millionths of a quantum and rounded down when settled."""


class InvariantBroken(AssertionError):
    """The sentence says which sum does not hold, at which height, and both sides."""


class Invariants:
    """Checks a chain block after block; call `check` once after each commit.

    * USDC over all bank balances stays what it was at the start, and is the bank's supply.
    * Each collateral pool holds what the subaccounts behind it own, unsettled funding included, plus the dust of
      settlements: each rounds down, so dust never shrinks, and grows by less than a quantum for each open position.
    * Longs, shorts and open interest of a perpetual are equal; owners' shares are above zero and add up to the total,
      and none has more locked than owned; no book is crossed.
    * The shares of mmvault's owners add up to their supply, and the money of its unlocks is there.
    * Units of a fund account add up to its total, and nothing rests on its key's bank account.
    * The perp vault's positions add up to its open interest, reserves and guaranteed USD; its pool has the reserves.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._usdc: int | None = None
        self._dust: dict[bytes, int] = {}
        self._positions = 0

    def check(self) -> None:
        """Raises InvariantBroken for the first sum that does not hold."""
        ctx = self._app.query_context()
        perpetuals = {one.params.id: one for one in self._app.modules.perpetuals.all(ctx)}
        subaccounts = [subaccount for _, subaccount in self._app.modules.subaccounts.all_ids_and_subaccounts(ctx)]
        self._check_supply(ctx)
        self._check_pools(ctx, perpetuals, subaccounts)
        self._check_open_interest(perpetuals, subaccounts)
        self._check_shares(ctx)
        self._check_mmvault(ctx)
        self._check_perpvault(ctx)
        self._check_books()
        self._check_funds(ctx)

    def _check_supply(self, ctx: Context) -> None:
        bank = self._app.modules.keepers.bank
        held = sum(amount for (_, denom), amount in bank.state.balances.items(ctx) if denom == USDC_DENOM)
        self._equal("USDC of all bank balances and supply", held, bank.supply(ctx, USDC_DENOM))
        if self._usdc is not None:
            self._equal("USDC of all bank balances and before", held, self._usdc)
        self._usdc = held

    def _check_pools(self, ctx: Context, perpetuals: dict[int, Perpetual], subaccounts: list[Subaccount]) -> None:
        owned: dict[bytes, int] = defaultdict(int)
        positions = 0
        for subaccount in subaccounts:
            positions += len(subaccount.perpetual_positions)
            owned[pool_of(subaccount, perpetuals)] += _millionths(subaccount, perpetuals)
        pools = {module_address("subaccounts"), *self._dust, *owned}
        pools |= {pool for perpetual in perpetuals.values() if (pool := _isolated_pool(perpetual))}
        for pool in sorted(pools):
            held = self._app.modules.keepers.bank.balance(ctx, pool, USDC_DENOM)
            self._check_dust(pool, held * _FUNDING_UNIT - owned[pool])
        self._positions = positions

    def _check_dust(self, pool: bytes, dust: int) -> None:
        before = self._dust.get(pool, 0)
        most = before + _FUNDING_UNIT * self._positions
        if not (before <= dust <= most):
            self._fail(f"pool {to_bech32(pool)} holds {dust} millionths more than it owes, not {before} to {most}")
        self._dust[pool] = dust

    def _check_open_interest(self, perpetuals: dict[int, Perpetual], subaccounts: list[Subaccount]) -> None:
        longs: dict[int, int] = defaultdict(int)
        shorts: dict[int, int] = defaultdict(int)
        for subaccount in subaccounts:
            for position in subaccount.perpetual_positions:
                (longs if position.quantums > 0 else shorts)[position.perpetual_id] += abs(position.quantums)
        for number, perpetual in perpetuals.items():
            self._equal(f"longs and shorts of perpetual {number}", longs[number], shorts[number])
            self._equal(f"longs and open interest of perpetual {number}", longs[number], int(perpetual.open_interest))

    def _check_shares(self, ctx: Context) -> None:
        state = self._app.modules.vault.state
        total = state.total_shares.get(ctx)
        shares = {owner: int(row.num_shares) for owner, row in state.owner_shares.items(ctx)}
        self._equal("owners' shares and their total", sum(shares.values()), int(total.num_shares) if total else 0)
        for owner, unlocks in state.owner_share_unlocks.items(ctx):
            locked = sum(int(unlock.shares.num_shares) for unlock in unlocks.share_unlocks)
            if locked > shares.get(owner, 0):
                self._fail(f"{owner} has {locked} shares locked and owns {shares.get(owner, 0)}")
        if min(shares.values(), default=1) <= 0:
            self._fail("an owner's shares are not above zero")

    def _check_mmvault(self, ctx: Context) -> None:
        keeper = self._app.modules.keepers.mmvault
        if not keeper.is_active(ctx):
            return
        shares = dict(keeper.state.shares.items(ctx))
        self._equal("shares of mmvault's owners and their supply", sum(shares.values()), keeper.share_supply(ctx))
        if min(shares.values(), default=1) <= 0:
            self._fail("shares of an owner of mmvault are not above zero")
        owed = sum(int(one.amount) for queue in keeper.state.unlocks.values(ctx) for one in queue.unlocks)
        held = usdc_balance(self._app.modules.subaccounts.get(ctx, UNLOCKING))
        if held < owed:
            self._fail(f"mmvault owes {owed} to those who withdraw and holds {held}")

    def _check_funds(self, ctx: Context) -> None:
        keeper = self._app.modules.keepers.fundvault
        for fund in (*keeper.state.vaults.values(ctx), *keeper.state.archive.values(ctx)):
            units = keeper.holders(ctx, fund.id)
            self._equal(f"units of fund {fund.id} and their total", sum(units.values()), int(fund.total_units))
            resting = self._app.modules.keepers.bank.balances(ctx, from_bech32(fund.id))
            self._equal(f"coins at the key of fund {fund.id}", sum(coin.amount for coin in resting), 0)

    def _check_perpvault(self, ctx: Context) -> None:
        keeper = self._app.modules.keepers.perpvault
        positions = list(keeper.state.positions.values(ctx))
        for token in keeper.state.tokens.values(ctx):
            name = f"of perpvault's {token.token}"
            backed = [one for one in positions if one.collateral_token == token.token]
            sides = [
                sum(one.size for one in positions if (one.index_token, one.is_long) == (token.token, side))
                for side in (True, False)
            ]
            self._equal(f"longs and open interest {name}", sides[0], token.long_open_interest)
            self._equal(f"shorts and open interest {name}", sides[1], token.short_open_interest)
            reserved = sum(one.reserve_amount for one in backed)
            self._equal(f"positions' reserves and reserve {name}", reserved, token.reserved_amount)
            guaranteed = sum(one.size - one.collateral for one in backed if one.is_long)
            self._equal(f"longs' debts and guaranteed USD {name}", guaranteed, token.guaranteed_usd)
            if token.reserved_amount > token.pool_amount:
                self._fail(f"the reserve {name} is {token.reserved_amount}, above its pool of {token.pool_amount}")

    def _check_books(self) -> None:
        for number, book in self._app.modules.memclob.books.items():
            bid, ask = book.bids.best(), book.asks.best()
            if bid is not None and ask is not None and bid >= ask:
                self._fail(f"the book of pair {number} is crossed: bid {bid}, ask {ask} subticks")

    def _equal(self, what: str, left: int, right: int) -> None:
        if left != right:
            self._fail(f"{what} differ: {left} and {right}")

    def _fail(self, sentence: str) -> None:
        raise InvariantBroken(f"after block {self._app.height}: {sentence}")


def pool_of(subaccount: Subaccount, perpetuals: dict[int, Perpetual]) -> bytes:
    """Address of the pool that holds a subaccount's USDC. Source: dydx-modules §10.3."""
    shared = module_address("subaccounts")
    if not subaccount.perpetual_positions:
        return shared
    return _isolated_pool(perpetuals[subaccount.perpetual_positions[0].perpetual_id]) or shared


def _isolated_pool(perpetual: Perpetual) -> bytes | None:
    if perpetual.params.market_type != PerpetualMarketType.PERPETUAL_MARKET_TYPE_ISOLATED:
        return None
    return module_address(f"subaccounts:{perpetual.params.id}")


def _millionths(subaccount: Subaccount, perpetuals: dict[int, Perpetual]) -> int:
    """A subaccount's USDC with unsettled funding, in millionths of a quantum."""
    usdc = sum(int(held.quantums) for held in subaccount.asset_positions if held.asset_id == 0)
    total = usdc * _FUNDING_UNIT
    for position in subaccount.perpetual_positions:
        moved = int(perpetuals[position.perpetual_id].funding_index) - int(position.funding_index)
        total += int(position.quote_balance) * _FUNDING_UNIT - moved * int(position.quantums)
    return total
