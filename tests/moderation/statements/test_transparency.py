"""The transparency report: what is counted where, that medians hold, and that memory does not grow with the rows."""

from __future__ import annotations

import csv
import io
import statistics
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countermark.errors import OutputExists, StatementInvalid
from countermark.moderation.statements import (
    ComplaintRow,
    MeasureRow,
    NoticeRow,
    Period,
    Report,
    SampleRow,
    counted,
    fields,
    tables,
    write,
)
from countermark.moderation.statements.counting import Spread

CYBER, TERMS = "STATEMENT_CATEGORY_CYBER_VIOLENCE", "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
DEEPFAKE = "KEYWORD_NON_CONSENSUAL_MATERIAL_DEEPFAKE"
PERIOD = Period("Example Video", date(2026, 1, 1), date(2026, 12, 31))
MEASURES = (
    MeasureRow("voluntary", True, CYBER, (DEEPFAKE,), (fields.REMOVED,), True, fields.FULLY),
    MeasureRow("voluntary", False, TERMS, (), (fields.LABELLED, fields.DEMOTED), True, fields.PARTIALLY),
    MeasureRow("voluntary", False, TERMS, (), (fields.LABELLED,), False, fields.NOT_AUTOMATED),
    MeasureRow("article_16", True, CYBER, (DEEPFAKE,), (fields.DISABLED,), False, fields.NOT_AUTOMATED),
)
NOTICES = (
    NoticeRow(CYBER, (DEEPFAKE,), seconds=3600.0, on_law=1, automated=False),
    NoticeRow(CYBER, (DEEPFAKE,), trusted=True, items=3, seconds=7200.0, on_law=2, on_terms=1, automated=True),
    NoticeRow("STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"),
)
COMPLAINTS = (
    ComplaintRow("restriction", "upheld", 86400.0),
    ComplaintRow("restriction", "reversed", 86400.0),
    ComplaintRow("no_action", "open"),
)
SAMPLES = (
    *(SampleRow("voluntary", True, True),) * 8,
    *(SampleRow("voluntary", True, False),) * 2,
    *(SampleRow("voluntary", False, True),) * 1,
    *(SampleRow("trusted_flagger", False, False),) * 9,
)


@pytest.fixture
def report() -> Report:
    return counted(MEASURES, NOTICES, COMPLAINTS, SAMPLES)


def lines(report: Report, number: int) -> list[dict[str, str]]:
    (table,) = [one for one in tables(report, PERIOD) if one.name.startswith(f"{number}_")]
    return [dict(zip(table.header, row, strict=True)) for row in table.rows]


def of(found: list[dict[str, str]], column: str, name: str) -> dict[str, str]:
    return next(line for line in found if line[column] == name)


def test_own_measures_stand_by_ground_category_and_kind(report: Report) -> None:
    illegal, terms = lines(report, 5), lines(report, 6)
    for name in ("TOTAL", CYBER, DEEPFAKE):
        line = of(illegal, "Category of illegal content", name)
        assert line["Number of measures taken at the provider's own initiative "] == "1"  # not the one after a notice
        assert line["Number of measures taken after detection with solely automated means "] == "1"
        assert (line["Visibility restriction Removal"], line["Visibility restriction Disable"]) == ("1", "0")
    line = of(terms, "Category of incompatibility with the provider's terms and conditions", "TOTAL")
    assert line["Number of measures taken at the provider's own initiative "] == "2"
    assert line["Number of measures taken after detection with solely automated means "] == "1"
    assert (line["Visibility restriction Labelled "], line["Visibility restriction Demoted"]) == ("2", "1")
    assert line["Monetary restriction Suspension"] == ""  # not known here, which is not 0
    assert line["Reporting period"] == "2026-01-01/2026-12-31" and line["Service"] == "Example Video"


def test_notices_stand_by_source_with_median_times(report: Report) -> None:
    line = of(lines(report, 4), "Category of illegal content", CYBER)
    assert line["Number of notices received "] == "2"
    assert line["Number of notices received from Trusted flaggers"] == "1"
    items = "Number of specific items of information included in the total number of notices"
    assert (line[items], line[f"{items} by Trusted Flaggers (Trusted Flagger notices)"]) == ("4", "3")
    assert float(line["Median time to take action"]) == pytest.approx(1.0, rel=0.01)
    assert float(line["Median time to take action (Trusted Flagger notices)"]) == pytest.approx(2.0, rel=0.01)
    law, terms = (
        "Number of actions taken on the basis of the " + of for of in ("law", "terms and conditions of the service")
    )
    assert (line[law], line[f"{law} (Trusted Flagger notices)"], line[terms]) == ("3", "2", "1")
    nothing = of(lines(report, 4), "Category of illegal content", "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE")
    assert nothing["Number of notices received "] == "1" and nothing["Median time to take action"] == ""
    assert of(lines(report, 4), "Category of illegal content", "TOTAL")["Number of notices received "] == "3"


