"""What control does to a running node: blocks, time, prices, authority, money."""

from __future__ import annotations

import pytest

from tests.node.live.played import GENESIS_TIME_NS, SECOND, bank_balance, localnet, prices, send, signed
from vaultsim.app.app import App
from vaultsim.errors import ChainHalted, UserError
from vaultsim.node.live.clock import BlockClock, ClockMode
from vaultsim.node.live.control import Control
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.dydxprotocol.delaymsg import MsgDelayMessage
from vaultsim.pb.dydxprotocol.vault import MsgUpdateOperatorParams, OperatorParams
from vaultsim.pb.google.protobuf import Any
from vaultsim.pb.runtime import Message
from vaultsim.testing.accounts import address_of
from vaultsim.testing.invariants import Invariants
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.authority import GOV_BECH32


class Wall:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.now_ns = GENESIS_TIME_NS + 100 * SECOND

    def __call__(self) -> int:
        return self.now_ns


def seconds_after_genesis(node: Node) -> float:
    return (node.time_ns - GENESIS_TIME_NS) / SECOND


# --- blocks and time -------------------------------------------------------------------------------------------------


def test_blocks_are_made_at_the_clocks_steps_or_at_the_given_ones() -> None:
    node = localnet()
    control = Control(node)
    assert control.advance_blocks(3).height == 4
    assert seconds_after_genesis(node) == 3
    record = control.advance_blocks(2, step_ns=10 * SECOND)
    assert (record.height, seconds_after_genesis(node)) == (6, 23)
    control.advance_blocks(1, step_ns=0)
    assert (node.height, seconds_after_genesis(node)) == (7, 23)


def test_a_million_and_one_blocks_or_a_step_back_are_refused_before_anything_happens() -> None:
    control = Control(localnet())
    for count, step_ns in ((0, None), (-1, None), (1_000_001, None), (1, -1)):
        with pytest.raises(UserError):
            control.advance_blocks(count, step_ns)
    assert control.node.height == 1


def test_time_moves_on_from_the_next_block_and_keeps_its_step() -> None:
    node = localnet()
    control = Control(node)
    assert control.advance_time(3_600 * SECOND) == GENESIS_TIME_NS + 3_601 * SECOND
    assert (node.height, node.time_ns) == (1, GENESIS_TIME_NS)
    control.advance_time(1)
    times = [control.advance_blocks().time_ns - GENESIS_TIME_NS for _ in range(2)]
    assert times == [3_601 * SECOND + 1, 3_602 * SECOND + 1]


def test_the_next_blocks_time_can_be_set_but_never_back() -> None:
    node = localnet()
    control = Control(node)
    wanted = GENESIS_TIME_NS + 86_400 * SECOND
    assert control.set_next_block_time(wanted) == wanted
    with pytest.raises(UserError, match="2024-11-20T23:59:59Z is before the last block, 2024-11-21T00:00:00Z"):
        control.set_next_block_time(GENESIS_TIME_NS - SECOND)
    assert [control.advance_blocks().time_ns - wanted for _ in range(2)] == [0, SECOND]


def test_time_that_is_advanced_after_it_was_set_counts_from_there() -> None:
    control = Control(localnet())
    control.set_next_block_time(GENESIS_TIME_NS + 50 * SECOND)
    assert control.advance_time(7 * SECOND) == GENESIS_TIME_NS + 57 * SECOND
    assert [control.advance_blocks().time_ns for _ in range(2)] == [
        GENESIS_TIME_NS + 57 * SECOND,
        GENESIS_TIME_NS + 58 * SECOND,
    ]


@pytest.mark.parametrize("mode", ClockMode)
def test_times_beyond_the_year_9999_are_refused(mode: ClockMode) -> None:
    control = Control(localnet(clock=BlockClock(mode, now_ns=Wall())))
    with pytest.raises(UserError, match="beyond the year 9999"):
        control.set_next_block_time(253_402_300_800 * SECOND)
    with pytest.raises(UserError, match="beyond the year 9999"):
        control.advance_time(253_402_300_800 * SECOND)
    with pytest.raises(UserError, match="only goes forward"):
        control.advance_time(-1)
    assert control.advance_blocks().height == 2


