"""The tables of banks: known content, the hashes that it is known by, and what was found to be like it."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from .checks import checks
from .schema import metadata

_CLOSED = text("closed_at IS NOT NULL AND opened_at IS NULL")

banks = Table(
    "banks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("name", String(64), nullable=False),
    Column("restricted", Boolean, nullable=False),  # a match closes the media
    Column("enabled_share", Float, nullable=False),  # of what is looked up, 0 to 1
    Column("last_number", Integer, nullable=False),  # that a content was given
    Column("frames", Integer, nullable=False),  # that a process holds in memory to look things up in it
    Column("removals", Integer, nullable=False),  # how many contents were taken away
    Column("made_by", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    UniqueConstraint("tenant_id", "name", name="banks_name"),
)

bank_contents = Table(
    "bank_contents",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("bank_id", String(40), ForeignKey(banks.c.id), nullable=False),
    Column("number", Integer, nullable=False),  # within its bank, from 1; never given twice
    Column("identity", String(64), nullable=False),  # SHA-256 of its signals
    Column("sha256", String(64)),
    Column("pdq", String(64)),  # of a picture
    Column("vpdq", Text),  # of a video: JSON, a list of "hash,quality,seconds"
    Column("opinion", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("of_check", String(40)),  # that it came from; it stays when that is gone
    Column("made_by", Text, nullable=False),
    Column("added_at", String(40), nullable=False),
    Column("disabled_at", String(40)),
    CheckConstraint(
        "opinion IN ('POSITIVE_CLASS', 'NEGATIVE_CLASS', 'INVESTIGATION_SEED', 'DISPUTED')",
        name="bank_contents_opinion",
    ),
    UniqueConstraint("bank_id", "number", name="bank_contents_number"),
    UniqueConstraint("bank_id", "identity", name="bank_contents_identity"),
    Index("bank_contents_sha256", "sha256"),
)

# It outlives bank and content: what a check was held to stays said when the bank is gone.
bank_matches = Table(
    "bank_matches",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("check_id", String(40), ForeignKey(checks.c.id), nullable=False),
    Column("tenant_id", String(40), nullable=False),
    Column("bank_id", String(40), nullable=False),
    Column("bank_name", String(64), nullable=False),
    Column("restricted", Boolean, nullable=False),
    Column("content_id", String(40), nullable=False),
    Column("number", Integer, nullable=False),
    Column("opinion", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("algorithm", String(8), nullable=False),
    Column("distance", Integer, nullable=False),
    Column("share", Float, nullable=False),
    Column("share_of_content", Float, nullable=False),
    Column("spans", Text, nullable=False),  # JSON: lists of four seconds
    Column("compare", Text, nullable=False),
    Column("at", String(40), nullable=False),
    Column("closed_at", String(40)),  # the media of the check is for a restricted queue alone ...
    Column("opened_at", String(40)),  # ... until then
    Column("opened_by", Text),
    UniqueConstraint("check_id", "content_id", "algorithm", name="bank_matches_once"),
    Index("bank_matches_closed", "tenant_id", "check_id", sqlite_where=_CLOSED, postgresql_where=_CLOSED),
)

bank_askings = Table(
    "bank_askings",
    metadata,
    Column("check_id", String(40), ForeignKey(checks.c.id), primary_key=True),
    Column("banks", Text, nullable=False),  # JSON, a list: names of those that a check's look was held to
    Column("elsewhere", Text),  # JSON: another server's banks, and what they know like it; NULL: it told nothing
)

# By content, versions and settings: which check looked at these bytes last.
known_looks = Table(
    "known_looks",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("check_id", String(40), ForeignKey(checks.c.id), nullable=False),
    Column("at", String(40), nullable=False),  # when they were looked at; to take a look over makes it no younger
    Index("known_looks_check", "check_id"),
)
