"""Flat pictures that move: a cartoon, a show of drawn slides, a whiteboard, moving shapes. Knows outlines and colours.

A scene takes its size (width, height), the number of frames and the chance that decides what is in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .rendered import Frame

_WORDS = "harbour seven orange letter window early garden paper north quiet signal river".split()


def cartoon(size: tuple[int, int], count: int, rng: np.random.Generator) -> Iterator[Frame]:
    """Walk a figure with a black outline through a landscape of flat colours."""
    import cv2

    width, height = size
    sky, sun = _colour(rng, 150), _colour(rng, 190)
    hills = [(rng.uniform(0, 6, 3), _colour(rng, 60), 0.45 + 0.13 * n, 1.0 + 1.6 * n) for n in range(3)]
    body, skin, shoes = _colour(rng, 90), (225, 180, 150), _colour(rng, 20)
    line = max(2, height // 160)
    columns = np.arange(-8, width + 16, 8)
    for k in range(count):
        canvas = np.full((height, width, 3), sky, np.uint8)
        cv2.circle(canvas, (int(width * 0.78), int(height * 0.2)), height // 9, sun, -1, cv2.LINE_AA)
        for phases, colour, level, pace in hills:
            across = (columns + pace * k) / width * 9
            tops = height * (level + 0.05 * np.sin(across + phases[0]) + 0.03 * np.sin(2.3 * across + phases[1]))
            outline = np.stack([columns, tops], axis=1)
            closed = np.concatenate([outline, [[width + 16, height + 9], [-8, height + 9]]]).astype(np.int32)
            cv2.fillPoly(canvas, [closed], colour, cv2.LINE_AA)
            cv2.polylines(canvas, [closed], True, (25, 25, 25), line, cv2.LINE_AA)
        unit, swing = height / 14, np.sin(k / 3.5)
        x, y = width * 0.4, height * 0.72 - unit * 0.25 * abs(np.cos(k / 3.5))
        for side in (-1, 1):
            foot = (int(x + side * swing * unit * 1.2), int(y + unit * 2.6))
            cv2.line(canvas, (int(x), int(y + unit)), foot, (25, 25, 25), line * 4, cv2.LINE_AA)
            _blob(canvas, foot, (unit * 0.55, unit * 0.3), shoes, line)
            hand = (int(x - side * swing * unit * 1.4), int(y + unit * 0.4))
            cv2.line(canvas, (int(x), int(y - unit * 0.6)), hand, (25, 25, 25), line * 3, cv2.LINE_AA)
        _blob(canvas, (x, y), (unit * 0.95, unit * 1.4), body, line)
        _blob(canvas, (x, y - unit * 2.3), (unit * 1.1, unit * 1.1), skin, line)
        for side in (-1, 1):
            eye = (unit * 0.22, unit * (0.08 if k % 40 < 3 else 0.35))
            _blob(canvas, (x + (0.35 + side * 0.35) * unit, y - 2.45 * unit), eye, (250, 250, 250), line)
        yield canvas


def slideshow(size: tuple[int, int], count: int, rng: np.random.Generator) -> Iterator[Frame]:
    """Show painted slides with titles, each moving slowly, one fading into the next."""
    import cv2

    width, height = size
    length = max(2, count // 3)
    slides = [(_painting((width * 5 // 4, height * 5 // 4), rng), rng.uniform(0, 1, (2, 2))) for _ in range(4)]
    for k in range(count):
        number, step = divmod(k, length)
        views = []
        for slide, ways in slides[number : number + 2]:
            x, y = (ways[0] + (ways[1] - ways[0]) * step / length) * (width // 5, height // 5)
            moved = np.array([[1, 0, -x], [0, 1, -y]], np.float64)
            views.append(cv2.warpAffine(slide, moved, (width, height), flags=cv2.INTER_LINEAR))
        fade = min(1.0, max(0.0, (step - length * 0.75) / (length * 0.25)))
        yield cv2.addWeighted(views[0], 1 - fade, views[-1], fade, 0).astype(np.uint8)


def whiteboard(size: tuple[int, int], count: int, rng: np.random.Generator) -> Iterator[Frame]:
    """Draw strokes and words by and by on a white ground."""
    import cv2

    width, height = size
    canvas = np.full((height, width, 3), rng.integers(240, 256), np.uint8)
    strokes: list[tuple[NDArray[Any], tuple[int, int, int]]] = []
    for _ in range(9):
        start = rng.uniform([0.1, 0.1], [0.9, 0.9]) * [width, height]
        steps = np.cumsum(rng.normal(0, 0.25, 60)) + rng.uniform(0, 6)
        path = start + np.cumsum(np.stack([np.cos(steps), np.sin(steps)], axis=1), axis=0) * height / 80
        strokes.append((path, _colour(rng, 10, 160)))
    for k in range(count):
        which, share = divmod(k / count * len(strokes), 1)
        path, colour = strokes[int(which)]
        last = max(2, int(share * len(path)))
        points = np.round(path[:last] * 16).astype(np.int32)
        cv2.polylines(canvas, [points], False, colour, max(2, height // 120), cv2.LINE_AA, 4)
        if share > 0.8:
            place = (int(path[0][0]) - width // 12, int(path[0][1]))
            thick = max(1, height // 300)
            cv2.putText(canvas, _WORDS[int(which)], place, 0, height / 500, (30, 30, 30), thick, cv2.LINE_AA)
        shown = canvas.copy()
        x, y = (int(v) for v in path[last - 1])
        cv2.line(shown, (x, y), (x + height // 10, y - height // 7), (40, 40, 60), height // 40, cv2.LINE_AA)
        yield shown


def moving_shapes(size: tuple[int, int], count: int, rng: np.random.Generator) -> Iterator[Frame]:
    """Let bars, rings and a word come and go, as in titles."""
    import cv2

    width, height = size
    ground = _colour(rng, 0, 255)
    bars = [(rng.uniform(0, 1), rng.uniform(0.03, 0.15), _colour(rng, 40), int(rng.integers(0, 30))) for _ in range(7)]
    rings = [(rng.uniform(0.1, 0.9, 2), _colour(rng, 40), int(rng.integers(0, 40))) for _ in range(6)]
    word = str(rng.choice(_WORDS)).upper()
    for k in range(count):
        canvas = np.full((height, width, 3), ground, np.uint8)
        for top, tall, colour, late in bars:
            share = _eased((k - late) / 25)
            corner = (int(width * share), int((top + tall) * height))
            cv2.rectangle(canvas, (0, int(top * height)), corner, colour, -1)
        for spot, colour, late in rings:
            share = _eased(((k - late) % 50) / 50)
            centre = (int(spot[0] * width), int(spot[1] * height))
            thick = max(1, int((1 - share) * height / 14))
            cv2.circle(canvas, centre, int(share * height * 0.4), colour, thick, cv2.LINE_AA)
        place = (int(width * (0.1 + 0.6 * (1 - _eased(k / 30)))), int(height * 0.56))
        cv2.putText(canvas, word, place, 2, height / 200, (250, 250, 250), height // 70, cv2.LINE_AA)
        yield canvas


def _eased(share: float) -> float:
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)


def _colour(rng: np.random.Generator, low: int, high: int = 256) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(low, high, 3))
    return red, green, blue


def _blob(
    canvas: Frame, centre: tuple[float, float], radii: tuple[float, float], colour: tuple[int, int, int], line: int
) -> None:
    """Draw an ellipse with a black outline."""
    import cv2

    at, axes = (int(centre[0]), int(centre[1])), (max(1, int(radii[0])), max(1, int(radii[1])))
    cv2.ellipse(canvas, at, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
    cv2.ellipse(canvas, at, axes, 0, 0, 360, (25, 25, 25), line, cv2.LINE_AA)


def _painting(size: tuple[int, int], rng: np.random.Generator) -> Frame:
    """Paint washes, petals and a title."""
    import cv2

    width, height = size
    corners = rng.integers(60, 256, (3, 4, 3), dtype=np.uint8)
    canvas = cv2.resize(corners, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(rng.integers(12, 40))):
        layer = canvas.copy()
        centre = tuple(int(v) for v in rng.uniform(0, 1, 2) * [width, height])
        axes = tuple(int(v) for v in rng.uniform(0.02, 0.22, 2) * height)
        cv2.ellipse(layer, centre, axes, float(rng.uniform(0, 180)), 0, 360, _colour(rng, 0), -1, cv2.LINE_AA)
        canvas = cv2.addWeighted(layer, 0.55, canvas, 0.45, 0)
    title = " ".join(rng.choice(_WORDS, 2))
    cv2.putText(canvas, title, (width // 4, height * 3 // 5), 3, height / 400, (20, 20, 20), 4, cv2.LINE_AA)
    cv2.putText(canvas, title, (width // 4, height * 3 // 5), 3, height / 400, (250, 250, 250), 2, cv2.LINE_AA)
    return canvas.astype(np.uint8)
