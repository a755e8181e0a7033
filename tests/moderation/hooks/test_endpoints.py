"""Endpoints: whom a tenant wants to be told, of what, and since when not any more."""

from __future__ import annotations

import json

import pytest

from countermark.errors import FetchFailed, ModerationMissing, ModerationUnfit, NetworkRefused
from countermark.moderation.hooks import endpoints as module
from countermark.store import engine, ledger
from countermark.tests.moderation.hooks.rooms import URL, Hooks

DAY = 24 * 3600.0


def test_it_is_as_it_was_made(hooks: Hooks) -> None:
    made = hooks.endpoint(kinds=["decision.made", "decision.made", "policy.changed"], description="ours")
    assert made == hooks.endpoints.get(hooks.tenant, made.id)
    assert (made.url, made.kinds, made.description) == (URL, ("decision.made", "policy.changed"), "ours")
    assert made.enabled and made.generation == 1
    assert hooks.endpoints.of_tenant(hooks.tenant) == (made,)


def test_another_tenant_sees_none(hooks: Hooks) -> None:
    made = hooks.endpoint()
    assert hooks.endpoints.of_tenant("ten_other") == ()
    for call in (
        lambda: hooks.endpoints.get("ten_other", made.id),
        lambda: hooks.endpoints.rotate("ten_other", made.id, who="key:2"),
        lambda: hooks.endpoints.remove("ten_other", made.id, who="key:2"),
        lambda: hooks.endpoints.change("ten_other", made.id, who="key:2", enabled=False),
        lambda: hooks.endpoints.test("ten_other", made.id),
        lambda: hooks.outbox.replay("ten_other", made.id, who="key:2"),
    ):
        with pytest.raises(ModerationMissing):
            call()
    assert hooks.endpoints.get(hooks.tenant, made.id) == made


@pytest.mark.parametrize("url", ["http://127.0.0.1/hook", "http://[::1]:8000/", "http://169.254.169.254/latest"])
def test_a_machine_inside_is_refused_at_sight(hooks: Hooks, url: str) -> None:
    with pytest.raises(NetworkRefused):
        hooks.endpoint(url)
    made = hooks.endpoint()
    with pytest.raises(NetworkRefused):
        hooks.endpoints.change(hooks.tenant, made.id, who="key:1", url=url)
    assert hooks.endpoints.get(hooks.tenant, made.id).url == URL


def test_what_is_no_address_of_the_web_is_refused(hooks: Hooks) -> None:
    with pytest.raises((FetchFailed, NetworkRefused)):
        hooks.endpoint("file:///etc/passwd")
    with pytest.raises(ModerationUnfit):
        hooks.endpoint(URL + "x" * 2000)


def test_kinds_that_are_none_are_refused(hooks: Hooks) -> None:
    with pytest.raises(ModerationUnfit, match=r"decision\.maed"):
        hooks.endpoint(kinds=["decision.maed"])
    with pytest.raises(ModerationUnfit, match=r"decision\.maed"):
        hooks.emit_to_all("a", "decision.maed")


