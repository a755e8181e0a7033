"""What is said of weights that are not here: their size, their terms, and the command that brings what is read."""

from __future__ import annotations

import json
import shlex
from functools import partial
from typing import Any

import pytest
from huggingface_hub.utils import filter_repo_objects

from countermark.generator.families.family import Hub
from countermark.generator.families.folder import read
from countermark.generator.families.hub import commands, missing
from countermark.generator.families.known_others import ANIMATEDIFF
from countermark.generator.families.registry import FAMILIES, by_hub
from tests.generator.families.conftest import Weights

UNREAD = (
    "ltx-video-2b-v0.9.safetensors",
    "svd_xt.safetensors",
    "README.md",
    "media/trailer.gif",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "text_encoder/pytorch_model-00001-of-00002.bin",
    "transformer/diffusion_pytorch_model.bf16-00001-of-00003.safetensors",
)


def _brings(line: str, file: str) -> bool:
    """Have the hub's own client tell: what is included, and not excluded."""
    words = shlex.split(line)
    included, excluded = (
        [words[n + 1] for n, word in enumerate(words) if word == option] for option in ("--include", "--exclude")
    )
    return bool(list(filter_repo_objects([file], allow_patterns=included, ignore_patterns=excluded)))


@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_every_size_is_said_and_nothing_unread_is_brought(family: object) -> None:
    for hub in family.hubs:  # type: ignore[attr-defined]
        assert hub.gigabytes and f"about {hub.gigabytes:g} GB" in missing(hub).advice
        assert ("by estimate" in missing(hub).advice) is not hub.listed
        assert "--dry-run" in missing(hub).advice
        assert not [file for line in commands(hub) for file in UNREAD if _brings(line, file)]


KINDS = (
    "wan", "wan_experts", "wan_image", "wan_vace", "skyreels_forcing", "skyreels_image", "ltx", "ltx2",
    "cogvideox_image", "hunyuan", "hunyuan_image", "hunyuan15", "hunyuan15_image", "mochi", "svd", "latte", "allegro",
    "i2vgen_xl", "sana_video", "sana_wm", "cosmos", "cosmos2_video",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_that_is_read_is_brought(kind: str, weights: Weights) -> None:
    folder = weights(kind)
    (line,) = commands(read(folder).family.hubs[0])
    index = json.loads((folder / "model_index.json").read_bytes())
    parts = [name for name, value in index.items() if isinstance(value, list) and value[0] is not None]
    assert len(parts) > 3 and _brings(line, "model_index.json")
    for part in parts:
        for file in (folder / part).iterdir():
            assert _brings(line, f"{part}/{file.name}"), part


def test_of_an_unknown_name_all_folders_are_brought() -> None:
    (line,) = commands(Hub("someone/unheard-of"))
    assert _brings(line, "unet/config.json") and _brings(line, "model_index.json")
    assert not [file for file in UNREAD if _brings(line, file) and "/" not in file]
    assert "size unknown" in missing(Hub("someone/unheard-of")).advice


def test_an_adapter_is_brought_with_what_it_moves(weights: Weights) -> None:
    (adapter, base) = commands(ANIMATEDIFF.hubs[0])
    for file in weights("motion_adapter").iterdir():
        assert _brings(adapter, file.name)
    assert not _brings(adapter, "diffusion_pytorch_model.fp16.safetensors")
    still = weights("still")
    for path in still.rglob("*"):
        assert path.is_dir() or _brings(base, str(path.relative_to(still)))
    assert not _brings(base, "v1-5-pruned-emaonly.safetensors")
    assert not _brings(base, "safety_checker/model.safetensors")
    assert not _brings(base, "unet/diffusion_pytorch_model.non_ema.safetensors")
    assert adapter in missing(ANIMATEDIFF.hubs[0]).advice and base in missing(ANIMATEDIFF.hubs[0]).advice


def _t5(kind: str, **more: int) -> Any:
    import transformers

    large = {
        "d_model": 4096,
        "d_ff": 10240,
        "num_layers": 24,
        "num_heads": 64,
        "d_kv": 64,
        "feed_forward_proj": "gated-gelu",
    }
    config = getattr(transformers, f"{kind}Config")(**large | more)
    return getattr(transformers, f"{kind}EncoderModel")(config)


UMT5, T5 = partial(_t5, "UMT5", vocab_size=256384), partial(_t5, "T5")
WAN, WAN_VAE = "WanTransformer3DModel", "AutoencoderKLWan"
SIZES: list[tuple[str, list[tuple[Any, int]]]] = [  # each class, and the bytes of a parameter in its files
    ("Wan-AI/Wan2.1-T2V-14B-Diffusers", [(WAN, 4), (WAN_VAE, 4), (UMT5, 4)]),
    ("Wan-AI/Wan2.2-T2V-A14B-Diffusers", [(WAN, 4), (WAN, 4), (WAN_VAE, 4), (UMT5, 2)]),
    ("Wan-AI/Wan2.1-VACE-14B-diffusers", [("WanVACETransformer3DModel", 4), (WAN_VAE, 4), (UMT5, 2)]),
    ("Lightricks/LTX-Video", [("LTXVideoTransformer3DModel", 4), ("AutoencoderKLLTXVideo", 4), (T5, 4)]),
    ("genmo/mochi-1-preview", [("MochiTransformer3DModel", 4), ("AutoencoderKLMochi", 4), (T5, 4)]),
    ("rhymes-ai/Allegro", [("AllegroTransformer3DModel", 4), ("AutoencoderKLAllegro", 4), (T5, 4)]),
]


@pytest.mark.parametrize(("name", "parts"), SIZES, ids=[name for name, _ in SIZES])
def test_a_size_is_that_of_its_classes_parameters(name: str, parts: list[tuple[Any, int]]) -> None:
    """Of those whose own classes have their sizes by default."""
    import diffusers
    import torch

    with torch.device("meta"):
        made = [(getattr(diffusers, part)() if isinstance(part, str) else part(), width) for part, width in parts]
    gigabytes = sum(one.numel() * width for model, width in made for one in model.parameters()) / 1e9
    found = by_hub(name)
    assert found is not None and found[1].gigabytes == pytest.approx(gigabytes, rel=0.02)
