"""The page stands alone, says what is sure and what is not, and nothing from a file becomes part of it."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np

from countermark.detector.examiner import ADAPTED
from countermark.detector.looking import Detected
from countermark.detector.pictures import HeatMap
from countermark.detector.pooling import GENERATED, MANIPULATED
from countermark.detector.report.heat_map import draw
from countermark.detector.report.page import page
from countermark.detector.report.words import DRIVERS, MEANING, family, other, rate, standing
from countermark.evidence import DetectorDetails, Evidence, FailureDetails
from countermark.evidence.judges import Driver, FrameLook, SegmentLook, Thresholds

HOSTILE = (
    "</td></table><script>alert(1)</script><img src=x onerror=alert(1)>\" onload='x' \x1b[2J\u202e4pm.\u2066\x00\udcff"
)
LIMITS = Thresholds(0.8, 0.05, 0.5, 0.2)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.sources: list[str] = []
        self.open: list[str] = []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img"):
            self.open.append(tag)
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.sources += [value or "" for name, value in attrs if name in ("href", "src")]


def _details(**facts: object) -> DetectorDetails:
    plain = dict(
        target="generated", model=HOSTILE, fpr=0.031, thresholds=LIMITS, quality=(HOSTILE,),
        drivers=(Driver("mean", 1.5), Driver(HOSTILE, -0.7), Driver("unrest", 0.01)), family=HOSTILE,
        family_score=0.9, timeline=(SegmentLook(0.5, 1.5, 0.91),), pictures=27,
    )  # fmt: skip
    return DetectorDetails(**{**plain, **facts})


def _detected(details: DetectorDetails | FailureDetails, score: float | None) -> Detected:
    one = Evidence("ab" * 32, "video", "detector", "1", "present", score, details=details)
    other = Evidence("ab" * 32, "video", "detector-changes", "1", "absent", None, details=FailureDetails(HOSTILE))
    return Detected("ab" * 32, HOSTILE, None, one, other, (HOSTILE,))


def _map() -> HeatMap:
    return HeatMap(1.2, 0.9, draw(np.zeros((80, 120, 3), np.uint8), FrameLook(1.2, 0.9, ())))


def test_nothing_from_a_file_becomes_part_of_the_page() -> None:
    text = page(HOSTILE, _detected(_details(), 0.93), "high-precision", [_map()])
    parsed = _Page()
    parsed.feed(text)
    parsed.close()
    assert parsed.open == [], "every tag is closed"
    assert all(one.isprintable() or one == "\n" for one in text)
    assert text.encode().decode() == text, "also where a file's name is in no known letters"
    policy, style = text.index("Content-Security-Policy"), text.index("<style>")
    assert policy < style < text.index("<body>")
    assert parsed.tags <= set(
        "html head meta title style body h1 h2 p strong code small table tr th td ul li span time div figure img"
        " figcaption footer".split()
    )
    assert parsed.attributes <= set("lang charset http-equiv content name class scope style alt src".split())
    assert len(parsed.sources) == 1 and parsed.sources[0].startswith("data:image/png;base64,")
    assert "<script" not in text and text.count("&lt;script&gt;") >= 5
    assert "default-src 'none'" in text and "url(" not in text and "@import" not in text
    assert "@media (max-width:" in text and "prefers-color-scheme: dark" in text and "@media print" in text


def test_it_says_how_sure_when_where_and_what_was_not_looked_at() -> None:
    text = page("clip.mp4", _detected(_details(family="reds"), 0.93), "high-precision", [_map()])
    for said in (
        "Likely AI",
        "score 0.93, an alarm (from 0.80 on, high-precision); ",
        "; at most 4 of 100 real videos like those measured score as high",
        "0.5 to 1.5 s",
        "+1.5 traces of a generator",
        "most like reds; a guess, and no proof",
        "Not looked at",
        "A detector's score is no proof",
    ):
        assert said in text, said


def test_a_family_is_named_without_a_figure_or_not_at_all() -> None:
    """No one measured how often such a guess is right."""
    assert family(_details(family="reds", family_score=0.73)) == "most like reds; a guess, and no proof"
    assert family(_details(family="unknown", family_score=0.31)) == "unknown: no family stands out"


def test_what_cannot_be_judged_has_no_numbers() -> None:
    text = page("clip.mp4", _detected(FailureDetails("can't judge, because it is black"), None), "high-precision")
    assert "Inconclusive" in text and "because it is black" in text
    assert "<h2>When" not in text and "<h2>Where" not in text and "<h2>Why" not in text


def test_other_detectors_are_shown_whether_they_count_or_not() -> None:
    def seen(score: float | None) -> Evidence:
        details = DetectorDetails("generated", "mine 1", 0.2, drivers=(Driver("its own score", 0.25),))
        return Evidence("ab" * 32, "video", "detector:mine", "1", "inconclusive", score, details=details)

    assert other(seen(0.7)) == "score 0.70; at most 20 of 100 real videos like those measured score as high"
    assert other(seen(None)) == "its own score 0.250; it is not calibrated, so it does not count"
    both = replace(_detected(_details(), 0.93), others=(seen(0.7), seen(None)))
    text = page("clip.mp4", both, "high-precision")
    assert text.count("<th scope=row>detector:mine</th>") == 2 and "it does not count" in text


def test_an_alarm_by_several_detectors_names_no_threshold_of_ours() -> None:
    alarm = Evidence("ab" * 32, "video", "detector", "1", "present", 0.7, details=_details())
    assert standing(alarm, "high-precision").startswith("score 0.70, an alarm (high-precision); at most")


def test_no_word_calls_anything_authentic() -> None:
    words = " ".join([*MEANING.values(), *DRIVERS.values(), page("a", _detected(_details(), 0.1), "high-recall")])
    assert not any(word in words.lower() for word in ("authentic", "genuine"))


def test_every_number_has_its_words() -> None:
    assert set(DRIVERS) == {*GENERATED, "statistics", ADAPTED, *MANIPULATED}


def test_scores_and_rates_in_words() -> None:
    def said(score: float, limits: Thresholds = LIMITS) -> str:
        details, finding = _details(thresholds=limits), "inconclusive" if score == 0.6 else "absent"
        return standing(Evidence("ab" * 32, "video", "d", "1", finding, score, details=details), "high-precision")

    assert "undecided (an alarm from 0.80 on, high-precision; nothing below 0.50)" in said(0.6)
    assert "no alarm (from 0.80 on" in said(0.2)
    assert "no score counts" in said(1.0, Thresholds(1.0000000000000002, 0.01, 0.5, 0.2))
    assert rate(0.05) == "at most 5 of 100 real videos like those measured score as high"
    assert rate(0.0099) == "at most 10 of 1000 real videos like those measured score as high"
    assert rate(0.51) == "real videos often score as high"
