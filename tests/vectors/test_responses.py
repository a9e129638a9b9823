"""Every recorded query of the real chain has its bytes or its error over our gRPC and JSON-RPC doors."""

from __future__ import annotations

import pytest

from tests.vectors.recorded import FOLDER, NAMES
from tests.vectors.responses import differences


@pytest.mark.parametrize("name", NAMES)
def test_recorded_queries_have_the_chains_answers(name: str) -> None:
    found = differences(FOLDER / name)
    assert not found, f"{len(found)} answers differ, the first:\n{found[0]}"
