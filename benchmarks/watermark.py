"""Which copies the mark survives, what it costs, and whether it is ever read where none is.

    python -m benchmarks.watermark [--quick] [--clips FOLDER] [--workers N] [--skip N]

The rule: FOLDER holds `clips.tsv` (columns path, label, group, width, height, codec). Of each label, groups are taken
in the order of the SHA-256 of their names, and of each group the clip whose path has the least SHA-256, among clips
with a short side of 480 or more that are no GIF; ten groups of each label. A clip's first 4 s, 96 frames at most, are
scaled to a short side of 480 and encoded by x264 at CRF 18 with a payload drawn from its path: as `stamp` would.
Every copy is encoded anew from that file, and read by the examiner that verify uses, at 24 frames. A message counts as
recovered when all 64 bits are right. `psnr_y_db` is of luma, against the pictures before marking, without any codec.
`unmarked` looks at every clip of the folder as it is, with two keys, and so makes four trials on each.
The constants of the wing were chosen on these clips: `--skip 10` measures on the next ten groups of each label instead,
without the unmarked ones, and only prints.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countermark.evidence import MarkDetails, NoMarkDetails
from countermark.media import EncodeSettings, Geometry, View, encode, frames, look, probe, transcode
from countermark.settings import Limits
from countermark.watermark import OPEN_KEY, Embedder, MarkExaminer, MarkKey

from .record import lacking, say, write

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "clips"
OTHER_KEY = MarkKey("another", hashlib.sha256(b"another key, of the benchmark").digest())
SECONDS, MOST_FRAMES, SHORT_SIDE = 4.0, 96, 480

Picture = NDArray[np.uint8]
Pictures = list[Picture]


@dataclass(frozen=True)
class Copy:
    """How a copy is made: pictures changed or left out, then encoded."""

    settings: EncodeSettings
    change: Callable[[Picture], Picture] | None = None
    choose: Callable[[Pictures, float], Pictures] | None = None


@dataclass
class Outcome:
    """What became of one clip."""

    name: str
    psnr: list[float] = field(default_factory=list)
    peak: int = 0
    growth: float = 0.0
    recovered: dict[str, bool] = field(default_factory=dict)
    accuracy: dict[str, float] = field(default_factory=dict)
    wrong_key: list[str] = field(default_factory=list)


def main() -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two clips of each label, eight unmarked ones")
    parser.add_argument("--clips", type=Path, default=CLIPS, help="default: ../shared/data/clips")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--skip", type=int, default=0, help="groups of each label to pass over")
    given = parser.parse_args()
    if not (given.clips / "clips.tsv").exists():
        lacking(f"no clips.tsv in {given.clips}: name a folder of clips with --clips")
    with (given.clips / "clips.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    chosen = chosen_clips(rows, given.skip, 2 if given.quick else 10)
    every = max(1, len(rows) // 8) if given.quick else 1
    everything = [] if given.skip else [row["path"] for row in rows][::every]
    with ProcessPoolExecutor(given.workers) as pool:
        outcomes = list(pool.map(partial(one_clip, given.clips), chosen))
        accepted = list(pool.map(partial(unmarked, given.clips), everything))
    figures = summary(outcomes, accepted) | {"speed": speed()}
    for name, value in figures["recovered"].items():
        print(f"{name:22} {value}")
    if not given.skip:
        print(write("watermark", figures, quick=given.quick))


def chosen_clips(rows: list[dict[str, str]], skip: int, groups: int) -> list[str]:
    """Choose by the rule above."""
    chosen: list[str] = []
    for label in ("real", "synthetic"):
        found: dict[str, list[str]] = {}
        for row in rows:
            if row["label"] == label and min(int(row["width"]), int(row["height"])) >= 480 and row["codec"] != "gif":
                found.setdefault(row["group"], []).append(row["path"])
        chosen += [min(found[group], key=_hash) for group in sorted(found, key=_hash)[skip : skip + groups]]
    return chosen


def one_clip(folder: Path, path: str) -> Outcome:
    """Mark a clip, make every copy, and read each."""
    import cv2

    cv2.setNumThreads(1)
    payload = _hash(path)[:16]
    outcome = Outcome(name=path)
    pictures, rate = originals(folder / path)
    high, wide = pictures[0].shape[:2]
    embed = Embedder(payload, OPEN_KEY, Geometry(wide, high))

    def touch(luma: NDArray[Any], seconds: float) -> None:
        before = luma.astype(np.int16)
        embed(luma, seconds)
        change = luma - before
        outcome.psnr.append(float(10 * np.log10(255**2 / max(1e-9, np.mean(np.square(change, dtype=float))))))
        outcome.peak = max(outcome.peak, int(np.abs(change).max()))

    with tempfile.TemporaryDirectory() as temporary:
        marked, plain = Path(temporary) / "marked.mp4", Path(temporary) / "plain.mp4"
        settings = EncodeSettings(codec="h264")
        encode(pictures, marked, size=(wide, high), frame_rate=rate, settings=settings, touch=touch)
        encode(pictures, plain, size=(wide, high), frame_rate=rate, settings=settings)
        outcome.growth = marked.stat().st_size / plain.stat().st_size - 1
        _note(outcome, "as stamped", marked, payload)
        for name, copy in COPIES.items():
            target = Path(temporary) / "copy.mkv"
            made = make(marked, target, copy, rate)
            _note(outcome, name, made, payload)
            target.unlink(missing_ok=True)
    say(f"{path}: {sum(outcome.recovered.values())} of {len(outcome.recovered)}")
    return outcome


def make(marked: Path, target: Path, copy: Copy, rate: Fraction) -> Path:
    """Encode a copy of the marked file."""
    if copy.change is None and copy.choose is None:
        transcode(probe(marked, Limits()), target, copy.settings)
        return target
    pictures = [moment.frame.to_ndarray(format="rgb24") for moment in frames(marked)]
    pictures = copy.choose(pictures, float(rate)) if copy.choose else pictures
    pictures = [copy.change(picture) for picture in pictures] if copy.change else pictures
    high, wide = pictures[0].shape[:2]
    encode(pictures, target, size=(wide, high), frame_rate=rate, settings=copy.settings)
    return target


def unmarked(folder: Path, path: str) -> tuple[int, int]:
    """Look for marks in a clip as it is: trials made, and marks read."""
    import cv2

    cv2.setNumThreads(1)
    seen = look(folder / path, (), (MarkExaminer((OPEN_KEY, OTHER_KEY)),), Limits()).evidence
    details = [evidence.details for evidence in seen]
    trials = sum(d.trials for d in details if isinstance(d, MarkDetails | NoMarkDetails))
    return trials, sum(isinstance(d, MarkDetails) for d in details)


def summary(outcomes: list[Outcome], accepted: list[tuple[int, int]]) -> dict[str, Any]:
    """Add up."""
    names = list(outcomes[0].recovered)
    medians = [statistics.median(outcome.psnr) for outcome in outcomes]
    return {
        "clips": [outcome.name for outcome in outcomes],
        "recovered": {name: f"{sum(o.recovered[name] for o in outcomes)}/{len(outcomes)}" for name in names},
        "mean_bit_accuracy": {n: round(statistics.mean(o.accuracy[n] for o in outcomes), 3) for n in names},
        "lost": {n: lost for n in names if (lost := [o.name for o in outcomes if not o.recovered[n]])},
        "psnr_y_db": {
            "median": round(statistics.median(medians), 2),
            "least_frame": round(min(min(outcome.psnr) for outcome in outcomes), 2),
        },
        "peak_difference": max(outcome.peak for outcome in outcomes),
        "size_growth": {
            "median": round(statistics.median(outcome.growth for outcome in outcomes), 3),
            "most": round(max(outcome.growth for outcome in outcomes), 3),
        },
        "wrong_key": {"looks": len(outcomes) * len(names), "read": sum(len(o.wrong_key) for o in outcomes)},
        "unmarked": {
            "videos": len(accepted),
            "trials": sum(trials for trials, _ in accepted),
            "read": sum(read for _, read in accepted),
        },
    }


def speed() -> dict[str, float]:
    """One thread, CPU time, 720p: marking a frame; measuring 24 views and reading them."""
    import cv2

    cv2.setNumThreads(1)
    rng = np.random.default_rng(3)
    soft = cv2.GaussianBlur(rng.normal(120, 400, (720, 1280)), (0, 0), 4) + rng.normal(0, 3, (720, 1280))
    plane = np.clip(soft, 0, 255).astype(np.uint8)
    embed = Embedder("0123456789abcdef", OPEN_KEY, Geometry(1280, 720))
    begun = time.process_time()
    for number in range(120):
        embed(plane.copy(), number / 24)
    marking = time.process_time() - begun
    view = View(0.0, cv2.resize(plane, (455, 256), interpolation=cv2.INTER_AREA).astype(np.float32))
    examiner = MarkExaminer()
    begun = time.process_time()
    for _ in range(24):
        examiner.see(view)
    list(examiner.attempts())
    return {
        "marked_frames_per_cpu_s": round(120 / marking),
        "cpu_s_to_measure_24_views": round(time.process_time() - begun, 3),
    }


# Clips and copies ----------------------------------------------------------------------------------------------------


def originals(path: Path) -> tuple[Pictures, Fraction]:
    """The first seconds of a clip: upright RGB, a short side of 480, even sizes."""
    video = probe(path, Limits())
    pictures = []
    for moment in frames(path, end_s=SECONDS):
        rgb = moment.frame.to_ndarray(format="rgb24")
        turned = np.rot90(rgb[:, ::-1] if video.geometry.flipped else rgb, video.geometry.rotation // 90)
        wide, high = video.geometry.display_size
        pictures.append(_sized(np.ascontiguousarray(turned), wide, high, SHORT_SIDE / min(wide, high)))
        if len(pictures) == MOST_FRAMES:
            break
    return pictures, video.frame_rate.limit_denominator(1001)


def _note(outcome: Outcome, name: str, path: Path, payload: str) -> None:
    seen = look(path, (), (MarkExaminer(), MarkExaminer((OTHER_KEY,))), Limits()).evidence
    right, wrong = (evidence.details for evidence in seen if evidence.examiner == "watermark")
    outcome.recovered[name] = isinstance(right, MarkDetails) and right.payload == payload
    outcome.accuracy[name] = right.bit_accuracy if isinstance(right, MarkDetails) else 0.5
    if isinstance(wrong, MarkDetails):
        outcome.wrong_key.append(name)


def _sized(rgb: Picture, wide: float, high: float, scale: float) -> Picture:
    import cv2

    size = (max(2, round(wide * scale / 2) * 2), max(2, round(high * scale / 2) * 2))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, size, interpolation=way), np.uint8)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _x264(crf: float, scale: float = 1.0) -> EncodeSettings:
    return EncodeSettings(codec="h264", crf=crf, preset="medium", scale=scale)


def _lit(gain: float, lift: float) -> Callable[[Picture], Picture]:
    return lambda rgb: np.clip(rgb * np.float32(gain) + np.float32(lift), 0, 255).astype(np.uint8)


COPIES: dict[str, Copy] = {
    "H.264 CRF 23": Copy(_x264(23)),
    "H.264 CRF 28": Copy(_x264(28)),
    "H.264 CRF 33": Copy(_x264(33)),
    "H.264 CRF 40": Copy(_x264(40)),
    "0.75x, CRF 28": Copy(_x264(28, 0.75)),
    "0.5x, CRF 28": Copy(_x264(28, 0.5)),
    "0.33x, CRF 28": Copy(_x264(28, 1 / 3)),
    "2x, CRF 28": Copy(_x264(28, 2.0), choose=lambda pictures, rate: pictures[:32]),
    "HEVC CRF 28": Copy(EncodeSettings(codec="hevc", crf=28, preset="fast")),
    "VP9 CRF 36": Copy(EncodeSettings(codec="vp9", crf=36, preset="6")),
    "AV1 CRF 45": Copy(EncodeSettings(codec="av1", crf=45, preset="9")),
    "mirrored, CRF 28": Copy(_x264(28), change=lambda rgb: np.ascontiguousarray(rgb[:, ::-1])),
    "24 to 15 fps, CRF 28": Copy(_x264(28), choose=lambda p, rate: [p[i * 8 // 5] for i in range(len(p) * 5 // 8)]),
    "last 2 s, CRF 28": Copy(_x264(28), choose=lambda pictures, rate: pictures[-max(8, round(2 * rate)) :]),
    "2x speed, CRF 28": Copy(_x264(28), choose=lambda pictures, rate: pictures[::2]),
    "brighter, CRF 28": Copy(_x264(28), change=_lit(1.2, 12)),
    "less contrast, CRF 28": Copy(_x264(28), change=_lit(0.6, 50)),
}


if __name__ == "__main__":
    main()
