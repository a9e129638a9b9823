"""Trading as a vault through the real book, and what its key may not do. Source: fund-vault §§2, 4.7, 6.4, 6.5."""

from __future__ import annotations

import pytest

from tests.conformance.world import ALICE, BOB, DAVE, GOV
from tests.x.fundvault.world import (
    BUY,
    DAY,
    IOC,
    OPERATOR,
    SELL,
    START,
    VAULT,
    Funds,
    Holding,
    date,
    deposit,
    document,
)
from vaultsim.address import from_bech32, module_bech32
from vaultsim.app.tx import RawTx
from vaultsim.app.tx_json import tx_from_json
from vaultsim.pb.cosmos.bank.v1beta1 import Input, MsgMultiSend, MsgSend, Output
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.dydxprotocol.clob import ClobPair, MsgPlaceOrder, Order, SpotClobMetadata
from vaultsim.pb.dydxprotocol.sending import (
    MsgCreateTransfer,
    MsgDepositToSubaccount,
    MsgSendFromAccountToAccount,
    MsgWithdrawFromSubaccount,
    Transfer,
)
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import Message, replace
from vaultsim.pb.vaultsim.fundvault.v1 import (
    MsgChangeVaultOwner,
    MsgCloseVault,
    MsgVaultCancelOrder,
    MsgVaultPlaceOrder,
)
from vaultsim.x.accountplus.authenticators import AuthenticationRequest, ClobPairIdFilter, SubaccountFilter
from vaultsim.x.accountplus.errors import ClobPairRefused, SubaccountRefused
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.clob.errors import BlockRateLimitExceeded
from vaultsim.x.fundvault.errors import (
    AssetNotAllowed,
    NotVaultOwner,
    OpenOrders,
    ReduceOnly,
    TransferForbidden,
    VaultNotActive,
    VaultNotFound,
)
from vaultsim.x.fundvault.types import ACTIVE, STOPPED, STOPPING
from vaultsim.x.sdk_errors import InvalidRequest

PRICE = 1_000_000


def rich() -> Funds:
    return Funds(document(Holding(holders={"alice": 1_000_000}, cash=1_000_000)))


def stopping() -> Funds:
    """A vault whose closing date was reached while it is long 500."""
    fields = {"redemption_dates": [date(0.5).to_json()]}
    funds = Funds(document(Holding(holders={"alice": 1_000}, cash=500, position=500, fields=fields)))
    funds.to_day(0.5)
    assert funds.vault().status == STOPPING
    return funds


def placing(order: Order, owner: str = OPERATOR, vault_id: str = VAULT) -> MsgVaultPlaceOrder:
    return MsgVaultPlaceOrder(owner=owner, vault_id=vault_id, order=order)


def cancelling(order: Order, owner: str = OPERATOR) -> MsgVaultCancelOrder:
    """The cancel of an order, a little beyond its own end."""
    return MsgVaultCancelOrder(
        owner=owner,
        vault_id=VAULT,
        order_id=order.order_id,
        good_til_block=order.good_til_block,
        good_til_block_time=order.good_til_block_time,
    )


def submitted(funds: Funds, message: Message, by: str = "operator") -> tuple[str, int]:
    result = funds.chain.submit(message, by=by, fee=0)
    return result.codespace, result.code


def is_resting(funds: Funds, order: Order) -> bool:
    return funds.chain.app.modules.memclob.resting(order.order_id) is not None


# --- orders -----------------------------------------------------------------------------------------------------------


def test_a_long_term_order_of_a_vault_rests_and_is_hit_like_any_other() -> None:
    funds = rich()
    order = funds.long_term(VAULT, BUY, 1_000, PRICE)
    assert submitted(funds, placing(order)) == ("", 0)
    funds.chain.block()
    assert is_resting(funds, order)
    taker = funds.order(DAVE, SELL, 400, PRICE, time_in_force=IOC)
    assert submitted(funds, MsgPlaceOrder(order=taker), "dave") == ("", 0)
    funds.chain.block()
    assert (funds.position(), funds.cash(), funds.total()) == (400, 1_000_000 - 400, 1_000_000)


