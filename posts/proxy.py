"""A proxy on this machine that is somebody's only way out: it asks public addresses alone, and counts.

Every name is resolved once, all its addresses are checked by a guard, and the connection goes to a checked one, as
`fetch` does it. Whoever asks must know a word made for this proxy. CONNECT is understood, and asking for plain http.
Knows connections, no requests inside them: what is encrypted passes as it is.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import secrets
import select
import socket
import threading
import time
from urllib.parse import SplitResult, urlsplit

from ..errors import CountermarkError, NetworkRefused, OverLimit
from ..fetch import Guard, checked
from ..fetch.connection import Deadline, connecting

log = logging.getLogger(__name__)

MOST_AT_ONCE, MOST_ASKED = 16, 2000  # connections
_HEAD_BYTES, _PIECE = 32 << 10, 64 << 10
_HEAD_S = 20.0
_LATE = "fetch it by other means, or raise limits.fetch_s"
_HOP_BY_HOP = {b"proxy-authorization", b"proxy-connection", b"connection", b"keep-alive", b"te", b"upgrade"}


class Proxy:
    """Serves one listening socket until it is closed, a time is over or so many bytes have passed."""

    def __init__(self, listening: socket.socket, guard: Guard, most_bytes: int, seconds: float) -> None:
        """Take a socket that listens; it may lie where nothing else is reached."""
        self._listening, self._guard = listening, guard
        self._most, self._passed, self._asked = most_bytes, 0, 0
        self._end, self._seconds = time.monotonic() + seconds, seconds
        self.word = secrets.token_urlsafe(24)
        self.trouble: CountermarkError | None = None  # why somebody was refused, or all were
        self._open: set[socket.socket] = set()
        self._lock, self._closed = threading.Lock(), False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Proxy:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *given: object) -> None:
        """Cut every connection, and answer no more."""
        self._cut()
        self._thread.join()

    @property
    def over(self) -> bool:
        """Whether it answers no more: its time is over, or too much has passed."""
        return self._closed

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    @property
    def url(self) -> str:
        """With the word in it: only for whom it is made."""
        return f"http://countermark:{self.word}@127.0.0.1:{self.port}"

    def _serve(self) -> None:
        self._listening.settimeout(0.2)
        while not self._closed:
            if time.monotonic() > self._end:
                self._stop(OverLimit(f"bringing it took longer than {self._seconds:g} s", advice=_LATE))
            try:
                asking, _ = self._listening.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self._asked += 1
            if len(self._open) >= 2 * MOST_AT_ONCE or self._asked > MOST_ASKED:
                asking.close()
                continue
            threading.Thread(target=self._answer, args=(asking,), daemon=True).start()

    def _answer(self, asking: socket.socket) -> None:
        with contextlib.ExitStack() as held:
            try:
                held.callback(self._forget, asking)
                self._hold(asking)
                asking.settimeout(_HEAD_S)
                method, target, lines, rest = _head(asking)
                if not self._knows_the_word(lines):
                    asking.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                    return
                far = self._reached(method, target)
                held.callback(self._forget, far)
                self._hold(far)
                if method == b"CONNECT":
                    asking.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    far.sendall(_asked_plainly(method, target, lines))
                if rest:
                    far.sendall(rest)
                self._pass(asking, far)
            except CountermarkError as error:
                self._refuse(asking, error)
            except (OSError, ValueError) as error:
                log.debug("a connection ended: %s", error)

    def _reached(self, method: bytes, target: bytes) -> socket.socket:
        """Connect to a checked address of what was named."""
        parts = _named(method, target)
        deadline = Deadline(max(0.1, self._end - time.monotonic()), _LATE)
        try:
            connection = connecting(parts, self._guard, deadline)
            connection.connect()
        finally:
            deadline.close()
        return connection.sock

    def _pass(self, asking: socket.socket, far: socket.socket) -> None:
        """Pass bytes both ways until one side has no more, or too many have passed."""
        other = {asking: far, far: asking}
        for one in other:
            one.settimeout(max(0.1, self._end - time.monotonic()))
        while not self._closed and time.monotonic() < self._end:
            ready, _, _ = select.select(list(other), [], [], 0.5)
            for one in ready:
                piece = one.recv(_PIECE)
                if not piece:
                    return
                self._passed += len(piece)
                if self._passed > self._most:
                    words = f"what the URL leads to has more than {self._most:,} bytes"
                    self._stop(OverLimit(words, advice="fetch it by other means, or raise limits.fetch_bytes"))
                    return
                other[one].sendall(piece)

    def _knows_the_word(self, lines: list[bytes]) -> bool:
        expected = b"Basic " + base64.b64encode(f"countermark:{self.word}".encode())
        given = [line.partition(b":")[2].strip() for line in lines if line.lower().startswith(b"proxy-authorization:")]
        return len(given) == 1 and secrets.compare_digest(given[0], expected)

    def _refuse(self, asking: socket.socket, error: CountermarkError) -> None:
        if self.trouble is None or not isinstance(self.trouble, (OverLimit, NetworkRefused)):
            self.trouble = error
        with contextlib.suppress(OSError):
            asking.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def _stop(self, error: OverLimit) -> None:
        self.trouble = error
        self._cut()

    def _hold(self, one: socket.socket) -> None:
        with self._lock:
            self._open.add(one)

    def _forget(self, one: socket.socket) -> None:
        with self._lock:
            self._open.discard(one)
        one.close()

    def _cut(self) -> None:
        self._closed = True
        with self._lock:
            for one in (*self._open, self._listening):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        if threading.current_thread() is not self._thread:
            with contextlib.suppress(OSError):
                self._listening.close()


def _head(asking: socket.socket) -> tuple[bytes, bytes, list[bytes], bytes]:
    """Read what is asked: method, target, the lines below, and what came behind them."""
    content = b""
    while b"\r\n\r\n" not in content:
        piece = asking.recv(4096)
        if not piece or len(content) > _HEAD_BYTES:
            raise ValueError("no request")
        content += piece
    head, _, rest = content.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, target, version = first.split(b" ")
    if not version.startswith(b"HTTP/1."):
        raise ValueError("no request")
    return method, target, lines, rest


def _named(method: bytes, target: bytes) -> SplitResult:
    """Read whom it is for; the connection itself is never encrypted here."""
    text = target.decode("ascii")
    if method == b"CONNECT":
        return checked(f"http://{text}/")
    if not text.lower().startswith("http://"):
        raise NetworkRefused(f"{text[:60]!r}: only http and https are asked")
    return checked(f"http://{urlsplit(text).netloc}/")


def _asked_plainly(method: bytes, target: bytes, lines: list[bytes]) -> bytes:
    """Ask the far side itself, without what was meant for a proxy, and for one answer alone."""
    parts = urlsplit(target.decode("ascii"))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [line for line in lines if line.partition(b":")[0].strip().lower() not in _HOP_BY_HOP]
    return b"\r\n".join([method + b" " + path.encode() + b" HTTP/1.1", *kept, b"Connection: close", b"", b""])
