"""Draws what the mark changes, twenty times as strong, around grey: the pictures of docs/watermark.md.

python -m scripts.draw_mark [CLIP OF A FACE]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countermark.media.decode import frames
from countermark.watermark import embed

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
FACE = Path(__file__).resolve().parents[2] / "shared/data/clips/real/liveportrait/liveportrait__d0.mp4"
PAYLOAD = "0123456789abcdef"
SIZE = (854, 480)  # of the clips that are made here
SHOWN = 480  # columns of a picture
AMPLIFIED, GREY = 20, 128
FRAME = 2  # that is drawn: the first ones settle

Pictures = list[NDArray[Any]]  # RGB


def flat() -> Pictures:
    """A wall: nearly even, lit from one side."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    wall = 150 + 30 * columns / SIZE[0] - 12 * rows / SIZE[1]
    return [np.repeat(np.rint(wall).astype(np.uint8)[..., None], 3, axis=2)] * (FRAME + 1)


def dark() -> Pictures:
    """A night: black, a glow, some points of light, and the sensor's noise."""
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    glow = 18 + 70 * np.exp(-((rows - 300) ** 2 + (columns - 600) ** 2) / 9000)
    for y, x in rng.integers((20, 20), (460, 834), (40, 2)):
        glow[y - 1 : y + 2, x - 1 : x + 2] = 200
    noisy = (glow + rng.normal(0, 1.5, glow.shape) for _ in range(FRAME + 1))
    return [np.repeat(np.clip(np.rint(one), 0, 255).astype(np.uint8)[..., None], 3, axis=2) for one in noisy]


def animated() -> Pictures:
    """A drawing: even colours, black outlines, a shape that moves."""
    import cv2

    drawn = []
    for number in range(FRAME + 1):
        picture = np.full((SIZE[1], SIZE[0], 3), (125, 190, 235), np.uint8)
        cv2.rectangle(picture, (0, 330), SIZE, (105, 175, 85), -1)
        for colour, thickness in (((240, 205, 80), -1), ((25, 25, 25), 4)):
            cv2.circle(picture, (250 + 6 * number, 230), 110, colour, thickness, cv2.LINE_AA)
            cv2.rectangle(picture, (520, 150), (760, 400), colour, thickness)
        drawn.append(picture)
    return drawn


def clip(path: Path) -> Pictures:
    """The first frames of a file."""
    return [moment.frame.to_ndarray(format="rgb24") for moment in islice(frames(path), FRAME + 1)]


MADE: dict[str, Callable[[], Pictures]] = {"flat": flat, "dark": dark, "animated": animated}


def difference(pictures: Pictures) -> NDArray[np.uint8]:
    """Mark pictures, and draw what changed in brightness; pixel for pixel, cut out of the middle."""
    marked = list(embed(pictures, PAYLOAD))
    change = (marked[FRAME].astype(np.float32) - pictures[FRAME]).mean(axis=2)
    high, wide = change.shape
    rows, columns = min(high, SHOWN * 9 // 16), min(wide, SHOWN)
    top, left = (high - rows) // 2, (wide - columns) // 2
    middle = change[top : top + rows, left : left + columns]
    return np.asarray(np.clip(GREY + AMPLIFIED * middle, 0, 255), np.uint8)


def main(face: Path) -> None:
    """Write a PNG for each clip; that of a face only where there is one."""
    from PIL import Image

    FOLDER.mkdir(exist_ok=True)
    drawn = {name: difference(make()) for name, make in MADE.items()}
    if face.exists():
        drawn["face"] = difference(clip(face))
    for name, picture in drawn.items():
        target = FOLDER / f"mark-{name}.png"
        few = Image.fromarray(picture // 8 * 8).convert("P", palette=Image.Palette.ADAPTIVE, colors=32)
        few.save(target, optimize=True)
        print(target, target.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FACE)
