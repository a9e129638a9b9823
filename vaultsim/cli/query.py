"""`vaultsim query`: what any node tells, ours or a real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from vaultsim.errors import UserError

if TYPE_CHECKING:
    from vaultsim.client.node import Node
    from vaultsim.client.view import View


class _AnyMethod(TyperGroup):
    """A group in which the full name of a gRPC method is a command as well."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Sends what has a dot in it to the command `method`."""
        if args and "." in args[0] and not args[0].startswith("-"):
            args = ["method", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_AnyMethod,
    help="Ask a node. Besides the commands below, any method by its full name: "
    "vaultsim query dydxprotocol.vault.Query/Vault --field type=1 --field number=0",
    no_args_is_help=True,
    rich_markup_mode=None,
)

NodeUrl = Annotated[str, typer.Option("--node", metavar="URL", help="The node's gRPC door.", envvar="VAULTSIM_NODE")]
Height = Annotated[int, typer.Option(metavar="H", help="As of this block; of the last without it.", min=0)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as proto JSON.")]
Who = Annotated[str, typer.Argument(metavar="ACCOUNT", help="An address, or the name of an account: alice.")]
MaybeWho = Annotated[str | None, typer.Argument(metavar="ACCOUNT", help="An address, or the name of an account.")]
DEFAULT_NODE = "grpc+http://127.0.0.1:9090"


@app.command()
def vault(
    number: Annotated[str, typer.Argument(metavar="VAULT", help="Number of the vault, or its market: 0, BTC-USD.")],
    node: NodeUrl = DEFAULT_NODE,
    height: Height = 0,
    as_json: AsJson = False,
) -> None:
    """A vault: status, equity, inventory, quoting parameters."""
    from vaultsim.client.vault_views import vault_number, vault_view

    _show(node, lambda asked: vault_view(asked, vault_number(asked, number), height), as_json)


@app.command()
def megavault(node: NodeUrl = DEFAULT_NODE, height: Height = 0, as_json: AsJson = False) -> None:
    """MegaVault: shares, equity, share price, operator."""
    from vaultsim.client.vault_views import megavault_view

    _show(node, lambda asked: megavault_view(asked, height), as_json)


@app.command()
def owner_shares(owner: Who, node: NodeUrl = DEFAULT_NODE, height: Height = 0, as_json: AsJson = False) -> None:
    """What an owner has in MegaVault."""
    from vaultsim.client.signer import address_named
    from vaultsim.client.vault_views import owner_shares_view

    _show(node, lambda asked: owner_shares_view(asked, address_named(owner), height), as_json)


@app.command()
def withdrawal_info(
    shares: Annotated[str, typer.Argument(metavar="SHARES", help="How many shares.")],
    node: NodeUrl = DEFAULT_NODE,
    height: Height = 0,
    as_json: AsJson = False,
) -> None:
    """What a withdrawal would bring now, and what slippage would cost."""
    from vaultsim.client.amounts import shares_of
    from vaultsim.client.vault_views import withdrawal_info_view

    _show(node, lambda asked: withdrawal_info_view(asked, shares_of(shares), height), as_json)


@app.command()
def all_vaults(node: NodeUrl = DEFAULT_NODE, height: Height = 0, as_json: AsJson = False) -> None:
    """All vaults."""
    from vaultsim.client.vault_views import all_vaults_view

    _show(node, lambda asked: all_vaults_view(asked, height), as_json)


@app.command()
def mmvault(owner: MaybeWho = None, node: NodeUrl = DEFAULT_NODE, height: Height = 0, as_json: AsJson = False) -> None:
    """The passive market maker's vault: worth and quotes; of an account, its shares and unlocks."""
    from vaultsim.client.mmvault_views import mmvault_owner_view, mmvault_view
    from vaultsim.client.signer import address_named

    if owner is None:
        _show(node, lambda asked: mmvault_view(asked, height), as_json)
    else:
        address = address_named(owner)
        _show(node, lambda asked: mmvault_owner_view(asked, address, height), as_json)


@app.command()
def perpvault(
    owner: MaybeWho = None, node: NodeUrl = DEFAULT_NODE, height: Height = 0, as_json: AsJson = False
) -> None:
    """The perp vault: worth, USDG, tokens; of an account, its USDG, positions and orders."""
    from vaultsim.client.perpvault_views import perpvault_account_view, perpvault_view
    from vaultsim.client.signer import address_named

    if owner is None:
        _show(node, lambda asked: perpvault_view(asked, height), as_json)
    else:
        address = address_named(owner)
        _show(node, lambda asked: perpvault_account_view(asked, address, height), as_json)


@app.command()
def fundvault(
    fund: Annotated[
        str | None, typer.Argument(metavar="FUND", help="The fund's key, or its name; all without it.")
    ] = None,
    party: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="What this holder has in the fund, and the requests.")
    ] = None,
    node: NodeUrl = DEFAULT_NODE,
    height: Height = 0,
    as_json: AsJson = False,
) -> None:
    """Fund accounts: all of them, one with its terms and holders, or one holder's part."""
    from vaultsim.client.fundvault_views import all_funds_view, fund_named, fund_view, party_view
    from vaultsim.client.signer import address_named

    if fund is None:
        if party is not None:
            raise UserError("--party is a holder in one fund; name the fund")
        _show(node, lambda asked: all_funds_view(asked, height), as_json)
    elif party is None:
        _show(node, lambda asked: fund_view(asked, fund_named(asked, fund), height), as_json)
    else:
        holder = address_named(party)
        _show(node, lambda asked: party_view(asked, fund_named(asked, fund), holder, height), as_json)


