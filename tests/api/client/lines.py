"""What lies between a client and a service: lines that break, and servers that say what they are told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class Line:
    """A port that leads to a service; `up` and `down` say of each block whether it still passes."""

    target: tuple[str, int]
    up: Callable[[bytes], bool] = lambda block: True
    down: Callable[[bytes], bool] = lambda block: True
    sent: int = 0
    port: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            far = socket.create_connection(self.target)
            self._open += [near, far]
            for one, other, passes in ((near, far, "up"), (far, near, "down")):
                threading.Thread(target=self._pass, args=(one, other, passes), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, way: str) -> None:
        with contextlib.suppress(OSError):
            while block := one.recv(1 << 16):
                if not getattr(self, way)(block):
                    break
                self.sent += len(block) if way == "up" else 0
                other.sendall(block)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for one in self._open:
            one.close()


@contextlib.contextmanager
def line_to(base: str) -> Iterator[Line]:
    """Lay a line to a service."""
    parts = urlsplit(base)
    listening = socket.create_server(("127.0.0.1", 0))
    line = Line((str(parts.hostname), int(parts.port or 80)), port=listening.getsockname()[1])
    threading.Thread(target=line.run, args=(listening,), daemon=True).start()
    try:
        yield line
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        line.close()


@dataclass
class Said:
    """One answer, as it is to be given."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


class Saying(ThreadingHTTPServer):
    """Gives the answers that it was told, one after the other, the last one for ever."""

    daemon_threads = True

    def __init__(self, *answers: Said) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = list(answers)
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Saying

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        said = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        with contextlib.suppress(OSError):
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer

    def log_message(self, *given: object) -> None:
        return


@contextlib.contextmanager
def saying(*answers: Said) -> Iterator[Saying]:
    """Serve answers."""
    server = Saying(*answers)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
