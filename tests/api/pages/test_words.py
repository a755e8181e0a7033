"""What the pages say: one source with the judge and the documentation, in every language, with nothing left out."""

import hashlib
import re
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo

from countermark.api.pages import explained, words
from countermark.api.pages.assets import STATIC, assets
from countermark.api.pages.languages import LANGUAGES, catalogue, language_of
from countermark.disclosure.duties.c2pa_checks import _CURRENT
from countermark.docket.values import STAGES, Status, Why
from countermark.evidence import Finding, Standing, Trust
from countermark.evidence.actions import ACTIONS, CURRENT_ACTIONS
from countermark.verdict import BASIS_WORDS, MEANING, SURENESS, Outcome, Sureness
from scripts.write_messages import gathered, po, read, untranslated

DOCS = Path(__file__).parents[3] / "docs" / "verdicts.md"
OTHERS = [language for language in LANGUAGES if language != "en"]
PLACE = "vendor/"
VENDORED = {
    "htmx.min.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
    "pico.min.css": "fbc9a63fc9fc9f72d12fd7fc9806e11fa9f77ae4f9cad146b27003a1119ba3db",
}


def plain(cell: str) -> str:
    """A cell of the table without its marks, and without what leads to another page of the documentation."""
    return re.sub(r": \[[^]]*\]\([^)]*\)[^|]*", "", cell.replace("`", "")).strip()


def test_the_page_of_verdicts_says_what_the_documentation_says() -> None:
    rows = re.findall(r"^\| (`.*?)\|$", DOCS.read_text(), re.MULTILINE)
    documented = [tuple(plain(cell) for cell in row.split("|")) for row in rows]
    shown = [(", ".join(row.outcomes), row.holds_when, row.proves, row.cannot) for row in explained.TABLE]
    assert documented == shown


def test_every_outcome_is_named_explained_and_drawn() -> None:
    outcomes = get_args(Outcome)
    assert tuple(outcome for row in explained.TABLE for outcome in row.outcomes) == outcomes
    assert set(explained.NAMES) == set(MEANING) == set(outcomes)
    assert len(set(explained.NAMES.values())) == len(outcomes)
    assert {outcome: explained.explained(outcome).sureness for outcome in outcomes} == SURENESS
    assert set(explained.SURENESS) == set(explained.SURENESS_MEANING) == set(get_args(Sureness))
    assert explained.BASIS == BASIS_WORDS


def test_whatever_may_be_reported_has_a_word() -> None:
    assert set(words.FINDINGS) == set(words.ALARMS) == set(get_args(Finding))
    assert set(words.TRUST) == set(words.TRUST_SHORT) == set(get_args(Trust))
    assert set(words.STANDINGS) == set(get_args(Standing))
    assert set(words.STAGES) == set(STAGES) and set(words.STATUSES) == set(get_args(Status))
    assert set(words.ACTIONS) == ACTIONS and CURRENT_ACTIONS == _CURRENT
    assert set(words.WHY) == set(get_args(Why))


def told(of: Catalog) -> set[tuple[str, str]]:
    return {(str(list(one.id)), str(list(one.string))) for one in of if one.id}


@pytest.mark.parametrize("language", OTHERS)
def test_catalogues_are_whole_up_to_date_and_compiled(language: str) -> None:
    known = read(language)
    said = {message.id for message in known if message.id}
    assert said == {message.id for message in gathered() if message.id}, "python -m scripts.write_messages"
    assert untranslated(known) == []
    with po(language).with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    assert told(compiled) == told(known)


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_takes_what_its_original_takes(language: str) -> None:
    for message in read(language):
        if not message.id:
            continue
        originals = message.id if isinstance(message.id, tuple | list) else (message.id,)
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        taken = {name for one in originals for name in re.findall(r"%\((\w+)\)s", one)}
        for one in strings:
            assert set(re.findall(r"%\((\w+)\)s", one)) == taken, message.id


def test_the_verdict_is_said_in_german() -> None:
    say = catalogue("de").gettext
    assert all(say(meaning) != meaning for meaning in MEANING.values())
    assert say(explained.NAMES["inconclusive"]) == "Nicht entscheidbar"


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "de-AT,en;q=0.5", "de"),
        (None, "fr, en;q=0.3, de;q=0.9", "de"),
        (None, "de;q=0", "en"),
        ("en", "de", "en"),
        ("xx", "de", "de"),
        (None, "de;q=wrong, fr", "en"),
    ],
)
def test_the_language_is_what_was_chosen_or_what_the_browser_likes_best(
    chosen: str | None, accepted: str, language: str
) -> None:
    assert language_of(chosen, accepted) == language


def test_what_others_made_is_as_it_came_with_its_licence() -> None:
    theirs = {name.removeprefix(PLACE): asset.digest for name, asset in assets().items() if name.startswith(PLACE)}
    assert {name: digest for name, digest in theirs.items() if Path(name).suffix not in (".txt", ".md")} == VENDORED
    for licence in ("htmx", "pico"):
        assert (STATIC / "vendor" / f"{licence}.LICENSE.txt").stat().st_size > 500


def test_our_own_style_and_script_ask_nobody_else() -> None:
    for name in ("site.css", "site.js"):
        assert not re.search(r"https?://|@import|//[a-z]", assets()[name].data.decode()), name
    assert hashlib.sha256(assets()["site.css"].data).hexdigest() == assets()["site.css"].digest
