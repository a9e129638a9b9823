"""What a fork took over, and what no public API gives."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from vaultsim.node.times import format_time


class Gap(msgspec.Struct, frozen=True):
    """Something of the chain that is not in the document, and what stands in its place."""

    missing: str
    instead: str


ALWAYS: Final = (
    Gap(
        "orders of everybody but the vaults",
        "none: no query lists open orders. The vaults' own orders are taken over, with what is filled of them",
    ),
    Gap("fills of short-term orders", "none: an order that was seen before could be filled again"),
    Gap(
        "keys",
        "accounts keep their numbers and sequences; act for them without a key by `vaultsim control impersonate`",
    ),
    Gap("prices that the price daemon knows", "the oracle prices, until a block brings others"),
    Gap(
        "the market map",
        "made from the markets of x/prices, with one provider required; markets that nobody has listed yet are unknown",
    ),
    Gap("authenticators and timestamp nonces of accounts", "none"),
    Gap(
        "referrals, affiliates' volumes, shares of order routers", "none; tiers, whitelist and overrides are taken over"
    ),
    Gap("leverage that accounts chose for themselves", "the markets' own margins"),
    Gap("staking, governance, IBC, rate limits, vesting accounts", "none: these modules do not run here"),
)
WITHOUT_SUBACCOUNTS: Final = (
    Gap(
        "subaccounts of everybody but the vaults (--all-subaccounts takes them over)",
        "left out. Collateral pools and open interest stay as on the chain, so the other side of the vaults' "
        "positions is there in sum, but cannot be liquidated or trade",
    ),
    Gap(
        "trading statistics by user and epoch (--all-subaccounts takes them over)",
        "the chain's totals only: everybody but the vaults starts in the first fee tier",
    ),
)
BALANCES: Final = Gap(
    "bank balances of everybody but modules, pools, the operator, owners of shares and of subaccounts",
    "none; the supply is the sum of what was taken over",
)


class ForkReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was read. calls: answered requests; taken: how many of each kind."""

    node: str
    chain_id: str
    height: int
    time_ns: int
    calls: int
    taken: dict[str, int]
    gaps: tuple[Gap, ...]

    def to_json(self) -> dict[str, Any]:
        """The report as it is written beside the document."""
        return {
            "node": self.node,
            "chain_id": self.chain_id,
            "height": self.height,
            "time": format_time(self.time_ns),
            "calls": self.calls,
            "taken": self.taken,
            "not_public": [{"missing": gap.missing, "instead": gap.instead} for gap in self.gaps],
        }
