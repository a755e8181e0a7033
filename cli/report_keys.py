"""What `keys` and `trust` say to a machine: identities, mark keys, anchors, timestamps. Never a secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class KeyItem:
    """`keys`: a signing identity; never its key."""

    name: str
    organisation: str
    issuer: str
    algorithm: str
    fingerprint: str
    not_before: str
    not_after: str
    days_left: int
    purposes: tuple[str, ...]
    development: bool
    folder: str
    key_problem: str | None
    verifiers_will_say: tuple[str, ...]
    signer: Literal["file", "command", "kms"]
    state: Literal["signs", "next", "retired", "pending"]
    signs_from: str | None
    kind: Literal["key"] = "key"


@dataclass(frozen=True)
class KeyFileItem:
    """`keys csr`, `keys backup`, `keys restore`: a file that was written or read, and what it is about."""

    step: Literal["request", "backup", "restore"]
    file: str
    files: int  # that it holds
    set_aside: str | None = None  # where what a restore replaced lies now
    kind: Literal["key_file"] = "key_file"


@dataclass(frozen=True)
class MarkKeyItem:
    """`keys mark`: a key of the invisible mark; never its secret."""

    name: str
    created: str | None  # None: the open key, or one that cannot be read
    state: Literal["in use", "reads"]
    problem: str | None = None
    remarks: tuple[str, ...] = ()
    kind: Literal["mark_key"] = "mark_key"


@dataclass(frozen=True)
class AnchorItem:
    """`trust`: one trust anchor."""

    list_name: str
    subject: str
    not_after: str
    fingerprint: str
    expired: bool
    purpose: Literal["signing", "timestamps"]
    added: str | None  # when its list was brought
    source: str | None
    kind: Literal["anchor"] = "anchor"


@dataclass(frozen=True)
class TrustListItem:
    """`trust update`: a list that was brought."""

    list_name: str
    purpose: Literal["signing", "timestamps"]
    source: str
    added: str
    sha256: str  # over its certificates
    certificates: int
    came: int
    went: int
    expired: tuple[str, ...]  # subjects
    kind: Literal["trust_list"] = "trust_list"


@dataclass(frozen=True)
class RetimestampItem:
    """`keys retimestamp`: a file that waited for a timestamp."""

    path: str
    manifest_id: str  # as it was signed
    new_manifest_id: str | None  # None: it was taken off the list
    signed_at: str | None  # None: no trust anchor vouches for the authority
    kind: Literal["retimestamp"] = "retimestamp"
