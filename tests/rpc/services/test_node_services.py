"""What the node says about itself, its blocks and parameters, through the table."""

from __future__ import annotations

import json

import pytest

from tests.rpc.services.asked import Asked
from vaultsim.pb.cosmos.auth.v1beta1 import (
    AddressBytesToStringRequest,
    AddressBytesToStringResponse,
    AddressStringToBytesRequest,
    AddressStringToBytesResponse,
    Bech32PrefixRequest,
    Bech32PrefixResponse,
    QueryAccountAddressByIDRequest,
    QueryAccountAddressByIDResponse,
)
from vaultsim.pb.cosmos.bank.v1beta1 import (
    QueryBalanceRequest,
    QueryBalanceResponse,
    QueryDenomOwnersByQueryRequest,
    QueryDenomOwnersByQueryResponse,
    QuerySendEnabledRequest,
    QuerySendEnabledResponse,
    QuerySpendableBalanceByDenomRequest,
    QuerySpendableBalanceByDenomResponse,
    QuerySupplyOfRequest,
    QuerySupplyOfResponse,
)
from vaultsim.pb.cosmos.base.node.v1beta1 import ConfigRequest, ConfigResponse, StatusRequest, StatusResponse
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest
from vaultsim.pb.cosmos.base.tendermint.v1beta1 import (
    ABCIQueryRequest,
    ABCIQueryResponse,
    GetBlockByHeightRequest,
    GetBlockByHeightResponse,
    GetLatestBlockRequest,
    GetLatestBlockResponse,
    GetLatestValidatorSetRequest,
    GetLatestValidatorSetResponse,
    GetNodeInfoRequest,
    GetNodeInfoResponse,
    GetSyncingRequest,
    GetSyncingResponse,
)
from vaultsim.pb.cosmos.consensus.v1 import QueryParamsRequest, QueryParamsResponse
from vaultsim.pb.cosmos.distribution.v1beta1 import (
    QueryDelegationTotalRewardsRequest,
    QueryDelegationTotalRewardsResponse,
)
from vaultsim.pb.cosmos.gov.v1 import (
    QueryProposalRequest,
    QueryProposalResponse,
    QueryProposalsRequest,
    QueryProposalsResponse,
)
from vaultsim.pb.cosmos.params.v1beta1 import QueryParamsRequest as OldParamsRequest
from vaultsim.pb.cosmos.params.v1beta1 import QueryParamsResponse as OldParamsResponse
from vaultsim.pb.cosmos.staking.v1beta1 import QueryValidatorsRequest, QueryValidatorsResponse
from vaultsim.pb.dydxprotocol.bridge import (
    QueryDelayedCompleteBridgeMessagesRequest,
    QueryDelayedCompleteBridgeMessagesResponse,
    QueryEventParamsRequest,
    QueryEventParamsResponse,
)
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.testing.accounts import ALICE, address_of
from vaultsim.x.assets.types import USDC_DENOM

BLOCKS = "/cosmos.base.tendermint.v1beta1.Service"
AUTH = "/cosmos.auth.v1beta1.Query"
BANK = "/cosmos.bank.v1beta1.Query"


@pytest.fixture(scope="module")
def asked() -> Asked:
    asked = Asked()
    for _ in range(3):
        asked.node.produce_block()
    return asked


def test_the_node_info_names_the_chain_and_versions_that_cosmpy_can_read(asked: Asked) -> None:
    found = asked.ask(f"{BLOCKS}/GetNodeInfo", GetNodeInfoRequest(), GetNodeInfoResponse)
    assert found.default_node_info is not None
    assert found.default_node_info.network == asked.node.chain_id
    versions = found.application_version
    assert versions is not None
    for text in (versions.version, versions.cosmos_sdk_version.removeprefix("v")):
        assert all(part.isdigit() for part in text.split("."))


