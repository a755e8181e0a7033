"""The table of what streams brought: each arrival once, with the check that it became, or why it became none."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, String, Table, Text

from .schema import metadata

arrivals = Table(
    "arrivals",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of tenant, source, and what it is called there
    Column("tenant_id", String(40), nullable=False),
    Column("source", String(200), nullable=False),
    Column("said", String(64), nullable=False),  # SHA-256 of what was asked for
    Column("of_check", String(40)),  # not called as in the tables that go with a check: it stays known
    Column("refused", Text),  # why it became no check
    Column("at", String(40), nullable=False),
    CheckConstraint("(of_check IS NULL) <> (refused IS NULL)", name="arrivals_became"),
    Index("arrivals_source", "tenant_id", "source", "at"),
)
