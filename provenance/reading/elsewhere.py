"""Brings the manifest of a file that says it lies elsewhere: fetched by this program, never by the C2PA library.

Only where the user's settings allow it, only from public addresses, only so many bytes; what comes is read in the
limited child like any other stranger's file. Whoever runs that address learns that the file was looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ...errors import CountermarkError
from ...evidence import Evidence, FailureDetails
from ...evidence.text import MAX_TEXT
from ...fetch import Guard, fetch
from ...settings import Settings
from .opening import (
    ELSEWHERE,
    MOST_STORE_BYTES,
    Given,
    store_in,
)

MOST_SECONDS = 30.0


def address(evidence: Sequence[Evidence]) -> str | None:
    """Where a file says that its manifest lies; None where it has one, or none is said to be anywhere."""
    for one in evidence:
        details = one.details
        if (
            one.examiner == "credentials"
            and isinstance(details, FailureDetails)
            and details.error.startswith(ELSEWHERE)
        ):
            said = details.error.removeprefix(ELSEWHERE)
            return said if len(said) < MAX_TEXT else None  # one that was cut leads elsewhere
    return None


@contextmanager
def fetched(url: str, options: Settings, guard: Guard | None = None) -> Iterator[Given]:
    """Give the manifest store of that address for as long as this is held; raises what says why there is none."""
    limits = options.limits.model_copy(
        update={
            "fetch_bytes": min(options.limits.fetch_bytes, MOST_STORE_BYTES),
            "fetch_s": min(options.limits.fetch_s, MOST_SECONDS),
        }
    )
    with TemporaryDirectory(prefix="countermark-") as folder:
        found = fetch(url, Path(folder), limits, guard=guard).path
        store_in(found)
        yield Given(found, fetched=True)


def not_fetched(evidence: Evidence, error: CountermarkError) -> Evidence:
    """The same finding, with why the address brought nothing."""
    why = f"the credentials lie elsewhere, and could not be fetched: {error}"
    return Evidence(
        evidence.subject,
        evidence.track,
        evidence.examiner,
        evidence.version,
        "inconclusive",
        details=FailureDetails(why),
    )
