"""The detector's look at one file: a limited child decodes and judges, and what comes back is checked.

Knows models by name and files; knows nothing of credentials, marks or words for people.

    from countermark.detector.looking import detect
    detected = detect(Path("clip.mp4"), settings())
    print(detected.outcome(), detected.generated.score)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..evidence import DetectorDetails, Evidence
from ..media import Looked, Video, isolation, look, looked_from_json, looked_to_json
from ..settings import Limits, Settings
from .asking import Asked, panel
from .examiner import GeneratedExaminer, ManipulatedExaminer
from .model import RELEASE
from .outcome import Outcome, Threshold, outcome
from .tiles import PER_FRAME, SIDE


@dataclass(frozen=True)
class Detected:
    """What the detector says of one file."""

    digest: str  # SHA-256 of the file, in hexadecimal
    model: str
    video: Video | None  # None where nothing could be shown
    generated: Evidence
    manipulated: Evidence
    not_looked_at: tuple[str, ...]
    others: tuple[Evidence, ...] = ()  # what a user's own detectors say; what of it counts is in `generated`

    def outcome(self, threshold: Threshold = "high-precision") -> Outcome:
        """Give what both findings add up to."""
        return outcome(self.generated, self.manipulated, threshold)

    def shown(self, threshold: Threshold = "high-precision") -> DetectorDetails | None:
        """Give what is worth a picture: of that finding which makes the outcome, else of what was generated."""
        chosen = self.manipulated if self.outcome(threshold) == "likely_manipulated" else self.generated
        return chosen.details if isinstance(chosen.details, DetectorDetails) else None


def detect(path: Path, options: Settings, *, model: str = RELEASE, head: str | None = None) -> Detected:
    """Look at a file. Raises only what means 'I could not look'.

    model: the name of one that came with this installation, or the folder of another.
    head: the name of an adapted head that is asked too; None: as the settings say; empty: none.
    """
    asked = Asked.by(options, model, head)
    request = {"limits": options.limits.model_dump(), "asked": asked.to_wire()}
    isolation.warm_for_the_detector()
    answer = isolation.run(_look, path, request, limits=options.limits)
    return isolation.checked(path, _detected, answer)


def _look(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: one decode for all of them."""
    made = panel(Asked.from_wire(request["asked"]))
    looked = look(path, (), made.examiners, Limits.model_validate(request["limits"]))
    return {"model": made.title, "looked": looked_to_json(looked)}


def _detected(answer: Any) -> Detected:
    looked, model = looked_from_json(answer["looked"]), str(answer["model"])
    found = {evidence.examiner: evidence for evidence in looked.evidence}
    generated, manipulated = found[GeneratedExaminer.name], found[ManipulatedExaminer.name]
    missing = _not_looked_at(looked, generated)
    others = tuple(one for one in looked.evidence if one.examiner.startswith(f"{GeneratedExaminer.name}:"))
    return Detected(looked.digest, model, looked.video, generated, manipulated, missing, others)


def _not_looked_at(looked: Looked, evidence: Evidence) -> tuple[str, ...]:
    """In plain words, what a reader must not think was judged."""
    missing, video, details = list(looked.problems), looked.video, evidence.details
    if video is None:
        missing.append("the pictures: none could be shown")
    elif isinstance(details, DetectorDetails):
        whole = f"{details.pictures} of {video.frames} frames" if video.frames else f"{details.pictures} frames"
        frames = "" if details.pictures == video.frames else f"all but {whole}, and in each of these "
        missing.append(f"{frames or 'in each frame '}all but {PER_FRAME} squares of {SIDE} pixels")
    if video is None or video.sounds:
        missing.append("the sound: the detector does not listen")
    if video is not None:  # a tail that was cut off, a second stream of pictures
        missing += [f"what does not fit together in the file: {oddity}" for oddity in video.anomalies]
    if video is not None and video.subtitles:
        missing.append("the subtitles")
    missing.append("what it says of itself (credentials, marks, labels, metadata): `countermark verify` reads that")
    return tuple(missing)
