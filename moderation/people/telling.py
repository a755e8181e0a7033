"""What the sides of a notice, a decision or an appeal are to be told, and how they can object. Sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...docket.desk import Desk
from ...docket.packing import text as fit
from ...docket.secrets import new_id
from ...errors import ModerationMissing, ModerationUnfit
from ..values import Action, Item
from . import packing
from .values import Contact, Side, Told, ToldKind

if TYPE_CHECKING:
    from sqlalchemy import Connection

APPEAL_DAYS = 184.0  # article 20: six months at least
APPEAL_REDRESS = (
    f"You can appeal against this within {APPEAL_DAYS:.0f} days, free of charge; other people will look at it then."
    " You can also turn to a certified body for the settlement of disputes out of court, or to a court."
)
LAST_REDRESS = "You can turn to a certified body for the settlement of disputes out of court, or to a court."
NO_REDRESS = "Nothing is decided yet. You will be told what is, and how you can object to it."


def tell(
    desk: Desk,
    connection: Connection,
    tenant_id: str,
    item: Item,
    *,
    side: Side,
    of: str | None,
    about: str,
    kind: ToldKind,
    words: str,
    redress: str,
    due_at: str | None = None,
) -> None:
    """Note what somebody is to be told, within the transaction of what it tells; who left no address is not told."""
    from ...store import report_rows

    if of is not None and report_rows.contact(connection, of) is None:
        return
    now = desk.now()
    values = {"id": new_id("tld"), "tenant_id": tenant_id, "side": side, "of": of, "about": about, "kind": kind}
    values |= {"words": fit(words), "redress": redress, "made_at": now, "due_at": max(now, due_at or "")}
    report_rows.tell(connection, {**values, **packing.item_row(item), "sent_at": None})


def due(
    desk: Desk, limit: int = 100, tenant_id: str | None = None, after: tuple[str, str] | None = None
) -> tuple[Told, ...]:
    """Give what is to be told by now, the longest due first; `after`: time and id of the last that was given."""
    from ...store import report_rows

    with desk.reading() as connection:
        rows = [] if connection is None else report_rows.due(connection, desk.now(), limit, tenant_id, after)
    return tuple(map(packing.told, rows))


def sent(desk: Desk, told_id: str, tenant_id: str | None = None) -> Told:
    """Note that somebody was told, and give it; a second note changes nothing."""
    from ...store import report_rows

    with desk.changing() as connection:
        row = report_rows.one_told(connection, told_id)
        if row is None or tenant_id not in (None, row["tenant_id"]):
            raise ModerationMissing(f"there is nothing to be told called {told_id}")
        if row["sent_at"] is None and row["due_at"] is None:
            advice = "tell nobody of it: what it tells of was undone"
            raise ModerationUnfit("it was taken back before it was told", advice=advice)
        report_rows.sent(connection, told_id, desk.now())
        return packing.told(report_rows.one_told(connection, told_id) or row)


def about(desk: Desk, tenant_id: str, about_id: str) -> tuple[Told, ...]:
    """Give what was, or is to be, told about a notice, a decision or an appeal, oldest first."""
    from ...store import report_rows

    with desk.reading() as connection:
        rows = [] if connection is None else report_rows.told_about(connection, tenant_id, about_id)
    return tuple(map(packing.told, rows))


def contact(desk: Desk, tenant_id: str, of: str) -> Contact | None:
    """Give who a notice or an appeal is from; None: nobody said, or it was erased."""
    from ...store import report_rows

    with desk.reading() as connection:
        row = None if connection is None else report_rows.contact(connection, of)
    if row is None or row["tenant_id"] != tenant_id:
        return None
    return Contact(row["name"], row["email"], row["account"])


def in_words(actions: tuple[Action, ...]) -> str:
    """Say what is done, for people.

    >>> in_words(()), in_words((Action("label", "Made with AI"), Action("demote")))
    ('nothing is done about it', 'done about it: label (Made with AI), demote')
    """
    said = ", ".join(f"{one.kind} ({one.value})" if one.value else one.kind for one in actions)
    return f"done about it: {said}" if said else "nothing is done about it"


def sentence(reason: str) -> str:
    """Give somebody's reason so that more can follow it.

    >>> sentence("the hands are wrong"), sentence("Is it?")
    ('the hands are wrong.', 'Is it?')
    """
    said = reason.strip()
    return said if said.endswith((".", "!", "?", "…")) else f"{said}."
