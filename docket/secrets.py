"""Ids that nobody can guess, and secrets of which only a hash is kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Literal

Kind = Literal["chk", "grp", "upl", "hld", "fbk", "cbk", "stp"]


def new_id(kind: Kind) -> str:
    """Make an id of 130 bits by chance."""
    return f"{kind}_{base64.b32encode(secrets.token_bytes(17)).decode('ascii').lower()[:26]}"


def new_secret() -> str:
    """Make a secret of 256 bits, fit for a URL."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """Give what is kept of a secret; it has so many bits of its own that a plain hash holds."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def matches(secret: str, kept: str | None) -> bool:
    """Say whether a secret is the one of which this was kept, in constant time."""
    return kept is not None and hmac.compare_digest(hash_of(secret), kept)
