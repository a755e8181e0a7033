"""Draws a shot: layers under a moving camera, objects that follow simple laws of motion, weather. Gives RGB frames."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .grammar import Shot
from .scenery import TINTS, Canvas, Layer, Light, paint, waves

FRAMES = 25
FRAME_RATE = 12

COLOURS = {
    "red": (0.90, 0.12, 0.12),
    "orange": (1.00, 0.52, 0.05),
    "yellow": (1.00, 0.90, 0.10),
    "green": (0.08, 0.72, 0.20),
    "blue": (0.12, 0.26, 0.95),
    "purple": (0.56, 0.16, 0.78),
    "pink": (1.00, 0.50, 0.76),
    "white": (0.97, 0.97, 0.97),
}
SOFT = 0.6  # of a pixel at 128: as a lens would, and no finer than a small model can draw
RADII = {"small": 0.105, "medium": 0.15, "large": 0.205}  # of the short side


@dataclass(frozen=True)
class View:
    """Where the camera is: shift in pixels at nearness 1, its shear, and its zoom."""

    x: float
    y: float
    zoom: float
    shear: float


@dataclass(frozen=True)
class Pose:
    """Where an object is, in shares of the picture, how large and how turned."""

    x: float
    y: float
    scale: float = 1.0
    angle: float = 0.0


def render(shot: Shot, rng: np.random.Generator, height: int = 128, width: int = 128) -> NDArray[np.uint8]:
    """Draw the clip: (FRAMES, H, W, 3)."""
    frames, _ = render_with_mask(shot, rng, height, width)
    return frames


def render_with_mask(
    shot: Shot, rng: np.random.Generator, height: int = 128, width: int = 128
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw the clip, and where its objects are: (FRAMES, H, W), 0 to 255."""
    import cv2

    canvas = Canvas(height, width)
    layers, horizon = paint(shot.scene, shot.light, canvas, rng)
    course = _course(shot, canvas, rng)
    fall = _Weather(shot, canvas, rng)
    frames = np.empty((FRAMES, height, width, 3), np.uint8)
    masks = np.zeros((FRAMES, height, width), np.uint8)
    for number in range(FRAMES):
        seconds = number / FRAME_RATE
        view = _view(shot.camera, number / (FRAMES - 1), canvas)
        frame = _behind(layers, shot, view, canvas, horizon, seconds)
        if shot.shape is not None:
            masks[number] = _objects(frame, shot, course[number], canvas)
        fall.draw(frame, seconds)
        frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), SOFT * canvas.unit / 128), np.float32)
        frames[number] = np.clip(frame * 255 + 0.5, 0, 255).astype(np.uint8)
    return frames, masks


def _view(camera: str, share: float, canvas: Canvas) -> View:
    way = share - 0.5
    pan, tilt = 0.42 * canvas.unit * way, 0.36 * canvas.unit * way
    x = {"pan left": -pan, "pan right": pan}.get(camera, 0.0)
    y = {"tilt up": -tilt, "tilt down": tilt}.get(camera, 0.0)
    zoom = {"zoom in": 1.45**share, "zoom out": 1.45 ** (1 - share)}.get(camera, 1.0)
    shear = {"orbit left": -0.65 * way, "orbit right": 0.65 * way}.get(camera, 0.0)
    return View(x, y, zoom, shear)


def _matrix(layer: Layer, view: View, canvas: Canvas, seconds: float) -> NDArray[np.float32]:
    """Where each pixel of the picture lies in the layer."""
    middle_x, middle_y = canvas.width / 2, canvas.height / 2
    scale = 1 / view.zoom
    depth = 0.35 + 0.65 * layer.nearness
    x = canvas.pad + middle_x + view.x * depth - layer.drift * canvas.unit * seconds
    y = canvas.pad + middle_y + view.y  # what is far tilts as what is near does
    shear = view.shear
    return np.asarray(
        [[scale, shear, x - scale * middle_x - shear * middle_y], [0, scale, y - scale * middle_y]], np.float32
    )


