"""Passed proposals: their messages, executed in gov's slot of EndBlock. Source: dydx-modules §§1.1, 1.8."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from vaultsim.app.router import Router
from vaultsim.context import Context, run_cached_logged
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.runtime import Message


class ProposalOutcome(NamedTuple):
    """What became of a passed proposal: its messages, and the first error or panic (None: all were executed)."""

    messages: tuple[Message, ...]
    problem: ChainError | ChainPanic | None


class GovSlot:
    """Executes the messages of a proposal, all or nothing."""

    def __init__(self, router: Router) -> None:
        self.router = router

    def execute_proposal(self, ctx: Context, messages: Sequence[Message]) -> ProposalOutcome:
        """Executes every message; the first error or panic drops them all and is told, the block goes on."""

        def run(child: Context) -> None:
            for message in messages:
                self.router.execute(child, message)

        problem = run_cached_logged(ctx, run)
        if problem is not None:
            # It is kept with the block; the frames that it was raised in are not.
            problem.__traceback__ = problem.__cause__ = problem.__context__ = None
        return ProposalOutcome(tuple(messages), problem)
