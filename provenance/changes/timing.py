"""Finds when an original's windows are on show in a copy: the cheapest path through all moments of the copy.

A jump costs, and so does a window that nothing in the copy shows. What the path jumps over was cut; what it leaves out
of the copy was put in. Knows numbers only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...evidence import Change, ChangeKind, Span
from .recording import RATE, cells_of, detail_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .alignment import Placed, Reel

JUMP, UNSHOWN, DRIFT = 0.4, 0.5, 0.04  # what a jump costs, a window that nothing shows, a step of one picture
_SNAP_S = 0.025  # a lag so small is none: a copy starts where its original does
_SHORTEST = 0.25  # seconds put in or cut out that are told from the play of windows
_LOOSE = 0.6  # seconds at either end that windows may leave over
_TILES, _UNCHANGED = 4, 0.7  # to a side of the picture; the share of them that time is told by
_FLAT = 32.0  # square levels of two tiles that show nothing
_FAINT = 0.003  # of correlation, that says little by itself
_CODED = 1.5  # levels by which coding puts squares of cells off, where nearly nothing else moves them
_LEAST_CONTRAST = 4.0  # square levels
_SAMPLES, _ASKED = 200, 12  # places, and windows, that tell a copy's contrast
_PARTLY = 0.1  # what a window costs that begins before the copy, or ends after it
_FOREIGN = 0.3  # by how much the best place of a foreign window is less alike than is usual
_DRIFT_RATE = 0.02  # a speed differs by so much at least,
_SPEED_GAIN, _SPEED_REST = 0.045, 0.4  # gains so much of what is usually unlike, and leaves so much at most
_STILL = 0.00001  # of correlation, gained at least: where so little moves, speed can't be told
_FASTEST, _LINE = 0.12, 40  # speeds that are tried, and windows that they are tried on


class Series:
    """What a copy shows in the cells of an original, summed up over time."""

    def __init__(self, reel: Reel, placed: Placed, rows: int, columns: int, fine: int) -> None:
        """Bring each picture into the original's place."""
        import numpy as np

        from .alignment import brought

        spans = np.diff(reel.edges).astype(np.float32)
        self.edges = reel.edges
        self._bright = np.zeros((len(spans) + 1, rows, columns), np.float32)
        self._squares = np.zeros((len(spans) + 1, rows, columns), np.float32)
        self._detail = np.zeros((len(spans) + 1, rows // 2, columns // 2), np.float32)
        self._clipped = np.zeros((rows, columns), np.float32)
        for at, (picture, long) in enumerate(zip(reel.pictures, spans, strict=True)):
            view = brought(picture, placed.matrix, rows * fine, columns * fine).astype(np.float32)
            cells = cells_of(view, fine)
            self._bright[at + 1] = self._bright[at] + cells * long
            self._squares[at + 1] = self._squares[at] + (cells - 128) ** 2 * long
            self._detail[at + 1] = self._detail[at] + cells_of(detail_of(view), 2 * fine) * long
            self._clipped += cells_of(((view > 246) | (view < 5)).astype(np.float32), fine) * long
        self.clipped = self._clipped / spans.sum()

    def over(self, starts: NDArray[Any], length: float) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Give mean brightness, its spread over time, and mean energy of detail from each start on."""
        import numpy as np

        first, last = np.clip(starts, 0, self.edges[-1]), np.clip(starts + length, 0, self.edges[-1])
        long = np.maximum(last - first, 1e-3)[:, None, None]
        mean = (self._at(self._bright, last) - self._at(self._bright, first)) / long
        square = (self._at(self._squares, last) - self._at(self._squares, first)) / long
        energy = (self._at(self._detail, last) - self._at(self._detail, first)) / long
        return mean, np.sqrt(np.maximum(square - (mean - 128) ** 2, 0)), np.maximum(energy, 0)

    def _at(self, sums: NDArray[Any], times: NDArray[Any]) -> NDArray[Any]:
        import numpy as np

        place = np.interp(times, self.edges, np.arange(len(self.edges)))
        whole = np.minimum(place.astype(int), len(self.edges) - 2)
        rest = (place - whole).astype(np.float32)[:, None, None]
        return np.asarray(sums[whole] * (1 - rest) + sums[whole + 1] * rest)


@dataclass(frozen=True)
class Path:
    """When each window of the original is on show in the copy."""

    starts: NDArray[Any]  # seconds of the copy; not a number where nothing shows it
    speed: float  # of the copy over the original's

    def __repr__(self) -> str:
        """How many windows were found."""
        import numpy as np

        return f"Path({int(np.isfinite(self.starts).sum())} of {len(self.starts)}, speed {self.speed:.3f})"


def path_of(series: Series, original: NDArray[Any], window_s: float, seen: NDArray[Any]) -> Path:
    """Follow the original's windows (windows, rows, columns) through the copy."""
    import numpy as np

    steps = max(1, round(window_s * RATE))
    step = window_s / steps
    inner = max(1, int((series.edges[-1] - window_s) / step + 0.3) + 1)  # places where a whole window is on show
    unlike = np.empty((len(original), inner), np.float32)
    mostly = np.full(len(original), np.inf, np.float32)
    known, tiles = _pooled(original, seen), _tiles(seen)
    spread = np.linspace(0, inner - 1, min(inner, _SAMPLES)) * step
    contrast = _contrast(known, _pooled(series.over(spread, window_s)[0], seen), tiles)
    for first in range(0, inner, 512):
        some = np.arange(first, min(inner, first + 512)) * step
        differs, middle = _unlike(known, _pooled(series.over(some, window_s)[0], seen), tiles, contrast)
        unlike[:, first : first + 512] = differs
        mostly = np.minimum(mostly, middle.min(axis=1))
    least = unlike.min(axis=1, keepdims=True)
    line = _at_another_speed(unlike - least, float(np.median(least)), steps)
    if line and len(original) <= _LINE:
        places = np.arange(len(original)) * steps * line[0] + line[1]
        on_show = (places > -0.5) & (places < inner - 0.5)
        return Path(np.where(on_show, np.clip(places, 0, inner - 1) * step, np.nan), 1 / line[0])
    costs = np.full((len(original), inner + 2 * steps), _PARTLY, np.float32)
    costs[:, steps:-steps] = _excess(unlike, mostly, 0.5 * (_CODED / contrast[0]) ** 2)
    places = _cheapest(costs, steps)
    within = (places >= steps) & (places < steps + inner)
    found = np.where(within, (places - steps) * step, np.nan)
    if line:
        return Path(found, 1 / line[0])
    return Path(_smoothed(found, unlike, np.where(within, places - steps, -1), window_s, step), 1.0)


def _at_another_speed(excess: NDArray[Any], usual: float, steps: int) -> tuple[float, float] | None:
    """Try all that runs evenly, faster or slower, from the copy's start on: give the best slope and place of the first
    window, where it is better by far than what runs as it did."""
    import numpy as np

    some = excess[:_LINE]
    windows = np.arange(len(some))
    found: dict[float, tuple[float, float]] = {}
    for slope in np.round(np.arange(1 - _FASTEST, 1 + _FASTEST + 0.001, 0.005), 3):
        # what runs as it did may have lost its beginning, and is not to be taken for a speed then
        late = 2 * steps if slope == 1.0 else 2
        for first in np.arange(-late, late + 1.1, 0.5):
            places = windows * steps * slope + first
            there = (places >= 0) & (places <= some.shape[1] - 1)
            if there.sum() < max(3, len(some) - 1.5 - _FASTEST * len(some)):
                continue
            low = np.minimum(places[there].astype(int), some.shape[1] - 2)
            rest, rows = places[there] - low, windows[there]
            cost = float(np.mean(some[rows, low] * (1 - rest) + some[rows, low + 1] * rest))
            found[slope] = min(found.get(slope, (cost, first)), (cost, first))
    if 1.0 not in found:
        return None
    best = min(found, key=lambda slope: found[slope])
    steady, cost = found[1.0][0], found[best][0]
    fits = steady - cost > max(_STILL, _SPEED_GAIN * usual) and cost < _SPEED_REST * steady
    return (float(best), found[best][1]) if fits and _DRIFT_RATE <= abs(best - 1) < _FASTEST - 0.01 else None


def _excess(unlike: NDArray[Any], mostly: NDArray[Any], coded: float) -> NDArray[Any]:
    """Make costs of how unlike windows are: above a window's own least, so that what was changed in it does not count;
    and, for a window that nothing shows, of how unlike most of its tiles are at their best, above the usual."""
    import numpy as np

    least = unlike.min(axis=1, keepdims=True)
    usual = float(np.median(least))
    nothing = np.clip((mostly - np.median(mostly) - 0.1) / _FOREIGN, 0, 1.5)[:, None]
    return np.asarray(np.clip((unlike - least) / (2 * usual + _FAINT + coded), 0, 1) + nothing, np.float32)


def _pooled(windows: NDArray[Any], seen: NDArray[Any]) -> NDArray[Any]:
    """Give squares of four cells, those that are on show whole, in a row."""
    high, wide = (side // 2 * 2 for side in windows.shape[1:])
    pooled = windows[:, :high, :wide].reshape(len(windows), high // 2, 2, wide // 2, 2).mean((2, 4))
    rows: NDArray[Any] = pooled[:, _whole(seen)]
    return rows


def _whole(seen: NDArray[Any]) -> NDArray[Any]:
    high, wide = (side // 2 * 2 for side in seen.shape)
    inner: NDArray[Any] = seen[:high, :wide].reshape(high // 2, 2, wide // 2, 2).min((1, 3)).astype(bool)
    return inner


def _tiles(seen: NDArray[Any]) -> list[NDArray[Any]]:
    """Give which of the pooled cells lie in each tile of the picture."""
    import numpy as np

    inner = _whole(seen)
    down, across = (np.arange(side) * _TILES // side for side in inner.shape)
    number = (down[:, None] * _TILES + across[None, :])[inner]
    found = [np.flatnonzero(number == tile) for tile in range(_TILES**2)]
    return [cells for cells in found if len(cells) >= 4]


def _unlike(
    known: NDArray[Any], shown: NDArray[Any], tiles: list[NDArray[Any]], contrast: tuple[float, float]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give how unlike each window is at each place: without its most unlike tiles, which may have been changed; and in
    its middle tile, for itself. The brightness of two is brought in line by their middle tile."""
    import numpy as np

    size, ratio = contrast
    counts = np.array([len(cells) for cells in tiles], np.float32)
    levels = [np.stack([rows[:, cells].mean(axis=1) for cells in tiles]) for rows in (known, shown * ratio)]
    apart = levels[0][:, :, None] - levels[1][:, None, :]
    apart -= np.median(apart, axis=0)
    parts = apart**2 * (counts[:, None, None] / 2)
    own = np.empty_like(parts)
    for at, cells in enumerate(tiles):
        a, b = (rows[:, cells] - rows[:, cells].mean(axis=1, keepdims=True) for rows in (known, shown))
        energies, product = ((a**2).sum(axis=1)[:, None], (b**2).sum(axis=1)[None, :]), a @ b.T
        parts[at] += (energies[0] + energies[1] * ratio**2) / 2 - product * ratio
        own[at] = (energies[0] + energies[1] - 2 * product) / (energies[0] + energies[1] + _FLAT * len(cells))
    kept = max(1, round(len(tiles) * _UNCHANGED))
    unlike = np.sort(parts, axis=0)[:kept].sum(axis=0) / (size**2 * known.shape[1])
    return np.asarray(unlike, np.float32), np.median(own, axis=0)


def _contrast(known: NDArray[Any], shown: NDArray[Any], tiles: list[NDArray[Any]]) -> tuple[float, float]:
    """Give the original's contrast in levels, and over the copy's, as most cells of windows have it at their best."""
    import numpy as np

    from .alignment import line_through

    some = known[np.unique(np.linspace(0, len(known) - 1, min(len(known), _ASKED)).round().astype(int))]
    places = _unlike(some, shown, tiles, (1.0, 1.0))[0].argmin(axis=1)
    ratios = []
    for one, other in zip(some, shown[places], strict=True):
        weight = line_through(other, one)[2]
        spreads = [np.average((row - np.average(row, weights=weight)) ** 2, weights=weight) for row in (one, other)]
        ratios.append((spreads[0] + _LEAST_CONTRAST) / (spreads[1] + _LEAST_CONTRAST))
    size = np.median(((known - np.median(known, axis=1, keepdims=True)) ** 2).mean(axis=1)) + _LEAST_CONTRAST
    return float(np.sqrt(size)), float(np.sqrt(np.median(ratios)))


def _cheapest(costs: NDArray[Any], steps: int) -> NDArray[Any]:
    """Give for each window the place of the copy that shows it, -1 for none."""
    import numpy as np

    windows, places = costs.shape
    came = np.full((windows, places + 1), -2, np.int32)  # the last column: no place
    reached, none = costs[0].copy(), UNSHOWN
    for window in range(1, windows):
        best, stay = np.full(places, np.inf, np.float32), np.full(places, -1, np.int32)
        for drift in (0, 1, -1):
            move = steps + drift
            if move < 1 or move >= places:
                continue
            cost = reached[:-move] + DRIFT * abs(drift)
            better = cost < best[move:]
            best[move:][better] = cost[better]
            stay[move:][better] = np.flatnonzero(better)
        leap = int(reached.argmin())
        for cost, origin in ((reached[leap] + JUMP, leap), (none + JUMP / 2, -1)):
            better = cost < best
            best[better], stay[better] = cost, origin
        came[window, :places] = stay
        leave = reached[leap] + JUMP / 2
        came[window, places] = leap if leave < none else -1
        reached, none = best + costs[window], min(leave, none) + UNSHOWN
    at = int(reached.argmin()) if reached.min() <= none else -1
    found = np.empty(windows, np.int64)
    for window in range(windows - 1, -1, -1):
        found[window] = at
        at = int(came[window, at])  # -1 is the last column as well
    return found


def _smoothed(
    found: NDArray[Any], costs: NDArray[Any], places: NDArray[Any], window_s: float, step: float
) -> NDArray[Any]:
    """Make steady runs of what the grid of moments made ragged."""
    import numpy as np

    windows = np.flatnonzero(np.isfinite(found))
    lags = found[windows] - windows * window_s
    smooth = found.copy()
    breaks = np.flatnonzero(np.abs(np.diff(lags)) > 2.5 * step * np.diff(windows)) + 1
    for run in np.split(np.arange(len(windows)), breaks):
        chosen, lag = windows[run], lags[run]
        if len(run) > 1:
            shift = float(np.median(lag)) + _between(costs, places, chosen, step)
            smooth[chosen] = chosen * window_s + (shift if abs(shift) > _SNAP_S else 0.0)
    return np.where(np.isfinite(smooth), np.maximum(smooth, 0), smooth)


def _between(costs: NDArray[Any], places: NDArray[Any], chosen: NDArray[Any], step: float) -> float:
    """Give by how much a run's lag misses the cheapest, less than a step of the grid."""
    import numpy as np

    chosen = chosen[(places[chosen] >= 1) & (places[chosen] <= costs.shape[1] - 2)]
    if not len(chosen):
        return 0.0
    near = places[chosen]
    low, middle, high = (float(np.mean(costs[chosen, near + move])) for move in (-1, 0, 1))
    bend = low - 2 * middle + high
    return step * float(np.clip((low - high) / (2 * bend), -0.5, 0.5)) if bend > 1e-5 else 0.0


def changes_in_time(path: Path, window_s: float, end_s: float) -> list[Change]:
    """Say what the path jumps over, and what it leaves out of the copy."""
    import numpy as np

    windows = np.flatnonzero(np.isfinite(path.starts))
    if not len(windows):
        return []
    starts, ends = path.starts[windows], path.starts[windows] + window_s / path.speed
    found = []
    for at in range(len(windows) - 1):
        kept = float(windows[at + 1] - windows[at] - 1) * window_s / path.speed
        new = float(starts[at + 1] - ends[at])
        span = Span(round(float(ends[at]), 3), round(max(float(starts[at + 1]), float(ends[at])), 3))
        if new - kept >= _SHORTEST:
            found.append(Change("inserted", span, strength=round(1 + new - kept, 2)))
        elif kept - new >= _SHORTEST:
            found.append(Change("cut", Span(span.start_s, span.start_s), strength=round(1 + kept - new, 2)))
        elif kept >= window_s / path.speed:
            found.append(Change("replaced", span, strength=1 + kept))
    for start, end, missing in ((0.0, starts[0], windows[0]), (ends[-1], end_s, len(path.starts) - 1 - windows[-1])):
        if end - start >= _LOOSE:
            kind: ChangeKind = "replaced" if missing * window_s >= end - start - 0.5 * window_s else "inserted"
            found.append(
                Change(
                    kind, Span(round(float(start), 3), round(float(end), 3)), strength=round(float(1 + end - start), 2)
                )
            )
    if path.speed != 1.0:
        whole = Span(round(float(starts[0]), 3), round(float(ends[-1]), 3))
        found.append(Change("speed", whole, strength=round(abs(path.speed - 1) / _DRIFT_RATE, 2)))
    return found


def compared(path: Path, window_s: float, end_s: float) -> Sequence[Span]:
    """Give the seconds of the copy that show windows of the original."""
    import numpy as np

    spans: list[Span] = []
    for start in np.sort(path.starts[np.isfinite(path.starts)]):
        end = min(end_s, float(start) + window_s / path.speed)
        if spans and start <= spans[-1].end_s + 0.05:
            spans[-1] = Span(spans[-1].start_s, max(end, spans[-1].end_s))
        elif end > start:
            spans.append(Span(float(start), end))
    return [Span(round(span.start_s, 3), round(span.end_s, 3)) for span in spans]
