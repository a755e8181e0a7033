"""The command that takes in what buckets and brokers tell of, on this machine or another."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import ExitStack
from importlib.util import find_spec
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .app import app
from .session import Quiet, Session, Verbose

if TYPE_CHECKING:
    from ..settings import Settings
    from ..streams import Listener, Wish

_NEEDED = ("dbos", "obstore")


@app.command("listen")
def listen(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Folders, s3://bucket/prefix, kafka://HOST:PORT/TOPIC, redis://HOST:PORT/STREAM.", metavar="SOURCE..."
        ),
    ],
    tenant: Annotated[str, typer.Option(help="Name or id of the tenant whose submissions these are.")] = "main",
    root: Annotated[
        list[str] | None, typer.Option(help="What messages may name: s3://bucket/prefix; again for another.")
    ] = None,
    allow_https: Annotated[bool, typer.Option("--allow-https", help="Messages may name https:// addresses.")] = False,
    item_type: Annotated[str, typer.Option(help="Type of items that are told of as objects alone.")] = "object",
    policy: Annotated[str, typer.Option(help="Policy of submissions that name none.")] = "",
    lane: Annotated[Literal["live", "bulk"], typer.Option(help="Lane of their checks: live ones come first.")] = "bulk",
    name: Annotated[str, typer.Option(help="Name of the source, for good; default: its own.")] = "",
    dead_letters: Annotated[str, typer.Option(help="Topic or stream for messages that can't be taken.")] = "",
    once: Annotated[bool, typer.Option("--once", help="Take what is there, and end.")] = False,
    most_waiting: Annotated[int, typer.Option(min=1, help="Checks that may wait before nothing more is read.")] = 1000,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks at a folder or bucket.")] = 10.0,
    settled: Annotated[float, typer.Option(min=0.0, help="Seconds for which a file must not have changed.")] = 5.0,
    claim_after: Annotated[
        float, typer.Option(min=0.1, help="Seconds after which another listener's entries of Redis are taken over.")
    ] = 60.0,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Open a check for each object or message that comes, once, until it is stopped.

    What it may read is said here alone: no message can name anything else. Keys of buckets and brokers come from the
    environment. Stopped, it ends the batch that it is at; killed, it goes on from there the next time.
    """
    from ..errors import PackageMissing
    from ..settings import settings
    from ..streams import Allowed, Wish
    from ..streams import root as checked_root

    session = Session("listen", False, quiet, verbose)
    with session.shield():
        if missing := [one for one in _NEEDED if find_spec(one) is None]:
            advice = "`pip install '.[serve]'` in the folder of Countermark's sources installs it"
            raise PackageMissing(f"to listen, {', '.join(missing)} must be installed", advice=advice)
        if name and len(sources) > 1:
            raise typer.BadParameter("--name: of one source alone")
        allowed = Allowed(tuple(map(checked_root, root or ())), allow_https, item_type)
        options = settings()
        wishes = [
            Wish(
                one,
                name,
                allowed,
                dead_letters,
                options.service.kafka_file,
                every_s=every,
                settled_s=settled,
                claim_s=claim_after,
                lane=lane,
                policy_id=policy or None,
            )
            for one in sources
        ]
        _listen(session, options, tenant, wishes, most_waiting, once=once)
    session.end()


def _listen(
    session: Session, options: Settings, tenant: str, wishes: list[Wish], most_waiting: int, *, once: bool
) -> None:
    """Listen to all of them until they end, or one of them can't go on."""
    stop, failed = threading.Event(), list[BaseException]()
    listeners = _listeners(session, options, tenant, wishes, most_waiting, stop)

    def run(listener: Listener) -> None:
        try:
            listener.run(once=once)
        except BaseException as error:
            failed.append(error)
            stop.set()

    with ExitStack() as held:
        held.callback(listeners[0].taking.jobs.close)
        held.enter_context(_stopped_by_signals(stop))
        threads = [threading.Thread(target=run, args=(one,), name=one.source.name) for one in listeners]
        for thread in threads:
            thread.start()
        session.remark(f"listens to {', '.join(one.source.name for one in listeners)}; Ctrl-C stops it")
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)  # signals are heard in between
    if failed:
        raise failed[0]


def _listeners(
    session: Session, options: Settings, tenant: str, wishes: list[Wish], most_waiting: int, stop: threading.Event
) -> list[Listener]:
    from ..accounts import Accounts
    from ..docket import Arrivals, Docket
    from ..docket.desk import Desk
    from ..jobs import Jobs
    from ..moderation.shelf import Shelf
    from ..streams import Listener, Taking, named, source

    tenant_id = Accounts(options).tenant_called(tenant).id
    docket, jobs, arrivals = Docket(options), Jobs(options), Arrivals(Desk(options))
    shelf = Shelf(options)
    for policy in {wish.policy_id for wish in wishes if wish.policy_id}:
        shelf.get(tenant_id, policy)  # or says that there is none

    def say(words: str) -> None:
        session.remark(words)
        sys.stdout.flush()  # whoever watches over it reads along

    made = []
    for wish in wishes:
        name = named(wish)
        taking = Taking(docket, jobs, arrivals, shelf, tenant_id, name, f"stream:{name}", wish.lane, wish.policy_id)
        made.append(Listener(source(wish, taking), taking, say, stop, most_waiting))
    return made


class _stopped_by_signals:  # noqa: N801  as a context manager
    """Sets an event at the first signal; the second one is as without this."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def __enter__(self) -> None:
        for number in self._former:
            signal.signal(number, self._hear)

    def __exit__(self, *error: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()
        self.__exit__()
