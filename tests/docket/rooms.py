"""A docket to test: on each kind of database, with real objects in a folder and a clock that tests move."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from countermark.docket import Check, CheckPicture, Docket, Request
from countermark.evidence import CredentialDetails, Evidence, HumanDetails
from countermark.objects import Objects, opened
from countermark.settings import Service, Settings
from countermark.store import engine
from countermark.tests import databases
from countermark.verdict import Judgement, Verdict, fold

DIGEST = "ab" * 32
VERSIONS = {"countermark": "1.0"}
HOUR, DAY = 3600.0, 24 * 3600.0
T = TypeVar("T")


@dataclass
class Clock:
    """Stands still until it is moved."""

    at: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, seconds: float = 0.0, days: float = 0.0) -> None:
        self.at += timedelta(seconds=seconds, days=days)


@dataclass
class Room:
    """One docket, and what it stands on."""

    options: Settings
    tenant: str
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.objects: Objects = opened(self.options)
        self.docket = Docket(self.options, objects=self.objects, clock=self.clock)

    @property
    def url(self) -> str:
        return self.options.database_url

    def request(self, **more: object) -> Request:
        values = {"tenant_id": self.tenant, "made_by": "key:1", "source": "upload", "name": "clip.mp4", **more}
        return Request(**values)  # type: ignore[arg-type]

    def laid(self, **more: object) -> str:
        return self.docket.open(self.request(**more)).check.id

    def fetched(self, **more: object) -> str:
        """Lay a check whose media is there."""
        check_id = self.laid(**more)
        self.docket.at_stage(check_id, "fetch")
        self.objects.put_bytes(f"media/{check_id}", b"media")
        self.docket.fetched(check_id, f"media/{check_id}", DIGEST, 5)
        return check_id

    def finished(self, of: Verdict | None = None, **more: object) -> Check:
        """Lay a check and bring it to its end, with a picture."""
        check_id = self.fetched(**more)
        key = f"pictures/{check_id}/key-1.jpg"
        self.objects.put_bytes(key, b"picture")
        shown = CheckPicture("key-1.jpg", "key_frame", 1.5, "a face", key)
        return self.docket.finish(check_id, of or verdict(), VERSIONS, [shown])

    def tenant_keeps(self, media_s: float | None, record_days: float | None) -> None:
        numbers = ", ".join("NULL" if n is None else str(n) for n in (media_s, record_days))
        with engine.changing(self.url):  # the tables are there
            pass
        columns = "id, name, created_at, may_stamp, media_kept_s, record_kept_days"
        values = f"'{self.tenant}', 'A', '2026', FALSE, {numbers}"
        databases.ask(self.url, f"INSERT INTO tenants ({columns}) VALUES ({values})")

    def count(self, table: str, check_id: str) -> int:
        (row,) = databases.ask(self.url, f"SELECT count(*) FROM {table} WHERE check_id = '{check_id}'")
        return int(str(row[0]))

    def has_media(self, check_id: str) -> bool:
        return self.objects.size(f"media/{check_id}") is not None

    def has_pictures(self, check_id: str) -> bool:
        return self.objects.size(f"pictures/{check_id}/key-1.jpg") is not None


def options(url: str, home: Path, **service: object) -> Settings:
    return Settings(home=home, database=url, service=Service(**service))  # type: ignore[arg-type]


def evidence(examiner: str = "mark", details: object = None, finding: str = "absent") -> Evidence:
    return Evidence(DIGEST, "video", examiner, "1", finding, details=details)  # type: ignore[arg-type]


def verdict(*more: Evidence) -> Verdict:
    """Say that nothing was found, unless something was."""
    return fold(DIGEST, (evidence(), *more), Judgement())


def by_a_person(says: str = "synthetic") -> Verdict:
    return verdict(evidence("person", HumanDetails(says, "Ada", "the hands"), "present"))  # type: ignore[arg-type]


def signed(manifest_id: str) -> Verdict:
    return verdict(evidence("credentials", CredentialDetails(manifest_id, "trusted", True), "present"))


def begin(room: Room, code: str, *words: str) -> subprocess.Popen[str]:
    """Start a process with a docket of its own, that waits for a line before it runs the code."""
    first = (
        "import sys; from pathlib import Path; from countermark.docket import *; from countermark.errors import *\n"
        "from countermark.tests.docket import rooms\n"
        f"options = rooms.options({room.url!r}, Path({str(room.options.home)!r}))\n"
        "docket = Docket(options); words = sys.argv[1:]\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", first + code, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    return process


def go(*processes: subprocess.Popen[str]) -> None:
    """Let processes run, all at once when the last is ready."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def ended(*processes: subprocess.Popen[str]) -> list[str]:
    """Wait for processes, and give what they said."""
    answers = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return answers


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Make calls at once, each from a thread and on connections of its own; give what they answered."""
    together = threading.Barrier(len(calls))

    def made(call: Callable[[], T]) -> T:
        together.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(made, calls, timeout=60))
