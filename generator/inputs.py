"""What a film begins from: pictures, masks, clips and sound of the user's, decoded by a child. Knows no model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputUnfit, NoFrames, NoPictures, ReaderDied, UnreadableVideo
from ..media import read_clip, read_still
from ..media.sounds import take_sound
from ..outputs import check_input
from ..settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HALF = 128  # from here on, a mask is white
_PICTURE = "give an ordinary PNG or JPEG"
_CLIP = "give a video that plays"
_SOUND = "give sound that plays: WAV, FLAC, MP3, M4A, or a video with sound"


def picture(path: Path, options: Settings) -> NDArray[np.uint8]:
    """Give a picture, upright, RGB (H, W, 3) uint8."""
    with fit(path, _PICTURE):
        return read_still(path, options.limits)


def mask(path: Path, size: tuple[int, int], options: Settings) -> NDArray[np.bool_]:
    """Give what is white in a mask, (H, W); one of another size (W, H) than the picture that it is for is refused."""
    found = picture(path, options)
    high, wide = found.shape[:2]
    if (wide, high) != size:
        raise InputUnfit(
            f"{path.name}: the mask is {wide}x{high}, and the picture that it is for is {size[0]}x{size[1]}",
            advice=f"give a mask of {size[0]}x{size[1]} pixels, white where it moves",
        )
    covered: NDArray[np.bool_] = found.max(axis=2) >= HALF
    if not covered.any():
        raise InputUnfit(f"{path.name}: nothing in the mask is white", advice="paint white what is to move")
    return covered


def clip(
    path: Path,
    options: Settings,
    most_frames: int,
    *,
    last: bool = False,
    thinned: int | None = None,
    covering: tuple[int, int] | None = None,
) -> tuple[list[NDArray[np.uint8]], Fraction]:
    """Give the first frames of a video, or the `last`, upright, RGB (H, W, 3) uint8, and their rate.

    thinned: no more frames a second than that. covering: scaled down until they just cover that width and height.
    """
    with fit(path):
        found = read_clip(path, options.limits, most_frames, last=last, thinned=thinned, covering=covering)
    return list(found.pictures), found.frame_rate


def sound(path: Path, place: Path, options: Settings, seconds: float | None = None) -> Path:
    """Write what is heard, or its first seconds, as a plain WAVE file, which whoever signs may read."""
    with fit(path, _SOUND):
        take_sound(path, place, options.limits, *(() if seconds is None else (seconds,)))
    return place


@contextmanager
def fit(path: Path, advice: str = _CLIP) -> Iterator[None]:
    """Say of what can't be decoded that it can't be begun from, and what could be."""
    check_input(path)
    try:
        yield
    except (NoFrames, NoPictures, ReaderDied, UnreadableVideo) as error:
        raise InputUnfit(str(error), advice=advice) from None
