"""The tables of moderation: policies and their versions, what platforms submit, and what was decided about it."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
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

policies = Table(
    "policies",
    metadata,
    Column("tenant_id", String(40), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("by_default", Boolean, nullable=False),  # also for submissions that name no policy
    Column("changes", Integer, nullable=False),  # number of the latest change
    Column("created_at", String(40), nullable=False),
)

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("tenant_id", String(40), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),  # SHA-256 of the document
    Column("document", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("share", Float, nullable=False),  # of items, while it is live
    Column("former", Integer),  # the version that was live before this one
    Column("made_by", Text, nullable=False),
    Column("made_at", String(40), nullable=False),
    Column("note", Text, nullable=False),
    ForeignKeyConstraint(["tenant_id", "name"], ["policies.tenant_id", "policies.name"]),
    UniqueConstraint("tenant_id", "name", "digest", name="policy_versions_digest"),
    CheckConstraint("state IN ('DRAFT', 'BACKGROUND', 'LIVE', 'EXPIRED')", name="policy_versions_state"),
    CheckConstraint("share >= 0 AND share <= 1", name="policy_versions_share"),
)

policy_changes = Table(
    "policy_changes",
    metadata,
    Column("tenant_id", String(40), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("change", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),  # of the version
    Column("state", String(16), nullable=False),  # that it came to
    Column("share", Float, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", String(40), nullable=False),
    Column("note", Text, nullable=False),
    ForeignKeyConstraint(["tenant_id", "name"], ["policies.tenant_id", "policies.name"]),
)

retroactions = Table(  # a policy's live version, brought to past submissions; how far each is, `followed` says
    "retroactions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("name", String(100), nullable=False),  # of the policy
    Column("since", String(40), nullable=False),
    Column("until", String(40), nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", String(40), nullable=False),
    Column("attempt", Integer, nullable=False),  # how often it was asked of the queue
    Column("ended_at", String(40)),
    Column("ended", String(16)),  # done, failed, cancelled
    Column("why", Text, nullable=False),  # where it failed
    ForeignKeyConstraint(["tenant_id", "name"], ["policies.tenant_id", "policies.name"]),
    Index("retroactions_policy", "tenant_id", "name", "asked_at", "id"),
    Index(  # one at a time of a policy
        "retroactions_going",
        "tenant_id",
        "name",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("item_id", Text, nullable=False),
    Column("item_type", Text, nullable=False),
    # Not called as in the tables that go with a check: what was decided outlives its record.
    Column("of_check", String(40), ForeignKey(checks.c.id), nullable=False),
    Column("at", String(40), nullable=False),
    Column("uploader", Text, nullable=False),  # JSON, as the platform said it; empty once the check's record is gone
    Column("decide_at", String(40)),  # since when a decision is owed; NULL: none is
    UniqueConstraint("of_check", name="submissions_check"),
    Index("submissions_item", "tenant_id", "item_type", "item_id"),
    Index("submissions_tenant", "tenant_id", "at", "id"),
    Index(
        "submissions_owed",
        "decide_at",
        sqlite_where=text("decide_at IS NOT NULL"),
        postgresql_where=text("decide_at IS NOT NULL"),
    ),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("submission_id", String(40), ForeignKey("submissions.id"), nullable=False),
    Column("policy_id", String(100), nullable=False),  # its name; empty: people decided under none
    Column("policy_version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("occasion", String(16), nullable=False),
    Column("occasion_key", String(200), nullable=False),
    Column("side", String(24), nullable=False),  # live; or background and the version, of which several may run
    Column("number", Integer, nullable=False),
    Column("ruling", Text, nullable=False),  # JSON
    Column("actions", Text, nullable=False),  # JSON
    Column("standing", Boolean, nullable=False),  # says what is in force: not in the background, not waiting for people
    Column("made_by", Text, nullable=False),  # service, or person:ID
    Column("note", Text, nullable=False),
    Column("made_at", String(40), nullable=False),
    Column("effective_at", String(40), nullable=False),
    Column("due_at", String(40)),  # when its effects go out; NULL: it has none that are new, or they went out
    Column("undone_at", String(40)),
    Column("out_at", String(40)),
    CheckConstraint(
        "occasion IN ('first', 'verdict', 'policy', 'review', 'appeal', 'undo')", name="decisions_occasion"
    ),
    # One decision for each occasion, whoever dies in between and comes again.
    UniqueConstraint("submission_id", "policy_id", "side", "occasion_key", name="decisions_once"),
    UniqueConstraint("submission_id", "policy_id", "number", name="decisions_number"),
    Index("decisions_tenant", "tenant_id", "made_at", "id"),
    Index("decisions_occasion", "tenant_id", "policy_id", "occasion_key"),
    Index(
        "decisions_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)

publications = Table(  # checks that their tenant shows to everybody
    "publications",
    metadata,
    Column("check_id", String(40), ForeignKey("checks.id"), primary_key=True),
    Column("at", String(40), nullable=False),
    Column("by", Text, nullable=False),  # key:ID, or person:ID
)
