"""Names and secrets by chance, and what is kept of a secret. Knows nobody.

A secret has 256 bits, so that a plain SHA-256 of it can be kept: there is nothing to guess. Passwords are another
matter (`passwords`).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_ID_LETTERS = 26  # 130 bits
_SECRET_LETTERS = 52  # 260 bits
KEY_PREFIX = "cmk_"
_KEY = re.compile(rf"({KEY_PREFIX}[a-z2-7]{{{_ID_LETTERS}}})_([a-z2-7]{{{_SECRET_LETTERS}}})")


def new_id(prefix: str) -> str:
    """Give a name that nobody can guess, such as per_... for the prefix `per_`."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(_ID_LETTERS))


def new_secret() -> str:
    """Give a secret in letters and digits, which a double click takes whole."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_SECRET_LETTERS))


def hash_of(secret: str) -> str:
    """Give what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_of(secret: str, kept: str) -> bool:
    """Say whether a secret is the one that was kept, in the same time for all that are not."""
    return same(hash_of(secret), kept)


def same(right: str, given: str) -> bool:
    """Say whether two secrets are one, in the same time for all that are not."""
    return hmac.compare_digest(right.encode(), given.encode())


def parts_of(key: str) -> tuple[str, str] | None:
    """Give id and secret of a whole key; None where it is none.

    >>> parts_of("cmk_" + 26 * "a" + "_" + 52 * "b") == ("cmk_" + 26 * "a", 52 * "b")
    True
    >>> parts_of("cmk_short_one")
    """
    found = _KEY.fullmatch(key)
    return (found[1], found[2]) if found else None


def derived(secret: str, purpose: str) -> str:
    """Give another secret that follows from one, and tells nothing of it or of those for other purposes."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()
