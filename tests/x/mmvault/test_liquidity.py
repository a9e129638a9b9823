"""Deposits, withdrawals and their cooldown through messages and blocks: the worked examples X1 to X8, X15 and X16 of
the design, and the upstream facts about minting and burning (mm-vault §§10, 10.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.conformance.world import subaccount
from tests.x.mmvault.scene import (
    ALICE,
    BOB,
    BUY,
    CARL,
    DAVE,
    QUERY,
    SELL,
    VAULT,
    Market,
    add,
    equity,
    event,
    margin_of,
    micro,
    quote,
    quotes,
    remove,
    set_price,
    shares_of,
    started,
    trade,
    vault,
)
from vaultsim.pb.dydxprotocol.sending import MsgCreateTransfer, Transfer
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.vaultsim.mmvault.v1 import (
    MsgAddLiquidityResponse,
    MsgRemoveLiquidityResponse,
    QuerySharesRequest,
    QueryUnlocksRequest,
    QueryUnlocksResponse,
)
from vaultsim.testing.local_chain import LocalChain

ETH = Market(oracle="2000", half_spread="0.05", cap="2")
"""Bid 1,900 at an oracle price of 2,000; ask 2,310 at 2,200."""
FIVE_BILLION = 5_000_000_000


def donate(chain: LocalChain, dollars: str) -> None:
    """Money that nobody gets shares for."""
    transfer = Transfer(
        sender=SubaccountId(owner=DAVE, number=0),
        recipient=SubaccountId(owner=VAULT, number=0),
        asset_id=0,
        amount=micro(dollars),
    )
    assert chain.deliver(MsgCreateTransfer(transfer=transfer), by="dave").code == 0


def unlocks(chain: LocalChain, owner: str) -> list[tuple[int, int]]:
    """Amounts and end times of an owner's unlocks."""
    answer = chain.query(QUERY + "Unlocks", QueryUnlocksRequest(owner=owner))
    assert isinstance(answer, QueryUnlocksResponse)
    return [(int(one.amount), one.end_time) for one in answer.unlocks]


def worth(dollars: str, supply: int, **fields: Any) -> LocalChain:
    """A vault of Alice's with so much USDC and no position."""
    held = [subaccount(VAULT, micro(dollars))]
    return started(subaccounts=held, share_supply=supply, shares={ALICE: supply}, **fields)


def profitable(**fields: Any) -> LocalChain:
    """X4: Alice deposits 5,000; the vault buys 2 coins at 1,900 and sells them at 2,310."""
    chain = started(markets=[ETH], **fields)
    assert add(chain, ALICE, 5_000).code == 0
    assert quotes(chain)[0] == quote("bid", "2", "1900")
    trade(chain, DAVE, SELL, "2", "1900", client_id=1)
    chain.block()
    set_price(chain, "2200")
    assert quotes(chain)[1] == quote("ask", "2", "2310")
    trade(chain, DAVE, BUY, "2", "2310", client_id=2)
    chain.block()
    return chain


# --- minting -----------------------------------------------------------------------------------------------------


def test_x1_the_first_and_the_second_dollar_mint_a_million_shares_each() -> None:
    chain = started()
    first = add(chain, ALICE, 1)
    assert event(first, "liquidity_added") == {"owner": ALICE, "amount": "1000000", "shares_minted": "1000000"}
    second = add(chain, BOB, 1)
    assert event(second, "liquidity_added")["shares_minted"] == "1000000"
    assert (shares_of(chain, ALICE), shares_of(chain, BOB)) == (1_000_000, 1_000_000)
    assert vault(chain).share_supply == "2000000"
    assert margin_of(chain, VAULT) == 2_000_000
    assert margin_of(chain, ALICE) == micro(10_000_000) - 1_000_000


