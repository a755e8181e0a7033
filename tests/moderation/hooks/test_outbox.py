"""What is owed: numbered without gaps, in order for each subject, tried until it arrives or is given up."""

from __future__ import annotations

import json

import pytest

from countermark.docket.callbacks import ASKED_S, PAUSES_S
from countermark.errors import ModerationMissing, ModerationUnfit
from countermark.moderation.hooks import emit, outbox
from countermark.store import engine
from countermark.tests.docket.rooms import at_once
from countermark.tests.moderation.hooks.rooms import Hooks


def test_an_event_says_what_it_is_and_its_place(hooks: Hooks) -> None:
    endpoint = hooks.endpoint()
    one = hooks.get(hooks.emit("video:1", body={"id": "dec_1", "words": "wärme"}))
    assert json.loads(one.body) == {
        "type": "decision.made",
        "timestamp": one.made_at,
        "subject": "video:1",
        "sequence": 1,
        "data": {"id": "dec_1", "words": "wärme"},
    }
    assert (one.endpoint_id, one.state, one.attempts) == (endpoint.id, "waiting", 0)


def test_only_those_who_want_it_are_told(hooks: Hooks) -> None:
    wants, whatever, other = (
        hooks.endpoint(kinds=["decision.made"]),
        hooks.endpoint(),
        hooks.endpoint(kinds=["policy.changed"]),
    )
    told = {hooks.get(one).endpoint_id for one in hooks.emit_to_all("a")}
    assert told == {wants.id, whatever.id}
    assert [hooks.get(one).endpoint_id for one in hooks.emit_to_all("a", "policy.changed")].count(other.id) == 1


def test_a_transaction_that_fails_leaves_no_gap(hooks: Hooks) -> None:
    hooks.endpoint()
    hooks.emit("a")
    with pytest.raises(ZeroDivisionError), engine.writing(hooks.url) as connection:
        emit(connection, hooks.tenant, "a", "decision.made", {})
        raise ZeroDivisionError
    assert hooks.get(hooks.emit("a")).sequence == 2


def test_numbers_have_no_gaps_however_many_lay_at_once(hooks: Hooks) -> None:
    first, second = hooks.endpoint(), hooks.endpoint()

    def many() -> list[str]:
        return [one for _ in range(5) for one in hooks.emit_to_all("a")]

    laid = [hooks.get(one) for ids in at_once(many, many, many, many) for one in ids]
    for endpoint in (first, second):
        numbers = [one.sequence for one in laid if one.endpoint_id == endpoint.id]
        assert sorted(numbers) == list(range(1, 21))
    assert hooks.get(hooks.emit_to_all("b")[0]).sequence == 1


def test_what_comes_later_waits_for_what_is_before_it(hooks: Hooks) -> None:
    endpoint = hooks.endpoint()
    first, second, third = hooks.emit("a"), hooks.emit("a"), hooks.emit("a")
    other = hooks.emit("b")
    assert hooks.due(endpoint) == [first, other]
    hooks.deliver(first)
    assert hooks.due(endpoint) == [second, other]
    hooks.fail(second)
    hooks.deliver(other)
    assert hooks.due(endpoint) == []
    hooks.clock.move(seconds=PAUSES_S[0])
    assert hooks.due(endpoint) == [second]
    hooks.deliver(second)
    assert hooks.due(endpoint) == [third]


def test_after_a_minute_the_rest_waits_no_longer_and_goes_in_order(hooks: Hooks) -> None:
    endpoint = hooks.endpoint()
    first, second, third = hooks.emit("a"), hooks.emit("a"), hooks.emit("a")
    hooks.fail(first)
    hooks.clock.move(seconds=PAUSES_S[0])
    hooks.fail(first)
    hooks.clock.move(seconds=outbox.HELD_S - PAUSES_S[0] - 1)
    assert hooks.due(endpoint) == []
    hooks.clock.move(seconds=1)
    assert hooks.due(endpoint) == [second]
    assert hooks.get(first).state == "waiting"  # it is tried on
    hooks.fail(second)
    assert hooks.due(endpoint) == [third]
    hooks.deliver(third)
    hooks.clock.move(seconds=PAUSES_S[1])
    assert hooks.due(endpoint) == [second, first]  # as they are due
    hooks.deliver(first)
    assert hooks.get(first).sequence == 1


def test_an_attempt_that_nobody_noted_holds_up_its_subject_a_minute(hooks: Hooks) -> None:
    endpoint = hooks.endpoint()
    first, second = hooks.emit("a"), hooks.emit("a")
    hooks.outbox.asked([hooks.get(first)])
    hooks.attempt(first)
    assert hooks.due(endpoint) == []
    hooks.clock.move(seconds=outbox.HELD_S)
    assert hooks.due(endpoint) == [second]
    hooks.clock.move(seconds=ASKED_S)
    assert [one.id for one in hooks.outbox.lost(endpoint.id)] == [first]


