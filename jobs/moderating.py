"""Decisions as they are owed: right after a result, and in rounds for what a dead worker left; effects in their time.

That a decision is owed stands in the transaction of the result, and that effects went out is noted after they did. So
nothing is lost over a worker that dies; a decision is made once all the same, and effects may be told of twice, under
the same id. What is decided is `moderation`'s.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ..docket import Check
from ..docket.desk import Desk
from ..errors import RegistryUnavailable
from ..moderation.deciding import Deciding, Hand
from ..moderation.hooks import emit
from ..moderation.values import Decision, Item
from . import stating
from .telling import short
from .work import Work

if TYPE_CHECKING:
    from sqlalchemy import Connection

LATE_S = 10.0  # after which whoever wrote a result is taken to be dead
_PAGES = 20  # in one round
_EVENTS = 100  # of one page


log = logging.getLogger(__name__)


def decide(work: Work, check: Check) -> None:
    """Decide about a check that is over, if it is of an item; may be called twice."""
    if check.item_id is not None:
        _decide(Deciding(work.options), check.id)


def decide_all(work: Work, seconds: float = LATE_S) -> None:
    """Decide what has been owed for so long."""
    deciding = Deciding(work.options)
    for _ in range(_PAGES):
        owed = deciding.owed(seconds)
        for check_id in owed:
            if work.draining.is_set():
                return
            _decide(deciding, check_id)
        if not owed:
            return


def hand_on(work: Work, tell: Hand) -> None:
    """Tell of effects whose time has come; what can't be told of now holds up no other."""
    deciding = Deciding(work.options)
    for decision in deciding.due():
        if work.draining.is_set():
            return
        try:
            stating.lay(work, decision)
            deciding.handed_on(decision.id, partial(_told, work, tell))
        except Exception as error:
            log.warning("effects of %s are told of later: %s: %s", short(decision.id), type(error).__name__, error)
            deciding.put_off_effects(decision.id)


def _told(work: Work, tell: Hand, connection: Connection, decision: Decision) -> None:
    stating.tell_uploader(work, connection, decision)
    tell(connection, decision)


def announce(work: Work) -> None:
    """Make deliveries of what happened to checks: laid with what happened, taken away with what is owed of it."""
    from ..store import event_rows

    desk = Desk(work.options)
    for _ in range(_PAGES):
        if work.draining.is_set():
            return
        with desk.changing() as connection:
            rows = event_rows.take(connection, desk.now(), _EVENTS)
            for row in rows:
                body = json.loads(row["body"])
                emit(connection, row["tenant_id"], row["subject"] or _subject(body), row["kind"], body)
        if not rows:
            return


def _subject(body: Mapping[str, Any]) -> str:
    of_item = body["item"] is not None and body["type"] is not None
    return Item(body["item"], body["type"]).key if of_item else f"check:{body['check']}"


def to_endpoints(connection: Connection, decision: Decision) -> None:
    """Lay an event for whoever of the tenant wants to hear of decisions; it holds ids, and no words."""
    kind = "decision.undone" if decision.occasion == "undo" else "decision.made"
    body = {
        **{"decision": decision.id, "submission": decision.submission.id, "check": decision.submission.check_id},
        **{"item": decision.submission.item.id, "type": decision.submission.item.type_id},
        **{"policy": decision.policy_id, "version": decision.policy_version, "occasion": decision.occasion},
        **{"actions": [vars(action) for action in decision.actions], "automated": decision.automated},
    }
    emit(connection, decision.tenant_id, decision.submission.item.key, kind, body)


def _decide(deciding: Deciding, check_id: str) -> None:
    try:
        deciding.decide(check_id)
    except RegistryUnavailable:  # waited for
        raise
    except Exception:  # a policy that this program can't read, say; the check has its result, and keeps it
        log.exception("nothing could be decided about check %s", short(check_id))
        deciding.put_off(check_id)
