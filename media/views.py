"""Turns one decoded frame into the pictures that plans ask for: upright, square pixels, one scale, luma or RGB.

Each distinct picture is made once and shared, read-only. Knows pixel formats; knows nothing of files and times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .colour import is_grey, is_rgb, plane
from .facts import Geometry
from .plan import Plan, Tile

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

_PLANAR = re.compile(r"(yuvj?4\d\dp|yuva4\d\dp|gray|nv12|nv16|nv21|nv24)(9|10|12|14|16)?(le)?$")
_BT709, _BT601, _BT2020 = 1, 5, 9
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}  # code points, as the scaler numbers them
_FULL = 2


class Pictures:
    """All that may be asked of one frame."""

    def __init__(self, frame: VideoFrame, geometry: Geometry) -> None:
        """Take a frame, and how it is to be held upright."""
        self._frame, self._geometry = frame, geometry
        self._made: dict[tuple[str, int | None], NDArray[Any]] = {}
        self._coded: dict[str, NDArray[Any]] = {}

    def of(self, plan: Plan) -> Iterator[tuple[NDArray[Any], Tile | None]]:
        """Give what a plan asks for: the picture, or its tiles."""
        picture = self._picture(plan.pixels, plan.short_side)
        if not plan.tiles:
            yield picture, None
        for tile in plan.tiles:
            part = picture[max(0, tile.y) : tile.y + tile.height, max(0, tile.x) : tile.x + tile.width]
            if part.size:
                yield part, tile

    def _picture(self, pixels: str, short_side: int | None) -> NDArray[Any]:
        made = self._made.get((pixels, short_side))
        if made is None:
            coded = self._coded.get(pixels)
            if coded is None:
                coded = self._coded[pixels] = luma(self._frame) if pixels == "luma" else rgb(self._frame)
            made = upright(coded, self._geometry, short_side)
            made.flags.writeable = False
            self._made[pixels, short_side] = made
        return made


def upright(coded: NDArray[Any], geometry: Geometry, short_side: int | None) -> NDArray[Any]:
    """Scale to square pixels and to the short side, mirror and turn; the result shares no memory with the decoder."""
    import cv2
    import numpy as np

    wide, high = max(1, round(geometry.width * geometry.sample_aspect)), geometry.height
    if short_side is not None:
        scale = short_side / min(wide, high)
        wide, high = max(1, round(wide * scale)), max(1, round(high * scale))
    if (wide, high) != coded.shape[1::-1]:
        shrinks = wide <= coded.shape[1] and high <= coded.shape[0]
        coded = cv2.resize(coded, (wide, high), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    if geometry.flipped:
        coded = coded[:, ::-1]
    return np.ascontiguousarray(np.rot90(coded, geometry.rotation // 90))


def luma(frame: VideoFrame) -> NDArray[Any]:
    """Brightness as coded, (H, W) float32 in levels of 8 bits; what has no luma is brought to BT.709, limited range."""
    import numpy as np

    frame = _with_luma(frame)
    bits = frame.format.components[0].bits
    samples = plane(frame, 0, np.dtype("<u2" if bits > 8 else np.uint8))
    found = samples[: frame.height, : frame.width].astype(np.float32)
    if bits > 8:
        found *= np.float32(1 / (1 << bits - 8))
    return found


def rgb(frame: VideoFrame) -> NDArray[Any]:
    """Red, green and blue by the matrix and range that the frame is tagged with, (H, W, 3) uint8."""
    from av.video.reformatter import ColorRange, Interpolation

    changes: dict[str, Any] = {"format": "rgb24", "interpolation": Interpolation.BILINEAR | Interpolation.ACCURATE_RND}
    if not is_rgb(frame.format):
        full = frame.color_range == _FULL or frame.format.name.startswith("yuvj")
        full = full or (is_grey(frame.format) and frame.color_range != ColorRange.MPEG)
        changes["src_color_range"] = ColorRange.JPEG if full else ColorRange.MPEG
        changes["dst_color_range"] = ColorRange.JPEG
        changes["src_colorspace"] = _MATRICES.get(int(frame.colorspace), _BT709 if frame.height > 576 else _BT601)
    return frame.reformat(threads=1, **changes).to_ndarray()


def _with_luma(frame: VideoFrame) -> VideoFrame:
    """Give the frame itself where its first plane is luma, else one converted so."""
    from av.video.reformatter import ColorRange, Interpolation

    source = frame.format
    if _PLANAR.match(source.name) and not source.is_big_endian:
        return frame
    deep = max(component.bits for component in source.components) > 8
    if is_rgb(source):
        matrix = _BT2020 if int(frame.color_primaries) == _BT2020 else _BT709
        return frame.reformat(
            format="yuv444p10le" if deep else "yuv444p",
            dst_colorspace=matrix,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BILINEAR | Interpolation.ACCURATE_RND,
            threads=1,
        )
    kept = ColorRange.JPEG if frame.color_range == _FULL else ColorRange.MPEG
    return frame.reformat(
        format="yuv444p10le" if deep else "yuv444p", src_color_range=kept, dst_color_range=kept, threads=1
    )
