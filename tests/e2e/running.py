"""The service as its operator starts it: `countermark serve`, a process of its own over a home of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READY_S = 60.0
OPERATOR = {
    "OPERATOR": "Example Broadcast",
    "OPERATOR_CONTACT": "check@example.org",
    "TERMS_URL": "https://example.org/terms",
    "PRIVACY_URL": "https://example.org/privacy",
    "ANONYMOUS_CHECKS": "1000",
    "ANONYMOUS_REQUESTS": "100000",
}


@contextmanager
def running(home: Path, **service: str) -> Iterator[str]:
    """Serve a home; gives the address. `service` are settings of that group, in capitals."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERMARK_")}
    said = {f"COUNTERMARK_SERVICE__{name}": value for name, value in {**OPERATOR, **service}.items()}
    environment = {**kept, **said, "COUNTERMARK_HOME": str(home), "COUNTERMARK_DETECTOR": "unproven"}
    port, log = _free(), home / "serve.log"
    command = [sys.executable, "-m", "countermark", "serve", "--port", str(port)]
    with log.open("wb") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as process:
        try:
            base = f"http://127.0.0.1:{port}"
            _ready(base, process, log)
            yield base
        finally:
            process.terminate()
            process.wait(timeout=60)


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _ready(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"it does not serve: {log.read_text()[-2000:]}")
