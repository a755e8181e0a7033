"""Web servers of this machine, sound and otherwise, for tests of the door to the network."""

import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FILM = bytes(range(256)) * 400


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            name = self.path.split("?")[0].strip("/").split("/")[0].split(".")[0]
            getattr(self, f"give_{name}", self.give_404)()

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers)))
        if self.path == "/to":
            return self._head(307, Location="/echo", Content_Length="0")
        self._head(Content_Type=self.headers["Content-Type"], Content_Length=str(len(content)))
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        return

    def _head(self, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()

    def give_film(self) -> None:
        self._head(Content_Type="Video/MP4", Content_Length=str(len(FILM)))
        self.wfile.write(FILM)

    def give_chunked(self) -> None:
        self._head(Transfer_Encoding="chunked")
        for start in range(0, len(FILM), 10_000):
            piece = FILM[start : start + 10_000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def give_404(self) -> None:
        self._head(404, Content_Length="0")

    def give_liar(self) -> None:
        self._head(Content_Length=str(1 << 40))

    def give_endless(self) -> None:
        self._head(Transfer_Encoding="chunked")
        while True:
            self.wfile.write(b"10000\r\n" + bytes(65536) + b"\r\n")

    def give_short(self) -> None:
        self._head(Content_Length=str(len(FILM)))
        self.wfile.write(FILM[:5000])
        self.close_connection = True

    def give_drip(self) -> None:
        self._head(Content_Length="100000")
        for _ in range(200):
            self.wfile.write(b".")
            time.sleep(0.05)

    def give_driphead(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(200):
            self.wfile.write(b".")
            time.sleep(0.05)

    def give_silence(self) -> None:
        time.sleep(5)

    def give_packed(self) -> None:
        self._head(Content_Encoding="gzip", Content_Length="3")
        self.wfile.write(b"abc")

    def give_nonsense(self) -> None:
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        self.close_connection = True

    def give_loop(self) -> None:
        self._head(302, Location="/loop", Content_Length="0")

    def give_nowhere(self) -> None:
        self._head(302, Content_Length="0")

    def give_to(self) -> None:
        self._head(307, Location=self.path.partition("?")[2], Content_Length="0")


@contextlib.contextmanager
def serving(
    address: str = "127.0.0.1", port: int = 0, context: ssl.SSLContext | None = None
) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer((address, port), Handler)
    server.daemon_threads, server.seen = True, []
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def url(server: ThreadingHTTPServer, path: str) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/{path}"
