"""The pytest plugin: fixtures `chain`, `chain_snapshot`, `vaultsim_node`, `vaultsim_genesis`, `vaultsim_seed`.

Nothing of vaultsim is imported before a test asks for one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from vaultsim.testing.chain import Chain
    from vaultsim.testing.documents import Source
    from vaultsim.testing.served import ServedChain
    from vaultsim.testing.shared import SharedChains

C = TypeVar("C", bound="Chain")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin."""
    group = parser.getgroup("vaultsim")
    group.addoption(
        "--vaultsim-genesis",
        default="localnet",
        metavar="NAME|FILE",
        help="genesis of the chains that the fixtures start: a shipped one or a file (default: localnet)",
    )
    group.addoption(
        "--vaultsim-seed",
        type=int,
        default=0,
        metavar="N",
        help="what the fixture vaultsim_seed gives, for tests that draw prices or amounts (default: 0)",
    )


@pytest.fixture
def vaultsim_genesis(request: pytest.FixtureRequest) -> Source:
    """The genesis of the test's chains; override it in a module or a conftest.py for chains of your own."""
    source: str = request.config.getoption("--vaultsim-genesis")
    return source


@pytest.fixture
def vaultsim_seed(request: pytest.FixtureRequest) -> int:
    """The number given with --vaultsim-seed."""
    seed: int = request.config.getoption("--vaultsim-seed")
    return seed


@pytest.fixture
def chain(vaultsim_genesis: Source) -> Chain:
    """A chain of this test's own, after its first block; blocks come when they are asked for."""
    from vaultsim.testing.chain import Chain

    return Chain.from_genesis(vaultsim_genesis)


@pytest.fixture
def chain_snapshot(_vaultsim_shared: SharedChains, vaultsim_genesis: Source) -> Iterator[Chain]:
    """A chain that all tests with the same genesis share; it goes back to its first block after each of them."""
    yield from _reverted(_vaultsim_shared.chain(vaultsim_genesis))


@pytest.fixture
def vaultsim_node(_vaultsim_shared: SharedChains, vaultsim_genesis: Source) -> Iterator[ServedChain]:
    """A running node on free ports, with everything that `chain` has; a block comes after each transaction.

    All tests with the same genesis share it; it goes back to its first block after each of them.
    """
    yield from _reverted(_vaultsim_shared.served(vaultsim_genesis))


@pytest.fixture(scope="session")
def _vaultsim_shared() -> Iterator[Any]:
    from vaultsim.testing.shared import SharedChains

    with SharedChains() as shared:
        yield shared


def _reverted(one: C) -> Iterator[C]:
    before = one.snapshot()
    yield one
    one.revert(before)
    one.drop_snapshot(before)
