"""What labelling costs: a video that leaves marked, signed, checked and registered, against the same plainly encoded.

    python -m benchmarks.labelling [--quick] [--model NAME] [--prompt WORDS] [--rounds N] [--stream-rounds N]

Each side is a process of its own, begun cold, and the sides take turns within a round. Wall time and CPU-seconds are of
every process that it starts, the memory is the most that all of them had in use at once (pages in common are counted
once). A figure is the median over rounds, a ratio that of the ratios of each round; both sides use the same encoder,
preset and CRF.

model: one clip as the model makes it unless told otherwise; labelled by the door, as `countermark generate` does, with
consent, spool and all, against the model's frames put straight into the encoder.
stream: 60 s of 1080p24. Its frames are 2 s of a procedural scene, drawn once, and shown there and back, so that frames
cost next to nothing and what is measured is what comes after them. `stream` goes through `stamp`, as frames do that are
cheap to make; `kept` through `countermark.label`, which keeps them on disk first. Both against the same plain encode.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import countermark
from countermark import keyring
from countermark.generator import Frames, Request, door, models
from countermark.generator.procedural import Shot, render
from countermark.generator.spool import Nothing
from countermark.media import EncodeSettings, encode
from countermark.settings import settings
from countermark.stamp import facts, stamp_frames

from .cost import Cost, keep_orphans, run
from .record import say, write

PROMPT = "a large red ball falls over the sea, camera still"
SIZE, RATE, DRAWN_S = (1920, 1080), Fraction(24), 2
SIDES = {"model": ("labelled", "plain"), "stream": ("labelled", "kept", "plain")}


def main() -> None:
    """Measure, print, and write the JSON; or be one side of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round, a stream of 5 s")
    parser.add_argument("--model", default=door.DEFAULT, help=f"default: {door.DEFAULT}")
    parser.add_argument("--prompt", default=PROMPT)
    parser.add_argument("--rounds", type=int, default=5, help="of the model's clip")
    parser.add_argument("--stream-rounds", type=int, default=3)
    parser.add_argument("--stream-s", type=int, default=60)
    parser.add_argument("--side", nargs=3, metavar=("PART", "SIDE", "FOLDER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.side:
        part, side, folder = asked.side
        _model(side, Path(folder), asked) if part == "model" else _stream(side, Path(folder), asked.stream_s)
        return
    if asked.quick:
        asked.rounds = asked.stream_rounds = 1
        asked.stream_s = 5
    keep_orphans()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), asked)
    for part, values in figures.items():
        for name, value in values.items():
            print(f"{part + '.' + name:34} {value:.3g}" if isinstance(value, float) else f"{part}.{name:20} {value}")
    print(write("labelling", figures, quick=asked.quick))


