"""x/bank: rows, sends, blocked recipients, genesis, queries. Source: dydx-modules §§1.9, 1.10, 4."""

from __future__ import annotations

import pytest

from tests.app.small_chain import ALICE, BOB, CARL, START, USDC, Signer, SmallChain, send, signed
from vaultsim.address import module_address, module_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.cosmos.bank.v1beta1 import (
    Balance,
    GenesisState,
    Input,
    MsgMultiSend,
    MsgSend,
    Output,
    QueryAllBalancesRequest,
    QueryBalanceRequest,
    QuerySupplyOfRequest,
)
from vaultsim.pb.cosmos.base.v1beta1 import Coin as PbCoin
from vaultsim.store.gas import GasMeter
from vaultsim.store.multistore import MultiStore
from vaultsim.x.bank.blocks import drain_fee_collector
from vaultsim.x.bank.genesis import check_genesis, export_genesis, init_genesis
from vaultsim.x.bank.keeper import BankKeeper
from vaultsim.x.bank.query_server import QueryServer
from vaultsim.x.bank.state import BankState
from vaultsim.x.bank.types import Coin


@pytest.fixture
def chain() -> SmallChain:
    return SmallChain()


def coins(amount: int, denom: str = USDC) -> tuple[Coin, ...]:
    return (Coin(denom, amount),)


def test_rows_have_the_chains_bytes(chain: SmallChain) -> None:
    chain.store.commit(chain.ctx.branch)
    rows = dict(chain.store.rows("bank"))
    assert rows[b"\x02\x14" + ALICE.address + USDC.encode()] == b"9999999999999"
    assert rows[b"\x03" + USDC.encode() + b"\x00\x14" + ALICE.address] == b""
    assert rows[b"\x00" + USDC.encode()] == str(2 * START).encode()
    assert rows[b"\x05"].hex() == "1001"


def test_a_send_moves_coins_creates_the_recipient_and_tells_in_order(chain: SmallChain) -> None:
    chain.bank.send_coins(chain.ctx, ALICE.address, CARL.address, coins(5))
    assert chain.balance(CARL.address) == 5
    assert chain.account(CARL).account_number == 12
    assert [(event.type, event.attributes()) for event in chain.ctx.events] == [
        ("coin_spent", (("spender", ALICE.text), ("amount", f"5{USDC}"))),
        ("coin_received", (("receiver", CARL.text), ("amount", f"5{USDC}"))),
        ("transfer", (("recipient", CARL.text), ("sender", ALICE.text), ("amount", f"5{USDC}"))),
        ("message", (("sender", ALICE.text),)),
    ]
    assert chain.bank.supply(chain.ctx, USDC) == 2 * START


def test_a_balance_that_becomes_zero_has_no_row(chain: SmallChain) -> None:
    chain.bank.send_coins(chain.ctx, ALICE.address, BOB.address, coins(START))
    state = chain.bank.state
    assert not state.balances.has(chain.ctx, (ALICE.address, USDC))
    assert not state.holders.has(chain.ctx, (ALICE.address, USDC))


def test_sending_to_oneself_changes_nothing(chain: SmallChain) -> None:
    chain.bank.send_coins(chain.ctx, ALICE.address, ALICE.address, coins(5))
    assert chain.balance(ALICE.address) == START


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (coins(START + 1), 5),
        (coins(1, "adv4tnt"), 5),
        (coins(0), 10),
        (coins(-1), 10),
        (coins(1, "x"), 10),
        (coins(1) + coins(1), 10),
        ((), None),
    ],
)
def test_what_may_be_sent(chain: SmallChain, wanted: tuple[Coin, ...], code: int | None) -> None:
    if code is None:
        chain.bank.send_coins(chain.ctx, ALICE.address, BOB.address, wanted)
        return
    with pytest.raises(ChainError) as caught:
        chain.bank.send_coins(chain.ctx, ALICE.address, BOB.address, wanted)
    assert (caught.value.codespace, caught.value.code) == ("sdk", code)


@pytest.mark.parametrize(
    ("name", "blocked"),
    [
        ("fee_collector", True),
        ("distribution", True),
        ("bonded_tokens_pool", True),
        ("not_bonded_tokens_pool", True),
        ("transfer", True),
        ("interchainaccounts", True),
        ("gov", False),
        ("megavault", False),
        ("subaccounts", False),
        ("insurance_fund", False),
    ],
)
def test_blocked_recipients(chain: SmallChain, name: str, blocked: bool) -> None:
    assert chain.bank.is_blocked(module_address(name)) == blocked
    message = MsgSend(from_address=ALICE.text, to_address=module_bech32(name), amount=send().amount)
    assert chain.deliver(signed(message)).code == (4 if blocked else 0)


@pytest.mark.parametrize(
    ("message", "code", "gas"),
    [
        # Recorded handler gas: [sdk 10] 0, [sdk 4] 2 009, [sdk 5] 4 852 with a 157-byte row and a 13-digit balance.
        (send(amount=0), 10, 0),
        (MsgSend(from_address=ALICE.text, to_address=module_bech32("transfer"), amount=send().amount), 4, 2_009),
        (send(amount=10**15), 5, 4_852),
    ],
)
def test_failing_sends_cost_the_recorded_gas(chain: SmallChain, message: MsgSend, code: int, gas: int) -> None:
    assert chain.deliver(signed(send(), fee=50_000)).code == 0
    ctx = chain.ctx.replaced()
    ctx.gas = GasMeter(10**9)
    with pytest.raises(ChainError) as caught:
        chain.router.execute(ctx, message)
    assert (caught.value.code, ctx.gas.used) == (code, gas)


