"""Signatures in the form of CMS (RFC 5652), detached or around what they sign. Knows keys, no trust and no time.

The form is that of OpenSSL, so that whoever has no Countermark can check a bundle too. What is read is held to it
strictly: one signer, signed attributes, algorithms that are written in their one way, nothing unsigned beside.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..errors import NoKeys, SigningFailed
from ..keyring.certificates import certificates as of_pem
from . import der
from .der import NotDer, Value

if TYPE_CHECKING:
    from cryptography import x509

    from ..keyring import Identity

DATA, SIGNED_DATA = der.oid("1.2.840.113549.1.7.1"), der.oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE, _DIGEST = der.oid("1.2.840.113549.1.9.3"), der.oid("1.2.840.113549.1.9.4")
_TIME = der.oid("1.2.840.113549.1.9.5")
_CERTIFICATE, _CERTIFICATE_SHA1 = der.oid("1.2.840.113549.1.9.16.2.47"), der.oid("1.2.840.113549.1.9.16.2.12")
_NULL = der.written(der.NULL)
_MOST_CERTIFICATES = 16
_HASH_OIDS = {
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}


def _identifier(dotted: str, *parameters: bytes) -> bytes:
    return der.written(der.SEQUENCE, der.oid(dotted), *parameters)


def _pss(name: str) -> bytes:
    """Name RSA-PSS with one hash for all, and salt as long as it."""
    digest = _identifier(_HASH_OIDS[name], _NULL)
    mask = _identifier("1.2.840.113549.1.1.8", digest)
    salt = der.number(hashlib.new(name).digest_size)
    tagged = (der.written(0xA0 + place, part) for place, part in enumerate((digest, mask, salt)))
    return _identifier("1.2.840.113549.1.1.10", der.written(der.SEQUENCE, *tagged))


HASHES = {  # by all bytes of the identifier, with and without the parameter that means nothing
    _identifier(dotted, *more): name for name, dotted in _HASH_OIDS.items() for more in ((), (_NULL,))
}
_SCHEMES: dict[bytes, tuple[str, str | None]] = {  # the scheme, and its hash; None: that of the digest
    _identifier("1.2.840.10045.4.3.2"): ("ecdsa", "sha256"),
    _identifier("1.2.840.10045.4.3.3"): ("ecdsa", "sha384"),
    _identifier("1.2.840.10045.4.3.4"): ("ecdsa", "sha512"),
    _identifier("1.2.840.113549.1.1.1", _NULL): ("rsa", None),
    _identifier("1.2.840.113549.1.1.11", _NULL): ("rsa", "sha256"),
    _identifier("1.2.840.113549.1.1.12", _NULL): ("rsa", "sha384"),
    _identifier("1.2.840.113549.1.1.13", _NULL): ("rsa", "sha512"),
    **{_pss(name): ("pss", name) for name in _HASH_OIDS},
    _identifier("1.3.101.112"): ("ed25519", None),
}
_SIGNING = {  # by the name that C2PA gives an algorithm: hash of what is signed, identifier of the signature
    "es256": ("sha256", _identifier("1.2.840.10045.4.3.2")),
    "es384": ("sha384", _identifier("1.2.840.10045.4.3.3")),
    "es512": ("sha512", _identifier("1.2.840.10045.4.3.4")),
    "ps256": ("sha256", _pss("sha256")),
    "ed25519": ("sha512", _identifier("1.3.101.112")),
}


@dataclass(frozen=True)
class SignedData:
    """One signature, its certificates, and what it is over."""

    content_type: bytes  # the whole identifier, in DER
    content: bytes | None  # None: detached
    certificates: tuple[x509.Certificate, ...]  # the signer's first
    digest: bytes  # of the content, as the signer wrote down
    hash_name: str
    signed_at: datetime | None  # as the signer says

    @property
    def signer(self) -> x509.Certificate:
        """Whose signature it is."""
        return self.certificates[0]

    def is_over(self, content: bytes) -> bool:
        """Say whether it is these bytes that were signed."""
        return hashlib.new(self.hash_name, content).digest() == self.digest


def signed(content: bytes, identity: Identity, at: datetime, what: str) -> bytes:
    """Sign some bytes, detached; `what` goes into the list of the key's uses."""
    from cryptography.hazmat.primitives.serialization import Encoding

    if identity.algorithm not in _SIGNING:
        raise SigningFailed(f"bundles are not signed by keys of the kind {identity.algorithm}")
    chain = of_pem(identity.chain_pem, identity.folder)
    hash_name, scheme = _SIGNING[identity.algorithm]
    encoded = [one.public_bytes(Encoding.DER) for one in chain]
    named = der.written(der.OCTETS, hashlib.sha256(encoded[0]).digest())
    attributes = sorted(
        (
            _attribute(_CONTENT_TYPE, DATA),
            _attribute(_TIME, _time(at)),
            _attribute(_DIGEST, der.written(der.OCTETS, hashlib.new(hash_name, content).digest())),
            _attribute(_CERTIFICATE, _in_sequences(named, 3)),
        )
    )
    with identity.used_for(what):
        signature = _in_der(identity.algorithm, identity.signer.sign(der.written(der.SET, *attributes)))
    issuer = der.written(der.SEQUENCE, chain[0].issuer.public_bytes(), der.number(chain[0].serial_number))
    digest = _identifier(_HASH_OIDS[hash_name])
    signer = der.written(
        der.SEQUENCE,
        *(der.number(1), issuer, digest, der.written(0xA0, *attributes), scheme, der.written(der.OCTETS, signature)),
    )
    about = der.written(der.SEQUENCE, DATA)
    carried = der.written(0xA0, *sorted(encoded))
    body = der.written(der.SEQUENCE, der.number(1), der.set_of(digest), about, carried, der.set_of(signer))
    return der.written(der.SEQUENCE, SIGNED_DATA, der.written(0xA0, body))


