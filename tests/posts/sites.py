"""Sites of this machine that have posts: pages with video, without, with redirects, without end."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from countermark.fetch import Address


class OnlyHere:
    """Lets the one site of a test through, and refuses every other address of this machine."""

    def __init__(self, *ports: int) -> None:
        self.ports = ports
        self.asked: list[tuple[str, int]] = []

    def refusal(self, address: Address, port: int) -> str | None:
        self.asked.append((str(address), port))
        here = address == ip_address("127.0.0.1") and port in self.ports
        return None if here else f"{address} is no public address"


class Site(ThreadingHTTPServer):
    """Serves pages and films by path; a film is a function that writes it."""

    daemon_threads = True

    def __init__(self, address: str = "127.0.0.1") -> None:
        super().__init__((address, 0), _Handler)
        self.pages: dict[str, str] = {}
        self.films: dict[str, bytes] = {}
        self.moved: dict[str, str] = {}
        self.endless: set[str] = set()
        self.seen: list[tuple[str, str, dict[str, str]]] = []

    @property
    def port(self) -> int:
        return self.server_address[1]

    def url(self, path: str) -> str:
        return f"http://{self.server_address[0]}:{self.port}/{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_HEAD(self) -> None:
        self._answer(lambda content: None)

    def do_GET(self) -> None:
        self._answer(lambda content: self.wfile.write(content))

    def log_message(self, *given: object) -> None:
        return

    def _answer(self, write: Callable[[bytes], object]) -> None:
        name = self.path.split("?")[0].strip("/")
        self.server.seen.append((self.command, name, dict(self.headers)))
        with contextlib.suppress(OSError):
            if name in self.server.moved:
                self._head(302, "text/html", 0, Location=self.server.moved[name])
            elif name in self.server.endless:
                self._endless()
            elif name in self.server.films:
                self._head(200, "video/mp4", len(self.server.films[name]))
                write(self.server.films[name])
            elif name in self.server.pages:
                content = self.server.pages[name].encode()
                self._head(200, "text/html; charset=utf-8", len(content))
                write(content)
            else:
                self._head(404, "text/plain", 0)

    def _head(self, status: int, kind: str, length: int | None, **more: str) -> None:
        self.send_response(status)
        headers = {"Content-Type": kind, **({} if length is None else {"Content-Length": str(length)}), **more}
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        if length is None:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()

    def _endless(self) -> None:
        self._head(200, "video/mp4", None)
        if self.command == "GET":
            self.wfile.write(b"\0\0\0\x18ftypmp42" + bytes(12))
            while True:
                self.wfile.write(bytes(1 << 16))
                time.sleep(0.005)


@contextlib.contextmanager
def site(address: str = "127.0.0.1") -> Iterator[Site]:
    server = Site(address)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def page(*videos: str, title: str = "A post", more: str = "") -> str:
    """Write a page with videos in it."""
    players = "".join(f'<video controls><source src="{one}" type="{_type_of(one)}"></video>' for one in videos)
    return f"<!doctype html><html><head><title>{title}</title>{more}</head><body>{players}</body></html>"


def _type_of(video: str) -> str:
    return "application/x-mpegURL" if video.endswith(".m3u8") else "video/mp4"


def open_graph(video: str) -> str:
    """Write a page that names its video in its head alone."""
    said = f'<meta property="og:video" content="{video}"><meta property="og:video:type" content="video/mp4">'
    return page(more=said)
