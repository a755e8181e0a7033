"""The commands about what was registered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .app import app
from .report import LedgerItem, RecordItem
from .session import Force, Json, Quiet, Session, Verbose

if TYPE_CHECKING:
    from ..provenance import Listed, Record

registry = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look into the registry of what was stamped.")
app.add_typer(registry, name="registry")


@registry.command("list")
def registry_list(
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List what was stamped."""
    from ..provenance import Registry
    from ..settings import settings

    session = Session("registry list", json, quiet, verbose)
    with session.shield():
        for record in Registry(settings().database_url).listing(limit):
            words = f"{record.created_at}  {record.payload}  {record.status}  {record.manifest_id}"
            session.add(_record_item(record), words)
    session.end()


@registry.command("show")
def registry_show(
    key: Annotated[str, typer.Argument(help="A payload (16 hexadecimal digits) or a manifest id.")],
    manifest: Annotated[Path | None, typer.Option(help="Write the manifest store (application/c2pa) there.")] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Show one record, and bring its manifest back."""
    from ..errors import OutputExists, UnknownRecord
    from ..outputs import check_output, write_whole
    from ..provenance import Registry
    from ..settings import settings

    session = Session("registry show", json, quiet, verbose)
    with session.shield(key):
        opened = Registry(settings().database_url)
        record = opened.by_manifest(key) if key.startswith("urn:") else opened.by_payload(key.lower())
        if record is None:
            raise UnknownRecord(f"no record of {key}")
        if manifest is not None:
            try:
                check_output(manifest, (), force)
            except OutputExists as error:
                raise OutputExists(str(error), advice="choose another --manifest, or overwrite with --force") from None
            write_whole(manifest, record.manifest_store, force)
        item = _record_item(record)
        fields = ("payload", "manifest_id", "content_digest", "issuer", "model", "created_at", "status")
        session.add(item, "\n".join(f"{field}: {getattr(item, field)}" for field in fields))
    session.end()


@registry.command("revoke")
def registry_revoke(
    manifest_id: Annotated[str, typer.Argument(help="As `registry list` shows it.")],
    reason: Annotated[str, typer.Option(help="Why; verdicts on its copies will say it.")],
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Take a record back: copies that lead to it read as declared, no longer as proven."""
    from ..provenance import Registry
    from ..settings import settings

    session = Session("registry revoke", json, quiet, verbose)
    with session.shield(manifest_id):
        record = Registry(settings().database_url).revoke(manifest_id, reason)
        session.add(_record_item(record), f"{record.manifest_id} is revoked: {record.status_reason}")
    session.end()


@registry.command("verify")
def registry_verify(json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Walk the ledger's hash chain: nothing was changed or removed since it was written."""
    from ..provenance import Registry
    from ..settings import settings

    session = Session("registry verify", json, quiet, verbose)
    with session.shield():
        state = Registry(settings().database_url).verify()
        words = f"{state.records} records, {state.lines} lines of the ledger, unbroken; head {state.head}"
        session.add(LedgerItem(**vars(state)), words)
    session.end()


def _record_item(record: Record | Listed) -> RecordItem:
    return RecordItem(
        payload=record.payload,
        manifest_id=record.manifest_id,
        content_digest=record.content_digest,
        issuer=record.issuer,
        model=record.model,
        created_at=record.created_at,
        status=record.status,
        status_reason=record.status_reason,
        manifest_bytes=record.manifest_bytes,
    )
