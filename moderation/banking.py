"""A check's media, held to the banks of its tenant: what is kept of that, and what policies are told.

A match says that two things look alike. No verdict follows from it, and none is changed by it; one in a restricted
bank closes the media, and lays it before those who may see it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..docket import Check, times
from ..docket.desk import Desk
from ..errors import CountermarkError
from ..evidence import FingerprintDetails
from ..private_files import read_private
from ..settings import Settings
from ..verdict import Verdict
from .banks import Banks, Elsewhere, Signals, bank_facts, quarantine, vpdq
from .banks.matching import is_asked
from .values import Review, Submission

if TYPE_CHECKING:
    from sqlalchemy import Connection

RESTRICTED = "restricted"  # the queue of what a restricted bank knows
_FIRST = 1000  # its place in that queue

log = logging.getLogger(__name__)


class Banking:
    """Holds checks to banks, and tells what came of it."""

    def __init__(self, options: Settings, *, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk, self._banks = Desk(options, clock=clock), Banks(options, clock=clock)

    def by_digest(self, check: Check) -> None:
        """Hold a check to the digests that are known, before anybody has looked at it."""
        if check.content_hash is not None:
            self._banks.keep(check, self._banks.exact(check.tenant_id, check.content_hash))

    def by_look(self, check: Check, fingerprint: FingerprintDetails | None) -> None:
        """Hold a check to all that is known. Without a fingerprint, no bank counts as asked: nobody can say no."""
        from ..store import known_rows

        if fingerprint is None:
            return
        names, elsewhere = self._asked(check), self._elsewhere(check, fingerprint)
        if not names and elsewhere is None:
            return
        self._banks.keep(check, self._banks.matches(check.tenant_id, fingerprint, check.content_hash))
        with self._desk.changing() as connection:
            if elsewhere is not None and known_rows.asked(connection, check.id) is None:
                quarantine.tell_elsewhere(connection, check, elsewhere)
            said = None if elsewhere is None else json.dumps(elsewhere)
            known_rows.note_asked(connection, check.id, json.dumps(names), said)

    def closed(self, check_id: str) -> bool:
        """Say whether nothing of a check's media may be shown."""
        return self._banks.closed(check_id)

    def facts(self, submission: Submission, verdict: Verdict | None) -> Mapping[str, Any]:
        """Give what policies may ask of banks, as it was found by the check."""
        from ..store import known_rows

        with self._desk.reading() as connection:
            asked = None if connection is None else known_rows.asked(connection, submission.check_id)
        names, elsewhere = asked or ("[]", None)
        theirs = {f"bank.{name}.matched": bool(found) for name, found in json.loads(elsewhere or "{}").items()}
        return {**theirs, **bank_facts(self._banks.kept(submission.check_id), json.loads(names))}

    def _elsewhere(self, check: Check, fingerprint: FingerprintDetails) -> dict[str, list[str]] | None:
        """Ask the server of the settings: what its banks know that is like it; None: it tells nothing."""
        service = self._desk.options.service
        names = [name.strip() for name in service.hma_banks.split(",") if name.strip()]
        if not service.hma or not names:
            return None
        try:
            token = None if service.hma_token_file is None else read_private(service.hma_token_file).decode().strip()
            signals = Signals(check.content_hash, None, vpdq.of_fingerprint(fingerprint))
            found = Elsewhere(service.hma, token).looked_up(signals)
        except (CountermarkError, UnicodeDecodeError) as error:  # nobody can say, and nobody waits for it
            log.warning("the server of hashes tells nothing of %s: %s", check.id[:12], error)
            return None
        return {name: sorted({one.content for one in found if one.bank == name}) for name in names}

    def _asked(self, check: Check) -> list[str]:
        from ..store import bank_rows

        with self._desk.reading() as connection:
            rows = [] if connection is None else bank_rows.of_tenant(connection, check.tenant_id)
        return [row["name"] for row in rows if is_asked(row["id"], row["enabled_share"], check.content_hash or "")]


def want_people(desk: Desk, connection: Connection, submission: Submission) -> None:
    """Lay closed media before those who may see it, once, within a transaction of `writing`."""
    from ..store import bank_rows, review_rows
    from .people import opening  # which decides by this

    if not bank_rows.closed(connection, submission.check_id):
        return
    item = submission.item
    laid = review_rows.of_item(connection, submission.tenant_id, item.type_id, item.id)
    if any((row["submission_id"], row["queue"]) == (submission.id, RESTRICTED) for row in laid):
        return
    queue = queue_for(connection, submission.tenant_id, submission.check_id, RESTRICTED)
    opening.want_within(desk, connection, submission, Review(queue, _FIRST))


def queue_for(connection: Connection, tenant_id: str, check_id: str, queue: str) -> str:
    """Give the queue in which people look at a check: this one, or for closed media the restricted one, which it makes.

    Within a transaction of `writing`.
    """
    from ..store import bank_rows, review_rows
    from .people import queues
    from .people.values import Queue

    if not bank_rows.closed(connection, check_id):
        return queue
    people: frozenset[str] = frozenset()
    if review_rows.queue(connection, tenant_id, RESTRICTED) is not None:
        there = queues.known(connection, tenant_id, RESTRICTED)
        if there.restricted:
            return RESTRICTED
        people = there.people
    queues.put_within(connection, tenant_id, Queue.closed(RESTRICTED, people), "service")
    return RESTRICTED
