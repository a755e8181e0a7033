"""What tests of jobs stand on: a service on either database, a receiver of callbacks, and small media."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from countermark.docket import Callbacks, Check, Docket, Request
from countermark.jobs import Jobs
from countermark.objects import Objects, opened
from countermark.settings import Service, Settings
from countermark.tests import databases
from countermark.tests.recipes import clip

SECONDS = 60.0
TENANT = "ten_a"


def options(kind: str, folder: Path, **service: Any) -> Settings:
    """Give the settings of a service that nobody else uses."""
    values = {"unsafe_private_addresses": True, "executor": "one", **service}
    return Settings(
        home=folder / "home", database=databases.new(kind, folder), detector="never", service=Service(**values)
    )


@dataclass(frozen=True)
class Room:
    """One service without a worker."""

    options: Settings

    @cached_property
    def objects(self) -> Objects:
        return opened(self.options)

    @cached_property
    def docket(self) -> Docket:
        return Docket(self.options, objects=self.objects)

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self.options)

    @cached_property
    def callbacks(self) -> Callbacks:
        return Callbacks(self.options)

    def laid(self, path: Path | None = None, **more: Any) -> str:
        """Lay a check; its media, if any, is in the store."""
        values = {"tenant_id": TENANT, "made_by": "key:1", "source": "upload", "name": "clip.mp4", **more}
        if path is not None:
            values["object_key"] = f"uploads/{path.stem}"
            self.objects.put_file(values["object_key"], path)
        return self.docket.open(Request(**values)).check.id

    def asked(self, path: Path | None = None, **more: Any) -> str:
        """Lay a check and ask for it."""
        check_id = self.laid(path, **more)
        bring_for = more.get("tenant_id", TENANT) if "url" in more else None
        self.jobs.enqueue_check(check_id, more.get("lane", "live"), bring_for=bring_for)
        return check_id

    def over(self, check_id: str) -> Check:
        """Wait until a check is over."""
        until(lambda: self.docket.get(check_id).over)
        return self.docket.get(check_id)


def small(folder: Path) -> Path:
    """Make a clip that is looked at in no time."""
    return clip(folder / "small.mp4", seconds=0.04, size=(32, 32))


def own(clip: Path, number: int) -> Path:
    """Give a copy of a clip that has its own bytes, and so is looked at by itself."""
    path = clip.with_name(f"{clip.stem}-{number}{clip.suffix}")
    more = (16).to_bytes(4, "big") + b"free" + number.to_bytes(8, "big")
    path.write_bytes(clip.read_bytes() + more)
    return path


def noise(folder: Path) -> Path:
    """Make what is no video."""
    path = folder / "noise.mp4"
    path.write_bytes(bytes(range(256)) * 8)
    return path


def until(true: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


@dataclass
class Receiver:
    """Takes callbacks, and answers each as it was told to."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # the first ones; then 204
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)  # of each

    def about(self, check_id: str) -> list[str]:
        """Give the ids of the callbacks that came about a check."""
        return [headers["webhook-id"] for headers, body in self.got if json.loads(body)["data"]["id"] == check_id]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.paths.append(self.path)
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class serving:  # noqa: N801  as a context manager
    """A folder over HTTP on this machine."""

    def __init__(self, folder: Path) -> None:
        class Quiet(SimpleHTTPRequestHandler):
            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
