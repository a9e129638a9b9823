"""A genesis document put together piece by piece: markets, accounts, subaccounts, vaults, the rest as on a localnet."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from chains.markets import Market
from vaultsim.address import module_bech32
from vaultsim.testing.accounts import address_of

USDC = "ibc/8E27BA2D5493AF5636760E354E46004562C46AB7EC0CC4C1CA14E9E20E2545B5"
NATIVE = "adv4tnt"
DOLLAR = 1_000_000
"""Quote quantums of one USDC."""

Json = dict[str, Any]
_LOCALNET = Path(__file__).with_name("localnet_defaults.json")


def quoting(
    *,
    layers: int = 2,
    spread_min_ppm: int = 3_000,
    spread_buffer_ppm: int = 1_500,
    skew_factor_ppm: int = 2_000_000,
    order_size_pct_ppm: int = 100_000,
    order_expiration_seconds: int = 60,
    activation_threshold: int = 1_000 * DOLLAR,
) -> Json:
    """Quoting parameters as JSON; the threshold in quote quantums."""
    return {
        "layers": layers,
        "spread_min_ppm": spread_min_ppm,
        "spread_buffer_ppm": spread_buffer_ppm,
        "skew_factor_ppm": skew_factor_ppm,
        "order_size_pct_ppm": order_size_pct_ppm,
        "order_expiration_seconds": order_expiration_seconds,
        "activation_threshold_quote_quantums": str(activation_threshold),
    }


def vault_id(number: int) -> Json:
    return {"type": "VAULT_TYPE_CLOB", "number": number}


def vault_owner(number: int) -> str:
    """The address that owns a vault's subaccount."""
    return module_bech32(f"vault-VAULT_TYPE_CLOB-{number}")


MEGAVAULT = module_bech32("megavault")
GOV = module_bech32("gov")


