"""What is committed stands on its own: no paths of one machine, no stray output."""

from __future__ import annotations

import re
import subprocess

from tests.architecture.source import ROOT

MACHINE_PATH = re.compile(r"(?<![\w./])/(?:work|root|tmp|home/\w+)/\w")
DATA = (".gz", ".jsonl", ".lock", ".bin", ".png", ".svg")


def committed() -> list[str]:
    """Paths known to git; outside a clone, every file that a release would hold."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0:
        return sorted(name for name in listed.stdout.decode().split("\0") if name)
    hidden = (".venv", ".git", "__pycache__")
    files = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return sorted(str(path) for path in files if not any(part in hidden for part in path.parts))


def test_no_committed_file_names_a_path_of_one_machine() -> None:
    wrong = []
    for name in committed():
        path = ROOT / name
        if name.endswith(DATA) or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if MACHINE_PATH.search(line):
                wrong.append(f"{name}:{number}: {line.strip()[:120]}")
    assert wrong == []


def test_the_lock_holds_hashes_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    pins = re.findall(r"^[a-z0-9-]+==\S+.*\\$", text, re.MULTILINE)
    assert len(pins) > 20
    assert text.count("--hash=sha256:") >= len(pins)
