"""Checks a bundle without a network: every byte, who signed, and when. Believes nothing that it says of itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import outputs
from ..errors import BundleInvalid, InputUnreadable
from ..evidence.text import plain
from ..keyring.certificates import attribute, fingerprint
from ..keyring.certificates import certificates as of_pem
from ..provenance import trust
from ..provenance.trust import TrustAnchors
from ..settings import Settings
from . import chains, cms, timestamps, zipped
from .chains import Standing, Trust
from .contents import FORMAT, MANIFEST, VERDICT
from .making import SIGNATURE, TIMESTAMP

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True)
class Clock:
    """Who vouches for the time of the signature."""

    at: str
    authority: str
    trust: Trust
    why: str


@dataclass(frozen=True)
class Checked:
    """A bundle in which every byte is as it was signed, and what there is to know of the signer."""

    check_id: str
    media_sha256: str
    outcome: str  # of the latest verdict in it
    files: tuple[str, ...]
    signer: str
    organisation: str
    trust: Trust
    why: str
    development: bool
    signed_at: str | None  # as the signer says; `timestamp` says whether somebody else does
    timestamp: Clock | None

    @property
    def holds(self) -> bool:
        """Whether somebody who is trusted here stands behind it."""
        return self.trust == "trusted"


def check_bundle(path: Path, options: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Checked:
    """Check a bundle, offline; BundleInvalid where a byte is not as it was signed.

    Who signed it may still be unknown here: `holds` says whether the signer is trusted.
    """
    outputs.check_input(path)
    try:
        with path.open("rb") as file:
            content = file.read(zipped.MOST_BYTES + 1)
    except OSError as error:
        raise InputUnreadable(f"{path}: {error.strerror or error}") from None
    return checked(content, trust.load(options.home), clock())


def checked(content: bytes, anchors: TrustAnchors, now: datetime) -> Checked:
    """Check a bundle's bytes."""
    files = zipped.read(content)
    for name in (MANIFEST, SIGNATURE, VERDICT):
        if name not in files:
            raise BundleInvalid(f"it has no {name}")
    signed = _signature(files)
    said = _listed(files)
    stamp = _timestamp(files, anchors)
    at = datetime.fromisoformat(stamp.at) if stamp and stamp.trust == "trusted" else now
    standing = chains.of_signer(signed.certificates, _certificates(anchors.pem), at)
    name = attribute(signed.signer.subject, "commonName")
    return Checked(
        check_id=plain(said["check"]),
        media_sha256=plain(said["media"]["sha256"]),
        outcome=_outcome(files[VERDICT]),
        files=tuple(files),
        signer=plain(name or signed.signer.subject.rfc4514_string()),
        organisation=plain(attribute(signed.signer.subject, "organizationName")),
        trust=standing.trust,
        why=standing.why,
        development=_of_development(standing, anchors),
        signed_at=signed.signed_at.isoformat() if signed.signed_at else None,
        timestamp=stamp,
    )


def _signature(files: Mapping[str, bytes]) -> cms.SignedData:
    try:
        signed = cms.opened(files[SIGNATURE])
    except ValueError as error:
        raise BundleInvalid(f"its signature does not hold: {error}") from None
    if (signed.content_type, signed.content) != (cms.DATA, None) or not signed.is_over(files[MANIFEST]):
        raise BundleInvalid(f"its signature is not over {MANIFEST}")
    return signed


def _timestamp(files: Mapping[str, bytes], anchors: TrustAnchors) -> Clock | None:
    if TIMESTAMP not in files:
        return None
    try:
        token = timestamps.read(files[TIMESTAMP], files[SIGNATURE])
    except ValueError as error:
        raise BundleInvalid(f"its timestamp does not hold: {error}") from None
    standing = chains.of_clock(token.signed.certificates, _certificates(anchors.timestamps), token.at)
    subject = token.signed.signer.subject
    name = plain(attribute(subject, "commonName") or subject.rfc4514_string())
    return Clock(token.at.isoformat(), name, standing.trust, standing.why)


def _listed(files: Mapping[str, bytes]) -> Mapping[str, Any]:
    """Hold the files to their list: these, in this order, with these bytes, and no others."""
    try:
        said = json.loads(files[MANIFEST])
        listed = {one["path"]: (one["sha256"], one["bytes"]) for one in said["files"]}
        known = (said["format"], type(said["check"]), type(said["media"]["sha256"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BundleInvalid(f"its {MANIFEST} can't be read") from None
    if known != (FORMAT, str, str):
        advice = "check it with the version that made it, or a later one"
        raise BundleInvalid(f"it is of another form than {FORMAT}", advice=advice)
    beside = [MANIFEST, SIGNATURE, *([TIMESTAMP] if TIMESTAMP in files else [])]
    if [*listed, *beside] != list(files):
        differing = sorted(set(listed) ^ (set(files) - set(beside))) or ["their order"]
        raise BundleInvalid(f"its files are not those that were signed: {', '.join(differing[:5])}")
    for name, (digest, size) in listed.items():
        if (hashlib.sha256(files[name]).hexdigest(), len(files[name])) != (digest, size):
            raise BundleInvalid(f"{name} was changed")
    return dict(said)


def _outcome(verdict: bytes) -> str:
    try:
        return plain(json.loads(verdict)["outcome"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BundleInvalid(f"its {VERDICT} can't be read") from None


def _of_development(standing: Standing, anchors: TrustAnchors) -> bool:
    return standing.anchor in {fingerprint(one) for one in _certificates(anchors.development)}


def _certificates(pem: str) -> list[x509.Certificate]:
    return of_pem(pem.encode(), "anchors") if pem.strip() else []
