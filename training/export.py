"""Writes a network as it is shipped: weights in safetensors, a small graph over them, and a card with their hashes.

Knows torch's tracer and both file formats; knows no network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    import onnx

OPSET = 18  # the kernels that ONNX Runtime has for later ones are slower by half
_INLINE = 16  # numbers: shapes and axes stay in the graph


def traced(network: nn.Module, example: Tensor, reads: str, answers: Sequence[str]) -> onnx.ModelProto:
    """Trace a network, for any number of what the example is several of; normalisations are folded on the way."""
    program = torch.onnx.export(
        network,
        (example,),
        input_names=[reads],
        output_names=list(answers),
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


def write(model: onnx.ModelProto, folder: Path, name: str, facts: dict[str, Any]) -> tuple[Path, Path]:
    """Write NAME.safetensors, NAME.onnx and NAME.json, which states the facts; give weights and graph."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, graph, card = (folder / f"{name}.{ending}" for ending in ("safetensors", "onnx", "json"))
    content = _move_weights(model, weights.name)
    weights.write_bytes(content)
    graph.write_bytes(model.SerializeToString(deterministic=True))
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (graph, weights)}
    card.write_text(json.dumps({"name": name, **facts, "files": files}, indent=1) + "\n")
    return weights, graph


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
