"""`vaultsim query` against a running node: what it tells is what the chain holds."""

from __future__ import annotations

import json

import pytest

from tests.client.conftest import Program
from vaultsim.client.node import Node, NodeRefused, parse_url
from vaultsim.client.view import generic
from vaultsim.errors import UserError
from vaultsim.pb.dydxprotocol.vault import MsgAllocateToVault, MsgDepositToMegavault, VaultId
from vaultsim.pb.registry import class_named, services
from vaultsim.testing.accounts import ALICE, BOB, account
from vaultsim.testing.served import ServedChain
from vaultsim.x.assets.types import USDC_DENOM

DOLLAR = 1_000_000
OPERATOR = account("operator")


@pytest.fixture
def quoting(chain: ServedChain) -> ServedChain:
    """Alice has deposited $50,000, of which $20,000 are in the BTC vault, which quotes."""
    chain.execute(MsgDepositToMegavault(subaccount_id=ALICE.subaccount(0), quote_quantums=50_000 * DOLLAR))
    chain.execute(
        MsgAllocateToVault(
            authority=OPERATOR.address, vault_id=VaultId(type=1, number=0), quote_quantums=20_000 * DOLLAR
        )
    )
    return chain


def lines(text: str) -> dict[str, str]:
    """Printed lines by their names."""
    found = (line.split(maxsplit=1) for line in text.splitlines())
    return {name: rest[0] if rest else "" for name, *rest in found}


def cells(text: str, first: str) -> list[str]:
    """The cells of the table's row that begins with `first`."""
    rows = [[cell.strip() for cell in line.strip("│ ").split("│")] for line in text.splitlines() if "│" in line]
    return next(row for row in rows if row[0] == first)


# --- vaults -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["0", "BTC-USD", "btc"])
def test_a_vault_by_number_or_market(quoting: ServedChain, vaultsim: Program, name: str) -> None:
    told = lines(vaultsim.done("query", "vault", name))
    assert told["status"] == "quoting"
    assert told["equity"] == "20000.000000 USDC (20000000000 quantums)"
    assert told["quoting"] == "3 layers"
    assert len(told["orders"].split(", ")) == 6
    asked = json.loads(vaultsim.done("query", "vault", name, "--json"))
    assert asked == quoting.query.vault.Vault(type=1, number=0).to_json()


def test_megavault_with_its_share_price(quoting: ServedChain, vaultsim: Program) -> None:
    told = vaultsim.done("query", "megavault")
    assert "total shares  50000000000" in told
    assert "equity        50000.000000 USDC (50000000000 quantums)" in told
    assert "share price   1.000000 quantums" in told
    assert OPERATOR.address in told
    asked = json.loads(vaultsim.done("query", "megavault", "--json"))
    assert asked["total_shares"] == {"num_shares": "50000000000"}
    assert asked["megavault_equity"] == "50000000000"
    assert json.loads(vaultsim.done("query", "megavault", "--height", "1", "--json"))["megavault_equity"] == "0"


def test_all_vaults_in_rows(quoting: ServedChain, vaultsim: Program) -> None:
    told = vaultsim.done("query", "all-vaults")
    assert cells(told, "0") == ["0", "quoting", "20000.000000", "0", "6"]
    assert cells(told, "1") == ["1", "stand-by", "0.000000", "0", "0"]
    asked = json.loads(vaultsim.done("query", "all-vaults", "--json"))
    assert [one["vault_id"]["number"] for one in asked["vaults"]] == [0, 1]


def test_an_owner_s_shares(quoting: ServedChain, vaultsim: Program) -> None:
    told = lines(vaultsim.done("query", "owner-shares", "alice"))
    assert (told["owner"], told["shares"]) == (ALICE.address, "50000000000")
    assert told["withdrawable"] == "50000.000000 USDC (50000000000 quantums)"
    assert vaultsim.done("query", "owner-shares", ALICE.address) == vaultsim.done("query", "owner-shares", "alice")
    assert f"{BOB.address} owns no shares" in vaultsim.refused("query", "owner-shares", "bob")


def test_what_a_withdrawal_would_bring(quoting: ServedChain, vaultsim: Program) -> None:
    # No vault has a position, so there is no slippage: a share is a quantum.
    told = lines(vaultsim.done("query", "withdrawal-info", "1_000_000_000"))
    assert told["brings"] == told["worth"] == "1000.000000 USDC (1000000000 quantums)"
    assert told["slippage"] == "0.000000 USDC (0 quantums)"
    assert "write a whole number" in vaultsim.refused("query", "withdrawal-info", "1.5")


