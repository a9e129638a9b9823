"""Messages to x/vault as signed transactions: CheckTx, a block, and what became of shares and equity.

Source: dydx-vault-cases §10; codes of delivered failures from dydx-vault §§7, 9-12.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.conformance.world import (
    ALICE,
    BOB,
    CARL,
    DAVE,
    DQP,
    ETH,
    F_GEN,
    GOV,
    MEGAVAULT,
    TestMarket,
    VaultCase,
    equity,
    main_usdc,
    megavault_equity,
    params,
    qp,
    shares,
    started,
    subaccount,
    total_shares,
    unlocks,
    usdc,
    vault,
    vault_owner,
)
from vaultsim.app.results import TxResult
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import (
    MsgAllocateToVault,
    MsgDepositToMegavault,
    MsgRetrieveFromVault,
    MsgSetVaultParams,
    MsgUnlockShares,
    MsgUpdateDefaultQuotingParams,
    MsgUpdateOperatorParams,
    MsgWithdrawFromMegavault,
    NumShares,
    OperatorMetadata,
    OperatorParams,
)
from vaultsim.pb.runtime import Message, replace
from vaultsim.testing.local_chain import LocalChain

NAMES = {ALICE: "alice", BOB: "bob", CARL: "carl", DAVE: "dave"}

U64 = 2**64
BTC_20_10 = TestMarket(
    id=0, pair="BTC-USD", price=5 * 10**9, exponent=-5, resolution=-8, tier=3, step=5, tick=5, qce=-8, change_ppm=50
)


def code(result: TxResult) -> tuple[str, int]:
    return (result.codespace, result.code) if result.code else ("", 0)


def in_block(chain: LocalChain, message: Message, by: str) -> TxResult:
    """CheckTx, which must pass, then the next block's result of the transaction."""
    assert chain.submit(message, by=by).code == 0
    outcome = chain.block(1)
    return outcome.results[1]


def assert_refused_in_check(chain: LocalChain, message: Message, by: str, codespace: str, number: int) -> None:
    before = chain.rows()
    assert code(chain.submit(message, by=by)) == (codespace, number)
    assert code(chain.deliver(message, by=by)) == (codespace, number)
    chain_rows = chain.rows()
    for store in ("vault", "subaccounts", "bank", "acc"):
        assert chain_rows[store] == before[store]


def assert_failed_in_block(chain: LocalChain, message: Message, by: str, codespace: str, number: int) -> None:
    """Passes CheckTx, fails in the block; only fee and sequence remain of it."""
    before = chain.rows()
    assert code(in_block(chain, message, by)) == (codespace, number)
    after = chain.rows()
    for store in ("vault", "subaccounts", "clob", "delaymsg"):
        assert after[store] == before[store]


# --- deposits -----------------------------------------------------------------------------------------------------


def deposit(owner: str, quantums: int, number: int = 0) -> MsgDepositToMegavault:
    return MsgDepositToMegavault(subaccount_id=SubaccountId(owner=owner, number=number), quote_quantums=quantums)


def depositors() -> LocalChain:
    return started(subaccounts=[subaccount(ALICE, 1_000), subaccount(BOB, 500, number=1)])


def test_one_depositor_twice() -> None:
    chain = depositors()
    for quantums, total in ((123, 123), (321, 444)):
        assert in_block(chain, deposit(ALICE, quantums), "alice").code == 0
        assert (total_shares(chain), shares(chain, ALICE), megavault_equity(chain)) == (total, total, total)
    assert usdc(chain, ALICE) == 1_000 - 444


def test_two_depositors() -> None:
    chain = depositors()
    assert in_block(chain, deposit(ALICE, 1_000), "alice").code == 0
    assert in_block(chain, deposit(BOB, 500, 1), "bob").code == 0
    assert (total_shares(chain), shares(chain, ALICE), shares(chain, BOB)) == (1_500, 1_000, 500)
    assert megavault_equity(chain) == 1_500