def test_x1_five_thousand_dollars_mint_five_billion_shares() -> None:
    chain = started()
    result = add(chain, ALICE, 5_000)
    assert shares_of(chain, ALICE) == FIVE_BILLION
    # One message: its response lies in the transaction's data.
    assert MsgAddLiquidityResponse(shares_minted=str(FIVE_BILLION)).encode() in result.data


def test_the_initial_price_is_a_millionth_of_a_dollar_a_share() -> None:
    """F19: 1,000,000 quote quantums over 1,000,000 shares, before anybody owns one."""
    price = vault(started()).share_price
    assert (price.num, price.den) == ("1000000", "1000000")


def test_x2_the_smallest_unit_mints_one_share_and_comes_back_whole() -> None:
    chain = started()
    add(chain, ALICE, 1)
    add(chain, BOB, 1)
    add(chain, CARL, "0.000001")
    assert shares_of(chain, CARL) == 1
    assert event(remove(chain, CARL, 1), "liquidity_unlocking")["amount"] == "1"


def test_x3_a_minimum_of_shares_is_kept_to_the_share() -> None:
    chain = started()
    refused = add(chain, ALICE, 1, least=1_000_001)
    assert (refused.codespace, refused.code) == ("mmvault", 10)
    assert add(chain, ALICE, 1, least=1_000_000).code == 0


# --- profit and loss ---------------------------------------------------------------------------------------------


def test_x4_profit_is_shared_and_the_virtual_shares_keep_their_part() -> None:
    chain = profitable()
    assert equity(chain) == 5820
    half = 2_500_000_000
    assert event(remove(chain, ALICE, half), "liquidity_unlocking")["amount"] == str(micro("2909.918016"))
    assert event(remove(chain, ALICE, half), "liquidity_unlocking")["amount"] == str(micro("2909.918016"))
    assert margin_of(chain, VAULT) == micro("0.163968")


def test_x4_with_all_fees_for_the_vault() -> None:
    """Takers pay 0.1 %: 3.80 dollars of 3,800 and 4.62 of 4,620."""
    chain = profitable(taker_fee_ppm=1_000, fee_share_ppm=1_000_000)
    assert equity(chain) == Decimal("5828.42")
    half = 2_500_000_000
    paid = [event(remove(chain, ALICE, half), "liquidity_unlocking")["amount"] for _ in range(2)]
    assert paid == [str(micro("2914.127174")), str(micro("2914.127175"))]


def test_x5_a_newcomer_after_a_profit_pays_the_higher_price() -> None:
    chain = profitable()
    add(chain, BOB, 5_820)
    assert shares_of(chain, BOB) == 5_000_140_869


def test_x6_after_a_loss_shares_are_cheaper() -> None:
    chain = worth("2500", FIVE_BILLION)
    add(chain, CARL, 1_000)
    assert shares_of(chain, CARL) == 1_999_600_159


def test_x6_the_last_one_out_gets_what_there_is_and_not_the_virtual_dollar() -> None:
    chain = worth("2500", FIVE_BILLION)
    assert event(remove(chain, ALICE, FIVE_BILLION), "liquidity_unlocking")["amount"] == str(micro(2_500))
    assert vault(chain).share_supply == "0"
    assert margin_of(chain, VAULT) == 0


def test_a_part_of_the_shares_after_a_loss_is_paid_by_the_formula() -> None:
    """D3 is for the last shares: (2,500,000,000 + 10^6) · 4·10^9 // (5·10^9 + 10^6)."""
    chain = worth("2500", FIVE_BILLION)
    amount = 2_501_000_000 * 4_000_000_000 // 5_001_000_000
    assert event(remove(chain, ALICE, 4_000_000_000), "liquidity_unlocking")["amount"] == str(amount)


