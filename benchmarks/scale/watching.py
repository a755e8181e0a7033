"""What processes use while something is measured: time of a core, and memory. Asks Linux, and knows no scan."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

EVERY_S = 0.5
_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 1 << 10  # of the kB that Linux counts in


@dataclass(frozen=True)
class Usage:
    """Of one process, and all that it began."""

    cpu_s: float
    pss_mib: float  # its share of what it shares, and its own
    private_mib: float


@dataclass
class Watch:
    """What some processes use, from one moment to another."""

    groups: dict[str, list[int]]
    memory: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)  # when, PSS, private
    _begun: dict[str, float] = field(default_factory=dict)
    _busy: float = 0.0
    _at: float = 0.0

    def begin(self) -> None:
        """Count from now."""
        self._begun, self._busy, self._at = self._now(), _machine_busy(), time.monotonic()

    def cpu_s(self) -> dict[str, float]:
        """Give seconds of a core since then: of each group, and of whoever else is on this machine."""
        used = {name: max(0.0, now - self._begun[name]) for name, now in self._now().items()}
        return {**used, "others": max(0.0, _machine_busy() - self._busy - sum(used.values()))}

    def busy(self) -> float:
        """Give the share of this machine's cores that was in use since then, by whomever."""
        return (_machine_busy() - self._busy) / max(1e-6, time.monotonic() - self._at) / (os.cpu_count() or 1)

    def look(self) -> None:
        """Note how much memory each process of each group takes."""
        children = _children()
        for name, roots in self.groups.items():
            for root in roots:
                used = usage(root, children)
                line = (time.monotonic() - self._at, used.pss_mib, used.private_mib)
                self.memory.setdefault(f"{name} {root}", []).append(line)

    def _now(self) -> dict[str, float]:
        children = _children()
        return {name: sum(_cpu(root, children) for root in roots) for name, roots in self.groups.items()}


@contextmanager
def watching(groups: dict[str, list[int]], every_s: float = EVERY_S) -> Iterator[Watch]:
    """Look at memory every so often."""
    watch, ended = Watch(groups), threading.Event()
    watch.begin()

    def looks() -> None:
        while not ended.wait(every_s):
            watch.look()

    thread = threading.Thread(target=looks, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        ended.set()
        thread.join()


def usage(root: int, children: dict[int, list[int]] | None = None) -> Usage:
    """Give what a process and all that it began use now; nothing where it is gone."""
    known = _children() if children is None else children
    pss = private = 0.0
    for one in _tree(root, known):
        for line in _read(f"{one}/smaps_rollup").splitlines():
            name, _, value = line.partition(":")
            if name == "Pss":
                pss += int(value.split()[0]) / _MIB
            elif name in ("Private_Clean", "Private_Dirty"):
                private += int(value.split()[0]) / _MIB
    return Usage(_cpu(root, known), round(pss, 1), round(private, 1))


def peak_mib(process: int | str = "self") -> float:
    """Give the most memory that a process ever had, without what it began."""
    for line in _read(f"{process}/status").splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / _MIB, 1)
    return 0.0


def parent(process: int) -> int:
    """Give who began a process."""
    return int(_stat(process)[1])


def _cpu(root: int, children: dict[int, list[int]]) -> float:
    """Count what each has used, and those that it began and that have ended since."""
    return sum(sum(map(int, _stat(one)[11:15])) for one in _tree(root, children)) / _TICKS


def _tree(root: int, children: dict[int, list[int]]) -> list[int]:
    found = [root]
    for one in found:
        found += children.get(one, [])
    return found


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            found.setdefault(int(_stat(int(folder.name))[1]), []).append(int(folder.name))
    return found


def _stat(process: int) -> list[str]:
    """Give the fields after the name, from the state on; the name may hold anything."""
    said = _read(f"{process}/stat").rpartition(")")[2].split()
    return said or ["X", *["0"] * 20]


def _machine_busy() -> float:
    values = list(map(int, _read("stat").split("\n")[0].split()[1:]))
    return (sum(values[:8]) - values[3] - values[4]) / _TICKS


def _read(name: str) -> str:
    try:
        return (Path("/proc") / name).read_text(errors="replace")
    except OSError:  # it has ended
        return ""
