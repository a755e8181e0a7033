"""How much of a folder of clips comes back through the chain: stamped, copied as a platform does, and verified.

Clips are chosen by a rule, not by result: all files of the folder in the order of their names' SHA-256, so many of
them. Each is stamped, re-encoded with its tags gone, and judged as a stranger would judge it; the unmarked originals
are judged as well, and a mark found in one of them is a false accept. Nothing in the folder is touched.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import CountermarkError, InputMissing
from ..evidence import RecordDetails
from ..media import EncodeSettings, probe, transcode
from ..settings import Settings
from ..stamp import facts, stamp
from ..verify import look_at, mark_of, verify
from .results import ChainReport, ClipResult, wilson_low

SUFFIXES = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".gif")


@dataclass(frozen=True)
class Copy:
    """What a platform does to a video."""

    scale: float = 0.75
    crf: float = 28.0

    @property
    def name(self) -> str:
        """In words."""
        return f"scaled by {self.scale:g}, x264 CRF {self.crf:g}"


def run_chain(
    clips: Path,
    count: int,
    options: Settings,
    copy: Copy | None = None,
    progress: Callable[[float], None] | None = None,
) -> ChainReport:
    """Measure `count` clips of a folder; the identity that signs is that of `options.home`."""
    copy = copy or Copy()
    chosen = choose(clips, count)
    results = []
    for number, clip in enumerate(chosen):
        results.append(_one(clip, clips, copy, options))
        if progress:
            progress((number + 1) / len(chosen))
    stamped = sum(result.stamped for result in results)
    recovered = sum(result.recovered for result in results)
    return ChainReport(
        copy=copy.name,
        clips=len(results),
        stamped=stamped,
        recovered=recovered,
        recovered_low=wilson_low(recovered, len(results)),
        false_accepts=sum(result.false_accept for result in results),
        results=tuple(results),
    )


def choose(folder: Path, count: int) -> list[Path]:
    """Choose clips by the digest of their names: the same ones every time, whatever comes out."""
    found = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()]
    if not found:
        raise InputMissing(f"{folder}: no clips there", advice=f"give a folder of {', '.join(SUFFIXES)} files")
    found.sort(key=lambda path: hashlib.sha256(str(path.relative_to(folder)).encode()).digest())
    return found[:count]


def _one(clip: Path, folder: Path, copy: Copy, options: Settings) -> ClipResult:
    name = str(clip.relative_to(folder))
    try:
        before = look_at(clip, options=options, only="marks")
    except CountermarkError as error:
        return ClipResult(name, (0, 0), 0.0, stamped=False, refused=str(error))
    if before.video is None:
        return ClipResult(name, (0, 0), 0.0, stamped=False, refused="; ".join(before.problems))
    size, seconds = before.video.geometry.display_size, before.video.duration_s
    false_accept = mark_of(before.evidence) is not None
    with tempfile.TemporaryDirectory(prefix="countermark-") as place:
        marked, copied = Path(place) / "marked.mp4", Path(place) / "copy.mp4"
        try:
            stamp(clip, marked, facts=facts(), options=options)
        except CountermarkError as error:
            return ClipResult(name, size, seconds, False, false_accept=false_accept, refused=str(error))
        settings = EncodeSettings(scale=copy.scale, crf=copy.crf)
        transcode(probe(marked, options.limits), copied, settings, keep="none")
        verdict = verify(copied, options=options)
    fits = [e.details.fit for e in verdict.evidence if isinstance(e.details, RecordDetails)]
    recovered = verdict.outcome == "ai_generated" and {"mark", "recovered"} <= set(verdict.basis)
    return ClipResult(
        name, size, seconds, True, recovered, verdict.outcome, fits[0] if fits else None, false_accept=false_accept
    )