def test_a_short_term_order_of_a_vault_acts_in_check_tx_and_waits_in_no_mempool() -> None:
    funds = rich()
    order = funds.order(VAULT, BUY, 1_000, PRICE)
    before = funds.chain.app.modules.keepers.accounts.get(funds.chain.ctx, from_bech32(OPERATOR))
    result = funds.chain.submit(placing(order), by="operator", fee=0)
    assert (result.code, result.gas_wanted) == (0, -1)
    assert is_resting(funds, order)
    assert funds.chain.chain.mempool.waiting() == []
    taker = funds.order(DAVE, SELL, 1_000, PRICE, time_in_force=IOC)
    submitted(funds, MsgPlaceOrder(order=taker), "dave")
    outcome = funds.chain.block()
    assert [one.code for one in outcome.results] == [0] * len(outcome.results)
    assert funds.position() == 1_000
    account = funds.chain.app.modules.keepers.accounts.get(funds.chain.ctx, from_bech32(OPERATOR))
    assert replace(account, pub_key=None) == replace(before, pub_key=None)


def test_short_and_long_term_orders_are_cancelled_by_the_owner() -> None:
    funds = rich()
    short, lasting = funds.order(VAULT, BUY, 10, PRICE), funds.long_term(VAULT, BUY, 10, PRICE)
    submitted(funds, placing(short))
    submitted(funds, placing(lasting))
    funds.chain.block()
    assert is_resting(funds, short)
    assert is_resting(funds, lasting)
    assert submitted(funds, cancelling(short, ALICE), "alice") == ("fundvault", NotVaultOwner.code)
    assert submitted(funds, cancelling(lasting, ALICE), "alice") == ("fundvault", NotVaultOwner.code)
    assert submitted(funds, cancelling(short)) == ("", 0)
    assert not is_resting(funds, short)
    assert submitted(funds, cancelling(lasting)) == ("", 0)
    funds.chain.block()
    assert not is_resting(funds, lasting)
    assert funds.chain.app.modules.clob.find_stateful_order(funds.chain.ctx, lasting.order_id) is None


def test_the_block_repeats_the_designs_checks_of_long_term_orders() -> None:
    funds = rich()
    order = funds.long_term(VAULT, BUY, 10, PRICE)
    funds.refused(placing(order, ALICE), "alice", NotVaultOwner)
    funds.refused(placing(replace_owner(order, DAVE), OPERATOR), "operator", NotVaultOwner)
    funds.refused(placing(replace_owner(order, BOB), OPERATOR, BOB), "operator", VaultNotFound)
    funds.ok(placing(order), "operator")
    funds.refused(cancelling(order, ALICE), "alice", NotVaultOwner)
    funds.refused(MsgCloseVault(owner=OPERATOR, vault_id=VAULT), "operator", OpenOrders)
    funds.ok(cancelling(order), "operator")
    funds.ok(MsgCloseVault(owner=OPERATOR, vault_id=VAULT), "operator")
    funds.refused(placing(funds.long_term(VAULT, BUY, 10, PRICE)), "operator", VaultNotActive)


def replace_owner(order: Order, owner: str, number: int = 0) -> Order:
    order_id = replace(order.order_id, subaccount_id=SubaccountId(owner=owner, number=number))
    return replace(order, order_id=order_id)


@pytest.mark.parametrize("is_short", [True, False])
def test_check_tx_refuses_orders_that_are_not_the_owners_of_the_vaults_subaccount(is_short: bool) -> None:
    funds = rich()
    order = funds.order(VAULT, BUY, 10, PRICE) if is_short else funds.long_term(VAULT, BUY, 10, PRICE)
    for wrong, by, error in (
        (placing(order, ALICE), "alice", NotVaultOwner),
        (placing(replace_owner(order, VAULT, 1)), "operator", NotVaultOwner),
        (placing(replace_owner(order, OPERATOR)), "operator", NotVaultOwner),
        (placing(replace_owner(order, OPERATOR), vault_id=OPERATOR), "operator", VaultNotFound),
    ):
        assert submitted(funds, wrong, by) == ("fundvault", error.code)
    assert funds.chain.app.modules.memclob.queue.tx_bytes == {}


