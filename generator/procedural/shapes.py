"""How a boat, a balloon, a ball and a lighthouse look. Knows shapes and colours, no places and no time."""

from __future__ import annotations

import math

import numpy as np

from .scene import Rgb
from .sprites import Brush, Point, Sprite

SAIL, HULL, WOOD = (0.95, 0.93, 0.88), (0.90, 0.90, 0.88), (0.33, 0.21, 0.13)
BALLOON, BALL, WALL = (0.85, 0.20, 0.14), (0.88, 0.16, 0.14), (0.93, 0.92, 0.89)


def boat(pixels: float, colour: Rgb | None) -> Sprite:
    """A sloop, one unit high, bow to the right; the anchor is on the waterline."""
    sail = colour or SAIL
    brush = Brush(1.0, 1.04, pixels)
    brush.polygon([(0.470, 0.02), (0.485, 0.02), (0.490, 0.90), (0.468, 0.90)], (0.45, 0.42, 0.38))
    main = [(0.462, 0.06), *_curve((0.462, 0.06), (0.10, 0.78), 0.06), (0.10, 0.79), (0.462, 0.80)]
    jib = [(0.495, 0.14), *_curve((0.495, 0.14), (0.90, 0.83), -0.07), (0.90, 0.84), (0.515, 0.80)]
    brush.polygon(main, sail)
    brush.polygon(jib, _scaled(sail, 0.88))
    for height in (0.30, 0.46, 0.62):  # battens
        reach = 0.47 - 0.36 * (height - 0.06) / 0.73
        batten = [(reach, height), (0.46, height - 0.01), (0.46, height - 0.004), (reach, height + 0.006)]
        brush.polygon(batten, _scaled(sail, 0.84))
    hull = HULL if colour is None or min(colour) > 0.6 else _scaled(colour, 0.7)
    brush.polygon([(0.06, 0.875), (0.97, 0.860), (0.90, 0.955), (0.83, 1.0), (0.16, 1.0), (0.09, 0.95)], hull)
    keel = [(0.08, 0.93), (0.925, 0.925), (0.90, 0.955), (0.83, 1.0), (0.16, 1.0), (0.09, 0.95)]
    brush.polygon(keel, (0.10, 0.16, 0.28))
    brush.polygon([(0.28, 0.875), (0.30, 0.835), (0.56, 0.83), (0.62, 0.870)], WOOD)
    return brush.sprite((0.5, 0.985))


def balloon(pixels: float, colour: Rgb | None, rng: np.random.Generator) -> Sprite:
    """A hot-air balloon, one unit high; the anchor is in its middle."""
    main = colour or BALLOON
    other = _scaled(main, 0.55) if min(main) > 0.6 else (0.96, 0.90, 0.76)
    brush = Brush(0.76, 1.0, pixels)
    gores, centre, radius = 12, 0.38, 0.36
    turn = rng.uniform(0, 2 * math.pi / gores)
    for gore in range(gores):
        edges = [-1 + 2 * (gore + step) / gores for step in (0, 1)]
        sides = [math.sin(edge * math.pi / 2 + 0.12 * math.sin(turn)) for edge in edges]
        left = [(centre + sides[0] * wide, y) for wide, y in _envelope(radius)]
        right = [(centre + sides[1] * wide, y) for wide, y in _envelope(radius)]
        brush.polygon([*left, *right[::-1]], main if gore % 2 else other)
    band = [(wide, y) for wide, y in _envelope(radius) if 0.30 < y < 0.40]
    brush.polygon([*[(centre - w, y) for w, y in band], *[(centre + w, y) for w, y in band[::-1]]], _scaled(main, 0.72))
    x = np.linspace(-1, 1, 32)[None, :]
    y = np.linspace(-1, 1, 32)[:, None]
    brush.shaded(np.asarray(1.12 - 0.42 * np.clip(0.55 * x + 0.75 * y + 0.15, 0, 1.2) - 0.14 * x * x, np.float32))
    for x0, x1 in ((0.29, 0.345), (0.47, 0.415)):  # ropes
        brush.polygon([(x0, 0.79), (x0 + 0.006, 0.79), (x1 + 0.006, 0.90), (x1, 0.90)], (0.20, 0.16, 0.13))
    brush.polygon([(0.335, 0.895), (0.425, 0.895), (0.415, 0.985), (0.345, 0.985)], WOOD)
    brush.polygon([(0.335, 0.895), (0.425, 0.895), (0.424, 0.912), (0.336, 0.912)], (0.52, 0.36, 0.22))
    return brush.sprite((0.38, 0.5))


def ball(pixels: float, colour: Rgb | None) -> Sprite:
    """A beach ball, one unit across, in panels; the anchor is in its middle."""
    main, white = colour or BALL, (0.95, 0.94, 0.90)
    if min(main) > 0.8:
        white = (0.16, 0.36, 0.70)
    brush = Brush(1.0, 1.0, pixels)
    panels = 6
    hub = (0.58, 0.42)
    for panel in range(panels):
        angles = np.linspace(panel, panel + 1, 12) * 2 * math.pi / panels
        rim = [(0.5 + 0.49 * math.cos(a), 0.5 + 0.49 * math.sin(a)) for a in angles]
        brush.polygon([hub, *rim], white if panel % 2 else main)
    brush.polygon(_circle(hub, 0.07), white)
    return brush.sprite((0.5, 0.5))


