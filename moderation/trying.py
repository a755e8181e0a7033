"""What a policy would have made of the past, and having it made so. Stands on verdicts as they are kept: looks at none.

Goes over a tenant's past in pages, so that memory stays flat however long it is. A backtest writes nothing. A
retroaction decides anew where something changes by it; it can be broken off and called again, and goes on.
"""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING, Literal

from ..docket import packing, times
from ..docket.desk import Desk
from ..errors import ModerationUnfit, PolicyInvalid, RegistryUnavailable
from ..settings import Settings
from . import recording
from .banking import Banking
from .deciding import Deciding
from .judging import Known
from .policies import Policy, facts, read, ruled
from .recording import Row
from .shelf import Shelved, shelved
from .values import Action, Effect, Item, Ruling, Submission

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

Was = Literal["undecided", "none", "actions", "review"]
PAGE = 200
MOST_RUN = 40  # letters of a run's name


@dataclass(frozen=True)
class Example:
    """One check of which something else would come."""

    check_id: str
    item: Item | None  # None: it was of no item
    was: tuple[Action, ...]
    now: tuple[Action, ...]
    rules: tuple[str, ...]  # that hold now


@dataclass(frozen=True)
class RuleCount:
    """Of how many checks a rule holds, and of how many nobody can say."""

    held: int = 0
    unsure: int = 0


@dataclass(frozen=True)
class ActionCount:
    """On how many an action is in force, and on how many it would be."""

    was: int = 0
    now: int = 0


@dataclass(frozen=True)
class Backtest:
    """What would change, held to what is in force."""

    looked: int
    changed: int
    overruled: int  # where people have decided, and it would decide otherwise: they would look again
    by_rule: Mapping[str, RuleCount]
    by_effect: Mapping[tuple[Was, Effect], int]  # what it was, and would be
    by_action: Mapping[str, ActionCount]
    harder: tuple[Example, ...]  # some of those that an action more would be taken on
    milder: tuple[Example, ...]  # some of those that one would be lifted from
    whole: bool  # False: there is more of the past than was asked for


@dataclass(frozen=True)
class Retroaction:
    """How far one has come."""

    looked: int
    changed: int
    over: bool


