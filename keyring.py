"""Signing identities: makes, keeps and describes them. Knows certificates and file modes; knows nothing of C2PA files.

An identity is one folder, `home/keys/signing`: `key.pem` (0600), `chain.pem` (leaf, then intermediates) and, for an
identity made here for development, `root.pem`. Replaced identities lie in `home/keys/retired`; nothing is deleted.

`init_development` signs the leaf with an intermediate and that with a root, and keeps neither private key: whoever
steals the folder can sign as this leaf until it expires, but can never issue another identity that those who trust the
root would believe. The price: an identity can't be renewed, only replaced. The certificates follow the C2PA profile
but for what would be a lie: policy, assurance level and record of the conformance programme, addresses of responders.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import DiskFull, NoKeys, OutputExists, OutputUnwritable, UnsafeKeys
from .issuing import CLAIM_SIGNING, DEVELOPMENT, issue_development
from .private_files import read_private, write_new

if TYPE_CHECKING:
    from cryptography import x509

log = logging.getLogger(__name__)

PURPOSES = {  # what C2PA lets a certificate be for, and its names
    CLAIM_SIGNING: "C2PA claim signing",
    "1.3.6.1.5.5.7.3.4": "e-mail protection",
    "1.3.6.1.5.5.7.3.36": "document signing",
    "1.3.6.1.5.5.7.3.8": "time stamping",
    "1.3.6.1.5.5.7.3.9": "OCSP signing",
}
_SUITS_C2PA = {"es256", "es384", "es512", "ps256", "ed25519"}


@dataclass(frozen=True)
class Identity:
    """Who signs: certificates and where the key lies, never the key itself."""

    name: str  # common name of the leaf
    organisation: str
    issuer: str  # common name of whoever issued the leaf
    algorithm: str  # as C2PA calls it: es256, ed25519 ...
    not_before: datetime
    not_after: datetime
    chain_pem: bytes  # leaf, then intermediates
    key_path: Path
    root_pem: bytes | None = None
    development: bool = False

    def __repr__(self) -> str:
        """Names and dates."""
        return f"Identity({self.name!r}, issuer={self.issuer!r}, until {self.not_after:%Y-%m-%d}, {self.key_path})"

    def key_pem(self) -> bytes:
        """Read the private key, after checking that it is its owner's alone and belongs to the leaf."""
        pem = read_private(self.key_path)
        leaf = _certificates(self.chain_pem, self.key_path.parent)[0]
        if _public(pem, self.key_path) != _public_of(leaf):
            raise UnsafeKeys(
                f"{self.key_path} does not belong to its certificate", advice="restore key.pem and chain.pem together"
            )
        log.info("signing key read for certificate %s", _fingerprint(leaf))
        return pem


@dataclass(frozen=True)
class IdentityFacts:
    """What a person wants to know of an identity."""

    name: str
    organisation: str
    issuer: str
    algorithm: str
    fingerprint: str  # SHA-256 of the leaf
    not_before: str
    not_after: str
    days_left: int
    purposes: tuple[str, ...]
    development: bool
    folder: str
    key_problem: str | None
    verifiers_will_say: tuple[str, ...]


def folder(home: Path) -> Path:
    """Where the identity lies."""
    return home / "keys" / "signing"


def init_development(home: Path, *, force: bool = False) -> Identity:
    """Make an identity whose root only this machine knows; refuse to replace one without `force`."""
    target = folder(home)
    if not force and _occupied(target):
        raise _taken(target)
    try:
        keys = target.parent
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys.chmod(0o700)
        made = Path(tempfile.mkdtemp(prefix=".new-", dir=keys))  # 0700; becomes the identity by one rename
        try:
            issued = issue_development()
            write_new(made / "key.pem", issued.key, 0o600)
            write_new(made / "chain.pem", issued.chain, 0o644)
            write_new(made / "root.pem", issued.root, 0o644)
            _place(made, target, force)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise _unwritable(target, error) from None
    identity = _identity(
        issued.chain, issued.root, target / "key.pem"
    )  # as made: another process may have replaced it by now
    log.info("development identity made: %s, until %s", identity.name, identity.not_after.date())
    return identity


def load(home: Path) -> Identity:
    """Read the identity's certificates; the key stays where it is."""
    here = folder(home)
    chain, key, root = here / "chain.pem", here / "key.pem", here / "root.pem"
    if not _occupied(here):
        raise NoKeys(f"no signing identity in {here}")
    try:
        chain_pem = chain.read_bytes()
        root_pem = root.read_bytes() if root.exists() else None
        present = key.exists()
    except OSError as error:
        raise NoKeys(
            f"{here}: {error.strerror or error}",
            advice="an identity is key.pem and chain.pem; check that both are there",
        ) from None
    if not present:
        raise NoKeys(f"{here} holds a certificate and no key.pem", advice="put the key beside its certificate")
    return _identity(chain_pem, root_pem, key)


def development_roots(home: Path) -> tuple[bytes, ...]:
    """Roots made here, of the identity in use and of retired ones: what they signed stays trusted here."""
    retired = sorted((home / "keys" / "retired").glob("*/root.pem"))
    roots = []
    for file in [folder(home) / "root.pem", *retired]:
        try:
            roots.append(file.read_bytes())
        except OSError:
            continue  # one that can't be read is not trusted
    return tuple(roots)


