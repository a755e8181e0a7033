"""Counts what a transparency report tells, from rows that may come without end: what it holds does not grow with them.

Pure: rows in, numbers out. `template` says where in the report they stand.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from ...errors import StatementInvalid
from . import fields
from .values import Source

TOTAL = "TOTAL"
About = Literal["restriction", "no_action", "no_action_trusted"]  # what a complaint is about
Answered = Literal["upheld", "partially_reversed", "reversed", "omitted", "open"]
_STEP = math.log1p(0.005)  # a median is known to half of this: a quarter of a hundredth


@dataclass(frozen=True)
class MeasureRow:
    """One decision that restricted an item."""

    source: Source
    illegal: bool  # by the law, or by the terms
    category: str
    keywords: tuple[str, ...]
    visibility: tuple[str, ...]
    automated_detection: bool
    automated_decision: str  # AUTOMATED_DECISION_…


@dataclass(frozen=True)
class NoticeRow:
    """One notice under Article 16."""

    category: str
    keywords: tuple[str, ...] = ()
    trusted: bool = False  # from a trusted flagger
    items: int = 1
    seconds: float | None = None  # from its receipt to the action; None: none was taken, or not yet
    on_law: int = 0  # actions
    on_terms: int = 0
    automated: bool | None = None  # processed by automated means alone, without any; None: by both


@dataclass(frozen=True)
class ComplaintRow:
    """One complaint, and what became of it."""

    about: About
    answered: Answered
    seconds: float | None = None  # from its receipt to the answer


@dataclass(frozen=True)
class SampleRow:
    """One automated judgement that a person looked at without knowing it."""

    source: Source
    flagged: bool  # what automated means said
    truly: bool  # what the person said


class Spread:
    """Lengths of time, of which the median is asked. Keeps how many are about as long as each other."""

    def __init__(self) -> None:
        """Begin with none."""
        self._counts: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """Take one; what is below no time at all is none."""
        self._counts[round(math.log1p(max(0.0, seconds)) / _STEP)] += 1

    @property
    def median(self) -> float | None:
        """Give the middle one in seconds, true to a quarter of a hundredth; None: there is none."""
        left = (sum(self._counts.values()) + 1) // 2
        for step in sorted(self._counts):
            left -= self._counts[step]
            if left <= 0:
                return math.expm1(step * _STEP)
        return None


@dataclass
class Measures:
    """Own-initiative measures of one category."""

    number: int = 0
    detected: int = 0  # by automated means alone
    visibility: Counter[str] = field(default_factory=Counter)


@dataclass
class Notices:
    """Notices of one category and kind of sender."""

    number: int = 0
    items: int = 0
    on_law: int = 0
    on_terms: int = 0
    times: Spread = field(default_factory=Spread)


@dataclass
class Complaints:
    """Complaints about one kind of decision."""

    number: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    times: Spread = field(default_factory=Spread)


@dataclass
class Machines:
    """What automated means did within one scope, and how often they were right."""

    solely: int = 0
    partly: int = 0
    without: int = 0
    sampled: Counter[tuple[bool, bool]] = field(default_factory=Counter)  # flagged, truly

    @property
    def accuracy(self) -> float | None:
        """Share of judgements that were right."""
        right = self.sampled[True, True] + self.sampled[False, False]
        return _share(right, sum(self.sampled.values()))

    @property
    def precision(self) -> float | None:
        """Share of what was flagged that it was right to flag."""
        return _share(self.sampled[True, True], self.sampled[True, True] + self.sampled[True, False])

    @property
    def recall(self) -> float | None:
        """Share of what was to be flagged that was."""
        return _share(self.sampled[True, True], self.sampled[True, True] + self.sampled[False, True])


@dataclass
class Report:
    """All numbers of one period; of each category, its keywords, and TOTAL."""

    illegal: dict[str, Measures] = field(default_factory=dict)
    terms: dict[str, Measures] = field(default_factory=dict)
    notices: dict[tuple[str, bool], Notices] = field(default_factory=dict)  # True: of trusted flaggers alone
    complaints: dict[str, Complaints] = field(default_factory=dict)
    measures: Machines = field(default_factory=Machines)
    own: Machines = field(default_factory=Machines)
    noticed: Machines = field(default_factory=Machines)
    trusted: Machines = field(default_factory=Machines)


def counted(
    measures: Iterable[MeasureRow] = (),
    notices: Iterable[NoticeRow] = (),
    complaints: Iterable[ComplaintRow] = (),
    samples: Iterable[SampleRow] = (),
) -> Report:
    """Count rows of one period, each of which is looked at once."""
    report = Report()
    for measure in measures:
        _measure(report, measure)
    for notice in notices:
        _notice(report, notice)
    for complaint in complaints:
        for about in (TOTAL, complaint.about):
            there = report.complaints.setdefault(about, Complaints())
            there.number += 1
            there.answers[complaint.answered] += 1
            if complaint.seconds is not None and complaint.answered != "open":
                there.times.add(complaint.seconds)
    for sample in samples:
        for machines in (report.measures, *_scopes(report, sample.source)):
            machines.sampled[sample.flagged, sample.truly] += 1
    return report


def _measure(report: Report, row: MeasureRow) -> None:
    own = row.source == "voluntary"
    for machines in (report.measures, *((report.own,) if own else ())):
        machines.solely += row.automated_decision == fields.FULLY
        machines.partly += row.automated_decision == fields.PARTIALLY
        machines.without += row.automated_decision == fields.NOT_AUTOMATED
    if not own:
        return
    table = report.illegal if row.illegal else report.terms
    for name in _names(row.category, row.keywords):
        there = table.setdefault(name, Measures())
        there.number += 1
        there.detected += row.automated_detection
        there.visibility.update(set(row.visibility))


def _notice(report: Report, row: NoticeRow) -> None:
    for name in _names(row.category, row.keywords):
        for trusted in (False, True)[: 1 + row.trusted]:
            there = report.notices.setdefault((name, trusted), Notices())
            there.number += 1
            there.items += row.items
            there.on_law += row.on_law
            there.on_terms += row.on_terms
            if row.seconds is not None:
                there.times.add(row.seconds)
    for machines in (report.noticed, report.trusted)[: 1 + row.trusted]:
        machines.solely += row.automated is True
        machines.partly += row.automated is None
        machines.without += row.automated is False


def _scopes(report: Report, source: Source) -> Iterator[Machines]:
    if source == "voluntary":
        yield report.own
    if source in ("article_16", "trusted_flagger"):
        yield report.noticed
    if source == "trusted_flagger":
        yield report.trusted


def _names(category: str, keywords: tuple[str, ...]) -> tuple[str, ...]:
    """Give the lines that a row counts in: all, its category, and of its keywords those of that category."""
    if category not in fields.KEYWORDS_OF:
        raise StatementInvalid("category says what is not in the database's list")
    own = dict.fromkeys(word for word in keywords if word in fields.KEYWORDS_OF[category])
    other = any(word not in own for word in keywords)
    return (TOTAL, category, *own, *((f"{category}/KEYWORD_OTHER",) if other else ()))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
