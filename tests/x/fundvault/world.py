"""A chain with fund accounts to test on: one market at a price of 1 without fees or funding, where a base quantum is
worth a quote quantum, and people with money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tests.conformance.world import ALICE, BOB, CARL, DAVE, GOV, Case, TestMarket, subaccount
from tests.conformance.world import document as base_document
from vaultsim.address import from_bech32, module_bech32
from vaultsim.app.results import TxResult
from vaultsim.context import NANOSECONDS
from vaultsim.errors import ChainError
from vaultsim.node.chain import BlockOutcome
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder, Order, OrderId
from vaultsim.pb.dydxprotocol.sending import MsgSendFromModuleToAccount
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.google.protobuf import Timestamp
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.fundvault.v1 import (
    Metadata,
    MsgCreateVault,
    MsgDepositToVault,
    MsgRequestRedemption,
    MsgVaultPlaceOrder,
    RedemptionDate,
    RedemptionRequest,
    Vault,
)
from vaultsim.testing.accounts import address_of
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.fundvault.types import FREE_CASH_ONLY, NORMAL, vault_id_of
from vaultsim.x.subaccounts.types import position_quantums, usdc_balance

Json = dict[str, Any]
OPERATOR = address_of("operator")
PEOPLE = {"alice": ALICE, "bob": BOB, "carl": CARL, "dave": DAVE, "operator": OPERATOR}
NAMES = {address: name for name, address in PEOPLE.items()}
DAY = 86_400
E18 = 10**18
ONE = TestMarket(
    id=0, pair="ONE-USD", price=1_000_000, exponent=-6, resolution=-6, tier=3, step=1, tick=1, qce=-6, change_ppm=50
)
"""At an initial margin of 20 %."""
START = 10**12
"""What everybody's subaccount 0 holds; dave's is the other side of every position."""
VAULT = vault_id_of(from_bech32(OPERATOR), 0)
"""The first vault that the operator opens; genesis vaults have this id too."""
TREASURY = "community_treasury"
BUY, SELL, IOC = 1, 2, 1


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A vault of a genesis document: units by name (in units of 10^18), what it owns, and other fields as JSON."""

    holders: Mapping[str, int] = {}
    cash: int = 0
    position: int = 0
    fields: Mapping[str, Any] = {}


def days(number: float) -> Timestamp:
    """The time so many days after 1970, when the test chain begins."""
    return Timestamp(seconds=round(number * DAY))


def date(day: float, fraction: str = "1", kind: int = NORMAL) -> RedemptionDate:
    return RedemptionDate(date=days(day), type=kind, max_fraction=fraction)


def free_cash(day: float, fraction: str = "1") -> RedemptionDate:
    return date(day, fraction, FREE_CASH_ONLY)


def document(
    holding: Holding | None = None,
    *,
    params: Json | None = None,
    requests: Sequence[Json] = (),
    section: Json | None = None,
    coins: Mapping[str, Mapping[str, int]] | None = None,
) -> Json:
    """A genesis document with the module, perhaps a vault in it, and further coins by address."""
    held = holding or Holding()
    own = [subaccount(VAULT, held.cash, (0, held.position) if held.position else None)] if holding else []
    people = [
        subaccount(address, START, (0, -held.position) if name == "dave" and held.position else None)
        for name, address in PEOPLE.items()
    ]
    pool = START * len(PEOPLE) + held.cash
    case = Case(markets=[ONE], subaccounts=[*own, *people], balances={module_bech32("subaccounts"): pool})
    made = base_document(case)
    state = made["app_state"]
    free = {"maker_fee_ppm": 0, "taker_fee_ppm": 0, "absolute_volume_requirement": "0", "name": "1"}
    none = {"total_volume_share_requirement_ppm": 0, "maker_volume_share_requirement_ppm": 0}
    state["feetiers"]["params"]["tiers"] = [{**free, **none}]
    state["perpetuals"]["perpetuals"][0]["open_interest"] = str(held.position)
    state["clob"]["block_rate_limit_config"] = {}
    _add_coins(state, {module_bech32(TREASURY): {USDC_DENOM: START, "shiny": START}, **(coins or {})})
    made["genesis_time"] = "1970-01-01T00:00:00Z"
    state["fundvault"] = {
        "params": params or {},
        "vaults": [vault_json(held)] if holding else [],
        "requests": list(requests),
        "next_vault_sequence": "1" if holding else "0",
        "epoch_counts": [],
        **(section or {}),
    }
    return made


