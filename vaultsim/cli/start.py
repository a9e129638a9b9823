"""`vaultsim start`: a node that clients connect to."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vaultsim.errors import UserError

if TYPE_CHECKING:
    from vaultsim.rpc.addresses import Address

_SHORTEST_BLOCK_NS = 1_000_000


def start(
    genesis: Annotated[
        str,
        typer.Option(metavar="FILE|NAME", help="Genesis document, or the name of a shipped one: localnet, mainnet, …"),
    ] = "localnet",
    chain_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Name of the chain; without it the document's.")
    ] = None,
    host: Annotated[str, typer.Option(metavar="HOST", help="Host of the doors that are given a port only.")] = (
        "127.0.0.1"
    ),
    grpc: Annotated[str, typer.Option(metavar="[HOST:]PORT", help="gRPC; port 0 takes a free one, here and below.")] = (
        "9090"
    ),
    rpc: Annotated[str, typer.Option(metavar="[HOST:]PORT", help="CometBFT JSON-RPC and WebSocket.")] = "26657",
    lcd: Annotated[str, typer.Option(metavar="[HOST:]PORT", help="REST of the chain (LCD).")] = "1317",
    indexer: Annotated[str, typer.Option(metavar="[HOST:]PORT", help="REST as the indexer's.")] = "3002",
    no_grpc: Annotated[bool, typer.Option("--no-grpc", help="Keep this door closed.")] = False,
    no_rpc: Annotated[bool, typer.Option("--no-rpc", help="Keep this door closed.")] = False,
    no_lcd: Annotated[bool, typer.Option("--no-lcd", help="Keep this door closed.")] = False,
    no_indexer: Annotated[bool, typer.Option("--no-indexer", help="Keep this door closed.")] = False,
    no_control: Annotated[
        bool, typer.Option("--no-control", help="Clients may not steer time, prices and state.")
    ] = False,
    mode: Annotated[
        Literal["interval", "instant", "manual"],
        typer.Option(help="A block every --block-time, after each accepted transaction, or only when control asks."),
    ] = "interval",
    block_time: Annotated[str, typer.Option(metavar="TIME", help="Time between blocks: 1s, 500ms, …")] = "1s",
    clock: Annotated[
        Literal["wall", "steps"],
        typer.Option(help="Block times by the wall clock, or --block-time apart: the same in every run."),
    ] = "wall",
    genesis_time: Annotated[
        str | None,
        typer.Option(
            metavar="document|now|TIME",
            help="Time of the first block: the document's, now, or RFC 3339; "
            "without it now by the wall clock, the document's in steps.",
        ),
    ] = None,
    prices: Annotated[
        str,
        typer.Option(
            metavar="SOURCE",
            help="Oracle prices: static, walk:SEED, csv:FILE or csv:MARKET:FILE (closing prices), follow:FILE (JSON).",
        ),
    ] = "static",
    record: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write genesis.json and blocks.jsonl here, for `vaultsim replay`.", file_okay=False
        ),
    ] = None,
    keep_blocks: Annotated[
        int, typer.Option(metavar="N", help="Blocks and transactions that can be looked up.", min=1)
    ] = 20_000,
    keep_heights: Annotated[int, typer.Option(metavar="N", help="Older states that can be queried.", min=0)] = 1_000,
    max_request_bytes: Annotated[int, typer.Option(metavar="N", help="Largest request.", min=1_024)] = 4_194_304,
    max_connections: Annotated[int, typer.Option(metavar="N", help="Open connections of one door.", min=1)] = 4_096,
    max_requests: Annotated[int, typer.Option(metavar="N", help="gRPC requests in work.", min=1)] = 4_096,
    max_unread_bytes: Annotated[
        int, typer.Option(metavar="N", help="Large gRPC answers that clients have not taken yet.", min=1_048_576)
    ] = 268_435_456,
    max_subscriptions: Annotated[
        int, typer.Option(metavar="N", help="Subscriptions of one WebSocket connection.", min=1)
    ] = 16,
    max_queued_events: Annotated[
        int, typer.Option(metavar="N", help="Events that a slow subscriber may lag behind.", min=1)
    ] = 1_000,
    max_remembered_answers: Annotated[
        int, typer.Option(metavar="N", help="Answers kept until the next block.", min=0)
    ] = 10_000,
    commit_wait: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long broadcast_tx_commit waits for a block.", min=0)
    ] = 10.0,
    patience: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long an HTTP client may take to send, or to read on.", min=0.1)
    ] = 30.0,
) -> None:
    """Run a node that clients connect to: gRPC, CometBFT RPC, REST.

    Prints one line of JSON with its addresses when it is ready. Ends with SIGINT or SIGTERM.
    """
    with _nothing_collected():
        from vaultsim.cli.serving import serve
        from vaultsim.cli.settings import NodeSettings, started_node
        from vaultsim.rpc.limits import ServerLimits
        from vaultsim.rpc.server import ServerOptions

        settings = NodeSettings(
            genesis=genesis,
            chain_id=chain_id,
            mode=mode,
            block_time_ns=_block_time(block_time),
            clock=clock,
            genesis_time=genesis_time,
            prices=prices,
            keep_blocks=keep_blocks,
            keep_heights=keep_heights,
        )
        options = ServerOptions(
            grpc=None if no_grpc else _address("grpc", grpc, host),
            rpc=None if no_rpc else _address("rpc", rpc, host),
            lcd=None if no_lcd else _address("lcd", lcd, host),
            indexer=None if no_indexer else _address("indexer", indexer, host),
            block_time_ns=settings.block_time_ns,
            limits=ServerLimits(
                request_bytes=max_request_bytes,
                connections=max_connections,
                concurrent_requests=max_requests,
                unread_bytes=max_unread_bytes,
                subscriptions=max_subscriptions,
                queued_events=max_queued_events,
                remembered_answers=max_remembered_answers,
                commit_seconds=commit_wait,
                patience_seconds=patience,
            ),
            with_control=not no_control,
        )
        node = started_node(settings)
    serve(node, options, record)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Without the garbage collector: a start leaves no garbage worth a fifth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _address(door: str, text: str, host: str) -> Address:
    from vaultsim.rpc.addresses import parse_address

    try:
        return parse_address(text, host)
    except ValueError as problem:
        raise UserError(f"--{door}: {problem}") from None


def _block_time(text: str) -> int:
    from vaultsim.node.times import parse_duration

    try:
        found = parse_duration(text)
    except ValueError as problem:
        raise UserError(f"--block-time: {problem}") from None
    if found < _SHORTEST_BLOCK_NS:
        raise UserError("--block-time: at least 1ms; --mode instant makes a block for each transaction at once")
    return found
