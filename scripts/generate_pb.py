"""Generates `vaultsim/pb` from `proto/`: value classes with their codecs, an index, and the descriptor set.

Run by `make proto`. The protobuf compiler is the one inside grpcio-tools, at the pinned version.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import metadata, resources
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from grpc_tools import protoc
from pb_generator.model import read_model
from pb_generator.modules import index_module, package_modules, services_module

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
TARGET = ROOT / "vaultsim" / "pb"
COMPILER = "1.71.2"
WELL_KNOWN = ["google/protobuf/wrappers.proto"]
HAND_WRITTEN = {"__init__.py", "runtime.py", "registry.py", "proto_json.py", "json_text.py", "strict.py"}


def compile_protos(*, comments: bool) -> bytes:
    """The serialised descriptor set of everything under `proto/`, with or without source information."""
    names = sorted(path.relative_to(PROTO).as_posix() for path in PROTO.rglob("*.proto"))
    include = str(resources.files("grpc_tools") / "_proto")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set.binpb"
        arguments = ["protoc", f"-I{PROTO}", f"-I{include}", "--include_imports", f"--descriptor_set_out={out}"]
        if comments:
            arguments.append("--include_source_info")
        if protoc.main([*arguments, *names, *WELL_KNOWN]) != 0:
            raise SystemExit("the protobuf compiler refused proto/")
        return out.read_bytes()


def sources() -> dict[Path, bytes]:
    """Every generated file with its content."""
    raw = compile_protos(comments=False)
    model = read_model(raw, compile_protos(comments=True))
    files = {TARGET / "descriptors.binpb": raw}
    files[TARGET / "index.py"] = index_module(model).encode()
    files[TARGET / "services.py"] = services_module(model).encode()
    modules = package_modules(model)
    for package, text in modules.items():
        path = TARGET.joinpath(*package.split("."))
        inner = any(other.startswith(package + ".") for other in modules)
        files[path / "__init__.py" if inner else path.with_suffix(".py")] = text.encode()
        for parent in path.parents:
            if parent == TARGET:
                break
            files.setdefault(parent / "__init__.py", b"")
    return files


def main() -> int:
    found = metadata.version("grpcio-tools")
    if found != COMPILER:
        raise SystemExit(f"grpcio-tools {COMPILER} is needed for reproducible output; found {found}")
    files = sources()
    for path in sorted(TARGET.rglob("*.py")):
        if path not in files and not (path.parent == TARGET and path.name in HAND_WRITTEN):
            path.unlink()
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
    print(f"{len(files)} files under {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
