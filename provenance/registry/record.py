"""What a record is, and how it is packed into rows. Knows no database."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from ...errors import LedgerBroken
from ...evidence import FingerprintDetails

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Status = Literal["pending", "live", "withdrawn", "revoked"]
GRAVITY: dict[str, int] = {"pending": 0, "live": 1, "withdrawn": 2, "revoked": 3}
_MOST_SHAPE = 16 << 20  # bytes of a fingerprint; a damaged one may claim to unfold to any size
_MOST_ROWS, _MOST_PARTS = 1000, 64  # what is taken has 480 and 23; whoever compares, compares all with all
_HASH = 64  # digits of PDQ


@dataclass(frozen=True)
class Former:
    """A manifest that an update manifest has taken the place of, and the file that it was in."""

    manifest_id: str
    content_digest: str


@dataclass(frozen=True)
class Record:
    """One released file."""

    payload: str  # hexadecimal, as the mark carries it
    manifest_id: str  # the newest one's
    manifest_store: bytes
    content_digest: str  # SHA-256 of the released file
    fingerprint: FingerprintDetails | None = None
    model: str | None = None
    issuer: str | None = None
    created_at: str | None = None  # the registry says when
    status: Status = "live"
    status_reason: str | None = None
    changes: bytes | None = None  # local features over time, to see what a copy changed
    earlier_marks: tuple[str, ...] = ()  # payloads, or names, of marks that the input carried
    former: tuple[Former, ...] = ()  # oldest first

    def __repr__(self) -> str:
        """Without the store."""
        return f"Record({self.payload}, {self.manifest_id}, {self.status}, {len(self.manifest_store)} bytes of store)"

    @property
    def manifest_bytes(self) -> int:
        """How large the manifest store is."""
        return len(self.manifest_store)

    def has_bytes(self, content_digest: str) -> bool:
        """Say whether a file is, byte for byte, what was registered, now or before it was signed anew."""
        return content_digest in (self.content_digest, *(one.content_digest for one in self.former))


@dataclass(frozen=True)
class Listed:
    """A record as a list shows it: without what is large."""

    position: int  # grows with every record; the next page begins before the last one's
    payload: str
    manifest_id: str
    content_digest: str
    model: str | None
    issuer: str | None
    created_at: str
    status: Status
    status_reason: str | None
    manifest_bytes: int


def pack(record: Record) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Give the values of a record that is new, of its looks and of its manifest; positions are still to come."""
    facts = {
        "payload": record.payload,
        "model": record.model,
        "issuer": record.issuer,
        "created_at": record.created_at,
        "status": record.status,
        "status_reason": record.status_reason,
        "earlier_marks": json.dumps(record.earlier_marks) if record.earlier_marks else None,
    }
    shape = record.fingerprint
    fingerprint = None if shape is None else zlib.compress(_shape_text(shape).encode(), 9)
    look = {"payload": record.payload, "fingerprint": fingerprint, "changes": record.changes}
    return facts, look, pack_manifest(record.payload, record.manifest_id, record.manifest_store, record.content_digest)


def pack_manifest(payload: str, manifest_id: str, store: bytes, content_digest: str) -> dict[str, Any]:
    """Give the values of one manifest of a record."""
    return {
        "manifest_id": manifest_id,
        "payload": payload,
        "content_digest": content_digest,
        "manifest_store": store,
    }


def digest(facts: dict[str, Any], look: dict[str, Any], manifest: dict[str, Any]) -> str:
    """Everything of a record that never changes, as it was added. What came into the format later counts if given."""
    shape = look["fingerprint"]
    fixed = {name: facts[name] for name in ("payload", "model", "issuer", "created_at")}
    fixed |= {name: manifest[name] for name in ("manifest_id", "content_digest")}
    fixed["manifest_store"] = hashlib.sha256(manifest["manifest_store"]).hexdigest()
    fixed["fingerprint"] = None if shape is None else _unfolded(shape)
    if facts["earlier_marks"] is not None:
        fixed["earlier_marks"] = facts["earlier_marks"]
    if look["changes"] is not None:
        fixed["changes"] = hashlib.sha256(look["changes"]).hexdigest()
    return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()


def manifest_digest(manifest: dict[str, Any]) -> str:
    """Everything of a further manifest."""
    fixed = {name: manifest[name] for name in ("manifest_id", "payload", "content_digest")}
    fixed["manifest_store"] = hashlib.sha256(manifest["manifest_store"]).hexdigest()
    return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()


def unpack(rows: list[dict[str, Any]]) -> Record:
    """Rebuild a record from its rows, one to each of its manifests; LedgerBroken if that can't be."""
    *before, newest = rows
    try:
        return Record(
            payload=newest["payload"],
            manifest_id=newest["m_manifest_id"],
            manifest_store=bytes(newest["m_manifest_store"]),
            content_digest=newest["m_content_digest"],
            fingerprint=None if newest["fingerprint"] is None else fingerprint_from(newest["fingerprint"]),
            model=newest["model"],
            issuer=newest["issuer"],
            created_at=newest["created_at"],
            status=newest["status"],
            status_reason=newest["status_reason"],
            changes=None if newest["changes"] is None else bytes(newest["changes"]),
            earlier_marks=_marks(newest["earlier_marks"]),
            former=tuple(Former(row["m_manifest_id"], row["m_content_digest"]) for row in before),
        )
    except (ValueError, TypeError, KeyError, zlib.error):
        raise LedgerBroken(f"the record of {newest['m_manifest_id']} is damaged") from None


def fingerprint_from(shape: bytes) -> FingerprintDetails:
    """Rebuild a fingerprint; ValueError or its like on one that is damaged, or like none that is taken here."""
    found = _shapes().validate_json(_unfolded(shape), strict=True)
    if len(found.hashes) > _MOST_ROWS or not all(len(one) == _HASH for one in found.hashes):
        raise ValueError("no hashes of PDQ, or more than are taken of any video")
    if not all(len(one) % _HASH == 0 and len(one) <= _MOST_PARTS * _HASH for one in found.parts):
        raise ValueError("no hashes of parts, or more than there are parts")
    if not all(0 <= quality <= 100 for quality in found.qualities):
        raise ValueError("no qualities of PDQ")
    return found


@lru_cache(maxsize=1)
def _shapes() -> TypeAdapter[FingerprintDetails]:
    from pydantic import TypeAdapter

    return TypeAdapter(FingerprintDetails)


def _marks(text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(str(one) for one in json.loads(text))


def _shape_text(shape: FingerprintDetails) -> str:
    return json.dumps(asdict(shape), separators=(",", ":"), sort_keys=True)


def _unfolded(shape: bytes) -> str:
    unfolding = zlib.decompressobj()
    text = unfolding.decompress(bytes(shape), _MOST_SHAPE)
    if not unfolding.eof:
        raise ValueError("a fingerprint that is cut off, or larger than any")
    return text.decode()