def test_complaints_stand_with_what_became_of_them(report: Report) -> None:
    found = {(line["Indicator"][:40], line["Scope"]): line for line in lines(report, 7)}
    total = "Number of complaints submitted to the in"
    about = "Complaint regarding a decision to remove"
    assert found[total, "Total number"]["Value"] == "3"
    assert found[total, "Total number"]["Contextual Information"] == "1 not yet answered"
    for scope, value in {
        "Total number": "2", "Decisions upheld": "1", "Decisions reversed": "1", "Decisions partially reversed": "0"
    }.items():  # fmt: skip
        assert found[about, scope]["Value"] == value
    assert float(found[about, "Median time"]["Value"]) == pytest.approx(24, rel=0.01)


def test_automated_means_stand_with_how_often_they_are_right(report: Report) -> None:
    found = {(line["Scope"], line["Indicator"]): line["Value"] for line in lines(report, 8)}
    means = "Accuracy of the automated means - "
    assert found["Total number", "Number of measures solely taken by automated means"] == "1"
    assert found["Total number", "Number of measures not taken by automated means"] == "2"
    assert found["Own-initiative", "Number of measures not taken by automated means"] == "1"
    assert found["Own-initiative", means + "Precision"] == "0.8000"
    assert found["Own-initiative", means + "Recall"] == "0.8889"
    assert found["Own-initiative", means + "Accuracy"] == "0.7273"
    assert found["Total number", means + "Accuracy"] == "0.8500"
    assert found["NAM Trusted Flagger", "Number of notices solely processed by automated means"] == "1"
    assert found["NAM Total", "Number of notices not processed by automated means"] == "1"
    assert found["NAM Total", means + "Precision"] == ""  # nothing was flagged
    partly = of(lines(report, 8), "Scope", "Total number")["Contextual Information"]
    assert partly.startswith("1 taken partly")


def test_every_category_and_keyword_has_one_line_also_where_nothing_was_counted() -> None:
    empty = counted()
    for number, column in ((4, "Category of illegal content"), (5, "Category of illegal content")):
        names = [line[column] for line in lines(empty, number) if line[column] != "KEYWORD_OTHER"]
        assert len(names) == len(set(names)) and names[0] == "TOTAL"
        missing = {"STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"} if number == 5 else set()
        assert set(fields.CATEGORIES) - set(names) == missing
    assert {line["Number of notices received "] for line in lines(empty, 4)} == {"0"}
    assert [len(table.header) for table in tables(empty, PERIOD)] == [25, 37, 37, 8, 8]


def test_a_keyword_of_another_category_counts_as_other() -> None:
    found = counted([MeasureRow("voluntary", False, TERMS, (DEEPFAKE,), (), True, fields.FULLY)])
    assert set(found.terms) == {"TOTAL", TERMS, f"{TERMS}/KEYWORD_OTHER"}


def test_an_unknown_category_is_not_counted_away() -> None:
    with pytest.raises(StatementInvalid, match="category"):
        counted([MeasureRow("voluntary", False, "STATEMENT_CATEGORY_X", (), (), True, fields.FULLY)])


def test_files_are_written_whole_as_rfc_4180_has_them(report: Report, tmp_path: Path) -> None:
    paths = write(report, PERIOD, tmp_path)
    assert [path.name for path in paths] == [
        "4_notices.csv", "5_own_initiative_illegal.csv", "6_own_initiative_TC.csv", "7_appeals_and_recidivism.csv",
        "8_automated_means.csv",
    ]  # fmt: skip
    for path, table in zip(paths, tables(report, PERIOD), strict=True):
        content = path.read_bytes().decode("utf-8")
        assert content.count("\r\n") == content.count("\n") and not content.startswith("\ufeff")
        assert [tuple(row) for row in csv.reader(io.StringIO(content, newline=""))] == [table.header, *table.rows]
    with pytest.raises(OutputExists):
        write(report, PERIOD, tmp_path)
    assert write(report, PERIOD, tmp_path, force=True) == paths
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize("name", ["=1+1", "+x", "-x", "@x", " "])
def test_a_service_is_no_formula(name: str) -> None:
    with pytest.raises(StatementInvalid):
        Period(name, date(2026, 1, 1), date(2026, 12, 31))


def test_a_period_ends_after_it_begins() -> None:
    with pytest.raises(StatementInvalid):
        Period("Example", date(2026, 2, 1), date(2026, 1, 1))


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=99).filter(lambda many: len(many) % 2 == 1))
def test_a_median_is_true_to_a_hundredth(many: list[float]) -> None:
    spread = Spread()
    for seconds in many:
        spread.add(seconds)
    assert spread.median == pytest.approx(statistics.median(many), rel=0.01, abs=0.01)


def test_memory_does_not_grow_with_rows() -> None:
    def notices(number: int) -> Iterator[NoticeRow]:
        for n in range(number):
            yield NoticeRow(CYBER, (DEEPFAKE,), trusted=n % 2 == 0, seconds=float(n * 7919 % 10_000_000))

    peaks = []
    for number in (20_000, 60_000):
        tracemalloc.start()
        assert counted(notices=notices(number)).notices["TOTAL", False].number == number
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] < 4 << 20
