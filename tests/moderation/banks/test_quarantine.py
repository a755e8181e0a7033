"""What a match in a restricted bank does: it closes the media, keeps it, and tells nobody."""

from __future__ import annotations

import pytest

from countermark.errors import CheckMissing, CheckUnfit, ModerationUnfit
from countermark.moderation.banks import Banks, Signals, vpdq
from countermark.store import engine, ledger
from countermark.tests.docket.rooms import DIGEST, HOUR, Room, at_once
from countermark.tests.moderation.banks.clips import Clips

ME = "person:1"


def _filled(room: Room, banks: Banks, clips: Clips, restricted: bool) -> None:
    banks.create(room.tenant, "KNOWN", ME, restricted=restricted)
    banks.add(room.tenant, "KNOWN", Signals(DIGEST, vpdq=vpdq.of_fingerprint(clips.original)), ME)


def test_a_match_in_a_restricted_bank_closes_and_keeps_the_media(room: Room, banks: Banks, clips: Clips) -> None:
    _filled(room, banks, clips, restricted=True)
    check = room.finished()
    assert not banks.closed(check.id)
    found = banks.matches(room.tenant, clips.copy, None)
    assert banks.keep(check, found) == found and banks.kept(check.id) == found
    assert banks.closed(check.id) and banks.quarantined(room.tenant) == (check.id,)
    (hold,) = room.docket.get(check.id).holds
    assert (hold.reason, hold.who) == ("legal_order", "service")
    room.clock.move(HOUR * 2)
    room.docket.sweep()
    assert room.has_media(check.id)
    with pytest.raises(CheckUnfit, match="held"):
        room.docket.delete(check.id, ME)
    assert room.docket.get(check.id).verdict == check.verdict  # no verdict comes of it


def test_it_may_be_said_again_and_at_once(room: Room, banks: Banks, clips: Clips) -> None:
    _filled(room, banks, clips, restricted=True)
    check = room.finished()
    found = banks.matches(room.tenant, clips.copy, DIGEST)
    assert len(found) == 2
    for kept in at_once(*[lambda: banks.keep(check, found)] * 3):
        assert len(kept) == 2
    assert len(room.docket.get(check.id).holds) == 1
    with engine.reading(room.url) as connection:
        assert connection is not None
        kinds = [one.kind for one in ledger.entries(connection) if check.id in one.body]
    assert kinds == ["bank.matched", "bank.quarantined"]


def test_an_open_bank_closes_nothing(room: Room, banks: Banks, clips: Clips) -> None:
    _filled(room, banks, clips, restricted=False)
    check = room.finished()
    assert len(banks.keep(check, banks.matches(room.tenant, clips.copy, None))) == 1
    assert not banks.closed(check.id) and banks.quarantined(room.tenant) == ()
    assert room.docket.get(check.id).holds == ()
    with pytest.raises(ModerationUnfit, match="not closed"):
        banks.reopen(check, ME)


def test_what_a_person_opened_the_same_match_does_not_close_again(room: Room, banks: Banks, clips: Clips) -> None:
    _filled(room, banks, clips, restricted=True)
    check = room.finished()
    similar = banks.matches(room.tenant, clips.copy, None)
    banks.keep(check, similar)
    banks.reopen(check, ME)
    banks.keep(check, similar)
    assert not banks.closed(check.id) and banks.quarantined(room.tenant) == ()
    banks.keep(check, banks.exact(room.tenant, DIGEST))  # this one is new
    assert banks.closed(check.id) and len(room.docket.get(check.id).holds) == 1


def test_what_is_deleted_is_not_kept_again(room: Room, banks: Banks, clips: Clips) -> None:
    _filled(room, banks, clips, restricted=True)
    check = room.finished()
    room.docket.delete(check.id, ME)
    with pytest.raises(CheckMissing):
        banks.keep(check, banks.exact(room.tenant, DIGEST))
    assert not banks.closed(check.id) and banks.kept(check.id) == ()


def test_the_queue_is_of_one_tenant_and_goes_on(room: Room, banks: Banks, clips: Clips) -> None:
    _filled(room, banks, clips, restricted=True)
    checks = [room.finished() for _ in range(3)]
    for check in checks:
        banks.keep(check, banks.exact(room.tenant, DIGEST))
    first = banks.quarantined(room.tenant, limit=2)
    assert first + banks.quarantined(room.tenant, after=first[-1]) == tuple(sorted(one.id for one in checks))
    assert banks.quarantined("ten_other") == ()
    banks.drop(room.tenant, "KNOWN", ME)
    assert all(banks.closed(check.id) for check in checks)
