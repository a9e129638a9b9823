"""The router and the slot of passed proposals. Source: dydx-modules §§1.7, 1.8."""

from __future__ import annotations

import pytest

from tests.app.small_chain import ALICE, BOB, START, SmallChain, send, signed
from vaultsim.app.gov import GovSlot
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.cosmos.gov.v1 import MsgVote
from vaultsim.pb.dydxprotocol.bridge import MsgCompleteBridge
from vaultsim.x.sdk_errors import UnknownRequest


def test_an_unknown_message_has_no_route() -> None:
    chain = SmallChain()
    assert not chain.router.handler_exists(MsgCompleteBridge)
    assert chain.router.handler_exists(MsgSend)
    with pytest.raises(UnknownRequest):
        chain.router.execute(chain.ctx, MsgCompleteBridge())


def test_a_proposal_runs_whole_or_not_at_all() -> None:
    chain = SmallChain()
    slot = GovSlot(chain.router)
    assert (
        slot.execute_proposal(chain.ctx, [send(amount=1), send(sender=BOB, recipient=ALICE, amount=3)]).problem is None
    )
    assert chain.balance(ALICE.address) == START + 2
    assert [event.type for event in chain.ctx.events].count("transfer") == 2
    problem = slot.execute_proposal(chain.ctx, [send(amount=1), send(amount=START * 2)]).problem
    assert isinstance(problem, ChainError)
    assert (problem.codespace, problem.code) == ("sdk", 5)
    assert chain.balance(ALICE.address) == START + 2
    assert [event.type for event in chain.ctx.events].count("transfer") == 2


def test_a_panic_in_a_proposal_does_not_stop_the_block() -> None:
    chain = SmallChain()
    broken = MsgSend(from_address=ALICE.text, to_address=BOB.text, amount=(send().amount[0].__class__(denom="aaa"),))
    assert isinstance(GovSlot(chain.router).execute_proposal(chain.ctx, [broken]).problem, ChainPanic)


def test_a_vote_passes_the_ante_and_then_fails() -> None:
    chain = SmallChain()
    result = chain.deliver(signed(MsgVote(proposal_id=1, voter=ALICE.text, option=1)))
    assert (result.codespace, result.code) == ("sdk", 6)
    assert chain.account(ALICE).sequence == 1
    assert chain.balance(ALICE.address) == START - 50_000
