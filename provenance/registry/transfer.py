"""A registry as one portable file, and back: the ledger's lines, and after each what it added. Knows no database.

The file is text, a JSON value a line (`.gz`: compressed), and can be checked on its own: the chain, and every record
against it. What is taken in gets lines of its own in the ledger that takes it; issuers and times stay. A release that
was still pending is left out.

    {"format": "countermark-registry/1"}
    {"line": [seq, at, kind, body, previous, hash], "record": {...}, "manifest": {...}}
    {"end": {"records": n, "lines": n, "head": "..."}}
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ... import outputs
from ...errors import ArchiveInvalid, LedgerBroken
from .audit import ADDED, FOLLOWED, Audit, Checked, Head, Step, steps
from .record import GRAVITY, digest, fingerprint_from, manifest_digest

if TYPE_CHECKING:
    from sqlalchemy import Connection

FORMAT = "countermark-registry/1"
_LONGEST_LINE = 256 << 20  # bytes; a manifest store with large thumbnails has a few million
_BYTES = ("manifest_store", "fingerprint", "changes")  # written as base64
_FACTS = ("payload", "status", "status_reason", "model", "issuer", "created_at", "earlier_marks")
_LOOK = ("payload", "fingerprint", "changes")
_MANIFEST = ("manifest_id", "payload", "content_digest", "manifest_store")
_OPTIONAL = {"status_reason", "model", "issuer", "earlier_marks", "fingerprint", "changes"}
_SHAPES = {
    "payload": re.compile(r"[0-9a-f]{1,16}"),  # 64 bits
    "content_digest": re.compile(r"[0-9a-f]{64}"),
    "manifest_id": re.compile(r"[\x21-\x7e]{1,200}"),
    "created_at": re.compile(r"[0-9T:.+-]{10,40}"),
    "status": re.compile("|".join(GRAVITY)),
}


@dataclass(frozen=True)
class Imported:
    """What an import took in, and what it found here already."""

    records: int
    manifests: int  # that followed others
    statuses: int  # of records that were here, and are now revoked or withdrawn as they are there
    already: int
    left_out: int  # pending there


# Out -----------------------------------------------------------------------------------------------------------------


def write(connection: Connection | None, target: Path, force: bool) -> Checked:
    """Write everything, checked on the way, whole or not at all."""
    audit = Audit()
    with outputs.staged(target) as name:
        part = name(target.suffix)
        with outputs.translated(target), _opened(part, target, "wb") as file:
            _put(file, {"format": FORMAT})
            for step in () if connection is None else steps(connection):
                audit.take(step)
                _put(file, _of_step(step))
            checked = audit.end()
            _put(file, {"end": vars(checked)})
        outputs.release(part, target, force)
    return checked


def _of_step(step: Step) -> dict[str, Any]:
    entry = step.entry
    said: dict[str, Any] = {"line": [entry.seq, entry.at, entry.kind, entry.body, entry.previous, entry.hash]}
    if step.facts is not None:
        said["record"] = {name: _plain(step.facts[name]) for name in _FACTS + _LOOK[1:]}
    if step.manifest is not None:
        said["manifest"] = {name: _plain(step.manifest[name]) for name in _MANIFEST}
    return said


def _put(file: IO[bytes], value: dict[str, Any]) -> None:
    file.write(json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n")


def _plain(value: Any) -> Any:
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes | memoryview) else value


def _opened(path: Path, named: Path, mode: str) -> IO[bytes]:
    if named.suffix == ".gz":
        return gzip.open(path, mode, compresslevel=6)  # type: ignore[return-value]
    return path.open(mode)


# In ------------------------------------------------------------------------------------------------------------------


def check(source: Path, expect: Head | None = None) -> Checked:
    """Check a file on its own."""
    audit = Audit(expect)
    for _ in read(source, audit):
        pass
    return audit.end()


def read(source: Path, audit: Audit) -> Generator[Step]:
    """Give what a file holds, checked by `audit`; ArchiveInvalid where it is damaged, cut short or made up."""
    from ...store import ledger

    outputs.check_input(source)
    try:
        with _opened(source, source, "rb") as file, closing(_values(file)) as values:
            if next(values, None) != {"format": FORMAT}:
                raise ArchiveInvalid(f"{source.name}: not an export of a registry, or of another version")
            told: dict[str, Any] | None = None
            previous: ledger.Entry | None = None
            for value in values:
                if told is not None or set(value) <= {"end"}:
                    told = _end(value, told)
                    continue
                entry = ledger.follow(previous, *_line(value["line"]))
                step = _step(entry, value)
                audit.take(step)
                yield step
                previous = entry
            if told != vars(audit.end()):
                raise ArchiveInvalid(f"{source.name}: it is cut short")
    except (LedgerBroken, OSError, EOFError, zlib.error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ArchiveInvalid(f"{source.name}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    if isinstance(error, LedgerBroken | OSError):
        return str(error)
    return "it is damaged" if not isinstance(error, EOFError) else "it is cut short"


def _values(file: IO[bytes]) -> Generator[dict[str, Any]]:
    while line := file.readline(_LONGEST_LINE):
        value = json.loads(line)
        if not isinstance(value, dict) or not line.endswith(b"\n"):
            raise ValueError("no line of an export")
        yield value


def _end(value: dict[str, Any], told: dict[str, Any] | None) -> dict[str, Any]:
    if told is not None or not isinstance(value.get("end"), dict):
        raise ValueError("more than one end")
    return dict(value["end"])


def _line(given: Any) -> tuple[int, str, str, str, str, str]:
    seq, *texts = given
    if type(seq) is not int or len(texts) != 5 or not all(isinstance(one, str) and one.isascii() for one in texts):
        raise ValueError("no line of a ledger")
    at, kind, body, previous, hash_ = texts
    return seq, at, kind, body, previous, hash_


def _step(entry: Any, value: dict[str, Any]) -> Step:
    record, manifest = value.get("record"), value.get("manifest")
    facts = None if record is None else {name: _value(record, name) for name in _FACTS}
    look = None if record is None else {name: _value(record, name) for name in _LOOK}
    if look is not None and look["fingerprint"] is not None:
        fingerprint_from(look["fingerprint"])
    return Step(entry, facts, look, None if manifest is None else {name: _value(manifest, name) for name in _MANIFEST})


def _value(values: dict[str, Any], name: str) -> Any:
    value = values[name]
    if value is None and name in _OPTIONAL:
        return None
    if not isinstance(value, str) or "\x00" in value or (name in _SHAPES and not _SHAPES[name].fullmatch(value)):
        raise ValueError(f"no {name}")
    value.encode()  # half a letter is none
    return base64.b64decode(value, validate=True) if name in _BYTES else value


def take_in(connection: Connection, source: Path) -> Imported:
    """Write everything of a file into a registry, within the caller's transaction; ArchiveInvalid where they differ."""
    from ...store import ledger

    audit, taken = Audit(), _Taken(connection)
    with closing(read(source, audit)) as found:
        for step in found:
            taken.take(step)
    checked = audit.end()
    imported = Imported(taken.records, taken.manifests, taken.statuses, taken.already, taken.left_out)
    if taken.records or taken.manifests or taken.statuses:
        said = {"records": taken.records, "already": taken.already, "head": checked.head, "lines": checked.lines}
        ledger.append(connection, "registry.imported", said)
    return imported


