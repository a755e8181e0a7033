"""The calls of one request, each beginning where the one before ended; after a kill, they go on at the last one kept.

What a call begins with lies in the folder, sealed, as soon as it is there (its tail); finished frames are the door's to
keep.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ModelUnfit
from ...settings import Settings
from ..maker import Kept, Plan, Progress
from ..pictures import at_rate, own_place
from ..request import Request
from ..sealed import Shelf
from .calling import Shot
from .course import Call, Course, prompt_of
from .materials import Materials, gathered
from .running import Runners, Taken
from .sound import write_wave

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FRAMES, _SOUND = "frames", "sound.wav"


class Film:
    """One request on its way; nothing is called until frames are asked for."""

    def __init__(
        self, request: Request, plan: Plan, course: Course, runners: Runners, options: Settings, folder: Path
    ) -> None:
        """Take what was planned, and the folder for what must lie somewhere meanwhile."""
        self._request, self._plan, self._course, self._runners = request, plan, course, runners
        self._options, self._folder = options, folder
        self._shelf = Shelf(folder, options.home)
        self._starts = tuple(accumulate((call.gives for call in course.calls[:-1]), initial=0))

    def pictures(self, kept: Kept, progress: Progress) -> Iterator[NDArray[np.uint8]]:
        """Give the frames after those that are kept."""
        if kept.count >= self._plan.frames:
            return
        own, rate = self._course.frame_rate, self._plan.frame_rate
        begin = self._begin(own_place(kept.count, own, rate))
        source = self._own_frames(begin, progress)
        numbers = range(kept.count, self._plan.frames)
        yield from at_rate(source, self._starts[begin], numbers, own, rate, self._plan.size)

    def with_sound(self, progress: Progress) -> Path:
        """Make all of it now, as sound comes in one piece; give where the sound is."""
        sound = self._folder / _SOUND
        if not (sound.is_file() and self._shelf.has(_FRAMES)):
            materials = gathered(self._request, self._course, self._options)
            taken = self._taken(0, materials, list(materials.before), progress)
            self._runners.free()
            if taken.sound is None:
                raise ModelUnfit(
                    f"{self._course.checkpoint.name} gave no sound", advice="ask for the film without its sound"
                )
            write_wave(sound, taken.sound, taken.sound_rate)
            self._shelf.put(_FRAMES, taken.frames)
        return sound

    def made(self, kept: Kept) -> Iterator[NDArray[np.uint8]]:
        """Give the frames of what was made with its sound, after those that are kept."""
        source = self._shelf.pictures(_FRAMES)
        numbers = range(kept.count, self._plan.frames)
        yield from at_rate(source, 0, numbers, self._course.frame_rate, self._plan.frame_rate, self._plan.size)

    def _begin(self, place: int) -> int:
        """Find the last call that gives the frame of that place, or one before it, and whose tail is kept."""
        calls = [number for number, start in enumerate(self._starts) if start <= place]
        return next(number for number in reversed(calls) if not number or self._tail(number) is not None)

    def _own_frames(self, begin: int, progress: Progress) -> Iterator[NDArray[np.uint8]]:
        materials = gathered(self._request, self._course, self._options)
        tail = self._tail(begin) if begin else None
        before = list(materials.before if tail is None else tail)
        count = len(self._course.calls)
        for number in range(begin, count):
            taken = self._taken(number, materials, before, _share(progress, number, count))
            following = self._course.calls[number + 1].before if number + 1 < count else 0
            if following:
                before = [*before, *taken.frames][-following:]
                self._shelf.put(f"tail-{number + 1}", before)
            else:
                self._runners.free()  # what follows is scaling and writing
            yield from taken.frames

    def _tail(self, number: int) -> list[NDArray[np.uint8]] | None:
        """Give what a call begins with, if an earlier try kept it."""
        wide, high = self._course.size
        name = f"tail-{number}"
        if not self._shelf.has(name):
            return None
        tail = list(self._shelf.pictures(name))
        call, chosen = self._course.calls[number], self._course.calls[number - 1].way.names.size
        fits = len(tail) == call.before and (not chosen or tail[0].shape == (high, wide, 3))
        return tail if fits else None

    def _taken(self, number: int, materials: Materials, before: list[NDArray[np.uint8]], progress: Progress) -> Taken:
        call = self._course.calls[number]
        shot = self._shot(call, materials, before)
        return self._runners.of(call.checkpoint).take(shot, self._request.seed + number, progress)

    def _shot(self, call: Call, materials: Materials, before: list[NDArray[np.uint8]]) -> Shot:
        request, course = self._request, self._course
        return Shot(
            call,
            course.size,
            course.frame_rate,
            prompt_of(request, call.way),
            course.steps,
            course.guidance,
            request.negative,
            request.camera,
            request.strength,
            {place: materials.stills[path] for place, path in call.stills},
            materials.clip if call.clip else (),
            before[-call.before :] if call.before else (),
            materials.mask if call.brush else None,
            materials.direction,
        )


def _share(progress: Progress, number: int, count: int) -> Progress:
    """Tell a call's own share of what all of them take."""
    return lambda share: progress((number + share) / count)
