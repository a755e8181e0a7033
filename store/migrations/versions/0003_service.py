"""The service: accounts, checks and all that belongs to them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "checks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("manage_hash", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("rendition", sa.Text(), nullable=True),
        sa.Column("group_id", sa.String(length=40), nullable=True),
        sa.Column("lane", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("object_key", sa.Text(), nullable=True),
        sa.Column("asker", sa.String(length=43), nullable=True),
        sa.Column("looked", sa.LargeBinary(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.String(length=40), nullable=True),
        sa.Column("finished_at", sa.String(length=40), nullable=True),
        sa.Column("media_until", sa.String(length=40), nullable=True),
        sa.Column("media_gone_at", sa.String(length=40), nullable=True),
        sa.Column("record_until", sa.String(length=40), nullable=True),
        sa.Column("held_at", sa.String(length=40), nullable=True),
        sa.Column("deleted_at", sa.String(length=40), nullable=True),
        sa.Column("erase_at", sa.String(length=40), nullable=True),
        sa.CheckConstraint("lane IN ('live', 'bulk')", name="checks_lane"),
        sa.CheckConstraint("status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="checks_status"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "checks_asker",
        "checks",
        ["asker", "bytes"],
        unique=False,
        sqlite_where=sa.text("asker IS NOT NULL"),
        postgresql_where=sa.text("asker IS NOT NULL"),
    )
    op.create_index("checks_erase_at", "checks", ["erase_at"], unique=False)
    op.create_index(
        "checks_going",
        "checks",
        ["created_at", "id"],
        unique=False,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index("checks_group", "checks", ["group_id"], unique=False)
    op.create_index(
        "checks_media",
        "checks",
        ["tenant_id", "bytes"],
        unique=False,
        sqlite_where=sa.text("object_key IS NOT NULL"),
        postgresql_where=sa.text("object_key IS NOT NULL"),
    )
    op.create_index("checks_media_until", "checks", ["media_gone_at", "media_until"], unique=False)
    op.create_index("checks_object_key", "checks", ["object_key"], unique=False)
    op.create_index(
        "checks_outcome",
        "checks",
        ["tenant_id", "outcome", "created_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("checks_record_until", "checks", ["record_until"], unique=False)
    op.create_index(
        "checks_status_of",
        "checks",
        ["tenant_id", "status", "created_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "checks_tenant",
        "checks",
        ["tenant_id", "created_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "followed",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "idempotency",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("route", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("made_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key"),
    )
    op.create_index("idempotency_at", "idempotency", ["at"], unique=False)
    op.create_table(
        "stamps",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=True),
        sa.Column("result_key", sa.Text(), nullable=True),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("stamped", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.Column("finished_at", sa.String(length=40), nullable=True),
        sa.Column("until", sa.String(length=40), nullable=True),
        sa.Column("gone_at", sa.String(length=40), nullable=True),
        sa.Column("record_until", sa.String(length=40), nullable=True),
        sa.Column("deleted_at", sa.String(length=40), nullable=True),
        sa.CheckConstraint("status IN ('queued', 'running', 'succeeded', 'failed')", name="stamps_status"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "stamps_going",
        "stamps",
        ["created_at", "id"],
        unique=False,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index("stamps_record_until", "stamps", ["record_until"], unique=False)
    op.create_index("stamps_source_key", "stamps", ["source_key"], unique=False)
    op.create_index(
        "stamps_tenant",
        "stamps",
        ["tenant_id", "created_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("stamps_until", "stamps", ["until"], unique=False)
    op.create_table(
        "tenants",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.Column("media_kept_s", sa.Float(), nullable=True),
        sa.Column("record_kept_days", sa.Float(), nullable=True),
        sa.Column("detector_head", sa.Text(), nullable=True),
        sa.Column("may_stamp", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("asker", sa.String(length=43), nullable=True),
        sa.Column("whole_at", sa.String(length=40), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.Column("until", sa.String(length=40), nullable=False),
        sa.Column("used_at", sa.String(length=40), nullable=True),
        sa.Column("dropped_at", sa.String(length=40), nullable=True),
        sa.CheckConstraint("way IN ('tus', 'presigned')", name="uploads_way"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uploads_asker",
        "uploads",
        ["asker", "bytes"],
        unique=False,
        sqlite_where=sa.text("asker IS NOT NULL"),
        postgresql_where=sa.text("asker IS NOT NULL"),
    )
    op.create_index("uploads_tenant", "uploads", ["tenant_id", "used_at", "bytes"], unique=False)
    op.create_index("uploads_until", "uploads", ["until"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.String(length=40), nullable=True),
        sa.Column("revoked_at", sa.String(length=40), nullable=True),
        sa.Column("last_used_at", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("api_keys_tenant", "api_keys", ["tenant_id"], unique=False)
    op.create_table(
        "callbacks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.String(length=40), nullable=True),
        sa.Column("delivered_at", sa.String(length=40), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("callbacks_check", "callbacks", ["check_id"], unique=False)
    op.create_index("callbacks_due_at", "callbacks", ["due_at"], unique=False)
    op.create_table(
        "check_events",
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("check_id", "number"),
    )
    op.create_table(
        "check_evidence",
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("examiner", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("check_id", "number"),
    )
    op.create_table(
        "check_manifests",
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("manifest_id", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("check_id", "manifest_id"),
    )
    op.create_index("check_manifests_manifest", "check_manifests", ["manifest_id"], unique=False)
    op.create_table(
        "check_pictures",
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('key_frame', 'heat_map', 'changes')", name="check_pictures_kind"),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("check_id", "name"),
    )
    op.create_table(
        "check_revisions",
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("check_id", "number"),
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("says", sa.String(length=16), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.CheckConstraint("says IN ('right', 'wrong', 'unclear')", name="feedback_says"),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("feedback_check", "feedback", ["check_id"], unique=False)
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.String(length=40), nullable=False),
        sa.Column("lifted_at", sa.String(length=40), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.CheckConstraint("reason IN ('review', 'appeal', 'legal_order', 'enforcement')", name="holds_reason"),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("holds_check", "holds", ["check_id"], unique=False)
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("role_said_by", sa.String(length=8), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.Column("disabled_at", sa.String(length=40), nullable=True),
        sa.CheckConstraint("role IN ('viewer', 'reviewer', 'policy_editor', 'administrator')", name="people_role"),
        sa.CheckConstraint("role_said_by IN ('here', 'issuer')", name="people_role_said_by"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email", name="people_email"),
        sa.UniqueConstraint("issuer", "subject", name="people_subject"),
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.Column("expires_at", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_index("sessions_person", "sessions", ["person_id"], unique=False)
