"""Uploads for tests: a service that takes in files and nothing else, and how pieces are sent to it."""

# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import hashlib
import socket
import time
import urllib.request
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from countermark.accounts import Accounts
from countermark.api.v1.tus import PIECE_TYPE
from countermark.objects import opened
from countermark.settings import Settings
from countermark.tests.api.service import Said, Server, call, running

if TYPE_CHECKING:
    from fastapi import FastAPI

FACTORY = "countermark.tests.api.v1.uploading:made"
MOST = 300 << 20
PATIENCE_S = 1.0
FILM = hashlib.sha256(b"a film").digest() * 100_000  # 3.2 MB


def made() -> "FastAPI":
    """The routes of uploads, and one that says what it was sent; a file moves their clock; none has patience."""
    import tempfile

    from fastapi import FastAPI, Request

    from countermark.accounts import Rates
    from countermark.api import intake, problems
    from countermark.api.v1 import uploads
    from countermark.docket.uploads import Uploads
    from countermark.settings import settings

    intake.PATIENCE_S = PATIENCE_S
    options = settings()
    objects = opened(options)
    service: Any = SimpleNamespace(
        options=options, objects=objects, accounts=Accounts(options), rates=Rates(options), docket=None
    )

    def clock() -> datetime:
        moved = options.home / "moved"
        return datetime.now(UTC) + timedelta(seconds=float(moved.read_text()) if moved.exists() else 0.0)

    app = FastAPI()
    app.state.service = service
    problems.install(app, lambda request, problem: problems.answer(problem))
    app.include_router(uploads.router(service, Uploads(options, objects=objects, clock=clock)), prefix="/v1")

    @app.post("/v1/take")
    async def take(request: Request) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(dir=options.home) as folder:
            got = await intake.received(request, options, Path(folder))
            size = got.path.stat().st_size if got.path else None
            return {**vars(got), "path": None, "on_disk": size}

    return app


def serving(home: Path, environment: Mapping[str, str] | None = None) -> AbstractContextManager[Server]:
    """Serve from a home."""
    ours = {
        "COUNTERMARK_SERVICE__UPLOAD_BYTES": str(MOST),
        "COUNTERMARK_SERVICE__ANONYMOUS_CHECKS": "1000",
    }
    return running(home, FACTORY, {**ours, **(environment or {})})


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def objects_of(home: Path) -> Any:
    return opened(Settings(home=home))


def begin(base: str, size: int, **more: Any) -> Any:
    said = call(base, "/uploads", {"name": "clip.mp4", "bytes": size, **more})
    assert said.status == 201, said.body
    assert said.headers["location"] == said.json["url"]
    return said.json


def send(base: str, url: str, offset: int, data: bytes, **headers: str) -> Said:
    sent = {"Tus_Resumable": "1.0.0", "Content_Type": PIECE_TYPE, "Upload_Offset": str(offset), **headers}
    return call(base, url, data, "PATCH", prefix=False, **sent)


def stands(base: str, url: str) -> int:
    said = call(base, url, method="HEAD", prefix=False, Tus_Resumable="1.0.0")
    assert said.status == 200 and said.headers["cache-control"] == "no-store"
    return int(said.headers["upload-offset"])


def cut(base: str, url: str, offset: int, data: bytes, length: int) -> socket.socket:
    """Promise a piece of a length, and send only so much of it."""
    parts = urlsplit(base)
    line = socket.create_connection((parts.hostname, parts.port), timeout=30)
    head = f"PATCH {url} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: {PIECE_TYPE}\r\nUpload-Offset: {offset}\r\n"
    line.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + data)
    return line


def until(condition: Any, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def keyed(options: Settings) -> dict[str, str]:
    _, secret = Accounts(options).make_key("main", "sends", {"checks:write"}, "a test")
    return {"Authorization": f"Bearer {secret}"}


def put(url: str, data: bytes) -> None:
    sent = urllib.request.Request(url, data, {"Content-Type": "video/mp4"}, method="PUT")
    with urllib.request.urlopen(sent, timeout=20) as answer:
        assert answer.status == 200