def vault_json(held: Holding) -> Json:
    """The JSON of a vault that the operator opened before the chain began."""
    whole = sum(held.holders.values())
    return {
        "id": VAULT,
        "owner": OPERATOR,
        "asset": 0,
        "metadata": {"name": "A fund"},
        "fee_period": str(1_000 * DAY),
        "management_fee_factor": "0",
        "performance_fee_factor": "0",
        "cut_off_period": "0",
        "redemption_dates": [date(900).to_json()],
        "status": "VAULT_STATUS_ACTIVE",
        "total_units": str(whole * E18),
        "units": [{"party": PEOPLE[name], "units": str(units * E18)} for name, units in held.holders.items()],
        "invested_amount": str(whole),
        **held.fields,
    }


def _add_coins(state: Json, coins: Mapping[str, Mapping[str, int]]) -> None:
    supply = {one["denom"]: int(one["amount"]) for one in state["bank"]["supply"]}
    for address, amounts in coins.items():
        listed = [{"denom": denom, "amount": str(amounts[denom])} for denom in sorted(amounts)]
        state["bank"]["balances"].append({"address": address, "coins": listed})
        for denom, amount in amounts.items():
            supply[denom] = supply.get(denom, 0) + amount
    state["bank"]["supply"] = [{"denom": denom, "amount": str(supply[denom])} for denom in sorted(supply)]


