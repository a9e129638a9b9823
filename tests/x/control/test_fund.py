"""MsgFund: coins out of nothing, for governance alone, without a trace on chains that do not use it."""

from __future__ import annotations

import pytest

from tests.node.live.played import localnet, signed
from vaultsim.address import from_bech32
from vaultsim.app.tx import RawTx
from vaultsim.node.export import export_document
from vaultsim.node.live.node import Node
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.vaultsim.control.v1 import MsgFund
from vaultsim.testing.accounts import address_of
from vaultsim.testing.invariants import Invariants
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.auth.types import base_of
from vaultsim.x.authority import DELAYMSG_BECH32, GOV_BECH32

STRANGER = address_of("a stranger")


@pytest.fixture
def node() -> Node:
    return localnet()


def fund(*coins: tuple[str, int], address: str = STRANGER, authority: str = GOV_BECH32) -> MsgFund:
    wire = tuple(Coin(denom=denom, amount=str(amount)) for denom, amount in coins)
    return MsgFund(authority=authority, address=address, coins=wire)


def bank_rows(node: Node) -> list[tuple[bytes, bytes]]:
    return list(node.app.store.rows("bank"))


def test_a_proposal_funds_an_account_as_a_send_would(node: Node) -> None:
    bank, accounts = node.app.modules.keepers.bank, node.app.modules.keepers.accounts
    alice, stranger = from_bech32(address_of("alice")), from_bech32(STRANGER)
    ctx = node.state_at()
    numbers = [one for one in range(100) if accounts.state.addresses_by_number.get(ctx, one) is not None]
    supply, held = bank.supply(ctx, USDC_DENOM), bank.balance(ctx, alice, USDC_DENOM)
    node.execute_proposal([fund(("adv4tnt", 9), (USDC_DENOM, 7)), fund((USDC_DENOM, 3), address=address_of("alice"))])
    record = node.produce_block()
    assert [one.problem for one in record.proposals] == [None]
    ctx = node.state_at()
    account = accounts.find(ctx, stranger)
    assert account is not None
    assert base_of(account).account_number == max(numbers) + 1
    assert bank.balances(ctx, stranger) == (("adv4tnt", 9), (USDC_DENOM, 7))
    assert bank.balance(ctx, alice, USDC_DENOM) == held + 3
    assert bank.supply(ctx, USDC_DENOM) == supply + 10
    received = [event.attributes() for event in record.events if event.type == "coin_received"]
    assert (("receiver", STRANGER), ("amount", f"9adv4tnt,7{USDC_DENOM}"), ("mode", "EndBlock")) in received
    Invariants(node.app).check()


@pytest.mark.parametrize(
    ("message", "codespace", "code"),
    [
        (fund((USDC_DENOM, 1), authority=DELAYMSG_BECH32), "gov", 13),
        (fund((USDC_DENOM, 1), authority=address_of("alice")), "gov", 13),
        (fund((USDC_DENOM, 1), address="dydx1nobody"), "sdk", 7),
        (fund((USDC_DENOM, 0)), "sdk", 10),
        (fund(), "sdk", 10),
        (fund((USDC_DENOM, 1), (USDC_DENOM, 1)), "sdk", 10),
        (fund((USDC_DENOM, 2**256 - 1)), "sdk", 10),
    ],
)
def test_others_and_bad_coins_are_refused(node: Node, message: MsgFund, codespace: str, code: int) -> None:
    before = bank_rows(node)
    node.execute_proposal([message])
    problem = node.produce_block().proposals[0].problem
    assert problem is not None
    assert (problem.codespace, problem.code) == (codespace, code)
    assert bank_rows(node) == before


@pytest.mark.parametrize("authority", [GOV_BECH32, address_of("alice")])
def test_nobody_sends_it_in_a_transaction(node: Node, authority: str) -> None:
    raw = signed(node, fund((USDC_DENOM, 1), authority=authority), by="alice")
    checked = node.submit(raw)
    assert (checked.codespace, checked.code) == ("sdk", 18)
    assert "internal msg cannot be submitted externally" in checked.log
    delivered = node.chain.propose_block(node.next_time_ns, include=[RawTx(raw)]).results[1]
    assert (delivered.codespace, delivered.code) == ("sdk", 18)


def test_the_module_has_no_store_and_no_genesis_section(node: Node) -> None:
    module = node.app.modules.all["control"]
    assert module.schemas == ()
    assert module.genesis is None
    assert "control" not in export_document(node.app, node.started.aside, {}).sections
