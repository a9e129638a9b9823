"""What a genesis document holds, module by module, and every problem with its path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vaultsim.app.app import App
from vaultsim.errors import UserError
from vaultsim.node.genesis_document import GenesisDocument, read_genesis
from vaultsim.node.genesis_sections import OWN_SECTION, split_unknown
from vaultsim.node.reports import GenesisReport, GenesisSection
from vaultsim.node.start import start_app
from vaultsim.pb.runtime import JsonError, Message


def check_genesis(path: Path) -> GenesisReport:
    """Reads a document and tries it. Raises UserError when it is no genesis document at all."""
    document = read_genesis(path)
    app = App()
    classes = app.section_classes()
    problems = _section_problems(document, classes, app)
    notes: tuple[str, ...] = ()
    if not problems:
        notes, problems = _start(document)
    sections = tuple(
        GenesisSection(
            module=name, holds=_holds(document.sections[name]), simulated=name in classes or name == OWN_SECTION
        )
        for name in sorted(document.sections)
    )
    return GenesisReport(chain_id=document.chain_id, notes=notes, sections=sections, problems=tuple(problems))


def _section_problems(document: GenesisDocument, classes: dict[str, type[Message]], app: App) -> list[str]:
    problems: list[str] = []
    for name, section in document.sections.items():
        if name not in classes:
            continue
        path = f"app_state.{name}"
        try:
            known, _ = split_unknown(classes[name], section)
            message = classes[name].from_json(known, path)
        except JsonError as problem:
            problems.append(f"{problem.path}: {problem.reason}")
            continue
        genesis = app.modules.all[name].genesis
        assert genesis is not None
        problems += [f"{_placed(path, problem.path)}: {problem.text}" for problem in genesis.check(message)]
    return problems


def _start(document: GenesisDocument) -> tuple[tuple[str, ...], list[str]]:
    """Starts a chain from the document: what there is to note, and why it does not start."""
    try:
        return start_app(document).notes, []
    except UserError as problem:
        return (), [str(problem).removeprefix(document.place).lstrip(",: ")]


def _placed(section: str, path: str) -> str:
    inner = path.removeprefix("$").lstrip(".")
    return section if not inner else f"{section}{inner}" if inner.startswith("[") else f"{section}.{inner}"


def _holds(section: Any) -> str:
    if not isinstance(section, dict):
        return "nothing" if section is None else "no object"
    parts = [_part(name, value) for name, value in section.items()]
    return ", ".join(part for part in parts if part) or "nothing"


def _part(name: str, value: Any) -> str:
    if isinstance(value, list | dict):
        return f"{len(value)} {name}" if isinstance(value, list) and value else name if value else ""
    return f"{name} {value}" if value not in (None, "", False) and len(str(value)) < 40 else ""
