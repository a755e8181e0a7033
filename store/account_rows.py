"""What is asked of the tables of accounts and written into them, as plain values. Knows no meaning of what it holds.

The statements that every request needs are built once. Writing wants a connection of `engine.writing`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from .accounts import api_keys, people, sessions, tenants

Values = dict[str, Any]

_KEY = select(api_keys).where(api_keys.c.id == bindparam("id"))
_SESSION = (
    select(people, sessions.c.expires_at.label("session_expires_at"))
    .select_from(sessions.join(people, people.c.id == sessions.c.person_id))
    .where(sessions.c.hash == bindparam("hash"))
)
_TENANT = select(tenants).where(tenants.c.id == bindparam("id"))


def tenant(connection: Connection, tenant_id: str) -> Values | None:
    """Give one tenant."""
    return _first(connection.execute(_TENANT, {"id": tenant_id}))


def all_tenants(connection: Connection) -> list[Values]:
    """Give every tenant, the oldest first."""
    return _all(connection.execute(select(tenants).order_by(tenants.c.created_at, tenants.c.id)))


def add_tenant(connection: Connection, values: Values) -> None:
    """Write a tenant that is new."""
    connection.execute(insert(tenants), values)


def change_tenant(connection: Connection, tenant_id: str, values: Values) -> bool:
    """Change what is kept of a tenant; say whether it is there."""
    return _changed(connection, tenants, tenant_id, values)


def person(connection: Connection, **equal: str) -> Values | None:
    """Find one person by what is theirs alone: id, email, or issuer and subject."""
    query = select(people)
    for name, value in equal.items():
        query = query.where(people.c[name] == value)
    return _first(connection.execute(query))


def all_people(connection: Connection, tenant_id: str | None) -> list[Values]:
    """Give the people of one tenant, or of all, in the order in which they came."""
    query = select(people).order_by(people.c.created_at, people.c.id)
    return _all(connection.execute(query if tenant_id is None else query.where(people.c.tenant_id == tenant_id)))


def add_person(connection: Connection, values: Values) -> None:
    """Write a person who is new."""
    connection.execute(insert(people), values)


def change_person(connection: Connection, person_id: str, values: Values) -> bool:
    """Change what is kept of a person; say whether they are there."""
    return _changed(connection, people, person_id, values)


def session(connection: Connection, token_hash: str) -> Values | None:
    """Give whose session it is, with `session_expires_at`."""
    return _first(connection.execute(_SESSION, {"hash": token_hash}))


def add_session(connection: Connection, values: Values) -> None:
    """Write a session, and forget those that are over by the time at which it was made."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= values["created_at"]))
    connection.execute(insert(sessions), values)


def end_session(connection: Connection, token_hash: str) -> None:
    """Forget a session."""
    connection.execute(delete(sessions).where(sessions.c.hash == token_hash))


def end_sessions(connection: Connection, person_id: str) -> None:
    """Forget every session of a person."""
    connection.execute(delete(sessions).where(sessions.c.person_id == person_id))


def key(connection: Connection, key_id: str) -> Values | None:
    """Give one key."""
    return _first(connection.execute(_KEY, {"id": key_id}))


def all_keys(connection: Connection, tenant_id: str) -> list[Values]:
    """Give the keys of a tenant, the newest first."""
    query = select(api_keys).where(api_keys.c.tenant_id == tenant_id)
    return _all(connection.execute(query.order_by(api_keys.c.created_at.desc(), api_keys.c.id)))


def add_key(connection: Connection, values: Values) -> None:
    """Write a key that is new."""
    connection.execute(insert(api_keys), values)


def change_key(connection: Connection, key_id: str, values: Values) -> bool:
    """Change what is kept of a key; say whether it is there."""
    return _changed(connection, api_keys, key_id, values)


def _changed(connection: Connection, table: Table, row_id: str, values: Values) -> bool:
    return connection.execute(update(table).where(table.c.id == row_id).values(values)).rowcount == 1


def _first(rows: Any) -> Values | None:
    row = rows.first()
    return dict(row._mapping) if row else None


def _all(rows: Any) -> list[Values]:
    return [dict(row._mapping) for row in rows]
