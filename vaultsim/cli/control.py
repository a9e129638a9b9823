"""`vaultsim control`: steering a node that `vaultsim start` runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaultsim.errors import UserError

if TYPE_CHECKING:
    from vaultsim.client.node import Node
    from vaultsim.pb.runtime import Message

app = typer.Typer(
    help="Steer a node of ours: time, prices, authority, money, snapshots.", no_args_is_help=True, rich_markup_mode=None
)
DEFAULT_NODE = "grpc+http://127.0.0.1:9090"
NodeUrl = Annotated[str, typer.Option("--node", metavar="URL", help="The node's gRPC door.", envvar="VAULTSIM_NODE")]
Grpc = Annotated[str | None, typer.Option("--grpc", metavar="HOST:PORT", help="The same without a scheme.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as proto JSON.")]
Who = Annotated[str, typer.Argument(metavar="ACCOUNT", help="An address, or the name of an account: alice.")]
SnapshotId = Annotated[int, typer.Argument(metavar="ID", help="What `snapshot` told.", min=1)]


@app.command()
def status(node: NodeUrl = DEFAULT_NODE, grpc: Grpc = None, as_json: AsJson = False) -> None:
    """What the node is doing."""
    from vaultsim.cli.steering import time_text
    from vaultsim.pb.vaultsim.control import v1

    with _asked(node, grpc) as asked:
        found = asked.ask(v1.StatusRequest(), v1.StatusResponse)
    states = f"states from {found.earliest_state_height}, blocks from {found.earliest_block_height}"
    lines = [
        ("chain", found.chain_id),
        ("height", str(found.height)),
        ("time", time_text(found.time)),
        ("app hash", found.app_hash.hex()),
        ("next block at", time_text(found.next_block_time)),
        ("blocks", found.block_mode + (", paused" if found.is_paused else "")),
        ("waiting", f"{found.waiting_txs} transactions"),
        ("kept", states),
        ("snapshots", str(found.snapshots)),
        ("prices", found.price_script or "as set"),
    ]
    lines += [("price file", found.price_problem)] if found.price_problem else []
    lines += [("impersonated", address) for address in found.impersonated]
    lines += [("halted", found.halted)] if found.halted else []
    _show(found, lines, as_json)


@app.command()
def advance_blocks(
    blocks: Annotated[int, typer.Argument(metavar="N", help="How many.", min=1, max=100_000_000)] = 1,
    step: Annotated[
        str | None, typer.Option(metavar="TIME", help="Time from one to the next: 1s, 250ms; else the clock tells.")
    ] = None,
    node: NodeUrl = DEFAULT_NODE,
    grpc: Grpc = None,
    as_json: AsJson = False,
) -> None:
    """Make blocks now."""
    from vaultsim.cli.steering import advance

    with _asked(node, grpc) as asked:
        _show_block(advance(asked, blocks, step), as_json)


@app.command()
def advance_time(
    by: Annotated[str, typer.Argument(metavar="TIME", help="How far: 90s, 2h.")],
    node: NodeUrl = DEFAULT_NODE,
    grpc: Grpc = None,
    as_json: AsJson = False,
) -> None:
    """Move the time of all coming blocks forward. No block is made."""
    from vaultsim.cli.steering import duration_of
    from vaultsim.pb.vaultsim.control import v1

    _show_next_time(_answer(node, grpc, v1.AdvanceTimeRequest(by=duration_of(by, "TIME")), v1.TimeResponse), as_json)


@app.command()
def set_next_block_time(
    moment: Annotated[str, typer.Argument(metavar="TIME", help="RFC 3339: 2024-11-21T00:00:01Z.")],
    node: NodeUrl = DEFAULT_NODE,
    grpc: Grpc = None,
    as_json: AsJson = False,
) -> None:
    """Set the time of the next block; those after it go on from there."""
    from vaultsim.cli.steering import timestamp_of
    from vaultsim.pb.vaultsim.control import v1

    request = v1.SetNextBlockTimeRequest(time=timestamp_of(moment))
    _show_next_time(_answer(node, grpc, request, v1.TimeResponse), as_json)


@app.command()
def pause(node: NodeUrl = DEFAULT_NODE, grpc: Grpc = None, as_json: AsJson = False) -> None:
    """No blocks from now on but those that control asks for."""
    from vaultsim.pb.vaultsim.control import v1

    _show(_answer(node, grpc, v1.PauseRequest(), v1.PauseResponse), [("blocks", "paused")], as_json)


@app.command()
def resume(node: NodeUrl = DEFAULT_NODE, grpc: Grpc = None, as_json: AsJson = False) -> None:
    """Blocks again as the node was started to make them."""
    from vaultsim.pb.vaultsim.control import v1

    _show(_answer(node, grpc, v1.ResumeRequest(), v1.ResumeResponse), [("blocks", "resumed")], as_json)


@app.command()
def set_prices(
    prices: Annotated[
        list[str], typer.Argument(metavar="MARKET=PRICE...", help="Oracle market and price in its own units.")
    ],
    node: NodeUrl = DEFAULT_NODE,
    grpc: Grpc = None,
    as_json: AsJson = False,
) -> None:
    """Set oracle prices in the next block."""
    from vaultsim.cli.steering import prices_of
    from vaultsim.pb.vaultsim.control import v1

    answer = _answer(node, grpc, v1.SetPricesRequest(prices=prices_of(prices)), v1.SetPricesResponse)
    _show(answer, [("set in the next block", pair) for pair in prices], as_json)


@app.command()
def script_prices(
    script: Annotated[
        str,
        typer.Argument(
            metavar="SCRIPT",
            help="static:MARKET=PRICE,…, walk:SEED, csv:FILE or csv:MARKET:FILE (closing prices), follow:FILE (JSON on "
            "the node's machine), none.",
        ),
    ],
    market: Annotated[list[int] | None, typer.Option(metavar="ID", help="walk: only this market; repeat it.")] = None,
    volatility_ppm: Annotated[int, typer.Option(metavar="PPM", help="walk: usual move in a block.", min=1)] = 300,
    jumps: Annotated[int, typer.Option(metavar="N", help="walk: jumps of a market in 10,000 blocks.", min=0)] = 3,
    jump_ppm: Annotated[int, typer.Option(metavar="PPM", help="walk: usual size of a jump.", min=1)] = 20_000,
    node: NodeUrl = DEFAULT_NODE,
    grpc: Grpc = None,
    as_json: AsJson = False,
) -> None:
    """Say where the oracle prices of all coming blocks come from."""
    from vaultsim.cli.steering import script_of
    from vaultsim.pb.vaultsim.control import v1

    walk = v1.PriceWalk(
        market_ids=tuple(market or ()), volatility_ppm=volatility_ppm, jumps_per_10000=jumps, jump_ppm=jump_ppm
    )
    answer = _answer(node, grpc, script_of(script, walk), v1.ScriptPricesResponse)
    _show(answer, [("prices", script)], as_json)


@app.command()
def execute(
    file: Annotated[Path, typer.Argument(metavar="FILE", help='JSON: a message with "@type", or a list; - reads it.')],
    node: NodeUrl = DEFAULT_NODE,
    grpc: Grpc = None,
    as_json: AsJson = False,
) -> None:
    """Execute messages as an authority: a proposal that passes in a block made for it. All of them, or none."""
    from vaultsim.cli.steering import messages_of
    from vaultsim.pb.vaultsim.control import v1

    text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    answer = _answer(node, grpc, messages_of(text, str(file)), v1.ExecuteAsAuthorityResponse)
    _show(answer, [("height", str(answer.height)), ("log", answer.log or "executed")], as_json)
    if answer.code:
        raise UserError(f"nothing was executed: {answer.log} [{answer.codespace} {answer.code}]")


@app.command()
def fund(
    who: Who,
    amounts: Annotated[list[str], typer.Argument(metavar="AMOUNT...", help="12.5usdc, 3000adv4tnt.")],
    node: NodeUrl = DEFAULT_NODE,
    grpc: Grpc = None,
    as_json: AsJson = False,
) -> None:
    """Give an account new coins, in a block made for it. The account is created when it is missing."""
    from vaultsim.cli.steering import coins_of
    from vaultsim.client.signer import address_named
    from vaultsim.pb.vaultsim.control import v1

    request = v1.FundRequest(address=address_named(who), coins=coins_of(amounts))
    _show_block(_answer(node, grpc, request, v1.BlockResponse), as_json)


@app.command()
def impersonate(
    who: Who,
    stop: Annotated[bool, typer.Option("--stop", help="No longer.")] = False,
    node: NodeUrl = DEFAULT_NODE,
    grpc: Grpc = None,
    as_json: AsJson = False,
) -> None:
    """Let unsigned transactions of an account run as if signed."""
    from vaultsim.client.signer import address_named
    from vaultsim.pb.vaultsim.control import v1

    address = address_named(who)
    answer = _answer(node, grpc, v1.ImpersonateRequest(address=address, stop=stop), v1.ImpersonateResponse)
    _show(answer, [("no longer impersonated" if stop else "impersonated", address)], as_json)


@app.command()
def snapshot(node: NodeUrl = DEFAULT_NODE, grpc: Grpc = None, as_json: AsJson = False) -> None:
    """Remember everything there is; prints the id to go back with."""
    from vaultsim.pb.vaultsim.control import v1

    found = _answer(node, grpc, v1.SnapshotRequest(), v1.SnapshotResponse)
    _show(found, [("snapshot", str(found.id)), ("height", str(found.height))], as_json)


@app.command()
def revert(snapshot: SnapshotId, node: NodeUrl = DEFAULT_NODE, grpc: Grpc = None, as_json: AsJson = False) -> None:
    """Go back to a snapshot, any number of times. Younger snapshots are dropped."""
    from vaultsim.pb.vaultsim.control import v1

    _show_block(_answer(node, grpc, v1.RevertRequest(id=snapshot), v1.BlockResponse), as_json)


@app.command()
def snapshots(node: NodeUrl = DEFAULT_NODE, grpc: Grpc = None, as_json: AsJson = False) -> None:
    """List the snapshots, oldest first."""
    from vaultsim.cli.steering import time_text
    from vaultsim.pb.vaultsim.control import v1

    found = _answer(node, grpc, v1.ListSnapshotsRequest(), v1.ListSnapshotsResponse)
    lines = [(str(one.id), f"height {one.height}, {time_text(one.time)}") for one in found.snapshots]
    _show(found, lines or [("snapshots", "none")], as_json)


@app.command()
def drop_snapshot(
    snapshot: SnapshotId, node: NodeUrl = DEFAULT_NODE, grpc: Grpc = None, as_json: AsJson = False
) -> None:
    """Forget a snapshot."""
    from vaultsim.pb.vaultsim.control import v1

    answer = _answer(node, grpc, v1.DropSnapshotRequest(id=snapshot), v1.DropSnapshotResponse)
    _show(answer, [("dropped", str(snapshot))], as_json)


@app.command()
def export(
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here and not to standard output.", dir_okay=False)
    ] = None,
    node: NodeUrl = DEFAULT_NODE,
    grpc: Grpc = None,
) -> None:
    """Write a genesis document of the node's state: a chain started from it goes on where this one stands."""
    from vaultsim.cli.steering import exported
    from vaultsim.node.results import write_whole

    with _asked(node, grpc) as asked:
        document = exported(asked)
    if out is None:
        sys.stdout.buffer.write(document)
    else:
        write_whole(out, document)


