"""What a running node records replays to the same digests, whatever control did in between."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest

from tests.node.live.played import LOCALNET, lines_for_a_node, localnet, play, send, signed, unsigned
from tests.vectors.recorded import FOLDER, NAMES, lines
from vaultsim.errors import UserError
from vaultsim.node.live.control import Control
from vaultsim.node.live.node import Node, NodeOptions
from vaultsim.node.live.recorder import BlockRecorder
from vaultsim.node.replay import ReplayOptions, run_replay
from vaultsim.testing.accounts import address_of
from vaultsim.x.assets.types import USDC_DENOM


class Silent:
    """Watches a run and says nothing."""

    def started(self, chain_id: str, blocks: int | None) -> None: ...

    def block(self, height: int) -> None: ...

    def noted(self, text: str) -> None: ...


def digests_of_replay(genesis: Path, blocks: Path, out: Path) -> list[str]:
    run_replay(ReplayOptions(genesis=genesis, blocks=blocks, out=out), Silent())
    return [line["app_hash"] for line in lines(out / "results.jsonl")]


def digests(node: Node) -> list[str]:
    return [record.app_hash.hex() for record in node.blocks.oldest_first()]


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_node_replays_to_the_same_digests_also_after_a_revert(name: str, tmp_path: Path) -> None:
    folder = FOLDER / name
    blocks = lines_for_a_node(folder / "submit.jsonl.gz")
    straight = Node.from_file(folder / "genesis.json.gz")
    recorder = BlockRecorder(straight, tmp_path / "straight.jsonl")
    for line in blocks:
        play(straight, line)
    recorder.close()

    node = Node.from_file(folder / "genesis.json.gz")
    recorder = BlockRecorder(node, tmp_path / "reverted.jsonl")
    third = len(blocks) // 3
    for line in blocks[:third]:
        play(node, line)
    snapshot = node.snapshot().id
    for line in blocks[third + 1 :: 2]:
        play(node, line)
    node.revert(snapshot)
    for line in blocks[third:]:
        play(node, line)
    recorder.close()

    assert digests(node) == digests(straight)
    assert (tmp_path / "reverted.jsonl").read_bytes() == (tmp_path / "straight.jsonl").read_bytes()
    genesis = folder / "genesis.json.gz"
    assert digests_of_replay(genesis, tmp_path / "straight.jsonl", tmp_path / "out") == digests(straight)


def test_funds_proposals_impersonation_and_times_are_in_the_record(tmp_path: Path) -> None:
    node = localnet()
    recorder, control = BlockRecorder(node, tmp_path / "blocks.jsonl"), Control(node)
    stranger = address_of("a stranger")
    control.fund(stranger, {USDC_DENOM: 5_000_000, "adv4tnt": 7})
    control.advance_time(3_600_000_000_000)
    control.set_prices({0: 9_900_000_000})
    control.impersonate(address_of("alice"))
    assert node.submit(unsigned(signed(node, send(11), by="alice"))).code == 0
    assert node.submit(signed(node, send(12, "bob", "carl"), by="bob")).code == 0
    node.execute_proposal([send(1, "gov", "alice")])
    node.execute_proposal([send(1, "carl", "alice")])
    control.advance_blocks(3, step_ns=250_000_000)
    recorder.close()
    recorded = [json.loads(line) for line in (tmp_path / "blocks.jsonl").read_text().splitlines()]
    assert [line["height"] for line in recorded] == [2, 3, 4, 5]
    assert [len(line.get("gov", [])) for line in recorded] == [1, 2, 0, 0]
    assert digests_of_replay(LOCALNET, tmp_path / "blocks.jsonl", tmp_path / "out") == digests(node)


def test_a_recorder_writes_the_blocks_that_were_made_before_it(tmp_path: Path) -> None:
    node = localnet()
    node.produce_block()
    recorder = BlockRecorder(node, tmp_path / "blocks.jsonl")
    node.produce_block()
    recorder.close()
    node.produce_block()
    assert [line["height"] for line in lines(tmp_path / "blocks.jsonl")] == [2, 3]


def test_a_record_that_would_not_be_whole_is_refused(tmp_path: Path) -> None:
    node = Node.from_file(LOCALNET, options=NodeOptions(keep_blocks=2))
    for _ in range(4):
        node.produce_block()
    with pytest.raises(UserError, match="2 blocks are not remembered any more"):
        BlockRecorder(node, tmp_path / "blocks.jsonl")
    (tmp_path / "old.jsonl").write_text("{}\n")
    with pytest.raises(UserError, match="has content already"):
        BlockRecorder(localnet(), tmp_path / "old.jsonl")
    with pytest.raises(UserError, match="cannot be written"):
        BlockRecorder(localnet(), tmp_path / "nowhere" / "blocks.jsonl")


def test_a_full_disk_ends_the_record_with_the_last_whole_block_and_blocks_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    node = localnet()
    recorder = BlockRecorder(node, tmp_path / "blocks.jsonl")
    node.produce_block()
    snapshot = node.snapshot().id
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, raw: write(file, raw[:10]))
    with caplog.at_level(logging.ERROR, "vaultsim.record"):
        node.produce_block()
    monkeypatch.undo()
    node.produce_block()
    assert "block 3 and later ones are not recorded" in caplog.text
    assert [line["height"] for line in lines(tmp_path / "blocks.jsonl")] == [2]
    node.revert(snapshot)
    node.produce_block()
    recorder.close()
    assert [line["height"] for line in lines(tmp_path / "blocks.jsonl")] == [2, 3]
