"""What `accounts` and `api-keys` say to a machine. A secret is in it once: when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PersonItem:
    """`accounts`: somebody who may sign in."""

    id: str
    tenant_id: str
    email: str | None
    name: str
    role: str
    local: bool  # signs in here, with a password
    issuer: str | None  # signs in there
    created_at: str
    disabled_at: str | None
    password: str | None = None  # that was generated just now
    kind: Literal["person"] = "person"


@dataclass(frozen=True)
class TenantItem:
    """`accounts tenants`: those who share checks, keys and people."""

    id: str
    name: str
    created_at: str
    media_kept_s: float | None  # None: as the settings say; so below
    record_kept_days: float | None
    detector_head: str | None
    may_stamp: bool  # in the operator's name
    kind: Literal["tenant"] = "tenant"


@dataclass(frozen=True)
class ApiKeyItem:
    """`api-keys`: a key of a program."""

    id: str
    tenant_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: str
    created_by: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    key: str | None = None  # the whole of it, where it was made just now
    kind: Literal["api_key"] = "api_key"
