"""The tables of those who use the service: tenants, people, their sign-ins, and keys of programs."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Float, ForeignKey, Index, String, Table, Text, UniqueConstraint

from .schema import metadata

tenants = Table(
    "tenants",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("media_kept_s", Float),  # NULL: as the settings say; so below
    Column("record_kept_days", Float),
    Column("detector_head", Text),  # an adapted head that its checks ask too
    Column("may_stamp", Boolean, nullable=False),  # in the operator's name
)

people = Table(
    "people",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), ForeignKey("tenants.id"), nullable=False),
    Column("email", Text),  # in small letters; NULL: the issuer names none
    Column("name", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("role_said_by", String(8), nullable=False),  # 'issuer': goes when it says so no longer; or 'here'
    Column("password_hash", Text),  # NULL: signs in elsewhere
    Column("issuer", Text),  # of OpenID Connect, with the subject there
    Column("subject", Text),
    Column("created_at", String(40), nullable=False),
    Column("disabled_at", String(40)),
    CheckConstraint("role IN ('viewer', 'reviewer', 'policy_editor', 'administrator')", name="people_role"),
    CheckConstraint("role_said_by IN ('here', 'issuer')", name="people_role_said_by"),
    UniqueConstraint("email", name="people_email"),
    UniqueConstraint("issuer", "subject", name="people_subject"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),  # of the cookie's token
    Column("person_id", String(40), ForeignKey("people.id"), nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("expires_at", String(40), nullable=False),
    Index("sessions_expires_at", "expires_at"),
    Index("sessions_person", "person_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(40), primary_key=True),  # the prefix, which is no secret
    Column("tenant_id", String(40), ForeignKey("tenants.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", String(64), nullable=False),  # SHA-256 of the secret, which has 256 bits of its own
    Column("scopes", Text, nullable=False),  # by blanks
    Column("created_at", String(40), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", String(40)),
    Column("revoked_at", String(40)),
    Column("last_used_at", String(40)),  # to the hour
    Index("api_keys_tenant", "tenant_id"),
)
