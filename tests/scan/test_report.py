"""The page about a scan: it stands alone, says the figures, and no name becomes a part of it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from countermark.scan import Counts, Plan, Scan
from countermark.scan.report import page

COUNTS = Counts(
    1000,
    2_500_000_000,
    {"no_evidence": 700, "ai_generated": 200, "<b>Odd</b>": 100},
    {"digest": 100, "container": 200, "detector": 700},
    {"digest": 1.0, "container": 90.0, "pictures": 700.0, "detector": 1400.0},
    {"label": 200, "none": 800},
)
SCAN = Scan(
    "scn_x", Plan(("file:///a%20b", "s3://bucket/<script>")), "done", "2026-03-01T12:00:00Z", 10, 1000, 2_500_000_000,
    10, COUNTS, "2026-03-01T13:00:00Z",
)  # fmt: skip


class Seen(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: object) -> None:
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_it_is_one_file_that_needs_nothing_else() -> None:
    seen = Seen(page(SCAN))
    assert not seen.open and not {"script", "link", "img", "iframe", "b"} & set(seen.tags)
    assert seen.tags.count("svg") == 4
    assert not re.search(r"(src|href)=|url\(", page(SCAN))


def test_it_says_the_figures() -> None:
    said = page(SCAN)
    assert "1,000 of 1,000 objects have a line, 2.5 GB." in said and "2026-03-01 13:00 UTC" in said
    assert "&lt;b&gt;Odd&lt;/b&gt;" in said and "s3://bucket/&lt;script&gt;" in said
    # Pictures: 700 objects took it in 700 s, 300 did not. The container: 900 in 90 s.
    assert "marks in its pictures: 300 objects, about 300 s of a worker" in said
    assert "what the file says: 100 objects, about 10 s of a worker" in said
    assert "the detector: 300 objects, about 600 s of a worker" in said
    assert "What the policy makes of them" in said and "not through" not in said


def test_it_says_what_is_missing() -> None:
    begun = replace(SCAN, state="cancelled", finished_at=None, counts=Counts())
    said = page(begun)
    assert "It is not through: cancelled" in said and "0 of 1,000 objects" in said
    assert "<svg" not in said and "What was spared" not in said
    assert not Seen(said).open
