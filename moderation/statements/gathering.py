"""What statements, notices and reports are made of, gathered from what is kept: grounds, facts, and rows to count.

A source is the gravest kind of notice that had come about a submission before its decision; none: the platform itself.
What restricts without a ground counts under the terms, as another violation of them. Writes only what is laid down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from ...docket import times
from ...docket.desk import Desk
from ...docket.opening import read as read_check
from ...errors import CheckMissing, ModerationMissing, PolicyInvalid, StatementInvalid
from ...settings import Settings
from ...verdict import Outcome, Verdict
from .. import recording
from ..judging import read_once
from ..policies import Ground, Policy
from ..values import Decision, Item, Submission
from . import fields
from .building import automated, built, detected_by_automated_means, held_of, visibility
from .counting import ComplaintRow, MeasureRow, NoticeRow, Report, SampleRow, counted
from .language import Language
from .laying import laid
from .values import ItemFacts, Kept, Source, Statement

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PAGE = 500
_SOURCES: tuple[tuple[str, Source], ...] = (  # the first that is there
    ("trusted_flagger", "trusted_flagger"),
    ("article_16", "article_16"),
    ("other", "other_notification"),
)
_FLAGGED: frozenset[Outcome] = frozenset({"altered", "ai_generated", "likely_manipulated", "likely_ai", "declared_ai"})
_CLEAR = ("synthetic", "manipulated", "genuine")
_NO_GROUND = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
_UNSAID = "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"
Row = Mapping[str, Any]
Page = Callable[["Connection", str, str, str, tuple[str, str], int], list[dict[str, Any]]]


class Gathering:
    """What is gathered for the statements of a service."""

    def __init__(self, options: Settings, *, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk = Desk(options, clock=clock)

    def ground(self, decision: Decision) -> Ground | None:
        """Give the ground of the rule by which was acted; of what people decided otherwise, that of rules that do so.

        None: it names none, or people acted under no policy. StatementInvalid: several would fit.
        """
        with self._desk.reading() as connection:
            return None if connection is None else _ground(connection, decision)

    def facts(self, decision: Decision) -> ItemFacts:
        """Give what is known of the item beside the decision."""
        with self._desk.reading() as connection:
            if connection is None:
                return ItemFacts()
            verdict = _verdict(connection, decision)
            source = _source(connection, decision.submission.id, decision.made_at)
        found = () if verdict is None else (verdict.meaning,)
        return ItemFacts(source=source, found=found, synthetic=verdict is None or verdict.outcome in _FLAGGED)

    def statement(self, decision: Decision, language: Language = "en") -> Statement:
        """Make the statement of a decision; StatementInvalid says what is missing, or that none is owed."""
        ground = self.ground(decision)
        if ground is None and decision.actions and not decision.background and decision.undone_at is None:
            raise StatementInvalid(
                "the rule by which was acted names no ground",
                advice="set `ground` in the policy's rule: kind, reference, explanation, category",
            )
        return built(decision, ground or Ground("incompatible", "", ""), self.facts(decision), language)

    def lay(self, decision: Decision, language: Language = "en") -> Kept:
        """Make the statement of a decision and lay it down, to be sent; one that is laid stays as it is."""
        from ...store import statement_rows

        with self._desk.reading() as connection:
            there = None if connection is None else statement_rows.one(connection, decision.id)
        if there is not None:  # what is known may be other by now, and the statement was made of what was known then
            return Kept(**there)
        statement = self.statement(decision, language)
        with self._desk.writing() as connection:
            return laid(connection, decision, statement, self._desk.now())

    def report(self, tenant_id: str, first: date, last: date) -> Report:
        """Count what a tenant decided, was told and answered from one day to another."""
        from ...store import statement_rows

        since, until = _start(first), _start(last + timedelta(days=1))
        with self._desk.reading() as connection:
            if connection is None:
                return counted()

            def rows(page: Page, at: str) -> Iterator[dict[str, Any]]:
                after = ("", "")
                while found := page(connection, tenant_id, since, until, after, _PAGE):
                    yield from found
                    after = (found[-1][at], found[-1]["id"])

            return counted(
                _measures(connection, rows(statement_rows.measures, "made_at")),
                _notices(connection, rows(statement_rows.noticed, "made_at")),
                map(_complaint, rows(statement_rows.appealed, "at")),
                _samples(connection, tenant_id, since, until),
            )


def _start(day: date) -> str:
    return times.written(datetime.combine(day, time(), UTC))


# Of one decision -----------------------------------------------------------------------------------------------------


def _ground(connection: Connection, decision: Decision) -> Ground | None:
    """Give the ground of the rules by which was acted; of what people decided otherwise, that of rules that do so."""
    policy = _policy(connection, decision.tenant_id, decision.policy_id, decision.policy_version)
    if policy is None:
        return None
    held = (policy.rule(one.rule) for one in held_of(decision))
    acting = next((rule.ground for rule in held if rule is not None and rule.ground is not None), None)
    if acting is not None or decision.automated:
        return acting
    like = {one.ground for one in policy.rules if one.ground is not None and set(one.actions) & set(decision.actions)}
    if len(like) > 1:
        raise StatementInvalid("several grounds would fit what people decided", advice="name one in its rule")
    return next(iter(like), None)


def _ground_counted(connection: Connection, decision: Decision) -> Ground | None:
    """Give the same for a report, which counts under no ground what has no one ground."""
    try:
        return _ground(connection, decision)
    except StatementInvalid:
        return None


def _policy(connection: Connection, tenant_id: str, policy_id: str, number: int) -> Policy | None:
    from ...store import policy_rows

    row = policy_rows.version(connection, tenant_id, policy_id, number) if policy_id else None
    try:
        return None if row is None else read_once(row["document"], policy_id)
    except PolicyInvalid:  # of a version of this program that read more
        return None


def _source(connection: Connection, submission_id: str, until: str) -> Source:
    from ...store import statement_rows

    kinds = statement_rows.noticed_before(connection, submission_id, until)
    return next((source for kind, source in _SOURCES if kind in kinds), "voluntary")


def _verdict(connection: Connection, decision: Decision) -> Verdict | None:
    """Give the verdict that a decision rests on; None: the check failed, or its record is gone."""
    try:
        check = read_check(connection, decision.submission.check_id)
    except (CheckMissing, ModerationMissing):
        return None
    return next((one.verdict for one in check.revisions if one.number == decision.revision), None)


# Of a period ---------------------------------------------------------------------------------------------------------


def _measures(connection: Connection, rows: Iterator[dict[str, Any]]) -> Iterator[MeasureRow]:
    for row in rows:
        decision = recording.decision(row, _submission(row))
        if not decision.actions:
            continue
        ground, source = (
            _ground_counted(connection, decision),
            _source(connection, row["submission_id"], row["made_at"]),
        )
        yield MeasureRow(
            source=source,
            illegal=ground is not None and ground.kind == "illegal",
            category=_category(ground),
            keywords=() if ground is None else ground.keywords,
            visibility=tuple(visibility(action) for action in decision.actions),
            automated_detection=detected_by_automated_means(decision, source),
            automated_decision=automated(decision),
        )


def _submission(row: Row) -> Submission:
    of = {name.removeprefix("submitted_"): value for name, value in row.items() if name.startswith("submitted_")}
    return Submission(of["id"], of["tenant_id"], Item(of["item_id"], of["item_type"]), of["of_check"], of["at"], None)


def _category(ground: Ground | None) -> str:
    return ground.category if ground is not None and ground.category in fields.KEYWORDS_OF else _NO_GROUND


def _notices(connection: Connection, rows: Iterator[dict[str, Any]]) -> Iterator[NoticeRow]:
    for row in rows:
        on_law = on_terms = 0
        seconds, by_both = None, False
        if row["decision_id"] is not None and row["decision_undone_at"] is None:
            of = {name.removeprefix("decision_"): value for name, value in row.items() if name.startswith("decision_")}
            decision = recording.decision(of, _submission(row))
            by_both = bool(decision.ruling.held)
            if decision.actions:
                ground = _ground_counted(connection, decision)
                on_law = int(ground is not None and ground.kind == "illegal")
                on_terms = 1 - on_law
                seconds = times.between(row["made_at"], row["decision_effective_at"])
        yield NoticeRow(
            category=row["category"] if row["category"] in fields.KEYWORDS_OF else _UNSAID,
            trusted=row["kind"] == "trusted_flagger",
            seconds=seconds,
            on_law=on_law,
            on_terms=on_terms,
            automated=None if by_both else False,
        )


def _complaint(row: Row) -> ComplaintRow:
    if row["side"] == "uploader":
        about = "restriction"
    else:
        about = "no_action_trusted" if row["kind"] == "trusted_flagger" else "no_action"
    answered = {None: "open", "ACCEPT": "reversed", "REJECT": "upheld"}[row["answer"]]
    seconds = None if row["answered_at"] is None else times.between(row["at"], row["answered_at"])
    return ComplaintRow(about, answered, seconds)  # type: ignore[arg-type]


def _samples(connection: Connection, tenant_id: str, since: str, until: str) -> Iterator[SampleRow]:
    from ...store import review_rows

    for row in review_rows.settled(connection, tenant_id, since, until):
        if row["kind"] == "blind" and row["outcome"] is not None and row["finding"] in _CLEAR:
            yield SampleRow("voluntary", row["outcome"] in _FLAGGED, row["finding"] != "genuine")
