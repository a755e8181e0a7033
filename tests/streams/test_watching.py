"""Folders and buckets that are watched: what is new or changed becomes a check, once, of what was seen."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from countermark.errors import ObjectMissing, OverLimit, SettingsInvalid
from countermark.objects import Wanted, browsed
from countermark.streams import Wish
from tests import databases, object_stores
from tests.jobs.rooms import options
from tests.streams.rooms import Ear, listening, until


def watch(place: object, **more: object) -> Wish:
    return Wish(str(place), every_s=0.1, settled_s=0.0, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", databases.KINDS)
def test_what_is_new_or_changed_in_a_folder_is_taken_once(kind: str, tmp_path: Path) -> None:
    ear, place = Ear(options(kind, tmp_path)), tmp_path / "in put"
    (place / "deep").mkdir(parents=True)
    for name in ("a.mp4", "deep/b 雪.mp4", ".hidden", os.fsdecode(b"\xff.mp4")):
        (place / name).write_text("words")
    (place / "link.mp4").symlink_to(place / "a.mp4")
    assert ear.once(watch(place)) == (2, 0, 1)
    assert ear.once(watch(place)) == (0, 0, 0)
    (place / "a.mp4").write_text("other words")
    (place / "c.mp4").write_text("words")
    assert ear.once(watch(place)) == (2, 0, 0)
    assert [url.rpartition("/")[2] for url in ear.urls()] == ["a.mp4", "a.mp4", "c.mp4", "b 雪.mp4"]
    assert ear.refusals() == ["its name can't be shown as text"]
    rows = ear.ask("SELECT lane, made_by, tenant_id, name FROM checks")
    assert {row[:3] for row in rows} == {("bulk", f"stream:{place.as_uri()}", "main")}
    assert ear.ask("SELECT count(*) FROM submissions")[0][0] == 4, "each is of an item, to be decided about"


def test_a_file_that_grows_waits_until_it_is_whole(tmp_path: Path) -> None:
    ear, place = Ear(options("sqlite", tmp_path)), tmp_path / "in"
    place.mkdir()
    file = place / "a.mp4"
    file.write_bytes(b"1")
    future = time.time() + 9999
    (place / "late.mp4").write_bytes(b"1")
    os.utime(place / "late.mp4", (future, future))  # a clock that goes wrong holds nothing up for good
    listener = ear.listener(Wish(str(place), every_s=0.05, settled_s=0.6))
    thread = threading.Thread(target=listener.run)
    thread.start()
    try:
        for _ in range(10):
            time.sleep(0.1)
            with file.open("ab") as more:
                more.write(b"2")
            assert not any("a.mp4" in url for url in (ear.urls() if ear.count() else ()))
        until(lambda: ear.count() == 2)
    finally:
        ear.stop.set()
        thread.join(20)
    assert listener.counts.taken == 2


@pytest.mark.parametrize("kind", ["rclone", "moto"])
def test_a_bucket_is_watched(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, variables = object_stores.new(kind, tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    client, bucket = object_stores.client(variables["AWS_ENDPOINT_URL"]), url.split("/")[2]
    for name, body in (("a 1.mp4", b"one"), ("deep/b#?%20.mp4", b"two")):
        client.put_object(Bucket=bucket, Key=f"some/prefix/{name}", Body=body)
    client.put_object(Bucket=bucket, Key="some/other.mp4", Body=b"outside")
    ear = Ear(options("sqlite", tmp_path))
    assert ear.once(watch(url)) == (2, 0, 0) and ear.once(watch(url)) == (0, 0, 0)
    assert ear.urls() == [f"{url}/a 1.mp4", f"{url}/deep/b#?%20.mp4"]
    place, before = browsed(url), {one.name: one.tag for one in browsed(url).listed()}
    wanted = Wanted("deep/b#?%20.mp4", before["deep/b#?%20.mp4"])
    assert place.copied(wanted, tmp_path, 3).read_bytes() == b"two"
    with pytest.raises(OverLimit):
        place.copied(Wanted("a 1.mp4"), tmp_path, 2)
    time.sleep(1.1)  # rclone's tags are of whole seconds
    client.put_object(Bucket=bucket, Key="some/prefix/a 1.mp4", Body=b"replaced")
    with pytest.raises(ObjectMissing, match="replaced"):
        place.copied(Wanted("a 1.mp4", before["a 1.mp4"]), tmp_path, 99)
    assert ear.once(watch(url)) == (1, 0, 0)


def test_a_version_is_brought_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, variables = object_stores.new("moto", tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    client, bucket = object_stores.client(variables["AWS_ENDPOINT_URL"]), url.split("/")[2]
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = client.put_object(Bucket=bucket, Key="a", Body=b"first")["VersionId"]
    client.put_object(Bucket=bucket, Key="a", Body=b"second")
    assert browsed(f"s3://{bucket}").copied(Wanted("a", version=first), tmp_path, 99).read_bytes() == b"first"


def test_a_listing_that_fails_goes_on_later(tmp_path: Path) -> None:
    ear, place = Ear(options("sqlite", tmp_path)), tmp_path / "in"
    place.mkdir()
    (place / "a.mp4").write_text("words")
    listener = ear.listener(watch(place))
    place.rename(tmp_path / "away")
    place.write_text("no folder any more")
    place.chmod(0)
    thread = threading.Thread(target=listener.run)
    thread.start()
    try:
        time.sleep(0.3)
        place.unlink()
        (tmp_path / "away").rename(place)
        until(lambda: ear.count() == 1)
    finally:
        ear.stop.set()
        thread.join(20)
    assert not thread.is_alive()


def test_two_listeners_at_one_place_open_one_check_each(tmp_path: Path) -> None:
    ear, place = Ear(options("postgresql", tmp_path)), tmp_path / "in"
    place.mkdir()
    for number in range(60):
        (place / f"{number}.mp4").write_text("words")
    both = [ear.listener(watch(place), at_once=7) for _ in range(2)]
    threads = [threading.Thread(target=one.run, kwargs={"once": True}) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(set(ear.urls())) == ear.count() == 60 == sum(one.counts.taken for one in both)


def test_killed_and_begun_again_each_object_has_one_check(tmp_path: Path) -> None:
    ear, place = Ear(options("postgresql", tmp_path)), tmp_path / "in"
    place.mkdir()
    for number in range(120):
        (place / f"{number:03}.mp4").write_text("words")
    with listening(ear, place, "--settled", 0) as process:
        until(lambda: ear.count() >= 20)
        process.kill()
        process.wait(20)
    assert ear.count() < 120
    with listening(ear, place, "--settled", 0, "--every", 0.2) as process:
        until(lambda: ear.count() == 120)
        (place / "more.mp4").write_text("words")
        until(lambda: ear.count() == 121)
        process.terminate()
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 0 and "Traceback" not in said and "taken" in said, said
    assert len(set(ear.urls())) == 121


def test_a_worker_brings_what_was_seen(tmp_path: Path) -> None:
    from countermark.jobs import Worker
    from tests.jobs.rooms import Room, small

    made, place = options("sqlite", tmp_path), tmp_path / "in"
    place.mkdir()
    small(tmp_path).rename(place / "clip.mp4")
    (place / "gone.mp4").write_text("words")
    ear, room = Ear(made), Room(made)
    assert ear.once(watch(place)) == (2, 0, 0)
    (place / "gone.mp4").write_text("was replaced")
    ids = dict(ear.ask("SELECT name, id FROM checks"))
    with Worker(made):
        assert room.over(ids["clip.mp4"]).status == "succeeded"
        failed = room.over(ids["gone.mp4"])
    assert failed.error is not None and failed.error.type == "ObjectMissing" and "replaced" in failed.error.message
    assert (place / "clip.mp4").exists(), "nothing is taken away where it lay"


def test_no_link_leads_out_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a").write_text("secret")
    (tmp_path / "in" / "deep").symlink_to(tmp_path / "secret")
    place = browsed(str(tmp_path / "in"))
    for name in ("deep/a", "../secret/a", "/etc/passwd"):
        with pytest.raises(ObjectMissing):
            place.copied(Wanted(name), tmp_path, 99)


def test_a_file_is_no_folder_to_watch(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("words")
    with pytest.raises(SettingsInvalid, match="no folder"):
        Ear(options("sqlite", tmp_path)).listener(watch(tmp_path / "a"))
