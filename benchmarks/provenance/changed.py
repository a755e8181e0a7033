"""How many changed copies are found, and how many honest ones are flagged.

    python -m benchmarks.provenance.changed [--quick] [--clips FOLDER] [--keep FOLDER] [--fit]

The rule: FOLDER holds `clips.tsv`; of each group, one clip of 2.9 s or more and a short side of 240 or more is taken,
its first 3.5 s at a short side of at most 480. Sources (repositories that clips came from) are split in two by a hash
of their names: norms, weights and threshold were set on the one half by `--fit`, figures are of the other. A record is
made by the recorder that stamp uses; each copy is held to it by the examiner that verify uses, which is not told how
the original lies in it. Changed copies: six kinds of region, each at 1 % of the picture and at 2 or 5 %, for 1 s, and
five changes in time (`tampering.py`), all before an encode at CRF 30 and 0.75 times the size. Found: the examiner says
that something was changed; whether it points to the right place is counted apart. Honest copies: 15 kinds.
"""

from __future__ import annotations

import argparse
import pickle
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import cv2
import numpy as np

from countermark.evidence import Change, ChangesDetails
from countermark.media.facts import Geometry, Video
from countermark.media.plan import View
from countermark.provenance.changes import ChangeExaminer, ChangeRecorder, scoring, weighing

from ..record import lacking, say
from . import tampering
from .tampering import REGIONS, TIMES, Clip, Copy

CLIPS = Path(__file__).parents[3] / "shared" / "data" / "clips"
CONSTANTS = Path(__file__).parents[2] / "provenance" / "changes" / "constants.py"


@dataclass(frozen=True)
class Held:
    """One copy, and what the examiner said of it."""

    source: str
    clip: str
    copy: Copy  # without its planes
    changes: tuple[Change, ...] | None  # None: it could not be laid over the original
    heights: weighing.Heights | None  # of its boxes, not yet over the norms; None: nothing was compared
    copying: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def flagged(self) -> bool:
        """Whether anything was found."""
        return bool(self.changes)


def main() -> None:
    """Measure, print, and write the JSON; or fit the constants."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three clips")
    parser.add_argument("--clips", type=Path, default=CLIPS, help="default: ../shared/data/clips")
    parser.add_argument("--fit", action="store_true", help="set the constants anew, on the sources set apart for it")
    parser.add_argument("--keep", type=Path, help="a folder where copies, as shown, are kept for another run")
    given = parser.parse_args()
    if not (given.clips / "clips.tsv").exists():
        lacking(f"no clips.tsv in {given.clips}: name a folder of clips with --clips")
    if given.fit:
        from .fitting_changes import fit

        fit(list(held(given.clips, fitting=True, keep=given.keep)), CONSTANTS)
        return
    figures = measure(given.clips, given.quick, given.keep)
    for name, value in figures.items():
        print(name, value)


def measure(clips: Path, quick: bool, keep: Path | None = None) -> dict[str, Any]:
    """Give the figures, of sources that nothing was set on."""
    rows = list(held(clips, fitting=False, keep=keep, most=3 if quick else None))
    return figures_of(rows)


def figures_of(rows: Sequence[Held]) -> dict[str, Any]:
    """Count what was found and what was flagged."""
    changed = [row for row in rows if not row.copy.honest]
    honest = [row for row in rows if row.copy.honest]
    by_kind: dict[str, list[Held]] = defaultdict(list)
    for row in changed:
        by_kind[row.copy.kind + (f", {row.copy.share:.0%}" if row.copy.kind in REGIONS else "")].append(row)
    by_copy: dict[str, list[Held]] = defaultdict(list)
    for row in honest:
        by_copy[row.copy.kind].append(row)
    regions = [row for row in changed if row.copy.kind in REGIONS]
    strong = [row for row in changed if row.copy.rms >= 10]
    pointed = [_points(row) for row in regions if row.flagged]
    return {
        "rule": " ".join((__doc__ or "").split("The rule:")[1].split()),
        "sources": len({row.source for row in rows}),
        "clips": len({row.clip for row in rows}),
        "n_changed": len(changed),
        "found": _share(changed),
        "n_10_levels": len(strong),
        "found_10_levels": _share(strong),
        "found_4_to_10_levels": _share([row for row in changed if 4 <= row.copy.rms < 10]),
        "n_honest": len(honest),
        "false_alarms": _share(honest),
        "not_laid_over": sum(row.changes is None for row in rows),
        "pointed_right": round(float(np.mean(pointed)), 4) if pointed else None,
        "kinds": {kind: {"n": len(some), "found": _share(some)} for kind, some in sorted(by_kind.items())},
        "honest": {kind: {"n": len(some), "flagged": _share(some)} for kind, some in sorted(by_copy.items())},
    }


def _share(rows: Sequence[Held]) -> float | None:
    return round(sum(row.flagged for row in rows) / len(rows), 4) if rows else None


def _points(row: Held) -> bool:
    """Say whether the strongest change found lies over what was changed, in place and time."""
    best = max(row.changes or (), key=lambda change: change.strength)
    x, y, w, h = row.copy.box or (0.0, 0.0, 1.0, 1.0)
    start, end = row.copy.span
    in_time = best.span.start_s < end and best.span.end_s > start
    r = best.region
    return in_time and (r is None or (r.x < x + w and r.x + r.width > x and r.y < y + h and r.y + r.height > y))


# Copies, and what is seen of them ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A copy as an examiner is shown it."""

    copy: Copy  # without its planes
    seconds: float
    times: tuple[float, ...]
    pictures: list[tampering.Plane]


