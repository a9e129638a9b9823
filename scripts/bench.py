"""Prints what this machine reaches, each figure beside its aim: `bench.py [--long] [PART ...]`.

The work is the same on every run. Nothing is asserted: a missed aim says MISSED, and the exit code stays 0.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from benchmarks import core, funds, market, mmvault, perpvault, served
from benchmarks.figures import machine

SHORT_IDLE, SHORT_RUN = 20_000, 4_000
LONG = 100_000
PARTS: dict[str, Callable[[bool], None]] = {
    "core": lambda long: core.report(LONG if long else SHORT_IDLE),
    "market": lambda long: market.report(LONG if long else SHORT_RUN),
    "served": lambda _: served.report(),
    "mmvault": lambda _: mmvault.report(),
    "perpvault": lambda _: perpvault.report(),
    "funds": lambda _: funds.report(),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help=f"idle blocks and the long run go to {LONG:,} blocks")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all without one")
    asked = parser.parse_args()
    unknown = sorted(set(asked.parts) - PARTS.keys())
    if unknown:
        parser.error(f"no part named {unknown[0]}; there are {', '.join(PARTS)}")
    print(machine())
    print("times are CPU seconds of this one-threaded process, except those of the part served")
    for name, report in PARTS.items():
        if not asked.parts or name in asked.parts:
            report(asked.long)


if __name__ == "__main__":
    main()
