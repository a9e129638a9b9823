"""Messages that the commands send, each with a sentence that says what it does, amounts in both units."""

from __future__ import annotations

from typing import NamedTuple

from vaultsim.client.amounts import CoinAmount, stated
from vaultsim.client.markets import Market
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.dydxprotocol.clob import MsgCancelOrder, MsgPlaceOrder, Order, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import (
    MsgAllocateToVault,
    MsgDepositToMegavault,
    MsgSetVaultParams,
    MsgWithdrawFromMegavault,
    NumShares,
    QuotingParams,
    VaultId,
    VaultParams,
    VaultStatus,
    VaultType,
)
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.fundvault.v1 import MsgVaultCancelOrder, MsgVaultPlaceOrder

SHORT_TERM, LONG_TERM = 0, 64
"""Order flags."""
BUY, SELL = 1, 2
_CLOB = "/dydxprotocol.clob."
_CARRIERS = (MsgVaultPlaceOrder, MsgVaultCancelOrder)
"""Messages that carry an order of the clob in a fund's name; the chain treats them as that order."""


class Plan(NamedTuple):
    """The messages of a transaction and what they do."""

    messages: tuple[Message, ...]
    says: str

    @property
    def is_free(self) -> bool:
        """Whether the chain takes neither gas nor fee for it. Source: client-surfaces §1.5."""
        return any(message.TYPE_URL.startswith(_CLOB) or isinstance(message, _CARRIERS) for message in self.messages)

    @property
    def is_in_blocks(self) -> bool:
        """Whether it is found in a block once it was executed; short-term orders never are by themselves."""
        return not any(_is_short_term(message) for message in self.messages)


def deposit(owner: SubaccountId, quantums: int) -> Plan:
    """USDC of a subaccount for MegaVault shares."""
    message = MsgDepositToMegavault(subaccount_id=owner, quote_quantums=quantums)
    return Plan((message,), f"deposit {stated(quantums)} of {subaccount_text(owner)} into MegaVault")


def withdraw(owner: SubaccountId, shares: int, least_quantums: int) -> Plan:
    """MegaVault shares for USDC, refused by the chain when they bring less than `least_quantums`."""
    message = MsgWithdrawFromMegavault(
        subaccount_id=owner, shares=NumShares(num_shares=shares), min_quote_quantums=least_quantums
    )
    return Plan(
        (message,), f"withdraw {shares} shares for at least {stated(least_quantums)} to {subaccount_text(owner)}"
    )


def allocate(authority: str, vault: int, quantums: int) -> Plan:
    """USDC of the main vault to a market's vault; the operator's message."""
    message = MsgAllocateToVault(authority=authority, vault_id=vault_id(vault), quote_quantums=quantums)
    return Plan((message,), f"allocate {stated(quantums)} of the main vault to vault {vault}")


def set_vault_params(authority: str, vault: int, status: str, quoting: QuotingParams | None) -> Plan:
    """A vault's status and its own quoting parameters (None: the default ones); the operator's message."""
    params = VaultParams(status=VaultStatus.VALUES[f"VAULT_STATUS_{status}"], quoting_params=quoting)
    message = MsgSetVaultParams(authority=authority, vault_id=vault_id(vault), vault_params=params)
    which = "the default quoting parameters" if quoting is None else "quoting parameters of its own"
    return Plan((message,), f"set vault {vault} to {status.lower().replace('_', '-')} with {which}")


def send(sender: str, recipient: str, coin: CoinAmount) -> Plan:
    """Coins from one bank account to another."""
    message = MsgSend(
        from_address=sender, to_address=recipient, amount=(Coin(denom=coin.denom, amount=str(coin.amount)),)
    )
    return Plan((message,), f"send {coin} from {sender} to {recipient}")


class OrderTerms(NamedTuple):
    """How an order is placed: until which block (short-term) or unix second (long-term), the other being 0."""

    is_buy: bool
    base_quantums: int
    subticks: int
    good_til_block: int
    good_til_time: int
    time_in_force: int
    is_reduce_only: bool


def place_order(owner: SubaccountId, market: Market, client_id: int, terms: OrderTerms) -> Plan:
    """A limit order."""
    is_short_term = terms.good_til_block > 0
    order = Order(
        order_id=order_id(owner, market, client_id, is_short_term=is_short_term),
        side=BUY if terms.is_buy else SELL,
        quantums=terms.base_quantums,
        subticks=terms.subticks,
        time_in_force=terms.time_in_force,
        reduce_only=terms.is_reduce_only,
        good_til_block=terms.good_til_block or None,
        good_til_block_time=terms.good_til_time or None,
    )
    verb = "buy" if terms.is_buy else "sell"
    until = f"block {terms.good_til_block}" if is_short_term else f"unix second {terms.good_til_time}"
    size = f"{market.size_text(terms.base_quantums)} {market.ticker} ({terms.base_quantums} quantums)"
    price = f"{market.price_text(terms.subticks)} dollars ({terms.subticks} subticks)"
    return Plan((MsgPlaceOrder(order=order),), f"{verb} {size} at {price} until {until}, client id {client_id}")


def cancel_order(owner: SubaccountId, market: Market, client_id: int, good_til_block: int, good_til_time: int) -> Plan:
    """Takes an order off the book: a short-term one with a block, a long-term one with a unix second."""
    identity = order_id(owner, market, client_id, is_short_term=good_til_block > 0)
    message = MsgCancelOrder(
        order_id=identity, good_til_block=good_til_block or None, good_til_block_time=good_til_time or None
    )
    kind = "short-term" if good_til_block else "long-term"
    return Plan((message,), f"cancel the {kind} order of {market.ticker} with client id {client_id}")


def order_id(owner: SubaccountId, market: Market, client_id: int, *, is_short_term: bool) -> OrderId:
    """The identity of an order."""
    flags = SHORT_TERM if is_short_term else LONG_TERM
    return OrderId(subaccount_id=owner, client_id=client_id, order_flags=flags, clob_pair_id=market.pair.id)


def vault_id(number: int) -> VaultId:
    """The vault of an order book."""
    return VaultId(type=VaultType.VAULT_TYPE_CLOB, number=number)


def _is_short_term(message: Message) -> bool:
    if isinstance(message, MsgPlaceOrder | MsgVaultPlaceOrder):
        return message.order.order_id.order_flags == SHORT_TERM
    if isinstance(message, MsgCancelOrder | MsgVaultCancelOrder):
        return message.order_id.order_flags == SHORT_TERM
    return message.TYPE_URL == "/dydxprotocol.clob.MsgBatchCancel"


def subaccount_text(owner: SubaccountId) -> str:
    """A subaccount as `address/number`."""
    return f"{owner.owner}/{owner.number}"
