"""The tables, as queries name them. They are made by the migrations; a test holds the two to each other."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

records = Table(
    "records",
    metadata,
    Column("payload", String(64), primary_key=True),
    Column("manifest_id", String(200), nullable=False, unique=True),
    Column("manifest_store", LargeBinary, nullable=False),
    Column("content_digest", String(64), nullable=False),
    Column("fingerprint", Text),
    Column("model", Text),
    Column("issuer", Text),
    Column("created_at", String(40), nullable=False),
    Column("status", String(16), nullable=False),
    Column("status_reason", Text),
    CheckConstraint("status IN ('live', 'revoked', 'withdrawn')", name="records_status"),
    Index("records_content_digest", "content_digest"),
    Index("records_created_at", "created_at"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", String(64), nullable=False, unique=True),  # a chain can't fork
    Column("hash", String(64), nullable=False, unique=True),
)
