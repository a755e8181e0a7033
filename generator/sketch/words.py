"""Reads a prompt into the words that the embedded model knows, and says which it does not. Knows no network.

The tables are all that it knows; `known()` lists them by topic for the documentation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..spelling import guesses

LENGTH = 16  # words that the model reads of a prompt; what is empty is EMPTY
EMPTY = 0
NOTHING_SHOWN = "no word says what to show"

TOPICS: dict[str, tuple[str, ...]] = {
    "colours": ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white"),
    "objects": ("ball", "square", "triangle", "star", "ring", "heart", "cross"),
    "sizes": ("small", "medium", "large"),
    "numbers": ("one", "two", "three"),
    "motions": ("moves", "rises", "falls", "bounces", "spins", "grows", "shrinks", "swings", "circles", "rests"),
    "scenes": ("sea", "hills", "sky", "city", "desert", "mountains", "forest", "meadow"),
    "lights": ("day", "sunset", "night"),
    "weather": ("rain", "snow"),
    "camera": ("camera", "pans", "tilts", "zooms", "orbits", "still"),
    "directions": ("left", "right", "up", "down", "in", "out"),
}
# The place in this list is what the network was taught: words are added at the end alone.
WORDS: tuple[str, ...] = tuple(word for words in TOPICS.values() for word in words)
_NUMBER = {word: index + 1 for index, word in enumerate(WORDS)}
SIZE = 64  # of the table that the network holds: room for words to come

_ALSO: dict[str, str] = {  # said otherwise, or in another form
    "crimson": "red", "scarlet": "red", "amber": "orange", "gold": "yellow", "golden": "yellow", "lime": "green",
    "navy": "blue", "azure": "blue", "violet": "purple", "magenta": "pink", "rose": "pink",
    "balls": "ball", "circle": "ball", "sphere": "ball", "disc": "ball", "dot": "ball", "squares": "square",
    "box": "square", "block": "square", "cube": "square", "triangles": "triangle", "pyramid": "triangle",
    "stars": "star", "rings": "ring", "hoop": "ring", "donut": "ring", "hearts": "heart", "crosses": "cross",
    "plus": "cross", "little": "small", "tiny": "small", "big": "large", "huge": "large", "giant": "large",
    "single": "one", "pair": "two", "couple": "two",
    "move": "moves", "moving": "moves", "goes": "moves", "going": "moves", "flies": "moves", "flying": "moves",
    "fly": "moves", "slides": "moves", "sliding": "moves", "rolls": "moves", "rolling": "moves", "drifts": "moves",
    "drifting": "moves", "floats": "moves", "floating": "moves", "travels": "moves", "rise": "rises",
    "rising": "rises", "climbs": "rises", "climbing": "rises", "fall": "falls", "falling": "falls", "drops": "falls",
    "dropping": "falls", "sinks": "falls", "bounce": "bounces", "bouncing": "bounces", "jumps": "bounces",
    "jumping": "bounces", "hops": "bounces", "spin": "spins", "spinning": "spins", "rotates": "spins",
    "rotating": "spins", "turns": "spins", "turning": "spins", "grow": "grows", "growing": "grows", "swells": "grows",
    "shrink": "shrinks", "shrinking": "shrinks", "swing": "swings", "swinging": "swings", "sways": "swings",
    "circling": "circles", "rest": "rests", "resting": "rests", "stays": "rests", "staying": "rests", "hovers": "rests",
    "hovering": "rests", "stands": "rests", "ocean": "sea", "water": "sea", "waves": "sea", "seaside": "sea",
    "hill": "hills", "sand": "desert", "dunes": "desert", "heaven": "sky", "clouds": "sky", "cloudy": "sky",
    "skyline": "city", "town": "city", "buildings": "city", "mountain": "mountains", "peaks": "mountains",
    "woods": "forest", "trees": "forest", "field": "meadow", "grass": "meadow", "lawn": "meadow", "noon": "day",
    "daylight": "day", "morning": "day", "sunny": "day", "dusk": "sunset", "sunrise": "sunset", "dawn": "sunset",
    "evening": "sunset", "dark": "night", "midnight": "night", "rainy": "rain", "raining": "rain", "snowing": "snow",
    "snowfall": "snow", "snowy": "snow", "pan": "pans", "panning": "pans", "tilt": "tilts", "tilting": "tilts",
    "zoom": "zooms",
    "zooming": "zooms", "orbit": "orbits", "orbiting": "orbits", "static": "still", "fixed": "still",
    "leftwards": "left", "rightwards": "right", "upwards": "up", "upward": "up", "downwards": "down",
    "downward": "down", "inwards": "in", "outwards": "out",
}  # fmt: skip
_SILENT = frozenset(
    "a an the of over above on at by with and while through to its is are as it from into behind front video clip"
    " scene shot animation showing shows view".split()
)
_PHRASES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("green", "hills"), ("hills",)),
    (("snow", "mountains"), ("mountains",)),
    (("blue", "sky"), ("sky",)),
    (("night", "sky"), ("sky", "night")),
    (("moves", "up"), ("rises",)),
    (("moves", "down"), ("falls",)),
    (("falls", "down"), ("falls",)),
    (("rises", "up"), ("rises",)),
)
_MOVES = ("pans", "tilts", "zooms", "orbits")


@dataclass(frozen=True)
class Reading:
    """What was understood of a prompt."""

    words: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """What the network is given: LENGTH numbers."""
        found = [_NUMBER[word] for word in self.words][:LENGTH]
        return (*found, *[EMPTY] * (LENGTH - len(found)))


def read(prompt: str) -> Reading:
    """Read a prompt; what is not known is told with the nearest words that are.

    >>> read("A big red ball is falling over the ocean, camera pans left").words
    ('large', 'red', 'ball', 'falls', 'sea', 'camera', 'pans', 'left')
    >>> read("a red trangle over the sea").warnings
    ("the embedded model does not know 'trangle'; did you mean triangle?",)
    """
    said = re.findall(r"[^\W\d_]+|\d+", prompt.lower())
    words: list[str] = []
    warnings: list[str] = []
    for index, word in enumerate(said):
        canonical = _canonical(word)
        if canonical == "in" and not _way(said[:index]):
            continue  # a preposition, unless the camera zooms
        if canonical:
            words.append(canonical)
        elif word not in _SILENT:
            warnings.append(_unknown(word))
    words = _phrased(words)
    if len(words) > LENGTH:
        warnings.append(f"the embedded model reads {LENGTH} words: {' '.join(words[LENGTH:])!r} is left out")
    if not set(words) & {*TOPICS["objects"], *TOPICS["scenes"]}:
        warnings.append(f"{NOTHING_SHOWN}: an object or a scene of the embedded model's vocabulary")
    return Reading(tuple(words[:LENGTH]), tuple(dict.fromkeys(warnings)))


def known() -> dict[str, tuple[str, ...]]:
    """Give every word by topic, with the other ways to say it in brackets, for the documentation."""
    others: dict[str, list[str]] = {}
    for word, canonical in _ALSO.items():
        others.setdefault(canonical, []).append(word)
    told = {word: f"{word} ({', '.join(others[word])})" if word in others else word for word in WORDS}
    return {topic: tuple(told[word] for word in words) for topic, words in TOPICS.items()}


def _canonical(word: str) -> str | None:
    digits = {"1": "one", "2": "two", "3": "three"}
    word = digits.get(word, word)
    return word if word in _NUMBER else _ALSO.get(word)


def _way(before: list[str]) -> bool:
    """Whether `in` says where the camera goes: it comes right after its verb."""
    return bool(before) and _canonical(before[-1]) in _MOVES


def _phrased(words: list[str]) -> list[str]:
    found: list[str] = []
    index = 0
    while index < len(words):
        for phrase, meant in _PHRASES:
            if tuple(words[index : index + len(phrase)]) == phrase:
                found += meant
                index += len(phrase)
                break
        else:
            found.append(words[index])
            index += 1
    return found


def _unknown(word: str) -> str:
    near = dict.fromkeys(_canonical(other) or other for other in guesses(word, [*WORDS, *_ALSO]))
    hint = f"; did you mean {' or '.join(near)}?" if near else f"; it knows {', '.join(TOPICS['objects'])} and more"
    return f"the embedded model does not know {word!r}{hint}"
