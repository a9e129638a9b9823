"""Prints what this machine reaches, each figure beside its aim: `bench.py [--long] [core] [market] [perpvault]`.

The work is the same on every run. Nothing is asserted: a missed aim says MISSED, and the exit code stays 0.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from benchmarks import core, market, perpvault
from benchmarks.figures import machine

SHORT_IDLE, SHORT_RUN = 20_000, 4_000
LONG = 100_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help=f"idle blocks and the long run go to {LONG:,} blocks")
    parser.add_argument("parts", nargs="*", metavar="PART", help="core, market, perpvault; all without one")
    asked = parser.parse_args()
    unknown = sorted(set(asked.parts) - {"core", "market", "perpvault"})
    if unknown:
        parser.error(f"no part named {unknown[0]}; there are core, market and perpvault")
    print(machine())
    print("times are CPU seconds of this one-threaded process")
    if not asked.parts or "core" in asked.parts:
        core.report(LONG if asked.long else SHORT_IDLE)
    if not asked.parts or "market" in asked.parts:
        market.report(LONG if asked.long else SHORT_RUN)
    if not asked.parts or "perpvault" in asked.parts:
        perpvault.report()


if __name__ == "__main__":
    main()
