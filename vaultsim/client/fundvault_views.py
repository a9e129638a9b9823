"""Fund accounts, as a node tells."""

from __future__ import annotations

from vaultsim.client.amounts import stated
from vaultsim.client.node import Node
from vaultsim.client.view import Line, Table, View, plain_json
from vaultsim.errors import UserError
from vaultsim.lib.decimals import USDC_DECIMALS, short_text_of, text_of
from vaultsim.pb.google.protobuf import Timestamp
from vaultsim.pb.json_text import time_to_text
from vaultsim.pb.vaultsim.fundvault.v1 import (
    QueryRedemptionsRequest,
    QueryRedemptionsResponse,
    QueryShareRequest,
    QueryShareResponse,
    QueryVaultsRequest,
    QueryVaultsResponse,
    RedemptionRequest,
    RedemptionType,
    RequestStatus,
    VaultStatus,
    VaultView,
)


def fund_named(node: Node, text: str) -> str:
    """The key of a fund: as it is, or of the one with that name. Raises UserError."""
    if text.startswith("dydx1"):
        return text
    funds = _all_funds(node, 0)
    found = [fund.id for fund in funds if fund.metadata.name.lower() == text.lower()]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"{len(found)} funds are named {text!r}; give the key of one of them: {', '.join(found)}")
    names = ", ".join(fund.metadata.name for fund in funds) or "none"
    raise UserError(f"no fund is named {text!r}; there are {names}")


def all_funds_view(node: Node, height: int) -> View:
    """Every fund in a row."""
    funds = _all_funds(node, height)
    rows = [
        (
            fund.metadata.name,
            _status(fund),
            fund.id,
            str(len(fund.parties)),
            text_of(int(fund.investment_value), USDC_DECIMALS),
            _time(fund.next_redemption_time),
        )
        for fund in funds
    ]
    columns = ("fund", "status", "key", "holders>", "worth (USDC)>", "next date")
    return View(json={"vaults": [plain_json(fund) for fund in funds]}, table=Table(columns, rows))


def fund_view(node: Node, fund_id: str, height: int) -> View:
    """One fund: its terms, what it is worth, and its holders. Raises UserError for one that is not there."""
    answer = node.ask(QueryVaultsRequest(vault_id=fund_id), QueryVaultsResponse, height)
    if not answer.vaults:
        raise UserError(f"there is no fund {fund_id}")
    [fund] = answer.vaults
    lines: list[Line] = [
        ("fund", fund.metadata.name),
        ("key", fund.id),
        ("status", _status(fund)),
        ("owner", fund.owner),
        ("worth", stated(int(fund.investment_value))),
        ("late", stated(int(fund.late_total))),
        (
            "fees",
            f"{fund.management_fee_factor} and {fund.performance_fee_factor} of new gains each {fund.fee_period} s",
        ),
        ("mark", fund.high_water_mark),
        ("next fee", _time(fund.next_fee_time)),
    ]
    for date in fund.redemption_dates:
        kind = RedemptionType.NAMES.get(date.type, "-").removeprefix("REDEMPTION_TYPE_").lower().replace("_", " ")
        lines.append(("pays", f"{_time(date.date)}: {kind}, up to {date.max_fraction} of it"))
    rows = [(party.party, party.share, text_of(int(party.value), USDC_DECIMALS), party.units) for party in fund.parties]
    return View(json=plain_json(fund), lines=lines, table=Table(("holder", "share>", "worth (USDC)>", "units>"), rows))


def party_view(node: Node, fund_id: str, party: str, height: int) -> View:
    """What a holder has in a fund, and the requests."""
    share = node.ask(QueryShareRequest(vault_id=fund_id, party=party), QueryShareResponse, height)
    request = QueryRedemptionsRequest(vault_id=fund_id, party=party)
    requests = node.ask(request, QueryRedemptionsResponse, height).redemptions
    lines = [("holder", party), ("worth", stated(int(share.value))), ("share", share.share), ("units", share.units)]
    json = {**plain_json(share), "redemptions": [plain_json(one) for one in requests]}
    columns = ("request>", "status", "asked for>", "received>", "in time for")
    table = Table(columns, [_request_row(one) for one in requests]) if requests else None
    return View(json=json, lines=lines, table=table)


def _request_row(request: RedemptionRequest) -> tuple[str, ...]:
    asked = request.amount_requested
    return (
        str(request.id),
        RequestStatus.NAMES.get(request.status, "-").removeprefix("REQUEST_STATUS_").lower(),
        short_text_of(int(asked), USDC_DECIMALS) if asked.isdigit() else "all",
        short_text_of(int(request.amount_received), USDC_DECIMALS),
        _time(request.eligible_from),
    )


def _all_funds(node: Node, height: int) -> list[VaultView]:
    pages = node.pages(QueryVaultsRequest(), QueryVaultsResponse, height)
    return [fund for page in pages for fund in page.vaults]


def _status(fund: VaultView) -> str:
    return VaultStatus.NAMES.get(fund.status, "-").removeprefix("VAULT_STATUS_").lower()


def _time(when: Timestamp | None) -> str:
    return "-" if when is None else time_to_text(when.seconds, when.nanos)
