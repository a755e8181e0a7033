"""Plans, counts and lines as JSON, and back again, checked on the way."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .values import Counts, Outcomes, Plan

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def written(value: Plan | Counts | Outcomes) -> str:
    """Give one as JSON, of ASCII alone: names may hold bytes that are no text."""
    return json.dumps(vars(value), separators=(",", ":"))


def plan(text: str) -> Plan:
    """Read a plan."""
    found: Plan = _shape(Plan).validate_python(json.loads(text))
    return found


def counts(text: str) -> Counts:
    """Read counts."""
    found: Counts = _shape(Counts).validate_python(json.loads(text))
    return found


def line(text: str) -> Outcomes:
    """Read an object's line."""
    found: Outcomes = _shape(Outcomes).validate_python(json.loads(text))
    return found


@lru_cache
def _shape(kind: type[Any]) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
