"""Writes a trained network as it is shipped: weights in safetensors, a small graph over them, a card with their hashes.

Knows torch, onnx and the form that runs fastest; knows nothing of training. What is computed stays the same, in another
order: normalisations go into the weights before them; the first convolution reads unfolded planes (6x6 at stride 2 is
3x3 over planes folded 2x2); pixels are put in order while they are bytes.
"""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from .network import Planes, TileNetwork

if TYPE_CHECKING:
    import onnx

OPSET = 18  # the kernels that ONNX Runtime has for later ones are slower by half
_INLINE = 16  # numbers: shapes and axes stay in the graph


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
    folder.mkdir(parents=True, exist_ok=True)
    weights, graph, card = (folder / f"{name}.{ending}" for ending in ("safetensors", "onnx", "json"))
    model = as_graph(_as_run(network))
    content = _move_weights(model, weights.name)
    weights.write_bytes(content)
    graph.write_bytes(model.SerializeToString(deterministic=True))
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (graph, weights)}
    facts = {
        "name": name,
        "backbone": network.shape.backbone,
        "parameters": sum(part.numel() for part in network.parameters()),
        "embedding": network.shape.embedding,
        "files": files,
    }
    card.write_text(json.dumps(facts, indent=1) + "\n")
    return weights, graph


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
    """Trace the network, for any number of tile pairs; normalisations are folded on the way."""
    example = torch.zeros(3, 2, 128, 128, 3, dtype=torch.uint8)
    program = torch.onnx.export(
        network,
        (example,),
        input_names=["pairs"],
        output_names=["logits", "embedding"],
        dynamic_shapes=({0: torch.export.Dim("n")},),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    if program is None:  # torch's other exporter gives none
        raise RuntimeError("torch gave no graph")
    model: onnx.ModelProto = program.model_proto
    for part in (model, model.graph, *model.graph.node, *model.graph.initializer, *model.graph.input):
        part.doc_string = ""
        del part.metadata_props[:]  # where in torch's sources each node came from
    del model.graph.value_info[:]
    return model


def _move_weights(model: onnx.ModelProto, file: str) -> bytes:
    """Take the weights out of a graph and let it point into the file of that name, whose content is given."""
    import onnx
    from onnx.external_data_helper import set_external_data
    from safetensors.numpy import save

    moved = [weight for weight in model.graph.initializer if weight.data_type == onnx.TensorProto.FLOAT]
    moved = [weight for weight in moved if onnx.numpy_helper.to_array(weight).size > _INLINE]
    content: bytes = save({weight.name: onnx.numpy_helper.to_array(weight) for weight in moved})
    header = int.from_bytes(content[:8], "little")
    offsets = json.loads(content[8 : 8 + header])
    for weight in moved:
        start, end = offsets[weight.name]["data_offsets"]
        weight.raw_data = weight.raw_data or onnx.numpy_helper.to_array(weight).tobytes()
        set_external_data(weight, file, offset=8 + header + start, length=end - start)
        weight.ClearField("raw_data")
        weight.ClearField("float_data")
    return content
