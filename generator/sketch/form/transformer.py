"""From words and noise to latents: a transformer over patches of space and time. Knows no pixels, no sampler.

Every token is one latent and says where and when it is; words are tokens of their own in front of them. Tokens that
are given (a first picture, a keyframe, a clip's end) are clean, and the others are as noisy as the step says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional

from .autoencoder import Norm


class SketchWords(ModelMixin, ConfigMixin):  # type: ignore[misc]  # as every model of diffusers
    """Numbers of words (B, L) to features (B, L, D), each in the light of the others."""

    config: Any

    @register_to_config
    def __init__(self, words: int = 64, length: int = 16, width: int = 256, layers: int = 1, heads: int = 4) -> None:
        """words: how many numbers there are; length: how many of a prompt are read."""
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.place = nn.Parameter(torch.randn(length, width) * 0.02)
        self.stack = nn.ModuleList(Layer(width, heads, 2) for _ in range(layers))
        self.norm = Norm(width)
        nn.init.normal_(self.embed.weight, std=0.5)

    def forward(self, numbers: Tensor) -> Tensor:
        """Give the features."""
        x = self.embed(numbers) + self.place
        for layer in self.stack:
            x = layer(x)
        return self.norm(x)


class Attention(nn.Module):
    """Every token looks at every other; queries and keys have the same length, and are turned by where they are."""

    def __init__(self, width: int, heads: int) -> None:
        """width: of all heads together."""
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.norm_q, self.norm_k = Norm(width // heads), Norm(width // heads)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor, Tensor] | None) -> Tensor:
        """Change (B, N, D); `turn` is what `turns` gives."""
        b, n, d = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        q, k = self.norm_q(q), self.norm_k(k)
        if turn is not None:
            q, k = turned(q, turn), turned(k, turn)
        seen = torch.softmax(q @ k.transpose(-1, -2) * (d // self.heads) ** -0.5, -1)  # (B, heads, N, N)
        return self.out((seen.to(v.dtype) @ v).transpose(1, 2).reshape(b, n, d))


def turned(x: Tensor, turn: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Turn pairs of channels (B, heads, N, D) by angles, as cosines and sines (B, 1, N, D) and who pairs with whom."""
    cos, sin, pairs = turn
    return x * cos + (x @ pairs) * sin  # a product is faster than to cut and join


