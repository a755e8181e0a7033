"""The commands about who is trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from .app import app
from .report_keys import AnchorItem, TrustListItem
from .session import Json, Quiet, Session, Verbose

if TYPE_CHECKING:
    from ..provenance.trust import Updated

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
            ended = ", expired" if item.expired else ""
            words = f"{item.list_name}  {item.purpose}  {item.subject}  until {item.not_after[:10]}{ended}"
            session.add(item, words)
        for kept in anchors.lists(settings().home):
            session.remark(f"{kept.name}: brought {kept.brought or 'some time ago'} from {kept.source or 'a file'}")
    session.end()


@trust.command("add")
def trust_add(
    file: Annotated[Path, typer.Argument(help="PEM file of certificates.")],
    name: Annotated[str | None, typer.Option(help="Name to keep them under; default: the file's.")] = None,
    purpose: Annotated[
        str, typer.Option("--for", help="What they vouch for: signing, or timestamps alone.")
    ] = "signing",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Trust what leads to these certificates."""
    from ..errors import TrustListInvalid
    from ..outputs import check_input
    from ..provenance import trust as anchors
    from ..settings import settings

    session = Session("trust add", json, quiet, verbose)
    with session.shield(str(file)):
        if purpose not in ("signing", "timestamps"):
            raise TrustListInvalid(f"{purpose!r} is nothing to trust anyone for", advice="--for signing|timestamps")
        check_input(file)
        kept = name or file.stem
        count = anchors.add(settings().home, kept, file, cast(Literal["signing", "timestamps"], purpose))
        added = [AnchorItem(**vars(a)) for a in anchors.listing(settings().home) if a.list_name == kept]
        for number, item in enumerate(added):
            words = f"{count} certificates are trusted for {purpose} now, under the name {kept}"
            session.add(item, "" if number else words)
    session.end()


@trust.command("update")
def trust_update(
    source: Annotated[str, typer.Argument(help="PEM file, or https URL of one, such as the lists of the C2PA.")],
    name: Annotated[
        str | None, typer.Option(help="official, tsa, or a name of your own; default: official or tsa, as it shows.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also when it lacks more than half of the one before.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Bring a list of trust anchors, check every entry, and keep it in the place of the one before."""
    from ..provenance import trust as anchors
    from ..settings import settings

    session = Session("trust update", json, quiet, verbose)
    with session.shield(source):
        done = anchors.update(settings().home, source, name, force=force)
        item = _list_item(done)
        lines = [
            f"{item.list_name}: {item.certificates} certificates, for {item.purpose}; "
            f"{item.came} new, {item.went} gone, {len(item.expired)} expired",
            f"  SHA-256 of its certificates: {item.sha256}",
            *(f"  expired: {subject}" for subject in item.expired),
        ]
        session.add(item, "\n".join(lines))
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


def _list_item(done: Updated) -> TrustListItem:
    kept = done.trust_list
    return TrustListItem(
        list_name=kept.name,
        purpose=kept.purpose,
        source=kept.source or "",
        added=kept.brought or "",
        sha256=kept.sha256,
        certificates=len(kept.certificates),
        came=done.came,
        went=done.went,
        expired=done.expired,
    )
