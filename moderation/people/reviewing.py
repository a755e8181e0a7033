"""What people say of a video, and what comes of it once enough of them agree: a decision, or for blind ones a label.

Where one person is asked, theirs counts. Where several are, all of them must say the same; else one more is asked at a
time, until more than half of all agree. Every opinion is kept. While effects are not out, it can be undone; the review
begins again then.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ...docket.desk import Desk
from ...docket.packing import text as fit
from ...docket.secrets import new_id
from ...errors import ModerationMissing, ModerationUnfit
from ..hooks import emit_with
from ..values import ACTIONS, Action, Decision, Item
from . import appeals, claiming, concluding, keeping, packing, queues, room, telling
from .values import CATEGORIES, FINDINGS, Opinion, ReviewJob, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

Row = dict[str, Any]
_MOST_WORDS = 5_000  # of a reason, as statements of reasons take
_MOST_ACTIONS = 20


def give(desk: Desk, tenant_id: str, review_id: str, who: str, said: Said) -> ReviewJob:
    """Say what somebody thinks of the review that they are at; give it as it stands then, settled or not."""
    from ...store import ledger, review_rows

    with desk.writing() as connection:
        row = claiming.mine(desk, connection, tenant_id, review_id, who)
        _fits(row, said)
        if not review_rows.may(connection, review_id, who):
            advice = "another person is to look at it; give it back"
            raise ModerationUnfit(f"{who} has a part in review {review_id}, or in what it is about", advice=advice)
        before = _opinions(connection, row)
        opinion = Opinion(
            new_id("opn"),
            row["round"],
            len(before) + 1,
            who,
            desk.now(),
            said.finding,
            said.category,
            said.actions,
            fit(said.reason),
            said.answer,
        )
        values = {**vars(opinion), "review_id": review_id, "actions": packing.actions_text(said.actions)}
        review_rows.add_opinion(connection, values)
        body = {"opinion": opinion.id, "review": review_id, "tenant": tenant_id, "who": who, "finding": said.finding}
        ledger.append(connection, "moderation.opinion", {**body, "round": row["round"], "number": opinion.number})
        review_rows.change(connection, review_id, claimed_by=None, claimed_until=None)
        agreed = agreed_on((*before, opinion), row["people"])
        if agreed is not None:
            _settle(desk, connection, row, agreed)
        changed = review_rows.one(connection, review_id)
        return claiming.shown(connection, changed or row, who)


def agreed_on(opinions: tuple[Opinion, ...], people: int) -> Opinion | None:
    """Give the latest of those who agree, where they are enough; None: one more is to be asked."""
    if len(opinions) < people:
        return None
    counted = Counter(packing.said(one).choice for one in opinions)
    choice, number = counted.most_common(1)[0]
    enough = len(opinions) if len(opinions) == people else len(opinions) // 2 + 1
    if number < enough:
        return None
    return next(one for one in reversed(opinions) if packing.said(one).choice == choice)


def get(desk: Desk, tenant_id: str, review_id: str, who: str | None = None) -> ReviewJob:
    """Give a review as somebody may see it; `who`: None for the service itself, which sees all opinions."""
    from ...store import review_rows

    with desk.reading() as connection:
        row = None if connection is None else review_rows.one(connection, review_id)
        if connection is None or row is None or row["tenant_id"] != tenant_id:
            raise ModerationMissing(f"there is no review {review_id}")
        if who is not None:
            claiming.open_for(connection, row, who)
        return claiming.shown(connection, row, who)


def undo(desk: Desk, tenant_id: str, review_id: str, who: str, reason: str) -> ReviewJob:
    """Take back what a review decided, before its effects go out; the review waits again, for the same people too."""
    from ...store import ledger, report_rows, review_rows

    with desk.writing() as connection:
        row = claiming.locked(connection, tenant_id, review_id, who)
        if row["settled_at"] is None or row["decision_id"] is None:
            raise ModerationUnfit(f"review {review_id} has decided nothing that could be undone")
        if row["kind"] == "review" and review_rows.open_of(connection, row["submission_id"]) is not None:
            raise ModerationUnfit("another review of it waits by now", advice="decide that one: it replaces this")
        _may_undo(connection, row, who)
        room.deciding(desk, connection).undo(row["decision_id"], by=who, note=fit(reason), tenant_id=tenant_id)
        concluding.take_back(desk, connection, row, who, fit(reason))
        report_rows.take_back(connection, row["decision_id"])
        if row["kind"] == "appeal":
            appeals.reopen(desk, connection, review_id, who)
        hold_id = None
        if row["kind"] == "review":
            hold_id = keeping.hold(desk, connection, tenant_id, row["of_check"], "review", review_id)
        values = {"settled_at": None, "finding": None, "decision_id": None, "effective_at": None, "hold_id": hold_id}
        values["revision"] = None
        review_rows.change(connection, review_id, round=row["round"] + 1, **values)
        body = {"review": review_id, "tenant": tenant_id, "who": who, "decision": row["decision_id"]}
        ledger.append(connection, "moderation.review_undone", {**body, "round": row["round"]})
        return claiming.shown(connection, {**row, **values, "round": row["round"] + 1}, who)


def listed(
    desk: Desk,
    tenant_id: str,
    who: str,
    *,
    item: Item | None = None,
    queue: str | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> tuple[ReviewJob, ...]:
    """List reviews of queues that somebody may work, as they may see them, oldest first: of an item, or what waits."""
    from ...store import review_rows

    with desk.reading() as connection:
        if connection is None:
            return ()
        names = [one.name for one in queues.every(connection, tenant_id) if one.open_to(who)]
        names = names if queue is None else [name for name in names if name == queue]
        of = None if item is None else (item.type_id, item.id)
        rows = review_rows.page_of(connection, tenant_id, names, limit, after, of)
        return tuple(claiming.shown(connection, row, who) for row in rows)


# Within a transaction -----------------------------------------------------------------------------------------------


def _may_undo(connection: Connection, row: Row, who: str) -> None:
    """Refuse who may have no part in it, and, where several had to agree, who was none of them."""
    from ...store import review_rows

    if review_rows.is_barred(connection, row["id"], who):
        advice = "ask one of those who answered"
        raise ModerationUnfit(f"{who} had a part in what was appealed against", advice=advice)
    if row["people"] > 1 and who not in {one.who for one in _opinions(connection, row)}:
        raise ModerationUnfit(f"{who} is none of those who decided", advice="ask one of them")


def _settle(desk: Desk, connection: Connection, row: Row, agreed: Opinion) -> None:
    from ...store import ledger, review_rows

    made: Decision | None = None
    revision: int | None = None
    if row["kind"] == "review" or agreed.answer == "ACCEPT":
        revision = concluding.conclude(desk, connection, row, agreed)
        made = _decide(desk, connection, row, agreed)
    review_rows.change(
        connection,
        row["id"],
        hold_id=None,
        settled_at=agreed.at,
        finding=agreed.finding,
        decision_id=None if made is None else made.id,
        effective_at=None if made is None else made.effective_at,
        revision=revision,
    )
    keeping.lift(desk, connection, row["tenant_id"], row["of_check"], row["hold_id"], agreed.who)
    body = {"review": row["id"], "tenant": row["tenant_id"], "round": row["round"], "finding": agreed.finding}
    body |= {"decision": None if made is None else made.id, "opinion": agreed.id}
    ledger.append(connection, "moderation.review_settled", body)
    emit_with(connection, row["tenant_id"], packing.item(row).key, "review.decided", body, made)
    if row["kind"] == "appeal":
        appeals.answer(desk, connection, row["id"], agreed, made)


def _decide(desk: Desk, connection: Connection, row: Row, agreed: Opinion) -> Decision:
    """Make the decision, and note what both sides are to be told once it can't be undone any more."""
    making = room.deciding(desk, connection)
    before = making.in_force(row["tenant_id"], packing.item(row))
    made = making.decide_by_person(
        row["submission_id"],
        agreed.actions,
        by=agreed.who,
        note=agreed.reason,
        occasion="appeal" if row["kind"] == "appeal" else "review",
        key=f"{row['id']} {row['round']}",
        policy_id=row["policy_id"],
        tenant_id=row["tenant_id"],
    )
    if row["kind"] == "review":
        _tell(desk, connection, row, made, before)
    return made


