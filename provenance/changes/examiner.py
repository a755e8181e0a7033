"""Says what a copy changed: holds its pictures to what was kept of an original. A `media.plan.Examiner`.

Knows the order of work: place, time, compare, say. A copy that cannot be laid over the original is inconclusive; what
was not compared is not in `compared`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...evidence import (
    Change,
    ChangesDetails,
    Evidence,
    FailureDetails,
    Finding,
    MarkGeometry,
    Match,
    Region,
    Span,
    Track,
)
from .coding import Grid, unpack
from .recording import FINE, ChangeRecorder, grid_of
from .scoring import SIZES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...media.facts import Video
    from ...media.plan import Plan, View
    from ...settings import Limits
    from .alignment import Placed, Reel
    from .scoring import Residuals
    from .timing import Path as TimePath
    from .timing import Series

LOOKS = 32  # a second: every picture of nearly any copy; one left out stirs what moves more than coding does
MOST_PICTURES = 4800
MOST_CHANGES = 32
MOST_HEAT = 64  # pictures of heat
TOO_UNLIKE = 60.0  # levels: where no smaller change would be seen, not seeing one says nothing
_WHOLE = 0.6  # of the picture: more than that is another picture
_APART = 7  # cells: what is nearer to a change belongs to it
_BELOW = 0.9  # of the threshold, at most, is drawn outside what was found
_SHARE = 0.7  # of a change's peak that still belongs to it


class ChangeExaminer:
    """Compares a copy with what was kept of its original."""

    name = "changes"
    version = "1"
    track: Track = "video"

    def __init__(self, original: bytes, geometry: MarkGeometry | None, matches: tuple[Match, ...] = ()) -> None:
        """Take what was kept; how the original lies in the copy, where that is known; what of it the copy shows."""
        self._original, self._geometry, self._matches = original, geometry, matches
        self._pictures: list[NDArray[Any]] = []
        self._times: list[float] = []
        self.laid: Laid | None = None  # once it has concluded

    def plan(self, video: Video) -> Plan:
        """Ask for pictures all along, small."""
        from ...media.plan import Plan

        count = max(1, min(MOST_PICTURES, round(video.duration_s * LOOKS)))
        short_side = FINE * min(grid_of(*video.geometry.display_size))  # of a whole copy, the size that was recorded
        return Plan(tuple((i + 0.5) * video.duration_s / count for i in range(count)), "luma", short_side)

    def see(self, view: View) -> None:
        """Keep one picture."""
        import numpy as np

        if not self._times or view.seconds > self._times[-1]:
            self._pictures.append(np.clip(np.rint(view.pixels), 0, 255).astype(np.uint8))
            self._times.append(view.seconds)

    def conclude(self, video: Video) -> Evidence:
        """Compare, and say what was seen."""
        from .alignment import Reel, place

        try:
            grid = unpack(self._original)
        except ValueError as error:
            return self._unable(video, str(error))
        if not self._pictures:
            return self._unable(video, "no picture of it was shown")
        reel = Reel(self._pictures, self._times, video.duration_s)
        placed = place(reel, grid, self._geometry)
        if placed is None:
            return self._unable(video, "its pictures could not be laid over the original's")
        self.laid = lay(reel, grid, placed)
        if self.laid is None:
            return self._unable(video, "too little of the original is on show to compare")
        details = details_of(self.laid, reel.seconds)
        if not details.changes and details.smallest_levels > TOO_UNLIKE:
            return self._unable(video, "its pictures are too unlike the original's to say what was changed")
        regions = tuple(change.region for change in details.changes if change.region)
        spans = tuple(change.span for change in details.changes)
        found: Finding = "present" if details.changes else "absent"
        return Evidence(
            video.digest, self.track, self.name, self.version, found, spans=spans, regions=regions, details=details
        )

    def _unable(self, video: Video, why: str) -> Evidence:
        details = FailureDetails(why)
        return Evidence(video.digest, self.track, self.name, self.version, "inconclusive", details=details)


@dataclass(frozen=True)
class Laid:
    """A copy that was laid over its original, in place and time."""

    grid: Grid
    placed: Placed
    path: TimePath
    found: Residuals
    matched: NDArray[Any]  # the windows of the original that were compared

    def __repr__(self) -> str:
        """How."""
        return f"Laid({self.placed}, {self.path})"


def lay(reel: Reel, grid: Grid, placed: Placed) -> Laid | None:
    """Compare pictures that were placed; None where not one window of the original is on show."""
    import numpy as np

    from .alignment import shown, unbarred
    from .scoring import residuals

    placed, path, series = _settled(reel, grid, placed)
    matched = np.flatnonzero(np.isfinite(path.starts))
    if not len(matched):
        return None
    rows, columns = grid.brightness.shape[1:]
    inside = shown(placed.matrix, rows, columns, margin=0.1) & unbarred(placed.matrix, rows, columns)
    seen = _seen(series, path, grid, inside, matched)
    found = residuals(grid.brightness[matched], grid.detail[matched], grid.error, seen)
    return Laid(grid, placed, path, found, matched)


def details_of(laid: Laid, seconds: float) -> ChangesDetails:
    """Say what was changed in a copy that lasts so long."""
    import numpy as np

    from .scoring import off_by_far
    from .timing import changes_in_time, compared
    from .weighing import least_seen, weighed

    answer = weighed(laid.found, laid.grid.error)
    share, windows, levels = least_seen(laid.found, answer)
    window_s, (rows, columns) = laid.grid.window_s, laid.grid.brightness.shape[1:]
    starts = laid.path.starts[laid.matched]
    regions, within = _regions(answer.heat, off_by_far(laid.found), starts, window_s, laid.placed)
    changes = [*changes_in_time(laid.path, window_s, seconds), *regions]
    together = -(-len(laid.matched) // MOST_HEAT)  # windows that share a picture of heat
    drawn = np.where(within, answer.heat, np.minimum(answer.heat, _BELOW))
    heat = _in_place(_joined(drawn, together), laid.placed)
    changes.sort(key=lambda change: -change.strength)
    return ChangesDetails(
        tuple(sorted(changes[:MOST_CHANGES], key=lambda change: change.span.start_s)),
        tuple(compared(laid.path, window_s, seconds)),
        smallest_share=round(share, 4),
        smallest_s=windows * window_s,
        smallest_levels=round(levels, 1),
        columns=columns,
        rows=rows,
        window_s=window_s * together,
        heat=tuple(np.clip(np.rint(one * 128), 0, 255).astype(np.uint8).tobytes().hex() for one in heat),
    )


def _joined(heat: NDArray[Any], together: int) -> NDArray[Any]:
    import numpy as np

    return np.stack([heat[at : at + together].max(axis=0) for at in range(0, len(heat), together)])


def _in_place(heat: NDArray[Any], placed: Placed) -> NDArray[Any]:
    """Bring heat from the original's cells to the copy's picture, in as many cells."""
    import cv2
    import numpy as np

    rows, columns = heat.shape[1:]
    matrix = np.diag([columns, rows]) @ placed.matrix
    matrix = np.hstack([matrix[:, :2] / [columns, rows], matrix[:, 2:]])
    matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    return np.stack([cv2.warpAffine(one, matrix, (columns, rows), flags=cv2.INTER_NEAREST) for one in heat])


def _settled(reel: Reel, grid: Grid, placed: Placed) -> tuple[Placed, TimePath, Series]:
    """Find the path through time, refine the place by it, and bring the pictures there."""
    import numpy as np

    from .alignment import refined, shown
    from .timing import Series, path_of

    rows, columns = grid.brightness.shape[1:]
    for last in (False, True):
        series = Series(reel, placed, rows, columns, FINE)
        path = path_of(series, grid.brightness, grid.window_s, shown(placed.matrix, rows, columns))
        matched = np.flatnonzero(np.isfinite(path.starts))
        if last or not len(matched):
            break
        chosen = matched[np.unique(np.linspace(0, len(matched) - 1, 8).round().astype(int))]
        pairs = [(reel.around(path.starts[at], grid.window_s), grid.brightness[at]) for at in chosen]
        placed = refined(placed, pairs)
    return placed, path, series


def _seen(series: Series, path: TimePath, grid: Grid, inside: NDArray[Any], matched: NDArray[Any]) -> Any:
    """Sum the copy up over the windows that it shows."""
    import numpy as np

    from .recording import log_of
    from .scoring import Seen

    bright, spread, energy = series.over(path.starts[matched], grid.window_s / path.speed)
    bright[:, ~inside] = np.nan
    return Seen(bright, spread, log_of(energy), series.clipped)


def _regions(
    heat: NDArray[Any], far: NDArray[Any], starts: NDArray[Any], window_s: float, placed: Placed
) -> tuple[list[Change], NDArray[Any]]:
    """Gather cells above the threshold into changes, a box of the copy's picture and a span each; and say which cells
    lie in one.

    `far`: cells that are off by far themselves. Where a change has such, it is they; what is hot about them is so only
    for the boxes of cells that reach into them.
    """
    import numpy as np

    rest, within = heat.copy(), np.zeros(heat.shape, bool)
    found: list[Change] = []
    while rest.max() > 1 and len(found) < MOST_CHANGES:
        peak = np.unravel_index(int(rest.argmax()), rest.shape)
        strength = float(rest[peak])
        member = _grown((rest > max(1.0, _SHARE * strength)) | (far & (rest > 1)), peak)
        core = member & far if (member & far).any() else member
        windows = np.flatnonzero(core.any(axis=(1, 2)))
        rows, columns = np.nonzero(core.any(axis=0))
        span = Span(round(float(starts[windows].min()), 3), round(float(starts[windows].max()) + window_s, 3))
        region = _in_copy(rows.min(), rows.max() + 1, columns.min(), columns.max() + 1, heat.shape[1:], placed)
        whole = core[windows].mean() > _WHOLE
        found.append(Change("replaced" if whole else "region", span, None if whole else region, round(strength, 2)))
        box = tuple(slice(axis.min(), axis.max() + 1) for axis in (windows, rows, columns))
        within[box], rest[box] = True, 0
        rest[_near(member, _APART)] = 0
        rest[_near(core, 2 * max(SIZES) - 1) & ~far] = 0
    return found, within


def _grown(mask: NDArray[Any], start: Any) -> NDArray[Any]:
    """Give what of the mask is joined to a cell, in space and in time."""
    import cv2
    import numpy as np

    labels = [cv2.connectedComponents(one.astype(np.uint8))[1] for one in mask]
    member = np.zeros(mask.shape, bool)
    member[start[0]] = labels[start[0]] == labels[start[0]][start[1], start[2]]
    for step in (1, -1):
        at = start[0] + step
        while 0 <= at < len(mask):
            touched = np.unique(labels[at][member[at - step] & mask[at]])
            if not len(touched):
                break
            member[at] = np.isin(labels[at], touched)
            at += step
    return member


def _near(member: NDArray[Any], side: int) -> NDArray[Any]:
    """Give the cells in a square of `side` cells about one of these, in windows that share a box with theirs."""
    import cv2
    import numpy as np

    cells = np.stack([cv2.dilate(one.astype(np.uint8), np.ones((side, side), np.uint8)) for one in member])
    return np.asarray(cells.astype(bool))


def _in_copy(top: int, bottom: int, left: int, right: int, shape: Any, placed: Placed) -> Region:
    """Give a box of cells as a box of the copy's picture."""
    import numpy as np

    rows, columns = shape
    corners = [[x / columns, y / rows, 1] for x in (left, right) for y in (top, bottom)]
    x, y = np.clip(placed.matrix @ np.array(corners).T, 0, 1)
    low, high = (float(x.min()), float(y.min())), (float(np.ptp(x)), float(np.ptp(y)))
    return Region(round(low[0], 4), round(low[1], 4), round(high[0], 4), round(high[1], 4))


def original_record(path: Path, limits: Limits) -> bytes:
    """Decode an original, and keep of it what its signing would have kept. Call it in a limited child."""
    from dataclasses import replace

    from ...media import frames, isolation, probe
    from ...media.views import luma

    video = probe(path, limits)
    isolation.grant(video.geometry.width * video.geometry.height, video.duration_s)
    recorder: ChangeRecorder | None = None
    for moment in frames(path, limits=limits):
        plane = luma(moment.frame)
        if recorder is None:
            recorder = ChangeRecorder(replace(video.geometry, width=plane.shape[1], height=plane.shape[0]))
        recorder(plane, moment.seconds)
        isolation.alive()
    return recorder.record() if recorder else b""
