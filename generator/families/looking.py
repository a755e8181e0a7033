"""What this machine is like: its devices, free memory, and packages that quantise. Imports torch when it is asked."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import PackageMissing, PromptInvalid
from .machine import QUANTISERS, Machine

if TYPE_CHECKING:
    from types import ModuleType

INSTALL = "`pip install '.[models]'` in the folder of Countermark's sources installs them"
_MEMORY = Path("/proc/meminfo")


def packages_missing() -> PackageMissing:
    """Say that the packages of open models are not here, and how they come."""
    return PackageMissing("open models need torch and diffusers, which are not installed", advice=INSTALL)


def torch_module() -> ModuleType:
    """Import torch, or say how it comes here."""
    try:
        import torch
    except ImportError as fault:
        raise packages_missing() from fault
    return torch


def look(device: str | None = None) -> Machine:
    """Look at the device that was asked for, or at the best that there is."""
    torch = torch_module()
    kind = device or ("cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu")
    memory, packages = _free_memory(), frozenset(name for name, _ in QUANTISERS.values() if _is_there(name))
    if kind.startswith("cuda"):
        try:
            free, _ = torch.cuda.mem_get_info(kind)
            title = torch.cuda.get_device_name(kind)
            return Machine("cuda", free, memory, torch.cuda.is_bf16_supported(), packages, title)
        except (RuntimeError, AssertionError, ValueError) as fault:
            raise PromptInvalid(f"there is no {kind} here", advice="leave --device out") from fault
    if kind not in ("cpu", "mps") or (kind == "mps" and not torch.backends.mps.is_available()):
        raise PromptInvalid(f"there is no {kind} here", advice="one of cpu, cuda, cuda:1, mps; or leave --device out")
    return Machine(kind, memory, memory, packages=packages, title=kind.upper())


def _is_there(package: str) -> bool:
    return find_spec(package) is not None


def _free_memory() -> int:
    """What may still be taken; where the system does not say, half of all."""
    if _MEMORY.is_file():
        for line in _MEMORY.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
