"""One request and what comes of it, over redirects, each hop checked like the first; and one end of time for all.

A name is resolved once for each hop, every address that it has is checked, and the connection goes to a checked
address, not to the name: what a name server says a moment later changes nothing. Client libraries resolve for
themselves while connecting, so this is `http.client` with a connection of our own; the Host header, the TLS server
name and the certificate check still use the name. Proxies of the environment are not asked.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from .. import __version__
from ..errors import CountermarkError, FetchFailed, NetworkRefused, OverLimit
from . import guard as guards
from .guard import Address, Guard

MAX_REDIRECTS = 5
MAX_URL = 8192
CONNECT_S = 15.0  # for each address of a name
CHUNK = 1 << 18
PATIENCE_S, SLOW = 30.0, 30 << 10  # whoever sends a file brings at least so many bytes in each so many seconds
REDIRECTS = frozenset({301, 302, 303, 307, 308})
IN_PATH = "/%:@!$&'()*+,;=~-._"  # what stays as it is


@dataclass(frozen=True)
class Request:
    """What is asked: GET, or POST where there is something to send."""

    accept: str
    body: bytes | None = None
    content_type: str | None = None


@dataclass(frozen=True)
class Answer:
    """The head of an answer, 200, whose body is still to be read."""

    response: http.client.HTTPResponse
    parts: SplitResult  # of the URL that answered
    url: str
    redirects: tuple[str, ...]
    deadline: Deadline

    @property
    def content_type(self) -> str | None:
        """As the server says; nothing may be decided by it alone."""
        given = self.response.headers.get("Content-Type")
        return given[:200].lower() if given else None

    def chunks(self, most_bytes: int, advice: str) -> Iterator[bytes]:
        """Give the body, whole or not at all: more than `most_bytes`, by its word or by its bytes, is OverLimit."""
        host, promised, count = self.parts.hostname, self.response.length, 0
        coding = self.response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("identity", ""):
            raise FetchFailed(f"{host} sent the file packed ({coding[:20]!r}), though asked not to")
        if promised is not None and promised > most_bytes:
            raise _too_large(most_bytes, advice)
        while chunk := self._chunk():
            count += len(chunk)
            if count > most_bytes:
                raise _too_large(most_bytes, advice)
            yield chunk
        if promised is not None and count != promised:
            raise FetchFailed(f"{host} broke off after {count:,} of {promised:,} bytes", advice="try again")

    def _chunk(self) -> bytes:
        try:
            chunk = self.response.read1(CHUNK)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise in_our_words(error, self.parts, self.deadline) from None
        self.deadline.brought(len(chunk))
        self.deadline.left()  # a connection that was cut looks like an end
        return chunk


@contextmanager
def answered(
    url: str, request: Request, guard_for: Callable[[SplitResult], Guard], deadline: Deadline
) -> Iterator[Answer]:
    """Ask, follow redirects, and hold the answer open; `guard_for` says for each hop which addresses may be asked."""
    visited: list[str] = []
    while True:
        parts = checked(url)
        with closing(connecting(parts, guard_for(parts), deadline)) as connection:
            response = _answer(connection, parts, request, deadline)
            if response.status not in REDIRECTS:
                yield Answer(response, parts, url, tuple(visited), deadline)
                return
            if request.body is not None:
                raise FetchFailed(f"{parts.hostname} redirects what was sent to it", advice="give the final address")
            visited.append(url)
            url = _next(url, response, visited)


class Deadline:
    """One end of time for all hops; cuts the connection in hand when it comes, however slowly bytes drip in."""

    def __init__(self, seconds: float, advice: str, *, paced: bool = False) -> None:
        """Begin; `advice` goes with the error of being late. paced: end it before, where they come too slowly."""
        self.seconds, self.end, self.advice = seconds, time.monotonic() + seconds, advice
        self.expired = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._brought, self._slow, self._closed = 0, False, False
        self._until = min(self.end, time.monotonic() + PATIENCE_S) if paced else self.end
        self._watch()

    def close(self) -> None:
        """No more cutting."""
        with self._lock:
            self._closed = True
            self._timer.cancel()

    def brought(self, count: int) -> None:
        """Count what came; enough of it renews patience."""
        self._brought += count
        if self._brought >= SLOW:
            self._brought, self._until = 0, min(self.end, time.monotonic() + PATIENCE_S)

    def left(self) -> float:
        """Seconds that remain; raises where none do."""
        left = self.end - time.monotonic()
        if self.expired or left <= 0:
            raise self.error()
        return left

    def error(self) -> OverLimit:
        """Say that it took too long."""
        if self._slow:
            return OverLimit(f"fewer than {SLOW:,} bytes came in {PATIENCE_S:g} s", advice=self.advice)
        return OverLimit(f"fetching took longer than {self.seconds:g} s", advice=self.advice)

    def hold(self, held: socket.socket | None) -> None:
        """Cut this one when the time comes."""
        with self._lock:
            self._socket = held
            late = held is not None and self.expired
        if late:
            raise self.error()

    def _watch(self) -> None:
        """Cut, or look again when patience ends next."""
        left = self._until - time.monotonic()
        if left <= 0:
            self._slow = self._until < self.end
            self._cut()
            return
        with self._lock:
            if not self._closed:
                self._timer = threading.Timer(left, self._watch)
                self._timer.daemon = True
                self._timer.start()

    def _cut(self) -> None:
        self.expired = True
        with self._lock:
            if self._socket is not None:
                try:
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # beneath TLS, which has no say in it
                except OSError:
                    return  # closed already


class Connection(http.client.HTTPConnection):
    """A connection to one checked address; the name serves for the Host header and TLS alone."""

    def __init__(self, parts: SplitResult, addresses: list[Address], deadline: Deadline) -> None:
        """Connect to nothing yet."""
        super().__init__(_ascii_host(parts), _port(parts))
        self.encrypted = parts.scheme == "https"
        if self.encrypted:
            self.default_port = 443  # so that the Host header names only another
        self.addresses, self.deadline = addresses, deadline

    def connect(self) -> None:
        """Connect to the first address that answers."""
        trouble: OSError | None = None
        for address in self.addresses:
            try:
                pinned = socket.create_connection((str(address), self.port), min(self.deadline.left(), CONNECT_S))
                break
            except OSError as error:
                trouble = error
        else:
            raise trouble or OSError("no address")
        self.sock = pinned
        self.deadline.hold(pinned)
        pinned.settimeout(self.deadline.left() + 1)
        if self.encrypted:
            context = ssl.create_default_context()
            secured = context.wrap_socket(pinned, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock = secured
            self.deadline.hold(secured)
            secured.do_handshake()


def checked(url: str) -> SplitResult:
    """Refuse what is no plain http or https address."""
    if len(url) > MAX_URL:
        raise NetworkRefused(f"the URL has {len(url)} letters, more than {MAX_URL}")
    if any(ord(letter) <= 0x20 or ord(letter) == 0x7F for letter in url) or "\\" in url:
        raise NetworkRefused("the URL has spaces, backslashes or control characters in it")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises where it is no number
    except ValueError:
        raise NetworkRefused("that is no URL: its port is no number, or its brackets do not close") from None
    if parts.scheme not in ("http", "https"):
        raise NetworkRefused(f"{parts.scheme or 'a URL without scheme'}: only http and https are fetched")
    if "@" in parts.netloc:
        raise NetworkRefused("the URL carries a user name or password", advice="give an address without credentials")
    if not parts.hostname:
        raise NetworkRefused(f"{url[:120]!r} names no host")
    _ascii_host(parts)
    return parts


def origin(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port: who it is that is asked."""
    return parts.scheme, _ascii_host(parts), _port(parts)


