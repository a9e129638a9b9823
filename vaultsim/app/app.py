"""The state machine: genesis, then block after block. This file is the contents page of a block.

Source: dydx-modules §§1.1, 1.2, 1.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vaultsim.app.gov import ProposalOutcome
from vaultsim.app.memory import ProcessMemory, capture_memory, restore_memory
from vaultsim.app.order import INIT_GENESIS
from vaultsim.app.results import TxResult
from vaultsim.app.tx import RawTx
from vaultsim.app.wiring import Hook, Modules, wire
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainHalted, ChainPanic
from vaultsim.events import AnyEvent
from vaultsim.pb.runtime import Message
from vaultsim.store.branch import Branch, Root
from vaultsim.store.multistore import ChangeSet, MultiStore, StoreState


class AppState(NamedTuple):
    """A captured app, between two blocks."""

    height: int
    time_ns: int
    store: StoreState
    memory: ProcessMemory


class HookEvents(NamedTuple):
    """Events of a block's hooks: up to its first transaction, and after its last one."""

    begin: tuple[AnyEvent, ...] = ()
    end: tuple[AnyEvent, ...] = ()


class App:
    """A chain's state and the way it changes.

    One block is `finalize_block` followed by `commit`; in between, `deliver` is the context that the block writes to.
    proposals: what became of the proposals of the last block.
    """

    def __init__(self, *, incremental: bool = True, minimum_gas_prices: str | None = None) -> None:
        self.modules: Modules = wire(incremental=incremental, minimum_gas_prices=minimum_gas_prices)
        self.store = MultiStore([schema for module in self.modules.all.values() for schema in module.schemas])
        self.chain_id = ""
        self.height = 0
        self.time_ns = 0
        self.initial_height = 1
        self.deliver: Context | None = None
        self.proposals: tuple[ProposalOutcome, ...] = ()
        self._sections: tuple[str, ...] = ()
        self._begun = 0
        self._note_hooks()

    # --- genesis -------------------------------------------------------------------------------------------------

    def init_chain(self, sections: Mapping[str, Message], chain_id: str, time_ns: int, initial_height: int = 1) -> None:
        """Writes the state of a genesis document: `sections` holds each module's message, missing ones are skipped.

        Raises ChainHalted naming the module when the chain would panic. Source: dydx-modules §1.1.
        """
        self.chain_id, self.time_ns, self.initial_height = chain_id, time_ns, initial_height
        self._sections = tuple(sections)
        self.modules.sleep_without(sections)
        self._note_hooks()
        ctx = Context(self.store.branch(), height=0, time_ns=time_ns, chain_id=chain_id)
        for name in INIT_GENESIS:
            module = self.modules.all.get(name)
            if module is None or module.genesis is None or name not in sections:
                continue
            try:
                module.genesis.init(ctx, sections[name])
            except (ChainError, ChainPanic) as problem:
                raise ChainHalted(
                    f"genesis section {name!r}: {problem.log} [{problem.codespace} {problem.code}]"
                ) from problem
        self.deliver = ctx
        self.height = initial_height - 1

    def _note_hooks(self) -> None:
        self._begin_hooks, self._end_hooks = self.modules.begin_block_hooks(), self.modules.end_block_hooks()

    # --- a block -------------------------------------------------------------------------------------------------

    def finalize_block(
        self, height: int, time_ns: int, txs: Sequence[RawTx | bytes], gov: Sequence[Sequence[Message]] = ()
    ) -> list[TxResult]:
        """Executes a block on top of the committed state and returns the result of each transaction.

        gov: the messages of each proposal that passes in this block. Raises ChainHalted on a panic in a hook.
        """
        ctx = self._block_context(height, time_ns)
        self._run_hook("PreBlock", "clob", self.modules.hydration.pre_block, ctx)
        self._begin_block(ctx)
        self._begun = len(ctx.events)
        results = [self.modules.runner.deliver_tx(ctx, tx) for tx in txs]
        self._end_block(ctx, gov)
        return results

    def hook_events(self) -> HookEvents:
        """What the hooks of the block that was just executed emitted, in order."""
        events = [] if self.deliver is None else self.deliver.events
        return HookEvents(tuple(events[: self._begun]), tuple(events[self._begun :]))

    def commit(self) -> ChangeSet:
        """Makes the block's writes the committed state; returns the rows that differ."""
        ctx = self.deliver
        assert ctx is not None, "commit follows finalize_block"
        self.modules.precommit(ctx)
        changes = self.store.commit(ctx.branch)
        self.deliver = None
        return changes

    def drop_block(self, height: int, time_ns: int) -> None:
        """Forgets a block that was not committed; the last one has this height and time."""
        self.height, self.time_ns, self.deliver = height, time_ns, None

    def check_tx(self, ctx: Context, tx: RawTx | bytes) -> TxResult:
        """CheckTx on the given check state."""
        return self.modules.runner.check_tx(ctx, tx)

    def check_context(self) -> Context:
        """A fresh check state: a branch over the committed state that carries the committed block's header."""
        return Context(
            self.store.branch(), height=self.height, time_ns=self.time_ns, chain_id=self.chain_id, is_check=True
        )

    def query_context(self) -> Context:
        """A context to read the committed state with; what is written to it is never kept."""
        return Context(self.store.branch(), height=self.height, time_ns=self.time_ns, chain_id=self.chain_id)

    def past_context(self, root: Root, height: int, time_ns: int) -> Context:
        """A context to read an older committed state with."""
        return Context(Branch(root), height=height, time_ns=time_ns, chain_id=self.chain_id)

    def capture(self) -> AppState:
        """Everything there is, between two blocks."""
        assert self.deliver is None, "a block is being executed"
        return AppState(self.height, self.time_ns, self.store.capture(), capture_memory(self.modules))

    def restore(self, kept: AppState) -> None:
        """Goes back to what was captured, any number of times; a block that is being executed is dropped."""
        self.height, self.time_ns, self.deliver = kept.height, kept.time_ns, None
        self.store.restore(kept.store)
        restore_memory(self.modules, kept.memory)

    def query(self, method: str, request: Message) -> Message:
        """Answers a query by its full gRPC method name from the committed state."""
        answer = self.modules.queries[method][1]
        return answer(self.query_context(), request)

    def section_classes(self) -> dict[str, type[Message]]:
        """The message class of each genesis section that is run."""
        return {name: module.genesis.message for name, module in self.modules.all.items() if module.genesis is not None}

    def export_sections(self) -> dict[str, Message]:
        """The genesis section of each module that genesis had one for, of the committed state."""
        ctx = self.query_context()
        return {
            name: module.genesis.export(ctx)
            for name, module in self.modules.all.items()
            if module.genesis is not None and name in self._sections
        }

    def _block_context(self, height: int, time_ns: int) -> Context:
        first = self.deliver
        branch = self.store.branch() if first is None else first.branch
        self.height, self.time_ns = height, time_ns
        self.deliver = Context(branch, height=height, time_ns=time_ns, chain_id=self.chain_id)
        return self.deliver

    def _begin_block(self, ctx: Context) -> None:
        for name, hook in self._begin_hooks:
            self._run_hook("BeginBlock", name, hook, ctx)

    def _end_block(self, ctx: Context, gov: Sequence[Sequence[Message]]) -> None:
        self.proposals = tuple(self.modules.gov.execute_proposal(ctx, messages) for messages in gov)
        for name, hook in self._end_hooks:
            self._run_hook("EndBlock", name, hook, ctx)

    def _run_hook(self, phase: str, name: str, hook: Hook, ctx: Context) -> None:
        try:
            hook(ctx)
        except (ChainError, ChainPanic) as problem:
            raise ChainHalted(f"block {ctx.height}, {phase} of {name}: {problem.log}") from problem
