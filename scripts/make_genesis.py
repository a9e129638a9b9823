"""Writes the chains under genesis/, the same bytes every time: `make_genesis.py [--out DIR] [NAME ...]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from chains import faq, four_designs, fundvault, localnet, mainnet, mmvault, perpvault  # noqa: E402

Writer = Callable[[Path], None]

CHAINS: dict[str, Writer] = {
    "localnet": lambda folder: localnet.story().write(folder),
    "faq-ownership": lambda folder: faq.ownership().write(folder),
    "faq-slippage-low": lambda folder: faq.slippage_low().write(folder),
    "faq-slippage-medium": lambda folder: faq.slippage_medium().write(folder),
    "faq-slippage-high": lambda folder: faq.slippage_high().write(folder),
    "mainnet": mainnet.write,
    "mmvault": lambda folder: mmvault.story().write(folder),
    "fundvault": lambda folder: fundvault.story().write(folder),
    "perpvault": lambda folder: perpvault.story().write(folder),
    "four-designs": lambda folder: four_designs.story().write(folder),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "genesis", metavar="DIR", help="default: genesis/")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(CHAINS)}; all without one")
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(CHAINS))
    if unknown:
        parser.error(f"no chain named {unknown[0]}; there are {', '.join(CHAINS)}")
    for name in asked.names or CHAINS:
        CHAINS[name](asked.out / name)
        print(f"{asked.out / name}")


if __name__ == "__main__":
    main()
