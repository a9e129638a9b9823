"""x/affiliates: tiers, registration, attributions, genesis."""

from __future__ import annotations

import pytest

from tests.x.blocks import ALICE, BOB, CARL, Blocks
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.affiliates import (
    AffiliateInfoRequest,
    AffiliateOverrides,
    AffiliateParameters,
    AffiliateTiers,
    AffiliateTiers_Tier,
    AffiliateWhitelist,
    AffiliateWhitelist_Tier,
    GenesisState,
    MsgRegisterAffiliate,
    MsgUpdateAffiliateOverrides,
    MsgUpdateAffiliateTiers,
    ReferredByRequest,
)
from vaultsim.pb.dydxprotocol.stats import AffiliateAttribution, UserStats
from vaultsim.store.gas import GasMeter
from vaultsim.x.affiliates.genesis import check
from vaultsim.x.affiliates.keeper import NO_PARAMETERS, AffiliatesKeeper
from vaultsim.x.affiliates.module import affiliates_module
from vaultsim.x.affiliates.state import AffiliatesState
from vaultsim.x.authority import DELAYMSG_BECH32, GOV_BECH32


def tiers(*rows: tuple[int, int]) -> AffiliateTiers:
    return AffiliateTiers(
        tiers=tuple(
            AffiliateTiers_Tier(req_referred_volume_quote_quantums=volume, taker_fee_share_ppm=ppm)
            for volume, ppm in rows
        )
    )


DEFAULT_TIERS = tiers((0, 50_000), (10**12, 100_000), (5 * 10**12, 125_000), (25 * 10**12, 150_000))
DEFAULTS = GenesisState(affiliate_tiers=DEFAULT_TIERS)


class FakeStats:
    def __init__(self) -> None:
        self.users: dict[str, UserStats] = {}

    def user_stats(self, ctx: Context, user: str) -> UserStats:
        return self.users.get(user, UserStats())

    def staked_base_tokens(self, ctx: Context, user: str) -> int:
        return 4


class Stage:
    def __init__(self, genesis: GenesisState = DEFAULTS) -> None:
        self.stats = FakeStats()
        self.keeper = AffiliatesKeeper(AffiliatesState(), self.stats)
        self.module = affiliates_module(self.keeper)
        self.blocks = Blocks(self.keeper.state.schema)
        assert self.module.genesis is not None
        self.genesis = self.module.genesis
        self.ctx = self.blocks.at(1)
        self.genesis.init(self.ctx, genesis)

    def set_referred_volume(self, user: str, volume: int) -> None:
        self.stats.users[user] = UserStats(affiliate_30d_referred_volume_quote_quantums=volume)


def code_of(caught: pytest.ExceptionInfo[ChainError]) -> tuple[str, int]:
    return caught.value.codespace, caught.value.code


def test_an_empty_section_leaves_two_empty_rows() -> None:
    stage = Stage(GenesisState())
    stage.blocks.commit(stage.ctx)
    assert stage.blocks.rows("affiliates") == {b"AT": b"", b"AP": b""}


@pytest.mark.parametrize(
    ("volume", "ppm"),
    [(0, 50_000), (10**12 - 1, 50_000), (10**12, 100_000), (24 * 10**12, 125_000), (10**18, 150_000)],
)
def test_the_share_follows_the_referred_volume(volume: int, ppm: int) -> None:
    stage = Stage()
    stage.keeper.register(stage.ctx, ALICE, BOB)
    stage.set_referred_volume(BOB, volume)
    assert stage.keeper.taker_fee_share(stage.ctx, ALICE) == (BOB, ppm)
    assert stage.keeper.taker_fee_share(stage.ctx, BOB) is None


def test_overridden_affiliates_have_the_top_tier() -> None:
    stage = Stage()
    stage.keeper.register(stage.ctx, ALICE, BOB)
    handler = stage.module.handlers[MsgUpdateAffiliateOverrides]
    handler(
        stage.ctx,
        MsgUpdateAffiliateOverrides(authority=GOV_BECH32, affiliate_overrides=AffiliateOverrides(addresses=(BOB,))),
    )
    assert stage.keeper.taker_fee_share(stage.ctx, ALICE, stage.keeper.overrides(stage.ctx)) == (BOB, 150_000)


# Gas of the real chain's MsgRegisterAffiliate: a missing row costs one look (1 000), a present one is read as well.
def test_a_referrer_is_looked_for_before_it_is_read() -> None:
    stage = Stage()
    stage.ctx.gas = GasMeter(10**9)
    stage.keeper.referred_by(stage.ctx, ALICE)
    assert stage.ctx.gas.used == 1_000
    stage.ctx.gas = None
    stage.keeper.register(stage.ctx, ALICE, BOB)
    stage.ctx.gas = GasMeter(10**9)
    stage.keeper.referred_by(stage.ctx, ALICE)
    assert stage.ctx.gas.used == 2_000 + 3 * (len("RB:") + len(ALICE) + len(BOB))


def test_without_tiers_a_share_is_0_but_exists() -> None:
    stage = Stage()
    stage.keeper.register(stage.ctx, ALICE, BOB)
    stage.keeper.set_tiers(stage.ctx, AffiliateTiers())
    assert stage.keeper.taker_fee_share(stage.ctx, ALICE) == (BOB, 0)


