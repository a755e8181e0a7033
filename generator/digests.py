"""Names of what is asked for that may lie beside a film, or in its manifest: without this home's key, no guess at a
prompt can be tried on them. Knows a key file, and makes others of it; knows no request.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from contextlib import suppress
from pathlib import Path

from ..errors import OutputExists, UnsafeKeys
from ..outputs import translated
from ..private_files import read_private, release_private

_BYTES = 32


def keyed(home: Path, said: object) -> str:
    """Name what JSON can say, the same in this home each time; 64 letters."""
    plain = json.dumps(said, sort_keys=True, default=str).encode()
    return hmac.new(_key(home), b"names" + plain, hashlib.sha256).hexdigest()


def key_for(home: Path, purpose: bytes) -> bytes:
    """Give a key of 32 bytes for one purpose, which no name begins as."""
    return hmac.new(_key(home), purpose, hashlib.sha256).digest()


def content(path: Path) -> str:
    """Give the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _key(home: Path) -> bytes:
    """Read the key, made when it is first wanted.

    With another key, what was begun is begun anew; an order that was paid for is then found by a person alone, so that
    none is given beside it (`spool`).
    """
    path = home / "keys" / "requests.key"
    if not os.path.lexists(path):
        with translated(path):
            for folder in (home, path.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(OutputExists):  # another process was first
            release_private(path, os.urandom(_BYTES))
    key = read_private(path)
    if len(key) != _BYTES:
        raise UnsafeKeys(
            f"{path}: {len(key)} bytes, where a key has {_BYTES}",
            advice="restore it from a backup; or delete it, and what was begun before is begun anew",
        )
    return key
