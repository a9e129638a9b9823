"""`vaultsim tx` against a running node, over real sockets: what the chain holds afterwards, and what is told."""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path

import pytest

from tests.client.conftest import Program
from vaultsim.node.live.node import BlockMode
from vaultsim.pb.dydxprotocol.vault import MsgDepositToMegavault, NumShares, VaultStatus
from vaultsim.testing.accounts import ALICE, BOB, CARL, DAVE, account
from vaultsim.testing.served import ServedChain
from vaultsim.x.assets.types import USDC_DENOM

DOLLAR = 1_000_000
OPERATOR, ZOE = account("operator"), account("zoe")


def sequence(chain: ServedChain, address: str) -> int:
    found = chain.state.account(address)
    assert found is not None
    return found.sequence


# --- MegaVault ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [["12.5usdc"], ["12500000quantums"], ["--usdc", "12.5"], ["--quantums", "12500000"]])
def test_a_deposit_moves_the_money_and_tells_both_units(
    chain: ServedChain, vaultsim: Program, amount: list[str]
) -> None:
    told = vaultsim.done("tx", "deposit", *amount, "--from", "alice")
    assert "12.500000 USDC (12500000 quantums)" in told
    assert "minted_shares 12500000" in told
    assert chain.state.shares(ALICE) == 12_500_000
    assert chain.state.usdc(ALICE) == 100_000 * DOLLAR - 12_500_000
    assert (chain.height, sequence(chain, ALICE.address)) == (2, 1)


