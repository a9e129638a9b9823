"""Shares: records, locks, deposits, slippage and withdrawals."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.x.vault.scene import ALICE, BOB, CARL, DAVE, Scene, qp, raises, vault
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import MsgUnlockShares, NumShares, QuotingParams, ShareUnlock
from vaultsim.pb.registry import pack
from vaultsim.pb.runtime import replace
from vaultsim.x.authority import DELAYMSG_BECH32
from vaultsim.x.vault.events import DepositToMegavault, WithdrawFromMegavault
from vaultsim.x.vault.formulas import skew_antiderivative
from vaultsim.x.vault.params import DEFAULT_QUOTING_PARAMS

Locks = list[tuple[int, int]]


def unlocks(locks: Locks) -> tuple[ShareUnlock, ...]:
    return tuple(
        ShareUnlock(shares=NumShares(num_shares=shares), unlock_block_height=height) for shares, height in locks
    )


def test_total_shares() -> None:
    scene = Scene()
    assert scene.vault.total_shares(scene.ctx) == 0
    scene.vault.set_total_shares(scene.ctx, 777)
    assert scene.vault.total_shares(scene.ctx) == 777
    with raises(1):
        scene.vault.set_total_shares(scene.ctx, -1)
    assert scene.vault.total_shares(scene.ctx) == 777


def test_owner_shares() -> None:
    scene, keeper = (one := Scene()), one.vault
    assert keeper.find_owner_shares(scene.ctx, ALICE) is None
    for shares in (7, 456):
        keeper.set_owner_shares(scene.ctx, ALICE, shares)
        assert keeper.find_owner_shares(scene.ctx, ALICE) == shares
    keeper.set_owner_shares(scene.ctx, BOB, 0)
    assert keeper.find_owner_shares(scene.ctx, BOB) == 0
    with raises(1):
        keeper.set_owner_shares(scene.ctx, BOB, -1)
    assert keeper.find_owner_shares(scene.ctx, BOB) == 0


def test_unlocks_need_an_owner() -> None:
    scene = Scene()
    locks = unlocks([(901, 76), (333, 965)])
    scene.vault.set_share_unlocks(scene.ctx, BOB, locks)
    assert scene.vault.find_share_unlocks(scene.ctx, BOB) == locks
    with raises(21):
        scene.vault.set_share_unlocks(scene.ctx, "", locks)


@pytest.mark.parametrize(
    ("owner", "owned", "before", "shares", "til", "after"),
    [(ALICE, 7, [], 7, 2, [(7, 2)]), (BOB, 2078, [(1234, 2)], 789, 456, [(1234, 2), (789, 456)])],
)
def test_locking(owner: str, owned: int, before: Locks, shares: int, til: int, after: Locks) -> None:
    scene = Scene()
    scene.vault.set_owner_shares(scene.ctx, owner, owned)
    if before:
        scene.vault.set_share_unlocks(scene.ctx, owner, unlocks(before))
    scene.vault.lock_shares(scene.ctx, owner, shares, til)
    assert scene.vault.find_share_unlocks(scene.ctx, owner) == unlocks(after)
    (delayed,) = scene.delaymsg.all(scene.ctx)
    assert delayed.block_height == til
    assert delayed.msg == pack(MsgUnlockShares(authority=DELAYMSG_BECH32, owner_address=owner))


@pytest.mark.parametrize(
    ("height", "owner", "owned", "shares", "til", "code"),
    [
        (1, CARL, 65, 49, 3, 23),
        (1, "", None, 1, 3, None),
        (1, CARL, 65, 0, 3, None),
        (1, CARL, 65, -1, 3, None),
        (14, CARL, 65, 1, 14, None),
        (14, CARL, 65, 1, 13, None),
        (1, DAVE, None, 1, 3, 22),
    ],
)
def test_locks_that_are_refused(
    height: int, owner: str, owned: int | None, shares: int, til: int, code: int | None
) -> None:
    scene = Scene()
    if owned is not None:
        scene.vault.set_owner_shares(scene.ctx, owner, owned)
        scene.vault.set_share_unlocks(scene.ctx, owner, unlocks([(17, 2)]))
    with pytest.raises(ChainError) as caught:
        scene.vault.lock_shares(scene.ctx.replaced(height=height), owner, shares, til)
    assert (caught.value.codespace, caught.value.code) == (("undefined", 1) if code is None else ("vault", code))
    if code is None:
        assert "invalid parameters" in caught.value.log
    assert scene.delaymsg.all(scene.ctx) == ()
    if owned is not None:
        assert scene.vault.find_share_unlocks(scene.ctx, owner) == unlocks([(17, 2)])


@pytest.mark.parametrize(
    ("locks", "height", "unlocked", "left"),
    [
        ([(7, 11)], 11, 7, None),
        ([(7, 11)], 10, 0, [(7, 11)]),
        ([(888, 14), (1457, 18)], 17, 888, [(1457, 18)]),
        ([(987_000_000, 11), (654_320, 12), (1, 13)], 12, 987_654_320, [(1, 13)]),
    ],
)
def test_unlocking(locks: Locks, height: int, unlocked: int, left: Locks | None) -> None:
    scene = Scene()
    scene.vault.set_share_unlocks(scene.ctx, ALICE, unlocks(locks))
    assert scene.vault.unlock_shares(scene.ctx.replaced(height=height), ALICE) == unlocked
    assert scene.vault.find_share_unlocks(scene.ctx, ALICE) == (None if left is None else unlocks(left))
    with raises(22):
        scene.vault.unlock_shares(scene.ctx, BOB)


def test_a_lock_is_gone_at_the_end_of_its_block() -> None:
    scene = Scene()
    scene.vault.set_owner_shares(scene.ctx, ALICE, 10)
    scene.vault.lock_shares(scene.ctx, ALICE, 4, 2)
    scene.vault.lock_shares(scene.ctx, ALICE, 6, 2)
    scene.start()
    assert scene.vault.find_share_unlocks(scene.ctx, ALICE) == unlocks([(4, 2), (6, 2)])
    scene.block()
    assert scene.vault.find_share_unlocks(scene.ctx, ALICE) is None
    assert scene.delaymsg.all(scene.ctx) == ()


@pytest.mark.parametrize(
    ("equity", "total", "owned", "deposit", "minted"),
    [
        (0, 0, 0, 1_000, 1_000),
        (0, 0, None, 12_345_654_321, 12_345_654_321),
        (1_000, 0, None, 500, 500),
        (4_000, 5_000, 2_500, 1_000, 1_250),
        (1_000_000, 2_000, 1, 1_000, 2),
        (8_000, 4_000, 101, 455, 227),
        (123_456, 654_321, None, 123_456_789, 654_325_181),
        (1_000_000, 1_000, None, 9_900, 9),
    ],
)
def test_minting(equity: int, total: int, owned: int | None, deposit: int, minted: int) -> None:
    scene = Scene()
    scene.fund_main(equity)
    scene.vault.set_total_shares(scene.ctx, total)
    if owned is not None:
        scene.vault.set_owner_shares(scene.ctx, ALICE, owned)
    assert scene.vault.mint_shares(scene.ctx, ALICE, deposit) == minted
    assert scene.vault.total_shares(scene.ctx) == total + minted
    assert scene.vault.find_owner_shares(scene.ctx, ALICE) == (owned or 0) + minted


@pytest.mark.parametrize(
    ("equity", "total", "deposit", "code"), [(-1, 10, 1, 5), (1, 1, 0, 4), (0, 0, -1, 4), (1_000, 1, 100, 12)]
)
def test_minting_that_is_refused(equity: int, total: int, deposit: int, code: int) -> None:
    scene = Scene()
    scene.fund_main(equity)
    scene.vault.set_total_shares(scene.ctx, total)
    with raises(code):
        scene.vault.mint_shares(scene.ctx, ALICE, deposit)
    assert scene.vault.total_shares(scene.ctx) == total
    assert scene.vault.find_owner_shares(scene.ctx, ALICE) is None


def test_deposits() -> None:
    scene = Scene()
    alice, bob = scene.fund_owner(ALICE, 1000), scene.fund_owner(BOB, 500, 1)
    assert scene.vault.deposit_to_megavault(scene.ctx, alice, 1000) == 1000
    assert scene.vault.deposit_to_megavault(scene.ctx, bob, 500) == 500
    assert scene.vault.total_shares(scene.ctx) == 1500
    assert scene.vault.find_owner_shares(scene.ctx, BOB) == 500
    assert scene.vault.megavault_equity(scene.ctx) == scene.main_usdc() == 1500
    deposits = [event for event in scene.ctx.events if isinstance(event, DepositToMegavault)]
    assert deposits == [DepositToMegavault(ALICE, 1000, 1000), DepositToMegavault(BOB, 500, 500)]
    assert deposits[0].attributes() == (("depositor", ALICE), ("quote_quantums", "1000"), ("minted_shares", "1000"))
    with raises(102, "subaccounts"):
        scene.vault.deposit_to_megavault(scene.ctx.branched(), bob, 1)


@pytest.mark.parametrize(
    ("skew_ppm", "leverage", "expected"),
    [
        (0, Fraction(0), Fraction(0)),
        (10**6, Fraction(0), Fraction(0)),
        (0, Fraction(10**6), Fraction(0)),
        (500_000, Fraction(4, 5), Fraction(136, 375)),
        (500_000, Fraction(-4, 5), Fraction(104, 375)),
        (5_000_000, Fraction(87, 10), Fraction(234639, 40)),
        (5_000_000, Fraction(-87, 10), Fraction(-204363, 40)),
    ],
)
def test_skew_antiderivative(skew_ppm: int, leverage: Fraction, expected: Fraction) -> None:
    assert Fraction(*skew_antiderivative(skew_ppm, (leverage.numerator, leverage.denominator))) == expected


SLIPPAGE = [
    (2_000_000, 2000, "0", 10, 100, "0"),
    (3_000_000, 5000, "3/100000", 9_999_999, 10**7, "6/1000000"),
    (3_000_000, 5000, "3/1000000", 9_999_999, 10**7, "3/5000000"),
    (2_000_000, 2000, "1/2", 10**5, 10**6, "1027/162000"),
    (2_000_000, 2000, "3/2", 1, 10**6, "5333326666669/74073925926000"),
    (3_000_000, 2000, "3/2", 10**5, 10**6, "1191/8000"),
    (3_000_000, 2000, "3/2", 5 * 10**5, 10**6, "2223/8000"),
    (3_000_000, 2000, "-3/2", 1111, 2222, "2223/8000"),
    (3_000_000, 5000, "3/2", 2_345_678, 4_691_356, "3/10"),
    (3_000_000, 5000, "3/2", 2_345_678, 2_345_678, "3/10"),
    (2_000_000, 2000, "3", 1, 10**7, "1633333146666673/3703702962963000"),
    (2_000_000, 2000, "3", 222_222, 444_444, "3/5"),
    (2_000_000, 2000, "3", 999_999, 10**6, "3/5"),
]


def slippage_of(
    params: QuotingParams, change_ppm: int, leverage: str, shares: int, total: int, number: int = 1
) -> Fraction:
    scene = Scene()
    scene.eth(change_ppm=change_ppm)
    scene.set_vault(1, "Q", params)
    ratio = Fraction(leverage)
    market = scene.vault.market_of(scene.ctx, vault(1))
    found = scene.vault.withdrawal_slippage(
        scene.ctx, vault(number), shares, total, (ratio.numerator, ratio.denominator), market
    )
    return Fraction(*found)


@pytest.mark.parametrize(("skew", "spread_min", "leverage", "shares", "total", "expected"), SLIPPAGE)
def test_slippage(skew: int, spread_min: int, leverage: str, shares: int, total: int, expected: str) -> None:
    params = replace(DEFAULT_QUOTING_PARAMS, skew_factor_ppm=skew, spread_min_ppm=spread_min)
    assert slippage_of(params, 1500, leverage, shares, total) == Fraction(expected)


def test_slippage_with_a_smaller_price_change() -> None:
    params = replace(DEFAULT_QUOTING_PARAMS, skew_factor_ppm=2_000_000, spread_min_ppm=3000)
    assert slippage_of(params, 1000, "3", 1_234, 12_345) == Fraction(59790561381, 123454321000)


@pytest.mark.parametrize(
    ("number", "leverage", "shares", "total", "code"),
    [(0, "1", 10, 100, 20), (1, "1", -1, 100, 25), (1, "1", 0, 100, 25), (1, "-1", 1_000_001, 10**6, 25)],
)
def test_slippage_that_cannot_be_told(number: int, leverage: str, shares: int, total: int, code: int) -> None:
    with raises(code):
        slippage_of(DEFAULT_QUOTING_PARAMS, 1500, leverage, shares, total, number)


class Case:
    """Main vault and owner of one withdrawal; vaults are (number, status, params, usdc, base)."""

    def __init__(
        self, main: int, total: int, owner: str, owned: int, locked: int, *vaults: tuple[int, str, object, int, int]
    ) -> None:
        self.scene = scene = Scene()
        scene.btc(resolution=-8)
        scene.eth()
        scene.fund_main(main)
        scene.vault.set_total_shares(scene.ctx, total)
        scene.vault.set_owner_shares(scene.ctx, owner, owned)
        if locked:
            scene.vault.set_share_unlocks(scene.ctx, owner, unlocks([(locked, 7)]))
        for number, status, params, usdc, base in vaults:
            assert params is None or isinstance(params, QuotingParams)
            scene.set_vault(number, status, params)
            scene.fund_vault(number, usdc, base or None)
        self.destination = SubaccountId(owner=owner, number=0)

    def withdraw(self, shares: int, minimum: int) -> int:
        return self.scene.vault.withdraw_from_megavault(self.scene.ctx, self.destination, shares, minimum)


LEVERAGED = qp(3, 3000, 1500, 3_000_000, 100_000, 60)
PAID = [
    (Case, (100, 200, ALICE, 50, 25), (10, 5), 5, 190, 40, {}),
    (Case, (1_234, 500, BOB, 47, 7), (40, 95), 98, 460, 7, {}),
    (Case, (654_321, 787_565, CARL, 787_565, 0), (787_565, 654_321), 654_321, 0, None, {}),
    (Case, (1_234, 500, DAVE, 47, 7, (0, "DEACT", None, -400, 0)), (40, 50), 98, 460, 7, {0: -400}),
    (
        Case,
        (888_888, 10**6, ALICE, 9999, 134, (0, "Q", None, -345, 0)),
        (4444, 123),
        3_950,
        995_556,
        5555,
        {0: -345},
    ),
    (Case, (0, 987_654, ALICE, 9999, 134, (0, "Q", None, 345, 0)), (6666, 2), 2, 980_988, 3333, {0: 343}),
    (
        Case,
        (500, 1000, ALICE, 120, 15, (0, "SB", None, 345, 0), (1, "CLOSE", LEVERAGED, -(10**9), 10**9)),
        (100, 170_000_000),
        170_225_084,
        900,
        20,
        {0: 311, 1: 1_829_775_000},
    ),
    (
        Case,
        (500, 1000, ALICE, 1000, 0, (1, "CLOSE", None, -(10**9), 10**9)),
        (1000, 1_400_000_500),
        1_400_000_500,
        0,
        None,
        {1: 600_000_000},
    ),
]


@pytest.mark.parametrize(("case", "terms", "asked", "paid", "total", "owned", "equities"), PAID)
def test_withdrawals(
    case: type[Case],
    terms: tuple[object, ...],
    asked: tuple[int, int],
    paid: int,
    total: int,
    owned: int | None,
    equities: dict[int, int],
) -> None:
    one = case(*terms)  # type: ignore[arg-type]
    scene, owner = one.scene, one.destination.owner
    assert one.withdraw(*asked) == paid
    assert scene.usdc(one.destination) == paid
    assert scene.vault.total_shares(scene.ctx) == total
    assert scene.vault.find_owner_shares(scene.ctx, owner) == owned
    assert {number: scene.vault_equity(number) for number in equities} == equities
    event = scene.ctx.events[-1]
    assert isinstance(event, WithdrawFromMegavault)
    assert (event.withdrawer, event.shares_to_withdraw, event.redeemed_quote_quantums) == (owner, asked[0], paid)
    assert event.total_shares == total + asked[0]


@pytest.mark.parametrize(
    ("terms", "asked", "code"),
    [
        ((99, 200, ALICE, 10, 5), (2, 0), 28),
        ((100, 500, ALICE, 100, 20), (81, 1), 27),
        ((100, 500, ALICE, 100, 20), (0, 1), 25),
        ((100, 500, ALICE, 100, 20), (-1, 1), 25),
        ((1_234, 500, BOB, 47, 7, (0, "SB", None, 400, 0)), (40, 131), 28),
        ((2**64, 155, CARL, 155, 0), (155, 1), 28),
        ((-100, 500, BOB, 47, 7), (40, 0), 28),
    ],
)
def test_withdrawals_that_are_refused(terms: tuple[object, ...], asked: tuple[int, int], code: int) -> None:
    case = Case(*terms)  # type: ignore[arg-type]
    with raises(code):
        case.withdraw(*asked)
    assert case.scene.vault.find_owner_shares(case.scene.ctx, case.destination.owner) == terms[3]
    stranger = SubaccountId(owner=DAVE, number=0)
    with raises(22 if asked[0] > 0 else 25):
        case.scene.vault.withdraw_from_megavault(case.scene.ctx, stranger, *asked)


def test_the_withdrawn_equity_in_the_event_counts_contributing_vaults_only() -> None:
    case = Case(1_234, 500, BOB, 47, 7, (0, "SB", None, 400, 0), (1, "SB", None, 1, 0))
    assert case.withdraw(40, 0) == 130
    event = case.scene.ctx.events[-1]
    assert isinstance(event, WithdrawFromMegavault)
    assert event.megavault_equity == 1_634


def test_a_vault_that_cannot_pay_is_left_out() -> None:
    case = Case(1_000, 100, BOB, 50, 0, (0, "SB", None, 400, 0))
    scene = case.scene
    transfer = scene.vault.transfer

    def refuse(ctx: object, sender: SubaccountId, recipient: SubaccountId, amount: int) -> None:
        if amount == 200:
            raise ChainError("refused")
        transfer(ctx, sender, recipient, amount)  # type: ignore[arg-type]

    scene.vault.transfer = refuse  # type: ignore[method-assign, assignment]
    assert case.withdraw(50, 0) == 500
    assert scene.vault_equity(0) == 400


def test_without_shares_redeeming_divides_by_zero() -> None:
    scene = Scene()
    scene.fund_main(100)
    with pytest.raises(ChainPanic, match="division by zero"):
        scene.vault.redeem(scene.ctx, 0, simulate=True)
    with raises(25):
        scene.vault.redeem(scene.ctx, 1, simulate=True)


def test_the_first_deposit_after_all_left_takes_what_slippage_left_behind() -> None:
    case = Case(500, 1000, ALICE, 1000, 0, (1, "CLOSE", None, -(10**9), 10**9))
    case.withdraw(1000, 0)
    bob = case.scene.fund_owner(BOB, 7)
    assert case.scene.vault.deposit_to_megavault(case.scene.ctx, bob, 7) == 7
    assert case.scene.vault.megavault_equity(case.scene.ctx) == 600_000_007
