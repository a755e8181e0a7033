"""The parts of the measurement that look at objects: by workers, by look, through the queue and past it, by shard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countermark.scan import Plan
from countermark.settings import Settings
from countermark.tests import databases

from ..record import say
from . import again, landing
from .landing import Kind
from .running import Place, apart, place


@dataclass(frozen=True)
class Size:
    """How much is looked at."""

    kinds: tuple[Kind, ...]  # the first is what scans look at
    clips: int  # of a scan
    each: int  # clips of a kind, of which each look is timed
    lines: int  # objects of a line, for what the queue takes
    singles: int  # of them, as jobs of one object each
    million: int
    past: int  # checks that a rescan comes to
    sets: tuple[tuple[str, int], ...]  # databases, and workers over them
    detector: Any = "unproven"


FULL = Size(
    (landing.SHORT, landing.LONG),
    **{"clips": 48, "each": 12, "lines": 5120, "singles": 120, "million": 1_000_000, "past": 1000},  # type: ignore[arg-type]
    sets=(("sqlite", 1), ("postgresql", 1), ("postgresql", 2), ("postgresql", 4)),
)
QUICK = Size((landing.TINY,), 8, 4, 256, 12, 5000, 50, (("sqlite", 1), ("postgresql", 2)))
LEAST = Size((landing.TINY,), 2, 1, 16, 2, 100, 3, (("sqlite", 1),), detector="never")  # for a test


def by_workers(size: Size, folder: Path) -> dict[str, Any]:
    """Give objects a second, by database and number of workers: every look at clips that nothing settles."""
    kind = size.kinds[0]
    objects = landing.clips(folder / "clips", kind, size.clips)
    figures: dict[str, Any] = {"clips": kind.name, "shard": 2}
    for database, workers in size.sets:
        name = f"{database}, {workers} worker{'s' if workers > 1 else ''}"
        say(f"{name}: {size.clips} clips")
        with place(database, workers, _new(folder, name), detector=size.detector) as there:
            _warmed(there, folder / f"warm-{name}", kind)
            figures[name] = there.scanned(_plan(objects, "detector", shard=2))
    return figures


def by_look(size: Size, folder: Path) -> dict[str, Any]:
    """Give what each look costs, in a plain loop of one process."""
    figures = {}
    for kind in size.kinds:
        say(f"each look at {size.each} clips of {kind.name}")
        objects = landing.clips(folder / kind.name, kind, size.each)
        figures[kind.name] = apart(_alone(size, folder, kind.name), "loop", objects, "detector")
    cut = landing.cut(folder / "cut", sorted((folder / size.kinds[0].name).iterdir()), size.each)
    figures["no video"] = apart(_alone(size, folder, "cut"), "loop", cut, "detector")
    return figures


def by_engine(size: Size, folder: Path) -> dict[str, Any]:
    """Hold one worker's scan against a plain loop over the same files: what the queue, database and store take."""
    kind = size.kinds[0]
    clips = landing.clips(folder / "clips", kind, size.clips // 2)
    mixes = {
        "lines, digest": (landing.crowd(folder / "lines", size.lines), "digest", 64),
        "no video, container": (landing.cut(folder / "cut", sorted(clips.iterdir()), size.clips * 4), "container", 64),
        f"{kind.name}, detector": (clips, "detector", 64),
    }
    figures: dict[str, Any] = {}
    for name, (objects, to, _) in mixes.items():
        say(f"a plain loop: {name}")
        figures[name] = {"loop": apart(_alone(size, folder, f"loop {to}"), "loop", objects, to)}
    for database in dict.fromkeys(one for one, _ in size.sets):
        with place(database, 1, _new(folder, database), detector=size.detector) as there:
            _warmed(there, folder / f"warm-{database}", kind)
            for name, (objects, to, shard) in mixes.items():
                say(f"{database}: {name}")
                made = there.scanned(_plan(objects, to, shard=shard))
                rate, alone = made["objects_per_s"], figures[name]["loop"]
                lost = 1 - rate * alone["seconds"] / alone["objects"]
                figures[name][database] = {"share_lost_to_the_engine": round(lost, 3), **made}
    return figures


def by_shard(size: Size, folder: Path) -> dict[str, Any]:
    """Hold shards of several sizes against jobs of one object, over objects that are looked at in no time."""
    objects = landing.crowd(folder / "lines", size.lines)
    few = landing.crowd(folder / "few", size.singles)
    figures: dict[str, Any] = {"objects": "files of a line, to digest"}
    for database in dict.fromkeys(one for one, _ in size.sets):
        with place(database, 1, _new(folder, database), detector=size.detector) as there:
            _warmed(there, folder / f"warm-{database}", size.kinds[0])
            for shard, of in ((1, few), (64, objects), (1024, objects)):
                say(f"{database}: shards of {shard}")
                figures[f"{database}, shards of {shard}"] = there.scanned(_plan(of, "digest", shard=shard))
    return figures


def by_rescan(size: Size, folder: Path) -> dict[str, Any]:
    """Give what it takes to come to past checks again, where nothing is looked at."""
    figures = {}
    for database in dict.fromkeys(one for one, _ in size.sets):
        say(f"{database}: {size.past} checks")
        with place(database, 1, own := _new(folder, database), detector="never") as there:
            figures[database] = again.rescanned(there, size.past, own)
    return figures


def _plan(objects: Path, to: Any, *, shard: int) -> Plan:
    return Plan((objects.as_uri(),), to, settled_by=(), shard=shard)


def _warmed(there: Place, folder: Path, kind: Kind) -> None:
    """Have every worker load what it loads once; other clips than those that are measured."""
    count = 2 * len(there.workers)
    there.scanned(_plan(landing.clips(folder, kind, count, first=100_000), "detector", shard=1))


def _alone(size: Size, folder: Path, name: str) -> Settings:
    """Give settings of a home that nobody else uses."""
    home = _new(folder, f"alone {name}")
    return Settings(home=home, database=databases.new("sqlite", home), detector=size.detector)


def _new(folder: Path, name: str) -> Path:
    made = folder / f"run {name}"
    made.mkdir(parents=True)
    return made
