"""The service as strangers meet it: `countermark serve` in a process of its own, asked over sockets alone.

Each client comes from an address of its own (127.0.0.0/8 is all this machine), so that the limits of one test are not
those of another.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from countermark.accounts import SCOPES, Accounts, Scope
from countermark.docket import Docket
from countermark.settings import Settings

SECONDS = 60.0
PASSWORD = "an apple is no orange"
_addresses = (f"127.{a}.{b}.{c}" for a, b, c in itertools.product(range(2, 250), range(1, 250), range(1, 250)))


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    base: str
    options: Settings
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def port(self) -> int:
        return int(urlsplit(self.base).port or 0)

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.options)

    @property
    def docket(self) -> Docket:
        return Docket(self.options)

    def client(self, **more: object) -> httpx.Client:
        """Give a client from an address that nobody else asks from."""
        way = httpx.HTTPTransport(local_address=next(_addresses))
        return httpx.Client(base_url=self.base, transport=way, timeout=SECONDS, **more)  # type: ignore[arg-type]

    def key(self, *scopes: Scope, tenant: str = "main") -> dict[str, str]:
        """Give the header of a new key; without scopes, one that may do everything."""
        secret = self.accounts.make_key(tenant, "test", scopes or SCOPES, "test")[1]
        return {"Authorization": f"Bearer {secret}"}

    @contextmanager
    def signed_in(self, email: str) -> Iterator[httpx.Client]:
        """Give a browser in which somebody signed in."""
        with self.client(headers={"Sec-Fetch-Site": "same-origin"}) as browser:
            answer = browser.post("/sign-in", data={"email": email, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            yield browser

    def raw(self, content: bytes, seconds: float = SECONDS) -> bytes:
        """Send bytes as they are, and give what comes back until the server closes or says nothing more."""
        with self.connection(seconds) as one:
            with suppress(BrokenPipeError, ConnectionResetError):
                one.sendall(content)
            return everything(one)

    def connection(self, seconds: float = SECONDS) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), seconds, (next(_addresses), 0))

    def lives(self) -> bool:
        """Whether it runs and answers."""
        return self.process.poll() is None and self.client().get("/healthz").status_code == 200

    def sent(self, path: Path, headers: Mapping[str, str] | None = None, name: str = "") -> str:
        """Have a file checked; gives the check's id."""
        with path.open("rb") as film, self.client() as asking:
            answer = asking.post("/v1/checks", files={"file": (name or path.name, film)}, headers=headers)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def over(self, check_id: str, seconds: float = SECONDS) -> dict[str, object]:
        """Wait until a check is over; gives it as the API does."""
        end = time.monotonic() + seconds
        with self.client() as asking:
            while time.monotonic() < end:
                check: dict[str, object] = asking.get(f"/v1/checks/{check_id}", headers=self.key()).json()
                if check["status"] not in ("queued", "running"):
                    return check
                time.sleep(0.1)
        raise AssertionError(f"check {check_id} is not over: {check}")


def everything(one: socket.socket) -> bytes:
    """Read until the other side closes, or is silent for its time."""
    said = b""
    with suppress(TimeoutError, ConnectionResetError):
        while piece := one.recv(65536):
            said += piece
    return said


@contextmanager
def running(home: Path, *, database: str | None = None, **service: object) -> Iterator[Running]:
    """Serve a home; `service` are settings of that group."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERMARK_")}
    environment |= {"COUNTERMARK_HOME": str(home), "COUNTERMARK_DETECTOR": "never", "PYTHONUNBUFFERED": "1"}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment |= {f"COUNTERMARK_SERVICE__{name.upper()}": str(value) for name, value in service.items()}
    if database is not None:
        environment["COUNTERMARK_DATABASE"] = database
    log = home.parent / f"{home.name}.log"
    command = [sys.executable, "-m", "countermark", "serve", "--port", "0"]
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=home.parent, env=environment, stdout=file, stderr=file)
    try:
        base = _address(process, log)
        options = Settings.model_validate({"home": home, "database": database, "service": dict(service)})
        yield Running(base, options, process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"Countermark checks videos at (http://\S+)", log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"it does not serve: {log.read_text()}")
