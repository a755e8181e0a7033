"""The command that settles timestamps which were put off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .keys import keys
from .report_keys import RetimestampItem
from .session import Json, Quiet, Session, Verbose

if TYPE_CHECKING:
    from ..provenance.signing.owed import Owed

Files = Annotated[
    list[Path] | None, typer.Argument(help="Files where they are now; default: all, where they were signed.")
]
Forget = Annotated[bool, typer.Option("--forget", help="Take them off the list instead.")]


@keys.command("retimestamp")
def keys_retimestamp(
    files: Files = None, forget: Forget = False, json: Json = False, quiet: Quiet = False, verbose: Verbose = False
) -> None:
    """Give the files that were signed without a timestamp theirs, by an update manifest."""
    from ..provenance.signing import owed
    from ..settings import settings

    session = Session("keys retimestamp", json, quiet, verbose)
    with session.shield():
        waiting = owed.listing(settings().home)
        if not waiting:
            session.remark("no file waits for a timestamp")
        chosen: list[tuple[Owed, Path]] = [] if files else [(one, Path(one.path)) for one in waiting]
        for file in files or []:
            with session.shield(str(file)):
                chosen.append((_listed(file, waiting), file))
        for one, path in chosen:
            with session.shield(str(path)):
                _settle(session, one, path, forget)
            if session.failures and session.failures[-1].error == "TimestampFailed":
                session.remark("the authority gives none: the others wait on")
                break
    session.end()


def _listed(file: Path, waiting: tuple[Owed, ...]) -> Owed:
    """Find what waits by its name, or, where it was moved, by its bytes."""
    import hashlib

    from ..errors import InputMissing
    from ..outputs import check_input

    for one in waiting:
        if one.path == str(file.absolute()):
            return one
    check_input(file)
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    for one in waiting:
        if digest in (one.digest, one.next_digest):
            return one
    raise InputMissing(f"{file} waits for no timestamp", advice="without a name, all that wait are settled")


def _settle(session: Session, one: Owed, path: Path, forget: bool) -> None:
    from .. import keyring
    from ..provenance import Registry, trust
    from ..provenance.signing import owed
    from ..provenance.signing.retimestamping import settle
    from ..settings import settings

    options = settings()
    if forget:
        owed.remove(options.home, one)
        item = RetimestampItem(str(path), one.manifest_id, None, None)
        session.add(item, f"{item.path}: no longer waits; it has no timestamp")
        return
    identity, anchors = keyring.load(options.home, options), trust.load(options.home)
    done = settle(one, options, identity, anchors, Registry(options.database_url), path)
    item = RetimestampItem(str(path), done.manifest_id, done.new_manifest_id, done.signed_at)
    when = item.signed_at or "by an authority that no trust anchor here vouches for"
    session.add(item, f"{item.path}: timestamped {when}; its manifest is {item.new_manifest_id} now")
