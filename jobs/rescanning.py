"""Past checks judged again because something they rest on is another: explicit, counted, bounded, gone on with.

What follows by itself is `revising`'s; this goes over what somebody names, and says of each check what came of it. How
a check is judged anew is `again`'s, and what a policy makes of it `deciding`'s; here stands which checks can change,
and that each has its line, whatever dies.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ..docket import Check, Docket, times
from ..docket.desk import Desk
from ..errors import CheckMissing, CheckUnfit, CountermarkError, RegistryUnavailable
from ..moderation.deciding import Deciding
from ..moderation.shelf import Shelved, shelved
from ..rejudging import as_it_stands
from ..settings import Settings
from . import delivering, queue
from .again import DELETED, GONE, SERVICE, as_records_stand, changed, judge_anew
from .patience import Stopped, patiently
from .rescans import Because, Candidate, End, Line, Plan, Rescan, Rescans
from .revising import Now
from .work import Work, at_work

if TYPE_CHECKING:
    from ..provenance import Record

PAGE = 200  # checks that are asked about at once
LIST_S = 0.5  # for which one is listed in a round: others wait for what else it does
WINDOW = 64  # of one rescan that wait in the queue at a time
MOST_TRIES = 3  # at a check that ends otherwise than it can
DIED = "whoever looked at it died over it"
_OF: dict[Because, str] = {"trust": "manifests", "revoked": "revoked", "policy": "submitted"}

Row = dict[str, Any]


@dataclass(frozen=True)
class Estimate:
    """What a rescan would come to."""

    checks: int
    kept: int  # of these the media is still there
    seconds: float | None  # of one worker; None: nothing was measured yet
    examples: tuple[Candidate, ...]


# What can change ----------------------------------------------------------------------------------------------------


class Past:
    """Goes over past checks, and finds those that can change."""

    def __init__(self, options: Settings, plan: Plan) -> None:
        """Read what results depend on at this moment."""
        from ..store import followed_rows

        self._options, self._plan, self._desk = options, plan, Desk(options)
        with self._desk.reading() as connection:
            heads = {} if connection is None else dict(followed_rows.heads(connection))
        self._now = Now(options, heads)
        self._policies: dict[str, dict[str, Shelved]] = {}

    def page(self, after: str) -> tuple[list[Candidate], str | None]:
        """Give those of one page, and where it ended; None: it was the last."""
        from ..store import rescan_rows

        plan = self._plan
        with self._desk.reading() as connection:
            if connection is None:
                return [], None
            of = _OF.get(plan.because, "")
            rows = rescan_rows.past(connection, plan.tenant, plan.since, plan.until, after, PAGE, of)
        chosen = (row for row in rows if plan.chooses(row["id"]))
        found = [_candidate(row, plan.because, ground) for row in chosen if (ground := self._ground(row))]
        before = Rescans(self._desk).settled(found)
        return [one for one in found if one.check_id not in before], rows[-1]["id"] if len(rows) == PAGE else None

    def all(self) -> Iterator[Candidate]:
        """Give all of them, page by page."""
        after: str | None = ""
        while after is not None:
            found, after = self.page(after)
            yield from found

    def _ground(self, row: Row) -> Mapping[str, str]:
        """Give what a check would be judged by that it was not; nothing where it can't change by that."""
        because = self._plan.because
        if because == "revoked":
            return _revoked(self._options, row["id"])
        if because == "policy":
            return self._older(row)
        fresh = changed(json.loads(row["versions"]), self._now.of(row["tenant_id"]))
        return {name: value for name, value in fresh.items() if _why(name) == because}

    def _older(self, row: Row) -> dict[str, str]:
        """Give the policies under a former version of which it was decided."""
        from ..store import decision_rows

        with self._desk.reading() as connection:
            if connection is None:
                return {}
            policies = self._shelved(row["tenant_id"])
            submission = decision_rows.submission_of(connection, row["id"])
            made = [] if submission is None else decision_rows.of_submissions(connection, [submission["id"]])
        under = {one["policy_id"]: (one["policy_version"], one["id"]) for one in made if one["side"] == "live"}
        found = {}
        for policy_id, (version, latest) in under.items():
            one = policies.get(policy_id)
            lives = [] if one is None else [each.number for each in one.versions if each.state == "LIVE"]
            if lives and version not in lives:
                found[policy_id] = f"{lives} after {latest}"
        return found

    def _shelved(self, tenant_id: str) -> dict[str, Shelved]:
        if tenant_id not in self._policies:
            with self._desk.reading() as connection:
                policies = () if connection is None else shelved(connection, tenant_id)
            self._policies[tenant_id] = {one.policy_id: one for one in policies}
        return self._policies[tenant_id]