def test_a_deposit_beyond_the_balance() -> None:
    chain = depositors()
    assert in_block(chain, deposit(ALICE, 1_000), "alice").code == 0
    assert_failed_in_block(chain, deposit(BOB, 501, 1), "bob", "subaccounts", 102)
    assert (total_shares(chain), shares(chain, BOB)) == (1_000, None)


def test_a_deposit_signed_by_another() -> None:
    chain = depositors()
    result = chain.chain.submit(chain.signed(deposit(BOB, 500, 1), by="alice"))
    assert code(result) == ("sdk", 8)
    assert "does not match signer address" in result.log
    assert in_block(chain, deposit(ALICE, 1_000), "alice").code == 0
    assert total_shares(chain) == 1_000


@pytest.mark.parametrize("quantums", [0, -1, U64])
def test_amounts_that_no_deposit_may_have(quantums: int) -> None:
    chain = depositors()
    assert_refused_in_check(chain, deposit(ALICE, quantums), "alice", "vault", 4)
    assert total_shares(chain) == 0


def test_a_deposit_of_all_that_fits_passes_check_and_fails_in_the_block() -> None:
    assert_failed_in_block(depositors(), deposit(ALICE, U64 - 1), "alice", "subaccounts", 102)


# --- withdrawals --------------------------------------------------------------------------------------------------


class Withdrawal(NamedTuple):
    """A row of TestMsgWithdrawFromMegavault; left: the owner's shares after it, sub: equities of the sub vaults."""

    main: int
    total: int
    owner: str
    owned: int
    locked: int
    vaults: list[VaultCase]
    shares: int
    least: int
    redeemed: int = 0
    left: int | None = None
    sub: tuple[int, ...] = ()
    check: int = 0
    deliver: int = 0


SKEW_3 = qp(3, 3000, 1500, 3000000, 100000, 60)
SB_345, SB_400 = VaultCase(0, "SB", 345), VaultCase(0, "SB", 400)
LONG_ETH = VaultCase(1, "CLOSE", -(10**9), 10**9)
LONG_ETH_SKEW_3 = VaultCase(1, "CLOSE", -(10**9), 10**9, SKEW_3)
WITHDRAWALS = {
    "1": Withdrawal(100, 200, ALICE, 50, 25, [], 10, 5, 5, 40),
    "2": Withdrawal(1234, 500, BOB, 47, 7, [], 40, 95, 98, 7),
    "3 all": Withdrawal(654321, 787565, CARL, 787565, 0, [], 787565, 654321, 654321, None),
    "4 nothing left after rounding": Withdrawal(99, 200, ALICE, 10, 5, [], 2, 0, deliver=28),
    "5 more than unlocked": Withdrawal(100, 500, ALICE, 100, 20, [], 81, 1, deliver=27),
    "6 zero": Withdrawal(100, 500, ALICE, 100, 20, [], 0, 1, check=30),
    "7 negative": Withdrawal(100, 500, ALICE, 100, 20, [], -1, 1, check=30),
    "8 less than the least": Withdrawal(1234, 500, BOB, 47, 7, [SB_400], 40, 131, sub=(400,), deliver=28),
    "9 deactivated is no part": Withdrawal(
        1234, 500, DAVE, 47, 7, [VaultCase(0, "DEACT", -400, 0)], 40, 50, 98, 7, (-400,)
    ),
    "10 negative equity is no part": Withdrawal(
        888888, 10**6, ALICE, 9999, 134, [VaultCase(0, "Q", -345, 0)], 4444, 123, 3950, 5555, (-345,)
    ),
    "11 from a sub vault": Withdrawal(
        0, 987654, ALICE, 9999, 134, [VaultCase(0, "Q", 345, 0)], 6666, 2, 2, 3333, (343,)
    ),
    "12 from three": Withdrawal(
        500, 1000, ALICE, 120, 15, [SB_345, LONG_ETH_SKEW_3], 100, 170_000_000, 170_225_084, 20, (311, 1_829_775_000)
    ),
    "13 all of a leveraged vault": Withdrawal(
        500, 1000, ALICE, 1000, 0, [LONG_ETH], 1000, 1_400_000_500, 1_400_000_500, None, (600_000_000,)
    ),
    "14 beyond a u64": Withdrawal(U64, 155, CARL, 155, 0, [], 155, 1, deliver=28),
}  # fmt: skip


