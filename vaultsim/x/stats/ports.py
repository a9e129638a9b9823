"""What x/stats asks of others. Source: dydx-modules §13."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.epochs import EpochInfo


class Epochs(Protocol):
    """The clock of the roll-up."""

    def must_get(self, ctx: Context, name: str) -> EpochInfo:
        """The epoch of this name; a chain panic when there is none."""
        ...


class Delegations(Protocol):
    """What an account has staked."""

    def base_tokens(self, delegator: str) -> int:
        """Sum over the delegator's delegations, each rounded half to even to a whole base token."""
        ...
