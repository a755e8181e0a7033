"""Fleets of workers: each takes from its own queues, and makes the scans that were asked of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from countermark.errors import SettingsInvalid
from countermark.jobs import Worker, queue
from countermark.tests import databases
from countermark.tests.jobs.rooms import options, until
from countermark.tests.scan.rooms import Room, words


def test_which_queues_are_taken_from() -> None:
    assert queue.taken_by((), "") == tuple(queue.POLL_S)
    assert queue.taken_by(("scans",), "gpu") == ("scans gpu",)
    assert queue.SCANS not in queue.taken_by((), "gpu") and queue.CHECKS in queue.taken_by((), "gpu")
    for wrong in ((("films",), ""), ((), "GPU 1")):
        with pytest.raises(SettingsInvalid):
            queue.taken_by(*wrong)


@pytest.mark.parametrize("kind", databases.KINDS)
def test_a_scan_is_made_by_the_fleet_that_it_was_asked_of(kind: str, tmp_path: Path) -> None:
    room = Room(options(kind, tmp_path))
    for_all, for_few = (room.laid(words(tmp_path / f"for-{name}", 3), fleet=name) for name in ("", "gpu"))
    with Worker(room.options, name="many"):
        until(lambda: room.shards.standing(for_all.id).state == "done")
        until(lambda: room.shards.undone(for_few.id)[0][1] == 1, seconds=10)  # it waits in its own queue
        assert room.shards.standing(for_few.id).state == "going"
    with Worker(room.options, name="few", takes=("scans",), fleet="gpu"):
        until(lambda: room.shards.standing(for_few.id).state == "done")
    assert room.shards.get(for_few.id).counts.objects == 3
