"""The tables, as queries name them. They are made by the migrations; a test holds the two to each other.

What is large lies apart from what is listed and counted: a manifest store in `manifests`, a fingerprint and the grid of
local features in `looks`. A `position` is the number of the ledger's line that added the row.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

records = Table(
    "records",
    metadata,
    Column("payload", String(64), primary_key=True),
    Column("position", Integer, nullable=False, unique=True),
    Column("status", String(16), nullable=False),
    Column("status_reason", Text),
    Column("model", Text),
    Column("issuer", Text),
    Column("created_at", String(40), nullable=False),
    Column("earlier_marks", Text),  # a JSON list
    CheckConstraint("status IN ('pending', 'live', 'withdrawn', 'revoked')", name="records_status"),
    Index("records_created_at", "created_at"),
)

looks = Table(
    "looks",
    metadata,
    Column("payload", String(64), ForeignKey("records.payload"), primary_key=True),
    Column("fingerprint", LargeBinary),  # JSON, deflated
    Column("changes", LargeBinary),
)

manifests = Table(
    "manifests",
    metadata,
    Column("manifest_id", String(200), primary_key=True),
    Column("payload", String(64), ForeignKey("records.payload"), nullable=False),
    Column("position", Integer, nullable=False, unique=True),
    Column("content_digest", String(64), nullable=False),
    Column("manifest_store", LargeBinary, nullable=False),
    Index("manifests_payload", "payload"),
    Index("manifests_content_digest", "content_digest"),
)

pending = Table(
    "pending",
    metadata,
    Column("payload", String(64), ForeignKey("records.payload"), primary_key=True),
    Column("target", LargeBinary, nullable=False),  # a path, as the system has it
    Column("host", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("reserved_at", String(40), nullable=False),
)

# A migration that only adds leaves it as it is: programs of that version go on beside newer ones.
readers = Table("readers", metadata, Column("oldest", String(32), primary_key=True))

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
