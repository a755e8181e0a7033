"""Profiles of laws: every one that is shipped is sound, and what is wrong in one is said with its line."""

from datetime import date
from pathlib import Path

import pytest

from countermark.disclosure.duties import profile
from countermark.disclosure.duties.rules import AllOf, Ask, rule_of
from countermark.disclosure.duties.vocabulary import VOCABULARY
from countermark.errors import ProfileInvalid

TINY = """
[profile]
id = "tiny"
title = "A law of tests"
law = "Test Act"
jurisdiction = "here"
version = 2026-01-01
in_force = 2026-02-01

[[source]]
id = "act"
title = "The act"
url = "https://law.example/act"
seen = 2026-01-01
kind = "primary"

[maker]

[[duty]]
id = "signed"
article = "s. 1"
who = "provider"
says = "It is signed."
since = 2026-02-01
sources = ["act"]
check = { all = ["manifest.present", { any = ["manifest.time", "operator"] }] }
advice = "sign it"

[[duty]]
id = "shown"
article = "s. 2"
who = "deployer"
says = "It says so."
since = 2026-03-01
until = 2026-04-01
sources = []
check = { check = "label.visible", seconds = 2, at = "start" }
advice = "label it"
"""


@pytest.mark.parametrize("name", profile.names())
def test_every_profile_that_is_shipped_is_sound(name: str) -> None:
    found = profile.read(name)
    assert found.id == name
    assert all(duty.sources for duty in found.duty), "every duty says where it stands"
    assert {source.id for source in found.source} == {one for duty in found.duty for one in duty.sources}
    assert all(duty.since >= found.profile.in_force for duty in found.duty)
    assert all(duty.article and duty.says.endswith(".") and duty.advice for duty in found.duty)


def test_all_are_those_that_are_shipped_each_once() -> None:
    assert "c2pa-2.4" in profile.names()
    assert [one.id for one in profile.chosen("all,c2pa-2.4")] == list(profile.names())


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(TINY)
    (found,) = profile.chosen(str(tmp_path / "my.toml"))
    first, second = found.duty
    assert isinstance(first.check, AllOf) and first.check.of[0] == rule_of("manifest.present")
    assert isinstance(second.check, Ask) and (second.check.asked.seconds, second.check.asked.at) == (2, "start")
    assert [second.in_force(date(2026, month, 1)) for month in (2, 3, 4, 5)] == [False, True, True, False]


DEEP = "{ any = [" * 9 + '"operator"' + "] }" * 9


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"manifest.present"', '"manifest.presnt"', "line 26 (duty 1, check): no check is called 'manifest.presnt'"),
        ("seconds = 2", "secs = 2", "line 37 (duty 2, check): label.visible can't be asked with 'secs'"),
        ("seconds = 2", 'seconds = "long"', "label.visible can't be asked with 'seconds': it is no number"),
        ("seconds = 2", "seconds = 0", "can't be asked with 'seconds': it is to be more than 0"),
        ("seconds = 2", "seconds = inf", "can't be asked with 'seconds': it is no number"),
        ("seconds = 2", "height_share = 0.0", "can't be asked with 'height_share': it is to be more than 0"),
        ("seconds = 2", "height_share = 5", "can't be asked with 'height_share': it is to be less than 1"),
        ("seconds = 2", 'words = ["AI", " "]', "can't be asked with 'words': a word is empty"),
        ("seconds = 2", "words = []", "can't be asked with 'words': it is empty"),
        (
            "seconds = 2",
            'forms = ["fr"]',
            "can't be asked with 'forms': no form of labels is called 'fr'; there are eu",
        ),
        ('at = "start"', 'at = "end"', "can't be asked with 'at': it is one of these: 'start', 'whole', 'any'"),
        ('{ check = "label.visible", seconds = 2, at = "start" }', DEEP, "line 37 (duty 2, check): groups lie"),
        ('{ check = "label.visible", seconds = 2, at = "start" }', "[]", "a check is a name, or a table"),
        ('{ check = "label.visible", seconds = 2, at = "start" }', '{ all = ["operator"], any = [] }', "one of check"),
        ('{ check = "label.visible", seconds = 2, at = "start" }', "{ all = [] }", "not empty"),
        ('{ check = "label.visible", seconds = 2, at = "start" }', "{ any = [" * 2000, "line 37: tables in tables"),
        ("since = 2026-02-01", 'since = "soon"', "line 24 (duty 1, since): it is no date"),
        ("since = 2026-02-01", "since = 2026-13-01", "TOML file, line 24: 2026-13-01 is no day"),
        ("since = 2026-02-01", "since = 2026-02-30", "TOML file, line 24: 2026-02-30 is no day"),
        ("since = 2026-02-01", "since = 2026-02-01T10:00:00", "line 24 (duty 1, since): it is no date"),
        ("since = 2026-02-01", "since = soon", "line 24: what follows the = is no value; a text stands in quotes"),
        ("since = 2026-02-01", "since 2026-02-01", "line 24: a key has no = after it"),
        ('says = "It is', "says = It is", "line 23: what follows the = is no value"),
        ('is signed."', "is signed.", "line 23: a text has no closing quote"),
        ('is signed."', 'is \\signed."', "line 23: a backslash in a text is written twice"),
        ('is signed."', 'is signed." really', "line 23: something follows the value"),
        ("[maker]", "[maker", "line 17: the name of a table has no closing bracket"),
        ("[maker]", "[maker]\n[maker]", "line 18: there is such a table already"),
        ('who = "provider"', 'who = "provider"\nwho = "provider"', "line 23: there is such a key already"),
        ('advice = "label it"\n', "sources = [", "it ends in the middle of a value"),
        ('article = "s. 1"', 'article = ""', "line 21 (duty 1, article): it is empty"),
        ('article = "s. 1"', "article = 1", "line 21 (duty 1, article): it is no text; a text stands in quotes"),
        ('article = "s. 1"', f'article = "{"s" * 4001}"', "it has more than 4000 characters"),
        ('sources = ["act"]', 'sources = "act"', "line 25 (duty 1, sources): it is no list"),
        ('id = "signed"', 'id = "signed twice"', "line 20 (duty 1, id): it is no short name"),
        ("[[source]]", "[source]", "line 10 (source): it is no list of tables; each begins with [[source]]"),
        (
            'advice = "sign it"',
            'advice = "a"\nstays_with_operator = "now"',
            "(duty 1, stays_with_operator): it is true or",
        ),
        ("until = 2026-04-01", "until = 2026-02-01", "line 35 (duty 2, until): it ends before it begins"),
        ('id = "shown"', 'id = "signed"', "line 30 (duty 2, id): a second duty is called 'signed'"),
        ('sources = ["act"]', 'sources = ["art"]', "line 25 (duty 1, sources): no source is called 'art'"),
        ('who = "provider"', 'who = "everyone"', "line 22 (duty 1, who): it is one of these: 'provider', 'deployer'"),
        ('who = "provider"', 'whom = "provider"', "line 19 (duty 1, who): it is missing"),
        ('title = "A law', 'titel = "x"\ntitle = "A law', "line 4 (profile, titel): no such key is known"),
        ("[maker]", "[makers]", "TOML file, maker: it is missing"),
        (
            "[maker]",
            '[maker]\nlabel = "eu, fr"',
            "line 18 (maker, label): no form of labels is called 'fr'; there are eu",
        ),
        ("[maker]", '[maker]\nneeds = ["luck"]', "line 18 (maker, needs): it is one of these: 'provider'"),
        ('url = "https:', 'url = "javascript:', "line 13 (source 1, url): it is no address of a page"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old: str, new: str, said: str) -> None:
    assert old in TINY
    with pytest.raises(ProfileInvalid) as caught:
        profile.parse(TINY.replace(old, new, 1), "TOML file")
    told = str(caught.value)
    assert said in told
    foreign = ("input", "argument", "field", "pattern", "tuple", "string", "dataclass", "None", "^", "(at ")
    assert [word for word in foreign if word in told] == [], "a reader's own words are not for people"


