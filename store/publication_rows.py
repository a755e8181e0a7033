"""What is asked of the table of publications, and written into it. Knows no meaning of what it holds."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from .moderation import publications


def since(connection: Connection, check_id: str) -> str | None:
    """Give since when a check is shown to everybody; None: it is not."""
    at = connection.execute(select(publications.c.at).where(publications.c.check_id == check_id)).scalar()
    return None if at is None else str(at)


def add(connection: Connection, check_id: str, at: str, by: str) -> None:
    """Write one that is new."""
    connection.execute(insert(publications), {"check_id": check_id, "at": at, "by": by})


def remove(connection: Connection, check_id: str) -> bool:
    """Take one away; say whether it was there."""
    return bool(connection.execute(delete(publications).where(publications.c.check_id == check_id)).rowcount)