def test_x7_inflating_the_vault_costs_the_attacker_everything() -> None:
    chain = started()
    add(chain, ALICE, "0.000001")
    assert shares_of(chain, ALICE) == 1
    donate(chain, "10000")
    add(chain, BOB, 10_000)
    assert shares_of(chain, BOB) == 999_901
    value = chain.query(QUERY + "Shares", QuerySharesRequest(owner=BOB)).to_json()["value_now"]
    assert value == str(micro("9999.999950"))
    assert event(remove(chain, ALICE, 1), "liquidity_unlocking")["amount"] == str(micro("0.010000"))


def test_x8_at_an_effective_equity_of_zero_nothing_goes_in_or_out() -> None:
    chain = worth("-1.000000", FIVE_BILLION)
    for result in (add(chain, BOB, 1), remove(chain, ALICE, 1)):
        assert (result.codespace, result.code) == ("mmvault", 7)
    assert vault(chain).status == 2


def test_x8_one_unit_above_is_solvent() -> None:
    chain = worth("-0.999999", FIVE_BILLION)
    add(chain, BOB, 1)
    assert shares_of(chain, BOB) == 5_001_000_000_000_000
    assert vault(chain).status == 1


# --- margins -----------------------------------------------------------------------------------------------------


def test_a_leveraged_depositor_may_give_only_what_his_positions_leave_free() -> None:
    """Margin 250, long 1 coin bought at 2,000, oracle 1,950, initial margin 10 %: 250 - 50 - 195 = 5 dollars."""
    carls = subaccount(CARL, micro(250) - micro(2_000), (0, micro(1)))
    daves = subaccount(DAVE, micro(100_000), (0, -micro(1)))
    chain = started(markets=[Market(oracle="1950", is_quoted=False)], margins={ALICE: 100}, subaccounts=[carls, daves])
    refused = add(chain, CARL, 150)
    assert (refused.codespace, refused.code) == ("mmvault", 4)
    assert add(chain, CARL, "5.000001").code == 4
    assert add(chain, CARL, 5).code == 0


@pytest.mark.parametrize(("cap", "code"), [("10", 0), ("8", 6)])
def test_the_cap_may_be_reached_and_not_passed(cap: str, code: int) -> None:
    chain = started(cap=micro(cap))
    assert add(chain, ALICE, 5).code == 0
    assert add(chain, ALICE, 5).code == code


