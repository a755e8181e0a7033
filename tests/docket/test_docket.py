"""Laying checks and reading them back: whole, by page, and each tenant's own alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from countermark.docket import PUBLIC, CheckError, Docket, Kept, Uploads
from countermark.errors import CheckMissing, CheckUnfit
from countermark.store import checks
from countermark.tests import databases
from countermark.tests.docket.rooms import DIGEST, VERSIONS, Room, by_a_person, options, signed, verdict


def test_what_is_asked_comes_back_as_it_was_said(room: Room) -> None:
    request = room.request(
        source="url",
        url="https://example.org/clip.mp4",
        lane="bulk",
        group_id="grp_1",
        rendition={"height": 720},
        callback_url="https://example.org/back",
        external_id="é\ud83d",  # half of a letter, as JSON may bring it
        policy_id="p",
        metadata={"a": [1, None]},
        kept=Kept(60.0, 1.0),
    )
    opened = room.docket.open(request)
    check = room.docket.get(opened.check.id, room.tenant)
    assert check == opened.check and opened.manage is None
    for name in vars(request).keys() - {"address"}:  # of which a keyed hash is kept, and shown to nobody
        assert getattr(check, name) == getattr(request, name), name
    assert (check.status, check.stage, check.progress, check.over) == ("queued", "waiting", 0.0, False)
    assert [(e.number, e.kind, e.body) for e in room.docket.events(check.id)] == [(1, "stage", {"stage": "waiting"})]


def test_a_name_with_letters_that_no_database_takes_is_made_fit(room: Room) -> None:
    check = room.docket.get(room.laid(name="a\x00b\ud800.mp4", url="http://x/\x00"))
    assert check.name == "a�b�.mp4" and check.url == "http://x/�"


def test_reading_makes_no_database(tmp_path: Path) -> None:
    docket = Docket(options(f"sqlite:///{tmp_path / 'none' / 'r.sqlite'}", tmp_path))
    for call in (docket.get, docket.events):
        with pytest.raises(CheckMissing):
            call("chk_none")
    assert docket.listed("ten_a").checks == () and docket.looked("chk_none") is None
    assert not docket.may_manage("chk_none", "x") and docket.with_manifest("m") == ()
    assert not (tmp_path / "none").exists()


def test_importing_the_room_opens_no_database_driver() -> None:
    code = "import sys, countermark.docket; sys.exit('sqlalchemy' in sys.modules or 'obstore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


ASKED: dict[str, Callable[[Docket, str, str], object]] = {
    "get": lambda docket, id, tenant: docket.get(id, tenant),
    "events": lambda docket, id, tenant: docket.events(id, tenant_id=tenant),
    "cancel": lambda docket, id, tenant: docket.cancel(id, "key:2", tenant_id=tenant),
    "revise": lambda docket, id, tenant: docket.revise(
        id, by_a_person(), who="person:1", why="human", note="", versions={}, tenant_id=tenant
    ),
    "feedback": lambda docket, id, tenant: docket.give_feedback(id, "wrong", "", "key:2", tenant_id=tenant),
    "hold": lambda docket, id, tenant: docket.place_hold(id, "review", "", "person:1", tenant_id=tenant),
    "lift": lambda docket, id, tenant: docket.lift_hold(id, "hld_1", "person:1", tenant_id=tenant),
    "delete": lambda docket, id, tenant: docket.delete(id, "key:2", tenant_id=tenant),
}


@pytest.mark.parametrize("call", ASKED)
def test_what_is_another_tenant_s_is_not_there(room: Room, call: str) -> None:
    check_id = room.finished().id
    before = room.docket.get(check_id)
    for tenant, asked in (("ten_other", check_id), (PUBLIC, check_id), (room.tenant, "chk_none")):
        with pytest.raises(CheckMissing) as caught:
            ASKED[call](room.docket, asked, tenant)
        assert str(caught.value) == f"there is no check {asked}", "the same words, whether it is there or not"
    assert room.docket.get(check_id) == before


def test_a_list_is_a_tenant_s_own_and_goes_on_where_it_ended(room: Room) -> None:
    laid = []
    for _ in range(7):  # some of them in the same moment
        laid.append(room.laid())
        room.clock.move(len(laid) % 2)
    other = Room(room.options, room.tenant + "_b", room.clock)
    other.laid()
    page = room.docket.listed(room.tenant, limit=3)
    seen = [check.id for check in page.checks]
    while page.next is not None:
        late = room.laid()  # what comes between moves nothing
        page = room.docket.listed(room.tenant, limit=3, cursor=page.next)
        seen += [check.id for check in page.checks]
        room.docket.delete(late, "key:1")
    assert sorted(seen) == sorted(laid)
    times = [room.docket.get(check_id).created_at for check_id in seen]
    assert times == sorted(times, reverse=True)
    assert [len(other.docket.listed(other.tenant).checks), len(room.docket.listed("ten_none").checks)] == [1, 0]


def test_a_list_can_be_of_one_outcome_or_status(room: Room) -> None:
    waiting, found = room.laid(), room.finished(by_a_person()).id
    room.finished()
    listed = room.docket.listed
    assert [c.id for c in listed(room.tenant, outcome="likely_ai").checks] == [found]
    assert [c.id for c in listed(room.tenant, status="queued").checks] == [waiting]
    assert listed(room.tenant, outcome="likely_ai").checks[0].revisions == (), "a list is short"


@pytest.mark.parametrize("cursor", ["", "x", "é", "AAAA", "!!!", "bm9ibGFuaw", "AAAg//8", "IA\n"])
def test_a_cursor_of_somebody_s_own_is_refused(room: Room, cursor: str) -> None:
    with pytest.raises(CheckUnfit, match="cursor"):
        room.docket.listed(room.tenant, cursor=cursor)


def test_who_asks_without_a_key_has_a_secret_and_no_list(room: Room) -> None:
    opened = room.docket.open(room.request(tenant_id=PUBLIC, made_by="anonymous"))
    assert opened.manage is not None and opened.manage not in repr(opened)
    assert room.docket.may_manage(opened.check.id, opened.manage)
    for wrong in ("", opened.manage + "x", opened.manage[:-1], "é\ud800"):
        assert not room.docket.may_manage(opened.check.id, wrong)
    assert not room.docket.may_manage(room.laid(), ""), "with a key there is no secret, and none fits"
    assert room.docket.listed(PUBLIC).checks == ()
    rows = databases.ask(room.url, f"SELECT * FROM checks WHERE id = '{opened.check.id}'")
    assert opened.manage not in repr(rows)
    room.docket.delete(opened.check.id, "anonymous")
    assert not room.docket.may_manage(opened.check.id, opened.manage)


def test_ids_can_not_be_guessed(room: Room) -> None:
    ids = {room.laid() for _ in range(5)}
    assert len(ids) == 5
    assert all(len(one) == 30 and one.startswith("chk_") and set(one[4:]) <= set("abcdefghijklmnopqrstuvwxyz234567")
               for one in ids)  # fmt: skip


def test_the_checks_of_a_post_are_found_together(room: Room) -> None:
    group = f"grp_{room.tenant}"
    first, second = room.laid(group_id=group), room.laid(group_id=group)
    Room(room.options, "ten_other").laid(group_id=group)
    assert {check.id for check in room.docket.grouped(group, room.tenant)} == {first, second}


def test_a_post_of_several_media_is_split_once(room: Room) -> None:
    opened = room.docket.open(room.request(tenant_id=PUBLIC, source="post", url="https://x/1", kept=Kept(60.0)))
    check_id, manage = opened.check.id, opened.manage
    assert manage is not None
    room.clock.move(1)
    made = room.docket.split(check_id, [{"n": 0}, {"n": 1}, {"n": 2}])
    assert room.docket.split(check_id, [{"n": 0}, {"n": 1}, {"n": 2}]) == made
    assert made[0].id == check_id and [check.rendition for check in made[:1]] == [{"n": 0}]
    assert sorted(check.rendition["n"] for check in made[1:] if check.rendition) == [1, 2]
    group = made[0].group_id
    assert group is not None and room.docket.grouped(group, PUBLIC) == made
    for check in made:
        assert (check.url, check.kept, check.status, check.made_by) == ("https://x/1", Kept(60.0), "queued", "key:1")
        assert room.docket.may_manage(check.id, manage), "who asked may delete each"
        assert [event.number for event in room.docket.events(check.id)] == [1]


def test_a_post_of_one_medium_stays_one_check(room: Room) -> None:
    check_id = room.laid(source="post")
    (made,) = room.docket.split(check_id, [{"n": 0}])
    assert (made.id, made.group_id, made.rendition) == (check_id, None, {"n": 0})
    assert room.docket.split(check_id, []) == (made,)
    room.docket.delete(check_id, "key:1")
    with pytest.raises(CheckMissing):
        room.docket.split(check_id, [{"n": 0}, {"n": 1}])


def test_a_manifest_leads_to_the_checks_whose_latest_verdict_rests_on_it(room: Room) -> None:
    one, other = f"urn:{room.tenant}:1", f"urn:{room.tenant}:2"
    check = room.finished(signed(one))
    assert room.docket.with_manifest(one) == (check.id,)
    room.docket.revise(check.id, signed(other), who="the service", why="trust", note="", versions={})
    assert (room.docket.with_manifest(one), room.docket.with_manifest(other)) == ((), (check.id,))
    room.docket.delete(check.id, "key:1")
    assert room.docket.with_manifest(other) == ()


def test_an_upload_becomes_one_check(room: Room) -> None:
    uploads = Uploads(room.options, objects=room.objects, clock=room.clock)
    upload = uploads.begin(room.tenant, "key:1", "clip.mp4", 5, "presigned")
    with pytest.raises(CheckUnfit, match="not whole"):
        room.docket.open(room.request(), upload_id=upload.id)
    uploads.whole(upload.id, DIGEST, 5)
    with pytest.raises(CheckMissing):
        room.docket.open(room.request(tenant_id="ten_other"), upload_id=upload.id)
    check = room.docket.open(room.request(), upload_id=upload.id).check
    assert (check.object_key, check.content_hash, check.bytes) == (upload.object_key, DIGEST, 5)
    with pytest.raises(CheckUnfit, match="used"):
        room.docket.open(room.request(), upload_id=upload.id)
    assert len(room.docket.listed(room.tenant).checks) == 1, "what was refused left nothing"


def test_a_check_that_is_not_there_can_not_go_on(room: Room) -> None:
    calls: list[Callable[[], object]] = [
        lambda: room.docket.at_stage("chk_none", "look"),
        lambda: room.docket.fetched("chk_none", "media/x", DIGEST, 1),
        lambda: room.docket.keep_looked("chk_none", {}),
        lambda: room.docket.finish("chk_none", verdict(), VERSIONS),
        lambda: room.docket.fail("chk_none", CheckError("A", "b", "c")),
    ]
    for call in calls:
        with pytest.raises(CheckMissing):
            call()
    assert room.count(checks.check_events.name, "chk_none") == 0
