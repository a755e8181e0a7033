"""Frames as pipelines give them, as pictures: arrays, tensors, PIL images, and lists of these. Knows no pipeline.

A tensor is known by what it can do, so that torch is not imported for it. What can't be understood is refused: frames
in a wrong range would be a wrong film, and a label on it no help.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..errors import EncodeFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ADVICE = "give RGB frames, (frames, height, width, 3), as uint8 or as floats of 0 to 1"
_CHANNELS = (1, 3, 4)
_SLACK = 0.05  # below 0 and above 1: what decoders overshoot


def pictures(frames: Any) -> Iterator[NDArray[np.uint8]]:
    """Give RGB pictures (H, W, 3) uint8, one by one, of whatever a pipeline calls its frames.

    >>> import numpy as np
    >>> [one.shape for one in pictures(np.zeros((1, 2, 8, 16, 3), np.float32))]
    [(8, 16, 3), (8, 16, 3)]
    """
    import numpy as np

    if hasattr(frames, "convert") and hasattr(frames, "getbands"):  # an image of PIL's
        yield _bytes(np.asarray(frames.convert("RGB")))
        return
    array = _array(frames)
    if array is not None:
        yield from _of_array(array)
        return
    if isinstance(frames, str | bytes | dict) or not isinstance(frames, Iterable):
        raise EncodeFailed(f"a {type(frames).__name__} is no frames", advice=ADVICE)
    clips = 0
    for one in frames:
        clips += isinstance(one, list | tuple) or getattr(one, "ndim", 3) > 3
        if clips > 1 and isinstance(frames, list | tuple):
            raise EncodeFailed("several videos at once", advice="label each by itself: frames[0], frames[1] ...")
        yield from pictures(one)


def _array(frames: Any) -> NDArray[Any] | None:
    """Give an array, of a tensor too; None where it is neither."""
    import numpy as np

    if hasattr(frames, "detach") and hasattr(frames, "cpu"):
        tensor = frames.detach().cpu()
        if tensor.is_floating_point():
            tensor = tensor.float()  # half of one can be a kind that numpy lacks
        frames = tensor.numpy()
    return frames if isinstance(frames, np.ndarray) else None


def _of_array(array: NDArray[Any]) -> Iterator[NDArray[np.uint8]]:
    import numpy as np

    if array.ndim == 5:
        if len(array) != 1:
            raise EncodeFailed(f"{len(array)} videos at once", advice="label each by itself: frames[0], frames[1] ...")
        array = array[0]
    shape = "x".join(map(str, array.shape))
    if array.ndim == 3:
        array = array[None]
    if array.ndim != 4 or 0 in array.shape[1:]:
        raise EncodeFailed(f"an array of {shape} is no frames", advice=ADVICE)
    if array.shape[-1] not in _CHANNELS and array.shape[1] in _CHANNELS:
        array = np.moveaxis(array, 1, -1)  # colours first, as tensors have them
    if array.shape[-1] not in _CHANNELS:
        raise EncodeFailed(f"an array of {shape}: frames of {array.shape[-1]} colours", advice=ADVICE)
    for frame in array:
        yield _bytes(frame)


def _bytes(frame: NDArray[Any]) -> NDArray[np.uint8]:
    import numpy as np

    if frame.dtype.kind == "f":
        least, most = float(frame.min()), float(frame.max())
        if not -_SLACK <= least <= most <= 1 + _SLACK:  # also where they are no numbers
            raise EncodeFailed(f"frames of {least:.3g} to {most:.3g}, not of 0 to 1", advice=ADVICE)
        frame = np.rint(np.clip(frame, 0, 1) * np.float32(255)).astype(np.uint8)
    if frame.dtype != np.uint8:
        raise EncodeFailed(f"frames of {frame.dtype}", advice=ADVICE)
    if frame.shape[-1] == 1:
        frame = np.repeat(frame, 3, axis=-1)
    return np.ascontiguousarray(frame[..., :3])
