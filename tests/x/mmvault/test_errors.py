"""Every error of the design, in the order that the design fixes, and that what fails changes nothing.

Source: mm-vault §§4, 7, 13; designs-on-chain (mmvault).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.world import Case, document, subaccount
from tests.x.mmvault.scene import (
    ALICE,
    BOB,
    CARL,
    GOV,
    NAME_OF,
    QUERY,
    VAULT,
    Market,
    Scene,
    genesis,
    micro,
    pair_params,
    params_of,
    started,
)
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import JsonError, Message, replace
from vaultsim.pb.vaultsim.mmvault.v1 import (
    MsgAddLiquidity,
    MsgRefreshQuotes,
    MsgRemoveLiquidity,
    MsgUpdateParams,
    PairQuoteParams,
    Params,
    QueryComputeQuotesRequest,
    QueryPairQuoteParamsRequest,
    QueryPreviewAddRequest,
    QueryPreviewRemoveRequest,
    QueryQuotesRequest,
)
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.mmvault import errors
from vaultsim.x.mmvault.params import params_to_wire

FIVE_BILLION = 5_000_000_000
NOT_NUMBERS = (
    "",
    "0",
    "000",
    "-1",
    "-1000000000000000000000000000000",
    "+1",
    "1.5",
    "1e6",
    " 1",
    "1 ",
    "abc",
    "٣",
    "9" * 79,
)


def test_codes_are_numbered_from_two_in_the_order_of_the_design() -> None:
    names = (
        "InvalidAmount InvalidShares InsufficientMargin InsufficientShares DepositCapExceeded VaultInsolvent "
        "ZeroShares ZeroRelease Slippage TooManyUnlocks InsufficientVaultMargin TradingHalted AlreadyRefreshed "
        "Unauthorized InvalidParams WeightMismatch UnknownPair PriceUnavailable"
    )
    found = [getattr(errors, name) for name in names.split()]
    assert [one.code for one in found] == list(range(2, 20))
    assert {one.codespace for one in found} == {"mmvault"}


def deposit(amount: str | int, least: str | int = "", owner: str = ALICE, number: int = 0) -> MsgAddLiquidity:
    return MsgAddLiquidity(
        subaccount_id=SubaccountId(owner=owner, number=number), amount=str(amount), min_shares_to_mint=str(least)
    )


def withdrawal(shares: str | int, owner: str = ALICE, number: int = 0) -> MsgRemoveLiquidity:
    return MsgRemoveLiquidity(subaccount_id=SubaccountId(owner=owner, number=number), shares_to_burn=str(shares))


def owned(usdc: str, supply: int = FIVE_BILLION, **fields: Any) -> Scene:
    """A vault with so much USDC whose shares are all Alice's."""
    held = [*fields.pop("subaccounts", ()), subaccount(VAULT, micro(usdc))]
    return Scene(subaccounts=held, share_supply=supply, shares={ALICE: supply}, **fields)


def unlocking(count: int) -> list[dict[str, Any]]:
    return [{"owner": ALICE, "subaccount_number": 0, "amount": "1", "end_time": "4000000000"}] * count


def held(usdc: str) -> dict[str, Any]:
    """The vault long one coin that cost 100 dollars, initial margin 10 %."""
    return subaccount(VAULT, micro(usdc), (0, micro(1)))


LONG = {"subaccounts": [held("0"), subaccount(CARL, micro(100_000), (0, -micro(1)))]}
LONG_VAULT = Scene(
    markets=[Market(oracle="100", is_quoted=False)],
    margins={ALICE: 1_000, BOB: 1_000},
    share_supply=FIVE_BILLION,
    shares={ALICE: FIVE_BILLION},
    **LONG,  # type: ignore[arg-type]
)
"""Equity 100, of which the position needs 10."""

