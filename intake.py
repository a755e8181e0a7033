"""What `stamp` asks of an input before it marks it: what it is, and whether it is labelled already.

One limited child answers all of it, and one more for each file that is named as an ingredient. It looks for marks at
the start alone and searches for no crops: this keeps people from marking a file twice by mistake, and stands in
nobody's way who wants to. Knows no output, and signs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import OverLimit
from .evidence import Evidence, evidence_from_json
from .media import Video, isolation, probe, show, spread, video_from_json, video_to_json
from .outputs import check_input
from .settings import Limits, Settings
from .verify import mark_of, reading_keys

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from .disclosure.machine.keeping import Kept

LEAN = (".mp4", ".m4v", ".mov")  # kinds that the library reads bit by bit
MOST_INGREDIENT = 256 << 20  # bytes of one of another kind, which it takes into memory whole
FRAMES = 24  # that are looked at for a mark
LEAST_S, MOST_S = 1.0, 4.0  # of the start, a third of the video between these: each second is decoded once more for it


@dataclass(frozen=True)
class Intake:
    """An input that can be stamped."""

    video: Video
    carries_manifest: bool
    marks: tuple[tuple[str, str], ...]  # payload and name of the key of each mark that could be read
    declared_marks: tuple[str, ...]  # of whatever kind, that its credentials speak of
    kept: Kept  # of its metadata, what is to be there afterwards too


def admit(source: Path, options: Settings) -> Intake:
    """Look at an input; raises what says why it cannot be stamped."""
    request = {
        "limits": options.limits.model_dump(),
        "keys": [key.to_wire() for key in reading_keys(options)[0]],
        "keep": options.keep_metadata,
    }
    answer = isolation.run(_intake, source, request, limits=options.limits)
    return isolation.checked(source, _rebuilt, answer)


def admit_ingredient(path: Path, options: Settings) -> None:
    """Look at a file that is to be named as an ingredient: what the library can't read within limits is refused."""
    check_input(path)
    most = options.limits.max_bytes if path.suffix.lower() in LEAN else MOST_INGREDIENT
    if path.stat().st_size > most:
        raise OverLimit(f"{path.name}: {path.stat().st_size >> 20} MiB, too large for an ingredient of its kind")
    isolation.run(_readable, path, options.limits.model_dump(), limits=options.limits)


def _readable(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: read its credentials once, as signing will."""
    from .provenance import carries_manifest, check_size

    check_size(path)
    return carries_manifest(path)


def _intake(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: what is too large or too odd for its limits never reaches the process that holds the key."""
    from .disclosure.machine.keeping import kept_from
    from .media.metadata import metadata
    from .provenance import carries_manifest, check_size, soft_bindings
    from .provenance.reading.opening import beside, store_in
    from .watermark import MarkExaminer, MarkKey, check_room

    limits = Limits.model_validate(request["limits"])
    video = probe(path, limits)
    isolation.grant(video.geometry.width * video.geometry.height, video.duration_s)
    check_room(video.geometry, video.frames)
    check_size(path)
    keys = tuple(MarkKey.from_wire(key) for key in request["keys"])
    examiner = MarkExaminer(keys, max_frames=FRAMES, search_s=0.0)
    start_s = min(video.duration_s, max(LEAST_S, min(MOST_S, video.duration_s / 3)))
    plan = replace(examiner.plan(video), times_s=spread(start_s, FRAMES))
    for _, view in show(video, (plan,), limits=limits):
        examiner.see(view)
        isolation.alive()
    evidence = examiner.conclude(video)
    sidecar = beside(path)
    return {
        "video": video_to_json(video),
        "carries_manifest": carries_manifest(path),
        "declared_marks": [*soft_bindings(path), *(soft_bindings(store_in(sidecar)) if sidecar else ())],
        "evidence": [evidence.to_json()],
        "kept": _kept().dump_python(kept_from(metadata(path), request["keep"]), mode="json"),
    }


def _rebuilt(answer: Any) -> Intake:
    evidence: tuple[Evidence, ...] = evidence_from_json(answer["evidence"])
    mark = mark_of(evidence)
    declared = tuple(str(one) for one in answer["declared_marks"])
    marks = [] if mark is None else [(mark.payload, mark.key), *((other.payload, other.key) for other in mark.also)]
    return Intake(
        video_from_json(answer["video"]),
        answer["carries_manifest"] is True,
        tuple(dict.fromkeys(marks)),
        declared,
        _kept().validate_python(answer["kept"]),
    )


def _kept() -> TypeAdapter[Kept]:
    from pydantic import TypeAdapter

    from .disclosure.machine.keeping import Kept

    return TypeAdapter(Kept)
