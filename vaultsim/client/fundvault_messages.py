"""Messages to fund accounts, each with a sentence that says what it does."""

from __future__ import annotations

from vaultsim.client import messages
from vaultsim.client.amounts import stated
from vaultsim.client.markets import Market
from vaultsim.client.messages import OrderTerms, Plan
from vaultsim.pb.dydxprotocol.clob import MsgCancelOrder, MsgPlaceOrder
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.fundvault.v1 import (
    MsgCloseVault,
    MsgCreateVault,
    MsgDepositToVault,
    MsgRequestRedemption,
    MsgVaultCancelOrder,
    MsgVaultPlaceOrder,
)


def create(owner: str, terms: MsgCreateVault) -> Plan:
    """A new fund of the owner's."""
    name = terms.metadata.name or "without a name"
    return Plan((replace(terms, owner=owner),), f"open the fund {name}")


def deposit(party: str, fund: str, quantums: int) -> Plan:
    """USDC of a bank account for units."""
    message = MsgDepositToVault(party=party, vault_id=fund, amount=str(quantums))
    return Plan((message,), f"pay {stated(quantums)} into the fund {fund}")


def redeem(party: str, fund: str, quantums: int | None) -> Plan:
    """A request for USDC on the next date in reach; None asks for everything."""
    message = MsgRequestRedemption(party=party, vault_id=fund, amount="" if quantums is None else str(quantums))
    what = "everything" if quantums is None else stated(quantums)
    return Plan((message,), f"ask the fund {fund} for {what}")


def close(owner: str, fund: str) -> Plan:
    """The end of a fund; the owner's message."""
    return Plan((MsgCloseVault(owner=owner, vault_id=fund),), f"close the fund {fund}")


def place_order(owner: str, fund: str, market: Market, client_id: int, terms: OrderTerms) -> Plan:
    """A limit order of a fund; the owner's message."""
    plan = messages.place_order(SubaccountId(owner=fund, number=0), market, client_id, terms)
    [placed] = plan.messages
    assert isinstance(placed, MsgPlaceOrder)
    message = MsgVaultPlaceOrder(owner=owner, vault_id=fund, order=placed.order)
    return Plan((message,), f"{plan.says}, for the fund {fund}")


def cancel_order(owner: str, fund: str, market: Market, client_id: int, until: tuple[int, int]) -> Plan:
    """Takes an order of a fund off the book; until: a block (short-term) and a unix second, one of them 0."""
    plan = messages.cancel_order(SubaccountId(owner=fund, number=0), market, client_id, *until)
    [cancelled] = plan.messages
    assert isinstance(cancelled, MsgCancelOrder)
    message = MsgVaultCancelOrder(
        owner=owner,
        vault_id=fund,
        order_id=cancelled.order_id,
        good_til_block=cancelled.good_til_block,
        good_til_block_time=cancelled.good_til_block_time,
    )
    return Plan((message,), f"{plan.says}, for the fund {fund}")
