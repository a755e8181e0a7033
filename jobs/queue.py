"""The queue's database and what is in it: names, lanes, and all that reaches behind DBOS's public face.

Knows how DBOS is set up at both ends, so that they agree; knows nothing of what the work is. That a job's number is the
id of what it is about is what makes asking twice harmless.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..docket import Lane
from ..errors import JobsUnavailable, SettingsInvalid
from ..scan.values import FLEET
from ..settings import Settings, without_secrets

if TYPE_CHECKING:
    from dbos import DBOS, DBOSClient, EnqueueOptions

APPLICATION = "countermark"
VERSION = "1"  # of the order of steps: a worker takes up only what began under the same one
CHECKS, FETCHES, STAMPS, CALLBACKS = "checks", "fetches", "stamps", "callbacks"
SCANS, HOOKS = "scans", "hooks"
RETROACTIONS = "retroactions"
SHADOWS = "shadows"
PRIORITY: dict[Lane, int] = {"live": 1, "bulk": 2}
RESCANS = "rescans"  # what is counted apart: it holds back nothing that is new
LAST = 3  # behind both: what was judged before can wait
POLL_S = {
    CHECKS: 0.1,
    FETCHES: 0.5,
    STAMPS: 1.0,
    CALLBACKS: 1.0,
    SCANS: 0.5,
    HOOKS: 0.5,
    RETROACTIONS: 2.0,
    SHADOWS: 1.0,
}  # a look takes 2 to 4 ms of a core
AT_ONCE = {
    FETCHES: 8,
    STAMPS: 1,
    CALLBACKS: 8,
    SCANS: 1,
    HOOKS: 16,
    RETROACTIONS: 1,
    SHADOWS: 1,
}  # in one process; of checks, the settings say
OF_ONE_TENANT = {FETCHES: 4, CALLBACKS: 2, HOOKS: 4}  # of these, so that whoever answers slowly holds up nobody else
TRIES = 3  # at a job whose worker dies over it
UNDER_WAY, WAITS, DEAD = "PENDING", "ENQUEUED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
ENDED = ["SUCCESS", "ERROR", "CANCELLED"]
_CONNECTIONS = 6


def prepared(options: Settings) -> str:
    """Give the database's URL; a file is made first, readable by its owner alone."""
    url = options.jobs_url
    if not url.startswith("sqlite:"):
        return url
    path = Path(url.removeprefix("sqlite:///"))
    with reporting(url):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):  # to open and close one that is in use would drop this process's locks on it
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    return url


@contextmanager
def reporting(url: str) -> Iterator[None]:
    """Turn what drivers raise into JobsUnavailable, without passwords."""
    from dbos import error as errors
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        yield
    except DBAPIError as error:
        said = str(error.orig).split("\n")[0]
        raise JobsUnavailable(f"the queue at {without_secrets(url)}: {type(error.orig).__name__}: {said}") from None
    except (SQLAlchemyError, sqlite3.Error, OSError, errors.DBOSException) as error:
        raise JobsUnavailable(f"the queue at {without_secrets(url)}: {type(error).__name__}") from None


def quiet() -> None:
    """Have DBOS log as everybody does, and only what is amiss; of itself it writes to the terminal."""
    log = logging.getLogger("dbos")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    log.setLevel(logging.WARNING)


def engine_of_jobs(options: Settings, name: str, queues: Collection[str]) -> DBOS:
    """Give DBOS, set up for a worker of this name that takes from these queues, and not yet begun."""
    from dbos import DBOS, DBOSPortableJSONSerializer

    quiet()
    made = DBOS(
        config={
            "name": APPLICATION,
            "system_database_url": prepared(options),
            "application_version": VERSION,
            "executor_id": name,
            "serializer": DBOSPortableJSONSerializer(),
            "sys_db_pool_size": _CONNECTIONS + options.service.queue_workers,
            "log_level": "WARNING",
            "enable_otlp": False,
        }
    )
    DBOS.listen_queues(list(queues))  # or it would take from all that others have registered
    return made


