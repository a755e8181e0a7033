"""Showing a check to everybody: its tenant decides, and takes it back; both stand in the ledger."""

from __future__ import annotations

from ..errors import CheckUnfit
from .desk import Desk
from .opening import taken
from .values import PUBLIC


def since(desk: Desk, check_id: str) -> str | None:
    """Give since when a check is shown to everybody; None: it is not."""
    from ..store import publication_rows

    with desk.reading() as connection:
        return None if connection is None else publication_rows.since(connection, check_id)


def publish(desk: Desk, check_id: str, who: str, tenant_id: str | None) -> str:
    """Show a check that has a verdict to everybody, and give since when; one that is shown stays so."""
    from ..store import ledger, publication_rows

    with desk.writing() as connection:
        row = taken(connection, check_id, tenant_id)
        if row["tenant_id"] == PUBLIC:
            advice = "give them its link: whoever has it sees the result"
            raise CheckUnfit(f"check {check_id} was asked for without a key", advice=advice)
        if not row["revision"]:
            raise CheckUnfit(f"check {check_id} has no verdict", advice="wait for one; a check that failed has none")
        shown = publication_rows.since(connection, check_id)
        if shown is not None:
            return shown
        now = desk.now()
        publication_rows.add(connection, check_id, now, who)
        ledger.append(connection, "check.published", {"id": check_id, "who": who})
        return now


def withdraw(desk: Desk, check_id: str, who: str, tenant_id: str | None) -> None:
    """Show it to everybody no more."""
    from ..store import ledger, publication_rows

    with desk.writing() as connection:
        taken(connection, check_id, tenant_id)
        if publication_rows.remove(connection, check_id):
            ledger.append(connection, "check.withdrawn", {"id": check_id, "who": who})
