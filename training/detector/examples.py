"""Draws what the detector says of four clips that its fold's network never saw: synthetic, real, spliced, face swapped.

The clips are others', so that no pixel of them is drawn: a map lies over plain grey. Which clips are shown is not
chosen: of each sort, it is the one whose name's SHA-256 comes first.

    python -m countermark.training.detector.examples --clips DIR --material DIR
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...detector.looking import Detected, detect
from ...detector.report.heat_map import draw
from ...settings import Settings
from ...verify import verify
from .folds import Clip, read_clips
from .heads import made_of

HERE = Path(__file__).resolve().parents[2] / "docs" / "images" / "detector"
GREY = 150


def first(clips: Sequence[Clip]) -> Clip:
    """Give the clip whose name's hash comes first."""
    return min(clips, key=lambda clip: hashlib.sha256(clip.path.name.encode()).hexdigest())


def row(sort: str, clip: Clip, detected: Detected, options: Settings) -> str:
    """Draw the frame that says most, and say what was found, as a row of a table."""
    shown, video = detected.shown(), detected.video
    picture = ""
    if shown is not None and shown.frames and video is not None:
        wide, high = video.geometry.display_size
        HERE.mkdir(parents=True, exist_ok=True)
        (HERE / f"{sort}.png").write_bytes(draw(np.full((high, wide, 3), GREY, np.uint8), shown.frames[0]))
        picture = f"![heat map](images/detector/{sort}.png)"
    scores = " / ".join(
        f"{one.score:.2f}" for one in (detected.generated, detected.manipulated) if one.score is not None
    )
    said = verify(clip.path, options=options).outcome
    return f"| {sort} ({clip.group}) | `{detected.outcome()}` | {scores} | `{said}` | {picture} |"


def main() -> None:
    """Draw all four, and print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clips", type=Path, required=True)
    asked.add_argument("--material", type=Path, required=True)
    given = asked.parse_args()
    clips, made, options = read_clips(given.clips / "clips.tsv"), made_of(given.material), Settings()
    sorts = {
        "synthetic": [clip for clip in clips if clip.synthetic],
        "real": [clip for clip in clips if clip.kind == "camera"],
        "splice": [clip for clip in made if clip.kind == "splice"],
        "face-swap": [clip for clip in made if clip.kind == "face-swap"],
    }
    print("| clip | `detect`, by its fold | generated / changed | `verify`, released | where |")
    print("|---|---|---|---|---|")
    for sort, some in sorts.items():
        clip = first(some)
        print(row(sort, clip, detect(clip.path, options, model=f"fold-{clip.fold}"), options), flush=True)


if __name__ == "__main__":
    main()
