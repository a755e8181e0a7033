"""Statements of reasons and the uploader's notice, laid where effects go out; and the round that sends statements.

Statements are laid where the settings ask for them, since not every platform owes them. What can't be made says what it
lacks, and stays so: a later decision has a statement of its own. Sending is off unless the environment names where to.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..docket.desk import Desk
from ..errors import StatementInvalid
from ..moderation.people import telling
from ..moderation.statements import Gathering, Statements, database, send
from ..moderation.statements.building import held_of
from ..moderation.values import Decision
from .telling import short
from .work import Work

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ROUNDS = 50  # requests of up to a hundred statements, in one round

log = logging.getLogger(__name__)


def lay(work: Work, decision: Decision) -> None:
    """Lay the statement of a decision whose effects go out now; may be called twice."""
    if not work.options.service.statements or decision.background or not decision.actions:
        return
    try:
        Gathering(work.options).lay(decision)
    except StatementInvalid as error:
        log.warning("there is no statement of decision %s: %s", short(decision.id), error)
        Statements(work.options).lack(decision, str(error))


def send_all(work: Work) -> None:
    """Send what is laid, where the environment says where to."""
    to = database()
    if to is None:
        return
    statements = Statements(work.options)
    for _ in range(_ROUNDS):
        if work.draining.is_set():
            return
        sent = send(statements, to)
        if not sent.taken and not sent.refused:  # nothing is due, or it is away
            return


def tell_uploader(work: Work, connection: Connection, decision: Decision) -> None:
    """Note what the uploader is to be told of what the service decided; where people did, that is noted by then."""
    if decision.background or not decision.automated:
        return
    why = " ".join(dict.fromkeys(one.why for one in held_of(decision))) if decision.actions else ""
    words = f"Your upload was checked by automated means; {telling.in_words(decision.actions)}. {why}".strip()
    telling.tell(
        Desk(work.options),
        connection,
        decision.tenant_id,
        decision.submission.item,
        side="uploader",
        of=None,
        about=decision.id,
        kind="decision.made",
        words=words,
        redress=telling.APPEAL_REDRESS,
    )
