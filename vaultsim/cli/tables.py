"""What a run and a genesis look like in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from vaultsim.node.mmvault_summary import MmvaultSummary
    from vaultsim.node.perpvault_summary import PerpvaultSummary
    from vaultsim.node.reports import GenesisReport, ReplaySummary

QUANTUMS_PER_USDC = 1_000_000
PPM = 1_000_000
USD_DECIMALS, USDG_DECIMALS = 30, 18
# Wide enough for every column when output goes to a file, where no terminal says its width.
FILE_WIDTH = 110


def usdc(quote_quantums: int | None) -> str:
    """Quote quantums as USDC with six decimals, exact."""
    return "-" if quote_quantums is None else _fixed(quote_quantums, 1, QUANTUMS_PER_USDC)


def dollars(scaled_usd: str | None) -> str:
    """USD scaled by 10^30 with six decimals, rounded towards zero."""
    return "-" if scaled_usd is None else _decimal(scaled_usd, USD_DECIMALS)


def _decimal(amount: str, decimals: int) -> str:
    return _fixed(int(amount) * QUANTUMS_PER_USDC, 10**decimals, QUANTUMS_PER_USDC)


def ratio(numerator: int, denominator: int) -> str:
    """A ratio with six decimals, rounded towards zero; `-` for nothing over nothing."""
    return "-" if denominator == 0 else _fixed(numerator * PPM, denominator, PPM)


def _fixed(numerator: int, denominator: int, unit: int) -> str:
    sign = "-" if (numerator < 0) != (denominator < 0) and numerator else ""
    whole, part = divmod(abs(numerator) // abs(denominator), unit)
    return f"{sign}{whole:,}.{part:06d}"


def print_summary(summary: ReplaySummary) -> None:
    """Where the chain stands, then a row a vault."""
    console = _console()
    ran = f"{summary.blocks} blocks, {summary.transactions} transactions ({summary.failed_transactions} failed)"
    lines = (
        ("chain", summary.chain_id),
        ("height", f"{summary.height} ({summary.time})"),
        ("app hash", summary.app_hash),
        ("ran", ran),
        ("megavault", f"{usdc(summary.megavault_equity_quote_quantums)} USDC"),
        ("total shares", f"{summary.total_shares:,}"),
        ("share price", ratio(summary.megavault_equity_quote_quantums, summary.total_shares)),
    )
    for name, value in lines:
        console.print(f"{name:13}{value}", markup=False, highlight=False)
    if summary.vaults:
        console.print(_vaults(summary))
    else:
        console.print("no vaults", highlight=False)
    if summary.mmvault is not None:
        _print_mmvault(console, summary.mmvault)
    if summary.fund_vaults:
        console.print(_fund_vaults(summary))
    if summary.perpvault is not None:
        _print_perpvault(console, summary.perpvault)


def _vaults(summary: ReplaySummary) -> Table:
    table = Table("vault", "market", "status")
    for name in ("equity (USDC)", "leverage", "orders"):
        table.add_column(name, justify="right")
    for vault in summary.vaults:
        leverage = "-" if vault.leverage_ppm is None else ratio(vault.leverage_ppm, PPM)
        identity = f"{vault.kind} {vault.number}"
        table.add_row(
            identity, vault.market, vault.status, usdc(vault.equity_quote_quantums), leverage, str(vault.orders)
        )
    return table


def _print_mmvault(console: Console, vault: MmvaultSummary) -> None:
    """Where the passive market maker's vault stands, then a row a pair."""
    equity, margin = usdc(vault.equity_quote_quantums), usdc(vault.margin_quote_quantums)
    worth = vault.effective_equity_quote_quantums
    price = "-" if worth is None else ratio(worth, vault.effective_supply)
    lines = (
        ("mmvault", f"{vault.status}, equity {equity}, margin {margin} USDC"),
        ("available", f"{usdc(vault.available_margin_quote_quantums)} USDC"),
        ("shares", f"{vault.share_supply:,} of {vault.owners} owners, {price} quote quantums each"),
        ("unlocking", f"{usdc(vault.unlocking_quote_quantums)} USDC in {vault.unlocks} unlocks"),
    )
    for name, value in lines:
        console.print(f"{name:13}{value}", markup=False, highlight=False)
    table = Table("pair", "market")
    for name in ("position", "bid (subticks)", "ask (subticks)", "size"):
        table.add_column(name, justify="right")
    for pair in vault.pairs:
        prices = ("-" if one is None else f"{one:,}" for one in (pair.bid_subticks, pair.ask_subticks))
        table.add_row(
            str(pair.clob_pair_id), pair.market, f"{pair.base_quantums:,}", *prices, f"{pair.order_quantums:,}"
        )
    if vault.pairs:
        console.print(table)


def _fund_vaults(summary: ReplaySummary) -> Table:
    table = Table("fund", "status")
    for name in ("holders", "value (USDC)", "mark", "late (USDC)", "open requests", "next redemption"):
        table.add_column(name, justify="right")
    for fund in summary.fund_vaults:
        table.add_row(
            escape(fund.name),
            fund.status,
            str(fund.holders),
            usdc(fund.value_quote_quantums),
            fund.high_water_mark[:-12],
            usdc(fund.late_quote_quantums),
            str(fund.open_requests),
            fund.next_redemption or "-",
        )
    return table


def _print_perpvault(console: Console, vault: PerpvaultSummary) -> None:
    """What the perp vault's pool is worth, then a row a token."""
    worth = " to ".join(dollars(side) for side in (vault.aum_min, vault.aum_max))
    unsafe = "?" if vault.liquidatable is None else str(vault.liquidatable)
    lines = (
        ("perpvault", f"{worth} USD, {_decimal(vault.usdg_supply, USDG_DECIMALS)} USDG"),
        ("positions", f"{vault.positions} open, {unsafe} of them liquidatable"),
        ("waiting", f"{vault.requests} requests, {vault.orders} orders"),
    )
    for name, value in lines:
        console.print(f"{name:13}{value}", markup=False, highlight=False)
    table = Table("token")
    for name in ("price (USD)", "pool", "reserved", "fees", "long (USD)", "short (USD)"):
        table.add_column(name, justify="right")
    for token in vault.tokens:
        table.add_row(
            token.token if token.whitelisted else f"{token.token} (not listed)",
            dollars(token.min_price),
            *(_decimal(one, token.decimals) for one in (token.pool_amount, token.reserved_amount, token.fee_reserve)),
            dollars(token.long_open_interest),
            dollars(token.short_open_interest),
        )
    if vault.tokens:
        console.print(table)


def print_genesis(report: GenesisReport) -> None:
    """A row a module, then every note and every problem on a line of its own."""
    console = _console()
    console.print(f"chain {report.chain_id}", markup=False, highlight=False)
    table = Table("module", "", "holds")
    for section in report.sections:
        table.add_row(section.module, "simulated" if section.simulated else "kept aside", section.holds)
    console.print(table)
    for note in report.notes:
        console.print(f"note: {note}", markup=False, highlight=False)
    for problem in report.problems:
        console.print(problem, markup=False, highlight=False)
    count = len(report.problems)
    console.print("no problems" if count == 0 else "1 problem" if count == 1 else f"{count} problems", highlight=False)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=FILE_WIDTH)