def opened(content: bytes) -> SignedData:
    """Read a signature, and see that it holds under its signer's certificate; NotDer where it does not."""
    kind, wrapped = _exactly(der.only(content).of(der.SEQUENCE), 2)
    if kind.whole != SIGNED_DATA:
        raise NotDer("no signature in the form of CMS")
    version, hashes, about, *middle, signers = _at_least(der.only(wrapped.of(0xA0).content).of(der.SEQUENCE), 5)
    if version.number() not in (1, 3) or len(middle) != 1:
        raise NotDer("a signature with more beside it than certificates")
    content_type, *inner = about.of(der.SEQUENCE).parts()
    inside = der.only(inner[0].of(0xA0).content).of(der.OCTETS).content if inner else None
    (signer,) = _exactly(signers.of(der.SET), 1)
    found = _certificates(middle[0].of(0xA0))
    edition, named, digest, given, scheme, signature = _exactly(signer.of(der.SEQUENCE), 6)
    hash_name = HASHES.get(digest.whole)
    if hash_name is None or digest.whole not in {one.whole for one in hashes.of(der.SET).parts()}:
        raise NotDer("its hash is none that counts here")
    if version.number() != (1 if content_type.whole == DATA and edition.number() == 1 else 3):
        raise NotDer("its version is not what its parts ask for")
    leaf = _named(named, edition.number(), found)
    attributes = _attributes(given.of(0xA0))
    if (len(hashes.parts()), attributes[_CONTENT_TYPE].whole) != (1, content_type.whole):
        raise NotDer("what was signed is of another type")
    _check_named(attributes, leaf)
    over = der.written(der.SET, given.content)
    if not _holds(leaf, scheme.whole, hash_name, over, signature.of(der.OCTETS).content):
        raise NotDer("the signature does not hold")
    at = read_time(attributes[_TIME]) if _TIME in attributes else None
    others = tuple(one for one in found if one is not leaf)
    said = attributes[_DIGEST].of(der.OCTETS).content
    return SignedData(content_type.whole, inside, (leaf, *others), said, hash_name, at)


def read_time(value: Value) -> datetime:
    """Read a time of either kind; fractions of a second may be there."""
    text = value.content.decode("ascii", "replace")
    if value.tag == der.UTC_TIME and re.fullmatch(r"\d{12}Z", text):
        text = ("19" if text[0] >= "5" else "20") + text
    elif value.tag != der.GENERAL_TIME or not re.fullmatch(r"\d{14}(\.\d{1,9})?Z", text):
        raise NotDer("a time that is none")
    try:
        whole = datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise NotDer("a time that is none") from None
    return whole.replace(microsecond=int(text[15:-1][:6].ljust(6, "0"))) if "." in text else whole


def trimmed(content: bytes, keep: tuple[x509.Certificate, ...]) -> bytes:
    """Leave out certificates that nothing needs: they are not signed, so that anything could stand there."""
    from cryptography.hazmat.primitives.serialization import Encoding

    kind, wrapped = der.only(content).parts()
    version, hashes, about, _, *rest = der.only(wrapped.content).parts()
    carried = der.written(0xA0, *sorted(one.public_bytes(Encoding.DER) for one in keep))
    signers = rest[-1].whole
    body = der.written(der.SEQUENCE, version.whole, hashes.whole, about.whole, carried, signers)
    return der.written(der.SEQUENCE, kind.whole, der.written(0xA0, body))


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.written(der.SEQUENCE, kind, der.written(der.SET, value))


def _in_sequences(value: bytes, depth: int) -> bytes:
    return value if not depth else der.written(der.SEQUENCE, _in_sequences(value, depth - 1))


