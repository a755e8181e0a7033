"""In which language a notice speaks. Knows gettext, and nothing of what is said.

The catalogues lie in `locale/`; `python -m scripts.write_notices` brings them up to date. What a rule says of itself
comes as its policy says it.
"""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DOMAIN, LOCALE = "statements", Path(__file__).parent / "locale"


def N_(message: str) -> str:
    """Name a message that is said in another place; a catalogue has it by this mark."""
    return message


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: Language) -> gettext.NullTranslations:
    """Give what a language says; English is what the code says itself."""
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE, [language])