def estimate(options: Settings, plan: Plan, examples: int = 5) -> Estimate:
    """Say how many checks a rescan would look at, and for how long by what was measured. Writes nothing."""
    count, kept, took = 0, 0, 0.0
    shown: list[Candidate] = []
    for one in Past(options, plan).all():
        if count == plan.limit:
            break
        count, kept, took = count + 1, kept + one.kept, took + one.seconds * one.kept
        if len(shown) < examples:
            shown.append(one)
    measured = Rescans(Desk(options)).seconds(plan.because)
    if measured is not None:
        seconds: float | None = count * measured
    else:  # none was made yet: a look takes what the first one took, and where none is taken, next to nothing
        seconds = took if plan.because in ("model", "adapter", "trust") else None
    return Estimate(count, kept, seconds, tuple(shown))


def _why(name: str) -> str:
    if name == "detector head":
        return "adapter"
    return "trust" if name == "trust" else "model" if name.startswith("detector") else ""


def _candidate(row: Row, because: Because, ground: Mapping[str, str]) -> Candidate:
    # What comes, goes and comes again is another occasion: what a check stands at is part of it.
    stands = [because, row["revision"], sorted(ground.items())]
    digest = hashlib.sha256(json.dumps(stands).encode()).hexdigest()
    took = times.between(row["started_at"] or row["created_at"], row["finished_at"] or row["created_at"])
    kept = row["object_key"] is not None
    return Candidate(row["id"], row["tenant_id"], row["outcome"] or "", row["revision"], kept, took, digest)


def _taken_back(options: Settings, check_id: str) -> tuple[Record, ...]:
    """Give the records that were taken back, of those that a verdict rests on."""
    from ..provenance import Registry
    from ..store import engine, rescan_rows

    with engine.reading(options.database_url) as connection:
        ids = [] if connection is None else rescan_rows.manifests_of(connection, check_id)
    found = (Registry(options.database_url).by_manifest(one) for one in ids)
    return tuple(one for one in found if one is not None)


def _revoked(options: Settings, check_id: str) -> dict[str, str]:
    try:
        verdict = Docket(options).get(check_id).verdict
    except CheckMissing:  # it was deleted just now
        return {}
    records = () if verdict is None else _taken_back(options, check_id)
    return {
        one.manifest_id: one.status for one in records if verdict is not None and as_it_stands(verdict, one) != verdict
    }


# The round ----------------------------------------------------------------------------------------------------------


def ask(work: Work) -> None:
    """Go on with every rescan that is under way; end what is through."""
    rescans = Rescans(Desk(work.options))
    for rescan_id in rescans.going():
        one = rescans.get(rescan_id)
        until = time.monotonic() + LIST_S
        while not one.listed and one.waiting < WINDOW and not work.draining.is_set() and time.monotonic() < until:
            _list(work, rescans, one)
            one = rescans.get(rescan_id)
        if one.listed and not one.waiting:
            rescans.finish(rescan_id)
        elif one.waiting:
            _ask(work, rescans, rescan_id)


def _list(work: Work, rescans: Rescans, one: Rescan) -> None:
    found, after = Past(work.options, one.plan).page(one.after)
    limit = one.plan.limit
    if limit is not None and one.looked + one.waiting + len(found) >= limit:
        found, after = found[: limit - one.looked - one.waiting], None
    rescans.list(one.id, one.after, after, found)


