"""What a registry knows of a mark or of a look, and whether it belongs to this content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .credentials import CredentialDetails
from .looks import Match

Fit = Literal["fits", "differs", "unclear"]


@dataclass(frozen=True)
class RecordDetails:
    """A record of the registry that a mark led to, and whether it belongs to this content."""

    payload: str
    # unknown: no registry that was asked knows it; pending: it was to be released, and may never have been
    status: Literal["live", "pending", "revoked", "withdrawn", "unknown"]
    fit: Fit
    fit_reason: str
    same_bytes: bool = False  # the file is, byte for byte, what was registered
    manifest_id: str | None = None
    issuer: str | None = None
    model: str | None = None
    recorded_at: str | None = None
    status_reason: str | None = None
    credentials: CredentialDetails | None = None  # the manifest store that came back
    found_by: Literal["mark", "fingerprint"] = "mark"
    resolver: str | None = None  # whose registry knew it; None: that of this machine
    segments: tuple[Match, ...] = ()  # what of the copy shows what of the original
    kind: Literal["record"] = "record"
