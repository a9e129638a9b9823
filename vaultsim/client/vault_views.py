"""MegaVault and its vaults, as a node tells."""

from __future__ import annotations

from vaultsim.address import module_bech32
from vaultsim.client.amounts import stated
from vaultsim.client.markets import market_named
from vaultsim.client.node import Node, NodeRefused
from vaultsim.client.view import Line, Table, View, plain_json
from vaultsim.errors import UserError
from vaultsim.lib.decimals import USDC_DECIMALS, text_of
from vaultsim.lib.maths import pow10
from vaultsim.pb.dydxprotocol.subaccounts import QueryGetSubaccountRequest, QuerySubaccountResponse
from vaultsim.pb.dydxprotocol.vault import (
    NumShares,
    QueryAllVaultsRequest,
    QueryAllVaultsResponse,
    QueryMegavaultOwnerSharesRequest,
    QueryMegavaultOwnerSharesResponse,
    QueryMegavaultTotalSharesRequest,
    QueryMegavaultTotalSharesResponse,
    QueryMegavaultWithdrawalInfoRequest,
    QueryMegavaultWithdrawalInfoResponse,
    QueryParamsRequest,
    QueryParamsResponse,
    QueryVaultRequest,
    QueryVaultResponse,
    QuotingParams,
    VaultStatus,
    VaultType,
)


def vault_number(node: Node, text: str) -> int:
    """The number of a vault: given as such, or as the market whose order book it quotes. Raises UserError."""
    return int(text) if text.isascii() and text.isdigit() else market_named(node, text).pair.id


def vault_view(node: Node, number: int, height: int) -> View:
    """One vault."""
    request = QueryVaultRequest(type=VaultType.VAULT_TYPE_CLOB, number=number)
    answer = node.ask(request, QueryVaultResponse, height)
    lines = [
        ("vault", str(number)),
        ("status", status_text(answer.vault_params.status)),
        ("equity", stated(answer.equity)),
        ("inventory", f"{answer.inventory} base quantums"),
        ("account", f"{answer.subaccount_id.owner}/{answer.subaccount_id.number}"),
        ("orders", ", ".join(str(one) for one in answer.most_recent_client_ids) or "-"),
    ]
    return View(json=plain_json(answer), lines=[*lines, *_quoting(answer.vault_params.quoting_params)])


def all_vaults_view(node: Node, height: int) -> View:
    """Every vault in a row."""
    vaults = [
        one for page in node.pages(QueryAllVaultsRequest(), QueryAllVaultsResponse, height) for one in page.vaults
    ]
    rows = [
        (
            str(one.vault_id.number),
            status_text(one.vault_params.status),
            text_of(one.equity, USDC_DECIMALS),
            str(one.inventory),
            str(len(one.most_recent_client_ids)),
        )
        for one in vaults
    ]
    columns = ("vault", "status", "equity (USDC)>", "inventory (quantums)>", "orders>")
    return View(json={"vaults": [plain_json(one) for one in vaults]}, table=Table(columns, rows))


def megavault_view(node: Node, height: int) -> View:
    """Shares, equity, the price of a share, the operator and the default quoting parameters."""
    total = node.ask(QueryMegavaultTotalSharesRequest(), QueryMegavaultTotalSharesResponse, height)
    params = node.ask(QueryParamsRequest(), QueryParamsResponse, height)
    shares = 0 if total.total_shares is None else int(total.total_shares.num_shares)
    operator = params.operator_params
    equity = _megavault_equity(node, height)
    lines: list[Line] = [("total shares", str(shares)), ("equity", stated(equity))]
    if shares:
        price = max(equity, 0) * pow10(USDC_DECIMALS) // shares
        lines.append(("share price", f"{text_of(price, USDC_DECIMALS)} quantums"))
    json = {**plain_json(total), **plain_json(params), "megavault_equity": str(equity)}
    name = f" ({operator.metadata.name})" if operator.metadata.name else ""
    lines.append(("operator", f"{operator.operator}{name}"))
    return View(json=json, lines=[*lines, *_quoting(params.default_quoting_params)])


