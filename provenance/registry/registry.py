"""What was released: the record to which a mark leads. Signs nothing, looks at no pictures.

Every change writes to the ledger in the same transaction. A release is reserved before its file appears and confirmed
after, so that neither a file without a record nor a record without a file outlives a crash.

    registry.reserve(record, target)   # pending: with where the file will appear
    outputs.release(finished, target, force)  # where it fails: registry.abandon(record.manifest_id, reason)
    registry.confirm(record.manifest_id)
"""

from __future__ import annotations

import logging
import os
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import (
    RecordExists,
    RegistryUnavailable,
    UnknownRecord,
)
from ...evidence import FingerprintDetails
from ...settings import without_secrets
from . import settling
from .audit import Audit, Checked, Head, steps
from .record import (
    GRAVITY,
    Listed,
    Record,
    Status,
    digest,
    fingerprint_from,
    manifest_digest,
    pack,
    pack_manifest,
    unpack,
)

if TYPE_CHECKING:  # SQLAlchemy costs .4 s, and most verdicts need no registry
    from sqlalchemy import Connection

    from ...store.rows import Key
    from .transfer import Imported

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settled:
    """A release that was interrupted, and what became of it."""

    manifest_id: str
    status: Status  # pending: whoever is at it may still be
    target: Path
    host: str
    reserved_at: str


@dataclass(frozen=True)
class Stats:
    """What a registry holds, counted; what a record does not say counts under ''."""

    records: int
    lines: int
    head: str | None
    by_status: dict[str, int] = field(default_factory=dict)
    by_issuer: dict[str, int] = field(default_factory=dict)
    by_model: dict[str, int] = field(default_factory=dict)
    by_month: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)  # of stores, fingerprints and changes