def connecting(parts: SplitResult, guard: Guard, deadline: Deadline) -> Connection:
    """Resolve once, check every address, and be ready to connect to them alone."""
    host, port = _ascii_host(parts), _port(parts)
    addresses = _resolved(host, port, deadline)
    for address in addresses:
        if refusal := guard.refusal(address, port):
            raise NetworkRefused(f"{host} is not asked: {refusal}")
    return Connection(parts, addresses, deadline)


def _resolved(host: str, port: int, deadline: Deadline) -> list[Address]:
    """Resolve in a thread of its own, since the system's resolver knows no deadline."""
    answers: list[list[Address] | Exception] = []

    def ask() -> None:
        try:
            answers.append(guards.resolve(host, port))
        except (OSError, ValueError) as error:
            answers.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(deadline.left())
    if not answers:
        raise deadline.error()
    if isinstance(answers[0], Exception) or not answers[0]:
        raise FetchFailed(f"{host}: no such host", advice="check the host's name")
    return answers[0]


def _answer(
    connection: Connection, parts: SplitResult, request: Request, deadline: Deadline
) -> http.client.HTTPResponse:
    """Ask, and take the head of the answer."""
    target = quote(parts.path or "/", safe=IN_PATH)
    if parts.query:
        target += "?" + quote(parts.query, safe=IN_PATH + "?")
    try:
        connection.putrequest("GET" if request.body is None else "POST", target, skip_accept_encoding=True)
        connection.putheader("User-Agent", f"countermark/{__version__}")
        connection.putheader("Accept", request.accept)
        connection.putheader("Accept-Encoding", "identity")
        connection.putheader("Connection", "close")
        if request.body is not None:
            connection.putheader("Content-Type", request.content_type or "application/octet-stream")
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise in_our_words(error, parts, deadline) from None
    if answer.status not in REDIRECTS and answer.status != 200:
        known = answer.status in HTTPStatus.__members__.values()
        phrase = f" {HTTPStatus(answer.status).phrase}" if known else ""
        raise FetchFailed(f"{parts.hostname} answered {answer.status}{phrase}")
    return answer


