"""The commands that teach the detector a new generator: adapt, and heads list, show, export, import, remove."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .app import app
from .report import HeadItem
from .session import Force, Json, Quiet, Session, Verbose, one_line, progress

if TYPE_CHECKING:
    from ..detector.adapting.adapted import AdaptedHead, Figures

Name = Annotated[str, typer.Argument(help="As `heads list` shows it.")]
ModelName = Annotated[str, typer.Option(help="The model to adapt: its name, or a folder with its files.")]

heads = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Keep and hand on what `adapt` has taught the detector."
)
app.add_typer(heads, name="heads")


@app.command()
def adapt(
    synthetic: Annotated[Path, typer.Option(help="Folder of clips of the new generator: under a minute will do.")],
    name: Annotated[str, typer.Option(help="What to call what is learnt.")],
    real: Annotated[
        Path | None, typer.Option(help="Folder of real clips of your own, beside those that are known.")
    ] = None,
    model: ModelName = "release",
    force: Annotated[
        bool, typer.Option("--force", help="Replace a head of that name; keep one that does harm to what is known.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Teach the detector a generator from a few clips, and say what it is worth on clips that it was not taught."""
    from ..detector.adapting.adapt import adapt as fit_and_keep
    from ..detector.model import load
    from ..settings import settings

    session = Session("adapt", json, quiet, verbose)
    with session.shield(str(synthetic)), progress(f"learning {name}", session) as tell:
        done = fit_and_keep(
            synthetic, real, name, model=load(model), options=settings(), force=force, progress=tell
        )  # fmt: skip
        remarks = tuple(one_line(f"left out: {what}") for what in done.left_out)
        remarks += (f"kept all the same: {done.harm}",) if done.harm else ()
        said = f"kept the head {name}: {_worth(done.head)}\n  `countermark detect FILE --head {name}` asks it"
        session.add(_item(done.head, str(done.path), remarks), "\n  ".join((said, *remarks)))
    session.end()


@heads.command("list")
def list_(json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """List the heads that are kept here."""
    from ..detector.adapting import adapted
    from ..settings import settings

    session = Session("heads list", json, quiet, verbose)
    with session.shield():
        found = adapted.listing(settings().home)
        for facts in found:
            path = str(adapted.path_of(settings().home, facts.name))
            if facts.head is None:
                session.add(HeadItem(facts.name, path, problem=facts.problem), f"{facts.name}  {facts.problem}")
            else:
                session.add(_item(facts.head, path), f"{facts.name}  {facts.head.made}  {_fitted(facts.head.figures)}")
        if not found:
            session.remark("no heads are kept here; `countermark adapt` makes one")
    session.end()


@heads.command()
def show(name: Name, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Show what a head was fitted to, and what it was worth on clips that it was not fitted to."""
    from ..detector.adapting import adapted
    from ..settings import settings

    session = Session("heads show", json, quiet, verbose)
    with session.shield(name):
        head = adapted.load(settings().home, name)
        made = f"{name}, made {head.made} for {head.model} {head.version}"
        session.add(_item(head, str(adapted.path_of(settings().home, name))), f"{made}: {_worth(head)}")
    session.end()


@heads.command()
def export(
    name: Name,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write.")],
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write a head to a file, for someone else to use: numbers alone, no pictures."""
    from ..detector.adapting import adapted
    from ..settings import settings

    session = Session("heads export", json, quiet, verbose)
    with session.shield(name):
        head = adapted.export(settings().home, name, output, force)
        session.add(_item(head, str(output)), f"wrote the head {name} to {output}")
    session.end()


@heads.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file that `heads export` wrote.")],
    name: Annotated[str | None, typer.Option(help="What to call it here; default: its own name.")] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Keep a head that someone handed on; what it says of its own worth is their word."""
    from ..detector.adapting import adapted
    from ..settings import settings

    session = Session("heads import", json, quiet, verbose)
    with session.shield(str(file)):
        head = adapted.take_in(settings().home, file, name, force)
        remark = "whoever made it can make it call anything synthetic: take heads in from those you trust"
        said = f"kept the head {head.name}: {_worth(head)}\n  {remark}"
        session.add(_item(head, str(adapted.path_of(settings().home, head.name)), (remark,)), said)
    session.end()


@heads.command()
def remove(name: Name, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Forget a head."""
    from ..detector.adapting import adapted
    from ..settings import settings

    session = Session("heads remove", json, quiet, verbose)
    with session.shield(name):
        adapted.remove(settings().home, name)
        session.remark(f"{name} is gone")
    session.end()


def _item(head: AdaptedHead, path: str, remarks: tuple[str, ...] = ()) -> HeadItem:
    from dataclasses import asdict

    return HeadItem(head.name, path, head.made, head.model, head.version, asdict(head.figures), None, remarks)


def _fitted(figures: Figures) -> str:
    return f"{figures.clips} clips ({figures.seconds:.0f} s), AUC {figures.auc:.3f} ({figures.auc_without:.3f} before)"


def _worth(head: AdaptedHead) -> str:
    """Say what a head is worth, before and after."""
    one = head.figures
    lines = (
        f"fitted to {one.clips} clips ({one.seconds:.0f} s) of the new generator against {one.reals} real clips",
        "on clips that it was not fitted to, before and after:",
        f"  AUC                              {one.auc_without:.3f}  {one.auc:.3f}",
        f"  found at the default threshold   {one.found_without:5.0%}  {one.found:5.0%}",
        f"  false alarms on real clips       {one.false_alarms_without:5.1%}  {one.false_alarms:5.1%}",
        f"  AUC of the generators known      {one.known_auc_without:.3f}  {one.known_auc:.3f}",
    )
    return "\n  ".join(lines)
