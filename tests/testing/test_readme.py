"""The Python of the README runs when it is pasted."""

from __future__ import annotations

import re

import pytest

from tests.architecture.source import ROOT

pytest_plugins = ["pytester"]

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_tour_s_script_prints_what_it_says_and_its_test_file_passes(pytester: pytest.Pytester) -> None:
    script, test_file = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    ran = pytester.runpython(pytester.makepyfile(tour=script))
    assert ran.ret == 0
    ran.stdout.fnmatch_lines(
        ["50000000000 *", "QueryMegavaultWithdrawalInfoResponse(*", "failed in block * [[]vault 27[]]*"]
    )
    pytester.makepyfile(test_pasted=test_file)
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "-Werror").assert_outcomes(passed=2)