def test_the_order_book_has_the_last_word() -> None:
    funds = rich()
    order = replace(funds.order(VAULT, BUY, 10, PRICE), subticks=0)
    assert submitted(funds, placing(order))[0] == "clob"
    assert submitted(funds, placing(funds.long_term(VAULT, BUY, 10**9, PRICE)))[0] == "clob"
    unknown = funds.order(VAULT, BUY, 10, PRICE)
    unknown = replace(unknown, order_id=replace(unknown.order_id, clob_pair_id=77))
    assert submitted(funds, placing(unknown))[0] == "clob"


def test_a_market_that_does_not_settle_in_the_vaults_asset_is_refused() -> None:
    funds = rich()
    pair = ClobPair(id=5, spot_clob_metadata=SpotClobMetadata(), step_base_quantums=1, subticks_per_tick=1, status=1)
    funds.chain.app.store.load("clob", b"Clob:" + (5).to_bytes(4, "big"), pair.encode())
    order = funds.long_term(VAULT, BUY, 10, PRICE)
    order = replace(order, order_id=replace(order.order_id, clob_pair_id=5))
    funds.refused(placing(order), "operator", AssetNotAllowed)


def test_a_short_term_order_of_a_vault_is_alone_in_its_transaction() -> None:
    funds = rich()
    first, second = placing(funds.order(VAULT, BUY, 10, PRICE)), placing(funds.order(VAULT, BUY, 10, PRICE))
    result = funds.chain.submit(first, second, by="operator", fee=0)
    assert (result.codespace, result.code) == ("sdk", InvalidRequest.code)
    result = funds.chain.submit(placing(funds.long_term(VAULT, BUY, 10, PRICE)), deposit("operator", 5), by="operator")
    assert (result.codespace, result.code) == ("sdk", InvalidRequest.code)


def test_two_long_term_orders_share_a_transaction() -> None:
    funds = rich()
    orders = [funds.long_term(VAULT, BUY, 10, PRICE), funds.long_term(VAULT, SELL, 10, PRICE + 5)]
    assert funds.chain.submit(*map(placing, orders), by="operator", fee=0).code == 0
    funds.chain.block()
    assert [is_resting(funds, order) for order in orders] == [True, True]


def test_a_vault_and_its_owner_can_trade_with_each_other() -> None:
    funds = rich()
    resting = funds.order(OPERATOR, SELL, 100, PRICE)
    submitted(funds, MsgPlaceOrder(order=resting))
    assert submitted(funds, placing(funds.order(VAULT, BUY, 100, PRICE, time_in_force=IOC))) == ("", 0)
    funds.chain.block()
    assert (funds.position(), funds.position(OPERATOR)) == (100, -100)


# --- owners change ----------------------------------------------------------------------------------------------------


def test_resting_short_term_orders_of_an_old_owner_are_taken_off_when_they_are_met() -> None:
    funds = rich()
    order = funds.order(VAULT, BUY, 1_000, PRICE)
    submitted(funds, placing(order))
    hand_over = MsgChangeVaultOwner(owner=OPERATOR, vault_id=VAULT, new_owner=ALICE)
    assert funds.chain.submit(hand_over, by="operator").code == 0
    funds.chain.block()
    assert funds.vault().owner == ALICE
    taker = funds.order(DAVE, SELL, 1_000, PRICE, time_in_force=IOC)
    submitted(funds, MsgPlaceOrder(order=taker), "dave")
    outcome = funds.chain.block()
    assert not is_resting(funds, order)
    assert [one.code for one in outcome.results] == [0] * len(outcome.results)
    assert funds.position() == 0


def test_queued_short_term_orders_of_an_old_owner_are_not_proposed_again() -> None:
    """The placement took part in a match, and the block that could hold it hands the vault over instead."""
    funds = rich()
    order = funds.order(VAULT, BUY, 1_000, PRICE)
    submitted(funds, placing(order))
    submitted(funds, MsgPlaceOrder(order=funds.order(DAVE, SELL, 400, PRICE, time_in_force=IOC)), "dave")
    hand_over = MsgChangeVaultOwner(owner=OPERATOR, vault_id=VAULT, new_owner=ALICE)
    assert funds.send(hand_over, "operator").code == 0
    outcome = funds.chain.block()
    assert [one.code for one in outcome.results] == [0] * len(outcome.results)
    assert (funds.position(), is_resting(funds, order)) == (0, False)


