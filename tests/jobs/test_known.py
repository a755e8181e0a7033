"""What is known before a look: looks at the same bytes are taken over within a tenant, and banks are asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countermark import verify
from countermark.docket import PUBLIC, Check
from countermark.jobs import Worker, known
from countermark.media import Looked
from countermark.moderation.banking import Banking
from countermark.moderation.banks import Banks, Signals
from countermark.moderation.deciding import Deciding
from countermark.moderation.hooks import Endpoints
from countermark.moderation.shelf import Shelf
from countermark.moderation.values import Action, Decision
from countermark.settings import Settings
from countermark.tests import databases
from countermark.tests.jobs.rooms import TENANT, Room, options, until
from countermark.tests.moderation.rooms import EDITOR, POLICY, document
from countermark.tests.recipes import clip

RULE = """  - id: known
    why: A bank of ours knows it.
    when: {bank.KNOWN.matched: {is: true}}
    then: [block]
"""


class Looks:
    """Counts looks, each of which is a real one."""

    def __init__(self) -> None:
        self.number, self._look = 0, verify.looked_at

    def __call__(self, *given: Any, **more: Any) -> Looked:
        self.number += 1
        return self._look(*given, **more)


@pytest.fixture(scope="module", params=databases.KINDS)
def working(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    room = Room(options(request.param, tmp_path_factory.mktemp("known")))
    with Worker(room.options):
        yield room


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    made = Looks()
    monkeypatch.setattr(verify, "looked_at", made)
    return made


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


def made(folder: Path, seed: int) -> Path:
    """Give a clip of its own bytes, long enough for a fingerprint."""
    path = folder / f"clip-{seed}.mp4"
    return path if path.exists() else clip(path, seconds=1, size=(64, 64), seed=seed)


def seen(room: Room, check: Check) -> list[tuple[str, str]]:
    events = (one.body for one in room.docket.events(check.id) if one.kind == "evidence")
    return [(one["examiner"], one["finding"]) for one in events]


def test_the_same_bytes_again_cost_a_look_up(working: Room, looks: Looks, clips: Path) -> None:
    path = made(clips, 1)
    first, again = working.over(working.asked(path)), working.over(working.asked(path, name="other.mp4"))
    third = working.over(working.asked(path))
    assert looks.number == 1
    assert first.verdict is not None and first.verdict == again.verdict == third.verdict
    assert again.revisions[0].versions == first.revisions[0].versions
    assert seen(working, first) == seen(working, again) != []
    ours = [(one.name, one.words, working.objects.read(one.object_key)) for one in again.pictures]
    assert ours == [(one.name, one.words, working.objects.read(one.object_key)) for one in first.pictures] != []
    assert all(one.object_key.startswith(f"pictures/{again.id}/") for one in again.pictures)


@pytest.mark.parametrize("working", ["sqlite"], indirect=True)
def test_nobody_learns_by_the_time_that_another_had_the_file(working: Room, looks: Looks, clips: Path) -> None:
    path = made(clips, 2)
    for tenant in (TENANT, "ten_b", PUBLIC, PUBLIC):
        working.over(working.asked(path, tenant_id=tenant))
    assert looks.number == 4


@pytest.mark.parametrize("working", ["sqlite"], indirect=True)
def test_what_was_deleted_is_looked_at_again(working: Room, looks: Looks, clips: Path) -> None:
    path = made(clips, 3)
    first = working.over(working.asked(path))
    working.docket.delete(first.id, "key:1")
    check = working.over(working.asked(path))
    assert looks.number == 2
    assert check.status == "succeeded" and check.pictures


@pytest.mark.parametrize("working", ["sqlite"], indirect=True)
def test_pictures_that_are_gone_are_drawn_anew(working: Room, looks: Looks, clips: Path) -> None:
    path = made(clips, 4)
    first = working.over(working.asked(path))
    working.objects.delete(first.pictures[0].object_key)
    check = working.over(working.asked(path))
    assert looks.number == 1
    assert [one.name for one in check.pictures] == [one.name for one in first.pictures]
    assert all(working.objects.size(one.object_key) for one in check.pictures)


@pytest.mark.parametrize("working", ["sqlite"], indirect=True)
def test_a_digest_that_was_only_said_takes_nothing_over(working: Room, clips: Path) -> None:
    first = working.over(working.asked(made(clips, 5)))
    other = made(clips, 6)
    check = working.over(working.asked(other, content_hash=first.content_hash, bytes=other.stat().st_size))
    assert check.error is not None and check.error.type == "ObjectMissing"


def test_a_look_depends_on_bytes_versions_settings_and_tenant(tmp_path: Path) -> None:
    room = Room(options("sqlite", tmp_path))
    check = room.docket.get(room.laid(content_hash="ab" * 32, bytes=1, object_key="uploads/1"))
    path, now = Path("clip.mp4"), {"av": "1"}
    finer = room.options.model_copy(update={"detector": "always"})

    def key(of: Check, options: Settings, versions: dict[str, str], at: Path = path) -> str | None:
        return known.look_key(of, at, options, versions)

    public = room.docket.get(room.laid(tenant_id=PUBLIC, content_hash="ab" * 32, bytes=1, object_key="uploads/1"))
    keys = [
        key(check, room.options, now),
        key(check, room.options, {"av": "2"}),
        key(check, finer, now),
        key(check, room.options, now, Path("clip.webm")),
    ]
    assert len(set(keys)) == 4 and None not in keys
    assert key(public, room.options, now) is None
    assert key(check, room.options, {"detector model": "not readable: gone"}) is None


# Banks --------------------------------------------------------------------------------------------------------------


def policed(room: Room, tenant: str) -> None:
    shelf = Shelf(room.options)
    shelf.add(tenant, POLICY, document(RULE, undo_s=0), by=EDITOR)
    shelf.set_state(tenant, POLICY, 1, "LIVE", by=EDITOR)


def decisions(room: Room, check_id: str) -> tuple[Decision, ...]:
    deciding = Deciding(room.options)
    of = deciding.of_check(check_id)
    assert of is not None
    return deciding.of_submission(of.id)


def told(room: Room, kind: str) -> list[dict[str, Any]]:
    rows = databases.ask(room.options.database_url, f"SELECT body FROM hook_deliveries WHERE kind = '{kind}'")
    return [json.loads(str(body))["data"] for (body,) in rows]


def test_a_restricted_bank_closes_what_it_knows_and_changes_no_verdict(working: Room, clips: Path) -> None:
    tenant, path = "ten_banks", made(clips, 7)
    plain = working.over(working.asked(path, tenant_id=tenant))
    banks = Banks(working.options)
    banks.create(tenant, "KNOWN", EDITOR, restricted=True)
    banks.add(tenant, "KNOWN", Signals(sha256=plain.content_hash), EDITOR)
    policed(working, tenant)
    Endpoints(working.options).create(tenant, "http://127.0.0.1:9/hook", who=EDITOR, kinds=("bank.matched",))
    check = working.over(working.asked(path, tenant_id=tenant, item_id="1", item_type="video"))
    assert check.verdict == plain.verdict
    assert plain.pictures and not check.pictures
    assert banks.closed(check.id) and "legal_order" in [one.reason for one in check.holds]
    until(lambda: decisions(working, check.id))
    assert [one.actions for one in decisions(working, check.id)] == [(Action("block"),)]
    (event,) = told(working, "bank.matched")
    assert (event["check"], event["matches"][0]["restricted"]) == (check.id, True)
    review = (
        f"SELECT q.restricted FROM reviews r JOIN review_queues q ON q.name = r.queue WHERE r.of_check = '{check.id}'"
    )
    assert [bool(one) for (one,) in databases.ask(working.options.database_url, review)] == [True]


@pytest.mark.parametrize("working", ["sqlite"], indirect=True)
def test_a_copy_of_what_is_known_is_found_and_what_is_not_known_is_said(working: Room, clips: Path) -> None:
    tenant, banks = "ten_alike", Banks(working.options)
    large: dict[str, Any] = {"seconds": 2, "size": (320, 240)}
    original = working.over(working.asked(clip(clips / "original.mp4", seed=8, **large), tenant_id=tenant))
    copy = clip(clips / "copy.mp4", seed=8, options={"crf": "30"}, **large)
    banks.create(tenant, "KNOWN", EDITOR)
    banks.add_check(tenant, "KNOWN", original, EDITOR)
    facts = Banking(working.options).facts
    checked = {}
    for name, path in {"copy": copy, "other": made(clips, 9)}.items():
        check = working.over(working.asked(path, tenant_id=tenant, item_id=name, item_type="video"))
        until(lambda check=check: Deciding(working.options).owed() == ())  # type: ignore[misc]
        of = Deciding(working.options).of_check(check.id)
        assert of is not None
        checked[name] = facts(of, check.verdict)["bank.KNOWN.matched"]
    assert checked == {"copy": True, "other": False}


@pytest.mark.parametrize("working", ["sqlite"], indirect=True)
def test_what_was_not_held_to_a_bank_is_unknown_to_policies(working: Room, clips: Path) -> None:
    tenant, banking = "ten_unknown", Banking(working.options)
    Banks(working.options).create(tenant, "KNOWN", EDITOR)
    check_id = working.laid(made(clips, 9), tenant_id=tenant, item_id="1", item_type="video")
    check, of = working.docket.get(check_id), Deciding(working.options).of_check(check_id)
    assert of is not None
    banking.by_digest(check)
    banking.by_look(check, None)
    assert banking.facts(of, None) == {}


# Events -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("working", ["sqlite"], indirect=True)
def test_who_wants_to_hear_of_checks_hears_once_of_each_end(working: Room, clips: Path) -> None:
    tenant = "ten_events"
    kinds = ("check.finished", "check.verdict_changed")
    Endpoints(working.options).create(tenant, "http://127.0.0.1:9/hook", who=EDITOR, kinds=kinds)
    check = working.over(working.asked(made(clips, 9), tenant_id=tenant, item_id="1", item_type="video"))
    until(lambda: told(working, "check.finished"))
    (finished,) = told(working, "check.finished")
    assert (finished["check"], finished["item"], finished["status"]) == (check.id, "1", "succeeded")
