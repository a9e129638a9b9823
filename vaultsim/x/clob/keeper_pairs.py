"""Clob pairs: look-up, the map from perpetuals, oracle prices in subticks."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.maths import floor_div
from vaultsim.lib.quantums import price_to_subticks
from vaultsim.pb.dydxprotocol.clob import ClobPair
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.clob.errors import InvalidClob, NoClobPairForPerpetual
from vaultsim.x.clob.formulas import Ratio
from vaultsim.x.clob.keeper_base import ClobBase, panic_with
from vaultsim.x.clob.memclob.premium import PremiumParameters
from vaultsim.x.clob.types import STATUS_ACTIVE, must_perpetual_of
from vaultsim.x.subaccounts.types import position_quantums


class PairsKeeper(ClobBase):
    """Reading of clob pairs."""

    def find_clob_pair(self, ctx: Context, clob_pair_id: int) -> ClobPair | None:
        """The pair, or None."""
        return self.state.clob_pairs.get(ctx, clob_pair_id)

    def clob_pair(self, ctx: Context, clob_pair_id: int) -> ClobPair:
        """The pair. Raises InvalidClob [8]."""
        pair = self.state.clob_pairs.get(ctx, clob_pair_id)
        if pair is None:
            raise InvalidClob(f"clob pair {clob_pair_id}")
        return pair

    def must_clob_pair(self, ctx: Context, clob_pair_id: int) -> ClobPair:
        """The pair; a chain panic when there is none."""
        pair = self.state.clob_pairs.get(ctx, clob_pair_id)
        if pair is None:
            raise ChainPanic(f"clob pair {clob_pair_id} not found")
        return pair

    def all_clob_pairs(self, ctx: Context) -> list[ClobPair]:
        """All pairs by ascending id."""
        return list(self.state.clob_pairs.values(ctx))

    def clob_pair_status(self, ctx: Context, clob_pair_id: int) -> int:
        """Status of a pair. Raises InvalidClob [8]."""
        return self.clob_pair(ctx, clob_pair_id).status

    def clob_pair_id_for_perpetual(self, perpetual_id: int) -> int:
        """The pair mapped to a perpetual. Raises NoClobPairForPerpetual [19]; several are a chain panic."""
        ids = self.clob_pairs_of_perpetual.get(perpetual_id)
        if ids is None:
            raise NoClobPairForPerpetual(f"perpetual {perpetual_id}")
        if len(ids) > 1:
            raise ChainPanic(f"perpetual {perpetual_id} has clob pairs {ids}")
        return ids[0]

    def find_clob_pair_id_for_perpetual(self, ctx: Context, perpetual_id: int) -> int:
        """As `clob_pair_id_for_perpetual`, in the form that x/perpetuals asks."""
        return self.clob_pair_id_for_perpetual(perpetual_id)

    def must_clob_pair_for_perpetual(self, ctx: Context, perpetual_id: int) -> ClobPair:
        """The pair mapped to a perpetual; a chain panic when there is none."""
        try:
            pair_id = self.clob_pair_id_for_perpetual(perpetual_id)
        except ChainError as error:
            panic_with(error)
        return self.must_clob_pair(ctx, pair_id)

    def map_perpetual(self, pair: ClobPair) -> None:
        """Notes the pair as one of its perpetual, in process memory."""
        if pair.perpetual_clob_metadata is not None:
            ids = self.clob_pairs_of_perpetual.setdefault(pair.perpetual_clob_metadata.perpetual_id, [])
            if pair.id not in ids:
                ids.append(pair.id)

    def map_all_perpetuals(self, ctx: Context) -> None:
        """Fills the map from the state, at start-up."""
        for pair in self.all_clob_pairs(ctx):
            self.map_perpetual(pair)

    def capture_pairs(self) -> dict[int, list[int]]:
        """The map as it is."""
        return {perpetual_id: list(ids) for perpetual_id, ids in self.clob_pairs_of_perpetual.items()}

    def restore_pairs(self, kept: dict[int, list[int]]) -> None:
        """Goes back to a captured map, any number of times."""
        self.clob_pairs_of_perpetual = {perpetual_id: list(ids) for perpetual_id, ids in kept.items()}

    def oracle_subticks(self, ctx: Context, pair: ClobPair) -> Ratio:
        """Oracle price in subticks, exact; a missing or zero price is a chain panic. Source: dydx-modules §2.1."""
        perpetual_id = must_perpetual_of(pair)
        try:
            perpetual, price = self.perpetuals.perpetual_and_price(ctx, perpetual_id)
        except ChainError as error:
            panic_with(error)
        if price.price == 0:
            raise ChainPanic(f"clob pair {pair.id}, perpetual {perpetual_id}: oracle price must be above zero")
        return price_to_subticks(
            price.price, price.exponent, perpetual.params.atomic_resolution, pair.quantum_conversion_exponent
        )

    def oracle_subticks_floor(self, ctx: Context, pair: ClobPair) -> int:
        """Oracle price in whole subticks, floored."""
        numerator, denominator = self.oracle_subticks(ctx, pair)
        return floor_div(numerator, denominator)

    def position(self, ctx: Context, subaccount_id: SubaccountId, clob_pair_id: int) -> int:
        """Base quantums of the subaccount's position in the pair's perpetual, negative when short."""
        perpetual_id = must_perpetual_of(self.must_clob_pair(ctx, clob_pair_id))
        return position_quantums(self.subaccounts.get(ctx, subaccount_id), perpetual_id)

    def price_premium(self, ctx: Context, perpetual_id: int, params: PremiumParameters) -> int:
        """Premium ppm of the perpetual's book; 0 unless its pair is ACTIVE. Raises [19], [8], [26].

        Source: dydx-modules §20.21.
        """
        pair = self.clob_pair(ctx, self.clob_pair_id_for_perpetual(perpetual_id))
        return self.memclob.price_premium(ctx, pair, params) if pair.status == STATUS_ACTIVE else 0
