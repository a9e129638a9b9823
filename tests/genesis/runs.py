"""Shared by the tests of shipped chains: run a chain and look at what came out."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from vaultsim.node.block_lines import BlockLine, read_block_lines
from vaultsim.node.chain import BlockOutcome, Chain
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.run_line import run_line
from vaultsim.node.start import start_app
from vaultsim.testing.invariants import Invariants

ROOT = Path(__file__).parents[2]


class Step(msgspec.Struct, frozen=True):
    """One block: CheckTx results of what was submitted, and the block itself."""

    check: list[dict[str, Any]]
    outcome: BlockOutcome

    @property
    def txs(self) -> list[dict[str, Any]]:
        return [result.to_json() for result in self.outcome.results]

    def refusals(self) -> list[tuple[str, int]]:
        """Codespace and code of everything refused, CheckTx first."""
        both = [*self.check, *self.txs]
        return [(result["codespace"], result["code"]) for result in both if result["code"]]

    def events(self, kind: str) -> list[dict[str, str]]:
        """Attributes of all transaction events of a type."""
        found = []
        for result in self.txs:
            for event in result.get("events", ()):
                if event["type"] == kind:
                    found.append({one["key"]: one["value"] for one in event["attributes"]})
        return found


class Run:
    """A shipped chain, run block by block with the invariants checked after each."""

    def __init__(self, name: str) -> None:
        folder = ROOT / "genesis" / name
        self.started = start_app(read_genesis(folder / "genesis.json"), strict=False)
        self.chain = Chain(self.started.app, index_prices=self.started.index_prices)
        self._invariants = Invariants(self.started.app)
        self.steps: dict[int, Step] = {}
        self.equities: dict[int, int] = {}
        self._done(Step([], self.chain.run_first_block()))
        for line in read_block_lines(folder / "blocks.jsonl"):
            for _ in range(line.repeat):
                self._run(line)

    def _run(self, line: BlockLine) -> None:
        check, outcome = run_line(self.chain, line)
        self._done(Step([result.to_json() for result in check or ()], outcome))

    def _done(self, step: Step) -> None:
        self._invariants.check()
        self.steps[step.outcome.height] = step
        self.equities[step.outcome.height] = self.equity()

    def equity(self) -> int:
        """Megavault equity in quote quantums."""
        keeper = self.chain.app.modules.vault
        return int(keeper.megavault_equity(self.chain.app.query_context()))


@lru_cache(maxsize=3)
def run_of(name: str) -> Run:
    """The run of a shipped chain; each is run once."""
    return Run(name)
