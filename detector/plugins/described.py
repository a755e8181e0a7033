"""How a user's detector is described: a TOML file, read into frozen values or refused with the line that is wrong.

Knows words and hashes; opens no network and imports nothing that a description names.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from ...errors import PluginInvalid
from .scores import Coefficients

_STRICT = ConfigDict(extra="forbid")
_MOST_TEXT = 64 << 10

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,47}$")]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,79}$")]
Side = Annotated[int, Field(ge=32, le=1024)]
Index = Annotated[int, Field(ge=0, le=9999)]
Wants = Literal["tiles", "frames"]
Normalisation = Literal["bytes", "unit", "signed", "imagenet", "clip"]


@dataclass(frozen=True)
class Pictures:
    """What a network takes, and which of the numbers that it gives counts."""

    wants: Wants = "frames"
    side: Side | None = None  # pixels of a side; None: native
    normalisation: Normalisation = "imagenet"
    logit: Index = 0  # the output that is high where something is synthetic
    against: Index | None = None  # the one that is high where it is not, if there are two
    frames: Annotated[int, Field(ge=1, le=64)] = 16  # of a video, at most


@dataclass(frozen=True, kw_only=True)
class OnnxFile(Pictures):
    """A graph that brings its weights: in, (N, 3, H, W) floats; out, (N,) or (N, K)."""

    __pydantic_config__ = _STRICT
    name: Name
    kind: Literal["onnx"]
    version: Word = "1"
    file: Annotated[str, Field(pattern=r"\.onnx$")]
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class TimmFile(Pictures):
    """A checkpoint of a timm model, in safetensors."""

    __pydantic_config__ = _STRICT
    name: Name
    kind: Literal["timm"]
    version: Word = "1"
    file: Annotated[str, Field(pattern=r"\.safetensors$")]
    sha256: str = ""
    model: Word  # timm's name for it
    classes: Annotated[int, Field(ge=1, le=10000)] = 1


@dataclass(frozen=True, kw_only=True)
class PythonClass:
    """A class of the user's own, made without arguments; it says itself what it wants."""

    __pydantic_config__ = _STRICT
    name: Name
    kind: Literal["python"]
    python: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]  # package.module:Class
    frames: Annotated[int, Field(ge=1, le=64)] = 16


Description = Annotated[OnnxFile | TimmFile | PythonClass, Field(discriminator="kind")]
_ADAPTER: TypeAdapter[OnnxFile | TimmFile | PythonClass] = TypeAdapter(Description)


@dataclass(frozen=True)
class Installed:
    """A detector of the user's, as it is kept; travels to the child as plain values, and needs the home no more."""

    name: str
    description: OnnxFile | TimmFile | PythonClass | None  # None: what describes it cannot be read
    file: Path | None = None  # where its weights lie, if it has any
    calibration: Coefficients | None = None
    problem: str = ""

    def to_wire(self) -> dict[str, Any]:
        """As plain values."""
        return {**asdict(self), "file": self.file and str(self.file)}

    @classmethod
    def from_wire(cls, values: dict[str, Any]) -> Installed:
        """Rebuild it in the child."""
        description, file, known = values["description"], values["file"], values["calibration"]
        return cls(
            name=values["name"],
            description=None if description is None else _ADAPTER.validate_python(description),
            file=None if file is None else Path(file),
            calibration=None if known is None else Coefficients(**{**known, "reals": tuple(known["reals"])}),
            problem=values["problem"],
        )


def described(path: Path) -> OnnxFile | TimmFile | PythonClass:
    """Read one."""
    try:
        values = tomllib.loads(text_of(path))
        return _ADAPTER.validate_python(values)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PluginInvalid(f"{path.name}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "kind"  # the first is the kind itself
        raise PluginInvalid(f"{path.name}: {where}: {first['msg']}") from None


def as_toml(description: OnnxFile | TimmFile | PythonClass) -> str:
    """Write one: words and whole numbers alone, and what JSON writes of them, TOML reads."""
    values = {key: value for key, value in asdict(description).items() if value is not None}
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def text_of(path: Path) -> str:
    """Read a small file of words."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_TEXT + 1)
    except OSError as error:
        raise PluginInvalid(f"{path}: {error.strerror or error}") from None
    if len(content) > _MOST_TEXT:
        raise PluginInvalid(f"{path.name}: too long for a description")
    return content.decode()
