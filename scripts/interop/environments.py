"""The clients' own environments: made once per lock file, kept under .interop/, named by its hash."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "tests" / "interop"
CACHE = ROOT / ".interop"
INSTALL_SECONDS = 900
OLDEST_NODE = 18


class Unavailable(Exception):
    """An environment that cannot be made: one sentence."""


class Environment(NamedTuple):
    """How a scenario of one client is started: the command before the script, and the environment variables."""

    command: tuple[str, ...]
    variables: Mapping[str, str]


def python_environment(name: str) -> Environment:
    """The virtual environment of requirements-NAME.lock. Raises Unavailable."""
    lock = LOCKS / f"requirements-{name}.lock"
    folder = _prepared(name, [lock], sys.version, lambda path: _install_python(path, lock))
    return Environment((str(folder / "bin" / "python"), "-I"), _clean())


def node_environment(name: str) -> Environment:
    """The node_modules of package-lock.json. Raises Unavailable."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Unavailable(f"Node.js {OLDEST_NODE} or later with npm is needed for the JavaScript client; install it")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        raise Unavailable(f"Node.js {OLDEST_NODE} or later is needed for the JavaScript client; {node} is {version}")
    files = [LOCKS / "package.json", LOCKS / "package-lock.json"]
    folder = _prepared(name, files, version, lambda path: _install_node(path, npm, files))
    return Environment((node,), {**_clean(), "NODE_PATH": str(folder / "node_modules")})


def _clean() -> dict[str, str]:
    """The variables of this process without what would steer a client: paths, protobuf's choice, proxies."""
    steering = ("PYTHON", "PROTOCOL_BUFFERS", "NODE_", "GRPC_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(steering) and not name.lower().endswith("_proxy")
    }
    return {**kept, "no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost", "PYTHONUNBUFFERED": "1"}


def _prepared(name: str, locks: list[Path], version: str, install) -> Path:  # type: ignore[no-untyped-def]
    digest = hashlib.sha256(version.encode())
    for lock in locks:
        digest.update(lock.read_bytes())
    folder = CACHE / f"{name}-{digest.hexdigest()[:16]}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        if not (folder / ".installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            print(f"installing the environment of {name} into {folder.relative_to(ROOT)} ...", flush=True)
            install(folder)
            (folder / ".installed").touch()
    return folder


def _install_python(folder: Path, lock: Path) -> None:
    _run([sys.executable, "-m", "venv", str(folder)])
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "-r", str(lock)])


def _install_node(folder: Path, npm: str, files: list[Path]) -> None:
    folder.mkdir(parents=True)
    for file in files:
        shutil.copy(file, folder)
    _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)


def _run(command: list[str], folder: Path | None = None) -> None:
    ran = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, stdin=subprocess.DEVNULL
    )
    if ran.returncode:
        tail = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[-12:])
        raise Unavailable(f"{' '.join(command)} failed with {ran.returncode}:\n{tail}")
