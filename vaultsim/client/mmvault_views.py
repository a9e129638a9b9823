"""The passive market maker's vault, as a node tells."""

from __future__ import annotations

from vaultsim.client.amounts import stated
from vaultsim.client.markets import all_markets
from vaultsim.client.node import Node
from vaultsim.client.view import Line, Table, View, plain_json
from vaultsim.errors import UserError
from vaultsim.lib.decimals import USDC_DECIMALS, text_of
from vaultsim.lib.maths import pow10
from vaultsim.pb.json_text import time_to_text
from vaultsim.pb.vaultsim.mmvault.v1 import (
    QueryQuotesRequest,
    QueryQuotesResponse,
    QuerySharesRequest,
    QuerySharesResponse,
    QueryUnlocksRequest,
    QueryUnlocksResponse,
    QueryVaultRequest,
    QueryVaultResponse,
    Ratio,
    VaultStatus,
)

_BUY = 1


def mmvault_view(node: Node, height: int) -> View:
    """What the vault is worth and what it quotes."""
    vault = node.ask(QueryVaultRequest(), QueryVaultResponse, height)
    quotes = node.ask(QueryQuotesRequest(), QueryQuotesResponse, height).quotes
    markets = {market.pair.id: market for market in all_markets(node, height)} if quotes else {}
    rows = []
    for quote in quotes:
        order = quote.order
        market = markets[order.order_id.clob_pair_id]
        side = "bid" if order.side == _BUY else "ask"
        rows.append(
            (market.ticker, side, market.price_text(order.subticks), market.size_text(quote.remaining_quantums))
        )
    lines: list[Line] = [
        ("status", VaultStatus.NAMES.get(vault.status, "-").removeprefix("VAULT_STATUS_").lower().replace("_", " ")),
        ("equity", stated(int(vault.equity))),
        ("available", stated(int(vault.available_margin))),
        ("used", stated(int(vault.used_margin))),
        ("shares", vault.share_supply),
        ("share price", f"{_quotient(vault.share_price)} quantums"),
    ]
    json = {**plain_json(vault), "quotes": [plain_json(quote) for quote in quotes]}
    return View(json=json, lines=lines, table=Table(("market", "side", "price (USD)>", "size>"), rows))


def mmvault_owner_view(node: Node, owner: str, height: int) -> View:
    """What an owner has in the vault, and what is on its way."""
    shares = node.ask(QuerySharesRequest(owner=owner), QuerySharesResponse, height)
    unlocks = node.ask(QueryUnlocksRequest(owner=owner), QueryUnlocksResponse, height).unlocks
    lines: list[Line] = [
        ("owner", owner),
        ("shares", shares.shares),
        ("worth", stated(int(shares.value_now))),
        ("of the vault", _quotient(shares.fraction)),
    ]
    for unlock in unlocks:
        when, to = time_to_text(unlock.end_time, 0), f"subaccount {unlock.subaccount_number}"
        lines.append(("unlocking", f"{stated(int(unlock.amount))} at {when} to {to}"))
    json = {**plain_json(shares), "unlocks": [plain_json(unlock) for unlock in unlocks]}
    return View(json=json, lines=lines)


def shares_held(node: Node, owner: str) -> int:
    """The shares of an owner. Raises UserError for one who has none."""
    shares = int(node.ask(QuerySharesRequest(owner=owner), QuerySharesResponse).shares)
    if not shares:
        raise UserError(f"{owner} owns no shares of the passive vault")
    return shares


def _quotient(ratio: Ratio) -> str:
    """A ratio with six decimals, rounded down."""
    den = int(ratio.den or 0)
    return text_of(int(ratio.num) * pow10(USDC_DECIMALS) // den, USDC_DECIMALS) if den else "-"
