"""`vaultsim tx`: transactions to any node, ours or a real one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vaultsim.cli.arguments import (
    Amount,
    CancelLongTerm,
    ClientId,
    GoodTil,
    LongTerm,
    Market,
    Price,
    Quantums,
    ReduceOnly,
    Side,
    Size,
    Subaccount,
    TimeInForce,
    Usdc,
    Vault,
)
from vaultsim.cli.orders import good_til, order_terms
from vaultsim.cli.sending import Session, sends
from vaultsim.cli.tx_fundvault import app as fundvault_app
from vaultsim.cli.tx_mmvault import app as mmvault_app
from vaultsim.cli.tx_perpvault import app as perpvault_app

if TYPE_CHECKING:
    from vaultsim.client.messages import Plan
else:
    # Annotations of commands are looked at before one runs, and importing it would slow `--help`.
    Plan = object

app = typer.Typer(
    help="Send transactions to a node (needs the extra `client`).", no_args_is_help=True, rich_markup_mode=None
)

app.add_typer(mmvault_app, name="mmvault")
app.add_typer(perpvault_app, name="perpvault")
app.add_typer(fundvault_app, name="fundvault")


@app.command()
@sends
def deposit(
    session: Session, amount: Amount = None, usdc: Usdc = None, quantums: Quantums = None, subaccount: Subaccount = 0
) -> Plan:
    """Put USDC of a subaccount into MegaVault, for shares."""
    from vaultsim.client import amounts, messages

    return messages.deposit(session.signer.subaccount(subaccount), amounts.quantums_of(amount, usdc, quantums))


@app.command()
@sends
def withdraw(
    session: Session,
    shares: Annotated[str, typer.Argument(metavar="SHARES", help="How many shares, or `all` that are not locked.")],
    least: Annotated[
        str, typer.Option(metavar="AMOUNT", help="Refuse when it brings less: 12.5usdc or 12500000quantums.")
    ] = "0usdc",
    subaccount: Subaccount = 0,
) -> Plan:
    """Take USDC out of MegaVault, for shares."""
    from vaultsim.client import amounts, messages
    from vaultsim.client.vault_views import withdrawable_shares

    minimum = amounts.quantums_of(least, None, None)
    count = withdrawable_shares(session.node, session.address) if shares == "all" else amounts.shares_of(shares)
    return messages.withdraw(session.signer.subaccount(subaccount), count, minimum)


@app.command()
@sends
def allocate(
    session: Session, vault: Vault, amount: Amount = None, usdc: Usdc = None, quantums: Quantums = None
) -> Plan:
    """Move USDC of the main vault to a market's vault. Only the operator may."""
    from vaultsim.client import amounts, messages
    from vaultsim.client.vault_views import vault_number

    moved = amounts.quantums_of(amount, usdc, quantums)
    return messages.allocate(session.address, vault_number(session.node, vault), moved)


@app.command()
@sends
def set_vault_params(
    session: Session,
    vault: Vault,
    status: Annotated[
        Literal["quoting", "stand-by", "close-only", "deactivated"], typer.Option(help="What the vault does.")
    ],
    quoting_params: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="JSON of its own quoting parameters; without it the default ones.", dir_okay=False
        ),
    ] = None,
) -> Plan:
    """Set a vault's status and quoting parameters. Only the operator may."""
    from vaultsim.client import messages
    from vaultsim.client.files import quoting_params_in
    from vaultsim.client.vault_views import vault_number

    quoting = None if quoting_params is None else quoting_params_in(quoting_params)
    number = vault_number(session.node, vault)
    return messages.set_vault_params(session.address, number, status.upper().replace("-", "_"), quoting)


@app.command()
@sends
def place_order(
    session: Session,
    market: Market,
    side: Side,
    size: Size,
    price: Price,
    client_id: ClientId = 0,
    good_til_block: GoodTil = None,
    long_term: LongTerm = None,
    time_in_force: TimeInForce = "none",
    reduce_only: ReduceOnly = False,
    subaccount: Subaccount = 0,
) -> Plan:
    """Place a limit order."""
    from vaultsim.client import messages
    from vaultsim.client.markets import market_named

    until = good_til(session, good_til_block, long_term)
    found = market_named(session.node, market)
    terms = order_terms(found, side, size, price, until, time_in_force, reduce_only)
    return messages.place_order(session.signer.subaccount(subaccount), found, client_id, terms)


@app.command()
@sends
def cancel_order(
    session: Session,
    market: Market,
    client_id: ClientId,
    good_til_block: GoodTil = None,
    long_term: CancelLongTerm = None,
    subaccount: Subaccount = 0,
) -> Plan:
    """Cancel an order."""
    from vaultsim.client import messages
    from vaultsim.client.markets import market_named

    block, until = good_til(session, good_til_block, long_term)
    found = market_named(session.node, market)
    return messages.cancel_order(session.signer.subaccount(subaccount), found, client_id, block, until)


@app.command()
@sends
def send(
    session: Session,
    to: Annotated[str, typer.Argument(metavar="TO", help="An address, or the name of an account.")],
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="12.5usdc, 12500000quantums, 1000adv4tnt.")],
) -> Plan:
    """Send coins to another account."""
    from vaultsim.client import amounts, messages
    from vaultsim.client.signer import address_named

    return messages.send(session.address, address_named(to), amounts.coin_of(amount))


@app.command()
@sends
def message(
    session: Session,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help='JSON of a message with "@type", or of a list of them; - reads stdin.')
    ],
) -> Plan:
    """Send any message of the chain."""
    from vaultsim.client.files import plan_in, plan_of_text

    return plan_of_text(sys.stdin.read(), "standard input") if file == "-" else plan_in(Path(file))
