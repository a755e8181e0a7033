"""The tables of scans: what is to be looked at, shard by shard, and what came of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

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
