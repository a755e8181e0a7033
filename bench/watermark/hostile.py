"""What someone does who wants a mark gone, or on something it does not belong on. Knows no key and no code of ours.

An attacker's estimate of a pattern lies on a canvas: square, centred, at a short side of 720, so that what is seen in a
clip of one size can be put onto another.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...outputs import translated
from .clips import Source, pictures
from .footage import Case, Footage, Picture, Size, decoded, sized
from .marking import write_marked

CANVAS, SHORT_SIDE = 1296, 720
AVERAGED, LOOKS = 50, 8  # marked clips, and frames of each
WHOLE_S = 600.0  # as much of a clip as is ever measured
BLUR = 3.0  # sigma: what is finer counts as mark
AVERAGE = "average.npy"

Floats = NDArray[np.float32]


def average_removed(footage: Footage, case: Case) -> Footage:
    """Take away what fifty marked clips have in common."""
    return _added(footage, -_average(case))


def average_pasted(footage: Footage, case: Case) -> Footage:
    """Put it on the clip as it was before it was marked."""
    return _added(Footage(pictures(case.source, case.seconds), footage.rate, footage.count), _average(case))


def copied(footage: Footage, case: Case) -> Footage:
    """Take what the frames of one marked clip have in common, and put it on another that is not marked."""
    pattern = _seen(footage.pictures)
    at = case.sources.index(case.source)
    other = case.sources[(at + 1) % len(case.sources)]
    return _added(Footage(pictures(other, case.seconds), footage.rate, footage.count), pattern)


def average_of(sources: tuple[Source, ...], work: Path) -> None:
    """Mark fifty clips anew, going round those there are, each with a payload of its own; keep what they share."""
    total, weight = np.zeros((CANVAS, CANVAS), np.float32), np.zeros((CANVAS, CANVAS), np.float32)
    with tempfile.TemporaryDirectory(dir=work) as place:
        for number in range(AVERAGED):
            source, target = sources[number % len(sources)], Path(place) / "marked.mp4"
            shown = islice(pictures(source, WHOLE_S), (number // len(sources)) * LOOKS, None)
            some = list(islice(shown, LOOKS)) or list(islice(pictures(source, WHOLE_S), LOOKS))
            write_marked(source, source.payload_of(f"averaged {number}"), iter(some), target)
            pattern = _seen(decoded(target))
            known = np.isfinite(pattern)
            total[known] += pattern[known]
            weight += known
        average = np.where(weight > 0, total / np.maximum(weight, 1), 0).astype(np.float32)
        part = Path(place) / AVERAGE
        with translated(part):
            np.save(part, average)
            os.replace(part, work / AVERAGE)


def _average(case: Case) -> Floats:
    return np.asarray(np.load(case.work / AVERAGE), np.float32)


def _added(footage: Footage, pattern: Floats) -> Footage:
    size, shown = sized(footage.pictures)
    change = _off_canvas(np.nan_to_num(pattern), size)[..., None]
    altered: Iterator[Picture] = (np.clip(np.rint(p + change), 0, 255).astype(np.uint8) for p in shown)
    return Footage(altered, footage.rate, footage.count)


def _seen(shown: Iterable[Picture]) -> Floats:
    """Average the fine detail of pictures, on the canvas; not a number where they do not reach."""
    import cv2

    total, count = None, 0
    for picture in shown:
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)
        detail = grey - np.asarray(cv2.GaussianBlur(grey, (0, 0), BLUR), np.float32)
        total, count = detail if total is None else total + detail, count + 1
    assert total is not None, "there was nothing to see"
    return _on_canvas(total / np.float32(count))


def _on_canvas(pattern: Floats) -> Floats:
    import cv2

    scale = SHORT_SIDE / min(pattern.shape)
    size = (round(pattern.shape[1] * scale / 2) * 2, round(pattern.shape[0] * scale / 2) * 2)
    grown = np.asarray(cv2.resize(pattern, size, interpolation=cv2.INTER_CUBIC), np.float32)
    canvas = np.full((CANVAS, CANVAS), np.nan, np.float32)
    (into_y, from_y), (into_x, from_x) = (_centred(length) for length in grown.shape)
    canvas[into_y, into_x] = grown[from_y, from_x]
    return canvas


def _off_canvas(canvas: Floats, size: Size) -> Floats:
    import cv2

    scale = SHORT_SIDE / min(size)
    grown = np.zeros((round(size[1] * scale / 2) * 2, round(size[0] * scale / 2) * 2), np.float32)
    (from_y, into_y), (from_x, into_x) = (_centred(length) for length in grown.shape)
    grown[into_y, into_x] = canvas[from_y, from_x]
    return np.asarray(cv2.resize(grown, size, interpolation=cv2.INTER_AREA), np.float32)


def _centred(length: int) -> tuple[slice, slice]:
    """Say where a side of so many pixels lies on the canvas, and which part of it does."""
    shared = min(length, CANVAS)
    on, of = (CANVAS - shared) // 2, (length - shared) // 2
    return slice(on, on + shared), slice(of, of + shared)
