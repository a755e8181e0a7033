"""A certificate authority for tests: certifies any public key, well or with one thing wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from countermark.issuing import CLAIM_SIGNING, key_usage
from countermark.keyring import private_keys

MAIL, DOCUMENTS, SERVER = "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.5.5.7.3.1"
PEM = serialization.Encoding.PEM


@dataclass
class Wish:
    """What a certificate is to say; the defaults are sound."""

    purposes: tuple[str, ...] = (CLAIM_SIGNING, MAIL)
    begins: float = -1.0  # days from now
    ends: float = 90.0
    authority: bool = False
    usage: bool = True
    issuer_id: bool = True
    organisation: str = "Acme"


class Authority:
    """A root and one intermediate."""

    def __init__(self, name: str = "Acme") -> None:
        self.root_key, self.middle_key = (ec.generate_private_key(ec.SECP384R1()) for _ in range(2))
        above = Wish(purposes=(), begins=-2.0, ends=3650.0, authority=True)
        self.root = _issue(f"{name} root", self.root_key.public_key(), f"{name} root", self.root_key, above)
        middle = self.middle_key.public_key()
        self.middle = _issue(f"{name} intermediate", middle, f"{name} root", self.root_key, above)
        self.name = name

    def certify(self, public: Any, wish: Wish | None = None) -> x509.Certificate:
        return _issue(f"{self.name} product", public, f"{self.name} intermediate", self.middle_key, wish or Wish())

    def chain(self, folder: Path, public: Any, wish: Wish | None = None) -> Path:
        """Write leaf and intermediate to a file."""
        return self.write(folder, self.certify(public, wish), self.middle)

    def write(self, folder: Path, *certificates: x509.Certificate) -> Path:
        file = folder / "answer.pem"
        file.write_bytes(b"".join(certificate.public_bytes(PEM) for certificate in certificates))
        return file

    def trusted_root(self) -> str:
        return self.root.public_bytes(PEM).decode()


def key_file(folder: Path, kind: str = "es256", passphrase: bytes | None = None) -> tuple[Path, Any]:
    """Make a key, and give its file and its public key."""
    key = private_keys.make(kind)
    file = folder / f"{kind}.pem"
    file.touch(0o600)
    file.write_bytes(private_keys.written(key, passphrase))
    return file, key.public_key()


def _issue(name: str, public: Any, issuer: str, issuer_key: Any, wish: Wish) -> x509.Certificate:
    now = datetime.now(UTC).replace(microsecond=0)
    depth = (1 if name == issuer else 0) if wish.authority else None
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name, wish.organisation))
        .issuer_name(_name(issuer, "Acme"))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=wish.begins))
        .not_valid_after(now + timedelta(days=wish.ends))
        .add_extension(x509.BasicConstraints(wish.authority, depth), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    if wish.usage:
        builder = builder.add_extension(key_usage(wish.authority), critical=True)
    if wish.issuer_id:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        builder = builder.add_extension(above, critical=False)
    if wish.purposes:
        allowed = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in wish.purposes])
        builder = builder.add_extension(allowed, critical=False)
    return builder.sign(issuer_key, hashes.SHA384())


def _name(common: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )
