"""x/listing: what a listing makes, its refusals, the chain's floating-point logarithm, upgrade to cross."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.x.blocks import ALICE, Blocks
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import ClobPair
from vaultsim.pb.dydxprotocol.listing import (
    GenesisState,
    ListingVaultDepositParams,
    MsgCreateMarketPermissionless,
    MsgSetListingVaultDepositParams,
    MsgSetMarketsHardCap,
    MsgUpgradeIsolatedPerpetualToCross,
    QueryMarketsHardCap,
)
from vaultsim.pb.dydxprotocol.perpetuals import Perpetual, PerpetualParams
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import VaultId
from vaultsim.pb.runtime import Message
from vaultsim.x.authority import DELAYMSG_BECH32, GOV_BECH32
from vaultsim.x.listing.formulas import atomic_resolution, floor_log10, parse_ticker_metadata
from vaultsim.x.listing.genesis import check
from vaultsim.x.listing.keeper import ListingKeeper
from vaultsim.x.listing.module import listing_module
from vaultsim.x.listing.state import ListingState
from vaultsim.x.marketmap.types import MarketMapEntry

PAYER = SubaccountId(owner=ALICE, number=3)
DEPOSIT = ListingVaultDepositParams(
    new_vault_deposit_amount=10_000_000_000, main_vault_deposit_amount=5, num_blocks_to_lock_shares=15
)
GENESIS = GenesisState(hard_cap_for_markets=2, listing_vault_deposit_params=DEPOSIT)
CROSS, ISOLATED = 1, 2


class FakeChain:
    """Every port at once: notes what is called."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.entries = {"DOGE/USD": MarketMapEntry(10, 1, '{"reference_price":1000000000}')}
        self.perpetuals = [Perpetual(params=PerpetualParams(id=number, market_type=ISOLATED)) for number in (0, 1)]

    def read(self, ctx: Context, pair_text: str) -> MarketMapEntry | None:
        return self.entries.get(pair_text)

    def acquire_next_market_id(self, ctx: Context) -> int:
        self.calls.append(("market id",))
        return 40

    def create_market(self, ctx: Context, param: MarketParam, price: MarketPrice) -> None:
        self.calls.append((param, price))

    def all(self, ctx: Context) -> list[Perpetual]:
        return self.perpetuals

    def get(self, ctx: Context, perpetual_id: int) -> Perpetual:
        return self.perpetuals[perpetual_id]

    def acquire_next_id(self, ctx: Context) -> int:
        self.calls.append(("perpetual id",))
        return 50

    def create(self, ctx: Context, params: PerpetualParams) -> Perpetual:
        self.calls.append((params,))
        return Perpetual(params=params)

    def set_market_type(self, ctx: Context, perpetual_id: int, market_type: int) -> Perpetual:
        self.calls.append(("market type", perpetual_id, market_type))
        return self.perpetuals[perpetual_id]

    def acquire_next_clob_pair_id(self, ctx: Context) -> int:
        self.calls.append(("clob pair id",))
        return 60

    def create_clob_pair(self, ctx: Context, pair: ClobPair) -> None:
        self.calls.append((pair,))

    def transfer_isolated_to_cross(self, ctx: Context, perpetual_id: int) -> None:
        self.calls.append(("collateral", perpetual_id))

    def deposit_to_megavault(self, ctx: Context, subaccount_id: SubaccountId, quote_quantums: int) -> int:
        self.calls.append(("deposit", subaccount_id, quote_quantums))
        return 777

    def allocate_to_vault(self, ctx: Context, vault_id: VaultId, quantums: int) -> None:
        self.calls.append(("allocate", vault_id, quantums))

    def lock_shares(self, ctx: Context, owner: str, shares: int, til_height: int) -> None:
        self.calls.append(("lock", owner, shares, til_height))

    def set_vault_status(self, ctx: Context, vault_id: VaultId, status: int) -> None:
        self.calls.append(("status", vault_id, status))


class Stage:
    def __init__(self) -> None:
        self.chain = FakeChain()
        ports = (self.chain,) * 6
        self.keeper = ListingKeeper(ListingState(), *ports)
        self.module = listing_module(self.keeper)
        self.blocks = Blocks(self.keeper.state.schema)
        assert self.module.genesis is not None
        self.genesis = self.module.genesis
        self.ctx = self.blocks.at(100)
        self.genesis.init(self.ctx, GENESIS)

    def run(self, message: Message) -> None:
        self.module.handlers[type(message)](self.ctx, message)

    def list_doge(self) -> None:
        self.run(MsgCreateMarketPermissionless(ticker="DOGE-USD", subaccount_id=PAYER))


