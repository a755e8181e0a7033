"""The only exit: frames or a file -> a file that is marked, signed, checked and registered.

It fails closed: what does not pass the check by verify's own examiners never appears under its name. The work is done
on hidden files beside the target; the last act is a rename. Inputs are only read.

    from countermark.stamp import facts, stamp
    stamped = stamp(Path("clip.mp4"), Path("clip.stamped.mp4"), facts=facts(model="wan-2.2"))
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import outputs
from .errors import AlreadyMarked, LabelFailed
from .evidence import CredentialDetails, FingerprintDetails
from .marking import Encoding, Marked, Progress, mark_file, mark_frames
from .media import isolation
from .settings import Limits, Settings, settings
from .verify import look_at, mark_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .intake import Intake
    from .keyring import Identity
    from .media import Video
    from .provenance import Facts
    from .watermark import MarkKey

log = logging.getLogger(__name__)

__all__ = ["Encoding", "Stamped", "facts", "stamp", "stamp_frames"]

CHECK_FRAMES = 16  # of the finished file, decoded and looked at before it is released
LEAST_MARGIN_DB = 2.0  # one frame alone; a reader adds up many


@dataclass(frozen=True)
class Stamped:
    """What was released."""

    path: Path
    manifest_id: str
    payload: str
    mark_key: str  # the name of the key that the mark was put in with
    margin_db: float  # by how much the mark stood out above what reading needs, where frames were tried at CRF 30
    digest: str
    frames: int
    codec: str
    embedded: bool  # False: the container has no place for C2PA
    development: bool
    not_carried: tuple[str, ...]
    remarks: tuple[str, ...]


def facts(
    *,
    source_type: str = "trainedAlgorithmicMedia",
    title: str = "",
    prompt: str | None = None,
    model: str | None = None,
    model_version: str | None = None,
    software_agent: str | None = None,
    provider: str | None = None,
) -> Facts:
    """Describe what is stamped: title from the file's name and provider from the settings, unless given."""
    from .provenance import IPTC, Facts

    return Facts(
        title=title,
        source_type=source_type if "/" in source_type else IPTC + source_type,
        prompt=prompt,
        model=model,
        model_version=model_version,
        software_agent=software_agent,
        provider=provider or settings().provider,
    )


@dataclass(frozen=True)
class _Order:
    """What is asked for, the same for every try."""

    target: Path
    facts: Facts
    identity: Identity
    key: MarkKey
    options: Settings
    force: bool
    parent: Path | None = None  # the input, where it carries credentials of its own
    remarks: tuple[str, ...] = ()


class _MarkUnread(Exception):
    """The mark could not be read back from the finished file."""


def stamp(
    source: Path,
    target: Path | None = None,
    *,
    facts: Facts,
    encoding: Encoding | None = None,
    force: bool = False,
    remark: bool = False,
    beside: Iterable[Path] = (),
    progress: Progress | None = None,
    options: Settings | None = None,
) -> Stamped:
    """Label a file: `source` is read, `target` (IN.stamped.EXT unless given; a folder takes that name) appears.

    An input that carries a mark is refused; `remark` marks it anew. `beside` names other inputs of the same run, which
    no output may replace.
    """
    from . import keyring
    from .intake import admit

    options = options or settings()
    outputs.check_input(source)
    untouched = [source, *beside]
    if target is not None and not target.is_dir():
        outputs.check_output(target, untouched, force)
    identity, key = keyring.load(options.home), marking_key(options)
    admitted = admit(source, options)
    target = _named(source, target, admitted.video)
    outputs.check_output(target, untouched, force)
    remarks = _marked_before(source, admitted, remark)
    parent = source if admitted.carries_manifest else None
    order = _Order(target, _titled(facts, source), identity, key, options, force, parent, remarks)
    wanted = encoding or Encoding()

    def write(part: Path, payload: str, strength: float) -> Marked:
        return mark_file(source, part, payload, key, strength, encoding=wanted, options=options, progress=progress)

    return _label(order, write)


