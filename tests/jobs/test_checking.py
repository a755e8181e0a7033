"""A check by a real worker: results, failures, and what is not wanted any more."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from countermark import posts, verify
from countermark.docket import Docket
from countermark.jobs import Worker, queue
from countermark.store import engine
from countermark.tests import databases
from countermark.tests.jobs import sleeping
from countermark.tests.jobs.rooms import TENANT, Room, noise, options, own, receiving, serving, small, until

NUMBERS = count(1)


@pytest.fixture(scope="module", params=databases.KINDS)
def working(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A service at work, for tests that leave it as it was."""
    room = Room(options(request.param, tmp_path_factory.mktemp("working")))
    with Worker(room.options):
        yield room


def test_a_video_has_its_verdict_its_pictures_and_its_versions(working: Room, tmp_path: Path) -> None:
    path = small(tmp_path)
    check = working.over(working.asked(path))
    assert check.error is None and check.verdict is not None
    assert check.verdict == verify.verify(path, options=working.options)
    assert check.bytes == path.stat().st_size
    assert [picture.kind for picture in check.pictures] == ["key_frame"]
    assert working.objects.read(check.pictures[0].object_key).startswith(b"\xff\xd8")
    assert check.revisions[0].versions["countermark"]
    stages = [event.body["stage"] for event in working.docket.events(check.id) if event.kind == "stage"]
    assert stages == ["waiting", "fetch", "look", "recover", "fold"]
    seen = [event.body["examiner"] for event in working.docket.events(check.id) if event.kind == "evidence"]
    assert set(seen) == {one.examiner for one in check.evidence}


def test_what_is_no_video_fails_in_the_words_of_who_sent_it(working: Room, tmp_path: Path) -> None:
    check = working.over(working.asked(noise(tmp_path), name="holiday.mp4"))
    assert check.status == "failed" and check.error is not None
    assert check.error.type == "UnreadableVideo"
    assert check.error.message.startswith("holiday.mp4") and check.error.advice
    assert check.id not in check.error.message


def test_media_that_is_gone_is_said(working: Room) -> None:
    check = working.over(working.asked(object_key="uploads/nothing"))
    assert check.error is not None and check.error.type == "ObjectMissing"


def test_media_that_was_changed_while_it_was_kept_is_not_judged(working: Room, tmp_path: Path) -> None:
    path = small(tmp_path)
    check = working.over(working.asked(path, content_hash="00" * 32, bytes=path.stat().st_size))
    assert check.error is not None and check.error.type == "ObjectMissing"


def test_a_url_is_brought_and_its_media_kept(working: Room, tmp_path: Path) -> None:
    path = small(tmp_path)
    with serving(tmp_path) as base:
        check = working.over(working.asked(source="url", url=f"{base}/{path.name}"))
    assert check.status == "succeeded"
    assert check.object_key == f"media/{check.id}"
    assert working.objects.read(check.object_key) == path.read_bytes()
    assert check.rendition is not None and check.rendition["found_by"] == "direct"


def test_a_page_is_no_video(working: Room, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><title>A page</title>")
    with serving(tmp_path) as base:
        check = working.over(working.asked(source="url", url=f"{base}/page.html"))
    assert check.error is not None and check.error.type == "PostUnresolved"


def test_each_media_of_a_post_is_a_check_of_its_own(
    working: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small(tmp_path)
    (tmp_path / "other.mp4").write_bytes(noise(tmp_path).read_bytes())
    with serving(tmp_path) as base, receiving() as receiver:
        names = (path.name, "other.mp4", path.name)
        found = tuple(
            posts.Rendition(f"{base}/{name}", "direct", media_id=name, number=number, count=3)
            for number, name in enumerate(names, 1)
        )
        monkeypatch.setattr(posts, "resolve", lambda url, options: found)
        monkeypatch.setattr(posts.Direct, "resolve", lambda self, url: found)
        first = working.over(working.asked(source="url", url=f"{base}/post", callback_url=receiver.url))
        assert first.group_id is not None
        group = working.docket.grouped(first.group_id, TENANT)
        checks = sorted((working.over(one.id) for one in group), key=lambda one: one.rendition["number"])
        until(lambda: all(receiver.about(one.id) for one in group))
    assert [check.status for check in checks] == ["succeeded", "failed", "succeeded"]
    assert [check.rendition["media_id"] for check in checks] == list(names)


def test_asking_twice_changes_nothing(working: Room, tmp_path: Path) -> None:
    check_id = working.asked(small(tmp_path))
    working.jobs.enqueue_check(check_id, "live")
    working.over(check_id)
    working.jobs.enqueue_check(check_id, "live")
    assert len(working.over(check_id).revisions) == 1
    assert working.jobs.waiting() == {"live": 0, "bulk": 0, "stamps": 0, "callbacks": 0, "scans": 0, "hooks": 0}


def test_a_slow_sender_is_left_when_nobody_wants_it_any_more(working: Room) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/clip.mp4"
        check_id = working.asked(source="url", url=url)
        line, _ = silent.accept()
        with line:  # stays open: a line that is closed is no slow sender
            working.docket.cancel(check_id, "key:1")
            until(lambda: not queue.under_way(), 10)


def test_what_the_database_refuses_ends_a_check(working: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours passes by no waiting."""

    def twice(self: Docket, check_id: str, *given: object) -> None:
        with engine.changing(working.options.database_url) as connection:
            connection.exec_driver_sql("INSERT INTO checks (id) VALUES (NULL)")

    monkeypatch.setattr(Docket, "fetched", twice)
    check = working.over(working.asked(small(tmp_path)))
    assert check.error is not None and (check.status, check.error.type) == ("failed", "RegistryRefused")


def test_no_media_stays_on_the_machine(working: Room, tmp_path: Path) -> None:
    working.over(working.asked(small(tmp_path)))
    until(lambda: not queue.under_way())
    assert not list((working.options.home / "work" / "one").iterdir())


@pytest.mark.parametrize("how", ["cancel", "delete"])
def test_what_is_not_wanted_any_more_ends_soon_with_its_child(
    working: Room, tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "looked_at", sleeping.looked_at)
    check_id = working.asked(own(small(tmp_path), next(NUMBERS)))
    folder = working.options.home / "work" / "one"
    until(lambda: sleeping.pids(folder))
    (child,) = sleeping.pids(folder)
    end = working.docket.cancel if how == "cancel" else working.docket.delete
    end(check_id, "key:1")
    working.jobs.cancel_check(check_id)
    until(lambda: not queue.under_way(), 10)
    assert not sleeping.lives(child)
    (folder / "pids").unlink()
    assert not list(folder.iterdir())
    check = working.docket.get(check_id)
    assert (check.status, check.revisions, check.pictures) == ("cancelled", (), ())
    assert working.objects.delete_all(f"pictures/{check_id}") == 0
    assert (check.deleted_at is not None) == (how == "delete")
