"""`countermark serve`, as a person starts it: a real process, a real worker in it, real files."""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from countermark.errors import JobsUnavailable, ObjectsUnavailable, RegistryUnavailable
from tests import object_stores, recipes
from tests.cli.command import arguments, environment, run

SECONDS = 90.0
OPERATOR = {
    "COUNTERMARK_SERVICE__OPERATOR": "Example Desk",
    "COUNTERMARK_SERVICE__OPERATOR_CONTACT": "desk@example.org",
    "COUNTERMARK_SERVICE__TERMS_URL": "https://example.org/terms",
    "COUNTERMARK_SERVICE__PRIVACY_URL": "https://example.org/privacy",
}


@dataclass
class Running:
    process: "subprocess.Popen[str]"
    url: str
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def said(self) -> str:
        return self.log.read_text()


@contextmanager
def started(home: Path, *given: object, **settings: str) -> Iterator[Running]:
    """Start it on any free port, and wait until it says where it is; nothing of it is left."""
    log = home / "said.txt"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*arguments("serve", "--port", 0), *map(str, given)],
            env={**environment(home), **settings, "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        found, end = None, time.monotonic() + SECONDS
        while found is None and process.poll() is None and time.monotonic() < end:
            found = re.search(r"checks videos at (http://\S+)", log.read_text())
            time.sleep(0.05)
        assert found is not None, log.read_text()
        yield Running(process, found[1], log)
    finally:
        process.kill()
        process.wait(20)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def running(home: Path) -> Iterator[Running]:
    with started(home) as one:
        yield one


def result(url: str, check_id: str) -> Any:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        said = httpx.get(f"{url}/v1/checks/{check_id}").json()
        if said["status"] not in ("queued", "running"):
            return said
        time.sleep(0.2)
    raise AssertionError(f"no end: {said}")


def sent(url: str, file: Path) -> str:
    with file.open("rb") as content:
        said = httpx.post(f"{url}/v1/checks", files={"file": (file.name, content, "video/mp4")}, timeout=60)
    assert said.status_code == 202, said.text
    return str(said.json()["id"])


def test_a_file_is_checked_with_nothing_else_installed_or_started(running: Running, tmp_path: Path) -> None:
    check_id = sent(running.url, recipes.clip(tmp_path / "clip.mp4", seconds=0.5))
    said = result(running.url, check_id)
    assert said["status"] == "succeeded" and said["result"]["verdict"]["outcome"] == "no_evidence"
    assert len(said["revisions"]) == 1 and said["pictures"]
    picture = httpx.get(running.url + said["pictures"][0]["url"])
    assert picture.status_code == 200 and picture.content.startswith(b"\xff\xd8")
    events = httpx.get(f"{running.url}/v1/checks/{check_id}/events", timeout=30).text
    assert events.count("event: finished") == 1 and "event: evidence" in events
    assert httpx.get(f"{running.url}/readyz").json()["status"] == "good"
    assert httpx.get(f"{running.url}/").headers["content-type"].startswith("text/html")


def test_a_database_that_is_none_is_told_before_anybody_comes(tmp_path: Path) -> None:
    given = {**environment(tmp_path), "COUNTERMARK_DATABASE": "rubbish"}
    said = subprocess.run(
        arguments("serve", "--port", 0, "--no-work"), env=given, capture_output=True, text=True, timeout=60
    )
    assert said.returncode == 35 and "`database` is no URL" in said.stderr and "sqlite:///" in said.stderr


def test_what_is_no_video_ends_with_advice(running: Running, tmp_path: Path) -> None:
    for name, content in (("words.mp4", b"these are words" * 100), ("page.html", b"<!doctype html><p>a page" * 50)):
        (tmp_path / name).write_bytes(content)
        said = result(running.url, sent(running.url, tmp_path / name))
        assert said["status"] == "failed" and said["error"]["message"] and said["error"]["advice"]
        assert "/" + "tmp" not in str(said["error"])


def test_a_url_that_leads_inside_is_not_asked(running: Running) -> None:
    said = httpx.post(f"{running.url}/v1/checks", json={"url": f"http://127.0.0.1:{running.port}/healthz"})
    ended = result(running.url, said.json()["id"])
    assert ended["status"] == "failed" and ended["error"]["type"] == "NetworkRefused"


def test_it_says_where_it_is_and_what_is_missing(running: Running) -> None:
    said = running.said()
    assert "countermark accounts add" in said
    for name in ("operator", "operator_contact", "terms_url", "privacy_url"):
        assert f"service.{name}" in said


def test_it_does_not_run_twice(running: Running, home: Path) -> None:
    again = run(home, "serve", "--port", running.port)
    assert again.code != 0 and "another program listens" in again.err and "--port" in again.err
    assert "Traceback" not in again.err


def test_a_queue_that_can_not_be_reached_is_said_in_words(tmp_path: Path) -> None:
    said = run(tmp_path, "serve", "--port", 0, service__jobs="postgresql://me:s3cret@127.0.0.1:1/none")
    assert said.code == JobsUnavailable.exit_code and "service.jobs" in said.err
    assert "Traceback" not in said.err and "s3cret" not in said.err and "checks videos at" not in said.out


@pytest.mark.parametrize(
    ("database", "word"),
    [
        ("sqlite:////proc/none/registry.sqlite", "`database`"),
        ("nonsense", "postgresql://"),
        ("postgresql://me:s3cret@127.0.0.1:1/none", "`database`"),
    ],
)
def test_a_database_that_can_not_be_had_is_said_first(tmp_path: Path, database: str, word: str) -> None:
    said = run(tmp_path, "serve", "--port", 0, database=database)
    assert said.code == RegistryUnavailable.exit_code and word in said.err and "service.jobs" not in said.err
    assert "Traceback" not in said.err and "s3cret" not in said.err and "checks videos at" not in said.out


@pytest.mark.parametrize("command", [("serve", "--port", 0), ("worker",)])
def test_a_store_that_is_not_there_is_said_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[object, ...]
) -> None:
    _, there = object_stores.new("rclone", tmp_path)
    nobody = {**there, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    for given, words in ((there, "the bucket of media is not there"), (nobody, "nothing can be reached")):
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        said = run(tmp_path, *command, service__objects="s3://nobucket/x")
        assert said.code == ObjectsUnavailable.exit_code and words in said.err and "service.objects" in said.err
        for unsaid in ("Traceback", "GenericError", object_stores.SECRET, "checks videos at", "takes jobs"):
            assert unsaid not in said.err + said.out


def test_the_home_is_its_own_at_a_port(tmp_path: Path) -> None:
    """Two that could share a port, of two addresses of the same machine, are told apart as well."""
    from countermark.api.server import alone
    from countermark.errors import SettingsInvalid

    with alone(tmp_path, 8000):
        with pytest.raises(SettingsInvalid, match="already"), alone(tmp_path, 8000):
            pass
        with alone(tmp_path, 8001), alone(tmp_path / "other", 8000):
            pass
    with alone(tmp_path, 8000):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_it_ends_well(tmp_path: Path, number: int) -> None:
    with started(tmp_path, "--no-work", **OPERATOR) as one:
        assert "countermark worker" in one.said() and "not set" not in one.said()
        waiting = sent(one.url, recipes.clip(tmp_path / "clip.mp4", seconds=0.2))
        assert httpx.get(f"{one.url}/v1/checks/{waiting}").json()["status"] == "queued"
        assert httpx.get(f"{one.url}/v1/checks/{waiting}").json()["operator"]["name"] == "Example Desk"
        one.process.send_signal(number)
        assert one.process.wait(30) == 0, one.said()
        assert "stopped" in one.said() and "Traceback" not in one.said()
        with socket.create_server(("127.0.0.1", one.port)):
            pass


def test_killed_and_started_again_a_check_is_completed_once(tmp_path: Path) -> None:
    clip = recipes.clip(tmp_path / "clip.mp4", seconds=1)
    with started(tmp_path) as one:
        check_id = sent(one.url, clip)
        end = time.monotonic() + SECONDS
        while httpx.get(f"{one.url}/v1/checks/{check_id}").json()["stage"] != "look" and time.monotonic() < end:
            time.sleep(0.02)
        one.process.kill()
        one.process.wait(20)
    with started(tmp_path) as two:
        said = result(two.url, check_id)
        assert said["status"] == "succeeded" and len(said["revisions"]) == 1, said
        events = httpx.get(f"{two.url}/v1/checks/{check_id}/events", timeout=30).text
        assert events.count("event: finished") == 1


def test_addresses_that_can_not_be_had(tmp_path: Path) -> None:
    said = run(tmp_path, "serve", "--host", "192.0.2.1", "--port", 0)
    assert said.code != 0 and "--host" in said.err and "Traceback" not in said.err
