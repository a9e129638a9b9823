"""A running node: one chain, its blocks, the state of older heights, and whoever listens.

Everything is synchronous and belongs to one thread; servers call it from their event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path

import msgspec

from vaultsim.app.app import App
from vaultsim.app.results import TxResult
from vaultsim.app.tx import RawTx
from vaultsim.context import Context
from vaultsim.errors import ChainHalted, UserError
from vaultsim.node.chain import BlockOutcome, Chain
from vaultsim.node.genesis_document import GenesisDocument, read_genesis
from vaultsim.node.live.blocks import BlockLog, BlockRecord
from vaultsim.node.live.clock import BlockClock
from vaultsim.node.live.headers import HeaderMaker, consensus_parameters
from vaultsim.node.live.impersonation import marked_if_impersonated
from vaultsim.node.live.past import PastStates
from vaultsim.node.live.prices import PriceSource, is_new_price, price_refusal
from vaultsim.node.live.snapshots import MOST_SNAPSHOTS, NodeState, Shelf, Snapshot
from vaultsim.node.start import start_app
from vaultsim.pb.runtime import Message


class BlockMode(Enum):
    """When a node makes blocks."""

    INTERVAL = "interval"
    """Every so often, by the block loop of its server."""
    INSTANT = "instant"
    """After each transaction that CheckTx accepts."""
    MANUAL = "manual"
    """Only when told."""


class NodeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How much a node remembers.

    keep_blocks: blocks and transactions that can be looked up (about 4 kilobytes a block, and its transactions);
    keep_heights: older states that can be queried; keep_state_rows: rows in which those differ, each from the one after
    it, all together (about 250 bytes a row; when there are more, the oldest states go first); keep_snapshots: how many,
    of which each holds on to what changed since it was made.
    """

    keep_blocks: int = 20_000
    keep_heights: int = 1_000
    keep_state_rows: int = 500_000
    keep_snapshots: int = MOST_SNAPSHOTS