def test_the_latest_block_is_there_in_both_forms(asked: Asked) -> None:
    found = asked.ask(f"{BLOCKS}/GetLatestBlock", GetLatestBlockRequest(), GetLatestBlockResponse)
    assert found.block is not None
    assert found.sdk_block is not None
    assert found.block.header.height == found.sdk_block.header.height == asked.node.height
    assert found.block.header.chain_id == asked.node.chain_id
    assert found.sdk_block.header.proposer_address.startswith("dydxvalcons1")


def test_a_block_points_at_the_one_before(asked: Asked) -> None:
    blocks = [
        asked.ask(f"{BLOCKS}/GetBlockByHeight", GetBlockByHeightRequest(height=height), GetBlockByHeightResponse)
        for height in (2, 3)
    ]
    assert blocks[0].block_id is not None
    assert blocks[1].block is not None
    assert blocks[1].block.header.last_block_id == blocks[0].block_id


@pytest.mark.parametrize(
    ("height", "reason"), [(99, "bigger then the chain length"), (0, "greater than 0"), (-5, "-5")]
)
def test_a_block_that_is_not_there_is_an_invalid_argument(asked: Asked, height: int, reason: str) -> None:
    with pytest.raises(RequestFailed, match=reason) as failed:
        asked.ask(f"{BLOCKS}/GetBlockByHeight", GetBlockByHeightRequest(height=height), GetBlockByHeightResponse)
    assert failed.value.status == GrpcCode.INVALID_ARGUMENT


def test_the_node_is_never_catching_up(asked: Asked) -> None:
    assert not asked.ask(f"{BLOCKS}/GetSyncing", GetSyncingRequest(), GetSyncingResponse).syncing


def test_there_is_one_validator(asked: Asked) -> None:
    path = f"{BLOCKS}/GetLatestValidatorSet"
    found = asked.ask(path, GetLatestValidatorSetRequest(), GetLatestValidatorSetResponse)
    assert [one.address[:12] for one in found.validators] == ["dydxvalcons1"]


def test_abci_queries_do_not_go_through_grpc(asked: Asked) -> None:
    with pytest.raises(RequestFailed, match="unsupported ABCI query path"):
        asked.ask(f"{BLOCKS}/ABCIQuery", ABCIQueryRequest(path=f"{BANK}/Params"), ABCIQueryResponse)


def test_the_gas_limit_of_a_block_is_told_in_both_ways(asked: Asked) -> None:
    found = asked.ask("/cosmos.consensus.v1.Query/Params", QueryParamsRequest(), QueryParamsResponse)
    assert found.params is not None
    assert found.params.block is not None
    request = OldParamsRequest(subspace="baseapp", key="BlockParams")
    old = asked.ask("/cosmos.params.v1beta1.Query/Params", request, OldParamsResponse)
    assert int(json.loads(old.param.value)["max_gas"]) == found.params.block.max_gas


def test_other_old_parameters_are_refused(asked: Asked) -> None:
    request = OldParamsRequest(subspace="gov", key="votingparams")
    with pytest.raises(RequestFailed, match="no such parameter"):
        asked.ask("/cosmos.params.v1beta1.Query/Params", request, OldParamsResponse)


def test_the_node_tells_its_least_gas_prices_and_where_it_stands(asked: Asked) -> None:
    config = asked.ask("/cosmos.base.node.v1beta1.Service/Config", ConfigRequest(), ConfigResponse)
    assert config.minimum_gas_price == f"25000000000adv4tnt,0.025{USDC_DENOM}"
    status = asked.ask("/cosmos.base.node.v1beta1.Service/Status", StatusRequest(), StatusResponse)
    assert (status.height, status.app_hash) == (asked.node.height, asked.node.app.store.app_hash)


def test_modules_that_do_not_run_have_empty_lists(asked: Asked) -> None:
    validators = asked.ask(
        "/cosmos.staking.v1beta1.Query/Validators", QueryValidatorsRequest(), QueryValidatorsResponse
    )
    rewards = asked.ask(
        "/cosmos.distribution.v1beta1.Query/DelegationTotalRewards",
        QueryDelegationTotalRewardsRequest(delegator_address=ALICE.address),
        QueryDelegationTotalRewardsResponse,
    )
    proposals = asked.ask("/cosmos.gov.v1.Query/Proposals", QueryProposalsRequest(), QueryProposalsResponse)
    assert (validators.validators, rewards.total, proposals.proposals) == ((), (), ())
    with pytest.raises(RequestFailed, match="doesn't exist"):
        asked.ask("/cosmos.gov.v1.Query/Proposal", QueryProposalRequest(proposal_id=1), QueryProposalResponse)


