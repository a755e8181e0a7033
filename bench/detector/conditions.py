"""The copies under which clips are judged: as found, and re-encoded alike for both classes. Knows crops and encoders.

A matched copy is made of the start of a clip, two seconds at most: upright pictures at native size, cropped at the
middle to 512 px a side at most, on show at 24 a second, encoded by x264. What a class was stored as, and how large,
long and fast it is, is then said by no codec and by few tags; what is left of it is said by the baselines.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import TooSmall
from ...media import EncodeSettings, Plan, Video, encode, probe, show
from ...settings import Limits

Picture = NDArray[np.uint8]  # RGB, (H, W, 3)
SIDE, SECONDS, RATE = 512, 2, 24
LEAST = 16  # pixels of a copy's short side: x264 takes no less


@dataclass(frozen=True)
class Condition:
    """One way to show clips to a detector."""

    name: str
    words: str
    crf: float | None = None  # None: as found
    scale: float = 1.0
    grain: float = 0.0  # levels of 8 bits, one standard deviation, in each pixel alike for all colours
    colours: int = 0  # of a GIF's palette; 0: it is none

    @property
    def suffix(self) -> str:
        """End a copy's name as what it is."""
        return ".gif" if self.colours else ".mp4"


AS_FOUND = Condition("as-found", "the file itself")
CONDITIONS = (
    AS_FOUND,
    Condition("crf23", "native crop, 24 fps, 2 s, x264 CRF 23", 23),
    Condition("crf35", "native crop, 24 fps, 2 s, x264 CRF 35", 35),
    Condition("half-crf28", "native crop at half its size, 24 fps, 2 s, x264 CRF 28", 28, 0.5),
)
HARDER = (  # what real footage goes through too; asked for by name
    Condition("grain", "native crop with grain of 5 levels, 24 fps, 2 s, x264 CRF 23", 23, grain=5.0),
    Condition("gif", "native crop, 12 fps, 2 s, GIF of 256 colours", 0, colours=256),
)
MATCHED = "crf23"  # what others are held to


def named(name: str) -> Condition:
    """Give a condition by its name.

    >>> named("crf35").crf
    35
    """
    return next(condition for condition in (*CONDITIONS, *HARDER) if condition.name == name)


def copy_of(path: Path, digest: str, condition: Condition, work: Path) -> Path:
    """Give the file to judge: the clip itself, or its copy in `work`, which is made where it is not there yet."""
    if condition.crf is None:
        return path
    target = work / f"{digest[:32]}-{condition.name}{condition.suffix}"
    if not target.exists():
        part = target.with_name(f".{os.getpid()}-{target.name}")
        steps = len(_times(probe(path, Limits(), digest=digest)))
        _write(opening(path), steps, part, condition)
        os.replace(part, target)
    return target


def opening(path: Path) -> list[tuple[float, Picture]]:
    """Give the pictures on show in the first seconds, each once, with its time: upright, cropped at the middle."""
    video = probe(path, Limits())
    plan = Plan(_times(video), pixels="rgb")
    return [
        (view.seconds, np.asarray(_cropped(view.pixels), np.uint8)) for _, view in show(video, [plan], limits=Limits())
    ]


def _times(video: Video) -> tuple[float, ...]:
    """Give the steps of the common rate that fall into a clip's first seconds."""
    last = min(float(SECONDS), video.duration_s)
    return tuple(step / RATE for step in range(SECONDS * RATE) if step == 0 or step / RATE < last - 1e-6)


def _cropped(picture: Picture) -> Picture:
    """Keep the middle, on even places, so that what lies on a grid of two stays on it."""
    high, wide = (min(SIDE, side // 2 * 2) for side in picture.shape[:2])
    y, x = ((picture.shape[0] - high) // 4 * 2, (picture.shape[1] - wide) // 4 * 2)
    return np.ascontiguousarray(picture[y : y + high, x : x + wide])


def _write(shown: Sequence[tuple[float, Picture]], steps: int, target: Path, condition: Condition) -> None:
    high, wide = (round(side * condition.scale / 2) * 2 for side in shown[0][1].shape[:2])
    if min(high, wide) < LEAST:
        raise TooSmall(f"{target.name}: a copy of {wide}x{high} pixels", advice="leave clips this small out")
    steady = _steady(shown, steps, (wide, high))
    if condition.colours:
        _write_gif(steady, target, condition.colours)
        return
    if condition.grain:
        steady = _grained(steady, condition.grain)
    settings = EncodeSettings(crf=condition.crf, threads=1)
    encode(steady, target, size=(wide, high), frame_rate=Fraction(RATE), settings=settings)


def _steady(shown: Sequence[tuple[float, Picture]], steps: int, size: tuple[int, int]) -> Iterator[Picture]:
    """Show what is on show at each step of the common rate."""
    import cv2

    current = 0
    for step in range(steps):
        while current + 1 < len(shown) and shown[current + 1][0] <= step / RATE + 1e-6:
            current += 1
        picture = shown[current][1]
        if picture.shape[1::-1] != size:
            picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        yield picture


def _grained(pictures: Iterator[Picture], levels: float) -> Iterator[Picture]:
    """Lay grain of its own over each picture."""
    chance = np.random.default_rng(1)
    for picture in pictures:
        grain = chance.normal(0, levels, (*picture.shape[:2], 1)).astype(np.float32)
        yield np.clip(picture + grain, 0, 255).round().astype(np.uint8)


def _write_gif(pictures: Iterator[Picture], target: Path, colours: int) -> None:
    """Write every second picture, each with a palette of its own, dithered as Pillow does."""
    from PIL import Image

    first, *others = (Image.fromarray(picture).quantize(colours) for i, picture in enumerate(pictures) if i % 2 == 0)
    first.save(target, "GIF", save_all=True, append_images=others, duration=2000 // RATE, loop=0)
