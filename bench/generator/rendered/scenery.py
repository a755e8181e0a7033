"""Paints what lies behind: skies, ridges, skylines, water, as layers wider than the picture. Knows no objects.

A layer is light (H, W, 4), premultiplied, 0 to 1, `MARGIN` wider on every side, so that a camera can move over it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Light = NDArray[np.float32]
MARGIN = 0.5  # of the picture's side, on each side

SKIES = {  # top, horizon
    "day": ((0.30, 0.56, 0.92), (0.78, 0.90, 0.98)),
    "sunset": ((0.34, 0.22, 0.48), (0.99, 0.62, 0.30)),
    "night": ((0.02, 0.03, 0.10), (0.10, 0.13, 0.28)),
}
TINTS = {"day": (1.0, 1.0, 1.0), "sunset": (0.92, 0.66, 0.56), "night": (0.36, 0.40, 0.56)}
GROUNDS = {
    "hills": (0.36, 0.62, 0.26),
    "desert": (0.90, 0.74, 0.44),
    "mountains": (0.46, 0.50, 0.58),
    "forest": (0.12, 0.36, 0.17),
    "meadow": (0.50, 0.76, 0.30),
    "city": (0.34, 0.34, 0.40),
    "sea": (0.10, 0.36, 0.56),
}


@dataclass(frozen=True)
class Layer:
    """Premultiplied light, how far away it is (0 far, 1 near), and how fast it drifts by itself."""

    light: Light
    nearness: float
    drift: float = 0.0


@dataclass(frozen=True)
class Canvas:
    """The picture's size and that of what is painted."""

    height: int
    width: int

    @property
    def pad(self) -> int:
        """How much wider a layer is, on each side."""
        return int(MARGIN * max(self.height, self.width))

    @property
    def rows(self) -> int:
        """Height of a layer."""
        return self.height + 2 * self.pad

    @property
    def columns(self) -> int:
        """Width of a layer."""
        return self.width + 2 * self.pad

    @property
    def unit(self) -> float:
        """What sizes are told in: the short side."""
        return float(min(self.height, self.width))


def paint(scene: str, light: str, canvas: Canvas, rng: np.random.Generator) -> tuple[list[Layer], int]:
    """Give the layers from far to near, and the horizon's row in them."""
    share = {"sky": 1.6, "city": 0.74, "sea": 0.5, "meadow": 0.62}.get(scene, 0.66) + rng.uniform(-0.05, 0.05)
    horizon = int(canvas.pad + share * canvas.height)
    layers = [Layer(_sky(light, canvas, min(horizon, canvas.pad + canvas.height), rng), 0.15)]
    layers.append(
        Layer(_clouds(light, canvas, horizon, rng, 9 if scene == "sky" else 5), 0.45, rng.uniform(0.02, 0.05))
    )
    tint = np.asarray(TINTS[light], np.float32)
    painters = {"sea": _sea, "hills": _hills, "city": _city, "desert": _dunes, "mountains": _mountains}
    painters |= {"forest": _forest, "meadow": _meadow}
    if scene != "sky":
        layers += painters[scene](canvas, horizon, tint, light, rng)
    return layers, horizon


def _sky(light: str, canvas: Canvas, horizon: int, rng: np.random.Generator) -> Light:
    import cv2

    top, low = (np.asarray(colour, np.float32) for colour in SKIES[light])
    down = np.clip(np.linspace(0, canvas.rows / horizon, canvas.rows, dtype=np.float32), 0, 1)[:, None]
    rows = top + (low - top) * down**1.4
    sky = np.repeat(rows[:, None, :], canvas.columns, 1).astype(np.float32)
    sky = np.concatenate([sky, np.ones((*sky.shape[:2], 1), np.float32)], 2)
    if light == "night":
        for _ in range(int(45 * canvas.columns * canvas.rows / 256**2)):
            x, y = int(rng.integers(canvas.columns)), int(rng.integers(max(horizon, 2)))
            cv2.circle(sky, (x * 8, y * 8), int(rng.uniform(0.7, 1.2) * 8), (0.9, 0.9, 0.95, 1.0), -1, cv2.LINE_AA, 3)
    if light == "sunset":
        x, y = canvas.pad + int(rng.uniform(0.2, 0.8) * canvas.width), horizon - int(0.1 * canvas.height)
        glow = np.hypot(
            *(axis for axis in np.mgrid[: canvas.rows, : canvas.columns] - np.asarray([y, x])[:, None, None])
        )
        shine = np.exp(-((glow / (0.30 * canvas.unit)) ** 2)).astype(np.float32)[..., None]
        sky[..., :3] += shine * np.asarray((0.35, 0.22, 0.02), np.float32)
        cv2.circle(sky, (x, y), int(0.075 * canvas.unit), (1.0, 0.88, 0.55, 1.0), -1, cv2.LINE_AA)
    return np.clip(sky, 0, 1)


