"""Takes in files and short texts that strangers send: bounded in bytes, in time and in number. Looks into none."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .matching import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request

LOOKED_AT = ("video/", "image/", "audio/", "application/")
SUFFIXES = {"video/quicktime": ".mov", "video/webm": ".webm", "video/x-matroska": ".mkv", "video/x-msvideo": ".avi"}


@dataclass(frozen=True)
class Bounds:
    """What one service takes in."""

    upload_bytes: int = 1 << 30
    upload_s: float = 300.0  # for sending a file, or for fetching one
    uploads: int = 8  # at once: taken in, waiting or looked at
    looks: int = 2  # at once
    look_cpu_s: int = 120
    value_letters: int = 2048  # of a binding in a URL
    text_bytes: int = 1 << 20  # of JSON


class Intakes:
    """Counts who is being served."""

    def __init__(self, bounds: Bounds) -> None:
        """Take the bounds."""
        self.bounds, self._here = bounds, 0
        self._looks = asyncio.Semaphore(bounds.looks)

    @asynccontextmanager
    async def folder(self) -> AsyncIterator[Path]:
        """Give a folder for one file; it goes away with all that is in it."""
        if self._here >= self.bounds.uploads:
            raise Refusal(503, "too many files are being looked at; try again")
        self._here += 1
        try:
            with tempfile.TemporaryDirectory(prefix="countermark-") as name:
                yield Path(name)
        finally:
            self._here -= 1

    @asynccontextmanager
    async def look(self) -> AsyncIterator[None]:
        """Wait until one more may be looked at."""
        async with self._looks:
            yield


async def save(request: Request, folder: Path, bounds: Bounds) -> Path:
    """Write the body of a request into `folder`, under a name of ours."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith(LOOKED_AT):
        raise Refusal(415, "send a video (or an image or sound) as the body, with its media type")
    path = folder / f"upload{SUFFIXES.get(kind, '.mp4')}"
    with path.open("xb") as file:
        count = 0
        async for chunk in _chunks(request, bounds.upload_bytes, bounds.upload_s):
            count += file.write(chunk)
    if not count:
        raise Refusal(400, "the body is empty")
    return path


async def text(request: Request, bounds: Bounds) -> bytes:
    """Give the body of a request that is to be a short text."""
    return b"".join([chunk async for chunk in _chunks(request, bounds.text_bytes, bounds.upload_s)])


async def _chunks(request: Request, most_bytes: int, seconds: float) -> AsyncIterator[bytes]:
    from starlette.requests import ClientDisconnect

    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "send the body as it is, not packed")
    promised, count = request.headers.get("content-length", "0"), 0
    if promised.isascii() and promised.isdigit() and len(promised) < 20 and int(promised) > most_bytes:
        raise Refusal(413, f"a body may have {most_bytes:,} bytes")
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                count += len(chunk)
                if count > most_bytes:
                    raise Refusal(413, f"a body may have {most_bytes:,} bytes")
                yield chunk
    except TimeoutError:
        raise Refusal(408, f"the body took longer than {seconds:g} s") from None
    except ClientDisconnect:
        raise Refusal(400, "the body broke off") from None
