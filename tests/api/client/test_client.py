"""The client against the real service over real HTTP: everything it can ask, and lines that break under it."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from countermark.api.client import AsyncClient, Check, Client, Event, operations
from countermark.bundle import check_bundle
from countermark.errors import InputEmpty, InputMissing, ServerRefused, ServerUnreachable
from countermark.settings import Settings
from countermark.tests.api.client.lines import line_to
from countermark.tests.api.client.worked import Served, served
from countermark.tests.recipes import clip
from countermark.verdict import Verdict
from countermark.verify import verify


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("films") / "a film.mp4", size=(64, 48), seconds=0.3)


@pytest.fixture
def client(here: Served) -> Iterator[Client]:
    with Client(here.base, here.key) as made:
        yield made


def test_a_check_from_its_file_to_its_end(here: Served, client: Client, film: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    events: list[Event] = []
    wishes = {"external_id": "story-7", "metadata": {"desk": "foreign"}, "retention": {"media_s": 60}}
    opened = client.check_file(film, on_progress=shares.append, **wishes)  # type: ignore[arg-type]
    assert shares[-1] == 1.0 and shares == sorted(shares)
    assert (opened.name, opened.external_id, opened.metadata, opened.manage) == (
        *("a film.mp4", "story-7", {"desk": "foreign"}),
        None,
    )
    done = client.wait(opened.id, timeout_s=120, on_event=events.append)
    assert [one.number for one in events] == sorted({one.number for one in events}) and events[-1].kind == "finished"
    assert done.over and done.status == "succeeded" and isinstance(done.verdict, Verdict)
    alone = verify(film, options=Settings(home=here.home, detector="never"))
    assert done.verdict == replace(alone, evidence=done.verdict.evidence)
    assert {one.examiner for one in done.verdict.evidence} == {one.examiner for one in alone.evidence}
    assert done.revisions[0].outcome == done.outcome and done.pictures and done.pictures[0].url.startswith("/")
    assert client.get(opened.id).verdict == done.verdict
    assert opened.id in [one.id for one in client.list(limit=200).checks]
    assert client.list(verdict="conflict").checks == ()
    assert client.feedback(opened.id, "unclear", "what does it mean?").says == "unclear"
    bundle = client.bundle(opened.id, tmp_path / "evidence.zip", on_progress=shares.append)
    assert check_bundle(bundle, Settings(home=here.home)).check_id == opened.id
    with pytest.raises(ServerRefused) as caught:
        client.cancel(opened.id)
    assert caught.value.status == 409 and "can't be cancelled" in caught.value.advice
    client.delete(opened.id)
    client.delete(opened.id)
    with pytest.raises(ServerRefused, match="deleted") as caught:
        client.get(opened.id)
    assert caught.value.status == 410


def test_the_same_in_an_event_loop_many_at_a_time(here: Served, film: Path, tmp_path: Path) -> None:
    async def one(client: AsyncClient) -> Check:
        opened = await client.check_file(film)
        return await client.wait(opened.id, timeout_s=120)

    async def all_of_them() -> list[Check]:
        async with AsyncClient(here.base, here.key) as client:
            done = list(await asyncio.gather(one(client), one(client)))
            assert check_bundle(await client.bundle(done[0].id, tmp_path / "a.zip"), Settings(home=here.home)).holds
            await client.delete(done[0].id)
            return done

    first, second = asyncio.run(all_of_them())
    assert first.id != second.id and first.verdict and second.verdict
    assert first.verdict.outcome == second.verdict.outcome == "no_evidence"


def test_both_clients_ask_for_the_same() -> None:
    def faces(kind: type) -> dict[str, inspect.Signature]:
        members = inspect.getmembers(kind, inspect.isfunction)
        return {name: inspect.signature(member) for name, member in members if not name.startswith("__")}

    assert faces(Client) == faces(AsyncClient) and len(faces(Client)) >= 15
    for name, member in inspect.getmembers(Client, inspect.isfunction):
        if not name.startswith("__"):
            assert member.__doc__ == getattr(AsyncClient, name).__doc__


def test_without_a_key_the_secret_that_came_with_it_is_what_deletes_it(here: Served, film: Path) -> None:
    with Client(here.base) as nobody:
        opened = nobody.check_file(film)
        assert opened.manage
        with pytest.raises(ServerRefused) as caught:
            nobody.delete(opened.id)
        assert caught.value.status == 403 and "manage" in caught.value.advice
        with pytest.raises(ServerRefused) as caught:
            nobody.list()
        assert caught.value.status == 401
        nobody.delete(opened.id, manage=opened.manage)


def test_a_url_that_may_not_be_asked_ends_as_a_failed_check(client: Client) -> None:
    done = client.wait(client.check_url("http://127.0.0.1:9/clip.mp4", name="x").id, timeout_s=60)
    assert done.status == "failed" and done.verdict is None and done.error
    assert done.error.type == "NetworkRefused" and done.error.advice


def test_what_is_no_file_is_not_sent(client: Client, tmp_path: Path) -> None:
    with pytest.raises(InputMissing):
        client.check_file(tmp_path / "none.mp4")
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(InputEmpty):
        client.check_file(tmp_path / "empty.mp4")


def test_ids_are_ids_and_nothing_else(client: Client) -> None:
    for given in ("", "..", "."):
        with pytest.raises(ServerRefused, match="no id"):
            client.get(given)
    with pytest.raises(ServerRefused) as caught:
        client.get("../keys?x=#y")
    assert caught.value.status == 404


def test_waiting_has_an_end_and_the_check_goes_on(here: Served, client: Client, film: Path) -> None:
    opened = client.check_file(film)
    with pytest.raises(ServerUnreachable, match="not over after") as caught:
        client.wait(opened.id, timeout_s=0.01)
    assert "ask again later" in caught.value.advice
    assert client.wait(opened.id, timeout_s=120).over


# Lines that break ----------------------------------------------------------------------------------------------------


def test_an_upload_that_is_cut_goes_on_where_it_was(
    here: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "PIECE", 3 << 20)
    large = tmp_path / "large.mp4"
    large.write_bytes(os.urandom(8 << 20))
    cuts = [1 << 20, 5 << 20, 6 << 20]
    shares: list[float] = []
    with line_to(here.base) as line, Client(line.base, here.key) as client:

        def up(block: bytes) -> bool:
            if cuts and line.sent > cuts[0]:
                cuts.pop(0)
                return False
            return True

        line.up = up
        opened = client.check_file(large, on_progress=shares.append)
        assert not cuts and opened.bytes == 8 << 20 and shares[-1] == 1.0
        assert line.sent < 13 << 20, "what had come was not sent again"
        done = client.wait(opened.id, timeout_s=120)
    assert done.status == "failed" and done.error and done.error.type == "UnreadableVideo"


def test_an_answer_that_is_lost_makes_no_second_check(here: Served, client: Client, film: Path) -> None:
    before = {one.id for one in client.list(limit=200).checks}
    lost: list[bytes] = []
    with line_to(here.base) as line, Client(line.base, here.key) as unlucky:

        def down(block: bytes) -> bool:
            if b" 202 " in block and not lost:
                lost.append(block)
                return False
            return True

        line.down = down
        opened = unlucky.check_file(film)
    assert lost
    assert {one.id for one in client.list(limit=200).checks} - before == {opened.id}


def test_a_stream_of_events_that_breaks_is_taken_up_again(here: Served, film: Path) -> None:
    numbers: list[int] = []
    cuts = iter(range(3))
    with line_to(here.base) as line, Client(line.base, here.key) as client:
        opened = client.check_file(film)
        line.down = lambda block: b"event: evidence" not in block or next(cuts, None) is None
        assert client.wait(opened.id, timeout_s=120, on_event=lambda event: numbers.append(event.number)).verdict
    assert numbers == sorted(set(numbers)), "no event is told twice"


def test_a_service_that_is_not_there_is_said_so_in_time(here: Served, film: Path) -> None:
    for operation in ("get", "wait", "check"):
        with Client("http://127.0.0.1:9", patience_s=0.3) as client:
            with pytest.raises(ServerUnreachable):
                if operation == "check":
                    client.check_file(film)
                else:
                    getattr(client, operation)("chk_x")


# Stamps --------------------------------------------------------------------------------------------------------------


def test_a_film_is_stamped_there_and_comes_back(here: Served, client: Client, tmp_path: Path) -> None:
    plain = clip(tmp_path / "plain.mp4", size=(320, 240), seconds=1.0)
    asked = client.stamp_file(plain, title="A film", model="Sketcher", source_type="algorithmicMedia")
    done = client.wait_for_stamp(asked.id, timeout_s=180)
    assert done.status == "succeeded", done.error
    target = client.stamped_file(done.id, tmp_path / "stamped.mp4")
    found = verify(target, options=Settings(home=here.home, detector="never"))
    assert found.outcome == "ai_generated" and found.sureness == "proven"
    assert asked.id in [one.id for one in client.stamps().stamps]
    with pytest.raises(ServerRefused) as caught, Client(here.base) as nobody:
        nobody.stamp_file(plain)
    assert caught.value.status in (401, 403)