def stamp_frames(
    pictures: Callable[[], Iterable[NDArray[np.uint8]]],
    target: Path,
    *,
    size: tuple[int, int],
    frame_rate: Fraction,
    facts: Facts,
    encoding: Encoding | None = None,
    audio: Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
    options: Settings | None = None,
) -> Stamped:
    """Label frames as they are made: each try calls `pictures` for an iterator of RGB (H, W, 3), size is W, H.

    `progress` is told the seconds written.
    """
    from . import keyring

    options = options or settings()
    outputs.check_output(target, (), force)
    identity, key = keyring.load(options.home), marking_key(options)
    order = _Order(target, _titled(facts, target), identity, key, options, force)
    wanted = encoding or Encoding()

    def write(part: Path, payload: str, strength: float) -> Marked:
        return mark_frames(
            pictures(),
            part,
            payload,
            key,
            strength,
            size=size,
            frame_rate=frame_rate,
            encoding=wanted,
            options=options,
            audio=audio,
            progress=progress,
        )

    return _label(order, write)


def marking_key(options: Settings) -> MarkKey:
    """Give the key that marks: that of the settings, or else the one chosen in the keyring."""
    from . import mark_keys
    from .watermark import OPEN_KEY, MarkKey

    name = options.mark_key or mark_keys.chosen(options.home)
    if name == mark_keys.OPEN:
        return OPEN_KEY
    return MarkKey(name, mark_keys.load(options.home, name).secret)


def _marked_before(source: Path, admitted: Intake, remark: bool) -> tuple[str, ...]:
    """Say what marks were there; without `remark`, nothing is marked twice."""
    marks = " and ".join(f"{payload} (key {key})" for payload, key in admitted.marks)
    if not marks:
        return ()
    if not remark:
        raise AlreadyMarked(f"{source.name}: it carries the mark {marks} already")
    log.warning("%s is marked anew; it carried the mark %s", source.name, marks)
    return (f"it carried the mark {marks} before, and was marked anew as asked; that one may still be read",)


def _label(order: _Order, write: Callable[[Path, str, float], Marked]) -> Stamped:
    """Mark, sign, check, register, release.

    A file whose mark cannot be read back is marked once more, with a new payload and as strongly as quality allows.
    """
    from .provenance import Registry
    from .watermark import STRONGEST, new_payload

    Registry(order.options.database_url).prepare()  # what cannot be registered in the end is not begun
    with outputs.staged(order.target) as name:
        failed: _MarkUnread | None = None
        for strength in (1.0, STRONGEST):
            marked = write(name(order.target.suffix), new_payload(), strength)
            try:
                return _release(order, marked, name)
            except _MarkUnread as unread:
                failed = unread
    raise LabelFailed(f"{order.target.name}: {failed}")


def _release(order: _Order, marked: Marked, name: Callable[[str], Path]) -> Stamped:
    """Sign, check, register, and let the file appear; a file that then cannot appear leaves a withdrawn record."""
    from .provenance import Record, Registry, new_manifest_id

    manifest_id = new_manifest_id()
    finished, store, remarks = _sign(order, marked, manifest_id, name)
    embedded = finished != marked.path
    digest = _check(order, finished, marked, manifest_id if embedded else None)
    registry = Registry(order.options.database_url)
    registry.reserve(
        Record(
            payload=marked.payload,
            manifest_id=manifest_id,
            manifest_store=store,
            content_digest=digest,
            fingerprint=marked.fingerprint,
            issuer=order.facts.provider or order.identity.name,
            model=order.facts.model,
        ),
        order.target,
    )
    try:
        outputs.release(finished, order.target, order.force)
    except BaseException:
        registry.withdraw(manifest_id, "the file was never released")
        raise
    registry.confirm(manifest_id)
    return Stamped(
        path=order.target,
        manifest_id=manifest_id,
        payload=marked.payload,
        mark_key=order.key.name,
        margin_db=marked.margin_db,
        digest=digest,
        frames=marked.frames,
        codec=marked.codec,
        embedded=embedded,
        development=order.identity.development,
        not_carried=marked.not_carried,
        remarks=(*order.remarks, *remarks, *_outlook(marked.margin_db)),
    )


