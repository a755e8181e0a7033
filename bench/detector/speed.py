"""What judging costs one process on one core. Knows clocks and memory; nothing of scores.

Light to import: its child is a process in which nothing but the scorer is loaded.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from fractions import Fraction
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from ...errors import ReaderDied
from .results import Speed
from .scoring import Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE, RATE, FRAMES = (1280, 720), Fraction(30), 300
GRAIN = 64  # pixels that the grain is moved by, at most
WARM = 3  # looks
SEGMENT = 24  # pairs of tiles: three in each of eight frames
LONG_ENOUGH_S = 1.0
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def measure_speed(scorer: Scorer, clip: Path) -> Speed:
    """Measure in a fresh process, on one core; `clip` is what `make_clip` wrote."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    kept = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(THREADS)
    try:
        begun = time.monotonic()  # the clock of the machine, not of a process
        child = context.Process(target=_timed, args=(scorer, clip, begun, theirs))
        child.start()
    finally:
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    theirs.close()
    try:
        said = ours.recv_bytes()
    except EOFError:
        raise ReaderDied("the process whose speed was measured died") from None
    finally:
        child.join()
    cold, warm, frames, peak = (float(value) for value in said.split())
    return Speed(round(frames, 1), round(cold, 2), round(warm, 3), round(peak, 1))


def make_clip(target: Path) -> None:
    """Write ten seconds of 720p, of the same pictures each time."""
    from ...media import EncodeSettings, encode

    settings = EncodeSettings(crf=23, preset="veryfast", threads=1)
    encode(_pictures(), target, size=SIZE, frame_rate=RATE, settings=settings)


def _pictures() -> Iterator[NDArray[Any]]:
    """Move a window over hills of many sizes, with a camera's grain."""
    import cv2
    import numpy as np

    random = np.random.Generator(np.random.Philox(key=10))
    wide, high = SIZE[0] + 2 * FRAMES, SIZE[1] + FRAMES
    hills = np.full((high, wide, 3), 120, np.float32)
    for cells, height in ((5, 60), (20, 30), (80, 15), (320, 8)):
        small = random.normal(0, height, (cells, cells, 3)).astype(np.float32)
        hills += np.asarray(cv2.resize(small, (wide, high), interpolation=cv2.INTER_CUBIC), np.float32)
    ground = np.clip(hills, 0, 255).astype(np.uint8)
    grain = random.normal(0, 3, (SIZE[1] + GRAIN, SIZE[0] + GRAIN, 3))
    lighter, darker = (np.clip(side, 0, 255).astype(np.uint8) for side in (grain, -grain))
    for number in range(FRAMES):
        x, y = (int(at) for at in random.integers(0, GRAIN, 2))
        shown = ground[number : number + SIZE[1], 2 * number : 2 * number + SIZE[0]]
        above, below = (side[y : y + SIZE[1], x : x + SIZE[0]] for side in (lighter, darker))
        yield np.asarray(cv2.subtract(cv2.add(shown, above), below), np.uint8)


def _timed(scorer: Scorer, clip: Path, begun: float, answer: Connection) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    scorer(clip)
    cold = time.monotonic() - begun
    warm = []
    for _ in range(WARM):
        start = time.monotonic()
        scorer(clip)
        warm.append(time.monotonic() - start)
    answer.send_bytes(f"{cold} {median(warm)} {_frames_per_s(scorer)} {_peak_mb()}".encode())


def _frames_per_s(scorer: Scorer) -> float:
    import numpy as np

    random = np.random.Generator(np.random.Philox(key=11))
    pairs = random.integers(0, 256, (SEGMENT, 2, 128, 128, 3), np.uint8)
    scorer.read_tiles(pairs)
    looks, start = 0, time.monotonic()
    while time.monotonic() - start < LONG_ENOUGH_S:
        scorer.read_tiles(pairs)
        looks += 1
    return looks * SEGMENT / 3 / (time.monotonic() - start)


def _peak_mb() -> float:
    """Ask the kernel; the number that Python gives is no less than what the parent had when it started this process."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) * 1024 / 1e6
    except (OSError, StopIteration):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes, where there is no /proc
