"""Genesis documents of the case tables: two markets, four rich accounts, and the subaccounts and vaults of a case.

Source: dydx-vault-cases §2 (F-GEN, F-MKT, F-QP).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from vaultsim.address import module_bech32
from vaultsim.pb.dydxprotocol.clob import Order
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import QuotingParams, VaultId, VaultParams, VaultStatus
from vaultsim.testing.accounts import NAMED, address_of
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.subaccounts.types import usdc_balance
from vaultsim.x.vault.params import DEFAULT_QUOTING_PARAMS
from vaultsim.x.vault.types import BUY, CLOB, MAIN_VAULT, SELL, account_of

Json = dict[str, Any]
GOV = module_bech32("gov")
DELAYMSG = module_bech32("delaymsg")
MEGAVAULT = module_bech32("megavault")
ALICE, BOB, CARL, DAVE = (account.address for account in NAMED)
POST_ONLY, PLAIN = 2, 0
STATUSES = {
    "Q": VaultStatus.VAULT_STATUS_QUOTING,
    "SB": VaultStatus.VAULT_STATUS_STAND_BY,
    "DEACT": VaultStatus.VAULT_STATUS_DEACTIVATED,
    "CLOSE": VaultStatus.VAULT_STATUS_CLOSE_ONLY,
}
RICH = 10**17
POOL = 13 * 10**17


class TestMarket(msgspec.Struct, frozen=True, kw_only=True):
    """A price market, its perpetual and its clob pair, all of one id (the pair's may be another)."""

    __test__ = False

    id: int
    pair: str
    price: int
    exponent: int
    resolution: int
    tier: int
    step: int
    tick: int
    qce: int
    change_ppm: int = 1_000
    pair_id: int | None = None
    status: str = "STATUS_ACTIVE"


F_GEN = (
    TestMarket(
        id=0, pair="BTC-USD", price=2 * 10**9, exponent=-5, resolution=-10, tier=0, step=10, tick=10_000, qce=-8
    ),
    TestMarket(
        id=1, pair="ETH-USD", price=15 * 10**8, exponent=-6, resolution=-9, tier=0, step=1_000, tick=100_000, qce=-9
    ),
)
"""Markets of the default genesis: $20,000 and $1,500."""

BTC = TestMarket(
    id=0, pair="BTC-USD", price=5 * 10**9, exponent=-5, resolution=-10, tier=1, step=5, tick=5, qce=-8, change_ppm=50
)
ETH = TestMarket(
    id=1,
    pair="ETH-USD",
    price=3 * 10**9,
    exponent=-6,
    resolution=-9,
    tier=3,
    step=1000,
    tick=1000,
    qce=-9,
    change_ppm=50,
)
"""Markets of the constants: $50,000 and $3,000."""

F_QP = QuotingParams(
    layers=3,
    spread_min_ppm=4_321,
    spread_buffer_ppm=1_789,
    skew_factor_ppm=767_323,
    order_size_pct_ppm=234_567,
    order_expiration_seconds=111,
    activation_threshold_quote_quantums=9_876_543,
)
DQP = DEFAULT_QUOTING_PARAMS

_TIERS = (
    (0, 50_000, 600_000), (1, 10**6, 750_000), (3, 200_000, 500_000), (5, 500_000, 600_000), (7, 0, 0),
)  # fmt: skip


def qp(layers: int, spread_min: int, buffer: int, skew: int, size_pct: int, expiration: int) -> QuotingParams:
    """Quoting parameters in the tables' order, with the default threshold."""
    return QuotingParams(
        layers=layers,
        spread_min_ppm=spread_min,
        spread_buffer_ppm=buffer,
        skew_factor_ppm=skew,
        order_size_pct_ppm=size_pct,
        order_expiration_seconds=expiration,
        activation_threshold_quote_quantums=10**9,
    )


def vault(number: int) -> VaultId:
    return VaultId(type=CLOB, number=number)


def vault_owner(number: int) -> str:
    return account_of(vault(number)).address


def params(status: str, quoting: QuotingParams | None = None) -> VaultParams:
    return VaultParams(status=STATUSES[status], quoting_params=quoting)


def subaccount(owner: str, usdc: int = 0, position: tuple[int, int] | None = None, number: int = 0) -> Json:
    """A subaccount's genesis entry; position: perpetual and base quantums (a flat entry when 0)."""
    assets = [{"asset_id": 0, "index": "0", "quantums": str(usdc)}] if usdc else []
    positions = []
    if position is not None:
        perpetual, base = position
        positions = [{"perpetual_id": perpetual, "quantums": str(base), "funding_index": "0", "quote_balance": "0"}]
    return {
        "id": {"owner": owner, "number": number},
        "asset_positions": assets,
        "perpetual_positions": positions,
        "margin_enabled": False,
    }


class VaultCase(msgspec.Struct, frozen=True):
    """A vault of a case: status, USDC, base quantums (None: no position entry), own quoting parameters."""

    number: int
    status: str
    usdc: int = 0
    base: int | None = None
    quoting: QuotingParams | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What a case puts into its genesis document."""

    vaults: Sequence[VaultCase] = ()
    main: int = 0
    subaccounts: Sequence[Json] = ()
    operator: str = GOV
    total: int = 0
    owners: Mapping[str, int] = {}
    locked: Mapping[str, Sequence[tuple[int, int]]] = {}
    defaults: QuotingParams = DQP
    markets: Sequence[TestMarket] = F_GEN
    balances: Mapping[str, int] = {}


def started(case: Case | None = None, **fields: Any) -> LocalChain:
    """The chain of a case after block 1."""
    return LocalChain(document(case or Case(**fields)))


def document(case: Case) -> Json:
    """The genesis document of a case."""
    state = copy.deepcopy(_base())
    state["auth"]["accounts"] = [_account(address, number) for number, address in enumerate(_addresses())]
    state["bank"]["balances"], state["bank"]["supply"] = _bank(case)
    _add_markets(state, case.markets)
    own = [subaccount(vault_owner(one.number), one.usdc, _position(one, case)) for one in case.vaults]
    main = [subaccount(MEGAVAULT, case.main)] if case.main else []
    state["subaccounts"]["subaccounts"] = [*main, *own, *case.subaccounts]
    state["vault"] = _vault_section(case)
    return {
        "genesis_time": "1970-01-01T00:00:00.000000001Z",
        "chain_id": "localdydxprotocol",
        "initial_height": "1",
        "app_state": state,
    }


@lru_cache(maxsize=1)
def _base() -> Json:
    text = Path(__file__).with_name("base_genesis.json").read_text(encoding="utf-8")
    state: Json = json.loads(text)
    return state


def _addresses() -> list[str]:
    return [*(account.address for account in NAMED), address_of("operator")]


def _account(address: str, number: int) -> Json:
    kind = "/cosmos.auth.v1beta1.BaseAccount"
    return {"@type": kind, "address": address, "pub_key": None, "account_number": str(number), "sequence": "0"}


def _bank(case: Case) -> tuple[list[Json], list[Json]]:
    amounts = {**dict.fromkeys(_addresses(), RICH), module_bech32("subaccounts"): POOL, **case.balances}
    balances = [
        {"address": address, "coins": [{"denom": USDC_DENOM, "amount": str(amount)}]}
        for address, amount in amounts.items()
    ]
    return balances, [{"denom": USDC_DENOM, "amount": str(sum(amounts.values()))}]


def _position(one: VaultCase, case: Case) -> tuple[int, int] | None:
    if one.base is None:
        return None
    return one.number, one.base


def _add_markets(state: Json, markets: Sequence[TestMarket]) -> None:
    state["perpetuals"]["liquidity_tiers"] = [
        {
            "id": tier,
            "name": str(tier),
            "initial_margin_ppm": initial_ppm,
            "maintenance_fraction_ppm": fraction_ppm,
            "impact_notional": "10000000000",
            "open_interest_lower_cap": "0",
            "open_interest_upper_cap": "0",
        }
        for tier, initial_ppm, fraction_ppm in _TIERS
    ]
    for market in markets:
        _add_market(state, market)


def _add_market(state: Json, market: TestMarket) -> None:
    base, _, quote = market.pair.partition("-")
    state["prices"]["market_params"].append(
        {
            "id": market.id,
            "pair": market.pair,
            "exponent": market.exponent,
            "min_exchanges": 1,
            "min_price_change_ppm": market.change_ppm,
            "exchange_config_json": json.dumps({"exchanges": [{"exchangeName": "one", "ticker": market.pair}]}),
        }
    )
    state["prices"]["market_prices"].append({"id": market.id, "exponent": market.exponent, "price": str(market.price)})
    state["marketmap"]["market_map"]["markets"][f"{base}/{quote}"] = {
        "ticker": {
            "currency_pair": {"Base": base, "Quote": quote},
            "decimals": str(-market.exponent),
            "min_provider_count": "1",
            "enabled": True,
            "metadata_JSON": "",
        },
        "provider_configs": [{"name": "one_ws", "off_chain_ticker": market.pair}],
    }
    state["perpetuals"]["perpetuals"].append(
        {
            "params": {
                "id": market.id,
                "ticker": market.pair,
                "market_id": market.id,
                "atomic_resolution": market.resolution,
                "default_funding_ppm": 0,
                "liquidity_tier": market.tier,
                "market_type": "PERPETUAL_MARKET_TYPE_CROSS",
            },
            "funding_index": "0",
            "open_interest": "0",
        }
    )
    state["clob"]["clob_pairs"].append(
        {
            "id": market.id if market.pair_id is None else market.pair_id,
            "perpetual_clob_metadata": {"perpetual_id": market.id},
            "step_base_quantums": str(market.step),
            "subticks_per_tick": market.tick,
            "quantum_conversion_exponent": market.qce,
            "status": market.status,
        }
    )


def _vault_section(case: Case) -> Json:
    return {
        "total_shares": {"num_shares": str(case.total)},
        "owner_shares": [
            {"owner": owner, "shares": {"num_shares": str(shares)}} for owner, shares in case.owners.items()
        ],
        "vaults": [
            {
                "vault_id": {"type": "VAULT_TYPE_CLOB", "number": one.number},
                "vault_params": params(one.status, one.quoting).to_json(),
                "most_recent_client_ids": [],
            }
            for one in case.vaults
        ],
        "default_quoting_params": case.defaults.to_json(),
        "all_owner_share_unlocks": [
            {
                "owner_address": owner,
                "share_unlocks": [
                    {"shares": {"num_shares": str(shares)}, "unlock_block_height": height} for shares, height in locks
                ],
            }
            for owner, locks in case.locked.items()
        ],
        "operator_params": {"operator": case.operator, "metadata": {"name": "", "description": ""}},
    }


# --- looking ------------------------------------------------------------------------------------------------------


def usdc(chain: LocalChain, owner: str, number: int = 0) -> int:
    """USDC quantums of a subaccount."""
    subaccount_id = SubaccountId(owner=owner, number=number)
    return usdc_balance(chain.app.modules.subaccounts.get(chain.ctx, subaccount_id))


def main_usdc(chain: LocalChain) -> int:
    return usdc(chain, MAIN_VAULT.owner)


def equity(chain: LocalChain, number: int) -> int:
    return int(chain.app.modules.vault.vault_equity(chain.ctx, vault(number)))


def megavault_equity(chain: LocalChain) -> int:
    return int(chain.app.modules.vault.megavault_equity(chain.ctx))


def total_shares(chain: LocalChain) -> int:
    total = chain.app.modules.vault.state.total_shares.get(chain.ctx)
    return 0 if total is None else int(total.num_shares)


def shares(chain: LocalChain, owner: str) -> int | None:
    """An owner's shares, None when there is no record."""
    row = chain.app.modules.vault.state.owner_shares.get(chain.ctx, owner)
    return None if row is None else int(row.num_shares)


def unlocks(chain: LocalChain, owner: str) -> list[tuple[int, int]]:
    """An owner's locked shares and their heights."""
    row = chain.app.modules.vault.state.owner_share_unlocks.get(chain.ctx, owner)
    return [] if row is None else [(int(one.shares.num_shares), one.unlock_block_height) for one in row.share_unlocks]


def orders(chain: LocalChain) -> list[Order]:
    """All stateful orders by placement."""
    return chain.app.modules.clob.all_placed_orders(chain.ctx)


def client_ids(chain: LocalChain, number: int) -> list[int]:
    """What a vault remembers of its orders."""
    return list(chain.app.modules.vault.most_recent_client_ids(chain.ctx, vault(number)))


def shown(order: Order) -> tuple[str, int, int, int, int, str]:
    """Side, client id, quantums, subticks, good-til time, time in force."""
    side = {BUY: "B", SELL: "S"}[order.side]
    force = {POST_ONLY: "P", PLAIN: "U"}[order.time_in_force]
    return (side, order.order_id.client_id, order.quantums, order.subticks, order.good_til_block_time, force)
