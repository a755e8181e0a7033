"""A file of requests, one a line, each checked before the first is made. Knows JSON and requests; makes nothing.

{"prompt": "a red ball falls", "output": "ball.mp4", "seconds": 4, "camera": "pan-left"}
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ...errors import CountermarkError, InputUnfit, OutputExists, PromptInvalid
from ...evidence.text import plain
from ...outputs import check_input
from ...settings import Settings
from ...stamp import Encoding, fitting
from .. import door, models
from ..digests import content
from ..maker import AS_IT_COMES, Plan, Running
from ..request import Brush, Camera, Direction, Keyframe, Request
from .state import State
from .wording import said_of

MOST_BYTES = 64 << 20  # of the file
MOST_LINES = 100_000
_LABELLING = {  # settings that a released file would look different with
    "label", "profile", "machine_labels", "mark_key", "provider", "contact", "public_record", "aigc_producer", "sound",
    "spec_version", "soft_binding", "training_mining", "codec", "crf", "preset",
}  # fmt: skip


@dataclass(frozen=True)
class Common:
    """What holds for every line."""

    folder: Path  # where outputs appear
    options: Settings
    running: Running = AS_IT_COMES
    consent: bool = False  # whoever asks has said that all who are shown agree
    encoding: Encoding = Encoding()
    force: bool = False


@dataclass(frozen=True)
class Item:
    """One line that can be made."""

    line: int
    output: Path
    model: str
    request: Request
    audio: door.Audio | None
    plan: Plan
    digest: str  # of all that is asked for; for this run alone, as whoever has it can try guesses on it
    finished: bool = False  # an earlier run made it


class LinesWrong(ValueError):
    """What is wrong with the lines of a file, all of it."""

    def __init__(self, prompts: Path, problems: list[tuple[int, str]]) -> None:
        """Take each problem with the number of its line."""
        self.problems = tuple(problems)
        told = "\n".join(f"  line {number}: {what}" for number, what in problems)
        count = len({number for number, _ in problems})
        super().__init__(f"{prompts.name}: nothing was made, for {count} of its lines can't be made:\n{told}")


class _Faults(list[str]):
    """All that is wrong with one line."""

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Take what is wrong, and go on to what else is."""
        try:
            yield
        except CountermarkError as error:
            self.append(plain(f"{error}; {error.advice}"))
        except ValueError as error:
            self.append(plain(error))


def _exact(value: object) -> object:
    return value if isinstance(value, list) else str(value)