@app.command()
def balances(owner: Who, node: NodeUrl = DEFAULT_NODE, height: Height = 0, as_json: AsJson = False) -> None:
    """What an account holds in the bank."""
    from vaultsim.client.chain_views import balances_view
    from vaultsim.client.signer import address_named

    _show(node, lambda asked: balances_view(asked, address_named(owner), height), as_json)


@app.command()
def subaccount(
    owner: Who,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Which of the subaccounts.", min=0)] = 0,
    node: NodeUrl = DEFAULT_NODE,
    height: Height = 0,
    as_json: AsJson = False,
) -> None:
    """USDC and positions of a subaccount."""
    from vaultsim.client.chain_views import subaccount_view
    from vaultsim.client.signer import address_named

    _show(node, lambda asked: subaccount_view(asked, address_named(owner), number, height), as_json)


@app.command()
def prices(node: NodeUrl = DEFAULT_NODE, height: Height = 0, as_json: AsJson = False) -> None:
    """Oracle prices."""
    from vaultsim.client.chain_views import prices_view

    _show(node, lambda asked: prices_view(asked, height), as_json)


@app.command()
def perpetuals(node: NodeUrl = DEFAULT_NODE, height: Height = 0, as_json: AsJson = False) -> None:
    """Perpetuals."""
    from vaultsim.client.chain_views import perpetuals_view

    _show(node, lambda asked: perpetuals_view(asked, height), as_json)


@app.command()
def clob_pairs(node: NodeUrl = DEFAULT_NODE, height: Height = 0, as_json: AsJson = False) -> None:
    """Order books: status, size step, price tick."""
    from vaultsim.client.chain_views import clob_pairs_view

    _show(node, lambda asked: clob_pairs_view(asked, height), as_json)


@app.command()
def tx(
    tx_hash: Annotated[str, typer.Argument(metavar="HASH", help="Hash of a transaction, in hex.")],
    node: NodeUrl = DEFAULT_NODE,
    as_json: AsJson = False,
) -> None:
    """A transaction in a block."""
    from vaultsim.client.chain_views import tx_view

    _show(node, lambda asked: tx_view(asked, tx_hash), as_json)


@app.command()
def block(
    height: Annotated[int | None, typer.Argument(metavar="HEIGHT", help="The last one without it.", min=1)] = None,
    node: NodeUrl = DEFAULT_NODE,
    as_json: AsJson = False,
) -> None:
    """A block."""
    from vaultsim.client.chain_views import block_view

    _show(node, lambda asked: block_view(asked, height), as_json)


@app.command()
def method(
    name: Annotated[str, typer.Argument(metavar="METHOD", help="Such as dydxprotocol.vault.Query/Vault.")],
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="A field, nested with dots; @alice is the address of alice. Repeat it."
        ),
    ] = None,
    request: Annotated[str | None, typer.Option(metavar="JSON", help="The whole request as proto JSON.")] = None,
    node: NodeUrl = DEFAULT_NODE,
    height: Height = 0,
    as_json: AsJson = False,
) -> None:
    """Any served method; the word `method` may be left out."""
    from vaultsim.client.node import find_method
    from vaultsim.client.requests import request_of
    from vaultsim.client.view import generic

    found = find_method(name)
    message = request_of(found, field or [], request)
    _show(node, lambda asked: generic(asked.ask_method(found, message, height)), as_json)


def _show(url: str, view: Callable[[Node], View], as_json: bool) -> None:
    from vaultsim.cli.answers import print_view
    from vaultsim.client.node import Node

    with Node(url) as node:
        answer = view(node)
    print_view(answer, as_json=as_json)
