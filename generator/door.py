"""The way in and the only way out: a request goes to a model, and what it makes leaves marked, signed and registered.

Knows the order of things; knows no model. What can be refused is refused before anything is made or paid.

    from countermark.generator import Request, door
    stamped = door.generate(Request("a red balloon over the sea"), Path("balloon.mp4"))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..evidence.text import plain
from ..media import Geometry
from ..outputs import check_input, staged
from ..settings import Settings, settings
from ..stamp import Encoding, Stamped, check_able, facts, stamp, stamp_frames
from ..watermark import check_room
from . import footage, inputs, models
from .consent import Granted
from .consent import check as check_consent
from .digests import content, keyed
from .foreseeing import check_sound, foreseen
from .maker import AS_IT_COMES, File, Frames, Maker, Origin, Plan, Running, Sound
from .models import DEFAULT
from .request import Request
from .spool import Nothing, Spool, check_disk, spooled

if TYPE_CHECKING:
    from ..provenance import Facts

__all__ = ["DEFAULT", "Audio", "foresee", "generate", "plan"]

_PAID_BEFORE = "holds what another request for this name has ordered: make that again to have it, or delete the folder"
_MAKING = 0.9  # of the bar, where a model makes all its frames before the first is written


@dataclass(frozen=True)
class Audio:
    """A sound track of the user's, and what it is."""

    path: Path
    sound: Sound = "unsaid"


@dataclass(frozen=True)
class _Job:
    """What was asked for, and what it will be."""

    request: Request
    target: Path
    plan: Plan
    files: bool  # made elsewhere, and given as one
    granted: Granted
    audio: Audio | None
    encoding: Encoding
    force: bool
    options: Settings

    @property
    def given(self) -> tuple[Path, ...]:
        """Every file of the user's that is read for it."""
        brush = self.request.brush
        sound = (self.audio.path,) if self.audio else ()
        return (*self.request.inputs, *((brush.mask,) if brush else ()), *sound)

    def facts(self, origin: Origin, sound: Sound = "unsaid", changed: tuple[str, ...] = ()) -> Facts:
        """Say for the manifest how it was made; sound of the user's is a part of it, whatever it is."""
        from ..provenance import IngredientFacts

        said = facts(
            title=plain(self.target.stem),
            source_type=footage.source_type(origin.source_type, self.request.inputs, self.options),
            prompt=self.request.prompt,
            model=origin.model,
            model_version=origin.version,
            software_agent=origin.agent,
            provider=origin.provider or self.options.provider,
            sound=self.audio.sound if self.audio else sound,
            changed=changed,
            consent="; ".join(self.granted.said) or None,
        )
        parts = (IngredientFacts(self.audio.path, "componentOf"),) if self.audio else ()
        return replace(said, ingredients=(*footage.ingredients(self.request, opened=not self.files), *parts))


def plan(
    request: Request, *, model: str | Maker = DEFAULT, running: Running = AS_IT_COMES, options: Settings | None = None
) -> Plan:
    """Say how a model would make it; makes nothing, asks nobody, and writes nothing."""
    return _planned(request, _maker(model, running, options or settings()))


def foresee(
    request: Request,
    target: Path | None,
    *,
    model: str | Maker = DEFAULT,
    running: Running = AS_IT_COMES,
    audio: Audio | None = None,
    consent: bool = False,
    encoding: Encoding | None = None,
    force: bool = False,
    options: Settings | None = None,
) -> Plan:
    """Plan it, and look for all that making would meet: files are decoded, rules and keys looked at. Makes nothing.

    target: where it would be written; None: that was looked at already.
    """
    options = options or settings()
    maker = _maker(model, running, options)
    sound = audio.path if audio else None
    return foreseen(
        request, _planned(request, maker), maker, target,
        audio=sound, consent=consent, encoding=encoding, force=force, options=options,
    )  # fmt: skip


