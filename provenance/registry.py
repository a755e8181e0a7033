"""What was released: the record to which a mark leads. Knows what a record is; signs nothing, looks at no pictures.

Every change writes to the ledger in the same transaction. `verify` holds records and ledger to each other.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from ..errors import LedgerBroken, RegistryUnavailable, UnknownRecord
from ..evidence import FingerprintDetails

if TYPE_CHECKING:  # SQLAlchemy costs .4 s, and most verdicts need no registry
    from sqlalchemy import ColumnElement, Connection, Engine, Row

log = logging.getLogger(__name__)

Status = Literal["live", "revoked", "withdrawn"]
_GRAVITY: dict[str, int] = {"live": 0, "withdrawn": 1, "revoked": 2}


@dataclass(frozen=True)
class Record:
    """One released file."""

    payload: str  # hexadecimal, as the mark carries it
    manifest_id: str
    manifest_store: bytes
    content_digest: str  # SHA-256 of the released file
    fingerprint: FingerprintDetails | None = None
    model: str | None = None
    issuer: str | None = None
    created_at: str | None = None  # the registry says when
    status: Status = "live"
    status_reason: str | None = None

    def __repr__(self) -> str:
        """Without the store."""
        return f"Record({self.payload}, {self.manifest_id}, {self.status}, {len(self.manifest_store)} bytes of store)"


@dataclass(frozen=True)
class Checked:
    """What a check of the whole registry went through without finding fault."""

    records: int
    lines: int
    head: str | None  # hash of the ledger's last line: note it elsewhere to notice a cut later


class Registry:
    """The records behind one URL; opens the database anew for each call, so it can be shared and forked."""

    def __init__(self, url: str) -> None:
        """Take the URL; nothing is opened, and nothing made, before it is asked."""
        self._url = url

    def __repr__(self) -> str:
        """Without a password."""
        from ..store.engine import shown

        return f"Registry({shown(self._url)})"

    def prepare(self) -> None:
        """Make sure that it can be written; makes it where there is none."""
        with self._writing():
            pass

    def add(self, record: Record) -> Record:
        """Register a release; give the record as it stands."""
        from sqlalchemy import insert
        from sqlalchemy.exc import IntegrityError

        from ..store import ledger, schema

        stamped = replace(record, created_at=datetime.now(UTC).isoformat(timespec="milliseconds"))
        with self._writing() as connection:
            try:
                connection.execute(insert(schema.records).values(_values(stamped)))
            except IntegrityError:
                raise RegistryUnavailable(
                    f"payload {record.payload} or {record.manifest_id} is registered already", advice="stamp it again"
                ) from None
            body = {"manifest_id": record.manifest_id, "payload": record.payload, "digest": _digest(stamped)}
            ledger.append(connection, "record.added", body)
        log.info("registered %s as %s", record.manifest_id, record.payload)
        return stamped

    def by_payload(self, payload: str) -> Record | None:
        """Find the record to which a mark leads."""
        from ..store import schema

        return self._first(schema.records.c.payload == payload)

    def by_manifest(self, manifest_id: str) -> Record | None:
        """Find the record of a manifest."""
        from ..store import schema

        return self._first(schema.records.c.manifest_id == manifest_id)

    def by_digest(self, content_digest: str) -> Record | None:
        """Find the record of exactly these bytes; the newest, where a file was released twice."""
        from ..store import schema

        return self._first(schema.records.c.content_digest == content_digest)

    def listing(self, limit: int = 100, offset: int = 0, status: Status | None = None) -> tuple[Record, ...]:
        """List records, newest first."""
        from sqlalchemy import desc, select

        from ..store import schema

        table = schema.records
        query = select(table).order_by(desc(table.c.created_at), table.c.payload).limit(limit).offset(offset)
        if status:
            query = query.where(table.c.status == status)
        with self._reading() as connection:
            return () if connection is None else tuple(_record(row) for row in connection.execute(query))

    def withdraw(self, manifest_id: str, reason: str) -> Record:
        """Take a release back: it was real, and no longer stands."""
        return self._change(manifest_id, "withdrawn", reason)

    def revoke(self, manifest_id: str, reason: str) -> Record:
        """Declare a record void: it should never have been."""
        return self._change(manifest_id, "revoked", reason)

    def verify(self) -> Checked:
        """Check the ledger's chain, and every record against what the ledger says of it; LedgerBroken otherwise."""
        with self._reading() as connection:
            return Checked(0, 0, None) if connection is None else _check(connection)

    def _change(self, manifest_id: str, status: Status, reason: str) -> Record:
        """Set a status; one as grave or graver stays as it is."""
        from sqlalchemy import select, update

        from ..store import ledger, schema

        table = schema.records
        with self._writing() as connection:
            row = connection.execute(select(table).where(table.c.manifest_id == manifest_id)).first()
            if row is None:
                raise UnknownRecord(f"no record of {manifest_id}")
            record = _record(row)
            if _GRAVITY[record.status] >= _GRAVITY[status]:
                return record
            change = update(table).where(table.c.manifest_id == manifest_id)
            connection.execute(change.values(status=status, status_reason=reason))
            ledger.append(connection, f"record.{status}", {"manifest_id": manifest_id, "reason": reason})
        log.warning("%s is %s: %s", manifest_id, status, reason)
        return replace(record, status=status, status_reason=reason)

    def _first(self, condition: ColumnElement[bool]) -> Record | None:
        from sqlalchemy import desc, select

        from ..store import schema

        query = select(schema.records).where(condition).order_by(desc(schema.records.c.created_at)).limit(1)
        with self._reading() as connection:
            row = None if connection is None else connection.execute(query).first()
        return None if row is None else _record(row)

    @contextmanager
    def _reading(self) -> Iterator[Connection | None]:
        from ..store.engine import reading, reporting

        engine = reading(self._url)
        if engine is None:
            yield None
            return
        with _disposed(engine), reporting(self._url), engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        from ..store.engine import reporting, writing

        with _disposed(writing(self._url)) as engine, reporting(self._url), engine.begin() as connection:
            yield connection