def test_by_the_wall_clock_many_blocks_are_a_step_apart_and_the_clock_goes_on_from_there() -> None:
    wall = Wall()
    node = localnet(clock=BlockClock(ClockMode.WALL, step_ns=2 * SECOND, now_ns=wall))
    control = Control(node)
    assert control.advance_blocks(4).time_ns == wall.now_ns + 6 * SECOND
    wall.now_ns += SECOND
    assert control.advance_blocks().time_ns == wall.now_ns + 6 * SECOND
    control.advance_time(60 * SECOND)
    assert control.advance_blocks().time_ns == wall.now_ns + 66 * SECOND


# --- when blocks are made --------------------------------------------------------------------------------------------


def test_instant_mode_makes_a_block_for_each_accepted_transaction_and_none_while_paused() -> None:
    node = localnet(BlockMode.INSTANT)
    control = Control(node)
    seen: list[int] = []
    node.listeners.append(lambda record: seen.append(len(record.txs)))
    before = bank_balance(node, address_of("bob"))
    assert node.submit(signed(node, send(5), by="alice")).code == 0
    assert (node.height, bank_balance(node, address_of("bob"))) == (2, before + 5)
    assert node.submit(signed(node, send(5), by="alice", sequence=77)).code == 32
    assert node.height == 2
    control.pause()
    assert node.submit(signed(node, send(6), by="alice")).code == 0
    assert node.submit(signed(node, send(7), by="alice")).code == 0
    assert (node.height, len(node.waiting_txs())) == (2, 2)
    control.advance_blocks()
    assert bank_balance(node, address_of("bob")) == before + 18
    control.resume()
    assert node.submit(signed(node, send(8), by="alice")).code == 0
    assert node.height == 4
    # Operations, transfers, bridges, premium votes, prices.
    assert seen == [5, 6, 5]


def test_in_manual_mode_transactions_wait_for_control() -> None:
    node = localnet()
    raw = signed(node, send(5), by="alice")
    node.submit(raw)
    assert (node.height, node.waiting_txs()) == (1, [raw])
    Control(node).advance_blocks()
    assert node.waiting_txs() == []


# --- prices ----------------------------------------------------------------------------------------------------------


def test_prices_are_those_of_the_next_block() -> None:
    node = localnet()
    control = Control(node)
    before = prices(node)
    control.set_prices({0: 10_000_000_000})
    control.set_prices({1: 3_400_000_000, 0: 9_900_000_000})
    assert prices(node) == before
    control.advance_blocks()
    assert prices(node) == {**before, 0: 9_900_000_000, 1: 3_400_000_000}
    control.advance_blocks()
    assert prices(node) == {**before, 0: 9_900_000_000, 1: 3_400_000_000}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({99: 1}, "no oracle market 99"),
        ({0: 0}, "0 is no price"),
        ({0: 2**64}, "is no price"),
        ({0: -5}, "-5 is no price"),
        # 0.1 % of 9,850,000,000 is the least that market 0 moves.
        ({0: 9_850_000_000 + 9_849_999}, "less than the chain's least move, 9850000"),
    ],
)
def test_prices_that_the_chain_would_not_take_are_refused_together(wrong: dict[int, int], told: str) -> None:
    node = localnet()
    before = prices(node)
    with pytest.raises(UserError, match=told):
        Control(node).set_prices({1: 3_400_000_000, **wrong})
    node.produce_block()
    assert prices(node) == before


def test_the_least_move_and_the_present_price_are_taken() -> None:
    node = localnet()
    Control(node).set_prices({0: 9_850_000_000 + 9_850_000, 1: prices(node)[1]})
    assert [result.code for result in node.produce_block().results] == [0] * 4
    assert prices(node)[0] == 9_859_850_000


# --- authority and money ---------------------------------------------------------------------------------------------


