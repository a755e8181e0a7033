"""Draws what the mark changes, twenty times as strong, around grey: the pictures of docs/watermark.md.

Says as well how much of that change moves from frame to frame. Knows numbers; what an eye makes of them it does not.

python -m scripts.draw_mark [CLIP OF A FACE]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countermark.media.decode import frames
from countermark.watermark import embed
from countermark.watermark.embedder import REVIEW

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
FACE = Path(__file__).resolve().parents[2] / "shared/data/clips/real/liveportrait/liveportrait__d0.mp4"
PAYLOAD = "0123456789abcdef"
SIZE = (854, 480)  # of the clips that are made here
SHOWN = 480  # columns of a picture
AMPLIFIED, GREY = 20, 128
COUNT = 3 * REVIEW  # frames that are marked
FRAME = 2  # that is drawn

Pictures = list[NDArray[Any]]  # RGB


def flat() -> Pictures:
    """A wall: nearly even, lit from one side."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    wall = 150 + 30 * columns / SIZE[0] - 12 * rows / SIZE[1]
    return [np.repeat(np.rint(wall).astype(np.uint8)[..., None], 3, axis=2)] * COUNT


def dark() -> Pictures:
    """A night: black, a glow, some points of light, and the sensor's noise."""
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    glow = 18 + 70 * np.exp(-((rows - 300) ** 2 + (columns - 600) ** 2) / 9000)
    for y, x in rng.integers((20, 20), (460, 834), (40, 2)):
        glow[y - 1 : y + 2, x - 1 : x + 2] = 200
    noisy = (glow + rng.normal(0, 1.5, glow.shape) for _ in range(COUNT))
    return [np.repeat(np.clip(np.rint(one), 0, 255).astype(np.uint8)[..., None], 3, axis=2) for one in noisy]


def animated() -> Pictures:
    """A drawing: even colours, black outlines, a shape that moves."""
    import cv2

    pictures = []
    for number in range(COUNT):
        picture = np.full((SIZE[1], SIZE[0], 3), (125, 190, 235), np.uint8)
        cv2.rectangle(picture, (0, 330), SIZE, (105, 175, 85), -1)
        for colour, thickness in (((240, 205, 80), -1), ((25, 25, 25), 4)):
            cv2.circle(picture, (250 + 6 * number, 230), 110, colour, thickness, cv2.LINE_AA)
            cv2.rectangle(picture, (520, 150), (760, 400), colour, thickness)
        pictures.append(picture)
    return pictures


def clip(path: Path) -> Pictures:
    """The first frames of a file."""
    return [moment.frame.to_ndarray(format="rgb24") for moment in islice(frames(path), COUNT)]


MADE: dict[str, Callable[[], Pictures]] = {"flat": flat, "dark": dark, "animated": animated}


def changes(pictures: Pictures) -> list[NDArray[np.float32]]:
    """Mark pictures, and give what changed in the brightness of each."""
    marked = embed(pictures, PAYLOAD)
    return [(after.astype(np.float32) - before).mean(axis=2) for after, before in zip(marked, pictures, strict=True)]


def jumps(changed: list[NDArray[np.float32]]) -> tuple[float, float]:
    """Say by what share of its strength the change differs from that of the frame before: as a rule, and at most where
    the strength is shared anew.
    """
    usual = np.mean([_rms(change) for change in changed])
    steps = np.array([_rms(after - before) for before, after in pairwise(changed)]) / usual
    anew = np.arange(1, len(changed)) % REVIEW == 0
    return float(steps[~anew].mean()), float(steps[anew].max())


def drawn(change: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Draw a change pixel for pixel, cut out of the middle."""
    high, wide = change.shape
    rows, columns = min(high, SHOWN * 9 // 16), min(wide, SHOWN)
    top, left = (high - rows) // 2, (wide - columns) // 2
    middle = change[top : top + rows, left : left + columns]
    return np.asarray(np.clip(GREY + AMPLIFIED * middle, 0, 255), np.uint8)


def main(face: Path) -> None:
    """Write a PNG for each clip; that of a face only where there is one."""
    from PIL import Image

    FOLDER.mkdir(exist_ok=True)
    clips = MADE | ({"face": lambda: clip(face)} if face.exists() else {})
    for name, make in clips.items():
        changed = changes(make())
        target = FOLDER / f"mark-{name}.png"
        few = Image.fromarray(drawn(changed[FRAME]) // 8 * 8).convert("P", palette=Image.Palette.ADAPTIVE, colors=32)
        few.save(target, optimize=True)
        usual, anew = jumps(changed)
        print(f"{target.name}: {target.stat().st_size} bytes; from frame to frame {usual:.2f}, shared anew {anew:.2f}")


def _rms(change: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(change * change)))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FACE)
