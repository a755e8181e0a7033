"""Checkpoints of every family, made in code: the real classes, a few thousand random numbers, saved as makers save."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from tests.generator.families.tiny.flat import animatediff, i2vgen_xl, latte, motion_adapter, still, svd
from tests.generator.families.tiny.ltx import ltx, ltx2, ltx_old
from tests.generator.families.tiny.spacetime import (
    allegro,
    cogvideox,
    cogvideox_image,
    hunyuan,
    hunyuan15,
    hunyuan15_image,
    hunyuan_image,
    mochi,
)
from tests.generator.families.tiny.wan import (
    skyreels,
    skyreels_forcing,
    skyreels_image,
    wan,
    wan_blind,
    wan_both,
    wan_ends,
    wan_experts,
    wan_image,
    wan_vace,
)
from tests.generator.families.tiny.worlds import (
    Guard,
    cosmos,
    cosmos2_video,
    cosmos_video,
    sana_image,
    sana_video,
    sana_wm,
)

__all__ = [
    "Guard",
    "allegro",
    "animatediff",
    "cogvideox",
    "cogvideox_image",
    "cosmos",
    "cosmos2_video",
    "cosmos_video",
    "hunyuan",
    "hunyuan15",
    "hunyuan15_image",
    "hunyuan_image",
    "i2vgen_xl",
    "latte",
    "ltx",
    "ltx2",
    "ltx_old",
    "mochi",
    "motion_adapter",
    "sana_image",
    "sana_video",
    "sana_wm",
    "skyreels",
    "skyreels_forcing",
    "skyreels_image",
    "still",
    "svd",
    "wan",
    "wan_blind",
    "wan_both",
    "wan_ends",
    "wan_experts",
    "wan_image",
    "wan_vace",
    "saved",
]


def saved(make: Callable[[], Any], folder: Path) -> Path:
    """Make one with fixed random numbers, and save it."""
    torch.manual_seed(0)
    make().save_pretrained(folder)
    return folder
