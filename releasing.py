"""From a marked file that nobody may see yet to one that is signed, checked, registered and in its place.

What does not pass the check by verify's own examiners is never released. The record is there, as pending, before the
file appears: whoever kills this at any point leaves neither a file without a record nor a live record without a file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import outputs
from .checking import Expected, check
from .evidence import LabelClaim
from .marking import Added, Marked
from .media import isolation
from .settings import Limits, Settings

if TYPE_CHECKING:
    from .disclosing import Disclosed
    from .keyring import Identity
    from .provenance import Facts, Record
    from .watermark import MarkKey

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
    labels: tuple[LabelClaim, ...] = ()  # drawn for people to see
    written: tuple[str, ...] = ()  # names of the labels that machines read in the file
    declared: tuple[str, ...] = ()  # what the input said of itself, unsigned
    beside: tuple[Path, ...] = ()  # files with the labels, where they are not in the pictures


@dataclass(frozen=True)
class Order:
    """What is asked for, the same for every try."""

    target: Path
    facts: Facts
    identity: Identity
    key: MarkKey
    options: Settings
    force: bool
    disclosed: Disclosed
    parent: Path | None = None  # the input, where it carries credentials of its own
    parent_store: bytes | None = None  # what the input's mark led to, where it has lost its own
    earlier_marks: tuple[str, ...] = ()  # that the input carries, or that its credentials speak of
    remarks: tuple[str, ...] = ()


def release(order: Order, marked: Marked, added: Added, manifest_id: str, name: Callable[[str], Path]) -> Stamped:
    """Sign, check, register, and let the file appear; a file that then cannot appear leaves a withdrawn record."""
    from .provenance import Registry
    from .provenance.signing import owed

    labels = order.disclosed.claims(marked.seconds)
    declared = order.disclosed.told(added.labels, order.target.suffix)
    facts = replace(order.facts, thumbnail=marked.thumbnail or None, labels=labels, declared=declared)
    signed = _sign(order, facts, marked, manifest_id, name)
    embedded = signed.path != marked.path
    timed = order.options.tsa is not None and not signed.untimed
    expected = Expected(
        name=order.target.name,
        payload=marked.payload,
        key=order.key,
        fingerprint=marked.fingerprint,
        machine=added.labels,
        source_type=order.facts.source_type,
        labels=labels,
        manifest_id=manifest_id if embedded else None,
        timed=timed,
    )
    digest = check(signed.path, expected, order.options)
    beside = order.disclosed.staged_beside(order.target, marked.seconds, name)
    registry = Registry(order.options.database_url)
    registry.reserve(_record(order, marked, signed, manifest_id, digest), order.target)
    try:
        if signed.owing:  # listed before it appears: nobody would look for a file that is not on the list
            owed.add(order.options.home, order.target, digest, manifest_id, signed.owing)
        _appear(order, signed.path, beside, name)
    except BaseException:
        registry.abandon(manifest_id, "the file was never released")
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
        not_carried=(*marked.not_carried, *order.disclosed.not_carried(order.target.suffix)),
        labels=labels,
        written=marked.labels,
        declared=declared,
        beside=tuple(final for _, final in beside),
        remarks=(*order.remarks, *signed.remarks, *_outlook(marked.margin_db)),
    )


def _record(order: Order, marked: Marked, signed: _Signed, manifest_id: str, digest: str) -> Record:
    """Say what is registered of it."""
    from .provenance import Record

    return Record(
        payload=marked.payload,
        manifest_id=manifest_id,
        manifest_store=signed.store,
        content_digest=digest,
        fingerprint=marked.fingerprint,
        changes=marked.changes or None,
        earlier_marks=order.earlier_marks,
        issuer=order.facts.provider or order.identity.name,
        model=order.facts.model,
    )


def _appear(order: Order, finished: Path, beside: tuple[tuple[Path, Path], ...], name: Callable[[str], Path]) -> None:
    """Let the file appear, and what lies beside it first; where that fails, all is as it was before."""
    former: dict[Path, Path | None] = {}
    try:
        for part, final in beside:
            aside = name(final.suffix) if order.force and final.exists() else None
            if aside:
                shutil.copy2(final, aside)
            outputs.release(part, final, order.force)
            former[final] = aside
        outputs.release(finished, order.target, order.force)
    except BaseException:
        for final, aside in former.items():
            if aside:
                os.replace(aside, final)
            else:
                final.unlink(missing_ok=True)
        raise


def _outlook(margin_db: float) -> tuple[str, ...]:
    """Say that a mark is weak, where trying it showed so."""
    if margin_db >= LEAST_MARGIN_DB:
        return ()
    stands = f"{-margin_db:g} dB below" if margin_db < 0 else f"only {margin_db:g} dB above"
    return (
        f"the mark is weak: in frames that were compressed for a trial (CRF 30) it stands {stands} what reading one"
        " alone takes, as the pictures are small, dark, still or full of texture; it is read in this file, but copies"
        " of low quality may lose it: larger pictures, and longer films, keep it better",
    )


@dataclass(frozen=True)
class _Signed:
    """The file to release, its manifest store, and what is to be said of it."""

    path: Path
    store: bytes
    remarks: tuple[str, ...]
    untimed: bool  # the authority gave none
    owing: str | None  # why, where it is still to be given one


def _sign(order: Order, facts: Facts, marked: Marked, manifest_id: str, name: Callable[[str], Path]) -> _Signed:
    """Sign the file.

    Where C2PA has no place in the container (mkv, webm), an mp4 twin with the same packets is signed, its manifest
    store goes into the registry, and the mark leads there.
    """
    from .provenance import MARK_ALGORITHM, Signed, describe, embeds, sign, trust
    from .provenance.resolving.shown import SHOWN_LABEL, assertion_of
    from .provenance.signing.retimestamping import settles
    from .provenance.signing.timestamps import with_time

    options, suffix = order.options, order.target.suffix
    description = describe(
        facts,
        manifest_id,
        marked.payload,
        MARK_ALGORITHM,
        parent=order.parent is not None,
        spec_version=options.spec_version,
        soft_binding=options.soft_binding,
        earlier_marks=order.earlier_marks,
    )
    shown = {"label": SHOWN_LABEL, "data": assertion_of(marked.fingerprint), "created": True}
    description["assertions"].append(shown)
    anchors = trust.load(options.home)
    source, remarks = marked.path, []
    if not embeds(suffix):
        source = _twin(order, marked, name(".mp4"))
        remarks.append(f"C2PA has no place in {suffix}: the mark and the registry carry the credentials")
    output = name(source.suffix)

    def write(authority: str | None) -> Signed:
        return sign(
            source,
            output,
            description,
            order.identity,
            anchors,
            order.parent,
            parent_store=order.parent_store,
            ingredients=facts.ingredients,
            thumbnail=facts.thumbnail,
            timestamp=authority,
        )

    signed, untimed = with_time(options, write)
    remarks += [f"an input's own credentials do not check out: {code}" for code in signed.ingredient_failures]
    owing = untimed if settles(suffix) else None
    if untimed:
        later = "`keys retimestamp` adds it" if owing else f"{suffix} files cannot be given one later"
        remarks.append(f"signed without a timestamp ({untimed}): {later}")
    return _Signed(output if embeds(suffix) else marked.path, signed.store, tuple(remarks), untimed is not None, owing)


def _twin(order: Order, marked: Marked, twin: Path) -> Path:
    """Write the same packets as an mp4."""
    request = {"twin": str(twin), "limits": order.options.limits.model_dump()}
    room = 2 * (marked.path.stat().st_size + (64 << 20))
    isolation.run(_remuxed, marked.path, request, limits=order.options.limits, writes=room, writes_in=twin.parent)
    return twin


def _remuxed(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: the same packets as an mp4."""
    from .media import probe, remux

    remux(probe(path, Limits.model_validate(request["limits"])), Path(request["twin"]), keep="none")
