"""What a bundle says, as files: the record, each verdict, the pictures, the page. Knows no signature and no archive.

It says what is of the video and its verdicts. Who asked, where answers were sent, what people wrote of it and how it is
kept stay out: a bundle is made to be given away.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .. import __version__
from ..docket.values import Check, Revision
from ..errors import CheckUnfit
from ..objects import Objects
from ..settings import Settings
from .page import page_of
from .reviews import reviews_of

FORMAT = "countermark-bundle/1"
MANIFEST, RECORD, VERDICT, VERSIONS = "MANIFEST.json", "check.json", "verdict.json", "versions.json"
REVIEWS, PAGE = "reviews.jsonld", "index.html"
_OF_RECORD = (
    *("id", "source", "name", "url", "rendition", "group_id", "content_hash", "bytes", "status", "outcome"),
    *("external_id", "policy_id", "created_at", "started_at", "finished_at"),
)


def files_of(check: Check, objects: Objects, options: Settings) -> dict[str, bytes]:
    """Give the files of a bundle by their names, the list of them last."""
    files = {
        **words_of(check, options),
        **{f"pictures/{one.name}": objects.read(one.object_key) for one in check.pictures},
    }
    return {**files, MANIFEST: _json(_manifest(check, files))}


def words_of(check: Check, options: Settings) -> dict[str, bytes]:
    """Give all but the pictures, which never change, and the list."""
    if check.status != "succeeded" or check.verdict is None or check.content_hash is None:
        advice = "wait until the check has succeeded; only then there is something to vouch for"
        raise CheckUnfit(f"the check {check.id} has no verdict, so that there is no evidence to bundle", advice=advice)
    latest = check.revisions[-1]
    return {
        RECORD: _json(record_of(check)),
        VERDICT: _json(asdict(latest.verdict)),
        VERSIONS: _json({"countermark": __version__, "of the verdict": dict(latest.versions)}),
        **{f"revisions/{one.number}.json": _json(_revision(one)) for one in check.revisions},
        REVIEWS: _json(reviews_of(check, options)),
        PAGE: page_of(check, options).encode(),
    }


def record_of(check: Check) -> dict[str, Any]:
    """Give what the record says of the video and of what was done."""
    said = {name: getattr(check, name) for name in _OF_RECORD}
    pictures = [
        {"file": f"pictures/{one.name}", "kind": one.kind, "seconds": one.seconds, "words": one.words}
        for one in check.pictures
    ]
    revisions = [
        {
            **{name: getattr(one, name) for name in ("number", "at", "who", "why", "note")},
            "outcome": one.verdict.outcome,
        }
        for one in check.revisions
    ]
    return {**said, "rendition": dict(check.rendition or {}), "revisions": revisions, "pictures": pictures}


def _revision(one: Revision) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in ("number", "at", "who", "why", "note")}
    return {**plain, "versions": dict(one.versions), "verdict": asdict(one.verdict)}


def _manifest(check: Check, files: Mapping[str, bytes]) -> dict[str, Any]:
    listed = [
        {"path": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in files.items()
    ]
    media = {"sha256": check.content_hash, "bytes": check.bytes}
    return {"format": FORMAT, "check": check.id, "media": media, "files": listed}


def _json(values: object) -> bytes:
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"  # half a character, as JSON writes it