def owner_shares_view(node: Node, owner: str, height: int) -> View:
    """What an owner has in MegaVault."""
    answer = _owner_shares(node, owner, height)
    lines = [
        ("owner", answer.address),
        ("shares", str(int(answer.shares.num_shares))),
        ("equity", stated(answer.equity)),
        ("withdrawable", stated(answer.withdrawable_equity)),
    ]
    for unlock in answer.share_unlocks:
        lines.append(("locked", f"{int(unlock.shares.num_shares)} shares until block {unlock.unlock_block_height}"))
    return View(json=plain_json(answer), lines=lines)


def withdrawable_shares(node: Node, owner: str) -> int:
    """The shares of an owner that are not locked."""
    answer = _owner_shares(node, owner)
    locked = sum(int(unlock.shares.num_shares) for unlock in answer.share_unlocks)
    return int(answer.shares.num_shares) - locked


def withdrawal_info_view(node: Node, shares: int, height: int) -> View:
    """What a withdrawal of so many shares would bring now, and what slippage would cost."""
    answer = _withdrawal(node, shares, height)
    total = int(answer.total_shares.num_shares)
    worth = answer.megavault_equity * shares // total if total else 0
    lines = [
        ("shares", str(shares)),
        ("brings", stated(answer.expected_quote_quantums)),
        ("worth", stated(worth)),
        ("slippage", stated(worth - answer.expected_quote_quantums)),
        ("equity", stated(answer.megavault_equity)),
        ("total shares", str(total)),
    ]
    return View(json=plain_json(answer), lines=lines)


def status_text(status: int) -> str:
    """`quoting`, `stand-by`, …"""
    return VaultStatus.NAMES.get(status, str(status)).removeprefix("VAULT_STATUS_").lower().replace("_", "-")


def _withdrawal(node: Node, shares: int, height: int) -> QueryMegavaultWithdrawalInfoResponse:
    request = QueryMegavaultWithdrawalInfoRequest(shares_to_withdraw=NumShares(num_shares=shares))
    return node.ask(request, QueryMegavaultWithdrawalInfoResponse, height)


def _megavault_equity(node: Node, height: int) -> int:
    """The main vault's USDC, and the equities above zero of all vaults that are not deactivated.

    Source: dydx-vault §12. What a withdrawal quote calls so leaves out vaults that do not contribute to it.
    """
    request = QueryGetSubaccountRequest(owner=module_bech32("megavault"), number=0)
    main = node.ask(request, QuerySubaccountResponse, height).subaccount
    living = [
        one.equity
        for one in _all_vaults(node, height)
        if one.vault_params.status != VaultStatus.VAULT_STATUS_DEACTIVATED and one.equity > 0
    ]
    return sum(int(one.quantums) for one in main.asset_positions) + sum(living)


def _all_vaults(node: Node, height: int) -> list[QueryVaultResponse]:
    pages = node.pages(QueryAllVaultsRequest(), QueryAllVaultsResponse, height)
    return [one for page in pages for one in page.vaults]


def _owner_shares(node: Node, owner: str, height: int = 0) -> QueryMegavaultOwnerSharesResponse:
    try:
        return node.ask(QueryMegavaultOwnerSharesRequest(address=owner), QueryMegavaultOwnerSharesResponse, height)
    except NodeRefused as refusal:
        if refusal.status == "NOT_FOUND":
            raise UserError(f"{owner} owns no shares") from None
        raise


def _quoting(params: QuotingParams | None) -> list[Line]:
    if params is None:
        return [("quoting", "by the default parameters")]
    return [
        ("quoting", f"{params.layers} layers"),
        ("spread", f"at least {params.spread_min_ppm} ppm, buffer {params.spread_buffer_ppm} ppm"),
        ("skew", f"{params.skew_factor_ppm} ppm"),
        ("order size", f"{params.order_size_pct_ppm} ppm of equity, for {params.order_expiration_seconds} s"),
        ("activation", stated(params.activation_threshold_quote_quantums)),
    ]
