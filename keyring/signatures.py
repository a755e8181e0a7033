"""Signatures as COSE writes them: r||s for ECDSA. Knows keys and algorithms; knows no file and no service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import SignerFailed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

_SALT = 32  # bytes, of a PS256 signature


def sign(key: PrivateKeyTypes, data: bytes) -> bytes:
    """Sign with a key that is at hand."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ec.EllipticCurvePrivateKey):
        return _raw(key.sign(data, ec.ECDSA(_hash(key.curve))), _width(key.curve))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, *_pss())
    raise SignerFailed(f"C2PA does not take signatures by a key of the kind {type(key).__name__}")


def checked(key: PublicKeyTypes, data: bytes, answer: bytes) -> bytes:
    """Give a signature that came from elsewhere in COSE's form, once it was seen to hold; DER and r||s are taken."""
    from cryptography.hazmat.primitives.asymmetric import ec

    forms = [answer]
    if isinstance(key, ec.EllipticCurvePublicKey):
        try:
            forms.append(_raw(answer, _width(key.curve)))
        except (ValueError, OverflowError):
            pass  # no DER
    for form in forms:
        if _holds(key, data, form):
            return form
    raise SignerFailed(
        "the signature that came back does not fit the certificate",
        advice="the key that signs is not the one that was certified: `countermark keys import` the chain of this key",
    )


def _holds(key: PublicKeyTypes, data: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            width = _width(key.curve)
            if len(signature) != 2 * width:
                return False
            r, s = (int.from_bytes(part, "big") for part in (signature[:width], signature[width:]))
            key.verify(encode_dss_signature(r, s), data, ec.ECDSA(_hash(key.curve)))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, *_pss())
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _raw(der: bytes, width: int) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    r, s = decode_dss_signature(der)
    return r.to_bytes(width, "big") + s.to_bytes(width, "big")


def _width(curve: Any) -> int:
    return (int(curve.key_size) + 7) // 8


def _hash(curve: Any) -> Any:
    from cryptography.hazmat.primitives import hashes

    return {256: hashes.SHA256, 384: hashes.SHA384}.get(curve.key_size, hashes.SHA512)()


def _pss() -> tuple[Any, Any]:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    return padding.PSS(padding.MGF1(hashes.SHA256()), _SALT), hashes.SHA256()
