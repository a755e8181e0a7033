"""The only exit: frames or a file -> a file that is marked, signed, checked and registered.

It fails closed: what does not pass the check by verify's own examiners never appears under its name. The work is done
on hidden files beside the target; the last act is a rename. Inputs are only read.

    from countermark.stamp import facts, stamp
    stamped = stamp(Path("clip.mp4"), Path("clip.stamped.mp4"), facts=facts(model="wan-2.2"))
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from . import outputs
from .checking import MarkUnread
from .disclosing import caption_names, disclosed, ready
from .errors import AlreadyMarked, LabelFailed
from .evidence.text import plain
from .marking import Added, Encoding, Marked, Progress, mark_file, mark_frames
from .releasing import Order, Stamped, release
from .settings import Settings, settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .intake import Intake
    from .keyring import Identity
    from .media import Video
    from .provenance import Facts
    from .provenance.signing.manifest import Mining, Oversight, Sound
    from .watermark import MarkKey

Write = Callable[[Path, str, float, Added], Marked]  # one try: where to, what to mark with, how strongly, what beside

log = logging.getLogger(__name__)

__all__ = ["Encoding", "Stamped", "check_able", "facts", "fitting", "stamp", "stamp_frames"]


def facts(
    *,
    source_type: str = "trainedAlgorithmicMedia",
    title: str = "",
    prompt: str | None = None,
    model: str | None = None,
    model_version: str | None = None,
    software_agent: str | None = None,
    provider: str | None = None,
    prompt_in_clear: bool = False,
    training_mining: Mining | None = None,
    oversight: Oversight | None = None,
    ingredients: Iterable[Path] = (),
    sound: Sound = "unsaid",
    changed: Iterable[str] = (),
    consent: str | None = None,
) -> Facts:
    """Describe what is stamped; unless given, the title is the file's name, and the settings say the rest.

    ingredients: pictures and videos that it was made from. changed: what was done to the model's own pictures. consent:
    what whoever made it said of the people in it.
    """
    from .evidence.sources import IPTC
    from .provenance import Facts, IngredientFacts

    return Facts(
        title=title,
        source_type=source_type if "/" in source_type else IPTC + source_type,
        prompt=prompt,
        model=model,
        model_version=model_version,
        software_agent=software_agent,
        provider=provider or settings().provider,
        prompt_in_clear=prompt_in_clear,
        training_mining=training_mining or settings().training_mining,
        oversight=oversight,
        ingredients=tuple(IngredientFacts(path) for path in ingredients),
        sound=sound,
        changed=tuple(changed),
        consent=consent,
    )


def stamp(
    source: Path,
    target: Path | None = None,
    *,
    facts: Facts,
    encoding: Encoding | None = None,
    force: bool = False,
    remark: bool = False,
    captions: bool = False,
    beside: Iterable[Path] = (),
    progress: Progress | None = None,
    options: Settings | None = None,
) -> Stamped:
    """Label a file: `source` is read, `target` (IN.stamped.EXT unless given; a folder takes that name) appears.

    An input that carries a mark is refused; `remark` marks it anew. `beside` names other inputs of the same run, which
    no output may replace. `captions`: labels that people see go beside the file, not into its pictures.
    """
    from . import keyring
    from .intake import admit, admit_ingredient
    from .provenance import soft_bindings

    options = options or settings()
    outputs.check_input(source)
    for ingredient in facts.ingredients:
        admit_ingredient(ingredient.path, options)
    untouched = [source, *beside]
    if target is not None and not target.is_dir():
        outputs.check_output(target, untouched, force)
    identity, key = keyring.load(options.home, options), marking_key(options)
    identity.check()  # a key that cannot sign is found out before any work
    lacking = ready(options, facts, identity, captions)
    admitted = admit(source, options)
    target = _named(source, target, admitted.video)
    for output in (target, *(caption_names(target) if captions else ())):
        outputs.check_output(output, untouched, force)
    dropped = tuple(f"not kept, as asked: {what}" for what in admitted.kept.dropped)
    remarks = (*lacking, *_marked_before(source, admitted, remark), *dropped)
    found = None if admitted.carries_manifest else _credentials_of(admitted, options)
    parent = source if admitted.carries_manifest or found else None
    told = (*admitted.declared_marks, *(soft_bindings(found) if found else ()))
    earlier = (*(f"{name} key: {payload}" for payload, name in admitted.marks), *dict.fromkeys(told))
    facts, size = (
        _completed(facts, source, options, silent=not admitted.video.sounds),
        admitted.video.geometry.display_size,
    )
    provider, length = facts.provider or "", admitted.video.duration_s
    tags = [name for name, _ in admitted.video.tags]
    shown = disclosed(options, size, length, admitted.kept, tags=tags, provider=provider, captions=captions)
    order = Order(target, facts, identity, key, options, force, shown, parent, found, earlier, remarks)
    return _label(order, _from_file(source, order, encoding or Encoding(), progress))


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
    beside: Iterable[Path] = (),
    progress: Progress | None = None,
    options: Settings | None = None,
) -> Stamped:
    """Label frames as they are made: each try calls `pictures` for an iterator of RGB (H, W, 3), size is W, H.

    `beside` names other inputs of the same run, which the output may not replace. `progress` is told the seconds
    written.
    """
    options = options or settings()
    untouched = (*beside, *((audio,) if audio else ()))
    identity, key, lacking = _able(target, facts, force, options, untouched)
    facts = _completed(facts, target, options, silent=audio is None)
    shown = disclosed(options, size, None, provider=facts.provider or "")
    order = Order(target, facts, identity, key, options, force, shown, remarks=lacking)
    wanted = fitting(target, encoding, options)

    def write(part: Path, payload: str, strength: float, added: Added) -> Marked:
        return mark_frames(
            pictures(),
            part,
            payload,
            key,
            strength,
            size=size,
            frame_rate=frame_rate,
            encoding=wanted,
            added=added,
            options=options,
            audio=audio,
            progress=progress,
        )

    return _label(order, write)


def check_able(
    target: Path,
    facts: Facts,
    *,
    size: tuple[int, int] | None,
    frames: int | None,
    force: bool,
    options: Settings,
    encoding: Encoding | None = None,
    beside: Iterable[Path] = (),
) -> None:
    """Refuse what could not be released in the end, before frames are made that cost time or money."""
    from .intake import admit_ingredient
    from .media import Geometry
    from .provenance import Registry
    from .watermark import check_room

    fitting(target, encoding, options)
    _able(target, facts, force, options, beside)
    Registry(options.database_url).prepare()
    for ingredient in facts.ingredients:
        admit_ingredient(ingredient.path, options)
    if size is not None:
        check_room(Geometry(*size), frames)


def fitting(target: Path, encoding: Encoding | None, options: Settings) -> Encoding:
    """Say how frames are written under a name: by a codec that its container takes, unless one is asked for."""
    from .media import container_for
    from .media.codecs import check_container

    wanted = (encoding or Encoding()).completed(options)
    if wanted.codec in (None, "auto"):
        wanted = replace(wanted, codec="vp9" if container_for(target.suffix) == "webm" else "h264")
    assert wanted.codec is not None and wanted.codec != "auto"
    check_container(wanted.codec, target)
    return wanted


def _able(
    target: Path, facts: Facts, force: bool, options: Settings, beside: Iterable[Path]
) -> tuple[Identity, MarkKey, tuple[str, ...]]:
    """Give who signs, what marks, and what the profiles lack; a key that cannot sign is found out before any work."""
    from . import keyring

    outputs.check_output(target, [*(given.path for given in facts.ingredients), *beside], force)
    identity, key = keyring.load(options.home, options), marking_key(options)
    identity.check()
    return identity, key, ready(options, facts, identity)


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


def _credentials_of(admitted: Intake, options: Settings) -> bytes | None:
    """Bring back the credentials that an input has lost, where a mark of it leads to them: its history goes on."""
    from .provenance import Registry

    registry = Registry(options.database_url)
    records = (registry.by_payload(payload) for payload, _ in admitted.marks)
    return next((record.manifest_store for record in records if record and record.status == "live"), None)


def _from_file(source: Path, order: Order, encoding: Encoding, progress: Progress | None) -> Write:
    def write(part: Path, payload: str, strength: float, added: Added) -> Marked:
        return mark_file(
            source,
            part,
            payload,
            order.key,
            strength,
            encoding=encoding,
            added=added,
            options=order.options,
            progress=progress,
        )

    return write


def _label(order: Order, write: Write) -> Stamped:
    """Mark, sign, check, register, release.

    A file whose mark cannot be read back is marked once more, with a new payload and as strongly as quality allows.
    """
    from .provenance import Registry, new_manifest_id
    from .watermark import STRONGEST, new_payload

    suffix = order.target.suffix
    order.disclosed.added(order.facts, new_manifest_id(), suffix, order.options)  # what can't be said is not begun
    Registry(order.options.database_url).prepare()  # nor what cannot be registered in the end
    with outputs.staged(order.target) as name:
        failed: MarkUnread | None = None
        for strength in (1.0, STRONGEST):
            manifest_id = new_manifest_id()
            added = order.disclosed.added(order.facts, manifest_id, suffix, order.options)
            marked = write(name(suffix), new_payload(), strength, added)
            try:
                return release(order, marked, added, manifest_id, name)
            except MarkUnread as unread:
                failed = unread
    raise LabelFailed(f"{order.target.name}: {failed}")


def _named(source: Path, target: Path | None, video: Video) -> Path:
    from .media import container_for, suffix_for

    own = f"{source.stem}.stamped{suffix_for(video)}"
    if target is None:
        return source.with_name(own)
    if target.is_dir():
        return target / own
    container_for(target.suffix)  # says what is wrong with a suffix that no video has
    return target


def _completed(facts: Facts, path: Path, options: Settings, *, silent: bool) -> Facts:
    """Add what is the same for everything that is stamped, and when it was."""
    sound: Sound = facts.sound if facts.sound != "unsaid" else options.sound
    return replace(
        facts,
        title=facts.title or plain(path.stem),
        sound="none" if silent else sound,
        when=facts.when or _now(),
        contact=facts.contact or options.contact,
        record=facts.record or options.public_record,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
