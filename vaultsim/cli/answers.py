"""How answers of a node look: JSON, or lines and a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from vaultsim.client.view import View

FILE_WIDTH: Final = 250


def print_view(view: View, *, as_json: bool) -> None:
    """Prints an answer."""
    if as_json:
        print_json(view.json)
        return
    print_lines(view.lines)
    if view.table is not None:
        _print_table(view)


def print_json(value: Any) -> None:
    """Indented JSON."""
    print(json.dumps(value, indent=2))


def print_lines(lines: Any) -> None:
    """A name and a value a line, the values below each other."""
    width = max((len(name) for name, _ in lines), default=0) + 2
    for name, value in lines:
        print(f"{name:{width}}{value}")


def _print_table(view: View) -> None:
    from rich.console import Console
    from rich.table import Table

    assert view.table is not None
    if not view.table.rows:
        print("nothing")
        return
    table = Table()
    for name in view.table.columns:
        table.add_column(name.removesuffix(">"), justify="right" if name.endswith(">") else "left")
    for row in view.table.rows:
        table.add_row(*row)
    console = Console()
    # In a file, where no terminal says its width, every row is one line.
    (console if console.is_terminal else Console(width=FILE_WIDTH)).print(table)