def test_a_listing_makes_market_perpetual_pair_and_vault_in_this_order() -> None:
    stage = Stage()
    stage.list_doge()
    vault = VaultId(type=1, number=60)
    pair = ClobPair.from_json(
        {
            "id": 60,
            "perpetual_clob_metadata": {"perpetual_id": 50},
            "step_base_quantums": "1000000",
            "subticks_per_tick": 1_000_000,
            "quantum_conversion_exponent": -9,
            "status": "STATUS_ACTIVE",
        }
    )
    assert stage.chain.calls == [
        ("market id",),
        (MarketParam(id=40, pair="DOGE-USD", min_price_change_ppm=800), MarketPrice(id=40, exponent=-10)),
        ("perpetual id",),
        (
            PerpetualParams(
                id=50,
                ticker="DOGE-USD",
                market_id=40,
                atomic_resolution=-5,
                default_funding_ppm=100,
                liquidity_tier=7,
                market_type=ISOLATED,
            ),
        ),
        ("clob pair id",),
        (pair,),
        ("deposit", PAYER, 10_000_000_005),
        ("allocate", vault, 10_000_000_000),
        ("lock", ALICE, 777, 115),
        ("status", vault, 3),
    ]


def test_the_metadata_may_ask_for_a_cross_market() -> None:
    stage = Stage()
    stage.chain.entries["DOGE/USD"] = MarketMapEntry(8, 1, '{"reference_price":1,"cross_launch":true}')
    stage.list_doge()
    (params,) = stage.chain.calls[3]
    assert isinstance(params, PerpetualParams)
    assert (params.market_type, params.atomic_resolution) == (CROSS, 2)


@pytest.mark.parametrize(
    ("ticker", "metadata", "codespace", "code"),
    [
        ("DOGEUSD", "", "undefined", 1),
        ("PEPE-USD", "", "listing", 1),
        ("DOGE-USD", "", "listing", 6),
        ("DOGE-USD", '{"reference_price":0}', "listing", 2),
        ("DOGE-USD", "null", "listing", 2),
    ],
)
def test_listings_are_refused(ticker: str, metadata: str, codespace: str, code: int) -> None:
    stage = Stage()
    stage.chain.entries["DOGE/USD"] = MarketMapEntry(8, 1, metadata)
    with pytest.raises(ChainError) as caught:
        stage.run(MsgCreateMarketPermissionless(ticker=ticker, subaccount_id=PAYER))
    assert (caught.value.codespace, caught.value.code) == (codespace, code)


def test_the_hard_cap_allows_one_more() -> None:
    stage = Stage()
    stage.list_doge()
    stage.run(MsgSetMarketsHardCap(authority=GOV_BECH32, hard_cap_for_markets=1))
    with pytest.raises(ChainError) as caught:
        stage.list_doge()
    assert (caught.value.codespace, caught.value.code) == ("listing", 3)


def test_a_listing_without_payer_panics_and_its_signer_is_nobody() -> None:
    stage = Stage()
    message = MsgCreateMarketPermissionless(ticker="DOGE-USD")
    with pytest.raises(ChainPanic):
        stage.run(message)
    assert stage.module.signers[MsgCreateMarketPermissionless](message) == ("",)


@pytest.mark.parametrize(
    ("price", "decimals", "resolution"), [(10**9, 10, -5), (999_999_999, 10, -4), (1, 8, 2), (15_200_000_000, 9, -7)]
)
def test_atomic_resolution_follows_the_reference_price(price: int, decimals: int, resolution: int) -> None:
    assert atomic_resolution(price, decimals) == resolution


@pytest.mark.parametrize(
    ("price", "whole"),
    [(10**15, 14), (10**15 + 2, 14), (10**15 + 3, 15), (10**16 - 1, 16), (10**17 - 247, 17), (2**64 - 1, 19)],
)
def test_large_prices_step_where_floating_point_does(price: int, whole: int) -> None:
    assert floor_log10(price) == whole


@given(st.integers(min_value=1, max_value=10**15 - 1))
def test_below_10_to_the_15_it_is_the_number_of_digits(price: int) -> None:
    assert floor_log10(price) == len(str(price)) - 1


