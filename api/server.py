"""The process that serves an app: its socket, its patience with slow clients, and how it ends. Knows no routes.

A connection has so many seconds for the head of a request, in which nothing of the app is at work yet; bodies and
answers are timed by the middleware.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from ..errors import CountermarkError, SettingsInvalid
from ..outputs import translated

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

HEAD_S = 15.0  # for the head of a request
HEAD_BYTES = 32 << 10
IDLE_S = 15.0  # a connection is kept open for the next request
END_S = 10.0  # for what is under way when it is told to end
CONNECTIONS = 800  # at once; who comes then is told to come again
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def alone(home: Path, port: int) -> Iterator[None]:
    """Be the only server of one home at one port; whatever way a process ends, it lets go of that."""
    path = home / f"serve-{port}.lock"
    with translated(path):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise SettingsInvalid(
            f"a server of {home} runs at port {port} already",
            advice="use that one, stop it, or choose another --port (and another COUNTERMARK_HOME)",
        ) from None
    try:
        yield
    finally:
        os.close(handle)


def bound(host: str, port: int) -> socket.socket:
    """Take the address before anything else is begun."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        taken = error.errno == errno.EADDRINUSE
        raise SettingsInvalid(
            f"{host} port {port}: {'another program listens there' if taken else error.strerror or error}",
            advice="choose another --port or --host",
        ) from None
    return made


def serve(made: FastAPI, at: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until told to end; `ready` is called once requests are answered. Raises what kept it from beginning."""
    server = _telling(ready)(configured(made))
    with _told_to_end(server), suppress(SystemExit):  # by which it tells that it could not begin
        server.run(sockets=[at])
    failure: CountermarkError | None = getattr(made.state, "failure", None)
    if failure is not None:
        raise failure
    if not server.started:
        raise CountermarkError("the server could not begin", advice="its log says why")


def configured(made: FastAPI) -> uvicorn.Config:
    """Say how an app is served."""
    import uvicorn

    return uvicorn.Config(
        made,
        http=protocol(),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # who is behind a proxy, `who` finds out
        server_header=False,
        timeout_keep_alive=round(IDLE_S),
        timeout_graceful_shutdown=round(END_S),
        limit_concurrency=CONNECTIONS,
        h11_max_incomplete_event_size=HEAD_BYTES,
    )


def _telling(ready: Callable[[], None]) -> type[uvicorn.Server]:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started and not self.should_exit:
                ready()

    return Server


@contextmanager
def _told_to_end(server: uvicorn.Server) -> Iterator[None]:
    """Let signals end the server, and nothing after it: it raises those that it heard once more when it is through."""

    def end(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    former = {number: signal.signal(number, end) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def protocol() -> type[asyncio.Protocol]:
    """Give the protocol whose patience with the head of a request ends."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Patient(H11Protocol):
        _until: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before or (self.cycle is not None and not self.cycle.response_complete):
                self._wait_no_more()
            elif self._until is None:
                self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._wait_no_more()
            super().connection_lost(exc)

        def _wait(self) -> None:
            self._until = self.loop.call_later(HEAD_S, self._ended)

        def _wait_no_more(self) -> None:
            if self._until is not None:
                self._until.cancel()
                self._until = None

        def _ended(self) -> None:
            with suppress(Exception):
                self.transport.close()

    return Patient
