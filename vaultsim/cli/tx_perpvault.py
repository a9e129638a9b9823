"""`vaultsim tx perpvault`: USDG and leveraged positions of the pool vault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vaultsim.cli.sending import Session, sends

if TYPE_CHECKING:
    from vaultsim.client.messages import Plan
else:
    # Annotations of commands are looked at before one runs, and importing it would slow `--help`.
    Plan = object

app = typer.Typer(
    help="The vault that is the other side of leveraged traders.", no_args_is_help=True, rich_markup_mode=None
)

Tokens = Annotated[
    str, typer.Argument(metavar="AMOUNT", help="Of a token of the vault, in whole tokens: 1000usdc, 0.2btc.")
]
Token = Annotated[str, typer.Argument(metavar="TOKEN", help="A token of the vault: usdc, btc.")]
Index = Annotated[str, typer.Argument(metavar="INDEX", help="The token whose price the position follows: btc.")]
Direction = Annotated[Literal["long", "short"], typer.Argument(help="long or short.")]
To = Annotated[str | None, typer.Option("--to", metavar="ACCOUNT", help="Who gets it; the signer without it.")]


@app.command()
@sends
def buy_usdg(session: Session, amount: Tokens, to: To = None) -> Plan:
    """Bring tokens to the pool, for USDG."""
    from vaultsim.client import perpvault_messages
    from vaultsim.client.perp_tokens import amount_of

    found = amount_of(session.node, amount)
    return perpvault_messages.buy_usdg(session.address, found, _receiver(session, to))


@app.command()
@sends
def sell_usdg(
    session: Session,
    usdg: Annotated[str, typer.Argument(metavar="USDG", help="How many USDG (18 decimals), or `all`.")],
    token: Token,
    to: To = None,
) -> Plan:
    """Give USDG back, for a token of the pool."""
    from vaultsim.client import perpvault_messages
    from vaultsim.client.perp_tokens import token_named, usdg_held, usdg_of

    found = token_named(session.node, token)
    amount = usdg_held(session.node, session.address) if usdg == "all" else usdg_of(usdg)
    return perpvault_messages.sell_usdg(session.address, amount, found, _receiver(session, to))


@app.command()
@sends
def increase(
    session: Session,
    index: Index,
    direction: Direction,
    size: Annotated[str, typer.Argument(metavar="DOLLARS", help="By how much it grows; 0 adds collateral alone.")],
    collateral: Tokens,
) -> Plan:
    """Open a position or make it larger: 45000 dollars of btc long with 0.2btc."""
    from vaultsim.client import perpvault_messages
    from vaultsim.client.perp_tokens import amount_of, dollars_of, token_named

    followed = token_named(session.node, index)
    position = perpvault_messages.PositionName(session.address, followed.token, direction == "long")
    return perpvault_messages.increase(position, dollars_of(size), amount_of(session.node, collateral))


@app.command()
@sends
def decrease(
    session: Session,
    index: Index,
    direction: Direction,
    size: Annotated[
        str, typer.Argument(metavar="DOLLARS", help="By how much it shrinks, or `all`; 0 takes collateral alone.")
    ],
    collateral: Annotated[str, typer.Option(metavar="DOLLARS", help="Collateral to take out besides.")] = "0",
    token: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="The collateral's token, when there are positions in several.")
    ] = None,
    to: To = None,
) -> Plan:
    """Close a position, or a part of it."""
    from vaultsim.client import perpvault_messages
    from vaultsim.client.perp_tokens import dollars_of, position_of, token_named

    followed = token_named(session.node, index)
    name = perpvault_messages.PositionName(session.address, followed.token, direction == "long")
    held_in = None if token is None else token_named(session.node, token).token
    held = position_of(session.node, name, held_in)
    shrinks = int(held.size) if size == "all" else dollars_of(size)
    return perpvault_messages.decrease(held, shrinks, dollars_of(collateral), _receiver(session, to))


def _receiver(session: Session, to: str | None) -> str:
    from vaultsim.client.signer import address_named

    return session.address if to is None else address_named(to)