@given(st.integers(min_value=0, max_value=19), st.integers(min_value=-2_000, max_value=2_000))
def test_the_steps_are_those_of_the_natural_logarithm_times_a_constant(exponent: int, offset: int) -> None:
    price = 10**exponent + offset
    if 1 <= price < 2**64:
        assert floor_log10(price) == math.floor(math.log(float(price)) * 0.4342944819032518)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"reference_price":1.5}',
        '{"reference_price":1e3}',
        '{"reference_price":"1"}',
        '{"reference_price":-1}',
        '{"reference_price":18446744073709551616}',
        '{"reference_price":true}',
        '{"liquidity":"x"}',
        '{"aggregate_ids":{}}',
        '{"aggregate_ids":[{"venue":1}]}',
        '{"cross_launch":1}',
        '{"other":NaN}',
        "{} x",
    ],
)
def test_metadata_of_another_shape_is_error_6(text: str) -> None:
    with pytest.raises(ChainError) as caught:
        parse_ticker_metadata(text)
    assert (caught.value.codespace, caught.value.code) == ("listing", 6)


def test_metadata_is_read_as_go_reads_it() -> None:
    text = '{"Reference_Price":7,"liquidity":null,"aggregate_ids":[{"venue":"x","ID":"y"},null],"z":1.5}'
    assert parse_ticker_metadata(text) == (7, False)


def test_an_isolated_market_becomes_cross_after_its_collateral_moved() -> None:
    stage = Stage()
    stage.run(MsgUpgradeIsolatedPerpetualToCross(authority=GOV_BECH32, perpetual_id=1))
    assert stage.chain.calls == [("collateral", 1), ("market type", 1, CROSS)]
    stage.chain.perpetuals[0] = Perpetual(params=PerpetualParams(market_type=CROSS))
    with pytest.raises(ChainError) as caught:
        stage.run(MsgUpgradeIsolatedPerpetualToCross(authority=GOV_BECH32, perpetual_id=0))
    assert (caught.value.codespace, caught.value.code) == ("undefined", 1)


@pytest.mark.parametrize(
    "message",
    [
        MsgSetMarketsHardCap(authority=DELAYMSG_BECH32),
        MsgSetListingVaultDepositParams(authority=DELAYMSG_BECH32),
        MsgUpgradeIsolatedPerpetualToCross(authority=DELAYMSG_BECH32),
    ],
)
def test_setters_are_for_governance(message: Message) -> None:
    with pytest.raises(ChainError) as caught:
        Stage().run(message)
    assert (caught.value.codespace, caught.value.code) == ("gov", 13)


@pytest.mark.parametrize(
    ("new", "main", "blocks", "code", "field"),
    [
        (0, 0, 0, 4, "new_vault_deposit_amount"),
        (1, -1, 1, 4, "main_vault_deposit_amount"),
        (1, 0, 0, 5, "num_blocks_to_lock_shares"),
    ],
)
def test_deposit_parameters_are_checked(new: int, main: int, blocks: int, code: int, field: str) -> None:
    params = ListingVaultDepositParams(
        new_vault_deposit_amount=new, main_vault_deposit_amount=main, num_blocks_to_lock_shares=blocks
    )
    with pytest.raises(ChainError) as caught:
        Stage().run(MsgSetListingVaultDepositParams(authority=GOV_BECH32, params=params))
    assert (caught.value.codespace, caught.value.code) == ("listing", code)
    problems = check(GenesisState(listing_vault_deposit_params=params))
    assert problems[0].path == f"listing_vault_deposit_params.{field}"


def test_genesis_comes_back_and_a_cap_of_0_is_an_empty_row() -> None:
    stage = Stage()
    assert stage.genesis.export(stage.ctx) == GENESIS
    assert check(GENESIS) == []
    stage.run(MsgSetMarketsHardCap(authority=GOV_BECH32))
    stage.blocks.commit(stage.ctx)
    rows = stage.blocks.rows("listing")
    assert rows[b"HardCapForMarkets"] == b""
    # 02 02 54 0b e4 00: sign and magnitude of 10,000,000,000; 02 05; 15.
    assert rows[b"ListingVaultDepositParams"] == bytes.fromhex("0a06" + "0202540be400" + "1202" + "0205" + "180f")


def test_the_query_shows_the_cap() -> None:
    stage = Stage()
    answer = stage.module.queries["/dydxprotocol.listing.Query/MarketsHardCap"][1](stage.ctx, QueryMarketsHardCap())
    assert answer.hard_cap == 2