def test_the_answer_as_json_states_fee_and_result(chain: ServedChain, vaultsim: Program) -> None:
    told = json.loads(vaultsim.done("tx", "deposit", "1usdc", "--from", "alice", "--json", "--memo", "hello"))
    names = "does fee hash height code codespace log gas_wanted gas_used responses events"
    assert list(told) == names.split()
    assert (told["height"], told["code"], told["codespace"]) == (2, 0, "")
    minted = {"@type": "/dydxprotocol.vault.MsgDepositToMegavaultResponse", "minted_shares": {"num_shares": "1000000"}}
    assert told["responses"] == [minted]
    # The least fee of the chain: 0.025 quantums for a unit of gas, rounded up.
    assert told["fee"] == {USDC_DENOM: str(-(-told["gas_wanted"] // 40))}
    assert chain.state.balance(ALICE) == 1_000_000 * DOLLAR - int(told["fee"][USDC_DENOM])
    place = chain.node.blocks.find_tx(bytes.fromhex(told["hash"]))
    assert place is not None
    assert b"hello" in place.raw


def test_a_withdrawal_takes_shares_and_may_take_all(chain: ServedChain, vaultsim: Program) -> None:
    chain.execute(MsgDepositToMegavault(subaccount_id=BOB.subaccount(0), quote_quantums=30 * DOLLAR))
    told = vaultsim.done("tx", "withdraw", "10_000_000", "--least", "10usdc", "--from", "bob")
    assert "quote_quantums 10000000" in told
    assert chain.state.shares(BOB) == 20 * DOLLAR
    vaultsim.done("tx", "withdraw", "all", "--from", "bob")
    assert (chain.state.shares(BOB), chain.state.usdc(BOB)) == (0, 100_000 * DOLLAR)
    assert "owns no shares" in vaultsim.refused("tx", "withdraw", "all", "--from", "bob")


def test_only_the_operator_allocates(chain: ServedChain, vaultsim: Program) -> None:
    chain.execute(MsgDepositToMegavault(subaccount_id=ALICE.subaccount(0), quote_quantums=5_000 * DOLLAR))
    refused = vaultsim("tx", "allocate", "0", "2000usdc", "--from", "alice")
    assert refused.code == 1
    assert "Authority must be a module authority or operator" in refused.err
    told = vaultsim.done("tx", "allocate", "BTC-USD", "2000usdc", "--from", "operator")
    assert "allocate 2000.000000 USDC (2000000000 quantums) of the main vault to vault 0" in told
    assert chain.query.vault.Vault(type=1, number=0).equity == 2_000 * DOLLAR


def test_the_operator_sets_status_and_parameters(chain: ServedChain, vaultsim: Program, tmp_path: Path) -> None:
    file = tmp_path / "quoting.json"
    quoting = {
        "layers": 1,
        "spread_min_ppm": 4_000,
        "spread_buffer_ppm": 1_000,
        "skew_factor_ppm": 0,
        "order_size_pct_ppm": 50_000,
        "order_expiration_seconds": 30,
        "activation_threshold_quote_quantums": "5",
    }
    file.write_text(json.dumps(quoting))
    vaultsim.done(
        "tx", "set-vault-params", "eth", "--status", "close-only", "--quoting-params", str(file), "--from", "operator"
    )
    params = chain.state.vault.vault_params["VAULT_TYPE_CLOB-1"]
    assert params.status == VaultStatus.VAULT_STATUS_CLOSE_ONLY
    assert params.quoting_params.to_json() == quoting
    vaultsim.done("tx", "set-vault-params", "1", "--status", "stand-by", "--from", "operator")
    params = chain.state.vault.vault_params["VAULT_TYPE_CLOB-1"]
    assert (params.status, params.quoting_params) == (VaultStatus.VAULT_STATUS_STAND_BY, None)


# --- orders -------------------------------------------------------------------------------------------------------


def test_a_short_term_order_rests_at_once_and_is_cancelled(chain: ServedChain, vaultsim: Program) -> None:
    told = vaultsim.done("tx", "place-order", "btc", "buy", "0.01", "90000", "--client-id", "7", "--from", "carl")
    # BTC: 10^-10 coins a quantum; a subtick is 10^-5 dollars (atomic resolution -10, conversion exponent -9).
    assert "buy 0.01 BTC-USD (100000000 quantums) at 90000 dollars (9000000000 subticks) until block 11" in told
    assert "short-term orders act at once" in told
    assert "fee     none" in told
    book = chain.node.app.modules.memclob.books[0]
    assert book.bids.best() == 9_000_000_000
    assert sequence(chain, CARL.address) == 0
    vaultsim.done("tx", "cancel-order", "btc", "--client-id", "7", "--from", "carl")
    assert book.bids.best() is None


def test_a_long_term_order_is_in_the_state_until_it_is_cancelled(chain: ServedChain, vaultsim: Program) -> None:
    order = ["tx", "place-order", "ETH-USD", "sell", "1.5", "4,000.1", "--long-term", "300", "--client-id", "9"]
    vaultsim.done(*order, "--time-in-force", "post-only", "--subaccount", "0", "--from", "dave")
    [found] = chain.state.orders()
    assert found.order_id.subaccount_id == DAVE.subaccount(0)
    assert (found.order_id.client_id, found.order_id.order_flags, found.order_id.clob_pair_id) == (9, 64, 1)
    # ETH: 10^-9 coins a quantum, 10^-6 dollars a subtick.
    assert (found.side, found.quantums, found.subticks, found.time_in_force) == (2, 1_500_000_000, 4_000_100_000, 2)
    assert found.good_til_block_time == 1_732_147_200 + 300  # 2024-11-21T00:00:00Z, the time of block 1
    vaultsim.done("tx", "cancel-order", "eth", "--client-id", "9", "--long-term", "400", "--from", "dave")
    assert chain.state.orders() == []
    assert sequence(chain, DAVE.address) == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["DOGE", "buy", "1", "1"], "no market 'DOGE'; there are BTC-USD, ETH-USD"),
        (["btc", "buy", "0.00001", "90000"], "size 0.00001: BTC-USD takes multiples of 0.0001, above 0"),
        (["btc", "buy", "0", "90000"], "takes multiples of 0.0001, above 0"),
        (["btc", "buy", "0.01", "90000.5"], "price 90000.5: BTC-USD takes multiples of 1, above 0"),
        (["btc", "buy", "some", "90000"], "BTC-USD takes decimal numbers in steps of 0.0001"),
        (["btc", "buy", "1", "1", "--long-term", "5", "--good-til-block", "9"], "give one of them"),
    ],
)
def test_an_order_that_the_book_cannot_hold_is_told(vaultsim: Program, words: list[str], sentence: str) -> None:
    assert sentence in vaultsim.refused("tx", "place-order", *words, "--from", "carl")


# --- coins and any message ----------------------------------------------------------------------------------------


