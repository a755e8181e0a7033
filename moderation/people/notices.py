"""Notices: what others say of an item. Those about one submission are one review, and their number raises its place.

A notice that lacks something is taken all the same, and who sent it is told what. Decides nothing, sends nothing.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from ...docket.desk import Desk
from ...docket.idempotency import Claim, take
from ...docket.packing import text as fit
from ...docket.secrets import new_id
from ...errors import ModerationMissing, ModerationUnfit
from ..banking import queue_for
from ..hooks import emit
from ..values import Item, Review, Submission
from . import contacts, opening, packing, room, telling
from .values import NOTICE_KINDS, Notice, Received, Report

if TYPE_CHECKING:
    from sqlalchemy import Connection

QUEUE = "notices"
# Article 16(2)(c): nobody must give a name to report these.
WITHOUT_NAME = frozenset({"child_sexual_abuse", "child_sexual_abuse_material"})
_MOST_WORDS = 10_000
_MOST_PLACES = 100
_MOST_CATEGORY = 100
_MOST_CONTACT = 320  # letters of an e-mail address


def missing(report: Report) -> tuple[str, ...]:
    """Say what a report lacks to be a full notice of article 16; what is no such notice lacks nothing.

    >>> missing(Report("article_16", "deepfake", "the face is not mine", good_faith=True))
    ('the exact place: an address, or seconds of the video', 'your name', 'your e-mail address')
    """
    if report.kind not in ("article_16", "trusted_flagger"):
        return ()
    named = report.category in WITHOUT_NAME
    lacks = {
        "why you think that it is illegal": not report.explanation.strip(),
        "the exact place: an address, or seconds of the video": not report.place.exact,
        "your name": not named and not report.by.name.strip(),
        "your e-mail address": not named and "@" not in report.by.email,
        "that you believe in good faith that what you say is right and complete": not report.good_faith,
    }
    return tuple(words for words, lacking in lacks.items() if lacking)


def receive(
    desk: Desk, tenant_id: str, item: Item, report: Report, queue: str = QUEUE, claim: Claim | None = None
) -> Received:
    """Take a report in. The same reporter's second about what still waits is the first, mended where it lacks less.

    claim: an idempotency key that it takes.
    """
    from ...store import ledger, report_rows, review_rows

    _bounded(report)
    lacks, reporter = missing(report), contacts.hash_of(desk, tenant_id, report.by)
    with desk.writing() as connection:
        submission = room.submission_of(connection, tenant_id, item.type_id, item.id)
        open_review = review_rows.open_of(connection, submission.id)
        if open_review is not None and reporter is not None:
            before = report_rows.again(connection, open_review["id"], reporter)
            if before is not None:
                take(connection, claim, before["id"], desk.now())
                return Received(_mended(connection, packing.notice(before), report, lacks), again=True)
        review_id = _review(desk, connection, submission, queue)
        notice = Notice(
            id=new_id("ntc"),
            tenant_id=tenant_id,
            review_id=review_id,
            item=item,
            kind=report.kind,
            category=fit(report.category),
            explanation=fit(report.explanation),
            place=report.place,
            good_faith=report.good_faith,
            missing=lacks,
            made_at=desk.now(),
        )
        take(connection, claim, notice.id, notice.made_at)
        report_rows.add(connection, _row(notice))
        contacts.keep(desk, connection, tenant_id, notice.id, report.by)
        opening.raise_priority(connection, review_id)
        _confirm(desk, connection, notice)
        body = {"notice": notice.id, "tenant": tenant_id, "review": review_id, "of": notice.kind}
        ledger.append(connection, "moderation.notice", body)
        emit(connection, tenant_id, item.key, "report.received", body)
        return Received(notice)


def get(desk: Desk, tenant_id: str, notice_id: str) -> Notice:
    """Give a notice."""
    from ...store import report_rows

    with desk.reading() as connection:
        row = None if connection is None else report_rows.one(connection, notice_id)
    if row is None or row["tenant_id"] != tenant_id:
        raise ModerationMissing(f"there is no notice {notice_id}")
    return packing.notice(row)


def of_item(
    desk: Desk, tenant_id: str, item: Item, before: tuple[str, str] | None = None, limit: int = 50
) -> tuple[Notice, ...]:
    """Give the notices about an item, the last made first; `before`: time and id of the last that was given."""
    from ...store import report_rows

    with desk.reading() as connection:
        of = (item.type_id, item.id)
        rows = [] if connection is None else report_rows.page_of(connection, tenant_id, of, limit, before)
    return tuple(map(packing.notice, rows))


def _review(desk: Desk, connection: Connection, submission: Submission, queue: str) -> str:
    from ...store import review_rows

    waits = review_rows.open_of(connection, submission.id)
    if waits is not None:
        return str(waits["id"])
    queue = queue_for(connection, submission.tenant_id, submission.check_id, queue)
    return opening.lay(desk, connection, "review", submission, Review(queue))


def _mended(connection: Connection, before: Notice, report: Report, lacks: tuple[str, ...]) -> Notice:
    """Take the later words where they lack less. The kind stays: it is no second reporter."""
    from ...store import ledger, report_rows

    if len(lacks) >= len(before.missing):
        return before
    report_rows.change(
        connection,
        before.id,
        category=fit(report.category),
        explanation=fit(report.explanation),
        place=packing.place_text(report.place),
        good_faith=report.good_faith,
        missing=json.dumps(lacks),
    )
    body = {"notice": before.id, "tenant": before.tenant_id, "review": before.review_id, "of": before.kind}
    ledger.append(connection, "moderation.notice_mended", body)
    row = report_rows.one(connection, before.id)
    return before if row is None else packing.notice(row)


def _confirm(desk: Desk, connection: Connection, notice: Notice) -> None:
    words = f"Your report {notice.id} has come in."
    if notice.missing:
        words += f" To be a full notice it lacks: {'; '.join(notice.missing)}. Send it again with that."
    telling.tell(
        desk,
        connection,
        notice.tenant_id,
        notice.item,
        side="reporter",
        of=notice.id,
        about=notice.id,
        kind="notice.received",
        words=words,
        redress=telling.NO_REDRESS,
    )


def _row(notice: Notice) -> dict[str, object]:
    values = {name: value for name, value in vars(notice).items() if name not in ("item", "place", "missing")}
    place = packing.place_text(notice.place)
    return {**values, **packing.item_row(notice.item), "place": place, "missing": json.dumps(notice.missing)}


def _bounded(report: Report) -> None:
    if report.kind not in NOTICE_KINDS:
        raise ModerationUnfit(f"no kind of notice is called {report.kind}", advice=f"say one of {NOTICE_KINDS}")
    if len(report.explanation) > _MOST_WORDS or not 0 < len(report.category) <= _MOST_CATEGORY:
        advice = f"explain in at most {_MOST_WORDS} letters, and name a category in at most {_MOST_CATEGORY}"
        raise ModerationUnfit("a report is too long, or names no category", advice=advice)
    by = report.by
    if max(map(len, (by.name, by.email, by.account))) > _MOST_CONTACT:
        raise ModerationUnfit("a name or address is too long", advice=f"at most {_MOST_CONTACT} letters")
    spans = report.place.seconds
    whole = all(math.isfinite(last) and 0 <= first <= last for first, last in spans)
    short = all(len(url) <= _MOST_WORDS for url in report.place.urls)
    if len(spans) + len(report.place.urls) > _MOST_PLACES or not (whole and short):
        advice = f"at most {_MOST_PLACES} places; seconds from first to last"
        raise ModerationUnfit("the places of a report can't be", advice=advice)