# --- stopping ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_short", [True, False])
def test_a_stopping_vault_takes_only_what_reduces_a_position(is_short: bool) -> None:
    funds = stopping()
    make = funds.order if is_short else funds.long_term
    assert submitted(funds, placing(make(VAULT, BUY, 1, PRICE))) == ("fundvault", ReduceOnly.code)
    assert submitted(funds, placing(make(VAULT, SELL, 501, PRICE))) == ("fundvault", ReduceOnly.code)
    assert submitted(funds, placing(make(VAULT, SELL, 500, PRICE))) == ("", 0)


def test_reducing_orders_of_a_stopping_vault_add_up() -> None:
    funds = stopping()
    first = funds.long_term(VAULT, SELL, 300, PRICE)
    funds.ok(placing(first), "operator")
    funds.refused(placing(funds.long_term(VAULT, SELL, 201, PRICE)), "operator", ReduceOnly)
    funds.ok(placing(funds.long_term(VAULT, SELL, 200, PRICE)), "operator")
    funds.ok(cancelling(first), "operator")


def test_at_the_closing_date_orders_that_reduce_nothing_are_withdrawn() -> None:
    fields = {"redemption_dates": [date(0.5).to_json()]}
    funds = Funds(document(Holding(holders={"alice": 10_000}, cash=9_500, position=500, fields=fields)))
    buying, selling = funds.long_term(VAULT, BUY, 10, PRICE - 5), funds.long_term(VAULT, SELL, 500, PRICE + 5)
    too_much = funds.long_term(VAULT, SELL, 1, PRICE + 6)
    for order in (buying, selling, too_much):
        funds.ok(placing(order), "operator")
    short = funds.order(VAULT, BUY, 10, PRICE - 7)
    submitted(funds, placing(short))
    funds.to_day(0.5)
    assert [is_resting(funds, order) for order in (buying, selling, too_much)] == [False, True, False]
    submitted(funds, MsgPlaceOrder(order=funds.order(DAVE, SELL, 10, PRICE - 7, time_in_force=IOC)), "dave")
    assert not is_resting(funds, short)
    submitted(funds, MsgPlaceOrder(order=funds.order(DAVE, BUY, 500, PRICE + 5, time_in_force=IOC)), "dave")
    funds.chain.block()
    assert (funds.vault().status, funds.position(), funds.total()) == (STOPPED, 0, 0)


# --- late redemptions before orders -----------------------------------------------------------------------------------


def test_money_that_comes_in_serves_late_redemptions_before_the_owner_can_spend_it() -> None:
    dates = [date(0.5).to_json(), date(900).to_json()]
    held = Holding(holders={"alice": 1_000}, position=1_000, fields={"redemption_dates": dates})
    funds = Funds(document(held))
    funds.redeem("alice", 400)
    funds.to_day(0.5)
    before = funds.bank("alice")
    signed = [
        funds.chain.signed(deposit("bob", 300), by="bob", fee=0),
        funds.chain.signed(placing(funds.long_term(VAULT, BUY, 10, PRICE)), by="operator", fee=0),
    ]
    outcome = funds.chain.execute(signed)
    assert [one.code for one in outcome.results] == [0, 0]
    paid = [dict(event.attributes()) for event in outcome.results[1].events if event.type == "redemption_paid"]
    assert [(one["amount"], one["late"]) for one in paid] == [("300", "true")]
    assert funds.bank("alice") - before == 300
    assert funds.requests()[0].due == "100"


def test_check_tx_of_a_short_term_order_counts_on_no_money_that_is_owed() -> None:
    """Selling frees cash in the check state; it is not the owner's to buy with while somebody is owed more."""
    dates = [date(0.5).to_json(), date(900).to_json()]
    held = Holding(holders={"alice": 1_000}, position=1_000, fields={"redemption_dates": dates})
    funds = Funds(document(held))
    funds.redeem("alice", 900)
    funds.to_day(0.5)
    submitted(funds, MsgPlaceOrder(order=funds.order(DAVE, BUY, 500, PRICE)), "dave")
    assert submitted(funds, placing(funds.order(VAULT, SELL, 500, PRICE, time_in_force=IOC))) == ("", 0)
    submitted(funds, placing(funds.order(VAULT, BUY, 1, PRICE - 9)))
    assert funds.keeper.standing(funds.chain.chain.check_ctx, VAULT) == (500, 0)
    funds.chain.block()
    assert funds.requests()[0].amount_received == "500"


