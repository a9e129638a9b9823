"""The comparison itself notices each kind of difference; one that sees nothing would pass everything."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.vectors.recorded import FOLDER, NAMES, Comparison, lines

WANT: dict[str, Any] = {
    "height": 2,
    "txs": [{"code": 0, "codespace": "", "data": "AA==", "events": [{"type": "message", "attributes": []}]}],
    "changes": {"vault": {"00": "01"}},
}


def differences(got: dict[str, Any]) -> list[str]:
    comparison = Comparison()
    comparison.block(WANT, got)
    return comparison.differences


def test_the_same_block_has_no_difference() -> None:
    assert differences(deepcopy(WANT)) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("height",), 3),
        (("txs", 0, "code"), 5),
        (("txs", 0, "codespace"), "vault"),
        (("txs", 0, "gas_used"), 54_358),
        (("txs", 0, "gas_wanted"), -1),
        (("txs", 0, "data"), "AQ=="),
        (("txs", 0, "events"), []),
        (("txs",), []),
        (("changes", "vault", "00"), "02"),
        (("changes", "vault", "00"), None),
        (("changes", "vault", "01"), "00"),
        (("changes", "vault"), {}),
    ],
)
def test_one_changed_place_is_one_difference(place: tuple[str | int, ...], value: object) -> None:
    got: Any = deepcopy(WANT)
    owner = got
    for step in place[:-1]:
        owner = owner[step]
    owner[place[-1]] = value
    assert len(differences(got)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_run_equals_itself(name: str) -> None:
    comparison = Comparison()
    for line in lines(FOLDER / name / "expected.jsonl.gz"):
        comparison.block(line, line)
    assert comparison.differences == []


def test_every_run_has_its_blocks_in_both_forms() -> None:
    assert len(NAMES) == 16
    for name in NAMES:
        expected = [line["height"] for line in lines(FOLDER / name / "expected.jsonl.gz")]
        for blocks in ("blocks.jsonl.gz", "submit.jsonl.gz"):
            assert expected == [1, *range(2, 2 + sum(1 for _ in lines(FOLDER / name / blocks)))]
