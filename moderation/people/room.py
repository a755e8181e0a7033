"""What people's part stands on: the docket's desk, and decisions that are made within the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...docket.desk import Desk
from ...errors import ModerationMissing
from .. import recording
from ..deciding import Deciding
from ..values import Submission

if TYPE_CHECKING:
    from sqlalchemy import Connection


class _Joined(Desk):
    """A desk whose transactions are all one that is open already: what is done over it stands or falls with that."""

    def __init__(self, desk: Desk, connection: Connection) -> None:
        super().__init__(desk.options, None, desk.clock)
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        yield self._connection

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        yield self._connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        yield self._connection


def deciding(desk: Desk, connection: Connection) -> Deciding:
    """Give what makes decisions within a transaction of `writing`."""
    return Deciding(desk.options, desk=joined(desk, connection))


def joined(desk: Desk, connection: Connection) -> Desk:
    """Give a desk that works within a transaction which is open already."""
    return _Joined(desk, connection)


def submission(connection: Connection, submission_id: str, tenant_id: str | None = None) -> Submission:
    """Give a submission, within a transaction."""
    from ...store import decision_rows

    row = decision_rows.submission(connection, submission_id)
    if row is None or tenant_id not in (None, row["tenant_id"]):
        raise ModerationMissing(f"there is no submission {submission_id}")
    return recording.submission(row)


def submission_of(connection: Connection, tenant_id: str, item_type: str, item_id: str) -> Submission:
    """Give the latest submission of an item, within a transaction."""
    from ...store import decision_rows

    rows = decision_rows.of_item(connection, tenant_id, item_type, item_id)
    if not rows:
        advice = "have it checked first: open a check that names the item"
        raise ModerationMissing(f"there is no item {item_id} of type {item_type}", advice=advice)
    return recording.submission(rows[-1])
