"""Fails when `make proto` would change what is committed under `vaultsim/pb`."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GENERATED = ROOT / "vaultsim" / "pb"


def digests() -> dict[str, str]:
    """SHA-256 of each file under `vaultsim/pb`, by its path."""
    return {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(GENERATED.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def main() -> int:
    before = digests()
    subprocess.run([sys.executable, str(ROOT / "scripts" / "generate_pb.py")], check=True, cwd=ROOT)
    after = digests()
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    if changed:
        print("`make proto` changes these files; run it and commit the result:", *changed, sep="\n  ")
        return 1
    print(f"make proto: {len(after)} generated files are up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
