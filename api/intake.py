"""Takes in what strangers send: bodies and files, bounded in bytes, in time and in patience. Looks into none.

A file goes to disk as it comes and is hashed on the way; memory holds a megabyte of it at a time, however it is sent.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote

from ..outputs import translated
from ..settings import Settings
from .problems import Problem

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartParser
    from starlette.requests import Request

LOOKED_AT = ("video/", "image/", "audio/", "application/")
FORM = "multipart/form-data"
SUFFIXES = {"video/quicktime": ".mov", "video/webm": ".webm", "video/x-matroska": ".mkv", "video/x-msvideo": ".avi"}
BLOCK = 1 << 20  # bytes that are written at once
ROOM_EACH = 1 << 20  # bytes after which room is asked for again
FILE = "file"  # the field of a form that brings one
FIELDS, FIELD_BYTES = 32, 1 << 16  # of a form, beside its file
AROUND_BYTES = 1 << 16  # of a form, around its file and fields
PATIENCE_S = 30.0  # in which a sender brings at least SLOW bytes
SLOW = 30 << 10
_EMPTY = "fetch or export it again, and send what has bytes"
_CLOSE = {"Connection": "close"}


Room = Callable[[int], None]  # refuses a file that came to so many bytes where there is no room for more


@dataclass(frozen=True)
class Received:
    """What a request brought: a file that is whole on disk, and a form's other fields."""

    path: Path | None  # None: a form without a file; the next three say nothing then
    name: str = ""  # as it was sent; shown, never used as a path
    bytes: int = 0
    content_hash: str = ""  # SHA-256 in hexadecimal
    fields: Mapping[str, str] = field(default_factory=dict)
    called: str = ""  # the form's field that brought it

    @property
    def file(self) -> Path:
        """The file, where there must be one."""
        if self.path is None:
            raise Problem("bad-request", "no file was sent", advice="send one as the form's file, or as the body")
        return self.path


async def received(
    request: Request, options: Settings, folder: Path, room: Room | None = None, named: Collection[str] = (FILE,)
) -> Received:
    """Write the file that a request brings into `folder`: of a form's one file part, or the body itself.

    `room` is asked as it comes, for every megabyte. `named`: what a form may call its file.
    """
    if _kind(request) == FORM:
        return await _form(request, options, folder, room, named)
    return await body(request, options, folder, room)


async def body(request: Request, options: Settings, folder: Path, room: Room | None = None) -> Received:
    """Write a body that is a file as it is."""
    kind = _kind(request)
    if not kind.startswith(LOOKED_AT):
        told = "send a video (or an image or sound) as the body, with its media type"
        raise Problem("unsupported-media", told, headers=_CLOSE)
    service = options.service
    with _Sink(folder / f"upload{SUFFIXES.get(kind, '.mp4')}", room) as sink:
        async for block in blocks(request, service.upload_bytes, service.upload_s):
            await asyncio.to_thread(sink.write, block)
        if not sink.count:
            raise Problem("unprocessable", "the file is empty", advice=_EMPTY)
        return await asyncio.to_thread(sink.whole, plain_name(_disposed(request)), {})


async def text(request: Request, most: int, seconds: float) -> bytes:
    """Give a body that is to be a short text."""
    return b"".join([block async for block in blocks(request, most, seconds)])


async def blocks(request: Request, most: int, seconds: float) -> AsyncIterator[bytes]:
    """Give a body as it comes: its first bytes at once, then in blocks.

    What came before it broke off is given first, then the error.
    """
    coming = _Coming(request, most, seconds)
    waiting: list[bytes] = []
    held, enough = 0, 1
    while True:
        try:
            chunk = await coming.next()
        except Problem:
            yield b"".join(waiting)
            raise
        if chunk is None:
            break
        waiting.append(chunk)
        held += len(chunk)
        if held >= enough:
            yield b"".join(waiting)
            waiting, held, enough = [], 0, BLOCK
    if held:
        yield b"".join(waiting)