class _Still(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    seconds: float
    image: str


class _Brushed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    mask: str
    direction: Direction


class _Line(BaseModel):
    """One line as it is written; files are named from the folder of the prompts."""

    model_config = ConfigDict(extra="forbid")
    prompt: str
    output: str | None = None
    model: str = door.DEFAULT
    size: Annotated[str, Field(pattern=r"^[1-9]\d{0,4}x[1-9]\d{0,4}$")] | None = None
    seconds: float | None = None
    fps: Annotated[str, BeforeValidator(_exact), Field(pattern=r"^\d+(\.\d+|/[1-9]\d*)?$")] | None = None
    seed: int = 0
    image: str | None = None
    last_frame: str | None = None
    keyframes: tuple[_Still, ...] = ()
    video: str | None = None
    extend: str | None = None
    strength: float | None = None
    camera: Camera | None = None
    brush: _Brushed | None = None
    negative: str | None = None
    steps: int | None = None
    guidance: float | None = None
    sound: bool = False
    audio: str | None = None
    audio_is: Literal["synthetic", "recorded", "unsaid"] = "unsaid"

    def request(self, folder: Path) -> Request:
        """Say it as a request."""

        def at(name: str | None) -> Path | None:
            return folder / name if name is not None else None

        return Request(
            self.prompt,
            size=(int(self.size.split("x")[0]), int(self.size.split("x")[1])) if self.size else None,
            seconds=self.seconds,
            frame_rate=Fraction(self.fps) if self.fps is not None else None,
            seed=self.seed,
            image=at(self.image),
            last_image=at(self.last_frame),
            keyframes=tuple(Keyframe(one.seconds, folder / one.image) for one in self.keyframes),
            video=at(self.video),
            extend=at(self.extend),
            strength=self.strength,
            camera=self.camera,
            brush=Brush(folder / self.brush.mask, self.brush.direction) if self.brush else None,
            negative=self.negative,
            steps=self.steps,
            guidance=self.guidance,
            sound=self.sound,
        )


def read(prompts: Path, common: Common, defaults: Mapping[str, Any] | None = None) -> tuple[Item, ...]:
    """Read and check every line; LinesWrong tells all that is wrong. `defaults`: fields of lines that lack them."""
    lines = list(_lines(prompts))
    if not lines:
        raise InputUnfit(f"{prompts.name}: no line in it", advice='write one request a line: {"prompt": "..."}')
    items: list[Item] = []
    problems: list[tuple[int, str]] = []
    state, outputs = State(prompts, common.folder, common.options.home), dict[str, int]()
    for number, text in lines:
        faults = _Faults()
        with faults.noted():
            item = _item(prompts.parent, number, _line(text, defaults or {}, faults), common, faults)
            items += [_placed(item, outputs, state, common)] if item is not None else []
        problems += [(number, fault) for fault in faults]
    if problems:
        raise LinesWrong(prompts, problems)
    return tuple(items)


def _placed(item: Item, outputs: dict[str, int], state: State, common: Common) -> Item:
    """Say whether it is finished; refuse a name that another line gives, or that another file has."""
    first = outputs.setdefault(unicodedata.normalize("NFC", item.output.name).casefold(), item.line)
    if first != item.line:
        raise PromptInvalid(f"line {first} names {item.output.name}, too", advice="give each a name of its own")
    finished = state.finished(item.output, item.digest, common.options)
    if item.output.exists() and not finished and not common.force:
        raise OutputExists(f"{item.output.name} is there already, and not of this line")
    return replace(item, finished=finished)


def _lines(prompts: Path) -> Iterator[tuple[int, str]]:
    """Give what is written, with the number of each line; lines without anything on them are none."""
    check_input(prompts)
    if prompts.stat().st_size > MOST_BYTES:
        raise InputUnfit(f"{prompts.name}: more than {MOST_BYTES >> 20} MiB", advice="part it into several files")
    try:
        text = prompts.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputUnfit(f"{prompts.name}: it is no text in UTF-8", advice="write JSON lines in UTF-8") from None
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        raise InputUnfit(f"{prompts.name}: more than {MOST_LINES} lines", advice="part it into several files")
    yield from ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _line(text: str, defaults: Mapping[str, Any], faults: _Faults) -> _Line:
    """Read one line; fields that can't be read are noted, and the rest is read without them."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise PromptInvalid("this is no JSON", advice='write {"prompt": "...", "output": "..."}') from None
    if not isinstance(said, dict):
        raise PromptInvalid("this is no JSON object", advice='write {"prompt": "...", "output": "..."}')
    whole = {**defaults, **said}
    try:
        return _Line.model_validate(whole)
    except ValidationError as error:
        wrong = error.errors()
    told = (said_of(one["type"], one["loc"], one.get("ctx", {}), one["msg"], _Line.model_fields) for one in wrong)
    faults += map(plain, told)
    unread = {one["loc"][0] for one in wrong}
    return _Line.model_validate({"prompt": "unread", **{key: what for key, what in whole.items() if key not in unread}})


def _item(folder: Path, number: int, line: _Line, common: Common, faults: _Faults) -> Item | None:
    """Check what is asked for, all of it; None where something is wrong."""
    name = line.output if line.output is not None else f"{number:05d}.mp4"
    with faults.noted():
        if not name or Path(name).name != name or name.startswith("."):
            where = "outputs appear in the folder that -o names"
            raise PromptInvalid(f"{name!r} is no plain name of a file", advice=where)
        fitting(Path(name), common.encoding, common.options)
    audio = door.Audio(folder / line.audio, line.audio_is) if line.audio is not None else None
    if audio is not None:
        with faults.noted():
            check_input(audio.path)
    request, planned = None, None
    with faults.noted():
        request = line.request(folder)
    with faults.noted():
        if request is None:
            models.find(line.model, common.options, common.running)
        else:
            planned = door.plan(request, model=line.model, running=common.running, options=common.options)
    if faults or request is None or planned is None:
        return None
    digest = _digest(request, line.model, audio, common)
    return Item(number, common.folder / name, line.model, request, audio, planned, digest)


def _digest(request: Request, model: str, audio: door.Audio | None, common: Common) -> str:
    """Name all that is asked for, labels among it; files by what is in them."""
    labelled = common.options.model_dump(include=_LABELLING)
    said: list[object] = [model, asdict(request), audio and asdict(audio), asdict(common.encoding), labelled]
    said.append(asdict(replace(common.running, approve_cost=False)))
    masks = (request.brush.mask,) if request.brush else ()
    sounds = (audio.path,) if audio else ()
    said.append([content(path) for path in (*request.inputs, *masks, *sounds)])
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()