class Trying:
    """Tries policies on what was checked."""

    def __init__(self, options: Settings, *, clock: times.Clock = times.now, known: Known | None = None) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk = Desk(options, clock=clock)
        self._known = known or Banking(options, clock=clock).facts
        self._deciding = Deciding(options, clock=clock, known=self._known)

    def backtest(
        self,
        tenant_id: str,
        policy_id: str,
        text: str,
        *,
        since: str = "",
        until: str | None = None,
        limit: int = 10_000,
        examples: int = 10,
        most_s: float = inf,
    ) -> Backtest:
        """Say what would change if this text were live for all of a tenant's checks that it applies to.

        most_s: after which it comes back with what it has.
        """
        policy, counted, end = read(text, policy_id), _Counted(examples), time.monotonic() + most_s
        for page in self._pages(tenant_id, policy_id, since, until or self._desk.now()):
            if time.monotonic() > end:
                return counted.result(whole=False)
            for row, before in page:
                if counted.looked == limit or time.monotonic() > end:
                    return counted.result(whole=False)
                counted.add(*self._tried(policy, row), row["submission_id"] is not None, before)
        return counted.result(whole=True)

    def retroaction(
        self,
        tenant_id: str,
        policy_id: str,
        run: str,
        *,
        by: str,
        since: str = "",
        until: str | None = None,
        pages: int | None = None,
    ) -> Retroaction:
        """Decide anew on past submissions, under the version that is live, where something changes by it.

        run: the name of this one; called again with it, it goes on where it was. pages: it comes back after so many.
        """
        if not 0 < len(run) <= MOST_RUN:
            raise ModerationUnfit(f"a run has a name of 1 to {MOST_RUN} letters")
        from ..store import decision_rows

        place = self._begun(_Place(tenant_id, policy_id, since, until or self._desk.now()), run, by)
        while not place.over and pages != 0:
            place = self._went_on(place, run)
            pages = None if pages is None else pages - 1
        with self._desk.reading() as connection:
            of = (tenant_id, policy_id, _key(run))
            changed = 0 if connection is None else decision_rows.count_of(connection, *of)
        return Retroaction(place.looked, changed, place.over)

    def _begun(self, place: _Place, run: str, by: str) -> _Place:
        """Begin a run, or find where it was."""
        from ..store import followed_rows, ledger

        with self._desk.writing() as connection:
            kept = followed_rows.place(connection, _name(run))
            if kept is not None:
                found = _Place(**json.loads(kept))
                if (found.tenant_id, found.policy_id) != (place.tenant_id, place.policy_id):
                    raise ModerationUnfit(
                        f"a run called {run} is of another policy", advice="give it a name of its own"
                    )
                return found
            followed_rows.come(connection, _name(run), packing.json_of(vars(place)))
            body = {"tenant_id": place.tenant_id, "policy_id": place.policy_id, "run": run, "who": by}
            ledger.append(connection, "moderation.retroaction", body | {"since": place.since, "until": place.until})
            return place

    def _went_on(self, place: _Place, run: str) -> _Place:
        from ..store import decision_rows, followed_rows

        with self._desk.reading() as connection:
            span = (place.tenant_id, place.since, place.until, place.after)
            page = [] if connection is None else decision_rows.submitted(connection, *span, PAGE)
        for _, check_id in page:
            try:
                self._deciding.reconsider(check_id, place.policy_id, _key(run))
            except (RegistryUnavailable, PolicyInvalid):  # waited for; or the same for all
                raise
            except Exception:  # a verdict that this program can't read, say; what was decided stays
                log.exception("retroaction %s decides nothing about check %s", run, check_id)
        at, id = page[-1][0] if page else (place.at, place.id)
        place = replace(place, at=at, id=id, looked=place.looked + len(page), over=len(page) < PAGE)
        with self._desk.changing() as connection:
            followed_rows.come(connection, _name(run), packing.json_of(vars(place)))
        return place

    def _pages(self, tenant_id: str, policy_id: str, since: str, until: str) -> Iterator[_Page]:
        """Give the past of a tenant in pages: of each check that the policy applies to, the decisions under it."""
        from ..store import decision_rows

        after: tuple[str, str] | None = None
        while True:
            with self._desk.reading() as connection:
                if connection is None:
                    return
                policies = shelved(connection, tenant_id)
                rows = decision_rows.past(connection, tenant_id, since, until, after, PAGE)
                ids = [row["submission_id"] for row in rows if row["submission_id"] is not None]
                made = decision_rows.of_submissions(connection, ids) if ids else []
            before: dict[str, list[Row]] = {}
            for one in made:
                if one["policy_id"] == policy_id:
                    before.setdefault(one["submission_id"], []).append(one)
            yield [
                (row, before.get(row["submission_id"], []))
                for row in rows
                if _applies(policies, policy_id, json.loads(row["options"]).get("policy_id"))
            ]
            if len(rows) < PAGE:
                return
            after = (rows[-1]["created_at"], rows[-1]["id"])

    def _tried(self, policy: Policy, row: Row) -> tuple[Submission, Ruling]:
        submission = _submission(row)
        verdict = None if row["verdict"] is None else packing.revision(row).verdict
        failed = None if row["error"] is None else json.loads(row["error"])["type"]
        known = self._known(submission, verdict)
        return submission, ruled(policy, facts(verdict, submission, failed=failed, extra=known), "LIVE")


def progress(connection: Connection, tenant_id: str, policy_id: str, run: str) -> tuple[int, int]:
    """Say how many submissions a retroaction has looked at so far, and how many decisions it brought."""
    from ..store import decision_rows, followed_rows

    kept = followed_rows.place(connection, _name(run))
    looked = 0 if kept is None else int(json.loads(kept)["looked"])
    return looked, decision_rows.count_of(connection, tenant_id, policy_id, _key(run))


