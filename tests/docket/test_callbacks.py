"""Callbacks: owed until they arrive, tried at growing pauses, given up in the end; never after their check is gone."""

from __future__ import annotations

import json

from countermark.docket import Callbacks, Owed
from countermark.docket.callbacks import ASKED_S, PAUSES_S
from countermark.tests.docket.rooms import Room


def _owed(room: Room) -> tuple[Callbacks, Owed]:
    callbacks = Callbacks(room.options, clock=room.clock)
    (owed,) = callbacks.of_check(room.finished(callback_url="https://example.org/back").id)
    return callbacks, owed


def _is_due(callbacks: Callbacks, owed: Owed) -> bool:
    return owed.id in {one.id for one in callbacks.due(limit=1000)}


def test_what_is_owed_is_due_at_once_and_until_it_arrives(room: Room) -> None:
    callbacks, owed = _owed(room)
    assert owed.id.startswith("cbk_") and owed.tenant_id == room.tenant
    assert json.loads(owed.body)["timestamp"] == owed.made_at
    assert _is_due(callbacks, owed) and callbacks.get(owed.id) == owed
    room.clock.move(2)
    callbacks.delivered(owed.id)
    done = callbacks.get(owed.id)
    assert done is not None and (done.delivered_at, done.attempts, done.dead) == (room_time(room), 1, False)
    callbacks.delivered(owed.id)
    assert callbacks.failed(owed.id, "late") == done == callbacks.get(owed.id)
    assert not _is_due(callbacks, owed)


def room_time(room: Room) -> str:
    return room.clock().isoformat(timespec="microseconds")


def test_what_fails_is_tried_later_and_later_and_then_given_up(room: Room) -> None:
    callbacks, owed = _owed(room)
    for attempt, pause in enumerate(PAUSES_S, 1):
        failed = callbacks.failed(owed.id, f"no answer\x00 {attempt}", attempt=attempt)
        assert failed is not None and not failed.dead and failed.attempts == attempt
        assert callbacks.failed(owed.id, "noted twice", attempt=attempt) == failed
        room.clock.move(pause - 1)
        assert not _is_due(callbacks, owed)
        room.clock.move(1)
        assert _is_due(callbacks, owed)
    dead = callbacks.failed(owed.id, "410 Gone")
    assert dead is not None and dead.dead and dead.failure == "410 Gone" and dead.body == owed.body
    room.clock.move(days=10)
    assert not _is_due(callbacks, owed) and callbacks.get(owed.id) == dead


def test_the_longest_due_come_first(fresh: Room) -> None:
    made = []
    for _ in range(3):
        made.append(_owed(fresh)[1].id)
        fresh.clock.move(1)
    callbacks = Callbacks(fresh.options, clock=fresh.clock)
    assert [one.id for one in callbacks.due(limit=2)] == made[:2]
    assert callbacks.due("2026-03-01") == ()


def test_what_was_asked_for_is_not_due_until_it_should_long_have_been_tried(room: Room) -> None:
    callbacks, owed = _owed(room)
    callbacks.asked(owed)
    assert not _is_due(callbacks, owed)
    room.clock.move(ASKED_S)
    assert _is_due(callbacks, owed)
    failed = callbacks.failed(owed.id, "no answer", attempt=1)
    callbacks.asked(owed)
    assert callbacks.get(owed.id) == failed, "what came of it stands"


def test_of_a_deleted_check_nothing_is_sent(room: Room) -> None:
    callbacks, owed = _owed(room)
    room.docket.delete(owed.check_id, "key:1")
    assert callbacks.get(owed.id) is None and not _is_due(callbacks, owed)
    callbacks.delivered(owed.id)
    assert callbacks.failed(owed.id, "gone") is None
