"""Which keeper meets which port: the only file that knows every concrete class.

States are built first (they need nobody), then keepers in layer order. What is circular is bound late, at the end of
`wire`, where it can be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass

from vaultsim.app.ante.handler import Ante
from vaultsim.app.gov import GovSlot
from vaultsim.app.order import BEGIN_BLOCK, END_BLOCK_AFTER_GOV
from vaultsim.app.router import Router
from vaultsim.app.runtx import TxRunner
from vaultsim.app.tx import RawTx, decode_tx
from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.module import AppModule, Query
from vaultsim.pb.dydxprotocol.clob import MsgPlaceOrder, Order
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.fundvault.v1 import MsgVaultPlaceOrder
from vaultsim.x.accountplus.keeper import AccountplusKeeper
from vaultsim.x.accountplus.module import accountplus_module
from vaultsim.x.accountplus.state import AccountplusState
from vaultsim.x.affiliates.keeper import AffiliatesKeeper
from vaultsim.x.affiliates.module import affiliates_module
from vaultsim.x.affiliates.state import AffiliatesState
from vaultsim.x.assets.keeper import AssetsKeeper
from vaultsim.x.assets.module import assets_module
from vaultsim.x.assets.state import AssetsState
from vaultsim.x.auth.keeper import AccountKeeper
from vaultsim.x.auth.module import auth_module
from vaultsim.x.auth.state import AuthState
from vaultsim.x.bank.keeper import BankKeeper
from vaultsim.x.bank.module import bank_module, distribution_module
from vaultsim.x.bank.state import BankState
from vaultsim.x.blocktime.keeper import BlocktimeKeeper
from vaultsim.x.blocktime.module import blocktime_module
from vaultsim.x.blocktime.state import BlocktimeState
from vaultsim.x.bridge.module import bridge_module
from vaultsim.x.carriers import carried_order
from vaultsim.x.clob import blocks as clob_blocks
from vaultsim.x.clob.check_mode import CheckMode, GatePort, OpenGate
from vaultsim.x.clob.hydration import Hydration
from vaultsim.x.clob.keeper import ClobKeeper
from vaultsim.x.clob.keeper_base import ClobPorts
from vaultsim.x.clob.memclob.memclob import MemClob
from vaultsim.x.clob.module import clob_module
from vaultsim.x.clob.rate_limits import RateLimits
from vaultsim.x.clob.state import ClobState
from vaultsim.x.control.module import control_module
from vaultsim.x.delaymsg.keeper import DelaymsgKeeper
from vaultsim.x.delaymsg.module import delaymsg_module
from vaultsim.x.delaymsg.state import DelaymsgState
from vaultsim.x.epochs.keeper import EpochsKeeper
from vaultsim.x.epochs.module import epochs_module
from vaultsim.x.epochs.state import EpochsState
from vaultsim.x.feetiers.keeper import FeetiersKeeper
from vaultsim.x.feetiers.module import feetiers_module
from vaultsim.x.feetiers.state import FeetiersState
from vaultsim.x.fundvault.keeper import FundVaultKeeper
from vaultsim.x.fundvault.module import fundvault_module
from vaultsim.x.fundvault.state import FundVaultState
from vaultsim.x.govplus.module import govplus_module
from vaultsim.x.govplus.state import GovplusState
from vaultsim.x.listing.keeper import ListingKeeper
from vaultsim.x.listing.module import listing_module
from vaultsim.x.listing.state import ListingState
from vaultsim.x.marketmap.keeper import MarketMapKeeper
from vaultsim.x.marketmap.module import marketmap_module
from vaultsim.x.marketmap.state import MarketMapState
from vaultsim.x.mmvault.keeper import MmvaultKeeper
from vaultsim.x.mmvault.module import mmvault_module
from vaultsim.x.mmvault.state import MmvaultState
from vaultsim.x.mmvault.types import VAULT as MMVAULT
from vaultsim.x.perpetuals.keeper import PerpetualsKeeper
from vaultsim.x.perpetuals.module import perpetuals_module
from vaultsim.x.perpetuals.state import PerpetualsState
from vaultsim.x.perpvault.keeper import PerpvaultKeeper
from vaultsim.x.perpvault.keeper_router import PositionRouter
from vaultsim.x.perpvault.module import perpvault_module
from vaultsim.x.perpvault.state import PerpvaultState
from vaultsim.x.prices.keeper import PricesKeeper
from vaultsim.x.prices.module import prices_module
from vaultsim.x.prices.state import PricesState
from vaultsim.x.revshare.keeper import RevshareKeeper
from vaultsim.x.revshare.module import revshare_module
from vaultsim.x.revshare.state import RevshareState
from vaultsim.x.rewards.keeper import RewardsKeeper
from vaultsim.x.rewards.module import rewards_module
from vaultsim.x.rewards.state import RewardsState
from vaultsim.x.sending.keeper import SendingKeeper
from vaultsim.x.sending.module import sending_module
from vaultsim.x.sending.state import SendingState
from vaultsim.x.staking.keeper import StakingKeeper
from vaultsim.x.staking.module import staking_module
from vaultsim.x.stats.keeper import StatsKeeper
from vaultsim.x.stats.module import stats_module
from vaultsim.x.stats.state import StatsState
from vaultsim.x.subaccounts.keeper import SubaccountsKeeper
from vaultsim.x.subaccounts.module import subaccounts_module
from vaultsim.x.subaccounts.state import SubaccountsState
from vaultsim.x.vault.keeper import VaultKeeper
from vaultsim.x.vault.module import vault_module
from vaultsim.x.vault.state import VaultState
from vaultsim.x.vest.keeper import VestKeeper
from vaultsim.x.vest.module import vest_module
from vaultsim.x.vest.state import VestState

Hook = Callable[[Context], None]
Hooks = tuple[tuple[str, Hook], ...]
"""Block hooks by the name of their module, in order."""


@dataclass(frozen=True)
class Keepers:
    """Every keeper of the chain."""

    accounts: AccountKeeper
    bank: BankKeeper
    accountplus: AccountplusKeeper
    blocktime: BlocktimeKeeper
    epochs: EpochsKeeper
    staking: StakingKeeper
    market_map: MarketMapKeeper
    prices: PricesKeeper
    assets: AssetsKeeper
    perpetuals: PerpetualsKeeper
    stats: StatsKeeper
    affiliates: AffiliatesKeeper
    revshare: RevshareKeeper
    feetiers: FeetiersKeeper
    vest: VestKeeper
    rewards: RewardsKeeper
    subaccounts: SubaccountsKeeper
    sending: SendingKeeper
    delaymsg: DelaymsgKeeper
    clob: ClobKeeper
    vault: VaultKeeper
    listing: ListingKeeper
    mmvault: MmvaultKeeper
    fundvault: FundVaultKeeper
    perpvault: PerpvaultKeeper
    perpvault_router: PositionRouter


class Modules:
    """What the app runs: modules by name, keepers, the router, and what a node keeps in memory."""

    def __init__(self, keepers: Keepers, minimum_gas_prices: str | None) -> None:
        self.keepers = keepers
        self.prices, self.perpetuals, self.subaccounts = keepers.prices, keepers.perpetuals, keepers.subaccounts
        self.clob, self.vault = keepers.clob, keepers.vault
        self.all: dict[str, AppModule] = _app_modules(keepers)
        self.queries: dict[str, tuple[type[Message], Query]] = {
            method: query for module in self.all.values() for method, query in module.queries.items()
        }
        self.router = Router(self.all.values())
        self.gov = GovSlot(self.router)
        prices = () if minimum_gas_prices is None else (minimum_gas_prices,)
        self.ante = Ante(keepers.accounts, keepers.bank, keepers.accountplus, *prices)
        self.runner = TxRunner(self.router, self.ante)
        self.memclob = MemClob()
        self.rate_limits = RateLimits()
        self.hydration = Hydration(keepers.clob, self.memclob)
        self.asleep: frozenset[str] = frozenset()

    def begin_block_hooks(self) -> Hooks:
        """BeginBlock of each module that has one and is awake, in the chain's order."""
        return self._present((name, self.all[name].begin_block) for name in BEGIN_BLOCK)

    def end_block_hooks(self) -> Hooks:
        """EndBlock of each module that has one and is awake, in the chain's order."""
        return self._present((name, self.all[name].end_block) for name in END_BLOCK_AFTER_GOV)

    def _present(self, hooks: Iterable[tuple[str, Hook | None]]) -> Hooks:
        return tuple((name, hook) for name, hook in hooks if hook is not None and name not in self.asleep)

    def sleep_without(self, sections: Container[str]) -> None:
        """Optional modules that genesis has no section for do nothing on this chain, and nobody waits for them."""
        self.asleep = frozenset(
            name for name, module in self.all.items() if module.is_optional and name not in sections
        )
        for name in sorted(self.asleep):
            self.router.drop_guard(self.all[name])
        _bind_optional(self)

    def is_authenticated(self, ctx: Context, order: Order) -> bool:
        """Whether a resting short-term order's transaction would still be accepted."""
        tx_bytes = self.memclob.queue.tx_bytes[order]
        if not self.ante.signatures.authenticators.still_accepts(ctx, tx_bytes):
            return False
        return self.is_still_admitted(ctx.replaced(tx_bytes=tx_bytes), order)

    def is_still_admitted(self, ctx: Context, order: Order) -> bool:
        """Whether who placed a short-term order for a fund vault, with the context's transaction, still may."""
        if "fundvault" in self.asleep or not self.keepers.fundvault.is_vault(ctx, order.order_id.subaccount_id.owner):
            return True
        message = decode_tx(ctx.tx_bytes, is_trusted=RawTx.recorded(ctx.tx_bytes).is_trusted).messages[0]
        return isinstance(message, MsgVaultPlaceOrder) and self.keepers.fundvault.still_accepts(ctx, message)

    def precommit(self, ctx: Context) -> None:
        """x/clob's Precommit: the books of pairs made in this block. What it writes to stores is not kept."""
        clob_blocks.precommit(self.clob, ctx)


