"""Blind samples: some items, flagged or not, go to people who are shown neither verdict nor scores.

Which ones follows from a key, so that nobody can tell beforehand, and all servers choose the same. What blind people
agree on may teach the detector; what people say who have seen its verdict never does.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from itertools import combinations, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...docket import times
from ...docket.desk import Desk
from ...docket.secrets import derived
from ...verdict import Outcome
from ..values import Review, Submission
from . import opening
from .agreement import cohen_kappa, fleiss_kappa, share
from .values import Agreement, Label, Overruled, Pair

if TYPE_CHECKING:
    from sqlalchemy import Connection

QUEUE = "blind"
PEOPLE = 2  # without a second, nobody knows how far people agree
_FIRST = ""  # before all times
_FAKE: frozenset[Outcome] = frozenset({"altered", "ai_generated", "likely_manipulated", "likely_ai", "declared_ai"})
_NOT_FAKE: frozenset[Outcome] = frozenset({"credentials_intact", "credentials_recovered", "no_evidence"})
Row = dict[str, Any]


def chosen(home: Path, submission_id: str, part: float) -> bool:
    """Say whether a submission is among the share of all that is sampled; always the same for the same one."""
    digest = hashlib.sha256(derived(home, f"sample {submission_id}").encode("ascii")).digest()
    return int.from_bytes(digest[:6], "big") < part * (1 << 48)


def consider(desk: Desk, submission: Submission, part: float, queue: str = QUEUE) -> str | None:
    """Lay a blind review if the submission is chosen, and give its id; None: it is not, or its media never came."""
    if submission.content_hash is None or not chosen(desk.options.home, submission.id, part):
        return None
    with desk.writing() as connection:
        return consider_within(desk, connection, submission, part, queue)


def consider_within(
    desk: Desk, connection: Connection, submission: Submission, part: float, queue: str = QUEUE
) -> str | None:
    """Do the same within a transaction of `writing`; of a submission there is one blind review at most."""
    from ...store import bank_rows, review_rows

    if submission.content_hash is None or not chosen(desk.options.home, submission.id, part):
        return None
    if bank_rows.closed(connection, submission.check_id):
        return None  # whoever works there may not see it
    before = review_rows.blind_of(connection, submission.id)
    if before is not None:
        return str(before["id"])
    return opening.lay(desk, connection, "blind", submission, Review(queue, 0, PEOPLE))


def for_adapting(desk: Desk, tenant_id: str, since: str = _FIRST, until: str = times.LAST) -> tuple[Label, ...]:
    """Give what at least two blind people all said of a video, except that it is unclear. No other label may teach."""
    return _labels(_blind(desk, tenant_id, since, until))


def labels_of(desk: Desk, check_ids: Collection[str]) -> tuple[Label, ...]:
    """Give the same of some checks, whoever's they are."""
    from ...store import review_rows

    with desk.reading() as connection:
        rows = [] if connection is None or not check_ids else review_rows.blind_opinions_of(connection, check_ids)
    return _labels(_by_review(rows))


def _labels(reviews: Iterable[list[Row]]) -> tuple[Label, ...]:
    found = []
    for rows in reviews:
        said = {row["finding"] for row in rows}
        if len(rows) >= PEOPLE and len(said) == 1 and "unclear" not in said and rows[0]["content_hash"] is not None:
            found.append(Label(rows[0]["of_check"], rows[0]["content_hash"], rows[0]["finding"]))
    return tuple(found)


def agreement(desk: Desk, tenant_id: str, since: str = _FIRST, until: str = times.LAST) -> Agreement:
    """Say how far blind reviewers agree: by the first two of each video, since a third is asked where they do not."""
    items, pairs = [], defaultdict[tuple[str, str], list[tuple[str, str]]](list)
    for rows in _blind(desk, tenant_id, since, until):
        if len(rows) < PEOPLE:
            continue
        two = rows[:PEOPLE]
        items.append([row["finding"] for row in two])
        for a, b in combinations(sorted(two, key=lambda row: str(row["who"])), 2):
            pairs[a["who"], b["who"]].append((a["finding"], b["finding"]))
    kappas = (Pair(*who, len(said), cohen_kappa(said)) for who, said in sorted(pairs.items()))
    return Agreement(len(items), fleiss_kappa(items), tuple(kappas))


def overruled(desk: Desk, tenant_id: str, since: str = _FIRST, until: str = times.LAST) -> tuple[Overruled, ...]:
    """Say how often people found otherwise than the verdict, by outcome and by kind of change.

    Where it claims to know nothing (a conflict, inconclusive), it can't be overruled, and is not counted.
    """
    from ...store import review_rows

    with desk.reading() as connection:
        rows = [] if connection is None else review_rows.settled(connection, tenant_id, since, until)
    grouped = defaultdict[tuple[Literal["outcome", "manipulation"], str, bool], list[Row]](list)
    for row in rows:
        if row["kind"] == "appeal" or row["outcome"] not in _FAKE | _NOT_FAKE:
            continue
        blind = row["kind"] == "blind"
        grouped["outcome", row["outcome"], blind].append(row)
        for kind in row["manipulations"].split():
            grouped["manipulation", kind, blind].append(row)
    return tuple(_counted(*of, grouped[of]) for of in sorted(grouped))


def _counted(by: Literal["outcome", "manipulation"], name: str, blind: bool, rows: list[Row]) -> Overruled:
    clear = [row for row in rows if row["finding"] != "unclear"]
    otherwise = sum((row["outcome"] in _FAKE) == (row["finding"] == "genuine") for row in clear)
    return Overruled(by, name, blind, share(otherwise, len(clear)), len(rows) - len(clear))


def _blind(desk: Desk, tenant_id: str, since: str, until: str) -> list[list[Row]]:
    """Give the opinions of each blind review that is settled, in their order."""
    from ...store import review_rows

    with desk.reading() as connection:
        rows = [] if connection is None else review_rows.blind_opinions(connection, tenant_id, since, until)
    return _by_review(rows)


def _by_review(rows: list[Row]) -> list[list[Row]]:
    return [list(group) for _, group in groupby(rows, key=lambda row: str(row["review_id"]))]
