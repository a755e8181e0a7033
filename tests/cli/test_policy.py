"""`countermark policy`: check, test and show, as a person runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from countermark.errors import InputMissing, ModerationMissing, OverLimit, PackageMissing, PolicyInvalid
from countermark.moderation.policies import DEFAULTS
from countermark.tests.cli.command import run
from countermark.tests.recipes import clip


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A policy that comes along, copied as the page says."""
    for option, name in (((), "mine.yaml"), (("--cases",), "mine.cases.yaml")):
        shown = run(tmp_path, "policy", "show", "video-platform", *option)
        assert shown.code == 0, shown.err
        (tmp_path / name).write_text(shown.out)
    return tmp_path / "mine.yaml"


def test_what_comes_along_is_copied_checked_and_tried(copied: Path, tmp_path: Path) -> None:
    checked = run(tmp_path, "policy", "check", copied, "--json")
    (item,) = checked.report()["results"]
    assert (checked.code, item["policy"], item["rules"], item["live"], len(item["sha256"])) == (
        0,
        DEFAULTS[0],
        7,
        7,
        64,
    )
    tried = run(tmp_path, "policy", "test", copied)
    assert tried.code == 0 and "16 cases, 0 of them fail" in tried.out


def test_a_case_that_fails_ends_with_one_and_says_what_differs(copied: Path, tmp_path: Path) -> None:
    copied.write_text(copied.read_text().replace("at_most: 0.01", "at_most: 0.001"))
    tried = run(tmp_path, "policy", "test", copied)
    assert tried.code == 1 and "16 cases, 1 of them fail" in tried.out
    said = tried.out[tried.out.index("FAILS the detector is sure") :].splitlines()[1:4]
    assert said == [
        "    effect: expected actions, came review",
        "    actions: - label: Likely made with AI",
        "    held: - likely-synthetic",
    ]
    told = run(tmp_path, "policy", "test", copied, "--json").report()
    (failed,) = (one for one in told["results"] if one["differences"])
    assert (told["exit_code"], failed["name"], failed["queue"]) == (1, "the detector is sure", "detector")


def test_rules_that_no_case_reaches_are_named(copied: Path, tmp_path: Path) -> None:
    table = tmp_path / "one.yaml"
    table.write_text("cases: [{name: a, facts: {outcomes: [ai_generated]}, expect: {held: [proven-synthetic]}}]")
    tried = run(tmp_path, "policy", "test", copied, "--table", table)
    assert tried.code == 0 and "no case has these hold: declared-synthetic, likely-synthetic" in tried.out


def test_a_fault_is_one_line_with_its_place(copied: Path, tmp_path: Path) -> None:
    lines = copied.read_text().splitlines()
    line = next(at for at, text in enumerate(lines, 1) if "contains: conflict" in text)
    copied.write_text("\n".join(lines).replace("contains: conflict", "contains: conflicts"))
    checked = run(tmp_path, "policy", "check", copied)
    assert checked.code == PolicyInvalid.exit_code and checked.out == ""
    assert "rules[6].when.outcomes.contains: `outcomes` is never `conflicts`; did you mean `conflict`?" in checked.err
    assert f"mine.yaml: line {line}, " in checked.err and checked.err.count("\n") == 1


@pytest.mark.parametrize(
    ("bytes_", "error"), [(None, InputMissing), (b"\xff\xfe", PolicyInvalid), (b"#" * (256 * 1024 + 1), OverLimit)]
)
def test_what_is_no_policy_is_refused(tmp_path: Path, bytes_: bytes | None, error: type[PolicyInvalid]) -> None:
    file = tmp_path / "p.yaml"
    if bytes_ is not None:
        file.write_bytes(bytes_)
    for command in ("check", "test"):
        assert run(tmp_path, "policy", command, file).code == error.exit_code


def test_without_pyyaml_the_advice_says_what_to_do(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "yaml.py").write_text("raise ImportError('not here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "away"))
    checked = run(tmp_path, "policy", "check", copied)
    assert checked.code == PackageMissing.exit_code and "pip install pyyaml" in checked.err


def test_no_other_policy_comes_along(tmp_path: Path) -> None:
    shown = run(tmp_path, "policy", "show", "../../etc/passwd")
    assert shown.code == ModerationMissing.exit_code and "video-platform, newsroom, advertising" in shown.err


def test_saved_verdicts_are_tried(copied: Path, tmp_path: Path) -> None:
    film, report = clip(tmp_path / "film.mp4", size=(64, 48), seconds=0.3), tmp_path / "report.json"
    seen = run(tmp_path, "verify", film, tmp_path / "gone.mp4", "-o", report)
    assert report.exists(), seen.err
    tried = run(tmp_path, "policy", "test", copied, "--verdicts", report, "--json").report()["results"]
    assert [(one["effect"], one["queue"], one["actions"]) for one in tried] == [("review", "unsure", [])] * 2
    assert "likely-synthetic" in tried[0]["unsure"] and "proven-synthetic" not in tried[0]["unsure"]  # no detector here
    assert "proven-synthetic" in tried[1]["unsure"]  # nothing is known of what is not there
    report.write_text('{"results": [{"input": "a"}], "failures": []}')
    assert run(tmp_path, "policy", "test", copied, "--verdicts", report).code == PolicyInvalid.exit_code
    both = run(tmp_path, "policy", "test", copied, "--verdicts", report, "--table", report)
    assert both.code == 2
