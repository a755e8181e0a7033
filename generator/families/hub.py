"""The user's own cache of a hub: what of it is there. Never asks the network, and never downloads."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import ModelMissing, PackageMissing
from .adapter import CONFIG, JOIN, paired
from .family import Family, Hub
from .folder import INDEX, Checkpoint, read
from .looking import packages_missing
from .registry import by_hub

_TENSORS = "diffusion_pytorch_model*.safetensors"
_UNREAD = ("*.bin", "*.fp16*", "*.bf16*", "*.non_ema*")
_IDENTIFIER = re.compile(r"[\w][\w.-]*/[\w][\w.-]*")


def is_identifier(name: str) -> bool:
    """Tell whether a name looks like one of a hub's: OWNER/NAME."""
    return _IDENTIFIER.fullmatch(name) is not None


def cached(name: str, file: str = INDEX) -> Path | None:
    """Find the newest copy of it in the user's cache, by a file that it has."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError as fault:
        raise packages_missing() from fault
    found = try_to_load_from_cache(name, file)
    return Path(found).parent if isinstance(found, str) else None


def from_cache(name: str, hub: Hub | None, pickles: Collection[str]) -> Checkpoint | None:
    """Look at a model in the cache, if it is there; its version is the hub's name of that state."""
    if hub and hub.base:
        adapter, base = cached(name, CONFIG), cached(hub.base.name)
        if adapter is None or base is None:
            return None
        names, versions = (hub.name, hub.base.name), (adapter.name, base.name)
        return paired(JOIN.join(names), adapter, base, pickles, JOIN.join(versions))
    folder = cached(name)
    return read(folder, pickles, hub or Hub(name), version=folder.name) if folder else None


def missing(hub: Hub, family: Family | None = None) -> ModelMissing:
    """Say what is not here, and how it comes here."""
    return ModelMissing(
        f"{hub.name} is not on this machine, as a folder or in the hub's cache; nothing is downloaded unasked",
        advice=f"{_bringing(hub, family)}; then try again",
    )


@contextmanager
def packaged(hub: Hub, family: Family | None = None) -> Iterator[None]:
    """Where the packages are not here, say of the weights, too, what they are and how they come: both are needed."""
    try:
        yield
    except PackageMissing as fault:
        advice = f"{fault.advice}; then the weights, where they are not here yet: {_bringing(hub, family)}"
        raise PackageMissing(str(fault), advice=advice) from fault


def _bringing(hub: Hub, family: Family | None) -> str:
    """Say how large it is, under what terms, and what brings it."""
    licence = f"licence: {hub.licence}, by what is known here" if hub.licence else "licence: see its page"
    others = [other.name for other in family.hubs if other is not hub] if family else []
    more = f"; or another of {family.title}: {', '.join(others)}" if family and others else ""
    how = " and ".join(f"`{line}`" for line in commands(hub))
    return (
        f"{hub.name} is {hub.weight} ({licence}); {how} brings what is read of it, and with --dry-run says "
        f"first how large that is{more}"
    )


def commands(hub: Hub) -> tuple[str, ...]:
    """Give what brings the files that are read: no other variants, nothing in pickle, no single file of everything."""
    known = by_hub(hub.name)
    parts = [f"{part}/*" for part in known[0].parts] if known else ["*/*"]
    own = _download(hub, [CONFIG, _TENSORS] if hub.adapter else [INDEX, *parts])
    return (own, _download(hub.base, [INDEX, *parts])) if hub.base else (own,)


def _download(hub: Hub, wanted: list[str]) -> str:
    options = [f"--include {pattern!r}" for pattern in wanted] + [f"--exclude {pattern!r}" for pattern in _UNREAD]
    return " ".join(["hf download", hub.name, *options])