class Node:
    """Drives a chain block after block and remembers what clients ask for.

    listeners: called with each new block after its commit, in order; revert_listeners: called with the height after
    going back to a snapshot; is_paused: no blocks but those that control asks for; halted: why the chain stopped,
    None while it runs.
    """

    def __init__(
        self,
        document: GenesisDocument,
        *,
        clock: BlockClock | None = None,
        options: NodeOptions | None = None,
        block_mode: BlockMode = BlockMode.INTERVAL,
    ) -> None:
        self.options = options or NodeOptions()
        self.clock = clock or BlockClock()
        self.block_mode = block_mode
        self.is_paused = False
        self.halted: str | None = None
        self.started = start_app(document)
        self.document = document
        self.app: App = self.started.app
        self.chain = Chain(self.app, index_prices=self.started.index_prices)
        headers = HeaderMaker(document.chain_id, consensus_parameters(document.others))
        self.blocks = BlockLog(self.options.keep_blocks, headers)
        self.price_source: PriceSource | None = None
        self.listeners: list[Callable[[BlockRecord], None]] = []
        self.revert_listeners: list[Callable[[int], None]] = []
        self.impersonated: dict[bytes, None] = {}
        self._waiting_prices: dict[int, int] = {}
        self._waiting_gov: list[tuple[Message, ...]] = []
        if self.started.is_fresh:
            before = self.app.store.app_hash
            self.blocks.append(self.chain.run_first_block(), before)
        else:
            self.chain.resume()
        self.past = PastStates(self.app, self.options.keep_heights, self.options.keep_state_rows)
        self.snapshots = Shelf(self.options.keep_snapshots)

    @classmethod
    def from_file(cls, path: Path, **how: object) -> Node:
        """A node on the genesis document in a file. Raises UserError."""
        return cls(read_genesis(path), **how)  # type: ignore[arg-type]

    # --- what it is ----------------------------------------------------------------------------------------------

    @property
    def chain_id(self) -> str:
        """The chain's name."""
        return self.app.chain_id

    @property
    def height(self) -> int:
        """Height of the last block."""
        return self.app.height

    @property
    def time_ns(self) -> int:
        """Time of the last block."""
        return self.app.time_ns

    @property
    def next_time_ns(self) -> int:
        """Time of the next block if it were made now."""
        return self.clock.next_time(self.time_ns)

    def state_at(self, height: int | None = None) -> Context:
        """A context to read a committed state with, the last one's unless `height` says otherwise.

        Raises HeightUnavailable.
        """
        return self.app.query_context() if height is None else self.past.context_at(height)

    # --- transactions --------------------------------------------------------------------------------------------

    def submit(self, raw: bytes) -> TxResult:
        """CheckTx: what is accepted acts on the books at once or waits for the next block.

        In instant mode that block is made at once, unless the node is paused. Raises ChainHalted.
        """
        result = self.chain.submit(self.as_received(raw))
        if result.code == 0 and self.block_mode is BlockMode.INSTANT and not self.is_paused:
            self.produce_block()
        return result

    def as_received(self, raw: bytes) -> RawTx:
        """A transaction from outside: it runs as if signed when all its signers are impersonated and it has no
        signature. What is returned is what a block will hold."""
        return RawTx(raw) if not self.impersonated else marked_if_impersonated(raw, self.impersonated)

    def waiting_txs(self) -> list[bytes]:
        """The transactions that wait for a block, oldest first."""
        return [tx.raw for tx in self.chain.mempool.waiting()]

    # --- blocks --------------------------------------------------------------------------------------------------

    def produce_block(self) -> BlockRecord:
        """Makes the next block: its time from the clock, its prices from what was set and the price source.

        Raises ChainHalted, from then on always.
        """
        self._require_running()
        time_ns = self.next_time_ns
        before = self.app.store.app_hash
        outcome = self._run_block(time_ns)
        self.clock.took(time_ns)
        record = self.blocks.append(outcome, before)
        self.past.note()
        for listener in list(self.listeners):
            listener(record)
        return record

    def set_prices(self, prices: Mapping[int, int]) -> None:
        """Oracle prices that the next block sets, by market.

        Raises UserError, and sets none of them, for an unknown market or a price that the chain would not take.
        """
        ctx = self.app.query_context()
        for market_id, price in prices.items():
            refusal = price_refusal(ctx, self.app.modules.prices, market_id, price)
            if refusal is not None:
                raise UserError(refusal)
        self._waiting_prices.update(prices)

    def execute_proposal(self, messages: Sequence[Message]) -> None:
        """Messages of a proposal that passes in the next block, all or nothing; the block tells what became of it.

        Raises UserError for a message without a JSON form, which no proposal of the chain could hold either: text that
        is no UTF-8, unknown types or broken bytes inside.
        """
        for index, message in enumerate(messages):
            try:
                msgspec.json.encode(message.to_json())
            except ValueError as problem:
                raise UserError(f"messages[{index}], {message.FULL_NAME}: {problem}") from None
        self._waiting_gov.append(tuple(messages))

    # --- snapshots -----------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Remembers everything there is: state, books, mempool, blocks, clock, prices to come.

        Raises UserError when there are too many snapshots, ChainHalted on a chain that stopped.
        """
        self._require_running()
        self.snapshots.require_room()
        return self.snapshots.add(self.height, self.time_ns, self._capture())

    def revert(self, snapshot_id: int) -> None:
        """Goes back to a snapshot, any number of times; younger snapshots are dropped. Raises UserError."""
        snapshot = self.snapshots.get(snapshot_id)
        self.snapshots.drop_younger(snapshot_id)
        self._restore(snapshot.state)
        for listener in list(self.revert_listeners):
            listener(self.height)

    def _capture(self) -> NodeState:
        source = self.price_source
        return NodeState(
            self.chain.capture(),
            self.past.capture(),
            self.clock.capture(),
            self.blocks.latest,
            dict(self._waiting_prices),
            list(self._waiting_gov),
            source,
            None if source is None else source.capture(),
            dict(self.impersonated),
        )

    def _restore(self, kept: NodeState) -> None:
        self.chain.restore(kept.chain)
        self.past.restore(kept.heights)
        self.clock.restore(kept.clock)
        self.blocks.go_back_to(kept.latest)
        self._waiting_prices, self._waiting_gov = dict(kept.waiting_prices), list(kept.waiting_gov)
        self.price_source = kept.price_source
        if self.price_source is not None:
            self.price_source.restore(kept.price_position)
        self.impersonated = dict(kept.impersonated)
        self.halted = None

    def _require_running(self) -> None:
        if self.halted is not None:
            raise ChainHalted(self.halted)

    def _run_block(self, time_ns: int) -> BlockOutcome:
        app, last_height, last_time_ns = self.app, self.height, self.time_ns
        index = self._next_prices(time_ns)
        ctx, keeper = app.query_context(), app.modules.prices
        prices = {market: price for market, price in index.items() if is_new_price(ctx, keeper, market, price)}
        gov, self._waiting_gov = self._waiting_gov, []
        try:
            return self.chain.propose_block(time_ns, prices=prices, index=index, gov=gov)
        except Exception as problem:
            self.halted = str(problem) or type(problem).__name__
            if app.deliver is not None:
                app.drop_block(last_height, last_time_ns)
            raise

    def _next_prices(self, time_ns: int) -> dict[int, int]:
        prices: dict[int, int] = {}
        if self.price_source is not None:
            prices.update(self.price_source.prices(self.height + 1, time_ns, self.chain.index_prices))
        prices.update(self._waiting_prices)
        self._waiting_prices = {}
        return prices
