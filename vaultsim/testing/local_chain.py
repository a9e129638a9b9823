"""A chain in this process to write tests and notebooks with: sign, submit, make blocks, look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vaultsim.address import from_bech32
from vaultsim.app.app import App
from vaultsim.app.results import TxResult
from vaultsim.app.tx import RawTx
from vaultsim.context import Context
from vaultsim.node.chain import BlockOutcome, Chain
from vaultsim.node.export import export_document
from vaultsim.node.genesis_document import GenesisDocument, parse_genesis
from vaultsim.node.start import start_app
from vaultsim.node.times import NANOSECONDS
from vaultsim.pb.runtime import Message
from vaultsim.testing.accounts import address_of
from vaultsim.testing.invariants import Invariants
from vaultsim.testing.keys import signed_tx
from vaultsim.x.auth.types import base_of


class LocalChain:
    """A chain started from a genesis document; its first block (or, of an exported document, none) has run.

    checked: check the invariants after every block. Raises UserError for a document that does not fit.
    """

    def __init__(self, document: GenesisDocument | Mapping[str, Any], *, checked: bool = False) -> None:
        if not isinstance(document, GenesisDocument):
            document = parse_genesis(document, "document")
        self._started = start_app(document)
        self.app: App = self._started.app
        self.chain = Chain(self.app, index_prices=self._started.index_prices)
        self.outcomes: list[BlockOutcome] = []
        self._invariants: Invariants | None = None
        if self._started.is_fresh:
            self.outcomes.append(self.chain.run_first_block())
        else:
            self.chain.resume()
        if checked:
            self._invariants = Invariants(self.app)
            self._invariants.check()

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
        account = self.app.modules.keepers.accounts.find(self.chain.check_ctx, from_bech32(address_of(by)))
        base = None if account is None else base_of(account)
        how.setdefault("chain_id", self.app.chain_id)
        how.setdefault("account_number", base.account_number if base else 0)
        how.setdefault("sequence", base.sequence if base else 0)
        return RawTx(signed_tx(*messages, by=by, **how))

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
        """Proposes and executes a block; gov: the messages of a proposal that passes in it."""
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
        return export_document(self.app, self._started.aside, self.chain.index_prices).to_json()

    def _keep(self, outcome: BlockOutcome) -> BlockOutcome:
        self.outcomes.append(outcome)
        if self._invariants is not None:
            self._invariants.check()
        return outcome
