"""Passed proposals: their messages, executed in gov's slot of EndBlock. Source: dydx-modules §§1.1, 1.8."""

from __future__ import annotations

from collections.abc import Sequence

from vaultsim.app.router import Router
from vaultsim.context import Context, run_cached_logged
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.runtime import Message


class GovSlot:
    """Executes the messages of a proposal, all or nothing."""

    def __init__(self, router: Router) -> None:
        self.router = router

    def execute_proposal(self, ctx: Context, messages: Sequence[Message]) -> ChainError | ChainPanic | None:
        """Executes every message; the first error or panic drops them all and is returned, the block goes on."""

        def run(child: Context) -> None:
            for message in messages:
                self.router.execute(child, message)

        return run_cached_logged(ctx, run)
