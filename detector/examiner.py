"""The detector among the examiners: two findings from one look, whether it was generated and whether it was changed.

Knows what a Reading adds up to under a Model; decodes nothing. Never says that anything is authentic: what it does not
find, it has not found.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..evidence import DetectorDetails, Evidence, FailureDetails, Finding, Region, Span, Track
from ..evidence.judges import Driver, FrameLook, SegmentLook, Thresholds, TileLook
from ..media.facts import Video
from ..media.plan import Plan, View
from .adapting.adapted import applied
from .adapting.adapted import calibration as recalibrated
from .calibration import Calibration
from .looker import LENGTH, Frame, Looker, Reading
from .model import Model, Target
from .plugins.scores import Calibrated, fused
from .pooling import BLENDED, SYNTHETIC
from .quality import cannot_judge, remarks, stratum

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .adapting.adapted import AdaptedHead
    from .plugins.examiner import PluginExaminer

VERSION = "1"
WORST_FRAMES = 6  # that are told tile by tile
ADAPTED = "adapted head"  # the name of what it adds, among what moved a score


class GeneratedExaminer:
    """Looks, and says whether it was generated: a `media.plan.Examiner`."""

    name = "detector"
    version = VERSION
    track: Track = "video"

    def __init__(
        self,
        model: Model,
        looker: Looker,
        needless: Callable[[], str] | None = None,
        adapted: AdaptedHead | None = None,
        others: Sequence[PluginExaminer] = (),
    ) -> None:
        """Look through `looker`, judge by `model` and by a head that was adapted to one generator more.

        needless: says why nobody need look, once the file was read. others: a user's detectors, which conclude before.
        """
        self._model, self.looker, self._adapted, self._others = model, looker, adapted, others
        self._needless = needless or (lambda: "")
        self.unasked = ""
        self.reading: Reading | None = None

    def plan(self, video: Video) -> Plan:
        """Ask for what the looker wants."""
        self.unasked = self._needless()
        return Plan() if self.unasked else self.looker.plan(video)

    def see(self, view: View) -> None:
        """Pass a picture on."""
        self.looker.see(view)

    def conclude(self, video: Video) -> Evidence:
        """Say what was found; the reading stays for who asks about changes."""
        if self.unasked:
            return _unasked(video, self.name, self.unasked)
        self.reading = self.looker.reading()
        alone = judged(self.reading, video, self._model, "generated", self.name, self._adapted)
        own = self._model.calibrations["generated"]
        calibration = own if self._adapted is None else recalibrated(self._model, self._adapted)
        return together(alone, calibration, [other.calibrated() for other in self._others])


class ManipulatedExaminer:
    """Says whether parts were changed, from what the other one saw; concludes after it."""

    name = "detector-changes"
    version = VERSION
    track: Track = "video"

    def __init__(self, model: Model, first: GeneratedExaminer) -> None:
        """Take the one that looks."""
        self._model, self._first = model, first

    def plan(self, video: Video) -> Plan:
        """Ask for nothing of its own."""
        return Plan()

    def see(self, view: View) -> None:
        """Look at nothing of its own."""

    def conclude(self, video: Video) -> Evidence:
        """Say what was found."""
        if self._first.unasked:
            return _unasked(video, self.name, self._first.unasked)
        if self._first.reading is None:
            broken = FailureDetails("the look at its pictures broke off")
            return Evidence(video.digest, "video", self.name, VERSION, "failed", details=broken)
        return judged(self._first.reading, video, self._model, "manipulated", self.name)


def _unasked(video: Video, name: str, why: str) -> Evidence:
    return Evidence(
        video.digest, "video", name, VERSION, "inconclusive", details=FailureDetails(f"not asked, since {why}")
    )


def judged(
    reading: Reading, video: Video, model: Model, target: Target, name: str, adapted: AdaptedHead | None = None
) -> Evidence:
    """Turn a Reading into Evidence."""

    def told(finding: Finding, details: DetectorDetails | FailureDetails, score: float | None = None) -> Evidence:
        spans, regions = _where(details) if isinstance(details, DetectorDetails) and finding == "present" else ((), ())
        return Evidence(video.digest, "video", name, VERSION, finding, score, spans, regions, details)

    why = cannot_judge(video, reading)
    if why:
        return told("inconclusive", FailureDetails(f"can't judge, because {why}"))
    head, calibration = model.heads[target], model.calibrations[target]
    numbers = model.numbers(reading, target)
    odds, temperature = head.log_odds(numbers), calibration.temperatures.get(stratum(reading), 1.0)
    parts = {part: weight / temperature for part, weight in head.parts(numbers).items()}  # as they count in the score
    if adapted is not None:
        more = applied(model, adapted, reading)
        calibration, odds, parts = recalibrated(model, adapted), more, {**parts, ADAPTED: more - odds / temperature}
    score = calibration.probability(odds, stratum(reading))
    details = _details(reading, video, model, target, calibration, score)
    drivers = sorted(parts.items(), key=lambda part: -abs(part[1]))
    details = _with(details, drivers)
    return told(_finding(score, calibration), details, score)


def together(alone: Evidence, calibration: Calibration, others: Sequence[Calibrated]) -> Evidence:
    """Weigh a finding with what a user's detectors say; it stays as it is where none of these counts.

    It does so as well where ours was measured to tell nothing: theirs never make a finding alone.
    """
    details = alone.details
    if not isinstance(details, DetectorDetails) or calibration.weight <= 0 or not any(one.counts for one in others):
        return alone
    both = fused(Calibrated(details.model, alone.score, calibration.weight, calibration.reals), others)
    finding: Finding = "absent"
    if both.fpr <= calibration.high_precision_fpr:
        finding = "present"
    elif both.fpr <= calibration.high_recall_fpr:
        finding = "inconclusive"
    # Thresholds, and the guess of a generator, are of ours alone; the rate says how much the whole means.
    details = replace(
        details, model=" + ".join(both.counted), fpr=both.fpr, thresholds=Thresholds(), family="", family_score=0.0
    )
    return replace(alone, finding=finding, score=both.probability, details=details)


def _finding(score: float, calibration: Calibration) -> Finding:
    if score >= calibration.high_precision:
        return "present"
    return "inconclusive" if score >= calibration.high_recall else "absent"


def _details(
    reading: Reading, video: Video, model: Model, target: Target, calibration: Calibration, score: float
) -> DetectorDetails:
    # What no threshold is reached for was made by nobody in particular: to name a generator then would accuse it.
    guessed = target == "generated" and score >= calibration.high_recall
    family, belief = model.family(reading) if guessed else ("", 0.0)
    column = SYNTHETIC if target == "generated" else BLENDED
    return DetectorDetails(
        target=target,
        model=model.title,
        fpr=calibration.fpr(score),
        thresholds=Thresholds(
            calibration.high_precision,
            calibration.high_precision_fpr,
            calibration.high_recall,
            calibration.high_recall_fpr,
        ),
        quality=remarks(video, reading),
        family=family,
        family_score=round(belief, 4),
        timeline=_timeline(reading, video, column),
        frames=_worst(reading, column),
        pictures=reading.pictures,
    )


def _with(details: DetectorDetails, drivers: Sequence[tuple[str, float]]) -> DetectorDetails:
    return replace(details, drivers=tuple(Driver(name, round(weight, 3)) for name, weight in drivers))


def _timeline(reading: Reading, video: Video, column: int) -> tuple[SegmentLook, ...]:
    import numpy as np

    step = 1 / float(video.frame_rate)
    found = []
    for segment in sorted({frame.segment for frame in reading.frames}):
        inside = [frame for frame in reading.frames if frame.segment == segment]
        mean = float(np.concatenate([frame.logits[:, column] for frame in inside]).mean())
        found.append(SegmentLook(inside[0].seconds, inside[-1].seconds + step, round(_share(mean), 4)))
    return tuple(found)


def _worst(reading: Reading, column: int) -> tuple[FrameLook, ...]:
    """Give the frames that say most, all their segment's tiles laid over each: a picture of where it says so."""

    def loudest(frame: Frame) -> float:
        return float(frame.logits[:, column].mean())

    chosen: list[FrameLook] = []
    segments = sorted(
        {f.segment for f in reading.frames},
        key=lambda s: -max(loudest(f) for f in reading.frames if f.segment == s),
    )
    for segment in segments[:WORST_FRAMES]:
        inside = [frame for frame in reading.frames if frame.segment == segment][:LENGTH]
        # segments of a short video share frames, and each is told once
        left = [frame for frame in inside if frame.seconds not in {one.seconds for one in chosen}]
        if not left:
            continue
        top = max(left, key=loudest)
        tiles = tuple(
            TileLook(place.x, place.y, place.width, place.height, round(_share(float(logit)), 4))
            for frame in inside
            for place, logit in zip(frame.places, frame.logits[:, column], strict=True)
        )
        chosen.append(FrameLook(top.seconds, round(_share(loudest(top)), 4), tiles))
    return tuple(chosen)


def _where(details: DetectorDetails) -> tuple[tuple[Span, ...], tuple[Region, ...]]:
    """Name the spans that speak for it, where not all do."""
    loud = tuple(Span(look.start_s, look.end_s) for look in details.timeline if look.score >= 0.5)
    return (loud if 0 < len(loud) < len(details.timeline) else ()), ()


def _share(log_odds: float) -> float:
    import math

    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))
