"""Control as JSON over both doors that carry it. The verbs themselves are tested where they are made."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rpc.http.served import Served, served
from vaultsim.pb.registry import services

DOORS = ("rpc_url", "lcd_url")


def post(door: Served, at: str, verb: str, body: Any = None) -> Any:
    return door.client.post(f"{getattr(door, at)}/control/{verb}", json=body)


@pytest.mark.parametrize("at", DOORS)
def test_every_verb_of_the_service_has_a_path(door: Served, at: str) -> None:
    verbs = door.client.get(f"{getattr(door, at)}/control").json()["verbs"]
    names = [method.name for method in services()["vaultsim.control.v1.Control"]]
    assert [verb.replace("_", "") for verb in verbs] == [name.lower() for name in names]
    assert verbs["advance_blocks"] == ["blocks", "step"]


@pytest.mark.parametrize("at", DOORS)
def test_blocks_are_made_and_taken_back(door: Served, at: str) -> None:
    snapshot = post(door, at, "snapshot", {}).json()
    assert snapshot["height"] == "1"
    made = post(door, at, "advance_blocks", {"blocks": 3, "step": "1.5s"})
    assert made.status_code == 200
    assert (made.json()["height"], made.json()["time"]) == ("4", "2024-11-21T00:00:04.500Z")
    back = post(door, at, "revert", {"id": snapshot["id"]}).json()
    assert (back["height"], back["time"]) == ("1", "2024-11-21T00:00:00Z")
    assert door.rpc("status")["sync_info"]["latest_block_height"] == "1"


def test_a_request_without_a_body_has_all_defaults(door: Served) -> None:
    reply = door.client.post(f"{door.rpc_url}/control/advance_blocks")
    assert reply.json()["height"] == "2"


@pytest.mark.parametrize("at", DOORS)
@pytest.mark.parametrize(
    ("verb", "body", "status", "code"),
    [
        ("advance_blocks", {"blocks": "many"}, 400, 3),
        ("advance_blocks", {"block": 1}, 400, 3),
        ("advance_blocks", [], 400, 3),
        ("advance_time", {"by": "-5s"}, 400, 3),
        ("revert", {"id": "99"}, 400, 3),
        ("no_such_verb", {}, 404, 12),
        ("AdvanceBlocks", {}, 404, 12),
        ("../advance_blocks", {}, 404, 12),
    ],
)
def test_mistakes_are_told_and_change_nothing(
    door: Served, at: str, verb: str, body: Any, status: int, code: int
) -> None:
    reply = post(door, at, verb.replace("/", "%2f"), body)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.json()["message"]
    assert door.chain.height == 1


def test_a_node_without_control_has_no_such_paths() -> None:
    with served(with_control=False) as door:
        over_rpc = post(door, "rpc_url", "advance_blocks", {})
        assert (over_rpc.status_code, over_rpc.json()["error"]["code"]) == (404, -32601)
        over_lcd = post(door, "lcd_url", "advance_blocks", {})
        assert (over_lcd.status_code, over_lcd.json()["code"]) == (501, 12)
        assert door.chain.height == 1
