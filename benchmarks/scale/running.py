"""Runs scans by real `countermark worker` processes, and says what they took. Knows no part of the measurement."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from countermark.docket.desk import Desk
from countermark.scan import Plan, Scan, Shards
from countermark.scan.sources import found
from countermark.settings import Settings
from countermark.tests import databases

from ..record import say
from .watching import Watch, parent, watching

STARTED_S, ENDED_S, APART_S = 120.0, 60.0, 3600.0
PACE_S, SAY_S = 0.1, 30.0
MANY = 200  # shards, to count which takes a moment
FULL = 0.9  # of all cores: who wants more can't have it


@dataclass(frozen=True)
class Place:
    """A home and a database, and workers over them."""

    options: Settings
    folder: Path
    workers: dict[str, int]  # their processes, by name

    @property
    def shards(self) -> Shards:
        """Its scans."""
        return Shards(Desk(self.options))

    @property
    def groups(self) -> dict[str, list[int]]:
        """The processes that are watched."""
        server = _server(self.options.database_url)
        return {"workers": list(self.workers.values()), **({"database": [server]} if server else {})}

    def scanned(self, plan: Plan) -> dict[str, Any]:
        """Have a plan made, and say what that took."""
        shards = self.shards
        scan_id = shards.open(plan)
        return self.drained(shards.lay(scan_id, found(plan)))

    def drained(self, laid: Scan, *, limit_s: float = 7200.0) -> dict[str, Any]:
        """Wait for a scan that was laid, and say what it took, from its first shard's beginning to its last one's end.

        A worker asks for new scans every two seconds: that comes once for each scan, and stands by itself.
        """
        shards, asked, end = self.shards, time.monotonic(), time.monotonic() + limit_s
        begun_at = datetime.now(UTC)
        while (first := shards.undone(laid.id, limit=1)) and not first[0][2]:
            begun_at = datetime.now(UTC)  # not before now
            _within(end, "no shard is begun")
            time.sleep(PACE_S / 5)
        waited = time.monotonic() - asked
        with watching(self.groups) as watch:
            peaks = self._watched(laid, watch, end)
            cpu, busy = watch.cpu_s(), watch.busy()
            watch.look()
        made = shards.get(laid.id)
        ((last,),) = databases.ask(
            self.options.database_url, f"SELECT max(done_at) FROM scan_shards WHERE scan_id = '{laid.id}'"
        )
        seconds = (datetime.fromisoformat(str(last)) - begun_at).total_seconds()
        looked = sum(made.counts.seconds.values())
        whole = seconds * len(self.workers)
        full = saturated(cpu, seconds, busy, len(self.workers))
        return {
            **{"workers": len(self.workers), "objects": made.counts.objects, "shard": made.plan.shard},
            **{"seconds": round(seconds, 2), "objects_per_s": round(made.counts.objects / seconds, 2)},
            **{"seconds_until_the_first_is_begun": round(waited, 2)},
            **{"in_looks_s": round(looked, 2), "share_of_workers_outside_looks": round(1 - looked / whole, 3)},
            **{"looks_s": {stage: round(value, 2) for stage, value in made.counts.seconds.items()}},
            **{"cpu_s": {name: round(value, 2) for name, value in cpu.items()}, "cores_busy": round(busy, 2)},
            **{"cpu_ms_an_object": _each(cpu, made.counts.objects), "saturated": full},
            **{"outcomes": dict(made.counts.outcomes), "worker_memory_mib": _memory(watch), **peaks},
        }

    def _watched(self, laid: Scan, watch: Watch, end: float) -> dict[str, Any]:
        """Wait till all shards are done; note the workers' memory by each share of them."""
        shards, at, said = self.shards, {}, time.monotonic()
        shares = [0.1, 0.5, 1.0]
        while True:
            now = shards.standing(laid.id)
            while shares and now.shards_done >= shares[0] * now.shards:
                watch.look()
                share = f"{shares.pop(0):.0%}"
                at[share] = max(max(one[1] for one in lines) for lines in _of_workers(watch))
            if now.shards_done == now.shards:
                return {"worker_peak_mib_at": at}
            if time.monotonic() > said + SAY_S:
                said = time.monotonic()
                say(f"  {now.shards_done} of {now.shards} shards")
            _within(end, f"{now.shards_done} of {now.shards} shards are done")
            time.sleep(PACE_S if now.shards < MANY else 10 * PACE_S)


