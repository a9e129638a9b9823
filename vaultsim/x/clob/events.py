"""Events of x/clob. Source: dydx-modules §20.10-13."""

from __future__ import annotations

from vaultsim.events import Event


class Match(Event, frozen=True):
    """One fill: fees and deltas of both sides, in quote and base quantums."""

    TYPE = "match"

    taker_subaccount: str
    taker_subaccount_number: int
    maker_subaccount: str
    maker_subaccount_number: int
    taker_order_fee_quote_quantums: int
    maker_order_fee_quote_quantums: int
    taker_quote_balance_delta_quote_quantums: int
    maker_quote_balance_delta_quote_quantums: int
    taker_perpetual_quantums_delta_base_quantums: int
    maker_perpetual_quantums_delta_base_quantums: int
    insurance_fund_delta_quote_quantums: int
    is_liquidation: bool
    is_deleverage: bool
    perpetual_id: int
    taker_builder_address: str = ""
    maker_builder_address: str = ""
    taker_builder_fee_quantums: int = 0
    maker_builder_fee_quantums: int = 0
    taker_order_router_address: str = ""
    maker_order_router_address: str = ""
    taker_order_router_fee_quote_quantums: int = 0
    maker_order_router_fee_quote_quantums: int = 0
