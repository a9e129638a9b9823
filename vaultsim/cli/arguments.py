"""Arguments and options that several commands of `vaultsim tx` have."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Amount = Annotated[
    str | None, typer.Argument(metavar="AMOUNT", help="12.5usdc or 12500000quantums; or one of the two options.")
]
Usdc = Annotated[str | None, typer.Option(metavar="N", help="The amount in USDC, six decimals at most.")]
Quantums = Annotated[
    int | None, typer.Option(metavar="N", help="The amount in quantums (millionths of a USDC).", min=0)
]
Subaccount = Annotated[int, typer.Option(metavar="N", help="The signer's subaccount.", min=0, max=128_000)]
Vault = Annotated[str, typer.Argument(metavar="VAULT", help="Number of the vault, or its market: 0, BTC-USD.")]
Market = Annotated[str, typer.Argument(metavar="MARKET", help="Ticker or number of the order book: BTC-USD, 0.")]
Side = Annotated[Literal["buy", "sell"], typer.Argument(help="buy or sell.")]
Size = Annotated[str, typer.Argument(metavar="SIZE", help="In units of the market: 0.01.")]
Price = Annotated[str, typer.Argument(metavar="PRICE", help="In dollars: 98620.5.")]
ClientId = Annotated[
    int, typer.Option(metavar="N", help="Names the order among the subaccount's.", min=0, max=2**32 - 1)
]
GoodTil = Annotated[
    int | None, typer.Option(metavar="HEIGHT", help="Short-term: until this block; without it 10 blocks on.", min=1)
]
LongTerm = Annotated[int | None, typer.Option(metavar="SECONDS", help="A long-term order, for so many seconds.", min=1)]
CancelLongTerm = Annotated[
    int | None, typer.Option(metavar="SECONDS", help="A long-term order that ends within so many seconds.", min=1)
]
TimeInForceName = Literal["none", "ioc", "post-only", "fill-or-kill"]
TimeInForce = Annotated[TimeInForceName, typer.Option(help="What may become of it at once.")]
ReduceOnly = Annotated[bool, typer.Option("--reduce-only", help="Only to close a position.")]