def _ask(work: Work, rescans: Rescans, rescan_id: str) -> None:
    from dbos import DBOS

    waiting = rescans.waiting(rescan_id, WINDOW)
    asked = {queue.rescan_number(rescan_id, *one): one for one in waiting if one[1]}
    known = DBOS.list_workflows(workflow_ids=list(asked), load_input=False, load_output=False) if asked else []
    alive = {job.workflow_id for job in known if job.status in (queue.WAITS, queue.UNDER_WAY, queue.DEAD)}
    ended = [one for number, one in asked.items() if number not in alive]
    for check_id, attempt in (*ended, *(one for one in waiting if not one[1])):
        if work.draining.is_set():
            return
        if attempt == MOST_TRIES:
            rescans.told(rescan_id, check_id, "failed", f"it was broken off {MOST_TRIES} times")
            continue
        work.jobs.enqueue_rescan(rescan_id, check_id, attempt + 1)
        rescans.asked(rescan_id, check_id, attempt + 1)


def give_up(work: Work, number: str) -> None:
    """Write down that nobody survived the look that a job of this number was to take."""
    rescan_id, check_id, _ = number.split(".")
    Rescans(Desk(work.options)).told(rescan_id, check_id, "failed", f"{DIED}, {queue.TRIES} times")


# One check ----------------------------------------------------------------------------------------------------------


def rescan(rescan_id: str, check_id: str) -> None:
    """Come to a check: the workflow, under the name that the queue knows."""
    from dbos import DBOS

    work = at_work()
    if work.draining.is_set():
        raise Stopped
    DBOS.run_step({"name": "rescan"}, _judged, work, rescan_id, check_id)


def _judged(work: Work, rescan_id: str, check_id: str) -> str:
    rescans, began = Rescans(Desk(work.options)), time.monotonic()
    line = patiently(lambda: rescans.line(rescan_id, check_id), work.stopping)
    if line is None or line.outcome is not None:
        return "needless"
    one = patiently(lambda: rescans.get(rescan_id), work.stopping)
    end, note = _ended(work, one, line)
    took = time.monotonic() - began
    patiently(lambda: rescans.told(rescan_id, check_id, end, note, took), work.stopping)
    return end


def _ended(work: Work, one: Rescan, line: Line) -> tuple[End, str]:
    try:
        if one.plan.because == "policy":
            return patiently(partial(_decided, work, one, line), work.stopping), ""
        if one.plan.because == "revoked":
            patiently(partial(_as_records_stand, work, line.check_id), work.stopping)
            said = ""
        else:
            said = judge_anew(work, line.check_id, SERVICE)
        check = patiently(lambda: work.docket.get(line.check_id), work.stopping)
    except (CheckMissing, CheckUnfit):
        return "failed", DELETED
    except RegistryUnavailable:
        raise
    except CountermarkError as error:
        return "failed", str(error)
    if _revised(check, line):  # also where a worker died between that and the note of it
        return "changed", ""
    return ("gone" if said == GONE else "failed" if said else "same"), said


def _revised(check: Check, line: Line) -> bool:
    """Whether it was revised since it was found, and not by people."""
    return any(each.number > line.revision and each.why != "human" for each in check.revisions)


def _as_records_stand(work: Work, check_id: str) -> None:
    as_records_stand(work, check_id, _taken_back(work.options, check_id))
    delivering.owe(work, check_id)


def _decided(work: Work, one: Rescan, line: Line) -> End:
    """Decide anew under what is live, as a retroaction does."""
    from ..store import decision_rows

    if work.docket.get(line.check_id).deleted_at is not None:
        raise CheckMissing(f"check {line.check_id} was deleted")
    deciding, desk, key = Deciding(work.options), Desk(work.options), f"policy {one.id}"
    with desk.reading() as connection:
        submission = None if connection is None else decision_rows.submission_of(connection, line.check_id)
        if connection is None or submission is None:
            raise CheckMissing(f"nothing was submitted with check {line.check_id}")
        policies = [each.policy_id for each in shelved(connection, submission["tenant_id"]) if each.live is not None]
    for policy_id in policies:
        deciding.reconsider(line.check_id, policy_id, key)
    with desk.reading() as connection:
        made = [] if connection is None else decision_rows.of_submissions(connection, [submission["id"]])
    return "changed" if any(each["occasion_key"] == key for each in made) else "same"
