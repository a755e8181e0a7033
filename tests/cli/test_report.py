"""JSON reports: one schema, kept in docs/, that every command's output fits."""

import json
from pathlib import Path

import jsonschema
import pytest

from scripts.write_schema import TARGET, text
from tests import recipes
from tests.cli.command import run

SCHEMA = json.loads(TARGET.read_text())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    recipes.clip(folder / "clip.mp4", audio=True)
    (folder / "clips").mkdir()
    recipes.clip(folder / "clips" / "one.mp4", size=(640, 480), seed=1)
    (folder / "clips" / "two.mp4").write_text("no clip")
    assert run(folder, "keys", "init", "-q").code == 0
    assert run(folder, "stamp", "clip.mp4", "-q").code == 0
    return folder


def test_the_kept_schema_is_that_of_the_classes() -> None:
    assert TARGET.read_text() == text(), "run `python -m scripts.write_schema`"


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (("verify", "clip.stamped.mp4", "clip.mp4"), "verify"),
        (("watermark", "extract", "clip.stamped.mp4"), "extract"),
        (("stamp", "clip.mp4", "-o", "again.mp4", "--force"), "stamp"),
        (("generate", "the sea", "--seconds", "0.5", "--size", "320x240", "--force"), "stamp"),
        (("keys", "show"), "key"),
        (("keys", "init", "--force"), "key"),
        (("keys", "mark", "new"), "mark_key"),
        (("trust", "list"), "anchor"),
        (("registry", "list"), "record"),
        (("ledger", "verify"), "ledger"),
        (("ledger", "list"), "ledger_line"),
        (("config", "show"), "setting"),
        (("doctor",), "check"),
        (("version",), "version"),
        (("exit-codes",), "exit_code"),
        (("bench", "chain", "--clips", "clips", "--count", "2"), "bench"),
        (("demo", "-o", "shown", "--force"), "demo"),
    ],
    ids=lambda given: given if isinstance(given, str) else " ".join(given[:2]),
)
def test_output_fits_the_schema(home: Path, given: tuple[str, ...], kind: str) -> None:
    ran = run(home, *given, "--json")
    report = ran.report()
    jsonschema.validate(report, SCHEMA)
    assert (ran.code, ran.err, report["failures"]) == (0, "", [])
    assert report["results"]
    assert {result["kind"] for result in report["results"]} == {kind}


def test_failures_fit_the_schema(home: Path) -> None:
    ran = run(home, "verify", "--json", "nowhere.mp4")
    jsonschema.validate(ran.report(), SCHEMA)
    (failure,) = ran.report()["failures"]
    assert (failure["error"], failure["exit_code"]) == ("InputMissing", ran.code)


def test_reports_go_where_they_are_asked_to(home: Path) -> None:
    to_stdout = run(home, "verify", "clip.stamped.mp4", "-o", "-").report()
    ran = run(home, "verify", "clip.stamped.mp4", "-q", "-o", "report.json")
    assert ran.out == ""
    assert json.loads((home / "report.json").read_text()) == to_stdout


def test_quiet_says_nothing_and_plain_words_say_why(home: Path) -> None:
    assert run(home, "verify", "-q", "clip.stamped.mp4").out == ""
    said = run(home, "verify", "clip.stamped.mp4").out
    for word in ("ai_generated", "because", "development identity", "not looked at: the sound"):
        assert word in said


def test_fail_on_names_the_verdict(home: Path) -> None:
    assert run(home, "verify", "-q", "clip.stamped.mp4", "--fail-on", "altered,ai_generated").code == 1
    assert run(home, "verify", "-q", "clip.stamped.mp4", "--fail-on", "altered").code == 0


def test_patterns_that_the_shell_left_alone(home: Path) -> None:
    report = run(home, "verify", "--json", "clip*.mp4").report()
    assert [result["input"] for result in report["results"]] == ["clip.mp4", "clip.stamped.mp4"]
