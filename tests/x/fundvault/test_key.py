"""A fund's key in transactions of a blocks file, which need no signature. Source: fund-vault §§2, 4.1."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.world import BOB
from tests.x.fundvault.world import OPERATOR, VAULT, Funds, creation, deposit
from vaultsim.address import from_bech32
from vaultsim.node.block_lines import parse_block_line
from vaultsim.node.run_line import run_line
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.assets.types import USDC_DENOM

Json = dict[str, Any]
KEY: Json = {"owner": VAULT, "number": 0}
OWN: Json = {"owner": BOB, "number": 0}
COINS = [{"denom": USDC_DENOM, "amount": "5"}]
ORDER: Json = {
    "order_id": {"subaccount_id": KEY, "client_id": 1, "order_flags": 0, "clob_pair_id": 0},
    "side": "SIDE_BUY",
    "quantums": "10",
    "subticks": "1000000",
    "good_til_block": 8,
}
SENDING = "/dydxprotocol.sending."
CLOB = "/dydxprotocol.clob."
BY_THE_KEY: list[tuple[Json, int]] = [
    ({"@type": "/cosmos.bank.v1beta1.MsgSend", "from_address": VAULT, "to_address": BOB, "amount": COINS}, 29),
    (
        {
            "@type": "/cosmos.bank.v1beta1.MsgMultiSend",
            "inputs": [{"address": VAULT, "coins": COINS}],
            "outputs": [{"address": BOB, "coins": COINS}],
        },
        29,
    ),
    ({"@type": SENDING + "MsgCreateTransfer", "transfer": {"sender": KEY, "recipient": OWN, "amount": "5"}}, 29),
    ({"@type": SENDING + "MsgDepositToSubaccount", "sender": VAULT, "recipient": OWN, "quantums": "5"}, 29),
    ({"@type": SENDING + "MsgWithdrawFromSubaccount", "sender": KEY, "recipient": BOB, "quantums": "5"}, 29),
    ({"@type": "/dydxprotocol.vault.MsgDepositToMegavault", "subaccount_id": KEY, "quote_quantums": "5"}, 29),
    (
        {
            "@type": "/dydxprotocol.accountplus.MsgAddAuthenticator",
            "sender": VAULT,
            "authenticator_type": "MessageFilter",
            "data": "AAAA",
        },
        29,
    ),
    ({"@type": "/vaultsim.fundvault.v1.MsgDepositToVault", "party": VAULT, "vault_id": VAULT, "amount": "5"}, 29),
    ({"@type": CLOB + "MsgPlaceOrder", "order": ORDER}, 4),
    ({"@type": CLOB + "MsgCancelOrder", "order_id": ORDER["order_id"], "good_til_block": 8}, 4),
]


def opened() -> Funds:
    """A fund that was opened on the running chain, and holds something."""
    funds = Funds()
    funds.ok(creation(), "operator")
    funds.ok(deposit("alice", 1_000), "alice")
    return funds


@pytest.mark.parametrize(("message", "code"), BY_THE_KEY)
def test_what_would_act_as_the_key_is_refused_by_the_fund(message: Json, code: int) -> None:
    funds = opened()
    line = parse_block_line({"submit": [{"messages": [message]}]}, "line 1")
    check, outcome = run_line(funds.chain.chain, line)
    refused = [(one.codespace, one.code) for one in (*(check or ()), *outcome.results) if one.code]
    assert refused == [("fundvault", code)]
    assert (funds.total(), funds.cash()) == (1_000, 1_000)


def test_a_new_funds_key_has_an_account_and_so_has_that_of_a_fund_of_genesis() -> None:
    funds = opened()
    key = from_bech32(VAULT)
    assert funds.chain.app.modules.keepers.accounts.state.accounts.has(funds.chain.ctx, key)
    exported = funds.chain.export()
    del exported["app_state"]["vaultsim"]
    accounts = exported["app_state"]["auth"]["accounts"]
    without = [one for one in accounts if one.get("address") != VAULT]
    assert len(without) == len(accounts) - 1
    exported["app_state"]["auth"]["accounts"] = without
    other = LocalChain(exported)
    assert other.app.modules.keepers.accounts.state.accounts.has(other.ctx, key)
    assert funds.vault().owner == OPERATOR
