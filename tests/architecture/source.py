"""The project's source as syntax trees, for the tests beside this file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "vaultsim"


@dataclass(frozen=True)
class Module:
    """One Python file of `vaultsim`: where it is, its dotted name, its tree."""

    path: Path
    name: str
    tree: ast.Module

    def at(self, node: ast.AST) -> str:
        """`file:line` of a node, as an editor understands it."""
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"


def modules(*below: str) -> list[Module]:
    """Every module of `vaultsim`, or those that live in the named top-level rooms."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if not below or room(name) in below:
            found.append(Module(path, name, ast.parse(path.read_text(encoding="utf-8"), str(path))))
    return found


def room(dotted: str) -> str:
    """The top-level room of a dotted name: `vaultsim.x.vault.keeper` is in `x`."""
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 else ""


def imports(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    """Each imported dotted name, wherever the import stands; `from a import b` gives `a.b`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                kept = module.name.split(".")
                kept = kept[: len(kept) - node.level + module.is_package]
                origin = ".".join([*kept, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node, f"{origin}.{alias.name}"
