"""The transparency report in the form of Implementing Regulation (EU) 2024/2835, as far as its numbers are known here.

Parts 4 to 8 of the quantitative template: notices, own initiative by law and by terms, complaints, automated means. An
empty cell is a number that is not known here; 0 was counted. What the platform alone knows (orders, people, recipients,
what it tells in words) is its own to add. Columns are the template's, with its own spaces at their ends.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ...errors import StatementInvalid
from ...outputs import check_output, release, staged, translated
from . import fields
from .counting import TOTAL, Complaints, Machines, Measures, Notices, Report

Cells = tuple[str, ...]
HOSTS = "Only for providers of hosting services, including online platforms"
PLATFORMS = "Only for providers of online platforms"
ALL = "All"

_FRONT = ("Applicability", "Service", "Reporting period")
_OTHER = 'Description of the sub-category "Other"'
_TRUSTED = "(Trusted Flagger notices)"
_NOTICES = (
    "Number of notices received ",
    "Number of notices received from Trusted flaggers",
    "Number of specific items of information included in the total number of notices",
    "Number of specific items of information included in the total number of notices by Trusted Flaggers " + _TRUSTED,
    "Median time to take action",
    "Median time to take action " + _TRUSTED,
    "Number of actions taken on the basis of the law",
    "Number of actions taken on the basis of the law " + _TRUSTED,
    "Number of actions taken on the basis of the terms and conditions of the service",
    "Number of actions taken on the basis of the terms and conditions of the service " + _TRUSTED,
)
_VISIBILITY = {
    "Visibility restriction Removal": fields.REMOVED,
    "Visibility restriction Disable": fields.DISABLED,
    "Visibility restriction Demoted": fields.DEMOTED,
    "Visibility restriction Age restricted": fields.AGE_RESTRICTED,
    "Visibility restriction Interaction restricted": fields.INTERACTION_RESTRICTED,
    "Visibility restriction Labelled ": fields.LABELLED,
    "Visibility restriction Other": fields.OTHER,
}
_NOT_OURS = (
    "Monetary restriction Suspension", "Monetary restriction Termination", "Monetary restriction Other",
    "Provision of the service Suspension", "Provision of the service Termination", "Account restriction Suspension",
    "Account restriction Termination",
)  # fmt: skip
_OWN = (
    "Number of measures taken at the provider's own initiative ",
    "Number of measures taken after detection with solely automated means ",
    *_VISIBILITY,
    *_NOT_OURS,
)
_LINES: Cells = (*_FRONT, "Section", "Indicator", "Scope", "Value", "Contextual Information")

_COMPLAINTS = "Internal complaints mechanism"
_REFUSED = "Complaint regarding a decision not to take action on a notice submitted"
_ABOUT = {
    TOTAL: "Number of complaints submitted to the internal-complaints mechanism",
    "restriction": (
        "Complaint regarding a decision to remove or disable access to or restrict visibility of information"
    ),
    "no_action": f"{_REFUSED} in accordance with Article 16",
    "no_action_trusted": f"{_REFUSED} by a Trusted Flagger in accordance with Article 16",
}
_ANSWERS = {
    "Decisions upheld": "upheld",
    "Decisions partially reversed": "partially_reversed",
    "Decisions reversed": "reversed",
    "Decision omitted": "omitted",
}
_MEANS = "Use of automated means for content moderation"


@dataclass(frozen=True)
class Period:
    """What a report is of."""

    service: str
    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse what is no period, and a name that a spreadsheet would run."""
        if self.first > self.last:
            raise StatementInvalid("a report's period ends before it begins")
        if not self.service.strip() or self.service[0] in "=+-@\t\r":
            raise StatementInvalid("a report names its service, in words that do not begin like a formula")

    @property
    def words(self) -> str:
        """As the template writes it."""
        return f"{self.first.isoformat()}/{self.last.isoformat()}"


@dataclass(frozen=True)
class Table:
    """One file of a report."""

    name: str
    header: Cells
    rows: Iterable[Cells]


def tables(report: Report, period: Period) -> tuple[Table, ...]:
    """Give the parts that are known here, in the template's order; rows come as they are read."""
    by_law = "Category of illegal content"
    by_terms = "Category of incompatibility with the provider's terms and conditions"
    return (
        Table("4_notices.csv", _wide(by_law, _NOTICES, "information"), _notices(report, period)),
        Table("5_own_initiative_illegal.csv", _wide(by_law, _OWN, "Information"), _own(report.illegal, period)),
        Table("6_own_initiative_TC.csv", _wide(by_terms, _OWN, "Information"), _own(report.terms, period)),
        Table("7_appeals_and_recidivism.csv", _LINES, _complaints(report, period)),
        Table("8_automated_means.csv", _LINES, _means(report, period)),
    )


