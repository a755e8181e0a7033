"""Reads a prompt, word by word, into a Scene. Knows words, not grammar, and no pixels.

What it knows is all in the tables below; `words()` lists them by topic for the documentation. Any other word is
reported with the nearest known ones, never passed over in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ..spelling import guesses
from .scene import Kind, Rgb, Scene, Thing, Understanding, Unknown

PLACES: dict[str, dict[str, Any]] = {  # what each word says of the scene
    "sea": {"water": True},
    "lake": {"water": True, "waves": 0.4},
    "hills": {"backdrop": "hills"},
    "mountains": {"backdrop": "mountains"},
    "forest": {"backdrop": "forest"},
    "desert": {"backdrop": "desert", "cover": 0.2},
    "city": {"backdrop": "city", "water": True, "waves": 0.5},
    "sky": {},
}
LIGHTS: dict[str, dict[str, Any]] = {
    "day": {"light": "day"},
    "sunset": {"light": "sunset"},
    "sunrise": {"light": "sunrise"},
    "dusk": {"light": "dusk"},
    "night": {"light": "night"},
    "stars": {"light": "night", "cover": 0.12},
    "moon": {"light": "night", "moon": True},
    "aurora": {"light": "night", "aurora": True, "cover": 0.08},
}
AIRS: dict[str, dict[str, Any]] = {
    "clear": {"cover": 0.06},
    "cloudy": {"cover": 0.7},
    "overcast": {"light": "overcast", "cover": 0.95},
    "storm": {"light": "overcast", "cover": 0.97, "weather": "rain", "waves": 1.8},
    "rain": {"light": "overcast", "cover": 0.92, "weather": "rain"},
    "snow": {"light": "overcast", "cover": 0.85, "weather": "snow"},
    "mist": {"mist": 0.8},
    "calm": {"waves": 0.35},
    "rough": {"waves": 1.7},
}
MOVES: dict[str, dict[str, Any]] = {
    "pan": {"move": "pan_right"},
    "zoom": {"move": "zoom_in"},
    "handheld": {"move": "handheld"},
    "still": {"move": "still"},
    "slow": {"pace": 0.5},
    "fast": {"pace": 2.0},
}
DIRECTIONS = {"left": "left", "right": "right", "in": "in", "out": "out"}
THINGS: dict[str, Kind] = {
    "boat": "boat",
    "balloon": "balloon",
    "bird": "bird",
    "ball": "ball",
    "lighthouse": "lighthouse",
}
COLOURS: dict[str, Rgb] = {
    "red": (0.82, 0.13, 0.12),
    "orange": (0.93, 0.45, 0.10),
    "yellow": (0.95, 0.78, 0.16),
    "green": (0.16, 0.55, 0.25),
    "blue": (0.13, 0.33, 0.75),
    "purple": (0.46, 0.20, 0.62),
    "pink": (0.93, 0.47, 0.62),
    "brown": (0.42, 0.26, 0.15),
    "white": (0.94, 0.93, 0.90),
    "grey": (0.55, 0.56, 0.58),
    "black": (0.07, 0.07, 0.08),
}
COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "several": 4, "many": 9, "flock": 9}
PLURAL = {"boat": 3, "balloon": 4, "bird": 7, "ball": 3, "lighthouse": 1}  # how many "boats" are
SAME = {  # other words for the same
    "ocean": "sea", "water": "sea", "waves": "sea", "wave": "sea", "bay": "sea", "coast": "sea", "harbour": "sea",
    "harbor": "sea", "seascape": "sea", "river": "lake", "pond": "lake", "hill": "hills", "meadow": "hills",
    "meadows": "hills", "countryside": "hills", "valley": "hills", "landscape": "hills", "field": "hills",
    "fields": "hills", "mountain": "mountains", "peaks": "mountains", "peak": "mountains", "alps": "mountains",
    "mountainous": "mountains", "trees": "forest", "woods": "forest", "tree": "forest", "dunes": "desert",
    "dune": "desert", "sand": "desert", "skyline": "city", "town": "city", "buildings": "city", "skyscrapers": "city",
    "cityscape": "city", "heaven": "sky", "skies": "sky", "sun": "day", "sunny": "clear", "daylight": "day",
    "noon": "day", "afternoon": "day", "summer": "day", "dawn": "sunrise", "morning": "sunrise", "evening": "sunset",
    "golden": "sunset", "twilight": "dusk", "midnight": "night", "starry": "stars", "star": "stars",
    "moonlight": "moon", "moonlit": "moon", "cloudless": "clear", "clouds": "cloudy", "cloud": "cloudy",
    "stormy": "storm", "thunderstorm": "storm", "rainy": "rain", "raining": "rain", "drizzle": "rain",
    "snowy": "snow", "snowing": "snow", "snowfall": "snow", "winter": "snow", "blizzard": "snow", "misty": "mist",
    "fog": "mist", "foggy": "mist", "haze": "mist", "hazy": "mist", "quiet": "calm", "peaceful": "calm",
    "windy": "rough", "choppy": "rough", "panning": "pan", "pans": "pan", "zooming": "zoom", "zooms": "zoom",
    "dolly": "zoom", "push": "zoom", "shaky": "handheld", "static": "still", "tripod": "still", "slowly": "slow",
    "gentle": "slow", "gently": "slow", "quick": "fast", "quickly": "fast", "leftwards": "left", "rightwards": "right",
    "sailboat": "boat", "sailboats": "boats", "yacht": "boat", "yachts": "boats", "ship": "boat", "ships": "boats",
    "airballoon": "balloon", "gull": "bird", "gulls": "birds", "seagull": "bird", "seagulls": "birds", "geese": "birds",
    "couple": "two", "some": "several", "few": "three", "crimson": "red", "scarlet": "red", "violet": "purple",
    "gold": "yellow", "gray": "grey", "nighttime": "night",
}  # fmt: skip
FILLERS = frozenset(
    """a an the of over under with and or at by on to from into onto for near above below behind before across along
    through around between beside is are was be being its his her their that this there it as while where one some
    sailing flying floating drifting bouncing rolling moving passing rising setting falling shining glowing hot air
    view shot scene video film clip footage camera picture image showing show make generate create beautiful lovely
    wide distant far close small large big little tall old lit lights light bright dark very deep open horizon cinematic
    realistic photo time lapse timelapse gliding glides floats sails flies bounces rolls rises sets drifts high low up
    down toward towards reflection reflecting reflections over-the against""".split()
)


DENIALS = frozenset({"no", "not", "without"})


@dataclass
class _Reading:
    """What has been read so far."""

    given: dict[str, Any] = field(default_factory=dict)
    lights: dict[str, Any] = field(default_factory=dict)
    directions: set[str] = field(default_factory=set)
    things: list[Thing] = field(default_factory=list)
    colour: Rgb | None = None
    count: int | None = None
    places: set[str] = field(default_factory=set)

    def take(self, word: str) -> bool:
        """Use one known word; False if it is none."""
        if word in LIGHTS:
            self.lights |= LIGHTS[word]
            return True
        for table in (AIRS, MOVES):
            if word in table:
                self.given |= table[word]
                return True
        if word in PLACES:
            self.places.add(word)
            return True
        if word in COLOURS:
            self.colour = COLOURS[word]
        elif word in COUNTS:
            self.count = COUNTS[word]
        elif word in DIRECTIONS:
            self.directions.add(word)
        elif (single := _single(word)) in THINGS:
            kind = THINGS[single]
            count = self.count or (PLURAL[kind] if single != word else 1)
            self.things.append(Thing(kind, self.colour, count))
            self.colour = self.count = None
        else:
            return False
        return True


def understood(prompt: str) -> Understanding:
    """Read a prompt.

    >>> seen = understood("a red balloon over misty mountans")
    >>> seen.scene.things[0].kind, seen.scene.mist, seen.unknown[0].nearest[0]
    ('balloon', 0.8, 'mountains')
    """
    reading = _Reading()
    known: list[str] = []
    unknown: list[Unknown] = []
    denied = False
    for spoken in re.findall(r"[^\W\d_]+(?:[-'][^\W\d_]+)*", prompt.lower()):
        for part in [spoken] if _known(spoken) else re.split("[-']", spoken):
            word = SAME.get(part, part)
            if part in DENIALS:
                denied = True
                continue
            if denied and _known(part) and part not in FILLERS:
                denied = False
                word = "clear" if word == "cloudy" else ""  # "without clouds" says something, "no rain" nothing
            if not word or reading.take(word):
                known.append(part)
            elif part not in FILLERS and len(part) > 1 and part not in [u.word for u in unknown]:
                unknown.append(Unknown(part, guesses(part, _ALL)))
    fallback = not (reading.places or reading.things or reading.lights or reading.given)
    return Understanding(_scene(reading), tuple(dict.fromkeys(known)), tuple(unknown), fallback)


def words() -> dict[str, tuple[str, ...]]:
    """Every known word by topic, other words for the same in brackets: for help and documentation."""
    topics: dict[str, dict[str, Any]] = {
        "places": PLACES,
        "light": LIGHTS,
        "weather": AIRS,
        "camera": MOVES | DIRECTIONS,
        "things": THINGS,
        "colours": COLOURS,
        "numbers": COUNTS,
    }
    listed = {}
    for topic, table in topics.items():
        same = {word: [other for other, meant in SAME.items() if _single(meant) == word] for word in table}
        listed[topic] = tuple(f"{word} ({', '.join(same[word])})" if same[word] else word for word in table)
    return listed


def _scene(reading: _Reading) -> Scene:
    given: dict[str, Any] = {}
    only_land = reading.places & {"hills", "mountains", "forest", "desert", "sky"}
    given["water"] = not only_land
    for place in PLACES:  # in the table's order: what stands later is more particular
        if place in reading.places:
            given |= PLACES[place]
    if given.get("backdrop") == "city":
        given["light"] = "night"
    if {"sea", "lake", "city"} & reading.places or any(t.kind in ("boat", "lighthouse") for t in reading.things):
        given["water"] = True
    given |= reading.lights | reading.given
    if "light" in reading.lights:
        given["light"] = reading.lights["light"]  # rain at night is night
    if given.get("light") in ("sunset", "sunrise") and "waves" not in reading.given and "sea" in reading.places:
        given["waves"] = 0.8
    given["move"] = _move(given.get("move"), reading.directions)
    return Scene(things=tuple(reading.things), **given)


def _move(asked: str | None, directions: set[str]) -> str:
    if asked in ("pan_right", None) and "left" in directions:
        return "pan_left"
    if asked is None and "right" in directions:
        return "pan_right"
    if asked == "zoom_in" and "out" in directions:
        return "zoom_out"
    return asked or "drift"


def _single(word: str) -> str:
    return word[:-1] if word.endswith("s") and word[:-1] in THINGS else word


def _known(word: str) -> bool:
    return word in FILLERS or word in _ALL


_ALL = [*PLACES, *LIGHTS, *AIRS, *MOVES, *DIRECTIONS, *THINGS, *(f"{t}s" for t in THINGS), *COLOURS, *COUNTS, *SAME]
