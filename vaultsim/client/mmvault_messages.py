"""Messages to the passive market maker's vault, each with a sentence that says what it does."""

from __future__ import annotations

from vaultsim.client.amounts import stated
from vaultsim.client.messages import Plan, subaccount_text
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.vaultsim.mmvault.v1 import MsgAddLiquidity, MsgRemoveLiquidity


def deposit(owner: SubaccountId, quantums: int, least_shares: int) -> Plan:
    """USDC of a subaccount for shares, refused by the chain when it mints fewer than `least_shares`."""
    message = MsgAddLiquidity(
        subaccount_id=owner, amount=str(quantums), min_shares_to_mint=str(least_shares) if least_shares else ""
    )
    least = f" for at least {least_shares} shares" if least_shares else ""
    return Plan((message,), f"deposit {stated(quantums)} of {subaccount_text(owner)} into the passive vault{least}")


def withdraw(owner: SubaccountId, shares: int) -> Plan:
    """Shares for USDC that is paid after the cooldown."""
    message = MsgRemoveLiquidity(subaccount_id=owner, shares_to_burn=str(shares))
    return Plan((message,), f"burn {shares} shares of the passive vault; paid to {subaccount_text(owner)} later")
