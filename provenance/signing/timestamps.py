"""Time that others vouch for: asks a timestamp authority (RFC 3161) while signing, and settles what was put off.

The C2PA library builds the request and checks the answer (its nonce, its digest, its signature); but it knows no time
limit, reaches past its own list of allowed hosts, and goes through proxies of the environment. So it is given the
address of a relay on this machine, which asks the authority by `fetch`, once and within limits. Knows no pictures.
"""

from __future__ import annotations

import http.server
import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from ... import fetch
from ...errors import CountermarkError, SigningFailed, TimestampFailed
from ...settings import address_of

if TYPE_CHECKING:
    from ...settings import Settings

log = logging.getLogger(__name__)

SECONDS = 20.0  # that an authority has
MOST_ASKED, MOST_ANSWERED = 4096, 64 << 10  # bytes
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
Given = TypeVar("Given")


class Relay:
    """Where the library asks for the time, under a path that nobody else knows."""

    def __init__(self, authority: str, seconds: float) -> None:
        """Take the authority's URL; its owner named it, so it may lie inside."""
        self.authority, self.seconds = authority, seconds
        self.asked = 0
        self.trouble: str | None = None  # why the authority gave nothing
        self._path = f"/{secrets.token_urlsafe(16)}"
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))

    @property
    def origin(self) -> str:
        """Scheme, host and port, as the library's list of allowed hosts wants them."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """What to sign with, as the URL of an authority."""
        return self.origin + self._path

    def answer(self, path: str, request: bytes) -> bytes | None:
        """Ask the authority; None where it does not answer, or where the library did not ask."""
        if not secrets.compare_digest(path.encode(), self._path.encode()):
            return None
        self.asked += 1
        try:
            return asked(self.authority, request, self.seconds)
        except CountermarkError as error:
            self.trouble = str(error)
            return None

    def serve(self) -> None:
        """Answer until `close`."""
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


def with_time(options: Settings, write: Callable[[str | None], Given]) -> tuple[Given, str | None]:
    """Sign by `write`, which takes the URL that gives the time, or None for none; give what it gave.

    The second value is None, unless a timestamp is configured and the authority gave none: then it says why, and the
    file must be listed (`owed.add`). Whether such a file may be is the setting `tsa_when_down`.
    """
    if options.tsa is None:
        return write(None), None
    with relay(options.tsa) as door:
        try:
            return write(door.url), None
        except SigningFailed as error:
            if not door.asked:
                raise  # it failed before anybody asked what time it is
            why = door.trouble or str(error)
    log.warning("no timestamp from %s: %s", address_of(options.tsa), why)
    if options.tsa_when_down == "refuse":
        raise TimestampFailed(f"no timestamp from {address_of(options.tsa)}: {why}") from None
    return write(None), why


def asked(authority: str, request: bytes, seconds: float | None = None) -> bytes:
    """Ask an authority once, within limits; give what it answers as it is. TimestampFailed where that is nothing."""
    try:
        said = fetch.ask(
            authority,
            most_bytes=MOST_ANSWERED,
            seconds=seconds or SECONDS,
            accept=_REPLY,
            body=request,
            content_type=_QUERY,
            home=authority,
        )
    except CountermarkError as error:
        raise TimestampFailed(str(error)) from None
    if (said.content_type or "").partition(";")[0].strip() != _REPLY:
        raise TimestampFailed("it answers with what is no timestamp")
    return said.body


@contextmanager
def relay(authority: str) -> Iterator[Relay]:
    """Hold a relay open."""
    _keep_loopback_direct()
    door = Relay(authority, SECONDS)
    threading.Thread(target=door.serve, daemon=True).start()
    try:
        yield door
    finally:
        door.close()


def _handler(door: Relay) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = 10.0

        def do_POST(self) -> None:
            given = self.headers.get("Content-Length", "")
            length = int(given) if given.isascii() and given.isdigit() else -1
            said = door.answer(self.path, self.rfile.read(length)) if 0 < length <= MOST_ASKED else None
            self.send_response(502 if said is None else 200)
            self.send_header("Content-Type", _REPLY)
            self.send_header("Content-Length", str(len(said or b"")))
            self.end_headers()
            self.wfile.write(said or b"")

        def log_message(self, format: str, *values: object) -> None:
            log.debug(format, *values)

    return Handler


def _keep_loopback_direct() -> None:
    """Keep the library, which obeys the environment, from asking a proxy for what is on this machine."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        if "127.0.0.1" not in hosts:
            os.environ[name] = ",".join([*hosts, "127.0.0.1"])
