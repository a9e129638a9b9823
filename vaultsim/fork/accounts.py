"""Accounts and balances: modules, collateral pools, insurance funds, and the people that the vaults concern."""

from __future__ import annotations

from typing import Final

from vaultsim.address import module_bech32
from vaultsim.fork.api import ANY_REFUSAL, PAGE_LIMIT, Unserved
from vaultsim.fork.reading import Reading
from vaultsim.fork.report import Gap
from vaultsim.pb.cosmos.auth import v1beta1 as auth
from vaultsim.pb.cosmos.bank import v1beta1 as bank
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest
from vaultsim.pb.dydxprotocol import perpetuals, vault, vest
from vaultsim.pb.dydxprotocol.perpetuals import PerpetualMarketType
from vaultsim.pb.google.protobuf import Any
from vaultsim.pb.registry import unpack
from vaultsim.pb.runtime import DecodeError
from vaultsim.x.auth.types import MODULE_PERMISSIONS
from vaultsim.x.vault.types import account_of

_ISOLATED: Final = PerpetualMarketType.PERPETUAL_MARKET_TYPE_ISOLATED
_VESTERS: Final = ("rewards_vester", "community_vester")


def read_accounts(reading: Reading) -> None:
    """Accounts, and who has how much; markets and vaults must have been read. Raises UserError."""
    addresses = list(
        dict.fromkeys([*_modules(reading), *_pools_and_funds(reading), *_vaults(reading), *reading.people])
    )
    _read_accounts(reading, addresses)
    _read_balances(reading, addresses)
    _read_vesting(reading)


def _read_accounts(reading: Reading, addresses: list[str]) -> None:
    params = reading.api.ask(auth.QueryParamsRequest(), auth.QueryParamsResponse)
    answers = reading.api.ask_each(
        "accounts", [auth.QueryAccountRequest(address=one) for one in addresses], auth.QueryAccountResponse
    )
    accounts = tuple(one.account for one in answers if one is not None and one.account is not None)
    reading.sections["auth"] = auth.GenesisState(params=params.params, accounts=accounts)
    reading.taken["accounts"] = len(accounts)


def _modules(reading: Reading) -> list[str]:
    """Addresses of the modules that we know and of those that the node has."""
    found = reading.ask(
        auth.QueryModuleAccountsRequest(), auth.QueryModuleAccountsResponse, instead="the modules known here"
    )
    listed = () if found is None else found.accounts
    return [*map(module_bech32, MODULE_PERMISSIONS), *filter(None, map(_address_of, listed))]


def _address_of(packed: Any) -> str:
    """Address of a module account; empty for another kind."""
    try:
        account = unpack(packed)
    except DecodeError:
        return ""
    return account.base_account.address if isinstance(account, auth.ModuleAccount) and account.base_account else ""


def _vaults(reading: Reading) -> list[str]:
    section = reading.sections["vault"]
    assert isinstance(section, vault.GenesisState)
    return [account_of(one.vault_id).address for one in section.vaults]


def _pools_and_funds(reading: Reading) -> list[str]:
    """Isolated markets have a collateral pool and an insurance fund of their own."""
    section = reading.sections["perpetuals"]
    assert isinstance(section, perpetuals.GenesisState)
    isolated = [one.params.id for one in section.perpetuals if one.params.market_type == _ISOLATED]
    return [module_bech32(f"{name}:{one}") for one in isolated for name in ("subaccounts", "insurance_fund")]


def _read_balances(reading: Reading, addresses: list[str]) -> None:
    api = reading.api
    params = api.ask(bank.QueryParamsRequest(), bank.QueryParamsResponse)
    answers = api.ask_each(
        "balances",
        [bank.QueryAllBalancesRequest(address=one, pagination=PageRequest(limit=PAGE_LIMIT)) for one in addresses],
        bank.QueryAllBalancesResponse,
    )
    balances = tuple(
        bank.Balance(address=address, coins=one.balances)
        for address, one in zip(addresses, answers, strict=True)
        if one is not None and one.balances
    )
    reading.sections["bank"] = bank.GenesisState(
        params=params.params,
        balances=balances,
        denom_metadata=_denominations(reading),
        send_enabled=_send_enabled(reading),
    )
    reading.taken["balances"] = len(balances)


def _denominations(reading: Reading) -> tuple[bank.Metadata, ...]:
    try:
        pages = list(
            reading.api.pages("denominations", bank.QueryDenomsMetadataRequest(), bank.QueryDenomsMetadataResponse)
        )
    except Unserved as method:
        reading.gaps.append(Gap(f"{method} (this node does not serve it)", "none"))
        return ()
    return tuple(one for page in pages for one in page.metadatas)


def _send_enabled(reading: Reading) -> tuple[bank.SendEnabled, ...]:
    try:
        pages = list(reading.api.pages("transfers", bank.QuerySendEnabledRequest(), bank.QuerySendEnabledResponse))
    except Unserved as method:
        reading.gaps.append(Gap(f"{method} (this node does not serve it)", "every denomination may be sent"))
        return ()
    return tuple(one for page in pages for one in page.send_enabled)


def _read_vesting(reading: Reading) -> None:
    try:
        answers = reading.api.ask_each(
            "vesting",
            [vest.QueryVestEntryRequest(vester_account=one) for one in _VESTERS],
            vest.QueryVestEntryResponse,
            ANY_REFUSAL,
        )
    except Unserved as method:
        reading.gaps.append(Gap(f"{method} (this node does not serve it)", "nothing vests"))
        return
    entries = tuple(one.entry for one in answers if one is not None)
    if entries:
        reading.sections["vest"] = vest.GenesisState(vest_entries=entries)
