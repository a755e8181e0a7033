"""The body of an event, as Standard Webhooks has it, with its place among those of its subject. No I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ...docket import packing

_LONGEST = 300  # letters of a subject that a table keeps


def subject_of(key: str) -> str:
    """Give the name under which a subject is kept; one that is too long for a table is known by its digest.

    >>> subject_of("video:v-17")
    'video:v-17'
    >>> len(subject_of("video:" + 300 * "x"))
    71
    """
    fit = packing.text(key)
    return fit if len(fit) <= _LONGEST else f"sha256:{hashlib.sha256(fit.encode('utf-8')).hexdigest()}"


def standard(kind: str, at: str, data: Mapping[str, Any], subject: str, sequence: int) -> str:
    """Write an event.

    >>> standard("endpoint.test", "2026-01-02T00:00:00.000000+00:00", {"a": 1}, "test", 3)[:23]
    '{"type":"endpoint.test"'
    """
    place = {"subject": subject, "sequence": sequence}
    return packing.json_of({"type": kind, "timestamp": at, **place, "data": dict(data)})
