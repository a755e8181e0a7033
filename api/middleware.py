"""What every request passes on its way in, and every answer on its way out. Plain ASGI; knows no route's work.

From the outside in: `Observed` gives a request its id and writes it down, `Guarded` sets the headers that keep a
browser safe and turns what breaks into an answer, `Hosts` refuses other names than the service's own, `Bounded` holds
bodies to their size and time, and answers to their readers' pace, `Heads` answers HEAD wherever GET is answered.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..errors import CountermarkError
from .problems import Problem, answer, of_error

if TYPE_CHECKING:
    from .telemetry import Telemetry

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self';"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SAFE = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "x-frame-options": "DENY",
}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
NO_ADDRESS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
OF_MACHINES = frozenset({"/healthz", "/readyz"})  # asked by address, by whatever watches over the process
# Where files are sent to; everywhere else a body is a short text.
TAKES_FILES = re.compile(
    r"/v1/(checks|uploads(/[^/]+)?|stamps|matches/byContent|banks/[^/]+/import)|/check|/h/hash|/m/lookup"
    r"|/c/bank/[^/]+/content"
)
HAS_HEAD = re.compile(r"/v1/uploads/[^/]+")
TEXT_BYTES = 1 << 20
TEXT_S = 30.0
AROUND_BYTES = 1 << 16  # of a form, around its file
IDLE_S = 60.0  # between two pieces of a body, and for a reader to take a piece of an answer
# What is still taken in after a refusal, while it comes, so that its sender can read that.
LINGER_S, LINGER_PAUSE_S = 15.0, 2.0
LINGER_BYTES, LINGER_UNTOLD_BYTES = 64 << 20, 4 << 20  # of a body that says how long it is, and of another


def header(scope: Scope, name: bytes) -> str:
    """Give a header; empty where it is not there."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


@dataclass
class Observed:
    """Gives each request an id, and tells telemetry what became of it."""

    app: App
    telemetry: Telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, and look at what comes back."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, lambda message: send(_in_short(message)))
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        given = header(scope, b"x-request-id")
        request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(12)
        scope.setdefault("state", {})["request_id"] = request_id
        seen = _Seen()

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            elif message["type"] == "http.response.body":
                seen.bytes += len(message.get("body", b""))
            await send(message)

        with self.telemetry.request(scope, request_id) as done:
            try:
                await self.app(scope, receive, told)
            finally:
                done(seen.status, seen.bytes, time.perf_counter() - seen.began)


def _in_short(message: Message) -> Message:
    """Leave the traceback of a failed start away: whoever serves says what was wrong in words."""
    return {**message, "message": ""} if message["type"] == "lifespan.startup.failed" else message


@dataclass
class _Seen:
    status: int = 0  # 0: whoever asked went away before there was an answer
    bytes: int = 0
    began: float = field(default_factory=time.perf_counter)


