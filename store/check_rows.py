"""What is asked of the tables of checks and written into them, as plain values. Knows no meaning of what it holds.

Who changes a check takes its row by `locked` first; that is what makes numbers follow each other without a gap.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    bindparam,
    delete,
    desc,
    func,
    insert,
    select,
    tuple_,
    update,
)

from .accounts import tenants
from .banks import bank_askings, bank_matches, known_looks
from .checks import (
    callbacks,
    check_events,
    check_evidence,
    check_manifests,
    check_pictures,
    check_revisions,
    checks,
    feedback,
    holds,
)
from .moderation import publications
from .scans import shadow_looks

Values = dict[str, Any]

_SHOWN = [column for column in checks.c if column.name not in ("looked", "manage_hash")]  # the rest is large, or secret
_ONE = select(*_SHOWN).where(checks.c.id == bindparam("id"))
_LOCKED = _ONE.with_for_update()
_CHILDREN = (
    *(check_evidence, check_revisions, check_events, check_pictures, check_manifests),
    *(holds, feedback, callbacks, bank_matches, bank_askings, known_looks, shadow_looks, publications),
)
_held = select(holds.c.id).where(holds.c.check_id == checks.c.id, holds.c.lifted_at.is_(None)).exists()


# One check ----------------------------------------------------------------------------------------------------------


def add(connection: Connection, values: Values) -> None:
    """Write a check that is new."""
    connection.execute(insert(checks), values)


def one(connection: Connection, id: str) -> Values | None:
    """Give a check."""
    return _first(connection, _ONE, id)


def locked(connection: Connection, id: str) -> Values | None:
    """Give a check that nobody else changes until this transaction ends."""
    return _first(connection, _LOCKED, id)


def change(connection: Connection, id: str, **values: object) -> None:
    """Change a check that is locked."""
    connection.execute(update(checks).where(checks.c.id == id).values(**values))


def manage_hash(connection: Connection, id: str) -> str | None:
    """Give the hash of the secret that a check can be managed with."""
    return connection.execute(select(checks.c.manage_hash).where(checks.c.id == id)).scalar()


def looked(connection: Connection, id: str) -> bytes | None:
    """Give what was kept of the examiners' look."""
    return connection.execute(select(checks.c.looked).where(checks.c.id == id)).scalar()


def kept(connection: Connection, tenant_id: str) -> tuple[float | None, float | None]:
    """Give for how long a tenant keeps media, in seconds, and records, in days; None: it says nothing."""
    query = select(tenants.c.media_kept_s, tenants.c.record_kept_days).where(tenants.c.id == tenant_id)
    row = connection.execute(query).first()
    return (row[0], row[1]) if row else (None, None)


# What belongs to it -------------------------------------------------------------------------------------------------


def add_child(connection: Connection, table: Table, *values: Values) -> None:
    """Write what belongs to a check."""
    if values:
        connection.execute(insert(table), list(values))


def children(connection: Connection, table: Table, id: str, after: int = -1) -> list[Values]:
    """Give what belongs to a check and has numbers, from after one on, in order."""
    query = select(table).where(table.c.check_id == id, table.c.number > after).order_by(table.c.number)
    return [dict(row._mapping) for row in connection.execute(query)]


def last_number(connection: Connection, table: Table, id: str) -> int:
    """Give the number of the newest; 0 where there is none."""
    return connection.execute(select(func.max(table.c.number)).where(table.c.check_id == id)).scalar() or 0


def has_number(connection: Connection, table: Table, id: str, number: int) -> bool:
    """Say whether there is one of this number."""
    query = select(table.c.number).where(table.c.check_id == id, table.c.number == number)
    return connection.execute(query).first() is not None


def pictures(connection: Connection, id: str) -> list[Values]:
    """Give a check's pictures, by name."""
    query = select(check_pictures).where(check_pictures.c.check_id == id).order_by(check_pictures.c.name)
    return [dict(row._mapping) for row in connection.execute(query)]


def placed(connection: Connection, id: str) -> list[Values]:
    """Give a check's holds, also lifted ones, oldest first."""
    query = select(holds).where(holds.c.check_id == id).order_by(holds.c.placed_at, holds.c.id)
    return [dict(row._mapping) for row in connection.execute(query)]


def is_held(connection: Connection, id: str) -> bool:
    """Say whether a hold stands on a check."""
    query = select(holds.c.id).where(holds.c.check_id == id, holds.c.lifted_at.is_(None)).limit(1)
    return connection.execute(query).first() is not None


