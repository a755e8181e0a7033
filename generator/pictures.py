"""Pictures to the size that a model makes, a model's frames to the size and rate that were asked. Knows no model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ModelUnfit

if TYPE_CHECKING:
    from numpy.typing import NDArray


def covering(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale a picture until it covers the size (width, height), and cut what stands out on either side."""
    import cv2

    wide, high = size
    if picture.shape[:2] == (high, wide):
        return picture
    scale = max(wide / picture.shape[1], high / picture.shape[0])
    grown = (max(wide, round(picture.shape[1] * scale)), max(high, round(picture.shape[0] * scale)))
    scaled = cv2.resize(picture, grown, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = (grown[0] - wide) // 2, (grown[1] - high) // 2
    return np.ascontiguousarray(scaled[top : top + high, left : left + wide])


def covering_mask(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Do the same to what is covered by a mask."""
    grey = np.repeat(mask.astype(np.uint8)[..., None] * 255, 3, axis=2)
    covered: NDArray[np.bool_] = covering(grey, size)[..., 0] >= 128
    return covered


def cut_off(shape: tuple[int, int], size: tuple[int, int]) -> float:
    """Give the share of a picture (width, height) that does not show when it covers the size."""
    shown = min(shape[0] / size[0], shape[1] / size[1])
    return 1 - size[0] * size[1] * shown * shown / (shape[0] * shape[1])


def as_bytes(frames: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Give frames of 0 to 1 as bytes; a model that gives no numbers has no picture."""
    whole = np.empty(frames.shape, np.uint8)
    for number, frame in enumerate(frames):  # one by one, as a call's frames as floats are large enough once
        if not np.isfinite(frame).all():
            raise ModelUnfit(
                "the model gave frames that are no numbers",
                advice="try --dtype float32: some weights overflow in half of it",
            )
        whole[number] = np.rint(np.clip(frame, 0, 1) * 255)
    return whole


def written_count(frames: int, own: Fraction, rate: Fraction) -> int:
    """Give how many frames of that rate last as long as so many of the model's own."""
    return max(2, round(frames / own * rate))


def own_place(number: int, own: Fraction, rate: Fraction) -> int:
    """Give which of the model's own frames is shown as that frame of the film."""
    return int(number * own / rate)


def at_rate(
    source: Iterator[NDArray[np.uint8]],
    place: int,
    numbers: Iterable[int],
    own: Fraction,
    rate: Fraction,
    size: tuple[int, int],
) -> Iterator[NDArray[np.uint8]]:
    """Give those frames of the film: each is the model's own of its time, so that some come twice or not at all.

    source: the model's own frames, from the one of that place on.
    """
    shown: NDArray[np.uint8] | None = None
    following = place
    for number in numbers:
        while following <= own_place(number, own, rate) and (found := next(source, None)) is not None:
            following, shown = following + 1, covering(found, size)
        if shown is None:
            return
        yield shown.copy()


def nearest_in_time(
    frames: Sequence[NDArray[np.uint8]], has: Fraction, wants: Fraction, count: int
) -> list[NDArray[np.uint8]]:
    """Give the last frames of a clip as if it had another rate; the first is repeated where there are too few."""
    last = len(frames) - 1
    return [frames[max(0, last - round((count - 1 - i) * has / wants))] for i in range(count)]
