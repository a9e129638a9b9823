"""What a node remembers of its blocks."""

from __future__ import annotations

from vaultsim.node.live.node import BlockMode, Node
from vaultsim.testing.documents import genesis_of


def test_events_of_hooks_say_in_which_phase_they_were_emitted() -> None:
    """dydx-modules §1.2: a last attribute `mode`. Epochs tick at the begin of a block."""
    node = Node(genesis_of("localnet"), block_mode=BlockMode.MANUAL)
    node.produce_block()  # the first one that sets the ticks
    node.clock.advance(7_200 * 10**9)
    ticked = [event for event in node.produce_block().events if event.type == "new_epoch"]
    assert ticked
    assert {event.attributes()[-1] for event in ticked} == {("mode", "BeginBlock")}
