"""How the queue stands, in numbers for whoever watches over it: how long work waits, and how many are at work.

Reaches behind DBOS's public face, as `queue` does. Changes nothing.
"""

from __future__ import annotations

import fcntl
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import presence
from .queue import CALLBACKS, CHECKS, FETCHES, HOOKS, PRIORITY, SCANS, STAMPS, WAITS

if TYPE_CHECKING:
    from dbos import DBOSClient

_ROUNDS = ("rounds quick", "rounds following", "rounds slow")  # names that are held, and no worker's


def oldest(client: DBOSClient) -> dict[str, float]:
    """Give the seconds that the oldest job waits: checks by lane, the rest by queue; 0 where none waits."""
    from sqlalchemy import func, select

    database = client._sys_db
    rows = database.tables.workflow_status
    columns = (rows.c.queue_name, rows.c.priority)
    asked = select(*columns, func.min(rows.c.created_at)).where(rows.c.status == WAITS).group_by(*columns)
    lanes = {priority: lane for lane, priority in PRIORITY.items()}
    found: dict[str, float] = dict.fromkeys((*PRIORITY, STAMPS, CALLBACKS, SCANS, HOOKS), 0.0)
    with database.engine.connect() as connection:
        for queue, priority, since in connection.execute(asked):
            name = lanes.get(priority, "bulk") if queue in (CHECKS, FETCHES) else str(queue)
            found[name] = max(found.get(name, 0.0), time.time() - int(since) / 1000)
    return found


def workers(client: DBOSClient) -> int:
    """Count who holds the name of a worker."""
    from sqlalchemy import text

    engine = client._sys_db.engine
    if engine.dialect.name == "sqlite":
        return sum(map(_held, _files(Path(str(engine.url.database)))))
    asked = text(
        "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = :kind AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with engine.connect() as connection:
        held = {int(number) for (number,) in connection.execute(asked, {"kind": presence.KIND})}
    return len(held - {presence.number_of(name) % 2**32 for name in _ROUNDS})


def _files(database: Path) -> list[Path]:
    return list(database.parent.glob(f"{database.name}.{presence.file_name(presence.worker_name(''))}*.lock"))


def _held(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