def lift(connection: Connection, hold_id: str, **values: object) -> None:
    """Say when a hold was lifted, and by whom."""
    connection.execute(update(holds).where(holds.c.id == hold_id).values(**values))


def said(connection: Connection, id: str) -> list[Values]:
    """Give what people said of a check, oldest first."""
    query = select(feedback).where(feedback.c.check_id == id).order_by(feedback.c.at, feedback.c.id)
    return [dict(row._mapping) for row in connection.execute(query)]


def count_said(connection: Connection, id: str) -> int:
    """Say how many have said something of a check."""
    return connection.execute(select(func.count()).where(feedback.c.check_id == id)).scalar() or 0


def clear(connection: Connection, id: str, *tables: Table) -> None:
    """Take away what belongs to a check: of some tables, or of all."""
    for table in tables or _CHILDREN:
        connection.execute(delete(table).where(table.c.check_id == id))


def rest_on(connection: Connection, id: str, manifest_ids: list[str]) -> None:
    """Say anew which manifests a check's verdict rests on."""
    clear(connection, id, check_manifests)
    add_child(connection, check_manifests, *({"check_id": id, "manifest_id": one} for one in manifest_ids))


# Many ---------------------------------------------------------------------------------------------------------------


def listing(
    connection: Connection, tenant_id: str, limit: int, before: tuple[str, str] | None, equal: Values
) -> list[Values]:
    """List a tenant's checks, the last laid first; `before` is the time and the id at which a page ended."""
    query = select(*_SHOWN).where(checks.c.tenant_id == tenant_id, checks.c.deleted_at.is_(None))
    for name, value in equal.items():
        if value is not None:
            query = query.where(checks.c[name] == value)
    if before is not None:
        query = query.where(tuple_(checks.c.created_at, checks.c.id) < before)
    query = query.order_by(desc(checks.c.created_at), desc(checks.c.id)).limit(limit)
    return [dict(row._mapping) for row in connection.execute(query)]


def grouped(connection: Connection, group_id: str, tenant_id: str) -> list[Values]:
    """List the checks of a group, the first laid first."""
    query = select(*_SHOWN).where(
        checks.c.group_id == group_id, checks.c.tenant_id == tenant_id, checks.c.deleted_at.is_(None)
    )
    return [dict(row._mapping) for row in connection.execute(query.order_by(checks.c.created_at, checks.c.id))]


def with_manifest(connection: Connection, manifest_id: str) -> list[str]:
    """Give the ids of checks whose verdict rests on a manifest."""
    query = select(check_manifests.c.check_id).where(check_manifests.c.manifest_id == manifest_id)
    return list(connection.execute(query.order_by(check_manifests.c.check_id)).scalars())


def judged(connection: Connection, after: str, limit: int) -> list[tuple[str, str, str]]:
    """Give id, tenant and the versions of the latest revision, as JSON, of checks with a result, by id from one on."""
    latest = (check_revisions.c.check_id == checks.c.id) & (check_revisions.c.number == checks.c.revision)
    query = select(checks.c.id, checks.c.tenant_id, check_revisions.c.versions).join(check_revisions, latest)
    query = query.where(checks.c.id > after, checks.c.status == "succeeded", checks.c.deleted_at.is_(None))
    return [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(checks.c.id).limit(limit))]


def media_due(connection: Connection, now: str, limit: int) -> list[str]:
    """Give the ids of checks whose media is past its time, and not held."""
    query = select(checks.c.id).where(
        checks.c.media_until <= now, checks.c.media_gone_at.is_(None), checks.c.deleted_at.is_(None), ~_held
    )
    return list(connection.execute(query.order_by(checks.c.media_until).limit(limit)).scalars())


def records_due(connection: Connection, now: str, limit: int) -> list[str]:
    """Give the ids of checks whose record is past its time, and not held."""
    query = select(checks.c.id).where(checks.c.record_until <= now, checks.c.deleted_at.is_(None), ~_held)
    return list(connection.execute(query.order_by(checks.c.record_until).limit(limit)).scalars())


def erasing_due(connection: Connection, now: str, limit: int) -> list[str]:
    """Give the ids of checks whose objects are to be erased."""
    query = select(checks.c.id).where(checks.c.erase_at <= now).order_by(checks.c.erase_at).limit(limit)
    return list(connection.execute(query).scalars())


def _first(connection: Connection, query: Any, id: str) -> Values | None:
    row = connection.execute(query, {"id": id}).first()
    return dict(row._mapping) if row else None
