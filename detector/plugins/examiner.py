"""A user's detector among the examiners: sees what ours sees, in the same decode, and says what its scores mean.

Knows pictures in order and scores; never says that anything was found, for it counts only through what is fused. Where
it fails it says so: no verdict waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...errors import CountermarkError
from ...evidence import DetectorDetails, Evidence, FailureDetails, Track
from ...evidence.judges import Driver, SegmentLook
from ...media.facts import Video
from ...media.plan import Plan, Tile, View
from .. import tiles
from ..calibration import upper_bound
from ..looker import frames_wanted
from .described import Installed
from .kinds import Detector, opened, scores_of
from .scores import Calibrated, Coefficients, said

UNCOUNTED = "it does not count: too few real videos were measured, or it tells nothing"

if TYPE_CHECKING:
    from numpy.typing import NDArray


class PluginExaminer:
    """Looks with a detector that the user added: a `media.plan.Examiner`."""

    version = "1"
    track: Track = "video"

    def __init__(self, one: Installed, needless: Callable[[], str] | None = None) -> None:
        """Look with this one; `needless` says why nobody need look, once the file was read."""
        self.name = f"detector:{one.name}"
        self._one = one
        self._detector: Detector | None = None
        self._problem = ""
        self._scores: list[tuple[float, float]] = []  # seconds, raw score of a frame
        self._step, self._stride = 0.0, 1
        self._last: View | None = None
        self._window: Tile | None = None
        self._seen = 0
        self._needless = needless or (lambda: "")

    def plan(self, video: Video) -> Plan:
        """Open it, and ask for the frames that ours asks for; what keeps it from opening is told at the end."""
        why = self._needless()
        try:
            self._detector = None if why else opened(self._one)
            self._problem = f"not asked, since {why}" if why else ""
        except CountermarkError as error:
            self._problem = str(error)
        plan = Plan(tuple(sorted({time for time, _ in frames_wanted(video)})), "rgb")
        gaps = [later - earlier for earlier, later in zip(plan.times_s, plan.times_s[1:], strict=False)]
        self._step = min(gaps, default=0.0)
        most = self._one.description.frames if self._one.description else 1
        self._stride = max(1, -(-len(plan.times_s) // most))
        return plan if self._detector else Plan()

    def see(self, view: View) -> None:
        """Score one picture, or its pair with the one before it."""
        before, self._last = self._last, view
        if self._problem or self._detector is None:
            return
        together = before is not None and view.seconds - before.seconds < 1.5 * self._step
        if not together:
            self._window = tiles.window([view.pixels])
        try:
            if self._detector.wants == "tiles" and before is not None and together:
                self._note(before.seconds, self._pairs(before, view))
            elif self._detector.wants == "frames" and self._seen % self._stride == 0:
                self._note(view.seconds, view.pixels[None])
        except CountermarkError as error:
            self._problem = str(error)
        self._seen += 1

    def conclude(self, video: Video) -> Evidence:
        """Say what it says; a finding is not its own to make."""
        details: DetectorDetails | FailureDetails = FailureDetails(self._problem or "it was shown no picture")
        mean, calibrated = self._mean(), self.calibrated()
        if mean is not None and self._detector is not None:
            reals = calibrated.reals
            above = sum(real >= (calibrated.probability or 0.0) for real in reals)
            details = DetectorDetails(
                target="generated",
                model=f"{self._one.name} {self._detector.version}",
                fpr=upper_bound(above, len(reals)),
                quality=() if calibrated.counts else (UNCOUNTED,),
                drivers=(Driver("its own score", round(mean, 4)),),
                timeline=self._timeline(),
                pictures=len(self._scores),
            )
        return Evidence(
            video.digest, "video", self.name, self.version, "inconclusive", calibrated.probability, (), (), details
        )

    def calibrated(self) -> Calibrated:
        """Give what is to be fused; called after the last picture."""
        mean = self._mean()
        if mean is None or self._detector is None:
            return Calibrated(self._one.name, None, 0.0, ())
        return said(self._one.name, mean, self._coefficients(self._detector))

    def raw(self) -> tuple[str, float] | None:
        """Give the detector's version and the video's score as it comes, for calibrating; None where there is none."""
        mean = self._mean()
        return None if mean is None or self._detector is None else (self._detector.version, mean)

    def _coefficients(self, detector: Detector) -> Coefficients | None:
        known = self._one.calibration
        return known if known is not None and known.version == detector.version else None

    def _mean(self) -> float | None:
        if self._problem or not self._scores:
            return None
        return sum(score for _, score in self._scores) / len(self._scores)

    def _note(self, seconds: float, pictures: NDArray[Any]) -> None:
        if self._detector is not None:
            scores = scores_of(self._detector, pictures)
            self._scores.append((seconds, sum(scores) / len(scores)))

    def _pairs(self, first: View, second: View) -> NDArray[Any]:
        import numpy as np

        places = tiles.places(first.pixels, self._seen, self._window)
        return np.stack([tiles.pair(first.pixels, second.pixels, place) for place in places])

    def _timeline(self) -> tuple[SegmentLook, ...]:
        """Give each stretch of frames its probability; nothing where scores mean nothing yet."""
        coefficients = self._coefficients(self._detector) if self._detector else None
        if coefficients is None:
            return ()
        stretches: list[list[tuple[float, float]]] = []
        for seconds, score in self._scores:
            if not stretches or seconds - stretches[-1][-1][0] > 1.5 * self._step * self._stride:
                stretches.append([])
            stretches[-1].append((seconds, score))
        return tuple(
            SegmentLook(
                stretch[0][0],
                stretch[-1][0] + self._step,
                round(coefficients.probability(sum(score for _, score in stretch) / len(stretch)), 4),
            )
            for stretch in stretches
        )