class Genesis:
    """Collects a chain's beginning; `document()` adds the bank balances that back it and the supply."""

    def __init__(self, markets: list[Market], time: str = "2024-11-21T00:00:00Z") -> None:
        self.markets = markets
        self.time = time
        self.app_state: Json = copy.deepcopy(json.loads(_LOCALNET.read_text()))
        self._balances: dict[str, dict[str, int]] = {}
        self._subaccounts: dict[tuple[str, int], Json] = {}
        self._accounts: list[str] = []
        for number, market in enumerate(markets):
            self._add_market(number, market)

    def _add_market(self, number: int, market: Market) -> None:
        state = self.app_state
        exchanges = {"exchanges": [{"exchangeName": "one", "ticker": market.ticker}]}
        state["prices"]["market_params"].append(
            {
                "id": number,
                "pair": market.ticker,
                "exponent": market.exponent,
                "min_exchanges": 1,
                "min_price_change_ppm": market.min_price_change_ppm,
                "exchange_config_json": json.dumps(exchanges, separators=(",", ":")),
            }
        )
        state["prices"]["market_prices"].append({"id": number, "exponent": market.exponent, "price": str(market.price)})
        params = {
            "id": number,
            "ticker": market.ticker,
            "market_id": number,
            "atomic_resolution": market.atomic_resolution,
            "default_funding_ppm": market.default_funding_ppm,
            "liquidity_tier": market.liquidity_tier,
            "market_type": market.market_type,
        }
        state["perpetuals"]["perpetuals"].append({"params": params, "funding_index": "0", "open_interest": "0"})
        state["clob"]["clob_pairs"].append(
            {
                "id": number,
                "perpetual_clob_metadata": {"perpetual_id": number},
                "step_base_quantums": str(market.step_base_quantums),
                "subticks_per_tick": market.subticks_per_tick,
                "quantum_conversion_exponent": market.quantum_conversion_exponent,
                "status": "STATUS_ACTIVE",
            }
        )
        self.add_to_market_map(market.ticker, -market.exponent)

    def add_to_market_map(self, ticker: str, decimals: int, *, enabled: bool = True, metadata: str = "") -> None:
        """Names a market in the market map: one that exists, or one that may be listed later."""
        base, quote = ticker.split("-")
        self.app_state["marketmap"]["market_map"]["markets"][f"{base}/{quote}"] = {
            "ticker": {
                "currency_pair": {"Base": base, "Quote": quote},
                "decimals": str(decimals),
                "min_provider_count": "1",
                "enabled": enabled,
                "metadata_JSON": metadata,
            },
            "provider_configs": [{"name": "one_ws", "off_chain_ticker": base + quote}],
        }

    def price_market(self, number: int, pair: str, exponent: int, price: int) -> None:
        """A market of x/prices that nothing trades in."""
        param = {"id": number, "pair": pair, "min_exchanges": 1, "min_price_change_ppm": 10}
        self.app_state["prices"]["market_params"].append(
            {**param, "exponent": exponent, "exchange_config_json": '{"exchanges":[]}'}
        )
        self.app_state["prices"]["market_prices"].append({"id": number, "exponent": exponent, "price": str(price)})
        self.add_to_market_map(pair, -exponent)

    def account(self, name: str, dollars: int = 0) -> None:
        """An account with native tokens for fees and USDC in the bank."""
        self._accounts.append(name)
        self.bank(address_of(name), NATIVE, 10**21)
        self.bank(address_of(name), USDC, dollars * DOLLAR)

    def bank(self, address: str, denom: str, amount: int) -> None:
        """Adds coins to an address."""
        if amount:
            coins = self._balances.setdefault(address, {})
            coins[denom] = coins.get(denom, 0) + amount

    def subaccount(self, owner: str, quantums: int, number: int = 0, position: tuple[int, int] | None = None) -> None:
        """USDC (may be negative) and at most one position (perpetual, base quantums) of a subaccount.

        The pool that holds its money gets the same amount, and the perpetual the open interest of a long.
        """
        pool = "subaccounts"
        perpetuals = []
        if position is not None:
            perpetual, base_quantums = position
            listed = self.app_state["perpetuals"]["perpetuals"][perpetual]
            if self.markets[perpetual].isolated:
                pool = f"subaccounts:{perpetual}"
            if base_quantums > 0:
                listed["open_interest"] = str(int(listed["open_interest"]) + base_quantums)
            perpetuals = [
                {
                    "perpetual_id": perpetual,
                    "quantums": str(base_quantums),
                    "funding_index": "0",
                    "quote_balance": "0",
                }
            ]
        self.bank(module_bech32(pool), USDC, quantums)
        assets = [{"asset_id": 0, "index": "0", "quantums": str(quantums)}] if quantums else []
        self._subaccounts[owner, number] = {
            "id": {"owner": owner, "number": number},
            "asset_positions": assets,
            "perpetual_positions": perpetuals,
            "margin_enabled": True,
        }

    def vault(self, number: int, status: str, params: Json | None = None) -> None:
        """A vault with its status (without prefix) and its own quoting parameters, if it has any."""
        vault_params: Json = {"status": f"VAULT_STATUS_{status}", "quoting_params": params}
        self.app_state["vault"]["vaults"].append(
            {"vault_id": vault_id(number), "vault_params": vault_params, "most_recent_client_ids": []}
        )

    def shares(self, name: str, shares: int) -> None:
        """Megavault shares of an owner; the total grows by as much."""
        vault = self.app_state["vault"]
        vault["owner_shares"].append({"owner": address_of(name), "shares": {"num_shares": str(shares)}})
        total = int(vault["total_shares"]["num_shares"]) + shares
        vault["total_shares"]["num_shares"] = str(total)

    def operator(self, name: str) -> None:
        self.app_state["vault"]["operator_params"] = {
            "operator": address_of(name),
            "metadata": {"name": "Operator", "description": "moves money between the main vault and the sub-vaults"},
        }

    def liquidity_tier(self, number: int, name: str, initial_margin_ppm: int, maintenance_fraction_ppm: int) -> None:
        """A further tier, without open interest caps."""
        self.app_state["perpetuals"]["liquidity_tiers"].append(
            {
                "id": number,
                "name": name,
                "initial_margin_ppm": initial_margin_ppm,
                "maintenance_fraction_ppm": maintenance_fraction_ppm,
                "impact_notional": "2500000000",
                "open_interest_lower_cap": "0",
                "open_interest_upper_cap": "0",
            }
        )

    def document(self) -> Json:
        """The whole document."""
        state = copy.deepcopy(self.app_state)
        state["auth"]["accounts"] = [_account(number, name) for number, name in enumerate(self._accounts)]
        state["bank"]["balances"] = [
            {"address": address, "coins": _coins(coins)} for address, coins in sorted(self._balances.items())
        ]
        supply: dict[str, int] = {}
        for coins in self._balances.values():
            for denom, amount in coins.items():
                supply[denom] = supply.get(denom, 0) + amount
        state["bank"]["supply"] = _coins(supply)
        state["subaccounts"]["subaccounts"] = [self._subaccounts[key] for key in sorted(self._subaccounts)]
        return {
            "genesis_time": self.time,
            "chain_id": "localdydxprotocol",
            "initial_height": "1",
            "app_state": {name: state[name] for name in sorted(state)},
        }


def _account(number: int, name: str) -> Json:
    return {
        "@type": "/cosmos.auth.v1beta1.BaseAccount",
        "address": address_of(name),
        "pub_key": None,
        "account_number": str(number),
        "sequence": "0",
    }


def _coins(coins: dict[str, int]) -> list[Json]:
    return [{"denom": denom, "amount": str(coins[denom])} for denom in sorted(coins)]
