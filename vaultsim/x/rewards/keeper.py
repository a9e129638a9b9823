"""Native tokens for traders, paid from the treasury at the end of each block. Source: dydx-modules §17."""

from __future__ import annotations

from vaultsim.address import InvalidAddress, from_bech32, module_address
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.maths import floor_div
from vaultsim.pb.dydxprotocol.rewards import Params, RewardShare
from vaultsim.x.bank.types import Coin
from vaultsim.x.revshare.types import Fill, RevenueShares
from vaultsim.x.rewards import formulas
from vaultsim.x.rewards.ports import Bank, LowestMakerFee, Prices
from vaultsim.x.rewards.state import RewardsState
from vaultsim.x.rewards.types import TREASURY

_NO_PARAMS = Params()


class RewardsKeeper:
    """Reads and writes of x/rewards. Without parameters (no genesis section) it does nothing."""

    def __init__(self, state: RewardsState, bank: Bank, feetiers: LowestMakerFee, prices: Prices) -> None:
        self.state = state
        self._bank = bank
        self._feetiers = feetiers
        self._prices = prices

    def params(self, ctx: Context) -> Params:
        """Treasury, token and multiplier; all unset without a genesis section."""
        return self.state.params.get(ctx) or _NO_PARAMS

    def set_params(self, ctx: Context, params: Params) -> None:
        """Stores the parameters. Raises [1001], [1002], or ChainError for the denom."""
        formulas.require_valid_params(params)
        self.state.params.set(ctx, params)

    def add_shares_for_fill(self, ctx: Context, fill: Fill, shares: RevenueShares) -> None:
        """Notes what both sides of a fill earn. Weights that are not positive count nothing."""
        lowest_ppm = self._feetiers.lowest_maker_fee_ppm(ctx)
        self._add(ctx, fill.taker, formulas.taker_weight(fill, shares, lowest_ppm))
        self._add(ctx, fill.maker, formulas.maker_weight(fill, shares))

    def pay_block(self, ctx: Context) -> None:
        """EndBlock: shares min(treasury balance, tokens earned) among the block's traders, each share floored.

        Nothing happens when the reward market is missing; a reward price of 0 is a chain panic, fills or not.
        A payment that fails is skipped.
        """
        params = self.state.params.get(ctx)
        if params is None:
            return
        price = self._prices.find_market_price(ctx, params.market_id)
        if price is None:
            return
        shares = tuple(self.state.shares.values(ctx))
        total_weight = sum(share.weight for share in shares)
        earned = formulas.tokens_earned(total_weight, params, price)
        tokens = min(self._bank.balance(ctx, module_address(TREASURY), params.denom), earned)
        if tokens == 0:
            return
        for share in shares:
            amount = floor_div(tokens * share.weight, total_weight)
            if amount:
                self._pay(ctx, params, share.address, amount)

    def _add(self, ctx: Context, trader: str, weight: int) -> None:
        if weight <= 0:
            return
        known = self.state.shares.get(ctx, trader)
        total = weight if known is None else known.weight + weight
        self.state.shares.set(ctx, trader, RewardShare(address=trader, weight=total))

    def _pay(self, ctx: Context, params: Params, trader: str, amount: int) -> None:
        try:
            recipient = from_bech32(trader)
        except InvalidAddress as problem:
            raise ChainPanic(str(problem)) from None
        # The chain pays on the block's own state: what a failing payment did before it failed would stay.
        try:
            self._bank.send_from_module(ctx, params.treasury_account, recipient, (Coin(params.denom, amount),))
        except ChainError:
            return
