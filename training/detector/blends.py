"""Makes pictures that were changed in part: splices, self-blended faces, swapped faces. Knows pixels and boxes alone.

Every function takes frames (T, H, W, 3) uint8 RGB, leaves them as they are, and gives new ones of the same shape with a
mask (T, H, W) float32: 1 where the pixels come from elsewhere, 0 where nothing was touched, between them at feathered
edges. All chance comes from the generator that is passed in. What is decided once for a clip (region, colours, warp)
holds for all of its frames, as with the tools that people use; no codec is applied here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...media.plan import Tile

Frames = NDArray[np.uint8]
Mask = NDArray[np.float32]
_Pixels = TypeVar("_Pixels", NDArray[np.uint8], NDArray[np.float32])

_SHARE = (0.05, 0.40)  # of the picture that a splice covers
_WHOLE_FRAMES = 0.2  # how often a splice is one of time alone
_SPAN = 0.25  # how often a splice in a region lasts for a part of the time
_CLONE = 0.15  # how often gradients are blended rather than colours; it is slow
_LARGEST_CLONE = 320  # pixels a side; above it the solver takes longer than the rest of a clip


def spliced(frames: Frames, other: Frames, rng: np.random.Generator) -> tuple[Frames, Mask]:
    """Put a region of `other`, or for a span of time the whole of it, into `frames`.

    The pixels of `other` stay at their own scale: it is cropped where it is larger, and where it is smaller the region
    stays within it; only whole frames that are too small are scaled up.
    """
    count = len(frames)
    if rng.random() < _WHOLE_FRAMES:
        mask = np.zeros(frames.shape[:3], np.float32)
        mask[_span(count, rng)] = 1.0
        return _mixed(frames, _covering(_in_time(other, count, rng), frames.shape[1:3], rng), mask), mask
    patch, (top, left) = _native(_in_time(other, count, rng), frames.shape[1:3], rng)
    height, width = patch.shape[1:3]
    mask = np.zeros(frames.shape[:3], np.float32)
    region = _regions(count, height, width, rng)
    if rng.random() < _SPAN:
        kept = np.zeros(count, np.float32)
        kept[_span(count, rng)] = 1.0
        region *= kept[:, None, None]
    window = frames[:, top : top + height, left : left + width]
    if rng.random() < 0.4:
        patch = _matched(patch, window, region, float(rng.uniform(0.5, 1.0)))
    made = frames.copy()
    made[:, top : top + height, left : left + width] = _joined(window, patch, region, rng)
    mask[:, top : top + height, left : left + width] = region
    return made, mask


def self_blended(frames: Frames, faces: Sequence[Tile] | None, rng: np.random.Generator) -> tuple[Frames, Mask]:
    """Blend a face with a changed copy of itself: other colours, another sharpness, slightly out of place.

    Where no face is given, any region of the picture serves: the seam is what there is to be learned.
    """
    height, width = frames.shape[1:3]
    box = _inside(_one_of(faces, rng) if faces else _any_box(height, width, rng), height, width, margin=0.35)
    view = frames[:, box.y : box.y + box.height, box.x : box.x + box.width]
    shape = _ellipse(rng) if rng.random() < 0.5 else _hull(rng)
    still = _feathered(_drawn(shape * rng.uniform(0.5, 0.72, 2), (0.5, 0.5), *view.shape[1:3]), rng)
    still = np.clip(_warped(still, _elastic(view.shape[1:3], 0.03, rng)), 0, 1)
    change = _Change.drawn(view.shape[1:3], rng)
    copy = np.stack([change.applied(picture, rng) for picture in view])
    share = float(rng.choice([0.25, 0.5, 0.75, 1.0, 1.0, 1.0]))
    region = np.repeat(still[None], len(frames), axis=0)
    made, mask = frames.copy(), np.zeros(frames.shape[:3], np.float32)
    made[:, box.y : box.y + box.height, box.x : box.x + box.width] = _mixed(view, copy, region * share)
    mask[:, box.y : box.y + box.height, box.x : box.x + box.width] = region
    return made, mask


def face_swapped(
    frames: Frames, boxes: Sequence[Tile], donor_frames: Frames, donor_boxes: Sequence[Tile], rng: np.random.Generator
) -> tuple[Frames, Mask]:
    """Lay a donor's face over one in `frames`, as the simple tools do: scaled, its colours matched, its edge soft."""
    import cv2

    if not boxes or not donor_boxes:
        raise ValueError("a swap wants a face on both sides")
    box = _inside(_one_of(boxes, rng), frames.shape[1], frames.shape[2], margin=0.1)
    donor = _inside(_one_of(donor_boxes, rng), donor_frames.shape[1], donor_frames.shape[2], margin=0.1)
    source = _in_time(donor_frames, len(frames), rng)[:, donor.y : donor.y + donor.height, donor.x :][
        :, :, : donor.width
    ]
    if rng.random() < 0.5:
        source = source[:, :, ::-1]
    how = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4]))
    size = (box.width, box.height)
    face = np.stack([cv2.resize(np.ascontiguousarray(one), size, interpolation=how) for one in source])
    view = frames[:, box.y : box.y + box.height, box.x : box.x + box.width]
    shape = _ellipse(rng) * np.array([rng.uniform(0.68, 0.82), rng.uniform(0.78, 0.92)])
    still = _feathered(_drawn(shape, (0.5, 0.52), box.height, box.width), rng)
    region = np.repeat(still[None], len(frames), axis=0)
    face = _matched(face.astype(np.uint8), view, region, float(rng.uniform(0.6, 1.0)))
    made, mask = frames.copy(), np.zeros(frames.shape[:3], np.float32)
    made[:, box.y : box.y + box.height, box.x : box.x + box.width] = _joined(view, face, region, rng)
    mask[:, box.y : box.y + box.height, box.x : box.x + box.width] = region
    return made, mask


