"""A model's sound into a file that any player plays. Knows no model."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...outputs import settle

if TYPE_CHECKING:
    from numpy.typing import NDArray


def write_wave(path: Path, samples: NDArray[np.float32], rate: int) -> None:
    """Write sound of -1 to 1, (channels, samples), as 16-bit WAVE; whole or not at all."""
    unfinished = path.with_suffix(".part")
    whole = np.rint(np.clip(np.nan_to_num(np.atleast_2d(samples)), -1, 1) * 32767).astype("<i2")
    with unfinished.open("wb") as opened, wave.open(opened, "wb") as out:
        out.setnchannels(whole.shape[0])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(whole.T.tobytes())
    settle(unfinished, path)
