"""Makes the clips and their table: `python -m countermark.training.detector.hard_negatives --out DIR`.

What is drawn is the same for the same seed; what is recorded differs by when its frames were grabbed.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np

from ....media import EncodeSettings, encode
from . import drawn, recording, rendered

SECONDS = 3.0
SIZES = ((640, 360), (854, 480), (960, 540), (1280, 720))
RATES = (24, 25, 30)
CRFS = (16, 19, 22, 25, 28)


@dataclass(frozen=True)
class Kind:
    """One kind of scene, and which side of the split it is on for good."""

    group: str
    kind: str  # as in the table of clips: screen, cgi or animation
    split: str  # train or test
    scene: rendered.Scene | None = None  # None: a page, recorded
    page: str = ""
    sizes: tuple[tuple[int, int], ...] = SIZES


KINDS = (
    Kind("own-browser-article", "screen", "train", page="article"),
    Kind("own-browser-chat", "screen", "test", page="chat"),
    Kind("own-render-spheres", "cgi", "train", rendered.spheres, sizes=SIZES[:1]),  # half a second a frame even so
    Kind("own-render-meshes", "cgi", "test", rendered.meshes),
    Kind("own-cartoon", "animation", "train", drawn.cartoon),
    Kind("own-whiteboard", "animation", "test", drawn.whiteboard),
    Kind("own-browser-animated", "animation", "train", page="animated"),
    Kind("own-game", "screen", "test", page="game"),
    Kind("own-render-terrain", "cgi", "train", rendered.terrain, sizes=SIZES[:2]),
    Kind("own-render-particles", "cgi", "test", rendered.particles),
    Kind("own-slideshow", "animation", "train", drawn.slideshow),
    Kind("own-moving-shapes", "animation", "test", drawn.moving_shapes),
    Kind("own-browser-terminal", "screen", "train", page="terminal"),
    Kind("own-browser-charts", "screen", "test", page="charts"),
    Kind("own-render-fractal", "cgi", "train", rendered.fractal, sizes=SIZES[:2]),
    Kind("own-render-tunnel", "cgi", "test", rendered.tunnel),
)


@dataclass(frozen=True)
class Row:
    """One clip, in the columns of the table of clips, and its split."""

    path: str
    label: str
    group: str
    kind: str
    split: str
    source: str
    width: int
    height: int
    fps: float
    codec: str
    note: str


def main(arguments: list[str] | None = None) -> int:
    """Make them all; 1 where something had to be left out, which is said."""
    parser = argparse.ArgumentParser(prog="python -m countermark.training.detector.hard_negatives")
    parser.add_argument("--out", type=Path, required=True, help="folder for the clips and clips.tsv")
    parser.add_argument("--count", type=int, default=24, help="clips to make; the kinds take turns (24)")
    parser.add_argument("--seed", type=int, default=1, help="what decides all but the moment of a recording (1)")
    chosen = parser.parse_args(arguments)
    lacking = recording.missing()
    for program in lacking:
        print(f"LACKING {program}: no page will be recorded", file=sys.stderr)
    rows, left_out = made(chosen.out, chosen.count, chosen.seed, may_record=not lacking)
    write_table(chosen.out / "clips.tsv", rows)
    print(f"{len(rows)} clips and {chosen.out / 'clips.tsv'}")
    for what in left_out:
        print(f"LEFT OUT {what}", file=sys.stderr)
    return 1 if left_out else 0


def made(
    out: Path, count: int, seed: int, *, may_record: bool, kinds: tuple[Kind, ...] = KINDS
) -> tuple[list[Row], list[str]]:
    """Make clips in turn; give their rows, and what could not be made."""
    out.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    left_out: list[str] = []
    for number in range(count):
        kind, again = kinds[number % len(kinds)], number // len(kinds)
        try:
            if kind.scene is None and not may_record:
                raise TimeoutError("a program that recording takes is not here")
            rows.append(_made(kind, out, again, np.random.default_rng([seed, number])))
        except TimeoutError as error:
            left_out.append(f"{kind.group}-{again}: {error}")
            continue
        print(f"{len(rows)}/{count} {rows[-1].path}", flush=True)
    return rows, left_out


def _made(kind: Kind, out: Path, again: int, rng: np.random.Generator) -> Row:
    target = out / f"{kind.group}-{again:02d}.mp4"
    size = kind.sizes[int(rng.integers(len(kind.sizes)))]
    rate, crf = RATES[int(rng.integers(len(RATES)))], float(CRFS[int(rng.integers(len(CRFS)))])
    note = "recorded by x11grab, x264 CRF 20"
    if kind.scene is None:
        seed = int(rng.integers(1, 1 << 30))
        recording.record(kind.page, seed, target, size=size, rate=rate, seconds=SECONDS)
    else:
        count = round(SECONDS * rate)
        pictures = islice(kind.scene(size, count, rng), count)
        settings = EncodeSettings(crf=crf, preset="medium", threads=1)
        encode(pictures, target, size=size, frame_rate=Fraction(rate), settings=settings)
        note = f"x264 CRF {crf:g}"
    return Row(target.name, "real", kind.group, kind.kind, kind.split, "countermark", *size, float(rate), "h264", note)


def write_table(target: Path, rows: list[Row]) -> None:
    """Write the table, tab-separated."""
    with target.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


if __name__ == "__main__":
    sys.exit(main())
