"""Taking objects away. The database lets go first, and notes what is to be erased and when.

So a process that dies between the two leaves work for the next sweep, never an object that nobody knows.
"""

from __future__ import annotations

from ..errors import ObjectsUnavailable
from . import times
from .desk import Desk

LATE_S = 3600.0  # so long after a check was deleted, a worker that had not heard of it may still write
AGAIN_S = 300.0  # so long after the store refused, it is asked again


def erase(desk: Desk, check_id: str) -> None:
    """Take away a check's media; if it was deleted, its pictures too. What is not there is no error."""
    from ..store import check_rows

    with desk.reading() as connection:
        row = None if connection is None else check_rows.one(connection, check_id)
    if row is None or row["erase_at"] is None:
        return
    try:
        _take_away(desk, check_id, row["object_key"], pictures=row["deleted_at"] is not None)
    except ObjectsUnavailable:
        with desk.changing() as connection:  # others come first next time: it may be this one's fault
            again = max(row["erase_at"], times.later(desk.now(), seconds=AGAIN_S))
            check_rows.change(connection, check_id, erase_at=again)
        raise
    with desk.changing() as connection:
        row = check_rows.locked(connection, check_id)
        if row is not None and row["erase_at"] is not None and row["erase_at"] <= desk.now():
            check_rows.change(connection, check_id, object_key=None, erase_at=None)


def late(desk: Desk, check_id: str, object_key: str | None = None) -> None:
    """Take away what a worker brought for a check that was deleted meanwhile."""
    from ..store import check_rows

    with desk.reading() as connection:
        row = None if connection is None else check_rows.one(connection, check_id)
    if row is not None and row["deleted_at"] is not None:
        _take_away(desk, check_id, object_key, pictures=True)


def _take_away(desk: Desk, check_id: str, object_key: str | None, pictures: bool) -> None:
    for key in {object_key, f"media/{check_id}"}:
        if key is not None:
            desk.objects.delete(key)
    if pictures:
        desk.objects.delete_all(f"pictures/{check_id}/")
