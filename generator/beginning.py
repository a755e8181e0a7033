"""The shape of what a request begins from: a plan's size follows it. Knows no model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..settings import Settings
from . import inputs
from .request import Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def shape_given(request: Request, options: Settings) -> tuple[int, int] | None:
    """Give width and height of the clip, or of the first picture, that is given; None where there is neither."""
    if request.video is not None:
        return _shape(inputs.clip(request.video, options, 1)[0][0])
    if request.extend is not None:
        return _shape(inputs.clip(request.extend, options, 1, last=True)[0][0])
    pictures = [request.image, *(one.image for one in request.keyframes), request.last_image]
    first = next((path for path in pictures if path is not None), None)
    return None if first is None else _shape(inputs.picture(first, options))


def _shape(picture: NDArray[np.uint8]) -> tuple[int, int]:
    return picture.shape[1], picture.shape[0]
