"""Writes the trained networks as they are shipped: `python -m countermark.training.generator.export FOLDER`.

One folder in diffusers' form (fp16 safetensors), and beside each weights file the graphs over it: a graph holds no
weights, it says where in the file each lies, and makes float32 of it. What both run is the same numbers.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from ...generator.sketch.form.autoencoder import SketchAutoencoder
from ...generator.sketch.form.pipeline import SketchPipeline
from ...generator.sketch.graphs import CARD, WEIGHTS
from .denoise import Networks
from .encode import trained

if TYPE_CHECKING:
    import onnx

OPSET = 17
FILE = "diffusion_pytorch_model.safetensors"


class _Encode(nn.Module):
    def __init__(self, network: SketchAutoencoder) -> None:
        super().__init__()
        self.network = network

    def forward(self, clip: Tensor) -> Tensor:  # (1, T, H, W, 3) to (1, t, h, w, C)
        network = self.network
        return network.normed(network.encode(clip.permute(0, 4, 1, 2, 3))).permute(0, 2, 3, 4, 1)


class _Decode(nn.Module):
    def __init__(self, network: SketchAutoencoder) -> None:
        super().__init__()
        self.network = network

    def forward(self, latents: Tensor) -> Tensor:
        network = self.network
        return network.decode(network.plain(latents.permute(0, 4, 1, 2, 3))).permute(0, 2, 3, 4, 1)


class _Same(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *given: Tensor) -> Tensor:
        answer: Tensor = self.network(*given)
        return answer


def pipeline(folder: Path) -> SketchPipeline:
    """Put the networks together as they were trained, in half precision."""
    networks = Networks()
    kept = torch.load(folder / "transformer.pt", map_location="cpu", weights_only=True)
    networks.load_state_dict(kept["average"])
    return SketchPipeline(networks.words, networks.transformer, trained(folder)).to(torch.float16)


def export(pipe: SketchPipeline, target: Path, taught: Mapping[str, int]) -> None:
    """Write the folder; taught: clips of each shape."""
    pipe.save_pretrained(target, safe_serialization=True)
    _forget_paths(target)
    pipe = pipe.to(torch.float32)
    c, d = pipe.transformer.config.channels, pipe.words.config.width
    clip, latents = torch.zeros(1, 9, 48, 64, 3), torch.zeros(1, 2, 3, 4, c)
    _graph(_Encode(pipe.autoencoder), (clip,), ("clip",), {"clip": (1, 2, 3)}, target / "autoencoder" / "encode.onnx")
    _graph(
        _Decode(pipe.autoencoder),
        (latents,),
        ("latents",),
        {"latents": (1, 2, 3)},
        target / "autoencoder" / "decode.onnx",
    )
    numbers = torch.zeros(2, pipe.words.config.length, dtype=torch.int64)
    _graph(_Same(pipe.words), (numbers,), ("numbers",), {"numbers": (0,)}, target / "words" / "graph.onnx")
    fed = (
        torch.randn(1, 2, 3, 4, c),
        torch.zeros(1, 2, 3, 4, 3),
        torch.zeros(1, 2),
        torch.ones(1) / 2,
        torch.randn(1, pipe.words.config.length, d),
    )
    names = ("tokens", "places", "given", "noise", "words")
    moving = {"tokens": (1, 2, 3), "places": (1, 2, 3), "given": (1,)}
    _graph(_Same(pipe.transformer), fed, names, moving, target / "transformer" / "graph.onnx")
    _card(pipe, target, taught)


def _forget_paths(target: Path) -> None:
    """Take out where on this machine a network was loaded from: diffusers writes it down."""
    for path in target.rglob("config.json"):
        told = json.loads(path.read_text())
        if told.pop("_name_or_path", None) is not None:
            path.write_text(json.dumps(told, indent=2, sort_keys=True) + "\n")


def _graph(
    network: nn.Module,
    fed: tuple[Tensor, ...],
    names: tuple[str, ...],
    moving: Mapping[str, tuple[int, ...]],
    path: Path,
) -> None:
    import onnx

    written = io.BytesIO()
    network.eval()
    torch.onnx.export(
        network,
        fed,
        written,  # type: ignore[arg-type]  # a stream serves this exporter, too
        input_names=list(names),
        output_names=["answer"],
        dynamic_axes={name: {axis: f"{name}{axis}" for axis in axes} for name, axes in moving.items()},
        opset_version=OPSET,
        do_constant_folding=False,  # or weights come as transposed copies that no file holds
        dynamo=False,
    )
    model = onnx.load_from_string(written.getvalue())
    _point(model, path.with_name(FILE))
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    path.write_bytes(model.SerializeToString(deterministic=True))


def _point(model: onnx.ModelProto, file: Path) -> None:
    """Let every weight be read from the file: its place there, its shape, and a step that makes float32 of it."""
    import onnx

    content = file.read_bytes()
    header = int.from_bytes(content[:8], "little")
    there = json.loads(content[8 : 8 + header])
    casts = []
    for weight in model.graph.initializer:
        name = weight.name.removeprefix("network.")
        if name not in there:
            continue
        start, end = there[name]["data_offsets"]
        if there[name]["dtype"] != "F16" or there[name]["shape"] != list(weight.dims):
            raise ValueError(f"{name} is not in the file as the graph has it")
        casts.append(onnx.helper.make_node("Cast", [f"{weight.name}.half"], [weight.name], to=onnx.TensorProto.FLOAT))
        weight.name, weight.data_type = f"{weight.name}.half", onnx.TensorProto.FLOAT16
        weight.ClearField("raw_data")
        weight.ClearField("float_data")
        weight.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", file.name), ("offset", 8 + header + start), ("length", end - start)):
            weight.external_data.add(key=key, value=str(value))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _card(pipe: SketchPipeline, target: Path, taught: Mapping[str, int]) -> None:
    """Write the hashes of the files, how large the networks are, and how many clips of each shape taught them."""
    files = sorted(path for path in target.rglob("*") if path.suffix in (".safetensors", ".onnx"))
    parts = {"words": pipe.words, "transformer": pipe.transformer, "autoencoder": pipe.autoencoder}
    card = {
        "files": {str(path.relative_to(target)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "parameters": {name: sum(part.numel() for part in network.parameters()) for name, network in parts.items()},
        "clips_taught": dict(taught),
        "weights_bytes": sum(path.stat().st_size for path in files if path.suffix == ".safetensors"),
    }
    for path in files:
        path.chmod(0o644)  # what a package installs, anybody reads
    (target / CARD).write_text(json.dumps(card, indent=1) + "\n")


def clips_of(shards: Path) -> dict[str, int]:
    """Count the clips of each shape in a folder of shards."""
    counts: dict[str, int] = {}
    for path in sorted(shards.glob("[0-9]*-*.npz")):
        with np.load(path) as shard:
            kind = path.stem.split("-")[1]
            counts[kind] = counts.get(kind, 0) + len(shard["words"])
    return counts


def with_former(taught: Mapping[str, int], card: Path) -> dict[str, int]:
    """Count what taught the former weights, too: a longer row of shards holds the shorter, as numbers draw them."""
    former: dict[str, int] = json.loads(card.read_text())["clips_taught"]
    return {kind: max(taught.get(kind, 0), former.get(kind, 0)) for kind in {**former, **taught}}


def main() -> None:
    """Export a training's folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--target", type=Path, default=WEIGHTS)
    parser.add_argument("--from-shipped", action="store_true", help="the training began with the shipped weights")
    asked = parser.parse_args()
    asked.target.mkdir(parents=True, exist_ok=True)
    taught = clips_of(asked.folder / "shards")
    if asked.from_shipped:
        taught = with_former(taught, WEIGHTS / CARD)
    export(pipeline(asked.folder), asked.target, taught)


if __name__ == "__main__":
    main()
