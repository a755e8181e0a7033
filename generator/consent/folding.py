"""Brings words to one form, so that a rule finds them however they are written. Knows letters; knows no rule.

Case, accents and letters that merely look like others fall away; letters that are spaced out are read as a word, and
digits and signs as the letters that they stand for. Whoever wants to get round a list of words still can.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from . import ages

Words = tuple[str, ...]

GONE = "\0"  # stands where words were taken out: no phrase reaches over it
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})
_ALIKE = str.maketrans("авеіјкмнорсѕтухѵαειοκνρτυχ", "abeijkmhopcstyxvaeiokvptux")  # Cyrillic, Greek
_LATIN, _OTHER = re.compile("[a-z]"), re.compile("[\u0370-\u03ff\u0400-\u04ff]")
_SIGNS = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i", "|": "i"}
_STANDING = tuple(str.maketrans({**_SIGNS, "1": one}) for one in "il")
_AROUND = ".,;:!?\"'()[]{}<>"
_GAP = r"[\s.,\-_*·/~]{1,3}"
_SPACED = re.compile(rf"(?<![^\W_])(?:(?:[^\W_]|[@$!]){_GAP}){{2,}}(?:[^\W_]|[@$!])(?![^\W_])")
_ARTICLES = ("a", "i")  # single letters that are words of their own
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")  # words stand unparted


def fold(text: str) -> str:
    """Give the letters alone, without case and accents.

    >>> fold("Ｎåϊve Łódź")
    'naive lodz'
    """
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(one for one in parts if unicodedata.category(one) not in ("Mn", "Cf")).translate(_PLAIN)
    return re.sub(r"\S+", lambda chunk: _one_alphabet(chunk[0]), bare)


def readings(text: str) -> tuple[Words, ...]:
    """Give every way to read a text, as words: as it stands, letters together, signs as letters, ages as "5 year".

    >>> [" ".join(words) for words in readings("n4ked f-a-c-e")]
    ['n4ked f a c e', 'n4ked face', 'naked f a c e', 'naked face']
    """
    folded = fold(text)
    together = _SPACED.sub(_joined, folded)
    signs = (_lettered(one, table) for table in _STANDING for one in (folded, together))
    every = (folded, together, *signs)
    return tuple(dict.fromkeys(words_of(one) for one in (*every, *map(ages.plainly, every))))


def words_of(folded: str) -> Words:
    """Part a folded text into words."""
    return tuple(re.findall(r"[^\W_]+", folded))


@dataclass(frozen=True)
class Phrases:
    """Many words and phrases, found whole; one that ends in * is the beginning of a word."""

    exact: frozenset[Words]
    beginnings: tuple[Words, ...]  # with their stars
    inside: Words  # of scripts that part no words
    longest: int

    @classmethod
    def of(cls, phrases: Iterable[str]) -> Phrases:
        """Take phrases as people write them; what has no letter in it is left out."""
        exact, beginnings, inside = set(), [], []
        for phrase in phrases:
            folded = fold(phrase)
            if _UNSPACED.search(folded):
                inside.append("".join(words_of(folded)))
            elif "*" in folded:
                parts = tuple(word + "*" * star for word, star in _starred(folded))
                beginnings += [parts] if parts else []
            elif words := words_of(folded):
                exact.add(words)
        longest = max(map(len, exact), default=0)
        return cls(frozenset(exact), tuple(beginnings), tuple(filter(None, inside)), longest)

    def find(self, words: Words) -> str | None:
        """Give the first that is there, as it is read."""
        for place in range(len(words)):
            if length := self._at(words, place):
                return " ".join(words[place : place + length])
        return None

    def without(self, words: Words) -> Words:
        """Take out whatever is found."""
        left, place = [], 0
        while place < len(words):
            length = self._at(words, place)
            left.append(GONE if length else words[place])
            place += length or 1
        return tuple(left)

    def _at(self, words: Words, place: int) -> int:
        """Give the number of words of the longest phrase that begins there."""
        for length in range(min(self.longest, len(words) - place), 0, -1):
            if words[place : place + length] in self.exact:
                return length
        for phrase in self.beginnings:
            given = words[place : place + len(phrase)]
            if len(given) == len(phrase) and all(map(_meets, phrase, given)):
                return len(phrase)
        return int(any(one in words[place] for one in self.inside))


def _one_alphabet(chunk: str) -> str:
    """Where letters of two alphabets are mixed in a word, read all as Latin."""
    return chunk.translate(_ALIKE) if _LATIN.search(chunk) and _OTHER.search(chunk) else chunk


def _joined(found: re.Match[str]) -> str:
    """Draw letters together; what parts words is a wider gap, or a blank where letters are parted by signs."""
    letters, gaps = re.split(_GAP, found[0]), re.findall(_GAP, found[0])
    signs = [gap for gap in gaps if gap.strip()]
    narrow = min(map(len, signs or gaps))
    parted = ((" " if len(gap) > narrow or (signs and not gap.strip()) else "") for gap in gaps)
    joined = letters[0] + "".join(gap + one for gap, one in zip(parted, letters[1:], strict=True))
    bare = joined[1:].strip()
    return f"{joined} {bare}" if letters[0] in _ARTICLES else joined


def _lettered(folded: str, table: dict[int, str]) -> str:
    chunks = (chunk.strip(_AROUND) for chunk in folded.split())
    return " ".join(chunk.translate(table) if re.search(r"[^\W\d_]", chunk) else chunk for chunk in chunks)


def _starred(folded: str) -> Iterator[tuple[str, bool]]:
    for word in re.findall(r"[^\W_]+\*?", folded):
        yield word.rstrip("*"), word.endswith("*")


def _meets(wanted: str, word: str) -> bool:
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted
