"""Replay: genesis plus blocks in, the chain's exact state out. The main job.

Source: DESIGN §6; the files are described in docs/FORMATS.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vaultsim.app.results import TxResult
from vaultsim.errors import ChainHalted, UserError
from vaultsim.node.block_lines import BlockLine, read_block_lines
from vaultsim.node.chain import BlockOutcome, Chain
from vaultsim.node.expectation import Expectation
from vaultsim.node.export import export_document
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.home import save_home
from vaultsim.node.reports import ReplayResult, ReplaySummary, Watcher
from vaultsim.node.results import RunFiles, block_line, pretty, result_line, write_whole
from vaultsim.node.run_line import run_line, time_after
from vaultsim.node.start import Started, start_app
from vaultsim.node.summary import summarize
from vaultsim.node.tx_sources import check_sources


@dataclass(frozen=True)
class ReplayOptions:
    """What to replay and where to put what comes out; see `vaultsim replay --help`."""

    genesis: Path
    blocks: Path
    home: Path | None = None
    out: Path | None = None
    changes: bool = False
    expect: Path | None = None
    until: int | None = None
    strict: bool = False


def run_replay(options: ReplayOptions, watcher: Watcher) -> ReplayResult:
    """Runs every block and returns the summary, or stops at the first difference from `options.expect`.

    Raises UserError before anything runs when a file does not fit, ChainHalted when the chain stops.
    """
    started = start_app(read_genesis(options.genesis), strict=options.strict)
    blocks = _count_blocks(options, started)
    for note in started.notes:
        watcher.noted(note)
    watcher.started(started.app.chain_id, blocks)
    replay = Replay(started, options, watcher)
    with RunFiles(options.out) as files:
        try:
            difference = replay.run(files)
        except ChainHalted:
            files.finish()
            raise
        files.finish()
        summary = replay.finish()
    return ReplayResult(summary=summary, difference=difference)


def _count_blocks(options: ReplayOptions, started: Started) -> int:
    """Reads the whole block file once, so that a bad line is told before anything runs; returns how many blocks."""
    height, time_ns = started.app.height + started.is_fresh, started.app.time_ns
    first = height
    for line in read_block_lines(options.blocks):
        if line.height is not None and line.height != height + 1:
            raise UserError(f"{line.place}, field 'height': {line.height} where {height + 1} comes next")
        after = time_after(line, time_ns, line.repeat)
        if after < time_ns:
            raise UserError(f"{line.place}, field 'time': before the time of the block before; time never goes back")
        check_sources(line)
        height, time_ns = height + line.repeat, after
    last = height if options.until is None else min(height, options.until)
    return max(last - first, 0) + started.is_fresh


class Replay:
    """One run of a block file over a chain."""

    def __init__(self, started: Started, options: ReplayOptions, watcher: Watcher) -> None:
        self._options = options
        self._watcher = watcher
        self._started = started
        self._chain = Chain(started.app, index_prices=started.index_prices)
        self._expected = Expectation(options.expect) if options.expect else None
        self._blocks = self._txs = self._failed = 0

    def run(self, files: RunFiles) -> str | None:
        """Runs all blocks; returns the first difference from the expected run, if any."""
        if self._started.is_fresh:
            outcome = self._chain.run_first_block()
            difference = self._done(files, outcome, None, is_first=True)
            if difference:
                return difference
        else:
            self._chain.resume()
        for line in self._lines():
            check, outcome = run_line(self._chain, line)
            difference = self._done(files, outcome, check, is_first=False)
            if difference:
                return difference
        if self._expected is not None and self._options.until is None:
            return self._expected.left_over(self._chain.app.height)
        return None

    def _lines(self) -> Iterator[BlockLine]:
        until = self._options.until
        for line in read_block_lines(self._options.blocks):
            for _ in range(line.repeat):
                if until is not None and self._chain.app.height >= until:
                    return
                yield line

    def _done(
        self, files: RunFiles, outcome: BlockOutcome, check: list[TxResult] | None, *, is_first: bool
    ) -> str | None:
        self._blocks += 1
        self._watcher.block(outcome.height)
        self._txs += len(outcome.results)
        self._failed += sum(result.code != 0 for result in outcome.results)
        if self._options.out is None and self._expected is None:
            return None
        changes = outcome.changes if self._options.changes or self._expected else None
        line = result_line(outcome.height, outcome.time_ns, outcome.app_hash, check, outcome.results, changes)
        difference = self._expected.difference(line) if self._expected else None
        if not self._options.changes:
            line.pop("changes", None)
        block = None if is_first else block_line(outcome.height, outcome.time_ns, outcome.raw_txs, outcome.gov_json)
        files.write(line, block)
        return difference

    def finish(self) -> ReplaySummary:
        """Writes the end state where it is wanted and sums the run up."""
        chain, options = self._chain, self._options
        summary = summarize(chain.app, blocks=self._blocks, transactions=self._txs, failed=self._failed)
        if options.out is not None or options.home is not None:
            document = export_document(chain.app, self._started.aside, chain.index_prices).to_json()
            if options.out is not None:
                write_whole(options.out / "export.json", pretty(document))
                write_whole(options.out / "summary.json", pretty(summary))
            if options.home is not None:
                rows = {name: list(chain.app.store.rows(name)) for name in chain.app.store.persistent_stores()}
                save_home(options.home, chain.app.chain_id, chain.app.height, rows, document)
        return summary
