"""Whom this machine believes: signers and timestamp authorities, and how the C2PA library is told so."""

from .anchors import (
    DEVELOPMENT,
    OFFICIAL,
    STALE_DAYS,
    TSA,
    Anchor,
    Purpose,
    TrustAnchors,
    TrustList,
    Updated,
    add,
    listing,
    lists,
    load,
    remove,
    update,
    vouched,
)

__all__ = [
    "DEVELOPMENT",
    "OFFICIAL",
    "STALE_DAYS",
    "TSA",
    "Anchor",
    "Purpose",
    "TrustAnchors",
    "TrustList",
    "Updated",
    "add",
    "listing",
    "lists",
    "load",
    "remove",
    "update",
    "vouched",
]
