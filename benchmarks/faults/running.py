"""One fault run: processes that are killed and started again at random, and then the count of what is there."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countermark.docket.desk import Desk
from countermark.objects import opened
from countermark.scan import Plan, Scan, Shards
from countermark.scan.results import LINES, write
from countermark.scan.sources import found
from countermark.settings import Service, Settings
from countermark.tests import databases

from ..record import say
from .fleet import Fleet, running
from .landing import Landed, land
from .submitting import ZERO, Submitting, submitting

PACE_S, SAY_S = 0.1, 10.0
SCAN_ZERO = ("lost", "twice", "unasked", "without_result_or_reason")


@dataclass(frozen=True)
class Faults:
    """What is done to a scan, and to submissions that come meanwhile."""

    kind: str  # of database
    scanned: Landed
    submitted: Landed
    workers: int
    kills: int
    apart_s: tuple[float, float]  # from one kill to the next
    restarts: int = 0  # of the database
    shard: int = 16
    seed: int = 17
    limit_s: float = 1800.0
    round_s: float | None = None  # between two rounds of a worker, and two looks into its queue; None: as it comes


def run(faults: Faults, folder: Path, *, detector: Any = "unproven") -> dict[str, Any]:
    """Lay the objects down, scan and decide about them while all goes wrong, and count."""
    database = databases.new(faults.kind, folder)
    service = Service(unsafe_private_addresses=True)
    options = Settings(home=folder / "home", database=database, detector=detector, service=service)
    names = land(folder / "landed", faults.scanned)
    shards = Shards(Desk(options))
    plan = Plan(((folder / "landed").as_uri(),), shard=faults.shard)
    scan_id = shards.open(plan)
    shards.lay(scan_id, found(plan))
    began = time.monotonic()
    with submitting(options, folder / "uploads", faults.submitted) as submitted:
        with running(Fleet(options, folder, submitted.listener(), faults.round_s), faults.workers) as fleet:
            restarts = _suffered(faults, fleet, shards, scan_id, submitted)
        seconds = time.monotonic() - began
        done = shards.get(scan_id)
        write(shards, opened(options), done, folder / "results")
        return {
            "scan": {**_counted(folder / "results" / LINES, names), "state": done.state},
            "submissions": submitted.counted(),
            **{name: fleet.counts[name] for name in ("kills", "restarts", "died over poison", "ended otherwise")},
            "under_way_when_killed": dict(sorted(fleet.killed_at.items())),
            **{"database_restarts": restarts, "workers": faults.workers, "seconds": round(seconds, 1)},
            "seed": faults.seed,
        }


def amiss(figures: dict[str, Any], faults: Faults) -> dict[str, Any]:
    """Give what is not as it has to be: what it came to, and what it had to."""
    scan, submitted = figures["scan"], figures["submissions"]
    ended = submitted["with_effects"] + submitted["for_people"]
    due = {
        **{f"scan: {name}": (scan[name], 0) for name in SCAN_ZERO},
        **{f"submissions: {name}": (submitted[name], 0) for name in ZERO},
        "scan: results": (scan["results"], faults.scanned.objects),
        "scan: given_up": (scan["given_up"], faults.scanned.poison),
        "submissions: first_decisions": (submitted["first_decisions"], faults.submitted.objects),
        "submissions: with effects, or for people": (ended, submitted["first_decisions"]),
        "submissions: ledger_decisions": (submitted["ledger_decisions"], submitted["decisions"]),
        "submissions: ledger_effects_out": (submitted["ledger_effects_out"], submitted["with_effects"]),
        "submissions: checks that failed over kills": (_failed_otherwise(submitted, faults) <= faults.kills / 3, True),
        "ended otherwise": (figures["ended otherwise"], 0),
        "at least half of the kills": (figures["kills"] >= faults.kills / 2, True),
        "database_restarts": (figures["database_restarts"], faults.restarts),
    }
    return {name: pair for name, pair in due.items() if pair[0] != pair[1]}


def _failed_otherwise(submitted: dict[str, Any], faults: Faults) -> int:
    """Count the checks of what can be read that have no verdict: three workers were killed over each."""
    readable = faults.submitted.clips + faults.submitted.copies
    return max(0, readable - int(submitted["checks"].get("succeeded", 0)))


def _suffered(faults: Faults, fleet: Fleet, shards: Shards, scan_id: str, submitted: Submitting) -> int:
    """Kill by a fixed seed until all is over; say how often the database was begun again."""
    chance, restarts = random.Random(faults.seed), 0
    end = time.monotonic() + faults.limit_s
    kill_at, said_at = time.monotonic() + chance.uniform(*faults.apart_s), time.monotonic()
    while (now := shards.standing(scan_id)).state == "going" or submitted.going:
        if time.monotonic() > end:
            raise SystemExit(f"{faults.kind}: not over in {faults.limit_s:.0f} s: {_standing(now, submitted)}")
        if time.monotonic() > said_at + SAY_S:
            said_at = time.monotonic()
            say(f"{faults.kind}: {_standing(now, submitted)}, {dict(fleet.counts)}")
        share = now.shards_done / max(1, now.shards)
        if restarts < faults.restarts and share > (restarts + 1) / (faults.restarts + 1):
            databases.restart()
            restarts += 1
        if fleet.counts["kills"] < faults.kills and time.monotonic() > kill_at:
            if alive := fleet.alive():
                fleet.kill(chance.choice(alive), chance.uniform(0, 3))
            kill_at = time.monotonic() + chance.uniform(*faults.apart_s)
        fleet.look_after()
        time.sleep(PACE_S)
    return restarts


def _standing(scan: Scan, submitted: Submitting) -> str:
    return f"{scan.shards_done} of {scan.shards} shards, {submitted.standing}"


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
        reasons[line["outcome"] or (line["error"] or {}).get("type", "neither")] += 1
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