def measure(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Run every side, in a folder of its own."""
    home = folder / "home"
    keyring.init_development(home)
    shot = Shot("clouds over hills, slow pan right", size=SIZE, seconds=DRAWN_S, frame_rate=RATE)
    say("drawing 2 s of 1080p")
    with _drawn(folder).open("wb") as out:
        for picture in render(shot):
            picture.tofile(out)
    planned = models.find(asked.model, settings()).plan(Request(asked.prompt))
    clip = {"name": asked.model, "prompt": asked.prompt, "size": list(planned.size), "frames": planned.frames}
    stream = {"seconds": asked.stream_s, "size": list(SIZE), "frame_rate": int(RATE)}
    stream["source"] = "2 s of a procedural scene, there and back"
    environment = {**os.environ, "COUNTERMARK_HOME": str(home)}
    common = ["--model", asked.model, "--prompt", asked.prompt, "--stream-s", str(asked.stream_s)]

    def costs(part: str, rounds: int) -> dict[str, list[Cost]]:
        found: dict[str, list[Cost]] = {side: [] for side in SIDES[part]}
        for number in range(rounds):
            for side, taken in found.items():
                say(f"{part}, round {number + 1} of {rounds}, {side}")
                words = [sys.executable, "-m", "benchmarks.labelling", *common, "--side", part, side, str(folder)]
                taken.append(run(words, environment, watch=True))
        return found

    of_model, of_stream = costs("model", asked.rounds), costs("stream", asked.stream_rounds)
    kept = _figures(of_stream["kept"], of_stream["plain"], asked.stream_rounds)
    return {
        "model": clip | _figures(of_model["labelled"], of_model["plain"], asked.rounds),
        "stream": stream | _figures(of_stream["labelled"], of_stream["plain"], asked.stream_rounds),
        "kept": kept,
    }


def _figures(these: list[Cost], those: list[Cost], rounds: int) -> dict[str, Any]:
    pairs = list(zip(these, those, strict=True))
    return {
        "rounds": rounds,
        "wall_ratio": statistics.median(a.wall_s / b.wall_s for a, b in pairs),
        "cpu_ratio": statistics.median(a.cpu_s / b.cpu_s for a, b in pairs),
        "memory_ratio": statistics.median(a.peak_mb / b.peak_mb for a, b in pairs),
        "labelled_wall_s": statistics.median(a.wall_s for a, _ in pairs),
        "plain_wall_s": statistics.median(b.wall_s for _, b in pairs),
        "labelled_cpu_s": statistics.median(a.cpu_s for a, _ in pairs),
        "plain_cpu_s": statistics.median(b.cpu_s for _, b in pairs),
        "labelled_peak_mb": statistics.median(a.peak_mb for a, _ in pairs),
        "plain_peak_mb": statistics.median(b.peak_mb for _, b in pairs),
    }


# The sides, each in a process of its own ------------------------------------------------------------------------------


def _model(side: str, folder: Path, asked: argparse.Namespace) -> None:
    request, target = Request(asked.prompt), folder / f"model-{side}.mp4"
    if side == "labelled":
        door.generate(request, target, model=asked.model, force=True)
        return
    maker = models.find(asked.model, settings())
    with tempfile.TemporaryDirectory(dir=folder) as work:  # or a round would find the parts of the one before
        made = maker.make(request, maker.plan(request), Path(work), lambda share: None)
        if not isinstance(made, Frames):
            raise SystemExit(f"{asked.model} gives finished files: there is nothing to encode")
        _encode(made.pictures(Nothing()), target, made.plan.size, made.plan.frame_rate)


def _stream(side: str, folder: Path, seconds: int) -> None:
    target = folder / f"stream-{side}.mp4"
    if side == "plain":
        _encode(_frames(folder, seconds), target, SIZE, RATE)
    elif side == "kept":
        countermark.release(_frames(folder, seconds), RATE, target, model="benchmark", force=True)
    else:
        described = facts(model="benchmark")
        stamp_frames(lambda: _frames(folder, seconds), target, size=SIZE, frame_rate=RATE, facts=described, force=True)


def _encode(frames: Iterator[NDArray[np.uint8]], target: Path, size: tuple[int, int], rate: Fraction) -> None:
    """Write the file as `stamp` would, but for the label: by the same encoder, preset and quality."""
    encode(frames, target, size=size, frame_rate=rate, settings=EncodeSettings(crf=settings().crf))


def _frames(folder: Path, seconds: int) -> Iterator[NDArray[np.uint8]]:
    """Show what was drawn there and back; it is read from a file frame by frame, and takes no memory of the process."""
    shape, count = (SIZE[1], SIZE[0], 3), int(DRAWN_S * RATE)
    each = SIZE[0] * SIZE[1] * 3
    order = [*range(count), *range(count - 2, 0, -1)]
    for place in islice(cycle(order), int(seconds * RATE)):
        yield np.fromfile(_drawn(folder), np.uint8, each, offset=place * each).reshape(shape)


def _drawn(folder: Path) -> Path:
    return folder / "drawn"


if __name__ == "__main__":
    main()
