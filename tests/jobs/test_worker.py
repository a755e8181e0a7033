"""A worker as a whole: what it takes first, what it leaves, and what it waits for."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from countermark import verify
from countermark.errors import CountermarkError, JobsUnavailable
from countermark.jobs import Jobs, Worker, queue, rounds, strays, work
from countermark.settings import Limits
from countermark.tests import databases, object_stores
from countermark.tests.jobs import sleeping
from countermark.tests.jobs.rooms import Room, noise, options, serving, small, until


def test_what_is_cancelled_before_its_turn_leaves_the_queue(tmp_path: Path) -> None:
    room = Room(options("sqlite", tmp_path))
    check_id = room.asked(small(tmp_path))
    room.docket.cancel(check_id, "key:1")
    room.jobs.cancel_check(check_id)
    assert room.jobs.waiting()["live"] == 0
    room.jobs.cancel_check("chk_nothing")


@pytest.mark.parametrize("kind", databases.KINDS)
def test_live_checks_come_before_bulk_ones(kind: str, tmp_path: Path) -> None:
    room = Room(options(kind, tmp_path))
    bulk = [room.asked(noise(tmp_path), lane="bulk") for _ in range(4)]
    live = [room.asked(noise(tmp_path)) for _ in range(2)]
    assert room.jobs.waiting() == {"live": 2, "bulk": 4, "stamps": 0, "callbacks": 0, "scans": 0, "hooks": 0}
    with Worker(room.options):
        checks = [room.over(one) for one in (*bulk, *live)]
    began = sorted(checks, key=lambda check: str(check.started_at))
    assert [check.id for check in began] == [*live, *bulk]


def test_what_was_laid_and_never_asked_for_is_made_all_the_same(tmp_path: Path) -> None:
    """The asker died between the two."""
    room = Room(options("sqlite", tmp_path))
    check_id = room.laid(noise(tmp_path))
    with Worker(room.options):
        strays.Strays(work.at_work(), after=timedelta(0)).bring_back()
        assert room.over(check_id).status == "failed"


def test_stopping_hands_back_what_is_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(options("sqlite", tmp_path))
    check_id = room.laid(small(tmp_path))
    worker = Worker(room.options)
    with monkeypatch.context() as patch:
        patch.setattr(verify, "looked_at", sleeping.looked_at)
        worker.start()
        room.jobs.enqueue_check(check_id, "live")
        folder = room.options.home / "work" / "one"
        until(lambda: sleeping.pids(folder))
        (child,) = sleeping.pids(folder)
        worker.stop(timeout=0.2)
    assert not sleeping.lives(child)
    assert room.docket.get(check_id).status == "running"
    assert room.jobs.waiting()["live"] == 1
    with Worker(room.options, name="another"):
        assert room.over(check_id).status == "succeeded"


def test_a_database_that_is_away_is_waited_for(tmp_path: Path) -> None:
    """Registry and queue lie in one database that takes no connections for a while; nothing is lost by it."""
    import psycopg

    room = Room(options("postgresql", tmp_path))
    front, _, query = room.options.database_url.partition("?")
    name = front.rpartition("/")[2]
    ids = [room.asked(small(tmp_path)) for _ in range(3)]
    elsewhere = f"postgresql://postgres@/postgres?{query}"
    with Worker(room.options), psycopg.connect(elsewhere, autocommit=True) as server:
        until(lambda: room.docket.get(ids[0]).status == "running")
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        time.sleep(3)
        assert not room.jobs.ready()
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        checks = [room.over(one) for one in ids]
    assert [(check.status, len(check.revisions)) for check in checks] == [("succeeded", 1)] * 3


def test_what_a_dead_worker_of_another_name_left_is_removed_at_the_start(tmp_path: Path) -> None:
    room = Room(options("sqlite", tmp_path))
    left = room.options.home / "work" / "another-container"
    left.mkdir(parents=True)
    (left / "clip.mp4").touch()
    with Worker(room.options):
        assert [path.name for path in left.parent.iterdir() if path.is_dir()] == ["one"]


@pytest.mark.parametrize("kind", databases.KINDS)
def test_slow_senders_hold_up_nobody_else(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither who sends a file, with one worker for all, nor another tenant's URL."""
    room = Room(options(kind, tmp_path, queue_workers=1))
    monkeypatch.setitem(queue.OF_ONE_TENANT, queue.FETCHES, 2)
    monkeypatch.setitem(queue.AT_ONCE, queue.FETCHES, 3)
    path = small(tmp_path)
    with serving(tmp_path) as base, socket.create_server(("127.0.0.1", 0)) as endless, Worker(room.options):
        url = f"http://127.0.0.1:{endless.getsockname()[1]}/clip.mp4"
        slow = [room.asked(source="url", url=url, tenant_id="public") for _ in range(4)]
        held = [endless.accept()[0] for _ in range(2)]
        uploaded = room.over(room.asked(path))
        fetched = room.over(room.asked(source="url", url=f"{base}/{path.name}"))
        assert (uploaded.status, fetched.status) == ("succeeded", "succeeded")
        assert sorted(room.docket.get(one).stage for one in slow) == ["fetch", "fetch", "waiting", "waiting"]
        for one in slow:
            room.docket.cancel(one, "anonymous")
            room.jobs.cancel_check(one)
        until(lambda: not queue.under_way(), 10)
        for connection in held:
            connection.close()
    assert room.jobs.waiting()["live"] == 0


