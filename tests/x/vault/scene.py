"""The whole app with a small state put in by hand: markets, subaccounts and vaults of a test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pytest

from vaultsim.address import from_bech32
from vaultsim.app.app import App
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.node.genesis_document import GenesisDocument, read_genesis
from vaultsim.node.genesis_sections import load_sections
from vaultsim.pb.dydxprotocol.clob import ClobPair, Order, PerpetualClobMetadata
from vaultsim.pb.dydxprotocol.clob import GenesisState as ClobGenesis
from vaultsim.pb.dydxprotocol.delaymsg import GenesisState as DelaymsgGenesis
from vaultsim.pb.dydxprotocol.perpetuals import GenesisState as PerpetualsGenesis
from vaultsim.pb.dydxprotocol.perpetuals import LiquidityTier, Perpetual, PerpetualParams
from vaultsim.pb.dydxprotocol.prices import GenesisState as PricesGenesis
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.pb.dydxprotocol.subaccounts import AssetPosition, PerpetualPosition, Subaccount, SubaccountId
from vaultsim.pb.dydxprotocol.subaccounts import GenesisState as SubaccountsGenesis
from vaultsim.pb.dydxprotocol.vault import QuotingParams, VaultId, VaultParams
from vaultsim.pb.runtime import Message, replace
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.bank.types import Coin
from vaultsim.x.subaccounts.types import usdc_balance
from vaultsim.x.vault.genesis import DEFAULT_GENESIS
from vaultsim.x.vault.types import CLOB, CLOSE_ONLY, DEACTIVATED, MAIN_VAULT, QUOTING, STAND_BY, account_of

ALICE = "dydx199tqg4wdlnu4qjlxchpd7seg454937hjrknju4"
BOB = "dydx10fx7sy6ywd5senxae9dwytf8jxek3t2gcen2vs"
CARL = "dydx1fjg6zp6vv8t9wvy4lps03r5l4g7tkjw9wvmh70"
DAVE = "dydx1wau5mja7j7zdavtfq9lu7ejef05hm6ffenlcsn"
POOL = "dydx1v88c3xv9xyv3eetdx0tvcmq7ung3dywp5upwc6"

ACTIVE, INITIALIZING, FINAL_SETTLEMENT = 1, 5, 6
STATUSES = {"Q": QUOTING, "SB": STAND_BY, "DEACT": DEACTIVATED, "CLOSE": CLOSE_ONLY}
TIERS = {0: (50_000, 600_000), 3: (200_000, 500_000), 7: (0, 0)}

F_QP = QuotingParams(
    layers=3,
    spread_min_ppm=4_321,
    spread_buffer_ppm=1_789,
    skew_factor_ppm=767_323,
    order_size_pct_ppm=234_567,
    order_expiration_seconds=111,
    activation_threshold_quote_quantums=9_876_543,
)


def qp(
    layers: int, spread_min: int, buffer: int, skew: int, size_pct: int, expiration: int, threshold: int = 10**9
) -> QuotingParams:
    return QuotingParams(
        layers=layers,
        spread_min_ppm=spread_min,
        spread_buffer_ppm=buffer,
        skew_factor_ppm=skew,
        order_size_pct_ppm=size_pct,
        order_expiration_seconds=expiration,
        activation_threshold_quote_quantums=threshold,
    )


def vault(number: int) -> VaultId:
    return VaultId(type=CLOB, number=number)


@contextmanager
def raises(code: int, codespace: str = "vault") -> Iterator[None]:
    """Expects a ChainError with this code."""
    with pytest.raises(ChainError) as caught:
        yield
    assert (caught.value.codespace, caught.value.code) == (codespace, code)


class Scene:
    """Genesis of the recorded chain without its markets, subaccounts and vaults; `ctx` writes to block 1."""

    def __init__(self, *, incremental: bool = True) -> None:
        self.app = App(incremental=incremental)
        keepers = self.app.modules.keepers
        self.vault, self.subaccounts, self.clob = keepers.vault, keepers.subaccounts, keepers.clob
        self.prices, self.perpetuals, self.bank = keepers.prices, keepers.perpetuals, keepers.bank
        self.delaymsg, self.feetiers = keepers.delaymsg, keepers.feetiers
        document = read_genesis_once()
        sections = dict(load_sections(document, self.app.section_classes()).messages)
        sections["prices"] = PricesGenesis()
        sections["perpetuals"] = _without(sections["perpetuals"], PerpetualsGenesis, "perpetuals", "liquidity_tiers")
        sections["clob"] = _without(sections["clob"], ClobGenesis, "clob_pairs")
        sections["subaccounts"] = SubaccountsGenesis()
        sections["delaymsg"] = DelaymsgGenesis()
        sections["vault"] = DEFAULT_GENESIS
        self.app.init_chain(sections, "localdydxprotocol", 1)
        assert self.app.deliver is not None
        self.ctx = self.app.deliver.replaced(height=1)
        self.seconds = 0
        for tier_id, (imf_ppm, fraction_ppm) in TIERS.items():
            self._tier(tier_id, imf_ppm, fraction_ppm)

    # --- what there is -----------------------------------------------------------------------------------------------

    def market(
        self,
        market_id: int,
        *,
        price: int,
        exponent: int,
        resolution: int,
        step: int,
        tick: int,
        qce: int,
        change_ppm: int = 50,
        tier: int = 3,
        status: int = ACTIVE,
        has_pair: bool = True,
    ) -> None:
        """Market, perpetual and clob pair with one id."""
        param = MarketParam(id=market_id, pair=f"M{market_id}-USD", min_price_change_ppm=change_ppm, exponent=exponent)
        self.prices.state.params.set(self.ctx, market_id, param)
        self.set_price(market_id, price, exponent)
        params = PerpetualParams(
            id=market_id,
            ticker=f"M{market_id}-USD",
            market_id=market_id,
            atomic_resolution=resolution,
            liquidity_tier=tier,
            market_type=1,
        )
        perpetual = Perpetual(params=params, funding_index=0, open_interest=0)
        self.perpetuals.state.perpetuals.set(self.ctx, market_id, perpetual)
        if has_pair:
            pair = ClobPair(
                id=market_id,
                perpetual_clob_metadata=PerpetualClobMetadata(perpetual_id=market_id),
                step_base_quantums=step,
                subticks_per_tick=tick,
                quantum_conversion_exponent=qce,
                status=status,
            )
            self.clob.create_genesis_clob_pair(self.ctx, replace(pair, status=ACTIVE))
            self.clob.state.clob_pairs.set(self.ctx, market_id, pair)

    def btc(self, **changes: int) -> None:
        """ClobPair_Btc: $50,000."""
        self._known(0, changes, price=5_000_000_000, exponent=-5, resolution=-10, step=5, tick=5, qce=-8)

    def eth(self, **changes: int) -> None:
        """ClobPair_Eth: $3,000."""
        self._known(1, changes, price=3_000_000_000, exponent=-6, resolution=-9, step=1_000, tick=1_000, qce=-9)

    def genesis_markets(self) -> None:
        """BTC at $20,000 and ETH at $1,500 as the chain's own default test genesis has them."""
        self.market(
            0, price=2_000_000_000, exponent=-5, resolution=-10, step=10, tick=10_000, qce=-8, change_ppm=1_000, tier=0
        )
        self.market(
            1,
            price=1_500_000_000,
            exponent=-6,
            resolution=-9,
            step=1_000,
            tick=100_000,
            qce=-9,
            change_ppm=1_000,
            tier=0,
        )

    def set_price(self, market_id: int, price: int, exponent: int | None = None) -> None:
        ctx = self.ctx
        if exponent is None:
            exponent = self.prices.market_price(ctx, market_id).exponent
        self.prices.state.prices.set(ctx, market_id, MarketPrice(id=market_id, exponent=exponent, price=price))

    def fund(self, subaccount_id: SubaccountId, usdc: int, base: int | None = None, perpetual_id: int = 0) -> None:
        """USDC (left out when 0) and a position (left out when None)."""
        positions = ()
        if base is not None:
            positions = (PerpetualPosition(perpetual_id=perpetual_id, quantums=base, funding_index=0, quote_balance=0),)
        assets = (AssetPosition(asset_id=0, quantums=usdc),) if usdc else ()
        subaccount = Subaccount(id=subaccount_id, asset_positions=assets, perpetual_positions=positions)
        self.subaccounts.set(self.ctx, subaccount)

    def fund_vault(self, number: int, usdc: int, base: int | None = None) -> None:
        self.fund(account_of(vault(number)).subaccount_id, usdc, base, number)

    def fund_main(self, usdc: int) -> None:
        self.fund(MAIN_VAULT, usdc)

    def fund_owner(self, owner: str, usdc: int, number: int = 0) -> SubaccountId:
        subaccount_id = SubaccountId(owner=owner, number=number)
        self.fund(subaccount_id, usdc)
        return subaccount_id

    def give_coins(self, bech32: str, amount: int) -> None:
        self.bank.give(self.ctx, from_bech32(bech32), (Coin(USDC_DENOM, amount),))

    def set_vault(self, number: int, status: str, params: QuotingParams | None = None) -> None:
        """As a genesis document would, without the setter's checks."""
        value = VaultParams(status=STATUSES[status], quoting_params=params)
        self.vault.state.vault_params.set(self.ctx, account_of(vault(number)).text, value)
        self.vault.add_vault_address(self.ctx, vault(number))

    # --- what became of it -------------------------------------------------------------------------------------------

    def usdc(self, subaccount_id: SubaccountId) -> int:
        return usdc_balance(self.subaccounts.get(self.ctx, subaccount_id))

    def main_usdc(self) -> int:
        return self.usdc(MAIN_VAULT)

    def vault_equity(self, number: int) -> int:
        return self.vault.vault_equity(self.ctx, vault(number))

    def client_ids(self, number: int) -> tuple[int, ...]:
        return self.vault.most_recent_client_ids(self.ctx, vault(number))

    def orders(self, number: int | None = None) -> list[Order]:
        """Stateful orders by placement, of one vault or all."""
        found = self.clob.all_placed_orders(self.ctx)
        if number is None:
            return found
        return [order for order in found if order.order_id.subaccount_id == account_of(vault(number)).subaccount_id]

    # --- time --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Runs block 1 on what was put in."""
        self.block(0)

    def block(self, seconds: int = 1, gov: Sequence[Message] = ()) -> None:
        """Runs and commits a block; `ctx` then reads and changes the committed state of it."""
        self._keep_changes()
        self.seconds += seconds
        proposals = ([*gov],) if gov else ()
        self.app.finalize_block(self.app.height + 1, self.seconds * 10**9 + 1, [], proposals)
        self.app.commit()
        self.ctx = self._reader()

    def _reader(self) -> Context:
        store = self.app.store
        return Context(store.branch(), height=self.app.height, time_ns=self.seconds * 10**9 + 1)

    def _keep_changes(self) -> None:
        if self.app.deliver is None:
            self.app.store.commit(self.ctx.branch)

    def _known(self, market_id: int, changes: dict[str, int], **values: int) -> None:
        self.market(market_id, **{**values, **changes})

    def _tier(self, tier_id: int, imf_ppm: int, fraction_ppm: int) -> None:
        tier = LiquidityTier(
            id=tier_id,
            name=str(tier_id),
            initial_margin_ppm=imf_ppm,
            maintenance_fraction_ppm=fraction_ppm,
            impact_notional=1,
            open_interest_lower_cap=0,
            open_interest_upper_cap=0,
        )
        self.perpetuals.state.liquidity_tiers.set(self.ctx, tier_id, tier)


@lru_cache(maxsize=1)
def read_genesis_once() -> GenesisDocument:
    return read_genesis(Path(__file__).parents[2] / "vectors" / "quoting" / "genesis.json.gz")


def _without(section: Message, cls: type[Message], *fields: str) -> Message:
    assert isinstance(section, cls)
    return replace(section, **dict.fromkeys(fields, ()))
