"""The audit of the ledger: what was decided, and by which policies, is held to it; whoever changes either is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from countermark.errors import LedgerBroken
from countermark.moderation.auditing import audit, lines
from countermark.store import engine
from countermark.tests import databases
from countermark.tests.docket.rooms import options
from countermark.tests.moderation.rooms import LABELS, REVIEWER, Room, document

CHANGES = {
    "UPDATE decisions SET actions = '[]'": "is not as the ledger has it",
    "UPDATE decisions SET made_by = 'person:somebody'": "is not as the ledger has it",
    "UPDATE decisions SET standing = NOT standing": "is not as the ledger has it",
    "UPDATE decisions SET id = 'dec_other' WHERE id = (SELECT max(id) FROM decisions)": "is gone",
    "UPDATE policy_versions SET document = document || ' '": "is not as the ledger has it",
    "UPDATE policy_versions SET state = 'DRAFT'": "is not as the ledger has it",
    "UPDATE policy_versions SET number = 7": "does not know of version 7",
    "UPDATE decisions SET undone_at = '2026'": "was taken back is not as",
    "UPDATE decisions SET undone_at = NULL": "was taken back is not as",
    "UPDATE decisions SET out_at = NULL": "whose effects went out",
    "UPDATE decisions SET out_at = '2026'": "whose effects went out",
    "UPDATE decisions SET effective_at = '2099'": "is not as the ledger has it",
    "UPDATE submissions SET item_id = 'other'": "is not as the ledger has it",
    "UPDATE policies SET by_default = NOT by_default": "for whom policy",
    "UPDATE policy_versions SET former = 1": "is not as the ledger has it",
    "UPDATE policy_changes SET who = 'person:somebody'": "change 1 of policy",
    "DELETE FROM policy_changes": "change 1 of policy",
}


@pytest.fixture(params=databases.KINDS)
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Room:
    """Of its own, since what is broken stays so."""
    return Room(options(databases.new(request.param, tmp_path), tmp_path), "ten_audited")


def test_what_was_decided_is_held_to_the_ledger(room: Room) -> None:
    assert audit(room.url).decisions == 0
    room.live()
    made = room.decided()
    room.deciding.undo(made.id, by=REVIEWER, note="too early")
    room.live(document(LABELS, undo_s=5))
    found = audit(room.url)
    assert (found.decisions, found.policy_versions) == (2, 2) and found.checked.lines > 4
    told = lines(room.url, kind="moderation.decision", about=made.id)
    assert [line.kind for line in told] == ["moderation.decision"]
    assert [line.seq for line in lines(room.url, limit=2)] == [found.checked.lines, found.checked.lines - 1]
    assert lines(room.url, before=2)[0].seq == 1 and not lines(room.url, since="9999")


@pytest.mark.parametrize("room", ["sqlite"], indirect=True)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_behind_its_back_is_found(room: Room, change: str) -> None:
    room.live()
    room.decided(item="out")
    room.clock.move(seconds=301)
    assert room.hand_on()
    room.deciding.undo(room.decided().id, by=REVIEWER, note="too early")
    audit(room.url)
    with engine.changing(room.url) as connection:
        connection.execute(text(change))
    with pytest.raises(LedgerBroken, match=CHANGES[change]):
        audit(room.url)


def test_a_decision_that_the_ledger_does_not_know(room: Room) -> None:
    room.live()
    made = room.decided()
    with engine.changing(room.url) as connection:
        names = ", ".join(c for c in _columns() if c not in ("id", "number", "occasion_key"))
        copied = f"SELECT 'dec_new', 99, 'x', {names} FROM decisions WHERE id = :id"
        asked = f"INSERT INTO decisions (id, number, occasion_key, {names}) {copied}"
        connection.execute(text(asked), {"id": made.id})
    with pytest.raises(LedgerBroken, match="does not know of"):
        audit(room.url)


def _columns() -> list[str]:
    from countermark.store.moderation import decisions

    return [column.name for column in decisions.c]
