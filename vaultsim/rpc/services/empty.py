"""What clients ask at their start about modules that do not run here: well-formed and empty.

Staking, distribution, governance, and limits on bridges. Source: client-surfaces §1.1.
"""

from __future__ import annotations

from vaultsim.pb.cosmos.base.query.v1beta1 import PageResponse
from vaultsim.pb.cosmos.distribution.v1beta1 import QueryCommunityPoolResponse, QueryDelegationTotalRewardsResponse
from vaultsim.pb.cosmos.gov.v1 import QueryProposalRequest, QueryProposalsResponse
from vaultsim.pb.cosmos.staking.v1beta1 import (
    Params,
    Pool,
    QueryDelegatorDelegationsResponse,
    QueryDelegatorUnbondingDelegationsResponse,
    QueryParamsResponse,
    QueryPoolResponse,
    QueryValidatorsResponse,
)
from vaultsim.pb.dydxprotocol.ratelimit import ListLimitParamsResponse, QueryCapacityByDenomResponse
from vaultsim.pb.google.protobuf import Duration
from vaultsim.pb.runtime import Message
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.rpc.table import Answer, Scope, Served, served

_NONE = PageResponse()
_THREE_WEEKS_SECONDS = 1_814_400
_STAKING_PARAMS = Params(
    unbonding_time=Duration(seconds=_THREE_WEEKS_SECONDS),
    max_validators=100,
    max_entries=7,
    historical_entries=10_000,
    bond_denom="adv4tnt",
    min_commission_rate="0",
)
_ANSWERS: dict[str, Message] = {
    "/cosmos.staking.v1beta1.Query/Validators": QueryValidatorsResponse(pagination=_NONE),
    "/cosmos.staking.v1beta1.Query/DelegatorDelegations": QueryDelegatorDelegationsResponse(pagination=_NONE),
    "/cosmos.staking.v1beta1.Query/DelegatorUnbondingDelegations": QueryDelegatorUnbondingDelegationsResponse(
        pagination=_NONE
    ),
    "/cosmos.staking.v1beta1.Query/Pool": QueryPoolResponse(pool=Pool(not_bonded_tokens="0", bonded_tokens="0")),
    "/cosmos.staking.v1beta1.Query/Params": QueryParamsResponse(params=_STAKING_PARAMS),
    "/cosmos.distribution.v1beta1.Query/DelegationTotalRewards": QueryDelegationTotalRewardsResponse(),
    "/cosmos.distribution.v1beta1.Query/CommunityPool": QueryCommunityPoolResponse(),
    "/cosmos.gov.v1.Query/Proposals": QueryProposalsResponse(pagination=_NONE),
    "/dydxprotocol.ratelimit.Query/ListLimitParams": ListLimitParamsResponse(),
    "/dydxprotocol.ratelimit.Query/CapacityByDenom": QueryCapacityByDenomResponse(),
}


def rows() -> list[Served]:
    """The methods."""
    found = [served(path, _always(answer)) for path, answer in _ANSWERS.items()]
    return [*found, served("/cosmos.gov.v1.Query/Proposal", _no_proposal)]


def _always(answer: Message) -> Answer:
    return lambda _, __: answer


def _no_proposal(_: Scope, request: QueryProposalRequest) -> Message:
    raise RequestFailed(GrpcCode.NOT_FOUND, f"proposal {request.proposal_id} doesn't exist")
