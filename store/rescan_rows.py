"""What is asked of the tables of rescans and written into them, as plain values. Knows no meaning of what it holds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from .checks import check_manifests, check_revisions, checks
from .moderation import submissions
from .scans import rescan_lines, rescans
from .schema import manifests, records

Values = dict[str, Any]
_TAKEN_BACK = ("revoked", "withdrawn")

# Rescans ------------------------------------------------------------------------------------------------------------


def add(connection: Connection, values: Values) -> None:
    """Write one that is new."""
    connection.execute(insert(rescans), values)


def one(connection: Connection, id: str) -> Values | None:
    """Give one."""
    row = connection.execute(select(rescans).where(rescans.c.id == id)).mappings().first()
    return dict(row) if row else None


def going(connection: Connection) -> list[str]:
    """Give the ids of those that are not over, the first made first."""
    query = select(rescans.c.id).where(rescans.c.state == "going").order_by(rescans.c.made_at)
    return list(connection.execute(query).scalars())


def change(connection: Connection, id: str, **values: object) -> bool:
    """Change one that is going; say whether it was."""
    query = update(rescans).where(rescans.c.id == id, rescans.c.state == "going").values(**values)
    return bool(connection.execute(query).rowcount)


# Their lines --------------------------------------------------------------------------------------------------------


def add_lines(connection: Connection, rows: list[Values]) -> None:
    """Write lines that are new."""
    if rows:
        connection.execute(insert(rescan_lines), rows)


def line(connection: Connection, rescan_id: str, check_id: str) -> Values | None:
    """Give a line."""
    c = rescan_lines.c
    query = select(rescan_lines).where(c.rescan_id == rescan_id, c.of_check == check_id)
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def change_line(connection: Connection, rescan_id: str, check_id: str, **values: object) -> bool:
    """Change a line that has no outcome; say whether it had none."""
    c = rescan_lines.c
    query = update(rescan_lines).where(c.rescan_id == rescan_id, c.of_check == check_id, c.outcome.is_(None))
    return bool(connection.execute(query.values(**values)).rowcount)


def try_line(connection: Connection, rescan_id: str, check_id: str, shard: int, tried: int, more: int) -> bool:
    """Count tries at a line without an outcome, if it is still of that shard and was tried so often; say whether."""
    c = rescan_lines.c
    query = update(rescan_lines).where(c.rescan_id == rescan_id, c.of_check == check_id, c.outcome.is_(None))
    query = query.where(c.shard == shard, c.attempt == tried).values(attempt=tried + more)
    return bool(connection.execute(query).rowcount)


def waiting(connection: Connection, rescan_id: str) -> int:
    """Count the lines without an outcome."""
    c = rescan_lines.c
    query = select(func.count()).select_from(rescan_lines).where(c.rescan_id == rescan_id, c.outcome.is_(None))
    return int(connection.execute(query).scalar_one())


def dealt(connection: Connection, rescan_id: str) -> list[int]:
    """Give the shards that have lines without an outcome; 0 is none."""
    c = rescan_lines.c
    query = select(c.shard).where(c.rescan_id == rescan_id, c.outcome.is_(None), c.shard > 0).distinct()
    return list(connection.execute(query.order_by(c.shard)).scalars())


def free(connection: Connection, rescan_id: str, shards: Collection[int], limit: int | None) -> list[str]:
    """Give the checks of lines without an outcome that are of one of these shards."""
    c = rescan_lines.c
    query = select(c.of_check).where(c.rescan_id == rescan_id, c.outcome.is_(None), c.shard.in_(shards))
    return list(connection.execute(query.order_by(c.of_check).limit(limit)).scalars())


def put(connection: Connection, rescan_id: str, check_ids: Collection[str], shard: int) -> None:
    """Put lines into a shard."""
    c = rescan_lines.c
    query = update(rescan_lines).where(c.rescan_id == rescan_id, c.of_check.in_(check_ids), c.outcome.is_(None))
    connection.execute(query.values(shard=shard))


def counts(connection: Connection, rescan_id: str) -> dict[str | None, int]:
    """Count lines by outcome; by None those without."""
    c = rescan_lines.c
    query = select(c.outcome, func.count()).where(c.rescan_id == rescan_id).group_by(c.outcome)
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def lines(connection: Connection, rescan_id: str, outcomes: Collection[str], limit: int) -> list[Values]:
    """Give some lines with these outcomes."""
    c = rescan_lines.c
    query = select(rescan_lines).where(c.rescan_id == rescan_id, c.outcome.in_(outcomes))
    return [dict(row) for row in connection.execute(query.order_by(c.of_check).limit(limit)).mappings()]


def known(connection: Connection, check_ids: Collection[str], outcomes: Collection[str]) -> set[tuple[str, str]]:
    """Give which of these checks were looked at before, and against what."""
    c = rescan_lines.c
    query = select(c.of_check, c.against).where(c.of_check.in_(check_ids), c.outcome.in_(outcomes))
    return {(row[0], row[1]) for row in connection.execute(query)}


def seconds(connection: Connection, because: str) -> float | None:
    """Give the mean of what looks of earlier rescans took, of those of the same kind; None: there were none."""
    c = rescan_lines.c
    query = select(func.avg(c.seconds)).select_from(rescan_lines.join(rescans, rescans.c.id == c.rescan_id))
    query = query.where(rescans.c.plan.like(f'%"because": "{because}"%'), c.seconds.is_not(None))
    found = connection.execute(query).scalar()
    return None if found is None else float(found)


# Past checks --------------------------------------------------------------------------------------------------------


def past(
    connection: Connection, tenant_id: str, since: str, until: str, after: str, limit: int, of: str
) -> list[Values]:
    """Give a page of checks with a result, by id.

    tenant_id: empty: of all. of: those alone that rest on manifests, on revoked ones, or were submitted; empty: all.
    """
    latest = (check_revisions.c.check_id == checks.c.id) & (check_revisions.c.number == checks.c.revision)
    columns = ("id", "tenant_id", "object_key", "outcome", "revision", "created_at", "started_at", "finished_at")
    query = select(*(checks.c[name] for name in columns), check_revisions.c.versions).join(check_revisions, latest)
    query = query.where(checks.c.id > after, checks.c.status == "succeeded", checks.c.deleted_at.is_(None))
    query = query.where(checks.c.created_at >= since, checks.c.created_at <= until)
    rests = select(check_manifests.c.check_id).where(check_manifests.c.check_id == checks.c.id)
    if tenant_id:
        query = query.where(checks.c.tenant_id == tenant_id)
    if of == "manifests":
        query = query.where(rests.exists())
    if of == "revoked":
        query = query.where(rests.where(check_manifests.c.manifest_id.in_(_revoked())).exists())
    if of == "submitted":
        query = query.where(select(submissions.c.id).where(submissions.c.of_check == checks.c.id).exists())
    return [dict(row) for row in connection.execute(query.order_by(checks.c.id).limit(limit)).mappings()]


def manifests_of(connection: Connection, check_id: str) -> list[str]:
    """Give the ids of the revoked manifests that a check's verdict rests on."""
    c = check_manifests.c
    query = select(c.manifest_id).where(c.check_id == check_id, c.manifest_id.in_(_revoked()))
    return list(connection.execute(query.order_by(c.manifest_id)).scalars())


def _revoked() -> Any:
    joined = manifests.join(records, records.c.payload == manifests.c.payload)
    return select(manifests.c.manifest_id).select_from(joined).where(records.c.status.in_(_TAKEN_BACK))
