"""What is done again and again beside the jobs: work of the dead taken up, callbacks owed, what is past its time.

Every worker goes its rounds, and those for all are gone by one of them at a time: the one that holds their name. Should
it die, the next takes over. A round that fails is gone again; none may end the worker.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from ..docket import Callbacks, CheckError
from . import (
    delivering,
    hooking,
    leftovers,
    moderating,
    queue,
    rescanning,
    retroacting,
    revising,
    scanning,
    shadowing,
    stating,
    strays,
)
from .presence import Presence, worker_name
from .telling import short
from .work import Work

if TYPE_CHECKING:
    from dbos import WorkflowStatus

QUICK_S, SLOW_S = 2.0, 60.0
KEPT = timedelta(days=1)  # for what has ended; till then its number is known
DEAD_AFTER = 3  # rounds on which nobody holds the name of who is at a job
LOST_AFTER = 5  # rounds on which a job of ours is seen that nobody here is at
_MOST = 500  # in one round
POISON = CheckError(
    "ReaderDied",
    f"whoever looked at this file died over it, {queue.TRIES} times",
    "the file may be made to do harm, or is too much for this machine; it is not tried again",
)

log = logging.getLogger(__name__)


class Rounds:
    """One thread that goes some rounds every so many seconds."""

    def __init__(self, name: str, seconds: float, presence: Presence, own: Callable[[], None], all: Rounded) -> None:
        """`own`: of each worker. `all`: of one worker for all of them."""
        self._name, self._seconds, self._presence, self._own, self._all = name, seconds, presence, own, all
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go, name=f"rounds-{name}", daemon=True)

    def start(self) -> None:
        """Go the first one now."""
        self._thread.start()

    def stop(self) -> None:
        """Go none any more."""
        self._ended.set()
        self._thread.join(5)

    def _go(self) -> None:
        while True:
            self._guarded("own", self._own)
            for name, do in self._all.items():
                self._guarded(name, partial(self._alone, do))
            if self._ended.wait(self._seconds):
                return

    def _alone(self, do: Callable[[], None]) -> None:
        if self._presence.hold(f"rounds {self._name}"):
            do()

    def _guarded(self, name: str, do: Callable[[], None]) -> None:
        try:
            if not self._ended.is_set():
                do()
        except Exception as error:  # a database that is away, say; what a round leaves, the next one finds
            log.warning("round %r: %s: %s", name, type(error).__name__, short(error).split("\n")[0])


Rounded = dict[str, Callable[[], None]]


def own(presence: Presence, name: str) -> Rounds:
    """Give a worker's care for itself, which no round for all may hold up: what it never began waits for it."""
    return Rounds("own", QUICK_S, presence, Own(presence, name).look_after, {})


def quick(work: Work, presence: Presence, name: str) -> Rounds:
    """Give the rounds that nobody may wait for."""
    dead = Dead(presence, name)
    return Rounds(
        "quick",
        QUICK_S,
        presence,
        lambda: None,
        {
            "owed": lambda: delivering.owe_all(work),
            "hooks": lambda: hooking.tell_all(work),
            "revive": dead.revive,
            "bury": lambda: bury(work),
            "announce": lambda: moderating.announce(work),
            "decide": lambda: moderating.decide_all(work),
            "effects": lambda: moderating.hand_on(work, moderating.to_endpoints),
            "scans": lambda: scanning.ask(work),
            "retroactions": lambda: retroacting.ask(work),
            "rescans": lambda: rescanning.ask(work),
        },
    )


def following(work: Work, presence: Presence) -> Rounds:
    """Give the rounds by which verdicts follow what they rest on."""
    return Rounds(
        "following",
        QUICK_S,
        presence,
        lambda: None,
        {
            "records": lambda: revising.follow_records(work),
            "versions": lambda: revising.follow_versions(work),
        },
    )


