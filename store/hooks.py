"""The tables of webhooks: whom a tenant wants to be told, of what, and every event that is owed to one of them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from .schema import metadata

_OPEN, _OVER, _ASKED = text("due_at IS NOT NULL"), text("due_at IS NULL"), text("asked_at IS NOT NULL")

hook_endpoints = Table(
    "hook_endpoints",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("way", String(8), nullable=False),
    Column("form", String(16), nullable=False),
    Column("url", Text, nullable=False),  # empty: the broker of the settings
    Column("kinds", Text, nullable=False),  # JSON, a list; an empty one: all
    Column("description", Text, nullable=False),
    Column("generation", Integer, nullable=False),  # of its secret, which follows from it and a key in a file
    Column("overlap_until", String(40)),  # until when the secret before signs as well
    Column("failing_since", String(40)),  # NULL: what was tried last arrived
    Column("disabled_at", String(40)),  # NULL: it is told
    Column("disabled_why", Text),
    Column("made_by", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("gone", Boolean, nullable=False),  # taken away; its row stays while deliveries name it
    CheckConstraint("way IN ('http', 'kafka', 'coop')", name="hook_endpoints_way"),
    CheckConstraint("form IN ('standard', 'osprey')", name="hook_endpoints_form"),
    Index("hook_endpoints_tenant", "tenant_id", "created_at", "id"),
)

hook_streams = Table(
    "hook_streams",
    metadata,
    Column("endpoint_id", String(40), ForeignKey("hook_endpoints.id"), primary_key=True),
    Column("subject", String(300), primary_key=True),
    Column("last", Integer, nullable=False),  # number that was given out
)

hook_deliveries = Table(
    "hook_deliveries",
    metadata,
    Column("id", String(40), primary_key=True),  # the same at every try
    Column("endpoint_id", String(40), ForeignKey("hook_endpoints.id"), nullable=False),
    Column("tenant_id", String(40), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("sequence", Integer, nullable=False),  # among all of this subject to this endpoint, from 1
    Column("kind", String(40), nullable=False),
    Column("body", Text, nullable=False),  # JSON, exactly as sent
    Column("made_at", String(40), nullable=False),
    Column("attempts", Integer, nullable=False),  # number of the last; to be sent again takes one, too
    Column("tries", Integer, nullable=False),  # since it was laid, or was to be sent again
    Column("begun_at", String(40)),  # the first of these
    Column("asked_at", String(40)),  # since when an attempt stands in the queue; NULL: none does
    Column("due_at", String(40)),  # when it is to be tried next; NULL: delivered, or given up
    Column("delivered_at", String(40)),
    Column("dead_at", String(40)),
    Column("failure", Text),  # why the last attempt failed
    UniqueConstraint("endpoint_id", "subject", "sequence", name="hook_deliveries_sequence"),
    Index("hook_deliveries_due", "endpoint_id", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("hook_deliveries_asked", "endpoint_id", sqlite_where=_ASKED, postgresql_where=_ASKED),
    Index("hook_deliveries_made", "endpoint_id", "made_at", "id"),
    Index("hook_deliveries_of_tenant", "tenant_id", "made_at", "id"),
    Index("hook_deliveries_over", "made_at", sqlite_where=_OVER, postgresql_where=_OVER),
)

# Laid by what is below webhooks, in the transaction of what it tells; a round makes deliveries of it.
hook_events = Table(
    "hook_events",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("body", Text, nullable=False),  # JSON: ids, no words
    Column("at", String(40), nullable=False),  # not told before
    Column("subject", String(300)),  # what is kept in order; NULL: the item that the body names, or its check
    Column("of_decision", String(40)),  # with which it is taken back
    Index("hook_events_at", "at", "id"),
    Index("hook_events_decision", "of_decision"),
)
