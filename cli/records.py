"""The commands about what was registered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .app import app
from .report_records import FormerItem, ImportItem, LedgerItem, RecordItem, RecordWholeItem, SettledItem, StatsItem
from .session import Force, Json, Quiet, Session, Verbose

if TYPE_CHECKING:
    from ..provenance import Checked, Head, Listed, Record, Registry

registry = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look into the registry of what was stamped.")
app.add_typer(registry, name="registry")

Expect = Annotated[
    str | None,
    typer.Option(metavar="HEAD:LINES", help="A head that was noted earlier: notice a ledger that was cut."),
]


@registry.command("list")
def registry_list(
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the last registered first.")] = 50,
    before: Annotated[int | None, typer.Option(help="The next page: the position at which the last one ended.")] = None,
    status: Annotated[
        Literal["pending", "live", "withdrawn", "revoked"] | None, typer.Option(help="Of this status alone.")
    ] = None,
    issuer: Annotated[str | None, typer.Option(help="Of this issuer alone.")] = None,
    model: Annotated[str | None, typer.Option(help="Made by this model alone.")] = None,
    since: Annotated[str, typer.Option(help="Registered from then on: 2026, 2026-11, 2026-11-21, ...")] = "",
    until: Annotated[str, typer.Option(help="Registered up to then, and all through it.")] = "9999",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List what was stamped."""
    session = Session("registry list", json, quiet, verbose)
    with session.shield():
        listed = _opened().listing(limit, before, status=status, issuer=issuer, model=model, since=since, until=until)
        for one in listed:
            session.add(_record_item(one), f"{one.created_at}  {one.payload}  {one.status}  {one.manifest_id}")
        if len(listed) == limit:
            session.remark(f"there may be more: --before {listed[-1].position}")
    session.end()


