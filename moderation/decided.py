"""What was decided, for people and programs to read: in pages, with why in words; and taking it back. Decides nothing.

A decision that a review brought about is taken back through that review, which then waits again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..docket import cursors
from ..docket.desk import Desk
from ..docket.packing import text as fit
from ..errors import ModerationMissing
from . import recording
from .deciding import Deciding
from .people import reviewing
from .values import Decision, Item

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MOST_NAMED = 5  # rules or facts in one line


@dataclass(frozen=True)
class Decisions:
    """Some decisions, the last made first, and where the list goes on."""

    decisions: tuple[Decision, ...]
    next: str | None = None


def of_check(desk: Desk, tenant_id: str, check_id: str, cursor: str | None, limit: int) -> Decisions | None:
    """Give what was decided about a tenant's check; None: it is of no item, or not there."""
    from ..store import decision_rows

    before, limit = cursors.place(cursor), cursors.within(limit)
    with desk.reading() as connection:
        row = None if connection is None else decision_rows.submission_of(connection, check_id)
        if connection is None or row is None or row["tenant_id"] != tenant_id:
            return None
        rows = decision_rows.page_of(connection, tenant_id, limit + 1, before, check_id=check_id)
        return _page(connection, rows, limit)


def of_item(desk: Desk, tenant_id: str, item: Item, cursor: str | None, limit: int) -> Decisions:
    """Give what was decided about an item of a tenant's, whichever of its submissions it was about."""
    from ..store import decision_rows

    before, limit = cursors.place(cursor), cursors.within(limit)
    with desk.reading() as connection:
        if connection is None or not decision_rows.is_item(connection, tenant_id, item.type_id, item.id):
            advice = "items are those that checks name: `item_id` and `item_type`"
            raise ModerationMissing(f"there is no item {item.id} of type {item.type_id}", advice=advice)
        rows = decision_rows.page_of(connection, tenant_id, limit + 1, before, item=(item.type_id, item.id))
        return _page(connection, rows, limit)


def reviewed(desk: Desk, decision_id: str) -> bool:
    """Whether people made a decision in a review, and take it back with that."""
    from ..store import review_rows

    with desk.reading() as connection:
        return connection is not None and review_rows.of_decision(connection, decision_id) is not None


def undo(desk: Desk, tenant_id: str, decision_id: str, *, by: str, note: str) -> Decision:
    """Take a decision back before its effects go out, and give the one by which all is as before it."""
    from ..store import decision_rows, review_rows

    deciding = Deciding(desk.options, desk=desk)
    old = deciding.get(decision_id, tenant_id)
    with desk.reading() as connection:
        review = None if connection is None else review_rows.of_decision(connection, decision_id)
    if review is None:
        return deciding.undo(decision_id, by=by, note=fit(note), tenant_id=tenant_id)
    reviewing.undo(desk, tenant_id, review["id"], by, note)
    with desk.reading() as connection:
        assert connection is not None
        made = decision_rows.made(connection, old.submission.id, old.policy_id, "live", f"undo {decision_id}")
    assert made is not None
    return recording.decision(made, old.submission)


def why(decision: Decision) -> str:
    """Say in one line why it was decided so."""
    ruling = decision.ruling
    if decision.occasion == "undo":
        return f"the decision before was undone{_said(decision.note)}"
    if not decision.automated:
        word = "on appeal" if decision.occasion == "appeal" else "in review"
        return f"people decided so {word}{_said(decision.note)}"
    held = _few([f"{one.rule}: {one.why}" for one in ruling.held], " ")
    if ruling.effect == "review" and ruling.unsure:
        rules = _few([one.rule for one in ruling.unsure], ", ")
        missing = _few(sorted({name for one in ruling.unsure for name in one.missing}), ", ")
        return " ".join(f"{held} people look first: nobody can say whether {rules} holds without {missing}".split())
    if ruling.effect == "review":
        return f"people look first: {held}" if held else "people look first: they decided otherwise before"
    waiting = _few([f"{one.rule}: {one.why}" for one in ruling.background], " ")
    if waiting and decision.background:
        return f"were it to act, this would hold: {waiting}"
    return held or "no rule held"


def _said(note: str) -> str:
    return f": {' '.join(note.split())}" if note.strip() else ""


def _few(words: list[str], between: str) -> str:
    more = f"{between}and {len(words) - _MOST_NAMED} more" if len(words) > _MOST_NAMED else ""
    return between.join(words[:_MOST_NAMED]) + more


def _page(connection: Connection, rows: list[dict[str, object]], limit: int) -> Decisions:
    from ..store import decision_rows

    shown = rows[:limit]
    found = decision_rows.submissions_named(connection, {str(row["submission_id"]) for row in shown})
    of = {row["id"]: recording.submission(row) for row in found}
    made = tuple(recording.decision(row, of[row["submission_id"]]) for row in shown)
    last = rows[limit - 1] if len(rows) > limit else None
    return Decisions(made, None if last is None else cursors.after({"created_at": last["made_at"], "id": last["id"]}))
