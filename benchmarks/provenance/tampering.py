"""Makes copies of clips, honest ones and changed ones, as brightness planes. Knows no record and no score.

Every region that is changed lies at random where its kind shows: of six places, a removed object, a blurred label and a
mirrored patch take the one with most detail, another moment the one that moves most; a logo and a face take any.
Chroma is left out: the record keeps none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from zlib import crc32

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
SHORT_SIDE, SECONDS = 480, 3.5
REGIONS = ("logo", "face", "inpainted", "blurred", "mirrored patch", "other moment")
TIMES = ("replaced", "replaced by its own", "inserted", "cut", "speed")


@dataclass(frozen=True)
class Clip:
    """One clip that copies are made of."""

    source: str
    name: str
    planes: list[Plane]
    rate: float


@dataclass(frozen=True)
class Copy:
    """What became of a clip, and what was done to it."""

    kind: str
    honest: bool
    planes: list[Plane]
    rate: float
    share: float = 0.0  # of the frame; 1.0 where whole frames changed
    box: tuple[float, float, float, float] | None = None  # x, y, width, height in shares
    span: tuple[float, float] = (0.0, 0.0)  # of the copy
    rms: float = 0.0  # levels by which the region's brightness was altered, before coding


def listed(folder: Path, a_group: int) -> list[tuple[str, Path]]:
    """Give (source, path) of `a_group` clips of each group that are long and large enough, by order of their names."""
    taken: dict[tuple[str, str], list[Path]] = {}
    with (folder / "clips.tsv").open(encoding="utf-8") as file:
        for row in sorted(csv.DictReader(file, delimiter="\t"), key=lambda row: crc32(row["path"].encode())):
            group = taken.setdefault((row["source"], row["group"]), [])
            if min(int(row["width"]), int(row["height"])) >= 240 and len(group) < a_group:
                with av.open(str(folder / row["path"])) as container:
                    if (container.duration or 0) >= 2.9e6:
                        group.append(folder / row["path"])
    return [(source, path) for (source, _), group in sorted(taken.items()) for path in group]


def held_out(source: str) -> bool:
    """Say whether no threshold may see clips of this source: every other one, by a hash of its name.

    >>> held_out("Netflix/vmaf_resource")
    False
    """
    return crc32(source.encode()) % 2 == 1


def read(source: str, path: Path) -> Clip:
    """Decode the first seconds, at a short side of at most 480."""
    planes: list[Plane] = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate = float(stream.average_rate or 25)
        with suppress(av.error.InvalidDataError):  # some were cut short of their last picture
            for frame in container.decode(stream):
                grey = frame.reformat(format="gray").to_ndarray()
                planes.append(scaled(grey, min(1.0, SHORT_SIDE / min(grey.shape))))
                if len(planes) >= SECONDS * rate:
                    break
    return Clip(source, path.stem, planes, rate)


def scaled(plane: Plane, scale: float) -> Plane:
    """Scale to even sides."""
    high, wide = (max(2, round(side * scale / 2) * 2) for side in plane.shape)
    if (high, wide) == plane.shape:
        return plane
    return np.asarray(cv2.resize(plane, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))


def coded(
    planes: Sequence[Plane], rate: float, crf: int = 30, scale: float = 0.75, codec: str = "libx264"
) -> list[Plane]:
    """Encode and decode in memory."""
    small = [scaled(plane, scale) for plane in planes]
    options = {
        "libx264": {"preset": "veryfast"},
        "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
        "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "b:v": "0"},
        "libsvtav1": {"preset": "12"},
    }[codec]
    packed = io.BytesIO()
    with av.open(packed, "w", format="matroska") as out:
        stream: Any = out.add_stream(codec, rate=Fraction(rate).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = small[0].shape[1], small[0].shape[0], "yuv420p"
        stream.codec_context.thread_count = 1
        stream.options = {"crf": str(crf), **options}
        for plane in small:
            frame = av.VideoFrame.from_ndarray(plane, format="gray").reformat(
                format="yuv420p", src_color_range=2, dst_color_range=2
            )
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    packed.seek(0)
    with av.open(packed) as back:
        return [frame.to_ndarray(format="yuv420p")[: frame.height] for frame in back.decode(video=0)]


# Honest copies -------------------------------------------------------------------------------------------------------


def _each(change: Callable[[Plane], Plane]) -> Callable[[Clip], tuple[list[Plane], float]]:
    return lambda clip: ([change(plane) for plane in clip.planes], clip.rate)


def _curve(change: Callable[[NDArray[Any]], NDArray[Any]]) -> Callable[[Clip], tuple[list[Plane], float]]:
    table = np.clip(np.rint(change(np.arange(256.0))), 0, 255).astype(np.uint8)
    return _each(lambda plane: table[plane])


def _slower(clip: Clip) -> tuple[list[Plane], float]:
    rate = 15.0 if clip.rate > 20 else clip.rate * 0.75
    times = np.arange(0, (len(clip.planes) - 0.5) / clip.rate, 1 / rate)
    return [clip.planes[int(at * clip.rate + 0.001)] for at in times], rate


def _cropped(plane: Plane) -> Plane:
    y, x = (round(side * 0.05) for side in plane.shape)
    return plane[y:-y, x:-x]


def _letterboxed(plane: Plane) -> Plane:
    return np.pad(plane, ((round(plane.shape[0] * 0.12),) * 2, (0, 0)), constant_values=16)


def _sharpened(plane: Plane) -> Plane:
    return cv2.addWeighted(plane, 1.6, cv2.GaussianBlur(plane, (0, 0), 1.5), -0.6, 0)


_same = _each(lambda plane: plane)
HONEST: dict[str, tuple[Callable[[Clip], tuple[list[Plane], float]], dict[str, Any]]] = {
    "CRF 23, full size": (_same, {"crf": 23, "scale": 1.0}),
    "CRF 30, 0.75x": (_same, {}),
    "CRF 40, full size": (_same, {"crf": 40, "scale": 1.0}),
    "CRF 34, 0.5x": (_same, {"crf": 34, "scale": 0.5}),
    "HEVC": (_same, {"crf": 32, "codec": "libx265"}),
    "VP9": (_same, {"crf": 40, "codec": "libvpx-vp9"}),
    "AV1": (_same, {"crf": 42, "codec": "libsvtav1"}),
    "fewer frames": (_slower, {}),
    "brighter": (_curve(lambda level: level * 1.1 + 8), {}),
    "gamma": (_curve(lambda level: 255 * (level / 255) ** 1.25), {}),
    "letterboxed": (_each(_letterboxed), {}),
    "10 % cropped": (_each(_cropped), {}),
    "denoised": (_each(lambda plane: cv2.medianBlur(plane, 3)), {}),
    "sharpened": (_each(_sharpened), {}),
    "first 0.4 s cut": (lambda clip: (clip.planes[round(0.4 * clip.rate) :], clip.rate), {}),
}


def honest(clip: Clip, name: str) -> Copy:
    """Make one of the honest copies."""
    change, coding = HONEST[name]
    planes, rate = change(clip)
    return Copy(name, True, coded(planes, rate, **coding), rate)


# Changed copies ------------------------------------------------------------------------------------------------------


def changed(clip: Clip, kind: str, share: float, other: Clip, faces: Sequence[Plane]) -> Copy:
    """Change for a second, then encode at CRF 30 and 0.75x. `other`: another clip; faces: to paste."""
    random = np.random.default_rng(crc32(f"{clip.name} {kind} {share}".encode()))
    if kind in TIMES:
        planes, span = _in_time(clip, kind, other, random)
        return Copy(kind, False, coded(planes, clip.rate), clip.rate, 1.0, None, span, 255.0)
    long = round(clip.rate)
    first = int(random.integers(0, len(clip.planes) - long + 1))
    high, wide = clip.planes[0].shape
    box = _box(clip, kind, share, first, random)
    x, y, w, h = box
    face = cv2.resize(faces[int(random.integers(len(faces)))], (w, h), interpolation=cv2.INTER_AREA)
    planes, squares = [plane.copy() for plane in clip.planes], []
    for at in range(first, first + long):
        part = clip.planes[at][y : y + h, x : x + w]
        far = clip.planes[(at + len(planes) // 2) % len(planes)][y : y + h, x : x + w]
        new = _redone(kind, clip.planes[at], box, face, far)
        planes[at][y : y + h, x : x + w] = new
        squares.append(np.mean((new.astype(np.float32) - part) ** 2))
    shares = (x / wide, y / high, w / wide, h / high)
    span = (first / clip.rate, (first + long) / clip.rate)
    return Copy(kind, False, coded(planes, clip.rate), clip.rate, share, shares, span, float(np.mean(squares) ** 0.5))


def _box(clip: Clip, kind: str, share: float, first: int, random: Any) -> tuple[int, int, int, int]:
    plane = clip.planes[first]
    high, wide = plane.shape
    side = (share * high * wide) ** 0.5
    best, chosen = -1.0, (0, 0, 0, 0)
    for _ in range(1 if kind in ("logo", "face") else 6):
        longer = float(random.choice([0.8, 1.0, 1.25]))
        w, h = min(wide, round(side * longer)), min(high, round(side / longer))
        x, y = int(random.integers(0, wide - w + 1)), int(random.integers(0, high - h + 1))
        part = plane[y : y + h, x : x + w].astype(np.float32)
        far = clip.planes[(first + len(clip.planes) // 2) % len(clip.planes)][y : y + h, x : x + w]
        worth = float(np.std(part - far if kind == "other moment" else part))
        if worth > best:
            best, chosen = worth, (x, y, w, h)
    return chosen


def _redone(kind: str, plane: Plane, box: tuple[int, int, int, int], face: Plane, far: Plane) -> Plane:
    x, y, w, h = box
    part = plane[y : y + h, x : x + w]
    if kind == "logo":
        logo = np.full((h, w), 235 if part.mean() < 128 else 20, np.uint8)
        cv2.circle(logo, (w // 2, h // 2), max(2, min(w, h) // 3), int(part.mean()), -1)
        return cv2.addWeighted(part, 0.2, logo, 0.8, 0)
    if kind == "face":
        new = (face.astype(np.float32) - face.mean()) / max(1.0, face.std()) * max(12.0, part.std()) + part.mean()
        across, down = np.meshgrid(np.linspace(-1, 1, w), np.linspace(-1, 1, h))
        weight = np.clip((1.15 - np.hypot(across, down)) / 0.3, 0, 1)
        return np.clip(np.rint(part + weight * (new - part)), 0, 255).astype(np.uint8)
    if kind == "inpainted":
        edge = 8
        top, left = max(0, y - edge), max(0, x - edge)
        around = plane[top : y + h + edge, left : x + w + edge]
        hole = np.zeros(around.shape, np.uint8)
        hole[y - top : y - top + h, x - left : x - left + w] = 1
        return cv2.inpaint(around, hole, 3, cv2.INPAINT_TELEA)[y - top : y - top + h, x - left : x - left + w]
    if kind == "blurred":
        return cv2.GaussianBlur(part, (0, 0), 0.12 * min(w, h))
    return part[:, ::-1] if kind == "mirrored patch" else far


def _in_time(clip: Clip, kind: str, other: Clip, random: Any) -> tuple[list[Plane], tuple[float, float]]:
    planes, rate = clip.planes, clip.rate
    second, count = round(rate), len(planes)
    high, wide = planes[0].shape
    first = int(random.integers(round(0.5 * rate), count - second - round(0.5 * rate) + 1))
    foreign = [
        cv2.resize(other.planes[int(i * other.rate / rate) % len(other.planes)], (wide, high)) for i in range(second)
    ]
    span = (first / rate, (first + second) / rate)
    if kind == "replaced":
        return [*planes[:first], *foreign, *planes[first + second :]], span
    if kind == "replaced by its own":
        far = [planes[(first + i + count // 2) % count] for i in range(second)]
        return [*planes[:first], *far, *planes[first + second :]], span
    if kind == "inserted":
        return [*planes[:first], *foreign, *planes[first:]], span
    if kind == "cut":
        return [*planes[:first], *planes[first + second :]], (span[0], span[0])
    faster = [planes[int(i * 1.05)] for i in range(int(count / 1.05))]
    return faster, (0.0, len(faster) / rate)


def faces_of(clips: Sequence[Clip]) -> list[Plane]:
    """Cut the largest face out of each clip that shows one."""
    finder = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"))
    found = []
    for clip in clips:
        boxes = finder.detectMultiScale(clip.planes[0], 1.2, 6, minSize=(60, 60))
        if len(boxes):
            x, y, w, h = max(boxes, key=lambda box: box[2])
            found.append(clip.planes[0][y : y + h, x : x + w].copy())
    return found
