"""The command that has past checks judged again, because something that they rest on is another."""

from __future__ import annotations

import os
import socket
import time
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from . import times
from .app import app
from .report_rescans import RescanExample, RescanItem
from .scanning import _time as in_words
from .session import Json, Quiet, Session, Verbose, one_line

if TYPE_CHECKING:
    from ..jobs.rescans import Because, Plan, Rescan, Rescans
    from ..settings import Settings

_ASK_S, _SAY_S = 0.3, 10.0
_EXAMPLES = 10


@app.command("rescan")
def rescan(
    because: Annotated[str, typer.Option(help="model, adapter, trust, revoked or policy.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how many can change and what it costs; go no further.")
    ] = False,
    tenant: Annotated[str, typer.Option(help="Checks of this tenant alone, by its name or id.")] = "",
    since: Annotated[str, typer.Option(help="Laid from then on: 2026, 2026-11, 2026-11-21, ...")] = "",
    until: Annotated[str, typer.Option(help="Laid till then, that day or month included.")] = "",
    share: Annotated[float, typer.Option(help="A share of them alone, chosen by their ids.")] = 1.0,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many checks.")] = None,
    resume: Annotated[str, typer.Option(help="Go on with one that was broken off, by its id.")] = "",
    cancel: Annotated[str, typer.Option(help="End one, by its id; what it brought stays.")] = "",
    no_work: Annotated[
        bool, typer.Option("--no-work", help="Look at nothing here; `countermark worker` processes do.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Judge past checks again that can change, behind all that is new; each comes to exactly one outcome.

    Stopped by Ctrl-C, or killed, it goes on with --resume, or by whatever worker there is.
    """
    from ..settings import settings

    session = Session("rescan", json, quiet, verbose)
    with session.shield():
        if [bool(because), bool(resume), bool(cancel)].count(True) != 1:
            said = "say why: --because model, adapter, trust, revoked or policy; or --resume ID, or --cancel ID"
            raise typer.BadParameter(said)
        _check_packages()
        options = settings()
        if cancel:
            _cancelled(session, options, cancel)
        elif resume:
            _finished(session, options, resume, work=not no_work)
        else:
            plan = _plan(options, because, tenant, since, until, share, limit)
            if dry_run:
                _say_cost(session, options, plan)
            else:
                _begin(session, options, plan, work=not no_work)
    session.end()


def _plan(
    options: Settings, because: str, tenant: str, since: str, until: str, share: float, limit: int | None
) -> Plan:
    from ..accounts import Accounts
    from ..jobs.rescans import BECAUSE, Plan

    why = _because(because)
    if why is None:
        raise typer.BadParameter(f"--because {because}: one of {', '.join(BECAUSE)}")
    if not 0 < share <= 1:
        raise typer.BadParameter("--share: above 0, and at most 1")
    since, until = times.asked(since, "--since"), times.till(until, "--until")
    return Plan(why, tenant and Accounts(options).tenant_called(tenant).id, since, until, share, limit)


def _because(said: str) -> Because | None:
    from ..jobs.rescans import BECAUSE

    return next((one for one in BECAUSE if one == said), None)


def _say_cost(session: Session, options: Settings, plan: Plan) -> None:
    from ..jobs.past import estimate

    found = estimate(options, plan, _EXAMPLES)
    examples = tuple(
        RescanExample(one.check_id, one.outcome, "" if one.kept else "media gone") for one in found.examples
    )
    item = RescanItem(
        *("", plan.because, "estimate", found.checks, 0, 0, 0, 0, 0),
        kept=found.kept,
        seconds=None if found.seconds is None else round(found.seconds, 3),
        examples=examples,
    )
    cost = "" if not found.checks else "; how long that takes is not known before the first rescan of the kind"
    if found.checks and found.seconds is not None:
        cost = f"; about {in_words(found.seconds)} of one worker, by what was measured"
    said = [f"{found.checks:,} checks can change; the media of {found.kept:,} is still kept{cost}"]
    said += [_example(one) for one in examples]
    session.add(item, "\n".join(said))


def _begin(session: Session, options: Settings, plan: Plan, *, work: bool) -> None:
    from ..docket.desk import Desk
    from ..jobs.rescans import Rescans

    rescan_id = Rescans(Desk(options)).open(plan)
    session.remark(f"rescan {rescan_id}; should it be broken off: countermark rescan --resume {rescan_id}")
    _finished(session, options, rescan_id, work=work)


def _cancelled(session: Session, options: Settings, rescan_id: str) -> None:
    from ..docket.desk import Desk
    from ..jobs.rescans import Rescans

    rescans = Rescans(Desk(options))
    rescans.get(rescan_id)  # or there is none
    rescans.cancel(rescan_id)
    item = _item(rescans, rescans.get(rescan_id))
    session.add(item, _words(rescans.get(rescan_id)))


def _finished(session: Session, options: Settings, rescan_id: str, *, work: bool) -> None:
    """Have it made, here or by others, and say what came of it."""
    from ..docket.desk import Desk
    from ..jobs import Worker
    from ..jobs.rescans import Rescans

    rescans = Rescans(Desk(options))
    now, said_at = rescans.get(rescan_id), time.monotonic()
    with ExitStack() as held:
        if work and now.state == "going":
            held.enter_context(Worker(options, name=f"rescan-{socket.gethostname()}-{os.getpid()}"))
        while now.state == "going":
            time.sleep(_ASK_S)
            now = rescans.get(rescan_id)
            if time.monotonic() - said_at > _SAY_S:
                said_at = time.monotonic()
                session.remark(_words(now))
    item = _item(rescans, now)
    session.add(item, "\n".join([_words(now), *map(_example, item.examples)]))


def _item(rescans: Rescans, now: Rescan) -> RescanItem:
    lines = [
        *rescans.lines(now.id, ("changed",), _EXAMPLES),
        *rescans.lines(now.id, ("gone", "failed"), _EXAMPLES),
    ]
    return RescanItem(
        rescan=now.id,
        because=now.plan.because,
        state=now.state,
        checks=now.looked + now.waiting,
        looked=now.looked,
        changed=now.changed,
        same=now.same,
        could_not=now.could_not,
        gone=now.gone,
        examples=tuple(RescanExample(one.check_id, one.outcome or "", one.note) for one in lines),
    )


def _words(now: Rescan) -> str:
    whole = "" if now.listed else " so far"
    gone = f" ({now.gone:,}: media gone, stays)" if now.gone else ""
    return (
        f"{now.state}: {now.looked:,} of {now.looked + now.waiting:,} checks{whole}; {now.changed:,} changed,"
        f" {now.same:,} same, {now.could_not:,} could not be judged anew{gone}"
    )


def _example(one: RescanExample) -> str:
    return one_line(f"  {one.check}  {one.outcome}{f': {one.note}' if one.note else ''}")


def _check_packages() -> None:
    from ..errors import PackageMissing

    if find_spec("dbos") is None:
        advice = "`pip install '.[serve]'` in the folder of Countermark's sources installs it"
        raise PackageMissing("to rescan, dbos must be installed", advice=advice)
