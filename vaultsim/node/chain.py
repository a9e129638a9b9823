"""A chain with one node around it: check state and mempool between blocks, the proposer, then block after block.

Source: dydx-modules §1.2; DESIGN of a block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from vaultsim.app.app import App, AppState, HookEvents
from vaultsim.app.gov import ProposalOutcome
from vaultsim.app.results import TxResult
from vaultsim.app.tx import RawTx, decode_tx
from vaultsim.context import Context
from vaultsim.errors import ChainHalted, ChainPanic
from vaultsim.node.liquidation_daemon import DaemonContent, LiquidationDaemon
from vaultsim.node.mempool import Mempool
from vaultsim.node.premium import PremiumVoter, VoterContent
from vaultsim.node.proposer import price_update, propose
from vaultsim.pb.dydxprotocol.prices import MsgUpdateMarketPrices
from vaultsim.pb.runtime import Message
from vaultsim.store.branch import Rows
from vaultsim.store.multistore import ChangeSet
from vaultsim.x.clob.daemon_lists import DaemonLists
from vaultsim.x.clob.prepare_check_state import prepare_check_state

Proposals = Sequence[Sequence[Message]]
"""The messages of each proposal that passes in a block."""


class BlockOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """A committed block: its transactions and their results, the changed rows, the digest after it.

    events: what its begin and end hooks emitted; proposals: what became of those that passed in it.
    """

    height: int
    time_ns: int
    app_hash: bytes
    txs: tuple[RawTx, ...]
    results: tuple[TxResult, ...]
    changes: ChangeSet
    events: HookEvents = HookEvents()
    proposals: tuple[ProposalOutcome, ...] = ()

    @property
    def raw_txs(self) -> list[bytes]:
        """The transactions' bytes."""
        return [tx.raw for tx in self.txs]

    @property
    def gov_json(self) -> list[list[dict[str, Any]]]:
        """The messages of each proposal as JSON."""
        return proposals_json(self.proposals)


class ChainState(NamedTuple):
    """A captured chain with its node, between two blocks: the app, what the check state wrote, mempool, prices."""

    app: AppState
    check_writes: dict[int, Rows]
    waiting: list[RawTx]
    index_prices: dict[int, int]
    daemon: DaemonContent
    hears_daemon: bool
    voter: VoterContent


