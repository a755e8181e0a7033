"""Gathers what notices say, and compiles what that is in other languages: `python -m scripts.write_notices`.

What is new stands untranslated in `moderation/statements/locale/*/LC_MESSAGES/statements.po` afterwards: translate it
there, and run this once more. Needs Babel, which serving does not.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from countermark.moderation.statements.language import DOMAIN, LANGUAGES, LOCALE, Language

ROOM = Path(__file__).parents[1] / "moderation" / "statements"
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)  # files that say when they were written differ each time


def gathered() -> Catalog:
    """Give all messages."""
    found = Catalog(domain=DOMAIN, project="Countermark", charset="utf-8", creation_date=_FIRST, revision_date=_FIRST)
    for file, _, message, comments, context in extract_from_dir(str(ROOM), keywords={"_": None, "N_": None}):
        found.add(message, None, [(file, 0)], auto_comments=comments, context=context)
    return found


def po(language: Language) -> Path:
    """Give the place of a language's catalogue."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: Language) -> Catalog:
    """Read a language's catalogue; an empty one where there is none."""
    path = po(language)
    if not path.exists():
        return Catalog(language, DOMAIN, creation_date=_FIRST, revision_date=_FIRST)
    with path.open("rb") as file:
        return read_po(file, language, DOMAIN)


def main() -> int:
    """Bring every catalogue up to date, and compile it; 1 where something is not translated."""
    template, lacking = gathered(), 0
    for language in LANGUAGES:
        if language == "en":
            continue
        catalogue = read(language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.header_comment = "# What statements and notices of Countermark say."
        catalogue.project, catalogue.version, catalogue.fuzzy = "Countermark", "1", False
        catalogue.creation_date = catalogue.revision_date = _FIRST
        path = po(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=100, no_location=True, sort_output=True, omit_header=False)
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)
        for message in catalogue:
            if message.id and not message.string:
                print(f"{language}: {message.id}", file=sys.stderr)
                lacking += 1
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
