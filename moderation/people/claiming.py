"""Whose turn it is: one person at a review at a time, for as long as the queue allows. Decides nothing.

Claims are no line of the ledger, so that reviewers do not wait for each other: on PostgreSQL, rows that somebody else
is taking are passed over; SQLite has one writer at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...docket import times
from ...docket.desk import Desk
from ...errors import ModerationMissing, ModerationUnfit
from . import appeals, packing, queues, room
from .values import ReviewJob

if TYPE_CHECKING:
    from sqlalchemy import Connection

Row = dict[str, Any]
PERSON = "person:"  # as people are called; programs are "key:"


def take_next(desk: Desk, tenant_id: str, who: str, queue: str | None = None) -> ReviewJob | None:
    """Claim what is next for somebody: of one queue, or of all that they may work. None: nothing waits for them.

    Who is at one already is given that one.
    """
    from ...store import review_rows

    with desk.changing() as connection:
        mine = [one.name for one in queues.every(connection, tenant_id) if one.open_to(who)]
        if queue is not None and queue not in mine:
            raise ModerationMissing(f"there is no queue {queue} that {who} may work")
        names = mine if queue is None else [queue]
        row = review_rows.next_for(connection, tenant_id, who, names, desk.now())
        return None if row is None else _claimed(desk, connection, row, who)


def take(desk: Desk, tenant_id: str, review_id: str, who: str) -> ReviewJob:
    """Claim one review."""
    from ...store import review_rows

    with desk.changing() as connection:
        row = locked(connection, tenant_id, review_id, who)
        if row["settled_at"] is not None:
            raise ModerationUnfit(f"review {review_id} is settled already", advice="take the next one")
        if row["claimed_by"] not in (None, who) and row["claimed_until"] > desk.now():
            raise ModerationUnfit(f"somebody else is at review {review_id}", advice="take the next one")
        if not review_rows.may(connection, review_id, who):
            advice = "another person is to look at it; take the next one"
            raise ModerationUnfit(f"{who} has a part in review {review_id}, or in what it is about", advice=advice)
        return _claimed(desk, connection, row, who)


def extend(desk: Desk, tenant_id: str, review_id: str, who: str) -> ReviewJob:
    """Begin a claim's time anew, while it lasts."""
    with desk.changing() as connection:
        row = mine(desk, connection, tenant_id, review_id, who)
        return _claimed(desk, connection, {**row, "claimed_until": None}, who)


def give_back(desk: Desk, tenant_id: str, review_id: str, who: str) -> None:
    """Let others have it; who no longer has it gives nothing back."""
    from ...store import review_rows

    with desk.changing() as connection:
        row = locked(connection, tenant_id, review_id, who)
        if row["claimed_by"] == who and row["settled_at"] is None:
            review_rows.change(connection, review_id, claimed_by=None, claimed_until=None)


def mine(desk: Desk, connection: Connection, tenant_id: str, review_id: str, who: str) -> Row:
    """Lock a review that somebody is at, and give its row; ModerationUnfit where they are not, or no longer."""
    row = locked(connection, tenant_id, review_id, who)
    if row["settled_at"] is not None:
        raise ModerationUnfit(
            f"review {review_id} is settled already", advice="what was decided stands; appeal or undo"
        )
    if row["claimed_by"] != who:
        taken = "has gone to somebody else, or was given back"
        raise ModerationUnfit(f"review {review_id} is not claimed by {who}: it {taken}", advice="take the next one")
    if row["claimed_until"] <= desk.now():
        said = f"the time for review {review_id} ran out at {row['claimed_until']}"
        raise ModerationUnfit(said, advice="claim it again, if nobody else has, and extend the claim in time")
    return row


def locked(connection: Connection, tenant_id: str, review_id: str, who: str) -> Row:
    """Lock a review that is there for somebody, and give its row."""
    from ...store import review_rows

    row = review_rows.locked(connection, review_id)
    if row is None or row["tenant_id"] != tenant_id:
        raise ModerationMissing(f"there is no review {review_id}")
    open_for(connection, row, who)
    return row


def open_for(connection: Connection, row: Row, who: str) -> None:
    """Let nobody see a review in whose queue they have no part."""
    if not queues.known(connection, row["tenant_id"], row["queue"]).open_to(who):
        raise ModerationMissing(f"there is no review {row['id']} that {who} may see")


def _claimed(desk: Desk, connection: Connection, row: Row, who: str) -> ReviewJob:
    """Write the claim, unless it stands, and give the review as this person may see it."""
    from ...store import review_rows

    now = desk.now()
    if row["claimed_by"] != who or row["claimed_until"] is None or row["claimed_until"] <= now:
        until = times.later(now, seconds=queues.known(connection, row["tenant_id"], row["queue"]).claim_s)
        review_rows.change(connection, row["id"], claimed_by=who, claimed_until=until)
        review_rows.see(connection, row["id"], who)
        row = {**row, "claimed_by": who, "claimed_until": until}
    return shown(connection, row, who)


def shown(connection: Connection, row: Row, who: str | None) -> ReviewJob:
    """Give a review as somebody may see it: until it is settled, nobody's opinion but their own.

    What the verdict says is for people who claimed it once: whoever only looked may still be given the blind one.

    who: None for the service itself, which sees all opinions.
    """
    from ...store import report_rows, review_rows

    found = map(packing.opinion, review_rows.opinions(connection, row["id"]))
    over = row["settled_at"] is not None or who is None
    opinions = tuple(one for one in found if over or one.who == who)
    of = room.submission(connection, row["submission_id"])
    notices = tuple(map(packing.notice, report_rows.of_review(connection, row["id"])))
    hidden = who is not None and who.startswith(PERSON) and not review_rows.saw(connection, row["id"], who)
    appeal = appeals.of_review(connection, row["id"]) if row["kind"] == "appeal" else None
    if appeal is not None:
        notices = appeals.notices_of(connection, appeal.decision_id)
    return packing.job(row, of, opinions, notices, appeal, hidden=hidden)