@pytest.mark.parametrize("case", WITHDRAWALS.values(), ids=WITHDRAWALS.keys())
def test_withdrawals(case: Withdrawal) -> None:
    chain = started(
        main=case.main,
        total=case.total,
        owners={case.owner: case.owned},
        locked={case.owner: [(case.locked, 7)]},
        vaults=case.vaults,
        markets=[BTC_20_10, ETH],
    )
    message = MsgWithdrawFromMegavault(
        subaccount_id=SubaccountId(owner=case.owner, number=0),
        shares=NumShares(num_shares=case.shares),
        min_quote_quantums=case.least,
    )
    by, before = NAMES[case.owner], megavault_equity(chain)
    if case.check:
        assert_refused_in_check(chain, message, by, "vault", case.check)
    elif case.deliver:
        assert_failed_in_block(chain, message, by, "vault", case.deliver)
    else:
        assert in_block(chain, message, by).code == 0
        assert usdc(chain, case.owner) == case.redeemed
        assert megavault_equity(chain) == before - case.redeemed
        assert total_shares(chain) == case.total - case.shares
        assert shares(chain, case.owner) == case.left
    if case.check or case.deliver:
        assert (total_shares(chain), shares(chain, case.owner)) == (case.total, case.owned)
        assert megavault_equity(chain) == before
    assert unlocks(chain, case.owner) == [(case.locked, 7)]
    if case.sub:
        assert tuple(equity(chain, one.number) for one in case.vaults) == case.sub


# --- allocation and retrieval ---------------------------------------------------------------------------------------


class Move(NamedTuple):
    """A row of TestMsgAllocateToVault or TestMsgRetrieveFromVault."""

    operator: str
    main: int
    vaults: list[VaultCase]
    number: int
    quantums: int
    authority: str | None = None
    check: int = 0
    deliver: tuple[str, int] = ("", 0)
    after: tuple[int, int] = (0, 0)


ALLOCATIONS = {
    "1": Move(ALICE, 100, [VaultCase(0, "Q", 0)], 0, 50, after=(50, 50)),
    "2 makes parameters": Move(BOB, 100, [], 1, 77, after=(23, 92)),
    "3 2^64": Move(CARL, 100, [VaultCase(0, "Q", 0)], 0, U64, check=4),
    "4 zero": Move(CARL, 100, [VaultCase(0, "Q", 0)], 0, 0, check=4),
    "5 negative": Move(CARL, 100, [VaultCase(0, "Q", 0)], 0, -1, check=4),
    "6 more than there is": Move(ALICE, 100, [VaultCase(0, "Q", 0)], 0, 101, deliver=("subaccounts", 102)),
    "7 no such pair": Move(ALICE, 100, [], 727, 1, deliver=("vault", 2)),
    "8 not the operator": Move(BOB, 100, [VaultCase(0, "Q", 0)], 0, 50, ALICE, deliver=("vault", 26)),
}


@pytest.mark.parametrize("case", ALLOCATIONS.values(), ids=ALLOCATIONS.keys())
def test_allocations(case: Move) -> None:
    extra = [subaccount(vault_owner(1), 15)] if case.number == 1 else []
    chain = started(operator=case.operator, main=case.main, vaults=case.vaults, subaccounts=extra)
    authority = case.authority or case.operator
    message = MsgAllocateToVault(authority=authority, vault_id=vault(case.number), quote_quantums=case.quantums)
    by = NAMES[authority]
    if case.check:
        assert_refused_in_check(chain, message, by, "vault", case.check)
    elif case.deliver[1]:
        assert_failed_in_block(chain, message, by, *case.deliver)
    else:
        assert in_block(chain, message, by).code == 0
        assert (main_usdc(chain), usdc(chain, vault_owner(case.number))) == case.after
    if case.number == 1:
        found = chain.app.modules.vault.find_params(chain.ctx, vault(1))
        assert found == params("SB")


