"""Looks whether a visible label that was signed for is still to be seen. A `media.plan.Examiner`, one for each label.

Knows what was drawn, where and when; holds the pictures at that place to it, letter by letter. Knows nothing of how a
copy was cropped, mirrored or framed: a label that is elsewhere in the picture is not found, and said to be absent.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ...evidence import Evidence, FailureDetails, Finding, LabelClaim, LabelDetails, Region, Span, Track

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...media.facts import Colour, Geometry, Video
    from ...media.plan import Plan, Tile, View

LOOKS = 17  # at most, the first and the last picture that shows all of it among them
# Of likeness: by `python -m benchmarks.labels --choose`, labels that were gone had 0.26 at most in any picture, those
# that were left 0.43 at least in all. Nearer to the latter: to see what is not there would be the worse error.
THRESHOLD = 0.35
_MOST_CHARACTERS = 64 << 10  # of a picture in base64
_MOST_SIDE, _MOST_PIXELS = 2048, 1 << 18  # of a picture, before it is decoded
_LEAST_WIDTH, _LEAST_HEIGHT = 16, 10  # pixels of this copy: smaller letters can't be told from anything
_WORKING_HEIGHT = 64
_AROUND = 0.25  # of the label's height: how far it may have been moved
_SIZES = (1.0, 0.99, 1.01, 0.98, 1.02, 0.97, 1.03)
_EMPTY = 0.2  # of a fair share of the strokes: a part with fewer says nothing
_LEAST_STROKES = 2.0  # levels, root mean square: what has less shows nothing that could be looked for
_DARK, _BRIGHT = 16.0, 235.0
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Likeness(NamedTuple):
    """How a place in a picture compares with what was drawn there."""

    pattern: float  # whether its strokes are the label's, -1 to 1
    strength: float  # their contrast, as a share of what was drawn


class Look(NamedTuple):
    """One picture that was looked at."""

    seconds: float
    likeness: float


class LabelExaminer:
    """Holds the pictures at a label's place to what was drawn there."""

    name = "label"
    version = "1"
    track: Track = "video"

    def __init__(self, claim: LabelClaim) -> None:
        """Take what a manifest says was drawn."""
        self._claim = claim
        self._drawn: NDArray[Any] | None = None
        self._colour: Colour | None = None
        self._place: tuple[float, float, float, float] = (0, 0, 0, 0)
        self._high = 0
        self._why = ""
        self._shown = Span(0, 0)
        self.looks: list[Look] = []

    def plan(self, video: Video) -> Plan:
        """Ask for the label's place, and a little around it, some times while all of it should be on show."""
        from ...media.plan import Plan

        claim = self._claim
        self._colour, self._high = video.colour, video.geometry.height
        region, tile = _placed(claim.region, video.geometry)
        frame_s = 1 / float(video.frame_rate)
        shown = _shown(claim, video.duration_s, frame_s)
        self._drawn = _decoded(claim.picture)
        if not claim.picture:
            self._why = "no picture of the label was kept, to which it could be held"
        elif self._drawn is None:
            self._why = "the picture of the label that was kept is broken"
        elif _blank(self._drawn, video.colour, self._high):
            self._why = "the picture of the label that was kept shows nothing"
        elif region[2] < _LEAST_WIDTH or region[3] < _LEAST_HEIGHT:
            self._why = f"the label is {region[2]:.0f}x{region[3]:.0f} pixels in this copy: too small to be told"
        elif shown is None:
            self._why = "this copy ends before the label's time"
        if self._why or shown is None:
            return Plan()
        self._shown = shown
        self._place = (region[0] - tile.x, region[1] - tile.y, region[2], region[3])
        return Plan(_times(shown, video.duration_s, frame_s), "luma", tiles=(tile,))

    def see(self, view: View) -> None:
        """Compare one picture."""
        assert self._drawn is not None and self._colour is not None, "nothing was asked for"
        found = likeness(compare(view.pixels, self._place, self._drawn, self._colour, self._high))
        self.looks.append(Look(view.seconds, found))

    def conclude(self, video: Video) -> Evidence:
        """Say whether it is there, in half of the pictures or more, and when; a duty goes by when."""
        if not self.looks:
            details = FailureDetails(self._why or "no picture was shown while the label should be on show")
            return Evidence(video.digest, self.track, self.name, self.version, "inconclusive", details=details)
        seen = sum(one.likeness >= THRESHOLD for one in self.looks)
        found: Finding = "present" if 2 * seen >= len(self.looks) else "absent"
        return Evidence(
            video.digest,
            self.track,
            self.name,
            self.version,
            found,
            spans=_stretches(self.looks, self._shown),
            regions=(self._claim.region,),
            details=LabelDetails(self._claim, min(one.likeness for one in self.looks), len(self.looks)),
        )


