"""The tables of scans, rescans and shadows: what is to be looked at, and what came of it."""

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
)

from .schema import metadata

scans = Table(
    "scans",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("plan", Text, nullable=False),  # JSON
    Column("state", String(16), nullable=False),
    Column("made_at", String(40), nullable=False),
    Column("finished_at", String(40)),
    CheckConstraint("state IN ('listing', 'going', 'done', 'cancelled')", name="scans_state"),
    Index("scans_state_of", "state"),
)

scan_shards = Table(
    "scan_shards",
    metadata,
    Column("scan_id", String(40), ForeignKey("scans.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),  # of the place
    Column("objects", LargeBinary, nullable=False),  # JSON, deflated: names and bytes
    Column("count", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),  # of the job that is to make it; 0: none was asked for yet
    Column("tries", Integer, nullable=False),  # how often a worker began it
    Column("at", Integer),  # the object that is looked at, where every one is noted down before
    Column("died_at", Integer),  # the object that was looked at when a worker died
    Column("deaths", Integer, nullable=False),  # how many died over that one
    Column("partial", LargeBinary),  # JSON lines, deflated: what is there of a shard that is not done
    Column("part", Text),  # the key of its lines in the store of objects; NULL: it is not done
    Column("counts", Text),  # JSON
    Column("done_at", String(40)),
    Index("scan_shards_done", "scan_id", "done_at"),
)

scan_seen = Table(
    "scan_seen",
    metadata,
    Column("scan_id", String(40), ForeignKey("scans.id"), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("line", LargeBinary, nullable=False),  # JSON, deflated: of the first object with these bytes
)

rescans = Table(
    "rescans",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("plan", Text, nullable=False),  # JSON
    Column("state", String(16), nullable=False),
    Column("after", String(40), nullable=False),  # the check up to which all was gone through
    Column("listed_at", String(40)),  # NULL: there is more to go through
    Column("shards", Integer, nullable=False),  # that were dealt out so far
    Column("made_at", String(40), nullable=False),
    Column("finished_at", String(40)),
    CheckConstraint("state IN ('going', 'done', 'cancelled')", name="rescans_state"),
    Index("rescans_state_of", "state"),
)

rescan_lines = Table(  # ids and numbers alone: it outlives what a check says
    "rescan_lines",
    metadata,
    Column("rescan_id", String(40), ForeignKey("rescans.id"), primary_key=True),
    Column("of_check", String(40), primary_key=True),
    Column("revision", Integer, nullable=False),  # of the check, as it was found
    Column("against", String(64), nullable=False),  # SHA-256 of what it is judged by now
    Column("shard", Integer, nullable=False),  # in which it was dealt out last; 0: in none yet
    Column("attempt", Integer, nullable=False),  # at it, so far
    Column("outcome", String(8)),  # NULL: it was not looked at yet
    Column("note", Text, nullable=False),  # why it could not
    Column("seconds", Float),
    Column("at", String(40)),
    CheckConstraint("outcome IN ('changed', 'same', 'gone', 'failed')", name="rescan_lines_outcome"),
    Index("rescan_lines_outcome_of", "rescan_id", "outcome"),
    Index("rescan_lines_check", "of_check", "against"),
)

shadow_looks = Table(
    "shadow_looks",
    metadata,
    Column("check_id", String(40), ForeignKey("checks.id"), primary_key=True),
    Column("shadow", String(200), primary_key=True),  # the release or head, as the settings name it
    Column("target", String(16), primary_key=True),  # generated, manipulated
    Column("tenant_id", String(40), nullable=False),
    Column("at", String(40), nullable=False),
    Column("live", Text, nullable=False),  # JSON: model, finding, score, its rate, and the rate that an alarm means
    Column("beside", Text),  # the same of the shadow; NULL: it could not look
    Column("why", Text, nullable=False),  # it could not look
    Column("seconds", Float, nullable=False),
    CheckConstraint("target IN ('generated', 'manipulated')", name="shadow_looks_target"),
    Index("shadow_looks_of", "shadow", "tenant_id", "at"),
    Index("shadow_looks_in_order", "shadow", "check_id", "target"),
)