ETH_SHORT = VaultCase(1, "Q", 3_500_000, -1_000_000)
RETRIEVALS = {
    "1": Move(DAVE, 100, [VaultCase(0, "Q", 200)], 0, 50, after=(150, 150)),
    "2 all": Move(BOB, 0, [VaultCase(1, "CLOSE", 3_500_000)], 1, 3_500_000, after=(3_500_000, 0)),
    "3 2^64": Move(DAVE, 100, [VaultCase(0, "Q", 200)], 0, U64, check=4),
    "4 zero": Move(DAVE, 100, [VaultCase(0, "Q", 200)], 0, 0, check=4),
    "5 negative": Move(DAVE, 100, [VaultCase(0, "Q", 200)], 0, -1, check=4),
    "6 more than there is": Move(DAVE, 100, [VaultCase(0, "Q", 26)], 0, 27, deliver=("subaccounts", 102)),
    "7 down to the initial margin": Move(DAVE, 0, [ETH_SHORT], 1, 1_925_000, after=(1_925_000, 3_500_000 - 1_925_000)),
    "8 one below it": Move(DAVE, 0, [ETH_SHORT], 1, 1_925_001, deliver=("subaccounts", 102)),
    "9 no such vault": Move(DAVE, 100, [], 0, 1, deliver=("vault", 20)),
    "10 not the operator": Move(DAVE, 100, [VaultCase(0, "Q", 200)], 0, 50, ALICE, deliver=("vault", 26)),
}


@pytest.mark.parametrize("case", RETRIEVALS.values(), ids=RETRIEVALS.keys())
def test_retrievals(case: Move) -> None:
    chain = started(operator=case.operator, main=case.main, vaults=case.vaults, markets=F_GEN)
    authority = case.authority or case.operator
    message = MsgRetrieveFromVault(authority=authority, vault_id=vault(case.number), quote_quantums=case.quantums)
    by = NAMES[authority]
    if case.check:
        assert_refused_in_check(chain, message, by, "vault", case.check)
    elif case.deliver[1]:
        assert_failed_in_block(chain, message, by, *case.deliver)
    else:
        assert in_block(chain, message, by).code == 0
        assert (main_usdc(chain), usdc(chain, vault_owner(case.number))) == case.after


@pytest.mark.parametrize("cls", [MsgAllocateToVault, MsgRetrieveFromVault])
def test_an_empty_authority_is_refused_before_the_amount(
    cls: type[MsgAllocateToVault] | type[MsgRetrieveFromVault],
) -> None:
    chain = started(operator=ALICE, main=100, vaults=[VaultCase(0, "Q", 0)])
    message = cls(authority="", vault_id=vault(0), quote_quantums=0)
    assert code(chain.submit(message, by="alice")) == ("vault", 26)


# --- parameters -----------------------------------------------------------------------------------------------------


def test_the_operator_may_set_parameters_and_others_may_not() -> None:
    chain = started(operator=ALICE)
    good = MsgSetVaultParams(authority=ALICE, vault_id=vault(1), vault_params=params("Q"))
    assert in_block(chain, good, "alice").code == 0
    assert chain.app.modules.vault.find_params(chain.ctx, vault(1)) == params("Q")
    of_bob = replace(good, authority=BOB, vault_id=vault(0))
    assert_failed_in_block(chain, of_bob, "bob", "vault", 26)


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"layers": 256}, 11),
        ({"spread_min_ppm": 0}, 10),
        ({"order_size_pct_ppm": 0}, 8),
        ({"order_expiration_seconds": 0}, 9),
        ({"activation_threshold_quote_quantums": -1}, 13),
        ({"skew_factor_ppm": 20_000_000}, 31),
        ({"skew_factor_ppm": 2**32 - 1, "order_size_pct_ppm": 2**32 - 1}, 31),
    ],
)
def test_parameters_out_of_bounds(changes: dict[str, int], number: int) -> None:
    chain = started(operator=ALICE)
    quoting = replace(DQP, **changes)
    own = MsgSetVaultParams(authority=ALICE, vault_id=vault(0), vault_params=params("Q", quoting))
    defaults = MsgUpdateDefaultQuotingParams(authority=ALICE, default_quoting_params=quoting)
    for message in (own, defaults):
        assert_refused_or_failed(chain, message, number)
    assert chain.app.modules.vault.find_params(chain.ctx, vault(0)) is None
    assert chain.app.modules.vault.default_quoting_params(chain.ctx) == DQP


