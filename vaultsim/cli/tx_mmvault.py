"""`vaultsim tx mmvault`: liquidity of the passive market maker's vault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vaultsim.cli.arguments import Amount, Quantums, Subaccount, Usdc
from vaultsim.cli.sending import Session, sends

if TYPE_CHECKING:
    from vaultsim.client.messages import Plan
else:
    # Annotations of commands are looked at before one runs, and importing it would slow `--help`.
    Plan = object

app = typer.Typer(help="The passive market maker's vault.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
@sends
def deposit(
    session: Session,
    amount: Amount = None,
    usdc: Usdc = None,
    quantums: Quantums = None,
    least: Annotated[str, typer.Option(metavar="SHARES", help="Refuse when it mints fewer.")] = "0",
    subaccount: Subaccount = 0,
) -> Plan:
    """Put USDC of a subaccount into the vault, for shares."""
    from vaultsim.client import amounts, mmvault_messages

    moved, minimum = amounts.quantums_of(amount, usdc, quantums), amounts.shares_of(least)
    return mmvault_messages.deposit(session.signer.subaccount(subaccount), moved, minimum)


@app.command()
@sends
def withdraw(
    session: Session,
    shares: Annotated[str, typer.Argument(metavar="SHARES", help="How many shares, or `all`.")],
    subaccount: Subaccount = 0,
) -> Plan:
    """Burn shares; what they are worth now is paid into a subaccount after the cooldown."""
    from vaultsim.client import amounts, mmvault_messages
    from vaultsim.client.mmvault_views import shares_held

    count = shares_held(session.node, session.address) if shares == "all" else amounts.shares_of(shares)
    return mmvault_messages.withdraw(session.signer.subaccount(subaccount), count)
