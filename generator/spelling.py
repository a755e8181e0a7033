"""Which known words a misspelt one may mean. A wrong guess is worse than none: a little alike is none."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

_SHORTEST = 4  # letters: of less, nearly everything is alike
_ALIKE, _ELSEWHERE = 0.8, 0.9  # of both words' letters in the same order; with another first letter
_MOST = 2


def guesses(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """Give those that are most like it, the likest first.

    >>> guesses("trangle", ["triangle", "ring"]), guesses("playing", ["panning", "flying"]), guesses("ein", ["in"])
    (('triangle',), (), ())
    """
    if len(word) < _SHORTEST:
        return ()
    found = []
    for other in dict.fromkeys(known):
        share = SequenceMatcher(None, word, other).ratio()
        if share >= (_ALIKE if other[:1] == word[0] else _ELSEWHERE):
            found.append((share, other))
    return tuple(other for _, other in sorted(found, key=lambda one: -one[0])[:_MOST])
