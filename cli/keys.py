"""The commands about who signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .app import app
from .report import KeyItem
from .session import Json, Quiet, Session, Verbose

if TYPE_CHECKING:
    from ..keyring import Identity

Replace = Annotated[bool, typer.Option("--force", help="Set an identity that is there aside; it stays trusted here.")]

keys = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make and look at identities and mark keys.")
app.add_typer(keys, name="keys")


@keys.command("init")
def keys_init(force: Replace = False, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Make a development identity: a root, an intermediate and a signing key of this machine's own."""
    from .. import keyring
    from ..settings import settings

    session = Session("keys init", json, quiet, verbose)
    with session.shield():
        identity = keyring.init_development(settings().home, force=force)
        item = _key_item(identity)
        session.add(
            item,
            f"made {item.name} in {identity.key_path.parent}, mode 0600\n"
            "for development only: nobody else trusts what it signs",
        )
    session.end()


@keys.command("show")
def keys_show(json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Show the signing identity: until when it holds, and what a verifier will say of it and why."""
    from .. import keyring
    from ..settings import settings

    session = Session("keys show", json, quiet, verbose)
    with session.shield():
        item = _key_item(keyring.load(settings().home))
        lines = [
            f"{item.name}, issued by {item.issuer}",
            f"  valid {item.not_before} to {item.not_after}, {item.days_left} days left",
            f"  for {', '.join(item.purposes)}",
            f"  in {item.folder}" + (f": {item.key_problem}" if item.key_problem else ""),
            *(f"  verifiers will say: {words}" for words in item.verifiers_will_say),
        ]
        session.add(item, "\n".join(lines))
    session.end()


def _key_item(identity: Identity) -> KeyItem:
    from ..keyring import describe

    return KeyItem(**vars(describe(identity)))
