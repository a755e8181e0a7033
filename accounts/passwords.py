"""Passwords: what is kept of one, and whether another is the same. Knows nobody.

scrypt, its parameters kept with each hash, so that they can grow. A check takes 32 MiB and some tenths of a second,
whoever asks and whether or not there is such a person; no more than two run at a time, and who waits too long is told
so, that many who ask cannot take the memory and the threads of the process.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import threading
import unicodedata

from ..errors import AccountUnfit, SignInFailed

COST, BLOCK, PARALLEL = 1 << 15, 8, 3
FEWEST, MOST = 10, 1024  # letters
_SALT, _LENGTH = 16, 32
_AT_A_TIME = threading.BoundedSemaphore(2)
_PATIENCE_S = 5.0


def hashed(password: str) -> str:
    """Give what is kept of a password; AccountUnfit where it is too short to protect anything."""
    if not FEWEST <= len(password) <= MOST:
        raise AccountUnfit(
            f"a password has {FEWEST} to {MOST} letters", advice="take a longer one; a few words will do"
        )
    salt = os.urandom(_SALT)
    key = _scrypt(password, salt, COST, BLOCK, PARALLEL)
    return f"scrypt${COST}${BLOCK}${PARALLEL}${_text(salt)}${_text(key)}"


def holds(password: str, kept: str | None) -> bool:
    """Say whether it is the one that was kept; None takes as long as any, and never holds."""
    _, cost, block, parallel, salt, key = (kept or _NOBODYS).split("$")
    found = _scrypt(password[:MOST], base64.b64decode(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(found, base64.b64decode(key)) and kept is not None


def outgrown(kept: str) -> bool:
    """Say whether it was made with other parameters than those of today."""
    return not kept.startswith(f"scrypt${COST}${BLOCK}${PARALLEL}$")


def generated() -> str:
    """Give a password of 80 bits that a person can copy.

    >>> len(generated())
    19
    """
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    most = 128 * block * (cost + parallel + 2) + (1 << 20)
    if not _AT_A_TIME.acquire(timeout=_PATIENCE_S):
        raise SignInFailed("too many sign in at this moment", advice="try again in a minute")
    try:
        plain = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")  # however it was typed
        return hashlib.scrypt(plain, salt=salt, n=cost, r=block, p=parallel, maxmem=most, dklen=_LENGTH)
    finally:
        _AT_A_TIME.release()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


_NOBODYS = f"scrypt${COST}${BLOCK}${PARALLEL}${_text(bytes(_SALT))}${_text(bytes(_LENGTH))}"
