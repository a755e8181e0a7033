"""What one picture says beside its subject: noise, how neighbours go together, detail by frequency, colour.

Knows planes of one picture; knows nothing of time, of networks and of what a number means. Numbers are ratios,
correlations and shares wherever that can be, so that neither size nor contrast decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEPS = 2  # levels of a quantised residual, to either side
_PAIRS = ((0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 1), (1, 2), (1, 3), (2, 2))  # what symmetry leaves of 5 x 5
_BLOCK = 8  # pixels of a block's side
_TILE = 32  # pixels of a side of what is taken to frequencies
_TILES = 7  # along a side, at most

NEIGHBOURS = tuple(
    f"neighbours.{kind}.{scale}.{number}"
    for scale in ("whole", "half")
    for kind in ("level", "relative", "second")
    for number in (*(f"{a}{b}" for a, b in _PAIRS), "sideways")
)
NOISE = tuple(
    f"noise.{number}"
    for number in (
        "least", "half", "spread05", "spread25", "spread75", "spread95", "dark", "bright", "brightest", "brightness",
        "none", "little", "uneven",
    )
)  # fmt: skip
COLOUR = tuple(
    f"colour.{number}"
    for number in (
        *(f"{plane}.{share}" for plane in ("red", "blue") for share in ("heavy", "tenth", "third", "one", "two")),
        "red-blue", "luma-red", "luma-blue", "size-red-blue", "size-luma-red", "size-luma-blue",
        *(f"{plane}-detail{scale}" for scale in (2, 4, 8) for plane in ("red", "blue")),
        "red-finest", "blue-finest",
    )
)  # fmt: skip
STRENGTH = tuple(
    f"strength.{number}"
    for number in (
        "luma", "luma-half", "luma-quarter", "red-half", "blue-half", "red-quarter", "blue-quarter",
        "second", "second-half", "second-quarter",
    )
)  # fmt: skip
WAVES = tuple(f"waves.{low}-{high}" for low in range(_TILE // 2 + 1) for high in range(low, _TILE // 2 + 1))
NAMES = NEIGHBOURS + NOISE + COLOUR + STRENGTH + WAVES


def measure(picture: NDArray[Any]) -> list[float]:
    """Give the numbers of one picture (H, W, 3), in the order of NAMES."""
    import cv2
    import numpy as np

    planes = cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    high, wide = planes.shape[:2]
    half = cv2.resize(planes, (wide // 2, high // 2), interpolation=cv2.INTER_AREA)
    luma, small = np.ascontiguousarray(planes[..., 0]), np.ascontiguousarray(half[..., 0])
    rest = high_pass(luma)
    return [
        *_neighbours(luma, rest),
        *_neighbours(small, high_pass(small)),
        *_noise(luma, rest),
        *_colour(planes, half),
        *_strength(luma, half),
        *_waves(luma),
    ]


def high_pass(plane: NDArray[Any]) -> NDArray[Any]:
    """Give what a small blur takes away."""
    import cv2

    return plane - cv2.GaussianBlur(plane, (3, 3), 0.8)


def blocks(plane: NDArray[Any], side: int = _BLOCK) -> NDArray[Any]:
    """Give the means of whole blocks, in one row."""
    import cv2

    high, wide = plane.shape[0] // side, plane.shape[1] // side
    return cv2.resize(plane[: high * side, : wide * side], (wide, high), interpolation=cv2.INTER_AREA).ravel()


def log(value: Any) -> float:
    """Give a logarithm that nothing does not break."""
    import numpy as np

    return float(np.log(value + 1e-4))


def alike(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Give the correlation of two planes; 0 where one is even."""
    import numpy as np

    a, b = (first - first.mean()).ravel(), (second - second.mean()).ravel()
    return float(np.vdot(a, b)) / float(np.sqrt(float(np.vdot(a, a)) * float(np.vdot(b, b))) + 1e-6 * a.size)


def shares(residual: NDArray[Any]) -> list[float]:
    """Say how a residual's sizes are spread: how heavy its tails are, and how much lies within some deviations."""
    import numpy as np

    sizes = np.abs(residual)
    deviation = float(np.sqrt(np.vdot(residual, residual) / residual.size)) + 1e-6
    within = (float(np.count_nonzero(sizes < k * deviation)) / sizes.size for k in (0.1, 0.3, 1, 2))
    return [log(float(sizes.mean()) / deviation), *within]


def _neighbours(plane: NDArray[Any], rest: NDArray[Any]) -> list[float]:
    """Count which residuals stand side by side: in levels as they are, relative to their spread, of second order."""
    second = _second(plane)
    return [
        *_together(rest, 1.0),
        *_together(rest, float(rest.std()) * 0.7 + 0.05),
        *_together(second, float(second.std()) * 0.7 + 0.05),
    ]


def _second(plane: NDArray[Any]) -> NDArray[Any]:
    """Give the second difference of rows and columns at once: what no slope and no curve one way explains."""
    across = 2 * plane[:, 1:-1] - plane[:, :-2] - plane[:, 2:]
    second: NDArray[Any] = across[1:-1] * 2 - across[:-2] - across[2:]
    return second