class _PlacementAnte:
    """The ante path of placements that come inside the operations, behind the clob's port."""

    def __init__(self, runner: TxRunner, gate: GatePort) -> None:
        self._runner = runner
        self._gate = gate

    def run_placement_ante(self, ctx: Context, tx_bytes: bytes) -> Order:
        """Runs the ante; returns the order of the transaction's only message."""
        placed = self._runner.run_placement(ctx, tx_bytes).messages[0]
        self._gate.admit_placed(ctx, placed)
        message = carried_order(placed)
        if not isinstance(message, MsgPlaceOrder) or message.order is None:
            raise ChainPanic("expected a placement in the operations queue")
        return message.order


def wire(*, incremental: bool = True, minimum_gas_prices: str | None = None) -> Modules:
    """All modules of a chain. incremental: whether vaults with unchanged inputs are skipped at their refresh;
    minimum_gas_prices: the node's setting for CheckTx, in the SDK's text form."""
    keepers = _keepers(incremental)
    modules = Modules(keepers, minimum_gas_prices)
    _bind_late(modules)
    return modules


def _keepers(incremental: bool) -> Keepers:
    accounts = AccountKeeper(AuthState())
    bank = BankKeeper(BankState(), accounts)
    blocktime = BlocktimeKeeper(BlocktimeState())
    epochs = EpochsKeeper(EpochsState())
    staking = StakingKeeper()
    stats = StatsKeeper(StatsState(), epochs, staking)
    affiliates = AffiliatesKeeper(AffiliatesState(), stats)
    revshare = RevshareKeeper(RevshareState(), stats, affiliates)
    market_map = MarketMapKeeper(MarketMapState())
    prices = PricesKeeper(PricesState(), market_map, revshare)
    assets = AssetsKeeper(AssetsState(), prices)
    feetiers = FeetiersKeeper(FeetiersState(), stats, affiliates, revshare)
    perpetuals = PerpetualsKeeper(PerpetualsState(), prices, epochs)
    subaccounts = SubaccountsKeeper(SubaccountsState(), assets, bank, blocktime, perpetuals)
    rewards = RewardsKeeper(RewardsState(), bank, feetiers, prices)
    sending = SendingKeeper(SendingState(), subaccounts, accounts, bank)
    delaymsg = DelaymsgKeeper(DelaymsgState())
    ports = ClobPorts(blocktime, perpetuals, prices, subaccounts, feetiers, stats, affiliates, revshare, rewards)
    clob = ClobKeeper(ClobState(), ports)
    vault = VaultKeeper(
        VaultState(), subaccounts, sending, clob, perpetuals, prices, assets, bank, delaymsg, incremental=incremental
    )
    listing = ListingKeeper(ListingState(), prices, market_map, perpetuals, clob, subaccounts, vault)
    perpvault = PerpvaultKeeper(PerpvaultState(), accounts, bank, prices)
    return Keepers(
        accounts=accounts,
        bank=bank,
        accountplus=AccountplusKeeper(AccountplusState()),
        blocktime=blocktime,
        epochs=epochs,
        staking=staking,
        market_map=market_map,
        prices=prices,
        assets=assets,
        perpetuals=perpetuals,
        stats=stats,
        affiliates=affiliates,
        revshare=revshare,
        feetiers=feetiers,
        vest=VestKeeper(VestState(), bank, blocktime),
        rewards=rewards,
        subaccounts=subaccounts,
        sending=sending,
        delaymsg=delaymsg,
        clob=clob,
        vault=vault,
        listing=listing,
        mmvault=MmvaultKeeper(MmvaultState(), accounts, subaccounts, clob, perpetuals),
        fundvault=FundVaultKeeper(FundVaultState(), accounts, subaccounts, bank, assets, epochs, clob),
        perpvault=perpvault,
        perpvault_router=PositionRouter(perpvault),
    )


