"""Appeals: either side asks others to look again. Nobody who had a part in what was decided takes part in the answer.

While one is open, the evidence is held. ACCEPT makes another decision, REJECT lets the first stand.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ...docket import times
from ...docket.desk import Desk
from ...docket.idempotency import Claim, take
from ...docket.packing import text as fit
from ...docket.secrets import new_id
from ...errors import ModerationMissing, ModerationUnfit
from .. import recording
from ..banking import queue_for
from ..hooks import emit, emit_with
from ..judging import read_once
from ..values import Decision, Review
from . import contacts, keeping, opening, packing, room, telling
from .values import Appeal, AppealRequest, Notice, Opinion, Side, ToldKind

if TYPE_CHECKING:
    from sqlalchemy import Connection

Row = dict[str, Any]
QUEUE = "appeals"
_PRIORITY = 10
_MOST_WORDS = 10_000
_MOST_POLICIES = 50


def appeal(
    desk: Desk,
    tenant_id: str,
    decision_id: str,
    asked: AppealRequest,
    queue: str = QUEUE,
    claim: Claim | None = None,
) -> Appeal:
    """Take in an appeal against a decision; others look at it then. That the uploader asks is for the caller to see.

    claim: an idempotency key that it takes.
    """
    from ...store import ledger, report_rows, review_rows

    if not 0 < len(asked.reason.strip()) <= _MOST_WORDS or len(asked.policies) > _MOST_POLICIES:
        raise ModerationUnfit(f"an appeal's reason has 1 to {_MOST_WORDS} letters", advice="say why, in some sentences")
    with desk.writing() as connection:
        decision = room.deciding(desk, connection).get(decision_id, tenant_id)
        _open_to(desk, connection, decision, asked)
        decided = review_rows.who_decided(connection, decision.submission.id) | {decision.by}
        review_id = opening.lay(
            desk,
            connection,
            "appeal",
            decision.submission,
            Review(_queue_of(connection, decision, queue), _PRIORITY, _people(connection, decision)),
            decision.policy_id,
            decided,
        )
        made = Appeal(
            id=new_id("apl"),
            tenant_id=tenant_id,
            decision_id=decision_id,
            side=asked.side,
            notice_id=asked.notice_id,
            review_id=review_id,
            item=decision.submission.item,
            actions=decision.actions,
            reason=fit(asked.reason),
            policies=tuple(map(fit, asked.policies)),
            at=desk.now(),
        )
        take(connection, claim, made.id, made.at)
        hold_id = keeping.hold(desk, connection, tenant_id, decision.submission.check_id, "appeal", made.id)
        values = {name: value for name, value in vars(made).items() if name != "item"}
        values |= {"actions": packing.actions_text(made.actions), "policies": json.dumps(made.policies)}
        more = {"of_check": decision.submission.check_id, "hold_id": hold_id}
        report_rows.add_appeal(connection, {**values, **packing.item_row(made.item), **more})
        contacts.keep(desk, connection, tenant_id, made.id, asked.by)
        words = f"Your appeal {made.id} has come in. Other people than before will look at it."
        _tell(desk, connection, made, made.side, "appeal.received", words, telling.NO_REDRESS)
        body = {"appeal": made.id, "tenant": tenant_id, "decision": decision_id, "side": made.side}
        ledger.append(connection, "moderation.appeal", {**body, "review": review_id})
        emit(connection, tenant_id, made.item.key, "appeal.received", body)
        return made


def get(desk: Desk, tenant_id: str, appeal_id: str) -> Appeal:
    """Give an appeal."""
    from ...store import report_rows

    with desk.reading() as connection:
        row = None if connection is None else report_rows.appeal(connection, appeal_id)
    if row is None or row["tenant_id"] != tenant_id:
        raise ModerationMissing(f"there is no appeal {appeal_id}")
    return packing.appeal(row)


def of_decision(desk: Desk, tenant_id: str, decision_id: str) -> tuple[Appeal, ...]:
    """Give the appeals against a decision, oldest first."""
    from ...store import report_rows

    with desk.reading() as connection:
        rows = [] if connection is None else report_rows.appeals_of(connection, tenant_id, decision_id)
    return tuple(map(packing.appeal, rows))


# Within the transactions of a review --------------------------------------------------------------------------------


def answer(desk: Desk, connection: Connection, review_id: str, agreed: Opinion, made: Decision | None) -> None:
    """Answer the appeal that a review is for, let the evidence go, and tell both sides."""
    from ...store import ledger, report_rows

    row = _of_review(connection, review_id)
    values = {"answer": agreed.answer, "answered_at": agreed.at, "answer_reason": agreed.reason, "hold_id": None}
    report_rows.change_appeal(connection, row["id"], **values)
    keeping.lift(desk, connection, row["tenant_id"], row["of_check"], row["hold_id"], agreed.who)
    body = {"appeal": row["id"], "tenant": row["tenant_id"], "answer": agreed.answer, "review": review_id}
    body |= {"decision": None if made is None else made.id}
    ledger.append(connection, "moderation.appeal_answered", body)
    emit_with(connection, row["tenant_id"], packing.appeal(row).item.key, "appeal.decided", body, made)
    why = telling.sentence(agreed.reason)
    if made is None:
        words = f"The appeal {row['id']} was rejected: {why} What was decided stands."
    else:
        words = f"The appeal {row['id']} was accepted: {why} Now {telling.in_words(made.actions)}."
    of = packing.appeal(row)
    for side in ("uploader", "reporter"):
        redress = telling.LAST_REDRESS if made is None or side == of.side else telling.APPEAL_REDRESS
        _tell(desk, connection, of, side, "appeal.answered", words, redress, made)


def reopen(desk: Desk, connection: Connection, review_id: str, who: str) -> None:
    """Let an appeal be open again, whose answer was undone."""
    from ...store import report_rows

    row = _of_review(connection, review_id)
    if report_rows.open_appeal(connection, row["decision_id"], row["side"]) is not None:
        raise ModerationUnfit("another appeal against the same decision is open by now", advice="answer that one")
    hold_id = keeping.hold(desk, connection, row["tenant_id"], row["of_check"], "appeal", row["id"])
    values = {"answer": None, "answered_at": None, "answer_reason": None, "hold_id": hold_id}
    report_rows.change_appeal(connection, row["id"], **values)


def _open_to(desk: Desk, connection: Connection, decision: Decision, asked: AppealRequest) -> None:
    from ...store import decision_rows, report_rows

    if decision.background or decision.undone_at is not None or decision.ruling.review is not None:
        raise ModerationUnfit("there is nothing in force by this decision", advice="appeal against the one that is")
    if desk.now() < decision.effective_at:
        advice = f"appeal from {decision.effective_at} on"
        raise ModerationUnfit("the decision can still be undone", advice=advice)
    until = times.later(decision.effective_at, days=telling.APPEAL_DAYS)
    if desk.now() >= until:
        advice = "a body for the settlement of disputes out of court, or a court, may still look at it"
        raise ModerationUnfit(f"the time for appeals ended at {until}", advice=advice)
    if report_rows.open_appeal(connection, decision.id, asked.side) is not None:
        raise ModerationUnfit(f"an appeal of the {asked.side} is open already", advice="wait for its answer")
    if report_rows.answered(connection, decision.id, asked.side, asked.notice_id):
        advice = "a body for the settlement of disputes out of court, or a court, may still look at it"
        raise ModerationUnfit("an appeal against it was answered already", advice=advice)
    rows = decision_rows.of_submissions(connection, [decision.submission.id])
    in_force = recording.standing([one for one in rows if one["policy_id"] == decision.policy_id])
    if in_force is not None and in_force["id"] != decision.id:
        raise ModerationUnfit("another decision has taken its place", advice=f"appeal against {in_force['id']}")
    if asked.side == "uploader":
        if not decision.actions:
            raise ModerationUnfit("nothing was done about the upload by this decision", advice="nothing is to appeal")
        return
    row = None if asked.notice_id is None else report_rows.one(connection, asked.notice_id)
    item = decision.submission.item
    if row is None or row["tenant_id"] != decision.tenant_id or packing.item(row) != item:
        advice = "name the notice by which you reported it"
        raise ModerationUnfit("only who reported the item can appeal as its reporter", advice=advice)


def _people(connection: Connection, decision: Decision) -> int:
    """Give how many must agree: as many as decided it, or as its policy wants to."""
    from ...store import policy_rows, review_rows

    before = review_rows.of_decision(connection, decision.id)
    of = decision.tenant_id, decision.policy_id, decision.policy_version
    row = policy_rows.version(connection, *of)
    wanted = 1 if row is None else read_once(row["document"], decision.policy_id).people_to_agree
    return max(wanted, 1 if before is None else before["people"])


def _queue_of(connection: Connection, decision: Decision, queue: str) -> str:
    """Keep what lay in a restricted queue there, and closed media closed: others may not see it for an appeal."""
    from ...store import review_rows
    from . import queues

    before = review_rows.of_decision(connection, decision.id)
    if before is not None and queues.known(connection, decision.tenant_id, before["queue"]).restricted:
        return str(before["queue"])
    return queue_for(connection, decision.tenant_id, decision.submission.check_id, queue)


def of_review(connection: Connection, review_id: str) -> Appeal:
    """Give the appeal that a review is for."""
    return packing.appeal(_of_review(connection, review_id))


def notices_of(connection: Connection, decision_id: str) -> tuple[Notice, ...]:
    """Give the notices that led to a decision, also by way of an appeal against an earlier one."""
    from ...store import report_rows, review_rows

    row = review_rows.of_decision(connection, decision_id)
    if row is None:
        return ()
    if row["kind"] == "appeal":
        return notices_of(connection, _of_review(connection, row["id"])["decision_id"])
    return tuple(map(packing.notice, report_rows.of_review(connection, row["id"])))


def _of_review(connection: Connection, review_id: str) -> Row:
    from ...store import report_rows

    row = report_rows.appeal_of(connection, review_id)
    if row is None:
        raise ModerationMissing(f"there is no appeal for review {review_id}")
    return row


def _tell(
    desk: Desk,
    connection: Connection,
    of: Appeal,
    side: Side,
    kind: ToldKind,
    words: str,
    redress: str,
    made: Decision | None = None,
) -> None:
    """Tell one side; about a decision that can be undone, not before it can't."""
    from ...store import report_rows

    about, due_at = (of.id, None) if made is None else (made.id, made.effective_at)
    reached: list[str | None] = [of.id] if side == of.side else [None]
    if side != of.side and side == "reporter":
        reached = [one.id for one in notices_of(connection, of.decision_id)]
    if side == of.side and report_rows.contact(connection, of.id) is None:  # the platform, or their notice, knows them
        reached = [None if side == "uploader" else of.notice_id]
    for one in reached:
        telling.tell(
            desk,
            connection,
            of.tenant_id,
            of.item,
            side=side,
            of=one,
            about=about,
            kind=kind,
            words=words,
            redress=redress,
            due_at=due_at,
        )
