"""Paints pictures with transparency into frames: upright, in the frame's own colours, however it is turned and coded.

Knows planes, matrices and curves of brightness; knows not what the pictures say. What is painted is worked out once;
each frame then costs the rectangles that are touched, and one outside an overlay's times costs nothing.
"""

from __future__ import annotations

import math
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import EncodeFailed
from .colour import plane
from .facts import Colour, Geometry

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

_OPAQUE = 256  # an alpha of 1, in whole numbers: what is blended by it is shifted down by 8 bits
_SOON = 1e-6  # seconds: times of frames are rounded
_HDTV, _SDTV, _UHDTV, _PQ, _HLG = 1, 5, 9, 16, 18
# How much of luma is red, and how much is blue, by code point of the matrix.
_WEIGHTS = {
    1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087),
    9: (0.2627, 0.0593), 10: (0.2627, 0.0593),
}  # fmt: skip
_TO_BT2020 = ((0.6274, 0.3293, 0.0433), (0.0691, 0.9195, 0.0114), (0.0164, 0.0880, 0.8956))  # from BT.709, linear
_WHITE_NITS = 203.0  # of what is printed on paper, beside a picture whose lamps reach 1000 or 10000


@dataclass(frozen=True, eq=False)
class Overlay:
    """A picture with transparency, and where and when it lies over a video."""

    picture: NDArray[Any]  # (H, W, 4) uint8: red, green, blue in sRGB, straight alpha; in pixels of the upright picture
    x: int  # of its upper left corner
    y: int
    start_s: float = 0.0
    end_s: float | None = None  # None: to the end
    fade_s: float = 0.0  # in and out; what starts with the video or stays to its end does so at full strength

    def __post_init__(self) -> None:
        """Refuse what is no picture, or is never on show."""
        shape = self.picture.shape
        if len(shape) != 3 or shape[2] != 4 or 0 in shape or str(self.picture.dtype) != "uint8":
            raise ValueError(f"an overlay is (H, W, 4) uint8, not {shape} {self.picture.dtype}")
        if min(self.x, self.y) < 0:
            raise ValueError(f"an overlay at {self.x}, {self.y} leaves the picture")
        end = math.inf if self.end_s is None else self.end_s
        if not 0 <= self.start_s < end or self.fade_s < 0:
            raise ValueError(f"an overlay can't be shown from {self.start_s} to {end} s with fades of {self.fade_s} s")

    def __repr__(self) -> str:
        """Shapes, not numbers."""
        high, wide = self.picture.shape[:2]
        until = "the end" if self.end_s is None else f"{self.end_s} s"
        return f"Overlay({wide}x{high} at {self.x}, {self.y}; {self.start_s} s to {until}, fades of {self.fade_s} s)"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.picture.shape[1], self.picture.shape[0]

    def to_wire(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        packed = b64encode(zlib.compress(self.picture.tobytes(), 1)).decode()
        placed = {name: getattr(self, name) for name in ("x", "y", "start_s", "end_s", "fade_s")}
        return {"size": list(self.size), "picture": packed, **placed}

    @staticmethod
    def from_wire(values: dict[str, Any]) -> Overlay:
        """Rebuild what `to_wire` gave."""
        import numpy as np

        wide, high = values["size"]
        pixels = np.frombuffer(zlib.decompress(b64decode(values["picture"])), np.uint8).reshape(high, wide, 4)
        placed = {name: values[name] for name in ("x", "y", "start_s", "end_s", "fade_s")}
        return Overlay(pixels, **placed)

    def weight(self, seconds: float) -> int:
        """How much of it is on show at a time, in parts of `_OPAQUE`."""
        end = math.inf if self.end_s is None else self.end_s
        if not self.start_s - _SOON <= seconds < end - _SOON:
            return 0
        if not self.fade_s:
            return _OPAQUE
        rising = (seconds - self.start_s) / self.fade_s if self.start_s else 1.0
        return round(_OPAQUE * min(1.0, max(0.0, rising), (end - seconds) / self.fade_s))


class Painter:
    """Paints overlays into the frames of one video."""

    def __init__(
        self, overlays: Sequence[Overlay], geometry: Geometry, pixel_format: str, colour: Colour, size: tuple[int, int]
    ) -> None:
        """Work out what goes into each plane.

        `geometry` says how the coded picture is shown; `size` is its width and height as they are written.
        """
        from av.video.format import VideoFormat

        shape = VideoFormat(pixel_format, *size)
        bits = shape.components[0].bits
        steps = (16 // shape.chroma_width(16), 16 // shape.chroma_height(16))
        self._works = [(overlay, _worked_out(overlay, geometry, colour, size, bits, steps)) for overlay in overlays]
        self._bits = bits

    def __call__(self, frame: VideoFrame, seconds: float) -> None:
        """Paint what is on show at this time."""
        import numpy as np

        for overlay, patches in self._works:
            weight = overlay.weight(seconds)
            if not weight:
                continue
            frame.make_writable()  # the decoder still reads its own copy for the frames after
            for number, patch in enumerate(patches):
                patch.into(plane(frame, number, np.dtype(np.uint16 if self._bits > 8 else np.uint8)), weight)


class _Patch:
    """What one overlay does to one plane: a rectangle of levels, and how much each covers."""

    def __init__(self, levels: NDArray[Any], cover: NDArray[Any], x: int, y: int, bits: int) -> None:
        import numpy as np

        wide = np.dtype(np.uint16 if bits == 8 else np.uint32)  # holds a level times _OPAQUE
        self._x, self._y = x, y
        self._levels, self._cover = levels.astype(wide), cover.astype(wide)
        self._whole = self._weighed(_OPAQUE)

    def into(self, target: NDArray[Any], weight: int) -> None:
        """Blend into a plane; its last odd row or column may be missing there."""
        kept, added = self._whole if weight == _OPAQUE else self._weighed(weight)
        part = target[self._y : self._y + kept.shape[0], self._x : self._x + kept.shape[1]]
        kept, added = kept[: part.shape[0], : part.shape[1]], added[: part.shape[0], : part.shape[1]]
        mixed = part * kept
        mixed += added
        mixed >>= 8
        part[:] = mixed

    def _weighed(self, weight: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Give what is kept of the plane, and what is added to it; half a level is added to round by."""
        cover = self._cover if weight == _OPAQUE else (self._cover * weight + _OPAQUE // 2) >> 8
        return _OPAQUE - cover, self._levels * cover + _OPAQUE // 2


def _worked_out(
    overlay: Overlay,
    geometry: Geometry,
    colour: Colour,
    size: tuple[int, int],
    bits: int,
    steps: tuple[int, int],
) -> tuple[_Patch, _Patch, _Patch]:
    """Turn, colour, scale and sample one overlay as the planes are."""
    import numpy as np

    picture, x, y = _laid(overlay, geometry)
    alpha = picture[..., 3].astype(np.float32) / 255
    colours = in_colour(picture[..., :3], colour, size[1])
    inked = np.dstack([colours * alpha[..., None], alpha])
    inked, x, y = _scaled(inked, x, y, geometry, size)
    across, down = x % steps[0], y % steps[1]
    high, wide = inked.shape[:2]
    beyond = ((down, -(down + high) % steps[1]), (across, -(across + wide) % steps[0]), (0, 0))
    inked = np.pad(inked, beyond)
    x, y = x - across, y - down
    sampled = _sampled(inked, steps)
    patches = []
    for number in range(3):
        ink, left, top = (inked, x, y) if number == 0 else (sampled, x // steps[0], y // steps[1])
        cover = np.clip(ink[..., 3], 0, 1)
        levels = _levels(ink[..., number] / np.maximum(cover, 1e-3), number, colour, bits)
        patches.append(_Patch(levels, np.rint(cover * _OPAQUE), left, top, bits))
    return patches[0], patches[1], patches[2]


def _laid(overlay: Overlay, geometry: Geometry) -> tuple[NDArray[Any], int, int]:
    """Undo what a player does: turn and mirror the picture, and its place, into coded orientation, square pixels."""
    import numpy as np

    shown_wide, shown_high = geometry.display_size
    (wide, high), x, y = overlay.size, overlay.x, overlay.y
    if x + wide > shown_wide or y + high > shown_high:
        raise EncodeFailed(f"{overlay!r} leaves the picture of {shown_wide}x{shown_high} pixels")
    turns = geometry.rotation // 90
    picture = np.rot90(overlay.picture, -turns)
    for _ in range(turns):  # by a quarter clockwise
        x, y, wide, high = shown_high - (y + high), x, high, wide
        shown_wide, shown_high = shown_high, shown_wide
    if geometry.flipped:
        picture, x = picture[:, ::-1], shown_wide - (x + wide)
    return picture, x, y


def _scaled(
    inked: NDArray[Any], x: int, y: int, geometry: Geometry, size: tuple[int, int]
) -> tuple[NDArray[Any], int, int]:
    """Bring from square pixels to coded ones; colours are weighed by how much they cover."""
    import cv2
    import numpy as np

    shown = geometry.display_size[:: -1 if geometry.rotation in (90, 270) else 1]
    if shown == size:
        return inked, x, y
    across, down = size[0] / shown[0], size[1] / shown[1]
    left, top = round(x * across), round(y * down)
    wide = max(1, min(round(inked.shape[1] * across), size[0] - left))
    high = max(1, min(round(inked.shape[0] * down), size[1] - top))
    shrinks = wide <= inked.shape[1] and high <= inked.shape[0]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(inked, (wide, high), interpolation=how)), left, top


def _sampled(inked: NDArray[Any], steps: tuple[int, int]) -> NDArray[Any]:
    """Sample as chroma is: across, on every second column (its neighbours count half); down, between two rows."""
    import numpy as np

    if steps[0] == 2:
        before = np.pad(inked, ((0, 0), (1, 0), (0, 0)), "edge")
        inked = (before[:, :-1:2] + 2 * inked[:, ::2] + inked[:, 1::2]) / 4
    return (inked[::2] + inked[1::2]) / 2 if steps[1] == 2 else inked


# Colours -------------------------------------------------------------------------------------------------------------


def in_colour(picture: NDArray[Any], colour: Colour, height: int) -> NDArray[Any]:
    """Give (H, W, 3) uint8 in sRGB as luma, 0 to 1, and the two differences of colour, -0.5 to 0.5, of a video.

    `height`, in pixels, tells how colours that no tag explains are meant.
    """
    import numpy as np

    red, blue = _WEIGHTS.get(_matrix(colour, height), _WEIGHTS[_HDTV])
    r, g, b = np.moveaxis(_transferred(picture.astype(np.float32) / 255, colour), 2, 0)
    y = red * r + (1 - red - blue) * g + blue * b
    return np.dstack([y, (b - y) / (2 - 2 * blue), (r - y) / (2 - 2 * red)]).astype(np.float32)


def luma_of(picture: NDArray[Any], colour: Colour, height: int) -> NDArray[Any]:
    """Give the brightness that a picture in sRGB has once it is painted, in levels of 8 bits, float32."""
    import numpy as np

    return _levels(in_colour(picture, colour, height)[..., 0], 0, colour, 8).astype(np.float32)


def _matrix(colour: Colour, height: int) -> int:
    if colour.matrix in _WEIGHTS:
        return colour.matrix
    if colour.primaries == _UHDTV:
        return _UHDTV
    return _HDTV if height > 576 else _SDTV


def _transferred(srgb: NDArray[Any], colour: Colour) -> NDArray[Any]:
    """Bring from sRGB to the primaries and the curve of the video; without HDR, sRGB's curve serves as the video's."""
    import numpy as np

    if colour.primaries != _UHDTV and not colour.hdr:
        return srgb
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    if colour.primaries == _UHDTV:
        linear = np.clip(linear @ np.array(_TO_BT2020, np.float32).T, 0, 1)
    if colour.transfer == _PQ:
        return _pq(linear * _WHITE_NITS)
    if colour.transfer == _HLG:
        return _hlg(linear * _WHITE_NITS)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def _pq(nits: NDArray[Any]) -> NDArray[Any]:
    """SMPTE ST 2084: code values stand for cd/m2, 10000 at most. 203 become 0.58."""
    import numpy as np

    raised = (nits / 10000) ** (2610 / 16384)
    found = ((3424 / 4096 + 2413 / 128 * raised) / (1 + 2392 / 128 * raised)) ** (2523 / 32)
    return np.asarray(found)


def _hlg(nits: NDArray[Any]) -> NDArray[Any]:
    """ARIB STD-B67 on a screen of 1000 cd/m2, whose system gamma is 1.2. 203 become 0.75.

    The screen shows each colour of the scene times Y ** 0.2, Y being its brightness there: the sixth root of the
    brightness that is shown.
    """
    import numpy as np

    shown = nits / 1000
    brightness = shown @ np.array((0.2627, 0.6780, 0.0593), np.float32)
    scene = shown / np.maximum(brightness, 1e-6)[..., None] ** (1 / 6)
    bright = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-6)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)


def _levels(shares: NDArray[Any], component: int, colour: Colour, bits: int) -> NDArray[Any]:
    """Give levels, rounded, of luma (component 0) or of a difference of colour."""
    import numpy as np

    unit, most = 1 << (bits - 8), (1 << bits) - 1
    if colour.full_range:
        black, reach = (0, most) if component == 0 else (128 * unit, most)
    else:
        black, reach = (16 * unit, 219 * unit) if component == 0 else (128 * unit, 224 * unit)
    return np.asarray(np.clip(np.rint(black + reach * shares), 0, most))
