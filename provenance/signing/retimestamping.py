"""Gives a released file the timestamp that it was signed without: an update manifest over it, of a new id.

The list says what is about to take the file's place, the file is replaced, the registry follows, the line goes: who
dies in between leaves a manifest in the registry that is in a file, and a line by which the next one finishes. Knows no
pictures.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import __version__, outputs
from ...errors import SigningFailed, TimestampFailed, TimestampOwed, UnknownRecord
from ...evidence import CredentialDetails
from ...settings import address_of
from ..reading.credentials import CredentialsExaminer
from ..reading.loose import plain
from ..trust.validator import context, steady, steady_output
from . import owed, timestamps
from .ingredients import VIDEO_TYPES
from .manifest import new_manifest_id
from .owed import Owed
from .signers import native_signer, use

if TYPE_CHECKING:
    from ...keyring import Identity
    from ...settings import Settings
    from ..registry.registry import Registry
    from ..trust import TrustAnchors

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settled:
    """A file that has its timestamp now."""

    path: Path
    manifest_id: str  # as it was signed first
    new_manifest_id: str
    signed_at: str | None  # as the authority says; None where no anchor vouches for the authority


def settles(suffix: str) -> bool:
    """Say whether files of that ending can be given a timestamp later.

    Not avi: there the first manifest tells by their place which bytes it covers, and an update manifest moves them.
    """
    return suffix.lower() in VIDEO_TYPES and suffix.lower() != ".avi"


def settle(
    one: Owed, options: Settings, identity: Identity, trust: TrustAnchors, registry: Registry, at: Path | None = None
) -> Settled:
    """Write an update manifest over a listed file, which may have been moved to `at`; it leaves the list.

    TimestampOwed: the file is gone, or is not what was signed. TimestampFailed: the authority gave nothing.
    """
    if options.tsa is None:
        raise TimestampFailed("no timestamp authority is configured", advice="set COUNTERMARK_TSA to its URL")
    path = at or Path(one.path)
    if not settles(path.suffix):
        raise TimestampOwed(f"{path}: {path.suffix or 'such'} files can't be given a timestamp later")
    seen, digest = _seen(path)
    if digest != one.digest:
        return _finished(path, digest, one, options, trust, registry)
    if registry.by_manifest(one.manifest_id) is None:
        raise UnknownRecord(f"no record of {one.manifest_id}")
    title, new_id = _title(path, trust), new_manifest_id()
    with outputs.staged(path) as name:
        part = name(path.suffix)
        with use(identity, new_id):
            store = _update(path, part, _described(new_id, title, options), options, identity, trust)
        signed_at = _sound(part, new_id, trust)
        digest = _digest(part)
        shutil.copymode(path, part)
        with outputs.translated(part), part.open("rb") as written:
            os.fsync(written.fileno())
        one = owed.begin(options.home, one, digest, new_id, store)
        if _stat(path) != seen:
            raise TimestampOwed(f"{path} was changed while its timestamp was asked for", advice="try again")
        outputs.release(part, path, force=True)
    registry.follow(one.manifest_id, new_id, store, digest)
    owed.remove(options.home, one)
    log.info("%s has its timestamp, and is %s now", path.name, new_id)
    return Settled(path, one.manifest_id, new_id, signed_at)


def _update(
    path: Path, part: Path, described: dict[str, Any], options: Settings, identity: Identity, trust: TrustAnchors
) -> bytes:
    import c2pa

    mime = VIDEO_TYPES[path.suffix.lower()]
    with timestamps.relay(str(options.tsa)) as door:
        try:
            with context(trust, native_signer(identity, door.url), clock=door.origin) as ground:
                builder = c2pa.Builder(json.dumps(described), ground)
                builder.set_intent(c2pa.C2paBuilderIntent.UPDATE)
                with outputs.translated(part), steady(path) as stream, steady_output(part) as output:
                    return bytes(builder.sign(mime, stream, output))
        except c2pa.C2paError as error:
            why = door.trouble or plain(error)
            if door.asked:
                where = address_of(str(options.tsa))
                raise TimestampFailed(f"no timestamp from {where}: {why}", advice="try again later") from None
            raise SigningFailed(f"C2PA: {why}") from None


def _sound(part: Path, new_id: str, trust: TrustAnchors) -> str | None:
    """Read the new file as anyone would."""
    found = CredentialsExaminer(trust).examine(part, "")
    details = found.details
    if found.finding != "present" or not isinstance(details, CredentialDetails) or details.manifest_id != new_id:
        raise SigningFailed("the file with its update manifest does not read as sound", advice="nothing was changed")
    return details.signed_at


def _title(path: Path, trust: TrustAnchors) -> str | None:
    """Give the title of a file whose signature stands: to one that stands no more, a timestamp is no help."""
    details = CredentialsExaminer(trust).examine(path, "").details
    stands = details.trust if isinstance(details, CredentialDetails) else "without credentials"
    if stands not in ("trusted", "unknown_signer"):
        advice = "stamp its source again; --forget takes this one off the list"
        raise TimestampOwed(f"{path} reads as {stands.replace('_', ' ')}: a timestamp comes too late", advice=advice)
    return details.title if isinstance(details, CredentialDetails) else None


def _described(new_id: str, title: str | None, options: Settings) -> dict[str, Any]:
    generator = {"name": "Countermark", "version": __version__, "specVersion": options.spec_version}
    return {"label": new_id, "claim_generator_info": [generator], **({"title": title} if title else {})}


def _finished(
    path: Path, digest: str, one: Owed, options: Settings, trust: TrustAnchors, registry: Registry
) -> Settled:
    """Finish what someone began who died when the file was in its place."""
    record = registry.by_manifest(one.manifest_id)
    if record is not None and digest == one.next_digest and not record.has_bytes(digest):
        record = registry.follow(one.manifest_id, one.next_manifest_id, base64.b64decode(one.next_store), digest)
    if record is None or record.content_digest != digest:
        raise TimestampOwed(f"{path} was changed since it was signed")
    signed_at = _sound(path, record.manifest_id, trust)
    owed.remove(options.home, one)
    return Settled(path, one.manifest_id, record.manifest_id, signed_at)


def _seen(path: Path) -> tuple[tuple[int, ...], str]:
    try:
        return _stat(path), _digest(path)
    except OSError as error:
        raise TimestampOwed(
            f"{path}: {error.strerror or error}",
            advice="name it where it is now: `countermark keys retimestamp FILE`; or take it off with --forget",
        ) from None


def _stat(path: Path) -> tuple[int, ...]:
    facts = path.stat()
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
