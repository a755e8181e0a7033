"""The profiles that come with the package: sound, dated, with sources; and the page that is written from them."""

import re
from collections.abc import Iterator
from datetime import date

import pytest

from countermark.disclosure.duties import profile as profiles
from countermark.disclosure.duties.content_checks import Visible
from countermark.disclosure.duties.profile import Profile
from countermark.disclosure.duties.rules import Ask, Rule
from countermark.disclosure.visible.wanted import FORMS
from scripts import write_duties

LAWS = ("ca-sb-942", "cn-gb-45438", "eu-ai-act-50", "in-it-rules", "kr-ai-basic")
READ = {name: profiles.read(name) for name in profiles.names()}


def test_the_laws_are_there() -> None:
    assert {*LAWS, "c2pa-2.4"} <= set(READ)
    assert [one.id for one in profiles.chosen("all")] == sorted(READ)


@pytest.mark.parametrize("name", READ)
def test_it_is_dated_and_sourced(name: str) -> None:
    law = READ[name]
    assert law.id == name
    assert law.profile.in_force == min(duty.since for duty in law.duty)
    for source in law.source:
        assert source.seen <= law.profile.version
        assert any(source.id in duty.sources for duty in law.duty), f"{source.id} is not used"
    for duty in law.duty:
        assert date(2020, 1, 1) <= duty.since <= date(2035, 1, 1)
        assert duty.sources, f"{duty.id} has no source"
        assert duty.says[-1] == "." and len(duty.says) > 20
        assert len(duty.advice) > 10


@pytest.mark.parametrize("name", READ)
def test_what_no_file_shows_is_said_to_stay_with_the_operator(name: str) -> None:
    for duty in READ[name].duty:
        alone = {ask.name for ask in _asks(duty.check)} == {"operator"}
        assert duty.stays_with_operator == alone, duty.id


@pytest.mark.parametrize("name", READ)
def test_a_provider_owes_something_that_a_file_shows(name: str) -> None:
    assert any(duty.who == "provider" and not duty.stays_with_operator for duty in READ[name].duty)


@pytest.mark.parametrize("name", LAWS)
def test_sound_is_a_duty_of_its_own(name: str) -> None:
    (duty,) = [duty for duty in READ[name].duty if "sound.marked" in {ask.name for ask in _asks(duty.check)}]
    assert {ask.name for ask in _asks(duty.check)} == {"sound.marked"}


@pytest.mark.parametrize("name", LAWS)
def test_a_maker_is_told_of_what_the_duties_hang_on(name: str) -> None:
    maker = READ[name].maker
    asked = {ask.name for duty in READ[name].duty for ask in _asks(duty.check)}
    assert ("label.visible" in asked) == bool(maker.label)
    assert ("declared.aigc" in asked) == ("aigc" in maker.machine) == ("aigc_producer" in maker.needs)
    assert not maker.label or maker.label in FORMS
    assert ("fonts" in maker.needs) == (bool(maker.label) and not FORMS[maker.label].label.text.isascii())
    for check, need in (
        ("manifest.provider", "provider"),
        ("manifest.system", "model"),
        ("manifest.system_version", "model_version"),
        ("manifest.timestamped", "timestamps"),
        ("manifest.trusted", "certificate"),
    ):
        assert check not in asked or need in maker.needs, f"{check} hangs on {need}"


@pytest.mark.parametrize("name", [name for name in LAWS if READ[name].maker.label])
def test_the_label_of_a_profile_is_what_its_duties_ask_for(name: str) -> None:
    label = FORMS[READ[name].maker.label].label
    for duty in READ[name].duty:
        for ask in _asks(duty.check):
            if isinstance(ask.asked, Visible):
                assert any(word.casefold() in label.text.casefold() for word in ask.asked.words), duty.id
                assert label.height_share >= ask.asked.height_share
                assert label.start_s == 0
                assert label.seconds is None or label.seconds >= ask.asked.seconds


def test_california_changed_its_law_on_the_way() -> None:
    """The offer of a visible label ended as the word on creating or altering began; platforms follow."""
    law = READ["ca-sb-942"]
    assert _in_force(law, date(2026, 8, 15)) >= {"visible-option", "provider"}
    assert not {"created-or-altered", "platforms"} & _in_force(law, date(2026, 8, 15))
    assert "visible-option" in _in_force(law, date(2026, 9, 29))
    assert "created-or-altered" in _in_force(law, date(2026, 9, 30))
    assert "visible-option" not in _in_force(law, date(2026, 9, 30))
    assert _in_force(law, date(2026, 8, 1)) == set()
    assert {"platforms", "hosting"} <= _in_force(law, date(2027, 1, 1))


def test_the_page_is_as_the_profiles_say() -> None:
    text = write_duties.PAGE.read_text(encoding="utf-8")
    assert write_duties.page(text) == text, "run `python -m scripts.write_duties`"
    assert "no legal advice" in text
    for law in READ.values():
        assert all(f"`{duty.id}`" in text for duty in law.duty)


def test_the_page_notices_a_change() -> None:
    text = write_duties.PAGE.read_text(encoding="utf-8")
    changed = text.replace("2 December 2026", "2 December 2027", 1)
    assert changed != text
    assert write_duties.page(changed) == text


def test_pages_that_the_page_names_are_there() -> None:
    text = write_duties.PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(([a-z-]+\.md)\)", text))
    assert len(named) > 4
    missing = sorted(name for name in named if not (write_duties.PAGE.parent / name).exists())
    assert missing == []


def _asks(rule: Rule) -> Iterator[Ask]:
    if isinstance(rule, Ask):
        yield rule
        return
    for one in rule.of:
        yield from _asks(one)


def _in_force(law: Profile, day: date) -> set[str]:
    return {duty.id for duty in law.duty if duty.in_force(day)}
