"""Idempotency keys: what is laid under one is laid once, together with it or not at all."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from countermark.docket import PUBLIC, Claim, Idempotency, KeyTaken, Opened, Request, Stamps, Standing, Uploads
from countermark.errors import CheckMissing
from countermark.tests.docket.rooms import DAY, Room, at_once


def _keys(room: Room) -> Idempotency:
    return Idempotency(room.options, clock=room.clock)


def _claim(room: Room, key: str = "k") -> Claim:
    return Claim(room.tenant, key, "POST /v1/checks", "aa")


def _request(room: Room, tenant: str = "") -> Request:
    return Request(tenant_id=tenant or room.tenant, made_by="key:a", source="upload", name="clip.mp4")


def _laid(room: Room, claim: Claim) -> Opened | None:
    try:
        return room.docket.open(_request(room), claim=claim)
    except KeyTaken:
        return None


def test_the_same_again_is_what_was_made(room: Room) -> None:
    claim = _claim(room)
    assert _keys(room).standing(claim) == Standing("first")
    opened = _laid(room, claim)
    assert opened is not None and _keys(room).standing(claim) == Standing("made", opened.check.id)
    assert _laid(room, claim) is None
    assert [one.id for one in room.docket.listed(room.tenant).checks] == [opened.check.id]


def test_something_else_under_the_same_key_is_a_conflict(room: Room) -> None:
    claim = _claim(room)
    _laid(room, claim)
    for other in (replace(claim, request_hash="bb"), replace(claim, route="POST /v1/stamps")):
        assert _keys(room).standing(other) == Standing("conflict")
        assert _laid(room, other) is None
    assert _keys(room).standing(replace(claim, tenant_id=room.tenant + "_b")) == Standing("first")


def test_what_was_not_laid_leaves_its_key_free(room: Room) -> None:
    """A process that dies between the two has written neither."""
    claim = _claim(room)
    with pytest.raises(CheckMissing):
        room.docket.open(_request(room), upload_id="upl_none", claim=claim)
    assert _keys(room).standing(claim) == Standing("first") and _laid(room, claim) is not None


def test_whoever_loses_takes_no_upload(room: Room) -> None:
    claim, uploads = _claim(room), Uploads(room.options, clock=room.clock)
    _laid(room, claim)
    upload = uploads.begin(room.tenant, "key:a", "clip.mp4", 1, "tus")
    uploads.whole(upload.id, "0" * 64, size=1)
    given: dict[str, Any] = {"upload_id": upload.id, "claim": claim}
    with pytest.raises(KeyTaken):
        room.docket.open(_request(room), **given)
    with pytest.raises(KeyTaken):
        Stamps(room.options, clock=room.clock).open(room.tenant, "key:a", "x", {}, **given)
    assert uploads.get(upload.id).used_at is None


def test_a_stamp_has_its_key_too(room: Room) -> None:
    claim = replace(_claim(room), route="POST /v1/stamps")
    stamp = Stamps(room.options, clock=room.clock).open(room.tenant, "key:a", "x", {}, source_key="s", claim=claim)
    assert _keys(room).standing(claim) == Standing("made", stamp.id)


def test_a_key_is_kept_for_a_day(room: Room) -> None:
    for key in ("swept", "asked"):
        _laid(room, _claim(room, key))
    room.clock.move(DAY)
    room.docket.sweep()
    assert _keys(room).standing(_claim(room, "swept")).state == "made"
    room.clock.move(1)
    assert _keys(room).standing(_claim(room, "asked")) == Standing("first")
    assert _laid(room, _claim(room, "asked")) is not None
    room.docket.sweep()
    assert _laid(room, _claim(room, "swept")) is not None


def test_of_many_at_once_one_is_the_first(room: Room) -> None:
    for number in range(10):
        call = partial(_laid, room, _claim(room, f"k{number}"))
        assert sum(one is not None for one in at_once(call, call, call)) == 1


def test_the_secret_of_an_open_check_is_made_again(room: Room) -> None:
    opened = room.docket.open(_request(room, PUBLIC))
    assert opened.manage and room.docket.manage_of(opened.check) == opened.manage
    assert room.docket.may_manage(opened.check.id, opened.manage)
    other = room.docket.open(_request(room, PUBLIC))
    assert other.manage != opened.manage and not room.docket.may_manage(other.check.id, opened.manage)
    assert room.docket.manage_of(room.docket.open(_request(room)).check) is None
