"""The commands that docs/CLIENT.md shows do what the page says, one after the other."""

from __future__ import annotations

import re
import shlex

from tests.architecture.source import ROOT
from tests.client.conftest import Program
from vaultsim.testing.accounts import ALICE, account
from vaultsim.testing.served import ServedChain


def test_the_page_s_commands_run(chain: ServedChain, vaultsim: Program) -> None:
    page = (ROOT / "docs" / "CLIENT.md").read_text(encoding="utf-8")
    commands = [
        line
        for block in re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]
    assert len(commands) > 10
    for command in commands:
        name, *arguments = shlex.split(command)
        ended = vaultsim(*arguments)
        assert (name, ended.code) == ("vaultsim", 0), (command, ended.err)
    assert chain.state.shares(ALICE) == 50_000_000_000 - 1_000_000
    assert chain.state.balance(account("zoe")) == 12_500_000
    assert len(chain.query.vault.Vault(type=1, number=0).most_recent_client_ids) == 6