class Registry:
    """The records behind one URL; nothing is held open from call to call that a thread or a fork could not share."""

    def __init__(self, url: str) -> None:
        """Take the URL; nothing is opened, and nothing made, before it is asked."""
        self._url = url

    def __repr__(self) -> str:
        """Without a password."""
        return f"Registry({without_secrets(self._url)})"

    # Writing ---------------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make sure that it can be written, and settle what a process that died left pending."""
        with self._writing() as connection:
            interrupted = _interrupted(connection)
        if interrupted:
            self.settle()

    def add(self, record: Record) -> Record:
        """Register what is released already; give the record as it stands."""
        return self._add(replace(record, status="live"), None)

    def reserve(self, record: Record, target: Path) -> Record:
        """Register, as pending, what will appear at `target`; `confirm` or `withdraw` it after."""
        return self._add(replace(record, status="pending"), target)

    def confirm(self, manifest_id: str) -> Record:
        """Say that the file of a pending record appeared."""
        record = self._change(manifest_id, "live", None)
        if record.status != "live":
            raise RegistryUnavailable(f"{manifest_id} was {record.status} meanwhile", advice="stamp it again")
        return record

    def abandon(self, manifest_id: str, reason: str) -> Record:
        """Break a reserved release off: withdrawn, unless its file appeared all the same."""
        with self._reading() as connection:
            waiting = [] if connection is None else _waiting(connection, _known(connection, manifest_id))
        for record, one in waiting:
            return self._decide(record, Path(os.fsdecode(one["target"])), reason)
        return self._change(manifest_id, "withdrawn", reason, only_pending=True)

    def follow(self, manifest_id: str, new_manifest_id: str, store: bytes, content_digest: str) -> Record:
        """Say that a released file was signed anew: the record is now found by the new manifest too."""
        from sqlalchemy.exc import IntegrityError

        from ...store import ledger, rows

        with self._writing() as connection:
            record = _known(connection, manifest_id)
            values = pack_manifest(record.payload, new_manifest_id, store, content_digest)
            body = {"manifest_id": _subject(record), "new": new_manifest_id, "digest": manifest_digest(values)}
            entry = ledger.append(connection, "record.followed", body)
            try:
                rows.add_manifest(connection, {**values, "position": entry.seq})
            except IntegrityError:
                raise RecordExists(f"{new_manifest_id} is registered already") from None
            found = _known(connection, new_manifest_id)
        log.info("registered %s as what follows %s", new_manifest_id, manifest_id)
        return found

    def withdraw(self, manifest_id: str, reason: str) -> Record:
        """Take a release back: it was real, and no longer stands."""
        return self._change(manifest_id, "withdrawn", reason)

    def revoke(self, manifest_id: str, reason: str) -> Record:
        """Declare a record void: it should never have been."""
        return self._change(manifest_id, "revoked", reason)

    def settle(self, elsewhere: bool = False) -> tuple[Settled, ...]:
        """Decide every pending record whose process is gone: live if its file stands, else withdrawn.

        Processes of other machines can't be seen: those are left, unless `elsewhere` says that they are gone.
        """
        settled = []
        with self._reading() as connection:
            waiting = [] if connection is None else _waiting(connection)
        for record, one in waiting:
            target = Path(os.fsdecode(one["target"]))
            gone = settling.is_gone(one["host"], one["process"])
            if gone or (gone is None and elsewhere):
                record = self._decide(record, target, "the file never appeared: the process that made it died")
            settled.append(Settled(record.manifest_id, record.status, target, one["host"], one["reserved_at"]))
        return tuple(settled)

    def take_in(self, source: Path, expect: Head | None = None) -> Imported:
        """Take in what another registry, or this one before it was lost, exported: whole or not at all."""
        from . import transfer

        transfer.check(source, expect)  # before anybody is kept from writing
        with self._writing() as connection:
            return transfer.take_in(connection, source)

    # Reading ---------------------------------------------------------------------------------------------------------

    def by_payload(self, payload: str) -> Record | None:
        """Find the record to which a mark leads."""
        return self._first("payload", payload)

    def by_manifest(self, manifest_id: str) -> Record | None:
        """Find the record of a manifest, of the newest or of one before it."""
        return self._first("manifest_id", manifest_id)

    def by_digest(self, content_digest: str) -> Record | None:
        """Find the record of exactly these bytes, now or before; the newest, where a file was released twice."""
        return self._first("content_digest", content_digest)

    def listing(
        self,
        limit: int = 100,
        before: int | None = None,
        *,
        status: Status | None = None,
        issuer: str | None = None,
        model: str | None = None,
        since: str = "",
        until: str = "9999",
    ) -> tuple[Listed, ...]:
        """List records, the last registered first. `before` is the position at which a page ended.

        `since` and `until` are ISO times, or the first letters of one.
        """
        from ...store import rows

        equal = {"status": status, "issuer": issuer, "model": model}
        with self._reading() as connection:
            if connection is None:
                return ()
            found = rows.listing(connection, limit, before, equal, since, until)
        return tuple(Listed(**{name: row[name] for name in Listed.__dataclass_fields__}) for row in found)

    def fingerprints(self, after: int = 0) -> Iterator[tuple[int, str, FingerprintDetails | None]]:
        """Give (position, payload, fingerprint) in order of insertion; `after` is the last position that is known.

        None stands for a fingerprint that can't be read: the others are as good as before.
        """
        from ...store import rows

        with self._reading() as connection:
            for position, payload, shape in () if connection is None else rows.fingerprints(connection, after):
                try:
                    details = fingerprint_from(shape)
                except (ValueError, TypeError, KeyError, zlib.error):
                    details = None
                yield position, payload, details

    def last_position(self) -> int:
        """Give the position of the record that was added last; 0 where there is none."""
        from ...store import rows

        with self._reading() as connection:
            return 0 if connection is None else rows.last_position(connection)

    def verify(self, expect: Head | None = None) -> Checked:
        """Check the ledger's chain, and every record against what the ledger says of it; LedgerBroken otherwise.

        `expect` is a head that was noted elsewhere: LedgerCut where the ledger does not lead through it.
        """
        audit = Audit(expect)
        with self._reading() as connection:
            for step in () if connection is None else steps(connection):
                audit.take(step)
        return audit.end()

    def export(self, target: Path, force: bool = False) -> Checked:
        """Write everything into one file that can be checked on its own; whole or not at all."""
        from . import transfer

        with self._reading() as connection:
            return transfer.write(connection, target, force)

    def stats(self) -> Stats:
        """Count what is there."""
        from ...store import ledger, rows

        with self._reading() as connection:
            if connection is None:
                return Stats(0, 0, None)
            last = ledger.head(connection)
            by_status = rows.counts(connection, "status")
            return Stats(
                records=sum(by_status.values()),
                lines=last.seq if last else 0,
                head=last.hash if last else None,
                by_status=by_status,
                by_issuer=rows.counts(connection, "issuer"),
                by_model=rows.counts(connection, "model"),
                by_month=rows.counts(connection, "month"),
                bytes=rows.sizes(connection),
            )

    # -----------------------------------------------------------------------------------------------------------------

    def _add(self, record: Record, target: Path | None) -> Record:
        from sqlalchemy.exc import IntegrityError

        from ...store import ledger, rows

        record = replace(record, created_at=_now(), status_reason=None, former=())
        facts, look, manifest = pack(record)
        body = {"manifest_id": record.manifest_id, "payload": record.payload, "digest": digest(facts, look, manifest)}
        with self._writing() as connection:
            kind = "record.added" if target is None else "record.reserved"
            position = {"position": ledger.append(connection, kind, body).seq}
            try:
                rows.add(connection, facts | position, look, manifest | position)
            except IntegrityError:
                raise RecordExists(f"payload {record.payload} or {record.manifest_id} is registered already") from None
            if target is not None:
                rows.wait(connection, _place(record.payload, target))
        log.info("registered %s as %s, %s", record.manifest_id, record.payload, record.status)
        return record

    def _decide(self, record: Record, target: Path, reason: str) -> Record:
        """Let the file say whether a pending record is live."""
        if _stands(record, target):
            return self._change(record.manifest_id, "live", None)
        return self._change(record.manifest_id, "withdrawn", reason, only_pending=True)

    def _change(self, manifest_id: str, status: Status, reason: str | None, only_pending: bool = False) -> Record:
        """Set a status; one as grave or graver stays as it is."""
        from ...store import ledger, rows

        with self._writing() as connection:
            record = _known(connection, manifest_id)
            if GRAVITY[record.status] >= GRAVITY[status] or (only_pending and record.status != "pending"):
                return record
            rows.set_status(connection, record.payload, status, reason)
            ledger.append(connection, f"record.{status}", {"manifest_id": _subject(record), "reason": reason})
        log.log(logging.INFO if status == "live" else logging.WARNING, "%s is %s: %s", manifest_id, status, reason)
        return replace(record, status=status, status_reason=reason)

    def _first(self, by: Key, key: str) -> Record | None:
        with self._reading() as connection:
            record = None if connection is None else _find(connection, by, key)
            if connection is None or record is None or record.status != "pending":
                return record
            waiting = _waiting(connection, record)
        for _, one in waiting:  # its process may have died just after the file appeared
            if _stands(record, Path(os.fsdecode(one["target"]))):
                return replace(record, status="live")
        return record

    def _reading(self) -> AbstractContextManager[Connection | None]:
        from ...store.engine import reading

        return reading(self._url)

    def _writing(self) -> AbstractContextManager[Connection]:
        from ...store.engine import writing

        return writing(self._url)


