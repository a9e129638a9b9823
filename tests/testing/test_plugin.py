"""The pytest plugin, run by pytest in a process of its own, as in somebody else's project."""

from __future__ import annotations

import json

import pytest

import vaultsim

pytest_plugins = ["pytester"]

PREAMBLE = """
import pytest
import vaultsim
from vaultsim.pb.dydxprotocol.vault import MsgDepositToMegavault, VaultId

ALICE = vaultsim.account("alice")

def deposit(quantums):
    return MsgDepositToMegavault(subaccount_id=ALICE.subaccount(0), quote_quantums=quantums)
"""


# Plugins of this project's own tests take longer to load than most of these runs take.
LIGHT = [f"-pno:{name}" for name in ("cacheprovider", "hypothesispytest", "anyio", "xdist", "timeout")]


def run(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(PREAMBLE + source)
    return pytester.runpytest_subprocess(*LIGHT, *options)


def test_chains_are_fresh_or_go_back_and_a_module_chooses_its_genesis(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_other="""
        import pytest, vaultsim

        @pytest.fixture
        def vaultsim_genesis():
            document = vaultsim.genesis("faq-ownership")
            document["chain_id"] = "another-chain"
            return document

        def test_own_genesis(chain, chain_snapshot):
            assert chain.chain_id == chain_snapshot.chain_id == "another-chain"
        """
    )
    result = run(
        pytester,
        """
hashes = []

@pytest.mark.parametrize("turn", range(3))
def test_fresh(chain, turn):
    assert (chain.height, chain.chain_id, chain.state.shares(ALICE)) == (1, "localdydxprotocol", 0)
    chain.execute(deposit(5))

@pytest.mark.parametrize("turn", range(3))
def test_reverted(chain_snapshot, turn):
    assert (chain_snapshot.height, chain_snapshot.state.shares(ALICE)) == (1, 0)
    chain_snapshot.execute(deposit(5))
    chain_snapshot.submit(deposit(6))
    chain_snapshot.impersonate("dydx1c7ptc87hkd54e3r7zjy92q29xkq7t79w64slrq")
    hashes.append(chain_snapshot.app_hash)

def test_a_test_that_fails_goes_back_as_well(chain_snapshot):
    chain_snapshot.execute(deposit(5))
    assert False, "meant"

def test_nothing_is_left(chain_snapshot, chain):
    assert len(set(hashes)) == 1
    assert (chain_snapshot.height, chain_snapshot.app_hash) == (1, chain.app_hash)
    assert chain_snapshot.node.waiting_txs() == []
    assert not chain_snapshot.node.impersonated
""",
    )
    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines(["*meant*"])


def test_options_choose_genesis_and_seed(pytester: pytest.Pytester) -> None:
    document = vaultsim.genesis("localnet")
    document["chain_id"] = "from-a-file"
    pytester.makefile(".json", own=json.dumps(document))
    source = """
def test_options(chain, vaultsim_seed):
    assert (chain.chain_id, vaultsim_seed) == ("from-a-file", 7)
"""
    run(pytester, source, "--vaultsim-genesis=own.json", "--vaultsim-seed=7").assert_outcomes(passed=1)


def test_a_genesis_that_is_not_there_is_told_in_a_sentence(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_it(chain): pass", "--vaultsim-genesis=nowhere", "--tb=line")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*UserError: nowhere: neither a file nor the name of a genesis*"])


def test_a_run_that_does_not_use_it_imports_nothing_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_no_import():
            loaded = {name for name in sys.modules if name.split(".")[0] in ("vaultsim", "grpc", "google", "coincurve")}
            assert loaded <= {"vaultsim", "vaultsim.testing", "vaultsim.testing.plugin"}
        """
    )
    pytester.runpytest_subprocess(*LIGHT).assert_outcomes(passed=1)


def test_clients_connect_to_a_node_in_the_process_of_the_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
from cosmpy.aerial.client import LedgerClient, NetworkConfig
from cosmpy.aerial.wallet import LocalWallet
from vaultsim.x.assets.types import USDC_DENOM

BOB = vaultsim.account("bob")

@pytest.mark.parametrize("turn", range(2))
def test_cosmpy(vaultsim_node, turn):
    config = NetworkConfig("localdydxprotocol", 0.025, USDC_DENOM, "adv4tnt", f"grpc+http://{vaultsim_node.grpc}")
    client = LedgerClient(config)
    before = vaultsim_node.state.balance(BOB)
    wallet = LocalWallet.from_mnemonic(ALICE.mnemonic, prefix="dydx")
    client.send_tokens(BOB.address, 10, USDC_DENOM, wallet).wait_to_complete()
    assert vaultsim_node.state.balance(BOB) == before + 10 == client.query_bank_balance(BOB.address)
    # The first block, and one for the transaction.
    assert (client.query_height(), vaultsim_node.height) == (2, 2)

def test_it_is_steered_like_any_chain(vaultsim_node):
    vaultsim_node.execute(deposit(5), signer=ALICE)
    assert vaultsim_node.height == 2
    assert vaultsim_node.query.vault.MegavaultTotalShares().total_shares.num_shares == 5
    vaultsim_node.advance(blocks=3, seconds=60)
    assert vaultsim_node.height == 5
    with pytest.raises(vaultsim.TxFailed):
        vaultsim_node.execute(deposit(10**15), signer=ALICE)

def test_its_doors_are_open(vaultsim_node):
    import json
    from urllib.request import urlopen

    def get(url):
        with urlopen(url) as answer:
            return json.load(answer)

    assert get(vaultsim_node.rpc + "/status")["result"]["sync_info"]["latest_block_height"] == "1"
    params = get(vaultsim_node.lcd + "/dydxprotocol/vault/params")
    assert params["operator_params"]["operator"] == vaultsim.account("operator").address
    assert get(vaultsim_node.indexer + "/v4/height")["height"] == "1"
""",
    )
    result.assert_outcomes(passed=4)
