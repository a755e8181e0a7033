"""Shards of scans as jobs: a worker looks at the objects of one in turn, and lays their lines into the store.

A shard is a job for as often as it takes: one that is broken off goes on where it was, in whatever process. Its lines
lie under a key of each try, and the first to say that it is done is believed, so that no object has two lines.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from ..docket.desk import Desk
from ..errors import CountermarkError, DiskFull
from ..media import isolation
from ..objects import Listed, Place, browsed
from ..scan import Cascade, Counts, Outcomes, Shard, Shards, packing
from ..scan.cascade import Known
from . import queue
from .at_hand import private_folder
from .patience import Stopped, patiently
from .work import Work, at_work

T = TypeVar("T")
KEEP_S = 5.0  # what a death may cost, beside the object under way
MOST_TRIES = 60  # of one shard; what is left of it then is given up
WINDOW = 512  # shards of one scan that wait in the queue at a time
AT_ONCE = 200  # of them that are asked for in one round

log = logging.getLogger(__name__)


def scan(scan_id: str, number: int) -> None:
    """Make a shard: the workflow, under the name that the queue knows."""
    from dbos import DBOS

    work = at_work()
    if work.draining.is_set():
        raise Stopped
    DBOS.run_step({"name": "shard"}, _made, work, scan_id, number)


def ask(work: Work) -> None:
    """Have shards made of every scan that is under way, also those whose job was given up; end what is through."""
    shards = Shards(Desk(work.options))
    for scan_id in shards.going():
        waiting = shards.undone(scan_id, limit=WINDOW)
        if waiting:
            _ask(work, shards, scan_id, waiting)
        else:
            shards.finish(scan_id)


def _ask(work: Work, shards: Shards, scan_id: str, waiting: list[tuple[int, int, int]]) -> None:
    from dbos import DBOS

    new = [(number, 1) for number, attempt, _ in waiting if attempt == 0]
    asked = {
        queue.shard_number(scan_id, number, attempt): (number, attempt) for number, attempt, _ in waiting if attempt
    }
    known = DBOS.list_workflows(workflow_ids=list(asked), load_input=False, load_output=False) if asked else []
    alive = {job.workflow_id for job in known if job.status in (queue.WAITS, queue.UNDER_WAY)}
    # One that is neither waiting nor under way has ended, or was given up; the shard is not done all the same.
    again = [(number, attempt + 1) for name, (number, attempt) in asked.items() if name not in alive]
    wanted = (*again, *new)[:AT_ONCE]
    fleet = shards.get(scan_id).plan.fleet if wanted else ""
    for number, attempt in wanted:
        if work.draining.is_set():
            return
        work.jobs.enqueue_shard(scan_id, number, attempt, fleet)
        shards.asked(scan_id, number, attempt)


def _made(work: Work, scan_id: str, number: int) -> str:
    shards = Shards(Desk(work.options))

    def patient(attempt: Callable[[], T]) -> T:
        return patiently(attempt, work.stopping)

    shard = patient(lambda: shards.begin(scan_id, number))
    if shard is None:
        return "needless"
    lines = _Lines(shard, partial(_kept, shards, patient), shards.seen)
    place, cascade = browsed(shard.url, listed=True), Cascade(shard.plan, work.options)
    try:
        with isolation.watched(lambda: _go_on(work.stopping)):
            for at, listed in list(enumerate(shard.objects))[len(lines.made) :]:
                _go_on(work.draining)
                if shard.careful:
                    lines.keep(at)
                look = partial(_looked, shard, at, cascade, place, listed, work.folder, lines.with_bytes)
                try:
                    lines.add(patient(look))
                except DiskFull:  # for as long as we are patient
                    why, advice = "the disk of the worker that looked was full", "free some there, then scan it again"
                    lines.add(cascade.given_up(place, listed, why, advice))
    except BaseException:  # nobody died over what was looked at
        with suppress(CountermarkError):
            shards.keep(shard, lines.made)
        raise
    key = f"scans/{scan_id}/{number}.{shard.tries}.ndjson"
    data = "".join(f"{one}\n" for one in lines.made).encode("ascii")
    patient(lambda: work.objects.put_bytes(key, data, "application/x-ndjson"))
    counts = lines.counts
    return "done" if patient(lambda: shards.done(shard, key, counts, lines.known.values())) else "late"


def _go_on(ended: threading.Event) -> None:
    if ended.is_set():
        raise Stopped


def _looked(
    shard: Shard, at: int, cascade: Cascade, place: Place, listed: Listed, folder: Path, known: Known
) -> Outcomes:
    if at == shard.poison:
        why = "each worker that looked at it died"
        return cascade.given_up(place, listed, why, "look at it by itself: countermark verify")
    if shard.tries > MOST_TRIES:
        why = f"its shard was broken off {MOST_TRIES} times"
        return cascade.given_up(place, listed, why, "see the logs of the workers, then scan it again")
    # To make a folder and take it away again is dearer than to read a small file that is here already.
    with private_folder(folder) if place.copies else nullcontext(folder) as own:
        return cascade.line(place, listed, own, known)


def _kept(
    shards: Shards, patient: Callable[[Callable[[], None]], None], shard: Shard, lines: list[str], at: int | None
) -> None:
    patient(lambda: shards.keep(shard, lines, at))


class _Lines:
    """What is there of a shard."""

    def __init__(
        self,
        shard: Shard,
        keep: Callable[[Shard, list[str], int | None], None],
        seen: Callable[[str, str], Outcomes | None],
    ) -> None:
        """Begin with what a try before left."""
        self._shard, self._keep, self._seen = shard, keep, seen
        self.made = list(shard.lines)
        self.counts = Counts()
        self.known: dict[str, Outcomes] = {}
        for line in shard.lines:
            self._count(packing.line(line))
        self._kept_at = time.monotonic()

    def add(self, line: Outcomes) -> None:
        """Take one in; what is there is kept now and then."""
        self.made.append(packing.written(line))
        self._count(line)
        if not self._shard.careful and time.monotonic() - self._kept_at > KEEP_S:
            self.keep()

    def with_bytes(self, digest: str) -> Outcomes | None:
        """Give a line of the same bytes, of this shard or of one that is done."""
        return self.known.get(digest) or self._seen(self._shard.scan_id, digest)

    def keep(self, at: int | None = None) -> None:
        """Keep what is there, and which object is looked at next, so that a death over it is known as one."""
        self._keep(self._shard, self.made, at)
        self._kept_at = time.monotonic()

    def _count(self, line: Outcomes) -> None:
        self.counts = self.counts.plus(line.counted)
        if line.sha256 is not None and line.error is None and self._shard.plan.to != "digest":
            self.known.setdefault(line.sha256, line)
