"""A folder of weights in diffusers' form: which class it is, what lies in it, and what of that is refused.

It is read without torch, and nothing in it is run. Weights in pickle can run what they like when they are read, so they
are refused unless their files are asked for by name; code that comes with weights is never run. Knows no machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from math import prod
from pathlib import Path
from types import MappingProxyType

from ...errors import ModelMissing, ModelUnfit
from .family import Family, Hub
from .registry import FAMILIES, by_class, by_hub

INDEX = "model_index.json"
_PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl"})
_VARIANT = re.compile(r"\.(fp16|bf16|non_ema)[.-]")
_STILL_ONLY = frozenset({"safety_checker"})  # a part of what draws pictures that is not read for films
_CODE = "auto_map"  # what configurations call which class of which file beside them is to be run
_INDEX_BYTES = 1 << 20
_HEADER_BYTES = 100 << 20
# What makes other weights of a class, if a family says so: Wan 2.2 has one model for words and pictures, and one of two
# experts; of those for pictures, some look at the picture, some at the first and the last, and some at none.
_UNUSUAL = ("expand_timesteps", "boundary_ratio")
_BLIND = "no image_encoder"
_FLAGS = {
    "pos_embed_seq_len": "transformer/config.json",
    "use_dynamic_shifting": "scheduler/scheduler_config.json",  # LTX before 0.9.5 knows of no conditions
}


@dataclass(frozen=True)
class Pickled:
    """A component in pickle that was asked for by name."""

    part: str
    library: str
    kind: str  # its class
    variant: str | None  # in the name of its file


@dataclass(frozen=True)
class Adapter:
    """What moves weights that know pictures only, in a folder of its own."""

    folder: Path
    variant: str | None  # in the names of its files


@dataclass(frozen=True)
class Checkpoint:
    """Weights that may be opened."""

    folder: Path
    family: Family  # as these weights have it
    kind: str  # the class that the folder names, and what is unusual about it
    parameters: tuple[tuple[str, int], ...]  # of every component that has any
    name: str  # for the manifest
    version: str | None = None
    variant: str | None = None  # in the names of its files: fp16
    pickled: tuple[Pickled, ...] = ()
    adapter: Adapter | None = None

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every folder that is read for it."""
        return (self.folder, *((self.adapter.folder,) if self.adapter else ()))


def read(
    folder: Path,
    pickles: Collection[str] = (),
    hub: Hub | None = None,
    version: str | None = None,
    moved: Mapping[str, str] = MappingProxyType({}),
) -> Checkpoint:
    """Look at a folder; `pickles` are the files, PART/FILE, that may be read though they are in pickle.

    hub: by whose name it was found. Another folder that is called so is taken for no more than what has those sizes.
    moved: which class runs weights of another, where an adapter moves them.
    """
    index = _index(folder)
    kind = _kind(index, folder)
    if kind in moved:
        kind, index = moved[kind], {name: value for name, value in index.items() if name not in _STILL_ONLY}
    family = by_class(kind)
    if family is None:
        known = ", ".join(sorted({name for one in FAMILIES for name in one.classes if "," not in name}))
        raise ModelMissing(
            f"{folder} is a {kind}, which is not known here", advice=f"the classes that are known: {known}"
        )
    _check_code(folder)
    found = by_hub(folder.name)
    name = hub.name if hub else folder.name
    hub = hub or (found[1] if found and found[0] is family else None)
    parameters, pickled, variant = _weights(index, folder, pickles)
    return Checkpoint(folder, family.as_published(hub), kind, parameters, name, version, variant, pickled)


