"""Makes many requests, some at once where memory allows; one that fails, or kills its process, spoils no other.

for outcome in run(read(prompts, common), common, prompts):
    print(outcome.item.output, outcome.kind)
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from ...errors import CountermarkError, MemoryShort, ReaderDied, every_error
from ...releasing import Stamped
from .lines import Common, Item
from .state import State
from .worker import work

LABELLING_BYTES = 768 << 20  # what marking, encoding and checking one file takes beside its model
_FREE_SHARE = 0.8  # of the memory that is free
_CORES_EACH = 2  # a model and an encoder use more than one
_ENDING_S = 30.0


@dataclass(frozen=True)
class Outcome:
    """What became of one request."""

    item: Item
    kind: Literal["made", "skipped", "failed"]
    stamped: Stamped | None = None
    error: CountermarkError | None = None


@dataclass(frozen=True)
class Standing:
    """How far it has come."""

    total: int
    made: int
    skipped: int
    failed: int
    share: float  # of what is to be made in this run
    seconds_left: float | None  # None: too early to tell


@dataclass
class _Worker:
    """One process, and what it is at."""

    process: Any
    orders: Connection
    held: Connection  # closing it ends the process
    item: Item | None = None
    share: float | None = None  # None: it has not said that it began
    served: int = 0  # how many it has ended


@dataclass
class _Tally:
    """What is done, weighed by how many pixels it has."""

    items: Sequence[Item]
    told: Callable[[Standing], None]
    began: float = field(default_factory=time.monotonic)
    ended: list[Outcome] = field(default_factory=list)

    def take(self, outcome: Outcome) -> Outcome:
        self.ended.append(outcome)
        return outcome

    def tell(self, workers: Sequence[_Worker]) -> None:
        to_make = sum(_weight(item) for item in self.items if not item.finished)
        done: float = sum(_weight(one.item) for one in self.ended if one.kind != "skipped")
        done += sum((worker.share or 0.0) * _weight(worker.item) for worker in workers if worker.item)
        share = done / to_make if to_make else 1.0
        spent = time.monotonic() - self.began
        left = spent * (1 - share) / share if share > 0 else None
        counts = {kind: sum(one.kind == kind for one in self.ended) for kind in ("made", "skipped", "failed")}
        self.told(Standing(len(self.items), **counts, share=share, seconds_left=left))


def run(
    items: Sequence[Item],
    common: Common,
    prompts: Path,
    *,
    workers: int | None = None,
    progress: Callable[[Standing], None] | None = None,
) -> Iterator[Outcome]:
    """Make what is not finished, and give each outcome as it comes.

    workers: processes at the most; None: as memory and cores allow.
    """
    tally = _Tally(items, progress or (lambda standing: None))
    for item in items:
        if item.finished:
            yield tally.take(Outcome(item, "skipped"))
    waiting = deque(item for item in items if not item.finished)
    if not waiting:
        return
    state = State(prompts, common.folder, common.options.home)
    count = how_many(list(waiting), workers, free_bytes(), os.cpu_count() or 1)
    with _staffed() as staff:
        while waiting or any(worker.item for worker in staff):
            while waiting and (worker := _idle(staff, count)):
                item = waiting.popleft()
                state.begin(item.output, item.digest)
                _order(worker, item, common)
            tally.tell(staff)
            for outcome in _heard(staff, waiting):
                yield tally.take(outcome)
        tally.tell(staff)


def how_many(items: Sequence[Item], asked: int | None, free: int | None, cores: int) -> int:
    """Choose how many are made at once: one, where nobody says what one takes and nobody asked for more."""
    known = [item.plan.memory_bytes for item in items if item.plan.memory_bytes is not None]
    if asked is None and (free is None or len(known) < len(items)):
        return 1
    most = min(asked or max(1, cores // _CORES_EACH), len(items))
    if free is None:
        return max(1, most)
    return max(1, min(most, int(free * _FREE_SHARE) // (max(known, default=0) + LABELLING_BYTES)))


def free_bytes() -> int | None:
    """Give the memory that can be had without harm; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), None)


@contextmanager
def _staffed() -> Iterator[list[_Worker]]:
    """Hold the workers; however it is left, none outlives it."""
    staff: list[_Worker] = []
    try:
        yield staff
    finally:
        for worker in staff:
            worker.held.close()
            worker.orders.close()
        deadline = time.monotonic() + _ENDING_S
        for worker in staff:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


def _idle(staff: list[_Worker], count: int) -> _Worker | None:
    """Give a worker that has nothing to do, a new one where there may be more."""
    free = next((worker for worker in staff if worker.item is None), None)
    if free is None and len(staff) < count:
        free = _begun()
        staff.append(free)
    return free


def _order(worker: _Worker, item: Item, common: Common) -> None:
    """Tell a worker what to make; where it is dead, that is heard when it is listened to."""
    worker.item, worker.share = item, None
    with suppress(BrokenPipeError, ConnectionResetError):
        worker.orders.send((item, common))


def _begun() -> _Worker:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    watched, held = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(theirs, watched))
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # none half begun: it is heard after
    try:
        process.start()
    finally:
        theirs.close()
        watched.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
    return _Worker(process, ours, held)


def _heard(staff: list[_Worker], waiting: deque[Item]) -> Iterator[Outcome]:
    """Wait until a worker says something, and give what has ended.

    What a worker was told that died while it had nothing to do waits again: another makes it.
    """
    busy = {worker.orders: worker for worker in staff if worker.item}
    for ready in wait(list(busy)) if busy else ():
        worker = next(one for orders, one in busy.items() if orders is ready)
        item = worker.item
        assert item is not None
        try:
            said = json.loads(worker.orders.recv_bytes())
        except (EOFError, OSError):
            staff.remove(worker)
            error = _dead(worker, item)
            if worker.served and worker.share is None:
                waiting.appendleft(item)
            else:
                yield Outcome(item, "failed", error=error)
            continue
        if "share" in said:
            worker.share = float(said["share"])
            continue
        worker.item, worker.served = None, worker.served + 1
        if "stamped" in said:
            yield Outcome(item, "made", stamped=TypeAdapter(Stamped).validate_python(said["stamped"]))
        else:
            kind = every_error().get(said["error"], CountermarkError)
            yield Outcome(item, "failed", error=kind(said["message"], advice=said["advice"]))


def _dead(worker: _Worker, item: Item) -> CountermarkError:
    """Say how a process ended that was not told to."""
    worker.held.close()
    worker.process.join(_ENDING_S)
    code = worker.process.exitcode
    if code == -signal.SIGKILL:
        return MemoryShort(f"{item.output.name}: the process that made it was killed, perhaps for want of memory")
    return ReaderDied(f"{item.output.name}: the process that made it died ({code})")


def _weight(item: Item) -> int:
    return item.plan.frames * item.plan.size[0] * item.plan.size[1]