@dataclass
class Guarded:
    """Sets the headers of safety, and answers for what breaks."""

    app: App
    https: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on; what nobody caught becomes a 500 that says nothing of the inside."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = False

        async def safe(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", ()), *self._missing(message.get("headers", ()))]
            await send(message)

        try:
            await self.app(scope, receive, safe)
        except Exception as error:
            if started:
                raise  # the connection is cut: half an answer must not look like a whole one
            if isinstance(error, Problem):
                problem = error
            elif isinstance(error, CountermarkError):
                problem = of_error(error)
            else:
                problem = Problem("failed", "the service failed at this")
            if problem.kind.status >= 500:
                log.exception("a request failed: %s", type(error).__name__)
            await _refuse(problem, scope, safe)

    def _missing(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        there = {name.lower() for name, _ in headers}
        wanted = dict(SAFE)
        if self.https:
            wanted["strict-transport-security"] = "max-age=31536000"
        if b"cache-control" not in there:
            wanted["cache-control"] = "no-store"
        return [(name.encode(), value.encode()) for name, value in wanted.items() if name.encode() not in there]


@dataclass
class Hosts:
    """Refuses requests by another name than the service's own, as a page of a stranger's domain might send them.

    And addresses with letters that no id has, of which some databases take not even a question.
    """

    app: App
    public_url: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what came by the right name."""
        if scope["type"] == "http" and scope["path"] not in OF_MACHINES and not self._known(header(scope, b"host")):
            detail = "the service is not known by the name in the header Host"
            return await _refuse(Problem("wrong-host", detail), scope, send)
        if scope["type"] == "http" and (NO_ADDRESS.search(scope["path"]) or b"%00" in scope.get("query_string", b"")):
            detail = "the address has letters that no address here has"
            return await _refuse(Problem("bad-request", detail, advice="see that it was copied whole"), scope, send)
        await self.app(scope, receive, send)

    def _known(self, host: str) -> bool:
        own = urlsplit(self.public_url).hostname or ""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in LOOPBACK or (bool(own) and name == own)


@dataclass
class Bounded:
    """Holds bodies to their size before they are read, and to their time while they are."""

    app: App
    file_bytes: int
    file_s: float
    idle_s: float = IDLE_S

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, with a body that ends in time."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        files = scope["method"] in ("POST", "PUT", "PATCH") and TAKES_FILES.fullmatch(scope["path"])
        most, seconds = (self.file_bytes + AROUND_BYTES, self.file_s) if files else (TEXT_BYTES, TEXT_S)
        body = _Body(receive, most, seconds, self.idle_s, _length(scope))
        answered = _Answered(send, body, self.idle_s, header(scope, b"expect") != "")
        if "\0" in scope["path"] or b"%00" in scope.get("query_string", b""):
            detail = "the address has a letter in it that no name here has"  # and that PostgreSQL refuses
            return await _refuse(Problem("bad-request", detail), scope, answered.send)
        promised = header(scope, b"content-length")
        if promised and (not promised.isascii() or not promised.isdigit() or len(promised) > 18):
            return await _refuse(Problem("bad-request", "Content-Length is no number"), scope, answered.send)
        if promised and header(scope, b"transfer-encoding"):
            detail = "the body says its end in two ways: send a Content-Length, or chunks"
            hidden = Problem("bad-request", detail, headers={"Connection": "close"})  # what follows may be part of it
            return await _refuse(hidden, scope, answered.send)
        if promised and int(promised) > most:
            return await _refuse(_too_large(most), scope, answered.send)
        if header(scope, b"content-encoding").lower() not in ("", "identity"):
            detail = "the body is packed: send it as it is"
            return await _refuse(Problem("unsupported-media", detail), scope, answered.send)
        await self.app(scope, body.receive, answered.send)


class _Body:
    """A request's body, counted and timed."""

    def __init__(self, receive: Receive, most: int, seconds: float, idle_s: float, length: int | None) -> None:
        self._receive, self._most, self._seconds, self._idle_s = receive, most, seconds, idle_s
        self._length = length
        self._until, self._count, self.whole = 0.0, 0, False

    async def receive(self) -> Message:
        if self.whole:
            return await self._receive()  # what comes now is that whoever asked went away
        now = time.monotonic()
        self._until = self._until or now + self._seconds
        try:
            async with asyncio.timeout(max(0.0, min(self._idle_s, self._until - now))):
                message = await self._receive()
        except TimeoutError:
            raise Problem("too-slow", "the body did not come in time", headers={"Connection": "close"}) from None
        if message["type"] == "http.request":
            self._count += len(message.get("body", b""))
            self.whole = not message.get("more_body", False)
            if self._count > self._most:
                raise _too_large(self._most)
        return message

    @property
    def comes(self) -> bool:
        """Whether more of it is on its way."""
        return not self.whole and (self._length is None or self._count < self._length)

    async def linger(self) -> None:
        """Take in a little more, and forget it."""
        count, most = 0, LINGER_UNTOLD_BYTES if self._length is None else LINGER_BYTES
        until = time.monotonic() + LINGER_S
        try:
            while count < most and not self.whole:
                async with asyncio.timeout(min(LINGER_PAUSE_S, until - time.monotonic())):
                    message = await self._receive()
                count += len(message.get("body", b""))
                self.whole = message["type"] != "http.request" or not message.get("more_body", False)
        except TimeoutError:
            pass


class _Answered:
    """An answer on its way: who takes none of it is let go, and who is refused may read why.

    The connection of who is refused while still sending is to end, so that no more is sent. Where it is, a little more
    is taken in before the last piece goes out: else the sender is cut off before it has read the first.
    """

    def __init__(self, send: Send, body: _Body, idle_s: float, asked_first: bool) -> None:
        self._send, self._body, self._idle_s = send, body, idle_s
        self._lingers = not asked_first  # who asked whether to go on sends nothing more
        self._closes = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            told = {name.lower(): value.lower() for name, value in message.get("headers", ())}
            self._closes = told.get(b"connection") == b"close"
            if not self._closes and message["status"] >= 400 and self._body.comes:
                self._closes = True
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if last and self._closes and self._lingers and not self._body.whole:
            await self._piece({**message, "more_body": True})
            await self._body.linger()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._piece(message)

    async def _piece(self, message: Message) -> None:
        async with asyncio.timeout(self._idle_s):
            await self._send(message)


@dataclass
class Heads:
    """Answers HEAD as GET, and ends with its head: no route has to think of it, and no file is read for it.

    For an upload, a protocol of its own gives HEAD a meaning, and a route.
    """

    app: App

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask for the whole, and pass its head on."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or HAS_HEAD.fullmatch(scope["path"]):
            return await self.app(scope, receive, send)

        async def bare(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                raise _Enough

        scope.setdefault("state", {})["head_alone"] = True
        asked = {**scope, "method": "GET"}
        try:
            await self.app(asked, receive, bare)
        except _Enough:
            pass
        scope["endpoint"] = asked.get("endpoint")  # for telemetry, which names requests by their routes
        return None


class _Enough(BaseException):
    """The head of an answer is out; no Exception, so that nobody on the way takes it for a failure."""


def _length(scope: Scope) -> int | None:
    """Give how long a body says that it is; None: it does not say."""
    if header(scope, b"transfer-encoding"):
        return None
    said = header(scope, b"content-length")
    return int(said[:18]) if said.isascii() and said.isdigit() else 0


def _too_large(most: int) -> Problem:
    return Problem("too-large", f"a body may have {most:,} bytes here", headers={"Connection": "close"})


async def _refuse(problem: Problem, scope: Scope, send: Send) -> None:
    """Answer without having read the body."""
    response = answer(problem, scope.get("state", {}).get("request_id", ""))
    await send({"type": "http.response.start", "status": response.status_code, "headers": list(response.raw_headers)})
    await send({"type": "http.response.body", "body": bytes(response.body), "more_body": False})