def describe(identity: Identity) -> IdentityFacts:
    """Say when it ends, what it is for, whether its key can be used, and what verifiers will make of it."""
    leaf = _certificates(identity.chain_pem, identity.key_path.parent)[0]
    purposes = _purposes(leaf)
    try:
        identity.key_pem()
        problem = None
    except UnsafeKeys as error:
        problem = str(error)
    now = datetime.now(UTC)
    return IdentityFacts(
        name=identity.name,
        organisation=identity.organisation,
        issuer=identity.issuer,
        algorithm=identity.algorithm,
        fingerprint=_fingerprint(leaf),
        not_before=identity.not_before.isoformat(),
        not_after=identity.not_after.isoformat(),
        days_left=(identity.not_after - now).days,
        purposes=tuple(PURPOSES.get(oid, oid) for oid in purposes),
        development=identity.development,
        folder=str(identity.key_path.parent),
        key_problem=problem,
        verifiers_will_say=_outlook(identity, purposes, now),
    )


def _outlook(identity: Identity, purposes: tuple[str, ...], now: datetime) -> tuple[str, ...]:
    lines = []
    if now > identity.not_after:
        lines.append("expired: what it signs reads as invalid everywhere")
    elif now < identity.not_before:
        lines.append("not valid yet: what it signs reads as invalid until it is")
    else:
        lines.append(f"files without a timestamp read as expired after {identity.not_after:%Y-%m-%d}")
    if identity.algorithm not in _SUITS_C2PA:
        lines.append("this kind of key can't sign C2PA manifests")
    if not set(purposes) & set(PURPOSES):
        lines.append("not issued for signing content: verifiers refuse it")
    elif CLAIM_SIGNING not in purposes:
        lines.append("not issued for C2PA claim signing: no root of the C2PA trust list stands above it")
    if identity.development:
        lines.append("here: trusted, marked as development; elsewhere: sound, but by an unknown signer")
    else:
        lines.append("trusted wherever its root is among the anchors, an unknown signer elsewhere")
    return tuple(lines)


# Files ---------------------------------------------------------------------------------------------------------------


def _occupied(target: Path) -> bool:
    try:
        return any(target.iterdir())
    except OSError:
        return os.path.lexists(target)


def _taken(target: Path) -> OutputExists:
    return OutputExists(
        f"there is an identity in {target} already",
        advice="use it, or replace it with --force (the old one is kept aside, and stays trusted)",
    )


def _unwritable(target: Path, error: OSError) -> DiskFull | OutputUnwritable:
    kind = DiskFull if error.errno == 28 else OutputUnwritable
    return kind(f"{target}: {error.strerror or error}", advice="choose another `home` in the settings")


def _place(made: Path, target: Path, force: bool) -> None:
    """Rename a whole folder: of two processes at once, one wins, and their files never mix."""
    for _ in range(100):
        try:
            os.rename(made, target)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
            if not force:
                raise _taken(target) from None
            _retire(target)
    raise OutputUnwritable(f"{target} is being replaced by others all the time", advice="run one `keys init` at a time")


def _retire(target: Path) -> None:
    retired = target.parent / "retired"
    retired.mkdir(mode=0o700, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}-", dir=retired))
    try:
        os.rename(target, aside)  # onto an empty folder
    except FileNotFoundError:
        aside.rmdir()  # another process was faster
        return
    log.warning("signing identity moved aside to %s", aside)


# Certificates --------------------------------------------------------------------------------------------------------


def _identity(chain_pem: bytes, root_pem: bytes | None, key: Path) -> Identity:
    leaf = _certificates(chain_pem, key.parent)[0]
    organisation = _attribute(leaf.subject, "organizationName")
    return Identity(
        name=_attribute(leaf.subject, "commonName") or organisation or "unnamed",
        organisation=organisation,
        issuer=_attribute(leaf.issuer, "commonName") or _attribute(leaf.issuer, "organizationName") or "unnamed",
        algorithm=_algorithm(leaf),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        chain_pem=chain_pem,
        key_path=key,
        root_pem=root_pem,
        development=organisation == DEVELOPMENT,
    )


def _certificates(pem: bytes, where: Path) -> list[x509.Certificate]:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        advice = "chain.pem holds the leaf's certificate, then the intermediates', in PEM"
        raise NoKeys(f"{where}: chain.pem is no chain of certificates ({error})", advice=advice) from None


def _attribute(name: x509.Name, wanted: str) -> str:
    from cryptography.x509.oid import NameOID

    oid = {"commonName": NameOID.COMMON_NAME, "organizationName": NameOID.ORGANIZATION_NAME}[wanted]
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _purposes(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        return tuple(
            oid.dotted_string for oid in certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        )
    except (x509.ExtensionNotFound, ValueError):
        return ()


def _algorithm(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}.get(key.curve.name, key.curve.name)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "ed25519"
    return "ps256" if isinstance(key, rsa.RSAPublicKey) else type(key).__name__


def _fingerprint(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives import hashes

    return certificate.fingerprint(hashes.SHA256()).hex()


def _public_of(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _public(pem: bytes, path: Path) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # their messages are dropped: nothing of the key in ours
        advice = "give an unencrypted private key in PEM (PKCS#8)"
        raise UnsafeKeys(f"{path} is no private key that can be read", advice=advice) from None
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
