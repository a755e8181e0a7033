"""`countermark detect`: what it prints, writes and ends with."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from countermark.cli.detect_words import words
from countermark.detector.looking import Detected
from countermark.evidence import DetectorDetails, Evidence, FailureDetails
from countermark.evidence.judges import Driver, SegmentLook, Thresholds
from tests import recipes
from tests.cli.command import run, snapshot
from tests.detector import small
from tests.detector.test_looking import red_left

HOSTILE = "</td><script>alert(1)</script> \x1b[2Jline\nlikely_ai"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    small.model(folder / "model")
    recipes.clip(folder / "red.mp4", size=(512, 256), seconds=1, source=red_left)
    recipes.clip(folder / "few.mp4", seconds=0.2)
    return folder


def test_it_says_what_how_sure_when_and_why(home: Path) -> None:
    ran = run(home, "detect", "red.mp4", "few.mp4", "none.mp4", "--model", "./model", "-o", "report.json")
    assert ran.code == 11 and "none.mp4" in ran.err, "a failing input spoils no other"
    for said in (
        "red.mp4: likely_ai",
        "an alarm (from 0.59 on, high-precision); at most 5 of 100 real videos like those measured score as high",
        "traces of a generator, over all squares",
        "generator    most like reds",
        "by           countermark-detector small 0123abcd",
        "few.mp4: inconclusive",
        "can't judge, because it showed 5 frames where it was looked at; 8 are needed",
    ):
        assert said in ran.out, said
    assert re.search(r"^  when +\d\.\d to +\d\.\d s  #{12,}-* 0\.\d\d$", ran.out, re.MULTILINE)
    assert re.search(r"^  not looked at: all but \d+ of 25 frames, and in each", ran.out, re.MULTILINE)
    red, few = json.loads((home / "report.json").read_text())["results"]
    assert (red["kind"], red["outcome"], red["threshold"]) == ("detect", "likely_ai", "high-precision")
    assert red["generated"]["details"]["family"] == "reds" and red["generated"]["score"] > 0.59
    assert len(red["generated"]["details"]["frames"][0]["tiles"]) == 24
    assert (few["outcome"], few["generated"]["score"], few["files"]) == ("inconclusive", None, [])


def test_the_page_and_the_pictures_are_written_whole_or_not_at_all(home: Path) -> None:
    asked = ("detect", "red.mp4", "--model", "./model", "--html", "red.html", "--heat-maps", "maps", "--json")
    ran = run(home, *asked, "--threshold", "high-recall")
    assert ran.code == 0, ran.err
    (item,) = ran.report()["results"]
    drawn = sorted(str(path.relative_to(home)) for path in (home / "maps").iterdir())
    assert drawn and item["files"] == ["red.html", *drawn] and item["threshold"] == "high-recall"
    with Image.open(io.BytesIO((home / "maps" / "red.heat-1.png").read_bytes())) as picture:
        assert picture.size == (512, 256 + 40)
    page = (home / "red.html").read_text()
    assert "<h1>red.mp4</h1>" in page and page.count("data:image/png;base64,") == len(drawn)
    before = snapshot(home)
    assert run(home, *asked).code == 21, "nothing is overwritten unasked"
    assert run(home, "detect", "red.mp4", "--model", "./model", "--html", "red.mp4", "--force").code == 20
    assert run(home, "detect", "red.mp4", "--model", "./model", "--heat-maps", "red.mp4").code == 20
    assert run(home, "detect", "red.mp4", "--model", "./model", "--heat-maps", "no/maps").code == 22
    assert snapshot(home) == before
    assert run(home, *asked, "--force").code == 0


def test_no_heat_where_nothing_could_be_judged(home: Path) -> None:
    before = snapshot(home)
    ran = run(home, "detect", "few.mp4", "--model", "./model", "--heat-maps", "none")
    assert ran.code == 66 and "there is no heat to draw" in ran.err
    assert snapshot(home) == before


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (("red.mp4", "few.mp4", "--html", "a.html"), 2, "go with one input"),
        (("red.mp4", "--threshold", "sure"), 2, "sure"),
        (("red.mp4", "--html", "a", "-o", "a"), 2, "name the same file"),
        (("red.mp4", "--model", "no-model"), 45, "no network that came is called so"),
        (("red.mp4", "--model", "./model", "--head", "nobody"), 68, "nobody"),
    ],
)
def test_what_was_asked_wrongly(home: Path, given: tuple[str, ...], code: int, said: str) -> None:
    before = snapshot(home)
    ran = run(home, "detect", *given)
    assert ran.code == code and said in " ".join(ran.err.split())
    assert ran.out == "" and snapshot(home) == before


def test_nothing_from_a_file_becomes_a_line_of_its_own() -> None:
    details = DetectorDetails(
        "generated", HOSTILE, 0.03, Thresholds(0.8, 0.05, 0.5, 0.2), (HOSTILE,), (Driver(HOSTILE, 2.0),), HOSTILE, 0.9,
        (SegmentLook(0.0, 1.0, 0.9),),
    )  # fmt: skip
    found = Evidence("ab" * 32, "video", "detector", "1", "present", 0.9, details=details)
    other = Evidence("ab" * 32, "video", "detector-changes", "1", "failed", details=FailureDetails(HOSTILE))
    lines = words(HOSTILE, Detected("ab" * 32, HOSTILE, None, found, other, (HOSTILE,)), "high-precision").split("\n")
    assert all(line.isprintable() for line in lines)
    heads = [line[:15].strip() for line in lines[2:] if line[2] != " "]
    assert heads == ["generated", "manipulated", "because", "pictures", "when", "generator", "by", "not looked at"]
