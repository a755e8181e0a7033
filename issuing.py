"""Issues the certificates of a development identity, by the C2PA profile. Knows X.509; keeps and reads no file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

DEVELOPMENT = "Countermark DEVELOPMENT"  # the organisation in every certificate made here; no one else is called so
CLAIM_SIGNING = "1.3.6.1.4.1.62558.2.1"
LEAF_DAYS, INTERMEDIATE_DAYS, ROOT_DAYS = 365, 1826, 7305


@dataclass(frozen=True)
class Issued:
    """The files of an identity, as PEM."""

    key: bytes
    chain: bytes  # leaf, then intermediate
    root: bytes

    def __repr__(self) -> str:
        """Never the key."""
        return f"Issued({len(self.chain)} bytes of certificates)"


def issue_development() -> Issued:
    """Make a root, an intermediate and a leaf of their own; of the three private keys only the leaf's is kept."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    number = os.urandom(4).hex()  # tells identities apart in lists
    root_key, middle_key, leaf_key = (ec.generate_private_key(c()) for c in (ec.SECP384R1, ec.SECP384R1, ec.SECP256R1))
    root_name = _name(f"{DEVELOPMENT} root {number}")
    middle_name = _name(f"{DEVELOPMENT} intermediate {number}")
    root = _issue(root_name, root_key.public_key(), root_name, root_key, ROOT_DAYS, path_length=1)
    middle = _issue(middle_name, middle_key.public_key(), root_name, root_key, INTERMEDIATE_DAYS, path_length=0)
    leaf_name = _name(f"{DEVELOPMENT} signer {number}")
    leaf = _issue(leaf_name, leaf_key.public_key(), middle_name, middle_key, LEAF_DAYS, path_length=None)
    pem = serialization.Encoding.PEM
    key_pem = leaf_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Issued(key_pem, leaf.public_bytes(pem) + middle.public_bytes(pem), root.public_bytes(pem))


def _name(common_name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "ZZ")  # ISO 3166's code for none
    return x509.Name(
        [
            country,
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, DEVELOPMENT),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _issue(
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    days: int,
    path_length: int | None,
) -> x509.Certificate:
    """Sign one certificate; a `path_length` makes it an authority, one of 0 an authority for claim signers only."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)  # clocks differ
    authority = path_length is not None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.BasicConstraints(authority, path_length), critical=True)
        .add_extension(key_usage(authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if subject != issuer:
        claim_signing, mail = x509.ObjectIdentifier(CLAIM_SIGNING), x509.ObjectIdentifier("1.3.6.1.5.5.7.3.4")
        builder = builder.add_extension(x509.ExtendedKeyUsage([claim_signing, mail]), critical=False)
    strong = isinstance(issuer_key.curve, ec.SECP384R1)
    return builder.sign(issuer_key, hashes.SHA384() if strong else hashes.SHA256())


def key_usage(authority: bool) -> x509.KeyUsage:
    """Say what a key is for: an authority's signs certificates, a leaf's signs content."""
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