def likeness(parts: tuple[Likeness, ...]) -> float:
    """Sum up in one number: the least of all parts, and never more than the strokes' contrast.

    A blurred label keeps its pattern and loses its contrast; one that is half covered keeps one half.
    """
    return max(-1.0, min(min(part.pattern, part.strength) for part in parts))


def compare(
    shown: NDArray[Any],
    place: tuple[float, float, float, float],
    drawn: NDArray[Any],
    colour: Colour,
    height: int,
) -> tuple[Likeness, ...]:
    """Compare a picture's brightness with RGBA that was drawn at `place` (x, y, width, height), in parts.

    `height` is that of the coded picture, by which untagged colours are understood.
    """
    import cv2
    import numpy as np

    x, y, wide, high = place
    scale = min(1.0, min(drawn.shape[0], _WORKING_HEIGHT) / high)
    size = max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale))
    small = cv2.resize(np.ascontiguousarray(shown, np.float32), size, interpolation=cv2.INTER_AREA)
    inked, cover = _inked(drawn, colour, height)
    behind = _behind(shown, place)
    best: tuple[Likeness, ...] = (Likeness(-1.0, 0.0),)
    for by in _SIZES:
        within = min(size[0], round(wide * scale * by)), min(size[1], round(high * scale * by))
        found = _best(small, *_pattern(inked, cover, behind, within), round(high * scale))
        if likeness(found) > likeness(best):
            best = found
        if likeness(best) >= THRESHOLD:
            break
    return best


def _best(small: NDArray[Any], pattern: NDArray[Any], weights: NDArray[Any], high: int) -> tuple[Likeness, ...]:
    """Lay the pattern where it fits best; say how well each part of it fits there."""
    import cv2
    import numpy as np

    strokes = _strokes(small, high)
    fits = cv2.matchTemplate(strokes, weights * pattern, cv2.TM_CCORR)
    energy = cv2.matchTemplate(strokes * strokes, weights, cv2.TM_CCORR)
    drawn = float((weights * pattern * pattern).sum())
    if drawn <= 0:
        return (Likeness(0.0, 0.0),)
    _, _, _, (x, y) = cv2.minMaxLoc(fits / np.sqrt(np.maximum(energy, 1e-3) * drawn))
    part = strokes[y : y + pattern.shape[0], x : x + pattern.shape[1]]
    count = max(1, min(4, round(pattern.shape[1] / pattern.shape[0] / 1.5)))
    found = []
    for columns in np.array_split(np.arange(pattern.shape[1]), count):
        w, p, s = (array[:, columns] for array in (weights, pattern, part))
        own, both, other = float((w * p * p).sum()), float((w * p * s).sum()), float((w * s * s).sum())
        if own >= _EMPTY * drawn / count:
            found.append(Likeness(both / (own * max(other, 1e-3)) ** 0.5, both / own))
    return tuple(found)


