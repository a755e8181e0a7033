"""The commands about who signs, who is trusted, and what was registered: keys, trust, registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .app import app
from .report import AnchorItem, KeyItem, LedgerItem, RecordItem
from .session import Force, Json, Quiet, Session, Verbose

if TYPE_CHECKING:
    from ..keyring import Identity
    from ..provenance import Record

Replace = Annotated[bool, typer.Option("--force", help="Set an identity that is there aside; it stays trusted here.")]

keys = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make and look at identities and mark keys.")
trust = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Choose whose signatures are trusted.")
registry = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look into the registry of what was stamped.")
app.add_typer(keys, name="keys")
app.add_typer(trust, name="trust")
app.add_typer(registry, name="registry")


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


def _key_item(identity: Identity) -> KeyItem:
    from ..keyring import describe

    return KeyItem(**vars(describe(identity)))


def _record_item(record: Record) -> RecordItem:
    return RecordItem(
        payload=record.payload,
        manifest_id=record.manifest_id,
        content_digest=record.content_digest,
        issuer=record.issuer,
        model=record.model,
        created_at=record.created_at,
        status=record.status,
        status_reason=record.status_reason,
        manifest_bytes=len(record.manifest_store),
    )
