"""What was asked for and has no end yet, as plain values: checks and stamps. Knows no meaning of what it holds."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from .checks import checks, stamps

_OPEN = ("queued", "running")


def laid_before(connection: Connection, at: str, size: int) -> Iterator[list[tuple[str, str | None]]]:
    """Give ids, and the lane of those that are checks, in parts of this size; the oldest first."""
    of_checks = select(checks.c.id, checks.c.lane).where(checks.c.status.in_(_OPEN), checks.c.created_at < at)
    of_stamps = select(stamps.c.id, stamps.c.name).where(stamps.c.status.in_(_OPEN), stamps.c.created_at < at)
    found = [(row.id, row.lane) for row in connection.execute(of_checks.order_by(checks.c.created_at))]
    found += [(row.id, None) for row in connection.execute(of_stamps.order_by(stamps.c.created_at))]
    for start in range(0, len(found), size):
        yield found[start : start + size]
