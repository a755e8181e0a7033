"""Makes copies of a marked file by the steps of an attack. Knows generations and files; reads no mark."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from ...media import EncodeSettings, Geometry, Touch, Video, encode, probe, transcode
from ...outputs import translated
from ...settings import Limits
from ...watermark import Embedder
from .attacks import Attack, Step
from .footage import Case, Footage, decoded, sized
from .reading import SECOND_KEY

GIF_STEP_MS = 10  # a GIF counts in hundredths of a second


def make(attack: Attack, case: Case, marked: Path, part: Path, made: list[Path]) -> tuple[Path, str]:
    """Make a copy, one generation after the other; give it, and how the last one was written."""
    current, encoded = marked, "x264 preset medium, crf 18, as stamped"
    for number, step in enumerate(attack.steps):
        target = part.with_name(f"{part.name}-{number}{'.gif' if step.coding is None else '.mkv'}")
        made.append(target)
        encoded = _generation(step, current, target, case)
        current = target
    return current, encoded


def _generation(step: Step, source: Path, target: Path, case: Case) -> str:
    video = probe(source, Limits())
    if step.change is None and step.coding is not None:
        return transcode(video, target, step.coding).settings
    assert step.change is not None, "a GIF is made of pictures"
    footage = step.change(Footage(decoded(source), video.frame_rate, _count(video)), case)
    if step.coding is None:
        return _write_gif(footage, target)
    return _write(footage, target, step.coding, case if step.marks_again else None)


def _write(footage: Footage, target: Path, coding: EncodeSettings, again: Case | None) -> str:
    size, shown = sized(footage.pictures)
    touch: Touch | None = None
    if again:
        touch = Embedder(again.source.payload_of("second"), SECOND_KEY, Geometry(*size))
    rate = footage.rate.limit_denominator(1001)
    return encode(shown, target, size=size, frame_rate=rate, settings=coding, touch=touch).settings


def _write_gif(footage: Footage, target: Path) -> str:
    from PIL import Image

    images: Iterator[Any] = (Image.fromarray(picture).quantize(256) for picture in footage.pictures)
    step = round(1000 / footage.rate / GIF_STEP_MS) * GIF_STEP_MS
    with translated(target):
        next(images).save(target, save_all=True, append_images=images, duration=int(step), loop=0)
    return "GIF, 256 colours"


def _count(video: Video) -> int:
    return video.frames if video.frames is not None else round(video.duration_s * Fraction(video.frame_rate))
