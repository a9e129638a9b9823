"""Genesis documents that come with the program, by name: `localnet`, `mainnet` and the stories."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vaultsim.errors import UserError

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_FOLDERS: Final = (_PACKAGE / "genesis", _PACKAGE.parent / "genesis")
"""In an installed package, and in the source tree."""
_FILE: Final = "genesis.json"


def preset_names() -> list[str]:
    """The names that `genesis_path` knows, in order."""
    return sorted(place.parent.name for place in _shipped().glob(f"*/{_FILE}"))


def genesis_path(name: str | Path) -> Path:
    """The file of a preset, else the path itself: the name of a preset wins.

    Raises UserError when there is neither.
    """
    names = preset_names()
    if str(name) in names:
        return _shipped() / name / _FILE
    path = Path(name)
    if not path.is_file():
        raise UserError(f"{name}: neither a file nor the name of a genesis that is shipped ({', '.join(names)})")
    return path


def _shipped() -> Path:
    return next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[0])
