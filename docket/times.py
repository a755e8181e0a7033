"""Points in time, as the tables write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
# After all times, and behind what stands before it after all that begin so: by bytes, and where a database compares as
# a language does, too; there, signs such as ~ come before digits, or count for nothing.
LAST = "Z"


def now() -> datetime:
    """Give the time by this machine's clock."""
    return datetime.now(UTC)


def written(at: datetime) -> str:
    """Write a time so that later ones sort after it.

    >>> written(datetime(2026, 1, 2, tzinfo=UTC))
    '2026-01-02T00:00:00.000000+00:00'
    """
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def later(at: str, seconds: float = 0.0, days: float = 0.0) -> str:
    """Give the time that lies so much after another.

    >>> later("2026-01-02T00:00:00.000000+00:00", seconds=1.5)
    '2026-01-02T00:00:01.500000+00:00'
    """
    try:
        return written(datetime.fromisoformat(at) + timedelta(seconds=seconds, days=days))
    except OverflowError:  # whoever keeps things for ten thousand years keeps them for good
        return written(datetime.max.replace(tzinfo=UTC))


def between(first: str, then: str) -> float:
    """Give the seconds from one time to a later one; none where it is not later.

    >>> between("2026-01-02T00:00:00.000000+00:00", "2026-01-02T00:00:01.500000+00:00")
    1.5
    """
    return max(0.0, (datetime.fromisoformat(then) - datetime.fromisoformat(first)).total_seconds())
