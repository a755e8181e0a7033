"""The network: from pairs of native tiles to what they say. Knows torch and timm; knows nothing of clips and folds.

Pixels become nine planes: what a high-pass leaves of both pictures, and what changes between them. Colour itself is no
plane: with it, a network learns what its few clips show, and is worth less on clips it has not seen. Planes are folded
2x2 into channels before anything else, so that no early stride throws anything away and a tile of 128 px costs what one
of 64 px does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional

SYNTHETIC, BLENDED = 0, 1  # the columns of the logits


@dataclass(frozen=True)
class Shape:
    """What a network is made of."""

    backbone: str = "mobilenetv3_small_050"
    fold: int = 2  # pixels of a side that become channels; 1: none
    embedding: int = 64
    dropout: float = 0.2
    residual_gain: float = 12.0  # brings residuals of a few levels to about 1


class Planes(nn.Module):
    """Pairs of tiles, (N, 2, H, W, 3) uint8, to (N, 9 * fold * fold, H / fold, W / fold)."""

    kernel: Tensor

    def __init__(self, fold: int, gain: float) -> None:
        """Set the high-pass: a pixel against the mean of its eight neighbours."""
        super().__init__()
        self.fold, self.gain = fold, gain
        kernel = torch.full((3, 1, 3, 3), -1 / 8)
        kernel[:, :, 1, 1] = 1.0
        self.register_buffer("kernel", kernel, persistent=False)

    def forward(self, pairs: Tensor) -> Tensor:
        """Compute the planes."""
        scaled = pairs.permute(1, 0, 4, 2, 3).to(torch.float32) / 255  # (2, N, 3, H, W)
        first, second = scaled[0], scaled[1]
        left = [functional.conv2d(picture, self.kernel, padding=1, groups=3) for picture in (first, second)]
        planes = (torch.cat([*left, second - first], dim=1) * self.gain).clamp(-4, 4)  # (N, 9, H, W)
        return functional.pixel_unshuffle(planes, self.fold) if self.fold > 1 else planes


class TileNetwork(nn.Module):
    """A timm backbone over planes, with two logits and an embedding."""

    def __init__(self, shape: Shape | None = None) -> None:
        """Make it with random weights."""
        super().__init__()
        self.shape = shape = shape or Shape()
        self.planes = Planes(shape.fold, shape.residual_gain)
        self.backbone = cast(Any, timm.create_model(shape.backbone, in_chans=9 * shape.fold**2, num_classes=0))
        self.backbone.conv_stem.stride = (1, 1)
        wide = self.backbone.head_hidden_size
        self.project = nn.Linear(wide, shape.embedding)
        self.dropout = nn.Dropout(shape.dropout)
        self.head = nn.Linear(shape.embedding, 2)

    def forward(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Give logits (N, 2) and embedding (N, E)."""
        features = self.backbone(self.planes(pairs))  # (N, C)
        embedding = functional.hardswish(self.project(features))  # (N, E)
        return self.head(self.dropout(embedding)), embedding
