"""Writes a trained detector as it is shipped, in the form that runs fastest. Knows torch; knows nothing of training.

What is computed stays the same, in another order: normalisations go into the weights before them; the first convolution
reads unfolded planes (6x6 at stride 2 is 3x3 over planes folded 2x2); pixels are put in order while they are bytes.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..export import traced, write
from .network import Planes, TileNetwork

if TYPE_CHECKING:
    import onnx


class _Unfolded(Planes):
    """The same planes without folding, in the order that costs least."""

    def __init__(self, planes: Planes) -> None:
        super().__init__(fold=1, gain=planes.gain)
        self.kernel = planes.kernel * (planes.gain / 255)

    def forward(self, pairs: Tensor) -> Tensor:
        pixels = pairs.permute(0, 1, 4, 2, 3).to(torch.float32)  # (N, 2, 3, H, W)
        first, second = pixels[:, 0], pixels[:, 1]
        left = [functional.conv2d(picture, self.kernel, padding=1, groups=3) for picture in (first, second)]
        return torch.cat([*left, (second - first) * (self.gain / 255)], dim=1).clamp(-4, 4)


def export(network: TileNetwork, folder: Path, name: str) -> tuple[Path, Path]:
    """Write NAME.safetensors, NAME.onnx and NAME.json, and give the paths of weights and graph."""
    facts = {
        "backbone": network.shape.backbone,
        "parameters": sum(part.numel() for part in network.parameters()),
        "embedding": network.shape.embedding,
    }
    return write(as_graph(_as_run(network)), folder, name, facts)


def _as_run(network: TileNetwork) -> TileNetwork:
    """Give a copy that reads pixels unfolded; what it answers is the same."""
    network = copy.deepcopy(network).to("cpu").eval()
    fold, stem = network.planes.fold, network.backbone.conv_stem
    out, folded, high, wide = stem.weight.shape
    planes = folded // fold**2
    # A channel of the folded planes is (plane, row in the fold, column in the fold).
    weight = stem.weight.data.reshape(out, planes, fold, fold, high, wide).permute(0, 1, 4, 2, 5, 3)
    stride, padding = ([side * fold for side in sides] for sides in (stem.stride, stem.padding))
    unfolded = nn.Conv2d(planes, out, (high * fold, wide * fold), tuple(stride), tuple(padding), bias=False)
    unfolded.weight.data = weight.reshape(out, planes, high * fold, wide * fold).contiguous()
    network.backbone.conv_stem = unfolded
    network.planes = _Unfolded(network.planes)
    return network


def as_graph(network: TileNetwork) -> onnx.ModelProto:
    """Trace the network, for any number of tile pairs."""
    return traced(network, torch.zeros(3, 2, 128, 128, 3, dtype=torch.uint8), "pairs", ("logits", "embedding"))