# --- what the key may not do ------------------------------------------------------------------------------------------


def coins(amount: int, denom: str = USDC_DENOM) -> tuple[Coin, ...]:
    return (Coin(denom=denom, amount=str(amount)),)


KEY = SubaccountId(owner=VAULT, number=0)
OWN = SubaccountId(owner=BOB, number=0)
TO_THE_KEY: list[Message] = [
    MsgSend(from_address=BOB, to_address=VAULT, amount=coins(5)),
    MsgSend(from_address=BOB, to_address=VAULT.upper(), amount=coins(5)),
    MsgMultiSend(
        inputs=(Input(address=BOB, coins=coins(9)),),
        outputs=(Output(address=ALICE, coins=coins(4)), Output(address=VAULT, coins=coins(5))),
    ),
    MsgCreateTransfer(transfer=Transfer(sender=OWN, recipient=KEY, amount=5)),
    MsgDepositToSubaccount(sender=BOB, recipient=KEY, quantums=5),
    MsgDepositToSubaccount(sender=BOB, recipient=SubaccountId(owner=VAULT, number=3), quantums=5),
    MsgWithdrawFromSubaccount(sender=OWN, recipient=VAULT, quantums=5),
]


@pytest.mark.parametrize("message", TO_THE_KEY)
def test_money_reaches_a_vault_by_deposits_only(message: Message) -> None:
    rich().refused(message, "bob", TransferForbidden)


NOT_BY_GOVERNANCE: list[Message] = [
    MsgSend(from_address=VAULT, to_address=BOB, amount=coins(5)),
    MsgCreateTransfer(transfer=Transfer(sender=KEY, recipient=OWN, amount=5)),
    MsgWithdrawFromSubaccount(sender=KEY, recipient=BOB, quantums=5),
    MsgSendFromAccountToAccount(authority=GOV, sender=VAULT, recipient=BOB, coin=coins(5)[0]),
    MsgSendFromAccountToAccount(authority=GOV, sender=BOB, recipient=VAULT, coin=coins(5)[0]),
]


@pytest.mark.parametrize("message", NOT_BY_GOVERNANCE)
def test_not_even_governance_moves_money_from_or_to_a_vault(message: Message) -> None:
    """A passed proposal's messages run without signatures."""
    funds = rich()
    before = (funds.bank("bob"), funds.cash(), funds.cash(BOB))
    outcome = funds.chain.app.modules.gov.execute_proposal(funds.chain.ctx, [message])
    assert isinstance(outcome.problem, TransferForbidden)
    funds.chain.block(gov=[message])
    assert (funds.bank("bob"), funds.cash(), funds.cash(BOB)) == before


def trusted(message: Message) -> RawTx:
    """A transaction that runs as if signed by whoever must sign it."""
    return tx_from_json({"messages": [{"@type": message.TYPE_URL, **message.to_json()}]})


@pytest.mark.parametrize("is_short", [True, False])
def test_orders_of_a_vault_come_from_its_owner_even_if_its_key_could_sign(is_short: bool) -> None:
    funds = rich()
    # Only an account can send: a reward makes one for the key.
    funds.reward(3)
    order = funds.order(VAULT, BUY, 10, PRICE) if is_short else funds.long_term(VAULT, BUY, 10, PRICE)
    raw = trusted(MsgPlaceOrder(order=order))
    assert funds.chain.chain.submit(raw).code == NotVaultOwner.code
    assert not is_resting(funds, order)
    if not is_short:
        assert funds.chain.execute([raw]).results[0].code == NotVaultOwner.code


