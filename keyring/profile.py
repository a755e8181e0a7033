"""Holds a chain to what C2PA verifiers refuse, and to the C2PA certificate profile. Knows rules; reads no file.

What is refused makes every manifest signed with it invalid, everywhere. What is remarked on reads as valid, but the
C2PA trust list has no root above it, or a conforming issuer would not have written it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from ..issuing import CLAIM_SIGNING
from .certificates import SUITS_C2PA, algorithm, attribute, issued_by, purposes

if TYPE_CHECKING:
    from cryptography import x509

_Kind = TypeVar("_Kind", bound="x509.ExtensionType")
PURPOSES = {  # what C2PA lets a certificate be for, and its names
    CLAIM_SIGNING: "C2PA claim signing",
    "1.3.6.1.5.5.7.3.4": "e-mail protection",
    "1.3.6.1.5.5.7.3.36": "document signing",
    "1.3.6.1.5.5.7.3.8": "time stamping",
    "1.3.6.1.5.5.7.3.9": "OCSP signing",
}
ANY_PURPOSE, TIME_STAMPING, OCSP_SIGNING = "2.5.29.37.0", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9"
POLICY, ASSURANCE, RECORD = "1.3.6.1.4.1.62558.1.1", "1.3.6.1.4.1.62558.3", "1.3.6.1.4.1.62558.4"
LEAF_DAYS = 366
_HASHES = {"sha256", "sha384", "sha512"}


@dataclass(frozen=True)
class Judgement:
    """What verifiers would refuse a chain for, and what they would merely miss."""

    refused: tuple[str, ...]
    remarks: tuple[str, ...]


def judge(chain: list[x509.Certificate], at: datetime) -> Judgement:
    """Hold a chain, leaf first, to the rules as of a day."""
    refused = (*_order(chain), *_dates(chain, at), *_leaf(chain[0]), *_authorities(chain[1:]))
    return Judgement(refused, tuple(_missing(chain[0])))


def _order(chain: list[x509.Certificate]) -> Iterator[str]:
    leaf = chain[0]
    if leaf.issuer == leaf.subject:
        yield "the first certificate is signed by itself: verifiers take none but those of an authority"
        return
    for lower, upper in zip(chain, chain[1:], strict=False):
        if not issued_by(lower, upper):
            yield (
                f"{_name(upper)} did not issue {_name(lower)}, which stands before it: the leaf comes first, "
                "then whoever issued it, and so on"
            )


def _dates(chain: list[x509.Certificate], at: datetime) -> Iterator[str]:
    for certificate in chain:
        if certificate.not_valid_after_utc < at:
            yield f"{_name(certificate)} expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
        if certificate.not_valid_before_utc > at:
            yield f"{_name(certificate)} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"


def _leaf(leaf: x509.Certificate) -> Iterator[str]:
    from cryptography import x509

    yield from _strength(leaf)
    constraints = _extension(leaf, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        yield "the first certificate is an authority's: an authority signs certificates, never content"
    usage = _extension(leaf, x509.KeyUsage)
    if usage is None:
        yield "its key usage is not said (verifiers want digitalSignature)"
    else:
        if not usage.digital_signature:
            yield "its key may not be used for signatures (key usage lacks digitalSignature)"
        if usage.key_cert_sign:
            yield "its key may sign certificates (key usage has keyCertSign)"
    if _extension(leaf, x509.AuthorityKeyIdentifier) is None:
        yield "it does not say which key issued it (no authority key identifier)"
    yield from _purposes(set(purposes(leaf)))


def _purposes(held: set[str]) -> Iterator[str]:
    if not held:
        yield "it does not say what it is for (no extended key usage)"
    elif ANY_PURPOSE in held:
        yield "it is for any purpose, which verifiers refuse by name"
    elif not held & set(PURPOSES) - {TIME_STAMPING, OCSP_SIGNING}:
        yield f"it was not issued for signing content (but for {', '.join(sorted(PURPOSES.get(o, o) for o in held))})"
    elif held & {TIME_STAMPING, OCSP_SIGNING}:
        yield "it is for time stamping or OCSP too, which may stand with no other purpose"


def _authorities(above: list[x509.Certificate]) -> Iterator[str]:
    from cryptography import x509

    for certificate in above:
        constraints = _extension(certificate, x509.BasicConstraints)
        if constraints is None or not constraints.ca:
            yield f"{_name(certificate)} is no authority, and can't have issued another certificate"
        yield from _strength(certificate)


def _strength(certificate: x509.Certificate) -> Iterator[str]:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa

    if certificate.version is not x509.Version.v3:
        yield f"{_name(certificate)} is not of version 3"
    key = certificate.public_key()
    kind = algorithm(key)
    if kind not in SUITS_C2PA:
        yield f"{_name(certificate)} has a kind of key that C2PA does not take ({kind})"
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
        yield f"{_name(certificate)} has an RSA key of {key.key_size} bits, too short"
    used = certificate.signature_hash_algorithm
    if used is not None and used.name not in _HASHES:
        yield f"{_name(certificate)} is signed over {used.name}, which C2PA does not take"


def _missing(leaf: x509.Certificate) -> Iterator[str]:
    """What the C2PA certificate profile asks for beyond what verifiers check."""
    from cryptography import x509

    if CLAIM_SIGNING not in purposes(leaf):
        yield "not issued for C2PA claim signing: no root of the C2PA trust list stands above it"
    if lacking := [n for n in ("countryName", "organizationName", "commonName") if not attribute(leaf.subject, n)]:
        yield f"its subject has no {' and no '.join(lacking)}"
    if (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days > LEAF_DAYS:
        yield f"it is valid for more than {LEAF_DAYS} days"
    policies = _extension(leaf, x509.CertificatePolicies)
    if policies is None or POLICY not in {p.policy_identifier.dotted_string for p in policies}:
        yield "it does not name the C2PA certificate policy"
    present = {extension.oid.dotted_string for extension in leaf.extensions}
    if not {ASSURANCE, RECORD} <= present:
        yield "it names no assurance level or no record of the conforming products list"
    access = _extension(leaf, x509.AuthorityInformationAccess)
    if access is None or "OCSP" not in {a.access_method._name for a in access}:
        yield "it names no OCSP responder: nobody can learn that it was revoked"


def _extension(certificate: x509.Certificate, kind: type[_Kind]) -> _Kind | None:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _name(certificate: x509.Certificate) -> str:
    return f"“{attribute(certificate.subject, 'commonName') or certificate.subject.rfc4514_string() or 'unnamed'}”"
