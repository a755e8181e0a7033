"""A service that takes in files and nothing else: real processes with uvicorn, to be killed, and two on one home."""

# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

FACTORY = "countermark.tests.api.v1.upload_service:made"
MOST = 300 << 20
PATIENCE_S = 1.0


def made() -> "FastAPI":
    """The routes of uploads, and one that says what it was sent; a file moves their clock; none has patience."""
    import tempfile

    from fastapi import FastAPI, Request

    from countermark.accounts import Accounts, Rates
    from countermark.api import intake, problems
    from countermark.api.v1 import uploads
    from countermark.docket.uploads import Uploads
    from countermark.objects import opened
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


@dataclass
class Server:
    """A process that serves."""

    base: str
    process: "subprocess.Popen[str]"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)

    def most_memory(self) -> int:
        """Bytes that it has had at most."""
        told = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", told)[1]) << 10  # type: ignore[index]


@contextmanager
def serving(home: Path, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Serve from a home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COUNTERMARK_", "AWS_"))}
    ours = {
        "COUNTERMARK_HOME": str(home),
        "COUNTERMARK_SERVICE__UPLOAD_BYTES": str(MOST),
        "COUNTERMARK_SERVICE__ANONYMOUS_CHECKS": "1000",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "--factory", FACTORY, "--port", "0", "--no-access-log"],
        env={**kept, **ours, **(environment or {})},
        cwd=Path(__file__).parents[3],
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
