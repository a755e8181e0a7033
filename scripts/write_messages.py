"""Gathers what the pages say, and compiles what that is in other languages: `python -m scripts.write_messages`.

What is new stands untranslated in `api/pages/locale/*/LC_MESSAGES/pages.po` afterwards: translate it there, and run
this once more. Needs Babel, which serving does not.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from countermark.api.pages.languages import DOMAIN, LANGUAGES, LOCALE
from countermark.api.pages.words import BORROWED
from countermark.verdict import MEANING

PAGES = Path(__file__).parents[1] / "api" / "pages"
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
OPTIONS = {"templates/**.html": {"trimmed": "false", "encoding": "utf-8"}}
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)  # files that say when they were written differ each time


def gathered() -> Catalog:
    """Give all messages: of templates, of the code of pages, and what rooms below say in words that pages show."""
    found = Catalog(domain=DOMAIN, project="Countermark", charset="utf-8", creation_date=_FIRST, revision_date=_FIRST)
    extracted = extract_from_dir(str(PAGES), method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS)
    for file, _, message, comments, context in extracted:
        found.add(message, None, [(file, 0)], auto_comments=comments, context=context)
    for message in (*MEANING.values(), *BORROWED):
        found.add(message, None, [("said by the judge", 0)])
    return found


def po(language: str) -> Path:
    """Give the place of a language's catalogue."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Read a language's catalogue; an empty one where there is none."""
    path = po(language)
    if not path.exists():
        return Catalog(language, DOMAIN, creation_date=_FIRST, revision_date=_FIRST)
    with path.open("rb") as file:
        return read_po(file, language, DOMAIN)


def untranslated(catalogue: Catalog) -> list[str]:
    """Give what is not yet said in this language, or was guessed from something like it."""
    lacking = []
    for message in catalogue:
        said = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and (message.fuzzy or not all(said)):
            lacking.append(str(message.id))
    return lacking


def main() -> int:
    """Bring every catalogue up to date, and compile it; 1 where something is not translated."""
    template, lacking = gathered(), 0
    for language in LANGUAGES:
        if language == "en":
            continue
        catalogue = read(language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.header_comment = f"# What the pages of Countermark say, in {catalogue.locale.english_name}."
        catalogue.project, catalogue.version, catalogue.fuzzy = "Countermark", "1", False
        catalogue.creation_date = catalogue.revision_date = _FIRST
        path = po(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=100, no_location=True, sort_output=True, omit_header=False)
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)
        for message in untranslated(catalogue):
            print(f"{language}: not translated: {message}")
            lacking += 1
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
