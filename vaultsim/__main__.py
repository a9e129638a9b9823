"""`python -m vaultsim` is the `vaultsim` command."""

from __future__ import annotations

from vaultsim.cli.main import main

if __name__ == "__main__":
    main()
