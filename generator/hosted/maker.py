"""A hosted model as the door sees it: it says what it costs, orders once, waits, and brings the file. Knows no service.

Nothing is asked of the network before `make`, and nothing is ordered that was not approved.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from ...errors import CountermarkError, FetchFailed, OverLimit, ServiceFailed, SpendingUnapproved
from ...evidence.text import plain
from ...fetch import SUFFIXES, Fetched, PublicOnly, UnsafeAllowPrivate, checked, fetch, origin
from ...outputs import settle, write_whole
from ...settings import Settings
from ..maker import File, Origin, Plan, Progress
from ..request import Feature, Request
from .job import VIDEOS, Job, Place
from .offer import Offer, Task, seconds_of, shape_of
from .service import Failed, Made, Refused, Service, Wish, Working
from .waiting import UNSURE, JobGone, OrderUnsure, Patience, ask, order

log = logging.getLogger(__name__)

PLAIN_BYTES = ("application/octet-stream", "binary/octet-stream", "application/mp4")
_MOST_WORDS = 300
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*")  # signed with a key, and as good as one while it holds


@dataclass(frozen=True)
class _Errand:
    """A job that was ordered, and how long it is waited for."""

    service: Service
    job: Job
    task: Task
    place: Place
    until: float  # by the clock that only goes on

    def look(self) -> Working | Made | Failed:
        """Ask once how far it is."""
        return self.service.look(self.job.name or "", self.task)


@dataclass(frozen=True)
class HostedMaker:
    """One service, whose client is made, and key read, only when there is something to make."""

    offer: Offer
    connect: Callable[[], Service]
    options: Settings
    approved: bool
    patience: Patience = Patience()

    @property
    def name(self) -> str:
        """What `--model` calls it."""
        return self.offer.name

    @property
    def features(self) -> frozenset[Feature]:
        """What it can do."""
        return self.offer.features

    def lacking(self) -> tuple[str, ...]:
        """Say what has to be done before it can be asked."""
        approve = () if self.approved else (f"{self.name} charges for it: give --approve-cost",)
        return (*self.offer.lacking(), *approve)

    def plan(self, request: Request) -> Plan:
        """Say what would be asked for, and its cost as far as it is known; what could not be marked is not ordered."""
        from ...media import Geometry
        from ...watermark import check_room

        plan, task = self.offer.plan(request), self.offer.task(request)
        if task.shapes:
            check_room(Geometry(*plan.size), plan.frames if task.seconds else None)
        return plan

    def make(self, request: Request, plan: Plan, folder: Path, progress: Progress) -> File:
        """Order it, wait for it and bring it; what an earlier run ordered or brought is not ordered again."""
        task = self.offer.task(request)
        place = Place.of(folder, self.options.home, self.name, request, task)
        path = place.video()
        if path is None:
            service = self.connect()
            job = place.job() or self._ordered(service, request, plan, place)
            progress(0.02)
            path = self._brought(_Errand(service, job, task, place, self.patience.until()), progress)
            place.forget()
        progress(1.0)
        origin_of = Origin(task.model, provider=self.offer.provider, agent=self.offer.agent)
        return File(path, origin_of, "synthetic" if request.sound or task.speaks else "unsaid")

    def _ordered(self, service: Service, request: Request, plan: Plan, place: Place) -> Job:
        """Give the order, if it may be given."""
        if not self.approved:
            raise SpendingUnapproved(f"{self.name} charges for it, and that was not approved; the cost: {plan.cost}")
        task = self.offer.task(request)
        wish = Wish(request, task, shape_of(task, request), seconds_of(task, request))
        place.write(Job(self.name, task.name))
        try:
            name = order(lambda: service.begin(wish), self.patience, lambda words: _said(words, service))
        except OrderUnsure as error:
            raise OrderUnsure(f"{self.name}: {error}", advice=f"{error.advice}; then delete {place.note}") from None
        except ServiceFailed as error:
            place.forget()
            raise ServiceFailed(f"{self.name}: {error}", advice=error.advice) from None
        except CountermarkError:  # nothing was sent
            place.forget()
            raise
        job = Job(self.name, task.name, name)
        place.write(job)
        return job

    def _brought(self, errand: _Errand, progress: Progress) -> Path:
        """Wait, and bring what was made; whoever interrupts the waiting stops the job where that can be done."""
        try:
            made = self._made(errand, progress)
        except KeyboardInterrupt:
            self._stop(errand)
            raise
        progress(0.9)
        return self._saved(errand, made)  # what is made is paid for: stopping here would only lose it

    def _made(self, errand: _Errand, progress: Progress) -> Made:
        share = 0.02
        for pause in self.patience.looks(errand.until):
            seen = self._seen(errand)
            if isinstance(seen, Made):
                return seen
            if isinstance(seen, Failed):
                errand.place.forget()
                words = _said(seen.words, errand.service) or "without a word"
                raise ServiceFailed(f"{self.name} did not make it: {words}", advice="ask for something else")
            share = max(share, min(0.88, seen.share or 0.0))
            progress(share)
            sleep(pause)
        minutes = self.patience.total_s / 60
        advice = "run the same command again: it goes on waiting, and orders nothing anew"
        raise ServiceFailed(f"{self.name} still works on it after {minutes:.0f} minutes", advice=advice)

    def _seen(self, errand: _Errand) -> Working | Made | Failed:
        """Ask how far it is; a job that the service does not know is kept: it was ordered, and may be paid for."""
        try:
            return ask(errand.look, self.patience, errand.until, lambda words: _said(words, errand.service))
        except JobGone as error:
            advice = f"the same command asks for it again; {UNSURE}; then delete {errand.place.note}"
            raise ServiceFailed(
                f"{self.name} does not know the job {plain(errand.job.name or '', 80)}: {error}", advice=advice
            ) from None
        except ServiceFailed as error:
            raise ServiceFailed(f"{self.name}: {error}", advice=error.advice) from None

    def _saved(self, errand: _Errand, made: Made) -> Path:
        """Bring the file; where its place has expired, or it broke off, the service is asked for the place anew."""
        place = errand.place
        if made.content is not None:
            target = place.folder / f"{place.stem}.mp4"
            write_whole(target, made.content)
            return target
        for tries in range(self.patience.tries):
            try:
                return _kept(self._fetched(made.url or "", errand.service, place.folder), place, self.name)
            except (FetchFailed, OverLimit) as error:
                log.warning("%s: the video did not come: %s", self.name, error)
                if tries + 1 == self.patience.tries:
                    raise
            sleep(self.patience.pause_s * 2**tries)
            seen = self._seen(errand)
            made = seen if isinstance(seen, Made) else made
        raise ServiceFailed(f"{self.name} gave no video")

    def _fetched(self, url: str, service: Service, folder: Path) -> Fetched:
        home = service.home
        inside = home is not None and origin(checked(url)) == origin(checked(home))
        return fetch(url, folder, self.options.limits, guard=UnsafeAllowPrivate() if inside else PublicOnly())

    def _stop(self, errand: _Errand) -> None:
        """Ask the service to stop, unless it has just done the work; a job that was not stopped is kept."""
        try:
            stopped = isinstance(errand.look(), Working) and errand.service.stop(errand.job.name or "", errand.task)
        except (CountermarkError, Refused) as error:
            log.warning("%s was not stopped: %s", self.name, type(error).__name__)
            return
        if stopped:
            errand.place.forget()


def _kept(fetched: Fetched, place: Place, name: str) -> Path:
    """Give it its name, if it is a video by the server's word."""
    kind = (fetched.content_type or "").partition(";")[0].strip()
    if kind and kind not in SUFFIXES and kind not in PLAIN_BYTES and not kind.startswith("video/"):
        fetched.path.unlink(missing_ok=True)
        raise ServiceFailed(f"{name} gave {plain(kind, 60)} where a video should be")
    suffix = fetched.path.suffix if fetched.path.suffix in VIDEOS else SUFFIXES.get(kind, ".mp4")
    target = place.folder / (place.stem + suffix)
    settle(fetched.path, target)  # before the job is forgotten
    return target


def _said(words: str, service: Service) -> str:
    """Make the words of a service harmless, and take out what nobody may see."""
    for secret in service.secrets:
        words = words.replace(secret, "***")
    return plain(_TOKEN.sub("***", words), _MOST_WORDS)