def ball_shade(pixels: float) -> Sprite:
    """The shadow on a ball, which does not turn with it."""
    brush = Brush(1.0, 1.0, pixels)
    brush.polygon(_circle((0.5, 0.5), 0.49), (0.02, 0.02, 0.04))
    sprite = brush.sprite((0.5, 0.5))
    rows, columns = sprite.cover.shape
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    dark = np.asarray(np.clip(np.hypot(x + 0.35, y + 0.42) - 0.45, 0, 1) * 0.72, np.float32)
    return Sprite(sprite.light * dark, sprite.cover * dark, sprite.anchor)


def lighthouse(pixels: float, colour: Rgb | None, rng: np.random.Generator) -> Sprite:
    """A tower on a rock, one unit high; the anchor is at the water, the lantern .9 above it."""
    bands = colour or (0.78, 0.16, 0.14)
    brush = Brush(1.4, 1.0, pixels)
    slope = [(0.06, 1.0), (0.16, 0.945), (0.30, 0.91), (0.40, 0.86), (0.55, 0.83), (0.82, 0.835), (1.0, 0.875)]
    rock = [*slope, (1.16, 0.92), (1.28, 0.96), (1.36, 1.0)]
    brush.polygon(rock, (0.25, 0.24, 0.24))
    for _ in range(40):
        x, y = float(rng.uniform(0.2, 1.2)), float(rng.uniform(0.90, 0.99))
        size, tone = float(rng.uniform(0.01, 0.04)), _scaled((0.33, 0.31, 0.30), float(rng.uniform(0.6, 1.3)))
        brush.polygon([(x, y), (x + size, y + size / 3), (x - size, y + size / 2)], tone)
    brush.polygon([(0.84, 0.84), (0.84, 0.77), (0.90, 0.735), (0.97, 0.77), (0.97, 0.86)], (0.80, 0.79, 0.76))
    brush.polygon([(0.82, 0.775), (0.905, 0.725), (0.99, 0.775)], (0.50, 0.22, 0.17))
    for band in range(5):
        top, bottom = 0.155 + band * 0.138, 0.155 + (band + 1) * 0.138
        w0, w1 = (0.052 + 0.036 * (y - 0.155) / 0.69 for y in (top, bottom))
        corners = [(0.7 - w0, top), (0.7 + w0, top), (0.7 + w1, bottom), (0.7 - w1, bottom)]
        brush.polygon(corners, bands if band % 2 else WALL)
    brush.polygon([(0.632, 0.145), (0.768, 0.145), (0.768, 0.162), (0.632, 0.162)], (0.22, 0.22, 0.24))
    brush.polygon([(0.664, 0.085), (0.736, 0.085), (0.736, 0.145), (0.664, 0.145)], (0.98, 0.92, 0.70))
    brush.polygon([(0.655, 0.088), (0.70, 0.03), (0.745, 0.088)], bands)
    side = np.linspace(-1, 1, 64)[None, :] * np.ones((8, 1))
    brush.shaded(np.asarray(1.0 - 0.30 * np.clip(side * 5, -1, 1), np.float32))
    return brush.sprite((0.7, 0.985))


def _envelope(radius: float) -> list[Point]:
    """Half widths of a balloon at heights from its crown to its mouth."""
    heights = np.linspace(0.0, 1.0, 40)
    crown = np.sqrt(np.clip(1 - ((heights - 0.46) / 0.46) ** 2, 0, 1))
    taper = np.clip(1 - 1.62 * (heights - 0.46), 0, 1) ** 0.8
    wide = radius * np.where(heights < 0.46, crown, np.maximum(0.17, np.minimum(crown + 0.10, taper)))
    return [(float(w), 0.01 + 0.79 * float(y)) for w, y in zip(wide, heights, strict=True)]


def _curve(start: Point, end: Point, belly: float) -> list[Point]:
    """A line that bulges by `belly`: to the right of one who walks it, rows going down."""
    shares = np.linspace(0, 1, 12)
    dx, dy = end[0] - start[0], end[1] - start[1]
    long = math.hypot(dx, dy)
    bulge = belly * np.sin(shares * math.pi)
    pairs = zip(shares, bulge, strict=True)
    return [(start[0] + dx * s - dy / long * b, start[1] + dy * s + dx / long * b) for s, b in pairs]


def _circle(centre: Point, radius: float) -> list[Point]:
    angles = np.linspace(0, 2 * math.pi, 48)
    return [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]


def _scaled(colour: Rgb, by: float) -> Rgb:
    return (colour[0] * by, colour[1] * by, colour[2] * by)