def slow(work: Work, presence: Presence) -> Rounds:
    """Give the rounds of housekeeping."""
    return Rounds(
        "slow",
        SLOW_S,
        presence,
        lambda: leftovers.clear(presence, work.folder),
        {
            "strays": strays.Strays(work).bring_back,
            "sweep": lambda: sweep(work),
            "statements": lambda: stating.send_all(work),
            "forget": forget,
            "forget hooks": lambda: hooking.forget(work),
        },
    )


class Own:
    """A worker's care for itself."""

    def __init__(self, presence: Presence, name: str) -> None:
        """Have seen nothing yet."""
        self._presence, self._name = presence, name
        self._seen: Counter[str] = Counter()

    def look_after(self) -> None:
        """Hold on to the name, should the database have been away; and begin anew what was claimed and never begun."""
        self._presence.hold(worker_name(self._name))
        claimed = {job.workflow_id for job in _pending(self._name)} - queue.under_way()
        self._seen = Counter({number: self._seen[number] + 1 for number in claimed})
        for number, times in self._seen.items():
            if times >= LOST_AFTER:
                queue.hand_on(number, self._name)


class Dead:
    """Care for what the dead were at."""

    def __init__(self, presence: Presence, name: str) -> None:
        """Have missed nobody yet."""
        self._presence, self._name = presence, name
        self._missed: Counter[str] = Counter()

    def revive(self) -> None:
        """Have the living take up what the dead were at; how often a job was tried still counts.

        Where the server was away, the living hold their names again after a round. So none is dead before its time.
        """
        at_work = {str(job.executor_id) for job in _pending()} - {self._name}
        missing = [other for other in at_work if self._presence.hold(worker_name(other))]
        try:
            self._missed = Counter({other: self._missed[other] + 1 for other in missing})
            for other, rounds in self._missed.items():
                if rounds >= DEAD_AFTER:
                    log.warning("worker %s is dead; others take up its jobs", other)
                    queue.take_up(other)
        finally:
            for other in missing:
                self._presence.let_go(worker_name(other))


def bury(work: Work) -> None:
    """Write down why there is no result of a file that nobody survived."""
    from dbos import DBOS

    for job in DBOS.list_workflows(status=queue.DEAD, limit=_MOST, load_output=False):
        log.error("job %s is given up after %d tries", short(job.workflow_id), queue.TRIES)
        _give_up(work, job)
        DBOS.delete_workflow(job.workflow_id)


def sweep(work: Work) -> None:
    """Take away what is past its time."""
    swept = work.docket.sweep()
    if any(vars(swept).values()):
        log.info("swept: %s", swept)


def forget() -> None:
    """Let go of jobs that ended long ago: all that was worth keeping is in the docket."""
    from dbos import DBOS

    before = (datetime.now(UTC) - KEPT).isoformat()
    while True:
        ended = DBOS.list_workflows(
            status=queue.ENDED, completed_before=before, limit=_MOST, load_input=False, load_output=False
        )
        if ended:
            DBOS.delete_workflows([job.workflow_id for job in ended])
        if len(ended) < _MOST:
            return
        time.sleep(0.1)  # others want the database too


def _pending(name: str | None = None) -> list[WorkflowStatus]:
    from dbos import DBOS

    return DBOS.list_workflows(
        status=queue.UNDER_WAY, executor_id=name, app_version=queue.VERSION, load_input=False, load_output=False
    )


def _give_up(work: Work, job: WorkflowStatus) -> None:
    if job.name in ("rejudge", "scan", "rescan", "retroact"):
        return  # the check has its verdict, and keeps it; shards and retroactions are asked for again
    if job.name == "shadow":
        shadowing.give_up(work, job.workflow_id)
        return
    if job.name == "hook":
        hooking.give_up(work, job.workflow_id)
        return
    if job.name != "callback":
        strays.give_up(work, job.workflow_id.partition(".")[0], POISON)
        return
    about, _, attempt = job.workflow_id.rpartition(".")
    Callbacks(work.options).failed(about, "whoever was to deliver it died over it", attempt=int(attempt))
