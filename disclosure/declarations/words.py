"""The words of a field, whatever their encoding, made short and harmless. Knows bytes and texts; not what they mean."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

from ...evidence.text import plain, without_places

MOST_SHOWN = 200
_READ = 4 * MOST_SHOWN  # of what is shown; more would only be spaces
_MOST_IMPERSONAL = 2000
_JSON_BEGINS = re.compile(r'"?\s*[\[{]')


def text_of(value: bytes) -> str:
    """Read UTF-8, or UTF-16 with its mark; what is neither stays readable where it is ASCII.

    >>> text_of("Ä".encode("utf-16")), text_of(b"caf\\xe9\\0")
    ('Ä', 'caf\ufffd')
    """
    wide = value.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return value.decode("utf-16" if wide else "utf-8", errors="replace").strip("\ufeff\0 \t\r\n")


def short(text: str) -> str:
    """One line of it, to be shown.

    >>> short("a\\n\\n  b\\u202e")
    'a b\\ufffd'
    """
    return plain(" ".join(text[:_READ].split()), MOST_SHOWN)


def impersonal(text: str) -> str:
    """Its begin, as one line, without addresses of mail and without coordinates.

    >>> impersonal("a model, jane@x.example, 48.1N 11.5E, +48.1+011.5/")
    'a model, , ,'
    """
    return " ".join(without_places(text[:_MOST_IMPERSONAL]).split())


def tag_of(name: str) -> str:
    """The word that names a field, without prefixes, spaces and case.

    >>> tag_of("com.apple.quicktime.software"), tag_of("\\xa9too"), tag_of("Iptc4xmpExt:DigitalSourceType")
    ('software', 'too', 'digitalsourcetype')
    """
    return re.sub(r"[\W_]", "", re.split(r"[.:/]", name[-200:])[-1]).casefold()


def json_of(text: str) -> Any:
    """The value of a JSON text, or None; a string that holds JSON again is opened once more."""
    for _ in range(2):
        if not _JSON_BEGINS.match(text.lstrip()[:80]):
            return None
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, str):
            return value
        text = value
    return None