@dataclass(frozen=True)
class _Place:
    """How far a retroaction is, as it is kept."""

    tenant_id: str
    policy_id: str
    since: str
    until: str
    at: str = ""
    id: str = ""
    looked: int = 0
    over: bool = False

    @property
    def after(self) -> tuple[str, str] | None:
        return (self.at, self.id) if self.at else None


_Page = Sequence[tuple[Row, Sequence[Row]]]


@dataclass
class _Counted:
    """What a backtest has seen so far; of a fixed size, but for what rules there are."""

    examples: int
    looked: int = 0
    changed: int = 0
    overruled: int = 0
    held: Counter[str] = field(default_factory=Counter)
    unsure: Counter[str] = field(default_factory=Counter)
    effects: Counter[tuple[Was, Effect]] = field(default_factory=Counter)
    was: Counter[str] = field(default_factory=Counter)
    now: Counter[str] = field(default_factory=Counter)
    harder: list[Example] = field(default_factory=list)
    milder: list[Example] = field(default_factory=list)

    def add(self, submission: Submission, ruling: Ruling, of_item: bool, before: Sequence[Row]) -> None:
        """Count one check."""
        self.looked += 1
        self.held.update(one.rule for one in (*ruling.held, *ruling.background))
        self.unsure.update(one.rule for one in (*ruling.unsure, *ruling.background_unsure))
        was, effect = _was(before), ruling.effect
        in_force = recording.standing(before)
        old = recording.actions_of(in_force) if in_force is not None else ()
        # While people look, what is in force stays so.
        new = ruling.actions if effect != "review" else old
        if recording.overruled(before):
            differs = effect != "review" and new != old
            self.overruled += differs
            effect, new = "review" if differs else "actions" if old else "none", old
        self.effects[was, effect] += 1
        self.changed += (was, old) != (effect, new)
        self.was.update(one.kind for one in old)
        self.now.update(one.kind for one in new)
        item = submission.item if of_item else None
        one = Example(submission.check_id, item, old, new, tuple(held.rule for held in ruling.held))
        if set(new) - set(old) and len(self.harder) < self.examples:
            self.harder.append(one)
        if set(old) - set(new) and len(self.milder) < self.examples:
            self.milder.append(one)

    def result(self, whole: bool) -> Backtest:
        """Give what came of it."""
        rules = sorted({*self.held, *self.unsure})
        kinds = sorted({*self.was, *self.now})
        return Backtest(
            looked=self.looked,
            changed=self.changed,
            overruled=self.overruled,
            by_rule={id: RuleCount(self.held[id], self.unsure[id]) for id in rules},
            by_effect=dict(self.effects),
            by_action={kind: ActionCount(self.was[kind], self.now[kind]) for kind in kinds},
            harder=tuple(self.harder),
            milder=tuple(self.milder),
            whole=whole,
        )


def _was(before: Sequence[Row]) -> Was:
    live = [one for one in before if one["side"] == "live" and one["undone_at"] is None]
    if not live:
        return "undecided"
    if not live[-1]["standing"]:
        return "review"
    return "actions" if recording.actions_of(live[-1]) else "none"


def _applies(policies: Sequence[Shelved], policy_id: str, named: str | None) -> bool:
    """Say whether a policy is the one that a check names, or for all that name none; one that is new is for all."""
    if named is not None and named in (policy_id, *(one.policy_id for one in policies)):
        return named == policy_id
    return all(one.by_default for one in policies if one.policy_id == policy_id)


def _submission(row: Row) -> Submission:
    """Give what was submitted; a check of no item stands for itself."""
    if row["submission_id"] is not None:
        prefix = "submission_"
        plain = {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}
        return recording.submission({**plain, "content_hash": row["content_hash"]})
    said = json.loads(row["options"]).get("metadata", {})
    item = Item(row["id"], "check")
    return Submission("", row["tenant_id"], item, row["id"], row["created_at"], row["content_hash"], said)


def _name(run: str) -> str:
    return f"retroaction {run}"


def _key(run: str) -> str:
    return f"policy {run}"
