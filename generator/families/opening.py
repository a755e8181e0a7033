"""A name or a folder becomes a model: a folder is read, a name is looked up in the user's cache. Downloads nothing."""

from __future__ import annotations

from pathlib import Path

from ...errors import ModelMissing, ModelUnfit
from ...settings import Settings
from ..maker import Running
from . import hub
from .adapter import CONFIG, JOIN, alone, is_adapter, paired
from .family import Family, Hub
from .folder import INDEX, Checkpoint, read
from .model import OpenModel
from .registry import by_hub, by_name, names

_FILES = frozenset({".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf"})


def _whole(family: Family, pickles: frozenset[str]) -> tuple[list[Checkpoint], list[ModelUnfit]]:
    """Give all of a family that is here; what is half downloaded, or in pickle, hinders no other."""
    found: list[Checkpoint] = []
    unfit: list[ModelUnfit] = []
    for which in family.hubs:
        try:
            one = hub.from_cache(which.name, which, pickles)
        except ModelUnfit as fault:
            unfit.append(fault)
        else:
            found += [one] if one else []
    return found, unfit


def _pair(name: str, pickles: frozenset[str]) -> Checkpoint:
    """Find an adapter and what it moves, which are named together: each is a folder, or a name on a hub."""
    said = [part.strip() for part in name.split(JOIN, 1)]
    folders = [Path(part).expanduser() for part in said]
    found = [folder if folder.is_dir() else None for folder in folders]
    for number, (part, file) in enumerate(zip(said, (CONFIG, INDEX), strict=True)):
        if found[number] is None and not hub.is_identifier(part):
            raise ModelMissing(
                f"nothing here is called {part}", advice=f"a folder or OWNER/NAME on either side of {JOIN}"
            )
        found[number] = found[number] or hub.cached(part, file)
    adapter, base = found
    if adapter is None or base is None:
        raise hub.missing(_lacking(said, adapter, base))
    names = [folder.name if folder.is_dir() else part for folder, part in zip(folders, said, strict=True)]
    versions = None if any(folder.is_dir() for folder in folders) else JOIN.join((adapter.name, base.name))
    return paired(JOIN.join(names), adapter, base, pickles, versions)


def _lacking(said: list[str], adapter: Path | None, base: Path | None) -> Hub:
    """Give what is not here of two."""
    known = by_hub(said[0])
    if known is not None and known[1].base is not None and known[1].base.name == said[1]:
        return known[1]
    wanted = Hub(said[1])
    return wanted if adapter else Hub(said[0], adapter=True, base=None if base else wanted)


def open_model(name: str, options: Settings, running: Running | None = None) -> OpenModel:
    """Open a folder of weights, a hub's name (OWNER/NAME), a family's own name, or an adapter's and what it moves."""
    running = running or Running()
    pickles = frozenset({running.pickle} if running.pickle else ())
    folder = Path(name).expanduser()
    if folder.is_dir():
        if is_adapter(folder):
            raise alone(name)
        return OpenModel(name, (read(folder, pickles),), options, running)
    if JOIN in name:
        return OpenModel(name, (_pair(name, pickles),), options, running)
    if folder.suffix in _FILES and folder.is_file():
        raise ModelUnfit(
            f"{folder.name} is one file of weights", advice="give the folder that it belongs to, with model_index.json"
        )
    family, known = by_name(name), by_hub(name)
    if family is not None:
        with hub.packaged(family.hubs[0], family):
            found, unfit = _whole(family, pickles)
        if not found and unfit:
            raise unfit[0]
        if not found:
            raise hub.missing(family.hubs[0], family)
        passed_over = tuple(f"passed over: {fault}" for fault in unfit)
        return OpenModel(name, tuple(found), options, running, passed_over)
    if known is not None or hub.is_identifier(name):
        which = known[1] if known else Hub(name)
        with hub.packaged(which):
            one = hub.from_cache(which.name, which, pickles)
        if one is None:
            adapter = None if which.base else hub.cached(which.name, CONFIG)
            raise alone(name) if adapter and is_adapter(adapter) else hub.missing(which)
        return OpenModel(which.name, (one,), options, running)
    raise ModelMissing(
        f"nothing here is called {name}", advice=f"a folder, OWNER/NAME of a hub, or one of: {', '.join(names())}"
    )