ASKED = 'check = { check = "label.visible", seconds = 2, at = "start" }'
LONG = "\\u001b[2J" + 500_000 * "x"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (ASKED, f'check = "{LONG}"'),
        (ASKED, f'check = {{ "{LONG}" = 1 }}'),
        (ASKED, f'check = {{ check = "label.visible", "{LONG}" = 1 }}'),
        (ASKED, f'check = {{ check = "label.visible", forms = ["{LONG}"] }}'),
        ("[maker]", f'[maker]\nlabel = "{LONG}"'),
        ("[maker]", f'[maker]\n"{LONG}" = 1'),
        ("[maker]", f'["{LONG}"]\n[maker]'),
    ],
)
def test_what_a_file_says_at_length_is_not_repeated(old: str, new: str) -> None:
    assert old in TINY
    with pytest.raises(ProfileInvalid) as caught:
        profile.parse(TINY.replace(old, new, 1), "TOML file")
    assert len(str(caught.value)) < 1000 and "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "asked", ["seconds = 0", "seconds = -1", "seconds = inf", "seconds = nan", "height_share = 1", "height_share = nan"]
)
def test_numbers_are_in_their_range(asked: str) -> None:
    check = f'check = {{ check = "label.visible", {asked} }}'
    with pytest.raises(ProfileInvalid, match="label.visible can't be asked with"):
        profile.parse(TINY.replace(ASKED, check, 1), "TOML file")


def test_several_labels_are_forms_too() -> None:
    assert profile.parse(TINY.replace("[maker]", '[maker]\nlabel = "eu, cn"'), "x").maker.label == "eu, cn"


def test_a_second_source_of_a_name() -> None:
    start, end = TINY.index("[[source]]"), TINY.index("[maker]")
    with pytest.raises(ProfileInvalid, match=r"line 18 \(source 2, id\): a second source is called 'act'"):
        profile.parse(TINY[:end] + TINY[start:], "x")


def test_names_and_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "huge.toml").write_bytes(b"#" * (profile.MOST_BYTES + 1))
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "tiny.toml").write_text(TINY)
    wrong = {
        "no-such-law": "no profile is called 'no-such-law'; there are c2pa-2.4",
        " , ": "no profile is named; there are c2pa-2.4",
        f"{tmp_path}/none.toml": "No such file",
        f"{tmp_path}/binary.toml": "no text in UTF-8",
        f"{tmp_path}/huge.toml": "more than 1 MiB",
        f"{tmp_path}/folder.toml": "Is a directory",
        f"{tmp_path}/tiny.toml,{tmp_path}/../{tmp_path.name}/tiny.toml": "two of the profiles named are called 'tiny'",
    }
    for said, why in wrong.items():
        with pytest.raises(ProfileInvalid) as caught:
            profile.chosen(said)
        assert why in str(caught.value), said


def test_a_check_that_takes_nothing_is_given_nothing() -> None:
    for name, term in VOCABULARY.items():
        assert rule_of(name) == Ask(name, term.asks())
        with pytest.raises(ValueError, match="can't be asked with 'more'"):
            rule_of({"check": name, "more": 1})
