"""What is asked of the tables and written into them, as plain values. Knows no meaning of what it holds.

The statements are built once, so that a lookup costs the database's time and little more. Writing wants a connection of
`engine.writing`, and a line in the ledger first, whose number is the new row's position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from sqlalchemy import Connection, Select, bindparam, delete, desc, func, insert, null, select, update

from .schema import looks, manifests, pending, records

Values = dict[str, Any]
Key = Literal["payload", "manifest_id", "content_digest"]

_COPIED = 200  # rows that a long answer holds at a time
_looks = records.join(looks, looks.c.payload == records.c.payload)
_all = _looks.join(manifests, manifests.c.payload == records.c.payload)
_whole = select(records, looks.c.fingerprint, looks.c.changes, manifests).select_from(_all)
# the first of its columns called payload and position are the record's, the second the manifest's
_owner = select(manifests.c.payload).order_by(desc(manifests.c.position)).limit(1)
_FOUND: dict[Key, Select[Any]] = {
    "payload": _whole.where(records.c.payload == bindparam("key")).order_by(manifests.c.position),
    "manifest_id": _whole.where(
        records.c.payload == _owner.where(manifests.c.manifest_id == bindparam("key")).scalar_subquery()
    ).order_by(manifests.c.position),
    "content_digest": _whole.where(
        records.c.payload == _owner.where(manifests.c.content_digest == bindparam("key")).scalar_subquery()
    ).order_by(manifests.c.position),
}
_PENDING = select(pending).where(pending.c.payload == bindparam("key"))
_LAST = select(func.max(records.c.position))
_SHAPES = (
    select(records.c.position, records.c.payload, looks.c.fingerprint)
    .select_from(_looks)
    .where(records.c.position > bindparam("after"), looks.c.fingerprint.is_not(null()))
    .order_by(records.c.position)
)


def find(connection: Connection, by: Key, key: str) -> list[Values]:
    """Give a record with each of its manifests, oldest first; nothing where there is none."""
    names = (*records.c.keys(), "fingerprint", "changes", *(f"m_{name}" for name in manifests.c.keys()))
    return [dict(zip(names, row, strict=True)) for row in connection.execute(_FOUND[by], {"key": key})]


def add(connection: Connection, record: Values, look: Values, manifest: Values) -> None:
    """Write a record that is new."""
    connection.execute(insert(records), record)
    connection.execute(insert(looks), look)
    connection.execute(insert(manifests), manifest)


def add_manifest(connection: Connection, manifest: Values) -> None:
    """Write one more manifest of a record."""
    connection.execute(insert(manifests), manifest)


def set_status(connection: Connection, payload: str, status: str, reason: str | None) -> None:
    """Change the one thing that may change; a record that is no longer pending needs no place to wait at."""
    change = update(records).where(records.c.payload == payload)
    connection.execute(change.values(status=status, status_reason=reason))
    connection.execute(delete(pending).where(pending.c.payload == payload))


def wait(connection: Connection, values: Values) -> None:
    """Note where the file of a pending record will appear, and who is at it."""
    connection.execute(insert(pending), values)


def waiting(connection: Connection, payload: str | None = None) -> list[Values]:
    """Give what was noted of one pending record, or of all."""
    query = select(pending) if payload is None else _PENDING
    found = connection.execute(query, {} if payload is None else {"key": payload})
    return [dict(row._mapping) for row in found]


def listing(
    connection: Connection, limit: int, before: int | None, equal: Mapping[str, str | None], since: str, until: str
) -> list[Values]:
    """List records, the last registered first, without what is large in them; `before` is a position.

    `until` takes in all times that begin with it.
    """
    newest = manifests.alias("newest")
    first = select(func.max(newest.c.position)).where(newest.c.payload == records.c.payload).scalar_subquery()
    query = (
        select(
            records,
            manifests.c.manifest_id,
            manifests.c.content_digest,
            func.length(manifests.c.manifest_store).label("manifest_bytes"),
        )
        .select_from(_all)
        .where(manifests.c.position == first, records.c.created_at >= since)
        .where(func.substr(records.c.created_at, 1, len(until)) <= until)
        .order_by(desc(records.c.position))
        .limit(limit)
    )
    for name, value in equal.items():
        if value is not None:
            query = query.where(records.c[name] == value)
    if before is not None:
        query = query.where(records.c.position < before)
    return [dict(row._mapping) for row in connection.execute(query)]


def fingerprints(connection: Connection, after: int) -> Iterator[tuple[int, str, bytes]]:
    """Give position, payload and fingerprint of every record that has one, in order."""
    yield from _streamed(connection, _SHAPES, {"after": after})


def last_position(connection: Connection) -> int:
    """Give the position of the record that was added last; 0 where there is none."""
    return connection.execute(_LAST).scalar() or 0


def all_records(connection: Connection) -> Iterator[Values]:
    """Give every record with its looks, in order."""
    names = (*records.c.keys(), "fingerprint", "changes")
    every = records.outerjoin(looks, looks.c.payload == records.c.payload)  # also one that was slipped in
    query = select(records, looks.c.fingerprint, looks.c.changes).select_from(every).order_by(records.c.position)
    for row in _streamed(connection, query):
        yield dict(zip(names, row, strict=True))


def all_manifests(connection: Connection) -> Iterator[Values]:
    """Give every manifest, in order."""
    for row in _streamed(connection, select(manifests).order_by(manifests.c.position)):
        yield dict(zip(manifests.c.keys(), row, strict=True))


def counts(connection: Connection, by: Literal["status", "issuer", "model", "month"]) -> dict[str, int]:
    """Count records by one of their facts, most first; what is not known counts under ''."""
    fact = func.substr(records.c.created_at, 1, 7) if by == "month" else records.c[by]
    said, number = func.coalesce(fact, "").label("fact"), func.count().label("number")
    rows = connection.execute(select(said, number).group_by(said).order_by(desc(number), said))
    return {row.fact: row.number for row in rows}


def sizes(connection: Connection) -> dict[str, int]:
    """Add up the bytes of what is large."""
    found = {}
    for column in (manifests.c.manifest_store, looks.c.fingerprint, looks.c.changes):
        found[column.name] = int(
            connection.execute(select(func.coalesce(func.sum(func.length(column)), 0))).scalar_one()
        )
    return found


def _streamed(connection: Connection, query: Select[Any], values: Values | None = None) -> Iterator[Any]:
    return iter(connection.execution_options(yield_per=_COPIED).execute(query, values or {}))
