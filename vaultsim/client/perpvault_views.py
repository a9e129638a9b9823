"""The perp vault, as a node tells. Dollars with six decimals, rounded towards zero."""

from __future__ import annotations

from typing import Any

from vaultsim.client.node import Node
from vaultsim.client.perp_tokens import (
    USD_DECIMALS,
    USDG,
    USDG_DECIMALS,
    all_positions,
    all_tokens,
    short_name,
)
from vaultsim.client.view import Line, Table, View, plain_json
from vaultsim.lib.decimals import short_text_of, text_of
from vaultsim.lib.maths import pow10
from vaultsim.pb.cosmos.bank.v1beta1 import (
    QueryBalanceRequest,
    QueryBalanceResponse,
    QuerySupplyOfRequest,
    QuerySupplyOfResponse,
)
from vaultsim.pb.vaultsim.perpvault.v1 import (
    Position,
    QueryAumRequest,
    QueryAumResponse,
    QueryOrdersRequest,
    QueryOrdersResponse,
    QueryPositionDeltaRequest,
    QueryPositionDeltaResponse,
    QueryRequestQueueLengthsRequest,
    QueryRequestQueueLengthsResponse,
)

_SHOWN_DECIMALS = 6


def perpvault_view(node: Node, height: int) -> View:
    """What the pool is worth, what is owed, and its tokens."""
    low, high = (
        node.ask(QueryAumRequest(maximise=maximise), QueryAumResponse, height).aum for maximise in (False, True)
    )
    supply = node.ask(QuerySupplyOfRequest(denom=USDG), QuerySupplyOfResponse, height).amount
    usdg = int(supply.amount)
    queue = node.ask(QueryRequestQueueLengthsRequest(), QueryRequestQueueLengthsResponse, height)
    waiting = queue.increase_length - queue.increase_start + queue.decrease_length - queue.decrease_start
    tokens, positions = all_tokens(node, height), all_positions(node, height)
    rows = [
        (
            short_name(token.token) if token.whitelisted else f"{short_name(token.token)} (not listed)",
            *(
                short_text_of(int(one), token.decimals)
                for one in (token.pool_amount, token.reserved_amount, token.fee_reserve)
            ),
            *(dollars(one) for one in (token.long_open_interest, token.short_open_interest)),
        )
        for token in tokens
    ]
    lines: list[Line] = [
        ("worth", f"{dollars(low)} to {dollars(high)} USD"),
        ("USDG", short_text_of(usdg, USDG_DECIMALS)),
        ("positions", str(len(positions))),
        ("waiting", f"{waiting} requests"),
    ]
    json: dict[str, Any] = {"aum_min": low, "aum_max": high, "usdg_supply": str(usdg), "queue": plain_json(queue)}
    json |= {"tokens": [plain_json(token) for token in tokens], "positions": [plain_json(one) for one in positions]}
    columns = ("token", "pool>", "reserved>", "fees>", "long (USD)>", "short (USD)>")
    return View(json=json, lines=lines, table=Table(columns, rows))


def perpvault_account_view(node: Node, owner: str, height: int) -> View:
    """USDG, positions and orders of an account."""
    balance = node.ask(QueryBalanceRequest(address=owner, denom=USDG), QueryBalanceResponse, height).balance
    usdg = 0 if balance is None else int(balance.amount)
    positions = [one for one in all_positions(node, height) if one.account == owner]
    orders = node.ask(QueryOrdersRequest(account=owner), QueryOrdersResponse, height)
    deltas = [_delta(node, one, height) for one in positions]
    rows = [
        (
            short_name(one.index_token),
            "long" if one.is_long else "short",
            short_name(one.collateral_token),
            *(dollars(amount) for amount in (one.size, one.collateral, one.average_price)),
            delta,
        )
        for one, delta in zip(positions, deltas, strict=True)
    ]
    count = len(orders.increase_orders) + len(orders.decrease_orders)
    lines = [("account", owner), ("USDG", short_text_of(usdg, USDG_DECIMALS)), ("orders", str(count))]
    json = {"usdg": str(usdg), "positions": [plain_json(one) for one in positions], "orders": plain_json(orders)}
    columns = ("index", "", "collateral in", "size (USD)>", "collateral (USD)>", "price (USD)>", "won (USD)>")
    return View(json=json, lines=lines, table=Table(columns, rows) if rows else None)


def dollars(scaled: str) -> str:
    """Dollars scaled by 10^30, as people write them; rounded towards zero."""
    return text_of(int(scaled) // pow10(USD_DECIMALS - _SHOWN_DECIMALS), _SHOWN_DECIMALS)


def _delta(node: Node, position: Position, height: int) -> str:
    request = QueryPositionDeltaRequest(
        account=position.account,
        collateral_token=position.collateral_token,
        index_token=position.index_token,
        is_long=position.is_long,
    )
    answer = node.ask(request, QueryPositionDeltaResponse, height)
    return dollars(answer.delta) if answer.has_profit or not int(answer.delta) else f"-{dollars(answer.delta)}"