def _clouds(light: str, canvas: Canvas, horizon: int, rng: np.random.Generator, number: int) -> Light:
    import cv2

    cover = np.zeros((canvas.rows, canvas.columns), np.float32)
    for _ in range(int(number * canvas.columns * canvas.rows / 256**2 * 1.6) + 1):
        x, y = rng.uniform(0, canvas.columns), rng.uniform(0, max(1, horizon - 0.12 * canvas.height))
        long = rng.uniform(0.10, 0.2) * canvas.unit
        for part in range(5):
            at = (int((x + (part - 2) * long * 0.42) * 8), int((y + rng.normal(0, 0.05) * long) * 8))
            radius = long * (0.42 - 0.09 * abs(part - 2)) * rng.uniform(0.85, 1.15)
            cv2.circle(cover, at, int(radius * 8), 1.0, -1, cv2.LINE_AA, 3)
    cover = cv2.GaussianBlur(cover, (0, 0), 0.012 * canvas.unit) * (0.5 if light == "night" else 0.85)
    colour = {"day": (0.99, 0.99, 1.0), "sunset": (0.98, 0.72, 0.66), "night": (0.22, 0.25, 0.36)}[light]
    return np.dstack([cover * part for part in colour] + [cover]).astype(np.float32)


def _empty(canvas: Canvas) -> Light:
    return np.zeros((canvas.rows, canvas.columns, 4), np.float32)


