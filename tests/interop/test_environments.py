"""The clients' environments are what they claim to be, and none of them is this project's."""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, version

import pytest

from tests.genesis.runs import ROOT

FOLDER = ROOT / "tests" / "interop"


def pins(lock: str) -> dict[str, str]:
    """Versions by package; where a lock has one per Python version, any of them."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (FOLDER / lock).read_text(), re.MULTILINE))


def test_the_locks_name_the_clients_that_are_promised() -> None:
    dydx, cosmpy = pins("requirements-dydx.lock"), pins("requirements-cosmpy.lock")
    assert (dydx["dydx-v4-client"], dydx["v4-proto"], dydx["protobuf"]) == ("1.1.5", "8.2.0", "6.33.6")
    assert (cosmpy["cosmpy"], cosmpy["protobuf"]) == ("0.12.2", "5.29.6")
    packages = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    assert packages["node_modules/@dydxprotocol/v4-client-js"]["version"] == "3.6.0"
    assert all("integrity" in package for place, package in packages.items() if place)


def test_every_pin_has_its_hashes() -> None:
    for lock in ("requirements-dydx.lock", "requirements-cosmpy.lock"):
        text = (FOLDER / lock).read_text()
        assert text.count("--hash=sha256:") >= len(re.findall(r"==.*\\$", text, re.MULTILINE)) > 20


@pytest.mark.parametrize("package", ["v4-proto", "dydx-v4-client"])
def test_what_cannot_live_beside_cosmpy_is_not_installed_here(package: str) -> None:
    """v4-proto 8 needs protobuf 6, cosmpy pins protobuf 5, and pip does not notice."""
    with pytest.raises(PackageNotFoundError):
        version(package)
