"""A check, step by step: fetch, look, recover, fold, notify.

Each step may be begun twice, since a worker may die between what it did and the note that it did. So each finds in the
docket what is done already, and leaves it. What a step gives to the next lies in the docket too; DBOS keeps only how
far a check is. Knows the order; what is seen and how it is judged is `verify`'s.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from .. import showing, verify
from ..docket import Check, CheckError, CheckPicture, Lane, Stage, times
from ..errors import CheckMissing, CheckUnfit, CountermarkError, RegistryUnavailable, advice_to_askers
from ..evidence import Evidence, FingerprintDetails, evidence_from_json
from ..media import isolation
from ..settings import Settings
from ..verdict import Verdict
from . import at_hand, bringing, delivering, known, moderating, shadowing
from .again import catch_up, kept_look
from .patience import Stopped, meanwhile, patiently
from .telling import short
from .work import Work, at_work

if TYPE_CHECKING:
    from pathlib import Path

    from ..media import Looked

T = TypeVar("T")
Went = Literal["on", "over"]
ASK_S = 1.0  # how often it is asked, during a look, whether the check is still wanted

log = logging.getLogger(__name__)


class Over(Exception):  # noqa: N818  no error
    """The check goes no further: it was cancelled, deleted, or had its end before."""


def check(check_id: str) -> None:
    """Make a check: the workflow, under the name that the queue knows."""
    from dbos import DBOS

    work = at_work()
    if work.draining.is_set():
        raise Stopped
    with at_hand.private_folder(work.folder) as folder:
        one = Checking(work, check_id, at_hand.AtHand(work.objects, folder))
        for stage, step in one.steps().items():
            if DBOS.run_step({"name": stage}, one.taken, stage, step) == "over":
                return


def fetch(check_id: str, lane: Lane) -> None:
    """Bring a check's media, and then ask for the check: the workflow, under the name that the queue knows.

    Who sends a file may take minutes over it. So it has a queue of its own, and holds no place of those that look.
    """
    from dbos import DBOS

    work = at_work()
    if work.draining.is_set():
        raise Stopped
    with at_hand.private_folder(work.folder) as folder:
        one = Checking(work, check_id, at_hand.AtHand(work.objects, folder))
        if DBOS.run_step({"name": "fetch"}, one.taken, "fetch", one.steps()["fetch"]) == "on":
            DBOS.run_step({"name": "ask"}, one.ask, lane)


class Checking:
    """One check under way in this process."""

    def __init__(self, work: Work, check_id: str, media: at_hand.AtHand) -> None:
        """Begin nothing yet."""
        self._work, self._id, self._media = work, check_id, media
        self._docket = work.docket
        self._asked_at = time.monotonic()

    def steps(self) -> dict[Stage, Callable[[Check], None]]:
        """Give the steps in their order."""
        return {
            "fetch": self._fetch,
            "look": self._look,
            "recover": self._recover,
            "fold": self._fold,
            "notify": self._notify,
        }

    def taken(self, stage: Stage, step: Callable[[Check], None]) -> Went:
        """Take one step; an error of ours is how the check ends, and one that passes is waited for."""
        try:
            self._patiently(lambda: self._docket.at_stage(self._id, stage))
            self._patiently(lambda: self._begun(stage, step))
            return "on"
        except (Over, CheckMissing, CheckUnfit):
            return "over"
        except CountermarkError as error:
            why = error
        except Exception as error:  # a fault of ours; it is said once, not tried three times
            log.exception("check %s, %s", short(self._id), stage)
            why = CountermarkError(f"unexpected: {type(error).__name__}", advice=at_hand.REPORT)
        self._patiently(lambda: self._fail(stage, why))
        return "over"

    def ask(self, lane: Lane) -> None:
        """Have the check made, now that its media is there."""
        self._patiently(lambda: self._work.jobs.enqueue_check(self._id, lane))

    def _fetch(self, check: Check) -> None:
        """See that the media is in the store, and whole."""
        if check.object_key is not None and check.content_hash is not None and check.bytes is not None:
            return
        if check.object_key is not None:
            path, key = self._media.path(check), check.object_key
        else:
            # Who is asked may answer a byte a second, for minutes.
            bring = partial(bringing.bring, self._work, check, self._media.folder)
            brought = meanwhile(bring, self._still_wanted)
            path, key = self._media.adopt(brought.path, check), f"media/{check.id}"
            check = replace(check, rendition=brought.rendition)
            self._work.objects.put_file(key, path)
        from ..media.probe import digest_of

        self._docket.fetched(check.id, key, digest_of(path), path.stat().st_size, check.rendition)

    def _look(self, check: Check) -> None:
        """See what the file itself shows; each finding is in the docket as it comes."""
        from ..media.look import looked_to_json

        if self._docket.looked(check.id) is not None:
            return
        options, path, banking = self._options(check), self._media.path(check), known.banking(self._work)
        versions = verify.versions(options)  # what changes from here on is no ground of this verdict
        key = known.look_key(check, path, options, versions)
        self._patiently(lambda: banking.by_digest(check))
        taken = self._patiently(lambda: known.earlier_look(self._work, key, check.id))
        begun = times.written(times.now())
        looked = self._looked_at(check, path, options) if taken is None else self._taken_over(check, taken)
        self._patiently(lambda: banking.by_look(check, fingerprint_of(looked)))
        of = {} if taken is None else {"taken_over": taken.check_id}
        self._keep({**looked_to_json(looked), "versions": versions, **of})
        at = begun if taken is None else taken.at
        self._patiently(lambda: known.remember(self._work, key, check.id, looked, at))

    def _looked_at(self, check: Check, path: Path, options: Settings) -> Looked:
        numbers = count(1)

        def report(found: Evidence) -> None:
            number, said = next(numbers), at_hand.seen_worded(found, path)
            # To wait here costs less than to look again.
            self._patiently(lambda: self._docket.add_evidence(check.id, number, said))

        return at_hand.looked_worded(verify.looked_at(path, options, report=report), path)

    def _taken_over(self, check: Check, taken: known.Taken) -> Looked:
        """Take an earlier look at the same bytes for this one's; whoever follows the check hears the same of it."""
        from ..media.look import CONTAINER

        log.info("check %s takes over the look of %s", short(check.id), short(taken.check_id))
        looked = self._looked(taken.look)
        in_order = sorted(looked.evidence, key=lambda one: one.examiner == CONTAINER)  # it is told of last
        for number, one in enumerate(in_order, 1):
            self._patiently(partial(self._docket.add_evidence, check.id, number, one))
        return looked

    def _recover(self, check: Check) -> None:
        """See what its marks and looks lead to."""
        from ..media.look import finding_to_json

        kept = self._kept(check)
        if "recovered" in kept:
            return
        looked, path = self._looked(kept), self._media.path(check)
        found = [at_hand.seen_worded(one, path) for one in verify.recovered(path, looked, self._options(check))]
        for number, one in enumerate(found, len(looked.evidence) + 1):
            self._docket.add_evidence(check.id, number, one)
        self._keep({**kept, "recovered": [finding_to_json(one) for one in found]})

    def _fold(self, check: Check) -> None:
        """Judge, draw what is to be shown, and write the result: once, whatever is called twice."""
        kept, options = self._kept(check), self._options(check)
        verdict = verify.judged(self._looked(kept), evidence_from_json(kept["recovered"]), options)
        shown = self._pictures(check, verdict, options, kept.get("taken_over"))
        self._still_wanted()
        self._docket.finish(check.id, verdict, kept["versions"], shown)

    def _notify(self, check: Check) -> None:
        """Take in what has changed meanwhile, have callbacks delivered that the result has laid down, and decide."""
        catch_up(self._work, check.id)
        delivering.owe(self._work, check.id)
        moderating.decide(self._work, check)
        shadowing.ask(self._work, check)

    def _pictures(
        self, check: Check, verdict: Verdict, options: Settings, taken_over: str | None
    ) -> tuple[CheckPicture, ...]:
        """Draw key frames and maps, and put them where they stay; none of media that is closed."""
        if self._patiently(lambda: known.banking(self._work).closed(check.id)):
            return ()
        if before := known.drawn_before(self._work, taken_over, check.id, verdict):
            return before
        shown = []
        for one in showing.pictures(self._media.path(check), verdict, options):
            key = f"pictures/{check.id}/{one.name}"
            self._work.objects.put_bytes(key, one.data, "image/png" if one.name.endswith(".png") else "image/jpeg")
            shown.append(CheckPicture(one.name, one.kind, one.seconds, one.words, key))
        return tuple(shown)

    def _keep(self, plain: dict[str, Any]) -> None:
        # Not to be lost over a database that is away: it is what took the time.
        self._patiently(lambda: self._docket.keep_looked(self._id, plain))

    def _kept(self, check: Check) -> dict[str, Any]:
        kept = self._docket.looked(check.id)
        if kept is None:
            raise Over  # it was deleted just now
        return kept

    def _looked(self, kept: dict[str, Any]) -> Looked:
        return kept_look(kept)

    def _options(self, check: Check) -> Settings:
        return self._work.options_of(check.tenant_id)

    def _begun(self, stage: Stage, step: Callable[[Check], None]) -> None:
        """Take a step, unless a try before this one came to the result already."""
        check = self._docket.get(self._id)
        if check.deleted_at is not None or check.status in ("failed", "cancelled"):
            raise Over
        if check.status != "succeeded" or stage == "notify":
            with isolation.watched(self._still_wanted):
                step(check)

    def _still_wanted(self) -> None:
        """Go no further with what was cancelled or deleted, or where this process ends; it ends the child, too."""
        if self._work.stopping.is_set():
            raise Stopped
        if time.monotonic() - self._asked_at < ASK_S:
            return
        with suppress(RegistryUnavailable):  # asked again in a moment
            if self._docket.get(self._id).over:
                raise Over
        self._asked_at = time.monotonic()

    def _fail(self, stage: Stage, error: CountermarkError) -> None:
        """Write why there is no result, in words of the name that was sent, not of the one it has here."""
        with suppress(CheckMissing, CheckUnfit):
            check = self._docket.get(self._id)
            said = at_hand.worded(str(error), self._media.folder, check.id, check.name)
            log.info("check %s has failed, %s: %s", short(check.id), stage, type(error).__name__)
            advice = advice_to_askers(type(error), error.advice)
            self._docket.fail(check.id, CheckError(type(error).__name__, said, advice))
            delivering.owe(self._work, check.id)
            moderating.decide(self._work, check)

    def _patiently(self, attempt: Callable[[], T]) -> T:
        return patiently(attempt, self._work.stopping)


def fingerprint_of(looked: Looked) -> FingerprintDetails | None:
    """Give the fingerprint that a look took; None: it could not."""
    return next((one.details for one in looked.evidence if isinstance(one.details, FingerprintDetails)), None)
