"""What a flow knows of a chain: its markets as takers see them, and the accounts that can act."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from vaultsim.address import module_bech32
from vaultsim.errors import UserError
from vaultsim.node.genesis_document import GenesisDocument

_QUOTE_RESOLUTION: Final = -6
_ISOLATED: Final = ("PERPETUAL_MARKET_TYPE_ISOLATED", "2", 2)
_ACTIVE: Final = ("STATUS_ACTIVE", "1", 1)
_PPM: Final = 1_000_000


class FlowMarket(msgspec.Struct, frozen=True):
    """An active clob pair with its perpetual's resolution and its oracle market."""

    pair_id: int
    market_id: int
    price: int
    min_price_change_ppm: int
    quote_exponent: int
    """Quote quantums of one base quantum at price 1, as a power of ten."""
    subticks_exponent: int
    """Subticks of price 1, as a power of ten."""
    step_base_quantums: int
    subticks_per_tick: int
    is_isolated: bool

    def base_quantums(self, quote_quantums: int, price: int) -> int:
        """Base quantums worth about an amount, a multiple of the step and at least one step."""
        base = scaled(quote_quantums, -self.quote_exponent) // price
        return max(1, base // self.step_base_quantums) * self.step_base_quantums

    def limit_subticks(self, price: int, away_ppm: int) -> int:
        """A limit price away_ppm above (below, if negative) the price, on a tick."""
        subticks = scaled(price * (_PPM + away_ppm), self.subticks_exponent) // _PPM
        return max(1, subticks // self.subticks_per_tick) * self.subticks_per_tick

    def publishes(self, old: int, new: int) -> bool:
        """Whether a move is large enough to be published. Source: dydx-modules §8.4."""
        return new != old and abs(new - old) >= old * self.min_price_change_ppm // _PPM


class FlowWorld(msgspec.Struct, frozen=True):
    """markets: by pair id; traders: owners of a funded subaccount 0, with its USDC; shares: by owner.

    operator: the account that allocates, None when it has no account of its own; vaults: numbers of the vaults.
    """

    markets: tuple[FlowMarket, ...]
    traders: tuple[tuple[str, int], ...]
    shares: dict[str, int]
    operator: str | None
    vaults: tuple[int, ...]


def read_world(document: GenesisDocument) -> FlowWorld:
    """What takes part in a flow. Raises UserError when the document has no market that trades."""
    sections = document.sections
    try:
        markets = _markets(sections)
        traders = _traders(sections)
        vaults = tuple(int(row["vault_id"].get("number", 0)) for row in _rows(sections, "vault", "vaults"))
        shares = {row["owner"]: int(row["shares"]["num_shares"]) for row in _rows(sections, "vault", "owner_shares")}
    except (KeyError, TypeError, ValueError) as problem:
        raise UserError(
            f"{document.place}: not complete enough for a flow ({problem!r}); try `vaultsim genesis check`"
        ) from None
    if not markets:
        raise UserError(f"{document.place}: no active clob pair with an oracle price; a flow needs a market")
    return FlowWorld(markets, traders, shares, _operator(sections), vaults)


def scaled(value: int, exponent: int) -> int:
    """value · 10^exponent, rounded down."""
    power: int = 10 ** abs(exponent)
    return value * power if exponent >= 0 else value // power


def _markets(sections: Any) -> tuple[FlowMarket, ...]:
    params = {int(row.get("id", 0)): row for row in _rows(sections, "prices", "market_params")}
    prices = {int(row.get("id", 0)): row for row in _rows(sections, "prices", "market_prices")}
    perpetuals = {int(row["params"].get("id", 0)): row["params"] for row in _rows(sections, "perpetuals", "perpetuals")}
    found = []
    for pair in _rows(sections, "clob", "clob_pairs"):
        perpetual = perpetuals.get(int((pair.get("perpetual_clob_metadata") or {}).get("perpetual_id", 0)))
        if perpetual is None or pair.get("status") not in _ACTIVE:
            continue
        market_id = int(perpetual.get("market_id", 0))
        if market_id in prices and int(prices[market_id].get("price", 0)) > 0:
            found.append(_market(pair, perpetual, params[market_id], prices[market_id]))
    return tuple(sorted(found, key=lambda market: market.pair_id))


def _market(pair: Any, perpetual: Any, param: Any, price: Any) -> FlowMarket:
    quote_exponent = int(price["exponent"]) + int(perpetual["atomic_resolution"]) - _QUOTE_RESOLUTION
    return FlowMarket(
        pair_id=int(pair.get("id", 0)),
        market_id=int(param.get("id", 0)),
        price=int(price["price"]),
        min_price_change_ppm=int(param["min_price_change_ppm"]),
        quote_exponent=quote_exponent,
        subticks_exponent=quote_exponent - int(pair["quantum_conversion_exponent"]),
        step_base_quantums=int(pair["step_base_quantums"]),
        subticks_per_tick=int(pair["subticks_per_tick"]),
        is_isolated=perpetual.get("market_type") in _ISOLATED,
    )


def _traders(sections: Any) -> tuple[tuple[str, int], ...]:
    accounts = {row.get("address", "") for row in _rows(sections, "auth", "accounts")}
    funded = []
    for row in _rows(sections, "subaccounts", "subaccounts"):
        owner, number = row["id"]["owner"], int(row["id"].get("number", 0))
        usdc = sum(
            int(held["quantums"]) for held in row.get("asset_positions") or () if int(held.get("asset_id", 0)) == 0
        )
        if number == 0 and usdc > 0 and owner in accounts and owner != module_bech32("megavault"):
            funded.append((owner, usdc))
    return tuple(sorted(funded))


def _operator(sections: Any) -> str | None:
    operator = ((sections.get("vault") or {}).get("operator_params") or {}).get("operator")
    has_account = any(row.get("address") == operator for row in _rows(sections, "auth", "accounts"))
    return str(operator) if operator and has_account else None


def _rows(sections: Any, section: str, name: str) -> list[Any]:
    return list((sections.get(section) or {}).get(name) or ())