def of_fleet(fleet: str) -> str:
    """Give the name of the queue in which a fleet's shards wait; without a name, that of scans for all."""
    return f"{SCANS} {fleet}" if fleet else SCANS


def taken_by(takes: Collection[str], fleet: str) -> tuple[str, ...]:
    """Give the queues of a worker: all that it takes, or every one; of scans, those for its fleet."""
    if not FLEET.fullmatch(fleet):
        raise SettingsInvalid(f"{fleet!r} is no name of a fleet", advice="use small letters, digits and hyphens")
    for name in takes:
        if name not in POLL_S:
            raise SettingsInvalid(f"there is no queue {name!r}", advice=f"take some of: {', '.join(POLL_S)}")
    return tuple(of_fleet(fleet) if name == SCANS else name for name in POLL_S if not takes or name in takes)


def listen(options: Settings, names: Collection[str]) -> None:
    """Have this process take work from these queues, once DBOS runs."""
    from dbos import DBOS

    for name in names:
        kind = SCANS if name.startswith(SCANS) else name
        # The limit is each process's own, and stands in the database: who starts last says what it is for all.
        DBOS.register_queue(
            name,
            worker_concurrency=AT_ONCE.get(kind, options.service.queue_workers),
            partition_worker_concurrency=OF_ONE_TENANT.get(kind),
            polling_interval_sec=POLL_S[kind],
            on_conflict="always_update",
        )


def client(options: Settings) -> DBOSClient:
    """Give the asking end; the tables are made where they are missing, since asking may come before any worker."""
    from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer

    quiet()
    url = prepared(options)
    with reporting(url):
        made = DBOSClient(
            system_database_url=url,
            serializer=DBOSPortableJSONSerializer(),
            system_database_pool_size=_CONNECTIONS,
            application_name=APPLICATION,
            retry_connection_errors=False,
        )
        DBOS.migrate(url)
        return made


def check_order(check_id: str, lane: Lane) -> EnqueueOptions:
    """Say how a check is asked for."""
    return {
        "workflow_name": "check",
        "queue_name": CHECKS,
        "workflow_id": check_id,
        "app_version": VERSION,
        "priority": PRIORITY[lane],
    }


def fetch_order(check_id: str, lane: Lane, tenant_id: str) -> EnqueueOptions:
    """Say how it is asked that a check's media be brought; the check itself is asked for once it is there."""
    return {
        "workflow_name": "fetch",
        "queue_name": FETCHES,
        "workflow_id": fetch_number(check_id),
        "app_version": VERSION,
        "priority": PRIORITY[lane],
        "queue_partition_key": tenant_id,
    }


def fetch_number(check_id: str) -> str:
    """Give the number of the job that brings a check's media."""
    return f"{check_id}.fetch"


def again_order(check_id: str, number: str, lane: Lane) -> EnqueueOptions:
    """Say how another look at a check is asked for; `number`: of the occasion."""
    return {
        "workflow_name": "rejudge",
        "queue_name": CHECKS,
        "workflow_id": f"{check_id}.again.{number}",
        "app_version": VERSION,
        "priority": PRIORITY[lane],
    }


def stamp_order(stamp_id: str) -> EnqueueOptions:
    """Say how a stamp is asked for."""
    return {"workflow_name": "stamp", "queue_name": STAMPS, "workflow_id": stamp_id, "app_version": VERSION}


def shard_order(scan_id: str, number: int, attempt: int, fleet: str = "") -> EnqueueOptions:
    """Say how a shard of a scan is asked for. Its queue is its own: no check waits behind it."""
    return {
        "workflow_name": "scan",
        "queue_name": of_fleet(fleet),
        "workflow_id": shard_number(scan_id, number, attempt),
        "app_version": VERSION,
    }


def shard_number(scan_id: str, number: int, attempt: int) -> str:
    """Give the number of the job that makes a shard."""
    return f"{scan_id}.{number}.{attempt}"


def rescan_order(rescan_id: str, shard: int) -> EnqueueOptions:
    """Say how it is asked that a rescan come to the checks of a shard: behind all that is new."""
    return {
        "workflow_name": "rescan",
        "queue_name": CHECKS,
        "workflow_id": rescan_number(rescan_id, shard),
        "app_version": VERSION,
        "priority": LAST,
    }


