"""From an arrival to a check: one, however often and by however many it is told of, and a decision at its end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from countermark.docket import Arrivals
from countermark.docket.desk import Desk
from countermark.errors import NetworkRefused
from countermark.fetch import checked
from countermark.jobs import Jobs, Worker, strays, work
from countermark.moderation import Item
from countermark.moderation.deciding import Deciding
from countermark.moderation.shelf import Shelf
from countermark.settings import Settings
from countermark.streams import Allowed, Arrival, Refused, Stored, Taking, stored
from countermark.tests import databases, object_stores
from countermark.tests.jobs.rooms import TENANT, Room, options, small, until
from countermark.tests.jobs.test_moderating import moderated


def taking(room: Room, source: str = "a source", queue: Settings | None = None) -> Taking:
    jobs = room.jobs if queue is None else Jobs(queue)
    return Taking(
        room.docket, jobs, Arrivals(Desk(room.options)), Shelf(room.options), TENANT, source, f"stream:{source}"
    )


def objects(count: int) -> list[Arrival]:
    return [Arrival(f"{n}.mp4/v1", Stored("s3://in", f"{n}.mp4"), Item(str(n), "clip")) for n in range(count)]


@pytest.fixture(params=databases.KINDS)
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    room = Room(options(request.param, tmp_path))
    yield room
    room.jobs.close()


def test_an_arrival_opens_one_check_however_often_it_is_told_of(room: Room) -> None:
    here, other = taking(room), taking(room, "another source")
    one = objects(1)[0]
    first = here.take(one)
    check_id = first.became.check_id
    assert not first.again and check_id is not None
    assert [here.take(one).became, here.take(one).again] == [first.became, True]
    assert here.known([one, *objects(2)])[here.arrived(one).id] == first.became
    assert other.take(one).became.check_id != check_id, "the same name in another source is another thing"
    check = room.docket.get(check_id)
    assert (check.url, check.name, check.lane, check.made_by) == ("s3://in/0.mp4", "0.mp4", "bulk", "stream:a source")
    assert (check.item_id, check.item_type) == ("0", "clip")
    assert room.jobs.waiting()["bulk"] == 2, "each was asked for once"


def test_a_refusal_is_kept_with_its_reason_and_opens_nothing(room: Room) -> None:
    here = taking(room)
    first, second = here.take(Refused("k", "why\x00not")), here.take(Refused("k", "why\x00not"))
    assert not first.again and second.again and first.became.check_id is None
    known = here.known([Refused("k", "why\x00not")])
    assert [(one.check_id, "why" in str(one.refused)) for one in known.values()] == [(None, True)]
    assert room.jobs.waiting().get("bulk", 0) == 0


def test_several_at_the_same_arrivals_lay_each_once(room: Room) -> None:
    here, laid, guard = objects(12), list[tuple[str, bool]](), threading.Lock()
    begin = threading.Barrier(4)

    def take(mine: Taking) -> None:
        begin.wait(20)
        for one in here:
            said = mine.take(one)
            with guard:
                laid.append((str(said.became.check_id), said.again))

    threads = [threading.Thread(target=take, args=(taking(room),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(laid) == 48 and len({id for id, _ in laid}) == 12
    assert sorted(id for id, again in laid if not again) == sorted({id for id, _ in laid})
    assert databases.ask(room.options.database_url, "SELECT count(*) FROM checks")[0][0] == 12


def test_what_could_not_be_asked_for_is_found_by_a_worker(tmp_path: Path) -> None:
    room = Room(options("sqlite", tmp_path))
    away = room.options.model_copy(update={"database": "postgresql://nobody@127.0.0.1:1/none"})
    (tmp_path / "in").mkdir()
    laid = taking(room, queue=away).take(Arrival("a", Stored((tmp_path / "in").as_uri(), "none.mp4")))
    assert laid.became.check_id is not None and not laid.again
    assert room.jobs.waiting().get("bulk", 0) == 0
    with Worker(room.options):
        strays.Strays(work.at_work(), after=timedelta(0)).bring_back()
        error = room.over(laid.became.check_id).error
    assert error is not None and error.type == "ObjectMissing"


@pytest.mark.parametrize(("kind", "database"), [("rclone", "sqlite"), ("moto", "postgresql")])
def test_an_object_of_a_bucket_comes_to_a_decision(
    kind: str, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, environment = object_stores.new(kind, tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    client, clip = object_stores.client(environment["AWS_ENDPOINT_URL"]), small(tmp_path).read_bytes()
    client.put_object(Bucket=bucket, Key=f"{prefix}/a clip.mp4", Body=clip)
    room = moderated(database, tmp_path)
    here, allowed = taking(room), Allowed((url,))
    named = {name: stored(allowed, f"{url}/{name}.mp4") for name in ("a clip", "none")}
    named["replaced"] = stored(allowed, f"{url}/a clip.mp4", "the tag of other bytes")
    laid = {name: here.take(Arrival(name, media, Item(name, "clip"))).became for name, media in named.items()}
    with Worker(room.options):
        over = {name: room.over(str(became.check_id)) for name, became in laid.items()}
        until(lambda: not Deciding(room.options).owed())
    assert over["a clip"].status == "succeeded" and over["a clip"].bytes == len(clip)
    for name in ("none", "replaced"):
        error = over[name].error
        assert over[name].status == "failed" and error is not None
        assert error.type == "ObjectMissing" and (name in error.message), error
        assert environment["AWS_SECRET_ACCESS_KEY"] not in str(over[name])
    asked = (
        "SELECT i.item_id, count(*) FROM decisions d JOIN submissions i ON i.id = d.submission_id GROUP BY i.item_id"
    )
    assert sorted(databases.ask(room.options.database_url, asked)) == [("a clip", 1), ("none", 1), ("replaced", 1)]


@pytest.mark.parametrize("url", ["s3://in/clip.mp4", "gs://in/a", "az://in/a", "file:///etc/passwd", "/etc/passwd"])
def test_people_name_no_objects_at_the_door(url: str) -> None:
    with pytest.raises(NetworkRefused):
        checked(url)
