"""From noise to latents: Adams and Bashforth's two-step rule along a velocity, with guidance. Knows no network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]
    Velocity = Callable[[Floats, float, bool], Floats]  # tokens, level of noise, whether the words are said

STEPS = 24
GUIDANCE = 4.0
SHIFT = 2.0  # more of the steps where there is more noise
UNGUIDED_BELOW = 0.12  # what little noise is left there is no matter of words


def levels(steps: int, start: float = 1.0) -> list[float]:
    """Give the noise before each step, and 0 at the end; `start` is below 1 where a clip is made over."""
    evenly = [start * (1 - step / steps) for step in range(steps + 1)]
    return [SHIFT * level / (1 + (SHIFT - 1) * level) for level in evenly]


def sample(
    velocity: Velocity,
    tokens: Floats,
    free: Floats,
    steps: int,
    guidance: float,
    start: float = 1.0,
    told: Callable[[float], None] | None = None,
) -> Floats:
    """Take the noise out of `tokens` where `free` is 1, and leave them where it is 0; `told` hears the share done."""
    path = levels(steps, start)
    before: tuple[Floats, float] | None = None
    for step, (now, then) in enumerate(zip(path, path[1:], strict=False)):
        way = velocity(tokens, now, True)
        if guidance != 1 and now > UNGUIDED_BELOW:
            plain = velocity(tokens, now, False)
            way = plain + guidance * (way - plain)
        way = free * way
        length = then - now
        if before is None:
            tokens = tokens + length * way
        else:
            bend = length / (2 * before[1])
            tokens = tokens + length * ((1 + bend) * way - bend * before[0])
        before = (way, length)
        if told:
            told((step + 1) / steps)
    return tokens
