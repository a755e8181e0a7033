"""Idempotency keys: one first, one answer, and no second check for the same key."""

from __future__ import annotations

from functools import partial

from countermark.docket import Answer, Idempotency, Standing
from countermark.tests.docket.rooms import DAY, Room, at_once

ANSWER = Answer(202, '{"id":"chk_é"}', {"Location": "/v1/checks/chk_1"})


def _keys(room: Room) -> Idempotency:
    return Idempotency(room.options, clock=room.clock)


def test_the_same_again_gets_the_first_answer(room: Room) -> None:
    keys = _keys(room)
    assert keys.begin(room.tenant, "k", "POST /v1/checks", "aa") == Standing("first")
    assert keys.begin(room.tenant, "k", "POST /v1/checks", "aa") == Standing("running")
    keys.answered(room.tenant, "k", ANSWER)
    assert keys.begin(room.tenant, "k", "POST /v1/checks", "aa") == Standing("answered", ANSWER)


def test_something_else_under_the_same_key_is_a_conflict(room: Room) -> None:
    keys = _keys(room)
    keys.begin(room.tenant, "k", "POST /v1/checks", "aa")
    for route, asked in (("POST /v1/checks", "bb"), ("POST /v1/stamps", "aa")):
        assert keys.begin(room.tenant, "k", route, asked) == Standing("conflict")
    keys.answered(room.tenant, "k", ANSWER)
    assert keys.begin(room.tenant, "k", "POST /v1/checks", "bb") == Standing("conflict")


def test_keys_are_each_tenant_s_own(room: Room) -> None:
    keys = _keys(room)
    keys.begin(room.tenant, "k", "r", "aa")
    keys.answered(room.tenant, "k", ANSWER)
    assert keys.begin(room.tenant + "_b", "k", "r", "bb") == Standing("first")


def test_what_came_to_nothing_may_be_tried_again(room: Room) -> None:
    keys = _keys(room)
    keys.begin(room.tenant, "k", "r", "aa")
    keys.abandon(room.tenant, "k")
    assert keys.begin(room.tenant, "k", "r", "bb") == Standing("first")


def test_a_key_whose_process_died_is_free_when_nobody_can_be_at_it(room: Room) -> None:
    keys = _keys(room)
    keys.begin(room.tenant, "k", "r", "aa")
    room.clock.move(2 * room.options.service.upload_s)
    assert keys.begin(room.tenant, "k", "r", "aa") == Standing("running")
    room.clock.move(1)
    assert keys.begin(room.tenant, "k", "r", "aa") == Standing("first")
    assert keys.begin(room.tenant, "k", "r", "aa") == Standing("running")


def test_an_answer_is_kept_for_a_day(room: Room) -> None:
    keys = _keys(room)
    for key in ("swept", "asked"):
        keys.begin(room.tenant, key, "r", "aa")
        keys.answered(room.tenant, key, ANSWER)
    room.clock.move(DAY)
    room.docket.sweep()
    assert keys.begin(room.tenant, "swept", "r", "aa") == Standing("answered", ANSWER)
    room.clock.move(1)
    assert keys.begin(room.tenant, "asked", "r", "bb") == Standing("first")
    room.docket.sweep()
    assert keys.begin(room.tenant, "swept", "r", "bb") == Standing("first")


def test_of_many_at_once_one_is_the_first(room: Room) -> None:
    for number in range(10):
        call = partial(_keys(room).begin, room.tenant, f"k{number}", "r", "aa")
        assert sorted(standing.state for standing in at_once(call, call, call)) == ["first", "running", "running"]
