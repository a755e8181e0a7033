"""From words and pictures to one clip of the embedded model, whatever runs its networks. Knows no files, no film.

A clip is 1 + 8n frames at `FRAME_RATE`. What is given (a first picture, keyframes, a clip's last frames) is laid beside
what is to be made as clean tokens; what is made over begins between itself and noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from . import sampling
from .places import places
from .words import EMPTY, LENGTH, read

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

FRAME_RATE = 12  # of the clips that it was taught
FRAMES = 25
SIDE, BLOCK = 16, 8  # what one token covers: pixels each way, frames
SHAPES = {"square": (128, 128), "wide": (96, 176), "tall": (176, 96)}  # height, width that it was taught


class Backend(Protocol):
    """What runs the three networks; every array is float32 unless said."""

    def encode(self, clip: Floats) -> Floats:
        """(T, H, W, 3), -1 to 1, to latents (t, h, w, C) of mean 0 and deviation 1."""
        ...

    def decode(self, latents: Floats) -> Floats:
        """Undo `encode`."""
        ...

    def words(self, numbers: NDArray[np.int64]) -> Floats:
        """(B, L) to features (B, L, D)."""
        ...

    def velocity(self, tokens: Floats, places: Floats, given: Floats, noise: float, words: Floats) -> Floats:
        """(B, F, h, w, C), (F, h, w, 3), (F,) and (B, L, D) to (B, F, h, w, C)."""
        ...


@dataclass(frozen=True)
class Given:
    """Pictures that a clip is made from or goes through, each (H, W, 3) uint8 of the clip's own size."""

    first: Pixels | None = None
    begun: Pixels | None = None  # (9, H, W, 3): the clip begins with these
    ends: Mapping[int, Pixels] = field(default_factory=dict)  # by which block of 8 frames ends with it, from 1
    over: Pixels | None = None  # (T, H, W, 3): a clip to be made over
    strength: float = 1.0  # how much noise it is made over from


@dataclass(frozen=True)
class Engine:
    """Makes clips."""

    backend: Backend

    @classmethod
    def load(cls, threads: int | None = None) -> Engine:
        """Run the networks that are shipped, on ONNX Runtime."""
        from .graphs import Graphs

        return cls(Graphs.load(threads))

    def make(
        self,
        prompt: str,
        *,
        height: int = 128,
        width: int = 128,
        frames: int = FRAMES,
        seed: int = 0,
        steps: int = sampling.STEPS,
        guidance: float = sampling.GUIDANCE,
        negative: str | None = None,
        given: Given | None = None,
        told: Callable[[float], None] | None = None,
    ) -> Pixels:
        """Give the frames (T, H, W, 3); `told` hears the share done."""
        import numpy as np

        given = given or Given()
        grid = (1 + (frames - 1) // BLOCK, height // SIDE, width // SIDE)
        if grid != ((frames + BLOCK - 1) / BLOCK, height / SIDE, width / SIDE):
            raise ValueError(f"{frames} frames of {width}x{height}: not 1 + {BLOCK}n frames of sides of {SIDE}n")
        features = self.backend.words(np.asarray([_numbers(prompt), _numbers(negative)], np.int64))
        laid = self._lay(grid, given, np.random.default_rng(seed))

        def velocity(tokens: Floats, noise: float, said: bool) -> Floats:
            words = features[:1] if said else features[1:]
            way: Floats = self.backend.velocity(tokens[None], laid.places, laid.given, noise, words)[0]
            return way

        start = given.strength if given.over is not None else 1.0
        tokens = sampling.sample(velocity, laid.tokens, laid.free, steps, guidance, start, told)
        return pixels(self.backend.decode(np.ascontiguousarray(tokens[: grid[0]])))

    def _lay(self, grid: tuple[int, int, int], given: Given, rng: np.random.Generator) -> _Laid:
        """Lay what is to be made and what is given side by side."""
        import numpy as np

        times, rows, columns = grid
        at, known = [places(times, rows, columns)], np.zeros(times, np.float32)
        clean: Floats | None = None
        for picture, most in ((given.begun, 2), (None if given.first is None else given.first[None], 1)):
            if picture is not None and clean is None:
                clean = self._encoded(picture)[:most]
                known[:most] = 1
        ends = [self._encoded(given.ends[block][None]) for block in sorted(given.ends)]
        at += [places(1, rows, columns, block) for block in sorted(given.ends)]
        over = None if given.over is None else self._encoded(given.over)
        channels = next((x.shape[-1] for x in (clean, over, *ends) if x is not None), None) or self._channels()
        tokens = noise = rng.standard_normal((*grid, channels)).astype(np.float32)
        if over is not None:
            level = sampling.levels(1, given.strength)[0]
            tokens = np.asarray((1 - level) * over + level * noise, np.float32)
        if clean is not None:
            tokens[: len(clean)] = clean
        held = np.concatenate([known, np.ones(len(ends), np.float32)])
        return _Laid(np.concatenate([tokens, *ends]), np.concatenate(at), held)

    def _encoded(self, clip: Pixels) -> Floats:
        import numpy as np

        return self.backend.encode(np.asarray(clip, np.float32) / np.float32(127.5) - np.float32(1))

    def _channels(self) -> int:
        import numpy as np

        return int(self._encoded(np.zeros((1, SIDE, SIDE, 3), np.uint8)).shape[-1])


@dataclass(frozen=True)
class _Laid:
    """Pictures of tokens (F, h, w, C), where these are (F, h, w, 3), and which pictures are clean (F,)."""

    tokens: Floats
    places: Floats
    given: Floats

    @property
    def free(self) -> Floats:
        """1 where tokens may move."""
        return 1 - self.given[:, None, None, None]


def pixels(clip: Floats) -> Pixels:
    """-1 to 1 as bytes."""
    import numpy as np

    return np.asarray(np.clip(np.rint((clip + 1) * 127.5), 0, 255), np.uint8)


def _numbers(prompt: str | None) -> tuple[int, ...]:
    return read(prompt).numbers if prompt else (EMPTY,) * LENGTH
