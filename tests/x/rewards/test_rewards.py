"""x/rewards: weights, payment, the halt at a price of 0. Figures of dydx-modules appendix B."""

from __future__ import annotations

import pytest

from tests.x.blocks import ALICE, BOB, CARL, Blocks
from vaultsim.address import from_bech32, module_address
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.pb.dydxprotocol.rewards import GenesisState, MsgUpdateParams, Params, QueryParamsRequest
from vaultsim.pb.runtime import replace
from vaultsim.x.authority import DELAYMSG_BECH32
from vaultsim.x.bank.types import Coin
from vaultsim.x.revshare.types import NO_SHARES, FeeSource, Fill, RevenueShare, RevenueShares, ShareKind
from vaultsim.x.rewards.formulas import maker_weight, taker_weight
from vaultsim.x.rewards.genesis import check
from vaultsim.x.rewards.keeper import RewardsKeeper
from vaultsim.x.rewards.module import rewards_module
from vaultsim.x.rewards.state import RewardsState
from vaultsim.x.sdk_errors import Unauthorized

PARAMS = Params(
    treasury_account="rewards_treasury", denom="adv4tnt", denom_exponent=-6, market_id=11, fee_multiplier_ppm=500_000
)


def fill(taker_fee: int, maker_fee: int = 0, quote: int = 0, taker_volume: int = 0) -> Fill:
    return Fill(ALICE, BOB, taker_fee, maker_fee, quote, 0, 0, taker_volume)


class FakeBank:
    def __init__(self) -> None:
        self.treasury = 10**30
        self.paid: list[tuple[str, bytes, tuple[Coin, ...]]] = []
        self.blocked: bytes | None = None

    def balance(self, ctx: Context, address: bytes, denom: str) -> int:
        assert (address, denom) == (module_address("rewards_treasury"), "adv4tnt")
        return self.treasury

    def send_from_module(self, ctx: Context, module_name: str, recipient: bytes, coins: tuple[Coin, ...]) -> None:
        if recipient == self.blocked:
            raise Unauthorized
        self.paid.append((module_name, recipient, coins))


class FakeFees:
    ppm = 0

    def lowest_maker_fee_ppm(self, ctx: Context) -> int:
        return self.ppm


class FakePrices:
    price: MarketPrice | None = MarketPrice(id=11, exponent=0, price=1)

    def find_market_price(self, ctx: Context, market_id: int) -> MarketPrice | None:
        assert market_id == 11
        return self.price


class Stage:
    def __init__(self) -> None:
        self.bank, self.fees, self.prices = FakeBank(), FakeFees(), FakePrices()
        self.keeper = RewardsKeeper(RewardsState(), self.bank, self.fees, self.prices)
        self.module = rewards_module(self.keeper)
        self.blocks = Blocks(self.keeper.state.schema, self.keeper.state.transient)
        assert self.module.genesis is not None
        self.genesis = self.module.genesis
        self.ctx = self.blocks.at(1)
        self.genesis.init(self.ctx, GenesisState(params=PARAMS))

    def paid(self) -> dict[bytes, int]:
        return {recipient: coin.amount for _, recipient, (coin,) in self.bank.paid}


def test_the_takers_weight_is_what_the_protocol_surely_keeps() -> None:
    protocol = RevenueShare(CARL, FeeSource.NET_PROTOCOL_REVENUE, ShareKind.UNCONDITIONAL, 1, 600_000)
    one = fill(61_729, -13_580, 123_456_789)
    assert taker_weight(one, RevenueShares((protocol,)), -110) == 6_913
    # Without shares: 61,729 - 13,581 - 30,864; from 50e12 on no affiliate share is taken off.
    assert taker_weight(one, NO_SHARES, -110) == 17_284
    assert taker_weight(one._replace(taker_volume=50_000_000_000_000), NO_SHARES, -110) == 48_148
    assert taker_weight(one, NO_SHARES, 20) == 30_865
    assert maker_weight(one, NO_SHARES) == -13_580


def test_routers_shares_are_taken_off() -> None:
    routers = tuple(
        RevenueShare(CARL, source, ShareKind.ORDER_ROUTER, amount, 1)
        for source, amount in ((FeeSource.TAKER_FEE, 10), (FeeSource.MAKER_FEE, 3))
    )
    shares = RevenueShares(routers)
    assert (taker_weight(fill(100, 20), shares, 0), maker_weight(fill(100, 20), shares)) == (40, 17)