class Layer(nn.Module):
    """Attention and a gated step for each token, both under what the step says (a scale, a shift and a gate each).

    Before its own step, each token of a picture looks at its eight neighbours: what lies side by side fits early.
    """

    def __init__(self, width: int, heads: int, wider: int = 4, told: bool = False) -> None:
        """told: whether a step will say its scales, shifts and gates, and tokens lie in pictures."""
        super().__init__()
        self.attention = Attention(width, heads)
        self.norm_one, self.norm_two = Norm(width), Norm(width)
        self.rise, self.sink = nn.Linear(width, wider * width, bias=False), nn.Linear(wider * width, width, bias=False)
        self.own = nn.Parameter(torch.zeros(6, width)) if told else None
        self.near = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False) if told else None
        for last in (self.attention.out, self.sink):
            nn.init.normal_(last.weight, std=0.02 / math.sqrt(width))
        if self.near is not None:
            nn.init.zeros_(self.near.weight)

    def forward(self, x: Tensor, lie: Lie | None = None, said: Tensor | None = None) -> Tensor:
        """Change (B, N, D); said: (B, 1 or N, 6, D)."""
        if lie is None or said is None or self.own is None:
            x = x + self.attention(self.norm_one(x), None)
            return x + self.sink(functional.silu(self.rise(self.norm_two(x))))
        scale, shift, gate, scale_two, shift_two, gate_two = (said + self.own.to(said.dtype)).unbind(2)
        x = x + (1 + gate) * self.attention(self.norm_one(x) * (1 + scale) + shift, lie.turn)
        y = self._look_around(self.norm_two(x) * (1 + scale_two) + shift_two, lie)
        return x + (1 + gate_two) * self.sink(functional.silu(self.rise(y)))

    def _look_around(self, x: Tensor, lie: Lie) -> Tensor:
        assert self.near is not None
        words, tokens = x[:, : lie.words], x[:, lie.words :]
        b, n, d = tokens.shape
        pictures = tokens.reshape(b * n // (lie.rows * lie.columns), lie.rows, lie.columns, d).permute(0, 3, 1, 2)
        around = self.near(pictures).permute(0, 2, 3, 1).reshape(b, n, d)
        return torch.cat([words, tokens + around], 1)


@dataclass(frozen=True)
class Lie:
    """How tokens lie: words first, then pictures of rows and columns, each token turned by its place."""

    words: int
    rows: int
    columns: int
    turn: tuple[Tensor, Tensor, Tensor]


class SketchTransformer(ModelMixin, ConfigMixin):  # type: ignore[misc]  # as every model of diffusers
    """Says where noisy tokens should go: the velocity from the clean latent to the noise."""

    config: Any

    @register_to_config
    def __init__(self, channels: int = 96, width: int = 256, layers: int = 8, heads: int = 4, halfway: int = 4) -> None:
        """halfway: after which layer the tokens are looked at in training."""
        super().__init__()
        self.enter, self.leave = nn.Linear(channels, width), nn.Linear(width, channels)
        self.kinds = nn.Parameter(torch.randn(3, width) * 0.02)  # words, tokens to make, tokens that are given
        self.step = nn.Sequential(nn.Linear(64, width), nn.SiLU(), nn.Linear(width, width))
        self.about = nn.Linear(width, width)  # all words at once
        self.say = nn.Linear(width, 6 * width)
        self.last = nn.Linear(width, 2 * width)
        self.stack = nn.ModuleList(Layer(width, heads, 4, told=True) for _ in range(layers))
        self.norm = Norm(width)
        for line in (self.say, self.last, self.leave):
            nn.init.zeros_(line.weight)
            nn.init.zeros_(line.bias)

    def forward(self, tokens: Tensor, places: Tensor, given: Tensor | None, noise: Tensor, words: Tensor) -> Tensor:
        """Give the velocity (B, F, H, W, C).

        tokens: (B, F, H, W, C), F pictures of latents. places: (B, F, H, W, 3) when (latents), row, column. given:
        (B, F), 1 where a picture is clean, or None. noise: (B,), 0 clean to 1 noise. words: (B, L, D) of `SketchWords`.
        """
        return self.both(tokens, places, given, noise, words)[0]

    def both(
        self, tokens: Tensor, places: Tensor, given: Tensor | None, noise: Tensor, words: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Give the velocity, and what the tokens are halfway (B, F, H, W, D): training looks at it, too."""
        b, f, h, w, _ = tokens.shape
        length = words.shape[1]
        entered = self.enter(tokens)  # (B, F, H, W, D)
        kinds = self.kinds.to(entered.dtype)
        said = self.say(now := self._level(noise, words)).unflatten(-1, (6, -1))[:, None]  # (B, 1, 6, D)
        if given is None:
            entered = entered + kinds[1]
        else:
            mark = given.to(entered.dtype)[:, :, None, None, None]
            entered = entered + kinds[1] * (1 - mark) + kinds[2] * mark
            clean = self.say(self._level(torch.zeros_like(noise), words)).unflatten(-1, (6, -1))[:, None]
            mark = mark.expand(b, f, h, w, 1).reshape(b, f * h * w, 1, 1)
            mark = torch.cat([mark[:, :1].expand(b, length, 1, 1) * 0, mark], 1)
            said = said * (1 - mark) + clean * mark  # (B, L + N, 6, D)
        x = torch.cat([words.to(entered.dtype) + kinds[0], entered.reshape(b, f * h * w, entered.shape[-1])], 1)
        turn = turns(places.reshape(b, f * h * w, 3), length, x.shape[-1] // self.config.heads, x.dtype)
        half = x
        for index, layer in enumerate(self.stack):
            x = layer(x, Lie(length, h, w, turn), said)
            if index + 1 == self.config.halfway:
                half = x
        scale, shift = self.last(now)[:, None].chunk(2, -1)
        way = self.leave(self.norm(x[:, length:]) * (1 + scale) + shift)
        return way.reshape(b, f, h, w, way.shape[-1]), half[:, length:].reshape(b, f, h, w, half.shape[-1])

    def _level(self, noise: Tensor, words: Tensor) -> Tensor:
        rate = self.step(waves(noise, 64).to(words.dtype))
        return functional.silu(rate + self.about(words.mean(1)))


def waves(level: Tensor, number: int) -> Tensor:
    """Sines and cosines of a level from 0 to 1: (B, number)."""
    rates = torch.exp(torch.arange(number // 2, device=level.device) * (math.log(1000.0) / (number // 2)))
    angle = level.float()[:, None] * rates
    return torch.cat([angle.sin(), angle.cos()], -1)


def turns(places: Tensor, length: int, width: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Cosines and sines of where tokens are, (B, 1, L + N, width), and pairs; words are nowhere, and are not turned."""
    half = width // 2
    side = (half - half // 4) // 2
    parts = []
    for axis, share in enumerate((half - 2 * side, side, side)):  # when, row, column
        rates = torch.exp(-torch.arange(share, device=places.device) * (math.log(30.0) / share)) * 1.5
        parts.append(places[..., axis : axis + 1].float() * rates)
    angle = torch.cat(parts * 2, -1)  # (B, N, width)
    angle = torch.cat([torch.zeros_like(angle[:, :1]).expand(-1, length, -1), angle], 1)[:, None]
    one, none = torch.eye(half, device=places.device), torch.zeros(half, half, device=places.device)
    pairs = torch.cat([torch.cat([none, one], 1), torch.cat([-one, none], 1)], 0)
    return angle.cos().to(dtype), angle.sin().to(dtype), pairs.to(dtype)
