"""A chain that tells a story: the lines of its block file, and what each of them is about, for the README beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chains import messages
from chains.document import Genesis

Json = dict[str, Any]


class Story:
    """Collects block lines from height 2 on, one second apart unless said otherwise."""

    def __init__(self, name: str, genesis: Genesis, opening: str, closing: str = "") -> None:
        self.name = name
        self.genesis = genesis
        self.opening = opening
        self.closing = closing
        self.height = 2
        """The height of the next line."""
        self.markets = list(genesis.markets)
        self.prices = {number: market.price for number, market in enumerate(genesis.markets)}
        self.lines: list[Json] = []
        self.table: list[tuple[str, str]] = []
        self._client_id = 0

    def block(
        self,
        says: str,
        *submit: Json,
        step: str = "+1s",
        prices: dict[int, int] | None = None,
        gov: list[Json] | None = None,
        repeat: int = 1,
    ) -> None:
        """One line, or `repeat` blocks alike; `says` goes into the README."""
        line: Json = {"time": step}
        if repeat > 1:
            line["repeat"] = repeat
        else:
            line = {"height": self.height, **line}
        if submit:
            line["submit"] = list(submit)
        if prices:
            line["prices"] = {str(market): price for market, price in prices.items()}
            self.prices.update(prices)
        if gov:
            line["gov"] = gov
        self.lines.append(line)
        last = self.height + repeat - 1
        self.table.append((str(self.height) if repeat == 1 else f"{self.height}-{last}", says))
        self.height = last + 1

    def taker(
        self, name: str, pair: int, side: str, dollars: int, *, number: int = 0, within_ppm: int = 20_000
    ) -> Json:
        """An order that takes what rests within `within_ppm` of the last oracle price, and is gone (IOC)."""
        market = self.markets[pair]
        exponent = market.exponent + market.atomic_resolution + 6
        price = self.prices[pair]
        quantums = _scaled(dollars * 1_000_000, -exponent) // price
        quantums = max(1, quantums // market.step_base_quantums) * market.step_base_quantums
        limit = price * (1_000_000 + (within_ppm if side == "BUY" else -within_ppm))
        subticks = _scaled(limit, exponent - market.quantum_conversion_exponent) // 1_000_000
        subticks = subticks // market.subticks_per_tick * market.subticks_per_tick
        self._client_id += 1
        return messages.order(
            name,
            pair,
            side,
            quantums,
            subticks,
            client_id=self._client_id,
            number=number,
            good_til_block=self.height + 5,
            time_in_force="IOC",
        )

    def write(self, folder: Path) -> None:
        """genesis.json, blocks.jsonl and README.md."""
        folder.mkdir(parents=True, exist_ok=True)
        write_genesis(folder / "genesis.json", self.genesis.document())
        lines = (json.dumps(line, separators=(",", ":")) for line in self.lines)
        (folder / "blocks.jsonl").write_text("".join(f"{line}\n" for line in lines), newline="\n")
        (folder / "README.md").write_text(self.readme(), newline="\n")

    def readme(self) -> str:
        rows = "".join(f"| {heights} | {says} |\n" for heights, says in self.table)
        parts = [f"# {self.name}", self.opening.strip(), f"| block | what happens |\n|---|---|\n{rows}".strip()]
        if self.closing:
            parts.append(self.closing.strip())
        return "\n\n".join(parts) + "\n"


def write_genesis(path: Path, document: Json) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n", newline="\n")


def _scaled(value: int, exponent: int) -> int:
    return value * 10**exponent if exponent >= 0 else value // 10**-exponent
