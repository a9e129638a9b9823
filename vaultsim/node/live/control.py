"""What a test author may do to a running node: time, prices, authority, money, state.

Times are nanoseconds. Every verb raises UserError with one sentence for what it cannot do, and then does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from vaultsim.address import InvalidAddress, from_bech32
from vaultsim.app.gov import ProposalOutcome
from vaultsim.errors import UserError
from vaultsim.node.export import export_document
from vaultsim.node.genesis_document import GenesisDocument
from vaultsim.node.live.blocks import BlockRecord
from vaultsim.node.live.clock import ClockMode
from vaultsim.node.live.node import Node
from vaultsim.node.live.prices import PriceSource
from vaultsim.node.live.snapshots import Snapshot
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.control.v1 import MsgFund
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.bank.types import Coin, are_valid, coins_text, is_amount, to_wire

MOST_BLOCKS: Final = 1_000_000
"""Blocks that one call may ask for."""


class Control:
    """The verbs of control over a node."""

    def __init__(self, node: Node) -> None:
        self.node = node

    # --- blocks and time -----------------------------------------------------------------------------------------

    def advance_blocks(self, count: int = 1, step_ns: int | None = None) -> BlockRecord:
        """Makes blocks and returns the last one; step_ns: time from one to the next, else the clock tells.

        By the wall clock, the blocks after the first are a step of the clock apart. Raises ChainHalted.
        """
        record: BlockRecord | None = None
        for record in self.advancing(count, step_ns):  # noqa: B007 (the last one is what is returned)
            pass
        assert record is not None
        return record

    def advancing(self, count: int = 1, step_ns: int | None = None) -> Iterator[BlockRecord]:
        """As `advance_blocks`, block by block as they are asked for."""
        if not 1 <= count <= MOST_BLOCKS:
            raise UserError(f"{count} blocks: ask for 1 to {MOST_BLOCKS}")
        if step_ns is not None and step_ns < 0:
            raise UserError("time only goes forward; give a step of 0 or more")
        return self._advance(count, step_ns)

    def _advance(self, count: int, step_ns: int | None) -> Iterator[BlockRecord]:
        clock = self.node.clock
        for number in range(count):
            step = clock.step_ns if step_ns is None and number and clock.mode is ClockMode.WALL else step_ns
            if step is not None:
                clock.set_next(self.node.time_ns + step, self.node.time_ns)
            yield self.node.produce_block()

    def advance_time(self, by_ns: int) -> int:
        """Moves the time of all coming blocks forward; returns that of the next one. No block is made."""
        self.node.clock.advance(by_ns)
        return self.node.next_time_ns

    def set_next_block_time(self, time_ns: int) -> int:
        """Sets the time of the next block (returned); those after it go on from there."""
        self.node.clock.set_next(time_ns, self.node.time_ns)
        return self.node.next_time_ns

    def pause(self) -> None:
        """No blocks from now on but those that control asks for."""
        self.node.is_paused = True

    def resume(self) -> None:
        """Blocks again by the node's block mode."""
        self.node.is_paused = False

    # --- prices --------------------------------------------------------------------------------------------------

    def set_prices(self, prices: Mapping[int, int]) -> None:
        """Oracle prices that the next block sets, by market, in the market's own units."""
        self.node.set_prices(prices)

    def script_prices(self, source: PriceSource | None) -> None:
        """Where the prices of all coming blocks come from; None: from `set_prices` alone."""
        self.node.price_source = source

    # --- authority and accounts ----------------------------------------------------------------------------------

    def execute_as_authority(self, messages: Sequence[Message]) -> ProposalOutcome:
        """Makes a block in which a proposal with these messages passes; tells what became of it. Raises ChainHalted."""
        if not messages:
            raise UserError("no messages; give at least one")
        self.node.execute_proposal(messages)
        return self.node.produce_block().proposals[-1]

    def fund(self, address: str, coins: Mapping[str, int]) -> BlockRecord:
        """Makes a block that gives new coins (denomination to amount) to an account, which is created if missing.

        Raises ChainHalted.
        """
        from_text(address)
        given = tuple(Coin(denom, coins[denom]) for denom in sorted(coins))
        if not given or not are_valid(given) or not all(is_amount(str(coin.amount)) for coin in given):
            raise UserError(f"{coins_text(given)!r}: give each denomination an amount above zero and below 2^256")
        outcome = self.execute_as_authority([MsgFund(authority=GOV_BECH32, address=address, coins=to_wire(given))])
        if outcome.problem is not None:
            raise UserError(f"{address} was not funded: {outcome.problem.log}")
        record = self.node.blocks.latest
        assert record is not None
        return record

    def impersonate(self, address: str, on: bool = True) -> None:
        """Unsigned transactions of this account run as if signed from now on, or no longer."""
        raw = from_text(address)
        if on:
            self.node.impersonated[raw] = None
        else:
            self.node.impersonated.pop(raw, None)

    # --- state ---------------------------------------------------------------------------------------------------

    def snapshot(self) -> int:
        """Remembers everything there is; returns the snapshot's id. Raises ChainHalted on a chain that stopped."""
        return self.node.snapshot().id

    def revert(self, snapshot_id: int) -> None:
        """Goes back to a snapshot, any number of times; younger snapshots are dropped."""
        self.node.revert(snapshot_id)

    def snapshots(self) -> list[Snapshot]:
        """Every snapshot, oldest first."""
        return self.node.snapshots.all()

    def drop_snapshot(self, snapshot_id: int) -> None:
        """Forgets a snapshot."""
        self.node.snapshots.drop(snapshot_id)

    def export(self) -> GenesisDocument:
        """A genesis document of the last committed state."""
        node = self.node
        return export_document(node.app, node.started.aside, node.chain.index_prices)

    def dump(self, store: str, height: int | None = None) -> Iterator[tuple[bytes, bytes]]:
        """The committed rows of a store in key order, of the last height unless another is given."""
        node = self.node
        known = node.app.store.persistent_stores()
        if store not in known:
            raise UserError(f"there is no store {store!r}; choose one of {', '.join(known)}")
        return node.app.store.rows(store, node.state_at(height).branch.root())


def from_text(address: str) -> bytes:
    """The bytes of a bech32 address. Raises UserError."""
    try:
        return from_bech32(address)
    except InvalidAddress as problem:
        raise UserError(f"{address!r} is no address of this chain: {problem}") from None
