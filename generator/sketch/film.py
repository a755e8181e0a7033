"""A film of any length: parts of 25 frames, each going on from the last 9 of the one before. Knows no files of users.

Finished parts are kept, sealed, so that what a kill interrupts goes on after them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..sealed import Shelf
from . import sampling
from .engine import BLOCK, FRAMES, Engine, Given

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

CARRIED = 9  # frames that a part begins with and does not show again
FRESH = FRAMES - CARRIED


@dataclass(frozen=True)
class Script:
    """What a film is to show, every picture in the model's own size (height, width)."""

    prompt: str
    shape: tuple[int, int]
    frames: int  # of the model's own
    seed: int = 0
    steps: int = sampling.STEPS
    guidance: float = sampling.GUIDANCE
    negative: str | None = None
    stills: Mapping[int, Pixels] = field(default_factory=dict)  # by the frame that shows it: a whole number of blocks
    begun: Pixels | None = None  # (9, H, W, 3): it goes on from these, which are not shown again
    over: Sequence[Pixels] = ()  # a clip that is made over, frame by frame
    strength: float = 1.0

    @property
    def parts(self) -> int:
        """How many calls of the model it takes."""
        return parts_of(self.frames, self.begun is not None)


def parts_of(frames: int, goes_on: bool) -> int:
    """How many calls of the model so many frames take; one that goes on shows none of what it is given."""
    return -(-frames // FRESH) if goes_on else 1 + -(-max(frames - FRAMES, 0) // FRESH)


def film(engine: Engine, script: Script, shelf: Shelf, told: Callable[[float], None]) -> Iterator[Pixels]:
    """Give the frames one by one, RGB (H, W, 3)."""
    import numpy as np

    left, carried, at = script.frames, script.begun, -CARRIED if script.begun is not None else 0
    for number in range(script.parts):

        def share(done: float, before: int = number) -> None:
            told((before + done) / script.parts)

        name = f"part-{number:05d}"
        if shelf.has(name):  # from an earlier try
            made = np.stack(list(shelf.pictures(name)))
        else:
            made = _part(engine, script, number, _given(script, at, carried), share)
            shelf.put(name, made)
        shown = made[CARRIED if carried is not None else 0 :][:left]
        yield from shown
        left -= len(shown)
        at += len(made) - CARRIED
        carried = made[-CARRIED:]


def _given(script: Script, at: int, carried: Pixels | None) -> Given:
    """Say what a part is to show, which begins at that frame of the film."""
    import numpy as np

    ends = {(frame - at) // BLOCK: picture for frame, picture in script.stills.items() if 0 < frame - at < FRAMES}
    if carried is not None:  # what is carried was made to end like that already
        ends = {block: picture for block, picture in ends.items() if block * BLOCK >= CARRIED}
    over = None
    if script.over:
        window = [script.over[min(max(at + index, 0), len(script.over) - 1)] for index in range(FRAMES)]
        over = np.stack(window)
    return Given(
        first=script.stills.get(0) if carried is None else None,
        begun=carried,
        ends=ends,
        over=over,
        strength=script.strength,
    )


def _part(engine: Engine, script: Script, number: int, given: Given, told: Callable[[float], None]) -> Pixels:
    return engine.make(
        script.prompt,
        height=script.shape[0],
        width=script.shape[1],
        seed=(script.seed + number * 0x9E3779B97F4A7C15) % (1 << 64),  # no part is drawn from another's noise
        steps=script.steps,
        guidance=script.guidance,
        negative=script.negative,
        given=given,
        told=told,
    )
