"""What docs/TESTING.md shows runs when it is pasted."""

from __future__ import annotations

import re

import pytest

from tests.architecture.source import ROOT

pytest_plugins = ["pytester"]

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[str]:
    return BLOCK.findall((ROOT / "docs" / "TESTING.md").read_text(encoding="utf-8"))


def test_the_page_s_test_file_passes(pytester: pytest.Pytester) -> None:
    [example] = [block for block in blocks() if block.startswith("# test_megavault.py")]
    [designs] = [block for block in blocks() if block.startswith("# test_other_designs.py")]
    [own_genesis] = [block for block in blocks() if "def vaultsim_genesis" in block and "def test" not in block]
    [without_pytest] = [block for block in blocks() if "with served" in block]
    pytester.makepyfile(test_megavault=example, test_other_designs=designs)
    overridden = pytester.mkpydir("other")
    (overridden / "conftest.py").write_text(own_genesis)
    (overridden / "test_other.py").write_text(
        "import vaultsim\n\n"
        "def test_operator(chain):\n"
        "    assert chain.state.vault.operator_params.operator == vaultsim.account('alice').address\n\n"
        "def test_without_the_fixture(capsys):\n"
        + "".join(f"    {line}\n" for line in without_pytest.splitlines())
        + "    assert '127.0.0.1:' in capsys.readouterr().out\n"
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--strict-markers", "-Werror")
    result.assert_outcomes(passed=(example + designs).count("\ndef test_") + 2)
