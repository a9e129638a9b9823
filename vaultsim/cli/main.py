"""The `vaultsim` command. What a command needs is imported when it runs, so that `--help` stays quick."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from vaultsim.cli.control import app as control_app
from vaultsim.cli.fork import fork
from vaultsim.cli.query import app as query_app
from vaultsim.cli.start import start
from vaultsim.cli.tx import app as tx_app
from vaultsim.errors import ChainHalted, UserError

DIFFERS = 1
BAD_INPUT = 2
HALTED = 3
OUR_BUG = 70
INTERRUPTED = 130

app = typer.Typer(
    name="vaultsim",
    help="A deterministic simulator of a dYdX-like chain, centred on MegaVault: genesis plus messages in, "
    "the chain's exact state out.",
    epilog="Exit codes: 0 done, 1 differs from what was expected, 2 bad input, 3 the chain halted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
genesis_app = typer.Typer(help="Look at genesis documents.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(genesis_app, name="genesis")
app.command()(start)
app.add_typer(control_app, name="control")
app.command()(fork)
app.add_typer(tx_app, name="tx")
app.add_typer(query_app, name="query")

Genesis = Annotated[
    Path,
    typer.Argument(metavar="GENESIS", help="Genesis document (.json or .json.gz).", exists=True, dir_okay=False),
]
Home = Annotated[
    Path,
    typer.Option("--home", metavar="DIR", help="Where a replay kept its state.", exists=True, file_okay=False),
]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"vaultsim {version('vaultsim')}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


@app.command()
def replay(
    genesis: Genesis,
    blocks: Annotated[
        Path,
        typer.Argument(
            metavar="BLOCKS", help="Blocks, one JSON value a line (.jsonl or .jsonl.gz).", exists=True, dir_okay=False
        ),
    ],
    home: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep the end state here, for `dump` and `export`.", file_okay=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write results.jsonl, blocks.jsonl, export.json, summary.json.", file_okay=False
        ),
    ] = None,
    changes: Annotated[
        bool, typer.Option("--changes", help="With --out: every changed row of every store, block by block.")
    ] = False,
    expect: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="An earlier results.jsonl; stop at the first difference.", exists=True, dir_okay=False
        ),
    ] = None,
    until: Annotated[int | None, typer.Option(metavar="HEIGHT", help="Stop after this block.", min=1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON, and no progress.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse a genesis with sections that are not simulated.")
    ] = False,
) -> None:
    """Run BLOCKS on GENESIS and show where the chain ends."""
    if changes and out is None:
        raise UserError("--changes: there is nowhere to write them; name a folder with --out")
    from vaultsim.cli.progress import watching
    from vaultsim.node.replay import ReplayOptions, run_replay

    options = ReplayOptions(
        genesis=genesis, blocks=blocks, home=home, out=out, changes=changes, expect=expect, until=until, strict=strict
    )
    with watching(silent=as_json) as watcher:
        result = run_replay(options, watcher)
    if as_json:
        _print_json(result.summary)
    else:
        from vaultsim.cli.tables import print_summary

        print_summary(result.summary)
    if result.difference is not None:
        _leave(DIFFERS, f"{expect}: {result.difference}")


@app.command()
def dump(
    home: Home,
    store: Annotated[str, typer.Option(metavar="NAME", help="The store, by the chain's name: vault, subaccounts, …")],
    height: Annotated[int | None, typer.Option(metavar="H", help="At this height; the last without it.", min=1)] = None,
) -> None:
    """Print a store, one `<key hex> <value hex>` a line, in key order."""
    from vaultsim.node.home import stored_rows

    _end_with_the_reader()
    write = sys.stdout.write
    for key, value in stored_rows(home, store, height):
        write(f"{key.hex()} {value.hex()}\n")


@app.command()
def export(
    home: Home,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here and not to standard output.", dir_okay=False)
    ] = None,
) -> None:
    """Write a genesis document of the state in --home."""
    from vaultsim.node.home import export_genesis

    document = export_genesis(home)
    if out is None:
        _end_with_the_reader()
        sys.stdout.buffer.write(document)
    else:
        from vaultsim.node.results import write_whole

        write_whole(out, document)


@app.command()
def flow(
    genesis: Genesis,
    seed: Annotated[int, typer.Option(metavar="S", help="The same seed gives the same bytes everywhere.", min=0)],
    blocks: Annotated[int, typer.Option(metavar="N", help="How many blocks.", min=1)],
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A market follows the closing prices of this CSV file.", exists=True, dir_okay=False
        ),
    ] = None,
    csv_market: Annotated[int, typer.Option(metavar="ID", help="With --csv: the oracle market.", min=0)] = 0,
    volatility_ppm: Annotated[
        int, typer.Option(metavar="PPM", help="How far prices wander in a block.", min=0, max=100_000)
    ] = 300,
    jumps: Annotated[int, typer.Option(metavar="N", help="Jumps of a market in 10,000 blocks.", min=0, max=10_000)] = 3,
    jump_ppm: Annotated[int, typer.Option(metavar="PPM", help="How far prices jump.", min=0, max=300_000)] = 20_000,
    noise: Annotated[int, typer.Option(metavar="N", help="Noise takers' orders in 100 blocks.", min=0)] = 150,
    momentum: Annotated[int, typer.Option(metavar="N", help="Momentum takers' orders in 100 blocks.", min=0)] = 50,
    deposits: Annotated[int, typer.Option(metavar="N", help="MegaVault deposits in 100 blocks.", min=0)] = 10,
    withdrawals: Annotated[int, typer.Option(metavar="N", help="MegaVault withdrawals in 100 blocks.", min=0)] = 6,
    allocations: Annotated[int, typer.Option(metavar="N", help="The operator's allocations in 100 blocks.", min=0)] = 4,
    step: Annotated[str, typer.Option(metavar="TIME", help="Time between blocks.")] = "+1s",
) -> None:
    """Print blocks for GENESIS: price paths, takers, depositors, the operator; drawn from a seed."""
    from vaultsim.node.flow import FlowOptions, flow_lines
    from vaultsim.node.flow_paths import Walk
    from vaultsim.node.times import parse_step

    if parse_step(step) is None:
        raise UserError(f'--step: {step!r} is no time between blocks such as "+1s" or "+0.5s"')
    options = FlowOptions(
        walk=Walk(volatility_ppm=volatility_ppm, jumps_per_10000=jumps, jump_ppm=jump_ppm),
        csv=csv,
        csv_market=csv_market,
        noise=noise,
        momentum=momentum,
        deposits=deposits,
        withdrawals=withdrawals,
        allocations=allocations,
        step=step,
    )
    _end_with_the_reader()
    for line in flow_lines(genesis, seed=seed, blocks=blocks, options=options):
        sys.stdout.write(line + "\n")


@genesis_app.command()
def check(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Genesis document (.json or .json.gz).", exists=True, dir_okay=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what a genesis holds, module by module, and every problem with its path."""
    from vaultsim.node.genesis_check import check_genesis

    report = check_genesis(file)
    if as_json:
        _print_json(report)
    else:
        from vaultsim.cli.tables import print_genesis

        print_genesis(report)
    if report.problems:
        raise typer.Exit(BAD_INPUT)


def _print_json(value: object) -> None:
    import msgspec

    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _end_with_the_reader() -> None:
    """Lets `vaultsim dump | head` end quietly when `head` has seen enough."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _leave(code: int, text: str) -> NoReturn:
    print(f"vaultsim: {text}", file=sys.stderr)
    sys.exit(code)


def main() -> None:
    """Runs the command line; mistakes of the user end in one sentence and exit code 2, never in a traceback."""
    signal.signal(signal.SIGINT, lambda *_: sys.exit(INTERRUPTED))
    try:
        app()
    except UserError as mistake:
        _leave(BAD_INPUT, str(mistake))
    except ChainHalted as halt:
        _leave(HALTED, f"the chain halted: {halt}")
    except OSError as failure:
        place = f"{failure.filename}: " if failure.filename else ""
        _leave(BAD_INPUT, f"{place}{failure.strerror or failure}; check that the path and its permissions are right")
    except Exception:
        import traceback

        traceback.print_exc()
        _leave(OUR_BUG, "this is a bug in vaultsim; please report it with the lines above")


if __name__ == "__main__":
    main()
