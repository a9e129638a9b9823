"""x/revshare: safety, shares of a fill, messages, rows. Figures of dydx-modules appendix B."""

from __future__ import annotations

import pytest

from tests.x.blocks import ALICE, BOB, CARL, GENESIS_SECONDS, Blocks
from vaultsim.address import from_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.affiliates import AffiliateParameters
from vaultsim.pb.dydxprotocol.revshare import (
    GenesisState,
    MarketMapperRevenueShareParams,
    MarketMapperRevShareDetails,
    MsgSetMarketMapperRevenueShare,
    MsgSetMarketMapperRevShareDetailsForMarket,
    MsgSetOrderRouterRevShare,
    MsgUpdateUnconditionalRevShareConfig,
    OrderRouterRevShare,
    QueryMarketMapperRevShareDetails,
    QueryOrderRouterRevShare,
    UnconditionalRevShareConfig,
    UnconditionalRevShareConfig_RecipientConfig,
)
from vaultsim.pb.dydxprotocol.stats import UserStats
from vaultsim.x.authority import DELAYMSG_BECH32, GOV_BECH32
from vaultsim.x.revshare.formulas import are_shares_safe, mapper_expiration
from vaultsim.x.revshare.genesis import check
from vaultsim.x.revshare.keeper import RevshareKeeper
from vaultsim.x.revshare.module import revshare_module
from vaultsim.x.revshare.state import RevshareState
from vaultsim.x.revshare.types import NO_SHARES, FeeSource, Fill, RevenueShares, ShareKind

MARKET = 3
T, M = 61_729, -13_580
NO_PARAMETERS = AffiliateParameters()


def config(*rows: tuple[str, int]) -> UnconditionalRevShareConfig:
    return UnconditionalRevShareConfig(
        configs=tuple(UnconditionalRevShareConfig_RecipientConfig(address=who, share_ppm=ppm) for who, ppm in rows)
    )


def mapper(ppm: int, address: str = BOB, valid_days: int = 0) -> MarketMapperRevenueShareParams:
    return MarketMapperRevenueShareParams(address=address, revenue_share_ppm=ppm, valid_days=valid_days)


def fill(taker_fee: int = T, maker_fee: int = M, taker_volume: int = 0, routers: tuple[str, str] = ("", "")) -> Fill:
    return Fill(
        taker=ALICE,
        maker=BOB,
        taker_fee=taker_fee,
        maker_fee=maker_fee,
        quote_quantums=123_456_789,
        perpetual_id=1,
        market_id=MARKET,
        taker_volume=taker_volume,
        taker_router=routers[0],
        maker_router=routers[1],
    )


class FakeStats:
    revenue = 0

    def user_stats(self, ctx: Context, user: str) -> UserStats:
        return UserStats(affiliate_30d_revenue_generated_quantums=self.revenue)


class FakeAffiliates:
    share: tuple[str, int] | None = None

    def taker_fee_share(self, ctx: Context, taker: str, overrides: frozenset[str]) -> tuple[str, int] | None:
        return self.share


class FakeFees:
    maker_ppm, taker_ppm = -110, 350

    def lowest_maker_fee_ppm(self, ctx: Context) -> int:
        return self.maker_ppm

    def referee_lowest_taker_fee_ppm(self, ctx: Context) -> int:
        return self.taker_ppm


class Stage:
    def __init__(self) -> None:
        self.stats, self.affiliates, self.fees = FakeStats(), FakeAffiliates(), FakeFees()
        self.keeper = RevshareKeeper(RevshareState(), self.stats, self.affiliates)
        self.keeper.feetiers = self.fees
        self.module = revshare_module(self.keeper)
        self.blocks = Blocks(self.keeper.state.schema)
        self.ctx = self.blocks.at(1)
        assert self.module.genesis is not None
        self.genesis = self.module.genesis
        self.genesis.init(self.ctx, GenesisState(params=mapper(0)))
        self.keeper.create_mapper_details(self.ctx, MARKET)

    def shares(self, one: Fill, parameters: AffiliateParameters = NO_PARAMETERS) -> RevenueShares:
        return self.keeper.revenue_shares_for_fill(self.ctx, one, frozenset(), parameters)


def amounts(shares: RevenueShares) -> list[tuple[str, int]]:
    return [(share.recipient, share.quote_quantums) for share in shares.shares]


def test_unconditional_shares_come_before_the_market_mappers() -> None:
    stage = Stage()
    stage.keeper.set_unconditional_config(stage.ctx, config((CARL, 500_000)))
    stage.keeper.set_mapper_params(stage.ctx, mapper(100_000))
    shares = stage.shares(fill())
    assert amounts(shares) == [(CARL, 24_074), (BOB, 4_814)]
    assert [share.kind for share in shares.shares] == [ShareKind.UNCONDITIONAL, ShareKind.MARKET_MAPPER]
    assert T + M - shares.total() == 19_261
    assert shares.net_protocol_ppm() == 600_000
    assert shares.affiliate is None


