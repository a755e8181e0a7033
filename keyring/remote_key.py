"""A private key that is elsewhere, in the shape that the certificate library wants to sign a request with.

Knows one method of it: signing. Importing this costs what cryptography costs, so it is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from cryptography.hazmat.primitives.asymmetric import ec


class RemoteKey(ec.EllipticCurvePrivateKey):
    """Signs by a call; all else that a private key could be asked for is not here."""

    def __init__(self, public: ec.EllipticCurvePublicKey, sign: Callable[[bytes], bytes]) -> None:
        """Take the public key, and what gives signatures in DER over the hash that fits its curve."""
        self._public, self._sign = public, sign

    @property
    def curve(self) -> ec.EllipticCurve:
        """Give the curve of the public key."""
        return self._public.curve

    @property
    def key_size(self) -> int:
        """Give the bits of the curve."""
        return self._public.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Give the public key."""
        return self._public

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Have it signed."""
        return self._sign(bytes(data))

    def _elsewhere(self, *asked: object, **named: object) -> NoReturn:
        raise TypeError("the private key is not here")

    exchange = private_bytes = private_numbers = __copy__ = __deepcopy__ = _elsewhere
