"""Clients that are slow on purpose."""

from __future__ import annotations

import socket
import threading
import time

from countermark.tests.security.running import Running


class Slow:
    """Forty connections on which a head comes letter by letter, and never ends."""

    COUNT, MOST_S = 40, 60.0

    def __init__(self, server: Running) -> None:
        """Begin, and go on in a thread."""
        self._open = [server.connection() for _ in range(self.COUNT)]
        self._began, self._took = time.monotonic(), list[float]()
        for one in self._open:
            one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
            one.setblocking(False)
        self._thread = threading.Thread(target=self._drip)
        self._thread.start()

    def cut_after(self) -> list[float]:
        """Wait until all were cut, or for long enough; give how many seconds each had."""
        self._thread.join()
        return self._took

    def _drip(self) -> None:
        while self._open and time.monotonic() - self._began < self.MOST_S:
            for one in list(self._open):
                if self._is_cut(one):
                    self._took.append(time.monotonic() - self._began)
                    self._open.remove(one)
                    one.close()
            time.sleep(1)
        for one in self._open:
            one.close()

    def _is_cut(self, one: socket.socket) -> bool:
        try:
            if one.recv(65536) == b"":
                return True
        except BlockingIOError:
            pass
        except OSError:
            return True
        try:
            one.sendall(b"a")
        except OSError:
            return True
        return False