def test_coins_go_to_a_name_or_an_address(chain: ServedChain, vaultsim: Program) -> None:
    assert "send 12.500000 USDC (12500000 quantums) from" in vaultsim.done(
        "tx", "send", "zoe", "12.5usdc", "--from", "bob"
    )
    vaultsim.done("tx", "send", ZOE.address, "1000adv4tnt", "--fee", "0.05usdc", "--from", "bob")
    assert chain.state.balances(ZOE) == {USDC_DENOM: 12_500_000, "adv4tnt": 1_000}
    vaultsim.done("tx", "send", "bob", "1usdc", "--from", "zoe")


def test_any_message_is_sent_from_a_file_or_standard_input(
    chain: ServedChain, vaultsim: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit = {
        "@type": "/dydxprotocol.vault.MsgDepositToMegavault",
        "subaccount_id": {"owner": ALICE.address, "number": 0},
        "quote_quantums": "1000000",
    }
    file = tmp_path / "messages.json"
    file.write_text(json.dumps([deposit, deposit]))
    vaultsim.done("tx", "message", str(file), "--from", "alice")
    assert chain.state.vault.total_shares == NumShares(num_shares=2 * DOLLAR)
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(deposit)))
    vaultsim.done("tx", "message", "-", "--from", "alice")
    assert chain.state.vault.total_shares == NumShares(num_shares=3 * DOLLAR)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "line 1, column 2"),
        ("[]", "no message"),
        ("{}", "field 'message.@type'"),
        ('{"@type": "/dydxprotocol.vault.MsgNone"}', "unknown type"),
        (
            '{"@type": "/dydxprotocol.vault.MsgDepositToMegavault", "amount": 1}',
            "field 'message.amount': unknown field",
        ),
    ],
)
def test_a_file_that_holds_no_message_is_told_with_the_place(
    vaultsim: Program, tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "message.json"
    file.write_text(text)
    told = vaultsim.refused("tx", "message", str(file), "--from", "alice")
    assert str(file) in told
    assert sentence in told


# --- keys ---------------------------------------------------------------------------------------------------------


def test_a_mnemonic_signs_from_a_file_or_the_environment(
    chain: ServedChain, vaultsim: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "words"
    file.write_text(DAVE.mnemonic.replace(" ", "\n") + "\n")
    vaultsim.done("tx", "deposit", "1usdc", "--mnemonic-file", str(file))
    assert chain.state.shares(DAVE) == DOLLAR
    monkeypatch.setenv("VAULTSIM_MNEMONIC", CARL.mnemonic)
    vaultsim.done("tx", "deposit", "2usdc")
    assert chain.state.shares(CARL) == 2 * DOLLAR
    assert "both say who signs" in vaultsim.refused(
        "tx", "deposit", "1usdc", "--from", "bob", "--mnemonic-file", str(file)
    )
    file.write_text("only three words")
    assert "a mnemonic has 12 to 24 words, found 3" in vaultsim.refused(
        "tx", "deposit", "1usdc", "--mnemonic-file", str(file)
    )


def test_without_a_key_nothing_is_signed(vaultsim: Program) -> None:
    assert "nobody signs; give --from NAME" in vaultsim.refused("tx", "deposit", "1usdc")
    told = vaultsim.refused("tx", "deposit", "1usdc", "--from", ALICE.address)
    assert "a name is needed whose key is known" in told


# --- ways of sending ----------------------------------------------------------------------------------------------


def test_a_dry_run_prints_what_would_be_sent_and_sends_nothing(chain: ServedChain, vaultsim: Program) -> None:
    ended = vaultsim("tx", "deposit", "3usdc", "--from", "alice", "--dry-run")
    assert ended.code == 0
    assert "would deposit 3.000000 USDC" in ended.err
    told = json.loads(ended.out)
    assert told["tx"]["body"]["messages"][0]["quote_quantums"] == "3000000"
    assert (chain.height, chain.state.shares(ALICE)) == (1, 0)
    # What was printed is a valid transaction.
    assert chain.call(chain.node.submit, base64.b64decode(told["tx_bytes"])).code == 0
    assert chain.state.shares(ALICE) == 3 * DOLLAR


def test_what_is_in_no_block_in_time_is_told(chain: ServedChain, vaultsim: Program) -> None:
    chain.node.block_mode = BlockMode.MANUAL
    try:
        told = vaultsim.done("tx", "deposit", "1usdc", "--from", "alice", "--no-wait")
        assert "not waited for" in told
        late = vaultsim("tx", "deposit", "1usdc", "--from", "bob", "--timeout", "0.1")
        assert late.code == 1
        assert "was accepted but is in no block after 0.1 s" in late.err
        assert chain.height == 1
        chain.next_block()
        assert (chain.state.shares(ALICE), chain.state.shares(BOB)) == (DOLLAR, DOLLAR)
    finally:
        chain.node.block_mode = BlockMode.INSTANT


# --- failures -----------------------------------------------------------------------------------------------------


def test_a_failed_transaction_ends_with_1_and_says_codespace_code_and_log(vaultsim: Program) -> None:
    too_much = ("tx", "deposit", "900000usdc", "--from", "alice")
    simulated = vaultsim(*too_much)
    assert (simulated.code, simulated.out) == (1, "")
    assert "the transaction would fail: " in simulated.err
    failed = vaultsim(*too_much, "--gas", "500000")
    assert failed.code == 1
    assert "result  subaccounts 102" in failed.out
    assert "failed in block 2: " in failed.err
    assert "NewlyUndercollateralized" in failed.err  # what the Rust client looks for
    assert failed.err.rstrip().endswith("[subaccounts 102]")
    refused = vaultsim("tx", "deposit", "1usdc", "--from", "alice", "--chain-id", "another", "--json")
    assert refused.code == 1
    assert "was refused: signature verification failed" in refused.err
    told = json.loads(refused.out)
    assert (told["codespace"], told["code"], told["height"]) == ("sdk", 4, 0)


def test_an_account_that_is_not_there_is_told(vaultsim: Program) -> None:
    told = vaultsim.refused("tx", "deposit", "1usdc", "--from", "newcomer")
    assert f"{account('newcomer').address} has no account on localdydxprotocol" in told


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["1"], "'1' is no amount; write 12.5usdc or 12500000quantums"),
        ([], "give the amount once"),
        (["1usdc", "--quantums", "1"], "give the amount once"),
        (["1.0000001usdc"], "6 decimals at most"),
        (["12,5usdc"], "is no decimal number"),
        (["1.5quantums"], "0 decimals at most"),
        (["5adv4tnt"], "is no amount of USDC"),
        (["--usdc", "-1"], "expected 0 to"),
        (["--usdc", "20000000000000"], "expected 0 to 18446744073709551615"),
    ],
)
def test_an_amount_that_could_be_misread_is_refused(vaultsim: Program, words: list[str], sentence: str) -> None:
    assert sentence in vaultsim.refused("tx", "deposit", *words, "--from", "alice")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("grpc+http://127.0.0.1:1", "no node answers there"),
        ("127.0.0.1:9090", "is no address such as grpc+http://127.0.0.1:9090"),
        ("rest+http://127.0.0.1:1317", "is no address such as"),
        ("grpc+http://127.0.0.1:port", "is no address such as"),
        ("grpc+http://127.0.0.1:9090/path", "is no address such as"),
    ],
)
def test_a_node_that_is_not_there_is_told(vaultsim: Program, url: str, sentence: str) -> None:
    assert sentence in vaultsim.refused("tx", "deposit", "1usdc", "--from", "alice", "--node", url)


def test_without_cosmpy_the_way_to_get_it_is_told(vaultsim: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cosmpy.aerial.client", None)
    told = vaultsim.refused("tx", "deposit", "1usdc", "--from", "alice")
    assert "install it with `pip install 'vaultsim[client]'`" in told
    # Queries do without.
    assert "quoting" in vaultsim.done("query", "megavault")


# --- designs that a chain does not have ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["mmvault", "deposit", "1usdc"],
        ["mmvault", "withdraw", "1"],
        ["perpvault", "buy-usdg", "1usdc"],
        ["fundvault", "deposit", ALICE.address, "1usdc"],
        ["fundvault", "redeem", "trend", "all"],
    ],
)
def test_a_chain_without_a_design_says_so_in_one_sentence(
    chain: ServedChain, vaultsim: Program, arguments: list[str]
) -> None:
    ended = vaultsim("tx", *arguments, "--from", "alice")
    assert ended.code in (1, 2)
    assert (ended.out, ended.err.count("\n"), ended.err.startswith("vaultsim: ")) == ("", 1, True)
    assert chain.height == 1