@contextmanager
def _disposed(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


def _check(connection: Connection) -> Checked:
    from sqlalchemy import select

    from ..store import ledger, schema

    told: dict[str, tuple[str, str, str | None]] = {}  # by manifest: digest, status, reason
    lines, last = 0, None
    for entry in ledger.entries(connection):
        lines, last = entry.seq, entry.hash
        body = json.loads(entry.body)
        subject = body.get("manifest_id")
        if entry.kind == "record.added":
            told[subject] = (body["digest"], "live", None)
        elif entry.kind.startswith("record."):
            if subject not in told:
                raise LedgerBroken(f"line {entry.seq} of the ledger changes a record that was never added")
            told[subject] = (told[subject][0], entry.kind.removeprefix("record."), body["reason"])
    count = 0
    for row in connection.execution_options(yield_per=200).execute(select(schema.records)):
        record, count = _record(row), count + 1
        if told.pop(record.manifest_id, None) != (_digest(record), record.status, record.status_reason):
            raise LedgerBroken(f"the record of {record.manifest_id} is not as the ledger has it")
    if told:
        raise LedgerBroken(f"the record of {next(iter(told))} is gone, and the ledger has it")
    return Checked(count, lines, last)


def _digest(record: Record) -> str:
    """Everything of a record that never changes."""
    values = _values(record)
    fixed = {name: values[name] for name in sorted(values) if not name.startswith("status")}
    fixed["manifest_store"] = hashlib.sha256(record.manifest_store).hexdigest()
    return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()


def _values(record: Record) -> dict[str, str | bytes | None]:
    shape = record.fingerprint
    return {
        "payload": record.payload,
        "manifest_id": record.manifest_id,
        "manifest_store": record.manifest_store,
        "content_digest": record.content_digest,
        "fingerprint": None if shape is None else json.dumps(asdict(shape), separators=(",", ":"), sort_keys=True),
        "model": record.model,
        "issuer": record.issuer,
        "created_at": record.created_at,
        "status": record.status,
        "status_reason": record.status_reason,
    }


def _record(row: Row[tuple[object, ...]]) -> Record:
    try:
        return _rebuilt(dict(row._mapping))
    except (ValueError, TypeError, KeyError):
        raise LedgerBroken(f"the record of {row._mapping['manifest_id']} is damaged") from None


def _rebuilt(values: dict[str, Any]) -> Record:
    values["fingerprint"] = None if values["fingerprint"] is None else _fingerprint(values["fingerprint"])
    values["manifest_store"] = bytes(values["manifest_store"])
    return Record(**values)


def _fingerprint(text: str) -> FingerprintDetails:
    shape = json.loads(text)
    if not all(len(bytes.fromhex(one)) == 32 for one in shape["hashes"]):
        raise ValueError("no hashes of PDQ")
    return FingerprintDetails(
        shape["algorithm"], tuple(shape["times_s"]), tuple(shape["hashes"]), tuple(shape["qualities"])
    )