def test_x15_a_withdrawal_leaves_the_positions_their_margin() -> None:
    """Long 12.5 coins at 1,900, oracle 1,900: equity 5,000, used 2,375, available 2,625."""
    chain = started(markets=[Market(oracle="2000", half_spread="0.05", cap="100")])
    add(chain, ALICE, 5_000)
    trade(chain, DAVE, SELL, "12.5", "1900")
    set_price(chain, "1900")
    now = vault(chain)
    assert (now.equity, now.used_margin, now.available_margin) == ("5000000000", "2375000000", "2625000000")
    refused = remove(chain, ALICE, FIVE_BILLION * 85 // 100)
    assert (refused.codespace, refused.code) == ("mmvault", 12)
    assert remove(chain, ALICE, 2_625_000_001).code == 12
    assert remove(chain, ALICE, 2_625_000_000).code == 0


# --- cooldown ----------------------------------------------------------------------------------------------------


def test_x16_a_withdrawal_is_paid_when_its_cooldown_ends_and_not_a_second_earlier() -> None:
    chain = started(cooldown=172_800, time="1970-01-12T13:46:38Z")
    add(chain, ALICE, 5_000)
    result = remove(chain, ALICE, FIVE_BILLION)
    assert chain.app.time_ns == 1_000_000 * 10**9
    assert event(result, "liquidity_unlocking") == {
        "owner": ALICE, "amount": "5000000000", "shares_burned": "5000000000", "end_time": "1172800",
    }  # fmt: skip
    assert MsgRemoveLiquidityResponse(amount="5000000000", end_time=1_172_800).encode() in result.data
    before = margin_of(chain, ALICE)
    chain.block(172_799)
    assert chain.app.time_ns == 1_172_799 * 10**9
    assert margin_of(chain, ALICE) == before
    chain.block(1)
    assert margin_of(chain, ALICE) == before + micro(5_000)
    assert unlocks(chain, ALICE) == []


def queued(*entries: tuple[str, str, int]) -> list[dict[str, Any]]:
    return [
        {"owner": owner, "subaccount_number": 0, "amount": str(micro(dollars)), "end_time": str(end)}
        for owner, dollars, end in entries
    ]


def test_x16_all_that_is_due_comes_in_one_payment() -> None:
    chain = started(
        time="1970-01-01T00:01:39Z", unlocks=queued((BOB, "1000", 100), (BOB, "2000", 200), (BOB, "3000", 300))
    )
    before = margin_of(chain, BOB)
    chain.block(101)
    assert margin_of(chain, BOB) == before + micro(3_000)
    assert unlocks(chain, BOB) == [(micro(3_000), 300)]


def test_an_unlock_of_the_past_is_paid_in_the_first_block() -> None:
    chain = started(unlocks=queued((BOB, "1000", 0)))
    assert margin_of(chain, BOB) == micro(10_000_000 + 1_000)
    assert unlocks(chain, BOB) == []


def test_an_unlock_pays_into_the_subaccount_that_was_named() -> None:
    held = subaccount(ALICE, micro(50), number=7)
    chain = started(cooldown=10, subaccounts=[held])
    add(chain, ALICE, 50, number=7)
    remove(chain, ALICE, 20_000_000, number=7)
    remove(chain, ALICE, 30_000_000, number=3)
    chain.block(10)
    assert (margin_of(chain, ALICE, 7), margin_of(chain, ALICE, 3)) == (micro(20), micro(30))


def test_an_old_long_unlock_holds_up_newer_ones_of_the_same_owner_only() -> None:
    chain = started(time="1970-01-01T00:00:50Z", unlocks=queued((BOB, "1", 1_000), (BOB, "2", 60), (CARL, "4", 60)))
    before = margin_of(chain, BOB), margin_of(chain, CARL)
    chain.block(20)
    assert (margin_of(chain, BOB) - before[0], margin_of(chain, CARL) - before[1]) == (0, micro(4))
    chain.block(930)
    assert margin_of(chain, BOB) - before[0] == micro(3)


def test_what_unlocks_bears_neither_profit_nor_loss_and_is_no_equity() -> None:
    chain = started(markets=[ETH])
    add(chain, ALICE, 5_000)
    add(chain, BOB, 5_000)
    remove(chain, BOB, FIVE_BILLION)
    assert equity(chain) == 5_000
    trade(chain, DAVE, SELL, "2", "1900")
    set_price(chain, "1000")
    assert equity(chain) == 5_000 - 1_800
    assert unlocks(chain, BOB)[0][0] == micro(5_000)


def test_unlocks_are_paid_while_the_vault_is_insolvent_and_trading_is_halted() -> None:
    chain = worth("-2", FIVE_BILLION, time="1970-01-01T00:00:50Z", enabled=False, unlocks=queued((BOB, "1000", 60)))
    before = margin_of(chain, BOB)
    chain.block(10)
    assert margin_of(chain, BOB) == before + micro(1_000)


def test_unlocks_are_paid_in_the_order_of_their_times_then_of_their_owners() -> None:
    later = queued((ALICE, "1", 61), (BOB, "1", 60), (CARL, "1", 60))
    chain = started(time="1970-01-01T00:00:50Z", unlocks=later)
    # The block is executed by hand: the events of a hook are in no transaction's result.
    chain.app.finalize_block(chain.height + 1, 70 * 10**9, ())
    assert chain.app.deliver is not None
    released = [dict(one.attributes()) for one in chain.app.deliver.events if one.type == "liquidity_released"]
    first, second = sorted((BOB, CARL))
    assert [one["owner"] for one in released] == [first, second, ALICE]
    assert {one["amount"] for one in released} == {"1000000"}
