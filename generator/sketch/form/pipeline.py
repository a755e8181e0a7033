"""The embedded model as a pipeline of diffusers: `SketchPipeline.from_pretrained(folder)`. The same engine runs it.

from countermark.generator.sketch.form.pipeline import SketchPipeline
pipe = SketchPipeline.from_pretrained("generator/sketch/weights")
frames = pipe("a red ball bounces over the sea", seed=3).frames
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers.utils.outputs import BaseOutput
from torch import Tensor

from ..engine import FRAMES, Engine, Given
from ..sampling import GUIDANCE, STEPS
from .autoencoder import SketchAutoencoder
from .transformer import SketchTransformer, SketchWords

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


@dataclass
class SketchOutput(BaseOutput):
    """frames: (B, T, H, W, 3) float32, 0 to 1, as other pipelines give them for output_type="np"."""

    frames: NDArray[np.float32]


class SketchPipeline(DiffusionPipeline):
    """Words, and pictures, to a clip."""

    words: SketchWords
    transformer: SketchTransformer
    autoencoder: SketchAutoencoder

    def __init__(self, words: SketchWords, transformer: SketchTransformer, autoencoder: SketchAutoencoder) -> None:
        """Take the three networks."""
        super().__init__()
        self.register_modules(words=words, transformer=transformer, autoencoder=autoencoder)

    @torch.no_grad()
    def __call__(
        self,
        prompt: str,
        height: int = 128,
        width: int = 128,
        num_frames: int = FRAMES,
        num_inference_steps: int = STEPS,
        guidance_scale: float = GUIDANCE,
        negative_prompt: str | None = None,
        seed: int = 0,
        given: Given | None = None,
    ) -> SketchOutput:
        """Make a clip; the same seed is the same noise as in the graphs."""
        made = Engine(_Torch(self)).make(
            prompt,
            height=height,
            width=width,
            frames=num_frames,
            steps=num_inference_steps,
            guidance=guidance_scale,
            negative=negative_prompt,
            seed=seed,
            given=given,
        )
        return SketchOutput(frames=made[None].astype(np.float32) / np.float32(255))


class _Torch:
    """The networks as torch runs them, on the pipeline's device."""

    def __init__(self, pipe: SketchPipeline) -> None:
        self.pipe, self.device, self.dtype = pipe, pipe.device, pipe.transformer.dtype

    def encode(self, clip: Floats) -> Floats:
        coder = self.pipe.autoencoder
        latents = coder.normed(coder.encode(self._in(clip).permute(3, 0, 1, 2)[None]))
        return self._out(latents[0].permute(1, 2, 3, 0))

    def decode(self, latents: Floats) -> Floats:
        coder = self.pipe.autoencoder
        clip = coder.decode(coder.plain(self._in(latents).permute(3, 0, 1, 2)[None]))
        return self._out(clip[0].permute(1, 2, 3, 0))

    def words(self, numbers: NDArray[np.int64]) -> Floats:
        return self._out(self.pipe.words(torch.from_numpy(numbers).to(self.device)))

    def velocity(self, tokens: Floats, places: Floats, given: Floats, noise: float, words: Floats) -> Floats:
        level = torch.full((len(tokens),), noise, device=self.device)
        where = torch.from_numpy(places).to(self.device)[None].expand(len(tokens), -1, -1, -1, -1)
        known = self._in(given)[None].expand(len(tokens), -1)
        return self._out(self.pipe.transformer(self._in(tokens), where, known, level, self._in(words)))

    def _in(self, array: Floats) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device, self.dtype)

    def _out(self, tensor: Tensor) -> Floats:
        return np.ascontiguousarray(tensor.float().cpu().numpy())