def generate(
    request: Request,
    target: Path,
    *,
    model: str | Maker = DEFAULT,
    running: Running = AS_IT_COMES,
    audio: Audio | None = None,
    consent: bool = False,
    encoding: Encoding | None = None,
    force: bool = False,
    progress: Callable[[float], None] | None = None,
    options: Settings | None = None,
) -> Stamped:
    """Make what was asked for, and label it on the way out; `progress` is told the share done.

    consent: whoever asks has said that all who are shown agree. A run that was killed goes on when it is asked again.
    """
    options = options or settings()
    maker = _maker(model, running, options)
    planned, files = _planned(request, maker), models.gives_files(maker)
    if audio is not None:
        check_sound(audio.path, maker)
    job = _Job(request, target, planned, files, Granted(), audio, encoding or Encoding(), force, options)
    size = None if files else planned.size
    about = job.facts(Origin(maker.name, models.version_of(maker)))
    check_able(
        target, about, size=size, frames=planned.frames, force=force, options=options,
        encoding=encoding, beside=job.given,
    )  # fmt: skip
    check_disk(target, planned)
    job = replace(job, granted=check_consent(request, consent=consent, options=options))
    bar = _Bar(progress or (lambda share: None))
    asked = _digest(job, model if isinstance(model, str) else maker.name, maker, running)
    with staged(target) as part, spooled(target, asked, options.home, paid=files) as spool:
        sound = inputs.sound(audio.path, part(".wav"), options, planned.seconds) if audio else None
        made = maker.make(request, planned, spool.work, bar.making)
        stamped = _from_file(job, made, bar) if isinstance(made, File) else _from_frames(job, made, sound, spool, bar)
        again = (f"went on after the {spool.found} frames that an earlier run had finished",) if spool.found else ()
        kept = tuple(f"{other} {_PAID_BEFORE}" for other in spool.paid_before)
    return replace(stamped, remarks=(*planned.remarks, *again, *kept, *job.granted.said, *stamped.remarks))


def _maker(model: str | Maker, running: Running, options: Settings) -> Maker:
    return models.find(model, options, running) if isinstance(model, str) else model


def _planned(request: Request, maker: Maker) -> Plan:
    """Refuse what a model can't do, and files that are not there, before anything is looked at closely."""
    models.check_features(maker, request)
    for path in (*request.inputs, *((request.brush.mask,) if request.brush else ())):
        check_input(path)
    planned = maker.plan(request)
    if not models.gives_files(maker):
        check_room(Geometry(*planned.size), planned.frames)
    return planned


def _from_frames(job: _Job, made: Frames, sound: Path | None, spool: Spool, bar: _Bar) -> Stamped:
    length = made.plan.seconds
    stamped = stamp_frames(
        lambda: spool.pictures(made) if made.plan.costly else made.pictures(Nothing()),
        job.target,
        size=made.plan.size,
        frame_rate=made.plan.frame_rate,
        facts=job.facts(made.origin, made.sound, made.changed),
        encoding=job.encoding,
        audio=sound or made.audio,
        force=job.force,
        beside=job.given,
        progress=lambda seconds: bar.writing(seconds / length),
        options=job.options,
    )
    return replace(stamped, remarks=(*made.changed, *stamped.remarks))


def _from_file(job: _Job, made: File, bar: _Bar) -> Stamped:
    """Label a file that a service made; credentials that it carries are kept, as those of what this was made from."""
    return stamp(
        made.path,
        job.target,
        facts=job.facts(made.origin, made.sound),
        encoding=job.encoding,
        force=job.force,
        beside=job.given,
        progress=bar.writing,
        options=job.options,
    )


def _digest(job: _Job, model: str, maker: Maker, running: Running) -> str:
    """Name what is asked for: files by what is in them, so that another picture under the same name is another.

    And who makes it: frames of two models, or of two states of one, are no film.
    """
    brush = job.request.brush
    files = (*job.request.inputs, *((brush.mask,) if brush else ()))
    how = asdict(replace(running, approve_cost=False))
    planned = (job.plan.size, job.plan.frames, job.plan.frame_rate)
    said = [model, models.made_by(maker), asdict(job.request), [content(path) for path in files], how, planned]
    return keyed(job.options.home, said)


class _Bar:
    """One share done, of making and writing, which go on together where frames come as they are made."""

    def __init__(self, told: Callable[[float], None]) -> None:
        self._told, self._made, self._written, self._shown = told, 0.0, False, 0.0

    def making(self, share: float) -> None:
        """Take what the model says."""
        if not self._written:
            self._made = max(self._made, _MAKING * min(share, 1.0))
            self._show(self._made)

    def writing(self, share: float) -> None:
        """Take what the encoder says."""
        self._written = True
        self._show(self._made + (1 - self._made) * min(share, 1.0))

    def _show(self, share: float) -> None:
        self._shown = max(self._shown, share)  # a mark that has to be laid anew, stronger, is written a second time
        self._told(self._shown)
