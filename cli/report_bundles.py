"""What `bundle` says to a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Trust = Literal["trusted", "unknown_signer", "expired", "not_yet_valid", "unfit"]


@dataclass(frozen=True)
class BundleItem:
    """`bundle`: evidence in which every byte is as it was signed, and who stands behind it."""

    input: str
    file: str
    check: str
    media_sha256: str
    outcome: str  # of the latest verdict in it
    signer: str
    organisation: str
    trust: Trust
    why: str
    development: bool
    signed_at: str | None  # as the signer says
    vouched_at: str | None  # by a timestamp authority
    authority: str | None
    authority_trust: Trust | None
    files: int
    kind: Literal["bundle"] = "bundle"