def test_rewards_in_the_vaults_asset_stay_and_raise_its_worth() -> None:
    funds = rich()
    before = {name: funds.bank(name) for name in ("alice", "operator")}
    funds.reward(12_345)
    assert (funds.total(), funds.bank(VAULT)) == (1_012_345, 0)
    assert {name: funds.bank(name) for name in before} == before


def test_other_assets_go_to_the_owner_where_there_are_no_holders() -> None:
    funds = Funds()
    funds.create()
    funds.reward(7, "shiny")
    assert funds.bank("operator", "shiny") == 7
    funds.ok(MsgCloseVault(owner=OPERATOR, vault_id=VAULT), "operator")
    funds.reward(5, "shiny")
    funds.reward(9)
    assert funds.bank("operator", "shiny") == 12
    assert (funds.bank(VAULT), funds.total(), funds.bank(VAULT, "shiny")) == (0, 0, 0)


def test_coins_that_genesis_leaves_at_a_key_are_passed_on_in_the_first_block() -> None:
    held = Holding(holders={"alice": 3, "bob": 1}, cash=4)
    funds = Funds(document(held, coins={VAULT: {"shiny": 8, USDC_DENOM: 6}}))
    assert (funds.bank("alice", "shiny"), funds.bank("bob", "shiny")) == (6, 2)
    assert funds.total() == 10


def test_a_vault_is_liquidated_like_any_other_trader() -> None:
    funds = Funds()
    funds.create()
    funds.deposit("alice", 1_000_000_000)
    funds.buy(4_900_000_000, PRICE)
    insurance = module_bech32("insurance_fund")
    assert funds.vault().status == ACTIVE
    assert funds.chain.submit(MsgPlaceOrder(order=funds.order(DAVE, BUY, START, 900_000)), by="dave", fee=0).code == 0
    funds.price(860_000)
    funds.chain.blocks(3)
    assert funds.position() < 4_900_000_000
    assert funds.chain.app.modules.keepers.bank.balance(funds.chain.ctx, from_bech32(insurance), USDC_DENOM) >= 0


def test_gains_and_dates_go_on_while_the_chain_blocks_withdrawals() -> None:
    """A day without a block is an outage, after which the chain blocks withdrawals for fifty blocks."""
    funds = Funds()
    funds.create(redemption_dates=(date(1), date(900)))
    funds.deposit("alice", 1_000)
    funds.redeem("alice", 600)
    before = funds.bank("alice")
    funds.to_day(1)
    assert funds.bank("alice") - before == 600
    assert funds.send(MsgWithdrawFromSubaccount(sender=OWN, recipient=BOB, quantums=5), "bob").code != 0
    assert funds.deposit("bob", 10).code == 0
    assert DAY > 300


def test_orders_of_a_vault_count_on_the_limits_of_its_own_key() -> None:
    made = document(Holding(holders={"alice": 1_000_000}, cash=1_000_000))
    limit = [{"num_blocks": 1, "limit": 1}]
    made["app_state"]["clob"]["block_rate_limit_config"] = {
        "max_short_term_orders_and_cancels_per_n_blocks": limit,
        "max_stateful_orders_per_n_blocks": limit,
    }
    funds = Funds(made)
    funds.chain.block()
    assert submitted(funds, MsgPlaceOrder(order=funds.order(OPERATOR, BUY, 10, PRICE))) == ("", 0)
    for make in (funds.order, funds.long_term):
        assert submitted(funds, placing(make(VAULT, BUY, 10, PRICE))) == ("", 0)
        assert submitted(funds, placing(make(VAULT, BUY, 10, PRICE))) == ("clob", BlockRateLimitExceeded.code)


def test_a_key_that_may_trade_some_pairs_only_may_do_no_more_in_a_vaults_name() -> None:
    order = Funds().order(VAULT, BUY, 10, PRICE)
    for message in (placing(order), cancelling(order)):
        request = AuthenticationRequest(message, lambda _: True)
        ClobPairIdFilter(frozenset({0})).authenticate(request)
        SubaccountFilter(frozenset({0})).authenticate(request)
        with pytest.raises(ClobPairRefused):
            ClobPairIdFilter(frozenset({1})).authenticate(request)
        with pytest.raises(SubaccountRefused):
            SubaccountFilter(frozenset({1})).authenticate(request)
