"""Signatures of callbacks, as Standard Webhooks has them. Knows one key file; secrets made from it are kept nowhere.

>>> headers("cbk_1", ["whsec_" + base64.b64encode(b"k" * 32).decode()], b"{}", 1700000000)["webhook-timestamp"]
'1700000000'
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path

from ..errors import OutputExists
from ..private_files import read_private, release_private
from ..settings import Settings

KEY_FILE = "callbacks.key"
PREFIX = "whsec_"


def callback_secret(options: Settings, tenant_id: str) -> str:
    """Give the secret that a tenant checks callbacks with: the same each time, and nobody else's.

    Workers on several machines must share the key file, or each would sign with a secret of its own.
    """
    return _derived(options, f"callbacks:{tenant_id}")


def endpoint_secret(options: Settings, endpoint_id: str, generation: int) -> str:
    """Give a secret of an endpoint of webhooks; a rotation makes the next generation."""
    return _derived(options, f"endpoint:{endpoint_id}:{generation}")


def headers(callback_id: str, keys: Sequence[str], body: bytes, at: int) -> dict[str, str]:
    """Give the headers that say which callback this is, when it was sent, and that it is ours, by each of the keys."""
    said = f"{callback_id}.{at}.".encode() + body
    return {
        "webhook-id": callback_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{_signature(key, said)}" for key in keys),
    }


def _signature(key: str, said: bytes) -> str:
    made = hmac.new(base64.b64decode(key.removeprefix(PREFIX)), said, hashlib.sha256).digest()
    return base64.b64encode(made).decode("ascii")


def _derived(options: Settings, name: str) -> str:
    made = hmac.new(_key(options.home), name.encode(), hashlib.sha256).digest()
    return PREFIX + base64.b64encode(made).decode("ascii")


def _key(home: Path) -> bytes:
    """Read the key, made when first needed."""
    path = home / KEY_FILE
    if not path.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            release_private(path, secrets.token_bytes(32))
        except OutputExists:
            pass  # another process was quicker, and its key is as good
    return read_private(path)
