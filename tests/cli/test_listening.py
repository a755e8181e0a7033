"""`countermark listen`, as an operator has it: taken once, stopped and killed at any time, and refused in words."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from countermark.errors import InputMissing, SettingsInvalid
from countermark.moderation.shelf import Shelf
from countermark.settings import Settings
from countermark.streams import Wish, named, root
from countermark.tests import databases
from countermark.tests.cli.command import arguments, environment, run
from countermark.tests.moderation.rooms import document

SECONDS = 60.0


def files(folder: Path, count: int) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"{number:04}.txt").write_text(f"words {number}")
    return folder


@contextmanager
def listening(home: Path, *given: object, **variables: str) -> Iterator[tuple[subprocess.Popen[str], Queue[str]]]:
    """Run the command; gives its process and the lines that it says."""
    lines: Queue[str] = Queue()
    process = subprocess.Popen(
        arguments("listen", *given),
        env={**environment(home), **variables},
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)

    thread = Thread(target=read)
    thread.start()
    try:
        yield process, lines
    finally:
        process.kill()
        process.wait(20)
        thread.join(20)


def heard(lines: Queue[str], words: str) -> str:
    """Wait until something is said."""
    end, said = time.monotonic() + SECONDS, ""
    while words not in said:
        said += lines.get(timeout=max(0.01, end - time.monotonic()))
    return said


def urls(url: str) -> list[str]:
    try:
        return [str(one) for (one,) in databases.ask(url, "SELECT url FROM checks")]
    except Exception:  # no tables yet
        return []


def until_checks(url: str, count: int) -> None:
    end = time.monotonic() + SECONDS
    while len(urls(url)) < count:
        assert time.monotonic() < end, f"{len(urls(url))} of {count}"
        time.sleep(0.02)


def test_killed_in_the_middle_it_goes_on_and_lays_each_once(tmp_path: Path) -> None:
    folder, url = files(tmp_path / "in put", 70), databases.new("sqlite", tmp_path)
    given = (folder, "--settled", 0, "--every", 0.1)
    (tmp_path / "home").mkdir(exist_ok=True)
    with listening(tmp_path / "home", *given, COUNTERMARK_DATABASE=url) as (process, _):
        until_checks(url, 20)
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    before = len(urls(url))
    assert before < 70, "it was killed in the middle"
    said = run(tmp_path / "home", "listen", *given, "--once", database=url)
    assert said.code == 0 and f"{70 - before} taken" in said.out, said.err
    assert len(urls(url)) == len(set(urls(url))) == 70
    again = run(tmp_path / "home", "listen", *given, "--once", database=url)
    assert again.code == 0 and "0 taken" in again.out, again.err
    assert len(urls(url)) == 70


def test_it_reads_no_more_than_may_wait_and_a_signal_ends_it(tmp_path: Path) -> None:
    folder, url = files(tmp_path / "in", 30), databases.new("sqlite", tmp_path)
    (tmp_path / "home").mkdir(exist_ok=True)
    given = (folder, "--settled", 0, "--every", 0.1, "--most-waiting", 7)
    with listening(tmp_path / "home", *given, COUNTERMARK_DATABASE=url) as (process, lines):
        heard(lines, "waits: enough checks wait")
        assert len(urls(url)) == 7
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(20) == 0
    said = "".join(iter(lambda: lines.get_nowait() if not lines.empty() else "", ""))
    assert "7 taken" in said and "Traceback" not in said
    assert len(urls(url)) == 7


def test_several_sources_at_once(tmp_path: Path) -> None:
    one, other = files(tmp_path / "one", 3), files(tmp_path / "other", 4)
    wrong = run(tmp_path, "listen", one, "--once", "--policy", "strict")
    assert wrong.code != 0 and "strict" in wrong.err and urls(f"sqlite:///{tmp_path / 'registry.sqlite'}") == []
    Shelf(Settings(home=tmp_path)).add("main", "strict", document(name="strict"), by="test")
    fresh = run(tmp_path, "listen", one, "--once", "--settled", 60)
    assert "0 taken" in fresh.out and "3 too fresh (--settled 60)" in fresh.out
    said = run(tmp_path, "listen", one, other, "--settled", 0, "--once", "--policy", "strict", "--lane", "live")
    assert said.code == 0, said.err
    found = urls(f"sqlite:///{tmp_path / 'registry.sqlite'}")
    assert len(found) == len(set(found)) == 7
    rows = databases.ask(f"sqlite:///{tmp_path / 'registry.sqlite'}", "SELECT lane, options FROM checks")
    assert {(lane, json.loads(str(options))["policy_id"]) for lane, options in rows} == {("live", "strict")}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("kafka://user:secret@host:1/topic",), "no user, password"),
        (("redis://127.0.0.1:1/stream", "--root", "/etc"), "no root of objects"),
        (("redis://127.0.0.1:1/stream", "--once"), "the server of stream"),
        ((".", "--tenant", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_listened_to_is_said(given: tuple[str, ...], words: str, tmp_path: Path) -> None:
    said = run(tmp_path, "listen", *given)
    assert said.code not in (0, 1) and "Traceback" not in said.err, said.err
    assert words in said.err and "secret" not in said.err, said.err


@pytest.mark.parametrize(
    "address", ["/nowhere/at/all", "ftp://host/x", "redis://host:1/stream?x=1", "kafka://host:1", "kafka://host:1/a/b"]
)
def test_addresses_that_name_no_source(address: str) -> None:
    with pytest.raises((SettingsInvalid, InputMissing)) as said:
        named(Wish(address))
    assert said.value.advice


def test_a_name_is_the_source_s_own_unless_one_is_given() -> None:
    assert named(Wish("kafka://one:1,two:2/clips")) == named(Wish("kafka://three:1/clips")) == "kafka:clips"
    assert named(Wish("rediss://one:1/clips")) == named(Wish("redis://one:2/clips")) == "redis:clips"
    assert named(Wish("kafka://one:1/clips", "ours")) == "ours"
    for wrong in ("a\nb", "x" * 201):
        with pytest.raises(SettingsInvalid):
            named(Wish("kafka://one:1/clips", wrong))


@pytest.mark.parametrize("given", ["/etc", "s3://", "s3:///a", "file:///etc", "https://x/y", ""])
def test_only_buckets_are_roots(given: str) -> None:
    with pytest.raises(SettingsInvalid):
        root(given)
    assert root("s3://in/a/") == "s3://in/a"
