"""The commands about evidence: check a bundle without a network, or bring one from a verification service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from ..errors import BundleInvalid
from ..outputs import check_output, release, staged, translated
from .app import app
from .asking_server import KeyFile, Server, asking
from .report_bundles import BundleItem
from .session import Force, Json, Quiet, Session, Verbose, inputs, one_line, progress

if TYPE_CHECKING:
    from ..bundle import Checked

GET = "get"
TO_TRUST = (
    "to trust who signed it, get the root of whoever runs that service from themselves, by another way than the bundle "
    "came: countermark trust add ROOT.pem"
)


class _GetUnlessSaid(TyperGroup):
    """`bundle ID` brings the bundle of that check: the word for it may be left out."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Put the word where it is missing."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [GET, *args]
        return super().parse_args(ctx, args)


bundle = typer.Typer(
    cls=_GetUnlessSaid,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Bring the evidence on a check as one signed file, or verify such a file without a network.",
    subcommand_metavar="ID | COMMAND [ARGS]...",
)
app.add_typer(bundle, name="bundle")


@bundle.command("verify")
def verify(
    given: Annotated[list[str], typer.Argument(help="Bundles, or patterns.", metavar="FILE...")],
    media: Annotated[Path | None, typer.Option(help="The video that it should be about.")] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Check bundles offline: every byte, who signed, and when; ends with 1 where nobody trusted here signed."""
    from ..bundle import check_bundle
    from ..settings import settings

    session = Session("bundle verify", json, quiet, verbose)
    for name in inputs(given):
        with session.shield(name):
            found = check_bundle(Path(name), settings())
            if media is not None:
                _check_media(found, media)
            session.add(_item(name, name, found), _words(name, found))
            if not found.holds and not session.exit_code:
                session.exit_code = 1
    session.end()


@bundle.command(GET)
def get(
    check: Annotated[str, typer.Argument(metavar="ID", help="Of the check, as the service names it.")],
    server: Server,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write; default: ID.zip.")] = None,
    key_file: KeyFile = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Bring the bundle of a check from a service, verify it, and keep it; the word `get` may be left out."""
    from ..bundle import check_bundle
    from ..settings import settings

    session = Session("bundle", json, quiet, verbose)
    target = output or Path(f"{check}.zip")
    with session.shield(check):
        check_output(target, (), force)
        with asking(server, key_file, session) as client, staged(target) as name, progress("bringing", session) as bar:
            part = name(".zip")
            with translated(target):
                client.bundle(check, part, on_progress=bar)
            found = check_bundle(part, settings())
            if found.check_id != check:
                raise BundleInvalid(f"the service gave the evidence of another check, {found.check_id}")
            release(part, target, force)
        session.add(_item(check, str(target), found), _words(str(target), found))
    session.end()


def _check_media(found: Checked, media: Path) -> None:
    from ..media.probe import digest_of
    from ..outputs import check_input

    check_input(media)
    if digest_of(media) != found.media_sha256:
        raise BundleInvalid(
            f"the bundle is about another file than {media.name}: its digest is {found.media_sha256}",
            advice="give the very file that was checked; a copy that was converted is another",
        )


def _item(given: str, file: str, found: Checked) -> BundleItem:
    clock = found.timestamp
    return BundleItem(
        input=given,
        file=file,
        check=found.check_id,
        media_sha256=found.media_sha256,
        outcome=found.outcome,
        signer=found.signer,
        organisation=found.organisation,
        trust=found.trust,
        why=found.why,
        development=found.development,
        signed_at=found.signed_at,
        vouched_at=clock.at if clock else None,
        authority=clock.authority if clock else None,
        authority_trust=clock.trust if clock else None,
        files=len(found.files),
    )


def _words(name: str, found: Checked) -> str:
    by = f"{found.signer} ({found.organisation})" if found.organisation else found.signer
    lines = [
        f"{name}: {'holds' if found.holds else 'whole, but nobody who is trusted here signed it'}",
        f"  signed by {by}{', a development identity' if found.development else ''}: {found.trust}; {found.why}",
    ]
    if found.timestamp:
        lines.append(f"  at {found.timestamp.at}, as {found.timestamp.authority} vouches: {found.timestamp.trust}")
    elif found.signed_at:
        lines.append(f"  at {found.signed_at}, as the signer says; no timestamp authority vouches for it")
    lines += [
        f"  check {found.check_id}: {found.outcome}",
        f"  of the file with SHA-256 {found.media_sha256}",
        f"  {len(found.files)} files, every byte as it was signed",
    ]
    if found.trust == "unknown_signer":
        lines.append(f"  {TO_TRUST}")
    return "\n".join(one_line(line) for line in lines)
