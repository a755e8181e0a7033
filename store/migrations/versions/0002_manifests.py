"""A record may have several manifests, may be pending, and nothing but its status ever changes."""

import json
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_REFUSED = "the registry is append-only"
_FIXED = "payload, position, model, issuer, created_at, earlier_marks"
_RANK = "CASE {0}.status WHEN 'pending' THEN 0 WHEN 'live' THEN 1 WHEN 'withdrawn' THEN 2 ELSE 3 END"
_KEYS = {"records": ("payload", "position"), "looks": ("payload",), "manifests": ("manifest_id", "position")}


def upgrade() -> None:
    """Make the new tables, take over what is there, and set the triggers."""
    op.drop_index("records_content_digest", "records")
    op.drop_index("records_created_at", "records")
    op.rename_table("records", "records_0001")
    _make_tables()
    _take_over(op.get_bind())
    op.drop_table("records_0001")
    for statement in _postgresql() if op.get_bind().dialect.name == "postgresql" else _sqlite():
        op.execute(sa.text(statement))


def _make_tables() -> None:
    op.create_table(
        "records",
        sa.Column("payload", sa.String(64), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False, unique=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("status_reason", sa.Text),
        sa.Column("model", sa.Text),
        sa.Column("issuer", sa.Text),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("earlier_marks", sa.Text),
        sa.CheckConstraint("status IN ('pending', 'live', 'withdrawn', 'revoked')", name="records_status"),
    )
    op.create_index("records_created_at", "records", ["created_at"])
    op.create_table(
        "looks",
        sa.Column("payload", sa.String(64), sa.ForeignKey("records.payload"), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary),
        sa.Column("changes", sa.LargeBinary),
    )
    op.create_table(
        "manifests",
        sa.Column("manifest_id", sa.String(200), primary_key=True),
        sa.Column("payload", sa.String(64), sa.ForeignKey("records.payload"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False, unique=True),
        sa.Column("content_digest", sa.String(64), nullable=False),
        sa.Column("manifest_store", sa.LargeBinary, nullable=False),
    )
    op.create_index("manifests_payload", "manifests", ["payload"])
    op.create_index("manifests_content_digest", "manifests", ["content_digest"])
    op.create_table(
        "pending",
        sa.Column("payload", sa.String(64), sa.ForeignKey("records.payload"), primary_key=True),
        sa.Column("target", sa.LargeBinary, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("process", sa.Text, nullable=False),
        sa.Column("reserved_at", sa.String(40), nullable=False),
    )


def _take_over(bind: sa.Connection) -> None:
    """Copy the records; one that the ledger does not know gets a negative position, which a check will point at."""
    lines = bind.execute(sa.text("SELECT seq, body FROM ledger WHERE kind = 'record.added' ORDER BY seq"))
    position = {json.loads(body).get("manifest_id"): seq for seq, body in lines}
    rows = bind.execute(sa.text("SELECT payload, manifest_id, fingerprint FROM records_0001")).all()
    for number, (payload, manifest_id, fingerprint) in enumerate(rows, 1):
        values = {
            "key": payload,
            "position": position.get(manifest_id, -number),
            "fingerprint": None if fingerprint is None else zlib.compress(fingerprint.encode(), 9),
        }
        bind.execute(
            sa.text(
                "INSERT INTO records SELECT payload, :position, status, status_reason, model, issuer, created_at, NULL "
                "FROM records_0001 WHERE payload = :key"
            ),
            values,
        )
        bind.execute(sa.text("INSERT INTO looks VALUES (:key, :fingerprint, NULL)"), values)
        bind.execute(
            sa.text(
                "INSERT INTO manifests SELECT manifest_id, payload, :position, content_digest, manifest_store "
                "FROM records_0001 WHERE payload = :key"
            ),
            values,
        )


def _sqlite() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    statements = []
    for table, keys in _KEYS.items():
        same = " OR ".join(f"{key} = NEW.{key}" for key in keys)
        of = f" OF {_FIXED}" if table == "records" else ""
        statements += [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE{of} ON {table} {refuse}",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
            # INSERT OR REPLACE deletes without asking the trigger on DELETE
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {refuse}",
        ]
    graver = f"{_RANK.format('NEW')} < {_RANK.format('OLD')}"
    statements.append(f"CREATE TRIGGER records_graver BEFORE UPDATE OF status ON records WHEN {graver} {refuse}")
    return statements


def _postgresql() -> list[str]:
    call = "EXECUTE FUNCTION registry_refuse()"
    statements = [
        "CREATE FUNCTION registry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
    ]
    for table in _KEYS:
        of = f" OF {_FIXED}" if table == "records" else ""
        statements += [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE{of} ON {table} FOR EACH ROW {call}",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {call}",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}",
        ]
    graver = f"{_RANK.format('NEW')} < {_RANK.format('OLD')}"
    return [
        *statements,
        f"CREATE TRIGGER records_graver BEFORE UPDATE OF status ON records FOR EACH ROW WHEN ({graver}) {call}",
    ]
