"""Moderation: policies, decisions, notices, reviews, banks, endpoints, statements; and scans."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table("readers", sa.Column("oldest", sa.String(length=32), primary_key=True))
    op.execute("INSERT INTO readers (oldest) VALUES ('0004')")
    _policies()
    _reviews()
    _banks()
    _hooks()
    _statements()
    _scans()
    _streams()


def _policies() -> None:
    op.create_table(
        "policies",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("by_default", sa.Boolean(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name"),
    )
    op.create_table(
        "policy_changes",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("change", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "name"],
            ["policies.tenant_id", "policies.name"],
        ),
        sa.PrimaryKeyConstraint("tenant_id", "name", "change"),
    )
    op.create_table(
        "policy_versions",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("former", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('DRAFT', 'BACKGROUND', 'LIVE', 'EXPIRED')", name="policy_versions_state"),
        sa.CheckConstraint("share >= 0 AND share <= 1", name="policy_versions_share"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "name"],
            ["policies.tenant_id", "policies.name"],
        ),
        sa.PrimaryKeyConstraint("tenant_id", "name", "number"),
        sa.UniqueConstraint("tenant_id", "name", "digest", name="policy_versions_digest"),
    )
    op.create_table(
        "publications",
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("check_id"),
    )
    op.create_table(
        "retroactions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("since", sa.String(length=40), nullable=False),
        sa.Column("until", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.String(length=40), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.String(length=40), nullable=True),
        sa.Column("ended", sa.String(length=16), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "name"],
            ["policies.tenant_id", "policies.name"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "retroactions_going",
        "retroactions",
        ["tenant_id", "name"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("retroactions_policy", "retroactions", ["tenant_id", "name", "asked_at", "id"], unique=False)
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("item_type", sa.Text(), nullable=False),
        sa.Column("of_check", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("uploader", sa.Text(), nullable=False),
        sa.Column("decide_at", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["of_check"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("of_check", name="submissions_check"),
    )
    op.create_index("submissions_item", "submissions", ["tenant_id", "item_type", "item_id"], unique=False)
    op.create_index(
        "submissions_owed",
        "submissions",
        ["decide_at"],
        unique=False,
        sqlite_where=sa.text("decide_at IS NOT NULL"),
        postgresql_where=sa.text("decide_at IS NOT NULL"),
    )
    op.create_index("submissions_tenant", "submissions", ["tenant_id", "at", "id"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=False),
        sa.Column("policy_id", sa.String(length=100), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.String(length=16), nullable=False),
        sa.Column("occasion_key", sa.String(length=200), nullable=False),
        sa.Column("side", sa.String(length=24), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ruling", sa.Text(), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(length=40), nullable=False),
        sa.Column("effective_at", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.String(length=40), nullable=True),
        sa.Column("undone_at", sa.String(length=40), nullable=True),
        sa.Column("out_at", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "occasion IN ('first', 'verdict', 'policy', 'review', 'appeal', 'undo')", name="decisions_occasion"
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("submission_id", "policy_id", "number", name="decisions_number"),
        sa.UniqueConstraint("submission_id", "policy_id", "side", "occasion_key", name="decisions_once"),
    )
    op.create_index(
        "decisions_due",
        "decisions",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("decisions_occasion", "decisions", ["tenant_id", "policy_id", "occasion_key"], unique=False)
    op.create_index("decisions_tenant", "decisions", ["tenant_id", "made_at", "id"], unique=False)


def _reviews() -> None:
    op.create_table(
        "contacts",
        sa.Column("of", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("hash", sa.String(length=43), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("of"),
    )
    op.create_table(
        "review_queue_people",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("queue", sa.String(length=100), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "queue", "who"),
    )
    op.create_table(
        "review_queues",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("blur", sa.Boolean(), nullable=False),
        sa.Column("greyscale", sa.Boolean(), nullable=False),
        sa.Column("mute", sa.Boolean(), nullable=False),
        sa.Column("claim_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name"),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("queue", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=False),
        sa.Column("of_check", sa.String(length=40), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("policy_id", sa.String(length=100), nullable=True),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("item_type", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("manipulations", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(length=40), nullable=False),
        sa.Column("hold_id", sa.String(length=40), nullable=True),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("claimed_until", sa.String(length=40), nullable=True),
        sa.Column("settled_at", sa.String(length=40), nullable=True),
        sa.Column("finding", sa.String(length=16), nullable=True),
        sa.Column("decision_id", sa.String(length=40), nullable=True),
        sa.Column("effective_at", sa.String(length=40), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('review', 'blind', 'appeal')", name="reviews_kind"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "reviews_blind",
        "reviews",
        ["submission_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'blind'"),
        postgresql_where=sa.text("kind = 'blind'"),
    )
    op.create_index("reviews_check", "reviews", ["of_check"], unique=False)
    op.create_index("reviews_decision", "reviews", ["decision_id"], unique=False)
    op.create_index("reviews_item", "reviews", ["tenant_id", "item_type", "item_id"], unique=False)
    op.create_index(
        "reviews_one",
        "reviews",
        ["submission_id"],
        unique=True,
        sqlite_where=sa.text("settled_at IS NULL AND kind = 'review'"),
        postgresql_where=sa.text("settled_at IS NULL AND kind = 'review'"),
    )
    op.create_index(
        "reviews_waiting",
        "reviews",
        ["tenant_id", "queue", "priority", "made_at"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "told",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("side", sa.String(length=16), nullable=False),
        sa.Column("of", sa.String(length=40), nullable=True),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("item_type", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("redress", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.String(length=40), nullable=True),
        sa.Column("sent_at", sa.String(length=40), nullable=True),
        sa.CheckConstraint("side IN ('uploader', 'reporter')", name="told_side"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("told_about", "told", ["about"], unique=False)
    op.create_index(
        "told_due",
        "told",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "appeals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("decision_id", sa.String(length=40), nullable=False),
        sa.Column("side", sa.String(length=16), nullable=False),
        sa.Column("notice_id", sa.String(length=40), nullable=True),
        sa.Column("review_id", sa.String(length=40), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("item_type", sa.Text(), nullable=False),
        sa.Column("of_check", sa.String(length=40), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("policies", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("hold_id", sa.String(length=40), nullable=True),
        sa.Column("answer", sa.String(length=8), nullable=True),
        sa.Column("answered_at", sa.String(length=40), nullable=True),
        sa.Column("answer_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("answer IN ('ACCEPT', 'REJECT')", name="appeals_answer"),
        sa.CheckConstraint("side IN ('uploader', 'reporter')", name="appeals_side"),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["reviews.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("appeals_decision", "appeals", ["decision_id"], unique=False)
    op.create_index(
        "appeals_open",
        "appeals",
        ["decision_id", "side"],
        unique=True,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_index("appeals_review", "appeals", ["review_id"], unique=True)
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("review_id", sa.String(length=40), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("item_type", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("good_faith", sa.Boolean(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(length=40), nullable=False),
        sa.CheckConstraint("kind IN ('article_16', 'trusted_flagger', 'own_initiative', 'other')", name="notices_kind"),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["reviews.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("notices_item", "notices", ["tenant_id", "item_type", "item_id"], unique=False)
    op.create_index("notices_review", "notices", ["review_id"], unique=False)
    op.create_table(
        "review_barred",
        sa.Column("review_id", sa.String(length=40), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["reviews.id"],
        ),
        sa.PrimaryKeyConstraint("review_id", "who"),
    )
    op.create_table(
        "review_opinions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("review_id", sa.String(length=40), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("finding", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=True),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=True),
        sa.CheckConstraint("answer IN ('ACCEPT', 'REJECT')", name="review_opinions_answer"),
        sa.CheckConstraint(
            "finding IN ('synthetic', 'manipulated', 'genuine', 'unclear')", name="review_opinions_finding"
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["reviews.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("review_opinions_once", "review_opinions", ["review_id", "round", "who"], unique=True)
    op.create_table(
        "review_seen",
        sa.Column("review_id", sa.String(length=40), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["reviews.id"],
        ),
        sa.PrimaryKeyConstraint("review_id", "who"),
    )


def _banks() -> None:
    op.create_table(
        "banks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("enabled_share", sa.Float(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("removals", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "name", name="banks_name"),
    )
    op.create_table(
        "bank_askings",
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("banks", sa.Text(), nullable=False),
        sa.Column("elsewhere", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("check_id"),
    )
    op.create_table(
        "bank_contents",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("bank_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("pdq", sa.String(length=64), nullable=True),
        sa.Column("vpdq", sa.Text(), nullable=True),
        sa.Column("opinion", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("of_check", sa.String(length=40), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.String(length=40), nullable=False),
        sa.Column("disabled_at", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "opinion IN ('POSITIVE_CLASS', 'NEGATIVE_CLASS', 'INVESTIGATION_SEED', 'DISPUTED')",
            name="bank_contents_opinion",
        ),
        sa.ForeignKeyConstraint(
            ["bank_id"],
            ["banks.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("bank_id", "identity", name="bank_contents_identity"),
        sa.UniqueConstraint("bank_id", "number", name="bank_contents_number"),
    )
    op.create_index("bank_contents_sha256", "bank_contents", ["sha256"], unique=False)
    op.create_table(
        "bank_matches",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("bank_id", sa.String(length=40), nullable=False),
        sa.Column("bank_name", sa.String(length=64), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("content_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opinion", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.String(length=8), nullable=False),
        sa.Column("distance", sa.Integer(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("share_of_content", sa.Float(), nullable=False),
        sa.Column("spans", sa.Text(), nullable=False),
        sa.Column("compare", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("closed_at", sa.String(length=40), nullable=True),
        sa.Column("opened_at", sa.String(length=40), nullable=True),
        sa.Column("opened_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("check_id", "content_id", "algorithm", name="bank_matches_once"),
    )
    op.create_index(
        "bank_matches_closed",
        "bank_matches",
        ["tenant_id", "check_id"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NOT NULL AND opened_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NOT NULL AND opened_at IS NULL"),
    )
    op.create_table(
        "known_looks",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("known_looks_check", "known_looks", ["check_id"], unique=False)


def _hooks() -> None:
    op.create_table(
        "hook_endpoints",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("overlap_until", sa.String(length=40), nullable=True),
        sa.Column("failing_since", sa.String(length=40), nullable=True),
        sa.Column("disabled_at", sa.String(length=40), nullable=True),
        sa.Column("disabled_why", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.CheckConstraint("form IN ('standard', 'osprey')", name="hook_endpoints_form"),
        sa.CheckConstraint("way IN ('http', 'kafka', 'coop')", name="hook_endpoints_way"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("hook_endpoints_tenant", "hook_endpoints", ["tenant_id", "created_at", "id"], unique=False)
    op.create_table(
        "hook_events",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=True),
        sa.Column("of_decision", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("hook_events_at", "hook_events", ["at", "id"], unique=False)
    op.create_index("hook_events_decision", "hook_events", ["of_decision"], unique=False)
    op.create_table(
        "hook_deliveries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("endpoint_id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.String(length=40), nullable=True),
        sa.Column("asked_at", sa.String(length=40), nullable=True),
        sa.Column("due_at", sa.String(length=40), nullable=True),
        sa.Column("delivered_at", sa.String(length=40), nullable=True),
        sa.Column("dead_at", sa.String(length=40), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["hook_endpoints.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("endpoint_id", "subject", "sequence", name="hook_deliveries_sequence"),
    )
    op.create_index(
        "hook_deliveries_asked",
        "hook_deliveries",
        ["endpoint_id"],
        unique=False,
        sqlite_where=sa.text("asked_at IS NOT NULL"),
        postgresql_where=sa.text("asked_at IS NOT NULL"),
    )
    op.create_index(
        "hook_deliveries_due",
        "hook_deliveries",
        ["endpoint_id", "due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("hook_deliveries_made", "hook_deliveries", ["endpoint_id", "made_at", "id"], unique=False)
    op.create_index("hook_deliveries_of_tenant", "hook_deliveries", ["tenant_id", "made_at", "id"], unique=False)
    op.create_index(
        "hook_deliveries_over",
        "hook_deliveries",
        ["made_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NULL"),
        postgresql_where=sa.text("due_at IS NULL"),
    )
    op.create_table(
        "hook_streams",
        sa.Column("endpoint_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["hook_endpoints.id"],
        ),
        sa.PrimaryKeyConstraint("endpoint_id", "subject"),
    )


def _statements() -> None:
    op.create_table(
        "statements",
        sa.Column("decision_id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("puid", sa.String(length=500), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.String(length=40), nullable=True),
        sa.Column("sent_at", sa.String(length=40), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'refused', 'lacking')", name="statements_state"),
        sa.PrimaryKeyConstraint("decision_id"),
        sa.UniqueConstraint("puid"),
    )
    op.create_index(
        "statements_due_at",
        "statements",
        ["due_at", "decision_id"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("statements_tenant", "statements", ["tenant_id", "made_at", "decision_id"], unique=False)


def _scans() -> None:
    op.create_table(
        "rescans",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("after", sa.String(length=40), nullable=False),
        sa.Column("listed_at", sa.String(length=40), nullable=True),
        sa.Column("shards", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.String(length=40), nullable=False),
        sa.Column("finished_at", sa.String(length=40), nullable=True),
        sa.CheckConstraint("state IN ('going', 'done', 'cancelled')", name="rescans_state"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("rescans_state_of", "rescans", ["state"], unique=False)
    op.create_table(
        "scans",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.String(length=40), nullable=False),
        sa.Column("finished_at", sa.String(length=40), nullable=True),
        sa.CheckConstraint("state IN ('listing', 'going', 'done', 'cancelled')", name="scans_state"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("scans_state_of", "scans", ["state"], unique=False)
    op.create_table(
        "rescan_lines",
        sa.Column("rescan_id", sa.String(length=40), nullable=False),
        sa.Column("of_check", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("against", sa.String(length=64), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("at", sa.String(length=40), nullable=True),
        sa.CheckConstraint("outcome IN ('changed', 'same', 'gone', 'failed')", name="rescan_lines_outcome"),
        sa.ForeignKeyConstraint(
            ["rescan_id"],
            ["rescans.id"],
        ),
        sa.PrimaryKeyConstraint("rescan_id", "of_check"),
    )
    op.create_index("rescan_lines_check", "rescan_lines", ["of_check", "against"], unique=False)
    op.create_index("rescan_lines_outcome_of", "rescan_lines", ["rescan_id", "outcome"], unique=False)
    op.create_table(
        "scan_seen",
        sa.Column("scan_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scan_id"],
            ["scans.id"],
        ),
        sa.PrimaryKeyConstraint("scan_id", "sha256"),
    )
    op.create_table(
        "scan_shards",
        sa.Column("scan_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("objects", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=True),
        sa.Column("died_at", sa.Integer(), nullable=True),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("partial", sa.LargeBinary(), nullable=True),
        sa.Column("part", sa.Text(), nullable=True),
        sa.Column("counts", sa.Text(), nullable=True),
        sa.Column("done_at", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["scan_id"],
            ["scans.id"],
        ),
        sa.PrimaryKeyConstraint("scan_id", "number"),
    )
    op.create_index("scan_shards_done", "scan_shards", ["scan_id", "done_at"], unique=False)
    op.create_table(
        "shadow_looks",
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("shadow", sa.String(length=200), nullable=False),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("live", sa.Text(), nullable=False),
        sa.Column("beside", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.CheckConstraint("target IN ('generated', 'manipulated')", name="shadow_looks_target"),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["checks.id"],
        ),
        sa.PrimaryKeyConstraint("check_id", "shadow", "target"),
    )
    op.create_index("shadow_looks_in_order", "shadow_looks", ["shadow", "check_id", "target"], unique=False)
    op.create_index("shadow_looks_of", "shadow_looks", ["shadow", "tenant_id", "at"], unique=False)


def _streams() -> None:
    op.create_table(
        "arrivals",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("said", sa.String(length=64), nullable=False),
        sa.Column("of_check", sa.String(length=40), nullable=True),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.CheckConstraint("(of_check IS NULL) <> (refused IS NULL)", name="arrivals_became"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("arrivals_source", "arrivals", ["tenant_id", "source", "at"], unique=False)