def test_the_bridge_has_the_parameters_of_genesis_and_nothing_waiting(asked: Asked) -> None:
    asked.ask("/dydxprotocol.bridge.Query/EventParams", QueryEventParamsRequest(), QueryEventParamsResponse)
    found = asked.ask(
        "/dydxprotocol.bridge.Query/DelayedCompleteBridgeMessages",
        QueryDelayedCompleteBridgeMessagesRequest(),
        QueryDelayedCompleteBridgeMessagesResponse,
    )
    assert found.messages == ()


def test_addresses_are_translated(asked: Asked) -> None:
    assert asked.ask(f"{AUTH}/Bech32Prefix", Bech32PrefixRequest(), Bech32PrefixResponse).bech32_prefix == "dydx"
    request = AddressStringToBytesRequest(address_string=ALICE.address)
    raw = asked.ask(f"{AUTH}/AddressStringToBytes", request, AddressStringToBytesResponse).address_bytes
    # The data part "99tqg4wdlnu4qjlxchpd7seg454937h" in BIP 173's alphabet, five bits a letter, by hand.
    assert raw.hex() == "29560455cdfcf9504be6c5c2df4328ad2a58faf2"
    back = AddressBytesToStringRequest(address_bytes=raw)
    assert asked.ask(f"{AUTH}/AddressBytesToString", back, AddressBytesToStringResponse).address_string == ALICE.address


def test_an_account_number_leads_to_its_address(asked: Asked) -> None:
    path = f"{AUTH}/AccountAddressByID"
    found = asked.ask(path, QueryAccountAddressByIDRequest(account_id=0), QueryAccountAddressByIDResponse)
    assert found.account_address.startswith("dydx1")
    with pytest.raises(RequestFailed) as failed:
        asked.ask(path, QueryAccountAddressByIDRequest(account_id=10**9), QueryAccountAddressByIDResponse)
    assert failed.value.status == GrpcCode.NOT_FOUND


def test_the_owners_of_a_denomination_hold_its_whole_supply(asked: Asked) -> None:
    owners: list[int] = []
    key = b""
    while True:
        request = QueryDenomOwnersByQueryRequest(denom=USDC_DENOM, pagination=PageRequest(key=key, limit=2))
        page = asked.ask(f"{BANK}/DenomOwnersByQuery", request, QueryDenomOwnersByQueryResponse)
        owners += [int(owner.balance.amount) for owner in page.denom_owners]
        key = page.pagination.next_key if page.pagination else b""
        if not key:
            break
    supply = asked.ask(f"{BANK}/SupplyOf", QuerySupplyOfRequest(denom=USDC_DENOM), QuerySupplyOfResponse)
    assert len(owners) > 2
    assert sum(owners) == int(supply.amount.amount)


def test_what_may_be_spent_is_the_balance(asked: Asked) -> None:
    balance = asked.ask(
        f"{BANK}/Balance", QueryBalanceRequest(address=address_of("alice"), denom=USDC_DENOM), QueryBalanceResponse
    )
    spendable = asked.ask(
        f"{BANK}/SpendableBalanceByDenom",
        QuerySpendableBalanceByDenomRequest(address=address_of("alice"), denom=USDC_DENOM),
        QuerySpendableBalanceByDenomResponse,
    )
    assert spendable.balance == balance.balance


def test_denominations_without_an_entry_are_not_listed_as_sendable(asked: Asked) -> None:
    request = QuerySendEnabledRequest(denoms=("nothing",))
    assert asked.ask(f"{BANK}/SendEnabled", request, QuerySendEnabledResponse).send_enabled == ()
