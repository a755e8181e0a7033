"""Services for tests: real ones, each in a process of its own on a free port; and how they are made."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

ALONE = "countermark.api.resolution:alone"
HERE = "countermark.tests.api.service:"
TOKEN = "a token of tests"


@dataclass(frozen=True)
class Said:
    """What a service answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def tight() -> FastAPI:
    """A service that takes in next to nothing, one at a time."""
    from countermark.api.uploads import Bounds

    return _app(bounds=Bounds(upload_bytes=50_000, upload_s=1.0, uploads=1, text_bytes=2000, value_letters=100))


def guarded() -> FastAPI:
    """A service that wants a token."""
    from fastapi import HTTPException

    async def authorise(request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise HTTPException(401, "no token", headers={"WWW-Authenticate": "Bearer"})

    return _app(authorise=authorise)


def fetching() -> FastAPI:
    """A service that fetches what a URL names from one address of this machine, taken for a public one."""

    class Pretend:
        def refusal(self, address: object, port: int) -> str | None:
            return None if str(address) == "127.0.0.2" else f"{address} is no public address"

    return _app(references=Pretend())


def _app(**options: Any) -> FastAPI:
    from fastapi import FastAPI

    from countermark.api.resolution import PREFIX, discovery, router
    from countermark.settings import settings

    app = FastAPI()
    app.include_router(router(settings(), **options), prefix=PREFIX)
    app.include_router(discovery())
    return app


@dataclass
class Server:
    """A process that serves."""

    base: str
    process: subprocess.Popen[str]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)

    def most_memory(self) -> int:
        """Bytes that it has had at most."""
        told = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", told)[1]) << 10  # type: ignore[index]


@contextmanager
def running(home: Path, factory: str, environment: Mapping[str, str]) -> Iterator[Server]:
    """Run a service on a home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COUNTERMARK_", "AWS_"))}
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", "0", "--no-access-log"]
    with subprocess.Popen(
        command,
        env={**kept, "COUNTERMARK_HOME": str(home), **environment},
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            said = ""
            for line in process.stderr:
                said += line
                if found := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                    break
            else:
                raise AssertionError(f"it does not serve: {said}")
            yield Server(f"{found[1]}/v1", process)
        finally:
            process.kill()


@contextmanager
def serving(home: Path, factory: str = ALONE, **environment: str) -> Iterator[str]:
    """Serve the registry of a home; gives the URL of the API."""
    with running(home, factory, environment) as server:
        yield server.base


def call(
    base: str, path: str, body: Any = None, method: str | None = None, prefix: bool = True, **headers: str
) -> Said:
    """Ask a service; `body` is JSON unless it is bytes or an iterator of them."""
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(parts.netloc, timeout=120)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, dict | list | str):
        body, sent = json.dumps(body).encode(), {"Content-Type": "application/json", **sent}
    try:
        with contextlib.suppress(BrokenPipeError):  # what is refused by its size need not be read to its end
            connection.request(
                method or ("GET" if body is None else "POST"), (parts.path if prefix else "") + path, body, sent
            )
        answer = connection.getresponse()
        return Said(answer.status, dict(answer.headers), answer.read())
    finally:
        connection.close()