def _app_modules(keepers: Keepers) -> dict[str, AppModule]:
    """The modules by the name of their genesis section."""
    return {
        "auth": auth_module(keepers.accounts),
        "bank": bank_module(keepers.bank),
        "distribution": distribution_module(keepers.bank),
        "dydxaccountplus": accountplus_module(keepers.accountplus),
        "blocktime": blocktime_module(keepers.blocktime),
        "epochs": epochs_module(keepers.epochs),
        "staking": staking_module(keepers.staking),
        "marketmap": marketmap_module(keepers.market_map),
        "prices": prices_module(keepers.prices),
        "assets": assets_module(keepers.assets),
        "bridge": bridge_module(),
        "perpetuals": perpetuals_module(keepers.perpetuals),
        "stats": stats_module(keepers.stats),
        "affiliates": affiliates_module(keepers.affiliates),
        "revshare": revshare_module(keepers.revshare),
        "feetiers": feetiers_module(keepers.feetiers),
        "vest": vest_module(keepers.vest),
        "rewards": rewards_module(keepers.rewards),
        "subaccounts": subaccounts_module(keepers.subaccounts),
        "sending": sending_module(keepers.sending),
        "delaymsg": delaymsg_module(keepers.delaymsg),
        "clob": clob_module(keepers.clob),
        "govplus": govplus_module(GovplusState()),
        "vault": vault_module(keepers.vault),
        "listing": listing_module(keepers.listing),
        "control": control_module(keepers.bank),
        "mmvault": mmvault_module(keepers.mmvault),
        "fundvault": fundvault_module(keepers.fundvault),
        "perpvault": perpvault_module(keepers.perpvault, keepers.perpvault_router),
    }


