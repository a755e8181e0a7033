"""Sending what is owed: one signed request, and what was answered. Nothing is followed, no machine inside is asked.

Knows no docket: whoever asks notes what came of it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ..errors import CountermarkError
from ..settings import Settings
from .signing import headers

GONE = 410
_MOST_BYTES = 1 << 20  # of an answer, which nobody reads


@dataclass(frozen=True)
class Sent:
    """What came of one attempt."""

    why: str | None = None  # why it did not arrive; None: it did
    status: int | None = None  # None: nothing was answered
    wait_s: float = 0.0  # for which the receiver asks not to be called


def send(options: Settings, url: str, id: str, body: bytes, keys: Sequence[str], seconds: float) -> Sent:
    """Send a body, signed by each of the keys; what is answered but 2xx did not arrive."""
    signed = headers(id, keys, body, int(time.time()))
    return posted(url, signed, body, seconds, home=url if options.service.unsafe_private_addresses else None)


def posted(url: str, more: Mapping[str, str], body: bytes, seconds: float, *, home: str | None = None) -> Sent:
    """Post JSON with more headers; `home`: an address of the operator's own, which may lie inside."""
    from ..fetch import exchange

    try:
        answer = exchange(
            url,
            method="POST",
            headers={"Content-Type": "application/json", **more},
            body=body,
            most_bytes=_MOST_BYTES,
            seconds=seconds,
            home=home,
        )
    except CountermarkError as error:
        return Sent(str(error))
    if 200 <= answer.status < 300:
        return Sent(None, answer.status)
    redirected = ", and redirects are not followed" if 300 <= answer.status < 400 else ""
    wait_s = waiting_s(answer.headers.get("retry-after", ""), datetime.now(UTC))
    return Sent(f"answered {answer.status}{redirected}", answer.status, wait_s)


def waiting_s(said: str, now: datetime) -> float:
    """Read `Retry-After`, seconds or a date; what can't be read asks for nothing.

    >>> waiting_s("120", datetime(2026, 1, 2, tzinfo=UTC)), waiting_s("soon", datetime(2026, 1, 2, tzinfo=UTC))
    (120.0, 0.0)
    >>> waiting_s("Fri, 02 Jan 2026 00:01:00 GMT", datetime(2026, 1, 2, tzinfo=UTC))
    60.0
    """
    if said.strip().isascii() and said.strip().isdigit():
        return float(said.strip()[:9])
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return 0.0
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
