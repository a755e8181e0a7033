"""How far apart fingerprints are: honest copies, cropped and letterboxed ones, and other videos.

    python -m benchmarks.fingerprint [--quick] [--clips FOLDER]

The rule: FOLDER holds `clips.tsv` (columns path and group); the first clip of each group is taken, its first 2 s at a
short side of at most 480. Each copy is encoded with x264 at 0.75 times the size and CRF 28, unless `CHANGES` says
otherwise, read back by the examiner that verify uses, and held to the fingerprint that stamp would have registered.
`others` holds every clip's honest copy to the originals of all other groups. A distance is the number of bits, of 256,
that differ between a frame of the copy and the nearest frame of the original; a pair's is the median over its frames.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countermark.evidence import FingerprintDetails
from countermark.media import EncodeSettings, encode, frames, look, probe
from countermark.media.colour import luma
from countermark.media.facts import Geometry
from countermark.provenance import Fingerprinter, FingerprintExaminer, compare
from countermark.settings import Limits

from .record import lacking, say, write

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "clips"
SECONDS, SHORT_SIDE = 2.0, 480

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Original:
    """A clip as it was registered."""

    group: str
    pictures: list[Picture]
    rate: Fraction
    fingerprint: FingerprintDetails


def main() -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="eight clips")
    parser.add_argument("--clips", type=Path, default=CLIPS, help="default: ../shared/data/clips")
    given = parser.parse_args()
    if not (given.clips / "clips.tsv").exists():
        lacking(f"no clips.tsv in {given.clips}: name a folder of clips with --clips")
    figures = measure(originals(given.clips, 8 if given.quick else 1000))
    for name, value in figures["copies"].items():
        print(name, value)
    print(write("fingerprint", figures, quick=given.quick))


def originals(folder: Path, most: int) -> list[Original]:
    """Read the first clip of each group."""
    found: dict[str, Original] = {}
    with (folder / "clips.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["group"] not in found and len(found) < most:
                found[row["group"]] = _original(row["group"], folder / row["path"])
    return list(found.values())


def measure(clips: list[Original]) -> dict[str, Any]:
    """Hold every copy to its original, and honest copies to everything else."""
    copies: dict[str, Any] = {}
    honest: list[FingerprintDetails] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, change in CHANGES.items():
            taken = [_copy(clip, change, Path(folder) / f"copy{number}.mp4") for number, clip in enumerate(clips)]
            pairs = zip(taken, clips, strict=True)
            copies[name] = _figures([(copy, clip.fingerprint) for copy, clip in pairs], mirrored=name == "mirrored")
            honest = honest or taken
            say(f"{name}: {copies[name]}")
    across = [(a, b.fingerprint) for a, own in zip(honest, clips, strict=True) for b in clips if b.group != own.group]
    copies["others"] = _figures(across)
    copies["others, mirrored"] = _figures(across, mirrored=True)
    return {"clips": len(clips), "seconds": SECONDS, "copies": copies}


def _figures(pairs: list[tuple[FingerprintDetails, FingerprintDetails]], mirrored: bool = False) -> dict[str, Any]:
    results = [compare(copy, original, mirrored=mirrored) for copy, original in pairs]
    distances = sorted(r.median_distance for r in results if r.median_distance is not None)
    fits = Counter(result.fit for result in results)
    low = [r.nearest_distance for r in results if r.nearest_distance is not None]
    figures: dict[str, Any] = {"pairs": len(pairs), **{fit: fits[fit] for fit in ("fits", "unclear", "differs")}}
    if len(distances) > 1:
        cuts = statistics.quantiles(distances, n=100, method="inclusive")
        figures["median_distance"] = {
            "least": distances[0],
            **{f"{p}%": round(cuts[p - 1], 1) for p in (1, 5, 50, 95, 99)},
            "most": distances[-1],
        }
        figures["nearest_distance_least"] = min(low)
    return figures


# Clips and copies ----------------------------------------------------------------------------------------------------


def _original(group: str, path: Path) -> Original:
    video = probe(path, Limits())
    fingerprinter: Fingerprinter | None = None
    pictures: list[Picture] = []
    for moment in frames(path, end_s=SECONDS):
        frame = moment.frame
        if not frame.format.name.startswith("yuv") or "10" in frame.format.name:
            frame = frame.reformat(format="yuv420p")
        plane = luma(frame)
        shape = replace(video.geometry, width=plane.shape[1], height=plane.shape[0])
        fingerprinter = fingerprinter or Fingerprinter(shape)
        fingerprinter(plane, moment.seconds)
        pictures.append(_upright(frame.to_ndarray(format="rgb24"), video.geometry))
    assert fingerprinter
    return Original(group, pictures, video.frame_rate, fingerprinter.details())


def _upright(rgb: Picture, geometry: Geometry) -> Picture:
    turned = np.rot90(rgb[:, ::-1] if geometry.flipped else rgb, geometry.rotation // 90)
    wide, high = geometry.display_size
    scale = min(1.0, SHORT_SIDE / min(wide, high))
    return _sized(np.ascontiguousarray(turned), wide * scale, high * scale)


def _sized(rgb: Picture, wide: float, high: float) -> Picture:
    import cv2

    size = (max(2, round(wide / 2) * 2), max(2, round(high / 2) * 2))
    return np.asarray(cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True)
class Change:
    """What becomes of each picture, and how it is encoded."""

    picture: Callable[[Picture], Picture]
    scale: float = 0.75
    crf: float = 28
    late_s: float = 0.0  # cut off at the start


def _copy(clip: Original, change: Change, target: Path) -> FingerprintDetails:
    skipped = round(change.late_s * clip.rate) if len(clip.pictures) > 2 * change.late_s * clip.rate else 0

    def pictures() -> Iterator[Picture]:
        for rgb in clip.pictures[skipped:]:
            changed = change.picture(rgb)
            yield _sized(changed, changed.shape[1] * change.scale, changed.shape[0] * change.scale)

    high, wide = next(pictures()).shape[:2]
    settings = EncodeSettings(codec="h264", crf=change.crf, preset="veryfast")
    encode(pictures(), target, size=(wide, high), frame_rate=clip.rate, settings=settings)
    seen = look(target, (), (FingerprintExaminer(),), Limits()).evidence
    target.unlink()
    return next(evidence.details for evidence in seen if isinstance(evidence.details, FingerprintDetails))


def _cropped(share: float, corner: bool = False) -> Callable[[Picture], Picture]:
    """Keep the middle, or the lower right, after cutting this share off both sides."""

    def crop(rgb: Picture) -> Picture:
        high, wide = rgb.shape[:2]
        y, x = round(high * share), round(wide * share)
        top, left = (y, x) if corner else (y // 2, x // 2)
        return rgb[top : top + high - y, left : left + wide - x]

    return crop


def _barred(above: float, beside: float, level: int = 0) -> Callable[[Picture], Picture]:
    def bar(rgb: Picture) -> Picture:
        y, x = round(rgb.shape[0] * above), round(rgb.shape[1] * beside)
        return np.pad(rgb, ((y, y), (x, x), (0, 0)), constant_values=level)

    return bar


def _captioned(rgb: Picture) -> Picture:
    import cv2

    high, wide = rgb.shape[:2]
    shown = rgb.copy()
    cv2.rectangle(shown, (wide // 10, high * 8 // 10), (wide * 9 // 10, high * 9 // 10), (0, 0, 0), -1)
    cv2.putText(shown, "a caption", (wide // 8, high * 88 // 100), cv2.FONT_HERSHEY_SIMPLEX, high / 500, (255,) * 3, 2)
    return shown


def _brighter(rgb: Picture) -> Picture:
    return np.clip(rgb.astype(np.float32) * 1.2 + 20, 0, 255).astype(np.uint8)


def _strip(rgb: Picture) -> Picture:
    high, wide = rgb.shape[:2]
    broad = min(wide, round(high * 9 / 16))
    return rgb[:, (wide - broad) // 2 : (wide + broad) // 2]


CHANGES: dict[str, Change] = {
    "honest": Change(lambda rgb: rgb),
    "small and poor": Change(lambda rgb: rgb, scale=0.5, crf=38),
    "first 0.4 s cut": Change(lambda rgb: rgb, late_s=0.4),
    "brighter": Change(_brighter),
    "captioned": Change(_captioned),
    "mirrored": Change(lambda rgb: rgb[:, ::-1]),
    "letterboxed": Change(_barred(0.15, 0)),
    "pillarboxed": Change(_barred(0, 0.4)),
    "white frame": Change(_barred(0.1, 0.1, 255)),
    "10 % cropped": Change(_cropped(0.1)),
    "10 % cropped off a corner": Change(_cropped(0.1, corner=True)),
    "20 % cropped": Change(_cropped(0.2)),
    "30 % cropped": Change(_cropped(0.3)),
    "half cropped": Change(_cropped(0.5)),
    "7 % cropped off a corner": Change(_cropped(0.07, corner=True)),
    "15 % cropped off a corner": Change(_cropped(0.15, corner=True)),
    "upright strip": Change(_strip),
}


if __name__ == "__main__":
    main()
