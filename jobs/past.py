"""Which of the past checks can change, now that something they rest on is another. Judges none of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..docket import Docket, times
from ..docket.desk import Desk
from ..errors import CheckMissing
from ..moderation.shelf import Shelved, shelved
from ..rejudging import as_it_stands
from ..settings import Settings
from .again import changed
from .rescans import Because, Candidate, Plan, Rescans
from .revising import Now

if TYPE_CHECKING:
    from ..provenance import Record

PAGE = 200  # checks that are asked about at once
_OF: dict[Because, str] = {"trust": "manifests", "revoked": "revoked", "policy": "submitted"}

Row = dict[str, Any]


@dataclass(frozen=True)
class Estimate:
    """What a rescan would come to."""

    checks: int
    kept: int  # of these the media is still there
    seconds: float | None  # of one worker; None: nothing was measured yet
    examples: tuple[Candidate, ...]


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


def taken_back(options: Settings, check_id: str) -> tuple[Record, ...]:
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
    records = () if verdict is None else taken_back(options, check_id)
    return {
        one.manifest_id: one.status for one in records if verdict is not None and as_it_stands(verdict, one) != verdict
    }
