"""What every benchmark needs: a figure with its aim, a stopwatch, facts of the machine.

Times are CPU seconds of this process: it has one thread and does no I/O while timed, so on a machine with nothing else
to do they are what a clock on the wall shows, and on a busy one they are less disturbed.
"""

from __future__ import annotations

import gc
import os
import platform
import sys
from collections.abc import Callable
from time import process_time
from typing import NamedTuple, TypeVar

T = TypeVar("T")
now = process_time


class Figure(NamedTuple):
    """One line of the report. is_met: None where there is no aim."""

    name: str
    value: str
    aim: str = ""
    is_met: bool | None = None


def at_least(name: str, value: float, aim: float, unit: str) -> Figure:
    """A figure that should not be below its aim."""
    return Figure(name, f"{value:,.0f} {unit}", f">= {aim:,.0f}", value >= aim)


def at_most(name: str, value: float, aim: float, unit: str, digits: int = 2) -> Figure:
    """A figure that should not be above its aim."""
    return Figure(name, f"{value:,.{digits}f} {unit}".rstrip(), f"<= {aim:g}", value <= aim)


def say(figure: Figure) -> None:
    """Prints a figure, its aim and whether it is met."""
    verdict = {None: "", True: "met", False: "MISSED"}[figure.is_met]
    print(f"  {figure.name:<62} {figure.value:>22}   {figure.aim:<10} {verdict}".rstrip(), flush=True)


def title(text: str) -> None:
    print(f"\n{text}", flush=True)


def progress(text: str) -> None:
    """A passing note on a terminal's standard error."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K  {text}", end="", file=sys.stderr, flush=True)


def progress_done() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def seconds_of(action: Callable[[], object]) -> float:
    before = now()
    action()
    return now() - before


def best_of(times: int, action: Callable[[], object]) -> float:
    """CPU seconds of the fastest of some runs."""
    return min(seconds_of(action) for _ in range(times))


def memory_blocks() -> int:
    """Memory blocks that Python holds, garbage collected first: the same number on every run of the same work."""
    gc.collect()
    return sys.getallocatedblocks()


def resident_megabytes() -> float:
    """Memory of this process, where the system tells."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0


def machine() -> str:
    """Processor, cores, load, Python."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:
            name = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), name)
    except OSError:
        pass
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return ", ".join(part for part in (name, f"{os.cpu_count()} cores", load, python, platform.system()) if part)