def test_messages_of_an_authority_are_executed_all_or_none_and_the_first_error_is_told() -> None:
    node = localnet()
    control = Control(node)
    name_alice = MsgUpdateOperatorParams(authority=GOV_BECH32, params=OperatorParams(operator=address_of("alice")))
    assert control.execute_as_authority([name_alice]).problem is None
    assert node.height == 2
    keeper = node.app.modules.vault
    assert keeper.operator_params(node.state_at()).operator == address_of("alice")
    name_bob = MsgUpdateOperatorParams(authority=GOV_BECH32, params=OperatorParams(operator=address_of("bob")))
    wrong = MsgUpdateOperatorParams(authority=address_of("carl"), params=OperatorParams(operator=address_of("carl")))
    problem = control.execute_as_authority([name_bob, wrong]).problem
    assert problem is not None
    assert (problem.codespace, problem.code) == ("gov", 13)
    assert keeper.operator_params(node.state_at()).operator == address_of("alice")
    with pytest.raises(UserError, match="no messages"):
        control.execute_as_authority([])
    assert node.height == 3


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (MsgDelayMessage(authority=GOV_BECH32, msg=Any(type_url="/no.Such", value=b"1")), "unknown type '/no.Such'"),
        (MsgDelayMessage(msg=Any(type_url="/cosmos.bank.v1beta1.MsgSend", value=b"\xff")), "unexpected end of data"),
        (MsgSend.decode(b"\x0a\x01\xff"), "surrogates not allowed"),
    ],
)
def test_messages_that_no_record_could_hold_are_refused_without_a_block(message: Message, told: str) -> None:
    control = Control(localnet())
    with pytest.raises(UserError, match=r"messages\[1\]") as problem:
        control.execute_as_authority([send(1), message])
    assert told in str(problem.value)
    assert control.node.height == 1
    assert control.advance_blocks().proposals == ()


def test_every_proposal_of_a_block_is_told_in_its_record() -> None:
    node = localnet()
    node.execute_proposal([send(10)])
    node.execute_proposal([send(10**30)])
    record = node.produce_block()
    assert [one.problem is None for one in record.proposals] == [True, False]
    assert [one.messages for one in record.proposals] == [(send(10),), (send(10**30),)]
    assert node.produce_block().proposals == ()


def test_funding_makes_coins_the_account_and_its_number() -> None:
    node = localnet()
    stranger = address_of("somebody new")
    supply = node.app.modules.keepers.bank.supply(node.state_at(), USDC_DENOM)
    record = Control(node).fund(stranger, {USDC_DENOM: 1_500_000, "ufresh": 3})
    assert record.height == node.height == 2
    assert bank_balance(node, stranger) == 1_500_000
    assert bank_balance(node, stranger, "ufresh") == 3
    bank = node.app.modules.keepers.bank
    assert bank.supply(node.state_at(), USDC_DENOM) == supply + 1_500_000
    assert bank.supply(node.state_at(), "ufresh") == 3
    Invariants(node.app).check()
    assert node.submit(signed(node, send(1, "somebody new", "bob"), by="somebody new")).code == 0


@pytest.mark.parametrize(
    ("address", "coins"),
    [
        ("dydx1nobody", {USDC_DENOM: 1}),
        (address_of("bob"), {}),
        (address_of("bob"), {USDC_DENOM: 0}),
        (address_of("bob"), {USDC_DENOM: -1}),
        (address_of("bob"), {"x": 1}),
        (address_of("bob"), {USDC_DENOM: 2**256}),
    ],
)
def test_funding_nobody_or_with_nothing_is_refused_without_a_block(address: str, coins: dict[str, int]) -> None:
    control = Control(localnet())
    with pytest.raises(UserError):
        control.fund(address, coins)
    assert control.node.height == 1


def test_a_supply_beyond_256_bits_is_refused() -> None:
    node = localnet()
    with pytest.raises(UserError, match=r"was not funded: .*the supply of ibc/"):
        Control(node).fund(address_of("bob"), {USDC_DENOM: 2**256 - 1})
    Invariants(node.app).check()


# --- a chain that halts ----------------------------------------------------------------------------------------------


def halting(*_: object) -> None:
    raise ChainHalted("block 2, BeginBlock of clob: a panic")


def test_a_chain_that_halted_makes_no_more_blocks_until_it_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    node = localnet()
    control = Control(node)
    snapshot = control.snapshot()
    digest = node.app.store.app_hash
    with monkeypatch.context() as patched:
        patched.setattr(App, "_begin_block", halting)
        with pytest.raises(ChainHalted, match="a panic"):
            node.produce_block()
    assert node.halted == "block 2, BeginBlock of clob: a panic"
    assert (node.height, node.time_ns, node.app.store.app_hash) == (1, GENESIS_TIME_NS, digest)
    assert node.blocks.latest is not None
    assert node.blocks.latest.height == 1
    for act in (node.produce_block, control.snapshot, control.advance_blocks):
        with pytest.raises(ChainHalted, match="a panic"):
            act()
    control.revert(snapshot)
    assert node.halted is None
    assert control.advance_blocks(2).app_hash == Control(localnet()).advance_blocks(2).app_hash
