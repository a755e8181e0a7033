"""Where and how a model is run: device, number format, offload, tiles, quantisation, from the machine's memory.

`choose` is a pure function: what a machine is like is looked up in `looking.py`. The memory is an estimate, by the
number of parameters and the size of the picture; it is said to be one. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ...errors import PackageMissing, PromptInvalid
from ..maker import Running
from .family import Family

Offload = Literal["none", "model", "group", "sequential"]

# The gentlest first. What lies on the device: all; one component; some layers; one layer.
OFFLOADS: tuple[Offload, ...] = ("none", "model", "group", "sequential")
DTYPES: Mapping[str, int] = {"float32": 4, "float16": 2, "bfloat16": 2}
QUANTISERS: Mapping[str, tuple[str, float]] = {  # its package, and bytes for a parameter with what goes with it
    "bitsandbytes:8": ("bitsandbytes", 1.1),
    "bitsandbytes:4": ("bitsandbytes", 0.6),
}
_SHARE = 0.9  # of what is free; the rest is for what nobody counts
_BASE = 600 << 20  # a runtime and its libraries
_TILED = 512 * 512  # pixels of a frame that a decoder has at once when it works by tiles
_LAYERS = 24  # of which one lies on the device under sequential offload
_TAKEN = 3 * (2 * 4 + 2 + 1)  # bytes for each pixel of a call: as it comes, as float32 and stacked so, as bytes
_DECODED = 3 * 2 * 4  # and as float32 before, and put between 0 and 1, where the device has no memory of its own
_DENOISER_BYTES = 24  # for each pixel of each frame, in half precision: what the layers hold in between


@dataclass(frozen=True)
class Machine:
    """What there is to run on."""

    device: str  # cuda, mps, cpu
    device_bytes: int  # free on the device; on mps and cpu, free memory
    memory_bytes: int  # free memory of the machine
    bfloat16: bool = True  # whether the device computes in it
    packages: frozenset[str] = frozenset()  # that quantise
    title: str = ""


@dataclass(frozen=True)
class Load:
    """What a model weighs, and what is asked of it at once."""

    parameters: tuple[tuple[str, int], ...]  # of every component
    pixels: int  # of a frame
    frames: int  # of one call


@dataclass(frozen=True)
class Choice:
    """How it is run, and what that is expected to take."""

    device: str
    dtype: str
    offload: Offload = "none"
    tiles: bool = False
    quantise: str | None = None
    device_bytes: int = 0
    memory_bytes: int = 0
    fits: bool = True
    remarks: tuple[str, ...] = ()

    @property
    def expected_bytes(self) -> int:
        """The most that it takes anywhere."""
        return max(self.device_bytes, self.memory_bytes)


def choose(machine: Machine, family: Family, load: Load, asked: Running) -> Choice:
    """Take the gentlest way that fits; what was asked for is kept to, and it is said where that does not fit."""
    asked = _completed(asked)
    _check(machine, asked)
    tried = list(_candidates(machine, family, load, asked))
    fitting = next((choice for choice in tried if choice.fits), None)
    if fitting:
        return fitting
    least = min(tried, key=lambda choice: choice.expected_bytes)
    return replace(least, remarks=(*least.remarks, "by estimate it does not fit into this machine's memory"))


def stronger(choice: Choice, machine: Machine, family: Family, load: Load) -> Choice | None:
    """Give the next way that takes less of the device, after one that ran out of memory; None: there is none."""
    if not choice.tiles and family.tiles:
        return _weighed(replace(choice, tiles=True), machine, family, load)
    if choice.device == "cpu":
        return None
    later = OFFLOADS[OFFLOADS.index(choice.offload) + 1 :]
    return _weighed(replace(choice, offload=later[0]), machine, family, load) if later else None


def _completed(asked: Running) -> Running:
    """Take the first way of a package where only the package is named."""
    whole = next((name for name in QUANTISERS if asked.quantise == name.partition(":")[0]), asked.quantise)
    return replace(asked, quantise=whole)


def _check(machine: Machine, asked: Running) -> None:
    if asked.dtype is not None and asked.dtype not in DTYPES:
        raise PromptInvalid(f"{asked.dtype} is no number format", advice=f"one of {', '.join(DTYPES)}")
    if asked.offload is not None and asked.offload not in OFFLOADS:
        raise PromptInvalid(f"{asked.offload} is no offload", advice=f"one of {', '.join(OFFLOADS)}")
    device = asked.device or machine.device
    if asked.offload not in (None, "none") and device == "cpu":
        raise PromptInvalid(
            "offload moves weights off a GPU, and there is none in use", advice="leave --offload out on a CPU"
        )
    if asked.quantise not in (None, "none"):
        if asked.quantise not in QUANTISERS:
            raise PromptInvalid(f"{asked.quantise} is no quantisation", advice=f"one of none, {', '.join(QUANTISERS)}")
        package = QUANTISERS[asked.quantise][0]
        if package not in machine.packages:
            raise PackageMissing(f"{asked.quantise} needs {package}", advice=f"install {package}, and try again")


def _candidates(machine: Machine, family: Family, load: Load, asked: Running) -> Iterator[Choice]:
    """From the gentlest on: as it is, tiles, offload, then quantised where a package for it is there."""
    device = asked.device or machine.device
    offloads = (asked.offload,) if asked.offload else OFFLOADS if device != "cpu" else OFFLOADS[:1]
    tilings = (True,) if family.only_tiles else (False, True) if family.tiles else (False,)
    for quantise in _quantisations(machine, asked):
        for dtype in _dtypes(machine, family, asked, device):
            for offload in OFFLOADS:
                for tiles in tilings if offload == "none" else tilings[-1:]:
                    if offload in offloads:
                        choice = Choice(device, dtype, offload, tiles, quantise)
                        yield _weighed(choice, machine, family, load)


def _quantisations(machine: Machine, asked: Running) -> tuple[str | None, ...]:
    if asked.quantise is not None:
        return (None if asked.quantise == "none" else asked.quantise,)
    there = QUANTISERS if machine.device == "cuda" else ()
    return (None, *(name for name in there if QUANTISERS[name][0] in machine.packages))


def _dtypes(machine: Machine, family: Family, asked: Running, device: str) -> tuple[str, ...]:
    if asked.dtype is not None:
        return (asked.dtype,)
    if device == "cpu":
        return ("float32", "bfloat16")  # half the memory, and slower on most
    return ("float16",) if family.dtype == "bfloat16" and not machine.bfloat16 else (family.dtype,)


def _weighed(choice: Choice, machine: Machine, family: Family, load: Load) -> Choice:
    """Say what it takes of the device and of the machine's memory, and whether that is there."""
    width = DTYPES[choice.dtype]
    weights = {part: count * _width(part, family, choice) for part, count in load.parameters}
    total, largest = sum(weights.values()), max(weights.values(), default=0.0)
    decoded = min(load.pixels, _TILED) if choice.tiles else load.pixels
    work = decoded * min(load.frames, family.at_once or load.frames) * family.decode_bytes * width / 2
    work = max(work, load.pixels * load.frames * _DENOISER_BYTES * width / 2)
    resident = {
        "none": total,
        "model": largest,
        "group": 4 * largest / _LAYERS,
        "sequential": largest / _LAYERS,
    }[choice.offload]
    taken = _TAKEN if choice.device.startswith("cuda") else _TAKEN + _DECODED
    frames = load.pixels * load.frames * taken
    on_device = int(resident + work) + _BASE
    if choice.device.startswith("cuda"):
        in_memory = int((0 if choice.offload == "none" else total) + largest / 2 + frames) + _BASE
        fits = on_device <= _SHARE * machine.device_bytes and in_memory <= _SHARE * machine.memory_bytes
    else:  # one memory for both
        on_device = in_memory = int(total + work + frames) + _BASE
        fits = in_memory <= _SHARE * machine.memory_bytes
    remarks = (f"weights are quantised ({choice.quantise}): pictures differ a little",) if choice.quantise else ()
    return replace(choice, device_bytes=on_device, memory_bytes=in_memory, fits=fits, remarks=remarks)


def _width(part: str, family: Family, choice: Choice) -> float:
    """Bytes of a parameter of that component."""
    if part in family.exact:
        return 4
    if choice.quantise and part.startswith(("transformer", "text_encoder", "unet")):
        return QUANTISERS[choice.quantise][1]
    return DTYPES[choice.dtype]
