"""How a model is run on a machine: a table of machines, and what is chosen for each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from countermark.errors import PackageMissing, PromptInvalid
from countermark.generator.families.folder import Checkpoint
from countermark.generator.families.known_others import SVD
from countermark.generator.families.known_wan import WAN
from countermark.generator.families.loading import quantised
from countermark.generator.families.machine import QUANTISERS, Choice, Load, Machine, choose, stronger
from countermark.generator.maker import Running

GIB = 1 << 30
# Wan 2.1 with 14 billion parameters beside an encoder of words of 5.7.
LARGE = Load((("text_encoder", 5_700_000_000), ("transformer", 14_300_000_000), ("vae", 127_000_000)), 832 * 480, 81)
SMALL = replace(
    LARGE, parameters=(("text_encoder", 5_700_000_000), ("transformer", 1_400_000_000), ("vae", 127_000_000))
)
NOTHING = Running()


def _gpu(gib: int, memory: int = 128, **more: object) -> Machine:
    return Machine("cuda", gib * GIB, memory * GIB, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("machine", "load", "offload", "tiles", "dtype", "fits"),
    [
        (_gpu(80), LARGE, "none", False, "bfloat16", True),
        (_gpu(40), LARGE, "model", True, "bfloat16", True),
        (_gpu(24), LARGE, "group", True, "bfloat16", True),
        (_gpu(24), SMALL, "none", False, "bfloat16", True),
        (_gpu(16), SMALL, "model", True, "bfloat16", True),
        (_gpu(24, bfloat16=False), SMALL, "none", False, "float16", True),
        (_gpu(24, memory=16), LARGE, "none", True, "bfloat16", False),
        (Machine("mps", 64 * GIB, 64 * GIB), SMALL, "none", False, "bfloat16", True),
        (Machine("cpu", 64 * GIB, 64 * GIB), SMALL, "none", False, "float32", True),
        (Machine("cpu", 24 * GIB, 24 * GIB), SMALL, "none", False, "bfloat16", True),
        (Machine("cpu", 8 * GIB, 8 * GIB), SMALL, "none", True, "bfloat16", False),
    ],
)
def test_the_gentlest_that_fits(
    machine: Machine, load: Load, offload: str, tiles: bool, dtype: str, fits: bool
) -> None:
    choice = choose(machine, WAN, load, NOTHING)
    assert (choice.offload, choice.tiles, choice.dtype, choice.fits) == (offload, tiles, dtype, fits)
    assert fits == (not any("does not fit" in remark for remark in choice.remarks))


def test_it_is_quantised_where_nothing_else_fits_and_a_package_is_there() -> None:
    poor = _gpu(24, memory=36)
    assert choose(poor, WAN, LARGE, NOTHING).quantise is None
    found = choose(replace(poor, packages=frozenset({"bitsandbytes"})), WAN, LARGE, NOTHING)
    assert found.quantise == "bitsandbytes:8" and any("quantised" in remark for remark in found.remarks)
    never = choose(replace(poor, packages=frozenset({"bitsandbytes"})), WAN, LARGE, Running(quantise="none"))
    assert never.quantise is None and not never.fits


def test_every_quantiser_is_one_that_diffusers_can_configure() -> None:
    import diffusers
    import torch

    for name, (package, _) in QUANTISERS.items():
        choice = choose(_gpu(80, packages=frozenset({package})), WAN, SMALL, Running(quantise=name))
        assert choice.quantise == name
        found = quantised(
            diffusers, Checkpoint(Path("x"), WAN, "WanPipeline", SMALL.parameters, "x"), choice, torch.bfloat16
        )
        assert set(found.components_to_quantize) == {"text_encoder", "transformer"}


def test_what_is_asked_for_is_kept_to() -> None:
    choice = choose(_gpu(80), WAN, LARGE, Running(dtype="float16", offload="sequential"))
    assert (choice.dtype, choice.offload) == ("float16", "sequential")
    assert choose(_gpu(80), WAN, SMALL, Running(device="cpu")).device == "cpu"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (Running(dtype="int3"), PromptInvalid),
        (Running(offload="sideways"), PromptInvalid),
        (Running(quantise="magic:1"), PromptInvalid),
        (Running(quantise="bitsandbytes:4"), PackageMissing),
        (Running(device="cpu", offload="model"), PromptInvalid),
    ],
)
def test_what_nobody_knows_is_refused(asked: Running, error: type[Exception]) -> None:
    with pytest.raises(error):
        choose(_gpu(80), WAN, SMALL, asked)


def test_after_a_failure_the_next_takes_less_until_there_is_none() -> None:
    machine, choice = _gpu(80), choose(_gpu(80), WAN, SMALL, NOTHING)
    steps: list[Choice] = [choice]
    while (following := stronger(steps[-1], machine, WAN, SMALL)) is not None:
        steps.append(following)
    assert [(step.offload, step.tiles) for step in steps] == [
        ("none", False),
        ("none", True),
        ("model", True),
        ("group", True),
        ("sequential", True),
    ]
    taken = [step.device_bytes for step in steps]
    assert taken == sorted(taken, reverse=True) and taken[-1] < taken[0] / 4


def test_a_decoder_without_tiles_is_not_asked_for_any() -> None:
    assert not choose(_gpu(2), SVD, SMALL, NOTHING).tiles
    alone = Choice("cpu", "float32")
    assert stronger(alone, Machine("cpu", GIB, GIB), SVD, SMALL) is None
