"""How a service without a client is described: a TOML file, read into frozen values or refused with what is wrong.

Knows words and places in answers; asks nobody. docs/hosted.md says how such a file is written.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from ...errors import ModelMissing, ModelUnfit
from ..request import Feature
from .filling import NAMES, names_in
from .offer import Offer, Price, Shape, Task

# what a body must name for a service to hear of it, one of these; what is not here, no body can say
_CARRIED: dict[Feature, tuple[str, ...]] = {
    Feature.TEXT: ("prompt",),
    Feature.IMAGE: ("image", "image_uri"),
    Feature.LAST_FRAME: ("last_image", "last_image_uri"),
    Feature.VIDEO: ("video_uri",),
    Feature.EXTEND: ("extend_uri",),
    Feature.NEGATIVE: ("negative",),
    Feature.SOUND: ("sound", "on_off"),
}
_STRICT = ConfigDict(extra="forbid")
_MOST_TEXT = 64 << 10

Word = Annotated[str, Field(min_length=1, max_length=200)]
Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,63}$")]
Address = Annotated[str, Field(pattern=r"^https?://[^\s{}]+$", max_length=500)]
UrlPath = Annotated[str, Field(pattern=r"^/[^\s]*$", max_length=500)]
Place = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")]  # data.videos.0.url
Side = Annotated[int, Field(ge=64, le=4096)]


@dataclass(frozen=True)
class HeaderKey:
    """A key that goes into a header as it is."""

    __pydantic_config__ = _STRICT
    kind: Literal["header"]
    variable: Variable
    header: Word = "Authorization"
    prefix: str = ""


@dataclass(frozen=True)
class SignedKey:
    """A pair of keys that sign a token for half an hour (JWT, HS256): the issuer is named in it, the secret is not."""

    __pydantic_config__ = _STRICT
    kind: Literal["jwt"]
    issuer: Variable
    secret: Variable
    header: Word = "Authorization"
    prefix: str = "Bearer "


@dataclass(frozen=True)
class Size:
    """A size that can be asked for."""

    __pydantic_config__ = _STRICT
    width: Side
    height: Side
    aspect: Word
    word: str = ""


@dataclass(frozen=True)
class Cost:
    """What is charged, as far as the documentation says."""

    __pydantic_config__ = _STRICT
    source: Word
    seen: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
    per_second: Annotated[float, Field(ge=0)] | None = None
    per_clip: Annotated[float, Field(ge=0)] | None = None


@dataclass(frozen=True)
class Submit:
    """The order."""

    __pydantic_config__ = _STRICT
    path: UrlPath
    body: dict[str, Any]
    job: Place  # where the job's name is in the answer
    method: Literal["POST", "PUT"] = "POST"


@dataclass(frozen=True)
class Poll:
    """The question how far it is."""

    __pydantic_config__ = _STRICT
    path: UrlPath  # with {job}
    state: Place
    done: tuple[Word, ...]
    failed: tuple[Word, ...]
    working: tuple[Word, ...]
    words: tuple[Place, ...] = ()  # where it says why it failed; the first that is there
    share: Place | None = None  # how far it is
    share_of: Annotated[float, Field(gt=0)] = 1.0  # what is the whole: 1 or 100
    result: Place | None = None  # where the video's address is
    then: UrlPath | None = None  # asked once it is done, where the address is in another answer


@dataclass(frozen=True)
class Stop:
    """How a job is cancelled."""

    __pydantic_config__ = _STRICT
    path: UrlPath
    method: Literal["POST", "PUT", "DELETE"]


@dataclass(frozen=True)
class Described:
    """One task."""

    __pydantic_config__ = _STRICT
    name: Word
    model: Word
    features: frozenset[Feature]
    submit: Submit
    poll: Poll
    requires: frozenset[Feature] = frozenset()
    sizes: tuple[Size, ...] = ()
    seconds: tuple[Annotated[float, Field(gt=0, le=3600)], ...] = ()
    frame_rate: Annotated[int, Field(ge=1, le=240)] = 24
    stop: Stop | None = None
    cost: Cost | None = None
    speaks: bool = False  # gives sound, asked for or not


@dataclass(frozen=True)
class Errors:
    """How an answer says that something is wrong."""

    __pydantic_config__ = _STRICT
    words: tuple[Place, ...] = ("error.message", "message", "error", "detail")
    code: Place | None = None  # where an answer 200 carries a code of its own
    fine: int = 0  # the code of success


@dataclass(frozen=True)
class Value:
    """Something that only the user can choose: an avatar, a voice."""

    __pydantic_config__ = _STRICT
    about: Word
    variable: Variable
    otherwise: str = ""  # where the variable is not set; empty: it must be


@dataclass(frozen=True)
class Adapter:
    """A service."""

    __pydantic_config__ = _STRICT
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,47}$")]
    provider: Word
    base: Address
    documentation: Address
    seen: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]  # when the documentation was read
    tested: Literal["never", "live"]  # against the service itself
    prices: Address
    key: Annotated[HeaderKey | SignedKey, Field(discriminator="kind")]
    tasks: Annotated[tuple[Described, ...], Field(min_length=1)]
    errors: Errors = Errors()
    headers: dict[Word, str] = field(default_factory=dict)
    values: dict[Word, Value] = field(default_factory=dict)
    remarks: tuple[Word, ...] = ()
    seeds: bool = False


_READER: TypeAdapter[Adapter] = TypeAdapter(Adapter)


def read(path: Path) -> Adapter:
    """Read a user's file."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_TEXT + 1)
    except OSError as error:
        advice = f"give a file, or one of {', '.join(ready_names())}"
        raise ModelMissing(f"{path}: {error.strerror or error}", advice=advice) from None
    if len(content) > _MOST_TEXT:
        raise _unfit(path.name, "too long for a description")
    return _read(path.name, content)


