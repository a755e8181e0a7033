"""A second look: whether a copy differs from what was signed, and where.

Knows how to lead the pictures of a file, in a limited child, past what was kept of an original; knows no registry, and
decides no verdict.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from .evidence import ChangesDetails, Evidence, MarkGeometry, Match
from .media import isolation, look, looked_from_json, looked_to_json
from .settings import Limits, Settings


@dataclass(frozen=True)
class Original:
    """What a copy is held to."""

    changes: bytes  # what was kept of each region and moment
    manifest_id: str | None = None  # None: a file that was named
    geometry: MarkGeometry | None = None  # how it lies in the copy; None where that is not known
    segments: tuple[Match, ...] = ()  # what of the copy shows what of it

    def __repr__(self) -> str:
        """Sizes, not bytes."""
        return f"Original({self.manifest_id}, {len(self.changes)} bytes, {self.geometry})"


def original_of(path: Path, options: Settings) -> Original:
    """Take of an original file what would have been kept at its signing."""
    answer = isolation.run(_kept, path, options.limits.model_dump(), limits=options.limits)
    return isolation.checked(path, lambda text: Original(b64decode(text, validate=True)), answer)


def compare_with(path: Path, original: Original, options: Settings) -> Evidence:
    """Hold a file to an original; the Evidence of examiner `changes` names what it was held to."""
    request = {
        "original": b64encode(original.changes).decode(),
        "geometry": original.geometry and asdict(original.geometry),
        "segments": [asdict(one) for one in original.segments],
        "limits": options.limits.model_dump(),
    }
    looked = isolation.checked(path, looked_from_json, isolation.run(_held, path, request, limits=options.limits))
    found = next(evidence for evidence in looked.evidence if evidence.examiner == "changes")
    if isinstance(found.details, ChangesDetails):
        return replace(found, details=replace(found.details, against=original.manifest_id))
    return found


def _kept(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: decode the original."""
    from .provenance.changes import original_record

    return b64encode(original_record(path, Limits.model_validate(request))).decode()


def _held(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: decode the copy."""
    from pydantic import TypeAdapter

    from .provenance.changes import ChangeExaminer

    geometry = TypeAdapter(MarkGeometry | None).validate_python(request["geometry"])
    segments = TypeAdapter(tuple[Match, ...]).validate_python(request["segments"])
    examiner = ChangeExaminer(b64decode(request["original"]), geometry, segments)
    return looked_to_json(look(path, (), (examiner,), Limits.model_validate(request["limits"])))
