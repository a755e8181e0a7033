"""Makes the copies that fingerprints are measured on: clips by a rule, attacks through real encoders. Reads no hashes.

The rule: the first clip of each group of `clips.tsv` (a group is one generator or one camera set), its first 5 s at a
short side of at most 480, written once as stamp would release it; each copy is made of that file. Groups whose name's
SHA-256 begins with an even digit are for choosing thresholds (`dev`), the others are what is reported (`held out`).
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np

from countermark.bench.watermark import shapes, timing
from countermark.bench.watermark.attacks import ENDING, Attack, Step, named
from countermark.bench.watermark.clips import FASTEST, MEASURED, Source, pictures
from countermark.bench.watermark.copies import make
from countermark.bench.watermark.footage import Alter, Case, Change, Size, drawn
from countermark.media import EncodeSettings, encode, probe
from countermark.settings import Limits

SECONDS = 5.0
TRIM_S, TRIM_SHARE = 3.0, 0.6  # what a trim leaves: 3 s, or so much of a clip that is shorter than 5 s
RELEASED = EncodeSettings("h264", "medium", 18, threads=1)


def off_sides(share: float, corner: bool, size: Size, random: np.random.Generator) -> Alter:
    """Cut a share off the width and the height: from all sides alike, or all of it from the two of a drawn corner."""
    wide, high = (shapes.even(side * (1 - share)) for side in size)
    room = (size[0] - wide, size[1] - high)
    x, y = (int(random.integers(0, 2)) * free if corner else free // 2 for free in room)
    return lambda picture: np.ascontiguousarray(picture[y : y + high, x : x + wide])


def _trimmed() -> Change:
    def choose(count: int, rate: Fraction, random: np.random.Generator) -> range:
        length = min(round(TRIM_S * rate), round(TRIM_SHARE * count))
        start = int(random.integers(0, count - length + 1))
        return range(start, start + length)

    return timing.picked(choose)


def _own(name: str, change: Change) -> Attack:
    return Attack(name, "shape", None, (Step(change, replace(ENDING, crf=28)),))


ATTACKS: tuple[Attack, ...] = (
    *map(named, ("H.264 CRF 40", "0.5x, CRF 28", "crop 10 %")),
    _own("10 % off both sides, centre", drawn(partial(off_sides, 0.1, False))),
    _own("10 % off both sides, corner", drawn(partial(off_sides, 0.1, True))),
    *map(named, ("letterbox", "pillarbox", "caption bar", "logo", "emoji")),
    _own("trimmed to 3 s", _trimmed()),
)


@dataclass(frozen=True)
class Clip:
    """A clip that was chosen."""

    group: str
    source: Source

    @property
    def dev(self) -> bool:
        """Whether thresholds may be chosen on it."""
        return int(hashlib.sha256(self.group.encode()).hexdigest()[0], 16) % 2 == 0


def rows(folder: Path) -> list[tuple[str, Path]]:
    """Group and path of every clip."""
    with (folder / "clips.tsv").open(encoding="utf-8") as file:
        return [(row["group"], folder / row["path"]) for row in csv.DictReader(file, delimiter="\t")]


def chosen(folder: Path, most: int) -> list[Clip]:
    """Give the first clip of each group."""
    found: dict[str, Path] = {}
    for group, path in rows(folder):
        found.setdefault(group, path)
    return [clip_of(folder, group, path) for group, path in list(found.items())[:most]]


def clip_of(folder: Path, group: str, path: Path) -> Clip:
    """Give one clip as it is measured."""
    video = probe(path, Limits())
    native = video.geometry.display_size
    scale = min(1.0, MEASURED / min(native))
    wide, high = (shapes.even(side * scale) for side in native)
    rate = min(video.frame_rate.limit_denominator(1001), Fraction(FASTEST))
    return Clip(group, Source(str(path.relative_to(folder)), path, video.digest, native, (wide, high), rate))


def released(clip: Clip, kept: Path) -> Path:
    """Write the clip as it is released, unless it is there."""
    target = _place(clip, kept, "released.mp4")
    if not target.exists():
        part = target.with_suffix(".part.mp4")
        encode(
            pictures(clip.source, SECONDS),
            part,
            size=clip.source.size,
            frame_rate=clip.source.rate,
            settings=RELEASED,
        )
        part.replace(target)
    return target


def copies(clip: Clip, kept: Path, attacks: tuple[Attack, ...] = ATTACKS) -> Iterator[tuple[str, Path]]:
    """Give the name and the file of each copy, made where it is not there yet."""
    whole = released(clip, kept)
    for attack in attacks:
        target = _place(clip, kept, f"{attack.name.replace(' ', '_').replace('%', 'pc')}.mkv")
        if not target.exists():
            case = Case(clip.source, attack.name, (clip.source,), kept, SECONDS)
            made: list[Path] = []
            last, _ = make(attack, case, whole, target.with_suffix(".part"), made)
            last.replace(target)
            for path in made:
                path.unlink(missing_ok=True)
        yield attack.name, target


def _place(clip: Clip, kept: Path, name: str) -> Path:
    folder = kept / hashlib.sha256(clip.source.name.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name
