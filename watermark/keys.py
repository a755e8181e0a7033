"""Who may read a mark: keys, and the numbers drawn from them.

Knows how a key becomes signs, orders and check values; knows no carriers, codes or pictures. The numbers come
from HMAC and SHAKE-256, not from a library's generator, so that a mark stays readable when that library changes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SECRET_BYTES = 32
PAYLOAD_DIGITS = 16
CHECK_BITS = 40
VARIANT_BITS = 3
VARIANTS = 1 << VARIANT_BITS


@dataclass(frozen=True)
class MarkKey:
    """A named key; what was embedded with it is read with it alone."""

    name: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a secret of another length, or no name."""
        if len(self.secret) != SECRET_BYTES or not self.name:
            raise ValueError(f"a mark key needs a name and a secret of {SECRET_BYTES} bytes")

    @classmethod
    def from_wire(cls, plain: Any) -> MarkKey:
        """Rebuild a key in a limited child from what `to_wire` gave its parent."""
        name, secret = plain
        return cls(name, bytes.fromhex(secret))

    def to_wire(self) -> tuple[str, str]:
        """Give name and secret as text, for a limited child alone: whoever holds it can read and write marks."""
        return self.name, self.secret.hex()

    def stream(self, purpose: str, length: int) -> bytes:
        """Give bytes that only this key and this purpose yield."""
        seed = hmac.new(self.secret, purpose.encode(), hashlib.sha256).digest()
        return hashlib.shake_256(seed).digest(length)

    def signs(self, purpose: str, count: int) -> NDArray[np.float32]:
        """Draw +1 and -1."""
        import numpy as np

        bits = np.unpackbits(np.frombuffer(self.stream(purpose, (count + 7) // 8), np.uint8))[:count]
        return (1.0 - 2.0 * bits).astype(np.float32)

    def order(self, purpose: str, count: int) -> NDArray[np.int64]:
        """Draw an order of `count` things."""
        import numpy as np

        numbers = np.frombuffer(self.stream(purpose, 8 * count), ">u8")
        return np.argsort(numbers, kind="stable").astype(np.int64)

    def check(self, payload: str) -> int:
        """Give the check value that goes with a payload under this key."""
        return self._digest(payload) >> VARIANT_BITS

    def variant(self, payload: str) -> int:
        """Say in which of its patterns this key writes a payload."""
        return self._digest(payload) & (VARIANTS - 1)

    def _digest(self, payload: str) -> int:
        digest = hmac.new(self.secret, b"check" + bytes.fromhex(payload), hashlib.sha256).digest()
        return int.from_bytes(digest, "big") >> (8 * len(digest) - CHECK_BITS - VARIANT_BITS)


# Published on purpose: whoever has this code can read, and could forge, a mark under it. It says "made synthetic" to
# everyone; what a forged one is worth, the registry's record decides.
OPEN_KEY = MarkKey("open", hashlib.sha256(b"countermark open mark key, version 2").digest())


def new_payload() -> str:
    """Draw 16 hexadecimal digits, never all zero.

    >>> len(new_payload())
    16
    """
    return f"{secrets.randbelow(2**64 - 1) + 1:016x}"


def checked_payload(payload: str) -> str:
    """Give the payload back; raise ValueError on what `new_payload` would not draw."""
    if len(payload) != PAYLOAD_DIGITS or set(payload) - set("0123456789abcdef") or not int(payload, 16):
        raise ValueError("a payload is 16 lower-case hexadecimal digits, not all zero")
    return payload
