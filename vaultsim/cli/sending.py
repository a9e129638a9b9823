"""What all transactions of `vaultsim tx` share: the options, the session with the node, what is printed."""

from __future__ import annotations

import base64
import inspect
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

if TYPE_CHECKING:
    from vaultsim.client.messages import Plan
    from vaultsim.client.node import Head, Node
    from vaultsim.client.sending import Prepared, SendingOptions, TxOutcome
    from vaultsim.testing.accounts import NamedAccount

FAILED: Final = 1


class Session(NamedTuple):
    """Who sends and where: what a command makes its messages with."""

    node: Node
    signer: NamedAccount

    @property
    def address(self) -> str:
        """The signer's address."""
        return self.signer.address

    def head(self) -> Head:
        """The last block."""
        return self.node.head()


def sends(command: Callable[..., Plan]) -> Callable[..., None]:
    """A command that makes messages becomes one that sends them, with the options of `_options` besides its own."""
    own = [one for one in inspect.signature(command, eval_str=True).parameters.values() if one.name != "session"]
    shared = list(inspect.signature(_options, eval_str=True).parameters.values())

    @wraps(command)
    def run(**given: Any) -> None:
        how = _How(**{one.name: given.pop(one.name) for one in shared})
        _send(lambda session: command(session, **given), how)

    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *shared)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _options(
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="NAME", help="Who signs: alice, bob, carl, dave, operator, any name."),
    ] = None,
    mnemonic_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The words of the key that signs.", exists=True, dir_okay=False),
    ] = None,
    node: Annotated[
        str, typer.Option(metavar="URL", help="The node's gRPC door.", envvar="VAULTSIM_NODE")
    ] = "grpc+http://127.0.0.1:9090",
    chain_id: Annotated[str | None, typer.Option(metavar="ID", help="Asked from the node without it.")] = None,
    gas: Annotated[int | None, typer.Option(metavar="N", help="Gas limit; simulated without it.", min=1)] = None,
    fee: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="Such as 0.05usdc; from the gas without it.")
    ] = None,
    memo: Annotated[str, typer.Option(metavar="TEXT", help="A memo.")] = "",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it is in a block.")] = True,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="How long to wait.", min=0)] = 15.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the signed transaction; do not send it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    raise NotImplementedError("only its signature is used")


class _How(NamedTuple):
    from_: str | None
    mnemonic_file: Path | None
    node: str
    chain_id: str | None
    gas: int | None
    fee: str | None
    memo: str
    wait: bool
    timeout: float
    dry_run: bool
    as_json: bool


def _send(make: Callable[[Session], Plan], how: _How) -> None:
    from vaultsim.client.node import Node
    from vaultsim.client.sending import Sender, TxRejected
    from vaultsim.client.signer import MNEMONIC_VARIABLE, signer_of

    signer = signer_of(how.from_, how.mnemonic_file, os.environ.get(MNEMONIC_VARIABLE))
    options = _sending_options(how)
    with Node(how.node) as node:
        plan = make(Session(node, signer))
        sender = Sender(node, signer, how.chain_id or node.head().chain_id)
        try:
            _go(sender, plan, options, how)
        except TxRejected as problem:
            _fail(str(problem))


def _sending_options(how: _How) -> SendingOptions:
    from vaultsim.client.amounts import coin_of
    from vaultsim.client.sending import SendingOptions

    fee = None if how.fee is None else coin_of(how.fee)
    return SendingOptions(gas_limit=how.gas, fee=fee, memo=how.memo, timeout_seconds=how.timeout)


def _go(sender: Any, plan: Plan, options: SendingOptions, how: _How) -> None:
    prepared: Prepared = sender.prepare(plan, options)
    if how.dry_run:
        _print_prepared(plan, prepared, how)
        return
    outcome: TxOutcome = sender.broadcast(prepared)
    if outcome.code == 0 and how.wait and plan.is_in_blocks:
        outcome = sender.wait(outcome, options.timeout_seconds)
    _print_outcome(plan, prepared, outcome, how)
    if outcome.code:
        _fail(outcome.problem)


def _print_prepared(plan: Plan, prepared: Prepared, how: _How) -> None:
    from vaultsim.cli.answers import print_json
    from vaultsim.client.sending import transaction_json

    if not how.as_json:
        print(f"would {plan.says}; fee {_fee_text(prepared)}", file=sys.stderr)
    print_json({"tx": transaction_json(prepared), "tx_bytes": base64.b64encode(prepared.raw).decode()})


def _print_outcome(plan: Plan, prepared: Prepared, outcome: TxOutcome, how: _How) -> None:
    from vaultsim.cli.answers import print_json, print_lines

    if how.as_json:
        import msgspec

        fee = {denom: str(amount) for denom, amount in prepared.fee.items()}
        print_json({"does": plan.says, "fee": fee, **msgspec.to_builtins(outcome)})
        return
    lines = [
        ("does", plan.says),
        ("hash", outcome.hash),
        ("block", _block_text(plan, outcome, how)),
        ("result", f"{outcome.codespace} {outcome.code}" if outcome.code else "0 (done)"),
        ("gas", f"{outcome.gas_used} of {prepared.gas_limit}"),
        ("fee", _fee_text(prepared)),
    ]
    for response in outcome.responses:
        lines += [("answer", f"{name} {_short(value)}") for name, value in response.items() if name != "@type"]
    print_lines(lines)


def _block_text(plan: Plan, outcome: TxOutcome, how: _How) -> str:
    if outcome.height:
        return str(outcome.height)
    if outcome.code:
        return "none: refused"
    return "not waited for" if plan.is_in_blocks else "none: short-term orders act at once"


def _fee_text(prepared: Prepared) -> str:
    from vaultsim.client.amounts import CoinAmount

    return ", ".join(str(CoinAmount(denom, amount)) for denom, amount in prepared.fee.items()) or "none"


def _short(value: Any) -> str:
    """A value of an answer; of a message with one field, that field."""
    if isinstance(value, dict) and len(value) == 1:
        return str(next(iter(value.values())))
    return str(value)


def _fail(sentence: str) -> None:
    print(f"vaultsim: {sentence}", file=sys.stderr)
    raise typer.Exit(FAILED)
