"""A fork goes on where the chain stood: same vaults, same quotes, same worth of shares."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fork.chains import Quiet, answer, forked, node_in_story, rows, served
from vaultsim.errors import UserError
from vaultsim.fork.api import Endpoint
from vaultsim.fork.fork import Fork, ForkOptions, fork_chain, write_fork
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.live.node import Node
from vaultsim.pb.dydxprotocol.clob import QueryStatefulOrderRequest
from vaultsim.pb.dydxprotocol.vault import (
    NumShares,
    QueryAllVaultsRequest,
    QueryAllVaultsResponse,
    QueryMegavaultAllOwnerSharesRequest,
    QueryMegavaultOwnerSharesRequest,
    QueryMegavaultTotalSharesRequest,
    QueryMegavaultWithdrawalInfoRequest,
    QueryParamsRequest,
)
from vaultsim.rpc.server import RunningNode
from vaultsim.testing.accounts import ALICE, BOB
from vaultsim.x.vault.types import account_of

VAULT = "/dydxprotocol.vault.Query/"
# After trades in three markets, a listing whose shares are locked, and a liquidation that is half done.
HEIGHT = 60
# A thousandth and more: each market's least move is below it.
JUMP_PER_1000 = 4
# What no public query gives: fills of short-term orders, and what is cached about stakes.
NOT_PUBLIC = {"clob": (b"Fill:", b"PO/"), "stats": (b"CachedStakeAmount:",)}


class Pair(NamedTuple):
    """A chain and its fork; they are made to go on side by side."""

    chain: Node
    fork: Node


@pytest.fixture(scope="module")
def running() -> Iterator[RunningNode]:
    with served(node_in_story("localnet", HEIGHT)) as found:
        yield found


@pytest.fixture(scope="module")
def small(running: RunningNode) -> Fork:
    return forked(running)


@pytest.fixture(scope="module")
def whole(running: RunningNode) -> Fork:
    return forked(running, all_subaccounts=True)


def vault_answers(node: Node) -> list[bytes]:
    """Everything that the vault module tells."""
    worth = [
        answer(
            node,
            VAULT + "MegavaultWithdrawalInfo",
            QueryMegavaultWithdrawalInfoRequest(shares_to_withdraw=NumShares(num_shares=shares)),
        )
        for shares in (1, 1_000_000_000, 30_000_000_000)
    ]
    owned = [
        answer(node, VAULT + "MegavaultOwnerShares", QueryMegavaultOwnerSharesRequest(address=owner.address))
        for owner in (ALICE, BOB)
    ]
    return [
        *worth,
        *owned,
        answer(node, VAULT + "Params", QueryParamsRequest()),
        answer(node, VAULT + "AllVaults", QueryAllVaultsRequest()),
        answer(node, VAULT + "MegavaultTotalShares", QueryMegavaultTotalSharesRequest()),
        answer(node, VAULT + "MegavaultAllOwnerShares", QueryMegavaultAllOwnerSharesRequest()),
    ]


def quotes(node: Node) -> dict[tuple[int, int], bytes]:
    """Each live order of the vaults as the chain answers about it, by vault and client id."""
    found = QueryAllVaultsResponse.decode(answer(node, VAULT + "AllVaults", QueryAllVaultsRequest()))
    return {
        (vault.vault_id.number, client_id): answer(
            node,
            "/dydxprotocol.clob.Query/StatefulOrder",
            QueryStatefulOrderRequest(order_id=account_of(vault.vault_id).order_id(client_id)),
        )
        for vault in found.vaults
        for client_id in vault.most_recent_client_ids
    }


def go_on_side_by_side(pair: Pair, blocks: int) -> None:
    for number in range(blocks):
        jump = number % 2 == 1
        prices = {
            market: price + price * JUMP_PER_1000 // 1000 for market, price in pair.chain.chain.index_prices.items()
        }
        for node in pair:
            node.set_prices(prices if jump else {})
            node.produce_block()
        assert quotes(pair.fork) == quotes(pair.chain)
        assert vault_answers(pair.fork) == vault_answers(pair.chain)


def test_a_fork_tells_the_same_about_the_vaults(running: RunningNode, small: Fork) -> None:
    fork = Node(small.document)
    assert (fork.height, fork.time_ns, fork.chain_id) == (HEIGHT, running.node.time_ns, "localdydxprotocol")
    assert vault_answers(fork) == vault_answers(running.node)
    assert quotes(fork) == quotes(running.node)
    # Four vaults quote by now: 3 layers, and 2 in each of the others, on both sides.
    assert len(quotes(fork)) == 18


def test_the_next_refreshes_place_the_same_quotes(small: Fork) -> None:
    go_on_side_by_side(Pair(node_in_story("localnet", HEIGHT), Node(small.document)), 6)


def test_locked_shares_are_unlocked_by_the_same_block(whole: Fork) -> None:
    """The story's listing locks Bob's shares until block 261: genesis/localnet/README.md."""
    pair = Pair(node_in_story("localnet", HEIGHT), Node(whole.document))
    while pair.fork.height < 261:
        for node in pair:
            node.produce_block()
    assert vault_answers(pair.fork) == vault_answers(pair.chain)
    owned = QueryMegavaultOwnerSharesRequest(address=BOB.address)
    assert b"\x1a" not in answer(pair.fork, VAULT + "MegavaultOwnerShares", owned)[:60]


def test_with_all_subaccounts_every_row_is_there_but_what_no_query_gives(running: RunningNode, whole: Fork) -> None:
    have, want = rows(Node(whole.document)), rows(running.node)
    for store, wanted in want.items():
        public = {key: value for key, value in wanted.items() if not key.startswith(NOT_PUBLIC.get(store, ()))}
        assert have[store] == public, store


def test_without_them_the_vaults_subaccounts_and_the_pools_are_there(running: RunningNode, small: Fork) -> None:
    have, want = rows(Node(small.document)), rows(running.node)
    assert have["vault"] == want["vault"]
    assert have["perpetuals"] == want["perpetuals"]
    assert have["subaccounts"].items() < want["subaccounts"].items()
    assert have["bank"].items() - want["bank"].items() == {
        row for row in have["bank"].items() if row[0].startswith(b"\x00")
    }
    assert small.report.taken["subaccounts"] == 5


def test_a_fork_is_of_one_height_though_blocks_come_while_it_reads() -> None:
    node = node_in_story("localnet", HEIGHT)
    before = vault_answers(node)

    class Busy(Quiet):
        """Every part that is read finds the chain some blocks further."""

        def reading(self, what: str, total: int | None) -> None:
            running.call(node.set_prices, {0: node.chain.index_prices[0] * 102 // 100})
            running.call(node.produce_block)

    with served(node) as running:
        assert running.grpc is not None
        fork = fork_chain(ForkOptions(node=Endpoint(running.grpc.target)), Busy())
    assert node.height > HEIGHT + 20
    # The first part, the one before the height is settled, has made one block.
    assert fork.report.height == HEIGHT + 1
    twin = node_in_story("localnet", HEIGHT)
    twin.set_prices({0: twin.chain.index_prices[0] * 102 // 100})
    twin.produce_block()
    assert vault_answers(Node(fork.document)) == vault_answers(twin) != before


def test_an_older_height_can_be_forked_as_long_as_the_node_knows_it() -> None:
    node = node_in_story("localnet", HEIGHT)
    before = vault_answers(node)
    for _ in range(3):
        node.produce_block()
    with served(node) as running:
        fork = forked(running, height=HEIGHT)
        assert vault_answers(Node(fork.document)) == before
        with pytest.raises(UserError, match=r"height 4 is not kept.*take another one with --height"):
            forked(running, height=4)


def test_a_fork_of_a_fork_is_the_same_document(small: Fork) -> None:
    with served(Node(small.document)) as running:
        again = forked(running)
    assert again.document.to_json() == small.document.to_json()


def test_two_hundred_vaults() -> None:
    node = node_in_story("mainnet", 4)
    with served(node) as running:
        fork = forked(running)
    assert fork.report.taken["vaults"] == 200
    pair = Pair(node_in_story("mainnet", 4), Node(fork.document))
    assert answer(pair.fork, VAULT + "AllVaults", QueryAllVaultsRequest()) == answer(
        pair.chain, VAULT + "AllVaults", QueryAllVaultsRequest()
    )
    for node in pair:
        node.produce_block()
    assert quotes(pair.fork) == quotes(pair.chain)


def test_the_document_and_its_report_are_files(small: Fork, tmp_path: Path) -> None:
    report = write_fork(small, tmp_path / "today.json.gz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["today.json.gz", "today.report.json"]
    told = json.loads(report.read_text())
    assert (told["height"], told["chain_id"], told["taken"]["vaults"]) == (HEIGHT, "localdydxprotocol", 4)
    missing = [gap["missing"] for gap in told["not_public"]]
    assert any(text.startswith("orders of everybody but the vaults") for text in missing)
    assert any(text.startswith("keys") for text in missing)
    assert json.loads(gzip.decompress((tmp_path / "today.json.gz").read_bytes())) == small.document.to_json()
    assert read_genesis(tmp_path / "today.json.gz").initial_height == HEIGHT + 1