@app.command()
def dump(
    store: Annotated[str, typer.Argument(metavar="STORE", help="By the chain's name: vault, subaccounts, …")],
    height: Annotated[int, typer.Option(metavar="H", help="At this height; the last without it.", min=0)] = 0,
    node: NodeUrl = DEFAULT_NODE,
    grpc: Grpc = None,
) -> None:
    """Print a store, one `<key hex> <value hex>` a line, in key order."""
    from vaultsim.pb.vaultsim.control import v1

    start = b""
    with _asked(node, grpc) as asked:
        while True:
            request = v1.DumpStoreRequest(store=store, height=height, start=start)
            page = asked.ask(request, v1.DumpStoreResponse)
            # The pages after the first are of the same height, also when blocks come.
            height, start = page.height, page.next
            for row in page.rows:
                print(row.key.hex(), row.value.hex())
            if not start:
                return


@contextmanager
def _asked(node: str, grpc: str | None) -> Iterator[Node]:
    from vaultsim.client.node import Node

    with Node(node if grpc is None else f"grpc+http://{grpc}") as asked:
        yield asked


def _answer(node: str, grpc: str | None, request: Message, answer: Any) -> Any:
    with _asked(node, grpc) as asked:
        return asked.ask(request, answer)


def _show(answer: Message, lines: list[tuple[str, str]], as_json: bool) -> None:
    from vaultsim.cli.answers import print_json, print_lines

    if as_json:
        print_json(answer.to_json())
    else:
        print_lines(lines)


def _show_block(block: Any, as_json: bool) -> None:
    from vaultsim.cli.steering import time_text

    lines = [("height", str(block.height)), ("time", time_text(block.time)), ("app hash", block.app_hash.hex())]
    _show(block, lines, as_json)


def _show_next_time(answer: Any, as_json: bool) -> None:
    from vaultsim.cli.steering import time_text

    _show(answer, [("next block at", time_text(answer.next_block_time))], as_json)