FAILURES: list[tuple[str, Scene, Message, int]] = [
    # Deposits: each error although all later ones apply as well.
    ("amount before halt", owned("-2", enabled=False, cap=1), deposit("0"), 2),
    ("halt before margin", owned("-2", enabled=False, cap=1), deposit(10**30), 13),
    ("margin before cap", owned("-2", cap=1), deposit(10**30), 4),
    ("margin to the unit", Scene(margins={ALICE: 1}), deposit(1_000_001), 4),
    ("cap before insolvency", owned("-2", cap=1), deposit(micro(10), 10**30), 6),
    ("insolvency", owned("-2"), deposit(micro(10), 10**30), 7),
    ("no share before slippage", owned("10", 1), deposit(1, 10**30), 8),
    ("slippage", Scene(), deposit(micro(1), 1_000_001), 10),
    ("margin at 2^63", Scene(), deposit(2**63), 4),
    ("margin at 2^64", Scene(), deposit(2**64), 4),
    ("minimum that is no number", Scene(), deposit(1, "abc"), 3),
    # Withdrawals.
    ("shares before ownership", owned("-2", unlocks=unlocking(1), max_unlocks=1), withdrawal("0"), 3),
    ("ownership before unlocks", owned("-2", unlocks=unlocking(1), max_unlocks=1), withdrawal(FIVE_BILLION + 1), 5),
    ("shares at 10^30", owned("5000"), withdrawal(10**30), 5),
    ("another's shares", owned("5000"), withdrawal(1, owner=BOB), 5),
    ("unlocks before insolvency", owned("-2", unlocks=unlocking(1), max_unlocks=1), withdrawal(1), 11),
    ("a third unlock of two", owned("5000", unlocks=unlocking(2), max_unlocks=2), withdrawal(1_000), 11),
    ("insolvency", owned("-2"), withdrawal(1), 7),
    ("nothing released", owned("1"), withdrawal(1), 9),
    ("the last share of an empty vault", owned("0", 1), withdrawal(1), 9),
    ("the vault's margin", LONG_VAULT, withdrawal(FIVE_BILLION * 91 // 100), 12),
    ("all shares while a position is open", LONG_VAULT, withdrawal(FIVE_BILLION), 12),
]


@pytest.mark.parametrize(("scene", "message", "code"), [one[1:] for one in FAILURES], ids=[one[0] for one in FAILURES])
def test_a_message_fails_with_the_first_error_that_applies_and_changes_nothing(
    scene: Scene, message: Message, code: int
) -> None:
    chain, idle = started(scene, checked=False), started(scene, checked=False)
    signer = NAME_OF[message.subaccount_id.owner]  # type: ignore[attr-defined]
    result = chain.deliver(message, by=signer)
    assert (result.codespace, result.code) == ("mmvault", code), result.log
    idle.execute(())
    assert state_of(chain) == state_of(idle)


def state_of(chain: LocalChain) -> dict[str, dict[bytes, bytes]]:
    """All rows but those of accounts and balances, which fee and sequence change."""
    return {store: rows for store, rows in chain.rows().items() if store not in ("acc", "bank")}


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_amounts_and_shares_are_whole_numbers_above_zero(text: str) -> None:
    chain = started()
    for message, code in ((deposit(text), 2), (withdrawal(text), 3)):
        before = chain.rows()
        assert chain.submit(message, by="alice").code == code
        result = chain.deliver(message, by="alice")
        assert (result.codespace, result.code) == ("mmvault", code)
        assert chain.rows()["acc"] == before["acc"], "a message that is malformed costs neither fee nor sequence"


@pytest.mark.parametrize("amount", [1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**30])
def test_amounts_beyond_64_bits_work_where_the_money_is_there(amount: int) -> None:
    made = genesis(Scene(subaccounts=[subaccount(ALICE, 10**30, number=1)]))
    chain = LocalChain(made)
    assert chain.deliver(deposit(amount, number=1), by="alice").code == 0
    shares = amount  # the first deposit: a share a quantum
    assert chain.app.modules.keepers.mmvault.share_supply(chain.ctx) == shares
    assert chain.deliver(withdrawal(shares, number=1), by="alice").code == 0


@pytest.mark.parametrize("value", [True, None, 1, 1.5, ["1"], {"a": 1}])
def test_json_amounts_are_text(value: object) -> None:
    fields = {"subaccount_id": {"owner": ALICE, "number": 0}, "amount": value}
    if value is None:
        assert MsgAddLiquidity.from_json(fields).amount == ""
        return
    with pytest.raises(JsonError, match="amount: expected text"):
        MsgAddLiquidity.from_json(fields)


@pytest.mark.parametrize("value", [-1, True, 1.5, "abc", 2**32, None])
def test_json_parameters_that_are_no_numbers_of_their_range_are_refused(value: object) -> None:
    if value is None:
        assert PairQuoteParams.from_json({"vault_half_spread_ppm": value}).vault_half_spread_ppm == 0
        return
    with pytest.raises(JsonError, match="vault_half_spread_ppm"):
        PairQuoteParams.from_json({"vault_half_spread_ppm": value})


def test_a_subaccount_that_is_none_is_refused_before_anything_else() -> None:
    chain = started()
    for number, owner, code in ((128_001, ALICE, 200), (0, "dydx1nobody", 201)):
        for message in (deposit("0", owner=owner, number=number), withdrawal("0", owner=owner, number=number)):
            assert refused(chain, message) == ("subaccounts", code)
    for empty in (MsgAddLiquidity(amount="1"), MsgRemoveLiquidity(shares_to_burn="1")):
        with pytest.raises(ChainPanic):
            chain.app.modules.router.execute(chain.ctx, empty)


def test_another_signer_than_the_owner_is_refused() -> None:
    chain = started()
    for message in (deposit(micro(1)), withdrawal(1)):
        result = chain.deliver(message, by="bob")
        assert (result.codespace, result.code) == ("sdk", 8)


# --- governance --------------------------------------------------------------------------------------------------


def refused(chain: LocalChain, message: Message) -> tuple[str, int]:
    """Codespace and code that a message of a proposal is refused with; its writes are dropped."""
    ctx = chain.ctx
    with pytest.raises(ChainError) as caught:
        chain.app.modules.router.execute(ctx, message)
    return caught.value.codespace, caught.value.code


def update(params: Params | None = None, pairs: tuple[PairQuoteParams, ...] = (), **fields: Any) -> MsgUpdateParams:
    return MsgUpdateParams(
        authority=GOV, params=params_of(Scene()) if params is None else params, pairs=pairs, **fields
    )


GOOD = params_of(Scene())
PAIR = pair_params(0, Market())
BAD_PARAMS: list[tuple[str, MsgUpdateParams]] = [
    ("no cooldown", update(replace(GOOD, vault_cooldown_period_seconds=0))),
    ("a cooldown above 30 days", update(replace(GOOD, vault_cooldown_period_seconds=2_592_001))),
    ("no unlocks", update(replace(GOOD, max_unlocks=0))),
    ("a fee share above all", update(replace(GOOD, vault_fee_share_ppm=1_000_001))),
    ("an unknown margin basis", update(replace(GOOD, margin_basis=3))),
    ("no parameters at all", update(Params())),
    ("a half spread of all", update(pairs=(replace(PAIR, vault_half_spread_ppm=1_000_000),))),
    ("no ticks", update(pairs=(replace(PAIR, tick_multiple=0),))),
    ("a pair that does not exist", update(pairs=(replace(PAIR, clob_pair_id=7),))),
    ("a pair twice", update(pairs=(PAIR, PAIR))),
    ("a bad pair with a wrong weight", update(pairs=(replace(PAIR, tick_multiple=0),), vault_total_weight=9)),
]


@pytest.mark.parametrize("message", [one[1] for one in BAD_PARAMS], ids=[one[0] for one in BAD_PARAMS])
def test_parameters_outside_their_bounds_are_refused_before_anything_is_written(message: MsgUpdateParams) -> None:
    chain, idle = started(), started()
    assert refused(chain, message) == ("mmvault", 16)
    chain.block(gov=[message])
    idle.block()
    assert chain.rows() == idle.rows()


@pytest.mark.parametrize(
    "params",
    [
        replace(GOOD, vault_cooldown_period_seconds=1),
        replace(GOOD, vault_cooldown_period_seconds=2_592_000),
        replace(GOOD, max_unlocks=1, vault_deposit_cap=2**64 - 1),
        replace(GOOD, vault_fee_share_ppm=1_000_000, margin_basis=2),
        replace(GOOD, trading_enabled=False),
    ],
)
def test_parameters_at_their_bounds_are_taken(params: Params) -> None:
    chain = started()
    zeros = PairQuoteParams(clob_pair_id=0, tick_multiple=1)
    chain.block(gov=[update(params, (zeros,))])
    keeper = chain.app.modules.keepers.mmvault
    assert params_to_wire(keeper.params(chain.ctx)) == params
    assert list(keeper.state.pairs.values(chain.ctx)) == [zeros]


def test_a_total_weight_must_be_the_sum_when_it_is_given() -> None:
    markets = [Market(weight=2), Market(weight=3)]
    chain = started(markets=markets)
    pairs = tuple(pair_params(number, market) for number, market in enumerate(markets))
    assert refused(chain, update(pairs=pairs, vault_total_weight=6)) == ("mmvault", 17)
    assert refused(chain, update(pairs=(), vault_total_weight=1)) == ("mmvault", 17)
    chain.block(gov=[update(replace(GOOD, max_unlocks=3), pairs, vault_total_weight=5)])
    assert chain.app.modules.keepers.mmvault.params(chain.ctx).max_unlocks == 3


@pytest.mark.parametrize("authority", ["", ALICE, VAULT, "nobody"])
def test_only_governance_changes_parameters_and_refreshes(authority: str) -> None:
    chain = started()
    assert refused(chain, MsgUpdateParams(authority=authority, params=GOOD)) == ("mmvault", 15)
    assert refused(chain, MsgRefreshQuotes(authority=authority)) == ("mmvault", 15)


@pytest.mark.parametrize("message", [MsgUpdateParams(authority=ALICE, params=GOOD), MsgRefreshQuotes(authority=ALICE)])
def test_messages_of_governance_do_not_come_in_transactions(message: Message) -> None:
    chain = started()
    for result in (chain.submit(message, by="alice"), chain.deliver(message, by="alice")):
        assert (result.codespace, result.code) == ("sdk", 18)


def test_quotes_are_refreshed_once_a_block() -> None:
    chain = started()
    ctx = chain.ctx.replaced(height=chain.height + 1)
    message = MsgRefreshQuotes(authority=GOV)
    chain.app.modules.router.execute(ctx, message)
    with pytest.raises(errors.AlreadyRefreshed):
        chain.app.modules.router.execute(ctx, message)


# --- queries -----------------------------------------------------------------------------------------------------


def asked(chain: LocalChain, method: str, request: Message) -> tuple[str, int]:
    with pytest.raises(ChainError) as caught:
        chain.query(QUERY + method, request)
    return caught.value.codespace, caught.value.code


def test_queries_name_what_is_wrong() -> None:
    chain = started(owned("-2", markets=[Market(), Market(is_quoted=False)]), checked=False)
    unknown: list[tuple[str, Callable[..., Message]]] = [
        ("PairQuoteParams", QueryPairQuoteParamsRequest),
        ("Quotes", QueryQuotesRequest),
        ("ComputeQuotes", QueryComputeQuotesRequest),
    ]
    for method, request in unknown:
        for pair in (1, 99):
            assert asked(chain, method, request(pair=pair)) == ("mmvault", 18)
    assert asked(chain, "PreviewAdd", QueryPreviewAddRequest(amount="x")) == ("mmvault", 2)
    assert asked(chain, "PreviewRemove", QueryPreviewRemoveRequest(shares="-1")) == ("mmvault", 3)
    assert asked(chain, "PreviewAdd", QueryPreviewAddRequest(amount="1")) == ("mmvault", 7)
    assert asked(chain, "PreviewRemove", QueryPreviewRemoveRequest(shares="1")) == ("mmvault", 7)


# --- a chain without the vault ---------------------------------------------------------------------------------------


def test_a_chain_without_the_section_has_no_such_vault() -> None:
    chain = LocalChain(document(Case(subaccounts=[subaccount(ALICE, 10**9)])))
    for message in (deposit(1), withdrawal(1)):
        result = chain.deliver(message, by="alice")
        assert (result.codespace, result.code) == ("sdk", 6)
    assert refused(chain, update()) == ("sdk", 6)
    assert refused(chain, MsgRefreshQuotes(authority=GOV)) == ("sdk", 6)
    for method, (request, _) in chain.app.modules.queries.items():
        if method.startswith(QUERY):
            assert asked(chain, method.removeprefix(QUERY), request()) in {("sdk", 6), ("mmvault", 2)}
    assert chain.rows()["mmvault"] == {}
    accounts = chain.app.modules.keepers.accounts
    assert all("mmvault" not in str(account) for account in accounts.state.accounts.values(chain.ctx))
    assert "mmvault" not in chain.export()["app_state"]
