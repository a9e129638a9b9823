"""A chain whose blocks are put together by hand: with transactions that CheckTx never saw, or of these and no others.

For tests of the chain's own code; `vaultsim.testing.chain` is the one to write other tests with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vaultsim.app.app import App
from vaultsim.app.results import TxResult
from vaultsim.app.tx import RawTx
from vaultsim.context import Context
from vaultsim.node.chain import BlockOutcome
from vaultsim.node.export import export_document
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.node.times import NANOSECONDS
from vaultsim.pb.runtime import Message
from vaultsim.testing.documents import Source, genesis_of
from vaultsim.testing.invariants import Invariants
from vaultsim.testing.signing import signed_for


class LocalChain:
    """A chain started from a genesis; its first block (or, of an exported document, none) has run.

    Blocks go past the node's log: `outcomes` holds them. checked: check the invariants after every block. Raises
    UserError for a document that does not fit.
    """

    def __init__(self, source: Source, *, checked: bool = False) -> None:
        node = Node(genesis_of(source), block_mode=BlockMode.MANUAL)
        self.app: App = node.app
        self.chain = node.chain
        self.outcomes: list[BlockOutcome] = []
        self._aside = node.started.aside
        self._invariants = Invariants(self.app) if checked else None
        self._check()

    @property
    def height(self) -> int:
        """Height of the last block."""
        return self.app.height

    @property
    def ctx(self) -> Context:
        """A context to read the committed state with."""
        return self.app.query_context()

    def signed(self, *messages: Message, by: str, **how: Any) -> RawTx:
        """A transaction signed by a named account, with its number and next sequence unless `how` says otherwise."""
        return RawTx(signed_for(self.app, self.chain.check_ctx, messages, by, **how))

    def submit(self, *messages: Message, by: str, **how: Any) -> TxResult:
        """Signs a transaction and puts it through CheckTx; when accepted it waits for the next block."""
        return self.chain.submit(self.signed(*messages, by=by, **how))

    def block(
        self,
        seconds: int = 1,
        *,
        prices: Mapping[int, int] | None = None,
        include: Sequence[RawTx] = (),
        gov: Sequence[Message] = (),
    ) -> BlockOutcome:
        """Proposes and executes a block; include: transactions put in without CheckTx; gov: a proposal's messages."""
        time_ns = self.app.time_ns + seconds * NANOSECONDS
        proposals = [gov] if gov else []
        return self._keep(self.chain.propose_block(time_ns, prices=prices, include=include, gov=proposals))

    def blocks(self, count: int, seconds: int = 1) -> None:
        """Makes so many blocks, `seconds` apart."""
        for _ in range(count):
            self.block(seconds)

    def execute(self, txs: Sequence[RawTx], seconds: int = 1) -> BlockOutcome:
        """Executes a block of exactly these transactions."""
        return self._keep(self.chain.execute_block(self.app.time_ns + seconds * NANOSECONDS, txs))

    def deliver(self, *messages: Message, by: str, seconds: int = 1, **how: Any) -> TxResult:
        """Signs a transaction and executes it alone in a block, without CheckTx."""
        return self.execute([self.signed(*messages, by=by, **how)], seconds).results[0]

    def query(self, method: str, request: Message) -> Message:
        """Answers a query by its full gRPC method name."""
        return self.app.query(method, request)

    def rows(self) -> dict[str, dict[bytes, bytes]]:
        """Every row of the committed state, by store."""
        return {store: dict(self.app.store.rows(store)) for store in self.app.store.persistent_stores()}

    def export(self) -> dict[str, Any]:
        """A genesis document of the committed state, as JSON."""
        return export_document(self.app, self._aside, self.chain.index_prices).to_json()

    def _keep(self, outcome: BlockOutcome) -> BlockOutcome:
        self.outcomes.append(outcome)
        self._check()
        return outcome

    def _check(self) -> None:
        if self._invariants is not None:
            self._invariants.check()
