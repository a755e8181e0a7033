"""Scenes in depth, drawn by small software renderers. Knows arithmetic and rasters; nothing of files.

A scene takes its size (width, height), the number of frames and the chance that decides what is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
Scene = Callable[[tuple[int, int], int, np.random.Generator], Iterator[Frame]]
Floats = NDArray[np.float32]


def spheres(size: tuple[int, int], count: int, rng: np.random.Generator) -> Iterator[Frame]:
    """Trace rays to shining balls on a chequered floor, from a camera that goes about them."""
    number = int(rng.integers(4, 8))
    radii = rng.uniform(0.4, 1.1, number).astype(np.float32)
    about, away = np.linspace(0, 2 * np.pi, number, endpoint=False), rng.uniform(1.2, 3.0, number)
    centres = np.stack([away * np.cos(about), radii, away * np.sin(about)], axis=1).astype(np.float32)
    colours = rng.uniform(0.15, 1.0, (number, 3)).astype(np.float32)
    tiles = rng.uniform(0.1, 0.9, (2, 3)).astype(np.float32)
    sky = np.stack([rng.uniform(0.5, 0.9, 3), rng.uniform(0.1, 0.5, 3)]).astype(np.float32)
    sun = _unit(np.array([rng.uniform(-1, 1), 1.2, rng.uniform(-1, 1)], np.float32))
    start, speed = rng.uniform(0, 2 * np.pi), rng.uniform(0.004, 0.02)
    for k in range(count):
        turn = start + speed * k
        eye = np.array([6.5 * np.cos(turn), 2.2 + 0.4 * np.sin(3 * turn), 6.5 * np.sin(turn)], np.float32)
        rays = _rays(size, eye, np.array([0, 0.7, 0], np.float32))
        hit, ball = _nearest(eye, rays, centres, radii)
        floor = np.where(rays[:, 1] < -1e-4, -eye[1] / np.minimum(rays[:, 1], -1e-4), np.inf).astype(np.float32)
        distance = np.minimum(np.minimum(hit, floor), 60.0)[:, None]
        point = eye + rays * distance
        on_ball = (hit < floor) & (hit < 60)
        normal = np.where(on_ball[:, None], (point - centres[ball]) / radii[ball, None], [0, 1, 0]).astype(np.float32)
        chequer = tiles[(np.floor(point[:, 0]) + np.floor(point[:, 2])).astype(int) % 2]
        paint = np.where(on_ball[:, None], colours[ball], chequer)
        shade, _ = _nearest(point + normal * 1e-2, np.broadcast_to(sun, point.shape), centres, radii)
        light = 0.25 + 0.75 * np.clip(normal @ sun, 0, 1) * ~np.isfinite(shade)
        mirrored = rays - 2 * (rays * normal).sum(axis=1, keepdims=True) * normal
        gleam = np.clip(mirrored @ sun, 0, 1) ** 40 * on_ball
        lit = paint * light[:, None] + gleam[:, None] * 0.8 + on_ball[:, None] * 0.2 * _sky(mirrored, sky)
        fog = np.clip(distance / 60, 0, 1) ** 0.7 * ~on_ball[:, None]
        yield _frame(lit * (1 - fog) + _sky(rays, sky) * fog, size)


def terrain(size: tuple[int, int], count: int, rng: np.random.Generator) -> Iterator[Frame]:
    """Fly over hills of noise, column by column."""
    width, height = size
    land = _noise(512, 7, rng)
    slope = np.clip((np.roll(land, 1, 0) - land) * 30 + 0.75, 0.3, 1.2)[..., None]
    stops = np.sort(rng.uniform(0, 1, 3))
    palette = rng.uniform(0.1, 0.9, (4, 3)).astype(np.float32)
    paint = palette[np.searchsorted(stops, land)] * slope
    haze = rng.uniform(0.5, 0.95, 3).astype(np.float32)
    depth = np.cumsum(np.geomspace(0.6, 5.0, 220)).astype(np.float32)
    place, heading, speed = rng.uniform(0, 512, 2), rng.uniform(0, 2 * np.pi), rng.uniform(0.8, 2.5)
    rows = np.arange(height)
    for k in range(count):
        turn = heading + 0.15 * np.sin(k / 20)
        here = place + speed * k * np.array([np.cos(heading), np.sin(heading)])
        angles = turn + np.linspace(-0.55, 0.55, width)
        x = (here[0] + depth[:, None] * np.cos(angles)).astype(int) % 512
        y = (here[1] + depth[:, None] * np.sin(angles)).astype(int) % 512
        tops = height * 0.42 + (95 - land[y, x] * 90) / depth[:, None] * height * 0.8 - 0.05 * height
        horizon = np.minimum.accumulate(tops, axis=0)
        picture = np.broadcast_to(haze * np.linspace(0.75, 1.1, height)[:, None, None], (height, width, 3)).copy()
        for column in range(width):
            at = np.searchsorted(-horizon[:, column], -rows, side="left")
            seen = at < len(depth)
            step = at[seen]
            far = (depth[step] / depth[-1])[:, None] ** 1.5
            picture[seen, column] = paint[y[step, column], x[step, column]] * (1 - far) + haze * far
        yield _frame(picture, size)


def fractal(size: tuple[int, int], count: int, rng: np.random.Generator) -> Iterator[Frame]:
    """Let a Julia set change while the view closes in."""
    width, height = size
    waves, phases = rng.uniform(0.5, 2.0, 3), rng.uniform(0, 2 * np.pi, 3)
    start, speed = rng.uniform(0, 2 * np.pi), rng.uniform(0.002, 0.008)
    column, row = np.meshgrid(np.linspace(-1.6, 1.6, width), np.linspace(-1.0, 1.0, height))
    for k in range(count):
        angle = start + speed * k
        constant = np.complex64(0.7885 * np.exp(1j * angle))
        z = ((column + 1j * row) * 0.992**k).astype(np.complex64).ravel()
        steps = np.full(z.size, 60.0, np.float32)
        alive = np.arange(z.size)
        for step in range(60):
            z = z * z + constant
            size_of = np.abs(z)
            out = size_of > 8
            steps[alive[out]] = step + 1 - np.log2(np.log2(size_of[out]) / 3)
            alive, z = alive[~out], z[~out]
        colour = 0.5 + 0.5 * np.cos(steps[:, None] * 0.12 * waves + phases)
        yield _frame(colour * np.clip(steps[:, None] / 6, 0, 1), size)


def meshes(size: tuple[int, int], count: int, rng: np.random.Generator) -> Iterator[Frame]:
    """Turn rings and blocks made of flat faces, the farthest drawn first."""
    import cv2

    width, height = size
    solids = [(_ring(rng) if rng.random() < 0.6 else _block(), *_drift(rng)) for _ in range(int(rng.integers(2, 5)))]
    ground = np.linspace(rng.uniform(0, 90, 3), rng.uniform(60, 200, 3), height)[:, None].repeat(width, 1)
    light = _unit(np.array([0.4, -0.8, -0.5], np.float32))
    for k in range(count):
        canvas = np.ascontiguousarray(ground.astype(np.uint8))
        faces: list[tuple[float, Any, Any]] = []
        for (points, quads), colour, place, spin, tilt in solids:
            turned = points @ _turn(tilt + spin * k).T + place
            corners = turned[quads]
            across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            shade = 0.35 + 0.65 * np.abs(across @ light) / np.maximum(np.linalg.norm(across, axis=1), 1e-6)
            flat = corners[..., :2] / corners[..., 2:] * height * 1.1 + np.array([width / 2, height / 2])
            faces += list(zip(corners[..., 2].mean(axis=1), flat, shade[:, None] * colour, strict=True))
        for _, outline, paint in sorted(faces, key=lambda face: -face[0]):
            cv2.fillConvexPoly(canvas, np.round(outline * 16).astype(np.int32), paint.tolist(), cv2.LINE_AA, 4)
        yield canvas


def particles(size: tuple[int, int], count: int, rng: np.random.Generator) -> Iterator[Frame]:
    """Throw sparks from a few places and let them fall, glowing."""
    import cv2

    width, height = size
    glow = np.zeros((height, width, 3), np.float32)
    sources = rng.uniform([0.2, 0.55], [0.8, 0.95], (int(rng.integers(2, 5)), 2)) * [width, height]
    tints = rng.uniform(0.2, 1.0, (len(sources), 3))
    where, speed, kind, age = np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, int), np.zeros(0)
    for _ in range(count + 20):
        new = rng.integers(0, len(sources), 25)
        where = np.concatenate([where, sources[new]])
        speed = np.concatenate([speed, rng.normal([0, -height / 55], [height / 180, height / 200], (25, 2))])
        kind, age = np.concatenate([kind, new]), np.concatenate([age, np.zeros(25)])
        where, speed, age = where + speed, speed + [0, height / 1600], age + 1
        kept = (age < 90) & (where[:, 1] < height)
        where, speed, kind, age = where[kept], speed[kept], kind[kept], age[kept]
        glow *= 0.86
        for (x, y), source, old in zip(where, kind, age, strict=True):
            strength = tints[source] * max(0.0, 1 - old / 90)
            cv2.circle(glow, (int(x * 16), int(y * 16)), 26, strength.tolist(), -1, cv2.LINE_AA, 4)
        if _ >= 20:
            yield _frame(glow + 1.5 * cv2.GaussianBlur(glow, (0, 0), height / 90), size)


def tunnel(size: tuple[int, int], count: int, rng: np.random.Generator) -> Iterator[Frame]:
    """Run down a tube whose wall is papered with noise and rings."""
    import cv2

    width, height = size
    wall = np.clip(_noise(512, 6, rng)[..., None] * rng.uniform(0.4, 1.4, 3) + 0.1, 0, 1)
    wall[:: int(rng.integers(24, 64))] = rng.uniform(0, 1, 3)
    wall[:, :: int(rng.integers(32, 96))] *= 0.4
    column, row = np.meshgrid(np.arange(width) - width / 2, np.arange(height) - height / 2)
    speed, spin = rng.uniform(3, 9), rng.uniform(-2, 2)
    for k in range(count):
        x, y = column - 0.12 * width * np.sin(k / 25), row - 0.12 * height * np.cos(k / 31)
        far = 0.22 * height / np.maximum(np.hypot(x, y), 1.0)
        u = (np.arctan2(y, x) / (2 * np.pi) * 512 + spin * k) % 512
        v = (far * 160 + speed * k) % 512
        shown = cv2.remap(
            wall.astype(np.float32), u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR, None, cv2.BORDER_WRAP
        )
        yield _frame(shown * np.clip(1.5 / (1 + far * 1.6), 0, 1)[..., None], size)


def _frame(picture: NDArray[Any], size: tuple[int, int]) -> Frame:
    made = np.clip(picture, 0, 1).reshape(size[1], size[0], 3) ** (1 / 1.6)
    shown: Frame = (made * 255 + 0.5).astype(np.uint8)
    return shown


def _unit(vector: Floats) -> Floats:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _sky(rays: Floats, sky: Floats) -> Floats:
    share = np.clip(rays[:, 1:2], 0, 1) ** 0.6
    seen: Floats = (sky[0] * (1 - share) + sky[1] * share).astype(np.float32)
    return seen


def _rays(size: tuple[int, int], eye: Floats, target: Floats) -> Floats:
    """Give the direction through each pixel, row by row."""
    ahead = _unit(target - eye)
    right = _unit(np.cross(ahead, np.array([0, 1, 0], np.float32)))
    up = np.cross(right, ahead)
    column, row = np.meshgrid(np.arange(size[0]) - size[0] / 2, size[1] / 2 - np.arange(size[1]))
    rays = ahead + (column[..., None] * right + row[..., None] * up) / size[1]
    unit: Floats = (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).reshape(-1, 3).astype(np.float32)
    return unit


def _nearest(origin: Floats, rays: Floats, centres: Floats, radii: NDArray[Any]) -> tuple[Floats, NDArray[np.intp]]:
    """Give how far each ray goes to the first ball, and which; infinity where it meets none."""
    distances = np.full((len(centres), len(rays)), np.inf, np.float32)
    for i, (centre, radius) in enumerate(zip(centres, radii, strict=True)):
        towards = centre - origin
        along = (rays * towards).sum(axis=1)
        room = along**2 - (towards**2).sum(axis=-1) + radius**2
        reach = along - np.sqrt(np.maximum(room, 0))
        distances[i] = np.where((room > 0) & (reach > 1e-3), reach, np.inf)
    which = distances.argmin(axis=0)
    return distances[which, np.arange(len(rays))], which


def _noise(side: int, octaves: int, rng: np.random.Generator) -> Floats:
    """Give a field of 0 to 1 that joins at its edges."""
    import cv2

    field = np.zeros((side, side), np.float32)
    for octave in range(octaves):
        cells = 4 << octave
        coarse = np.pad(rng.random((cells, cells), np.float32), 2, mode="wrap")
        margin = 2 * side // cells
        smooth = cv2.resize(coarse, (side + 2 * margin, side + 2 * margin), interpolation=cv2.INTER_CUBIC)
        field += smooth[margin : margin + side, margin : margin + side] * 0.5**octave
    joined: Floats = ((field - field.min()) / (field.max() - field.min())).astype(np.float32)
    return joined


def _ring(rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give the points and faces of a ring, plain or twisted."""
    long, short, waves = 48, 14, int(rng.integers(0, 4))
    a, b = np.meshgrid(np.linspace(0, 2 * np.pi, long, False), np.linspace(0, 2 * np.pi, short, False), indexing="ij")
    thick = 0.32 * (1 + 0.35 * np.sin(waves * a))
    about = 1 + thick * np.cos(b)
    points = np.stack([about * np.cos(a), about * np.sin(a), thick * np.sin(b) + 0.2 * np.sin(waves * a)], axis=-1)
    i, j = np.meshgrid(np.arange(long), np.arange(short), indexing="ij")
    i2, j2 = (i + 1) % long, (j + 1) % short
    quads = np.stack([i * short + j, i2 * short + j, i2 * short + j2, i * short + j2], axis=-1)
    return points.reshape(-1, 3), quads.reshape(-1, 4)


def _block() -> tuple[NDArray[Any], NDArray[Any]]:
    points = np.array([[x, y, z] for x in (-0.8, 0.8) for y in (-0.8, 0.8) for z in (-0.8, 0.8)])
    quads = [[0, 1, 3, 2], [4, 5, 7, 6], [0, 1, 5, 4], [2, 3, 7, 6], [0, 2, 6, 4], [1, 3, 7, 5]]
    return points, np.array(quads)


def _drift(rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Choose a solid's colour, place, turning and first posture."""
    place = np.array([rng.uniform(-2.0, 2.0), rng.uniform(-1.0, 1.0), rng.uniform(4.0, 7.0)])
    return rng.uniform(60, 255, 3), place, rng.uniform(-0.05, 0.05, 3), rng.uniform(0, 6, 3)


def _turn(angles: NDArray[Any]) -> NDArray[Any]:
    made = np.eye(3)
    for axis, angle in enumerate(angles):
        one, two = [n for n in range(3) if n != axis]
        step = np.eye(3)
        step[one, one] = step[two, two] = np.cos(angle)
        step[one, two], step[two, one] = -np.sin(angle), np.sin(angle)
        made = made @ step
    return made