# --- accounts and markets -----------------------------------------------------------------------------------------


def test_balances_and_subaccounts(chain: ServedChain, vaultsim: Program) -> None:
    told = vaultsim.done("query", "balances", "alice")
    assert cells(told, USDC_DENOM)[1] == "1000000.000000 USDC (1000000000000 quantums)"
    assert cells(told, "adv4tnt")[1] == "1000000000000000000000"
    told = vaultsim.done("query", "subaccount", "alice")
    assert lines(told)["USDC"] == "100000.000000 USDC (100000000000 quantums)"
    asked = json.loads(vaultsim.done("query", "subaccount", "alice", "7", "--json"))
    assert asked["subaccount"]["id"] == {"owner": ALICE.address, "number": 7}


def test_a_position_is_told_in_coins_and_quantums(chain: ServedChain, vaultsim: Program) -> None:
    for words in (["buy", "--client-id", "1", "--from", "alice"], ["sell", "--client-id", "2", "--from", "bob"]):
        side, *rest = words
        vaultsim.done("tx", "place-order", "btc", side, "0.02", "98500", *rest)
    chain.next_block()
    told = vaultsim.done("query", "subaccount", "bob")
    assert cells(told, "BTC-USD") == ["BTC-USD", "-0.02", "-200000000"]


def test_markets_in_rows(vaultsim: Program) -> None:
    assert cells(vaultsim.done("query", "prices"), "0") == ["0", "BTC-USD", "98500.00000", "9850000000"]
    assert cells(vaultsim.done("query", "perpetuals"), "3") == ["3", "EIGEN-USD", "isolated", "3", "4", "-6"]
    assert cells(vaultsim.done("query", "clob-pairs"), "0") == ["0", "BTC-USD", "active", "0.0001", "1"]
    asked = {
        name: json.loads(vaultsim.done("query", name, "--json")) for name in ("prices", "perpetuals", "clob-pairs")
    }
    assert asked["prices"]["market_prices"][0] == {"id": 0, "exponent": -5, "price": "9850000000"}
    assert [one["ticker"] for one in asked["perpetuals"]["perpetual_params"]][:2] == ["BTC-USD", "ETH-USD"]
    assert [one["id"] for one in asked["clob-pairs"]["clob_pair"]] == [0, 1, 2, 3]


# --- transactions and blocks --------------------------------------------------------------------------------------


def test_a_transaction_by_its_hash(chain: ServedChain, vaultsim: Program) -> None:
    sent = json.loads(vaultsim.done("tx", "deposit", "1usdc", "--from", "alice", "--json"))
    told = vaultsim.done("query", "tx", sent["hash"].lower())
    assert lines(told)["block"].startswith("2 (")
    assert lines(told)["message"] == "/dydxprotocol.vault.MsgDepositToMegavault"
    asked = json.loads(vaultsim.done("query", "tx", sent["hash"], "--json"))
    assert asked["tx_response"]["txhash"] == sent["hash"]
    assert "is in no block" in vaultsim.refused("query", "tx", "AB" * 32)
    assert "is no hash" in vaultsim.refused("query", "tx", "AB")


def test_a_block_the_last_or_by_height(chain: ServedChain, vaultsim: Program) -> None:
    vaultsim.done("tx", "deposit", "1usdc", "--from", "alice")
    last, first = lines(vaultsim.done("query", "block")), lines(vaultsim.done("query", "block", "1"))
    assert (last["block"], first["block"]) == ("2", "1")
    assert first["time"] == "2024-11-21T00:00:00Z"
    assert first["transactions"] == "0"
    assert "/dydxprotocol.vault.MsgDepositToMegavault" in vaultsim.done("query", "block")
    header = json.loads(vaultsim.done("query", "block", "2", "--json"))["block"]["header"]
    assert (header["chain_id"], header["height"]) == ("localdydxprotocol", "2")
    assert "bigger then the chain length" in vaultsim.refused("query", "block", "9")


# --- any method ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["dydxprotocol.vault.Query/VaultParams", "--field", "type=1", "--field", "number=0"],
        ["/dydxprotocol.vault.Query/VaultParams", "--field", "type=VAULT_TYPE_CLOB"],
        ["method", "dydxprotocol.vault.Query.VaultParams", "--request", '{"type": 1, "number": 0}'],
    ],
)
def test_any_method_by_its_full_name(chain: ServedChain, vaultsim: Program, words: list[str]) -> None:
    expected = chain.query.vault.VaultParams(type=1, number=0).to_json()
    assert json.loads(vaultsim.done("query", *words, "--json")) == expected
    assert lines(vaultsim.done("query", *words))["vault_params.quoting_params.layers"] == "3"


