"""Between values and rows: what is a structure lies as JSON in one column. No I/O."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from ..evidence import CredentialDetails, Evidence, RecordDetails
from ..verdict import Verdict
from .values import Check, CheckError, CheckEvent, CheckPicture, Feedback, Hold, Kept, Request, Revision

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Row = Mapping[str, Any]

_UNFIT = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes neither


def text(given: str) -> str:
    """Make a text of a stranger's fit for every database."""
    return _UNFIT.sub("�", given)


def json_of(value: object) -> str:
    """Write plain values; letters beyond ASCII are escaped, so that every database takes them."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def deflated(plain: Mapping[str, Any]) -> bytes:
    """Write plain values small."""
    return zlib.compress(json_of(plain).encode("ascii"), 6)


def inflated(packed: bytes) -> dict[str, Any]:
    """Read what `deflated` wrote."""
    plain: dict[str, Any] = json.loads(zlib.decompress(packed))
    return plain


# A check ------------------------------------------------------------------------------------------------------------


def request_row(request: Request) -> dict[str, Any]:
    """Give the columns that what was asked fills."""
    return {
        "tenant_id": request.tenant_id,
        "made_by": request.made_by,
        "source": request.source,
        "name": text(request.name),
        "url": None if request.url is None else text(request.url),
        "rendition": None if request.rendition is None else json_of(dict(request.rendition)),
        "group_id": request.group_id,
        "lane": request.lane,
        "content_hash": request.content_hash,
        "bytes": request.bytes,
        "object_key": request.object_key,
        "options": json_of(
            {
                "callback_url": request.callback_url,
                "external_id": request.external_id,
                "policy_id": request.policy_id,
                "item_id": request.item_id,
                "item_type": request.item_type,
                "metadata": dict(request.metadata),
                "kept": asdict(request.kept),
            }
        ),
    }


def check(row: Row, **more: Any) -> Check:
    """Read a check; `more`: what belongs to it, from other tables."""
    options = json.loads(row["options"])
    return Check(
        **{name: row[name] for name in _PLAIN},
        rendition=None if row["rendition"] is None else json.loads(row["rendition"]),
        object_key=None if row["media_gone_at"] or row["deleted_at"] else row["object_key"],
        error=None if row["error"] is None else CheckError(**json.loads(row["error"])),
        callback_url=options.get("callback_url"),
        external_id=options.get("external_id"),
        policy_id=options.get("policy_id"),
        item_id=options.get("item_id"),
        item_type=options.get("item_type"),
        metadata=options.get("metadata", {}),
        kept=Kept(**options.get("kept", {})),
        **more,
    )


_PLAIN = (
    "id",
    "tenant_id",
    "made_by",
    "source",
    "name",
    "status",
    "stage",
    "lane",
    "created_at",
    "url",
    "group_id",
    "content_hash",
    "bytes",
    "outcome",
    "started_at",
    "finished_at",
    "media_until",
    "media_gone_at",
    "record_until",
    "deleted_at",
)


# What belongs to it -------------------------------------------------------------------------------------------------


def evidence_row(check_id: str, number: int, at: str, evidence: Evidence) -> dict[str, Any]:
    """Write what one examiner saw."""
    packed = json_of(evidence.to_json())
    return {"check_id": check_id, "number": number, "at": at, "examiner": evidence.examiner, "evidence": packed}


def evidence(rows: Iterable[Row]) -> tuple[Evidence, ...]:
    """Read what examiners saw."""
    adapter = _evidence()
    return tuple(adapter.validate_python(json.loads(row["evidence"])) for row in rows)


def revision_row(check_id: str, revision: Revision) -> dict[str, Any]:
    """Write one verdict."""
    return {
        "check_id": check_id,
        "number": revision.number,
        "at": revision.at,
        "who": text(revision.who),
        "why": revision.why,
        "note": text(revision.note),
        "outcome": revision.verdict.outcome,
        "verdict": verdict_json(revision.verdict),
        "versions": json_of(dict(revision.versions)),
    }


def verdict_json(verdict: Verdict) -> str:
    """Write a verdict as `verify --json` says it."""
    return json_of(asdict(verdict))


def revision(row: Row) -> Revision:
    """Read one verdict."""
    verdict = _verdict().validate_python(json.loads(row["verdict"]))
    plain = {name: row[name] for name in ("number", "at", "who", "why", "note")}
    return Revision(**plain, verdict=verdict, versions=json.loads(row["versions"]))


def manifests_of(verdict: Verdict) -> list[str]:
    """Give the ids of the manifests that a verdict rests on: those it carries, and those of records that it found."""
    found: set[str] = set()
    for one in verdict.evidence:
        if isinstance(one.details, CredentialDetails | RecordDetails) and one.details.manifest_id:
            found.add(one.details.manifest_id)
    return sorted(manifest_id for manifest_id in found if len(manifest_id) <= _LONGEST_ID)


_LONGEST_ID = 200  # longer ones are no registry's of ours


def event(row: Row) -> CheckEvent:
    """Read something that happened."""
    return CheckEvent(number=row["number"], at=row["at"], kind=row["kind"], body=json.loads(row["body"]))


def picture(row: Row) -> CheckPicture:
    """Read where a picture lies, and what it shows."""
    return CheckPicture(**{name: row[name] for name in ("name", "kind", "seconds", "words", "object_key")})


def hold(row: Row) -> Hold:
    """Read a hold."""
    return Hold(**{name: value for name, value in row.items() if name != "check_id"})


def feedback(row: Row) -> Feedback:
    """Read what somebody said."""
    return Feedback(**{name: value for name, value in row.items() if name != "check_id"})


@cache
def _evidence() -> TypeAdapter[Evidence]:
    from pydantic import TypeAdapter

    return TypeAdapter(Evidence)


@cache
def _verdict() -> TypeAdapter[Verdict]:
    from pydantic import TypeAdapter

    return TypeAdapter(Verdict)
