"""The clips that the service's pages are tried with: one of each kind that somebody may bring, made by recipes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from countermark import keyring
from countermark.generator.procedural import Shot, render
from countermark.media import EncodeSettings, encode, frames, probe, transcode
from countermark.settings import Limits, Settings
from countermark.stamp import Stamped, facts, stamp
from tests import needs, recipes

SIZE, RATE, SECONDS = (640, 360), Fraction(24), 4.0
COPY = EncodeSettings(scale=0.75, crf=28)
REAL = "flower"  # CC0-1.0, of mdn/interactive-examples: its pictures may be shown in docs
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Clips:
    """What was made, and the home whose registry knows the first."""

    home: Path
    record: Stamped
    stamped: Path
    copy: Path  # as a platform gives it out: encoded anew, smaller, without its manifest
    changed: Path  # such a copy, of which a part was painted over
    real: Path
    unmarked: Path  # synthetic, and it says so nowhere


def made(folder: Path, *, real: bool = False) -> Clips:
    """Make all of them; `real`: take a camera's clip from the data beside the project, where it is there."""
    home = folder / "home"
    keyring.init_development(home)
    options = Settings(home=home, provider="Example Studio")
    prompt = "a red balloon over misty mountains at sunrise"
    source = _drawn(folder / "source.mp4", prompt, 3)
    given = facts(
        provider="Example Studio",
        model="hills-2",
        title="Balloon at sunrise",
        prompt="a red balloon over misty mountains at sunrise",
    )
    record = stamp(source, folder / "balloon.mp4", facts=given, options=options)
    copy = folder / "balloon-480p.mp4"
    transcode(probe(record.path, Limits()), copy, COPY, keep="none")
    return Clips(
        home,
        record,
        record.path,
        copy,
        _changed(record.path, folder / "balloon-edited.mp4"),
        _real(folder / "garden.mp4")
        if real
        else recipes.clip(folder / "garden.mp4", size=SIZE, seconds=SECONDS, seed=8),
        _drawn(folder / "harbour.mp4", "a white boat on a calm lake at dusk, stars", 5),
    )


def _drawn(path: Path, prompt: str, seed: int) -> Path:
    pictures = render(Shot(prompt, seconds=SECONDS, size=SIZE, frame_rate=RATE, seed=seed))
    encode(pictures, path, size=SIZE, frame_rate=RATE, settings=EncodeSettings())
    return path


def _changed(source: Path, path: Path) -> Path:
    def banner(number: int, rgb: Picture) -> Picture:
        if 20 <= number < 80:
            rgb = rgb.copy()
            rgb[24:144, 390:610] = (250, 214, 60)
            cv2.putText(rgb, "SALE", (408, 108), cv2.FONT_HERSHEY_DUPLEX, 2.3, (150, 20, 30), 4, cv2.LINE_AA)
        return rgb

    pictures = _each(source, banner)
    encode(pictures, path, size=SIZE, frame_rate=RATE, settings=COPY)
    return path


def _each(source: Path, change: Callable[[int, Picture], Picture]) -> Iterator[Picture]:
    for number, moment in enumerate(frames(source, limits=Limits())):
        yield change(number, moment.frame.to_ndarray(format="rgb24"))


def _real(path: Path) -> Path:
    folder = needs.data("clips", "real", "interactive-examples")
    shutil.copyfile(folder / f"interactive-examples__{REAL}.mp4", path)
    return path