def _ridge(
    canvas: Canvas, middle: float, high: float, rng: np.random.Generator, waves: int, rough: float = 0.0
) -> Light:
    """Heights of a ridge along the layer, in rows."""
    x = np.linspace(0, 2 * np.pi, canvas.columns, dtype=np.float32)
    line = sum(np.sin(x * (k + 1) * 1.3 + rng.uniform(0, 7)) / (k + 1) ** 0.8 for k in range(waves))
    line = np.asarray(line, np.float32) / 1.6
    if rough:
        line += rough * np.repeat(rng.normal(size=canvas.columns // 3 + 1), 3)[: canvas.columns].astype(np.float32)
    return np.asarray(middle - high * line, np.float32)


def _below(canvas: Canvas, line: Light, colour: Light, fade: float = 0.0) -> Light:
    """Everything under a line, a little darker towards the bottom."""
    y = np.arange(canvas.rows, dtype=np.float32)[:, None]
    cover = np.clip(y - line[None, :] + 0.5, 0, 1)
    depth = np.clip((y - line[None, :]) / canvas.height, 0, 1)
    shade = (1 - fade * depth)[..., None] * colour
    return np.dstack([shade * cover[..., None], cover]).astype(np.float32)


def _hills(canvas: Canvas, horizon: int, tint: Light, light: str, rng: np.random.Generator) -> list[Layer]:
    green = np.asarray(GROUNDS["hills"], np.float32)
    high = 0.07 * canvas.height
    far = _below(canvas, _ridge(canvas, horizon - high, high, rng, 3), (green * 0.75 + 0.18) * tint, 0.2)
    near = _below(canvas, _ridge(canvas, horizon + 2 * high, high, rng, 3), green * tint, 0.5)
    _dots(near, canvas, horizon + 3 * high, green * 0.6 * tint, rng, 22, 0.026)
    return [Layer(far, 0.5), Layer(near, 0.85)]


def _dots(
    layer: Light, canvas: Canvas, top: float, colour: Light, rng: np.random.Generator, number: int, size: float
) -> None:
    """Tufts and bushes, so that ground is seen to move."""
    import cv2

    for _ in range(number):
        x, y = rng.uniform(0, canvas.columns), rng.uniform(top, canvas.rows)
        radius = size * canvas.unit * rng.uniform(0.7, 1.3) * (0.6 + (y - top) / canvas.height)
        shown = tuple(float(part) for part in colour) + (1.0,)
        cv2.ellipse(
            layer, (int(x), int(y)), (max(1, int(radius * 1.4)), max(1, int(radius))), 0, 0, 360, shown, -1, cv2.LINE_AA
        )


def _meadow(canvas: Canvas, horizon: int, tint: Light, light: str, rng: np.random.Generator) -> list[Layer]:
    green = np.asarray(GROUNDS["meadow"], np.float32)
    ground = _below(canvas, _ridge(canvas, horizon, 0.008 * canvas.height, rng, 2), green * tint, 0.35)
    for colour in ((0.95, 0.9, 0.3), (0.95, 0.95, 0.95), (0.9, 0.45, 0.6)):
        _dots(ground, canvas, horizon + 0.06 * canvas.height, np.asarray(colour, np.float32) * tint, rng, 14, 0.02)
    return [Layer(ground, 0.8)]


def _dunes(canvas: Canvas, horizon: int, tint: Light, light: str, rng: np.random.Generator) -> list[Layer]:
    sand = np.asarray(GROUNDS["desert"], np.float32)
    high = 0.05 * canvas.height
    layers = []
    for index, shade in enumerate((1.0, 0.88, 0.76)):
        line = _ridge(canvas, horizon + index * 2.2 * high, high, rng, 2)
        layers.append(Layer(_below(canvas, line, sand * shade * tint, 0.25), 0.5 + 0.2 * index))
    return layers


def _mountains(canvas: Canvas, horizon: int, tint: Light, light: str, rng: np.random.Generator) -> list[Layer]:
    rock = np.asarray(GROUNDS["mountains"], np.float32) * tint
    far, step = _empty(canvas), 0.30 * canvas.unit
    x = -step * rng.random()
    snow = tuple(float(part) for part in np.asarray((0.95, 0.97, 1.0)) * tint) + (1.0,)
    while x < canvas.columns + step:
        high, half = rng.uniform(0.26, 0.44) * canvas.unit, rng.uniform(0.26, 0.38) * canvas.unit
        tip = np.asarray((x, horizon - high))
        foot = [tip, tip + (half, high + 6), tip + (-half, high + 6)]
        tone = rng.uniform(0.82, 1.1)
        _fill(far, foot, tuple(float(part * tone) for part in rock) + (1.0,))
        _fill(
            far,
            [tip, tip + (half, high + 6), tip + (half * 0.1, high + 6)],
            tuple(float(part * tone * 0.78) for part in rock) + (1.0,),
        )
        cap = [
            tip,
            tip + (0.36 * half, 0.36 * high),
            tip + (0.12 * half, 0.28 * high),
            tip + (-0.1 * half, 0.38 * high),
        ]
        _fill(far, [*cap, tip + (-0.36 * half, 0.36 * high)], snow)
        x += step * rng.uniform(0.8, 1.3)
    ground = _below(
        canvas,
        _ridge(canvas, horizon, 0.02 * canvas.height, rng, 3),
        np.asarray((0.34, 0.46, 0.36), np.float32) * tint,
        0.4,
    )
    _dots(
        ground, canvas, horizon + 0.05 * canvas.height, np.asarray((0.22, 0.32, 0.25), np.float32) * tint, rng, 26, 0.02
    )
    return [Layer(far, 0.5), Layer(ground, 0.85)]


def _fill(layer: Light, points: list[NDArray[np.float64]], colour: tuple[float, ...]) -> None:
    import cv2

    cv2.fillPoly(layer, [np.round(np.asarray(points) * 8).astype(np.int32)], colour, cv2.LINE_AA, 3)


def _forest(canvas: Canvas, horizon: int, tint: Light, light: str, rng: np.random.Generator) -> list[Layer]:
    green = np.asarray(GROUNDS["forest"], np.float32)
    layers = []
    for index, (tone, high) in enumerate(((1.5, 0.20), (1.0, 0.28))):
        base = horizon + index * 0.16 * canvas.height
        layer = _below(canvas, np.full(canvas.columns, base, np.float32), green * tone * tint, 0.4)
        x = -0.05 * canvas.unit
        while x < canvas.columns:
            tall, half = high * canvas.unit * rng.uniform(0.75, 1.15), 0.06 * canvas.unit * rng.uniform(0.8, 1.2)
            shade = tuple(float(part) for part in green * tone * tint * rng.uniform(0.8, 1.15)) + (1.0,)
            for part in (0.0, 0.3):
                tip = np.asarray((x, base - tall * (1 - part)))
                wide = half * (0.7 + part)
                _fill(layer, [tip, tip + (wide, tall * 0.75), tip + (-wide, tall * 0.75)], shade)
            x += 0.085 * canvas.unit * rng.uniform(0.7, 1.3)
        layers.append(Layer(layer, 0.5 + 0.35 * index))
    return layers


def _city(canvas: Canvas, horizon: int, tint: Light, light: str, rng: np.random.Generator) -> list[Layer]:
    import cv2

    layers = []
    for index, (tone, low, high) in enumerate(((1.35, 0.25, 0.52), (0.85, 0.12, 0.32))):
        base = horizon + index * 0.12 * canvas.height
        wall = np.asarray(GROUNDS["city"], np.float32) * tone
        layer = _below(canvas, np.full(canvas.columns, base, np.float32), wall * 0.6 * tint, 0.3)
        x = 0.0
        while x < canvas.columns:
            wide, tall = rng.uniform(0.10, 0.17) * canvas.unit, rng.uniform(low, high) * canvas.unit
            top = base - tall
            shade = tuple(float(part) for part in wall * tint * rng.uniform(0.85, 1.2)) + (1.0,)
            cv2.rectangle(layer, (int(x), int(top)), (int(x + wide) - 1, canvas.rows), shade, -1)
            _windows(layer, x, top, wide, base, canvas, light, rng)
            x += wide * rng.uniform(1.0, 1.15)
        layers.append(Layer(layer, 0.5 + 0.3 * index))
    return layers


def _windows(
    layer: Light, x: float, top: float, wide: float, base: float, canvas: Canvas, light: str, rng: np.random.Generator
) -> None:
    import cv2

    step, side = max(4, round(0.062 * canvas.unit)), max(2, round(0.031 * canvas.unit))
    lit, dark = {
        "day": ((0.72, 0.84, 0.94), 0.9),
        "sunset": ((1.0, 0.80, 0.45), 0.6),
        "night": ((1.0, 0.88, 0.5), 0.6),
    }[light]
    for y in range(int(top) + side + 1, int(base), step):
        for left in range(int(x) + side, int(x + wide) - side, step):
            if rng.random() < dark:
                cv2.rectangle(layer, (left, y), (left + side - 1, y + side), (*lit, 1.0), -1)


def _sea(canvas: Canvas, horizon: int, tint: Light, light: str, rng: np.random.Generator) -> list[Layer]:
    water = np.asarray(GROUNDS["sea"], np.float32)
    if light == "sunset":
        water = np.asarray((0.40, 0.36, 0.52), np.float32)
    return [Layer(_below(canvas, np.full(canvas.columns, horizon, np.float32), water * tint, 0.35), 0.7)]


def waves(
    frame: Light,
    rows: NDArray[np.float32],
    columns: NDArray[np.float32],
    horizon: float,
    seconds: float,
    light: str,
    unit: float,
) -> None:
    """Crests that run over the water, longer the nearer; `rows`, `columns`: where each pixel lies in the layer."""
    depth = np.maximum(rows - horizon, 0) / unit
    near = 0.05 + depth
    phase = 14 * np.log(near / 0.05 + 1e-6) * 1.3 - 3.2 * seconds
    crest = np.sin(phase + 1.6 * np.sin(columns / (unit * (0.10 + 0.5 * near)) + 0.9 * seconds))
    strength = np.clip(depth * 12, 0, 1) * {"day": 0.17, "sunset": 0.2, "night": 0.1}[light]
    frame += (np.maximum(crest, 0) ** 3 * strength)[..., None] * np.asarray(
        (0.9, 0.95, 1.0) if light != "sunset" else (1.0, 0.7, 0.5), np.float32
    )