def test_a_multi_send_gives_what_it_takes(chain: SmallChain) -> None:
    def output(one: Signer, amount: int) -> Output:
        return Output(address=one.text, coins=(PbCoin(denom=USDC, amount=str(amount)),))

    source = Input(address=ALICE.text, coins=(PbCoin(denom=USDC, amount="9"),))
    good = MsgMultiSend(inputs=(source,), outputs=(output(BOB, 4), output(CARL, 5)))
    assert chain.deliver(signed(good)).code == 0
    assert (chain.balance(BOB.address), chain.balance(CARL.address)) == (START + 4, 5)
    uneven = MsgMultiSend(inputs=(source,), outputs=(output(BOB, 4),))
    result = chain.deliver(signed(uneven, sequence=1))
    assert (result.codespace, result.code) == ("bank", 4)


@pytest.mark.parametrize("is_metered", [False, True])
def test_giving_to_each_is_giving_to_many(is_metered: bool) -> None:
    amounts = {BOB.address: 7, CARL.address: 2, b"\x09" * 20: 11}
    ends = []
    for is_each in (False, True):
        chain = SmallChain()
        chain.store.commit(chain.ctx.branch)
        ctx = Context(chain.store.branch(), height=1, time_ns=0, gas=GasMeter(10**9) if is_metered else None)
        if is_each:
            chain.bank.give_to_each(ctx, USDC, amounts)
        else:
            chain.bank.give_to_many(ctx, [(address, coins(amount)) for address, amount in amounts.items()])
        chain.store.commit(ctx.branch)
        events = [(event.type, event.attributes()) for event in ctx.events]
        ends.append((chain.store.app_hash, chain.store.fingerprint(), events, ctx.gas and ctx.gas.used))
    assert ends[0] == ends[1]


@pytest.mark.parametrize(("denom", "amount"), [(USDC, 0), (USDC, -1), ("!", 5)])
def test_what_cannot_be_given_to_each_changes_nothing(chain: SmallChain, denom: str, amount: int) -> None:
    with pytest.raises(ChainError) as problem:
        chain.bank.give_to_each(chain.ctx, denom, {BOB.address: 5, CARL.address: amount})
    assert (problem.value.codespace, problem.value.code) == ("sdk", 10)
    assert chain.balance(CARL.address) == 0


def test_modules_send_under_their_own_rules(chain: SmallChain) -> None:
    with pytest.raises(ChainPanic):
        chain.bank.send_from_module(chain.ctx, "nobody", ALICE.address, coins(1))
    with pytest.raises(ChainError) as caught:
        chain.bank.send_from_module(chain.ctx, "gov", module_address("transfer"), coins(1))
    assert caught.value.code == 4


def test_fees_move_on_at_the_start_of_a_block_without_events(chain: SmallChain) -> None:
    chain.deliver(signed(send()))
    before = len(chain.ctx.events)
    drain_fee_collector(chain.bank, chain.ctx)
    assert chain.balance(module_address("fee_collector")) == 0
    assert chain.balance(module_address("distribution")) == 50_000
    assert len(chain.ctx.events) == before


def fresh(genesis: GenesisState) -> tuple[BankKeeper, Context]:
    keeper = BankKeeper(BankState(), SmallChain().accounts)
    ctx = Context(MultiStore([keeper.state.schema]).branch(), height=0, time_ns=0)
    init_genesis(keeper, ctx, genesis)
    return keeper, ctx


def test_genesis_sums_the_supply_and_refuses_another() -> None:
    balances = (
        Balance(address=BOB.text, coins=(PbCoin(denom=USDC, amount="4"),)),
        Balance(address=ALICE.text, coins=(PbCoin(denom="adv4tnt", amount="3"), PbCoin(denom=USDC, amount="6"))),
    )
    keeper, ctx = fresh(GenesisState(balances=balances))
    assert (keeper.supply(ctx, USDC), keeper.supply(ctx, "adv4tnt")) == (10, 3)
    exported = export_genesis(keeper, ctx)
    assert export_genesis(*fresh(exported)) == exported
    wrong = GenesisState(balances=balances, supply=(PbCoin(denom=USDC, amount="11"),))
    assert [problem.path for problem in check_genesis(wrong)] == ["supply"]
    with pytest.raises(ChainPanic):
        fresh(wrong)


def test_problems_of_a_section_are_named_with_their_path() -> None:
    balances = (
        Balance(address="nobody", coins=(PbCoin(denom=USDC, amount="1"),)),
        Balance(address=ALICE.text, coins=(PbCoin(denom=USDC, amount="many"),)),
        Balance(address=ALICE.text, coins=(PbCoin(denom=USDC, amount="0"),)),
    )
    paths = [problem.path for problem in check_genesis(GenesisState(balances=balances))]
    assert paths == ["balances[0].address", "balances[1].coins", "balances[2].address", "balances[2].coins"]


def test_queries_answer_from_the_rows(chain: SmallChain) -> None:
    server = QueryServer(chain.bank)
    one = server.balance(chain.ctx, QueryBalanceRequest(address=ALICE.text, denom=USDC)).balance
    assert one == PbCoin(denom=USDC, amount=str(START))
    everything = server.all_balances(chain.ctx, QueryAllBalancesRequest(address=ALICE.text))
    assert everything.balances == (PbCoin(denom=USDC, amount=str(START)),)
    assert everything.pagination is not None
    assert everything.pagination.total == 1
    supply = server.supply_of(chain.ctx, QuerySupplyOfRequest(denom=USDC)).amount
    assert supply == PbCoin(denom=USDC, amount=str(2 * START))
