"""Hashes of content in the forms that exchanges of hashes write, and which frames of a video count.

The numbers are vPDQ's own defaults. A list of frames is JSON: `["hash,quality,seconds", ...]`. Others write seconds
with three digits that count; here they are written in full, and read as they come. Knows no bank.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from itertools import groupby

from ...evidence import FingerprintDetails
from .values import Frame, SignalUnfit

QUALITY = 50  # frames below it say too little
DISTANCE = 31  # bits of 256 that may differ
QUERY_PERCENT = 80.0  # of the frames looked up must match
MOST_FRAMES = 20_000  # of one video
MOST_CHARACTERS = 4 << 20  # of one signal
_HASH = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9]{1,3}")


def digest(text: str) -> str:
    """Read SHA-256, or PDQ: both are 64 digits of hexadecimal.

    >>> digest(" " + "AB" * 32)[:4]
    'abab'
    """
    found = text.strip().lower()
    if _HASH.fullmatch(found) is None:
        raise SignalUnfit(f"{_short(text)} is no hash of 64 digits of hexadecimal")
    return found


def read(text: str) -> tuple[Frame, ...]:
    """Read the frames of a video, in the order of their times."""
    if len(text) > MOST_CHARACTERS:
        raise SignalUnfit(f"a list of frames has at most {MOST_CHARACTERS:,} characters, this one {len(text):,}")
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        raise SignalUnfit(f"{_short(text)} is no JSON") from None
    return frames_of(listed)


def frames_of(listed: object) -> tuple[Frame, ...]:
    """Read frames that are out of JSON already."""
    if not isinstance(listed, list) or not listed:
        raise SignalUnfit("the hash of a video is a list of frames, and of one at least")
    if len(listed) > MOST_FRAMES:
        raise SignalUnfit(f"a video has at most {MOST_FRAMES:,} frames here, this one {len(listed):,}")
    return tuple(sorted((_frame(one) for one in listed), key=lambda frame: frame.seconds))


def written(frames: Iterable[Frame]) -> str:
    """Write frames, with their seconds in full.

    >>> written([Frame("0" * 64, 100, 0.04)])[60:]
    '000000,100,0.04"]'
    """
    return json.dumps([f"{frame.hash},{frame.quality},{frame.seconds!r}" for frame in frames], separators=(",", ":"))


def of_fingerprint(details: FingerprintDetails) -> tuple[Frame, ...]:
    """Give the frames of a fingerprint of ours, with and without bars."""
    if details.algorithm != "pdq" or any(len(one) != 64 for one in details.hashes):
        raise SignalUnfit(f"a fingerprint of {details.algorithm} is not held to banks of PDQ")
    rows = zip(details.hashes, details.qualities, details.times_s, strict=True)
    return tuple(Frame(hash, quality, float(seconds)) for hash, quality, seconds in rows)


def wholes(frames: Iterable[Frame]) -> tuple[Frame, ...]:
    """Give the whole picture of each moment alone, as others' vPDQ has it: the first of each time."""
    return tuple(next(rows) for _, rows in groupby(frames, key=lambda frame: frame.seconds))


def usable(frames: Iterable[Frame]) -> tuple[Frame, ...]:
    """Give the frames that count: such as show enough, and each hash once."""
    found: dict[str, Frame] = {}
    for frame in frames:
        if frame.quality >= QUALITY:
            found.setdefault(frame.hash, frame)
    return tuple(found.values())


def moments(frames: Iterable[Frame], *, ours: bool) -> tuple[tuple[str, ...], ...]:
    """Give the hashes of each moment that counts, each kind of moment once.

    `ours`: hashes of one time are ways to see one frame, and it matches if one of them does. Others' times are too
    coarse for that: each of their hashes is a moment.
    """
    kept = usable(frames)
    if not ours:
        return tuple((frame.hash,) for frame in kept)
    shown = (frame for frame in frames if frame.quality >= QUALITY)
    grouped = (tuple(frame.hash for frame in rows) for _, rows in groupby(shown, key=lambda frame: frame.seconds))
    return tuple(dict.fromkeys(grouped))


def _frame(one: object) -> Frame:
    parts = one.split(",") if isinstance(one, str) else []
    if len(parts) != 3:
        raise SignalUnfit(f'{_short(str(one))} is no frame: say "hash,quality,seconds"')
    if _NUMBER.fullmatch(parts[1].strip()) is None or int(parts[1]) > 100:
        raise SignalUnfit(f"{_short(parts[1])} is no quality: a whole number from 0 to 100")
    try:
        seconds = float(parts[2])
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise SignalUnfit(f"{_short(parts[2])} is no time: seconds from the start")
    return Frame(digest(parts[0]), int(parts[1]), seconds)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