def write(report: Report, period: Period, folder: Path, force: bool = False) -> tuple[Path, ...]:
    """Write the parts into a folder that is there, each whole or not at all; UTF-8, and lines as RFC 4180 has them."""
    paths = []
    for table in tables(report, period):
        target = folder / table.name
        check_output(target, (), force)
        with staged(target) as name, translated(target):
            part = name(target.suffix)
            with part.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)  # ends lines by CR and LF, quotes where it must
                writer.writerow(table.header)
                writer.writerows(table.rows)
            release(part, target, force=force)
        paths.append(target)
    return tuple(paths)


def _wide(category: str, columns: Cells, letter: str) -> Cells:
    return (*_FRONT, category, _OTHER, *columns, *(f"Contextual {letter} on {column}" for column in columns))


def _categories() -> Iterator[tuple[str, str]]:
    """Give key and name of each line: all, then each category with its keywords."""
    yield TOTAL, TOTAL
    for category, keywords in fields.KEYWORDS_OF.items():
        yield category, category
        yield from ((keyword, keyword) for keyword in keywords)
        if keywords:
            yield f"{category}/KEYWORD_OTHER", "KEYWORD_OTHER"


def _notices(report: Report, period: Period) -> Iterator[Cells]:
    for key, name in _categories():
        every = report.notices.get((key, False), Notices())
        trusted = report.notices.get((key, True), Notices())
        pairs = [
            (str(every.number), str(trusted.number)),
            (str(every.items), str(trusted.items)),
            (_hours(every.times.median), _hours(trusted.times.median)),
            (str(every.on_law), str(trusted.on_law)),
            (str(every.on_terms), str(trusted.on_terms)),
        ]
        cells = [cell for pair in pairs for cell in pair]
        yield (HOSTS, period.service, period.words, name, "", *cells, *("" for _ in _NOTICES))


def _own(measures: dict[str, Measures], period: Period) -> Iterator[Cells]:
    for key, name in _categories():
        if name == "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE":
            continue  # only notices can fail to say it
        one = measures.get(key, Measures())
        cells = [str(one.number), str(one.detected), *(str(one.visibility[kind]) for kind in _VISIBILITY.values())]
        yield (ALL, period.service, period.words, name, "", *cells, *("" for _ in (*_NOT_OURS, *_OWN)))


def _complaints(report: Report, period: Period) -> Iterator[Cells]:
    for about, indicator in _ABOUT.items():
        one = report.complaints.get(about, Complaints())
        still = f"{one.answers['open']} not yet answered" if one.answers["open"] else ""
        scopes = {
            "Total number": str(one.number),
            **{scope: str(one.answers[answer]) for scope, answer in _ANSWERS.items()},
            "Median time": _hours(one.times.median),
        }
        for scope, value in scopes.items():
            context = still if scope == "Total number" else ""
            yield (PLATFORMS, period.service, period.words, _COMPLAINTS, indicator, scope, value, context)


def _means(report: Report, period: Period) -> Iterator[Cells]:
    scopes: tuple[tuple[str, str, str, str, Machines], ...] = (
        (ALL, "Total number", "measures", "taken", report.measures),
        (ALL, "Own-initiative", "measures", "taken", report.own),
        (HOSTS, "NAM Total", "notices", "processed", report.noticed),
        (PLATFORMS, "NAM Trusted Flagger", "notices", "processed", report.trusted),
    )
    for who, scope, things, done, one in scopes:
        partly = f"{one.partly} {done} partly by automated means, counted in neither" if one.partly else ""
        looked = f"of {sum(one.sampled.values())} judgements that people looked at" if one.sampled else ""
        for indicator, value, context in (
            (f"Number of {things} solely {done} by automated means", str(one.solely), partly),
            (f"Number of {things} not {done} by automated means", str(one.without), partly),
            ("Accuracy of the automated means - Accuracy", _rate(one.accuracy), looked),
            ("Accuracy of the automated means - Precision", _rate(one.precision), looked),
            ("Accuracy of the automated means - Recall", _rate(one.recall), looked),
        ):
            yield (who, period.service, period.words, _MEANS, indicator, scope, value, context)


def _hours(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / 3600:.2f}"


def _rate(share: float | None) -> str:
    return "" if share is None else f"{share:.4f}"