def held(folder: Path, *, fitting: bool, keep: Path | None = None, most: int | None = None) -> Iterator[Held]:
    """Make every copy of one clip of each group of one half of the sources, and hold it to its original."""
    cv2.setNumThreads(1)
    listed = [pair for pair in tampering.listed(folder, 1) if tampering.held_out(pair[0]) != fitting]
    faces: list[tampering.Plane] = []
    for at, pair in enumerate(listed[:most]):
        clip = tampering.read(*pair)
        if len(clip.planes) < 2.6 * clip.rate or np.std(clip.planes[0]) < 2:
            continue  # damaged, or nothing is in it
        kept = keep / f"{clip.name}.pickle" if keep else None
        if kept and kept.exists():
            copies = pickle.loads(kept.read_bytes())
        else:
            faces = faces or tampering.faces_of([tampering.read(*one) for one in listed])[:8]
            copies = list(_copies(clip, tampering.read(*listed[(at + 3) % len(listed)]), faces, at))
        if kept and not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(pickle.dumps(copies))
        record = record_of(clip)
        rows = [_row(clip, record, copy) for copy in copies]
        say(f"{at + 1} of {len(listed)}: {clip.name}, {sum(row.flagged for row in rows)} of {len(rows)} flagged")
        yield from rows


def _copies(clip: Clip, other: Clip, faces: Sequence[tampering.Plane], turn: int) -> Iterator[Shown]:
    for name in tampering.HONEST:
        yield _shown(tampering.honest(clip, name))
    for at, kind in enumerate(REGIONS):
        for share in (0.01, (0.02, 0.05)[(turn + at) % 2]):
            yield _shown(tampering.changed(clip, kind, share, other, faces))
    for kind in TIMES:
        yield _shown(tampering.changed(clip, kind, 1.0, other, faces))


def _shown(copy: Copy) -> Shown:
    length = len(copy.planes) / copy.rate
    high, wide = copy.planes[0].shape
    plan = ChangeExaminer(b"", None).plan(_video(length, wide, high))
    scale = (plan.short_side or min(high, wide)) / min(high, wide)
    size = (round(wide * scale), round(high * scale))
    on_show = sorted({min(len(copy.planes) - 1, int(seconds * copy.rate + 1e-6)) for seconds in plan.times_s})
    pictures = [np.asarray(cv2.resize(copy.planes[at], size, interpolation=cv2.INTER_AREA)) for at in on_show]
    return Shown(replace(copy, planes=[]), length, tuple(at / copy.rate for at in on_show), pictures)


def _video(seconds: float, wide: int, high: int) -> Video:
    return cast(Video, SimpleNamespace(duration_s=seconds, digest="0" * 64, geometry=Geometry(wide, high)))


def record_of(clip: Clip) -> bytes:
    """Give what stamp would keep."""
    high, wide = clip.planes[0].shape
    recorder = ChangeRecorder(Geometry(wide, high))
    for at, plane in enumerate(clip.planes):
        recorder(plane, at / clip.rate)
    return recorder.record()


def _row(clip: Clip, record: bytes, shown: Shown) -> Held:
    examiner = ChangeExaminer(record, None)
    for seconds, picture in zip(shown.times, shown.pictures, strict=True):
        examiner.see(View(seconds, picture.astype(np.float32)))
    details = examiner.conclude(_video(shown.seconds, *shown.pictures[0].shape[::-1])).details
    changes = details.changes if isinstance(details, ChangesDetails) else None
    row = Held(clip.source, clip.name, shown.copy, changes, None)
    if examiner.laid is None:
        return row
    found, error = examiner.laid.found, examiner.laid.grid.error
    heights = weighing.heights_of(scoring.scores(found))
    plain = {
        key: (high * scoring.norm(key), most * scoring.norm(key), more * scoring.norm(key))
        for key, (high, most, more) in heights.items()
    }
    return replace(row, heights=plain, copying=weighing.stirred(found, error))


if __name__ == "__main__":
    main()