# Where and when


def _span(count: int, rng: np.random.Generator) -> slice:
    """Choose a stretch of a quarter to three quarters of the frames, at least one."""
    length = max(1, round(count * float(rng.uniform(0.25, 0.75))))
    start = int(rng.integers(0, count - length + 1))
    return slice(start, start + length)


def _in_time(other: Frames, count: int, rng: np.random.Generator) -> Frames:
    """Take `count` contiguous frames; where there are too few, there and back again."""
    if len(other) >= count:
        start = int(rng.integers(0, len(other) - count + 1))
        return other[start : start + count]
    there_and_back = np.concatenate([np.arange(len(other)), np.arange(len(other) - 2, 0, -1)])
    return other[np.resize(there_and_back, count)]


def _native(other: Frames, size: tuple[int, int], rng: np.random.Generator) -> tuple[Frames, tuple[int, int]]:
    """Crop what is larger than `size`; give also where what is smaller comes to lie."""
    height, width = min(size[0], other.shape[1]), min(size[1], other.shape[2])
    y, x = (int(rng.integers(0, n + 1)) for n in (other.shape[1] - height, other.shape[2] - width))
    top, left = (int(rng.integers(0, n + 1)) for n in (size[0] - height, size[1] - width))
    return other[:, y : y + height, x : x + width], (top, left)


def _covering(other: Frames, size: tuple[int, int], rng: np.random.Generator) -> Frames:
    """Give frames of exactly `size`, scaled up only where they are too small."""
    import cv2

    scale = max(size[0] / other.shape[1], size[1] / other.shape[2])
    if scale > 1.0:
        wanted = (max(size[1], round(other.shape[2] * scale)), max(size[0], round(other.shape[1] * scale)))
        other = np.stack([cv2.resize(one, wanted, interpolation=cv2.INTER_CUBIC) for one in other]).astype(np.uint8)
    return _native(other, size, rng)[0]


def _one_of(boxes: Sequence[Tile], rng: np.random.Generator) -> Tile:
    """Choose a face, a large one rather than a small one."""
    areas = np.array([box.width * box.height for box in boxes], np.float64)
    return boxes[int(rng.choice(len(boxes), p=areas / areas.sum()))]


def _any_box(height: int, width: int, rng: np.random.Generator) -> Tile:
    side = float(rng.uniform(0.2, 0.5)) * min(height, width)
    tall, wide = max(8, round(side * float(rng.uniform(1.0, 1.4)))), max(8, round(side))
    tall, wide = min(tall, height), min(wide, width)
    return Tile(int(rng.integers(0, width - wide + 1)), int(rng.integers(0, height - tall + 1)), wide, tall)


def _inside(box: Tile, height: int, width: int, margin: float) -> Tile:
    """Widen a box by a margin on each side, as far as the picture goes."""
    left, top = max(0, round(box.x - margin * box.width)), max(0, round(box.y - margin * box.height))
    right = min(width, round(box.x + (1 + margin) * box.width))
    bottom = min(height, round(box.y + (1 + margin) * box.height))
    return Tile(left, top, right - left, bottom - top)


# Regions: outlines about the origin, within -1..1 in both directions