def test_an_affiliates_share_is_taken_off_first() -> None:
    stage = Stage()
    stage.affiliates.share = (ALICE, 150_000)
    stage.keeper.set_unconditional_config(stage.ctx, config((CARL, 500_000)))
    shares = stage.shares(fill())
    assert amounts(shares) == [(ALICE, 9_259), (CARL, 19_445)]
    assert T + M - shares.total() == 19_445
    assert shares.affiliate == shares.shares[0]


@pytest.mark.parametrize(
    ("taker_volume", "cap", "revenue", "amount"),
    [(50_000_000_000_000, 0, 0, None), (49_999_999_999_999, 0, 0, 9_259), (0, 100, 40, 60), (0, 100, 100, None)],
)
def test_affiliates_share_only_up_to_volume_and_cap(
    taker_volume: int, cap: int, revenue: int, amount: int | None
) -> None:
    stage = Stage()
    stage.affiliates.share, stage.stats.revenue = (ALICE, 150_000), revenue
    parameters = AffiliateParameters(maximum_30d_affiliate_revenue_per_referred_user_quote_quantums=cap)
    affiliate = stage.shares(fill(taker_volume=taker_volume), parameters).affiliate
    assert (None if affiliate is None else affiliate.quote_quantums) == amount


def test_an_affiliate_share_of_0_still_keeps_the_routers_out() -> None:
    stage = Stage()
    stage.affiliates.share = (ALICE, 0)
    stage.keeper.set_router_ppm(stage.ctx, CARL, 200_000)
    assert amounts(stage.shares(fill(routers=(CARL, "")))) == [(ALICE, 0)]


@pytest.mark.parametrize(
    ("maker_fee", "maker_router", "expected"),
    [(-13_580, "", [9_629]), (12_346, BOB, [12_345, 1_234]), (-13_580, BOB, [9_629, 0])],
)
def test_routers_share_in_their_sides_fee(maker_fee: int, maker_router: str, expected: list[int]) -> None:
    stage = Stage()
    stage.keeper.set_router_ppm(stage.ctx, CARL, 200_000)
    stage.keeper.set_router_ppm(stage.ctx, BOB, 100_000)
    shares = stage.shares(fill(maker_fee=maker_fee, routers=(CARL, maker_router)))
    assert [share.quote_quantums for share in shares.shares] == expected
    assert shares.router_quantums(FeeSource.TAKER_FEE) == expected[0]


def test_unknown_routers_are_ignored() -> None:
    assert Stage().shares(fill(routers=(CARL, "not bech32"))) == NO_SHARES


def test_without_net_fee_nothing_is_looked_at() -> None:
    assert Stage().shares(fill(5, -5)._replace(market_id=99)) == NO_SHARES


def test_nothing_left_after_the_affiliate_is_error_7() -> None:
    stage = Stage()
    stage.affiliates.share = (ALICE, 500_000)
    with pytest.raises(ChainError) as caught:
        stage.shares(fill(100, -50))
    assert (caught.value.codespace, caught.value.code) == ("revshare", 7)


def test_a_market_without_details_is_error_3_and_an_expired_one_has_no_mapper() -> None:
    stage = Stage()
    with pytest.raises(ChainError) as caught:
        stage.shares(fill()._replace(market_id=99))
    assert caught.value.code == 3
    stage.keeper.set_mapper_params(stage.ctx, mapper(100_000))
    assert amounts(stage.shares(fill())) == [(BOB, 4_814)]
    details = MarketMapperRevShareDetails(expiration_ts=GENESIS_SECONDS - 1)
    stage.keeper.set_mapper_details(stage.ctx, MARKET, details)
    assert stage.shares(fill()) == NO_SHARES


def test_a_mapper_without_valid_address_fails_even_with_a_share_of_0() -> None:
    stage = Stage()
    stage.keeper.state.mapper_params.set(stage.ctx, mapper(0, address="x"))
    with pytest.raises(ChainError) as caught:
        stage.shares(fill())
    assert (caught.value.codespace, caught.value.code) == ("undefined", 1)


def test_details_of_a_new_market_last_the_parameters_days() -> None:
    stage = Stage()
    stage.keeper.set_mapper_params(stage.ctx, mapper(0, valid_days=2))
    stage.keeper.create_mapper_details(stage.ctx, 5)
    assert stage.keeper.mapper_details(stage.ctx, 5).expiration_ts == GENESIS_SECONDS + 172_800
    # 49,711 days are 4,295,030,400 s: u32 keeps 63,104.
    assert mapper_expiration(10, 49_711) == 10 + 63_104


