"""The examples of version 1, as /openapi.json shows them. Every request among them is sent to a real server by a test.

`body` and `answers` bring them into the shape in which FastAPI takes them.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from ..problems import MEDIA_TYPE, PLAIN, of_status

AT = "2026-11-22T09:00:00.000000+00:00"
CHECK_ID = "chk_k5zq3v7w2m4x6yaabcdefghij2"
HOLD_ID = "hld_3q5x7w2m4k6z7y2abcdefghij4"
STAMP_ID = "stp_7w2m4x6yaabcdefghij2k5zq3v"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
UPLOAD_ID = "upl_k5zq3v7w2m4x6yaabcdefghij2"
MANIFEST_ID = "urn:c2pa:2f1f0c5e-7f0a-4d3c-9b1e-0d8a6c3b5e11"

BY_URL = {
    "url": "https://media.example/clip.mp4",
    "external_id": "story-4711",
    "item_id": "post/4711",
    "item_type": "video",
    "metadata": {"desk": "foreign", "verified": True},
    "retention": {"media_s": 0, "record_days": 7},
}
FEEDBACK = {"says": "wrong", "comment": "the detector took rain for noise"}
FEEDBACK_GIVEN = {"id": "fbk_2m4x6yaabcdefghij2k5zq3v7w", "at": AT, **FEEDBACK}
HOLD = {"reason": "appeal", "note": "appeal 2026/17: the uploader disagrees"}
HOLD_PLACED = {
    **{"id": HOLD_ID, **HOLD, "who": "person:per_3q5x7w2m4k6z7y2abcdefghij4", "placed_at": AT},
    **{"lifted_at": None, "lifted_by": None},
}
HOLD_LIFTED = {**HOLD_PLACED, "lifted_at": AT, "lifted_by": "person:per_3q5x7w2m4k6z7y2abcdefghij4"}
PUBLICATION = {"check": CHECK_ID, "since": AT, "address": f"https://check.example/c/{CHECK_ID}"}
PUBLICATION_NONE = {**PUBLICATION, "since": None}
FINDING = {"says": "synthetic", "why": "the shadows of the two people fall to different sides"}
REVOCATION = {"reason": "stamped by mistake: the clip was recorded, not made"}
_EVIDENCE: dict[str, Any] = {
    **{"subject": DIGEST, "track": "video", "examiner": "human", "version": "1", "finding": "present"},
    **{"score": None, "spans": [], "regions": []},
    "details": {"says": "synthetic", "who": "a person", "why": FINDING["why"], "kind": "human"},
}
VERDICT = {
    "subject": DIGEST,
    "outcome": "likely_ai",
    "also": [],
    "meaning": "Probably made by AI, by a detector that can be wrong.",
    "sureness": "likely",
    "basis": ["human"],
    "reasons": [f"a person looked and concluded: synthetic ({FINDING['why']})"],
    "not_looked_at": ["the sound: no examiner listens to it"],
    "evidence": [_EVIDENCE],
}
_REVISION = {
    **{"number": 2, "at": AT, "who": "a person", "why": "human", "note": FINDING["why"], "outcome": "likely_ai"},
    **{"reasons": VERDICT["reasons"], "versions": {"countermark": "0.1"}},
}
REVISION = {**_REVISION, "verdict": VERDICT}
LISTED = {
    **{"id": CHECK_ID, "status": "succeeded", "stage": "done", "progress": 1.0, "outcome": "likely_ai"},
    **{"created_at": AT, "started_at": AT, "finished_at": AT, "source": "url", "name": "clip.mp4"},
    **{"url": BY_URL["url"], "lane": "live", "group_id": None, "external_id": "story-4711", "policy_id": None},
    **{"item_id": "post/4711", "item_type": "video"},
    **{"metadata": BY_URL["metadata"], "content_hash": DIGEST, "bytes": 1843221},
}
OPENED = {
    **LISTED,
    **{"status": "queued", "stage": "waiting", "progress": 0.0, "outcome": None, "started_at": None},
    **{"finished_at": None, "content_hash": None, "bytes": None, "manage": None},
}
CHECK = {
    **LISTED,
    "pending": [],
    "evidence": [],
    "result": {"revision": 2, "at": AT, "verdict": VERDICT},
    "error": None,
    "revisions": [_REVISION],
    "pictures": [
        {
            **{"name": "key-1.jpg", "kind": "key_frame", "seconds": 1.5, "words": "the frame at 1.5 s"},
            "url": f"/v1/checks/{CHECK_ID}/pictures/key-1.jpg?until=1795000000&signature={DIGEST}",
            "expires_at": "2026-11-22T09:30:00+00:00",
        }
    ],
    "rendition": None,
    "limitations": ["this rests on statistics, which can be wrong: the rate of false alarms stands with the reasons"],
    "versions": {"countermark": "0.1"},
    "retention": {"media_until": AT, "media_gone_at": None, "record_until": AT, "held": False},
    "operator": {"name": "Example Desk", "contact": "desk@example.org", "terms_url": "", "privacy_url": ""},
}
STAMP = {"upload_id": UPLOAD_ID, "title": "Harbour at dawn", "model": "wan", "model_version": "2.2"}
STAMPED = {
    **{"id": STAMP_ID, "name": "harbour.mp4", "status": "queued", "created_at": AT, "finished_at": None, "until": None},
    "asked": {**{k: v for k, v in STAMP.items() if k != "upload_id"}, "source_type": "trainedAlgorithmicMedia"},
    **{"stamped": None, "error": None, "file": None},
}
HEAD = {
    **{"name": "our-avatars", "active": True, "made": AT, "model": "release", "version": "1", "problem": None},
    "figures": {"clips": 12, "auc": 0.97, "found": 0.91, "false_alarms": 0.02},
}
RECORD = {
    **{"manifest_id": MANIFEST_ID, "provider": "Example Studio", "system": "wan", "version": "2.2"},
    **{"recorded_at": AT, "status": "live", "status_reason": None, "page": f"/r/{MANIFEST_ID}"},
}
RECORDED = {
    **{"position": 17, "payload": "00c0ffee00c0ffee", "manifest_id": MANIFEST_ID, "content_digest": DIGEST},
    **{"model": "wan", "issuer": "Example Studio", "created_at": AT, "status": "live", "status_reason": None},
    "manifest_bytes": 13337,
}
CHECKS = {"checks": [LISTED], "next": None}


_NULL = "\x00null"  # FastAPI leaves out what is None, in examples too


def body(example: Any) -> dict[str, Any]:
    """Give a JSON body its example, beside the schema that FastAPI finds by itself."""
    return {"requestBody": {"content": {"application/json": {"example": sealed(example)}}, "required": True}}


def sealed(example: Any) -> Any:
    """Give an example in which null stands for what FastAPI would leave out."""
    return _mapped(example, None, _NULL)


def opened(description: Any) -> Any:
    """Give a description back its nulls."""
    return _mapped(description, _NULL, None)


def _mapped(value: Any, old: Any, new: Any) -> Any:
    if isinstance(value, dict):
        return {name: _mapped(one, old, new) for name, one in value.items()}
    if isinstance(value, list):
        return [_mapped(one, old, new) for one in value]
    return new if value == old else value


def answers(status: int | None, example: Any, *errors: int) -> dict[int | str, dict[str, Any]]:
    """Say what a route answers: its success with an example, and the errors that are its own, besides those of all."""
    said: dict[int | str, dict[str, Any]] = {}
    if status is not None:
        content = {"application/json": {"example": sealed(example)}}
        said[status] = {"description": HTTPStatus(status).phrase, "content": content}
    for error in errors:
        said[error] = _problem(error)
    return said


_EVERYWHERE = (400, 401, 403, 404, 409, 413, 421, 422, 429, 503)


def problems() -> dict[int, dict[str, Any]]:
    """Give the errors that every route may answer."""
    return {status: _problem(status) for status in _EVERYWHERE}


PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "advice"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "advice": {"type": "string", "description": "what to do about it"},
        "request_id": {"type": "string", "description": "leads the operator to the log"},
    },
}


def _problem(status: int) -> dict[str, Any]:
    kind = of_status(status).kind
    assert kind.name in PLAIN
    example = {"type": kind.type, "title": kind.title, "status": status, "detail": kind.title, "advice": kind.advice}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": kind.title, "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}
