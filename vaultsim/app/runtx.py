"""One transaction in CheckTx or in a block: decode, basic checks, ante, messages, result.

Source: dydx-modules §§1.2, 1.10.
"""

from __future__ import annotations

from typing import Final

from vaultsim.address import to_bech32
from vaultsim.app.ante.handler import Ante
from vaultsim.app.message_classes import has_clob_message, has_message_of_blocks, is_single_app_injected
from vaultsim.app.results import TxResult, message_events, response_data
from vaultsim.app.router import Router
from vaultsim.app.signers import signer_addresses
from vaultsim.app.tx import RawTx, Tx, decode_tx
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic, OutOfGas
from vaultsim.events import AnyEvent
from vaultsim.pb.runtime import Message
from vaultsim.store.gas import GasMeter
from vaultsim.x.sdk_errors import InvalidRequest, TxDecode, UnknownRequest

OUTER_GAS: Final = 1_174
"""Gas that is spent before a transaction has a meter of its own: one read of the consensus parameters."""
FREE: Final = -1
"""gas_wanted of a transaction without gas."""


class TxRunner:
    """Runs transactions on a block's context or on the check state."""

    def __init__(self, router: Router, ante: Ante) -> None:
        self.router = router
        self.ante = ante

    def deliver_tx(self, ctx: Context, tx: RawTx | bytes) -> TxResult:
        """Executes a transaction of a block. The ante's writes stay even if a message fails; messages are all or
        nothing."""
        try:
            decoded = self._decode(tx)
        except TxDecode as problem:
            return TxResult(problem.code, problem.codespace, problem.meaning)
        early = self._basic_problem(decoded)
        if early is not None:
            return _failure(early, 0, OUTER_GAS)
        ante_ctx, failure = self._run_ante(ctx, decoded)
        if failure is not None:
            return failure
        return self._run_messages(ctx, decoded, ante_ctx.gas, tuple(ante_ctx.events))

    def check_tx(self, ctx: Context, tx: RawTx | bytes) -> TxResult:
        """Runs a transaction's ante on the check state; its writes stay when it passes."""
        try:
            decoded = self._decode(tx)
        except TxDecode as problem:
            return _failure(problem, 0, 0)
        early = self._basic_problem(decoded)
        if early is not None:
            return _failure(early, 0, 0)
        ante_ctx, failure = self._run_ante(ctx, decoded)
        if failure is not None:
            return failure
        wanted, used = _gas(decoded, ante_ctx.gas)
        return TxResult(log="[]", gas_wanted=wanted, gas_used=used)

    def simulate_tx(self, ctx: Context, raw: bytes) -> TxResult:
        """What a transaction would do on the check state and how much gas it would take; keeps nothing.

        Signatures are not verified, gas has no limit. Orders and cancellations fail, as on the chain.
        """
        scratch = ctx.branched()
        try:
            decoded = self._decode(raw)
        except TxDecode as problem:
            return _failure(problem, 0, 0)
        early = self._basic_problem(decoded)
        if early is not None:
            return _failure(early, 0, 0)
        child = scratch.replaced(tx_bytes=raw)
        try:
            self.ante.run(child, decoded, is_simulated=True)
            if has_message_of_blocks(decoded.messages):
                raise ChainPanic("assert deliverTx mode failed")
        except (ChainError, ChainPanic) as problem:
            return _failure(problem, *_gas(decoded, child.gas))
        return self._run_messages(child, decoded, child.gas, tuple(child.events))

    def run_placement(self, ctx: Context, raw: bytes) -> Tx:
        """Runs the ante of a short-term placement inside an operations transaction, in `ctx` itself; returns the
        decoded transaction. Raises ChainError or ChainPanic. Source: dydx-modules §20.9."""
        tx = self._decode(RawTx.recorded(raw))
        own = ctx.replaced(tx_bytes=raw)
        own.gas = None
        self.ante.run(own, tx)
        return tx

    def _decode(self, tx: RawTx | bytes) -> Tx:
        return decode_tx(tx) if isinstance(tx, bytes) else decode_tx(tx.raw, is_trusted=tx.is_trusted)

    def _basic_problem(self, tx: Tx) -> ChainError | ChainPanic | None:
        try:
            if not tx.messages:
                raise InvalidRequest("must contain at least one message")
            for message in tx.messages:
                self.router.check(message)
            for message in tx.messages:
                if not self.router.handler_exists(type(message)):
                    raise UnknownRequest(f"no message handler found for {message.TYPE_URL}")
        except (ChainError, ChainPanic) as problem:
            return problem
        return None

    def _run_ante(self, ctx: Context, tx: Tx) -> tuple[Context, TxResult | None]:
        child = ctx.branched().replaced(tx_bytes=tx.raw)
        try:
            self.ante.run(child, tx)
        except ChainPanic as panic:
            return child, _failure(_outside_meter(panic), 0, OUTER_GAS)
        except ChainError as problem:
            return child, _failure(problem, *_gas(tx, child.gas))
        child.branch.merge_into_parent()
        return child, None

    def _run_messages(
        self, ctx: Context, tx: Tx, meter: GasMeter | None, ante_events: tuple[AnyEvent, ...]
    ) -> TxResult:
        child = ctx.branched().replaced(tx_bytes=tx.raw)
        child.gas = meter
        try:
            responses, events = self._execute_all(child, tx)
        except (ChainError, ChainPanic) as problem:
            return _failure(problem, *_gas(tx, meter), ante_events)
        child.branch.merge_into_parent()
        wanted, used = _gas(tx, meter)
        return TxResult(gas_wanted=wanted, gas_used=used, data=response_data(responses), events=(*ante_events, *events))

    def _execute_all(self, ctx: Context, tx: Tx) -> tuple[list[Message], list[AnyEvent]]:
        responses: list[Message] = []
        events: list[AnyEvent] = []
        for index, message in enumerate(tx.messages):
            own = ctx.replaced(events=[])
            try:
                responses.append(self.router.execute(own, message))
            except ChainError as problem:
                raise _MessageFailed(index, problem) from problem
            signers = signer_addresses(message)
            sender = to_bech32(signers[0]) if signers else ""
            events += message_events(message, sender, index, own.events)
        return responses, events


class _MessageFailed(ChainError):
    """A handler's error with the place of its message."""

    def __init__(self, index: int, problem: ChainError) -> None:
        super().__init__(f"failed to execute message; message index: {index}: {problem.log}")
        self.problem = problem


def _gas(tx: Tx, meter: GasMeter | None) -> tuple[int, int]:
    if meter is None or has_clob_message(tx.messages) or is_single_app_injected(tx.messages):
        return FREE, 0
    return meter.limit, meter.used


def _outside_meter(panic: ChainPanic) -> ChainPanic:
    if not isinstance(panic, OutOfGas):
        return panic
    place = panic.log.partition(";")[0]
    return OutOfGas(f"{place}; gasWanted: 0, gasUsed: {OUTER_GAS}: out of gas")


def _failure(problem: ChainError | ChainPanic, wanted: int, used: int, events: tuple[AnyEvent, ...] = ()) -> TxResult:
    cause = problem.problem if isinstance(problem, _MessageFailed) else problem
    is_panic = isinstance(problem, ChainPanic) and not isinstance(problem, OutOfGas)
    log = f"recovered: {problem.log}" if is_panic else problem.log
    return TxResult(cause.code, cause.codespace, log, wanted, used, events=events)