@registry.command("show")
def registry_show(
    key: Annotated[str, typer.Argument(help="A payload (16 hexadecimal digits), a manifest id, or a file's SHA-256.")],
    manifest: Annotated[Path | None, typer.Option(help="Write the manifest store (application/c2pa) there.")] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Show all of one record, and bring its manifest back."""
    from ..errors import OutputExists, UnknownRecord
    from ..outputs import check_output, write_whole

    session = Session("registry show", json, quiet, verbose)
    with session.shield(key):
        opened = _opened()
        find = opened.by_manifest if ":" in key else opened.by_digest if len(key) == 64 else opened.by_payload
        record = find(key if ":" in key else key.lower())
        if record is None:
            raise UnknownRecord(f"no record of {key}")
        if manifest is not None:
            try:
                check_output(manifest, (), force)
            except OutputExists as error:
                raise OutputExists(str(error), advice="choose another --manifest, or overwrite with --force") from None
            write_whole(manifest, record.manifest_store, force)
        session.add(_whole_item(record), _in_words(record))
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
    session = Session("registry revoke", json, quiet, verbose)
    with session.shield(manifest_id):
        record = _opened().revoke(manifest_id, reason)
        session.add(_record_item(record), f"{record.manifest_id} is revoked: {record.status_reason}")
    session.end()


@registry.command("withdraw")
def registry_withdraw(
    manifest_id: Annotated[str, typer.Argument(help="As `registry list` shows it.")],
    reason: Annotated[str, typer.Option(help="Why; verdicts on copies with its mark will say it.")],
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Take a release back that was right and no longer stands: its mark proves nothing, its looks lead nowhere."""
    session = Session("registry withdraw", json, quiet, verbose)
    with session.shield(manifest_id):
        record = _opened().withdraw(manifest_id, reason)
        session.add(_record_item(record), f"{record.manifest_id} is {record.status}: {record.status_reason}")
    session.end()


@registry.command("settle")
def registry_settle(
    elsewhere: Annotated[
        bool, typer.Option(help="Take the processes of other machines as ended too, and look for their files here.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Decide what became of releases that were interrupted; the next stamp does so too."""
    session = Session("registry settle", json, quiet, verbose)
    with session.shield():
        for one in _opened().settle(elsewhere):
            item = SettledItem(one.manifest_id, one.status, str(one.target), one.host, one.reserved_at)
            session.add(item, f"{one.manifest_id}  {one.status}  {one.target} on {one.host}")
    session.end()


@registry.command("stats")
def registry_stats(json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Count what was stamped, by status, issuer, model and month, and say how large it is."""
    session = Session("registry stats", json, quiet, verbose)
    with session.shield():
        stats = _opened().stats()
        lines = [f"{stats.records} records, {stats.lines} lines of the ledger"]
        for name in ("status", "issuer", "model", "month"):
            counted = getattr(stats, f"by_{name}")
            lines += [f"  {name} {value or '(not said)'}: {number}" for value, number in counted.items()]
        lines += [f"  {name}: {number} bytes" for name, number in stats.bytes.items()]
        session.add(StatsItem(**vars(stats)), "\n".join(lines))
    session.end()


@registry.command("export")
def registry_export(
    file: Annotated[Path, typer.Argument(help="Where to write: NAME.ndjson, or NAME.ndjson.gz to compress it.")],
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write the whole registry into one file, which can be checked on its own: a backup, or a move."""
    from ..outputs import check_output

    session = Session("registry export", json, quiet, verbose)
    with session.shield(str(file)):
        check_output(file, (), force)
        session.add(*ledger_item(_opened().export(file, force)))
    session.end()


@registry.command("import")
def registry_import(
    file: Annotated[Path, typer.Argument(help="What `registry export` wrote.")],
    expect: Expect = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Take in an exported registry, whole or not at all; what is here already stays as it is."""
    from ..provenance.fingerprint import lookup
    from ..settings import settings

    session = Session("registry import", json, quiet, verbose)
    with session.shield(str(file)):
        taken = _opened().take_in(file, noted_head(expect))
        lookup.update(_opened(), settings().home)  # now, rather than when somebody waits for a verdict
        words = f"{taken.records} records taken in, {taken.already} were here already"
        if taken.manifests or taken.statuses:
            words += f"; {taken.manifests} further manifests, {taken.statuses} statuses"
        if taken.left_out:
            words += f"; {taken.left_out} left out, pending there"
        session.add(ImportItem(**vars(taken)), words)
    session.end()


def _opened() -> Registry:
    from ..provenance import Registry
    from ..settings import settings

    return Registry(settings().database_url)


def noted_head(text: str | None) -> Head | None:
    """Read what --expect was given."""
    from ..provenance import Head

    try:
        return None if text is None else Head.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--expect") from None


def ledger_item(
    state: Checked, decisions: int | None = None, policy_versions: int | None = None
) -> tuple[LedgerItem, str]:
    """Give what a walk through the ledger found, for machines and in words."""
    noted = None if state.noted is None else str(state.noted)
    held = f"{decisions} decisions, {policy_versions} versions of policies, " if decisions or policy_versions else ""
    words = f"{state.records} records, {held}{state.lines} lines of the ledger, unbroken; head {noted}"
    return LedgerItem(**vars(state), noted=noted, decisions=decisions, policy_versions=policy_versions), words


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
        position=getattr(record, "position", None),
    )


def _whole_item(record: Record) -> RecordWholeItem:
    shape = record.fingerprint
    return RecordWholeItem(
        payload=record.payload,
        manifest_id=record.manifest_id,
        content_digest=record.content_digest,
        issuer=record.issuer,
        model=record.model,
        created_at=record.created_at,
        status=record.status,
        status_reason=record.status_reason,
        manifest_bytes=record.manifest_bytes,
        former=tuple(FormerItem(one.manifest_id, one.content_digest) for one in record.former),
        earlier_marks=record.earlier_marks,
        fingerprint=shape.algorithm if shape else None,
        fingerprint_hashes=len(shape.hashes) if shape else 0,
        changes_bytes=len(record.changes or b""),
    )


def _in_words(record: Record) -> str:
    item = _whole_item(record)
    names = ("payload", "manifest_id", "content_digest", "issuer", "model", "created_at", "status", "status_reason")
    lines = [f"{name}: {getattr(item, name)}" for name in names if name != "status_reason" or item.status_reason]
    lines += [f"former manifest: {one.manifest_id}, of a file {one.content_digest}" for one in item.former]
    lines += [f"earlier mark: {one}" for one in item.earlier_marks]
    lines.append(f"manifest store: {item.manifest_bytes} bytes")
    lines.append(f"fingerprint: {item.fingerprint_hashes} hashes ({item.fingerprint})")
    return "\n".join([*lines, f"features to see changes by: {item.changes_bytes} bytes"])
