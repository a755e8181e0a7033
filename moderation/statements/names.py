"""Finds a name in a text, however it is written there. Knows nothing of statements but the words of all of them.

What it holds to be the same: capitals, accents, full width and marks that nobody sees; any spaces, hyphens, dots and
apostrophes, or none, between the parts of a name, and of a longer one between any of its letters. A name stands by
itself, but in scripts that put no spaces between words it may stand anywhere. It rather finds too much than too little;
so what every statement says is no name, whoever goes by it, and words of two letters are names only where they begin
with a capital within a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LEAST = 2  # letters of a name that is looked for
_LONG = 6  # letters, from which on a name is found with anything between them
_BETWEEN = r"[\W_]{0,3}"
_JOINT = rf"{_BETWEEN}(?:[^\W_]\.{_BETWEEN})?"  # with an initial in between
# Scripts without spaces between words; in Korean, what follows a name is joined to it.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_ENDS_SENTENCE = ".!?:;…\"'«»„“”‘’([{-–—/|"
# Words of two letters in the languages that statements are written in, and abbreviations.
_COMMON = frozenset(
    "ab ai al am an as at au av ba be bo by ca ce ci co da de di do du ed ee eh ei el em en er es et eu ex fa fi "
    "go ha he hi ho hu ia id if ig ik il im in io is it ja je jo ka ki la le lo lu ma me mi mo mu my na ne ni no "
    "nu ob od of og ok om on op or os ou oz pa pe po pr pt py re ro sa se si so su sy ta te ti to tu tv ty ud ui "
    "uk um un up ur us va ve vi vo vs vy we wo wy ya ye yo za ze zo zu".split()
)  # fmt: skip
# What statements say of every video: an uploader who goes by such a word is not named by it.
_EVERY_STATEMENTS = frozenset(
    "2022 2065 after anderer antrieb applied article artikel auf aus automated automatisiert automatisierte check "
    "das decision der die ebenfalls dieser eigenem ein eine einen eines entscheidung entschieden ergeben flagger found "
    "geführt geprüft getroffen had hat hatten hingewiesen hinweis hinweisgebers initiative its led looked means "
    "meldung mensch menschen mittel nach nachdem notice ohne other own person platform plattform pointed policy "
    "prüfung regel regulation report rule taken than the this took traf trusted under verordnung "
    "vertrauenswürdigen video was well without wurde "
    "视频 影片 動画 映像 영상 동영상 비디오 วิดีโอ 内容 平台 用户 ユーザー 사용자".split()
)


_LETTER_BEFORE, _LETTER_AFTER = rf"(?<![^\W_{_UNSPACED}])", rf"(?![^\W_{_UNSPACED}])"
_UNSPACED_LETTER = re.compile(f"[{_UNSPACED}]")


_OTHER_LETTERS = str.maketrans(
    {**dict(zip("łøđðħıŁØĐÐĦ", "loddhiLODDH", strict=True)), "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae", "œ": "oe"}
)


def holds(text: str, name: str) -> bool:
    """Say whether a text holds a name.

    >>> holds("as Jean Luc Müller says", "jean-luc muller"), holds("as jeans go", "Jean")
    (True, False)
    >>> holds("An item of Li's", "An"), holds("so sagt Frau An es", "An"), holds("由王小明上传", "小明")
    (False, True, True)
    """
    pattern = _pattern(name)
    if pattern is None:
        return False
    plain = _plain(text)
    return any(_names(found, plain) for found in pattern.finditer(plain))


def _names(found: re.Match[str], text: str) -> bool:
    """Say whether what has the letters of a name is one, and not words that stand there for themselves."""
    said = found[0]
    if found["of"] and not said[0].isupper():
        return False
    words = [word.casefold() for word in re.findall(r"[^\W_]+", said)]
    everyday = [word for word in words if word in _of_every_statement() or word in _COMMON]
    rest = [word for word in words if word not in everyday]
    if not everyday or any(len(word) > 1 and not word.isdigit() for word in rest):
        return True
    if any(word in _of_every_statement() for word in everyday):
        return False
    return said.istitle() and _is_within(text, found.start())


@lru_cache(maxsize=1024)
def _pattern(name: str) -> re.Pattern[str] | None:
    """Give what finds a name in a plain text; None: it is too short."""
    parts = re.findall(r"[^\W_]+", _plain(name))
    letters = "".join(parts)
    if not _is_long_enough(letters):
        return None
    between = _BETWEEN if len(letters) >= _LONG else ""
    written = [between.join(map(re.escape, part)) for part in parts]
    orders = {_JOINT.join(written), _JOINT.join(written[1:] + written[:1])}  # the family's name first, too
    ends = {letters[0], letters[-1], parts[0][-1], parts[-1][0]}
    anywhere = any(map(_UNSPACED_LETTER.match, ends))
    of = "(?P<of>)" if anywhere or len(letters) <= LEAST else "(?P<of>s?)"  # as in German
    first, last = ("", "") if anywhere else (_LETTER_BEFORE, _LETTER_AFTER)
    return re.compile(f"{first}(?:{'|'.join(sorted(orders))}){of}{last}", re.IGNORECASE)


def _is_long_enough(letters: str) -> bool:
    return len(letters) > LEAST or (len(letters) == LEAST and letters.isalpha())


def _is_within(text: str, at: int) -> bool:
    """Whether what begins here does not begin a sentence, or what is like one."""
    before = text[:at].rstrip()[-1:]
    return bool(before) and before not in _ENDS_SENTENCE


def _plain(text: str) -> str:
    """Undo what hides letters from a search, but for capitals."""
    shown = "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")
    bare = "".join(letter for letter in unicodedata.normalize("NFD", shown) if unicodedata.category(letter) != "Mn")
    return unicodedata.normalize("NFC", bare).translate(_OTHER_LETTERS)


@lru_cache(maxsize=1)
def _of_every_statement() -> frozenset[str]:
    return frozenset(_plain(word) for word in _EVERY_STATEMENTS)