def _pattern(
    inked: NDArray[Any], cover: NDArray[Any], behind: float, size: tuple[int, int]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give the strokes as they would look on that background, and how much each pixel counts."""
    import cv2
    import numpy as np

    how = cv2.INTER_AREA if size[1] <= inked.shape[0] else cv2.INTER_LINEAR
    own, alpha = (cv2.resize(array, size, interpolation=how) for array in (inked, cover))
    return _strokes(own + (1 - alpha) * behind, size[1]), np.square(alpha)


def _strokes(picture: NDArray[Any], high: int) -> NDArray[Any]:
    """Leave what is as fine as the strokes of letters."""
    import cv2
    import numpy as np

    return np.asarray(picture - cv2.GaussianBlur(picture, (0, 0), max(1.5, high / 16)))


def _blank(drawn: NDArray[Any], colour: Colour, height: int) -> bool:
    """Say whether there are no strokes to look for, neither on a dark picture nor on a bright one."""
    inked, cover = _inked(drawn, colour, height)
    size = drawn.shape[1::-1]
    patterns = (_pattern(inked, cover, behind, size) for behind in (_DARK, _BRIGHT))
    return all(float((weights * strokes * strokes).mean()) < _LEAST_STROKES**2 for strokes, weights in patterns)


def _inked(drawn: NDArray[Any], colour: Colour, height: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give brightness times cover, and cover, of what was drawn."""
    import numpy as np

    from ...media.overlay import luma_of

    cover = drawn[..., 3].astype(np.float32) / 255
    return luma_of(drawn[..., :3], colour, height) * cover, cover


def _behind(shown: NDArray[Any], place: tuple[float, float, float, float]) -> float:
    """Guess what lies behind a label by what is around it."""
    import numpy as np

    x, y, wide, high = (round(value) for value in place)
    around = np.ones(shown.shape, bool)
    around[max(0, y) : y + high, max(0, x) : x + wide] = False
    return float(np.median(shown[around] if around.any() else shown))


def _decoded(picture: str) -> NDArray[Any] | None:
    """Give the picture that a manifest keeps, (H, W, 4) RGBA; None where it is none, or larger than any label of ours.

    Whoever can write a manifest can write this: its size is read before anything is decoded.
    """
    import cv2
    import numpy as np

    if len(picture) > _MOST_CHARACTERS:
        return None
    try:
        coded = b64decode(picture, validate=True)
    except (binascii.Error, ValueError):
        return None
    wide, high = (int.from_bytes(coded[at : at + 4], "big") for at in (16, 20))
    if coded[:8] != _SIGNATURE or not 0 < wide <= _MOST_SIDE or not 0 < high <= _MOST_SIDE:
        return None
    if wide * high > _MOST_PIXELS:
        return None
    try:
        found = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if found is None or found.shape != (high, wide, 4) or found.dtype != np.uint8:
        return None
    return np.ascontiguousarray(found[..., [2, 1, 0, 3]])


def _placed(region: Region, geometry: Geometry) -> tuple[tuple[float, float, float, float], Tile]:
    """Give the label's place in pixels of this copy, and the tile to look at."""
    from ...media.plan import Tile

    wide, high = geometry.display_size
    x, y, across, down = region.x * wide, region.y * high, region.width * wide, region.height * high
    around = max(4.0, _AROUND * down)
    left, top = max(0, int(x - around)), max(0, int(y - around))
    right, bottom = min(wide, int(x + across + around) + 1), min(high, int(y + down + around) + 1)
    return (x, y, across, down), Tile(left, top, max(1, right - left), max(1, bottom - top))


def _shown(claim: LabelClaim, duration_s: float, frame_s: float) -> Span | None:
    """Say when all of it should be on show, as far as this copy lasts; None: never.

    Whoever can write a manifest can write how long it fades: more than half of its time is no fade.
    """
    start, end = claim.span.start_s, min(claim.span.end_s, duration_s)
    if end <= start:
        return None
    fade = min(claim.fade_s, (end - start) / 2) if claim.fade_s > 0 else 0.0
    begun = start + fade if start > 0 else start
    return Span(begun, max(begun, end - fade if end < duration_s - frame_s else end))


def _times(shown: Span, duration_s: float, frame_s: float) -> tuple[float, ...]:
    """Choose when to look: evenly, and at both ends; a frame further in, where a copy's frames lie otherwise."""
    first = shown.start_s + frame_s if shown.start_s > 0 else 0.0
    last = shown.end_s - frame_s if shown.end_s < duration_s - frame_s else shown.end_s - frame_s / 2
    if last <= first:
        return ((shown.start_s + shown.end_s) / 2,)
    return tuple(first + (last - first) * i / (LOOKS - 1) for i in range(LOOKS))


def _stretches(looks: Sequence[Look], shown: Span) -> tuple[Span, ...]:
    """Give the stretches over which it was seen: between neighbouring looks that both show it.

    One look alone is none, where there are others: what was seen once may be an accident of the picture.
    """
    if len(looks) == 1:
        return (shown,) if looks[0].likeness >= THRESHOLD else ()
    times = (shown.start_s, *(look.seconds for look in looks[1:-1]), shown.end_s)
    found: list[Span] = []
    for (one, other), (start, end) in zip(pairwise(looks), pairwise(times), strict=True):
        if min(one.likeness, other.likeness) < THRESHOLD:
            continue
        joined = found.pop().start_s if found and found[-1].end_s == start else start
        found.append(Span(joined, end))
    return tuple(found)
