"""Who reports and appeals: kept apart from what they say, known again by a keyed hash, erased when asked.

The ledger says that somebody was forgotten, and never who.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...docket.desk import Desk
from ...docket.packing import text as fit
from ...docket.secrets import derived
from .values import Contact

if TYPE_CHECKING:
    from sqlalchemy import Connection


def hash_of(desk: Desk, tenant_id: str, contact: Contact) -> str | None:
    """Give what tells the same person again; None: they left nothing to know them by."""
    if not contact.known:
        return None
    known_by = f"account {contact.account.strip()}" if contact.account.strip() else f"mail {_mail(contact)}"
    return derived(desk.options.home, f"reporter {tenant_id} {known_by}")


def _mail(contact: Contact) -> str:
    return contact.email.strip().casefold()


def keep(desk: Desk, connection: Connection, tenant_id: str, of: str, contact: Contact) -> None:
    """Write who a notice or an appeal is from, if they can be reached or known again."""
    from ...store import report_rows

    if not contact.known:
        return
    values = {"of": of, "tenant_id": tenant_id, "hash": hash_of(desk, tenant_id, contact), "name": fit(contact.name)}
    report_rows.add_contact(connection, {**values, "email": fit(contact.email), "account": fit(contact.account)})


def erase(desk: Desk, tenant_id: str, of: str, by: str = "service") -> bool:
    """Forget who a notice or an appeal is from; say whether it was known. What they said stays."""
    with desk.writing() as connection:
        return _erased(connection, tenant_id, of, by)


def erase_person(desk: Desk, tenant_id: str, contact: Contact, by: str = "service") -> int:
    """Forget one person in all their notices and appeals; give in how many."""
    from ...store import report_rows

    hashed = hash_of(desk, tenant_id, contact)
    if hashed is None:
        return 0
    with desk.writing() as connection:
        found = report_rows.contacts_of(connection, tenant_id, hashed)
        return sum(_erased(connection, tenant_id, of, by) for of in found)


def _erased(connection: Connection, tenant_id: str, of: str, by: str) -> bool:
    from ...store import ledger, report_rows

    found = report_rows.erase_contact(connection, tenant_id, of)
    if found:
        ledger.append(connection, "moderation.contact_erased", {"of": of, "tenant": tenant_id, "who": by})
    return found