def _behind(layers: list[Layer], shot: Shot, view: View, canvas: Canvas, horizon: int, seconds: float) -> Light:
    import cv2

    frame = np.zeros((canvas.height, canvas.width, 3), np.float32)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for layer in layers:
        matrix = _matrix(layer, view, canvas, seconds)
        seen = cv2.warpAffine(
            layer.light, matrix, (canvas.width, canvas.height), flags=how, borderMode=cv2.BORDER_REPLICATE
        )
        frame = frame * (1 - seen[..., 3:]) + seen[..., :3]
    if shot.scene == "sea":
        y, x = np.mgrid[: canvas.height, : canvas.width].astype(np.float32)
        columns, rows = (part[0] * x + part[1] * y + part[2] for part in _matrix(layers[-1], view, canvas, seconds))
        waves(frame, rows, columns, horizon, seconds, shot.light, canvas.unit)
    return np.asarray(frame, np.float32)


def _course(shot: Shot, canvas: Canvas, rng: np.random.Generator) -> list[list[Pose]]:
    """Where each object is in each frame."""
    count = {"one": 1, "two": 2, "three": 3}[shot.number]
    radius = RADII[shot.size] * (1.0 if count == 1 else 0.8)
    wide, high = canvas.width / canvas.unit, canvas.height / canvas.unit
    apart = 3.2 if shot.motion in ("grows", "shrinks") else 2.3
    spread = min(apart * radius, 0.62 * wide / max(count - 1, 1)) if count > 1 else 0.0
    room = (wide - spread * (count - 1)) / 2
    free = 0.15 if shot.motion in ("moves left", "moves right", "swings", "circles") else 0.6
    middle = wide / 2 + rng.uniform(-free, free) * max(room - radius - 0.1, 0)
    level = high * (0.5 + rng.uniform(-0.08, 0.08))
    phase, way = rng.uniform(0, 2 * math.pi), 1.0 if rng.random() < 0.5 else -1.0
    poses = []
    for number in range(FRAMES):
        share, seconds = number / (FRAMES - 1), number / FRAME_RATE
        pose = _moved(shot.motion, share, seconds, Pose(middle, level), wide, high, radius, phase, way)
        offsets = [(index - (count - 1) / 2) * spread for index in range(count)]
        poses.append([Pose(pose.x + offset, pose.y, radius * pose.scale, pose.angle) for offset in offsets])
    return poses


def _moved(
    motion: str,
    share: float,
    seconds: float,
    at: Pose,
    wide: float,
    high: float,
    radius: float,
    phase: float,
    way: float,
) -> Pose:
    """The laws of motion."""
    x, y, way_x, way_y = at.x, at.y, 0.5 * wide, 0.54 * high
    floor = high - radius - 0.06
    if motion in ("swings", "circles"):
        return _round(motion, seconds, at, phase, way)
    if motion in ("moves left", "moves right", "rises", "falls"):
        back = {"moves left": (0.5 - share, 0.0), "moves right": (share - 0.5, 0.0), "rises": (0.0, 0.5 - share)}
        by = back.get(motion, (0.0, share**2 - 0.5))
        return Pose(x + way_x * by[0], y + way_y * by[1])
    if motion == "bounces":
        beat = (seconds * 0.9 + phase / 6.3) % 1.0
        return Pose(x, floor - 0.42 * high * 4 * beat * (1 - beat))
    if motion in ("grows", "shrinks"):
        return Pose(x, y, 0.62 * 2.3 ** (share if motion == "grows" else 1 - share))
    if motion == "spins":
        return Pose(x, y, 1.15, way * 2 * math.pi * 0.36 * seconds)
    return Pose(x, y)


def _round(motion: str, seconds: float, at: Pose, phase: float, way: float) -> Pose:
    """What turns about a point: a pendulum's weight under it, or a circle around it."""
    if motion == "swings":
        angle = 0.75 * math.sin(2 * math.pi * 0.5 * seconds + phase)
        return Pose(at.x + 0.55 * math.sin(angle), at.y - 0.35 + 0.55 * math.cos(angle), 1.0, -angle)
    turn = way * 2 * math.pi * 0.45 * seconds + phase
    return Pose(at.x + 0.2 * math.cos(turn), at.y + 0.2 * math.sin(turn))


