"""The stateless checks of messages, first failing field first. Source: fund-vault §§4, 11."""

from __future__ import annotations

from typing import Final

from vaultsim.lib.fixed import ONE_FIXED, fixed_from_text
from vaultsim.pb.dydxprotocol.clob import MsgCancelOrder, MsgPlaceOrder, OrderId
from vaultsim.pb.vaultsim.fundvault.v1 import (
    Metadata,
    MsgChangeVaultOwner,
    MsgCreateVault,
    MsgDepositToVault,
    MsgRequestRedemption,
    MsgUpdateVault,
    MsgVaultCancelOrder,
    MsgVaultPlaceOrder,
)
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.clob import validate_basic
from vaultsim.x.fundvault.errors import (
    InvalidAsset,
    InvalidCutOff,
    InvalidFeeFactor,
    InvalidFeePeriod,
    InvalidMetadata,
    InvalidSchedule,
    NotVaultOwner,
)
from vaultsim.x.fundvault.schedule import require_valid_dates, require_valid_rules
from vaultsim.x.fundvault.types import MOST_PERIOD_SECONDS, normal_address, parse_amount, subaccount_of

MOST_MANAGEMENT_FEE: Final = ONE_FIXED - 1
MOST_PERFORMANCE_FEE: Final = ONE_FIXED


def create_vault(msg: MsgCreateVault) -> None:
    """Raises [13], [15], [16], [17], [18], [19], [21], [20]; [sdk 7] for a whitelisted key that is no address."""
    if msg.asset_id != USDC_ASSET_ID:
        raise InvalidAsset(f"asset {msg.asset_id} cannot settle a vault")
    _metadata(msg.metadata)
    _fee_period(msg.fee_period_seconds)
    factor(msg.management_fee_factor, MOST_MANAGEMENT_FEE)
    factor(msg.performance_fee_factor, MOST_PERFORMANCE_FEE)
    _cut_off(msg.cut_off_period_seconds)
    if not msg.redemption_dates and not msg.redemption_rules:
        raise InvalidSchedule("no redemption dates")
    require_valid_dates(msg.redemption_dates)
    require_valid_rules(msg.redemption_rules)
    for party in msg.whitelist:
        normal_address(party)


def deposit_to_vault(msg: MsgDepositToVault) -> None:
    """Raises InvalidAmount [7]."""
    parse_amount(msg.amount)


def request_redemption(msg: MsgRequestRedemption) -> None:
    """Raises InvalidAmount [7]; no amount is everything."""
    if msg.amount:
        parse_amount(msg.amount)


def update_vault(msg: MsgUpdateVault) -> None:
    """The checks of a creation for what is named."""
    if msg.metadata is not None:
        _metadata(msg.metadata)
    if msg.fee_period_seconds is not None:
        _fee_period(msg.fee_period_seconds)
    if msg.management_fee_factor is not None:
        factor(msg.management_fee_factor, MOST_MANAGEMENT_FEE)
    if msg.performance_fee_factor is not None:
        factor(msg.performance_fee_factor, MOST_PERFORMANCE_FEE)
    if msg.cut_off_period_seconds is not None:
        _cut_off(msg.cut_off_period_seconds)
    require_valid_dates(msg.add_dates, ordered=False)
    for party in (*msg.whitelist_add, *msg.whitelist_remove):
        normal_address(party)


def change_vault_owner(msg: MsgChangeVaultOwner) -> None:
    """Raises InvalidAddress [sdk 7]."""
    normal_address(msg.new_owner)


def place_order(msg: MsgVaultPlaceOrder) -> None:
    """Raises NotVaultOwner [4] for an order of another subaccount, then what x/clob asks of the order."""
    _own_subaccount(msg.vault_id, msg.order.order_id)
    validate_basic.place_order(MsgPlaceOrder(order=msg.order))


def cancel_order(msg: MsgVaultCancelOrder) -> None:
    """Raises NotVaultOwner [4] for an order of another subaccount, then what x/clob asks of a cancellation."""
    _own_subaccount(msg.vault_id, msg.order_id)
    validate_basic.cancel_order(
        MsgCancelOrder(
            order_id=msg.order_id, good_til_block=msg.good_til_block, good_til_block_time=msg.good_til_block_time
        )
    )


def factor(text: str, most: int) -> int:
    """A fee factor in counts of 10^-18. Raises InvalidFeeFactor [17] unless it is from 0 to `most`."""
    try:
        found = fixed_from_text(text)
    except ValueError as problem:
        raise InvalidFeeFactor(str(problem)) from None
    if not 0 <= found <= most:
        raise InvalidFeeFactor(text)
    return found


def _metadata(metadata: Metadata) -> None:
    if not metadata.name.strip():
        raise InvalidMetadata("a vault needs a name")


def _fee_period(seconds: int) -> None:
    if not 0 < seconds <= MOST_PERIOD_SECONDS:
        raise InvalidFeePeriod(f"{seconds} seconds")


def _cut_off(seconds: int) -> None:
    if not 0 <= seconds <= MOST_PERIOD_SECONDS:
        raise InvalidCutOff(f"{seconds} seconds")


def _own_subaccount(vault_id: str, order_id: OrderId) -> None:
    if order_id.subaccount_id != subaccount_of(vault_id):
        raise NotVaultOwner(f"the order is not of subaccount 0 of {vault_id}")
