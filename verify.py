"""The only judge: any file -> Verdict. Probe, look, recover, fold.

Knows which examiners there are; knows nothing of pixels, boxes or manifests. Every untrusted byte is read in a fresh,
limited child; what comes back is Evidence, checked again on arrival.

    from countermark.verify import verify
    verdict = verify(Path("clip.mp4"))
    print(verdict.outcome, verdict.reasons)
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .comparing import compare_with, original_of
from .evidence import Evidence, FailureDetails, MarkDetails, NoMarkDetails, in_words, seconds_in
from .media import (
    Looked,
    Video,
    isolation,
    look,
    looked_from_json,
    looked_to_json,
    probe,
    video_from_json,
    video_to_json,
)
from .recover import WHOLE, recover
from .settings import Limits, Settings, settings
from .verdict import Judgement, Verdict, fold
from .watermark import OPEN_KEY, MarkKey

FRAMES = 24  # how many are looked at, spread over the video


def verify(
    path: Path, *, judgement: Judgement | None = None, options: Settings | None = None, against: Path | None = None
) -> Verdict:
    """Judge a file. Raises only what means 'I could not look'.

    against: an original to hold it to, region by region; else it is held to that of the record to which it leads.
    """
    options = options or settings()
    keys, left_out = reading_keys(options)
    looked = look_at(path, options=options, keys=keys)
    recovered = recover(looked, options)
    originals = recovered.originals if against is None else (original_of(against, options),)
    compared = [compare_with(path, original, options) for original in originals if looked.video is not None]
    evidence = (*looked.evidence, *recovered.evidence, *compared)
    return fold(looked.digest, evidence, judgement or Judgement(), (*_not_looked_at(looked), *left_out))


def reading_keys(options: Settings) -> tuple[tuple[MarkKey, ...], tuple[str, ...]]:
    """Give the keys that marks are read with here, the open one first; and in words whose marks are left out."""
    from . import mark_keys

    private = mark_keys.readable(options.home)
    return (OPEN_KEY, *(MarkKey(key.name, key.secret) for key in private.keys)), private.left_out


def look_at(
    path: Path,
    *,
    options: Settings,
    frames: int = FRAMES,
    marks_only: bool = False,
    keys: tuple[MarkKey, ...] | None = None,
) -> Looked:
    """Run the examiners on one look, in a limited child, and bring back what they saw.

    keys: to read marks with; None: those of `reading_keys`.
    """
    from .provenance import trust

    anchors = trust.load(options.home)
    request = {
        "anchors": anchors.to_json(),
        "limits": options.limits.model_dump(),
        "frames": frames,
        "marks_only": marks_only,
        "keys": [key.to_wire() for key in (reading_keys(options)[0] if keys is None else keys)],
    }
    return isolation.checked(path, looked_from_json, isolation.run(_look, path, request, limits=options.limits))


def _look(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: the examiners are made here, and one decode serves them all."""
    from .provenance import CredentialsExaminer, FingerprintExaminer, trust
    from .watermark import MarkExaminer

    anchors = trust.TrustAnchors.from_json(request["anchors"])
    frames = int(request["frames"])
    keys = tuple(MarkKey.from_wire(key) for key in request["keys"])
    marks = MarkExaminer(keys, max_frames=frames)
    limits = Limits.model_validate(request["limits"])
    if request["marks_only"]:
        return looked_to_json(look(path, (), (marks,), limits))
    pictures = (marks, FingerprintExaminer(max_frames=frames))
    return looked_to_json(look(path, (CredentialsExaminer(anchors),), pictures, limits))


def facts_of(path: Path, options: Settings) -> Video:
    """Probe a file in a limited child; raises what says why it is no video."""
    answer = isolation.run(_probed, path, options.limits.model_dump(), limits=options.limits)
    return isolation.checked(path, video_from_json, answer)


def _probed(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    return video_to_json(probe(path, Limits.model_validate(request)))


def mark_of(evidence: tuple[Evidence, ...]) -> MarkDetails | None:
    """The mark among the Evidence, if one was read."""
    marks = (e.details for e in evidence if e.finding == "present")
    return next((details for details in marks if isinstance(details, MarkDetails)), None)


def _not_looked_at(looked: Looked) -> tuple[str, ...]:
    """In plain words, what a reader must not think was judged."""
    missing = list(looked.problems)
    unasked = [(e.examiner, e.details) for e in looked.evidence if e.finding == "inconclusive"]
    missing += [f"{name}: {why.error}" for name, why in unasked if isinstance(why, FailureDetails)]
    video = looked.video
    if video is None:
        return tuple([*missing, "the pictures: none could be shown"])
    if video.sounds:
        missing.append("the sound: no examiner listens to it")
    if video.subtitles:
        missing.append("the subtitles")
    seen = [e.details.frames for e in looked.evidence if isinstance(e.details, MarkDetails | NoMarkDetails)]
    if seen and video.frames and seen[0] < video.frames:
        missing.append(f"all but {seen[0]} of {video.frames} frames")
    for evidence in looked.evidence:
        if isinstance(evidence.details, MarkDetails) and evidence.finding == "present":
            missing += _uncovered(evidence, evidence.details, video.duration_s)
    missing.append("pixels of unmarked video: there is no detector yet")
    return tuple(missing)


def _uncovered(evidence: Evidence, mark: MarkDetails, length: float) -> list[str]:
    """Say which seconds marks speak for, where they are not all."""
    spans = (*evidence.spans, *(span for other in mark.also for span in other.spans))
    if not spans or seconds_in(spans) >= WHOLE * length:
        return []
    return [f"all but {in_words(tuple(sorted(spans, key=lambda s: s.start_s)))} of {length:.1f} s: no mark covers it"]
