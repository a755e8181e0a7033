"""One fault run: workers that are killed and started again at random, and then the count of what is there."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from countermark.docket.desk import Desk
from countermark.objects import opened
from countermark.scan import Plan, Scan, Shards
from countermark.scan.results import LINES, write
from countermark.scan.sources import found
from countermark.settings import Settings
from countermark.store import engine, ledger
from countermark.tests import databases

from ..record import say
from .landing import land
from .working import DIED

PACE_S, SAY_S = 0.1, 10.0


@dataclass(frozen=True)
class Faults:
    """What is done to a scan."""

    kind: str  # of database
    objects: int
    clips: int
    poison: int
    workers: int
    kills: int
    apart_s: tuple[float, float]  # from one kill to the next
    restarts: int = 0  # of the database
    shard: int = 16
    seed: int = 17
    limit_s: float = 600.0
    round_s: float | None = None  # between two rounds of a worker, and two looks into its queue; None: as it comes


@dataclass
class Fleet:
    """Workers as processes, each begun again whenever it is no more."""

    options: Settings
    folder: Path
    round_s: float | None = None
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    again: dict[str, float] = field(default_factory=dict)  # when one that was killed is begun again
    counts: Counter[str] = field(default_factory=Counter)

    def begin(self, name: str) -> None:
        """Begin one."""
        environment = {
            **os.environ,
            "COUNTERMARK_HOME": str(self.options.home),
            "COUNTERMARK_DATABASE": self.options.database_url,
            "COUNTERMARK_DETECTOR": self.options.detector,
            "OMP_NUM_THREADS": "1",
        }
        words = [sys.executable, "-m", "countermark.benchmarks.faults.working", name]
        words += [] if self.round_s is None else [str(self.round_s)]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.workers[name] = subprocess.Popen(words, env=environment, stdout=log, stderr=log)

    def kill(self, name: str, again_in: float) -> None:
        """Kill one past every handler."""
        self.workers[name].kill()
        self.workers[name].wait()
        self.again[name] = time.monotonic() + again_in
        self.counts["kills"] += 1

    def look_after(self) -> None:
        """Begin those again that are no more."""
        for name, process in list(self.workers.items()):
            if process.poll() is None or time.monotonic() < self.again.get(name, 0.0):
                continue
            if name not in self.again:
                self.counts["died over poison" if process.returncode == DIED else "ended otherwise"] += 1
            self.again.pop(name, None)
            self.begin(name)
            self.counts["restarts"] += 1

    def end(self) -> None:
        """End all that run."""
        for process in self.workers.values():
            process.terminate()
        for process in self.workers.values():
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run(faults: Faults, folder: Path, *, detector: Any = "unproven") -> dict[str, Any]:
    """Lay the objects down, scan them while all goes wrong, and count."""
    options = Settings(home=folder / "home", database=databases.new(faults.kind, folder), detector=detector)
    land(folder / "landed", faults.objects, faults.clips, faults.poison)
    shards = Shards(Desk(options))
    plan = Plan(((folder / "landed").as_uri(),), shard=faults.shard)
    scan_id = shards.open(plan)
    shards.lay(scan_id, found(plan))
    began = time.monotonic()
    with _fleet(faults, Fleet(options, folder, faults.round_s)) as fleet:
        restarts = _suffered(faults, fleet, lambda: shards.standing(scan_id))
    seconds = time.monotonic() - began
    done = shards.get(scan_id)
    write(shards, opened(options), done, folder / "results")
    listed = {one.name for _, one in found(plan)}
    return {
        **_counted(folder / "results" / LINES, listed),
        **{name: fleet.counts[name] for name in ("kills", "restarts", "died over poison", "ended otherwise")},
        **{"database_restarts": restarts, "workers": faults.workers, "seconds": round(seconds, 1)},
        **{"state": done.state, "ledger_entries": _ledger(options), "seed": faults.seed},
    }


@contextmanager
def _fleet(faults: Faults, fleet: Fleet) -> Iterator[Fleet]:
    try:
        for number in range(faults.workers):
            fleet.begin(f"worker-{number}")
        yield fleet
    finally:
        fleet.end()


def _suffered(faults: Faults, fleet: Fleet, standing: Callable[[], Scan]) -> int:
    """Kill by a fixed seed until the scan is over; say how often the database was begun again."""
    chance, restarts = random.Random(faults.seed), 0
    end = time.monotonic() + faults.limit_s
    kill_at, said_at = time.monotonic() + chance.uniform(*faults.apart_s), time.monotonic()
    while (now := standing()).state == "going":
        if time.monotonic() > end:
            raise SystemExit(f"{faults.kind}: not over in {faults.limit_s:.0f} s: {now.shards_done} of {now.shards}")
        if time.monotonic() > said_at + SAY_S:
            said_at = time.monotonic()
            say(f"{faults.kind}: {now.shards_done} of {now.shards} shards, {dict(fleet.counts)}")
        share = now.shards_done / max(1, now.shards)
        if restarts < faults.restarts and share > (restarts + 1) / (faults.restarts + 1):
            databases.restart()
            restarts += 1
        if fleet.counts["kills"] < faults.kills and time.monotonic() > kill_at:
            alive = sorted(name for name, process in fleet.workers.items() if process.poll() is None)
            if alive:
                fleet.kill(chance.choice(alive), chance.uniform(0, 3))
            kill_at = time.monotonic() + chance.uniform(*faults.apart_s)
        fleet.look_after()
        time.sleep(PACE_S)
    return restarts


def _counted(lines: Path, listed: set[str]) -> dict[str, Any]:
    """Hold what was listed against what has a line."""
    found: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    looks: Counter[str] = Counter()
    neither = []
    for text in lines.read_text("ascii").splitlines():
        line = json.loads(text)
        found[line["name"]] += 1
        looks["the same bytes" if line["same_as"] else line["stage"]] += 1
        reasons[line["outcome"] or line["error"]["type"]] += 1
        if (line["outcome"] is None) == (line["error"] is None):
            neither.append(line["name"])
    return {
        "objects": len(listed),
        "results": sum(found.values()),
        "lost": len(listed - set(found)),
        "twice": sum(1 for count in found.values() if count > 1),
        "unasked": len(set(found) - listed),
        "without_result_or_reason": len(neither),
        "given_up": reasons["ObjectGivenUp"],
        "outcomes": dict(reasons),
        "last_look": dict(looks),
    }


def _ledger(options: Settings) -> int:
    """Follow the chain from end to end; raises where it is broken."""
    with engine.reading(options.database_url) as connection:
        assert connection is not None
        kinds = Counter(entry.kind for entry in ledger.entries(connection))
    assert kinds["scan.begun"] == kinds["scan.done"] == 1, kinds
    return sum(kinds.values())
