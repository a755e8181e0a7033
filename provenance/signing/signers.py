"""Turns an identity into what the C2PA library signs with, and notes each use. Knows no place where a key lies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from ...errors import CountermarkError, SigningFailed
from ...keyring import Identity

if TYPE_CHECKING:
    import c2pa

_failed: ContextVar[list[CountermarkError] | None] = ContextVar("_failed", default=None)


def native_signer(identity: Identity, tsa_url: str | None = None) -> c2pa.Signer:
    """Give the library's signer for an identity; its context consumes it, so make a new one for each file.

    The library never sees a private key, and never hears why a signature was not given: it asks for each by a call.
    Sign inside `use`, which brings the reason back.
    """
    import c2pa

    known = {kind.name.lower(): kind for kind in c2pa.C2paSigningAlg}
    if identity.algorithm not in known:
        raise SigningFailed(f"C2PA has no signatures by keys of the kind {identity.algorithm}")
    reasons = _failed.get()

    def sign(data: bytes) -> bytes:
        try:
            return identity.signer.sign(data)
        except CountermarkError as error:
            if reasons is not None:
                reasons.append(error)
            raise

    return c2pa.Signer.from_callback(sign, known[identity.algorithm], identity.chain_pem.decode("ascii"), tsa_url)


@contextmanager
def use(identity: Identity, manifest_id: str) -> Iterator[None]:
    """Surround the making of a signer and the signing of one manifest.

    Notes the use in home/keys/use.ndjson, done or failed, and raises what stopped the signer, which the library loses.
    """
    with identity.used_for(manifest_id):
        reasons: list[CountermarkError] = []
        token = _failed.set(reasons)
        try:
            yield
        except Exception:
            if reasons:
                raise reasons[-1] from None
            raise
        finally:
            _failed.reset(token)
