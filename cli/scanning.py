"""The command that looks at very many files: what lies in folders and buckets, shard by shard, cheap looks first."""

from __future__ import annotations

import os
import socket
import time
from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .app import app
from .session import Quiet, Session, Verbose

if TYPE_CHECKING:
    from ..scan import Plan, Scan, Shards
    from ..settings import Settings

_ASK_S, _SAY_S = 0.5, 10.0
_NEEDED = ("dbos", "obstore")
_SAMPLE = 3  # objects that are tried for the estimate, each for all looks that it takes


@app.command("scan")
def scan(
    places: Annotated[
        list[str] | None, typer.Argument(help="Folders, files, or s3://, gs://, az://bucket/prefix.", metavar="URI...")
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results; new, or empty.")] = Path("results"),
    to: Annotated[str, typer.Option(help="The dearest look: digest, container, pictures or detector.")] = "detector",
    thorough: Annotated[bool, typer.Option("--thorough", help="Take every look, also where one settles it.")] = False,
    share: Annotated[float, typer.Option(help="Look at a share of the objects alone, chosen by their names.")] = 1.0,
    only: Annotated[str, typer.Option(help="Look at names like this alone, as '*.mp4'.")] = "*",
    policy: Annotated[
        Path | None, typer.Option(help="A policy, to say what it makes of each: docs/policies.md.")
    ] = None,
    shard: Annotated[int, typer.Option(min=1, max=1024, help="Objects that one worker takes at a time.")] = 64,
    fleet: Annotated[str, typer.Option(help="Have workers of this fleet make it, and no others.")] = "",
    estimate: Annotated[bool, typer.Option("--estimate", help="Say what it would cost, and go no further.")] = False,
    resume: Annotated[str, typer.Option(help="Go on with a scan that was broken off, by its id.")] = "",
    no_work: Annotated[
        bool, typer.Option("--no-work", help="Look at nothing here; `countermark worker` processes do.")
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Look at all that lies in folders and buckets; one line of JSON for each object, whatever dies meanwhile.

    Stopped by Ctrl-C, or killed, it goes on with --resume. A look that proves a video synthetic spares the dearer
    ones; --thorough takes them all.
    """
    from ..settings import settings

    session = Session("scan", False, quiet, verbose)
    with session.shield():
        _check_packages()
        if bool(places) == bool(resume):
            raise typer.BadParameter("name what is to be scanned, or --resume ID")
        options = settings()
        if resume:
            _go_on(session, options, resume, out, work=not no_work)
        else:
            plan = _plan(tuple(places or ()), to, thorough, share, only, policy, shard, fleet)
            _begin(session, options, plan, out, estimate=estimate, work=not no_work)
    session.end()


def _plan(
    places: tuple[str, ...],
    to: str,
    thorough: bool,
    share: float,
    only: str,
    policy: Path | None,
    shard: int,
    fleet: str,
) -> Plan:
    from ..moderation.policies import read, written
    from ..objects import browsed
    from ..outputs import check_input
    from ..scan import STAGES, Plan
    from ..scan.values import FLEET

    if to not in STAGES:
        raise typer.BadParameter(f"--to {to}: one of {', '.join(STAGES)}")
    if not FLEET.fullmatch(fleet):
        raise typer.BadParameter("--fleet: small letters, digits and hyphens")
    if not 0 < share <= 1:
        raise typer.BadParameter("--share: above 0, and at most 1")
    if policy is not None:
        check_input(policy)
    text = None if policy is None else written(read(policy.read_text("utf-8"), str(policy)))
    urls = tuple(dict.fromkeys(browsed(place).url for place in places))
    plan = Plan(urls, to, share=share, only=only, shard=shard, policy=text, fleet=fleet)
    return replace(plan, settled_by=()) if thorough else plan


def _begin(session: Session, options: Settings, plan: Plan, out: Path, *, estimate: bool, work: bool) -> None:
    from ..docket.desk import Desk
    from ..scan import Shards
    from ..scan.results import check_folder
    from ..scan.sources import found

    if not estimate:
        check_folder(out)
    shards = Shards(Desk(options))
    scan_id = shards.open(plan)
    made = shards.lay(scan_id, found(plan), go=not estimate)
    _say_cost(session, options, shards, made)
    if estimate:
        shards.cancel(scan_id)
        return
    session.remark(f"scan {scan_id}; should it be broken off: countermark scan --resume {scan_id} --out {out}")
    _finished(session, options, shards, scan_id, out, work=work)


def _go_on(session: Session, options: Settings, scan_id: str, out: Path, *, work: bool) -> None:
    from ..docket.desk import Desk
    from ..scan import Shards
    from ..scan.results import check_folder
    from ..scan.sources import found

    check_folder(out)
    shards = Shards(Desk(options))
    made = shards.get(scan_id)
    if made.state == "listing":
        shards.lay(scan_id, found(made.plan))
    _finished(session, options, shards, scan_id, out, work=work)


def _finished(session: Session, options: Settings, shards: Shards, scan_id: str, out: Path, *, work: bool) -> None:
    """Have it made, here or by others, and write its results."""
    from ..jobs import Worker
    from ..objects import opened
    from ..scan.results import TABLE, write

    begun, first = time.monotonic(), shards.standing(scan_id)
    with ExitStack() as held:
        if work:
            name = f"scan-{socket.gethostname()}-{os.getpid()}"
            held.enter_context(Worker(options, name=name, fleet=first.plan.fleet))
        said_at = begun
        while (now := shards.standing(scan_id)).state == "going":
            if time.monotonic() - said_at > _SAY_S:
                said_at = time.monotonic()
                session.remark(_progress(first, now, said_at - begun))
            time.sleep(_ASK_S)
    made = shards.get(scan_id)
    write(shards, opened(options), made, out)
    if not (out / TABLE).exists():
        session.remark(
            f"without {TABLE}: `pip install '.[scan]'` in the folder of Countermark's sources, then --resume"
        )
    for name, count in sorted(made.counts.outcomes.items(), key=lambda one: -one[1]):
        session.remark(f"{count:8,}  {name}")
    session.remark(f"{out}: {made.counts.objects:,} of {made.objects:,} objects, {made.state}")


def _progress(first: Scan, now: Scan, seconds: float) -> str:
    """Say how far it is, at what rate, and for how long still, once that can be known.

    A shard counts when it is done.
    """
    said = f"{now.shards_done:,} of {now.shards:,} shards"
    done = now.shards_done - first.shards_done
    if not done:
        return said
    objects = done * now.objects / max(1, now.shards)
    left = (now.shards - now.shards_done) * seconds / done
    return f"{said}, {objects / seconds:.1f} objects a second, {_time(left)} left"


def _say_cost(session: Session, options: Settings, shards: Shards, made: Scan) -> None:
    """Try some of the objects, spread over all of them, and say what that comes to."""
    from ..scan.trying import tried

    seconds, count = tried(shards, made, options, _SAMPLE)
    size = f"{made.objects:,} objects, {made.bytes / 1e9:,.2f} GB, {made.shards:,} shards"
    if not count:
        session.remark(size)
        return
    session.remark(f"{size}; by {count} that were tried, about {_time(made.objects * seconds / count)} of one worker")


def _time(seconds: float) -> str:
    """Give a length of time for people.

    >>> _time(42), _time(5400), _time(400000)
    ('42 s', '1.5 h', '4.6 days')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 5000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 200_000 else f"{seconds / 86400:.1f} days"


def _check_packages() -> None:
    from ..errors import PackageMissing

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        advice = "`pip install '.[serve,scan]'` in the folder of Countermark's sources installs them"
        raise PackageMissing(f"to scan, {', '.join(missing)} must be installed", advice=advice)
