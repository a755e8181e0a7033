"""Stamps as jobs: a film goes in, a labelled one lies in the store, or it is said why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from countermark import keyring
from countermark.docket import Stamp, Stamps
from countermark.jobs import Worker
from countermark.tests.jobs.rooms import TENANT, Room, noise, options, until
from countermark.tests.recipes import clip
from countermark.verify import verify


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    room = Room(options("sqlite", tmp_path_factory.mktemp("stamping")))
    keyring.init_development(room.options.home)
    with Worker(room.options):
        yield room


def stamped(room: Room, path: Path, **asked: object) -> Stamp:
    stamps = Stamps(room.options, objects=room.objects)
    room.objects.put_file(f"uploads/{path.stem}", path)
    one = stamps.open(TENANT, "key:1", "my film.mp4", asked, source_key=f"uploads/{path.stem}")
    room.jobs.enqueue_stamp(one.id)
    until(lambda: stamps.get(one.id).over)
    return stamps.get(one.id)


def test_a_film_is_labelled_and_lies_in_the_store(working: Room, tmp_path: Path) -> None:
    one = stamped(working, clip(tmp_path / "film.mp4", size=(320, 240)), model="wan-2.2", prompt="a quiet sea")
    assert one.error is None and one.result_key is not None and one.stamped is not None
    labelled = tmp_path / "labelled.mp4"
    assert working.objects.fetch_to(one.result_key, labelled) == one.stamped["bytes"]
    assert one.stamped["name"] == "my film.stamped.mp4"
    assert one.id.encode() not in labelled.read_bytes(), "the name that it has inside is nowhere in it"
    verdict = verify(labelled, options=working.options)
    assert verdict.outcome == "ai_generated"
    assert one.stamped["manifest_id"] in str(verdict.evidence)
    assert not list((working.options.home / "work" / "one").iterdir())


def test_what_is_no_film_is_said_by_its_name(working: Room, tmp_path: Path) -> None:
    one = stamped(working, noise(tmp_path))
    assert one.status == "failed" and one.error is not None
    assert one.error.message.startswith("my film.mp4") and one.error.advice
    assert one.id not in one.error.message
