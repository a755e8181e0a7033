"""Notices: each thing that Articles 16 and 17 ask for, on both sides, in both languages, and safe to show."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.errors import StatementInvalid
from countermark.moderation import Action
from countermark.moderation.statements import ItemFacts, Notice, Redress, notice
from countermark.moderation.statements.language import LANGUAGES, Language
from countermark.moderation.statements.language import catalogue as compiled
from countermark.scripts import write_notices
from countermark.tests.moderation.statements.cases import LAW, TERMS, decision, without_actions

REDRESS = Redress("Example Video", "https://video.example/complaints", "https://bodies.example")


def said(of: Notice, part: str) -> str:
    (found,) = [one for one in of.parts if one.name == part]
    return "\n".join(found.lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_uploader_is_told_all_that_article_17_asks_for(language: Language) -> None:
    facts = ItemFacts(source="article_16", found=("It carries a mark.",), ends="2026-09-01", territories=("DE", "FR"))
    of = decision(Action("label", "Made with AI"), by="person:per_77")
    told = notice(of, TERMS, facts, REDRESS, "uploader", language)
    words = {"en": ("labelled", "notice", "person", "court"), "de": ("gekennzeichnet", "Meldung", "Mensch", "Gericht")}
    measure, report, person, court = words[language]
    assert measure in said(told, "measure") and "Made with AI" in said(told, "measure")  # 17(3)(a): the measure
    assert "2026-03-02" in said(told, "measure")
    assert "DE, FR" in said(told, "scope") and "2026-09-01" in said(told, "scope")  # 17(3)(a): territory and duration
    assert report in said(told, "facts")  # 17(3)(b): a notice, and facts
    assert "It carries a mark." in said(told, "facts") and "mark of a generator" in said(told, "facts")
    assert person in said(told, "automated") and len(said(told, "automated").split("\n")) == 2  # 17(3)(c)
    assert TERMS.reference in said(told, "ground") and TERMS.explanation in said(told, "ground")  # 17(3)(e)
    redress = said(told, "redress")  # 17(3)(f): complaint, settlement, court
    assert REDRESS.appeal_address in redress and REDRESS.settlement_address in redress and court in redress
    assert "2026-09-02" in redress and "184" in redress
    assert "dec_aaaa" in said(told, "reference") and "video:v-17" in told.subject
    assert "per_77" not in told.text  # nobody who decided or reported is named


def test_illegal_content_names_its_legal_ground() -> None:
    told = notice(
        decision(Action("remove")), LAW, ItemFacts(ground_url="https://law.example/201a"), REDRESS, "uploader"
    )
    assert "illegal" in said(told, "ground") and LAW.reference in said(told, "ground")  # 17(3)(d)
    assert LAW.explanation in said(told, "ground") and "https://law.example/201a" in said(told, "ground")
    assert "all countries of the European Union" in said(told, "scope") and "no end date" in said(told, "scope")
    assert "detected by automated means" in said(told, "automated")


def test_the_reporter_is_told_of_decision_means_and_redress() -> None:
    facts = ItemFacts(source="article_16")
    told = notice(decision(Action("remove")), LAW, facts, REDRESS, "reporter")
    assert "your report" in told.subject and "removed" in said(told, "measure")
    assert said(told, "automated") and REDRESS.appeal_address in said(told, "redress")  # 16(5), 16(6)


def test_the_reporter_is_told_that_nothing_was_done() -> None:
    told = notice(without_actions(decision(by="person:p")), None, ItemFacts(source="article_16"), REDRESS, "reporter")
    assert said(told, "measure") == "No action was taken on the video."
    assert REDRESS.appeal_address in said(told, "redress")
    assert not [part for part in told.parts if part.name in ("ground", "scope")]


def test_nothing_that_must_be_said_can_be_left_out() -> None:
    with pytest.raises(StatementInvalid, match="ground"):
        notice(decision(), None, ItemFacts(), REDRESS, "uploader")
    with pytest.raises(StatementInvalid, match="complaint"):
        notice(decision(), TERMS, ItemFacts(), Redress("Example", " "), "uploader")
    with pytest.raises(StatementInvalid, match="uploader"):
        notice(without_actions(decision()), None, ItemFacts(), REDRESS, "uploader")


class _Read(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@settings(max_examples=60, deadline=None)
@given(words=st.text(alphabet="<>&\"'/ script=onx{}%äß", min_size=1))
def test_html_says_what_the_text_says_and_nothing_runs(words: str) -> None:
    facts = ItemFacts(found=(words,))
    told = notice(decision(Action("label", words)), TERMS, facts, Redress(f"P{words}", "https://a.example"), "uploader")
    read = _Read()
    read.feed(told.html)
    read.close()
    assert read.tags == {"article", "section", "h2", "h3", "p"}
    assert "".join("".join(read.words).split()) == "".join(told.text.split())
    assert told.html.startswith('<article lang="en">')


def test_everything_is_said_in_every_language_and_compiled() -> None:
    template = {message.id for message in write_notices.gathered() if message.id}
    assert len(template) > 30
    for language in LANGUAGES:
        if language == "en":
            continue
        catalogue = write_notices.read(language)
        there = {message.id: message.string for message in catalogue if message.id}
        assert set(there) == template
        for message, translated in there.items():
            assert translated and compiled(language).gettext(message) == translated
            assert translated.count("{") == message.count("{")