def _find(connection: Connection, by: Key, key: str) -> Record | None:
    from ...store import rows

    found = rows.find(connection, by, key)
    return unpack(found) if found else None


def _known(connection: Connection, manifest_id: str) -> Record:
    record = _find(connection, "manifest_id", manifest_id)
    if record is None:
        raise UnknownRecord(f"no record of {manifest_id}")
    return record


def _subject(record: Record) -> str:
    """Give the manifest by which the ledger knows a record: its first."""
    return record.former[0].manifest_id if record.former else record.manifest_id


def _place(payload: str, target: Path) -> dict[str, Any]:
    return {
        "payload": payload,
        "target": os.fsencode(target.absolute()),
        "host": settling.this_host(),
        "process": settling.this_process().to_json(),
        "reserved_at": _now(),
    }


def _waiting(connection: Connection, record: Record | None = None) -> list[tuple[Record, dict[str, Any]]]:
    """Give what waits to be confirmed, with its record."""
    from ...store import rows

    places = rows.waiting(connection, record.payload if record else None)
    found = [(record or _find(connection, "payload", one["payload"]), one) for one in places]
    return [(known, one) for known, one in found if known is not None]


def _stands(record: Record, target: Path) -> bool:
    """Say whether a record's file is in its place, as it was released or as it was signed anew."""
    found = settling.digest_at(target)
    return found is not None and record.has_bytes(found)


def _interrupted(connection: Connection) -> bool:
    from ...store import rows

    return any(settling.is_gone(one["host"], one["process"]) for one in rows.waiting(connection))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
