"""What tenants, people and keys have in common: one database, one clock, one ledger. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..errors import AccountUnfit
from ..settings import Settings
from . import given
from .values import MAIN, PUBLIC

if TYPE_CHECKING:  # SQLAlchemy costs .4 s
    from sqlalchemy import Connection

NO_TENANT = "see `countermark accounts tenants`; `accounts tenant NAME --new` makes one"
_FIRST = {PUBLIC: "Those who ask without a key", MAIN: "Main"}


class Book:
    """A part of the accounts; nothing is held open from call to call."""

    def __init__(self, options: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Take the settings; nothing is opened, and nothing made, before it is asked."""
        self._options = options
        self._clock = clock

    def _now(self) -> str:
        return given.time(self._clock())

    def _reading(self) -> AbstractContextManager[Connection | None]:
        from ..store import engine

        return engine.reading(self._options.database_url)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Give a transaction in which the first tenants are there."""
        from ..store import account_rows as rows
        from ..store import engine

        with engine.writing(self._options.database_url) as connection:
            if rows.tenant(connection, MAIN) is None:
                for tenant_id, name in _FIRST.items():
                    rows.add_tenant(connection, tenant_values(tenant_id, name, self._now()))
            yield connection


def note(connection: Connection, kind: str, **body: str) -> None:
    """Say in the ledger who changed what may be done here; by ids alone, since nothing is ever taken out of it."""
    from ..store import ledger

    ledger.append(connection, kind, body)


def known_tenant(connection: Connection, tenant_id: str) -> None:
    """Refuse a tenant that is not there, or that nobody belongs to."""
    from ..store import account_rows as rows

    if tenant_id == PUBLIC or rows.tenant(connection, tenant_id) is None:
        raise AccountUnfit(f"no tenant with the id {tenant_id} takes people or keys", advice=NO_TENANT)


def tenant_values(tenant_id: str, name: str, now: str) -> dict[str, Any]:
    """Give the row of a new tenant."""
    nothing = dict.fromkeys(("media_kept_s", "record_kept_days", "detector_head"))
    return {"id": tenant_id, "name": name, "created_at": now, "may_stamp": tenant_id == MAIN, **nothing}
