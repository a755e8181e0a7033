"""What a piece of work takes: wall time, the CPU-seconds of every process it starts, and memory. Knows no work."""

from __future__ import annotations

import ctypes
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

_PACE_S = 0.1  # between two looks at how much memory there is in use


@dataclass(frozen=True)
class Cost:
    """What one run took, children included."""

    wall_s: float
    cpu_s: float
    peak_mb: float = 0.0  # of all its processes together, where that was watched


def keep_orphans() -> None:
    """Take in what a command leaves behind: its fork server is this measurement's to count."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def in_turn(rounds: int, **sides: Callable[[], object]) -> dict[str, list[Cost]]:
    """Run the sides one after another, round by round: what slows the machine slows both."""
    costs: dict[str, list[Cost]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            with counted(costs[name]):
                side()
    return costs


def ratio(name: str, these: list[Cost], those: list[Cost]) -> dict[str, float]:
    """Give medians of the ratios of each round, and of the times."""
    pairs = list(zip(these, those, strict=True))
    return {
        f"{name}_wall_ratio": statistics.median(a.wall_s / b.wall_s for a, b in pairs),
        f"{name}_cpu_ratio": statistics.median(a.cpu_s / b.cpu_s for a, b in pairs),
        f"{name}_wall_s": statistics.median(a.wall_s for a, _ in pairs),
        f"{name}_plain_wall_s": statistics.median(b.wall_s for _, b in pairs),
    }


def run(command: list[str], environment: dict[str, str] | None = None, *, watch: bool = False) -> Cost:
    """Run a command, and wait for what it leaves behind; its waiting for no more work is not counted.

    watch: see how much memory it takes; that costs it up to a twentieth of a second.
    """
    before = set(descendants(os.getpid()))
    costs: list[Cost] = []
    with counted(costs):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        peak = _watched(process) if watch else 0
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, command)
        wall = time.perf_counter()
        reap(before)
        waited = time.perf_counter() - wall
    return Cost(costs[0].wall_s - waited, costs[0].cpu_s, peak / 1e6)


def _watched(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process, and give the most memory that it and its descendants had in use at once."""
    peak = 0
    while True:
        try:
            process.wait(_PACE_S)
            return peak
        except subprocess.TimeoutExpired:
            peak = max(peak, sum(map(_in_use, [process.pid, *descendants(process.pid)])))


def _in_use(process: int) -> int:
    """Give a process's share of memory: what several have in common is parted among them."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)


def high_water_kib(process: int) -> int:
    """The most memory that a process has had in use so far."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


@contextmanager
def counted(costs: list[Cost]) -> Iterator[None]:
    """Add what the block took to the list."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    yield
    costs.append(Cost(time.perf_counter() - wall, cpu_seconds() - cpu))


def cpu_seconds() -> float:
    """CPU-seconds of this process and of all its descendants, living or reaped."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in own) + sum(map(ticks, descendants(os.getpid())))


def descendants(parent: int) -> list[int]:
    """Give every process that it has started, and those that these have."""
    try:
        tasks = [
            Path(f"/proc/{parent}/task/{task}/children").read_text() for task in os.listdir(f"/proc/{parent}/task")
        ]
    except OSError:
        return []
    children = [int(child) for text in tasks for child in text.split()]
    return list(chain(children, *(descendants(child) for child in children)))


def ticks(process: int) -> float:
    """utime, stime and those of its reaped children."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def reap(before: set[int]) -> None:
    """Wait for what a finished command left behind to end by itself: its fork server, now ours to count."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and (left := set(descendants(os.getpid())) - before):
        for process in left:
            with suppress(ChildProcessError):
                os.waitpid(process, os.WNOHANG)
        time.sleep(0.01)
