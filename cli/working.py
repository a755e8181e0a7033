"""The command that works for the verification service beside its server, on this machine or another."""

from __future__ import annotations

import signal
import threading
from importlib.util import find_spec
from types import FrameType
from typing import Annotated

import typer

from .app import app
from .session import Quiet, Session, Verbose


@app.command("worker")
def worker(
    name: Annotated[str, typer.Option(help="Its name, unlike all others; default: as set, or this host's.")] = "",
    takes: Annotated[
        list[str] | None,
        typer.Option("--takes", help="Take from this queue alone (again for more): checks, fetches, scans, ..."),
    ] = None,
    fleet: Annotated[str, typer.Option(help="Of scans, make those for this fleet: scan --fleet gpu, say.")] = "",
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make the checks, stamps and deliveries that the service has in its queue, until it is stopped.

    Stopped once, it ends what it is at, if that is soon; stopped twice, it waits for nothing. What is not done goes
    back into the queue.
    """
    from ..api.telemetry import log_to_stderr
    from ..errors import PackageMissing
    from ..jobs import Worker
    from ..objects import opened
    from ..settings import settings

    session, stopped = Session("worker", False, quiet, verbose), threading.Event()
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()
        for each, handler in former.items():
            signal.signal(each, handler)

    with session.shield():
        if find_spec("dbos") is None:
            advice = "`pip install '.[serve]'` in the folder of Countermark's sources installs it"
            raise PackageMissing("to work, dbos must be installed", advice=advice)
        log_to_stderr(settings().service.log_format)
        opened(settings()).tried()
        at_work = Worker(settings(), name=name or None, takes=takes or (), fleet=fleet)
        for number in former:
            signal.signal(number, stop)
        with at_work:
            session.remark(f"worker {at_work.name} takes jobs; Ctrl-C stops it")
            stopped.wait()
    session.end()
