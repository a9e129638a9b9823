"""Imports run one way, and modules of the chain know each other only through ports (docs/ARCHITECTURE.md)."""

from __future__ import annotations

from tests.architecture.source import PACKAGE, imports, modules, room

LAYERS = (
    ("errors", "lib", "address"),
    ("pb",),
    ("store",),
    ("context", "events", "module"),
    ("x",),
    ("app",),
    ("node",),
    ("fork",),
    ("rpc",),
    ("cli", "testing", "client", "__main__"),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# Rooms of a chain module that no other chain module may import: it asks through its own ports instead.
PRIVATE_ROOMS = ("keeper", "msg_server", "query_server", "genesis", "blocks", "module")

# The core runs without these: client libraries, and what would move protobuf's default pool.
CLIENT_LIBRARIES = ("cosmpy", "v4_proto", "cosmos", "dydx_v4_client")


def test_every_top_level_room_has_a_layer() -> None:
    rooms = {
        path.stem
        for path in PACKAGE.iterdir()
        if path.stem != "__init__" and (path.suffix == ".py" or (path.is_dir() and path.name != "__pycache__"))
    }
    assert rooms <= LEVEL.keys(), f"no layer for {sorted(rooms - LEVEL.keys())}"


def test_imports_run_one_way() -> None:
    wrong = [
        f"{module.at(node)}: {room(module.name)} must not import {target}"
        for module in modules()
        for node, target in imports(module)
        if target.startswith("vaultsim.")
        and room(module.name) in LEVEL
        and LEVEL.get(room(target), -1) > LEVEL[room(module.name)]
    ]
    assert wrong == []


def test_a_chain_module_does_not_import_the_inner_rooms_of_another() -> None:
    wrong = []
    for module in modules("x"):
        own = module.name.split(".")[2:3]
        for node, target in imports(module):
            parts = target.split(".")
            if parts[:2] != ["vaultsim", "x"] or parts[2:3] == own or len(parts) < 4:
                continue
            if parts[3].startswith(PRIVATE_ROOMS):
                wrong.append(f"{module.at(node)}: {'.'.join(own)} must not import {target}; declare a port")
    assert wrong == []


def test_package_files_of_chain_modules_are_empty() -> None:
    filled = [module.at(module.tree) for module in modules("x") if module.is_package and module.tree.body]
    assert filled == [], "a re-export in x/*/__init__.py makes import loops"


def test_the_core_does_not_import_client_libraries() -> None:
    wrong = [
        f"{module.at(node)}: {target}"
        for module in modules(*(LEVEL.keys() - {"client"}))
        for node, target in imports(module)
        if target.split(".")[0] in CLIENT_LIBRARIES
    ]
    assert wrong == []


# What knows a chain from outside, through its doors, has no part of it in its own process.
SEEN_BY_CLIENTS = (
    "vaultsim.errors.",
    "vaultsim.address.",
    "vaultsim.lib.",
    "vaultsim.pb.",
    "vaultsim.client.",
    "vaultsim.testing.accounts.",
    "vaultsim.testing.keys.",
    "vaultsim.testing.messages.",
    "vaultsim.x.assets.types.",
)


def test_the_client_knows_a_chain_only_from_outside() -> None:
    wrong = [
        f"{module.at(node)}: {target}"
        for module in modules("client")
        for node, target in imports(module)
        if target.startswith("vaultsim.") and not target.startswith(SEEN_BY_CLIENTS)
    ]
    assert wrong == []