def _bind_late(modules: Modules) -> None:
    keepers = modules.keepers
    keepers.perpetuals.clob = keepers.clob
    keepers.revshare.feetiers = keepers.feetiers
    keepers.feetiers.vaults = keepers.vault
    keepers.delaymsg.router = modules.router
    keepers.clob.memclob = modules.memclob
    modules.memclob.keeper = keepers.clob
    modules.memclob.is_authenticated = modules.is_authenticated
    keepers.fundvault.router = modules.router
    _bind_optional(modules)


def _bind_optional(modules: Modules) -> None:
    """Lets the others ask and tell those optional modules that are awake."""
    keepers = modules.keepers
    has_mmvault, has_perpvault, has_fundvault = (
        name not in modules.asleep for name in ("mmvault", "perpvault", "fundvault")
    )
    keepers.feetiers.fee_free_owners = frozenset({MMVAULT.owner} if has_mmvault else ())
    keepers.clob.fill_listeners = (keepers.mmvault,) if has_mmvault else ()
    keepers.clob.exempt_ids = frozenset({MMVAULT} if has_mmvault else ())
    keepers.prices.listeners = (keepers.perpvault,) if has_perpvault else ()
    gate = keepers.fundvault if has_fundvault else OpenGate()
    keepers.clob.ante = _PlacementAnte(modules.runner, gate)
    modules.memclob.is_still_admitted = modules.is_still_admitted
    modules.ante.clob = CheckMode(
        keepers.clob, modules.memclob, modules.rate_limits, modules.hydration, keepers.sending, gate
    )
