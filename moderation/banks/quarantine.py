"""What a check was found to be like, kept with it; and media that a match in a restricted bank closes.

Closed media is for a restricted queue alone. Nothing is reported to anybody: whom to tell, and when, is the operator's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ...docket import Check, holding, secrets
from ...docket.desk import Desk
from ...docket.opening import taken
from ...errors import ModerationUnfit
from ...evidence import Match, Span
from ..hooks import emit
from .filling import tell
from .values import BankMatch

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TOLD = ("bank_id", "content_id", "algorithm", "distance", "share", "restricted")
NOTE = "a match in a restricted bank"
_PLAIN = (
    "bank_id",
    "restricted",
    "content_id",
    "number",
    "opinion",
    "note",
    "algorithm",
    "distance",
    "share",
    "share_of_content",
    "compare",
)


def keep(desk: Desk, check: Check, matches: Iterable[BankMatch]) -> tuple[BankMatch, ...]:
    """Keep what a check was found to be like, each once; give all that is kept of it.

    A match in a restricted bank closes its media and places a hold, in the same transaction, so that nothing of it is
    shown or erased.
    """
    from ...store import bank_rows

    found = tuple(matches)
    if not found:
        return kept(desk, check.id)
    with desk.writing() as connection:
        taken(connection, check.id, check.tenant_id)
        now = desk.now()
        there = {(row["content_id"], row["algorithm"]) for row in bank_rows.matches_of(connection, check.id)}
        new = [_row(one, check, now) for one in found if (one.content_id, one.algorithm) not in there]
        bank_rows.add_matches(connection, new)
        if new:
            tell(connection, "bank.matched", check=check.id, matches=len(new))
            _emit(connection, check, [{name: row[name] for name in _TOLD} for row in new])
        if closing := bank_rows.close(connection, check.id, now):
            tell(connection, "bank.quarantined", check=check.id, digest=check.content_hash, matches=closing)
            _hold(desk, connection, check)
        return tuple(map(_match, bank_rows.matches_of(connection, check.id)))


def tell_elsewhere(connection: Connection, check: Check, found: Mapping[str, Iterable[str]]) -> None:
    """Tell of what another server's banks know that is like a check, if they do."""
    matches = [{"elsewhere": name, "content_id": one} for name, ids in found.items() for one in ids]
    if matches:
        tell(connection, "bank.matched", check=check.id, matches=len(matches), elsewhere=True)
        _emit(connection, check, matches)


def _emit(connection: Connection, check: Check, matches: list[dict[str, Any]]) -> None:
    """Tell whoever of the tenant wants to hear of it; ids alone."""
    of_item = check.item_id is not None and check.item_type is not None
    subject = f"{check.item_type}:{check.item_id}" if of_item else f"check:{check.id}"
    body = {"check": check.id, "item": check.item_id, "type": check.item_type}
    emit(connection, check.tenant_id, subject, "bank.matched", {**body, "matches": matches})


def _hold(desk: Desk, connection: Connection, check: Check) -> None:
    """Place a hold, unless one of ours stands."""
    from ...store import check_rows

    standing = (row for row in check_rows.placed(connection, check.id) if row["lifted_at"] is None)
    if not any(row["note"] == NOTE for row in standing):
        holding.place_within(desk, connection, check.id, "legal_order", NOTE, "service", check.tenant_id)


def kept(desk: Desk, check_id: str) -> tuple[BankMatch, ...]:
    """Read what a check was found to be like."""
    from ...store import bank_rows

    with desk.reading() as connection:
        return () if connection is None else tuple(map(_match, bank_rows.matches_of(connection, check_id)))


def closed(desk: Desk, check_id: str) -> bool:
    """Say whether a check's media is for a restricted queue alone."""
    from ...store import bank_rows

    with desk.reading() as connection:
        return connection is not None and bank_rows.closed(connection, check_id)


def quarantined(desk: Desk, tenant_id: str, after: str, limit: int) -> tuple[str, ...]:
    """Give the ids of a tenant's checks whose media is closed, from after one on."""
    from ...store import bank_rows

    with desk.reading() as connection:
        return () if connection is None else tuple(bank_rows.closed_of(connection, tenant_id, after, limit))


def reopen(desk: Desk, check: Check, who: str) -> None:
    """Open a check's media again; the same matches do not close it again. Its hold stands until it is lifted."""
    from ...store import bank_rows

    with desk.writing() as connection:
        if not bank_rows.reopen(connection, check.id, opened_at=desk.now(), opened_by=who):
            raise ModerationUnfit(f"the media of check {check.id} is not closed", advice="nothing is to be done")
        tell(connection, "bank.reopened", check=check.id, who=who)


def _row(match: BankMatch, check: Check, now: str) -> dict[str, Any]:
    spans = [[one.copy.start_s, one.copy.end_s, one.original.start_s, one.original.end_s] for one in match.spans]
    return {
        **{name: getattr(match, name) for name in _PLAIN},
        "id": secrets.new_id("bmt"),
        "check_id": check.id,
        "tenant_id": check.tenant_id,
        "bank_name": match.bank,
        "spans": json.dumps(spans),
        "at": now,
        "closed_at": None,
    }


def _match(row: dict[str, Any]) -> BankMatch:
    spans = tuple(Match(Span(a, b), Span(c, d)) for a, b, c, d in json.loads(row["spans"]))
    plain = {name: row[name] for name in _PLAIN} | {"restricted": bool(row["restricted"])}
    return BankMatch(**plain, bank=row["bank_name"], spans=spans)
