"""The commands that docs/CLIENT.md shows do what the page says, one after the other."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.client.conftest import Program
from vaultsim.testing.accounts import ALICE, account
from vaultsim.testing.served import ServedChain, served

PAGE = (ROOT / "docs" / "CLIENT.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^(<!-- on: four-designs -->\n)?```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(*, of_designs: bool) -> list[str]:
    """The lines of the page's blocks, either of those for the chain with all designs or of the others."""
    return [line for mark, block in BLOCK.findall(PAGE) if bool(mark) == of_designs for line in block.splitlines()]


def run_all(vaultsim: Program, lines: list[str]) -> None:
    assert len(lines) > 10
    for command in lines:
        name, *arguments = shlex.split(command)
        ended = vaultsim(*arguments)
        assert (name, ended.code) == ("vaultsim", 0), (command, ended.err)


def test_the_page_s_commands_run(chain: ServedChain, vaultsim: Program) -> None:
    run_all(vaultsim, commands(of_designs=False))
    assert chain.state.shares(ALICE) == 50_000_000_000 - 1_000_000
    assert chain.state.balance(account("zoe")) == 12_500_000
    assert len(chain.query.vault.Vault(type=1, number=0).most_recent_client_ids) == 6


class TestDesigns:
    """The same on a chain with the further designs."""

    @pytest.fixture
    def chain(self) -> Iterator[ServedChain]:
        with served("four-designs") as one:
            yield one

    def test_the_page_s_commands_run_there(
        self, chain: ServedChain, vaultsim: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [terms] = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        (tmp_path / "terms.json").write_text(terms)
        monkeypatch.chdir(tmp_path)
        run_all(vaultsim, commands(of_designs=True))
        assert chain.state.mmvault.shares[ALICE.address] == 5_000_000_000
        assert chain.state.balance(ALICE, "usdg") == (29_910 - 1_000) * 10**18
        assert [one.is_long for one in chain.state.perpvault.positions.values()] == [False]
        [fund] = chain.query.fundvault.Vaults().vaults
        assert (fund.metadata.name, fund.investment_value, len(fund.redemption_dates)) == ("Trend", "10000000000", 12)