def test_fields_are_nested_and_name_accounts(chain: ServedChain, vaultsim: Program) -> None:
    name = "cosmos.bank.v1beta1.Query/AllBalances"
    told = vaultsim.done("query", name, "--field", "address=@bob", "--field", "pagination.limit=1", "--json")
    assert [one["denom"] for one in json.loads(told)["balances"]] == ["adv4tnt"]
    fields = ("--field", "address=@bob", "--field", "pagination.reverse=true")
    told = vaultsim.done("query", name, *fields, "--json")
    assert [one["denom"] for one in json.loads(told)["balances"]] == [USDC_DENOM, "adv4tnt"]
    shares = '--field=shares_to_withdraw={"num_shares": "5"}'
    refused = vaultsim.refused("query", "dydxprotocol.vault.Query/MegavaultWithdrawalInfo", shares)
    assert "refused /dydxprotocol.vault.Query/MegavaultWithdrawalInfo" in refused


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["dydxprotocol.vault.Query/Shares"], "no such method; it has Params, Vault, AllVaults"),
        (["dydxprotocol.vaults.Query/Vault"], "the protos have no such service"),
        (["dydxprotocol.vault.Query/Vault", "--field", "nummer=1"], "request.nummer: unknown field .* type, number"),
        (["dydxprotocol.vault.Query/Vault", "--field", "number"], "write NAME=VALUE"),
        (["dydxprotocol.vault.Query/Vault", "--field", "type=5", "--field", "type.x=5"], "type has a value already"),
        (["dydxprotocol.vault.Query/Vault", "--field", "number=x"], "request.number: expected an integer"),
        (["dydxprotocol.vault.Query/Vault", "--request", "{"], "is no JSON"),
        (["dydxprotocol.vault.Query/Vault", "--request", "{}", "--field", "number=1"], "leave --field out"),
        (["dydxprotocol.vault.Query/Vault", "--field", "type=1", "--field", "number=77"], "vault not found .NOT_FOUND"),
        (["vault", "0", "--height", "999"], "height 999"),
        (["cosmos.slashing.v1beta1.Query/Params"], "the protos have no such service"),
    ],
)
def test_what_cannot_be_asked_is_told(vaultsim: Program, words: list[str], sentence: str) -> None:
    told = vaultsim.refused("query", *words)
    head, _, tail = sentence.partition(" .* ")
    assert head in told.replace("[", ".")
    assert tail in told


def test_every_service_answers_or_refuses_and_every_answer_is_shown(chain: ServedChain) -> None:
    shown = 0
    with Node(f"grpc+http://{chain.grpc}") as node:
        for service, methods in services().items():
            if service.endswith(".Msg") or service.startswith("vaultsim."):
                continue
            for method in methods:
                request = class_named(method.request)
                assert request is not None
                try:
                    generic(node.ask_method(method, request()))
                    shown += 1
                except NodeRefused:
                    continue
    assert shown > 60


@pytest.mark.parametrize(
    ("text", "target", "with_tls"),
    [
        ("grpc+http://127.0.0.1:9090", "127.0.0.1:9090", False),
        ("grpc+https://dydx-grpc.example.com", "dydx-grpc.example.com:443", True),
        ("grpc+http://localhost", "localhost:80", False),
        ("grpc+http://[::1]:9090/", "[::1]:9090", False),
    ],
)
def test_a_node_is_named_as_cosmpy_names_it(text: str, target: str, with_tls: bool) -> None:
    url = parse_url(text)
    assert (url.target, url.with_tls) == (target, with_tls)


def test_a_name_that_is_no_address_is_told(vaultsim: Program) -> None:
    assert "checksum" in vaultsim.refused("query", "balances", ALICE.address[:-1] + "q")
    assert "is no name of an account" in vaultsim.refused("query", "balances", "a b")


def test_an_answer_with_an_unknown_message_is_told() -> None:
    from vaultsim.pb.cosmos.auth.v1beta1 import QueryAccountResponse
    from vaultsim.pb.google.protobuf import Any

    with pytest.raises(UserError, match=r"the answer cannot be shown: .*unknown type"):
        generic(QueryAccountResponse(account=Any(type_url="/some.Unknown", value=b"")))
