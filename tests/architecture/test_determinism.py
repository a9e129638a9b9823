"""What would make two runs differ is not used where state is computed (docs/ARCHITECTURE.md)."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from tests.architecture.source import Module, imports, modules

BELOW_NODE = ("errors", "lib", "address", "pb", "store", "context", "events", "module", "x", "app")
OUTSIDE_WORLD = ("time", "random", "uuid", "secrets", "os.environ", "os.getenv", "os.urandom")
OUTSIDE_CALLS = ("now", "utcnow", "today", "getenv", "urandom")


def is_outside_world(target: str) -> bool:
    return any(target == name or target.startswith(name + ".") for name in OUTSIDE_WORLD)


def test_nothing_below_node_looks_at_clock_chance_or_environment() -> None:
    wrong = [
        f"{module.at(node)}: imports {target}"
        for module in modules(*BELOW_NODE)
        for node, target in imports(module)
        if is_outside_world(target)
    ]
    for module in modules(*BELOW_NODE):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "os.environ":
                wrong.append(f"{module.at(node)}: os.environ")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in OUTSIDE_CALLS:
                owner = ast.unparse(node.func.value)
                if owner.split(".")[-1] in ("datetime", "date", "os"):
                    wrong.append(f"{module.at(node)}: {owner}.{node.func.attr}()")
    assert wrong == []


def is_rounding_operator(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(
        node.op, ast.Div | ast.FloorDiv | ast.Mod | ast.Pow
    )


def is_rounding_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("round", "divmod", "pow", "float")
    )


def is_float_literal(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, float | complex)


@pytest.mark.parametrize("is_wrong", [is_rounding_operator, is_rounding_call, is_float_literal])
def test_chain_modules_round_only_through_lib(is_wrong: Callable[[ast.AST], bool]) -> None:
    wrong = [
        f"{module.at(node)}: {ast.unparse(node)}"
        for module in modules("x")
        for node in ast.walk(module.tree)
        if is_wrong(node)
    ]
    assert wrong == [], "use vaultsim.lib, where the rounding has a name"


def is_unordered(node: ast.expr) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")


def walked(module: Module) -> list[ast.expr]:
    """Every expression that a loop or a comprehension walks over."""
    return [node.iter for node in ast.walk(module.tree) if isinstance(node, ast.For | ast.comprehension | ast.AsyncFor)]


def test_nothing_below_node_walks_a_set_in_place() -> None:
    wrong = [
        f"{module.at(node)}: {ast.unparse(node)}"
        for module in modules(*BELOW_NODE)
        for node in walked(module)
        if is_unordered(node)
    ]
    assert wrong == [], "sort it first"


def test_below_node_only_named_errors_are_caught() -> None:
    wrong = []
    for module in modules(*BELOW_NODE):
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = "everything" if node.type is None else ast.unparse(node.type)
            if any(
                word in caught.replace("(", " ").replace(",", " ").split()
                for word in ("everything", "Exception", "BaseException")
            ):
                wrong.append(f"{module.at(node)}: catches {caught}")
    assert wrong == [], "a bug of ours must surface, not become a transaction's result"
