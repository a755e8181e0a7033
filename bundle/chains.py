"""From a certificate up to those who are trusted here, and whether that held on a day. Opens no file, asks nobody.

Nobody is asked whether a certificate was revoked: what is checked here is checked without a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ..keyring.certificates import fingerprint, issued_by, purposes
from ..keyring.profile import TIME_STAMPING, judge

if TYPE_CHECKING:
    from cryptography import x509

_MOST_DEEP = 8
Trust = Literal["trusted", "unknown_signer", "expired", "not_yet_valid", "unfit"]


@dataclass(frozen=True)
class Standing:
    """How a certificate stands, and why."""

    trust: Trust
    why: str
    anchor: str | None = None  # fingerprint of whoever vouches


def of_signer(chain: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate], at: datetime) -> Standing:
    """Judge who signed, leaf first, as of a day."""
    path = _path(chain[0], tuple(chain[1:]), anchors)
    if path is None:
        return Standing("unknown_signer", "no trust anchor of this machine knows that signer")
    if (late := _dates(path, at)) is not None:
        return late
    if refused := judge(path[:-1] or path, at).refused:
        return Standing("unfit", "; ".join(refused))
    return Standing("trusted", "its chain leads to a trust anchor of this machine", fingerprint(path[-1]))


def of_clock(chain: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate], at: datetime) -> Standing:
    """Judge who vouches for the time, as of that time."""
    path = _path(chain[0], tuple(chain[1:]), anchors)
    if path is None:
        return Standing("unknown_signer", "no trust anchor of this machine knows that timestamp authority")
    if (late := _dates(path, at)) is not None:
        return late
    if purposes(path[0]) != (TIME_STAMPING,):
        return Standing("unfit", "its certificate was not issued for timestamps alone")
    return Standing("trusted", "its chain leads to a trust anchor of this machine", fingerprint(path[-1]))


def _path(
    leaf: x509.Certificate, pool: tuple[x509.Certificate, ...], anchors: Sequence[x509.Certificate], depth: int = 0
) -> list[x509.Certificate] | None:
    """Find a way up, the anchor last; `depth` counts the authorities on the way, which may say how many they allow."""
    if depth > _MOST_DEEP:
        return None
    known = fingerprint(leaf)
    for anchor in anchors:
        if fingerprint(anchor) == known and depth:
            return [leaf]
        if anchor.subject == leaf.issuer and _may_issue(anchor, depth) and issued_by(leaf, anchor):
            return [leaf] if fingerprint(anchor) == known else [leaf, anchor]
    for place, above in enumerate(pool):
        if above.subject == leaf.issuer and _may_issue(above, depth) and issued_by(leaf, above):
            rest = _path(above, pool[:place] + pool[place + 1 :], anchors, depth + 1)
            if rest is not None:
                return [leaf, *rest]
    return None


def _may_issue(certificate: x509.Certificate, beneath: int) -> bool:
    """Say whether it is an authority that allows so many others beneath it."""
    from cryptography import x509

    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    return constraints.ca and (constraints.path_length is None or constraints.path_length >= beneath)


def _dates(path: list[x509.Certificate], at: datetime) -> Standing | None:
    for one in path:
        name = one.subject.rfc4514_string()
        if at > one.not_valid_after_utc:
            return Standing(
                "expired",
                f"{name} ended on {one.not_valid_after_utc:%Y-%m-%d}, and nothing that counts "
                "here says that it signed before",
            )
        if at < one.not_valid_before_utc:
            return Standing("not_yet_valid", f"{name} is not valid before {one.not_valid_before_utc:%Y-%m-%d %H:%M}")
    return None
