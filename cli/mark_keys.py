"""The commands about keys of the invisible mark: keys mark new, list, rotate, use, export, import, remove."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .keys import keys
from .report_keys import MarkKeyItem
from .session import Force, Json, Quiet, Session, Verbose

NewName = Annotated[str | None, typer.Argument(help="What to call it; default: the day and four digits.")]
Name = Annotated[str, typer.Argument(help="As `keys mark list` shows it.")]

SYMMETRIC = "whoever can READ marks with this key can also WRITE them: give it to nobody who must not"

mark = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Make, choose and hand on private keys of the invisible mark."
)
keys.add_typer(mark, name="mark")


@mark.command("new")
def new(name: NewName = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Make a private mark key; it reads at once, and stamps once it is chosen."""
    from .. import mark_keys
    from ..settings import settings

    session = Session("keys mark new", json, quiet, verbose)
    with session.shield(name):
        made = mark_keys.make(settings().home, name)
        words = f"made the mark key {made.name} in {mark_keys.folder(settings().home)}, mode 0600"
        _tell(session, made.name, f"{words}\n`countermark keys mark use {made.name}` lets it stamp")
    session.end()


@mark.command("list")
def list_(json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """List the mark keys: which of them stamps, and which only read."""
    from .. import mark_keys
    from ..settings import settings

    session = Session("keys mark list", json, quiet, verbose)
    with session.shield():
        for facts in mark_keys.listing(settings().home):
            made = f"made {facts.created}" if facts.created else "published" if facts.name == mark_keys.OPEN else "?"
            problem = f": {facts.problem}" if facts.problem else ""
            session.add(MarkKeyItem(**vars(facts)), f"{facts.name}  {facts.state}  {made}{problem}")
        _overruled(session)
    session.end()


@mark.command("rotate")
def rotate(name: NewName = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Make a new key that stamps from now on; the one before goes on reading, until it is removed on purpose."""
    from .. import mark_keys
    from ..settings import settings

    session = Session("keys mark rotate", json, quiet, verbose)
    with session.shield(name):
        before = mark_keys.chosen(settings().home)
        made = mark_keys.rotate(settings().home, name)
        _tell(session, made.name, f"made {made.name}, which stamps from now on; {before} goes on reading")
        _overruled(session)
    session.end()


@mark.command("use")
def use(name: Name, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Choose the key that stamps: one of yours, or `open`, which everyone can read."""
    from .. import mark_keys
    from ..settings import settings

    session = Session("keys mark use", json, quiet, verbose)
    with session.shield(name):
        mark_keys.choose(settings().home, name)
        _tell(session, name, f"{name} stamps from now on")
        _overruled(session)
    session.end()


@mark.command("export")
def export(
    name: Name,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write, for its owner's eyes alone.")],
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write a key to a file, for someone who shall read your marks, and could then write them too."""
    from .. import mark_keys
    from ..settings import settings

    session = Session("keys mark export", json, quiet, verbose)
    with session.shield(name):
        mark_keys.export(settings().home, name, output, force)
        _tell(session, name, f"wrote the mark key {name} to {output}, mode 0600", SYMMETRIC)
    session.end()


@mark.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file that `keys mark export` wrote; mode 600.")],
    name: Annotated[str | None, typer.Option(help="What to call it here; default: its own name.")] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Keep a key that someone handed on; from then on its marks are read here."""
    from .. import mark_keys
    from ..outputs import check_input
    from ..settings import settings

    session = Session("keys mark import", json, quiet, verbose)
    with session.shield(str(file)):
        check_input(file)
        taken = mark_keys.take_in(settings().home, file, name)
        _tell(session, taken.name, f"marks of the key {taken.name} are read from now on", SYMMETRIC)
    session.end()


@mark.command("remove")
def remove(
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Yes: what it marked is never to be read here again.")] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Forget a key for good; nothing brings back what it alone can read."""
    from .. import mark_keys
    from ..settings import settings

    if not force:
        raise typer.BadParameter(f"nothing brings a removed key back: export {name} first, or give --force")
    session = Session("keys mark remove", json, quiet, verbose)
    with session.shield(name):
        mark_keys.remove(settings().home, name)
        session.remark(f"{name} is gone: its marks can no longer be read here")
    session.end()


def _tell(session: Session, name: str, words: str, *remarks: str) -> None:
    """Show one key as the list would."""
    from .. import mark_keys
    from ..settings import settings

    facts = next(facts for facts in mark_keys.listing(settings().home) if facts.name == name)
    session.add(MarkKeyItem(**vars(facts), remarks=remarks), "\n  ".join((words, *remarks)))


def _overruled(session: Session) -> None:
    """Say when a setting goes before what was chosen."""
    from ..settings import settings

    if wanted := settings().mark_key:
        session.remark(f"the setting mark_key goes before that: {wanted} stamps")
