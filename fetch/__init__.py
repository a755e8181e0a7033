"""The only door to the network: brings what one URL names, and cannot be talked into asking machines inside.

`guard` says which addresses may be asked, `connection` asks one request over checked addresses, `asking` is for short
questions to services, `exchanging` for those that answer with a status of their own. Knows no video.
"""

from __future__ import annotations

import re
import secrets
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ..errors import OutputFolderMissing
from ..outputs import release, staged, translated
from ..settings import Limits
from .asking import Answered, ask
from .connection import Answer, Deadline, Request, answered, checked, origin
from .exchanging import Exchanged, NotReached, exchange, refuse_at_sight
from .guard import Address, Guard, PublicOnly, UnsafeAllowPrivate, stands_for

__all__ = [
    "SUFFIXES",
    "Address",
    "Answered",
    "Exchanged",
    "Fetched",
    "Guard",
    "NotReached",
    "PublicOnly",
    "UnsafeAllowPrivate",
    "ask",
    "checked",
    "exchange",
    "fetch",
    "origin",
    "refuse_at_sight",
    "stands_for",
]

SUFFIXES = {
    "video/mp4": ".mp4", "video/quicktime": ".mov", "video/webm": ".webm", "video/x-matroska": ".mkv",
    "video/x-msvideo": ".avi", "video/mp2t": ".ts", "image/gif": ".gif",
}  # fmt: skip
_SLOW = "raise limits.fetch_s, or fetch it by other means"
_LARGE = "raise limits.fetch_bytes, or fetch it by other means"


@dataclass(frozen=True)
class Fetched:
    """A file that was brought, whole."""

    path: Path
    final_url: str
    content_type: str | None  # as the server says; nothing is decided by it
    bytes: int
    redirects: tuple[str, ...]  # the URLs on the way, the first one first; empty where there was no redirect


def fetch(url: str, folder: Path, limits: Limits, *, guard: Guard | None = None) -> Fetched:
    """Bring what `url` names into `folder`, under a name of ours; whole, or not at all.

    Only public addresses are asked unless `guard` says otherwise; redirects are checked like the first URL.
    """
    if not folder.is_dir():
        raise OutputFolderMissing(f"{folder}: no such folder")
    allowed = guard or PublicOnly()
    with (
        closing(Deadline(limits.fetch_s, _SLOW, paced=True)) as deadline,
        answered(url, Request("video/*, */*;q=0.5"), lambda parts: allowed, deadline) as answer,
    ):
        path, count = _saved(answer, folder, limits)
        return Fetched(path, answer.url, answer.content_type, count, answer.redirects)


def _saved(answer: Answer, folder: Path, limits: Limits) -> tuple[Path, int]:
    """Write the body under a name of ours; what is half written goes away again."""
    target = folder / (secrets.token_hex(16) + _suffix(answer))
    with staged(target) as name, translated(target):
        part = name(target.suffix)
        with part.open("xb") as file:
            part.chmod(0o600)
            count = sum(file.write(chunk) for chunk in answer.chunks(limits.fetch_bytes, _LARGE))
        release(part, target, force=False)
    return target, count


def _suffix(answer: Answer) -> str:
    """A short plain suffix from the URL or else the content type; the rest of the name is ours."""
    if found := re.search(r"\.([A-Za-z0-9]{1,8})$", answer.parts.path):
        return f".{found[1].lower()}"
    return SUFFIXES.get((answer.content_type or "").partition(";")[0].strip(), "")
