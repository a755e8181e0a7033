"""Frames to latents and back: causal in time, convolutions in the picture and in time apart. Knows no text, no noise.

A clip has 1 + 8n frames; its latents are (1 + n) x H/16 x W/16. The first latent knows the first frame alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional

SPACE, TIME = 16, 8  # what one latent covers: pixels each way, frames
_PATCH, _SHORT = 8, 4  # what one place of the finer grid covers


class Norm(nn.Module):
    """Each place's channels to the same length."""

    def __init__(self, channels: int) -> None:
        """Begin with a gain of 1 for each channel."""
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Norm the last axis."""
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * self.gain.to(x.dtype)


class Block(nn.Module):
    """A convolution in the picture, one in time that looks back only, and the way past them."""

    def __init__(self, channels: int) -> None:
        """Begin as the way past."""
        super().__init__()
        self.norm_in, self.norm_out = Norm(channels), Norm(channels)
        self.space = nn.Conv2d(channels, channels, 3, padding=1)
        self.time = nn.Linear(3 * channels, channels)
        nn.init.zeros_(self.time.weight)
        nn.init.zeros_(self.time.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Change (B, T, H, W, C)."""
        b, t, h, w, c = x.shape
        y = functional.silu(self.norm_in(x)).reshape(b * t, h, w, c).permute(0, 3, 1, 2)
        y = self.space(y).permute(0, 2, 3, 1).reshape(b, t, h, w, c)
        y = functional.silu(self.norm_out(y))
        before = functional.pad(y, (0, 0, 0, 0, 0, 0, 2, 0))
        return x + self.time(torch.cat([before[:, :t], before[:, 1 : t + 1], y], -1))


def fold(x: Tensor, time: int, space: int) -> Tensor:
    """(B, T, H, W, C) to (B, T/time, H/space, W/space, time * space * space * C)."""
    b, t, h, w, c = x.shape
    x = x.reshape(b, t // time, time, h // space, space, w // space, space, c)
    return x.permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(b, t // time, h // space, w // space, time * space * space * c)


def unfold(x: Tensor, time: int, space: int, c: int) -> Tensor:
    """Undo `fold` to c channels, which are said so that a clip of no blocks can be unfolded."""
    b, t, h, w, _ = x.shape
    x = x.reshape(b, t, h, w, time, space, space, c).permute(0, 1, 4, 2, 5, 3, 6, 7)
    return x.reshape(b, t * time, h * space, w * space, c)


class SketchAutoencoder(ModelMixin, ConfigMixin):  # type: ignore[misc]  # as every model of diffusers
    """Encodes (B, 3, 1 + 8n, H, W), -1 to 1, to (B, C, 1 + n, H/16, W/16), and back."""

    config: Any  # what `register_to_config` keeps of the arguments

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 96,
        fine: int = 128,
        coarse: int = 256,
        blocks: Sequence[int] = (2, 1, 1, 3),
        shift: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
    ) -> None:
        """blocks: how many on the way down and up, fine and coarse; shift, scale: of the latents, once measured."""
        super().__init__()
        picture, pixels, patch = 3 * SPACE * SPACE, 3 * TIME * SPACE * SPACE, 3 * _SHORT * _PATCH * _PATCH
        # What a straight line can do, for the first frame and for blocks; these begin as principal components.
        self.line_first_in, self.line_first_out = (
            nn.Linear(picture, latent_channels),
            nn.Linear(latent_channels, picture),
        )
        self.line_in, self.line_out = nn.Linear(pixels, latent_channels), nn.Linear(latent_channels, pixels)
        self.fine_in = nn.Linear(patch, fine)
        self.down_fine = nn.ModuleList(Block(fine) for _ in range(blocks[0]))
        self.merge = nn.Linear(8 * fine, coarse)
        self.down_coarse = nn.ModuleList(Block(coarse) for _ in range(blocks[1]))
        self.to_latent = nn.Linear(coarse, latent_channels)
        self.from_latent = nn.Linear(latent_channels, coarse)
        self.up_coarse = nn.ModuleList(Block(coarse) for _ in range(blocks[2]))
        self.split = nn.Linear(coarse, 8 * fine)
        self.up_fine = nn.ModuleList(Block(fine) for _ in range(blocks[3]))
        self.fine_out = nn.Linear(fine, patch)
        for last in (self.to_latent, self.fine_out):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def encode(self, clip: Tensor) -> Tensor:
        """Give the latents as they are; `normed` brings them to a mean of 0 and a deviation of about 1."""
        x = clip.permute(0, 2, 3, 4, 1)
        x = torch.cat([x[:, :1].expand(-1, TIME - 1, -1, -1, -1), x], 1)  # (B, 8 (1 + n), H, W, 3)
        y = self.fine_in(fold(x, _SHORT, _PATCH))
        for block in self.down_fine:
            y = block(y)
        y = self.merge(fold(y, 2, 2))
        for block in self.down_coarse:
            y = block(y)
        first = self.line_first_in(fold(x[:, TIME - 1 : TIME], 1, SPACE))
        later = self.line_in(fold(x[:, TIME:], TIME, SPACE))
        z = torch.cat([first, later], 1) + self.to_latent(functional.silu(y))
        return z.permute(0, 4, 1, 2, 3)  # (B, C, 1 + n, H/16, W/16)

    def decode(self, latents: Tensor) -> Tensor:
        """Give frames from latents as `encode` gave them."""
        z = latents.permute(0, 2, 3, 4, 1)
        y = self.from_latent(z)
        for block in self.up_coarse:
            y = block(y)
        y = unfold(self.split(functional.silu(y)), 2, 2, self.config.fine)
        for block in self.up_fine:
            y = block(y)
        first = unfold(self.line_first_out(z[:, :1]), 1, SPACE, 3)
        later = unfold(self.line_out(z[:, 1:]), TIME, SPACE, 3)
        x = torch.cat([first, later], 1) + unfold(self.fine_out(functional.silu(y)), _SHORT, _PATCH, 3)[:, TIME - 1 :]
        return x.permute(0, 4, 1, 2, 3)  # (B, 3, 1 + 8n, H, W)

    def normed(self, latents: Tensor) -> Tensor:
        """Bring latents to what the transformer works on."""
        shift, scale = self._moments(latents)
        return (latents - shift) / scale

    def plain(self, latents: Tensor) -> Tensor:
        """Undo `normed`."""
        shift, scale = self._moments(latents)
        return latents * scale + shift

    def _moments(self, like: Tensor) -> tuple[Tensor, Tensor]:
        config = self.config
        if config.shift is None or config.scale is None:
            raise ValueError("this autoencoder has not measured its latents yet")
        return tuple(  # type: ignore[return-value]
            torch.tensor(values, dtype=like.dtype, device=like.device)[:, None, None, None]
            for values in (config.shift, config.scale)
        )

    def forward(self, clip: Tensor) -> Tensor:
        """Encode and decode."""
        return self.decode(self.encode(clip))
