"""Runs the real service for a measurement: a server, workers beside it, and a program that asks. Measures nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from countermark.accounts import Accounts
from countermark.settings import load

STARTED_S, STOPPED_S, CHECKED_S = 60.0, 60.0, 600.0
PACE_S = 0.05  # between two questions after a check
UNLIMITED = "1000000"


@dataclass(frozen=True)
class Setup:
    """Which processes serve, over which database."""

    name: str
    database: str | None  # None: the embedded default
    workers: int  # beside the server; 0: it works itself


@dataclass(frozen=True)
class Running:
    """A service that answers, and who may ask it."""

    url: str
    server: int  # its process
    key: str
    home: Path

    def client(self) -> httpx.Client:
        """Ask as a program with a key does."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}, timeout=CHECKED_S)


@contextmanager
def running(setup: Setup, folder: Path) -> Iterator[Running]:
    """Run it in a home of its own; every process is gone afterwards."""
    home = folder / "home"
    home.mkdir(parents=True)
    environment = {
        **os.environ,
        "COUNTERMARK_HOME": str(home),
        "COUNTERMARK_SERVICE__KEY_REQUESTS": UNLIMITED,
        "COUNTERMARK_SERVICE__KEY_CHECKS": UNLIMITED,
        **({"COUNTERMARK_DATABASE": setup.database} if setup.database else {}),
    }
    accounts = Accounts(load(environment)[0])
    (tenant,) = (one for one in accounts.tenants() if one.id != "public")
    scopes = ("checks:read", "checks:write")
    _, key = accounts.make_key(tenant.id, "benchmark", scopes, made_by="benchmark")
    with ExitStack() as stack:
        words = ["serve", "--port", "0", *(["--no-work"] if setup.workers else [])]
        server = stack.enter_context(_process(words, environment, folder / "server.log"))
        url = _address(folder / "server.log", server)
        for number in range(setup.workers):
            log = folder / f"worker-{number}.log"
            stack.enter_context(_process(["worker", "--name", f"worker-{number}"], environment, log))
            _said(log, "takes jobs")
        yield Running(url, server.pid, key, home)


def checked(client: httpx.Client, clip: Path) -> float:
    """Send a clip, wait for its verdict, and say how long that took."""
    began = time.perf_counter()
    finished(client, sent(client, clip))
    return time.perf_counter() - began


def sent(client: httpx.Client, clip: Path) -> str:
    """Send a clip to be checked."""
    with clip.open("rb") as file:
        answer = client.post("/v1/checks", files={"file": (clip.name, file, "video/mp4")})
    answer.raise_for_status()
    return str(answer.json()["id"])


def finished(client: httpx.Client, check: str) -> dict[str, Any]:
    """Wait until a check is over; one that failed ends the measurement."""
    end = time.monotonic() + CHECKED_S
    while time.monotonic() < end:
        told: dict[str, Any] = client.get(f"/v1/checks/{check}").raise_for_status().json()
        if told["status"] == "succeeded":
            return told
        if told["status"] not in ("queued", "running"):
            raise SystemExit(f"a check ended as {told['status']}: {told.get('error')}")
        time.sleep(PACE_S)
    raise SystemExit(f"a check took more than {CHECKED_S:.0f} s")


@contextmanager
def _process(words: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "countermark", *words], env=environment, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOPPED_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(log: Path, server: subprocess.Popen[bytes]) -> str:
    line = _said(log, "checks videos at ", server)
    url = line.split("checks videos at ")[1].split()[0]
    end = time.monotonic() + STARTED_S
    while time.monotonic() < end:
        if httpx.get(f"{url}/readyz").status_code == 200:
            return url
        time.sleep(PACE_S)
    raise SystemExit("the server does not become ready")


def _said(log: Path, words: str, process: subprocess.Popen[bytes] | None = None) -> str:
    """Wait for words in a log; give the line."""
    end = time.monotonic() + STARTED_S
    while time.monotonic() < end and (process is None or process.poll() is None):
        for line in log.read_text(errors="replace").splitlines():
            if words in line:
                return line
        time.sleep(PACE_S)
    raise SystemExit(f"it did not start: {log.read_text(errors='replace')[-1000:]}")