def assert_refused_or_failed(chain: LocalChain, message: Message, number: int) -> None:
    before = chain.rows()["vault"]
    assert code(chain.deliver(message, by="alice")) == ("vault", number)
    assert chain.rows()["vault"] == before


def test_an_unspecified_status_is_refused() -> None:
    chain = started(operator=ALICE)
    message = MsgSetVaultParams(authority=ALICE, vault_id=vault(0), vault_params=replace(params("Q"), status=0))
    assert_refused_or_failed(chain, message, 19)


def test_gov_sets_what_the_operator_may_and_the_operator_itself() -> None:
    chain = started(operator=BOB)
    other = OperatorParams(operator=ALICE, metadata=OperatorMetadata(name="A", description="B"))
    chain.block(
        gov=[
            MsgUpdateDefaultQuotingParams(
                authority=GOV, default_quoting_params=qp(3, 4000, 2000, 999_999, 200_000, 10)
            ),
            MsgSetVaultParams(authority=GOV, vault_id=vault(0), vault_params=params("CLOSE")),
            MsgUpdateOperatorParams(authority=GOV, params=other),
        ]
    )
    keeper = chain.app.modules.vault
    assert keeper.default_quoting_params(chain.ctx) == qp(3, 4000, 2000, 999_999, 200_000, 10)
    assert keeper.operator_params(chain.ctx) == other
    assert keeper.find_params(chain.ctx, vault(0)) == params("CLOSE")


def test_a_proposal_is_all_or_nothing() -> None:
    chain = started(operator=BOB)
    before = chain.rows()["vault"]
    empty = OperatorParams(operator="", metadata=OperatorMetadata())
    good = MsgSetVaultParams(authority=GOV, vault_id=vault(0), vault_params=params("CLOSE"))
    chain.block(gov=[good, MsgUpdateOperatorParams(authority=GOV, params=empty)])
    assert chain.rows()["vault"] == before


@pytest.mark.parametrize(
    "message",
    [
        MsgUpdateOperatorParams(authority=ALICE, params=OperatorParams(operator=ALICE)),
        MsgUnlockShares(authority=ALICE, owner_address=ALICE),
    ],
    ids=["operator", "unlock"],
)
def test_internal_messages_are_no_transactions(message: Message) -> None:
    chain = started(operator=ALICE, total=10, owners={ALICE: 10}, locked={ALICE: [(5, 1)]})
    before = chain.rows()
    assert code(chain.submit(message, by="alice")) == ("sdk", 18)
    assert code(chain.deliver(message, by="alice")) == ("sdk", 18)
    assert chain.rows()["vault"] == before["vault"]


def test_gov_unlocks_what_is_due() -> None:
    chain = started(total=122, owners={ALICE: 1, BOB: 121}, locked={ALICE: [(1, 3)], BOB: [(55, 3), (66, 4)]})
    chain.block()
    unlock = [MsgUnlockShares(authority=GOV, owner_address=owner) for owner in (ALICE, BOB)]
    chain.block(gov=unlock)
    assert chain.height == 3
    assert (unlocks(chain, ALICE), unlocks(chain, BOB)) == ([], [(66, 4)])
    assert megavault_equity(chain) == usdc(chain, MEGAVAULT) == 0