def test_weights_add_up_and_are_paid_in_proportion_each_floored() -> None:
    stage = Stage()
    stage.keeper.add_shares_for_fill(stage.ctx, fill(200, 33), NO_SHARES)
    stage.keeper.add_shares_for_fill(stage.ctx, fill(200, -5), NO_SHARES)
    # Weights 200 and 33; 233 * 0.5 * 10^0 tokens = 116.
    stage.keeper.pay_block(stage.ctx)
    assert stage.paid() == {from_bech32(ALICE): 99, from_bech32(BOB): 16}
    assert {module for module, _, _ in stage.bank.paid} == {"rewards_treasury"}


def test_the_treasury_limits_what_is_paid() -> None:
    stage = Stage()
    stage.keeper.add_shares_for_fill(stage.ctx, fill(200, 100), NO_SHARES)
    stage.bank.treasury = 3
    stage.keeper.pay_block(stage.ctx)
    assert stage.paid() == {from_bech32(ALICE): 1, from_bech32(BOB): 1}
    stage.bank.paid.clear()
    stage.bank.treasury = 0
    stage.keeper.pay_block(stage.ctx)
    assert stage.bank.paid == []


def test_a_payment_that_fails_is_skipped() -> None:
    stage = Stage()
    stage.bank.blocked = from_bech32(ALICE)
    stage.keeper.add_shares_for_fill(stage.ctx, fill(200, 100), NO_SHARES)
    stage.keeper.pay_block(stage.ctx)
    assert list(stage.paid()) == [from_bech32(BOB)]


def test_shares_last_one_block() -> None:
    stage = Stage()
    stage.keeper.add_shares_for_fill(stage.ctx, fill(200, 100), NO_SHARES)
    stage.blocks.commit(stage.ctx)
    stage.keeper.pay_block(stage.blocks.at(2))
    assert stage.bank.paid == []


def test_a_price_of_0_halts_even_without_fills_and_a_missing_market_does_nothing() -> None:
    stage = Stage()
    stage.prices.price = MarketPrice(id=11)
    with pytest.raises(ChainPanic):
        stage.keeper.pay_block(stage.ctx)
    stage.prices.price = None
    stage.keeper.pay_block(stage.ctx)


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"treasury_account": ""}, ("rewards", 1001), "params.treasury_account"),
        ({"fee_multiplier_ppm": 1_000_001}, ("rewards", 1002), "params.fee_multiplier_ppm"),
        ({"denom": "1x"}, ("undefined", 1), "params.denom"),
    ],
)
def test_parameters_are_checked(changes: dict[str, object], code: tuple[str, int], path: str) -> None:
    stage = Stage()
    message = MsgUpdateParams(authority=DELAYMSG_BECH32, params=replace(PARAMS, **changes))
    for call in (
        lambda: stage.module.checks[MsgUpdateParams](message),
        lambda: stage.module.handlers[MsgUpdateParams](stage.ctx, message),
    ):
        with pytest.raises(ChainError) as caught:
            call()
        assert (caught.value.codespace, caught.value.code) == code
    assert [one.path for one in check(GenesisState(params=message.params))] == [path]


def test_authority_is_an_address_and_the_right_one() -> None:
    stage = Stage()
    with pytest.raises(ChainError) as caught:
        stage.module.checks[MsgUpdateParams](MsgUpdateParams(params=PARAMS))
    assert caught.value.code == 1003
    with pytest.raises(ChainError) as caught:
        stage.module.handlers[MsgUpdateParams](stage.ctx, MsgUpdateParams(authority=ALICE, params=PARAMS))
    assert (caught.value.codespace, caught.value.code) == ("gov", 13)


def test_genesis_and_query_show_the_parameters() -> None:
    stage = Stage()
    assert stage.genesis.export(stage.ctx) == GenesisState(params=PARAMS)
    answer = stage.module.queries["/dydxprotocol.rewards.Query/Params"][1](stage.ctx, QueryParamsRequest())
    assert answer.params == PARAMS
