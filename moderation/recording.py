"""How a decision is written down, and what that does to those before it. Decides nothing.

A decision stands where it says what is in force: not one of the background, nor one by which people are to look first;
there, what was in force stays so. Of what stands, the latest counts. Its effects are due where they are others than
those that went out last; what was not out yet, and is replaced, never goes out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ..docket import packing, times
from ..docket.desk import Desk
from ..docket.secrets import new_id
from .values import Action, Decision, Item, Occasion, Ruling, Submission

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from sqlalchemy import Connection

SERVICE = "service"
NOTHING = Ruling((), (), (), None)  # where no policy was asked

Row = Mapping[str, Any]


@dataclass(frozen=True)
class New:
    """A decision that is to be written."""

    submission: Submission
    policy_id: str
    policy_version: int
    revision: int
    occasion: Occasion
    key: str  # of the occasion, unlike all others of a submission under a policy
    ruling: Ruling
    actions: tuple[Action, ...]
    stands: bool
    by: str
    note: str = ""
    undo_s: float = 0.0
    background: bool = False
    not_before: str = ""  # its effects go out no sooner

    @property
    def side(self) -> str:
        """What decides beside each other: what is live, and each version in the background."""
        return f"background {self.policy_version}" if self.background else "live"


def record(connection: Connection, desk: Desk, new: New) -> Decision:
    """Write a decision about a submission that is locked, within a transaction of `writing`: once for an occasion."""
    from ..store import decision_rows, ledger

    submission_id, policy_id = new.submission.id, new.policy_id
    made = decision_rows.made(connection, submission_id, policy_id, new.side, new.key)
    if made is not None:
        return decision(made, new.submission)
    now, due_at, effective_at = desk.now(), None, desk.now()
    if new.stands:
        before = [one for one in decision_rows.of_submissions(connection, [submission_id]) if _of(one, policy_id)]
        differs = new.actions != _told(before)
        if differs or new.by != SERVICE:
            effective_at = max(times.later(now, seconds=new.undo_s), new.not_before)
        due_at = effective_at if differs else None
        decision_rows.hold_back(connection, submission_id, policy_id)
    row: dict[str, Any] = {
        "id": new_id("dec"),
        "tenant_id": new.submission.tenant_id,
        "submission_id": submission_id,
        "policy_id": policy_id,
        "policy_version": new.policy_version,
        "revision": new.revision,
        "occasion": new.occasion,
        "occasion_key": new.key,
        "side": new.side,
        "number": decision_rows.last_number(connection, submission_id, policy_id) + 1,
        "ruling": packing.json_of(asdict(new.ruling)),
        "actions": packing.json_of([asdict(one) for one in new.actions]),
        "standing": new.stands,
        "made_by": packing.text(new.by),
        "note": packing.text(new.note),
        "made_at": now,
        "effective_at": effective_at,
        "due_at": due_at,
        "undone_at": None,
        "out_at": None,
    }
    decision_rows.add(connection, row)
    ledger.append(connection, "moderation.decision", ledger_line(row, new.submission.item))
    return decision(row, new.submission)


def ledger_line(row: Row, item: Item) -> dict[str, Any]:
    """Give what the ledger says of a decision, which never changes; what may be long, or words, by its digest."""
    words = {**{name: str(row[name]) for name in ("ruling", "actions", "note")}, "item": f"{item.type_id}\n{item.id}"}
    digests = {name: hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for name, text in words.items()}
    return {**{name: row[name] for name in _IN_LEDGER}, **digests}


_IN_LEDGER = (
    "id",
    "tenant_id",
    "submission_id",
    "policy_id",
    "policy_version",
    "revision",
    "occasion",
    "occasion_key",
    "side",
    "number",
    "standing",
    "made_by",
    "made_at",
    "effective_at",
)
TAKES_BACK = "undo "  # before the id of a decision: the occasion of the one that takes it back


def gone_out(connection: Connection, desk: Desk, row: Row) -> None:
    """Note that a decision's effects went out; where another took its place meanwhile, that one goes out, too."""
    from ..store import decision_rows, ledger

    now = desk.now()
    decision_rows.change(connection, row["id"], out_at=now, due_at=None)
    rows = decision_rows.of_submissions(connection, [row["submission_id"]])
    latest = standing([one for one in rows if _of(one, row["policy_id"])])
    if latest is not None and latest["number"] > row["number"] and latest["actions"] != row["actions"]:
        decision_rows.change(connection, latest["id"], due_at=max(latest["effective_at"], now))
    body = {"id": row["id"], "tenant_id": row["tenant_id"]}
    again = "" if row["out_at"] is None else "_again"
    ledger.append(connection, f"moderation.effects_out{again}", body)


def standing(rows: Sequence[Row]) -> Row | None:
    """Give, of the decisions about one submission under one policy, the one that is in force."""
    return next((one for one in reversed(rows) if one["standing"] and one["undone_at"] is None), None)


def overruled(rows: Sequence[Row]) -> bool:
    """Say whether people have decided, among the decisions about one submission under one policy."""
    return any(one["standing"] and one["undone_at"] is None and one["made_by"] != SERVICE for one in rows)


def _of(row: Row, policy_id: str) -> bool:
    return bool(row["policy_id"] == policy_id)


def _told(rows: Sequence[Row]) -> tuple[Action, ...]:
    """Give the actions that the platform was told of last."""
    out = [one for one in rows if one["out_at"] is not None]
    return actions_of(max(out, key=lambda one: (one["out_at"], one["number"]))) if out else ()


# Values and rows ----------------------------------------------------------------------------------------------------


def submission(row: Row) -> Submission:
    """Read what was submitted."""
    return Submission(
        id=row["id"],
        tenant_id=row["tenant_id"],
        item=Item(row["item_id"], row["item_type"]),
        check_id=row["of_check"],
        at=row["at"],
        content_hash=row["content_hash"],
        uploader=json.loads(row["uploader"]),
    )


def decision(row: Row, of: Submission) -> Decision:
    """Read a decision about a submission."""
    return Decision(
        **{name: row[name] for name in _PLAIN},
        submission=of,
        ruling=_ruling().validate_python(json.loads(row["ruling"])),
        actions=actions_of(row),
        by=row["made_by"],
        background=row["side"] != "live",
    )


def actions_of(row: Row) -> tuple[Action, ...]:
    """Read the actions of a decision."""
    return tuple(Action(**one) for one in json.loads(row["actions"]))


_PLAIN = (
    "id",
    "tenant_id",
    "policy_id",
    "policy_version",
    "revision",
    "occasion",
    "number",
    "note",
    "made_at",
    "effective_at",
    "undone_at",
    "out_at",
)


@cache
def _ruling() -> TypeAdapter[Ruling]:
    from pydantic import TypeAdapter

    return TypeAdapter(Ruling)