def _ellipse(rng: np.random.Generator) -> NDArray[np.float64]:
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False) + rng.uniform(0, 0.1)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _hull(rng: np.random.Generator) -> NDArray[np.float64]:
    """Give the hull of points strewn about an ellipse, as one of landmarks looks."""
    import cv2

    points = _ellipse(rng)[::4] * rng.uniform(0.75, 1.0, (16, 1))
    return cv2.convexHull(points.astype(np.float32))[:, 0].astype(np.float64)


def _rectangle(rng: np.random.Generator) -> NDArray[np.float64]:
    return np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])


def _polygon(rng: np.random.Generator) -> NDArray[np.float64]:
    angles = np.linspace(0, 2 * np.pi, int(rng.integers(5, 10)), endpoint=False)
    angles += rng.uniform(-0.25, 0.25, len(angles))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(0.6, 1.0, (len(angles), 1))


def _regions(count: int, height: int, width: int, rng: np.random.Generator) -> Mask:
    """Draw one region for each frame: of a fair share of the picture, at rest or moving slowly."""
    import cv2

    shape = (_ellipse, _rectangle, _polygon, _hull)[int(rng.integers(4))](rng)
    turn = 0.0 if rng.random() < 0.5 else float(rng.uniform(-0.6, 0.6))
    shape = shape @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    area = cv2.contourArea(shape.astype(np.float32)) / 4  # of the square that stands for the picture
    aspect = float(np.exp(rng.uniform(-0.35, 0.35)))
    shape = shape * np.sqrt(float(rng.uniform(*_SHARE)) / area) * np.array([aspect, 1 / aspect])
    reach = np.abs(shape).max(axis=0)
    shape, reach = shape * np.minimum(1.0, 0.96 / reach), np.minimum(reach, 0.96)
    low, high = reach / 2, 1 - reach / 2
    start = rng.uniform(low, high)
    speed = np.zeros(2) if rng.random() < 0.5 else rng.uniform(-0.006, 0.006, 2)
    ways = [np.clip(start + speed * t, low, high) for t in range(count)]
    sigma = _softness(height, width, rng)
    return np.stack([_blurred(_drawn(shape, (way[0], way[1]), height, width), sigma) for way in ways])


def _drawn(shape: NDArray[np.float64], centre: tuple[float, float], height: int, width: int) -> Mask:
    """Fill an outline about `centre`, which is a share of the picture; its edge is smooth."""
    import cv2

    points = (np.array(centre) + shape / 2) * np.array([width, height]) - 0.5
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return (canvas / np.float32(255)).astype(np.float32)


def _softness(height: int, width: int, rng: np.random.Generator) -> float:
    """Choose how far an edge is feathered, in pixels; a quarter of the edges are hard."""
    return 0.0 if rng.random() < 0.25 else float(rng.uniform(0.005, 0.04)) * min(height, width)


def _feathered(mask: Mask, rng: np.random.Generator) -> Mask:
    return _blurred(mask, _softness(mask.shape[0], mask.shape[1], rng))


def _blurred(mask: Mask, sigma: float) -> Mask:
    import cv2

    return mask if sigma < 0.3 else np.clip(cv2.GaussianBlur(mask, (0, 0), sigma), 0, 1).astype(np.float32)


# Joining


def _mixed(frames: Frames, other: Frames, mask: Mask) -> Frames:
    """Lay `other` over `frames` as far as the mask says; where it is 0, not a bit changes."""
    touched = mask.reshape(len(mask), -1).any(axis=1)
    made = frames.copy()
    share = mask[touched][..., None]
    below, above = frames[touched].astype(np.float32), other[touched].astype(np.float32)
    made[touched] = np.clip(below + (above - below) * share + 0.5, 0, 255).astype(np.uint8)
    return made


def _joined(frames: Frames, other: Frames, mask: Mask, rng: np.random.Generator) -> Frames:
    """Lay `other` over `frames` by colour or, in small regions at times, by gradients."""
    if rng.random() < _CLONE and max(frames.shape[1:3]) <= _LARGEST_CLONE:
        return np.stack([_cloned(one, two, three) for one, two, three in zip(frames, other, mask, strict=True)])
    return _mixed(frames, other, mask)


