"""The passive market maker's vault: everything that other modules, messages, queries and hooks call.

Source: mm-vault §§4 to 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from vaultsim.address import module_address
from vaultsim.context import Context, run_cached_logged
from vaultsim.lib.maths import mul_ppm_floor, round_down_to_multiple
from vaultsim.pb.vaultsim.mmvault.v1 import PairQuoteParams, Params, PositionCost, Snapshot
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.clob.types import SettledFill
from vaultsim.x.mmvault.errors import InvalidParams
from vaultsim.x.mmvault.events import ParamsUpdated
from vaultsim.x.mmvault.formulas import FLAT, Position, after_fill
from vaultsim.x.mmvault.keeper_quoting import MmvaultQuotingKeeper
from vaultsim.x.mmvault.params import (
    VaultParams,
    updated,
    validate_pairs,
    validate_params,
    validate_total_weight,
    with_tick_multiple,
)
from vaultsim.x.mmvault.types import DAY_SECONDS, VAULT

_FEE_COLLECTOR = module_address("fee_collector")
_NO_PARAMS = Params()


class MmvaultKeeper(MmvaultQuotingKeeper):
    """Reads and writes of x/mmvault."""

    def update_params(
        self, ctx: Context, params: Params, pairs: Sequence[PairQuoteParams], given_weight: int | None
    ) -> None:
        """Sets the parameters that are given and replaces those of all pairs.

        The quotes of pairs that lose theirs are cancelled at once, and all of them when trading is halted.

        Raises InvalidParams [16], also for an update that gives nothing, or WeightMismatch [17], and UnknownRequest
        [sdk 6] on a chain without the vault.
        """
        changed = updated(self.params(ctx), params)
        if params == _NO_PARAMS and not pairs:
            raise InvalidParams("neither params nor pairs")
        self.require_valid(ctx, changed, pairs)
        validate_total_weight(given_weight, pairs)
        kept = {pair.clob_pair_id: pair for pair in pairs}
        for pair_id in list(self.state.pairs.keys(ctx)):
            if pair_id not in kept or not changed.trading_enabled:
                self.cancel_quotes(ctx, pair_id)
            if pair_id not in kept:
                self.state.pairs.delete(ctx, pair_id)
        self.write_params(ctx, changed, pairs)
        ctx.emit(ParamsUpdated(len(pairs)))

    def require_valid(self, ctx: Context, params: VaultParams, pairs: Sequence[PairQuoteParams]) -> None:
        """Raises InvalidParams [16] for a bound that is passed, a pair named twice, and one that does not exist."""
        validate_params(params)
        validate_pairs(pairs)
        for pair in pairs:
            found = self.clob.find_clob_pair(ctx, pair.clob_pair_id)
            if found is None or found.perpetual_clob_metadata is None:
                raise InvalidParams(f"there is no perpetual clob pair {pair.clob_pair_id}")

    def write_params(self, ctx: Context, params: VaultParams, pairs: Sequence[PairQuoteParams]) -> None:
        """Stores parameters that are valid."""
        self.state.params.set(ctx, params)
        for pair in pairs:
            self.state.pairs.set(ctx, pair.clob_pair_id, with_tick_multiple(pair))

    def take_snapshot(self, ctx: Context) -> None:
        """Notes equity and shares once a UTC day. After PriceUnavailable [19] a later block of the day tries again."""
        day = round_down_to_multiple(ctx.unix_seconds, DAY_SECONDS)
        if self.state.snapshots.has(ctx, day):
            return
        equity = self.vault_risk(ctx).nc
        snapshot = Snapshot(day_start=day, equity=str(equity), share_supply=str(self.share_supply(ctx)))
        self.state.snapshots.set(ctx, day, snapshot)

    # --- fills ---------------------------------------------------------------------------------------------------

    def after_fill(self, ctx: Context, fill: SettledFill) -> None:
        """Follows the cost of the vault's position, and gives the vault its share of the fee that the protocol got."""
        for party in (fill.taker, fill.maker):
            if party.subaccount_id == VAULT:
                self._note_cost(ctx, fill.perpetual_id, party.base_delta, -party.quote_delta)
        if fill.protocol_fee > 0:
            self._take_fee_share(ctx.unmetered(), fill.protocol_fee)

    def set_position_cost(self, ctx: Context, perpetual_id: int, position: Position) -> None:
        """Stores size and cost of a position; none is no row."""
        if position == FLAT:
            self.state.position_costs.delete(ctx, perpetual_id)
            return
        row = PositionCost(base_quantums=str(position.base_quantums), quote_quantums=str(position.quote_quantums))
        self.state.position_costs.set(ctx, perpetual_id, row)

    def _note_cost(self, ctx: Context, perpetual_id: int, base_delta: int, quote_paid: int) -> None:
        if self.is_active(ctx):
            position = after_fill(self.position_cost(ctx, perpetual_id), base_delta, quote_paid)
            self.set_position_cost(ctx, perpetual_id, position)

    def _take_fee_share(self, ctx: Context, protocol_fee: int) -> None:
        params = self.state.params.get(ctx)
        if params is None:
            return
        share = mul_ppm_floor(protocol_fee, params.vault_fee_share_ppm)
        if share:
            run_cached_logged(ctx, partial(self._deposit_fee, share=share))

    def _deposit_fee(self, ctx: Context, share: int) -> None:
        self.subaccounts.deposit(ctx, _FEE_COLLECTOR, VAULT, USDC_ASSET_ID, share, is_gated=False)
