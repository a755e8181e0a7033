"""Taking objects away. The database lets go first, and notes what is to be erased and when.

So a process that dies between the two leaves work for the next sweep, never an object that nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from ..errors import ObjectsUnavailable
from . import times
from .desk import Desk

LATE_S = 3600.0  # so long after a check was deleted, a worker that had not heard of it may still write
AGAIN_S = 300.0  # so long after the store refused, it is asked again
_MOST_FAILED = 3  # after so many in one sweep, the store is away

T = TypeVar("T")


class Sweeping:
    """One sweep over things of several kinds: one that the store refuses, and that was put off, keeps no other.

    Where several fail the store is away: the rest is left alone, and is due at the next sweep.
    """

    def __init__(self) -> None:
        """Have met with nothing yet."""
        self._failed: list[ObjectsUnavailable] = []

    def each(self, things: Iterable[T], erase: Callable[[T], None]) -> int:
        """Erase some, and say of how many that came to an end."""
        count = 0
        for thing in things:
            if len(self._failed) >= _MOST_FAILED:
                break
            try:
                erase(thing)
                count += 1
            except ObjectsUnavailable as error:
                self._failed.append(error)
        return count

    def end(self) -> None:
        """Say what failed, once all else is done."""
        if self._failed:
            raise self._failed[0]


def erase(desk: Desk, check_id: str) -> None:
    """Take away a check's media; if it was deleted, its pictures and bundles too. What is not there is no error.

    What was deleted is looked at once more later: somebody may have been at work on it who had not heard.
    """
    from ..store import check_rows

    with desk.reading() as connection:
        row = None if connection is None else check_rows.one(connection, check_id)
    if row is None or row["erase_at"] is None:
        return
    try:
        _take_away(desk, check_id, row["object_key"], record=row["deleted_at"] is not None)
    except ObjectsUnavailable:
        with desk.changing() as connection:  # others come first next time: it may be this one's fault
            again = max(row["erase_at"], times.later(desk.now(), seconds=AGAIN_S))
            check_rows.change(connection, check_id, erase_at=again)
        raise
    with desk.changing() as connection:
        row = check_rows.locked(connection, check_id)
        if row is not None and row["erase_at"] is not None and row["erase_at"] <= desk.now():
            last = times.later(row["deleted_at"], seconds=LATE_S) if row["deleted_at"] else ""
            again = last if last > desk.now() else None
            check_rows.change(connection, check_id, object_key=None, erase_at=again, asker=None)


def late(desk: Desk, check_id: str, object_key: str | None = None) -> None:
    """Take away what a worker brought for a check that was deleted meanwhile; of one that ended, what it does not have.

    An object that the check has goes with its own clock, which may stand still.
    """
    from ..store import check_rows

    with desk.reading() as connection:
        row = None if connection is None else check_rows.one(connection, check_id)
    if row is None:
        return
    if row["deleted_at"] is not None:
        _take_away(desk, check_id, object_key, record=True)
    elif object_key is not None and (row["media_gone_at"] is not None or row["object_key"] != object_key):
        desk.objects.delete(object_key)


def _take_away(desk: Desk, check_id: str, object_key: str | None, record: bool) -> None:
    for key in {object_key, f"media/{check_id}"}:
        if key is not None:
            desk.objects.delete(key)
    if record:
        desk.objects.delete_all(f"pictures/{check_id}/")
        desk.objects.delete_all(f"bundles/{check_id}/")
