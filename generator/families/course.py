"""How a request is made by one set of weights: which class, how many calls, what each begins from. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from pathlib import Path

from ...errors import FeatureLacking, PromptInvalid
from ..request import Feature, Request
from .camera import said
from .family import Family, Guide, Way
from .folder import Checkpoint
from .registry import with_both, with_features

_GUIDES = frozenset(
    {Feature.IMAGE, Feature.LAST_FRAME, Feature.KEYFRAMES, Feature.VIDEO, Feature.STRENGTH, Feature.BRUSH}
)


@dataclass(frozen=True)
class Given:
    """What is known of the pictures and clips of a request before anything is made."""

    shape: tuple[int, int] | None = None  # width, height of the first of them
    clip_frames: int | None = None  # of the video that is made over, as far as a call goes
    clip_rate: Fraction | None = None


@dataclass(frozen=True)
class Call:
    """One run of a pipeline."""

    checkpoint: Checkpoint
    way: Way
    frames: int  # of the call
    before: int  # frames of what went before that it begins with
    stills: tuple[tuple[int, Path], ...]  # which picture is which frame of the call
    brush: bool = False
    clip: bool = False  # it makes the given clip over

    @property
    def gives(self) -> int:
        """How many new frames come of it."""
        return self.frames - self.before

    @property
    def skips(self) -> int:
        """How many frames at its beginning are those that went before."""
        return self.before * self.way.repeats


@dataclass(frozen=True)
class Course:
    """All calls of a request, and what is the same in all of them."""

    size: tuple[int, int]  # width, height of what the model makes
    frame_rate: Fraction  # of what the model makes
    calls: tuple[Call, ...]
    steps: int
    guidance: float

    @property
    def checkpoint(self) -> Checkpoint:
        """The weights that begin."""
        return self.calls[0].checkpoint

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """All weights that have a part in it, in their order."""
        return tuple({call.checkpoint.folders: call.checkpoint for call in self.calls}.values())

    @property
    def frames(self) -> int:
        """How many frames the model gives."""
        return sum(call.gives for call in self.calls)

    @property
    def longest(self) -> int:
        """Frames of the longest call."""
        return max(call.frames for call in self.calls)

    def longest_of(self, checkpoint: Checkpoint) -> int:
        """Frames of the longest call of some of the weights."""
        return max(call.frames for call in self.calls if call.checkpoint.folders == checkpoint.folders)


def laid(request: Request, checkpoint: Checkpoint, given: Given, beside: Iterable[Checkpoint] = ()) -> Course | None:
    """Lay out what the weights would do for a request; None: they can't do it.

    beside: other weights of their family, which may go on where these can't.
    """
    family = checkpoint.family
    ways = family.ways_of(checkpoint.kind)
    first = next((way for way in ways if way.fits(request.needs)), None)
    if first is None:
        return None
    rate = _own_rate(request, checkpoint, first, given)
    size = family.fitting(request.size or _shaped(family.size, given.shape))
    alike = [one for one in beside if _is_alike(one.family, family, size)]
    calls = _calls(request, (checkpoint, *alike), first, rate, given)
    _check_places(request, calls, rate, family.grid.step)
    return Course(
        size,
        rate,
        calls,
        request.steps or family.steps,
        family.guidance if request.guidance is None else request.guidance,
    )


def _is_alike(one: Family, other: Family, size: tuple[int, int]) -> bool:
    """Tell whether two sets of weights make frames that can be one film, and are asked for them alike."""
    asked = [(family.name, family.frame_rate, family.steps, family.guidance) for family in (one, other)]
    return asked[0] == asked[1] and one.fitting(size) == size


def lacking(request: Request, name: str, ways: Iterable[Way]) -> FeatureLacking:
    """Say what a model lacks, or wants besides, and which families have all that was asked for at once."""
    ways, needs = tuple(ways), request.needs
    missing = needs.difference(*(way.takes for way in ways))
    wanted = next((way.wants(needs) for way in ways if needs <= way.takes), frozenset())
    clashing = next((pair for way in ways if needs <= way.takes and (pair := way.clashes(needs))), needs)
    if missing:
        what = f"lacks {', '.join(sorted(missing))}"
    elif wanted:
        what = f"can't do without {', '.join(sorted(wanted))}"
    else:
        what = f"can't do {', '.join(sorted(clashing))} at once"
    return FeatureLacking(f"{name} {what}", advice=_who(with_features(needs)))


def _who(able: tuple[str, ...]) -> str:
    if not able:
        return "no family that is known here can do all of that at once; ask for less"
    return f"these can: {', '.join(able)}; --model takes their name, or a folder of such weights"


def _shaped(size: tuple[int, int], like: tuple[int, int] | None) -> tuple[int, int]:
    """Give a size of about that area in the shape of a picture."""
    if like is None:
        return size
    scale = (prod(size) / prod(like)) ** 0.5
    return round(like[0] * scale), round(like[1] * scale)


def _own_rate(request: Request, checkpoint: Checkpoint, way: Way, given: Given) -> Fraction:
    """Give the rate at which the model's frames look right; some are told it, and take any that is not far off."""
    if request.video is not None and given.clip_rate:
        return given.clip_rate
    usual = checkpoint.family.frame_rate
    asked = request.frame_rate
    return asked if asked and way.names.frame_rate and usual / 2 <= asked <= usual * 2 else usual


