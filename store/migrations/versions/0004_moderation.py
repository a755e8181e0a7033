"""Moderation: policies, decisions, notices, reviews, banks, endpoints, statements; and scans."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
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