def _weights(
    index: Mapping[str, object], folder: Path, pickles: Collection[str]
) -> tuple[tuple[tuple[str, int], ...], tuple[Pickled, ...], str | None]:
    """Count what every component has, and give those in pickle, and the variant that all others are."""
    parameters: list[tuple[str, int]] = []
    pickled: list[Pickled] = []
    variants: set[str] = set()
    for part, library, kind in _parts(index, folder):
        files = sorted(folder.joinpath(part).iterdir())
        tensors = [file for file in files if file.suffix == ".safetensors"]
        bare = [file for file in files if file.suffix in _PICKLES]
        if not tensors and bare:
            _check_pickles(part, bare, pickles)
            named = set(map(variant_of, bare))
            pickled.append(Pickled(part, library, kind, None if None in named else min(filter(None, named))))
            parameters.append((part, sum(file.stat().st_size for file in bare) // 2))
        elif tensors:
            plain = [file for file in tensors if not variant_of(file)]
            variants.add("" if plain else variant_of(tensors[0]) or "")
            parameters.append((part, sum(map(count, plain or tensors))))
        elif folder.joinpath(part, "config.json").is_file() and not _tokenizer(folder / part):
            raise ModelUnfit(f"{folder / part} has no weights: was it downloaded to its end?")
    variant = next(iter(variants)) or None if len(variants) == 1 else None
    return tuple(parameters), tuple(pickled), variant


def _index(folder: Path) -> Mapping[str, object]:
    path = folder / INDEX
    if not path.is_file():
        raise ModelMissing(
            f"{folder} has no {INDEX}",
            advice="give a folder in diffusers' form, as `hf download` brings it; single files have to be converted",
        )
    try:
        if path.stat().st_size > _INDEX_BYTES:
            raise ValueError("it is too long")
        index = json.loads(path.read_bytes())
        if not isinstance(index, dict):
            raise ValueError("it is no table")
    except (OSError, ValueError) as fault:
        raise ModelUnfit(f"{path} cannot be read: {fault}") from fault
    return index


def _kind(index: Mapping[str, object], folder: Path) -> str:
    """Give the class that it names, and what is unusual about it where a family makes a difference."""
    kind = index.get("_class_name")
    if not isinstance(kind, str):
        raise ModelUnfit(f"{INDEX} names {kind!r} as its class: code that comes with weights is never run")
    unusual = [name for name in _UNUSUAL if index.get(name)]
    for flag, file in _FLAGS.items():
        with suppress(OSError, ValueError):
            config = json.loads((folder / file).read_bytes())
            unusual += [flag] if isinstance(config, dict) and config.get(flag) else []
    looks = index.get("image_encoder")
    unusual += [] if isinstance(looks, list) and any(looks) else [_BLIND]
    return next((told for name in unusual if by_class(told := f"{kind}, {name}")), kind)


def _parts(index: Mapping[str, object], folder: Path) -> Iterator[tuple[str, str, str]]:
    """Give the components that have a folder, each with a library that is known, and its class there."""
    for name, value in index.items():
        if name.startswith("_") or not isinstance(value, list) or len(value) != 2 or value[0] is None:
            continue
        if not _is_known(value[0]):
            raise ModelUnfit(f"{name} is code of its own ({value[0]}): code that comes with weights is never run")
        if Path(name).name != name or not folder.joinpath(name).is_dir():
            raise ModelUnfit(f"{folder} has no {name}: was it downloaded to its end?")
        yield name, str(value[0]), str(value[1])


def _is_known(library: object) -> bool:
    """Tell whether a component's class comes with diffusers or transformers, without importing either."""
    if library in ("diffusers", "transformers"):
        return True
    if not isinstance(library, str) or not library.isidentifier() or not (spec := find_spec("diffusers")):
        return False
    return any(Path(place, "pipelines", library).is_dir() for place in spec.submodule_search_locations or ())


def _check_code(folder: Path) -> None:
    """Refuse what names code that lies beside it: libraries ask on the terminal whether to run that, and then do."""
    named: list[object] = []

    def noted(table: dict[str, object]) -> dict[str, object]:
        named.append(table.get(_CODE))
        return table

    for file in sorted(folder.glob("*/**/*config*.json")):
        with suppress(OSError, ValueError, RecursionError):  # who reads it then, finds that it can't be read
            json.loads(file.read_bytes(), object_hook=noted)
        if any(named):
            raise ModelUnfit(f"{file} names code of its own: code that comes with weights is never run")


def _tokenizer(part: Path) -> bool:
    return part.joinpath("tokenizer_config.json").is_file()


def _check_pickles(part: str, files: list[Path], allowed: Collection[str]) -> None:
    refused = [file for file in files if f"{part}/{file.name}" not in allowed]
    if refused:
        raise ModelUnfit(
            f"{refused[0]} is a pickle, which can run what it likes when it is read",
            advice=f"take weights in .safetensors; or, where you trust it, say --allow-pickle {part}/{refused[0].name}",
        )


def variant_of(file: Path) -> str | None:
    """Give what its name says that it is a variant of the same weights in."""
    found = _VARIANT.search(file.name)
    return found[1] if found else None


def count(file: Path) -> int:
    """Count the numbers in a safetensors file by its header."""
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            if not 2 <= length <= _HEADER_BYTES:
                raise ValueError("its header is cut, or too long")
            header = json.loads(opened.read(length))
        shapes = [value["shape"] for name, value in header.items() if name != "__metadata__"]
        ends = [value["data_offsets"][1] for name, value in header.items() if name != "__metadata__"]
        if file.stat().st_size != 8 + length + max(ends, default=0):
            raise ValueError("it is cut short")
        return sum(prod(shape) for shape in shapes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as fault:
        raise ModelUnfit(f"{file} cannot be read: {fault}") from fault
