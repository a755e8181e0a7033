"""The tables of checks: what was asked, what came of it, who changed what, and what is owed to whom."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from .schema import metadata


def _only(name: str, condition: str, *columns: str) -> Index:
    """Give an index of those rows alone for which a condition holds."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


checks = Table(
    "checks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),  # 'public': asked without a key
    Column("made_by", Text, nullable=False),  # key:ID, person:ID, or anonymous
    Column("manage_hash", String(64)),  # of the secret that lets whoever asked without a key delete it
    Column("source", String(16), nullable=False),
    Column("name", Text, nullable=False),  # of the file, as it was sent; shown, never used as a path
    Column("url", Text),
    Column("rendition", Text),  # JSON: which of several was fetched, and by whom it was found
    Column("group_id", String(40)),  # checks of one post
    Column("lane", String(8), nullable=False),
    Column("status", String(16), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("content_hash", String(64)),
    Column("bytes", BigInteger),
    Column("object_key", Text),  # of the media; NULL: not here yet, or gone
    Column("asker", String(43)),  # a keyed hash of the address without a key whose bytes these are; NULL when they go
    Column("looked", LargeBinary),  # JSON, deflated: what the examiners saw, for the steps that follow
    Column("error", Text),  # JSON: type, message, advice
    Column("outcome", String(32)),  # of the latest revision
    Column("revision", Integer, nullable=False),  # number of the latest; 0: none yet
    Column("options", Text, nullable=False),  # JSON: callback_url, external_id, metadata, policy_id, retention
    Column("created_at", String(40), nullable=False),
    Column("started_at", String(40)),
    Column("finished_at", String(40)),
    Column("media_until", String(40)),  # NULL: not finished
    Column("media_gone_at", String(40)),
    Column("record_until", String(40)),
    Column("held_at", String(40)),  # since when both clocks stand; NULL: they run
    Column("deleted_at", String(40)),  # a tombstone: nothing but id, tenant, times and digest is left
    Column("erase_at", String(40)),  # when what lies in the store of objects is to be erased; NULL: nothing is due
    CheckConstraint("status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="checks_status"),
    CheckConstraint("lane IN ('live', 'bulk')", name="checks_lane"),
    _only("checks_tenant", "deleted_at IS NULL", "tenant_id", "created_at", "id"),
    _only("checks_outcome", "deleted_at IS NULL", "tenant_id", "outcome", "created_at", "id"),
    _only("checks_status_of", "deleted_at IS NULL", "tenant_id", "status", "created_at", "id"),
    _only("checks_media", "object_key IS NOT NULL", "tenant_id", "bytes"),
    _only("checks_asker", "asker IS NOT NULL", "asker", "bytes"),
    Index("checks_media_until", "media_gone_at", "media_until"),
    Index("checks_record_until", "record_until"),
    Index("checks_erase_at", "erase_at"),
    Index("checks_object_key", "object_key"),
    Index("checks_group", "group_id"),
    _only("checks_going", "finished_at IS NULL", "created_at", "id"),
)

check_evidence = Table(
    "check_evidence",
    metadata,
    Column("check_id", String(40), ForeignKey("checks.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("examiner", Text, nullable=False),
    Column("at", String(40), nullable=False),
    Column("evidence", Text, nullable=False),  # JSON
)

check_revisions = Table(
    "check_revisions",
    metadata,
    Column("check_id", String(40), ForeignKey("checks.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("who", Text, nullable=False),
    Column("why", String(16), nullable=False),
    Column("note", Text, nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("verdict", Text, nullable=False),  # JSON, as `verify --json` says it
    Column("versions", Text, nullable=False),  # JSON: name -> version
)

check_events = Table(
    "check_events",
    metadata,
    Column("check_id", String(40), ForeignKey("checks.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("body", Text, nullable=False),  # JSON
)

check_pictures = Table(
    "check_pictures",
    metadata,
    Column("check_id", String(40), ForeignKey("checks.id"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("words", Text, nullable=False),  # what is to be seen, for who can't see it
    Column("object_key", Text, nullable=False),
    CheckConstraint("kind IN ('key_frame', 'heat_map', 'changes')", name="check_pictures_kind"),
)

check_manifests = Table(
    "check_manifests",
    metadata,
    Column("check_id", String(40), ForeignKey("checks.id"), primary_key=True),
    Column("manifest_id", String(200), primary_key=True),  # that the latest verdict rests on
    Index("check_manifests_manifest", "manifest_id"),
)

holds = Table(
    "holds",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("check_id", String(40), ForeignKey("checks.id"), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("note", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("placed_at", String(40), nullable=False),
    Column("lifted_at", String(40)),
    Column("lifted_by", Text),
    CheckConstraint("reason IN ('review', 'appeal', 'legal_order', 'enforcement')", name="holds_reason"),
    Index("holds_check", "check_id"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("check_id", String(40), ForeignKey("checks.id"), nullable=False),
    Column("at", String(40), nullable=False),
    Column("says", String(16), nullable=False),
    Column("comment", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    CheckConstraint("says IN ('right', 'wrong', 'unclear')", name="feedback_says"),
    Index("feedback_check", "check_id"),
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("check_id", String(40), ForeignKey("checks.id"), nullable=False),
    Column("tenant_id", String(40), nullable=False),
    Column("kind", String(40), nullable=False),  # check.finished, check.verdict_changed
    Column("url", Text, nullable=False),
    Column("body", Text, nullable=False),  # JSON, exactly as sent
    Column("made_at", String(40), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", String(40)),  # when it is to be tried next; NULL: delivered, or given up
    Column("delivered_at", String(40)),
    Column("failure", Text),  # why the last attempt failed
    Index("callbacks_due_at", "due_at"),
    Index("callbacks_check", "check_id"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("made_by", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),  # that it will have
    Column("offset", BigInteger, nullable=False),  # that are here
    Column("way", String(16), nullable=False),
    Column("object_key", Text, nullable=False),
    Column("asker", String(43)),  # as in `checks`
    Column("whole_at", String(40)),
    Column("content_hash", String(64)),
    Column("created_at", String(40), nullable=False),
    Column("until", String(40), nullable=False),
    Column("used_at", String(40)),  # it became a check
    Column("dropped_at", String(40)),  # broken off; its row waits until nothing can come for it any more
    CheckConstraint("way IN ('tus', 'presigned')", name="uploads_way"),
    Index("uploads_until", "until"),
    Index("uploads_tenant", "tenant_id", "used_at", "bytes"),
    _only("uploads_asker", "asker IS NOT NULL", "asker", "bytes"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("tenant_id", String(40), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("route", String(64), nullable=False),
    Column("request_hash", String(64), nullable=False),
    Column("made_id", String(40), nullable=False),  # of the check or stamp, laid in the same transaction
    Column("at", String(40), nullable=False),
    Index("idempotency_at", "at"),
)

stamps = Table(
    "stamps",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("made_by", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("source_key", Text),  # of the input; NULL: gone
    Column("result_key", Text),  # of the labelled file; NULL: not made, or gone
    Column("options", Text, nullable=False),  # JSON
    Column("stamped", Text),  # JSON
    Column("error", Text),  # JSON
    Column("created_at", String(40), nullable=False),
    Column("finished_at", String(40)),
    Column("until", String(40)),  # when files are to be erased; NULL: it is not finished, or they are
    Column("gone_at", String(40)),  # since when nobody is given its files
    Column("record_until", String(40)),  # NULL: not finished
    Column("deleted_at", String(40)),  # nothing but id, tenant and times is left
    CheckConstraint("status IN ('queued', 'running', 'succeeded', 'failed')", name="stamps_status"),
    _only("stamps_tenant", "deleted_at IS NULL", "tenant_id", "created_at", "id"),
    _only("stamps_going", "finished_at IS NULL", "created_at", "id"),
    Index("stamps_until", "until"),
    Index("stamps_record_until", "record_until"),
    Index("stamps_source_key", "source_key"),
)

followed = Table(
    "followed",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("place", Text, nullable=False),  # how far whoever follows it has come
)
