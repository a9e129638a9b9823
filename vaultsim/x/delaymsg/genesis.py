"""Genesis section of x/delaymsg. Source: dydx-modules §12."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.delaymsg import GenesisState
from vaultsim.x.delaymsg.errors import NoMessage
from vaultsim.x.delaymsg.keeper import DelaymsgKeeper


def delaymsg_genesis(keeper: DelaymsgKeeper) -> Genesis:
    """Reads and writes the section through `keeper`, whose router must be bound."""

    def init(ctx: Context, section: GenesisState) -> None:
        for delayed in section.delayed_messages:
            keeper.set_message(ctx, delayed)
        keeper.set_next_id(ctx, section.next_delayed_message_id)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(delayed_messages=keeper.all(ctx), next_delayed_message_id=keeper.next_id(ctx))

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """Messages without content, ids used twice or not below the next id."""
    problems: list[Problem] = []
    seen: set[int] = set()
    for index, delayed in enumerate(section.delayed_messages):
        path = f"delayed_messages[{index}]"
        if delayed.msg is None:
            problems.append(Problem(f"{path}.msg", NoMessage.meaning))
        if delayed.id >= section.next_delayed_message_id:
            text = "delayed message id cannot be greater than or equal to next id"
            problems.append(Problem(f"{path}.id", text))
        if delayed.id in seen:
            problems.append(Problem(f"{path}.id", f"delayed message id {delayed.id} is already in the list"))
        seen.add(delayed.id)
    return problems