def test_a_store_that_is_away_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept"
    (kept / "bucket").mkdir(parents=True)
    with object_stores.started("rclone", folder=kept) as (endpoint, _):
        for name, value in object_stores.variables(endpoint).items():
            monkeypatch.setenv(name, value)
        room = Room(options("sqlite", tmp_path, objects="s3://bucket"))
        check_id = room.laid(small(tmp_path))
    with Worker(room.options):
        room.jobs.enqueue_check(check_id, "live")
        until(lambda: room.docket.get(check_id).stage == "fetch")
        time.sleep(1)
        assert not room.docket.get(check_id).over
        with object_stores.started("rclone", port=int(endpoint.rpartition(":")[2]), folder=kept):
            check = room.over(check_id)
    assert (check.status, len(check.pictures)) == ("succeeded", 1)


def test_a_limit_of_the_settings_holds(tmp_path: Path) -> None:
    room = Room(options("sqlite", tmp_path).model_copy(update={"limits": Limits(max_pixels=100)}))
    with Worker(room.options):
        check = room.over(room.asked(small(tmp_path)))
    assert check.error is not None and check.error.type == "OverLimit"


def test_a_name_is_held_by_one_worker_alone(tmp_path: Path) -> None:
    made = options("sqlite", tmp_path)
    code = """
from countermark.jobs import Worker, worker
from countermark.settings import settings
worker.NAME_S = 0.3
Worker(settings(), name="the same").start()
"""
    environment = {**os.environ, "COUNTERMARK_HOME": str(made.home), "COUNTERMARK_DATABASE": made.database_url}
    with Worker(made, name="the same"):
        second = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "SettingsInvalid: a worker called 'the same' is at work already" in second.stderr
    with Worker(made, name="the same"):
        pass


def test_a_process_has_one_worker(tmp_path: Path) -> None:
    made = options("sqlite", tmp_path)
    with Worker(made), pytest.raises(CountermarkError, match="has a worker already"):
        Worker(made, name="another").start()


@pytest.mark.parametrize("kind", databases.KINDS)
def test_jobs_that_ended_are_forgotten_after_a_day(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(options(kind, tmp_path))
    with Worker(room.options):
        from dbos import DBOS

        check_id = room.asked(noise(tmp_path))
        until(lambda: [job.status for job in DBOS.list_workflows(workflow_ids=[check_id])] == ["SUCCESS"])
        rounds.forget()
        assert len(DBOS.list_workflows()) == 1
        monkeypatch.setattr(rounds, "KEPT", timedelta(seconds=-5))
        rounds.forget()
        assert DBOS.list_workflows() == []


def test_what_is_past_its_time_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "SLOW_S", 0.2)
    room = Room(options("sqlite", tmp_path, media_kept_s=0))
    with Worker(room.options):
        check_id = room.asked(small(tmp_path))
        until(lambda: room.docket.get(check_id).media_gone_at)
    assert room.objects.size("uploads/small") is None


def test_nobody_to_ask_is_an_error_at_once() -> None:
    from countermark.settings import Service, Settings

    jobs = Jobs(Settings(service=Service(jobs="postgresql://me:secret@127.0.0.1:9/queue")))
    began = time.monotonic()
    assert not jobs.ready()
    with pytest.raises(JobsUnavailable) as caught:
        jobs.enqueue_check("chk_a", "live")
    assert time.monotonic() - began < 10
    assert "secret" not in str(caught.value)


def test_it_says_little_and_none_of_it_to_the_terminal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    room = Room(options("sqlite", tmp_path))
    with caplog.at_level(logging.INFO), Worker(room.options):
        room.over(room.asked(noise(tmp_path)))
    assert [record for record in caplog.records if record.name.startswith("dbos")] == []
    assert capfd.readouterr() == ("", "")


def test_the_command_works_until_it_is_stopped(tmp_path: Path) -> None:
    room = Room(options("sqlite", tmp_path))
    environment = {**os.environ, "COUNTERMARK_HOME": str(room.options.home), "COUNTERMARK_SERVICE__EXECUTOR": "cli"}
    environment["COUNTERMARK_DATABASE"] = room.options.database_url
    command = [sys.executable, "-m", "countermark", "worker"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            check = room.over(room.asked(noise(tmp_path)))
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert check.status == "failed"
    assert (process.returncode, said[0]) == (0, "worker cli takes jobs; Ctrl-C stops it\n")
    events = [json.loads(line)["event"] for line in said[1].splitlines()]
    assert events[0] == "worker cli takes jobs" and events[-1] == "worker cli has stopped"
    assert f"check {check.id[:10]}… has failed, look: UnreadableVideo" in events
    assert check.id not in said[1] and check.name not in said[1]  # that is all it takes to see it