@cache
def ready(name: str) -> Adapter:
    """Read one of our own."""
    return _read(name, files(__package__).joinpath("adapters", f"{name}.toml").read_bytes())


@cache
def ready_names() -> tuple[str, ...]:
    """Those that come with this package."""
    found = files(__package__).joinpath("adapters").iterdir()
    return tuple(sorted(one.name.removesuffix(".toml") for one in found if one.name.endswith(".toml")))


def offer_of(adapter: Adapter) -> Offer:
    """Say what it offers, as every hosted model's offer is said."""
    untested = f"{adapter.name}: as its documentation said in {adapter.seen}; never run against the service itself"
    chosen = (value.variable for value in adapter.values.values() if not value.otherwise)
    return Offer(
        name=f"http:{adapter.name}",
        provider=adapter.provider,
        agent="Countermark, over plain HTTP",
        tasks=tuple(_task(task, _ordered(task, adapter)) for task in adapter.tasks),
        prices=adapter.prices,
        seeds=adapter.seeds,
        keys=((*key_variables(adapter), *chosen),),
        remarks=(*adapter.remarks, *([untested] if adapter.tested == "never" else [])),
    )


def _task(task: Described, ordered: str) -> Task:
    cost = task.cost
    return Task(
        task.name,
        task.model,
        task.features,
        task.requires,
        shapes=tuple(Shape(size.width, size.height, size.aspect, size.word) for size in task.sizes),
        seconds=task.seconds,
        frame_rate=Fraction(task.frame_rate),
        price=Price(cost.source, cost.seen, cost.per_second, cost.per_clip) if cost else None,
        speaks=task.speaks,
        ordered=ordered,
    )


def key_variables(adapter: Adapter) -> tuple[str, ...]:
    """Name the variables that hold its key, or its pair of them."""
    secret = adapter.key
    return (secret.issuer, secret.secret) if isinstance(secret, SignedKey) else (secret.variable,)


def values_of(adapter: Adapter) -> dict[str, str]:
    """Give what the user has chosen; empty where something that must be chosen is not."""
    return {name: os.environ.get(value.variable) or value.otherwise for name, value in adapter.values.items()}


def _ordered(task: Described, adapter: Adapter) -> str:
    """Name what is ordered, and where; how it is waited for may be mended meanwhile, and is left out."""
    named = names_in(task.submit.body)
    values = {name: value for name, value in values_of(adapter).items() if name in named}
    said = [adapter.base, adapter.headers, asdict(task.submit), values]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _read(name: str, content: bytes) -> Adapter:
    try:
        adapter = _READER.validate_python(tomllib.loads(content.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unfit(name, str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        raise _unfit(name, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    for task in adapter.tasks:
        if wrong := next(_wrong(task, adapter), None):
            raise _unfit(name, f"{task.name}: {wrong}")
    if adapter.seeds and not any("seed" in names_in(task.submit.body) for task in adapter.tasks):
        raise _unfit(name, "seeds: no body asks for {seed}")
    return adapter


def _wrong(task: Described, adapter: Adapter) -> Iterator[str]:
    """Say what would be asked for and not heard, or could not be found again."""
    named = names_in(task.submit.body)
    if unknown := named - NAMES - set(adapter.values):
        yield f"nothing is called {{{min(unknown)}}}"
    if "prompt" not in named:
        yield "its body does not ask for {prompt}"
    yield from _unheard(task, named)
    if len(task.sizes) > 1 and not named & {"width", "height", "aspect", "size"}:
        yield "sizes: there are several, and its body asks for none of {width}, {height}, {aspect} and {size}"
    if len(task.seconds) > 1 and not named & {"seconds", "seconds_text"}:
        yield "seconds: there are several, and its body does not ask for {seconds}"
    yield from _not_found_again(task)


def _unheard(task: Described, named: set[str]) -> Iterator[str]:
    for feature in sorted(task.features):
        if feature not in _CARRIED:
            yield f"features: no body can say {feature.value}"
        elif not named.intersection(_CARRIED[feature]) and not (feature is Feature.SOUND and task.speaks):
            yield f"features: {feature.value} is listed, and its body does not ask for {{{_CARRIED[feature][0]}}}"
    if missing := task.requires - task.features:
        yield f"requires: {min(missing)} is none of its features"


def _not_found_again(task: Described) -> Iterator[str]:
    if task.poll.result is None:
        yield "poll.result says where the video's address is, and is not there"
    paths = {"poll.path": task.poll.path, "poll.then": task.poll.then, "stop.path": task.stop and task.stop.path}
    for where, path in paths.items():
        if path and "{job}" not in path:
            yield f"{where}: does not name the {{job}}"


def _unfit(name: str, what: str) -> ModelUnfit:
    return ModelUnfit(f"{name}: {what}", advice="docs/hosted.md says how a service is described")