def rescan_number(rescan_id: str, shard: int) -> str:
    """Give the number of the job that does so."""
    return f"{rescan_id}.{shard}"


def shadow_order(check_id: str, occasion: str) -> EnqueueOptions:
    """Say how a shadow's look is asked for. Its queue is its own: no check waits behind it."""
    return {
        "workflow_name": "shadow",
        "queue_name": SHADOWS,
        "workflow_id": f"{check_id}.shadow.{occasion}",
        "app_version": VERSION,
    }


def retroaction_order(run_id: str, attempt: int) -> EnqueueOptions:
    """Say how it is asked that a policy be brought to the past. Its queue is its own: nothing waits behind it."""
    return {
        "workflow_name": "retroact",
        "queue_name": RETROACTIONS,
        "workflow_id": retroaction_number(run_id, attempt),
        "app_version": VERSION,
    }


def retroaction_number(run_id: str, attempt: int) -> str:
    """Give the number of the job that does so."""
    return f"{run_id}.{attempt}"


def callback_order(callback_id: str, attempt: int, tenant_id: str) -> EnqueueOptions:
    """Say how one attempt at a delivery is asked for."""
    return {
        "workflow_name": "callback",
        "queue_name": CALLBACKS,
        "workflow_id": callback_number(callback_id, attempt),
        "app_version": VERSION,
        "queue_partition_key": tenant_id,
    }


def hook_order(delivery_id: str, attempt: int, tenant_id: str) -> EnqueueOptions:
    """Say how one attempt to tell an endpoint of an event is asked for."""
    return {
        "workflow_name": "hook",
        "queue_name": HOOKS,
        "workflow_id": callback_number(delivery_id, attempt),
        "app_version": VERSION,
        "queue_partition_key": tenant_id,
    }


def callback_number(callback_id: str, attempt: int) -> str:
    """Give the number of the job that makes one attempt."""
    return f"{callback_id}.{attempt}"


def counted(client: DBOSClient) -> dict[str, int]:
    """Count what waits: checks by lane, also those whose media is to be brought; the rest by queue."""
    from sqlalchemy import func, select

    database = client._sys_db
    rows = database.tables.workflow_status
    columns = (rows.c.queue_name, rows.c.priority)
    asked = select(*columns, func.count()).where(rows.c.status == WAITS).group_by(*columns)
    lanes = {priority: lane for lane, priority in PRIORITY.items()}
    found: dict[str, int] = dict.fromkeys((*PRIORITY, STAMPS, CALLBACKS, SCANS, HOOKS), 0)
    with database.engine.connect() as connection:
        for queue, priority, number in connection.execute(asked):
            name = lanes.get(priority, RESCANS) if queue in (CHECKS, FETCHES) else str(queue)
            found[name] = found.get(name, 0) + int(number)
    return found


# Behind DBOS's public face. `resume_workflow` would do, but forgets how often a job was tried: a file that kills
# whoever looks at it would never be given up.


def take_up(name: str) -> None:
    """Put what a dead worker was at back into its queue."""
    from dbos import DBOS

    DBOS._recover_pending_workflows([name])


def hand_on(number: str, name: str) -> None:
    """Put one job of a worker back into its queue."""
    from dbos._dbos import _get_dbos_instance

    _get_dbos_instance()._sys_db.reenqueue_for_recovery(number, [name], CHECKS)


def under_way() -> set[str]:
    """Give the numbers of the jobs that this process is at."""
    from dbos._dbos import _get_dbos_instance

    return set(_get_dbos_instance()._active_workflows_set.activeList())


def give_back(client: DBOSClient, name: str) -> None:
    """Put what a worker has not done back, as it stops in peace: that was no try. It takes nothing more by then."""
    for job in client.list_workflows(status=UNDER_WAY, executor_id=name, load_input=False, load_output=False):
        client.resume_workflow(job.workflow_id, queue_name=job.queue_name)
