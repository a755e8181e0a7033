"""Ids that nobody can guess, and secrets that follow from a key in a file: of each, only a hash is kept.

Servers that share a database share the file of the key too: copy `home/manage.key` among them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Literal

from ..errors import OutputExists
from ..private_files import read_private, release_private

FILE = "manage.key"
Kind = Literal[
    "chk",
    "grp",
    "upl",
    "hld",
    "fbk",
    "cbk",
    "stp",
    "dec",
    "ret",
    "ntc",
    "rvw",
    "opn",
    "apl",
    "tld",
    "scn",
    "rsc",
    "bnk",
    "bcn",
    "bmt",
    "evt",
    "hok",
    "dlv",
]


def new_id(kind: Kind) -> str:
    """Make an id of 130 bits by chance."""
    return f"{kind}_{base64.b32encode(secrets.token_bytes(17)).decode('ascii').lower()[:26]}"


def derived(home: Path, id: str) -> str:
    """Make the secret of 256 bits that goes with an id, the same each time; who lacks the key can't."""
    digest = hmac.new(_key(home), id.encode("utf-8", "replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def of_address(home: Path, address: str) -> str:
    """Give what is kept of an address while its bytes are here: who lacks the key can't find the address by trying."""
    return derived(home, f"address {address}")


def hash_of(secret: str) -> str:
    """Give what is kept of a secret; it has so many bits of its own that a plain hash holds."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def matches(secret: str, kept: str | None) -> bool:
    """Say whether a secret is the one of which this was kept, in constant time."""
    return kept is not None and hmac.compare_digest(hash_of(secret), kept)


@lru_cache(maxsize=8)
def _key(home: Path) -> bytes:
    """Read the key; made where there is none. Of two that make it at once, both take the first one's."""
    path = home / FILE
    if not path.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            release_private(path, secrets.token_bytes(32))
        except OutputExists:
            pass
    return read_private(path)
