"""Draws visible labels on a bright, a dark and a busy clip, landscape and portrait: the pictures of docs/labels.md.

Clips are made here, painted and encoded as `stamp` does it, and shown as they are decoded again. Whether that looks
well, an eye must say.

python -m scripts.draw_labels [FOLDER]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from countermark.disclosure.visible.drawing import draw
from countermark.disclosure.visible.wanted import labels_for
from countermark.generator.procedural import Shot, render
from countermark.media import DecodeReport, EncodeSettings, Plan, encode, probe, show, transcode
from countermark.settings import Limits

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images" / "labels"
LABELS = {
    "eu": "eu", "cn": "cn", "in": "in", "kr": "kr", "ca": "ca",
    "own": "Made by a machine, with music by people",
    "all": "eu,cn,in,kr,ca",
}  # fmt: skip
PROVIDER = "Example Studio"
LANDSCAPE, PORTRAIT = (1280, 720), (720, 1280)
RATE, SECONDS, SEEN_S = Fraction(24), 1.0, 0.5
SHRUNK, GAP, COLOURS = 3, 6, 256  # of what is shown, so that a sheet stays small
GREY = (150, 150, 150)

Picture = NDArray[Any]  # RGB


def drawn(prompt: str, size: tuple[int, int]) -> Iterator[Picture]:
    """A scene of the generator's."""
    return render(Shot(prompt, size=size, seconds=SECONDS, frame_rate=RATE))


def snow(size: tuple[int, int]) -> Iterator[Picture]:
    """A field of snow: white upon nearly white."""
    wide, high = size
    rows, columns = np.mgrid[:high, :wide] / min(size)
    for number in range(round(SECONDS * RATE)):
        hills = np.sin(3 * columns + 2 * np.sin(4 * rows + number / 40)) * np.cos(5 * rows - columns)
        level = np.rint(243 + 10 * hills)[..., None] - (3, 1, 0)
        yield np.clip(level, 0, 255).astype(np.uint8)


def crowded(size: tuple[int, int]) -> Iterator[Picture]:
    """A wall of bills: hundreds of hard edges, in all colours, moving."""
    import cv2

    rng = np.random.default_rng(7)
    wide, high = size
    wall = np.full((high, wide + 64, 3), 128, np.uint8)
    for _ in range(700):
        x, y = int(rng.integers(-40, wide + 64)), int(rng.integers(-40, high))
        across, down = (int(side) for side in rng.integers(24, 150, 2))
        colour = tuple(int(level) for level in rng.integers(0, 256, 3))
        cv2.rectangle(wall, (x, y), (x + across, y + down), colour, -1)
        for line in range(y + 9, y + down - 6, 15):
            cv2.line(wall, (x + 4, line), (x + across - 4, line), tuple(255 - level for level in colour), 4)
    for number in range(round(SECONDS * RATE)):
        yield np.ascontiguousarray(wall[:, 2 * number : 2 * number + wide])


def main() -> None:
    """Draw each label's sheet."""
    import cv2

    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as work:
        clips = [written(Path(work), name, size) for size in (LANDSCAPE, PORTRAIT) for name in CLIPS]
        for name, asked in LABELS.items():
            path = folder / f"{name}.png"
            sheet = sheet_of([labelled(clip, asked) for clip in clips])
            sheet.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(path, optimize=True)
            print(path, f"{path.stat().st_size / 1000:.0f} kB")


CLIPS = {
    "bright": snow,
    "dark": lambda size: drawn("stars over mountains at night", size),
    "busy": crowded,
}


def written(folder: Path, name: str, size: tuple[int, int]) -> Path:
    """Write one clip without labels."""
    path = folder / f"{name}-{size[0]}.mp4"
    return encode(CLIPS[name](size), path, size=size, frame_rate=RATE, settings=EncodeSettings(crf=12)).path


def labelled(clip: Path, asked: str) -> Picture:
    """Paint and encode, decode, and show one picture, smaller."""
    import cv2

    video = probe(clip, Limits())
    size = video.geometry.display_size
    overlays = [one.overlay for one in draw(labels_for([asked], PROVIDER), size, video.duration_s)]
    target = clip.with_suffix(".labelled.mp4")
    transcode(video, target, EncodeSettings(), overlays=overlays)
    plan = Plan((SEEN_S,), "rgb")
    [(_, view)] = show(probe(target, Limits()), [plan], limits=Limits(), report=DecodeReport())
    small = (size[0] // SHRUNK, size[1] // SHRUNK)
    return np.asarray(cv2.resize(view.pixels, small, interpolation=cv2.INTER_AREA))


def sheet_of(pictures: list[Picture]) -> Image.Image:
    """Lay landscapes side by side, and portraits below them, each in the middle of its column."""
    (wide, high), tall = (pictures[0].shape[1::-1]), pictures[3].shape[0]
    sheet = Image.new("RGB", (3 * (wide + GAP) - GAP, high + GAP + tall), GREY)
    for column, (above, below) in enumerate(zip(pictures[:3], pictures[3:], strict=True)):
        left = column * (wide + GAP)
        sheet.paste(Image.fromarray(above), (left, 0))
        sheet.paste(Image.fromarray(below), (left + (wide - below.shape[1]) // 2, high + GAP))
    return sheet


if __name__ == "__main__":
    main()
