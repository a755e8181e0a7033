"""The commands about who is trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .app import app
from .report import AnchorItem
from .session import Json, Quiet, Session, Verbose

trust = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Choose whose signatures are trusted.")
app.add_typer(trust, name="trust")


@trust.command("list")
def trust_list(json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """List the trust anchors of this machine."""
    from ..provenance import trust as anchors
    from ..settings import settings

    session = Session("trust list", json, quiet, verbose)
    with session.shield():
        for anchor in anchors.listing(settings().home):
            item = AnchorItem(**vars(anchor))
            session.add(item, f"{item.list_name}  {item.subject}  until {item.not_after}")
    session.end()


@trust.command("add")
def trust_add(
    file: Annotated[Path, typer.Argument(help="PEM file of certificates.")],
    name: Annotated[str | None, typer.Option(help="Name to keep them under; default: the file's.")] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Trust what leads to these certificates."""
    from ..outputs import check_input
    from ..provenance import trust as anchors
    from ..settings import settings

    session = Session("trust add", json, quiet, verbose)
    with session.shield(str(file)):
        check_input(file)
        kept = name or file.stem
        count = anchors.add(settings().home, kept, file)
        added = [AnchorItem(**vars(a)) for a in anchors.listing(settings().home) if a.list_name == kept]
        for number, item in enumerate(added):
            words = f"{count} certificates are trusted now, under the name {kept}"
            session.add(item, "" if number else words)
    session.end()


@trust.command("remove")
def trust_remove(
    name: Annotated[str, typer.Argument(help="As `trust list` shows it.")],
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Trust them no longer."""
    from ..provenance import trust as anchors
    from ..settings import settings

    session = Session("trust remove", json, quiet, verbose)
    with session.shield(name):
        anchors.remove(settings().home, name)
    session.end()