@pytest.mark.parametrize(
    ("unconditional", "mapper_ppm", "taker_ppm", "maker_ppm", "safe"),
    [
        (0, 0, 350, -110, True),  # 240 >= 175
        (0, 0, 350, -176, False),  # 174 < 175
        (0, 0, 351, -175, True),  # 176 >= ceil(175.5)
        (0, 0, 100, -101, True),  # a negative sum wraps to something huge
        (900_000, 99_999, 350, -110, True),
        (900_000, 100_000, 350, -110, False),
        (2**32 - 1, 2, 350, -110, True),  # the sum of shares wraps to 1
    ],
)
def test_safety_compares_lowest_fees_with_the_highest_affiliate_share(
    unconditional: int, mapper_ppm: int, taker_ppm: int, maker_ppm: int, safe: bool
) -> None:
    assert are_shares_safe(config((ALICE, unconditional)), mapper(mapper_ppm), taker_ppm, maker_ppm) is safe


def test_messages_are_for_governance_and_check_safety_first() -> None:
    stage = Stage()
    handlers = stage.module.handlers
    for message, codespace, code in (
        (MsgSetMarketMapperRevenueShare(authority=DELAYMSG_BECH32, params=mapper(1)), "gov", 13),
        (MsgSetMarketMapperRevenueShare(authority=GOV_BECH32, params=mapper(1_000_000, address="x")), "revshare", 5),
        (MsgSetMarketMapperRevenueShare(authority=GOV_BECH32, params=mapper(1, address="x")), "revshare", 1),
        (MsgSetMarketMapperRevShareDetailsForMarket(authority=ALICE), "gov", 13),
        (MsgUpdateUnconditionalRevShareConfig(authority=ALICE, config=config((ALICE, 2_000_000))), "gov", 13),
        (
            MsgUpdateUnconditionalRevShareConfig(authority=GOV_BECH32, config=config((ALICE, 2_000_000))),
            "revshare",
            4,
        ),
        (MsgSetOrderRouterRevShare(authority=ALICE), "gov", 13),
        (
            MsgSetOrderRouterRevShare(
                authority=GOV_BECH32, order_router_rev_share=OrderRouterRevShare(address="x", share_ppm=800_001)
            ),
            "revshare",
            2,
        ),
        (MsgSetOrderRouterRevShare(authority=GOV_BECH32), "revshare", 1),
    ):
        with pytest.raises(ChainError) as caught:
            handlers[type(message)](stage.ctx, message)
        assert (caught.value.codespace, caught.value.code) == (codespace, code)
    with pytest.raises(ChainError) as caught:
        stage.module.checks[MsgUpdateUnconditionalRevShareConfig](
            MsgUpdateUnconditionalRevShareConfig(config=config((ALICE, 600_000), (BOB, 400_000)))
        )
    assert caught.value.code == 4


def test_addresses_of_unconditional_shares_are_stored_unseen_and_the_rows_are_the_chains() -> None:
    stage = Stage()
    handlers = stage.module.handlers
    message = MsgUpdateUnconditionalRevShareConfig(authority=GOV_BECH32, config=config(("nobody", 300)))
    handlers[MsgUpdateUnconditionalRevShareConfig](stage.ctx, message)
    router = MsgSetOrderRouterRevShare(
        authority=GOV_BECH32, order_router_rev_share=OrderRouterRevShare(address=CARL, share_ppm=258)
    )
    handlers[MsgSetOrderRouterRevShare](stage.ctx, router)
    stage.blocks.commit(stage.ctx)
    rows = stage.blocks.rows("revshare")
    assert rows[b"UnconditionalRevShareConfig"] == bytes.fromhex("0a0b") + b"\x0a\x06nobody" + bytes.fromhex("10ac02")
    assert rows[b"OrderRouterRevShare:" + from_bech32(CARL)] == bytes.fromhex("00000102")
    assert rows[b"MarketMapperRevShare:" + bytes(3) + b"\x03"] == bytes.fromhex("0880e2cfaa06")


def test_genesis_comes_back_and_its_problems_are_named() -> None:
    stage = Stage()
    assert stage.genesis.export(stage.ctx) == GenesisState(params=mapper(0))
    paths = [one.path for one in check(GenesisState(params=mapper(1_000_000, address="x")))]
    assert paths == ["params.address", "params.revenue_share_ppm"]


def test_queries_answer_or_fail_with_the_chains_codes() -> None:
    stage = Stage()
    details = stage.module.queries["/dydxprotocol.revshare.Query/MarketMapperRevShareDetails"][1]
    router = stage.module.queries["/dydxprotocol.revshare.Query/OrderRouterRevShare"][1]
    assert details(stage.ctx, QueryMarketMapperRevShareDetails(market_id=MARKET)).details.expiration_ts
    assert router(stage.ctx, QueryOrderRouterRevShare()).order_router_rev_share.share_ppm == 0
    for query, request, code in (
        (details, QueryMarketMapperRevShareDetails(market_id=9), 3),
        (router, QueryOrderRouterRevShare(address="x"), 1),
        (router, QueryOrderRouterRevShare(address=CARL), 8),
    ):
        with pytest.raises(ChainError) as caught:
            query(stage.ctx, request)
        assert caught.value.code == code