def _next(url: str, answer: http.client.HTTPResponse, visited: list[str]) -> str:
    """Where a redirect leads; it is checked like the first URL when it is asked."""
    if len(visited) > MAX_REDIRECTS:
        raise FetchFailed(f"more than {MAX_REDIRECTS} redirects")
    location = answer.headers.get("Location")
    if not location:
        raise FetchFailed("a redirect leads nowhere")
    try:
        target = urljoin(url, location.encode("latin-1", "replace").decode("utf-8", "replace"))
    except ValueError:
        raise NetworkRefused("a redirect leads to what is no URL") from None
    if url.startswith("https:") and target.lower().startswith("http:"):
        raise NetworkRefused("a redirect leads from https to http", advice="give the final address yourself")
    return target


def in_our_words(error: Exception, parts: SplitResult, deadline: Deadline) -> CountermarkError:
    """Say in our words what the network did."""
    host = parts.hostname
    if deadline.expired or deadline.end <= time.monotonic():
        return deadline.error()
    if isinstance(error, ssl.SSLCertVerificationError):
        return FetchFailed(f"{host}: its certificate does not hold: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return FetchFailed(f"{host}: no secure connection: {error.reason or error}")
    if isinstance(error, http.client.IncompleteRead):
        return FetchFailed(f"{host} broke off", advice="try again")
    if isinstance(error, OSError):
        return FetchFailed(f"{host}: {error.strerror or error}")
    return FetchFailed(f"{host} answered what is not HTTP ({type(error).__name__})")


def _too_large(most_bytes: int, advice: str) -> OverLimit:
    return OverLimit(f"what the URL names has more than {most_bytes:,} bytes", advice=advice)


def _port(parts: SplitResult) -> int:
    return parts.port if parts.port is not None else (443 if parts.scheme == "https" else 80)


def _ascii_host(parts: SplitResult) -> str:
    """The host's name as it travels: international names in their ASCII form."""
    host = parts.hostname or ""
    try:
        plain = host.encode("ascii").decode() if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise NetworkRefused(f"{host[:80]!r} is no name of a host") from None
    if not re.fullmatch(r"[a-z0-9._-]{1,253}|[0-9a-f]*:[0-9a-f:.]*(%[a-z0-9._-]+)?", plain):
        raise NetworkRefused(f"{host[:80]!r} is no name of a host")
    return plain
