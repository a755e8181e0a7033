"""Taking away what is past its time: media, records, uploads, files of stamps, answers kept for idempotency keys.

Several may sweep at once: each thing is looked at again, locked, before it goes.
"""

from __future__ import annotations

from functools import partial

from . import deleting, erasing, idempotency, stamping, uploads
from .desk import Desk
from .values import Swept

RETENTION = "retention"  # who deletes a record whose time is over


def sweep(desk: Desk, limit: int) -> Swept:
    """Let go in the database first, then erase; what could not be erased is put off, and keeps nothing else."""
    from ..store import check_rows

    with desk.reading() as connection:
        if connection is None:
            return Swept()
        media_ids = check_rows.media_due(connection, desk.now(), limit)
        record_ids = check_rows.records_due(connection, desk.now(), limit)
    media = sum(_let_media_go(desk, check_id) for check_id in media_ids)
    records = sum(_let_record_go(desk, check_id) for check_id in record_ids)
    with desk.reading() as connection:
        erasing_ids = [] if connection is None else check_rows.erasing_due(connection, desk.now(), 2 * limit)
    erased = erasing.Sweeping()
    erased.each(erasing_ids, partial(erasing.erase, desk))
    idempotency.sweep(desk)
    swept = Swept(media, records, uploads.sweep(desk, limit, erased), stamping.sweep(desk, limit, erased))
    erased.end()
    return swept


def _let_media_go(desk: Desk, check_id: str) -> bool:
    """Give whether there was any that went."""
    from ..store import check_rows

    with desk.changing() as connection:
        row, now = check_rows.locked(connection, check_id), desk.now()
        if row is None or row["deleted_at"] or row["media_gone_at"] or row["media_until"] > now:
            return False
        if check_rows.is_held(connection, check_id):
            return False
        check_rows.change(connection, check_id, media_gone_at=now, erase_at=now)
        return row["object_key"] is not None


def _let_record_go(desk: Desk, check_id: str) -> bool:
    from ..store import check_rows

    with desk.writing() as connection:
        row, now = check_rows.locked(connection, check_id), desk.now()
        if row is None or row["deleted_at"] or row["record_until"] > now or check_rows.is_held(connection, check_id):
            return False
        deleting.bury(desk, connection, row, RETENTION)
        return True
