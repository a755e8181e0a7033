"""Which language a page speaks, and its catalogue. Knows gettext, and no page.

The catalogues lie in `locale/`; `python -m scripts.write_messages` gathers what is to be said, and compiles them.
What an examiner or the judge says of one file comes as it is, in English, and the pages mark it so.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
OWN_NAMES: dict[Language, str] = {"en": "English", "de": "Deutsch"}
DOMAIN, LOCALE = "pages", Path(__file__).parent / "locale"
_MOST_HEADER = 500  # letters of Accept-Language that are read


def N_(message: str) -> str:
    """Name a message that is said in another place; a catalogue has it by this mark."""
    return message


def language_of(chosen: str | None, accepted: str) -> Language:
    """Choose: what was chosen on the page, else the best of what a browser accepts, else English.

    >>> language_of(None, "fr;q=0.9, de-AT;q=0.8, en;q=0.5")
    'de'
    >>> language_of("en", "de")
    'en'
    """
    return next(iter((*(one for one in LANGUAGES if one == chosen), *_known(accepted))), "en")


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: Language) -> gettext.NullTranslations:
    """Give what a language says; English is what the code says itself."""
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE, [language])


def _known(accepted: str) -> Iterator[Language]:
    weighed = []
    for part in accepted[:_MOST_HEADER].split(","):
        tag, _, parameters = part.partition(";")
        try:
            weight = float(parameters.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        weighed.append((-weight, tag.strip().lower().split("-")[0]))
    for _, tag in sorted((one for one in weighed if one[0] < 0), key=lambda one: one[0]):
        yield from (one for one in LANGUAGES if one == tag)
