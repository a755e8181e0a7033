"""A worker that dies as often as it is told to, each time at another point of its work, and lives again after it.

    python -m countermark.tests.jobs.lives NAME FOLDER POINT:ID ... [:ID ... | no more]

Settings come from the environment. Each POINT is a life, a process of its own that dies there over the check ID, or any
where there is no ID; by SIGKILL, past every handler. Unless there are no more, the last life ends in peace, when all
checks are over and nothing is owed. FOLDER/log gets a line for each look, and for each life that dies.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dbos  # noqa: F401  once, not in each life; so are those below
import faiss  # noqa: F401
import obstore  # noqa: F401
import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401

import countermark.fetch
import countermark.verify
from countermark.docket import Callbacks, Docket
from countermark.jobs import Jobs, Worker
from countermark.objects import Objects
from countermark.settings import settings

NO_MORE = "no more"
# Where a life ends: right after this call, if the words say that it is the one.
POINTS: dict[str, tuple[Any, str, Callable[..., bool]]] = {
    "fetch begins": (Docket, "at_stage", lambda check_id, stage: stage == "fetch"),
    "fetched": (Docket, "fetched", lambda check_id, *rest: True),
    "first finding": (Docket, "add_evidence", lambda check_id, number, found: number == 1),
    "looked": (Docket, "keep_looked", lambda check_id, plain: "recovered" not in plain),
    "recovered": (Docket, "keep_looked", lambda check_id, plain: "recovered" in plain),
    "first picture": (Objects, "put_bytes", lambda key, *rest: key.endswith("key-1.jpg")),
    "finished": (Docket, "finish", lambda check_id, *rest: True),
    "callback asked for": (Jobs, "enqueue_callback", lambda callback_id, attempt, tenant_id: True),
    "callback answered": (countermark.fetch, "exchange", lambda url, **more: True),
    "callback noted": (Callbacks, "delivered", lambda callback_id: True),
}


def main() -> None:
    name, folder, *words = sys.argv[1:]
    countermark.verify.versions(settings())  # and what this imports
    ids = [word.rpartition(":")[2] for word in words if ":chk_" in word]
    log = Path(folder) / "log"
    for word in words:
        point, _, check_id = word.rpartition(":")
        if point:
            status = _life(name, log, point, check_id, ids)
            _note(log, f"died {point} {check_id} {os.waitstatus_to_exitcode(status)}")
    if NO_MORE in words:
        return
    raise SystemExit(os.waitstatus_to_exitcode(_life(name, log, "", "", ids)))


def _life(name: str, log: Path, point: str, check_id: str, ids: list[str]) -> int:
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        _count_looks(log)
        if point:
            _die_at(point, check_id)
        _live(name, ids)
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _live(name: str, ids: list[str]) -> None:
    docket, callbacks = Docket(settings()), Callbacks(settings())
    with Worker(settings(), name=name):
        end = time.monotonic() + 60
        while not all(docket.get(one).over and not any(o.due_at for o in callbacks.of_check(one)) for one in ids):
            if time.monotonic() > end:
                raise TimeoutError("not all is over")
            time.sleep(0.05)


def _die_at(point: str, check_id: str) -> None:
    owner, attribute, is_it = POINTS[point]
    original = getattr(owner, attribute)

    @functools.wraps(original)
    def dying(*words: Any, **more: Any) -> Any:
        given = original(*words, **more)
        if is_it(*(words if owner is countermark.fetch else words[1:]), **more) and _about(check_id, words, more):
            os.kill(os.getpid(), signal.SIGKILL)
        return given

    setattr(owner, attribute, dying)


def _about(check_id: str, words: tuple[Any, ...], more: dict[str, Any]) -> bool:
    """Whether a call is about a check: it, or what is owed for it, is named."""
    if any(check_id in str(word) for word in (*words, *more.values())):
        return True
    owed = {one.id for one in Callbacks(settings()).of_check(check_id)}
    return any(word in owed for word in words if isinstance(word, str))


def _count_looks(log: Path) -> None:
    original = countermark.verify.looked_at

    def counted(path: Path, *words: Any, **more: Any) -> Any:
        given = original(path, *words, **more)
        _note(log, f"looked {path.stem}")
        return given

    countermark.verify.looked_at = counted


def _note(log: Path, line: str) -> None:
    with log.open("a") as file:
        file.write(line + "\n")


if __name__ == "__main__":
    main()
