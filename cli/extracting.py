"""From a file to its marks, and from what was read to words for a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .. import mark_keys
from ..evidence import Evidence, MarkDetails, NoMarkDetails, in_words
from ..settings import settings
from ..verify import facts_of, look_at, reading_keys
from ..watermark import MarkKey
from .judging import check_name
from .session import one_line


def readers(key_file: Path | None) -> tuple[tuple[MarkKey, ...], tuple[str, ...]]:
    """Give the keys to read with, that of a file after the open one; and in words whose marks are left out."""
    (first, *kept), left_out = reading_keys(settings())
    if key_file is None:
        return (first, *kept), left_out
    given = mark_keys.read(key_file)
    key = MarkKey(given.name, given.secret)
    if any(other.name == key.name and other.secret != key.secret for other in kept):
        key = replace(key, name=f"{key.name} of {key_file.name}")  # or two keys would go by one name
    return (first, key, *(other for other in kept if other.secret != key.secret)), left_out


def extracted(given: str, keys: tuple[MarkKey, ...]) -> tuple[Evidence, str]:
    """Read the marks of a file: the evidence, and words for it."""
    check_name(given)
    looked = look_at(Path(given), options=settings(), only="marks", keys=keys)
    if looked.video is None:
        facts_of(Path(given), settings())  # says why there is nothing to look at
    evidence = next(e for e in looked.evidence if e.examiner == "watermark")
    match evidence.details:
        case MarkDetails() as mark:
            said = _mark(evidence, mark)
        case NoMarkDetails() as none:
            names = ", ".join(none.keys)
            said = [f"no mark ({none.trials} trials with {names} over {none.frames} frames)"]
        case other:
            said = [f"{evidence.finding}: {other}"]
    return evidence, "\n  ".join(map(one_line, (f"{given}: {said[0]}", *said[1:])))


def _mark(evidence: Evidence, mark: MarkDetails) -> list[str]:
    said = [
        f"{mark.payload}, key {mark.key}, {mark.bit_accuracy:.1%} of bits right before correction; "
        f"an unmarked video yields this at most once in {1 / mark.false_accept_bound:.1e}",
        f"picture: {mark.geometry}",
    ]
    if evidence.spans:
        said.append(f"time: {in_words(evidence.spans)}")
    for other in mark.also:
        lies = f"; picture: {other.geometry}" if other.geometry else ""
        time = f"; time: {in_words(other.spans)}" if other.spans else ""
        said.append(f"also {other.payload}, key {other.key}, {other.bit_accuracy:.1%} of bits right{time}{lies}")
    return said
