"""Private keys in files: made, locked by a passphrase, opened, never shown. Knows PKCS#8; knows no certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import KeyLocked, UnsafeKeys
from ..private_files import read_private
from . import passphrases

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

ALGORITHMS = ("es256", "es384", "ed25519", "ps256")
RSA_BITS = 3072


def make(algorithm: str) -> PrivateKeyTypes:
    """Make a key that signs with that algorithm."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if algorithm == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == "ps256":
        return rsa.generate_private_key(65537, RSA_BITS)
    return ec.generate_private_key({"es256": ec.SECP256R1(), "es384": ec.SECP384R1()}[algorithm])


def written(key: PrivateKeyTypes, passphrase: bytes | None) -> bytes:
    """Write a key as PKCS#8 in PEM, encrypted where there is a passphrase."""
    from cryptography.hazmat.primitives import serialization

    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        lock = serialization.BestAvailableEncryption(passphrase)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)


def is_locked(pem: bytes) -> bool:
    """Say whether a key has a passphrase."""
    return b"ENCRYPTED" in pem


def remember(path: Path, passphrase: bytes) -> None:
    """Spare the user who locked a key just now the question what opens it."""
    passphrases.remember(_what(path), passphrase)


def opened(path: Path) -> PrivateKeyTypes:
    """Read a key, after checking that it is its owner's alone; its passphrase, if it has one, is asked for."""
    pem = read_private(path)
    if not is_locked(pem):
        return _parsed(pem, None, path)
    try:
        return _parsed(pem, passphrases.existing(_what(path)), path)
    except KeyLocked:
        passphrases.forget(_what(path))
        raise


def _what(path: Path) -> str:
    return f"the key {path}"


def _parsed(pem: bytes, passphrase: bytes | None, path: Path) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        return serialization.load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # their messages are dropped: nothing of the key in ours
        if passphrase is not None:
            raise KeyLocked(f"{path}: the passphrase does not open this key, or the key is damaged") from None
        advice = "give a private key in PEM (PKCS#8)"
        raise UnsafeKeys(f"{path} is no private key that can be read", advice=advice) from None
