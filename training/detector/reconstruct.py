"""Makes a real clip's own reconstruction, and mixtures of both in their wavelet bands. Knows frames, not files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .decoder_kinds import rebuilt
from .decoders import Decoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALLEST = 32  # pixels a side


def reconstruct(decoder: Decoder, frames: NDArray[Any]) -> NDArray[Any]:
    """Send frames (T, H, W, 3) of 8 bits through a decoder; they come back in the same shape."""
    import torch

    if frames.ndim != 4 or frames.shape[3] != 3 or min(frames.shape[1:3]) < SMALLEST or not len(frames):
        raise ValueError(f"frames are (T, H, W, 3) with sides of {SMALLEST} or more, not {frames.shape}")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return rebuilt(decoder.kind, decoder.network(), frames)
    finally:
        torch.set_num_threads(threads)


def low_band_swapped(real: NDArray[Any], fake: NDArray[Any], *, reverse: bool = False) -> NDArray[Any]:
    """Give the low Haar band of `real` with the high bands of `fake`; reversed, the low of `fake`, the high of `real`.

    A fake whose low band is real has nothing but fine traces of its decoder; reversed, it has all but those.
    """
    if real.shape != fake.shape:
        raise ValueError(f"both are of one shape, not {real.shape} and {fake.shape}")
    import numpy as np

    low, high = (fake, real) if reverse else (real, fake)
    mixed = high.astype(np.float32) + _low_band(low) - _low_band(high)
    whole: NDArray[Any] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    return whole


def _low_band(frames: NDArray[Any]) -> NDArray[Any]:
    """Bring one level's low band back to full size: each 2x2 becomes its mean; an odd edge is a pair with itself."""
    import numpy as np

    _, height, width, _ = frames.shape
    even = np.pad(frames.astype(np.float32), ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    means = (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]) / 4
    whole: NDArray[Any] = means.repeat(2, axis=1).repeat(2, axis=2)[:, :height, :width]
    return whole
