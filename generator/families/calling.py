"""One call of a pipeline: what of a request becomes which argument. Imports no torch; diffusers only where it must.

What differs between classes is in the family's facts; what can't be said there is a function of `_GUIDES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..request import Camera, Direction
from .camera import intrinsics, path
from .course import Call
from .dragging import dragged
from .family import Guide

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

_DEFAULT_STRENGTH = 0.8  # of diffusers' own, where it is not said
_EMPTY = 127  # the grey of what is to be made


@dataclass(frozen=True)
class Shot:
    """All that one call is made of; pictures are of its size, RGB (H, W, 3) uint8."""

    call: Call
    size: tuple[int, int]
    frame_rate: Fraction
    prompt: str
    steps: int
    guidance: float
    negative: str | None = None
    camera: Camera | None = None
    strength: float | None = None
    stills: dict[int, NDArray[np.uint8]] = field(default_factory=dict)  # by the frame that they are
    clip: Sequence[NDArray[np.uint8]] = ()
    before: Sequence[NDArray[np.uint8]] = ()
    mask: NDArray[np.bool_] | None = None
    direction: Direction | None = None


def arguments(shot: Shot, pipeline: Any) -> dict[str, Any]:
    """Give the arguments of the call; `pipeline` is asked which it knows."""
    names, call = shot.call.way.names, shot.call
    values: dict[str, Any] = {"prompt": shot.prompt, "output_type": "np", names.steps: shot.steps}
    if names.size:
        values |= {"width": shot.size[0], "height": shot.size[1]}
    if names.frames:
        values[names.frames] = call.frames
    if names.guidance:
        values[names.guidance] = shot.guidance
    if names.negative and shot.negative is not None:
        values[names.negative] = shot.negative
        values |= dict(names.with_negative)
    if names.frame_rate:
        rate = shot.frame_rate
        values[names.frame_rate] = int(rate) if rate.denominator == 1 else round(rate) if names.whole else float(rate)
    values |= dict(call.way.fixed)
    values |= _GUIDES[call.way.guide](shot, pipeline)
    return {name: value for name, value in values.items() if value is not None and name not in names.without}


def _plain(shot: Shot, pipeline: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    first = shot.before[-1] if shot.before else shot.stills.get(0)
    if first is not None:
        values["image"] = _image(first)
    last = shot.stills.get(shot.call.frames - 1)
    if last is not None:
        values["last_image"] = _image(last)
    if shot.clip:
        values |= {"video": _images(shot.clip), "strength": shot.strength or _DEFAULT_STRENGTH}
    return values


def _history(shot: Shot, pipeline: Any) -> dict[str, Any]:
    if shot.before:
        return {"video": _images(shot.before)}
    return {"image": _image(shot.stills[0])}


def _conditions(shot: Shot, pipeline: Any) -> dict[str, Any]:
    """Place pictures and clips in time, as LTX has it; LTX-2 counts places in its decoder's steps."""
    firm = 1.0
    placed: list[tuple[int, Any, float]] = [(place, [_image(still)], firm) for place, still in shot.stills.items()]
    if shot.before:
        placed.append((0, _images(shot.before), firm))
    if shot.clip:
        placed.append((0, _images(shot.clip), 1 - (shot.strength or _DEFAULT_STRENGTH)))
    if type(pipeline).__name__.startswith("LTX2"):
        from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

        step = pipeline.vae_temporal_compression_ratio
        return {"conditions": [LTX2VideoCondition(images, -(-at // step), firm) for at, images, firm in placed]}
    from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition

    return {
        "conditions": [
            LTXVideoCondition(image=images[0], frame_index=at, strength=firm)
            if len(images) == 1
            else LTXVideoCondition(video=images, frame_index=at, strength=firm)
            for at, images, firm in placed
        ]
    }


def _masked(shot: Shot, pipeline: Any) -> dict[str, Any]:
    """Give a clip in which what is to be made is grey, and masks in which it is white."""
    import numpy as np

    wide, high = shot.size
    count = shot.call.frames
    if shot.mask is not None and shot.direction is not None and 0 in shot.stills:
        frames, masks = dragged(shot.stills[0], shot.mask, shot.direction, count)
        return {"video": _images(frames), "mask": _images(masks)}
    if shot.clip:  # its light and dark lead, and everything is made anew
        grey = [np.repeat(frame.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2) for frame in shot.clip]
        return {"video": _images(grey), "mask": _images([np.full((high, wide, 3), 255, np.uint8)] * count)}
    known = dict(enumerate(shot.before)) | shot.stills
    if not known:
        return {}
    empty, keep = np.full((high, wide, 3), _EMPTY, np.uint8), np.zeros((high, wide, 3), np.uint8)
    frames = [known.get(number, empty) for number in range(count)]
    masks = [keep if number in known else np.full_like(keep, 255) for number in range(count)]
    return {"video": _images(frames), "mask": _images(masks)}


def _camera_path(shot: Shot, pipeline: Any) -> dict[str, Any]:
    poses = path(shot.camera or Camera.STILL, shot.call.frames, float(shot.frame_rate))
    return _plain(shot, pipeline) | {"c2w": poses, "intrinsics": intrinsics(shot.size)}


def _image(picture: NDArray[np.uint8]) -> Image:
    from PIL import Image

    return Image.fromarray(picture)


def _images(pictures: Sequence[NDArray[np.uint8]]) -> list[Image]:
    return [_image(picture) for picture in pictures]


_GUIDES: dict[Guide, Callable[[Shot, Any], dict[str, Any]]] = {
    Guide.PLAIN: _plain,
    Guide.CONDITIONS: _conditions,
    Guide.MASKED: _masked,
    Guide.HISTORY: _history,
    Guide.CAMERA_PATH: _camera_path,
}
