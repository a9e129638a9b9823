"""Lets bad and busy clients loose on a running node and prints how it bears up: `load.py [--vectors DIR] [ATTACK …]`.

Memory must stay bounded, blocks must come, and small questions must be answered throughout. Exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from abuse.attacks import ATTACKS, Attack, recorded_transactions
from abuse.watch import Figures, Watch
from interop.nodes import running_node

MOST_MEGABYTES = 700.0
MOST_GAP_SECONDS = 3.0
FLAGS = ("--block-time", "200ms", "--patience", "5")
SETTLE_SECONDS = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=Path, metavar="DIR", help="send the transactions of the recorded runs, too")
    names = [attack.__name__ for attack in ATTACKS]  # type: ignore[attr-defined]
    parser.add_argument("attacks", nargs="*", metavar="ATTACK", help="some of: " + ", ".join(names))
    asked = parser.parse_args()
    unknown = sorted(set(asked.attacks) - set(names))
    if unknown:
        parser.error(f"no attack named {unknown[0]}; there are {', '.join(names)}")
    chosen = [one for name, one in zip(names, ATTACKS, strict=True) if not asked.attacks or name in asked.attacks]
    if asked.vectors is not None:
        chosen.append(recorded_transactions(asked.vectors))
    _allow_many_connections()
    with running_node(*FLAGS) as doors, Watch(doors["pid"], doors["indexer"]) as watch:
        problems = [problem for attack in chosen for problem in asyncio.run(_run(attack, doors, watch))]
    for problem in problems:
        print(f"FAILED  {problem}")
    sys.exit(1 if problems else 0)


def _allow_many_connections() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _run(attack: Attack, doors: dict[str, object], watch: Watch) -> list[str]:
    await asyncio.sleep(SETTLE_SECONDS)
    watch.begin()
    await asyncio.sleep(SETTLE_SECONDS)
    done = await attack(doors)
    await asyncio.sleep(SETTLE_SECONDS)
    figures = watch.figures()
    print(done)
    print(
        f"    memory {figures.megabytes_before:.0f} MB, most {figures.megabytes_most:.0f}, then "
        f"{figures.megabytes_after:.0f}; {figures.blocks} blocks, longest gap {figures.gap_seconds:.2f} s; "
        f"slowest small answer {figures.slowest_seconds * 1_000:.0f} ms",
        flush=True,
    )
    return _problems(done, figures)


def _problems(done: str, figures: Figures) -> list[str]:
    problems = []
    if figures.megabytes_most > MOST_MEGABYTES:
        problems.append(f"{done}: {figures.megabytes_most:.0f} MB, more than {MOST_MEGABYTES:.0f}")
    if figures.gap_seconds > MOST_GAP_SECONDS:
        problems.append(f"{done}: no block for {figures.gap_seconds:.1f} s")
    return problems


if __name__ == "__main__":
    main()
