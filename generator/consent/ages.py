"""Writes every age in a text in one way, however it is said: in digits or words, whole or cut short. Knows no rule."""

from __future__ import annotations

import re

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORD = "|".join(sorted((*_UNITS, *_TENS), key=len, reverse=True))
_DIGITS = r"(?<!\d)(?!(?<=\d,)\d{3}(?!\d))\d{1,6}(?:[.,]\d{1,2}(?!\d))?"  # not the end of 1,005
_NUMBER = rf"(?:{_DIGITS}|(?<![^\W_])(?:(?:{'|'.join(_TENS)})[\s-]*)?(?:{_WORD}))"
_YEARS = r"(?:years?(?:olds?)?|yrs?(?:olds?)?|y[\s.,/-]*o(?:lds?)?|y)(?![^\W_])"
_AGE = re.compile(
    rf"(?<![^\W_])age[sd]?(?:\s+of)?[\s:=-]+(?P<after>{_NUMBER})(?![^\W_])"
    rf"|(?P<before>{_NUMBER})(?P<gap>[\s.,_*·/~-]*){_YEARS}"
)


def plainly(folded: str) -> str:
    """Give a folded text with its ages as a number of years.

    >>> plainly("a five-year-old, aged 12, and 30yo twins")
    'a 5 year -old, 12 year , and 30 year  twins'
    """
    return _AGE.sub(lambda found: f"{_years(found)} year ", folded)


def _years(found: re.Match[str]) -> int:
    said = found["after"] or found["before"]
    if said[0].isdecimal():
        return int(re.split("[.,]", said)[0])
    words = re.findall(_WORD, said)
    several = len(words) > 1 and said[len(words[0])].isspace() and "-" in (found["gap"] or "")
    counted = words[1:] if several else words  # "twenty five-year-olds" are twenty, and five years old
    return sum(_UNITS.index(word) if word in _UNITS else 10 * (_TENS.index(word) + 2) for word in counted)
