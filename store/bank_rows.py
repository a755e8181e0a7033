"""What is asked of the tables of banks and written into them, as plain values. Knows no meaning of what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from .banks import bank_contents, bank_matches, banks

Values = dict[str, Any]

_STREAMED = 500  # rows at a time
_ASKED = 500  # values in one question; SQLite takes no more than so many
_LIGHT = [column for column in bank_contents.c if column.name != "vpdq"]
_ENABLED = (banks.c.enabled_share > 0) & bank_contents.c.disabled_at.is_(None)
_EXACT = (
    select(*_LIGHT, banks.c.name, banks.c.restricted, banks.c.enabled_share)
    .join(banks, banks.c.id == bank_contents.c.bank_id)
    .where(bank_contents.c.sha256 == bindparam("sha256"), banks.c.tenant_id == bindparam("tenant_id"), _ENABLED)
    .order_by(banks.c.name, bank_contents.c.number)
)


# Banks --------------------------------------------------------------------------------------------------------------


def add(connection: Connection, values: Values) -> None:
    """Write a bank that is new."""
    connection.execute(insert(banks), values)


def named(connection: Connection, tenant_id: str, name: str) -> Values | None:
    """Give one bank of a tenant."""
    row = connection.execute(select(banks).where(banks.c.tenant_id == tenant_id, banks.c.name == name)).first()
    return dict(row._mapping) if row else None


def of_tenant(connection: Connection, tenant_id: str) -> list[Values]:
    """Give the banks of a tenant, by name."""
    query = select(banks).where(banks.c.tenant_id == tenant_id).order_by(banks.c.name)
    return [dict(row._mapping) for row in connection.execute(query)]


def change(connection: Connection, bank_id: str, **values: object) -> None:
    """Change a bank."""
    connection.execute(update(banks).where(banks.c.id == bank_id).values(**values))


def drop(connection: Connection, bank_id: str) -> int:
    """Take away a bank and its contents; say how many these were."""
    gone = connection.execute(delete(bank_contents).where(bank_contents.c.bank_id == bank_id)).rowcount
    connection.execute(delete(banks).where(banks.c.id == bank_id))
    return gone


# Contents -----------------------------------------------------------------------------------------------------------


def add_contents(connection: Connection, values: Sequence[Values]) -> None:
    """Write contents that are new."""
    if values:
        connection.execute(insert(bank_contents), list(values))


def content(connection: Connection, bank_id: str, content_id: str) -> Values | None:
    """Give one content of a bank."""
    query = select(bank_contents).where(bank_contents.c.bank_id == bank_id, bank_contents.c.id == content_id)
    row = connection.execute(query).first()
    return dict(row._mapping) if row else None


def identified(connection: Connection, bank_id: str, identities: Sequence[str]) -> dict[str, str]:
    """Give the ids of contents that a bank has already, by identity."""
    found = {}
    for part in _parts(identities):
        query = select(bank_contents.c.identity, bank_contents.c.id)
        query = query.where(bank_contents.c.bank_id == bank_id, bank_contents.c.identity.in_(part))
        found.update({row[0]: row[1] for row in connection.execute(query)})
    return found


def numbered(connection: Connection, bank_id: str, numbers: Sequence[int], *, heavy: bool = False) -> list[Values]:
    """Give contents of a bank that stand, by number; `heavy`: with their frames."""
    columns = list(bank_contents.c) if heavy else _LIGHT
    found = []
    for part in _parts(numbers):
        query = select(*columns).where(bank_contents.c.bank_id == bank_id, bank_contents.c.number.in_(part))
        found += [dict(row._mapping) for row in connection.execute(query.where(bank_contents.c.disabled_at.is_(None)))]
    return found


def page(connection: Connection, bank_id: str, after: int, limit: int) -> list[Values]:
    """List contents of a bank by number, from after one on."""
    query = select(bank_contents).where(bank_contents.c.bank_id == bank_id, bank_contents.c.number > after)
    return [dict(row._mapping) for row in connection.execute(query.order_by(bank_contents.c.number).limit(limit))]


def hashes(connection: Connection, bank_id: str, after: int) -> Iterator[tuple[int, str | None, str | None]]:
    """Give number and hashes of the contents that look like something, from after one on, in order."""
    query = select(bank_contents.c.number, bank_contents.c.pdq, bank_contents.c.vpdq)
    query = query.where(bank_contents.c.bank_id == bank_id, bank_contents.c.number > after)
    query = query.where(or_(bank_contents.c.pdq.is_not(None), bank_contents.c.vpdq.is_not(None)))
    query = query.order_by(bank_contents.c.number).execution_options(yield_per=_STREAMED)
    for row in connection.execute(query):
        yield row[0], row[1], row[2]


def with_digest(connection: Connection, tenant_id: str, sha256: str) -> list[Values]:
    """Give the contents of all banks of a tenant that have a digest, with what their banks are."""
    rows = connection.execute(_EXACT, {"tenant_id": tenant_id, "sha256": sha256})
    return [dict(row._mapping) for row in rows]


def change_content(connection: Connection, content_id: str, **values: object) -> None:
    """Change a content."""
    connection.execute(update(bank_contents).where(bank_contents.c.id == content_id).values(**values))


def remove_content(connection: Connection, content_id: str) -> None:
    """Take away a content."""
    connection.execute(delete(bank_contents).where(bank_contents.c.id == content_id))


# Matches ------------------------------------------------------------------------------------------------------------


def add_matches(connection: Connection, values: Sequence[Values]) -> None:
    """Write what a check was found to be like."""
    if values:
        connection.execute(insert(bank_matches), list(values))


def matches_of(connection: Connection, check_id: str) -> list[Values]:
    """Give what a check was found to be like, first come first."""
    query = select(bank_matches).where(bank_matches.c.check_id == check_id)
    return [dict(row._mapping) for row in connection.execute(query.order_by(bank_matches.c.at, bank_matches.c.id))]


def closed(connection: Connection, check_id: str) -> bool:
    """Say whether a match keeps a check's media closed."""
    query = select(bank_matches.c.id).where(bank_matches.c.check_id == check_id, *_closing())
    return connection.execute(query.limit(1)).first() is not None


def closed_of(connection: Connection, tenant_id: str, after: str, limit: int) -> list[str]:
    """Give the ids of a tenant's checks whose media is closed, by id from after one on."""
    query = select(bank_matches.c.check_id).where(bank_matches.c.tenant_id == tenant_id, *_closing()).distinct()
    query = query.where(bank_matches.c.check_id > after).order_by(bank_matches.c.check_id).limit(limit)
    return list(connection.execute(query).scalars())


def close(connection: Connection, check_id: str, at: str) -> int:
    """Close a check's media by its matches in restricted banks that never closed it; say how many these are."""
    query = update(bank_matches).where(bank_matches.c.check_id == check_id, bank_matches.c.restricted.is_(True))
    return connection.execute(query.where(bank_matches.c.closed_at.is_(None)).values(closed_at=at)).rowcount


def reopen(connection: Connection, check_id: str, **values: object) -> int:
    """Open a check's media again; say how many matches kept it closed."""
    query = update(bank_matches).where(bank_matches.c.check_id == check_id, *_closing())
    return connection.execute(query.values(**values)).rowcount


def _closing() -> tuple[Any, Any]:
    return bank_matches.c.closed_at.is_not(None), bank_matches.c.opened_at.is_(None)


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _ASKED):
        yield values[start : start + _ASKED]
