"""The tables of people's part in moderation: notices, queues, reviews, opinions, appeals, and what is owed to whom."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Float, ForeignKey, Index, Integer, String, Table, Text, text

from .schema import metadata


def _only(name: str, condition: str, *columns: str, unique: bool = False) -> Index:
    """Give an index of those rows alone for which a condition holds."""
    return Index(name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))


review_queues = Table(
    "review_queues",
    metadata,
    Column("tenant_id", String(40), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("restricted", Boolean, nullable=False),  # only for people who are named
    Column("blur", Boolean, nullable=False),
    Column("greyscale", Boolean, nullable=False),
    Column("mute", Boolean, nullable=False),
    Column("claim_s", Float, nullable=False),
)

review_queue_people = Table(
    "review_queue_people",
    metadata,
    Column("tenant_id", String(40), primary_key=True),
    Column("queue", String(100), primary_key=True),
    Column("who", String(100), primary_key=True),  # person:ID
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("queue", String(100), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("submission_id", String(40), nullable=False),
    Column("of_check", String(40), nullable=False),
    Column("content_hash", String(64)),
    Column("policy_id", String(100)),  # under which is decided; NULL: as the latest decision was
    Column("item_id", Text, nullable=False),
    Column("item_type", Text, nullable=False),
    Column("base", Integer, nullable=False),  # its priority without notices
    Column("priority", Integer, nullable=False),
    Column("people", Integer, nullable=False),  # who must agree
    Column("round", Integer, nullable=False),  # from 1; an undone decision begins the next
    Column("outcome", String(32)),  # of the verdict when it was opened; blind reviewers are not shown it
    Column("manipulations", Text, nullable=False),  # kinds of change that were seen, by blanks
    Column("made_at", String(40), nullable=False),
    Column("hold_id", String(40)),  # by which its evidence is kept while it waits
    Column("claimed_by", String(100)),
    Column("claimed_until", String(40)),
    Column("settled_at", String(40)),  # NULL: it waits for people
    Column("finding", String(16)),  # that was agreed on
    Column("decision_id", String(40)),  # that came of it; NULL: none did, as of blind ones
    Column("effective_at", String(40)),
    Column("revision", Integer),  # of the verdict, that it made; NULL: none
    CheckConstraint("kind IN ('review', 'blind', 'appeal')", name="reviews_kind"),
    _only("reviews_waiting", "settled_at IS NULL", "tenant_id", "queue", "priority", "made_at"),
    # Several reports of one submission are one job.
    _only("reviews_one", "settled_at IS NULL AND kind = 'review'", "submission_id", unique=True),
    _only("reviews_blind", "kind = 'blind'", "submission_id", unique=True),
    Index("reviews_item", "tenant_id", "item_type", "item_id"),
    Index("reviews_check", "of_check"),
    Index("reviews_decision", "decision_id"),
)

review_barred = Table(
    "review_barred",
    metadata,
    Column("review_id", String(40), ForeignKey("reviews.id"), primary_key=True),
    Column("who", String(100), primary_key=True),
)

review_seen = Table(
    "review_seen",
    metadata,
    Column("review_id", String(40), ForeignKey("reviews.id"), primary_key=True),
    Column("who", String(100), primary_key=True),  # who claimed it once
)

review_opinions = Table(
    "review_opinions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("review_id", String(40), ForeignKey("reviews.id"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("who", String(100), nullable=False),
    Column("at", String(40), nullable=False),
    Column("finding", String(16), nullable=False),
    Column("category", String(40)),
    Column("actions", Text, nullable=False),  # JSON
    Column("reason", Text, nullable=False),
    Column("answer", String(8)),  # to an appeal
    CheckConstraint("finding IN ('synthetic', 'manipulated', 'genuine', 'unclear')", name="review_opinions_finding"),
    CheckConstraint("answer IN ('ACCEPT', 'REJECT')", name="review_opinions_answer"),
    Index("review_opinions_once", "review_id", "round", "who", unique=True),
)

notices = Table(
    "notices",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("review_id", String(40), ForeignKey("reviews.id"), nullable=False),
    Column("item_id", Text, nullable=False),
    Column("item_type", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("category", String(100), nullable=False),
    Column("explanation", Text, nullable=False),
    Column("place", Text, nullable=False),  # JSON: urls, seconds
    Column("good_faith", Boolean, nullable=False),
    Column("missing", Text, nullable=False),  # JSON: what a notice of article 16 lacks
    Column("made_at", String(40), nullable=False),
    CheckConstraint(
        "kind IN ('article_16', 'trusted_flagger', 'own_initiative', 'other')",
        name="notices_kind",
    ),
    Index("notices_review", "review_id"),
    Index("notices_item", "tenant_id", "item_type", "item_id"),
)

# All that is kept of who they are, apart from the rest, so that it can be erased.
contacts = Table(
    "contacts",
    metadata,
    Column("of", String(40), primary_key=True),  # id of a notice or an appeal
    Column("tenant_id", String(40), nullable=False),
    Column("hash", String(43)),  # keyed, of e-mail or account; tells the same reporter again
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("account", Text, nullable=False),  # as the platform names it
)

appeals = Table(
    "appeals",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("decision_id", String(40), nullable=False),
    Column("side", String(16), nullable=False),
    Column("notice_id", String(40)),  # of the reporter who appeals
    Column("review_id", String(40), ForeignKey("reviews.id"), nullable=False),
    Column("item_id", Text, nullable=False),
    Column("item_type", Text, nullable=False),
    Column("of_check", String(40), nullable=False),
    Column("actions", Text, nullable=False),  # JSON: in force by the decision
    Column("reason", Text, nullable=False),
    Column("policies", Text, nullable=False),  # JSON: their names
    Column("at", String(40), nullable=False),
    Column("hold_id", String(40)),  # NULL: the record was gone already
    Column("answer", String(8)),
    Column("answered_at", String(40)),
    Column("answer_reason", Text),
    CheckConstraint("side IN ('uploader', 'reporter')", name="appeals_side"),
    CheckConstraint("answer IN ('ACCEPT', 'REJECT')", name="appeals_answer"),
    _only("appeals_open", "answered_at IS NULL", "decision_id", "side", unique=True),
    Index("appeals_decision", "decision_id"),
    Index("appeals_review", "review_id", unique=True),
)

told = Table(
    "told",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("side", String(16), nullable=False),
    Column("of", String(40)),  # the notice or appeal whose contact it is for; NULL: the item's uploader
    Column("about", String(40), nullable=False),  # notice, decision or appeal
    Column("item_id", Text, nullable=False),
    Column("item_type", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("words", Text, nullable=False),
    Column("redress", Text, nullable=False),
    Column("made_at", String(40), nullable=False),
    Column("due_at", String(40)),  # not before; NULL: sent, or taken back with the decision that it tells of
    Column("sent_at", String(40)),
    CheckConstraint("side IN ('uploader', 'reporter')", name="told_side"),
    _only("told_due", "due_at IS NOT NULL", "due_at"),
    Index("told_about", "about"),
)
