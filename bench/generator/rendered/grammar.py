"""What training clips can show, as values, and how it is said in words. Draws nothing.

A `Shot` is one combination. Some combinations are never trained (`held_out`): they are what the model is judged on.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass

import numpy as np

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")
SHAPES = ("ball", "square", "triangle", "star", "ring", "heart", "cross")
SIZES = ("small", "medium", "large")
NUMBERS = ("one", "two", "three")
MOTIONS = (
    "moves left",
    "moves right",
    "rises",
    "falls",
    "bounces",
    "spins",
    "grows",
    "shrinks",
    "swings",
    "circles",
    "rests",
)
SCENES = ("sea", "hills", "sky", "city", "desert", "mountains", "forest", "meadow")
LIGHTS = ("day", "sunset", "night")
WEATHERS = ("clear", "rain", "snow")
CAMERAS = (
    "still",
    "pan left",
    "pan right",
    "tilt up",
    "tilt down",
    "zoom in",
    "zoom out",
    "orbit left",
    "orbit right",
)
ROUND = ("ball", "ring")  # one does not see these spin
HELD_OUT_SHARE = 0.1
NOTHING = 0.06  # of the clips show a scene alone


@dataclass(frozen=True)
class Shot:
    """One combination of everything that a clip can show."""

    colour: str
    shape: str | None  # None: nobody in the scene
    size: str
    number: str
    motion: str
    scene: str
    light: str
    weather: str
    camera: str

    @property
    def held_out(self) -> bool:
        """Whether this combination of colour, shape, motion, scene and camera is kept from training."""
        key = "|".join(str(part) for part in (self.colour, self.shape, self.motion, self.scene, self.camera))
        return hashlib.sha256(key.encode()).digest()[0] < 256 * HELD_OUT_SHARE


def any_shot(rng: np.random.Generator, held_out: bool | None = None) -> Shot:
    """Draw a combination; with `held_out`, one that is (or is not) kept from training."""
    while True:
        shot = _shot(rng)
        if held_out is None or (shot.held_out == held_out and (shot.shape is not None or not held_out)):
            return shot


def _shot(rng: np.random.Generator) -> Shot:
    shape = None if rng.random() < NOTHING else _one(rng, SHAPES)
    motion = _one(rng, MOTIONS)
    while motion == "spins" and shape in ROUND:
        motion = _one(rng, MOTIONS)
    return Shot(
        colour=_one(rng, COLOURS),
        shape=shape,
        size=_one(rng, SIZES, (0.25, 0.4, 0.35)),
        number=_one(rng, NUMBERS, (0.7, 0.18, 0.12)),
        motion=motion,
        scene=_one(rng, SCENES),
        light=_one(rng, LIGHTS, (0.5, 0.25, 0.25)),
        weather=_one(rng, WEATHERS, (0.8, 0.1, 0.1)),
        camera=_one(rng, CAMERAS, (0.24, *[0.095] * 8)),
    )


def _one(rng: np.random.Generator, values: tuple[str, ...], shares: tuple[float, ...] | None = None) -> str:
    return values[int(rng.choice(len(values), p=shares))]


_SAID = {
    "sea": ("over the sea",),
    "hills": ("over green hills",),
    "sky": ("in the sky",),
    "city": ("over a city",),
    "desert": ("over a desert",),
    "mountains": ("over snowy mountains",),
    "forest": ("over a forest",),
    "meadow": ("over a meadow",),
}
_PLURAL = {
    "ball": "balls",
    "square": "squares",
    "triangle": "triangles",
    "star": "stars",
    "ring": "rings",
    "heart": "hearts",
    "cross": "crosses",
}
_THEY = {
    "moves left": "move left",
    "moves right": "move right",
    "rises": "rise",
    "falls": "fall",
    "bounces": "bounce",
    "spins": "spin",
    "grows": "grow",
    "shrinks": "shrink",
    "swings": "swing",
    "circles": "circle",
    "rests": "rest",
}
_LIT = {"day": "by day", "sunset": "at sunset", "night": "at night"}
_CAMERA = {
    "still": "still camera",
    "pan left": "camera pans left",
    "pan right": "camera pans right",
    "tilt up": "camera tilts up",
    "tilt down": "camera tilts down",
    "zoom in": "camera zooms in",
    "zoom out": "camera zooms out",
    "orbit left": "camera orbits left",
    "orbit right": "camera orbits right",
}


def caption(shot: Shot, rng: np.random.Generator | None = None) -> str:
    """Say a shot in words; with chance, what is usual may stay unsaid and the parts change places."""
    brief = (lambda share: rng.random() < share) if rng is not None else (lambda share: False)
    words = []
    if shot.shape is not None:
        size = "" if shot.size == "medium" and brief(0.5) else shot.size + " "
        if shot.number == "one":
            words.append(f"a {size}{shot.colour} {shot.shape} {shot.motion}")
        else:
            words.append(f"{shot.number} {size}{shot.colour} {_PLURAL[shot.shape]} {_THEY[shot.motion]}")
    place = _SAID[shot.scene][0]
    if shot.shape is None:
        place = place.removeprefix("over ").removeprefix("in ")
    words.append(place)
    if not (shot.light == "day" and brief(0.5)):
        words.append(_LIT[shot.light])
    if shot.weather != "clear":
        words.append(f"in {shot.weather}")
    text = " ".join(words)
    if shot.camera == "still" and brief(0.5):
        return text
    said = _CAMERA[shot.camera]
    return f"{said}, {text}" if brief(0.25) else f"{text}, {said}"


def labels(shot: Shot) -> tuple[int, ...]:
    """Give the place of each part in its list, -1 for what is not there."""
    lists = (COLOURS, SHAPES, SIZES, NUMBERS, MOTIONS, SCENES, LIGHTS, WEATHERS, CAMERAS)
    alone = shot.shape is None
    found = []
    for index, (value, names) in enumerate(zip(astuple(shot), lists, strict=True)):
        of_thing = index < 5
        found.append(-1 if alone and of_thing else names.index(value))
    return tuple(found)