class Chain:
    """Drives an app whose genesis is loaded.

    index_prices: what the price daemon knows, by market; without any, the genesis prices.
    """

    def __init__(self, app: App, index_prices: Mapping[int, int] | None = None) -> None:
        self.app = app
        self.mempool = Mempool()
        self.index_prices: dict[int, int] = dict(index_prices or self._oracle_prices())
        self.check_ctx = app.check_context()
        modules = app.modules
        self._daemon = LiquidationDaemon(
            modules.subaccounts.state.subaccounts, modules.perpetuals, modules.clob.exempt_ids
        )
        self._hears_daemon = False
        self._voter = PremiumVoter(modules.perpetuals, modules.prices, modules.clob, modules.memclob)

    def run_first_block(self) -> BlockOutcome:
        """The block right after genesis: empty, at genesis time."""
        return self.execute_block(self.app.time_ns, ())

    def resume(self) -> None:
        """Takes up a chain whose state was loaded: fills the books before the next block. Raises ChainHalted."""
        ctx = self.app.check_context()
        try:
            self.app.modules.hydration.pre_block(ctx)
        except ChainPanic as panic:
            raise ChainHalted(f"going on after block {ctx.height}: {panic.log}") from panic
        self.check_ctx = ctx
        self._daemon.rebuild(self.app.query_context())
        self._hears_daemon = True

    def capture(self) -> ChainState:
        """Everything there is, between two blocks."""
        return ChainState(
            self.app.capture(),
            _copied(self.check_ctx.branch.writes),
            self.mempool.waiting(),
            dict(self.index_prices),
            self._daemon.capture(),
            self._hears_daemon,
            self._voter.capture(),
        )

    def restore(self, kept: ChainState) -> None:
        """Goes back to what was captured, any number of times."""
        self.app.restore(kept.app)
        self.check_ctx = self.app.check_context()
        self.check_ctx.branch.writes = _copied(kept.check_writes)
        self.mempool.restore(kept.waiting)
        self.index_prices = dict(kept.index_prices)
        self._daemon.restore(kept.daemon)
        self._hears_daemon = kept.hears_daemon
        self._voter.restore(kept.voter)

    # --- between blocks ------------------------------------------------------------------------------------------

    def submit(self, tx: RawTx) -> TxResult:
        """CheckTx: short-term orders act on the books at once, what else is accepted waits for the next block."""
        result = self.app.check_tx(self.check_ctx, tx)
        if result.code == 0:
            self.mempool.add(tx)
        return result

    # --- blocks --------------------------------------------------------------------------------------------------

    def propose_block(
        self,
        time_ns: int,
        *,
        prices: Mapping[int, int] | None = None,
        index: Mapping[int, int] | None = None,
        include: Sequence[RawTx] = (),
        gov: Proposals = (),
    ) -> BlockOutcome:
        """Builds the next block and executes it.

        prices: the oracle prices it sets, by market, which are also new index prices; index: other new index prices;
        include: transactions put in after the waiting ones, without CheckTx.
        """
        return self.execute_block(time_ns, self.proposal(prices=prices, index=index, include=include), gov)

    def proposal(
        self,
        *,
        prices: Mapping[int, int] | None = None,
        index: Mapping[int, int] | None = None,
        include: Sequence[RawTx] = (),
    ) -> list[RawTx]:
        """The transactions of the next block. The index prices are in place before its premium votes are measured."""
        prices = prices or {}
        # A price daemon has no price of zero: it goes on with what it knew.
        self.index_prices.update((market, price) for market, price in {**prices, **(index or {})}.items() if price)
        modules = self.app.modules
        votes = self._voter.votes(self.app.query_context(), self.index_prices)
        waiting = [*self.mempool.waiting(), *include]
        return propose(modules.memclob.queue.proposed(), waiting, votes, price_update(prices))

    def execute_block(self, time_ns: int, txs: Sequence[RawTx], gov: Proposals = ()) -> BlockOutcome:
        """Executes a block as given, commits it and prepares the check state. Raises ChainHalted."""
        app = self.app
        height = app.height + 1
        results = app.finalize_block(height, time_ns, txs, gov)
        events = app.hook_events()
        changes = app.commit()
        self.index_prices.update(_updated_prices(txs, results))
        self.mempool.remove(txs)
        self._voter.follow(changes)
        self._daemon.update(app.query_context(), changes)
        self._prepare_check_state(app.check_context())
        self._hears_daemon = True
        return BlockOutcome(
            height=height,
            time_ns=time_ns,
            app_hash=app.store.app_hash,
            txs=tuple(txs),
            results=tuple(results),
            changes=changes,
            events=events,
            proposals=app.proposals,
        )

    def _prepare_check_state(self, ctx: Context) -> None:
        modules = self.app.modules
        try:
            prepare_check_state(ctx, modules.clob, modules.memclob, modules.rate_limits, self._daemon_lists())
        except ChainPanic as panic:
            raise ChainHalted(f"after block {ctx.height}, PrepareCheckState: {panic.log}") from panic
        self.check_ctx = ctx

    def _daemon_lists(self) -> DaemonLists:
        """What the liquidation daemon told: nothing yet after the first block, which runs before it is connected."""
        return self._daemon.lists() if self._hears_daemon else DaemonLists()

    def _oracle_prices(self) -> dict[int, int]:
        app = self.app
        ctx = app.deliver if app.deliver is not None else app.query_context()
        return {price.id: price.price for price in app.modules.prices.all_market_prices(ctx)}


def proposals_json(proposals: Sequence[ProposalOutcome]) -> list[list[dict[str, Any]]]:
    """The messages of each proposal as JSON, as a block file holds them."""
    return [[{"@type": one.TYPE_URL, **one.to_json()} for one in proposal.messages] for proposal in proposals]


def _copied(writes: dict[int, Rows]) -> dict[int, Rows]:
    return {slot: dict(rows) for slot, rows in writes.items()}


def _updated_prices(txs: Sequence[RawTx], results: Sequence[TxResult]) -> dict[int, int]:
    """The oracle prices that a block's last transaction set: what its proposer's price daemon knew."""
    if not txs or results[-1].code != 0:
        return {}
    last = decode_tx(txs[-1].raw, is_trusted=txs[-1].is_trusted)
    updates = [message for message in last.messages if isinstance(message, MsgUpdateMarketPrices)]
    return {one.market_id: one.price for update in updates for one in update.market_price_updates}
