"""The table of statements of reasons: one of each decision that is owed one, and how far it is."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, Text, text

from .schema import metadata

statements = Table(
    "statements",
    metadata,
    Column("decision_id", String(40), primary_key=True),  # one of each decision, whoever lays it down
    Column("tenant_id", String(40), nullable=False),
    Column("puid", String(500), nullable=False, unique=True),  # what the transparency database knows it by
    Column("digest", String(64), nullable=False),  # SHA-256 of the body
    Column("body", Text, nullable=False),  # JSON, as it is sent
    Column("state", String(16), nullable=False),
    Column("made_at", String(40), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", String(40)),  # when it is to be sent next; NULL: it is sent, or was refused
    Column("sent_at", String(40)),
    Column("answer", Text),  # JSON: the database's own id of it, or why it was refused
    Column("failure", Text),  # why the last attempt came to nothing
    CheckConstraint("state IN ('waiting', 'sent', 'refused', 'lacking')", name="statements_state"),
    Index(
        "statements_due_at", "due_at", "decision_id",
        sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index("statements_tenant", "tenant_id", "made_at", "decision_id"),
)  # fmt: skip
