"""Made files with every kind of declaration, right and wrong, and what is found in each."""

from pathlib import Path

import pytest

from countermark.disclosure.declarations.examiner import DeclarationsExaminer
from countermark.evidence import DeclarationsDetails, evidence_from_json

from .cases import CASES


@pytest.mark.parametrize("name", CASES)
def test_each_file_is_found_to_declare_what_it_declares(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    file = case.make(tmp_path / f"made{case.suffix}")
    evidence = DeclarationsExaminer().examine(file, "0" * 64)
    details = evidence.details
    assert isinstance(details, DeclarationsDetails)
    assert tuple((one.says, one.form, one.field) for one in details.declarations) == case.said
    assert evidence.finding == ("present" if case.said else "absent")
    assert len(details.problems) == len(case.problems), details.problems
    for problem in case.problems:
        assert any(problem in line for line in details.problems), details.problems
    if case.generator:
        assert details.declarations[0].generator == case.generator
    _harmless(details)
    assert evidence_from_json([evidence.to_json()]) == (evidence,)


def _harmless(details: DeclarationsDetails) -> None:
    """Whatever a file holds: one line each, short, and neither a prompt nor a name of a person."""
    shown = [*details.problems, *(text for one in details.declarations for text in (one.field, one.value))]
    assert all(line.isprintable() and len(line) <= 320 for line in shown), shown
    assert not any("secret" in line or "Bloggs" in line for line in shown), shown
