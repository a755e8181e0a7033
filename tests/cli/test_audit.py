"""`countermark audit`: what it prints, writes and ends with; and that nothing from a file gets out of its place."""

from __future__ import annotations

import json
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from countermark.cli.audit_words import page, words
from countermark.cli.report import AuditItem
from countermark.disclosure.duties.audit import audit
from countermark.disclosure.duties.profile import names, parse
from tests import recipes
from tests.cli.command import run, snapshot
from tests.disclosure.duties.subjects import signed, subject
from tests.disclosure.duties.test_profile import TINY

HOSTILE = "</td></table><script>alert(1)</script><img src=x onerror=alert(1)>\" onload='x' \x1b[2Jline\nNOT MET"
NAME = HOSTILE.replace("/", ":")  # a file's own name has no slash
LAW = TINY.replace("2026-03-01", "2027-03-01").replace("until = 2026-04-01\n", "")
ANY = LAW.replace('{ all = ["manifest.present", { any = ["manifest.time", "operator"] }] }', '"operator"')


@pytest.fixture
def home(tmp_path: Path) -> Path:
    recipes.clip(tmp_path / "clip.mp4")
    (tmp_path / "law.toml").write_text(LAW)
    (tmp_path / "any.toml").write_text(ANY)
    (tmp_path / "wrong.toml").write_text(LAW.replace('"operator"', '"oprator"'))
    return tmp_path


def test_a_duty_in_force_that_is_not_met_ends_with_1(home: Path) -> None:
    ran = run(home, "audit", "clip.mp4", "--profile", "law.toml", "--on", "2026-11-21")
    assert ran.code == 1 and ran.err == ""
    assert "NOT MET        signed (s. 1): It is signed." in ran.out, "by its name, as JSON has it, and its article"
    assert "profile of 2026-01-01, audited for 2026-11-21" in ran.out
    assert "NOT MET" in ran.out and "do: stamp it: " in ran.out and "not in force: from 2027-03-01" in ran.out
    assert "0 met, 1 NOT MET, 0 not decidable from the file; 1 not in force on that day" in ran.out
    assert run(home, "audit", "clip.mp4", "--profile", "law.toml", "--on", "2026-01-31").code == 0
    assert run(home, "audit", "clip.mp4", "--profile", "any.toml", "--on", "2026-11-21", "-q").code == 0


def test_what_is_stamped_is_told_how_to_meet_its_duties_after_all(tmp_path: Path) -> None:
    assert run(tmp_path, "keys", "init", "-q").code == 0
    recipes.clip(tmp_path / "clip.mp4")
    (tmp_path / "law.toml").write_text(LAW.replace('"manifest.present"', '"manifest.trusted"'))
    law = ("--profile", "law.toml")
    made = run(tmp_path, "generate", "the sea", "--model", "procedural", "--seconds", "0.5", "--size", "320x180", *law)
    assert made.code == 1 and (tmp_path / "generated.mp4").exists() and "make it anew with --force" in made.out
    stamped = run(tmp_path, "stamp", "clip.mp4", *law)
    assert stamped.code == 1 and "stamp the input anew with --force" in stamped.out
    audited = run(tmp_path, "audit", "clip.stamped.mp4", *law)
    assert audited.code == 1 and "with --remark" in audited.out


def test_json_and_a_page_and_a_profile_from_the_settings(home: Path) -> None:
    report, shown = ("-o", "report.json"), ("--html", "report.html")
    ran = run(home, "audit", "clip.mp4", "none.mp4", "--json", *report, *shown, profile="any.toml,c2pa-2.4")
    assert ran.code == 11 and "none.mp4" in ran.err, "a failing input spoils no other"
    assert json.loads((home / "report.json").read_text()) == ran.report()
    (item,) = ran.report()["results"]
    assert (item["kind"], item["input"], item["outcome"]) == ("audit", "clip.mp4", "no_evidence")
    assert [one["profile"] for one in item["audits"]] == ["tiny", "c2pa-2.4"]
    assert item["audits"][0]["rows"][0]["outcome"] == "not decidable"
    assert "The act" in (home / "report.html").read_text()
    before = snapshot(home)
    assert run(home, "audit", "clip.mp4", *shown, profile="any.toml").code == 21, "nothing is overwritten unasked"
    assert run(home, "audit", "clip.mp4", "--html", "clip.mp4", "--force", profile="any.toml").code == 20
    assert snapshot(home) == before


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (("--profile", "no-law"), 64, f"no profile is called 'no-law'; there are {', '.join(names())}"),
        (("--profile", "wrong.toml"), 64, "wrong.toml, line 26 (duty 1, check): no check is called 'oprator'"),
        ((), 64, "no profile is named; there are"),
        (("--profile", "any.toml", "--on", "tomorrow"), 2, "'tomorrow' is no day"),
        (("--profile", "any.toml", "-o", "a", "--html", "a"), 2, "name the same file"),
    ],
)
def test_what_was_asked_wrongly(home: Path, given: tuple[str, ...], code: int, said: str) -> None:
    before = snapshot(home)
    ran = run(home, "audit", "clip.mp4", *given)
    assert ran.code == code and said in " ".join(ran.err.split())
    assert ran.out == "" and snapshot(home) == before


class _Page(HTMLParser):
    """Every tag and attribute of a page, and the texts between."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def hostile() -> AuditItem:
    """An audit of a file whose manifest and name say what they like."""
    text = LAW.replace('{ all = ["manifest.present", { any = ["manifest.time", "operator"] }] }', '"manifest.provider"')
    seen = subject(signed(ai_facts=(f"provider: {HOSTILE}",)))
    found = audit(seen, parse(text, "law"), date(2026, 11, 21))
    assert HOSTILE in found.rows[0].evidence
    return AuditItem(f"/home/someone/{NAME}", "ab" * 32, "ai_generated", (found,))


def test_nothing_from_a_file_becomes_part_of_the_page() -> None:
    text = page([hostile()])
    parsed = _Page()
    parsed.feed(text)
    whole, parts = "html head meta title style body h1 h2 h3 section footer", "p code strong small br a time"
    assert parsed.tags == set(f"{whole} {parts} table thead tbody tr th td".split())
    assert parsed.attributes == {"lang", "charset", "http-equiv", "content", "name", "class", "scope", "href", "rel"}
    assert parsed.links == ["https://law.example/act"]
    assert text.count("&lt;script&gt;") == 2, "it is shown as it stands"
    assert "someone" not in text, "folders are nobody's business"
    assert "<code>signed</code>" in text
    assert "@media (max-width:" in text, "a phone shows it too"
    assert "url(" not in text and "@import" not in text and "default-src 'none'" in text


def test_nothing_from_a_file_becomes_a_line_or_a_code_of_its_own() -> None:
    lines = words(hostile()).split("\n")
    assert all(line.isprintable() for line in lines)
    marks = [line[:17].strip() for line in lines if line.startswith("  ") and line[2] != " "]
    assert marks[:2] == ["met", "NOT MET"] and len(marks) == 3, "the summary, and no mark of its own"