def _cloned(picture: Frames, other: Frames, mask: Mask) -> Frames:
    """Blend gradients within the mask (Poisson); the picture's edge, which the solver cannot have, is left out."""
    import cv2

    inner = np.zeros(mask.shape, np.uint8)
    inner[2:-2, 2:-2] = np.where(mask[2:-2, 2:-2] > 0.5, 255, 0)
    if not inner.any():
        return picture
    x, y, width, height = cv2.boundingRect(inner)
    place = (x + width // 2, y + height // 2)
    above, below = np.ascontiguousarray(other), np.ascontiguousarray(picture)
    cloned = cv2.seamlessClone(above, below, inner.copy(), place, cv2.NORMAL_CLONE)  # it changes the mask it is given
    return np.where(inner[..., None] > 0, cloned, picture).astype(np.uint8)


def _matched(other: Frames, frames: Frames, mask: Mask, share: float) -> Frames:
    """Give `other` the mean and spread of the colours in `frames` within the mask, as far as `share` says."""
    within = mask > 0.5
    if not within.any():
        return other
    here, there = frames[within].astype(np.float32), other[within].astype(np.float32)
    gain = np.clip((here.std(axis=0) + 1) / (there.std(axis=0) + 1), 0.6, 1.6)
    gain = (1 + share * (gain - 1)).astype(np.float32)
    target = there.mean(axis=0) + share * (here.mean(axis=0) - there.mean(axis=0))
    moved = (other.astype(np.float32) - there.mean(axis=0)) * gain + target
    matched: Frames = np.clip(moved + 0.5, 0, 255).astype(np.uint8)
    return matched


# The changed copy of a self-blended face


@dataclass(frozen=True)
class _Change:
    """What one copy differs by; the same for all frames of a clip, but for a small tremor."""

    gain: NDArray[np.float32]
    shift: NDArray[np.float32]
    finish: str  # sharpen, blur, jpeg, rescale or none
    strength: float
    places: NDArray[np.float32]  # (H, W, 2): where each pixel comes from
    tremor: float

    @classmethod
    def drawn(cls, size: tuple[int, int], rng: np.random.Generator) -> _Change:
        """Draw a change for views of this size."""
        return cls(
            gain=(rng.uniform(0.9, 1.1) * rng.uniform(0.96, 1.04, 3)).astype(np.float32),
            shift=(rng.uniform(-10, 10) + rng.uniform(-8, 8, 3)).astype(np.float32),
            finish=str(rng.choice(["sharpen", "blur", "jpeg", "rescale", "none"])),
            strength=float(rng.random()),
            places=_elastic(size, 0.01, rng) + _moved(size, rng),
            tremor=float(rng.uniform(0.0, 0.5)),
        )

    def applied(self, picture: Frames, rng: np.random.Generator) -> Frames:
        """Change one picture."""
        coloured = (picture.astype(np.float32) - 127) * self.gain + 127 + self.shift
        finished = _finished(np.clip(coloured + 0.5, 0, 255).astype(np.uint8), self.finish, self.strength)
        return _warped(finished, self.places + rng.normal(0, self.tremor, 2).astype(np.float32))


def _finished(picture: Frames, finish: str, strength: float) -> Frames:
    """Sharpen, blur, compress or rescale a picture."""
    import cv2

    height, width = picture.shape[:2]
    made: Any = picture
    if finish in ("sharpen", "blur"):
        soft = cv2.GaussianBlur(picture, (0, 0), 0.5 + strength)
        made = soft if finish == "blur" else cv2.addWeighted(picture, 1.5 + strength, soft, -0.5 - strength, 0)
    elif finish == "jpeg":
        _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, round(40 + 50 * strength)])
        made = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    elif finish == "rescale":
        factor = 0.4 + 0.5 * strength
        small = cv2.resize(picture, (max(4, round(width * factor)), max(4, round(height * factor))))
        made = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    finished: Frames = made.astype(np.uint8)
    return finished


def _elastic(size: tuple[int, int], amount: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Give where each pixel comes from when a coarse net is pulled about by a share `amount` of the side."""
    import cv2

    height, width = size
    coarse = rng.normal(0, amount * min(size), (5, 5, 2)).astype(np.float32)
    pull = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    return (np.stack([columns, rows], axis=-1) + pull).astype(np.float32)


def _moved(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Give by how much a slight shift and a slight scaling change where pixels come from."""
    height, width = size
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    scale = rng.uniform(-0.05, 0.05, 2)
    shift = rng.uniform(-0.03, 0.03, 2) * np.array([width, height])
    return np.stack(
        [(columns - width / 2) * scale[0] + shift[0], (rows - height / 2) * scale[1] + shift[1]], axis=-1
    ).astype(np.float32)


def _warped(picture: _Pixels, places: NDArray[np.float32]) -> _Pixels:
    import cv2

    across, down = np.ascontiguousarray(places[..., 0]), np.ascontiguousarray(places[..., 1])
    made: Any = cv2.remap(picture, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    warped: _Pixels = made
    return warped