def _outlook(margin_db: float) -> tuple[str, ...]:
    """Say that a mark is weak, where trying it showed so."""
    if margin_db >= LEAST_MARGIN_DB:
        return ()
    return (
        f"the mark is weak ({margin_db:+g} dB after a trial encode at CRF 30): the pictures are small, dark, still or"
        " full of texture; expect copies of low quality to lose it",
    )


def _sign(
    order: _Order, marked: Marked, manifest_id: str, name: Callable[[str], Path]
) -> tuple[Path, bytes, tuple[str, ...]]:
    """Give the file to release, its manifest store, and what is to be said of it.

    Where C2PA has no place in the container (mkv, webm), an mp4 twin with the same packets is signed, its manifest
    store goes into the registry, and the mark leads there.
    """
    from .provenance import MARK_ALGORITHM, describe, embeds, sign, trust

    description = describe(
        order.facts,
        manifest_id,
        marked.payload,
        MARK_ALGORITHM,
        parent=order.parent is not None,
        spec_version=order.options.spec_version,
    )
    anchors = trust.load(order.options.home)
    suffix = order.target.suffix
    source, remarks = marked.path, []
    if not embeds(suffix):
        source = name(".mp4")
        request = {"twin": str(source), "limits": order.options.limits.model_dump()}
        room = marked.path.stat().st_size + (64 << 20)
        isolation.run(
            _twin, marked.path, request, limits=order.options.limits, writes=2 * room, writes_in=source.parent
        )
        remarks.append(f"C2PA has no place in {suffix}: the mark and the registry carry the credentials")
    output = name(source.suffix)
    signed = sign(source, output, description, order.identity, anchors, parent=order.parent)
    remarks += [f"the input's own credentials do not check out: {code}" for code in signed.ingredient_failures]
    return (output if embeds(suffix) else marked.path), signed.store, tuple(remarks)


def _check(order: _Order, finished: Path, marked: Marked, manifest_id: str | None) -> str:
    """Look at the finished file as anyone would, and give its digest; what does not hold is not released."""
    from .provenance import compare

    looked = look_at(finished, options=order.options, frames=CHECK_FRAMES, keys=(order.key,))
    if looked.problems:
        raise LabelFailed(f"{order.target.name}: the finished file does not decode ({looked.problems[0]})")
    mark = mark_of(looked.evidence)
    if mark is None or mark.payload != marked.payload:
        raise _MarkUnread("the mark could not be read back from the pictures")
    if manifest_id is not None:
        found = next((e.details for e in looked.evidence if isinstance(e.details, CredentialDetails)), None)
        if found is None or found.manifest_id != manifest_id or not found.content_matches or found.trust != "trusted":
            why = (
                "no manifest" if found is None else f"{found.trust}: {', '.join(found.failures) or 'no failure named'}"
            )
            raise LabelFailed(f"{order.target.name}: the signature does not verify ({why})")
    shown = next((e.details for e in looked.evidence if isinstance(e.details, FingerprintDetails)), None)
    if shown is None:
        raise LabelFailed(f"{order.target.name}: the finished file could not be decoded")
    compared = compare(shown, marked.fingerprint)
    if compared.fit == "differs":
        raise LabelFailed(f"{order.target.name}: the finished file does not show what was marked ({compared.reason})")
    return looked.digest


def _twin(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: the same packets as an mp4."""
    from .media import probe, remux

    remux(probe(path, Limits.model_validate(request["limits"])), Path(request["twin"]), keep_metadata=False)


def _named(source: Path, target: Path | None, video: Video) -> Path:
    from .media import container_for, suffix_for

    own = f"{source.stem}.stamped{suffix_for(video)}"
    if target is None:
        return source.with_name(own)
    if target.is_dir():
        return target / own
    container_for(target.suffix)  # says what is wrong with a suffix that no video has
    return target


def _titled(facts: Facts, path: Path) -> Facts:
    return facts if facts.title else replace(facts, title=path.stem)
