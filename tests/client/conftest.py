"""A running node that all tests here share, and the command in this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from vaultsim.cli.main import main
from vaultsim.testing.served import ServedChain, served


class Ended(NamedTuple):
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str


class Program:
    """The command line against one node."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self._monkeypatch, self._capsys = monkeypatch, capsys
        monkeypatch.setenv("VAULTSIM_NODE", url)
        monkeypatch.delenv("VAULTSIM_MNEMONIC", raising=False)

    def __call__(self, *arguments: str) -> Ended:
        self._monkeypatch.setattr(sys, "argv", ["vaultsim", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        told = self._capsys.readouterr()
        return Ended(int(left.value.code or 0), told.out, told.err)

    def done(self, *arguments: str) -> str:
        """What a command printed that must succeed."""
        ended = self(*arguments)
        assert (ended.code, ended.err) == (0, "")
        return ended.out

    def refused(self, *arguments: str) -> str:
        """The one sentence of a command that must be refused as bad input."""
        ended = self(*arguments)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith("vaultsim: ")
        assert ended.err.count("\n") == 1
        return ended.err


@pytest.fixture(scope="session")
def _served() -> Iterator[ServedChain]:
    with served("localnet") as one:
        yield one


@pytest.fixture
def chain(_served: ServedChain) -> Iterator[ServedChain]:
    """A node that makes a block after each transaction; it goes back to its first block after the test."""
    before = _served.snapshot()
    yield _served
    _served.revert(before)
    _served.drop_snapshot(before)


@pytest.fixture
def vaultsim(chain: ServedChain, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    return Program(f"grpc+http://{chain.grpc}", monkeypatch, capsys)
