"""Brings decoded pictures into the encoder's pixel format without changing what they show. Opens and writes nothing.

Numbers and tags must agree: a YUV source keeps its numbers and its tags; RGB, GIF and other palettes are converted
to BT.709, limited range, and tagged so.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .facts import Colour, Mastering

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.format import VideoFormat
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

_BT709, _BT2020, _UNSPECIFIED, _LIMITED, _FULL = 1, 9, 2, 1, 2


def colour_of(frame: VideoFrame) -> Colour:
    """Read how a decoded frame is to be understood, as it stands."""
    full = frame.color_range == _FULL or frame.format.name.startswith("yuvj")
    return Colour(int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace), full)


def target_colour(frame: VideoFrame) -> Colour:
    """Give the tags that the encoded video gets: the source's own, or BT.709 for what has no YUV in it."""
    own = colour_of(frame)
    if is_grey(frame.format):
        return Colour(own.primaries, own.transfer, _UNSPECIFIED, frame.color_range != _LIMITED)
    if not is_rgb(frame.format):
        return own
    primaries = _BT709 if own.primaries == _UNSPECIFIED else own.primaries
    transfer = _BT709 if own.transfer == _UNSPECIFIED else own.transfer
    return Colour(primaries, transfer, _BT2020 if primaries == _BT2020 else _BT709, full_range=False)


def tag(context: VideoCodecContext, colour: Colour) -> None:
    """Write the tags where the encoder and the container take them from."""
    context.color_primaries, context.color_trc = colour.primaries, colour.transfer
    context.colorspace = colour.matrix
    context.color_range = _FULL if colour.full_range else _LIMITED


def is_rgb(source: VideoFormat) -> bool:
    """Say whether the samples are red, green and blue, or indices to such."""
    return bool(source.is_rgb or source.has_palette)


def is_grey(source: VideoFormat) -> bool:
    """Say whether there is nothing but brightness (and perhaps transparency)."""
    return not is_rgb(source) and len(source.components) < 3


class Normaliser:
    """Brings each frame of one video to one size and pixel format; hands a frame that fits through untouched."""

    def __init__(self, pixel_format: str, size: tuple[int, int], colour: Colour, *, pad: bool = False) -> None:
        """Take the picture's size before padding; `pad` repeats the last column and row of an odd size."""
        from av.video.reformatter import VideoReformatter

        self._format, self._size, self._colour, self._pad = pixel_format, size, colour, pad
        self._reformatter = VideoReformatter()  # keeps its tables; VideoFrame.reformat would make them for each frame

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """Give the frame as it is to be encoded, its time and side data kept."""
        if frame.format.name != self._format or (frame.width, frame.height) != self._size:
            frame = self._convert(frame)
        return _padded(frame) if self._pad else frame

    def _convert(self, frame: VideoFrame) -> VideoFrame:
        from av.video.reformatter import ColorRange, Colorspace, Interpolation

        scaled = (frame.width, frame.height) != self._size
        how = Interpolation.BICUBIC if scaled else Interpolation.BILINEAR
        changes: dict[str, Any] = {"interpolation": how | Interpolation.ACCURATE_RND}
        if is_rgb(frame.format):
            matrix = Colorspace.BT2020 if self._colour.matrix == _BT2020 else Colorspace.ITU709
            changes |= {"dst_colorspace": matrix, "dst_color_range": ColorRange.MPEG}
        elif is_grey(frame.format):
            changes["dst_color_range"] = ColorRange.JPEG  # copies the numbers: the scaler takes all grey for full range
        else:
            own = ColorRange.JPEG if self._colour.full_range else ColorRange.MPEG
            changes |= {"src_color_range": own, "dst_color_range": own}
        return self._reformatter.reformat(frame, *self._size, self._format, **changes)


def luma(frame: VideoFrame) -> NDArray[Any]:
    """Give a view over the brightness plane, (H, W) uint8 or uint16, without the padding of its lines."""
    import numpy as np

    return plane(frame, 0, np.dtype(np.uint16 if frame.format.name.endswith("10le") else np.uint8))


def plane(frame: VideoFrame, index: int, kind: Any) -> NDArray[Any]:
    """Give a writable view over one plane."""
    import numpy as np

    part = frame.planes[index]
    lines: NDArray[Any] = np.frombuffer(memoryview(part), kind).reshape(-1, part.line_size // kind.itemsize)
    return lines[: part.height, : part.width]


def mastering_of(frame: VideoFrame) -> Mastering | None:
    """Read HDR10 static metadata from a frame's side data."""
    from av.sidedata.sidedata import Type

    display = side_data(frame, Type.MASTERING_DISPLAY_METADATA)
    light = side_data(frame, Type.CONTENT_LIGHT_LEVEL)
    primaries = white = luminance = None
    if display is not None:
        *numbers, has_primaries, has_luminance = struct.unpack("<22i", display[:88])
        values = [float(Fraction(a, b)) if b else 0.0 for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
        if has_primaries:
            primaries = ((values[0], values[1]), (values[2], values[3]), (values[4], values[5]))
            white = (values[6], values[7])
        if has_luminance:
            luminance = (values[8], values[9])
    most, average = struct.unpack("<2I", light[:8]) if light is not None else (None, None)
    if primaries is None and luminance is None and most is None:
        return None
    return Mastering(primaries, white, luminance, most, average)


def display_matrix_of(frame: VideoFrame) -> tuple[int, ...] | None:
    """Read how a player turns and mirrors the coded picture."""
    from av.sidedata.sidedata import Type

    found = side_data(frame, Type.DISPLAYMATRIX)
    return struct.unpack("<9i", found[:36]) if found is not None else None


def side_data(frame: VideoFrame, kind: Any) -> bytes | None:
    """Give what a frame carries beside its pixels."""
    carried: Any = frame.side_data  # PyAV's stubs say a plain dictionary; it is keyed by type
    found = carried.get(kind)
    return bytes(found) if found is not None else None


def transparent(frame: VideoFrame) -> bool:
    """Say whether some pixel of a packed or planar picture with alpha lets the background through."""
    if not any(component.is_alpha for component in frame.format.components):
        return False
    alpha = frame.reformat(format="rgba").to_ndarray()[..., 3]
    return bool((alpha < 255).any())


def _padded(frame: VideoFrame) -> VideoFrame:
    """Even width and height by repeating the last column and row; chroma planes are rounded up and fit already."""
    import av
    import numpy as np

    kind = np.dtype(np.uint16 if frame.format.name.endswith("10le") else np.uint8)
    wide, high = frame.width + frame.width % 2, frame.height + frame.height % 2
    whole = av.VideoFrame(wide, high, frame.format.name)
    for index in range(len(frame.planes)):
        source, target = plane(frame, index, kind), plane(whole, index, kind)
        target[: source.shape[0], : source.shape[1]] = source
        target[: source.shape[0], source.shape[1] :] = source[:, -1:]
        target[source.shape[0] :] = target[source.shape[0] - 1]
    whole.pts, whole.duration = frame.pts, frame.duration
    if frame.time_base is not None:
        whole.time_base = frame.time_base
    return whole
