"""What is asked of the tables of scans and written into them, as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from .scans import scan_seen, scan_shards, scans

Values = dict[str, Any]
_LIGHT = [column for column in scan_shards.c if column.name not in ("objects", "partial")]


def add(connection: Connection, values: Values) -> None:
    """Write a scan that is new."""
    connection.execute(insert(scans), values)


def one(connection: Connection, id: str) -> Values | None:
    """Give a scan."""
    row = connection.execute(select(scans).where(scans.c.id == id)).mappings().first()
    return dict(row) if row else None


def every(connection: Connection, *states: str) -> list[Values]:
    """Give the scans in these states, the last made first."""
    rows = connection.execute(select(scans).where(scans.c.state.in_(states)).order_by(scans.c.made_at.desc()))
    return [dict(row) for row in rows.mappings()]


def change(connection: Connection, id: str, was: Sequence[str], **values: object) -> bool:
    """Change a scan that is in one of these states; say whether it was."""
    query = update(scans).where(scans.c.id == id, scans.c.state.in_(was)).values(**values)
    return bool(connection.execute(query).rowcount)


def add_shards(connection: Connection, rows: list[Values]) -> None:
    """Write shards that are new."""
    if rows:
        connection.execute(insert(scan_shards), rows)


def drop_shards(connection: Connection, scan_id: str) -> None:
    """Forget the shards of a listing that was broken off."""
    connection.execute(delete(scan_shards).where(scan_shards.c.scan_id == scan_id))


def totals(connection: Connection, scan_id: str) -> tuple[int, int, int, int]:
    """Count shards, objects, bytes, and shards that are done."""
    c = scan_shards.c
    query = select(func.count(), func.sum(c["count"]), func.sum(c.bytes), func.count(c.done_at)).where(
        c.scan_id == scan_id
    )
    shards, objects, size, done = connection.execute(query).one()
    return int(shards), int(objects or 0), int(size or 0), int(done)


def shard(connection: Connection, scan_id: str, number: int) -> Values | None:
    """Give one shard whole, and keep others from changing it until this transaction ends."""
    query = select(scan_shards).where(scan_shards.c.scan_id == scan_id, scan_shards.c.number == number)
    row = connection.execute(query.with_for_update()).mappings().first()
    return dict(row) if row else None


def change_shard(connection: Connection, scan_id: str, number: int, **values: object) -> bool:
    """Change a shard that is not done; say whether it was not."""
    c = scan_shards.c
    query = update(scan_shards).where(c.scan_id == scan_id, c.number == number, c.done_at.is_(None)).values(**values)
    return bool(connection.execute(query).rowcount)


def undone(connection: Connection, scan_id: str, after: int, limit: int) -> list[Values]:
    """Give shards that are not done, in order, without what they hold."""
    c = scan_shards.c
    query = select(*_LIGHT).where(c.scan_id == scan_id, c.done_at.is_(None), c.number > after)
    return [dict(row) for row in connection.execute(query.order_by(c.number).limit(limit)).mappings()]


def done(connection: Connection, scan_id: str) -> Iterator[Values]:
    """Give shards that are done, in order, without what they held."""
    c = scan_shards.c
    query = select(*_LIGHT).where(c.scan_id == scan_id, c.done_at.is_not(None)).order_by(c.number)
    for row in connection.execution_options(yield_per=500).execute(query).mappings():
        yield dict(row)


def seen(connection: Connection, scan_id: str, digest: str) -> bytes | None:
    """Give what was kept of an object with these bytes."""
    query = select(scan_seen.c.line).where(scan_seen.c.scan_id == scan_id, scan_seen.c.sha256 == digest)
    return connection.execute(query).scalar()


def add_seen(connection: Connection, scan_id: str, lines: dict[str, bytes]) -> None:
    """Keep what objects came to, by their bytes; where another was quicker, its line stays."""
    if not lines:
        return
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    rows = [{"scan_id": scan_id, "sha256": digest, "line": line} for digest, line in sorted(lines.items())]
    connection.execute(kind.insert(scan_seen).on_conflict_do_nothing(), rows)


def forget_seen(connection: Connection, scan_id: str) -> None:
    """Let go of what served while a scan was under way."""
    connection.execute(delete(scan_seen).where(scan_seen.c.scan_id == scan_id))
