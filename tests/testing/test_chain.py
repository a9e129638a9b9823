"""The Python API: a chain in this process, driven and looked at as a test author does."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

import vaultsim
from tests.genesis.runs import ROOT
from vaultsim.errors import ChainError, UserError
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder, Order, OrderId
from vaultsim.pb.dydxprotocol.vault import (
    MsgAllocateToVault,
    MsgDepositToMegavault,
    MsgDepositToMegavaultResponse,
    MsgUpdateDefaultQuotingParams,
    MsgUpdateOperatorParams,
    MsgWithdrawFromMegavault,
    NumShares,
    OperatorParams,
    QuotingParams,
    VaultId,
)
from vaultsim.testing.chain import Chain
from vaultsim.testing.invariants import InvariantBroken
from vaultsim.x.assets.types import USDC_DENOM

ALICE, BOB, OPERATOR, ZOE = (vaultsim.account(name) for name in ("alice", "bob", "operator", "zoe"))
DOLLAR = 1_000_000
BTC_VAULT = VaultId(type=1, number=0)


@pytest.fixture
def chain() -> Chain:
    """Alice, Bob, Carl and Dave with $100,000 in subaccount 0 and $1,000,000 in the bank; MegaVault is empty."""
    return Chain.from_genesis("localnet", checked=True)


def deposit(quantums: int) -> MsgDepositToMegavault:
    return MsgDepositToMegavault(subaccount_id=ALICE.subaccount(0), quote_quantums=quantums)


def withdraw(shares: int) -> MsgWithdrawFromMegavault:
    return MsgWithdrawFromMegavault(subaccount_id=ALICE.subaccount(0), shares=NumShares(num_shares=shares))


def send(amount: int, sender: str, recipient: str) -> MsgSend:
    coins = (Coin(denom=USDC_DENOM, amount=str(amount)),)
    return MsgSend(from_address=sender, to_address=recipient, amount=coins)


# --- starting -----------------------------------------------------------------------------------------------------


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, vaultsim; print([name for name in sys.modules if name.startswith('vaultsim.')])"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert out.stdout.strip() == "[]"


def test_a_name_a_path_and_a_document_start_the_same_chain() -> None:
    path = ROOT / "genesis" / "localnet" / "genesis.json"
    chains = [Chain.from_genesis(source) for source in ("localnet", path, str(path), vaultsim.genesis("localnet"))]
    assert len({chain.app_hash for chain in chains}) == 1
    assert [chain.height for chain in chains] == [1, 1, 1, 1]
    assert chains[0].chain_id == "localdydxprotocol"
    assert chains[0].time.isoformat() == "2024-11-21T00:00:00+00:00"


def test_a_changed_document_starts_a_changed_chain() -> None:
    document = vaultsim.genesis("localnet")
    document["app_state"]["vault"]["operator_params"]["operator"] = ALICE.address
    changed = Chain.from_genesis(document)
    assert changed.state.vault.operator_params.operator == ALICE.address
    assert Chain.from_genesis("localnet").state.vault.operator_params.operator == OPERATOR.address
    renamed = Chain.from_genesis("localnet", chain_id="my-chain")
    assert renamed.execute(deposit(1), chain_id="my-chain").code == 0
    assert renamed.execute(deposit(1), chain_id="localdydxprotocol", check=False).code == 4


def test_a_document_that_does_not_fit_is_told_with_its_field() -> None:
    with pytest.raises(UserError, match="field 'app_state'"):
        Chain.from_genesis({})
    with pytest.raises(UserError, match="neither a file nor the name"):
        Chain.from_genesis("local-net")


# --- transactions -------------------------------------------------------------------------------------------------


def test_the_first_deposit_mints_a_share_for_every_quantum(chain: Chain) -> None:
    result = chain.execute(deposit(vaultsim.usdc("50000")), signer=ALICE)
    assert vaultsim.responses_of(result) == (
        MsgDepositToMegavaultResponse(minted_shares=NumShares(num_shares=50_000 * DOLLAR)),
    )
    assert chain.state.shares(ALICE) == 50_000 * DOLLAR
    assert chain.state.usdc(ALICE) == 50_000 * DOLLAR
    # The fee of 50,000 quantums is paid from the bank account.
    assert chain.state.balance(ALICE) == 1_000_000 * DOLLAR - 50_000
    account = chain.state.account(ALICE)
    assert account is not None
    assert account.sequence == 1


def test_a_submitted_transaction_waits_for_the_block(chain: Chain) -> None:
    assert chain.submit([deposit(DOLLAR), deposit(2 * DOLLAR)], signer="alice", memo="two").code == 0
    assert (chain.height, chain.state.vault.total_shares.num_shares) == (1, 0)
    record = chain.next_block()
    assert (record.height, chain.height) == (2, 2)
    assert chain.state.vault.total_shares.num_shares == 3 * DOLLAR


def test_json_and_values_are_the_same_transaction(chain: Chain) -> None:
    written = {
        "@type": "/dydxprotocol.vault.MsgAllocateToVault",
        "authority": OPERATOR,
        "vault_id": {"type": "VAULT_TYPE_CLOB", "number": 0},
        "quote_quantums": DOLLAR,
    }
    value = MsgAllocateToVault(authority=OPERATOR.address, vault_id=BTC_VAULT, quote_quantums=DOLLAR)
    assert chain.signed(written) == chain.signed(value)
    nested = {**written, "vault_id": BTC_VAULT}
    assert chain.signed(nested) == chain.signed(value)


def test_who_must_sign_does_so_unless_somebody_else_is_named(chain: Chain) -> None:
    assert chain.signed(deposit(1)) == chain.signed(deposit(1), signer=ALICE) != chain.signed(deposit(1), signer=BOB)
    with pytest.raises(vaultsim.TxFailed, match="refused by CheckTx") as wrong:
        chain.execute(deposit(1), signer=BOB)
    assert (wrong.value.codespace, wrong.value.code, wrong.value.height) == ("sdk", 8, None)


def test_an_account_whose_key_nobody_has_must_be_named_or_impersonated(chain: Chain) -> None:
    stranger = "dydx1v88c3xv9xyv3eetdx0tvcmq7ung3dywp5upwc6"
    with pytest.raises(UserError, match=f"{stranger} must sign; name a signer whose key is known, or impersonate"):
        chain.submit(send(1, stranger, ALICE.address))


def test_what_checktx_refuses_makes_no_block(chain: Chain) -> None:
    with pytest.raises(vaultsim.TxFailed) as refused:
        chain.execute(deposit(DOLLAR), sequence=7)
    assert (refused.value.codespace, refused.value.code, refused.value.height) == ("sdk", 32, None)
    assert chain.height == 1
    assert chain.execute(deposit(DOLLAR), sequence=7, check=False).code == 32


def test_what_fails_in_its_block_tells_codespace_code_and_height(chain: Chain) -> None:
    chain.execute(deposit(DOLLAR))
    with pytest.raises(vaultsim.TxFailed, match=r"failed in block 3 \[vault 27\]: .*withdrawable shares") as failed:
        chain.execute(withdraw(2 * DOLLAR))
    assert (failed.value.codespace, failed.value.code, failed.value.height) == ("vault", 27, 3)
    assert chain.execute(withdraw(2 * DOLLAR), check=False).code == 27
    assert chain.state.shares(ALICE) == DOLLAR


def test_a_short_term_order_answers_with_what_checktx_said(chain: Chain) -> None:
    order_id = OrderId(subaccount_id=BOB.subaccount(0), client_id=1, order_flags=0, clob_pair_id=0)
    order = Order(order_id=order_id, side=1, quantums=10_000_000, subticks=100_000, good_til_block=5)
    assert chain.execute(MsgPlaceOrder(order=order)).code == 0
    assert chain.height == 2
    record = chain.node.blocks.get(2)
    assert record is not None
    # Nothing matched, so the block holds the proposer's operations and no placement.
    assert not any(b"MsgPlaceOrder" in tx.raw for tx in record.txs)


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"quote_quantums": "1"}, "message.@type: expected a type URL"),
        ({}, "message.@type: expected a type URL"),
        ({"@type": "/dydxprotocol.vault.MsgNone"}, "unknown type"),
        ({"@type": "/dydxprotocol.vault.MsgDepositToMegavault", "quantums": 1}, "message.quantums: unknown field"),
        ({"@type": "/dydxprotocol.vault.MsgAllocateToVault", "vault_id": {"type": "X"}}, "expected one of VAULT_TYPE"),
        ("deposit", "is no message"),
        ([], "no message was given"),
    ],
)
def test_a_message_that_does_not_fit_is_told_with_its_field(chain: Chain, message: object, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        chain.submit(message, signer=ALICE)  # type: ignore[arg-type]


# --- authority, money, impersonation ------------------------------------------------------------------------------


def test_governance_changes_what_only_it_may(chain: Chain) -> None:
    message = MsgUpdateOperatorParams(authority=Chain.authority, params=OperatorParams(operator=BOB.address))
    assert chain.as_authority(message).problem is None
    assert chain.state.vault.operator_params.operator == BOB.address
    assert chain.height == 2


def test_a_proposal_that_fails_changes_nothing_and_says_why(chain: Chain) -> None:
    good = MsgUpdateOperatorParams(authority=Chain.authority, params=OperatorParams(operator=BOB.address))
    # A spread below the least one: code 10 of vault.
    bad = MsgUpdateDefaultQuotingParams(authority=Chain.authority, default_quoting_params=QuotingParams(layers=2))
    with pytest.raises(vaultsim.TxFailed) as failed:
        chain.as_authority([good, bad])
    assert (failed.value.codespace, failed.value.height) == ("vault", 2)
    assert chain.state.vault.operator_params.operator == OPERATOR.address
    assert chain.as_authority([good, bad], check=False).problem is not None


def test_funded_accounts_and_subaccounts_have_their_money(chain: Chain) -> None:
    chain.fund(ZOE, 7 * DOLLAR)
    chain.fund(ZOE, {"adv4tnt": 5})
    chain.fund(ZOE.subaccount(3), vaultsim.usdc("12.5"))
    assert chain.state.balances(ZOE) == {"adv4tnt": 5, USDC_DENOM: 7 * DOLLAR}
    assert chain.state.usdc(ZOE, 3) == chain.state.usdc(ZOE.subaccount(3)) == 12_500_000
    assert chain.execute(send(DOLLAR, ZOE.address, BOB.address)).code == 0
    with pytest.raises(UserError, match="a subaccount holds USDC alone"):
        chain.fund(ZOE.subaccount(0), {"adv4tnt": 5})


def test_an_impersonated_account_needs_no_signature(chain: Chain) -> None:
    insurance = "dydx1c7ptc87hkd54e3r7zjy92q29xkq7t79w64slrq"
    chain.fund(insurance, DOLLAR)
    assert chain.state.balance(insurance) == 10_001 * DOLLAR
    chain.impersonate(insurance)
    chain.execute(send(3 * DOLLAR, insurance, ZOE.address))
    assert (chain.state.balance(insurance), chain.state.balance(ZOE)) == (9_998 * DOLLAR, 3 * DOLLAR)
    chain.impersonate(insurance, on=False)
    with pytest.raises(UserError, match="must sign"):
        chain.submit(send(DOLLAR, insurance, ZOE.address))


def test_funding_a_subaccount_ends_no_impersonation(chain: Chain) -> None:
    chain.impersonate(ZOE)
    chain.fund(ZOE.subaccount(0), DOLLAR)
    chain.fund(ZOE, DOLLAR)
    chain.execute(send(DOLLAR, ZOE.address, BOB.address))
    assert chain.state.balance(ZOE) == 0


# --- blocks, time, prices -----------------------------------------------------------------------------------------


def test_time_passes_evenly_over_the_blocks_and_exactly_at_the_end(chain: Chain) -> None:
    start = chain.time_ns
    chain.next_block()
    assert chain.time_ns == start + 10**9
    chain.next_block(seconds=0.25)
    assert chain.time_ns == start + 1_250_000_000
    record = chain.advance(blocks=3, seconds=10)
    assert (record.height, record.time_ns) == (6, start + 11_250_000_000)
    before = chain.node.blocks.get(5)
    assert before is not None
    assert before.time_ns == start + 1_250_000_000 + 6_666_666_666
    assert chain.advance(blocks=60).time_ns == start + 71_250_000_000
    with pytest.raises(UserError, match="only goes forward"):
        chain.next_block(seconds=-1)
    with pytest.raises(UserError, match="make at least 1"):
        chain.advance(blocks=0)


def test_blocks_are_as_far_apart_as_was_asked() -> None:
    chain = Chain.from_genesis("localnet", block_seconds=0.5)
    start = chain.time_ns
    assert chain.advance(blocks=3).time_ns == start + 1_500_000_000


@pytest.mark.parametrize(
    "prices",
    [
        {0: 9_862_050_000},
        {"BTC-USD": 9_862_050_000},
        {"BTC-USD": "98620.5"},
        {"BTC-USD": "98,620.50"},
        {0: Decimal("98620.5")},
    ],
)
def test_a_price_is_units_of_the_market_or_dollars(chain: Chain, prices: dict[int | str, int | str | Decimal]) -> None:
    chain.next_block(prices=prices)
    assert chain.state.prices.prices[0].price == 9_862_050_000


@pytest.mark.parametrize(
    ("prices", "sentence"),
    [
        ({"BTCUSD": "1"}, "no oracle market 'BTCUSD'; there are BTC-USD, "),
        ({99: 1}, "no oracle market 99"),
        ({"BTC-USD": "98620.000001"}, "BTC-USD, price in dollars: .* 5 decimals at most"),
        ({"BTC-USD": "much"}, "is no decimal number"),
        ({"BTC-USD": 0}, "0 is no price"),
    ],
)
def test_a_price_that_cannot_be_is_told(chain: Chain, prices: dict[int | str, int | str], sentence: str) -> None:
    with pytest.raises(vaultsim.UserError, match=sentence):
        chain.set_prices(prices)


def test_prices_wander_by_their_seed_until_they_are_told_to_stop() -> None:
    def walked(seed: int) -> list[int]:
        chain = Chain.from_genesis("localnet")
        chain.walk_prices(seed, volatility_ppm=5_000)
        chain.advance(blocks=20)
        path = [chain.state_at(height).prices.prices[0].price for height in range(1, 22)]
        chain.script_prices(None)
        chain.advance(blocks=3)
        assert chain.state.prices.prices[0].price == path[-1]
        return path

    assert walked(7) == walked(7) != walked(8)
    assert len(set(walked(7))) > 10


# --- looking ------------------------------------------------------------------------------------------------------


def test_state_and_queries_tell_the_same(chain: Chain) -> None:
    chain.execute(deposit(5 * DOLLAR))
    answer = chain.query.vault.MegavaultOwnerShares(address=ALICE)
    assert answer.shares == chain.state.vault.owner_shares[ALICE] == NumShares(num_shares=5 * DOLLAR)
    balance = chain.query.bank.Balance(address=ALICE.address, denom=USDC_DENOM).balance
    assert int(balance.amount) == chain.state.balance(ALICE)
    assert chain.query.subaccounts.Subaccount(owner=ALICE, number=0).subaccount == chain.state.subaccount(ALICE)
    path = "/dydxprotocol.vault.Query/VaultParams"
    assert chain.query.ask(path, {"type": 1, "number": 0}) == chain.query.vault.VaultParams(
        type="VAULT_TYPE_CLOB", number="0"
    )


def test_every_query_of_every_module_has_a_short_name(chain: Chain) -> None:
    reached = {f"{module}/{method}" for module in dir(chain.query) for method in _methods(chain, module)}
    paths = chain.node.app.modules.queries
    assert reached == {f"{path.split('.')[1]}/{path.rpartition('/')[2]}" for path in paths}
    assert len(reached) == len(paths) > 80


def _methods(chain: Chain, module: str) -> list[str]:
    found = getattr(chain.query, module)
    return [name for name in dir(found) if name[0].isupper()]


def test_what_cannot_be_asked_is_told_with_what_can(chain: Chain) -> None:
    with pytest.raises(AttributeError, match=r"no module 'vaults' has queries; .*vault"):
        _ = chain.query.vaults
    with pytest.raises(AttributeError, match="vault has no query 'Shares'; it has AllVaults"):
        chain.query.vault.Shares()
    with pytest.raises(UserError, match=r"VaultParams\.nummer: unknown field"):
        chain.query.vault.VaultParams(nummer=1)
    with pytest.raises(UserError, match=r"did you mean /dydxprotocol\.vault\.Query/Vault\?"):
        chain.query.ask("/dydxprotocol.vault.Query/Vaults", {})
    with pytest.raises(ChainError, match=r"not found"):
        chain.query.vault.Vault(type=1, number=77)


def test_a_module_s_rows_are_a_mapping(chain: Chain) -> None:
    chain.execute(deposit(DOLLAR))
    rows = chain.state.vault.owner_shares
    assert dict(rows) == {ALICE.address: NumShares(num_shares=DOLLAR)}
    assert (len(rows), ALICE in rows, BOB in rows, rows.get(BOB)) == (1, True, False, None)
    with pytest.raises(KeyError):
        rows[BOB]
    assert list(chain.state.vault.vault_params) == [f"VAULT_TYPE_CLOB-{number}" for number in (0, 1)]
    with pytest.raises(AttributeError, match="no 'shares' in the state of vault; there are addresses"):
        _ = chain.state.vault.shares
    with pytest.raises(AttributeError, match="no module 'vaults'"):
        _ = chain.state.vaults
    with pytest.raises(UserError, match="give an account such as"):
        chain.state.balance("alice")


def test_a_quoting_vault_has_its_orders(chain: Chain) -> None:
    chain.execute(deposit(50_000 * DOLLAR))
    chain.execute(MsgAllocateToVault(authority=OPERATOR.address, vault_id=BTC_VAULT, quote_quantums=20_000 * DOLLAR))
    orders = chain.state.orders()
    # Three layers of a bid and an ask.
    assert len(orders) == 6
    owner = orders[0].order_id.subaccount_id
    assert chain.state.orders(owner) == orders
    assert chain.state.orders(ALICE) == []


# --- checks -------------------------------------------------------------------------------------------------------


def test_a_checked_chain_stops_at_the_block_that_breaks_a_sum(chain: Chain) -> None:
    ctx = chain.node.app.query_context()
    chain.node.app.modules.vault.state.total_shares.set(ctx, NumShares(num_shares=1))
    chain.node.app.store.commit(ctx.branch)
    with pytest.raises(InvariantBroken, match="owners' shares and their total differ"):
        chain.next_block()


def test_an_exported_chain_goes_on_where_it_stood(chain: Chain, tmp_path: Path) -> None:
    chain.execute(deposit(DOLLAR))
    file = tmp_path / "later.json"
    file.write_text(json.dumps(chain.export()))
    later = Chain.from_genesis(file)
    assert (later.height, later.app_hash) == (chain.height, chain.app_hash)
    for one in (chain, later):
        one.execute(withdraw(DOLLAR // 2))
    assert later.app_hash == chain.app_hash


# --- going back ---------------------------------------------------------------------------------------------------


def test_going_back_and_doing_the_same_again_gives_the_same_digests(chain: Chain) -> None:
    chain.execute(deposit(DOLLAR))
    before, begin = chain.snapshot(), chain.app_hash

    def story() -> list[str]:
        chain.submit(withdraw(DOLLAR // 4))
        chain.fund(ZOE, DOLLAR)
        chain.next_block(seconds=30, prices={"BTC-USD": "99000"})
        return [chain.app_hash, chain.execute(deposit(3), check=False).log, str(chain.time_ns)]

    first = story()
    for _ in range(2):
        chain.revert(before)
        assert (chain.height, chain.app_hash, chain.state.shares(ALICE)) == (2, begin, DOLLAR)
        assert chain.state.balance(ZOE) == 0
        assert story() == first
    chain.drop_snapshot(before)
    with pytest.raises(UserError, match="snapshot"):
        chain.revert(before)


def test_older_blocks_can_be_looked_at(chain: Chain) -> None:
    chain.execute(deposit(DOLLAR))
    chain.execute(deposit(DOLLAR))
    assert [chain.state_at(height).shares(ALICE) for height in (1, 2, 3)] == [0, DOLLAR, 2 * DOLLAR]
    assert chain.query_at(2).vault.MegavaultTotalShares().total_shares.num_shares == DOLLAR
    with pytest.raises(UserError, match="4"):
        chain.state_at(4).shares(ALICE)


def test_raw_rows_are_the_chain_s_bytes(chain: Chain) -> None:
    chain.execute(deposit(DOLLAR))
    # Field 2 of NumShares, four bytes: 1,000,000 as SerializableInt is the sign byte 02 and 0f4240.
    assert chain.rows("vault")[b"OwnerShares:" + ALICE.address.encode()] == bytes.fromhex("1204020f4240")
    assert b"OwnerShares:" + ALICE.address.encode() not in chain.rows("vault", height=1)