@contextmanager
def place(kind: str, workers: int, folder: Path, *, detector: Any = "unproven") -> Iterator[Place]:
    """Make a home with a database of this kind, begin workers, and end them."""
    options = Settings(home=folder / "home", database=databases.new(kind, folder), detector=detector)
    options.home.mkdir(parents=True)
    with ExitStack() as stack:
        processes = {
            f"worker-{n}": stack.enter_context(_worker(options, folder, f"worker-{n}")) for n in range(workers)
        }
        for name, process in processes.items():
            _begun(folder / f"{name}.log", process)
        yield Place(options, folder, {name: process.pid for name, process in processes.items()})


def apart(options: Settings, *words: object) -> dict[str, Any]:
    """Measure something in a process of its own; `words`: as `apart` has them."""
    command = [sys.executable, "-m", "countermark.benchmarks.scale.apart", *map(str, words)]
    made = subprocess.run(command, env=environment(options), stdout=subprocess.PIPE, check=True, timeout=APART_S)
    found: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return found


def environment(options: Settings) -> dict[str, str]:
    """Give what processes of these settings are begun with."""
    return {
        **os.environ,
        "COUNTERMARK_HOME": str(options.home),
        "COUNTERMARK_DATABASE": options.database_url,
        "COUNTERMARK_DETECTOR": options.detector,
    }


@contextmanager
def _worker(options: Settings, folder: Path, name: str) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-m", "countermark", "worker", "--name", name]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(words, env=environment(options), stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(ENDED_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _begun(log: Path, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + STARTED_S
    while "takes jobs" not in (said := log.read_text(errors="replace")):
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit(f"a worker did not start: {said[-1000:]}")
        time.sleep(PACE_S)


def _server(url: str) -> int | None:
    """Give PostgreSQL's first process, which has begun all others."""
    if url.startswith("sqlite"):
        return None
    ((backend,),) = databases.ask(url, "SELECT pg_backend_pid()")
    return _parent_of_living(int(str(backend)))


def _parent_of_living(backend: int) -> int | None:
    return parent(backend) or None


def _of_workers(watch: Watch) -> list[list[tuple[float, float, float]]]:
    return [lines for name, lines in watch.memory.items() if name.startswith("workers")]


def _memory(watch: Watch) -> dict[str, float]:
    """Say what one worker with all its children takes: the mean of the workers, and the most that one ever had."""
    of_each = _of_workers(watch)
    count = len(of_each)
    return {
        "pss_first": round(sum(lines[0][1] for lines in of_each) / count, 1),
        "pss_last": round(sum(lines[-1][1] for lines in of_each) / count, 1),
        "pss_most": max(one[1] for lines in of_each for one in lines),
        "private_most": max(one[2] for lines in of_each for one in lines),
    }


def _each(cpu: dict[str, float], objects: int) -> dict[str, float]:
    return {name: round(1000 * value / max(1, objects), 2) for name, value in cpu.items() if name != "others"}


def saturated(cpu: dict[str, float], seconds: float, busy: float, workers: int) -> str:
    """Say what there was no more of."""
    share = cpu["workers"] / (seconds * workers)
    if busy < FULL and share > FULL:
        return f"one core a worker: {share:.0%} of it was used"
    if busy < FULL:
        return f"nothing: {1 - busy:.0%} of the cores were idle, and workers waited for the queue or for the disk"
    used = {name: value / seconds for name, value in cpu.items()}
    shares = ", ".join(f"{name} {value:.2f}" for name, value in sorted(used.items(), key=lambda one: -one[1]))
    return f"the {os.cpu_count()} cores: {shares}"


def _within(end: float, words: str) -> None:
    if time.monotonic() > end:
        raise SystemExit(f"it takes too long: {words}")