def _time(at: datetime) -> bytes:
    at = at.astimezone(UTC)
    if at.year < 2050:
        return der.written(der.UTC_TIME, at.strftime("%y%m%d%H%M%SZ").encode())
    return der.written(der.GENERAL_TIME, at.strftime("%Y%m%d%H%M%SZ").encode())


def _in_der(algorithm: str, signature: bytes) -> bytes:
    """Write a signature as CMS has it; signers give r||s for ECDSA."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    if not algorithm.startswith("es"):
        return signature
    half = len(signature) // 2
    return encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))


def _exactly(value: Value, count: int) -> tuple[Value, ...]:
    found = value.parts()
    if len(found) != count:
        raise NotDer(f"{len(found)} parts where {count} belong")
    return found


def _at_least(value: Value, count: int) -> tuple[Value, ...]:
    found = value.parts()
    if len(found) < count:
        raise NotDer(f"{len(found)} parts where {count} belong")
    return found


def _certificates(value: Value) -> tuple[x509.Certificate, ...]:
    every = value.parts()
    if not 1 <= len(every) <= _MOST_CERTIFICATES or len({one.whole for one in every}) < len(every):
        raise NotDer("no certificates, too many, or one of them twice")
    try:
        return tuple(of_pem(b"".join(_pem(one.of(der.SEQUENCE).whole) for one in every), "a signature"))
    except NoKeys as error:
        raise NotDer(f"a certificate that can't be read: {error}") from None


def _pem(certificate: bytes) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(certificate) + b"-----END CERTIFICATE-----\n"


def _named(value: Value, version: int, found: tuple[x509.Certificate, ...]) -> x509.Certificate:
    """Find the certificate that the signer names by its issuer and number, or by the id of its key."""
    from cryptography import x509

    if version == 1:
        issuer, serial = _exactly(value.of(der.SEQUENCE), 2)
        wanted = (issuer.whole, serial.number())
        fitting = [one for one in found if (one.issuer.public_bytes(), one.serial_number) == wanted]
    elif version == 3:
        key_id = value.of(0x80).content
        fitting = []
        for one in found:
            try:
                known = one.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
            except x509.ExtensionNotFound:
                continue
            fitting += [one] if known == key_id else []
    else:
        raise NotDer("a signer of no version that is known")
    if len(fitting) != 1:
        raise NotDer("the signer's certificate is not inside")
    return fitting[0]


def _attributes(value: Value) -> dict[bytes, Value]:
    """Read the signed attributes; each stands once, and has one value."""
    found: dict[bytes, Value] = {}
    for one in value.parts():
        kind, values = _exactly(one.of(der.SEQUENCE), 2)
        if kind.whole in found:
            raise NotDer("a signed attribute stands twice")
        (found[kind.whole],) = _exactly(values.of(der.SET), 1)
    if not {_CONTENT_TYPE, _DIGEST} <= found.keys():
        raise NotDer("it does not say what was signed")
    return found


def _check_named(attributes: dict[bytes, Value], leaf: x509.Certificate) -> None:
    """See that the signer named its certificate under the signature too: another with the same key is another."""
    from cryptography.hazmat.primitives.serialization import Encoding

    encoded = leaf.public_bytes(Encoding.DER)
    if _CERTIFICATE in attributes:
        first = _at_least(_at_least(attributes[_CERTIFICATE].of(der.SEQUENCE), 1)[0].of(der.SEQUENCE), 1)[0]
        parts = first.of(der.SEQUENCE).parts()
        name = HASHES.get(parts[0].whole) if parts and parts[0].tag == der.SEQUENCE else "sha256"
        digests = [one.content for one in parts if one.tag == der.OCTETS]
    elif _CERTIFICATE_SHA1 in attributes:
        first = _at_least(_at_least(attributes[_CERTIFICATE_SHA1].of(der.SEQUENCE), 1)[0].of(der.SEQUENCE), 1)[0]
        name, digests = "sha1", [one.content for one in first.of(der.SEQUENCE).parts() if one.tag == der.OCTETS]
    else:
        raise NotDer("the signer does not name its certificate")
    if name is None or digests[:1] != [hashlib.new(name, encoded).digest()]:
        raise NotDer("the signer names another certificate")


def _holds(leaf: x509.Certificate, scheme: bytes, hash_name: str, over: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    kind, own = _SCHEMES.get(scheme, ("", None))
    used: Any = _hash(own or hash_name)
    key = leaf.public_key()
    try:
        if kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, over, ec.ECDSA(used))
        elif kind == "rsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, over, padding.PKCS1v15(), used)
        elif kind == "pss" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, over, padding.PSS(padding.MGF1(used), used.digest_size), used)
        elif kind == "ed25519" and isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, over)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _hash(name: str) -> Any:
    from cryptography.hazmat.primitives import hashes

    known: dict[str, Any] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
    return known[name]
