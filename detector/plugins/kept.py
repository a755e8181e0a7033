"""Detectors that the user added: taken in, kept, forgotten. Knows the home and its files; knows nothing of pictures.

`home/detectors/NAME.toml` describes one, its file lies beside it with the hash it was added with, and what its scores
were measured to mean is in NAME.calibration.json. A Python class is imported when its detector is opened, and only if
it was added here.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from pydantic import TypeAdapter

from ... import networks, outputs
from ...errors import PluginInvalid
from ...settings import Limits
from .described import Installed, OnnxFile, PythonClass, TimmFile, as_toml, described, text_of
from .scores import Coefficients
from .trying import check


def installed(home: Path) -> tuple[Installed, ...]:
    """Give every detector that was added, by name; imports none of them."""
    folder = _folder(home)
    return tuple(_kept(path) for path in sorted(folder.glob("*.toml"))) if folder.is_dir() else ()


def find(home: Path, name: str) -> Installed:
    """Give the one of that name."""
    for one in installed(home):
        if one.name == name:
            return one
    there = ", ".join(one.name for one in installed(home)) or "none yet"
    raise PluginInvalid(f"no detector called {name!r} was added; there are: {there}")


def place(home: Path, name: str) -> Path:
    """Say where one is described; what else is kept of it lies beside."""
    return _folder(home) / f"{name}.toml"


def add(home: Path, spec: Path, limits: Limits) -> Installed:
    """Take in the detector that a TOML file describes, after trying it on grey pictures; its file is copied."""
    description = described(spec)
    target = place(home, description.name)
    if target.exists():
        advice = f"`countermark detectors remove {description.name}` first, or give it another name"
        raise PluginInvalid(f"a detector called {description.name} was added already", advice=advice)
    with outputs.translated(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if isinstance(description, PythonClass):
        check(Installed(description.name, description), limits)
    else:
        description = _copied(spec, description, target.parent, limits)
    outputs.write_whole(target, as_toml(description).encode())
    return find(home, description.name)


def remove(home: Path, name: str) -> None:
    """Forget a detector, with its file and what was measured of it."""
    one = place(home, find(home, name).name)
    for ending in (".toml", ".onnx", ".safetensors", ".calibration.json"):
        with suppress(FileNotFoundError):
            one.with_name(f"{name}{ending}").unlink()


def keep_calibration(home: Path, coefficients: Coefficients) -> Installed:
    """Keep what a detector's scores were measured to mean."""
    one = place(home, find(home, coefficients.name).name)
    content = json.dumps(asdict(coefficients), indent=1) + "\n"
    outputs.write_whole(one.with_name(f"{coefficients.name}.calibration.json"), content.encode())
    return find(home, coefficients.name)


def _folder(home: Path) -> Path:
    return home / "detectors"


def _kept(path: Path) -> Installed:
    try:
        description = described(path)
        if description.name != path.stem:
            raise PluginInvalid(f"{path.name} describes {description.name!r}")
        calibration = _calibration(path.with_name(f"{path.stem}.calibration.json"))
    except PluginInvalid as error:
        return Installed(path.stem, None, problem=str(error))
    file = None if isinstance(description, PythonClass) else (path.parent / description.file).absolute()
    return Installed(path.stem, description, file, calibration)


def _calibration(path: Path) -> Coefficients | None:
    if not path.is_file():
        return None
    try:
        return TypeAdapter(Coefficients).validate_json(text_of(path))
    except (UnicodeDecodeError, ValueError) as error:
        raise PluginInvalid(f"{path.name}: {error}", advice="calibrate it again") from None


def _copied(spec: Path, description: OnnxFile | TimmFile, folder: Path, limits: Limits) -> OnnxFile | TimmFile:
    """Copy the file that a description names, from its own folder or wherever it says; it stays if it works."""
    given = spec.parent / description.file
    content = networks.checked(given, description.sha256) if description.sha256 else networks.content_of(given)
    kept = folder / f"{description.name}{given.suffix}"
    sealed = replace(description, file=kept.name, sha256=hashlib.sha256(content).hexdigest())
    outputs.write_whole(kept, content)
    try:
        check(Installed(description.name, sealed, kept.absolute()), limits)
    except BaseException:
        kept.unlink()
        raise
    return sealed