def test_there_are_only_so_many(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    first = hooks.endpoint()
    hooks.endpoint()
    with pytest.raises(ModerationUnfit):
        hooks.endpoint()
    hooks.endpoints.remove(hooks.tenant, first.id, who="key:1")
    hooks.endpoint()


def test_a_rotation_signs_with_both_for_a_time(hooks: Hooks) -> None:
    made = hooks.endpoint()
    rotated = hooks.endpoints.rotate(hooks.tenant, made.id, who="key:1")

    def signs() -> tuple[int, ...]:
        from countermark.docket import times

        return rotated.generations(times.written(hooks.clock()))

    assert signs() == (2, 1)
    hooks.clock.move(seconds=DAY - 1)
    assert signs() == (2, 1)
    hooks.clock.move(seconds=1)
    assert signs() == (2,)
    leaked = hooks.endpoints.rotate(hooks.tenant, made.id, who="key:1", overlap_s=0)
    assert leaked.generations(leaked.overlap_until or "") == (3,)
    with pytest.raises(ModerationUnfit):
        hooks.endpoints.rotate(hooks.tenant, made.id, who="key:1", overlap_s=-1)


def test_a_disabled_one_is_owed_nothing_and_told_nothing(hooks: Hooks) -> None:
    made, other = hooks.endpoint(), hooks.endpoint(kinds=["endpoint.disabled"])
    waiting = hooks.emit("a")
    disabled = hooks.endpoints.change(hooks.tenant, made.id, who="key:1", enabled=False)
    assert not disabled.enabled and disabled.disabled_why == "disabled by key:1"
    assert (hooks.get(waiting).state, hooks.due(made)) == ("dead", [])
    assert hooks.emit_to_all("a") == ()
    with pytest.raises(ModerationUnfit):
        hooks.endpoints.test(hooks.tenant, made.id)
    with pytest.raises(ModerationUnfit):
        hooks.outbox.replay(hooks.tenant, made.id, who="key:1")
    (told,) = hooks.due(other)
    assert json.loads(hooks.get(told).body)["data"] == {
        "endpoint": made.id,
        "why": "disabled by key:1",
        "given_up": 1,
    }
    hooks.endpoints.change(hooks.tenant, made.id, who="key:1", enabled=True)
    assert hooks.outbox.replay(hooks.tenant, made.id, who="key:1") == 1
    assert hooks.due(made) == [waiting]


def test_one_that_was_removed_is_gone_with_its_address(hooks: Hooks) -> None:
    made = hooks.endpoint("https://receiver.example/hook?token=s3cret")
    waiting = hooks.emit("a")
    hooks.endpoints.remove(hooks.tenant, made.id, who="key:1")
    with pytest.raises(ModerationMissing):
        hooks.endpoints.get(hooks.tenant, made.id)
    assert hooks.get(waiting).state == "dead" and hooks.due(made) == []
    with engine.reading(hooks.url) as connection:
        assert connection is not None
        entries = [one for one in ledger.entries(connection) if made.id in one.body]
    assert [json.loads(one.body)["change"] for one in entries] == ["created", "removed"]
    assert {one.kind for one in entries} == {"moderation.endpoint"}
    assert not any("s3cret" in one.body for one in entries)


def test_a_test_goes_to_it_alone_whatever_it_wants(hooks: Hooks) -> None:
    made, other = hooks.endpoint(kinds=["policy.changed"]), hooks.endpoint()
    delivery = hooks.get(hooks.endpoints.test(hooks.tenant, made.id))
    assert (delivery.kind, delivery.endpoint_id, delivery.sequence) == ("endpoint.test", made.id, 1)
    assert hooks.due(made) == [delivery.id] and hooks.due(other) == []


def test_one_that_says_gone_is_disabled(hooks: Hooks) -> None:
    made, other = hooks.endpoint(kinds=["decision.made"]), hooks.endpoint(kinds=["endpoint.disabled"])
    first, second = hooks.emit("a"), hooks.emit("b")
    hooks.fail(first, "answered 410", gone=True)
    assert [hooks.get(one).state for one in (first, second)] == ["dead", "dead"]
    assert hooks.endpoints.get(hooks.tenant, made.id).disabled_why == "answered 410"
    assert [hooks.get(one).kind for one in hooks.due(other)] == ["endpoint.disabled"]


def test_one_to_whom_nothing_arrives_for_days_is_disabled(hooks: Hooks) -> None:
    made, other = hooks.endpoint(kinds=["decision.made"]), hooks.endpoint(kinds=["endpoint.disabled"])
    hooks.fail(hooks.emit("a"))
    hooks.clock.move(days=4)
    hooks.fail(hooks.emit("b"))
    hooks.deliver(hooks.emit("c"))  # something arrived
    hooks.clock.move(days=4)
    hooks.fail(hooks.emit("d"))
    assert hooks.endpoints.get(hooks.tenant, made.id).enabled
    hooks.clock.move(days=5)
    hooks.fail(hooks.emit("e"), "answered 503")
    found = hooks.endpoints.get(hooks.tenant, made.id)
    assert found.disabled_why == "nothing has arrived for 5 days; the last try: answered 503"
    assert [hooks.get(one).kind for one in hooks.due(other)] == ["endpoint.disabled"]