def _together(residual: NDArray[Any], step: float) -> list[float]:
    import cv2
    import numpy as np

    wide = 2 * _STEPS + 1
    levels = (np.clip(np.rint(residual * (1 / step)), -_STEPS, _STEPS) + _STEPS).astype(np.uint8)
    tables = []
    for codes in (levels[:, :-1] * wide + levels[:, 1:], levels[:-1] * wide + levels[1:]):
        table = cv2.calcHist([codes], [0], None, [wide * wide], [0, wide * wide]).reshape(wide, wide) / codes.size
        table = (table + table[::-1, ::-1]) / 2  # light on dark is as dark on light
        tables.append((table + table.T) / 2)
    both = (tables[0] + tables[1]) / 2
    return [*(float(both[pair]) for pair in _PAIRS), float(np.abs(tables[0] - tables[1]).sum())]


def _noise(luma: NDArray[Any], rest: NDArray[Any]) -> list[float]:
    """Say how noise is spread over blocks, and how it goes with brightness: a camera's grows with it."""
    import numpy as np

    sizes, light = np.sqrt(blocks(rest * rest)), blocks(luma)
    low, quarter, half, three, most = (float(q) for q in np.quantile(sizes, (0.05, 0.25, 0.5, 0.75, 0.95)))
    parts = np.array_split(sizes[np.argsort(light)], 4)
    least = np.array([log(np.quantile(part, 0.2)) for part in parts])
    by_light = least - least.mean()
    return [
        log(low), log(half), *(log(value / (half + 0.05)) for value in (low, quarter, three, most)),
        float(by_light[0]), float(by_light[2]), float(by_light[3]), alike(np.log(sizes + 0.05), light),
        float((sizes < 0.05).mean()), float((sizes < 0.2).mean()), log(sizes.std() / (sizes.mean() + 1e-6)),
    ]  # fmt: skip


def _colour(planes: NDArray[Any], half: NDArray[Any]) -> list[float]:
    """Say how detail in colour goes with detail in brightness, at sizes that colour is stored at and under."""
    import cv2
    import numpy as np

    luma, red, blue = (high_pass(np.ascontiguousarray(half[..., i])) for i in range(3))
    sizes = [np.abs(rest) for rest in (luma, red, blue)]
    numbers = [
        *shares(red), *shares(blue), alike(red, blue), alike(luma, red), alike(luma, blue),
        alike(sizes[1], sizes[2]), alike(sizes[0], sizes[1]), alike(sizes[0], sizes[2]),
    ]  # fmt: skip
    finest = [log(high_pass(np.ascontiguousarray(planes[..., i])).std()) for i in (1, 2)]
    first = (log(red.std()), log(blue.std()))
    smaller = half
    for level in range(3):
        if level:
            smaller = cv2.resize(
                smaller, (max(8, smaller.shape[1] // 2), max(8, smaller.shape[0] // 2)), interpolation=cv2.INTER_AREA
            )
            luma, red, blue = (high_pass(np.ascontiguousarray(smaller[..., i])) for i in range(3))
        numbers += [log(red.std()) - log(luma.std()), log(blue.std()) - log(luma.std())]
    return [*numbers, finest[0] - first[0], finest[1] - first[1]]


def _strength(luma: NDArray[Any], half: NDArray[Any]) -> list[float]:
    """Say how strong residuals are, in brightness and colour, at several sizes."""
    import cv2
    import numpy as np

    high, wide = luma.shape
    quarter = cv2.resize(half, (wide // 4, high // 4), interpolation=cv2.INTER_AREA)
    lumas = (luma, np.ascontiguousarray(half[..., 0]), np.ascontiguousarray(quarter[..., 0]))
    colours = (np.ascontiguousarray(part[..., i]) for part in (half, quarter) for i in (1, 2))
    rests = (high_pass(plane) for plane in (*lumas, *colours))
    return [*(log(rest.std()) for rest in rests), *(log(_second(plane).std()) for plane in lumas)]


def _waves(luma: NDArray[Any]) -> list[float]:
    """Take small tiles to frequencies: how much more power than on average there is at each, both ways up alike."""
    import numpy as np

    rows, columns = (
        np.linspace(0, side - _TILE, max(1, min(_TILES, side // _TILE))).astype(int) for side in luma.shape
    )
    tiles = np.stack([luma[y : y + _TILE, x : x + _TILE] for y in rows for x in columns])
    weight = np.outer(np.hanning(_TILE), np.hanning(_TILE)).astype(np.float32)
    waves = np.fft.rfft2((tiles - tiles.mean((1, 2), keepdims=True)) * weight)
    power = np.log(np.abs(waves) ** 2 + 0.1).mean(0)
    last = _TILE // 2
    upper = power[: last + 1].copy()
    upper[1:last] = (upper[1:last] + power[:last:-1]) / 2  # what leans left and what leans right
    both = (upper + upper.T) / 2
    return [float(value) for value in (both - both.mean())[np.triu_indices(last + 1)]]
