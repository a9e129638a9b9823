"""`vaultsim tx fundvault`: fund accounts, for their holders and their owners."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    TimeInForce,
    Usdc,
)
from vaultsim.cli.orders import good_til, order_terms
from vaultsim.cli.sending import Session, sends

if TYPE_CHECKING:
    from vaultsim.client.messages import Plan
else:
    # Annotations of commands are looked at before one runs, and importing it would slow `--help`.
    Plan = object

app = typer.Typer(help="Fund accounts.", no_args_is_help=True, rich_markup_mode=None)

Fund = Annotated[str, typer.Argument(metavar="FUND", help="The fund's key, or its name.")]


@app.command()
@sends
def create(
    session: Session,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="JSON of the fund's terms: MsgCreateVault without owner.", dir_okay=False),
    ],
) -> Plan:
    """Open a fund; the signer becomes its owner."""
    from vaultsim.client import fundvault_messages
    from vaultsim.client.files import fund_terms_in

    return fundvault_messages.create(session.address, fund_terms_in(file))


@app.command()
@sends
def deposit(session: Session, fund: Fund, amount: Amount = None, usdc: Usdc = None, quantums: Quantums = None) -> Plan:
    """Pay USDC of the bank account into a fund, for units."""
    from vaultsim.client import amounts, fundvault_messages
    from vaultsim.client.fundvault_views import fund_named

    paid = amounts.quantums_of(amount, usdc, quantums)
    return fundvault_messages.deposit(session.address, fund_named(session.node, fund), paid)


@app.command()
@sends
def redeem(
    session: Session,
    fund: Fund,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="12.5usdc, 12500000quantums, or `all`.")],
) -> Plan:
    """Ask for money on the fund's next date in reach."""
    from vaultsim.client import amounts, fundvault_messages
    from vaultsim.client.fundvault_views import fund_named

    asked = None if amount == "all" else amounts.quantums_of(amount, None, None)
    return fundvault_messages.redeem(session.address, fund_named(session.node, fund), asked)


@app.command()
@sends
def place_order(
    session: Session,
    fund: Fund,
    market: Market,
    side: Side,
    size: Size,
    price: Price,
    client_id: ClientId = 0,
    good_til_block: GoodTil = None,
    long_term: LongTerm = None,
    time_in_force: TimeInForce = "none",
    reduce_only: ReduceOnly = False,
) -> Plan:
    """Place a limit order for a fund. Only its owner may."""
    from vaultsim.client import fundvault_messages
    from vaultsim.client.fundvault_views import fund_named
    from vaultsim.client.markets import market_named

    until = good_til(session, good_til_block, long_term)
    found = market_named(session.node, market)
    terms = order_terms(found, side, size, price, until, time_in_force, reduce_only)
    return fundvault_messages.place_order(session.address, fund_named(session.node, fund), found, client_id, terms)


@app.command()
@sends
def cancel_order(
    session: Session,
    fund: Fund,
    market: Market,
    client_id: ClientId,
    good_til_block: GoodTil = None,
    long_term: CancelLongTerm = None,
) -> Plan:
    """Cancel an order of a fund. Only its owner may."""
    from vaultsim.client import fundvault_messages
    from vaultsim.client.fundvault_views import fund_named
    from vaultsim.client.markets import market_named

    until = good_til(session, good_til_block, long_term)
    found = market_named(session.node, market)
    return fundvault_messages.cancel_order(session.address, fund_named(session.node, fund), found, client_id, until)


@app.command()
@sends
def close(session: Session, fund: Fund) -> Plan:
    """Pay everything out and stop a fund without positions and orders. Only its owner may."""
    from vaultsim.client import fundvault_messages
    from vaultsim.client.fundvault_views import fund_named

    return fundvault_messages.close(session.address, fund_named(session.node, fund))
