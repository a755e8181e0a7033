"""Verdicts follow what they rest on: records that are taken back, the detector's model, whom we trust.

Gone as rounds, by one worker at a time. How far a round came is kept in the database, so that one that dies is gone on
with. Looks at nothing itself: what is to be judged anew is put into the queue.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from .. import verify
from ..settings import Settings
from . import delivering
from .again import SERVICE, as_records_stand, changed
from .work import Work, with_head

if TYPE_CHECKING:
    from ..provenance import Record

TAKEN_BACK = ("record.revoked", "record.withdrawn")
LINES = 100  # of the ledger, in one round
PAGE = 200  # checks that are asked about at once
WAITING = 500  # in the bulk lane: more are not added
_RECORDS, _VERSIONS = "records taken back", "versions"


# Records ------------------------------------------------------------------------------------------------------------


def follow_records(work: Work) -> None:
    """Revise what rests on records that were taken back, by whatever door, since the line that was seen last."""
    from ..provenance import Registry
    from ..store import engine, followed_rows

    with engine.reading(work.options.database_url) as connection:
        if connection is None:
            return
        seen = int(followed_rows.place(connection, _RECORDS) or 0)
        last = followed_rows.last_line(connection)
        lines = followed_rows.lines(connection, TAKEN_BACK, seen, LINES) if last > seen else []
    for number, body in lines:
        record = Registry(work.options.database_url).by_manifest(json.loads(body)["manifest_id"])
        if record is not None and not _revised(work, record):
            return  # whoever goes on begins with this line again
        _come(work, _RECORDS, str(number))
    if len(lines) < LINES and last > seen:
        _come(work, _RECORDS, str(last))


def _revised(work: Work, record: Record) -> bool:
    """Revise each check whose latest verdict rests on a manifest of a record; say whether none is left."""
    ids = dict.fromkeys((record.manifest_id, *(one.manifest_id for one in record.former)))
    for check_id in dict.fromkeys(one for name in ids for one in work.docket.with_manifest(name)):
        if work.draining.is_set():
            return False
        as_records_stand(work, check_id, (record,))
        delivering.owe(work, check_id)
    return True


# Versions -----------------------------------------------------------------------------------------------------------


class Now:
    """What results depend on at this moment, for each tenant."""

    def __init__(self, options: Settings, heads: Mapping[str, str]) -> None:
        """Take the settings, and each tenant's own head."""
        self._options, self._heads = options, heads

    @cached_property
    def _by_head(self) -> dict[str | None, dict[str, str]]:
        asked = dict.fromkeys((None, *self._heads.values()))
        return {head: verify.versions(with_head(self._options, head)) for head in asked}

    @property
    def digest(self) -> str:
        """Of all of it that counts."""
        by_head = [(head or "", changed({}, told)) for head, told in self._by_head.items()]
        plain = [sorted((head, sorted(told.items())) for head, told in by_head), sorted(self._heads.items())]
        return hashlib.sha256(json.dumps(plain).encode()).hexdigest()

    def of(self, tenant_id: str) -> dict[str, str]:
        """Give a tenant's."""
        return self._by_head[self._heads.get(tenant_id)]


def follow_versions(work: Work) -> None:
    """Where the model or the trust is another than before, have each check judged anew that was judged by others."""
    from ..store import check_rows, engine, followed_rows

    with engine.reading(work.options.database_url) as connection:
        if connection is None:
            return
        kept = json.loads(followed_rows.place(connection, _VERSIONS) or "{}")
        now = Now(work.options, dict(followed_rows.heads(connection)))
    if kept.get("digest") != now.digest:
        # Each walk has a number of its own: what comes, goes and comes again is another occasion.
        kept = {"digest": now.digest, "walk": datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f"), "after": ""}
        _come(work, _VERSIONS, json.dumps(kept))
    while kept["after"] is not None and not work.draining.is_set() and work.jobs.waiting()["bulk"] < WAITING:
        with engine.reading(work.options.database_url) as connection:
            page = [] if connection is None else check_rows.judged(connection, kept["after"], PAGE)
        for check_id, tenant_id, versions in page:
            if changed(json.loads(versions), now.of(tenant_id)):
                work.jobs.enqueue_again(check_id, SERVICE, kept["walk"], "bulk")
        kept["after"] = page[-1][0] if len(page) == PAGE else None
        _come(work, _VERSIONS, json.dumps(kept))


def _come(work: Work, name: str, place: str) -> None:
    from ..store import engine, followed_rows

    with engine.changing(work.options.database_url) as connection:
        followed_rows.come(connection, name, place)
