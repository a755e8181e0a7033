"""What certificates and public keys say. Knows X.509; knows no folder and no private key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import NoKeys

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

MOST_BYTES = 1 << 18  # of a chain; a long one has some 10 kB
CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
SUITS_C2PA = {"es256", "es384", "es512", "ps256", "ed25519"}


def certificates(pem: bytes, where: object) -> list[x509.Certificate]:
    """Parse a chain in PEM, all of it: the library looks into a certificate only when asked, and may fail then."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        chain = x509.load_pem_x509_certificates(pem)
        for certificate in chain:
            _touch(certificate)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion) as error:
        advice = "chain.pem holds the leaf's certificate, then the intermediates', in PEM"
        raise NoKeys(f"{where}: no chain of certificates ({error})", advice=advice) from None
    return chain


def _touch(certificate: x509.Certificate) -> tuple[object, ...]:
    return (
        certificate.version,
        certificate.subject.rfc4514_string(),
        certificate.issuer.rfc4514_string(),
        certificate.public_key(),
        certificate.signature_hash_algorithm,
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        list(certificate.extensions),
    )


def pem_of(chain: Sequence[x509.Certificate]) -> bytes:
    """Write a chain in PEM, and nothing beside it."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain)


def attribute(name: x509.Name, wanted: str) -> str:
    """Give an attribute of a name, say commonName; nothing where there is none."""
    found = [a for a in name if a.oid._name == wanted]
    return str(found[0].value) if found else ""


def purposes(certificate: x509.Certificate) -> tuple[str, ...]:
    """What it was issued for, as dotted numbers."""
    from cryptography import x509

    try:
        allowed = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(oid.dotted_string for oid in allowed)


def algorithm(key: PublicKeyTypes) -> str:
    """Name what a key signs with, as C2PA does; a kind that C2PA does not know goes by its own name."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ec.EllipticCurvePublicKey):
        return CURVES.get(key.curve.name, key.curve.name)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "ed25519"
    return "ps256" if isinstance(key, rsa.RSAPublicKey) else type(key).__name__


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate."""
    from cryptography.hazmat.primitives import hashes

    return certificate.fingerprint(hashes.SHA256()).hex()


def spki(key: PublicKeyTypes) -> bytes:
    """A public key in its one form: equal bytes, equal keys."""
    from cryptography.hazmat.primitives import serialization

    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Say whether one signed the other, by name and by signature."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
