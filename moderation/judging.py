"""What a decision rests on, and what policies make of it. Writes nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..settings import Settings
from ..verdict import Verdict
from . import recording
from .policies import Policy, facts, read, ruled
from .recording import Row
from .shelf import Shelved, Side, Version, shelved
from .values import Ruling, Submission

if TYPE_CHECKING:
    from sqlalchemy import Connection

# What is known beside the verdict, such as `bank.NAME.opinion`.
Known = Callable[[Submission, Verdict | None], Mapping[str, Any]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Basis:
    """What a decision about a submission rests on; another one, where any of it has changed."""

    submission: Submission
    owed_since: str | None  # since when something is to be decided; None: nothing is
    status: str  # of the check
    revision: int  # of its verdict
    deleted_at: str | None
    running: tuple[tuple[Side, Version], ...]


def basis(connection: Connection, options: Settings, check_id: str) -> Basis | None:
    """Read it, within a transaction; None: the check is of no item."""
    from ..store import check_rows, decision_rows

    row, check = decision_rows.submission_of(connection, check_id), check_rows.one(connection, check_id)
    if row is None or check is None:
        return None
    submission = recording.submission(row)
    policies = applying(shelved(connection, submission.tenant_id), json.loads(check["options"]).get("policy_id"))
    running = tuple(one for policy in policies for one in policy.running_for(options, submission.item))
    return Basis(submission, row["decide_at"], check["status"], check["revision"], check["deleted_at"], running)


def applying(policies: Sequence[Shelved], named: str | None) -> tuple[Shelved, ...]:
    """Give the policies for a submission: the one it names, or else those for all that name none."""
    if named is not None:
        found = tuple(one for one in policies if one.policy_id == named)
        if found:
            return found
        log.warning("no policy is called %r; those for all apply", named)
    return tuple(one for one in policies if one.by_default)


def policy_of(connection: Connection, version: Version) -> Policy:
    """Read the document of a version."""
    from ..store import policy_rows

    row = policy_rows.version(connection, version.tenant_id, version.policy_id, version.number)
    return read_once("" if row is None else row["document"], version.policy_id)


@lru_cache(maxsize=256)
def read_once(text: str, policy_id: str) -> Policy:
    """Read a kept document; the same one is asked about every submission."""
    return read(text, policy_id)


def would_change(before: Sequence[Row], ruling: Ruling) -> bool:
    """Say whether a ruling brings about what the decisions under its policy have not."""
    live = [one for one in before if one["side"] == "live" and one["undone_at"] is None]
    if not live:
        return True
    latest, in_force = live[-1], recording.standing(before)
    if ruling.effect == "review":
        return bool(latest["standing"]) and not recording.overruled(before)
    return not latest["standing"] or in_force is None or recording.actions_of(in_force) != ruling.actions


def judged(
    policy: Policy,
    version: Version,
    submission: Submission,
    verdict: Verdict | None,
    failed: str | None,
    known: Mapping[str, Any],
) -> Ruling:
    """Ask a version of a policy about a check that is over; `failed`: by which error."""
    return ruled(policy, facts(verdict, submission, failed=failed, extra=known), version.state)
