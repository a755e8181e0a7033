"""Where reviews wait: who may work a queue, what it covers up, how much waits. Claims nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...accounts.values import ROLE_SCOPES, Scope
from ...docket import times
from ...docket.desk import Desk
from ...docket.packing import text as fit
from ...errors import ModerationUnfit
from .values import Queue, Waiting

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MOST_NAME = 100
_MOST_BEGUN = 1000  # reviews that are looked through for such as nobody can end
_SCOPE: Scope = "reviews:write"
Row = dict[str, Any]
People = Mapping[str, set[str]]  # by review
_CLAIM_S = (10.0, 24 * 3600.0)


def put(desk: Desk, tenant_id: str, queue: Queue, *, by: str) -> Queue:
    """Make a queue, or change it."""
    with desk.writing() as connection:
        return put_within(connection, tenant_id, queue, by)


def changed(desk: Desk, tenant_id: str, name: str, values: Mapping[str, Any], *, by: str) -> Queue:
    """Change what is given of a queue, and leave the rest; one that nobody has made is made."""
    from ...store import review_rows

    with desk.writing() as connection:
        made = review_rows.queue(connection, tenant_id, name) is not None
        before = known(connection, tenant_id, name) if made else Queue(name)
        return put_within(connection, tenant_id, replace(before, **values), by)


def put_within(connection: Connection, tenant_id: str, queue: Queue, by: str) -> Queue:
    """Make a queue, or change it, within a transaction of `writing`."""
    from ...store import ledger, review_rows

    if not 0 < len(queue.name) <= _MOST_NAME:
        raise ModerationUnfit(f"a queue's name has 1 to {_MOST_NAME} letters", advice="name it otherwise")
    if not _CLAIM_S[0] <= queue.claim_s <= _CLAIM_S[1]:
        raise ModerationUnfit("a claim lasts 10 seconds to a day", advice="say `claim_s` within that")
    values = {name: value for name, value in vars(queue).items() if name != "people"}
    values |= {"tenant_id": tenant_id, "name": fit(queue.name)}
    review_rows.set_queue(connection, values, queue.people)
    body = {"tenant": tenant_id, "queue": values["name"], "restricted": queue.restricted, "who": by}
    body |= {"blur": queue.blur, "greyscale": queue.greyscale, "mute": queue.mute}
    ledger.append(connection, "moderation.queue", {**body, "people": " ".join(sorted(queue.people))})
    return queue


def listed(desk: Desk, tenant_id: str, who: str | None = None) -> tuple[Queue, ...]:
    """Give a tenant's queues, or those that somebody may work, by name."""
    with desk.reading() as connection:
        found = () if connection is None else every(connection, tenant_id)
    return tuple(one for one in found if who is None or one.open_to(who))


def every(connection: Connection, tenant_id: str) -> tuple[Queue, ...]:
    """Give a tenant's queues, within a transaction."""
    from ...store import review_rows

    people = dict[str, set[str]]()
    for name, who in review_rows.queue_people(connection, tenant_id):
        people.setdefault(name, set()).add(who)
    return tuple(_queue(row, people.get(row["name"], set())) for row in review_rows.queues(connection, tenant_id))


def named(connection: Connection, tenant_id: str, name: str) -> Queue:
    """Give a queue, within a transaction of `writing`; one that a policy names and nobody has made is made, open."""
    from ...store import review_rows

    if review_rows.queue(connection, tenant_id, name) is None:
        return put_within(connection, tenant_id, Queue(name), "service")
    return known(connection, tenant_id, name)


def known(connection: Connection, tenant_id: str, name: str) -> Queue:
    """Give a queue that is there."""
    return next(one for one in every(connection, tenant_id) if one.name == name)


def waiting(desk: Desk, tenant_id: str, who: str | None = None) -> tuple[Waiting, ...]:
    """Count what waits in each queue, or in those that somebody may work; in empty ones, too."""
    from ...store import review_rows

    now = desk.now()
    with desk.reading() as connection:
        if connection is None:
            return ()
        found = [one for one in every(connection, tenant_id) if who is None or one.open_to(who)]
        rows = {row["queue"]: row for row in review_rows.waiting(connection, tenant_id, now)}
        stuck = _stuck(connection, tenant_id, found)
    return tuple(_waiting(one.name, rows.get(one.name), stuck[one.name], now) for one in found)


def _waiting(name: str, row: Row | None, stuck: int, now: str) -> Waiting:
    if row is None:
        return Waiting(name, 0, 0, 0.0)
    oldest_s = times.between(row["oldest_at"], now)
    return Waiting(name, row["waiting"], row["claimed"], oldest_s, row["differ"], stuck)


def _stuck(connection: Connection, tenant_id: str, of: Iterable[Queue]) -> Counter[str]:
    """Count the reviews of queues that too few people are left for, by queue.

    Of those about which somebody has spoken, or that not everybody may have, the oldest thousand are looked through.
    """
    from ...store import review_rows

    reviewers = _reviewers(connection, tenant_id)
    able = {queue.name: {who for who in reviewers if queue.open_to(who)} for queue in of}
    found = Counter[str]()
    for row in review_rows.fresh(connection, tenant_id):
        found[row["queue"]] += row["number"] if len(able.get(row["queue"], ())) < row["people"] else 0
    begun = [row for row in review_rows.begun(connection, tenant_id, _MOST_BEGUN) if row["queue"] in able]
    spoke, kept = _kept_from(connection, tenant_id, begun)
    for row in begun:
        wanted = max(row["people"] - len(spoke[row["id"]]), 1)  # where they differ, one more
        found[row["queue"]] += len(able[row["queue"]] - spoke[row["id"]] - kept[row["id"]]) < wanted
    return found


def _kept_from(connection: Connection, tenant_id: str, begun: list[Row]) -> tuple[People, People]:
    """Give who has spoken about each of some reviews, and who may not, as `review_rows.may` has it."""
    from ...store import review_rows

    ids, spoke, kept = [row["id"] for row in begun], defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    rounds = {row["id"]: row["round"] for row in begun}
    for row in review_rows.spoke(connection, ids):
        if row["round"] == rounds[row["review_id"]]:
            spoke[row["review_id"]].add(row["who"])
    for row in review_rows.barred(connection, ids):
        kept[row["review_id"]].add(row["who"])
    blind = [row for row in begun if row["kind"] == "blind"]
    saw = defaultdict[str, set[str]](set)
    checks, hashes = {row["of_check"] for row in blind}, {row["content_hash"] for row in blind} - {None}
    for row in review_rows.saw_verdicts(connection, tenant_id, checks, hashes):
        saw[row["of_check"]].add(row["who"])
        saw[row["content_hash"] or ""].add(row["who"])
    for row in blind:
        kept[row["id"]] |= saw[row["of_check"]] | (saw[row["content_hash"]] if row["content_hash"] else set())
    return spoke, kept


def _reviewers(connection: Connection, tenant_id: str) -> list[str]:
    """Give the tenant's people who may review."""
    from ...store import account_rows

    people = account_rows.all_people(connection, tenant_id)
    able = (one for one in people if one["disabled_at"] is None and _SCOPE in ROLE_SCOPES[one["role"]])
    return [f"person:{one['id']}" for one in able]


def _queue(row: dict[str, object], people: set[str]) -> Queue:
    values = {name: value for name, value in row.items() if name != "tenant_id"}
    return Queue(**values, people=frozenset(people))  # type: ignore[arg-type]
