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
from .described import Installed, OnnxFile, PythonClass, TimmFile, as_toml, described, text_of
from .kinds import opened, tried
from .scores import Coefficients


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


def add(home: Path, spec: Path) -> Installed:
    """Take in the detector that a TOML file describes, after trying it on grey pictures; its file is copied."""
    description = described(spec)
    folder = _folder(home)
    if (folder / f"{description.name}.toml").exists():
        advice = f"`countermark detectors remove {description.name}` first, or give it another name"
        raise PluginInvalid(f"a detector called {description.name} was added already", advice=advice)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if isinstance(description, PythonClass):
        tried(opened(Installed(description.name, folder, description)))
    else:
        content = _given(spec, description)
        kept = folder / f"{description.name}{Path(description.file).suffix}"
        digest = hashlib.sha256(content).hexdigest()
        description = replace(description, file=kept.name, sha256=digest)
        outputs.write_whole(kept, content)
        try:
            tried(opened(Installed(description.name, folder, description)))
        except BaseException:
            kept.unlink()
            raise
    outputs.write_whole(folder / f"{description.name}.toml", as_toml(description).encode())
    return find(home, description.name)


def remove(home: Path, name: str) -> None:
    """Forget a detector, with its file and what was measured of it."""
    one = find(home, name)
    for ending in (".toml", ".onnx", ".safetensors", ".calibration.json"):
        with suppress(FileNotFoundError):
            (one.folder / f"{one.name}{ending}").unlink()


def keep_calibration(home: Path, coefficients: Coefficients) -> Installed:
    """Keep what a detector's scores were measured to mean."""
    one = find(home, coefficients.name)
    content = json.dumps(asdict(coefficients), indent=1) + "\n"
    outputs.write_whole(one.folder / f"{one.name}.calibration.json", content.encode())
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
        return Installed(path.stem, path.parent, None, problem=str(error))
    return Installed(path.stem, path.parent, description, calibration)


def _calibration(path: Path) -> Coefficients | None:
    if not path.is_file():
        return None
    try:
        return TypeAdapter(Coefficients).validate_json(text_of(path))
    except (UnicodeDecodeError, ValueError) as error:
        raise PluginInvalid(f"{path.name}: {error}", advice="calibrate it again") from None


def _given(spec: Path, description: OnnxFile | TimmFile) -> bytes:
    """Read the file that a description names, from its own folder or wherever it says."""
    path = spec.parent / description.file
    return networks.checked(path, description.sha256) if description.sha256 else networks.content_of(path)