def outline(shape: str) -> NDArray[np.float64]:
    """Corners of a shape of radius 1; a ring's are those of its outer edge."""
    turn = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    if shape in ("ball", "ring"):
        return np.stack([np.cos(turn), np.sin(turn)], 1)
    if shape == "square":
        return np.asarray([(-0.84, -0.84), (0.84, -0.84), (0.84, 0.84), (-0.84, 0.84)])
    if shape == "triangle":
        return np.asarray([(0, -1.05), (1.0, 0.75), (-1.0, 0.75)])
    if shape == "star":
        corner = np.arange(10)
        radius = np.where(corner % 2 == 0, 1.15, 0.47)
        return np.stack([radius * np.sin(corner * math.pi / 5), -radius * np.cos(corner * math.pi / 5)], 1)
    if shape == "heart":
        x = 16 * np.sin(turn) ** 3
        y = 13 * np.cos(turn) - 5 * np.cos(2 * turn) - 2 * np.cos(3 * turn) - np.cos(4 * turn)
        return np.stack([x / 16, -(y + 2.5) / 15], 1)
    arm = 0.36
    cross = [(-arm, -1), (arm, -1), (arm, -arm), (1, -arm), (1, arm), (arm, arm)]
    cross += [(arm, 1), (-arm, 1), (-arm, arm), (-1, arm), (-1, -arm), (-arm, -arm)]
    return np.asarray(cross, np.float64) * 1.02


def _objects(frame: Light, shot: Shot, poses: list[Pose], canvas: Canvas) -> NDArray[np.uint8]:
    """Draw them with a dark rim and light from above; give where they are."""
    import cv2

    assert shot.shape is not None
    cover = np.zeros(frame.shape[:2], np.float32)
    rim = np.zeros(frame.shape[:2], np.float32)
    shade = np.zeros(frame.shape[:2], np.float32)
    rows = np.arange(canvas.height, dtype=np.float32)[:, None]
    for pose in poses:
        sin, cos = math.sin(pose.angle), math.cos(pose.angle)
        size = pose.scale * canvas.unit
        turned = outline(shot.shape) @ np.asarray([[cos, sin], [-sin, cos]])
        at = np.asarray((pose.x * canvas.unit, pose.y * canvas.unit))
        own = np.zeros_like(cover)
        cv2.fillPoly(own, [np.round((turned * size + at) * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
        if shot.shape == "ring":
            cv2.fillPoly(own, [np.round((turned * size * 0.52 + at) * 16).astype(np.int32)], 0.0, cv2.LINE_AA, 4)
        np.maximum(cover, own, out=cover)
        shade += own * np.clip((at[1] - rows) / (2.2 * size), -0.5, 0.5)
    rim = np.clip(cv2.dilate(cover, np.ones((3, 3), np.uint8)) - cover, 0, 1)
    dim = 0.45 + 0.55 * float(np.mean(TINTS[shot.light])) if shot.light != "day" else 1.0
    colour = np.asarray(COLOURS[shot.colour], np.float32) * np.float32(max(dim, 0.8))
    frame *= (1 - 0.65 * rim)[..., None]
    lit = colour * (1 + 0.35 * np.clip(shade, -1, 1))[..., None]
    frame *= (1 - cover)[..., None]
    frame += lit * cover[..., None]
    return np.asarray(cover * 255, np.uint8)


class _Weather:
    """Rain in streaks or snow in flakes, falling over everything."""

    def __init__(self, shot: Shot, canvas: Canvas, rng: np.random.Generator) -> None:
        self.kind, self.canvas = shot.weather, canvas
        number = int({"rain": 26, "snow": 34}.get(shot.weather, 0) * canvas.height * canvas.width / 128**2)
        self.places = rng.uniform(0, 1, (number, 3))

    def draw(self, frame: Light, seconds: float) -> None:
        import cv2

        if self.kind == "clear":
            return
        canvas, unit = self.canvas, self.canvas.unit
        cover = np.zeros(frame.shape[:2], np.float32)
        speed, sway = (1.9, 0.15) if self.kind == "rain" else (0.35, 0.05)
        for x, y, near in self.places:
            pace = speed * (0.7 + 0.6 * near)
            down = ((y * 1.2 * canvas.height + pace * seconds * unit) % (1.2 * canvas.height)) - 0.1 * canvas.height
            across = (x * canvas.width - sway * seconds * unit) % canvas.width
            start = (int(across * 8), int(down * 8))
            if self.kind == "rain":
                end = (int((across - 0.012 * unit) * 8), int((down + 0.08 * unit) * 8))
                cv2.line(cover, start, end, 0.45, 1, cv2.LINE_AA, 3)
            else:
                cv2.circle(cover, start, int((1.0 + 0.8 * near) * 8 * unit / 128), 0.9, -1, cv2.LINE_AA, 3)
        frame *= (1 - cover)[..., None]
        frame += cover[..., None] * np.float32(0.92)