def _tell(desk: Desk, connection: Connection, row: Row, made: Decision, before: tuple[Action, ...]) -> None:
    """Tell each reporter what came of it; the uploader where anything is done, or was."""
    from ...store import report_rows

    words = telling.in_words(made.actions)
    for notice in report_rows.of_review(connection, row["id"]):
        telling.tell(
            desk,
            connection,
            row["tenant_id"],
            packing.item(row),
            side="reporter",
            of=notice["id"],
            about=made.id,
            kind="decision.made",
            words=f"People looked at what you reported ({notice['id']}): {words}.",
            redress=telling.APPEAL_REDRESS,
            due_at=made.effective_at,
        )
        body = {"notice": notice["id"], "tenant": row["tenant_id"], "review": row["id"], "decision": made.id}
        emit_with(connection, row["tenant_id"], packing.item(row).key, "report.decided", body, made)
    if made.actions or before:
        telling.tell(
            desk,
            connection,
            row["tenant_id"],
            packing.item(row),
            side="uploader",
            of=None,
            about=made.id,
            kind="decision.made",
            words=f"People looked at your upload: {words}.",
            redress=telling.APPEAL_REDRESS,
            due_at=made.effective_at,
        )


def _opinions(connection: Connection, row: Row) -> tuple[Opinion, ...]:
    from ...store import review_rows

    return tuple(map(packing.opinion, review_rows.opinions(connection, row["id"], row["round"])))


def _fits(row: Row, said: Said) -> None:
    if said.finding not in FINDINGS or said.category not in (None, *CATEGORIES):
        advice = f"say one of {FINDINGS}, and for the category nothing or one of {CATEGORIES}"
        raise ModerationUnfit("there is no such finding or category", advice=advice)
    if not 0 < len(said.reason.strip()) <= _MOST_WORDS:
        raise ModerationUnfit(f"a reason has 1 to {_MOST_WORDS} letters", advice="say why, in a sentence or two")
    if len(said.actions) > _MOST_ACTIONS or any(one.kind not in ACTIONS for one in said.actions):
        raise ModerationUnfit("there are no such actions", advice=f"say some of {ACTIONS}")
    if row["kind"] == "blind" and said.actions:
        advice = "say what it is; what is done about it is decided in another review"
        raise ModerationUnfit("a blind review decides no actions", advice=advice)
    if (said.answer is not None) != (row["kind"] == "appeal"):
        advice = "answer ACCEPT or REJECT to an appeal, and nothing else so"
        raise ModerationUnfit("an appeal is answered, and nothing else is", advice=advice)
    if said.answer not in (None, "ACCEPT", "REJECT") or (said.answer == "REJECT" and said.actions):
        advice = "with REJECT what was decided stands; name actions with ACCEPT alone"
        raise ModerationUnfit("an appeal can't be answered so", advice=advice)