class _Taken:
    """Writes step by step, and counts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pending: set[str] = set()
        self.records = self.manifests = self.statuses = self.already = self.left_out = 0

    def take(self, step: Step) -> None:
        if step.entry.kind in ADDED:
            self._take_record(step)
        elif step.entry.kind == FOLLOWED and step.manifest is not None:
            self._take_manifest(step.manifest, json.loads(step.entry.body)["manifest_id"])

    def _take_record(self, step: Step) -> None:
        from ...store import ledger, rows

        assert step.facts is not None and step.look is not None and step.manifest is not None
        payload, name = step.facts["payload"], step.manifest["manifest_id"]
        if step.facts["status"] == "pending":
            self._pending.add(payload)
            self.left_out += 1
            return
        known = rows.find(self._connection, "payload", payload)
        other = rows.find(self._connection, "manifest_id", name)
        fixed = digest(step.facts, step.look, step.manifest)
        if known or other:
            first = known[0] if known else other[0]
            here = digest(first, first, {key: first[f"m_{key}"] for key in _MANIFEST})
            if here != fixed:
                raise ArchiveInvalid(
                    f"{payload} or {name} is registered here, as something else",
                    advice="find out which of the two registries is right; nothing was taken in",
                )
            self.already += 1
            self._take_status(step, first["status"])
            return
        body = {"manifest_id": name, "payload": payload, "digest": fixed}
        position = {"position": ledger.append(self._connection, "record.added", body).seq}
        rows.add(
            self._connection,
            step.facts | position | {"status": "live", "status_reason": None},
            step.look,
            step.manifest | position,
        )
        self.records += 1
        if step.facts["status"] != "live":
            self._set_status(step)

    def _take_status(self, step: Step, here: str) -> None:
        assert step.facts is not None
        if GRAVITY[step.facts["status"]] > max(GRAVITY[here], GRAVITY["live"]):
            self._set_status(step)
            self.statuses += 1

    def _set_status(self, step: Step) -> None:
        from ...store import ledger, rows

        assert step.facts is not None and step.manifest is not None
        status, reason = step.facts["status"], step.facts["status_reason"]
        rows.set_status(self._connection, step.facts["payload"], status, reason)
        body = {"manifest_id": step.manifest["manifest_id"], "reason": reason}
        ledger.append(self._connection, f"record.{status}", body)

    def _take_manifest(self, manifest: dict[str, Any], subject: str) -> None:
        from ...store import ledger, rows

        if manifest["payload"] in self._pending:
            return
        known = rows.find(self._connection, "manifest_id", manifest["manifest_id"])
        fixed = manifest_digest(manifest)
        for row in known:
            here = {key: row[f"m_{key}"] for key in _MANIFEST}
            if here["manifest_id"] == manifest["manifest_id"] and manifest_digest(here) != fixed:
                raise ArchiveInvalid(f"{manifest['manifest_id']} is registered here, as something else")
        if known:
            return
        owner = rows.find(self._connection, "payload", manifest["payload"])
        if not owner or owner[0]["m_manifest_id"] != subject:
            raise ArchiveInvalid(f"{manifest['manifest_id']} follows a record that is not there")
        body = {"manifest_id": subject, "new": manifest["manifest_id"], "digest": fixed}
        entry = ledger.append(self._connection, "record.followed", body)
        rows.add_manifest(self._connection, manifest | {"position": entry.seq})
        self.manifests += 1