def _calls(
    request: Request, weights: tuple[Checkpoint, ...], first: Way, rate: Fraction, given: Given
) -> tuple[Call, ...]:
    checkpoint = weights[0]
    grid = checkpoint.family.grid
    wanted = grid.usual if request.seconds is None else max(2, round(Fraction(request.seconds) * rate))
    if request.video is not None:
        there = given.clip_frames or grid.usual
        wanted = grid.nearest(min(there, wanted) if request.seconds else there)
        return (_call(request, checkpoint, first, wanted, 0, 0, wanted, rate),)
    before = first.overlap if request.extend else 0
    if wanted + before <= grid.most:
        frames = grid.enough(wanted + before) if before else grid.nearest(wanted)
        return (_call(request, checkpoint, first, frames, before, 0, frames - before, rate),)
    following, later = _later(request, weights)
    calls: list[Call] = []
    made = 0
    while made < wanted:
        one, way = (following, later) if made else (checkpoint, first)
        grid = one.family.grid
        before = way.overlap if made or request.extend else 0
        frames = min(grid.usual, grid.enough(wanted - made + before))
        calls.append(_call(request, one, way, frames, before, made, wanted, rate))
        made += calls[-1].gives
    return tuple(calls)


def _later(request: Request, weights: tuple[Checkpoint, ...]) -> tuple[Checkpoint, Way]:
    """Find the weights and the way by which a film goes on where one call ends: the same weights, if they can."""
    needs = (request.needs - _GUIDES - {Feature.TEXT}) | {Feature.EXTEND}
    needs |= {Feature.LAST_FRAME} if request.last_image else frozenset()
    needs |= {Feature.KEYFRAMES} if request.keyframes else frozenset()
    if Feature.SOUND not in needs and Feature.BRUSH not in request.needs:
        for one in weights:
            for way in one.family.ways_of(one.kind):
                if way.fits(needs) and way.overlap:
                    return one, way
    checkpoint = weights[0]
    family = checkpoint.family
    most = float(family.grid.most / family.frame_rate)
    what = "with sound " if request.sound else "with a brush " if request.brush else ""
    advice = "ask for less, or make the rest by --extend"
    if not what:
        advice = _who(with_both(request.needs, needs))
        if any(way.fits(needs) and way.overlap for way in family.ways):
            advice += f"; or --model {family.name}, where weights of it that begin with a picture are in the cache, too"
    raise FeatureLacking(
        f"{checkpoint.name} makes at most {most:.1f} s {what}in one go, and can't go on from there", advice=advice
    )


def _check_places(request: Request, calls: tuple[Call, ...], rate: Fraction, step: int) -> None:
    """Refuse a picture for a time after the end, and two pictures for one frame."""
    frames = sum(call.gives for call in calls)
    for key in request.keyframes:
        if key.seconds * rate > frames + step:  # a film may be a little shorter than asked
            raise PromptInvalid(
                f"no frame is at {key.seconds:g} s of {float(frames / rate):.2f} s", advice="ask for more --seconds"
            )
    for call in calls:
        places = [place for place, _ in call.stills]
        twice = next((place for place in places if places.count(place) > 1), None)
        if twice is not None:
            names = " and ".join(path.name for place, path in call.stills if place == twice)
            raise PromptInvalid(f"{names} are to be one frame", advice="give one of them, or another time")


def _call(
    request: Request,
    checkpoint: Checkpoint,
    way: Way,
    frames: int,
    before: int,
    start: int,
    total: int,
    rate: Fraction,
) -> Call:
    """Lay out one call: `start` is the film's frame after what went before, `total` the film's frames."""
    shift = before - start  # from a frame of the film to one of the call
    last = max(total, start + frames - before) - 1
    stills = [(0, request.image)] if request.image and not start and not before else []
    for key in request.keyframes:
        place = min(round(Fraction(key.seconds) * rate), last) + shift
        if before <= place < frames:
            stills.append((place, key.image))
    if request.last_image and last + shift < frames:
        stills.append((frames - 1, request.last_image))
    brush, clip = request.brush is not None, request.video is not None
    return Call(checkpoint, way, frames, before, tuple(sorted(stills)), brush, clip)


def prompt_of(request: Request, way: Way) -> str:
    """Give the words that a call is given."""
    return said(request.prompt, request.camera) if request.camera and guided_by_words(way) else request.prompt


def guided_by_words(way: Way) -> bool:
    """Tell whether a camera's move has to be said in words."""
    return way.guide is not Guide.CAMERA_PATH
