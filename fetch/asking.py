"""Short exchanges with a service that the user named: a request, and a bounded answer in memory."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from urllib.parse import SplitResult

from .connection import Deadline, Request, answered, checked, origin
from .guard import Guard, PublicOnly, UnsafeAllowPrivate

ADVICE = "the service is slow or wrong; take it out of the settings, or try again"


@dataclass(frozen=True)
class Answered:
    """What a service said."""

    body: bytes
    content_type: str | None  # as it says
    url: str  # that of the last hop


def ask(
    url: str,
    *,
    most_bytes: int,
    seconds: float,
    accept: str = "application/json",
    body: bytes | None = None,
    content_type: str | None = None,
    home: str | None = None,
    guard: Guard | None = None,
) -> Answered:
    """Ask a service: GET, or POST where there is a `body`. Anything but 200, and a redirect of a POST, is FetchFailed.

    home: the address of the service as the user gave it. That scheme, host and port may lie inside; all others, where
    an answer or a redirect leads, must be public.
    """
    inside = origin(checked(home)) if home is not None else None

    def guard_for(parts: SplitResult) -> Guard:
        return UnsafeAllowPrivate() if origin(parts) == inside else guard or PublicOnly()

    request = Request(accept, body, content_type)
    with (
        closing(Deadline(seconds, ADVICE)) as deadline,
        answered(url, request, guard_for, deadline) as answer,
    ):
        said = b"".join(answer.chunks(most_bytes, ADVICE))
        return Answered(said, answer.content_type, answer.url)