class Funds:
    """A running chain, and short words for what happens on it. Transactions are signed and cost nothing here."""

    def __init__(self, made: Json | None = None, *, checked: bool = True) -> None:
        self.chain = LocalChain(made or document(), checked=checked)
        self.keeper = self.chain.app.modules.keepers.fundvault
        self._client_id = 0

    # --- acting --------------------------------------------------------------------------------------------------

    def send(self, message: Message, by: str, seconds: int = 1) -> TxResult:
        """Executes a message alone in a block."""
        return self.chain.deliver(message, by=by, fee=0, gas_limit=10**9, seconds=seconds)

    def ok(self, message: Message, by: str, seconds: int = 1) -> TxResult:
        """Executes a message that must pass."""
        result = self.send(message, by, seconds)
        assert result.code == 0, result
        return result

    def to_day(self, day: float, prices: Mapping[int, int] | None = None) -> BlockOutcome:
        """An empty block at this time."""
        seconds = round(day * DAY) - self.chain.app.time_ns // NANOSECONDS
        return self.chain.block(seconds, prices=prices)

    def refused(self, message: Message, by: str, error: type[ChainError]) -> str:
        """Executes a message that must fail with this error and leave nothing behind; its log."""
        before = self.chain.rows()
        result = self.send(message, by)
        assert (result.codespace, result.code) == (error.codespace, error.code), result
        after = self.chain.rows()
        for store in ("fundvault", "subaccounts", "bank", "clob"):
            assert after.get(store) == before.get(store), store
        return result.log

    def create(self, by: str = "operator", **fields: Any) -> str:
        """Opens a vault, with zero fees and one date far away unless said otherwise; its id."""
        self.ok(creation(by, **fields), by)
        sequence = (self.keeper.state.next_vault_sequence.get(self.chain.ctx) or 0) - 1
        return vault_id_of(from_bech32(PEOPLE[by]), sequence)

    def deposit(self, name: str, amount: int, vault_id: str = VAULT) -> TxResult:
        return self.send(deposit(name, amount, vault_id), name)

    def redeem(self, name: str, amount: int | None = None, vault_id: str = VAULT) -> TxResult:
        """Asks for an amount, or for everything."""
        return self.send(redemption(name, amount, vault_id), name)

    def reward(self, amount: int, denom: str = USDC_DENOM, vault_id: str = VAULT, seconds: int = 1) -> None:
        """The treasury pays coins to a vault's key: governance decides so, and the block takes them in."""
        coin = Coin(denom=denom, amount=str(amount))
        pay = MsgSendFromModuleToAccount(authority=GOV, sender_module_name=TREASURY, recipient=vault_id, coin=coin)
        self.chain.block(seconds, gov=[pay])

    def price(self, micro_dollars: int, seconds: int = 1) -> None:
        """A block that sets the market's price."""
        self.chain.block(seconds, prices={0: micro_dollars})

    def buy(self, quantums: int, subticks: int, vault_id: str = VAULT, by: str = "operator") -> None:
        """The vault's owner buys from dave at a price: dave's order rests, the vault's short-term order takes it."""
        self._meet(SELL, BUY, quantums, subticks, vault_id, by)

    def sell(self, quantums: int, subticks: int, vault_id: str = VAULT, by: str = "operator") -> None:
        """The vault's owner sells to dave."""
        self._meet(BUY, SELL, quantums, subticks, vault_id, by)

    def _meet(self, maker: int, taker: int, quantums: int, subticks: int, vault_id: str, by: str) -> None:
        resting = self.order(DAVE, maker, quantums, subticks)
        assert self.chain.submit(MsgPlaceOrder(order=resting), by="dave", fee=0).code == 0
        taking = self.order(vault_id, taker, quantums, subticks, time_in_force=IOC)
        message = MsgVaultPlaceOrder(owner=PEOPLE[by], vault_id=vault_id, order=taking)
        result = self.chain.submit(message, by=by, fee=0)
        assert result.code == 0, result
        self.chain.block()

    def order(self, owner: str, side: int, quantums: int, subticks: int, **fields: Any) -> Order:
        """A short-term order for five blocks, with a client id of its own."""
        self._client_id += 1
        order_id = OrderId(subaccount_id=SubaccountId(owner=owner, number=0), client_id=self._client_id)
        good_til = self.chain.height + 5
        return Order(
            order_id=order_id, side=side, quantums=quantums, subticks=subticks, good_til_block=good_til, **fields
        )

    def long_term(self, owner: str, side: int, quantums: int, subticks: int, **fields: Any) -> Order:
        """A long-term order for thirty days, with a client id of its own."""
        self._client_id += 1
        order_id = OrderId(subaccount_id=SubaccountId(owner=owner, number=0), client_id=self._client_id, order_flags=64)
        good_til = self.chain.app.time_ns // NANOSECONDS + 30 * DAY
        return Order(
            order_id=order_id, side=side, quantums=quantums, subticks=subticks, good_til_block_time=good_til, **fields
        )

    # --- looking -------------------------------------------------------------------------------------------------

    def vault(self, vault_id: str = VAULT) -> Vault:
        found = self.keeper.find(self.chain.ctx, vault_id)
        assert found is not None
        return found

    def total(self, vault_id: str = VAULT) -> int:
        return self.keeper.standing(self.chain.ctx, vault_id).total

    def general(self, vault_id: str = VAULT) -> int:
        return self.keeper.standing(self.chain.ctx, vault_id).general

    def units(self, vault_id: str = VAULT) -> dict[str, int]:
        return {NAMES[party]: units for party, units in self.keeper.holders(self.chain.ctx, vault_id).items()}

    def shares(self, vault_id: str = VAULT) -> dict[str, str]:
        """Shares by name, rounded to twelve places as the design prints them."""
        units = self.units(vault_id)
        whole = sum(units.values())
        return {name: str(round(Decimal(held) / Decimal(whole), 12).normalize()) for name, held in units.items()}

    def requests(self, vault_id: str = VAULT) -> list[RedemptionRequest]:
        """Every request of a vault by id."""
        state, ctx = self.keeper.state, self.chain.ctx
        every = [*state.open_requests.values(ctx), *state.done_requests.values(ctx)]
        return sorted((one for one in every if one.vault_id == vault_id), key=lambda one: one.id)

    def bank(self, name: str, denom: str = USDC_DENOM) -> int:
        address = from_bech32(PEOPLE.get(name, name))
        return self.chain.app.modules.keepers.bank.balance(self.chain.ctx, address, denom)

    def cash(self, owner: str = VAULT) -> int:
        return usdc_balance(self.chain.app.modules.subaccounts.get(self.chain.ctx, SubaccountId(owner=owner)))

    def position(self, owner: str = VAULT) -> int:
        return position_quantums(self.chain.app.modules.subaccounts.get(self.chain.ctx, SubaccountId(owner=owner)), 0)


def creation(by: str = "operator", **fields: Any) -> MsgCreateVault:
    """A valid creation but for the named fields."""
    given: dict[str, Any] = {
        "owner": PEOPLE[by],
        "asset_id": 0,
        "metadata": Metadata(name="A fund"),
        "fee_period_seconds": 1_000 * DAY,
        "management_fee_factor": "0",
        "performance_fee_factor": "0",
        "cut_off_period_seconds": 0,
        "redemption_dates": (date(900),),
    }
    return MsgCreateVault(**{**given, **fields})


def deposit(name: str, amount: int | str, vault_id: str = VAULT) -> MsgDepositToVault:
    return MsgDepositToVault(party=PEOPLE[name], vault_id=vault_id, amount=str(amount))


def redemption(name: str, amount: int | str | None = None, vault_id: str = VAULT) -> MsgRequestRedemption:
    return MsgRequestRedemption(party=PEOPLE[name], vault_id=vault_id, amount="" if amount is None else str(amount))