def test_only_so_much_is_asked_for_at_a_time(hooks: Hooks) -> None:
    endpoint = hooks.endpoint()
    for number in range(5):
        hooks.emit(f"s{number}")
    ready = hooks.due(endpoint, most=3)
    assert len(ready) == 3
    hooks.outbox.asked([hooks.get(one) for one in ready])
    assert hooks.due(endpoint, most=3) == []
    assert dict(hooks.outbox.waiting())[endpoint.id] == 3
    hooks.deliver(ready[0])
    assert len(hooks.due(endpoint, most=3)) == 1


def test_it_is_tried_again_later_each_time_and_given_up_with_a_reason(hooks: Hooks) -> None:
    endpoint = hooks.endpoint()
    one, later = hooks.emit("a"), hooks.emit("a")
    for pause in PAUSES_S:
        hooks.fail(one)
        hooks.clock.move(seconds=pause - 1)
        assert one not in hooks.due(endpoint)
        hooks.clock.move(seconds=1)
        assert one in hooks.due(endpoint)
    hooks.fail(one, "answered 503")
    found = hooks.get(one)
    assert (found.state, found.attempts, found.failure) == ("dead", len(PAUSES_S) + 1, "answered 503")
    assert hooks.due(endpoint) == [later]
    assert hooks.outbox.page(hooks.tenant, state="dead") == (found,)


def test_what_a_receiver_asks_for_is_kept_to_within_bounds(hooks: Hooks) -> None:
    endpoint = hooks.endpoint()
    one = hooks.emit("a")
    hooks.fail(one, wait_s=120)
    hooks.clock.move(seconds=119)
    assert hooks.due(endpoint) == []
    hooks.clock.move(seconds=1)
    assert hooks.due(endpoint) == [one]
    hooks.fail(one, wait_s=1e9)
    hooks.clock.move(seconds=outbox.LONGEST_S)
    assert hooks.due(endpoint) == [one]


def test_a_try_counts_once_whoever_notes_it(hooks: Hooks) -> None:
    hooks.endpoint()
    one = hooks.emit("a")
    number = hooks.attempt(one)
    for _ in range(2):
        hooks.outbox.failed(one, "answered 500", attempt=number)
    assert hooks.get(one).attempts == 1
    assert hooks.outbox.begin(one, number) is None
    number = hooks.attempt(one)
    for _ in range(2):
        hooks.outbox.delivered(one, attempt=number)
    hooks.outbox.failed(one, "answered 500", attempt=number)
    assert (hooks.get(one).state, hooks.get(one).attempts) == ("delivered", 2)


def test_what_is_sent_again_keeps_id_and_number(hooks: Hooks) -> None:
    endpoint = hooks.endpoint()
    dead, arrived = hooks.emit("a"), hooks.emit("a")
    for _ in range(len(PAUSES_S) + 1):
        hooks.fail(dead)
    hooks.deliver(arrived)
    before = hooks.get(dead)
    assert hooks.outbox.replay(hooks.tenant, endpoint.id, who="key:1") == 1  # all that was given up
    again = hooks.get(dead)
    assert (again.body, again.sequence, again.state) == (before.body, 1, "waiting")
    assert again.attempts > before.attempts  # its next attempt has a number that none had
    hooks.deliver(dead)
    assert hooks.outbox.replay(hooks.tenant, endpoint.id, who="key:1", delivery_id=arrived) == 1
    assert hooks.due(endpoint) == [arrived]
    with pytest.raises(ModerationUnfit):
        hooks.outbox.replay(hooks.tenant, endpoint.id, who="key:1", delivery_id=arrived)
    hooks.deliver(arrived)
    assert hooks.outbox.replay(hooks.tenant, endpoint.id, who="key:1", since=hooks.get(dead).made_at) == 2
    assert hooks.due(endpoint) == [dead]  # and in its order
    with pytest.raises(ModerationUnfit):
        hooks.outbox.replay(hooks.tenant, endpoint.id, who="key:1", since="yesterday")


def test_another_tenants_are_not_there(hooks: Hooks) -> None:
    hooks.endpoint()
    one = hooks.emit("a")
    with pytest.raises(ModerationMissing):
        hooks.outbox.get("ten_other", one)
    assert hooks.outbox.page("ten_other") == ()
    (found,) = hooks.outbox.page(hooks.tenant)
    assert found.id == one
    assert hooks.outbox.page(hooks.tenant, after=(found.made_at, found.id)) == ()


def test_what_is_long_over_is_forgotten(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_PART", 2)
    hooks.endpoint()
    over = [hooks.emit(f"s{number}") for number in range(5)]
    for one in over:
        hooks.deliver(one)
    waiting = hooks.emit("a")
    hooks.clock.move(days=outbox.KEPT_DAYS + 1)
    assert hooks.outbox.forget() >= 5
    assert [one.id for one in hooks.outbox.page(hooks.tenant)] == [waiting]
    assert hooks.get(hooks.emit("s1")).sequence == 2  # numbers go on


def test_a_subject_that_is_too_long_has_a_name_all_the_same(hooks: Hooks) -> None:
    hooks.endpoint()
    first, second = hooks.emit("video:" + "ü" * 5000), hooks.emit("video:" + "ü" * 5000)
    assert [hooks.get(one).sequence for one in (first, second)] == [1, 2]
    assert hooks.get(hooks.emit("with\x00nothing")).sequence == 1
