"""Says what a measurement ran on: the machine, and the versions of libraries. Knows no measurement."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """What speed depends on."""

    processor: str
    cores: int
    memory_gib: int
    system: str


def this_machine() -> Machine:
    """Ask the system."""
    import platform  # here, since reports that never measure import the class

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    system = f"{platform.system()} {platform.machine()}"
    return Machine(_processor() or platform.processor(), os.cpu_count() or 1, round(memory / (1 << 30)), system)


def versions(*libraries: str) -> dict[str, str]:
    """Give the versions of those distributions that are installed.

    >>> list(versions("numpy", "no-such-distribution"))
    ['numpy']
    """
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for library in libraries:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), None)
