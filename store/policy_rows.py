"""What is asked of the tables of policies and written into them, as plain values. Knows no meaning of what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, insert, select, update

from .moderation import policies, policy_changes, policy_versions

Values = dict[str, Any]

_STANDS = [column for column in policy_versions.c if column.name != "document"]


def add(connection: Connection, values: Values) -> None:
    """Write a policy that is new."""
    connection.execute(insert(policies), values)


def one(connection: Connection, tenant_id: str, name: str) -> Values | None:
    """Give a policy."""
    row = connection.execute(select(policies).where(policies.c.tenant_id == tenant_id, policies.c.name == name)).first()
    return dict(row._mapping) if row else None


def of_tenant(connection: Connection, tenant_id: str) -> list[Values]:
    """Give a tenant's policies, by name."""
    query = select(policies).where(policies.c.tenant_id == tenant_id).order_by(policies.c.name)
    return [dict(row._mapping) for row in connection.execute(query)]


def change(connection: Connection, tenant_id: str, name: str, **values: object) -> None:
    """Change a policy."""
    where = (policies.c.tenant_id == tenant_id, policies.c.name == name)
    connection.execute(update(policies).where(*where).values(**values))


def add_version(connection: Connection, values: Values) -> None:
    """Write a version."""
    connection.execute(insert(policy_versions), values)


def version(connection: Connection, tenant_id: str, name: str, number: int) -> Values | None:
    """Give a version with its document."""
    query = select(policy_versions).where(*_of(tenant_id, name), policy_versions.c.number == number)
    row = connection.execute(query).first()
    return dict(row._mapping) if row else None


def versions(connection: Connection, tenant_id: str, name: str) -> list[Values]:
    """Give the versions of a policy without their documents, oldest first."""
    query = select(*_STANDS).where(*_of(tenant_id, name)).order_by(policy_versions.c.number)
    return [dict(row._mapping) for row in connection.execute(query)]


def every_version(connection: Connection) -> Iterator[Values]:
    """Give the versions of all policies of all tenants, with their documents."""
    for row in connection.execution_options(yield_per=100).execute(select(policy_versions)):
        yield dict(row._mapping)


def every_policy(connection: Connection) -> Iterator[Values]:
    """Give the policies of all tenants."""
    for row in connection.execution_options(yield_per=500).execute(select(policies)):
        yield dict(row._mapping)


def every_change(connection: Connection) -> Iterator[Values]:
    """Give who changed what of all policies of all tenants."""
    for row in connection.execution_options(yield_per=500).execute(select(policy_changes)):
        yield dict(row._mapping)


def change_version(connection: Connection, tenant_id: str, name: str, number: int, **values: object) -> None:
    """Change how a version stands."""
    query = update(policy_versions).where(*_of(tenant_id, name), policy_versions.c.number == number)
    connection.execute(query.values(**values))


def add_change(connection: Connection, values: Values) -> None:
    """Write who changed what."""
    connection.execute(insert(policy_changes), values)


def changes(connection: Connection, tenant_id: str, name: str) -> list[Values]:
    """Give who changed what, oldest first."""
    query = select(policy_changes).where(policy_changes.c.tenant_id == tenant_id, policy_changes.c.name == name)
    return [dict(row._mapping) for row in connection.execute(query.order_by(policy_changes.c.change))]


def _of(tenant_id: str, name: str) -> tuple[Any, Any]:
    return policy_versions.c.tenant_id == tenant_id, policy_versions.c.name == name
