"""Requests to a certificate authority, by the C2PA profile: a key made here, and a signed wish for a certificate.

The key waits in home/keys/pending until the certificate comes (`importing`). What only the authority can vouch for, the
policy, the assurance level and the record of the conforming products list, is theirs to add.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import outputs
from ..errors import CertificateUnfit
from ..issuing import CLAIM_SIGNING, key_usage
from ..private_files import write_new
from . import places, private_keys
from .certificates import SUITS_C2PA, algorithm, spki

if TYPE_CHECKING:
    from cryptography import x509

    from ..settings import Settings

log = logging.getLogger(__name__)

_MAIL, _DOCUMENTS = "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36"
_CSR = "request.csr"
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class Subject:
    """Who asks; conforming products write it as it stands in the conforming products list."""

    name: str
    organisation: str
    country: str  # two letters

    def __post_init__(self) -> None:
        """Refuse what no certificate can hold."""
        if not _COUNTRY.fullmatch(self.country):
            raise CertificateUnfit(f"{self.country[:20]!r} is no country", advice="two capital letters, say DE")
        for what, value in (("name", self.name), ("organisation", self.organisation)):
            if not 0 < len(value) <= 64 or not value.isprintable():
                raise CertificateUnfit(f"the {what} has to have 1 to 64 printable characters", advice="shorten it")


@dataclass(frozen=True)
class Pending:
    """A key that waits for its certificate."""

    folder: Path
    subject: str
    algorithm: str
    since: str
    csr_pem: bytes
    public: bytes
    problem: str | None = None

    @property
    def key_path(self) -> Path:
        """Where the key lies."""
        return self.folder / "key.pem"


def request(home: Path, subject: Subject, kind: str = "es256", passphrase: bytes | None = None) -> Pending:
    """Make a key and a request for its certificate; both wait in a folder of their own."""
    if kind not in private_keys.ALGORITHMS:
        raise CertificateUnfit(f"{kind} is no algorithm to ask for", advice=f"one of {private_keys.ALGORITHMS}")
    key = private_keys.make(kind)
    csr = _signed(subject, key)
    with places.locked(home), places.workshop(home) as made, outputs.translated(home / "keys" / "pending"):
        write_new(made / "key.pem", private_keys.written(key, passphrase), 0o600)
        write_new(made / _CSR, csr, 0o644)
        places.sync(made)
        waiting = home / "keys" / "pending"
        waiting.mkdir(mode=0o700, exist_ok=True)
        target = waiting / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}-{os.urandom(2).hex()}"
        os.rename(made, target)
        places.sync(waiting)
    log.info("certificate asked for: %s", target.name)
    return _read(target)


def request_elsewhere(options: Settings, subject: Subject) -> bytes:
    """Ask for a certificate for the key that a service keeps; nothing waits here, and `import_chain` finds the key."""
    from cryptography.hazmat.primitives.asymmetric import ec

    from .kms_signer import key_service
    from .remote_key import RemoteKey

    if options.signer != "kms":
        raise CertificateUnfit("a program tells no public key", advice="make the request with the tools of that key")
    service = key_service(options)
    public = service.public_key()
    kind = algorithm(public)
    if not isinstance(public, ec.EllipticCurvePublicKey) or kind not in SUITS_C2PA:
        raise CertificateUnfit(f"requests are made for P-256, P-384 and P-521 here, not for a key of {kind}")
    csr = _signed(subject, RemoteKey(public, lambda data: service.sign(data, kind)))
    log.info("certificate asked for, for a key of the key service")
    return csr


def listing(home: Path) -> tuple[Pending, ...]:
    """Every request that waits."""
    return tuple(_read(place) for place in places.pending(home))


def forget(pending: Pending) -> None:
    """Drop a request whose certificate has come: its key lies with the identity now. The lock must be held."""
    shutil.rmtree(pending.folder)


def _read(place: Path) -> Pending:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    since = datetime.fromtimestamp(place.stat().st_mtime, UTC).isoformat(timespec="seconds")
    try:
        pem = (place / _CSR).read_bytes()
        csr = x509.load_pem_x509_csr(pem)
        public = csr.public_key()
        return Pending(place, csr.subject.rfc4514_string(), algorithm(public), since, pem, spki(public))
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        return Pending(place, "?", "?", since, b"", b"", problem=f"{_CSR} can't be read ({type(error).__name__})")


def _signed(subject: Subject, key: Any) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    purposes = [x509.ObjectIdentifier(oid) for oid in (CLAIM_SIGNING, _MAIL, _DOCUMENTS)]
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(_name(subject))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    digest: hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None = None
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        digest = hashes.SHA384() if key.key_size == 384 else hashes.SHA512() if key.key_size == 521 else hashes.SHA256()
    return builder.sign(key, digest).public_bytes(serialization.Encoding.PEM)


def _name(subject: Subject) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, subject.country),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, subject.name),
        ]
    )