@pytest.mark.parametrize(
    ("referee", "affiliate", "code"), [(ALICE, ALICE, 10), ("x", BOB, 5), (ALICE, "x", 5), (CARL, BOB, 1)]
)
def test_registration_is_refused(referee: str, affiliate: str, code: int) -> None:
    stage = Stage()
    stage.keeper.register(stage.ctx, CARL, ALICE)
    with pytest.raises(ChainError) as caught:
        stage.module.handlers[MsgRegisterAffiliate](
            stage.ctx, MsgRegisterAffiliate(referee=referee, affiliate=affiliate)
        )
    assert code_of(caught) == ("affiliates", code)


def test_registration_needs_tiers_and_stores_the_affiliates_text() -> None:
    stage = Stage(GenesisState())
    with pytest.raises(ChainError) as caught:
        stage.keeper.register(stage.ctx, ALICE, BOB)
    assert code_of(caught) == ("affiliates", 9)
    stage.keeper.set_tiers(stage.ctx, DEFAULT_TIERS)
    stage.keeper.register(stage.ctx, ALICE, BOB)
    stage.blocks.commit(stage.ctx)
    assert stage.blocks.rows("affiliates")[b"RB:" + ALICE.encode()] == BOB.encode()


@pytest.mark.parametrize(
    ("rows", "code"),
    [(((0, 1), (0, 1)), 3), (((0, 1), (1, 500_001)), 7), (((9, 900_000), (10, 500_000)), None), ((), None)],
)
def test_tiers_after_the_first_rise_and_stay_within_the_cap(
    rows: tuple[tuple[int, int], ...], code: int | None
) -> None:
    stage = Stage()
    if code is None:
        stage.keeper.set_tiers(stage.ctx, tiers(*rows))
        return
    with pytest.raises(ChainError) as caught:
        stage.keeper.set_tiers(stage.ctx, tiers(*rows))
    assert code_of(caught) == ("affiliates", code)
    assert [one.path for one in check(GenesisState(affiliate_tiers=tiers(*rows)))] == ["affiliate_tiers.tiers[1]"]


def test_the_whitelist_is_checked() -> None:
    stage = Stage()
    for addresses, ppm, code in (((ALICE,), 500_001, 7), (("x",), 1, 5), ((ALICE, ALICE), 1, 8)):
        tier = AffiliateWhitelist_Tier(addresses=addresses, taker_fee_share_ppm=ppm)
        with pytest.raises(ChainError) as caught:
            stage.keeper.set_whitelist(stage.ctx, AffiliateWhitelist(tiers=(tier,)))
        assert code_of(caught) == ("affiliates", code)


def test_a_wrong_authority_has_no_code_of_its_own() -> None:
    stage = Stage()
    with pytest.raises(ChainError) as caught:
        stage.module.handlers[MsgUpdateAffiliateTiers](stage.ctx, MsgUpdateAffiliateTiers(authority=DELAYMSG_BECH32))
    assert code_of(caught) == ("undefined", 1)


@pytest.mark.parametrize(
    ("cap", "attributed", "volume"), [(0, 10**18, 100), (1_000, 0, 100), (1_000, 950, 50), (1_000, 1_000, 0)]
)
def test_attributed_volume_stops_at_the_cap(cap: int, attributed: int, volume: int) -> None:
    stage = Stage()
    stage.keeper.register(stage.ctx, BOB, CARL)
    stage.stats.users[BOB] = UserStats(affiliate_30d_attributed_volume_quote_quantums=attributed)
    found = stage.keeper.attributions(
        stage.ctx,
        taker=ALICE,
        maker=BOB,
        quote_quantums=100,
        taker_affiliate=None,
        parameters=AffiliateParameters(maximum_30d_attributable_volume_per_referred_user_quote_quantums=cap),
    )
    maker = AffiliateAttribution(role=2, referrer_address=CARL, referred_volume_quote_quantums=volume)
    assert found == ((maker,) if volume else ())


def test_the_taker_counts_only_with_an_affiliate_share() -> None:
    stage = Stage()
    stage.keeper.register(stage.ctx, ALICE, CARL)
    for share_recipient, count in ((None, 0), (CARL, 1)):
        found = stage.keeper.attributions(
            stage.ctx,
            taker=ALICE,
            maker=BOB,
            quote_quantums=100,
            taker_affiliate=share_recipient,
            parameters=NO_PARAMETERS,
        )
        assert len(found) == count
    assert [one.role for one in found] == [1]


def test_genesis_comes_back() -> None:
    section = GenesisState(
        affiliate_tiers=DEFAULT_TIERS, affiliate_parameters=AffiliateParameters(referee_minimum_fee_tier_idx=2)
    )
    stage = Stage(section)
    assert stage.genesis.export(stage.ctx) == section
    assert check(section) == []


def test_queries_need_an_address() -> None:
    stage = Stage()
    info = stage.module.queries["/dydxprotocol.affiliates.Query/AffiliateInfo"][1]
    referred_by = stage.module.queries["/dydxprotocol.affiliates.Query/ReferredBy"][1]
    stage.set_referred_volume(BOB, 10**12)
    answer = info(stage.ctx, AffiliateInfoRequest(address=BOB))
    assert (answer.tier, answer.fee_share_ppm, answer.staked_amount) == (1, 100_000, 4)
    assert answer.referred_volume_30d_rolling == 10**12
    assert referred_by(stage.ctx, ReferredByRequest(address=ALICE)).affiliate_address == ""
    for query, request in ((info, AffiliateInfoRequest(address="x")), (referred_by, ReferredByRequest())):
        with pytest.raises(ChainError) as caught:
            query(stage.ctx, request)
        assert code_of(caught) == ("affiliates", 5)
