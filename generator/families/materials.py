"""What a request begins from, as pictures of the size that a model makes. Knows no pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import FeatureLacking
from ...settings import Settings
from .. import inputs
from ..beginning import shape_given
from ..pictures import covering, covering_mask, cut_off, nearest_in_time
from ..request import Direction, Request
from .course import Course, Given

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FAST = 4  # a clip may have so many times the frames of the model's own second
_COUNTED = (16, 16)  # as large as frames have to be that are counted only
_NOTICED = 0.05  # of a picture that does not show


@dataclass(frozen=True)
class Materials:
    """Pictures and clips, RGB (H, W, 3) uint8, and a mask (H, W), all of the model's size."""

    stills: dict[Path, NDArray[np.uint8]] = field(default_factory=dict)
    clip: list[NDArray[np.uint8]] = field(default_factory=list)
    before: list[NDArray[np.uint8]] = field(default_factory=list)  # at the model's rate
    mask: NDArray[np.bool_] | None = None
    direction: Direction | None = None


def given(request: Request, most: int, options: Settings) -> Given:
    """Look at what a plan has to know: the shape of the first picture, and how long a clip is; refuse what can't be.

    most: frames that one call can take.
    """
    if request.brush is not None:
        _mask(request, options)
    if request.video is not None:
        small, rate = inputs.clip(request.video, options, most, covering=_COUNTED)
        return Given(shape_given(request, options), len(small), rate)
    return Given(shape_given(request, options))


def gathered(request: Request, course: Course, options: Settings) -> Materials:
    """Read everything, and give it the model's size."""
    size = course.size
    stills = {path: covering(inputs.picture(path, options), size) for call in course.calls for _, path in call.stills}
    clip: list[NDArray[np.uint8]] = []
    if request.video is not None:
        found, _ = inputs.clip(request.video, options, course.calls[0].frames, covering=size)
        clip = [covering(frame, size) for frame in found]
        clip += [clip[-1]] * (course.calls[0].frames - len(clip))
    before: list[NDArray[np.uint8]] = []
    if request.extend is not None:
        count = course.calls[0].before
        found, rate = inputs.clip(request.extend, options, count * _FAST, last=True, covering=size)
        before = [covering(frame, size) for frame in nearest_in_time(found, rate, course.frame_rate, count)]
    if request.brush is None:
        return Materials(stills, clip, before)
    return Materials(stills, clip, before, covering_mask(_mask(request, options), size), request.brush.direction)


def remarks(course: Course, found: Given) -> tuple[str, ...]:
    """Say what of a picture will not show."""
    lost = cut_off(found.shape, course.size) if found.shape else 0.0
    return (f"{lost:.0%} of what it begins from is cut off at the sides",) if lost > _NOTICED else ()


def _mask(request: Request, options: Settings) -> NDArray[np.bool_]:
    """Read a brush's mask, which is as large as the picture that it was painted on."""
    if request.brush is None or request.image is None:
        raise FeatureLacking(
            "a brush moves what is in a picture, and there is none", advice="give the picture, too, by --image"
        )
    return inputs.mask(request.brush.mask, _shape(inputs.picture(request.image, options)), options)


def _shape(picture: NDArray[np.uint8]) -> tuple[int, int]:
    return picture.shape[1], picture.shape[0]
