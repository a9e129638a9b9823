"""What a vault's refresh depends on, and the record of one that need not be repeated. Source: dydx-vault §§16, 17."""

from __future__ import annotations

from typing import NamedTuple

from vaultsim.pb.dydxprotocol.clob import ClobPair
from vaultsim.pb.dydxprotocol.perpetuals import PerpetualParams
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount
from vaultsim.pb.dydxprotocol.vault import QuotingParams, VaultParams
from vaultsim.x.vault.types import Market


class Inputs(NamedTuple):
    """Everything that the quotes of a vault follow from, as long as it holds no position in another market."""

    params: VaultParams
    quoting: QuotingParams
    subaccount: Subaccount
    pair: ClobPair
    perpetual_params: PerpetualParams
    param: MarketParam
    price: MarketPrice
    funding_index: int


class SettledRefresh(NamedTuple):
    """A refresh that need not be repeated for the same inputs.

    client_ids: what was remembered; None when the refresh ended with an error, which touches no order. is_exact: the
    vault had no other open orders than the remembered ones when this tuple was stored.
    """

    inputs: Inputs
    client_ids: tuple[int, ...] | None
    is_exact: bool


def inputs_of(params: VaultParams, quoting: QuotingParams, subaccount: Subaccount, market: Market) -> Inputs:
    """The inputs of a vault. Of the perpetual, open interest does not count."""
    pair, perpetual, param, price = market
    return Inputs(params, quoting, subaccount, pair, perpetual.params, param, price, perpetual.funding_index)


def are_same(first: Inputs, second: Inputs) -> bool:
    """Whether all inputs are the very same values; prices are compared, as they are written again unchanged."""
    return (
        first[0] is second[0]
        and first[1] is second[1]
        and first[2] is second[2]
        and first[3] is second[3]
        and first[4] is second[4]
        and first[5] is second[5]
        and (first[6] is second[6] or first[6] == second[6])
        and first[7] == second[7]
    )