class _Coming:
    """A body that comes, held to its size and its time."""

    def __init__(self, request: Request, most: int, seconds: float) -> None:
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem("unsupported-media", "send the body as it is, not packed", headers=_CLOSE)
        promised = request.headers.get("content-length", "0")
        if promised.isascii() and promised.isdigit() and int(promised[:20]) > most:
            raise _too_large(most)
        self._stream, self._most, self._seconds = aiter(request.stream()), most, seconds
        self._count, self._pace = 0, _Pace(seconds)

    async def next(self) -> bytes | None:
        """Give what comes next; None: that was all."""
        from starlette.requests import ClientDisconnect

        try:
            async with asyncio.timeout(self._pace.left()):
                chunk = await anext(self._stream)
        except StopAsyncIteration:
            return None
        except TimeoutError:
            late = f"the body came too slowly, or took longer than {self._seconds:g} s"
            raise Problem("too-slow", late, headers=_CLOSE) from None
        except ClientDisconnect:
            raise Problem("bad-request", "the body broke off") from None
        self._pace.came(len(chunk))
        self._count += len(chunk)
        if self._count > self._most:
            raise _too_large(self._most)
        return chunk


def plain_name(name: str) -> str:
    """Give of a name that was sent what can be shown: its last part, on one line.

    >>> plain_name("C:\\\\films\\\\a clip.mp4"), plain_name("../../etc/passwd"), plain_name("\\r\\n")
    ('a clip.mp4', 'passwd', 'upload')
    """
    last = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip()[:255] or "upload"


class _Pace:
    """How long a sender may still take: for all of it, and for the next few bytes."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._waited, self._brought, self._asked = 0.0, 0, 0.0

    def left(self) -> float:
        """Give seconds until patience ends; what we do with the bytes ourselves is not the sender's fault."""
        self._asked = time.monotonic()
        return max(0.0, min(PATIENCE_S - self._waited, self._until - self._asked))

    def came(self, count: int) -> None:
        """Count what came; enough of it renews patience."""
        self._waited += time.monotonic() - self._asked
        self._brought += count
        if self._brought >= SLOW:
            self._waited, self._brought = 0.0, 0


class _Sink:
    """A file that is written and hashed; it goes if it does not become whole."""

    def __init__(self, path: Path, room: Room | None = None) -> None:
        self.path, self.count = path, 0
        self._room, self._asked = room, 0
        self._digest, self._file, self._whole = hashlib.sha256(), self._opened(), False

    def _opened(self) -> BinaryIO:
        with translated(self.path):
            return self.path.open("xb")

    def __enter__(self) -> _Sink:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._file.close()
        if not self._whole:
            self.path.unlink(missing_ok=True)

    def write(self, data: bytes | memoryview) -> None:
        if self._room is not None and self.count + len(data) > self._asked:
            self._room(self.count + len(data))
            self._asked = self.count + len(data) + ROOM_EACH
        with translated(self.path):
            self.count += self._file.write(data)
        self._digest.update(data)

    def whole(self, name: str, fields: Mapping[str, str]) -> Received:
        with translated(self.path):
            self._file.close()
        self._whole = True
        return Received(self.path, name, self.count, self._digest.hexdigest(), fields)


# Forms ---------------------------------------------------------------------------------------------------------------


async def _form(
    request: Request, options: Settings, folder: Path, room: Room | None, named: Collection[str]
) -> Received:
    service = options.service
    most = service.upload_bytes + FIELDS * FIELD_BYTES + AROUND_BYTES
    with _Sink(folder / "upload.mp4", room) as sink:
        form = _Form(request.headers["content-type"], sink, service.upload_bytes, named)
        async for block in blocks(request, most, service.upload_s):
            await asyncio.to_thread(form.feed, block)
        if not form.ended:
            raise Problem("bad-request", "the form broke off: its last boundary did not come")
        if form.name is None:
            return Received(None, fields=form.fields)
        if not sink.count:
            raise Problem("unprocessable", "the file is empty", advice=_EMPTY)
        return replace(await asyncio.to_thread(sink.whole, form.name, form.fields), called=form.called)


