"""AnimateDiff as it is published: a motion adapter in one folder, and in another the weights that it moves.

Both are named at once, ADAPTER+BASE. They are read as any weights are: without torch, and nothing in them is run.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from ...errors import ModelMissing, ModelUnfit
from .folder import INDEX, Adapter, Checkpoint, count, read, variant_of

JOIN = "+"
CONFIG = "config.json"
_CLASS = "MotionAdapter"
_MOVED = {"StableDiffusionPipeline": "AnimateDiffPipeline", "StableDiffusionXLPipeline": "AnimateDiffSDXLPipeline"}


def is_adapter(folder: Path) -> bool:
    """Tell whether a folder holds a motion adapter, and nothing to move by it."""
    try:
        config = json.loads((folder / CONFIG).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.get("_class_name") == _CLASS and not (folder / INDEX).is_file()


def alone(name: str) -> ModelMissing:
    """Say of an adapter what else is to be named."""
    return ModelMissing(
        f"{name} is a motion adapter, and moves what other weights draw",
        advice=f"name these, too, by a folder or by their name on a hub: --model {name}{JOIN}BASE, "
        "with Stable Diffusion 1.5 or what was made of it for BASE",
    )


def paired(
    name: str, adapter: Path, base: Path, pickles: Collection[str] = (), version: str | None = None
) -> Checkpoint:
    """Look at both as at one."""
    if not is_adapter(adapter):
        raise ModelUnfit(
            f"{adapter} is no motion adapter",
            advice=f"{JOIN} stands between an adapter and what it moves, in this order",
        )
    checkpoint = read(base, pickles, version=version, moved=_MOVED)
    if checkpoint.kind not in _MOVED.values():
        raise ModelUnfit(
            f"{base} is a {checkpoint.kind}, which no motion adapter moves", advice=f"one of {', '.join(_MOVED)} is"
        )
    files = sorted(adapter.glob("*.safetensors"))
    if not files:
        raise ModelUnfit(f"{adapter} has no weights in .safetensors: was it downloaded to its end?")
    plain = [file for file in files if not variant_of(file)]
    parameters = (*checkpoint.parameters, ("motion_adapter", sum(map(count, plain or files))))
    return replace(
        checkpoint,
        family=replace(checkpoint.family, grid=replace(checkpoint.family.grid, most=_most(adapter, checkpoint))),
        parameters=parameters,
        name=name,
        adapter=Adapter(adapter, None if plain else variant_of(files[0])),
    )


def _most(adapter: Path, checkpoint: Checkpoint) -> int:
    """Give how many frames it knows the places of."""
    known, most = json.loads((adapter / CONFIG).read_bytes()).get("motion_max_seq_length"), checkpoint.family.grid.most
    return min(known, most) if isinstance(known, int) and known >= checkpoint.family.grid.least else most
