"""Served nodes for the tests of the HTTP doors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rpc.http.served import Served, served


@pytest.fixture
def door() -> Iterator[Served]:
    """A fresh served node in manual mode, at height 1."""
    with served() as one:
        yield one
