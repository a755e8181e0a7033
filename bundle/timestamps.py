"""Timestamps of RFC 3161 over bytes: what is asked, and what a token says. Knows no trust.

The authority is asked by `provenance.signing.timestamps`, within its limits.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ..errors import TimestampFailed
from ..keyring.certificates import issued_by
from ..provenance.signing.timestamps import asked
from ..settings import Settings, address_of
from . import cms, der
from .der import NotDer

if TYPE_CHECKING:
    from cryptography import x509

log = logging.getLogger(__name__)

_TST_INFO = der.oid("1.2.840.113549.1.9.16.1.4")
_SHA256 = der.written(der.SEQUENCE, der.oid("2.16.840.1.101.3.4.2.1"), der.written(der.NULL))
_GRANTED = (0, 1)


@dataclass(frozen=True)
class Token:
    """A timestamp whose signature holds, over the bytes that it was held to."""

    at: datetime
    nonce: int | None
    signed: cms.SignedData


def token_for(content: bytes, options: Settings) -> bytes | None:
    """Have the time of some bytes vouched for; None where no authority is set, or it may come later and is down."""
    if options.tsa is None:
        return None
    try:
        return _asked(content, options.tsa)
    except TimestampFailed as error:
        if options.tsa_when_down == "refuse":
            raise
        log.warning("no timestamp from %s: %s", address_of(options.tsa), error)
        return None


def read(token: bytes, content: bytes) -> Token:
    """Read a token, and see that it holds and is over `content`; NotDer where not."""
    signed = cms.opened(token)
    if signed.content_type != _TST_INFO or signed.content is None or not signed.is_over(signed.content):
        raise NotDer("no timestamp, or not of what it was signed over")
    version, _, imprint, _, at, *more = der.only(signed.content).of(der.SEQUENCE).parts()
    digest = der.written(der.OCTETS, hashlib.sha256(content).digest())
    algorithm, told = imprint.of(der.SEQUENCE).parts()
    if version.number() != 1 or cms.HASHES.get(algorithm.whole) != "sha256" or told.whole != digest:
        raise NotDer("the timestamp is of something else")
    nonces = [one.number() for one in more if one.tag == der.INTEGER]
    return Token(cms.read_time(at.of(der.GENERAL_TIME)), nonces[0] if nonces else None, signed)


def _asked(content: bytes, authority: str) -> bytes:
    nonce = secrets.randbits(63)
    imprint = der.written(der.SEQUENCE, _SHA256, der.written(der.OCTETS, hashlib.sha256(content).digest()))
    yes = b"\x01\x01\xff"  # that its certificates come along
    reply = asked(authority, der.written(der.SEQUENCE, der.number(1), imprint, der.number(nonce), yes))
    try:
        status, *rest = der.only(reply).of(der.SEQUENCE).parts()
        if status.of(der.SEQUENCE).parts()[0].number() not in _GRANTED or len(rest) != 1:
            raise NotDer("it refuses")
        token = rest[0].whole
        found = read(token, content)
    except (ValueError, IndexError) as error:
        raise TimestampFailed(f"no timestamp from {address_of(authority)}: {error}") from None
    if found.nonce != nonce:
        raise TimestampFailed(f"no timestamp from {address_of(authority)}: it answers another question")
    return cms.trimmed(token, _needed(found.signed))


def _needed(signed: cms.SignedData) -> tuple[x509.Certificate, ...]:
    """Give the authority's certificate and those above it; one that signed itself is whoever trusts it's own."""
    chain, pool = [signed.signer], list(signed.certificates[1:])
    while found := next((one for one in pool if one.issuer != one.subject and issued_by(chain[-1], one)), None):
        chain.append(found)
        pool.remove(found)
    return tuple(chain)
