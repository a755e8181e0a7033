"""What is asked of, and written to, the tables of looks that can be taken over and of banks that were asked."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from .banks import bank_askings, known_looks


def look(connection: Connection, key: str) -> tuple[str, str] | None:
    """Give the check that looked last, and when the bytes were looked at."""
    row = connection.execute(select(known_looks.c.check_id, known_looks.c.at).where(known_looks.c.key == key)).first()
    return (row[0], row[1]) if row else None


def remember(connection: Connection, key: str, check_id: str, at: str) -> None:
    """Write down who looked last."""
    connection.execute(delete(known_looks).where(known_looks.c.key == key))
    connection.execute(insert(known_looks), {"key": key, "check_id": check_id, "at": at})


def asked(connection: Connection, check_id: str) -> tuple[str, str | None] | None:
    """Give the banks that a check was held to, and what another server's know, as JSON; None: it was held to none."""
    query = select(bank_askings.c.banks, bank_askings.c.elsewhere).where(bank_askings.c.check_id == check_id)
    row = connection.execute(query).first()
    return (row[0], row[1]) if row else None


def note_asked(connection: Connection, check_id: str, banks: str, elsewhere: str | None = None) -> None:
    """Write down the banks that a check was held to."""
    connection.execute(delete(bank_askings).where(bank_askings.c.check_id == check_id))
    connection.execute(insert(bank_askings), {"check_id": check_id, "banks": banks, "elsewhere": elsewhere})
