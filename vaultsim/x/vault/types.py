"""What a vault's id determines: its text, address, subaccount and order ids. Source: dydx-vault §§1, 16."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from vaultsim.address import module_address, module_bech32
from vaultsim.errors import ChainError
from vaultsim.lib.ints import U32_MAX
from vaultsim.pb.dydxprotocol.clob import ClobPair, ClobPair_Status, Order_Side, OrderId
from vaultsim.pb.dydxprotocol.perpetuals import Perpetual
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import VaultId, VaultStatus, VaultType

MODULE_NAME: Final = "vault"
MEGAVAULT: Final = "megavault"
MEGAVAULT_ADDRESS: Final = module_address(MEGAVAULT)
MAIN_VAULT: Final = SubaccountId(owner=module_bech32(MEGAVAULT), number=0)
"""The megavault's main subaccount."""

CLOB: Final = VaultType.VAULT_TYPE_CLOB
DEACTIVATED: Final = VaultStatus.VAULT_STATUS_DEACTIVATED
STAND_BY: Final = VaultStatus.VAULT_STATUS_STAND_BY
QUOTING: Final = VaultStatus.VAULT_STATUS_QUOTING
CLOSE_ONLY: Final = VaultStatus.VAULT_STATUS_CLOSE_ONLY
BUY: Final = Order_Side.SIDE_BUY
SELL: Final = Order_Side.SIDE_SELL
FINAL_SETTLEMENT: Final = ClobPair_Status.STATUS_FINAL_SETTLEMENT
LONG_TERM_FLAG: Final = 64

_SELL_BIT: Final = 31
_LAYER_BITS: Final = 23
_DIGITS: Final = re.compile(r"[0-9]+", re.ASCII)


class Market(NamedTuple):
    """Everything that a vault's quotes depend on outside of the vault."""

    pair: ClobPair
    perpetual: Perpetual
    param: MarketParam
    price: MarketPrice


class VaultAccount:
    """A vault's names. Order ids are made once per client id, so that they hash and encode once."""

    __slots__ = ("_order_ids", "address", "subaccount_id", "text", "vault_id")

    def __init__(self, vault_id: VaultId, text: str) -> None:
        self.vault_id = vault_id
        self.text = text
        self.address = module_bech32(f"vault-{text}")
        self.subaccount_id = SubaccountId(owner=self.address, number=0)
        self._order_ids: dict[int, OrderId] = {}

    def order_id(self, client_id: int) -> OrderId:
        """The id of the vault's long-term order with this client id."""
        order_id = self._order_ids.get(client_id)
        if order_id is None:
            order_id = self._order_ids[client_id] = OrderId(
                subaccount_id=self.subaccount_id,
                client_id=client_id,
                order_flags=LONG_TERM_FLAG,
                clob_pair_id=self.vault_id.number,
            )
        return order_id


def vault_text(vault_id: VaultId) -> str:
    """Text form of a vault id; an unknown type shows as its number."""
    name = VaultType.NAMES.get(vault_id.type, str(vault_id.type))
    return f"{name}-{vault_id.number}"


def parse_vault_id(text: str) -> VaultId:
    """The vault id of a text; a ChainError without a code when the shape, the type or the number (uint32) is wrong."""
    parts = text.split("-")
    if len(parts) != 2:
        raise ChainError(f"vault id {text!r} must follow format <type>-<number>")
    kind = VaultType.VALUES.get(parts[0])
    if kind is None:
        raise ChainError(f"unknown vault type: {parts[0]}")
    if _DIGITS.fullmatch(parts[1]) is None or int(parts[1]) > U32_MAX:
        raise ChainError(f"failed to parse number: {parts[1]}")
    return VaultId(type=kind, number=int(parts[1]))


@lru_cache(maxsize=65_536)
def account_of(vault_id: VaultId) -> VaultAccount:
    """Names of the vault with this id."""
    return VaultAccount(vault_id, vault_text(vault_id))


@lru_cache(maxsize=65_536)
def account_named(text: str) -> VaultAccount | None:
    """Names of the vault whose state key this is, or None when the key cannot be parsed."""
    try:
        return account_of(parse_vault_id(text))
    except ChainError:
        return None


def canonical_client_id(side: int, layer: int) -> int:
    """Client id of the first order on a side and layer (uint8)."""
    return (side == SELL) << _SELL_BIT | (layer & 0xFF) << _LAYER_BITS