class _Form:
    """A form as it comes: its one file goes to a sink, its fields are kept, if they are few and short."""

    def __init__(self, content_type: str, sink: _Sink, most: int, named: Collection[str] = (FILE,)) -> None:
        self.fields: dict[str, str] = {}
        self.name: str | None = None  # of the file, once there is one
        self.called = ""  # the field that brought it
        self.ended = False
        self._sink, self._most, self._named = sink, most, named
        self._header, self._value = bytearray(), bytearray()
        self._field, self._kept = "", bytearray()
        self._is_file, self._disposition = False, ""
        self._parser = self._made(content_type)

    def feed(self, block: bytes) -> None:
        """Read on."""
        from python_multipart.exceptions import FormParserError

        try:
            self._parser.write(block)
        except FormParserError:
            raise Problem("bad-request", "the form can't be read", headers=_CLOSE) from None

    def _made(self, content_type: str) -> MultipartParser:
        from python_multipart.exceptions import FormParserError
        from python_multipart.multipart import MultipartParser, parse_options_header

        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not boundary:
            raise Problem("bad-request", "the form names no boundary")
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begins,
                    "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._comes,
                    "on_part_end": self._ends,
                    "on_end": self._all_ends,
                },
            )
        except FormParserError:
            raise Problem("bad-request", "the form's boundary can't be used") from None

    def _begins(self) -> None:
        self._is_file, self._disposition = False, ""
        self._header.clear()
        self._value.clear()
        self._kept.clear()

    def _header_ends(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._disposition = self._value.decode("utf-8", "replace")
        self._header.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        said = _parameters(self._disposition)
        self._field, name = said.get("name", "")[:200], said.get("filename")
        self._is_file = bool(name)  # a browser sends a file that was not chosen without a name
        if name:
            if self.name is not None:
                raise Problem("bad-request", "a form brings one file at a time", headers=_CLOSE)
            if self._field not in self._named:
                told = f"a form brings its file as {' or '.join(map(repr, self._named))}, not as {self._field!r}"
                raise Problem("unprocessable", told, headers=_CLOSE)
            self.name, self.called = plain_name(name), self._field
        elif len(self.fields) >= FIELDS:
            raise Problem("bad-request", f"a form may have {FIELDS} fields", headers=_CLOSE)

    def _comes(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            if self._sink.count + end - start > self._most:
                raise _too_large(self._most)
            self._sink.write(memoryview(data)[start:end])
            return
        if len(self._kept) + end - start > FIELD_BYTES:
            raise Problem("too-large", f"a field of a form may have {FIELD_BYTES:,} bytes", headers=_CLOSE)
        self._kept.extend(memoryview(data)[start:end])

    def _ends(self) -> None:
        if not self._is_file:
            self.fields[self._field] = self._kept.decode("utf-8", "replace")

    def _all_ends(self) -> None:
        self.ended = True


def _parameters(value: str) -> dict[str, str]:
    """Read a Content-Disposition as it stands in UTF-8, which browsers send."""
    from python_multipart.multipart import parse_options_header

    # The parser gives back Latin-1: hand it letters that stand for bytes, and read those.
    found = parse_options_header(value.encode("utf-8").decode("latin-1"))[1]
    return {key.decode("latin-1"): said.decode("utf-8", "replace") for key, said in found.items()}


def _disposed(request: Request) -> str:
    """Give the name that a request says its body has: Content-Disposition's, plain or percent-encoded."""
    said = request.headers.get("content-disposition", "").encode("latin-1").decode("utf-8", "replace")
    extended = re.search(r"filename\*\s*=\s*utf-8'[^']*'([^;\s]+)", said, re.IGNORECASE)
    return unquote(extended[1], errors="replace") if extended else _parameters(said).get("filename", "")


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _too_large(most: int) -> Problem:
    return Problem("too-large", f"a body may have {most:,} bytes here", headers=_CLOSE)
