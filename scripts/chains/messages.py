"""Messages in the short form of a block file: `{"messages": [{"@type": …}]}`."""

from __future__ import annotations

from typing import Any

from chains.document import USDC, vault_id
from vaultsim.testing.accounts import address_of

Json = dict[str, Any]


def subaccount_id(name: str, number: int = 0) -> Json:
    """The subaccount of a name, or of an address."""
    return {"owner": name if name.startswith("dydx1") else address_of(name), "number": number}


def tx(type_url: str, **fields: Any) -> Json:
    """A transaction of one message."""
    return {"messages": [{"@type": type_url, **fields}]}


def together(*transactions: Json) -> Json:
    """One transaction of several messages: all or nothing."""
    return {"messages": [message for one in transactions for message in one["messages"]]}


def deposit(name: str, quantums: int, number: int = 0) -> Json:
    return tx(
        "/dydxprotocol.vault.MsgDepositToMegavault",
        subaccount_id=subaccount_id(name, number),
        quote_quantums=str(quantums),
    )


def withdraw(name: str, shares: int, least: int = 0, number: int = 0) -> Json:
    return tx(
        "/dydxprotocol.vault.MsgWithdrawFromMegavault",
        subaccount_id=subaccount_id(name, number),
        shares={"num_shares": str(shares)},
        min_quote_quantums=str(least),
    )


def allocate(number: int, quantums: int, by: str = "operator") -> Json:
    return tx(
        "/dydxprotocol.vault.MsgAllocateToVault",
        authority=address_of(by),
        vault_id=vault_id(number),
        quote_quantums=str(quantums),
    )


def retrieve(number: int, quantums: int, by: str = "operator") -> Json:
    return tx(
        "/dydxprotocol.vault.MsgRetrieveFromVault",
        authority=address_of(by),
        vault_id=vault_id(number),
        quote_quantums=str(quantums),
    )


def set_params(number: int, status: str, params: Json | None = None, by: str = "operator") -> Json:
    vault_params: Json = {"status": f"VAULT_STATUS_{status}"}
    if params is not None:
        vault_params["quoting_params"] = params
    return tx(
        "/dydxprotocol.vault.MsgSetVaultParams",
        authority=address_of(by),
        vault_id=vault_id(number),
        vault_params=vault_params,
    )


def set_default_params(params: Json, by: str = "operator") -> Json:
    return tx(
        "/dydxprotocol.vault.MsgUpdateDefaultQuotingParams",
        authority=address_of(by),
        default_quoting_params=params,
    )


def transfer(sender: str, recipient: str, quantums: int, number: int = 0, to_number: int = 0) -> Json:
    return tx(
        "/dydxprotocol.sending.MsgCreateTransfer",
        transfer={
            "sender": subaccount_id(sender, number),
            "recipient": subaccount_id(recipient, to_number),
            "asset_id": 0,
            "amount": str(quantums),
        },
    )


def to_subaccount(name: str, quantums: int, number: int = 0) -> Json:
    """Coins of the bank account into a subaccount."""
    return tx(
        "/dydxprotocol.sending.MsgDepositToSubaccount",
        sender=address_of(name),
        recipient=subaccount_id(name, number),
        asset_id=0,
        quantums=str(quantums),
    )


def from_subaccount(name: str, quantums: int, number: int = 0) -> Json:
    """USDC of a subaccount into the bank account."""
    return tx(
        "/dydxprotocol.sending.MsgWithdrawFromSubaccount",
        sender=subaccount_id(name, number),
        recipient=address_of(name),
        asset_id=0,
        quantums=str(quantums),
    )


def send(name: str, to_address: str, amount: int) -> Json:
    """Coins from one bank account to another."""
    return tx(
        "/cosmos.bank.v1beta1.MsgSend",
        from_address=address_of(name),
        to_address=to_address,
        amount=[{"denom": USDC, "amount": str(amount)}],
    )


def list_market(name: str, ticker: str) -> Json:
    return tx(
        "/dydxprotocol.listing.MsgCreateMarketPermissionless",
        ticker=ticker,
        subaccount_id=subaccount_id(name),
    )


def order(
    name: str,
    pair: int,
    side: str,
    quantums: int,
    subticks: int,
    *,
    client_id: int,
    number: int = 0,
    good_til_block: int | None = None,
    good_til_block_time: int | None = None,
    time_in_force: str = "UNSPECIFIED",
) -> Json:
    """A short-term order with good_til_block, a long-term one with good_til_block_time (unix seconds)."""
    flags = 0 if good_til_block_time is None else 64
    placed: Json = {
        "order_id": {
            "subaccount_id": subaccount_id(name, number),
            "client_id": client_id,
            "order_flags": flags,
            "clob_pair_id": pair,
        },
        "side": f"SIDE_{side}",
        "quantums": str(quantums),
        "subticks": str(subticks),
        "time_in_force": f"TIME_IN_FORCE_{time_in_force}",
    }
    if good_til_block_time is None:
        placed["good_til_block"] = good_til_block
    else:
        placed["good_til_block_time"] = good_til_block_time
    return tx("/dydxprotocol.clob.MsgPlaceOrder", order=placed)


def add_liquidity(name: str, quantums: int, least: int = 0, number: int = 0) -> Json:
    """A deposit into the passive market maker's vault."""
    return tx(
        "/vaultsim.mmvault.v1.MsgAddLiquidity",
        subaccount_id=subaccount_id(name, number),
        amount=str(quantums),
        min_shares_to_mint=str(least),
    )


def remove_liquidity(name: str, shares: int, number: int = 0) -> Json:
    """A withdrawal from the passive market maker's vault."""
    return tx(
        "/vaultsim.mmvault.v1.MsgRemoveLiquidity",
        subaccount_id=subaccount_id(name, number),
        shares_to_burn=str(shares),
    )
