"""A running node: one chain, its blocks, the state of older heights, and whoever listens.

Everything is synchronous and belongs to one thread; servers call it from their event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from vaultsim.app.app import App
from vaultsim.app.results import TxResult
from vaultsim.app.tx import RawTx
from vaultsim.context import Context
from vaultsim.errors import UserError
from vaultsim.node.chain import Chain
from vaultsim.node.genesis_document import GenesisDocument, read_genesis
from vaultsim.node.live.blocks import BlockLog, BlockRecord
from vaultsim.node.live.clock import BlockClock
from vaultsim.node.start import start_app
from vaultsim.pb.runtime import Message


class HeightUnavailable(UserError):
    """A height that is not there yet, or not any more."""


class PriceSource(Protocol):
    """Where the oracle prices of coming blocks come from."""

    def prices(self, height: int, time_ns: int, known: Mapping[int, int]) -> Mapping[int, int]:
        """Oracle prices to set in the block `height`, by market; `known` are the present ones."""
        ...


class NodeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How much a node remembers.

    keep_blocks: blocks and transactions that can be looked up; keep_heights: older states that can be queried.
    """

    keep_blocks: int = 100_000
    keep_heights: int = 1_000


class Node:
    """Drives a chain block after block and remembers what clients ask for.

    listeners: called with each new block after its commit, in order.
    """

    def __init__(
        self, document: GenesisDocument, *, clock: BlockClock | None = None, options: NodeOptions | None = None
    ) -> None:
        self.options = options or NodeOptions()
        self.clock = clock or BlockClock()
        self.started = start_app(document)
        self.document = document
        self.app: App = self.started.app
        self.chain = Chain(self.app, index_prices=self.started.index_prices)
        self.blocks = BlockLog(self.options.keep_blocks)
        self.price_source: PriceSource | None = None
        self.listeners: list[Callable[[BlockRecord], None]] = []
        self.impersonated: dict[bytes, None] = {}
        self._waiting_prices: dict[int, int] = {}
        self._waiting_gov: list[tuple[Message, ...]] = []
        if self.started.is_fresh:
            before = self.app.store.app_hash
            self.blocks.append(self.chain.run_first_block(), before)
        else:
            self.chain.resume()

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

    def state_at(self, height: int | None = None) -> Context:
        """A context to read a committed state with, the last one's unless `height` says otherwise.

        Raises HeightUnavailable.
        """
        if height is None or height == self.app.height:
            return self.app.query_context()
        raise HeightUnavailable(f"height {height} is not available; the last block is {self.app.height}")

    # --- transactions --------------------------------------------------------------------------------------------

    def submit(self, raw: bytes) -> TxResult:
        """CheckTx: what is accepted acts on the books at once or waits for the next block."""
        return self.chain.submit(self.as_received(raw))

    def as_received(self, raw: bytes) -> RawTx:
        """A transaction from outside: trusted only when all its signers are impersonated and it has no signature."""
        return RawTx(raw)

    # --- blocks --------------------------------------------------------------------------------------------------

    def produce_block(self) -> BlockRecord:
        """Makes the next block: its time from the clock, its prices from what was set and the price source.

        Raises ChainHalted.
        """
        time_ns = self.clock.next_time(self.time_ns)
        prices = self._next_prices(time_ns)
        gov, self._waiting_gov = self._waiting_gov, []
        before = self.app.store.app_hash
        outcome = self.chain.propose_block(time_ns, prices=prices, gov=gov)
        self.clock.took(time_ns)
        record = self.blocks.append(outcome, before)
        for listener in self.listeners:
            listener(record)
        return record

    def set_prices(self, prices: Mapping[int, int]) -> None:
        """Oracle prices that the next block sets, by market."""
        self._waiting_prices.update(prices)

    def execute_proposal(self, messages: Sequence[Message]) -> None:
        """Messages of a proposal that passes in the next block, all or nothing."""
        self._waiting_gov.append(tuple(messages))

    def _next_prices(self, time_ns: int) -> dict[int, int]:
        prices: dict[int, int] = {}
        if self.price_source is not None:
            prices.update(self.price_source.prices(self.height + 1, time_ns, self.chain.index_prices))
        prices.update(self._waiting_prices)
        self._waiting_prices = {}
        return prices
